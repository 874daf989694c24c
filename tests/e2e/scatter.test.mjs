// The scatter plot, groups and an objective's history, end to end: an area drawn with the pointer takes in exactly the runs that
// a separate calculation from the server's answers finds inside, and the charts' tables say what the server has.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { call, runsOf } from "./mlflow.mjs";
import { startSite, startServers } from "./world.mjs";

const VERSION = "3.17.2";

let servers;
let site;
let browser;
let experimentId;
let runs;

before(async () => {
  servers = await startServers([VERSION]);
  site = await startSite(servers);
  browser = await launch("chrome");
  ({ experimentId, runs } = await runsOf(servers.byVersion[VERSION].url, "nyc-taxi-experiment"));
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

async function open(query, options = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experimentId}&plot=folded${query}`);
  await (await byRole(page, "button", "Connect")).click();
  await until(() => page.$eval("#runs-status, .status, main", (it) => it.textContent), (text) => text.includes(String(runs.length)), "the runs");
  return page;
}

const param = ({ data }, name) => data.params.find(({ key }) => key === name)?.value;
const metric = ({ data }, name) => data.metrics.find(({ key }) => key === name)?.value;
const rowCount = (page) => page.$eval('[role="grid"][aria-label="Runs"]', (grid) => Number(grid.getAttribute("aria-rowcount")) - 1);
const summary = (page, panel) => page.$eval(`section[aria-label="${panel}"] .workspace__summary`, (it) => it.textContent);
const brushOf = (page) => new URLSearchParams(page.url().split("?")[1]).get("brush");
const chartRows = async (page, label) => {
  await clickOn(page, `figure[aria-label="${label}"] .chart__table summary`);
  return until(() => page.$$eval(`figure[aria-label="${label}"] .chart__table tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))),
    (rows) => rows.length > 0, `the table of ${label}`);
};

/** The layer on which areas are drawn, once it stands still in the window. */
async function layerOf(page, label) {
  const selector = `figure[aria-label="${label}"] .chart__area`;
  await page.waitForSelector(`figure[aria-label="${label}"] canvas`);
  const box = () => page.$eval(selector, (layer) => {
    layer.scrollIntoView({ block: "center", behavior: "instant" });
    const { x, y, width, height } = layer.getBoundingClientRect();
    return { x, y, width, height };
  });
  let last = await box();
  return until(async () => { const now = await box(); const isStill = now.y === last.y && now.width === last.width; last = now; return isStill && now; }, Boolean, "a chart that stands still");
}

async function draw(page, { x, y, width, height }, shares) {
  const [first, ...rest] = shares.map(([left, top]) => [x + left * width, y + top * height]);
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const corner of rest) await page.mouse.move(...corner, { steps: 6 });
  await page.mouse.up();
}

describe("scatter plot", () => {
  const LABEL = "rmse against learning_rate";
  const QUERY = "&panels=scatter&scatter=xparams.learning_rate~ymetrics.rmse";

  test("a box takes in exactly the runs inside, in counts and table, and goes again", { timeout: 120_000 }, async () => {
    const page = await open(QUERY);
    const placed = runs.filter((run) => param(run, "learning_rate") !== undefined && metric(run, "rmse") !== undefined);
    await until(() => summary(page, "Scatter plot"), (text) => text === `${runs.length} kept runs; ${runs.length - placed.length} without a place on both axes`, "who is shown");
    const rows = await chartRows(page, LABEL);
    assert.deepEqual(rows.map(([name, x, y]) => [name, Number(x), Number(y)]).sort(), placed.map((run) => [run.info.run_name, Number(param(run, "learning_rate")), metric(run, "rmse")]).sort());
    await clickOn(page, `figure[aria-label="${LABEL}"] .chart__table summary`);

    const layer = await layerOf(page, LABEL);
    await draw(page, layer, [[0.3, 0.5], [0.9, 0.85]]);
    const brush = await until(() => brushOf(page), (text) => /rmse/.test(text ?? ""), "the brush in the address");
    const bounds = Object.fromEntries([...brush.matchAll(/(?:params|metrics)\.(\w+)!i([^:]+):([^~]+)/g)].map(([, name, low, high]) => [name, [Number(low), Number(high)]]));
    const isIn = (value, [low, high]) => value !== undefined && low <= Number(value) && Number(value) <= high;
    const inside = placed.filter((run) => isIn(param(run, "learning_rate"), bounds.learning_rate) && isIn(metric(run, "rmse"), bounds.rmse));
    assert.ok(inside.length > 0 && inside.length < placed.length, `${inside.length} inside of ${JSON.stringify(bounds)}`);
    await until(() => rowCount(page), (n) => n === inside.length, `${inside.length} runs`);
    // The others are drawn without colour.
    await until(async () => page.$$eval(`figure[aria-label="${LABEL}"] .chart__key`, (keys) => keys.map((key) => key.textContent)), (keys) => keys.includes("Not brushed"), "what is not brushed");
    await assertAccessible(page, "a brushed scatter plot");

    await (await byRole(page, "button", "Clear these brushes")).click();
    await until(() => rowCount(page), (n) => n === runs.length, "all runs again");
    assert.equal(brushOf(page), null);
    assertQuiet(page);
    await page.close();
  });

  test("a lasso takes in what lies inside, is kept, and survives a reload", { timeout: 120_000 }, async () => {
    const page = await open(QUERY);
    await (await byRole(page, "button", "Lasso")).click();
    const layer = await layerOf(page, LABEL);
    await draw(page, layer, [[0.2, 0.9], [0.6, 0.2], [0.95, 0.9], [0.6, 0.7]]);
    const brush = await until(() => brushOf(page), Boolean, "the lasso in the address");
    const [, words, rest] = brush.match(/^params\.learning_rate!a(..)(.*):metrics\.rmse$/);
    const numbers = rest.split(":").map(Number);
    const place = [0, 1].map((at) => (value) => (words[at] === "g" ? Math.log(value) : value));
    const corners = [];
    for (let at = 0; at < numbers.length; at += 2) corners.push([place[0](numbers[at]), place[1](numbers[at + 1])]);
    assert.ok(corners.length > 10, "a free shape");
    // The winding number, where the page counts crossings.
    const isInside = ([x, y]) => {
      let turns = 0;
      corners.forEach(([x0, y0], at) => {
        const [x1, y1] = corners[(at + 1) % corners.length];
        const left = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0);
        if (y0 <= y && y1 > y && left > 0) turns += 1;
        if (y0 > y && y1 <= y && left < 0) turns -= 1;
      });
      return turns !== 0;
    };
    const inside = runs.filter((run) => {
      const [x, y] = [param(run, "learning_rate"), metric(run, "rmse")];
      return x !== undefined && y !== undefined && isInside([place[0](Number(x)), place[1](y)]);
    });
    assert.ok(inside.length > 0 && inside.length < runs.length / 2, `${inside.length} inside`);
    await until(() => rowCount(page), (n) => n === inside.length, `${inside.length} runs`);
    await page.reload();
    await until(() => rowCount(page), (n) => n === inside.length, "the same after a reload");
    await (await byRole(page, "button", "Keep")).click();
    await until(() => summary(page, "Scatter plot"), (text) => text.startsWith(`${inside.length} kept runs`), "the kept runs alone");
    assertQuiet(page);
    await page.close();
  });

  test("colours, sizes and a chart for each group, in both themes and narrow", { timeout: 180_000 }, async () => {
    const statuses = new Set(runs.map(({ info }) => info.status));
    for (const options of [{}, { dark: true }, { width: 390, height: 844 }]) {
      const page = await open("&panels=scatter&scatter=xattributes.start_time~ymetrics.rmse~cmetrics.rmse~sattributes.duration~fattributes.status", options);
      const label = `Status: rmse against Start time`;
      const names = await until(() => page.$$eval("section[aria-label='Scatter plot'] figure.chart", (all) => all.map((one) => one.getAttribute("aria-label"))), (all) => all.length === statuses.size, "a chart for each status");
      assert.ok(names.every((name) => /: rmse against /.test(name)), `${names} like ${label}`);
      const keys = await page.$$eval("section[aria-label='Scatter plot'] .chart__key", (all) => all.map((one) => one.textContent));
      assert.ok(keys.filter((key) => /^rmse: .* to /.test(key)).length >= 5, keys.join());
      assert.match(await summary(page, "Scatter plot"), /size: duration/);
      await assertAccessible(page, `the scatter plot, ${JSON.stringify(options)}`);
      assertQuiet(page);
      await page.close();
    }
  });

  test("every value has a chart where somebody wants it", { timeout: 120_000 }, async () => {
    const page = await open("&panels=scatter&scatter=xattributes.start_time~ymetrics.rmse~fmetrics.rmse");
    const n = new Set(runs.map((run) => metric(run, "rmse"))).size;
    const charts = () => page.$$eval("section[aria-label='Scatter plot'] .workspace__charts > *", (all) => all.length);
    const few = await until(charts, (charts) => charts > 1, "a chart for each stretch");
    await page.waitForSelector(`::-p-text(${few} charts for ${n} values)`);
    await (await byRole(page, "button", `A chart for each of the ${n} values`)).click();
    await until(charts, (charts) => charts === n, "a chart for each value");
    await page.waitForSelector(`::-p-text(${n} charts; those out of view are not drawn)`);
    const drawn = () => page.$$eval("section[aria-label='Scatter plot'] figure.chart", (all) => all.length);
    assert.ok(await drawn() < n, "not all at once");
    // Those that come into view are drawn, and the address brings all of them again.
    await page.$eval("section[aria-label='Scatter plot'] .workspace__charts > :last-child", (last) => last.scrollIntoView({ behavior: "instant" }));
    await page.waitForSelector("section[aria-label='Scatter plot'] .workspace__charts > figure.chart:last-child canvas, section[aria-label='Scatter plot'] .workspace__charts > :last-child canvas");
    await page.reload();
    await until(charts, (charts) => charts === n, "a chart for each value after a reload");
    assertQuiet(page);
    await page.close();
  });

  test("a heat map over two params has the means of the server's answers", { timeout: 120_000 }, async () => {
    const ask = (path, body) => call(servers.byVersion[VERSION].url, path, body);
    const { experiment_id: own } = await ask("experiments/create", { name: `heat-${Date.now()}` });
    const logged = [];
    for (const [at, [depth, kind]] of [1, 2, 4, 8].flatMap((depth) => ["tree", "linear"].flatMap((kind) => [[depth, kind], [depth, kind]])).entries()) {
      if (depth === 4 && kind === "linear") continue;
      const { run } = await ask("runs/create", { experiment_id: own, start_time: 1000 + at, run_name: `run-${at}` });
      const rmse = at === 3 ? undefined : 1 + ((at * 7) % 11) / 4;
      const metrics = rmse === undefined ? [] : [{ key: "rmse", value: rmse, step: 0, timestamp: 1 }];
      await ask("runs/log-batch", { run_id: run.info.run_id, metrics, params: [{ key: "depth", value: String(depth) }, { key: "kind", value: kind }] });
      await ask("runs/update", { run_id: run.info.run_id, status: "FINISHED", end_time: 2000 + at });
      logged.push({ depth, kind, rmse });
    }
    for (const [dark, width] of [[false, 1280], [true, 390]]) {
      const page = await openPage(browser, { dark, width });
      await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${own}&plot=folded&panels=scatter&scatter=xparams.kind~yparams.depth`);
      await (await byRole(page, "button", "Connect")).click();
      await clickOn(page, "::-p-text(Heat map: none…)");
      await clickOn(page, '[role="dialog"][aria-label="Heat map"] .column-list__item ::-p-text(rmse)');
      const table = 'table[aria-label="Heat map"]';
      await page.waitForSelector(table);
      const told = await page.$eval(table, (it) => [...it.rows].map((row) => [...row.cells].map((cell) => cell.textContent)));
      assert.deepEqual(told[0].slice(1), ["linear", "tree"]);
      assert.deepEqual(told.slice(1).map(([depth]) => depth), ["8", "4", "2", "1"]);
      for (const [depth, ...cells] of told.slice(1)) {
        for (const [place, text] of cells.entries()) {
          const there = logged.filter((run) => run.depth === Number(depth) && run.kind === told[0][place + 1]);
          const numbers = there.map(({ rmse }) => rmse).filter((rmse) => rmse !== undefined);
          if (there.length === 0) assert.equal(text, "no run");
          else {
            const [, mean, n] = /^(\S+) \((\d+)\)$/.exec(text);
            assert.equal(Number(n), there.length);
            assert.ok(Math.abs(Number(mean) - numbers.reduce((sum, one) => sum + one) / numbers.length) <= 0.0051, `${depth}, ${place}: ${text}, ${numbers}`);
          }
        }
      }
      await assertAccessible(page, "a heat map");
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width);
      if (process.env.RUNWEAVE_SCREENSHOTS) await (await page.$('section[aria-label="Scatter plot"]')).screenshot({ path: `${process.env.RUNWEAVE_SCREENSHOTS}/heat-${dark ? "dark" : "light"}-${width}.png` });
      await page.reload();
      await page.waitForSelector(table);
      assertQuiet(page);
      await page.close();
    }
  });
});

describe("history", () => {
  test("the best so far, the spread and the timeline are those of the server's answers", { timeout: 120_000 }, async () => {
    const page = await open("&panels=history&importance=metrics.rmse");
    await page.waitForSelector('section[aria-label="History"] figure canvas');
    const started = [...runs].sort((a, b) => a.info.start_time - b.info.start_time);
    let best = Infinity;
    const steps = started.flatMap((run, at) => {
      const value = metric(run, "rmse");
      if (!(value < best)) return [];
      best = value;
      return [[at + 1, value]];
    });
    const rows = await chartRows(page, "History of rmse");
    const told = rows.filter(([name]) => name === "Best so far").map(([, place, value]) => [Number(place), Number(value)]);
    assert.deepEqual(told.slice(0, steps.length), steps);
    assert.deepEqual(told.at(-1), [runs.length, best]);
    assert.equal(rows.length - told.length, runs.filter((run) => metric(run, "rmse") !== undefined).length);

    const values = runs.map((run) => metric(run, "rmse")).filter((value) => value !== undefined).sort((a, b) => a - b);
    const shares = await chartRows(page, "Distribution of rmse");
    for (const [value, share] of shares.filter((_, at) => at % 2 === 1).map(([, value, share]) => [Number(value), Number(share)])) {
      assert.ok(Math.abs(values.filter((other) => other <= value).length / values.length - share) < 1e-9, `${value}: ${share}`);
    }
    const timeline = await chartRows(page, "Timeline of runs");
    assert.equal(timeline.length, 2 * runs.length, "a start and an end for each run");
    await assertAccessible(page, "the history");
    // A run that is chosen is selected everywhere.
    const field = await byRole(page, "application", "History of rmse");
    await field.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await until(() => page.url(), (url) => url.includes(`selected=${started[0].info.run_id}`), "the first run selected");
    assertQuiet(page);
    await page.close();
  });
});

describe("groups", () => {
  test("groups within groups are those of the server's answers, and a brush takes in just one", { timeout: 120_000 }, async () => {
    const page = await open("&panels=groups&objectives=metrics.rmse");
    for (const name of ["status", "max_depth"]) {
      await (await byRole(page, "button", "Group by…")).click();
      await page.keyboard.type(name);
      await until(() => page.$$eval(".popover__panel .column-list__items button", (all) => all.map((one) => one.textContent)), (all) => all.length > 0 && all.every((text) => text.toLowerCase().includes(name)), `columns like ${name}`);
      await clickOn(page, ".popover__panel .column-list__items button");
      await until(() => page.url(), (url) => url.includes(name), `${name} in the address`);
    }
    const told = () => page.$$eval('table[aria-label="Groups of runs"] tbody tr', (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
    const isOpen = (name) => page.$eval(`button[aria-label="${name}"]`, (button) => button.getAttribute("aria-expanded"));
    assert.equal((await until(told, (rows) => rows.length > 0, "the outer groups")).length, new Set(runs.map(({ info }) => info.status)).size, "inner groups are closed");
    assert.equal(await isOpen("FINISHED"), "false");
    // By keyboard; what has the focus keeps it.
    await (await byRole(page, "button", "FINISHED")).focus();
    await page.keyboard.press("Enter");
    const rows = await until(told, (rows) => rows.length > 3, "the groups");
    assert.equal(await page.evaluate(() => `${document.activeElement.getAttribute("aria-label")} ${document.activeElement.getAttribute("aria-expanded")}`), "FINISHED true");
    const [outer] = rows;
    assert.deepEqual(outer.slice(0, 2), ["FINISHED", `${runs.length} runs`]);
    const values = runs.map((run) => metric(run, "rmse")).filter((value) => value !== undefined);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs(Number(outer[2].split(" ± ")[0]) - mean) < 1e-3, `${outer[2]} is about ${mean}`);
    assert.ok(Math.abs(Number(outer[3]) - Math.min(...values)) < 1e-3);
    const without = runs.filter((run) => param(run, "max_depth") === undefined).length;
    assert.ok(rows.some(([label, count]) => label === "missing" && count === `${without} runs`), JSON.stringify(rows));
    const inner = rows.slice(1).map(([, count]) => Number.parseInt(count, 10));
    assert.equal(inner.reduce((sum, n) => sum + n, 0), runs.length, "every run is in one group");
    await page.waitForSelector('section[aria-label="Groups"] canvas');

    // An innermost group opens to its runs, the best first, which are selected there.
    await (await byRole(page, "button", "missing, in FINISHED")).click();
    const names = () => page.$$eval('table[aria-label="Groups of runs"] tbody th a', (all) => all.map((one) => one.textContent));
    const best = runs.filter((run) => param(run, "max_depth") === undefined).sort((a, b) => metric(a, "rmse") - metric(b, "rmse")).map(({ info }) => info.run_name);
    assert.deepEqual(await until(names, (names) => names.length === without, "the runs of the group"), best);
    await (await page.$(`table[aria-label="Groups of runs"] input[aria-label="Select ${best[0]}"]`)).click();
    await until(() => page.url(), (url) => url.includes("selected="), "its best run selected");
    await assertAccessible(page, "the groups");

    await (await byRole(page, "button", "Brush missing, in FINISHED")).click();
    await until(() => rowCount(page), (n) => n === without, "the runs of the group");
    await page.reload();
    await until(told, (all) => all.length === rows.length + without, "what was open is open after a reload");
    await (await byRole(page, "button", "Close all groups")).click();
    await until(told, (all) => all.length < 3, "closed groups");
    await (await byRole(page, "button", "Open all groups")).click();
    await until(told, (all) => all.length === rows.length, "all groups open");
    assert.match(page.url(), /grouped=/);
    assertQuiet(page);
    await page.close();
  });

  test("bars and boxes tell of any column what the server's answers come to", { timeout: 120_000 }, async () => {
    const page = await open("&panels=groups&objectives=metrics.rmse&groups=attributes.status");
    const values = runs.map((run) => metric(run, "rmse")).filter((value) => value !== undefined).sort((a, b) => a - b);
    const close = (a, b) => Math.abs(a - b) < 1e-9 * Math.max(1, Math.abs(b));
    const bars = await chartRows(page, "Mean of rmse by group");
    const [series, name, mean] = bars[0];
    assert.equal(series, "Mean");
    assert.match(name, /^FINISHED \(\d+( of \d+)?\)$/);
    assert.ok(close(Number(mean), values.reduce((sum, value) => sum + value) / values.length), mean);
    await page.select('select[aria-label="What stands for a group"]', "Maximum");
    await page.select('select[aria-label="How far a group spreads"]', "Minimum to maximum");
    await until(() => page.$$eval('figure[aria-label="Maximum of rmse by group"] tbody tr', (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))),
      (rows) => rows.length === 3 && close(Number(rows[0][2]), values.at(-1)) && close(Number(rows[1][2]), values[0]), "the maximum, and how far it spreads");

    await clickOn(page, "::-p-text(Charts of: rmse…)");
    await clickOn(page, '[role="dialog"][aria-label="Charts of"] .column-list__item ::-p-text(duration)');
    await page.waitForSelector('figure[aria-label="duration (s) by group"], figure[aria-label="duration (ms) by group"], figure[aria-label="duration (min) by group"]');
    await page.reload();
    await page.waitForSelector('figure[aria-label^="Maximum of duration"]');
    await assertAccessible(page, "the charts of groups");
    assertQuiet(page);
    await page.close();
  });
});
