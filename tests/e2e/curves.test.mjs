// How metric curves can be shown, end to end: in groups, smoothed, along another metric, without outliers. What the
// table behind the chart says is compared with a separate calculation from what was logged.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { call } from "./mlflow.mjs";
import { startGate, startServers, startSite } from "./world.mjs";

const VERSION = "3.17.2";
const N_STEPS = 24;
const OUTLIER = 1000;
const PANEL = '[role="group"][aria-label="Metric curves"]';

let servers;
let site;
let browser;
let experimentId;
/** The runs with their arm and what they logged, step by step. */
let runs;

before(async () => {
  servers = await startServers();
  site = await startSite(servers);
  browser = await launch("chrome");
  const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);
  ({ experiment_id: experimentId } = await client("experiments/create", { name: `curves-${Date.now()}` }));
  runs = [];
  for (const [place, arm] of ["a", "a", "a", "b", "b"].entries()) {
    const { run } = await client("runs/create", { experiment_id: experimentId, start_time: 1000 + place, run_name: `${arm}-${place}` });
    const loss = Array.from({ length: N_STEPS }, (_, step) => (place === 4 && step === 5 ? OUTLIER : 10 / (1 + step) + place + Math.sin(step * (place + 1))));
    const metrics = loss.flatMap((value, step) => [
      { key: "loss", step, timestamp: 1000 + step, value },
      { key: "epoch", step, timestamp: 1000 + step, value: step / 4 },
    ]);
    if (place === 0) {
      const odd = [0, 1, "NaN", "Infinity", "-Infinity", 2];
      metrics.push(...odd.map((value, step) => ({ key: "odd", step, timestamp: 1000 + step, value })));
    }
    await client("runs/log-batch", { run_id: run.info.run_id, metrics, params: [{ key: "arm", value: arm }] });
    runs.push({ id: run.info.run_id, name: `${arm}-${place}`, arm, loss });
  }
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

async function open(curves, options) {
  const page = await openPage(browser, options);
  const selected = (options?.runs ?? runs).map(({ id }) => id).join("~");
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experimentId}&selected=${selected}&panels=curves&curves=${curves}`);
  await (await byRole(page, "button", "Connect")).click();
  await page.waitForSelector(`${PANEL} .chart canvas`, { timeout: 30_000 });
  return page;
}

/** Rows of the table behind the chart: texts of name, x, y and band. */
async function tableOf(page, isGood, what) {
  const read = async () => {
    // A chart whose curves had to be fetched is a new one, with its table closed.
    const isOpen = await page.$eval(`${PANEL} .chart__table`, (details) => details.open);
    if (!isOpen) await clickOn(page, `${PANEL} .chart__table summary`);
    return page.$$eval(`${PANEL} .chart__table tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  };
  return until(read, isGood, what);
}

const isNear = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
const mean = (values) => values.reduce((sum, value) => sum + value) / values.length;
/** numpy.quantile, linear. */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Chooses an option of a select by its text. */
async function choose(page, selector, text) {
  const value = await page.$eval(selector, (select, text) => [...select.options].find((option) => option.textContent === text).value, text);
  await page.select(selector, value);
}

/** Saves a chart as both kinds of file. */
async function saved(page, label) {
  const folder = await mkdtemp(path.join(tmpdir(), "curves-"));
  const client = await page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, browserContextId: page.browserContext().id });
  const file = async (kind) => {
    await (await byRole(page, "button", `Save ${label} as ${kind.toUpperCase()}`)).click();
    const name = path.join(folder, `${label}.${kind}`);
    return until(() => readFile(name), (content) => content.length > 0, name);
  };
  const [svg, png] = [(await file("svg")).toString("utf8"), await file("png")];
  await rm(folder, { recursive: true });
  return { svg, png };
}

/** A page that looks at new runs with so many points, of a server behind a gate that holds what matches. */
async function atGate(version, lengths, held = null) {
  const { url } = servers.byVersion[version];
  const { experiment_id } = await call(url, "experiments/create", { name: `gate-${Date.now()}` });
  const ids = [];
  for (const [place, length] of lengths.entries()) {
    const { run } = await call(url, "runs/create", { experiment_id, start_time: 1000 + place });
    const run_id = run.info.run_id;
    const metrics = Array.from({ length }, (_, at) => ({ key: "loss", step: at - 2, timestamp: 1000 + at, value: Math.sin(at + place) }));
    for (let at = 0; at < length; at += 900) await call(url, "runs/log-batch", { run_id, metrics: metrics.slice(at, at + 900) });
    ids.push(run_id);
  }
  const gate = await startGate(url);
  gate.hold(held);
  site.proxies[`/gate-${version}`] = gate.url;
  const page = await openPage(browser);
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(`/gate-${version}`)}&experiments=${experiment_id}&selected=${ids.join("~")}&panels=curves&curves=step~mloss`);
  await (await byRole(page, "button", "Connect")).click();
  await page.waitForSelector(PANEL);
  return { page, gate, ids };
}

describe("curves", () => {
  test("in groups: mean and median with every band, as calculated", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss");
    await clickOn(page, `${PANEL} ::-p-text(Groups…)`);
    await clickOn(page, '[role="dialog"][aria-label="Groups of the curves"] .column-list__item ::-p-text(arm)');
    const arms = new Map([["a", "a (3 runs)"], ["b", "b (2 runs)"]]);
    const expected = (statistics) => [...arms].flatMap(([arm, name]) => Array.from({ length: N_STEPS }, (_, step) => {
      const values = runs.filter((run) => run.arm === arm).map(({ loss }) => loss[step]);
      return [name, step, ...statistics(values)];
    }));
    const shows = async (statistics, what) => {
      const wanted = expected(statistics);
      await tableOf(page, (rows) => rows.length === wanted.length && rows.every((row, at) => row.length === 3 + wanted[at].length - 3
        && row[0] === wanted[at][0] && row.slice(1).every((text, n) => isNear(Number(text), wanted[at][n + 1]))), what);
    };
    await shows((values) => [mean(values), Math.min(...values), Math.max(...values)], "mean, from the smallest to the largest");
    await choose(page, `${PANEL} select[aria-label="Line of a group"]`, "Median");
    await choose(page, `${PANEL} select[aria-label="Band of a group"]`, "Quartiles");
    await shows((values) => [quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)], "median and quartiles");
    await choose(page, `${PANEL} select[aria-label="Line of a group"]`, "Mean");
    await choose(page, `${PANEL} select[aria-label="Band of a group"]`, "± standard deviation");
    const deviation = (values) => Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));
    await shows((values) => [mean(values), mean(values) - deviation(values), mean(values) + deviation(values)], "a standard deviation");

    // By keyboard a point is told with its band.
    const field = await byRole(page, "application", "loss");
    await field.focus();
    await page.keyboard.press("Home");
    const values = runs.filter((run) => run.arm === "a").map(({ loss }) => loss[0]);
    await until(() => page.$eval(`${PANEL} .chart [aria-live]`, (line) => line.textContent),
      (text) => text.startsWith("a (3 runs), step 0, loss ") && isNear(Number(/band from (\S+) to/.exec(text)?.[1]), mean(values) - deviation(values)), "the announcement");

    // The address says it all.
    const before = await tableOf(page, () => true, "the table");
    await page.reload();
    await page.waitForSelector(`${PANEL} .chart canvas`);
    await tableOf(page, (rows) => JSON.stringify(rows) === JSON.stringify(before), "the same after a reload");
    await choose(page, `${PANEL} select[aria-label="Band of a group"]`, "No band");
    await tableOf(page, (rows) => rows.length === before.length && rows.every((row) => row.length === 3), "no band");

    // Each run for itself: the colours are the groups', the dashes tell the runs of one apart.
    await choose(page, `${PANEL} select[aria-label="Line of a group"]`, "Each run");
    const keys = await until(() => page.$$eval(`${PANEL} .chart__key`, (all) => all.map((key) => [key.textContent, key.querySelector("svg").style.color, key.querySelector("path").getAttribute("stroke-dasharray")])),
      (all) => all.length === runs.length, "a key for each run");
    assert.deepEqual(keys.map(([name]) => name), runs.map(({ name, arm }) => `${name} (${arm})`));
    const coloursOf = (arm) => new Set(keys.filter(([name]) => name.endsWith(`(${arm})`)).map(([, colour]) => colour));
    assert.equal(coloursOf("a").size, 1);
    assert.equal(coloursOf("b").size, 1);
    assert.notDeepEqual(coloursOf("a"), coloursOf("b"));
    assert.equal(new Set(keys.map(([, ...look]) => look.join())).size, runs.length, "all differ in one of both");
    assert.match(page.url(), /~be/);
    assertQuiet(page);
    await page.close();
  });

  test("smoothed by a running mean and by a Gaussian, along another metric", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss");
    const smooth = async (kind, amount) => {
      await choose(page, `${PANEL} .check select`, kind);
      await page.$eval('[aria-label="Smoothing amount"]', (slider, amount) => {
        slider.value = amount;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        slider.dispatchEvent(new Event("change", { bubbles: true }));
      }, amount);
    };
    const shows = (weigh, xOf, what) => tableOf(page, (rows) => rows.length === runs.length * N_STEPS && rows.every(([name, x, y]) => {
      const { loss } = runs.find((run) => run.name === name);
      const step = Array.from(loss.keys()).find((step) => isNear(xOf(step), Number(x)));
      const weights = loss.map((_, other) => weigh(other - step));
      const sum = weights.reduce((all, weight) => all + weight);
      return isNear(Number(y), loss.reduce((all, value, other) => all + value * weights[other], 0) / sum);
    }), what);
    const step = (step) => step;
    await shows((distance) => Number(distance === 0), step, "what was logged");
    await smooth("Running mean", 5);
    await shows((distance) => Number(Math.abs(distance) <= 2), step, "a running mean of five points");
    await smooth("Gaussian", 2);
    await shows((distance) => (Math.abs(distance) <= 8 ? Math.exp(-(distance ** 2) / 8) : 0), step, "a Gaussian mean");
    await smooth("Exponential", 0);
    await choose(page, `${PANEL} .toolbar > label > select`, "epoch");
    await shows((distance) => Number(distance === 0), (step) => step / 4, "along the epoch");
    assert.match(await page.$eval(`${PANEL} .chart__table thead`, (head) => head.textContent), /epoch/);
    await page.reload();
    await page.waitForSelector(`${PANEL} .chart canvas`);
    await shows((distance) => Number(distance === 0), (step) => step / 4, "along the epoch after a reload");
    assertQuiet(page);
    await page.close();
  });

  test("without outliers it says how many values lie beyond the axis", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss");
    const label = await page.waitForSelector(`${PANEL} ::-p-text(Without outliers)`);
    await label.click();
    const values = runs.flatMap(({ loss }) => loss);
    const [low, high] = [quantile(values, 0.05), quantile(values, 0.95)];
    const room = (high - low) / 10;
    // The axis ends at two digits of its length.
    const unit = 10 ** (Math.floor(Math.log10(high - low + 2 * room)) - 1);
    const [from, to] = [Math.floor((low - room) / unit) * unit, Math.ceil((high + room) / unit) * unit];
    const nBeyond = values.filter((value) => value < from || value > to).length;
    assert.ok(nBeyond > 0 && nBeyond < values.length / 5);
    await until(() => page.$eval(PANEL, (panel) => panel.textContent), (text) => text.includes(`${nBeyond} of ${values.length} values lie beyond the value axis.`), "how many lie beyond");
    await label.click();
    await until(() => page.$eval(PANEL, (panel) => panel.textContent), (text) => !text.includes("lie beyond"), "all of them");
    assertQuiet(page);
    await page.close();
  });

  for (const dark of [false, true]) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 120_000 }, async () => {
        const page = await open("step~clip~sg3~bmrparams.arm~mloss~mepoch", { dark, width });
        await until(() => page.$$(`${PANEL} .chart canvas`), (all) => all.length === 2, "both charts");
        await assertAccessible(page, "curves in groups");
        const room = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(room <= width, `the page is ${room} wide`);
        if (process.env.RUNWEAVE_SCREENSHOTS) {
          await (await page.$(PANEL)).screenshot({ path: `${process.env.RUNWEAVE_SCREENSHOTS}/curves-${dark ? "dark" : "light"}-${width}.png` });
        }
        assertQuiet(page);
        await page.close();
      });
    }
  }

  test("what is no number is marked where it happens, and told in words", { timeout: 120_000 }, async () => {
    const page = await open("step~modd");
    const rows = await tableOf(page, (rows) => rows.length === 6, "all that was logged");
    assert.deepEqual(rows.map(([, step, value]) => `${step} ${value}`), ["0 0", "1 1", "2 NaN", "3 +∞", "4 −∞", "5 2"]);
    await until(() => page.$eval(PANEL, (panel) => panel.textContent), (text) => text.includes("Marked at the edge: ▲ +∞ (1), ▼ −∞ (1), ✕ NaN (1)"), "the marks in words");
    const field = await byRole(page, "application", "odd");
    await field.focus();
    await page.keyboard.press("Home");
    const said = () => page.$eval(`${PANEL} .chart [aria-live]`, (line) => line.textContent);
    const next = async (text) => {
      await page.keyboard.press("ArrowRight");
      await until(said, (now) => now === text, text);
    };
    await next("a-0, step 1, odd 1");
    await next("a-0, step 2, odd NaN");
    await next("a-0, step 3, odd +∞");
    await next("a-0, step 4, odd −∞");
    // In a picture of its own: two triangles and a cross in the run's colour, above each other.
    const { svg } = await saved(page, "odd");
    const marks = [...svg.matchAll(/<path d="([^"]*)" transform="matrix\((-?)/g)].map(([, d, sign]) => sign + d);
    assert.deepEqual(marks.filter((mark) => mark.endsWith("M0 -1L1 1L-1 1Z")).sort(), ["-M0 -1L1 1L-1 1Z", "M0 -1L1 1L-1 1Z"], "up and down");
    assert.deepEqual(marks.filter((mark) => mark.includes("M-1 -1L1 1M1 -1L-1 1")).length, 1, "a cross");
    assertQuiet(page);
    await page.close();
  });

  test("a saved chart has title, key and notes", { timeout: 120_000 }, async () => {
    const page = await open("step~logy~mloss");
    const { svg, png } = await saved(page, "loss");
    assert.match(svg, />loss<\/text>/);
    for (const { name } of runs) assert.ok(svg.includes(`>${name}</text>`), `the key names ${name}`);
    assert.match(svg, /values|Not drawn|points/);
    const [, width, height] = /<svg [^>]*width="([\d.]+)" height="([\d.]+)"/.exec(svg);
    const size = await page.evaluate(async (address) => {
      const image = new Image();
      image.src = address;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, `data:image/png;base64,${png.toString("base64")}`);
    assert.deepEqual(size, [Math.floor(2 * width), Math.floor(2 * height)]);
    assertQuiet(page);
    await page.close();
  });

  test("along relative and wall time, and by magnitude", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss");
    const along = (name) => choose(page, `${PANEL} .toolbar > label > select`, name);
    await along("Relative time");
    await tableOf(page, (rows) => rows.length === runs.length * N_STEPS && rows.every(([, x], at) => isNear(Number(x), (at % N_STEPS) / 1000)), "seconds since the first point");
    await along("Wall time");
    await tableOf(page, (rows) => rows.length === runs.length * N_STEPS && rows.every(([, x]) => x.startsWith("1970-01-01 00:00:01")), "dates");
    await along("Step");
    await (await page.waitForSelector(`${PANEL} ::-p-text(Log x)`)).click();
    await until(() => page.$eval(PANEL, (panel) => panel.textContent), (text) => text.includes(`Not drawn: ${runs.length} not above zero`), "the first steps have no place");
    assert.match(page.url(), /logx/);
    assertQuiet(page);
    await page.close();
  });

  test("a run has one look for as long as it is selected, also in a pasted address", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss");
    const looks = (page) => page.$$eval(`${PANEL} .chart__key`, (keys) => Object.fromEntries(keys.map((key) => [key.textContent, key.querySelector("svg").style.color + key.querySelector("path").getAttribute("stroke-dasharray")])));
    const all = await until(() => looks(page), (keys) => Object.keys(keys).length === runs.length, "a key for each run");
    assert.equal(new Set(Object.values(all)).size, runs.length);
    const { [runs[0].name]: first, ...others } = all;
    await clickOn(page, `[role="row"]:has(a[title="${runs[0].name}"]) .data-grid__select`);
    const isSame = (keys) => JSON.stringify(keys) === JSON.stringify(others);
    await until(() => looks(page), isSame, "the others as they were");
    await page.reload();
    await until(() => looks(page), isSame, "the others as they were after a reload");
    // Whoever is selected next has the look that is free.
    await clickOn(page, `[role="row"]:has(a[title="${runs[0].name}"]) .data-grid__select`);
    await until(() => looks(page), (keys) => keys[runs[0].name] === first && Object.keys(keys).length === runs.length, "the free look");
    assertQuiet(page);
    await page.close();
  });

  test("of many metrics the charts near what is in view are drawn, and a search finds the others", { timeout: 120_000 }, async () => {
    const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);
    const names = Array.from({ length: 40 }, (_, n) => `many-${String(n).padStart(2, "0")}`);
    const many = [];
    for (const at of [0, 1]) {
      const { run } = await client("runs/create", { experiment_id: experimentId, start_time: 5000 + at, run_name: `many-${at}` });
      const metrics = names.flatMap((key, n) => [0, 1, 2].map((step) => ({ key, step, timestamp: 1000 + step, value: n + step + at })));
      await client("runs/log-batch", { run_id: run.info.run_id, metrics });
      many.push({ id: run.info.run_id });
    }
    const page = await open(["step", ...names.map((name) => `m${name}`)].join("~"), { runs: many });
    const drawn = () => page.$$eval(`${PANEL} figure.chart`, (charts) => charts.filter((chart) => chart.querySelector("canvas")).map((chart) => chart.getAttribute("aria-label")));
    const first = await until(drawn, (found) => found.length >= 12, "the first charts");
    assert.ok(first.length < names.length && !first.includes("many-39"), first.join());
    await page.waitForSelector(`${PANEL} ::-p-text(40 of 40 charts)`);
    await page.$$eval(`${PANEL} .workspace__chart-to-come`, (places) => places.at(-1).scrollIntoView());
    await until(drawn, (found) => found.includes("many-39"), "the last chart, once it is in view");
    await (await byRole(page, "searchbox", "Search charts")).type("many-27");
    await until(drawn, (found) => found.join() === "many-27", "the one that is searched for");
    const rows = await tableOf(page, (rows) => rows.length === 6);
    assert.deepEqual(rows.map((row) => Number(row.at(-1))).sort((a, b) => a - b), [27, 28, 28, 29, 29, 30]);
    assertQuiet(page);
    await page.close();
    // The others see no more of these runs.
    for (const { id } of many) await client("runs/delete", { run_id: id });
  });

  test("how long it takes is measured up to the last chart", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss~mepoch");
    const measures = () => page.evaluate(() => performance.getEntriesByName("runweave:curves-paint").map(({ duration, detail }) => ({ duration, ...detail })));
    const [first] = await until(measures, (all) => all.length > 0, "a measure");
    assert.deepEqual([first.n_series, first.n_points], [2 * runs.length, 2 * runs.length * N_STEPS]);
    assert.ok(first.duration > 0 && first.duration < 60_000, `${first.duration} ms`);
    await (await byRole(page, "checkbox", "Log y")).click();
    const [, second] = await until(measures, (all) => all.length > 1, "a measure of the second look");
    assert.deepEqual([second.n_series, second.n_points], [2 * runs.length, 2 * runs.length * N_STEPS]);
    assertQuiet(page);
    await page.close();
  });

  for (const [version, isInBulk] of [["3.17.2", true], ["2.22.5", true], ["1.30.1", false]]) {
    test(`MLflow ${version} is asked ${isInBulk ? "for several histories at once" : "run by run"}`, { timeout: 180_000 }, async () => {
      const { page, gate, ids } = await atGate(version, [10, 12, 14]);
      await tableOf(page, (rows) => rows.length === 36, "all three histories, negative steps among them");
      const asked = gate.asked.filter((path) => path.includes("/metrics/get-history") && !path.includes("runweave"));
      const bulk = asked.filter((path) => path.includes("get-history-bulk-interval"));
      assert.equal(bulk.length, isInBulk ? 1 : 0, asked.join("\n"));
      assert.equal(asked.length - bulk.length, isInBulk ? 0 : 3, asked.join("\n"));
      for (const id of ids) assert.ok(asked.some((path) => path.includes(id)));
      assertQuiet(page, [/404/]);
      await page.close();
      await gate.close();
    });
  }

  test("a selection made by the server is shown and said to be one, stopped, and read in full", { timeout: 180_000 }, async () => {
    const { page, gate } = await atGate("3.17.2", [700, 900], /get-history\?/);
    const text = () => page.$eval(PANEL, (panel) => panel.textContent);
    await until(text, (now) => now.includes("2 of 2 curves are a selection of points made by the server; all of them are being read."), "both are selections");
    await until(text, (now) => now.includes("2 of 2 curves are being read in full"), "the status");
    await (await byRole(page, "button", "Stop reading curves")).click();
    await until(text, (now) => now.includes("reading all of them was stopped"), "stopped");
    gate.hold(null);
    const nAsked = gate.asked.length;
    await (await byRole(page, "button", "Read the rest")).click();
    await until(text, (now) => !now.includes("selection of points"), "both are whole");
    assert.equal(gate.asked.slice(nAsked).filter((path) => path.includes("get-history?")).length, 2);
    const rows = await tableOf(page, (rows) => rows.length >= 1000, "the points");
    assert.ok(rows.length >= 1000);
    assertQuiet(page);
    await page.close();
    await gate.close();
  });

  test("nothing is read for a panel that is closed", { timeout: 180_000 }, async () => {
    const { page, gate } = await atGate("1.30.1", [5, 5, 5, 5, 5, 5, 5, 5], /get-history\?/);
    const nAsked = () => gate.asked.filter((path) => path.includes("get-history?")).length;
    await until(nAsked, (n) => n === 4, "four at a time");
    await (await byRole(page, "button", "Close Metric curves")).click();
    await until(() => page.$(PANEL), (panel) => panel === null, "the panel is closed");
    gate.hold(null);
    // Whatever is asked for next comes after all that the curves would have asked for.
    await page.goto(page.url().replace("#/compare", "#/experiments").replace(/&.*/, ""));
    await byRole(page, "table", "Experiments");
    assert.equal(nAsked(), 4);
    assertQuiet(page, [/404/]);
    await page.close();
    await gate.close();
  });
});
