// Ordinary charts, end to end: what they show is what the server has, by pointer, by keyboard and as a table; their
// library is fetched with the first of them, and its absence is told.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { runsOf } from "./mlflow.mjs";
import { startServers, startSite } from "./world.mjs";

const MODEL = "nyc-taxi-regressor";
const VERSION = "3.17.2";
const LIBRARY = /\/charts-[0-9a-f]+\.js$/;

let servers;
let site;
let browser;
let client;

before(async () => {
  servers = await startServers([VERSION]);
  site = await startSite(servers);
  browser = await launch("chrome");
  client = async (verb, path, body) => {
    const response = await fetch(`${servers.byVersion[VERSION].url}/api/2.0/mlflow/${path}`, {
      method: verb, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
    return response.json();
  };
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

async function open(at, options = {}) {
  const page = await openPage(browser, options);
  page.fetched = [];
  page.on("request", (request) => page.fetched.push(request.url()));
  await options.prepare?.(page);
  const mark = at.includes("?") ? "&" : "?";
  await page.goto(`${site.url}#/${at}${mark}server=${encodeURIComponent(site.serverUrl(VERSION))}`);
  await (await byRole(page, "button", "Connect")).click();
  return page;
}

/** The metric of the model's versions, from the server: version → value. */
async function valuesOf(metric) {
  const { model_versions: versions } = await client("GET", `model-versions/search?filter=${encodeURIComponent(`name='${MODEL}'`)}`);
  const values = new Map();
  for (const version of versions.sort((a, b) => a.version - b.version)) {
    const { run } = await client("GET", `runs/get?run_id=${version.run_id}`);
    const found = run.data.metrics.find(({ key }) => key === metric);
    if (found) values.set(Number(version.version), found.value);
  }
  return values;
}

const drawn = (page, within = "") => page.waitForSelector(`${within} .chart canvas`, { timeout: 20_000 });
const spoken = (page, within = "") => page.$eval(`${within} .chart [aria-live]`, (it) => it.textContent);

/** Presses a key and reads what is said next. */
async function press(page, key, within = "") {
  const before = await spoken(page, within);
  await page.keyboard.press(key);
  return until(() => spoken(page, within), (text) => text !== before, `something said after ${key}`);
}

/** How many of the chart's pixels have the colour of that custom property. */
const pixelsOf = (page, property, selector = ".chart canvas") => page.evaluate((property, selector) => {
  const probe = document.createElement("span");
  document.body.append(probe);
  probe.style.color = `var(${property})`;
  const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const canvas = document.querySelector(selector);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) n += 1;
  return n;
}, property, selector);

/** Where the chart's leftmost dot of that colour is, in the window. */
const leftmost = (page, property, selector) => page.evaluate((property, selector) => {
  const probe = document.createElement("span");
  document.body.append(probe);
  probe.style.color = `var(${property})`;
  const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const canvas = document.querySelector(selector);
  const { left, top, width } = canvas.getBoundingClientRect();
  const scale = canvas.width / width;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let x = 0; x < canvas.width; x += 1) {
    for (let y = 0; y < canvas.height; y += 1) {
      const i = 4 * (y * canvas.width + x);
      if (data[i] === r && data[i + 1] === g && data[i + 2] === b) return { x: left + x / scale + 2, y: top + y / scale };
    }
  }
  return null;
}, property, selector);

const inkOf = (page, selector) => page.$eval(selector, (canvas) => canvas.toDataURL());
const checkbox = (page, name) => page.waitForSelector(`::-p-aria([name="${name}"][role="checkbox"])`);
const isChecked = async (page, name) => (await checkbox(page, name)).evaluate((it) => it.checked);

describe("charts", () => {
  test("a metric over versions: drawn, walked through by keyboard and told as the server has it", { timeout: 120_000 }, async () => {
    const values = await valuesOf("rmse");
    assert.ok(values.size >= 4, "the sample has versions");
    const page = await open("models");
    await page.waitForSelector('table[aria-label="Registered models"]');
    assert.deepEqual(page.fetched.filter((url) => LIBRARY.test(url)), [], "the library waits for a chart");
    await page.evaluate((hash) => { location.hash = hash; }, `#/models/${MODEL}?metric=rmse&archived=shown&server=${encodeURIComponent(site.serverUrl(VERSION))}`);
    await page.waitForSelector(".versions tbody a");
    await drawn(page);
    assert.equal(page.fetched.filter((url) => LIBRARY.test(url)).length, 1);
    const name = await page.$eval("figure.chart", (it) => it.getAttribute("aria-label"));
    assert.match(name, /^rmse over \d+ versions/);
    await until(() => pixelsOf(page, "--series-1"), (n) => n > 100, "the line's pixels");

    const field = await byRole(page, "application", name);
    assert.match(await field.evaluate((it) => document.getElementById(it.getAttribute("aria-describedby").split(" ")[0]).textContent), /^rmse: \d+ points, /);
    await field.focus();
    const said = [await press(page, "ArrowRight")];
    for (let n = 1; n < values.size; n += 1) said.push(await press(page, "ArrowRight"));
    assert.deepEqual(said, [...values].map(([version, value]) => `rmse, version ${version}, rmse ${value}`));
    assert.equal(await press(page, "Home"), said[0]);
    assert.equal(await press(page, "End"), said.at(-1));

    // Zoom follows the point; Escape takes it back.
    assert.match(await press(page, "+"), /^version \S+ to \S+ in view$/);
    assert.equal(await press(page, "Home"), said[0], "what is out of view comes into view");
    assert.equal(await press(page, "Escape"), `version 1 to ${[...values.keys()].at(-1)} in view`);

    await clickOn(page, ".chart__table summary");
    const rows = () => page.$$eval(".chart__table tbody tr", (rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => Number(cell.textContent))));
    assert.deepEqual(await until(rows, (rows) => rows.length > 0, "the table behind the chart"), [...values]);
    assertQuiet(page);
    await page.close();
  });

  test("two runs' curves: between the series by keyboard, gaps and an own tooltip under the pointer", { timeout: 120_000 }, async () => {
    const name = `curves-${Date.now()}`;
    await client("POST", "registered-models/create", { name });
    const curves = [0.5, 0.25].map((factor) => Array.from({ length: 40 }, (_, step) => factor + Math.exp(-step * factor)));
    for (const curve of curves) {
      const { run } = await client("POST", "runs/create", { experiment_id: "1", start_time: Date.now() });
      const metrics = curve.map((value, step) => ({ key: "loss", value, step, timestamp: Date.now() }));
      await client("POST", "runs/log-batch", { run_id: run.info.run_id, metrics });
      await client("POST", "model-versions/create", { name, source: `${run.info.artifact_uri}/model`, run_id: run.info.run_id });
    }
    const page = await open(`models/${name}/2`);
    await (await byRole(page, "combobox", "Compared with")).select("1");
    const within = ".side-by-side";
    await drawn(page, within);
    await until(() => page.$$eval(`${within} .chart__key`, (keys) => keys.map((key) => key.textContent)), (keys) => keys.join() === "Version 2,Version 1", "both keys");
    await until(() => pixelsOf(page, "--series-2", `${within} canvas`), (n) => n > 50, "the second line's pixels");
    const field = await byRole(page, "application", "loss");
    await field.focus();
    assert.equal(await press(page, "ArrowRight", within), `Version 2, step 0, loss ${curves[1][0]}`);
    assert.equal(await press(page, "ArrowRight", within), `Version 2, step 1, loss ${curves[1][1]}`);
    assert.equal(await press(page, "ArrowDown", within), `Version 1, step 1, loss ${curves[0][1]}`);
    assert.equal(await press(page, "End", within), `Version 1, step 39, loss ${curves[0][39]}`);
    assert.equal(await press(page, "ArrowUp", within), `Version 2, step 39, loss ${curves[1][39]}`);
    const before = await pixelsOf(page, "--surface-raised", `${within} canvas`);
    await page.evaluate(() => document.activeElement.blur());
    const box = await field.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.move(box.x + box.width / 2 + 5, box.y + box.height / 2);
    await until(() => pixelsOf(page, "--surface-raised", `${within} canvas`), (n) => n > 1000 && n !== before, "the tooltip");
    await assertAccessible(page, "two curves");
    assertQuiet(page);
    await page.close();
  });

  test("curves of a comparison: one crosshair and one part of x for all metrics, logarithmic on demand", { timeout: 120_000 }, async () => {
    const { experiment_id: experiment } = await client("POST", "experiments/create", { name: `curves-${Date.now()}` });
    const ids = [];
    for (const factor of [0.5, 0.25]) {
      const { run } = await client("POST", "runs/create", { experiment_id: experiment, run_name: `run ${factor}`, start_time: Date.now() });
      const of = (key, n, value) => Array.from({ length: n }, (_, step) => ({ key, value: value(step), step, timestamp: 1000 * step + 1 }));
      const metrics = [...of("loss", 40, (step) => (step === 5 ? -1 : factor + Math.exp(-step * factor))), ...of("accuracy", 20, (step) => step * factor)];
      await client("POST", "runs/log-batch", { run_id: run.info.run_id, metrics });
      ids.push(run.info.run_id);
    }
    const page = await open(`compare?experiments=${experiment}&selected=${ids.join("~")}&panels=curves&curves=step~mloss~maccuracy`);
    const [loss, accuracy] = ["loss", "accuracy"].map((metric) => `div:has(> figure[aria-label="${metric}"])`);
    await drawn(page, loss);
    await drawn(page, accuracy);
    await until(() => pixelsOf(page, "--series-2", `${accuracy} canvas`), (n) => n > 20, "both runs in both charts");

    // The crosshair is in both charts, over the same step.
    await (await byRole(page, "application", "loss")).focus();
    assert.equal(await press(page, "ArrowRight", loss), "run 0.5, step 0, loss 1.5");
    const before = await inkOf(page, `${accuracy} canvas`);
    assert.equal(await press(page, "ArrowRight", loss), `run 0.5, step 1, loss ${0.5 + Math.exp(-0.5)}`);
    await until(() => inkOf(page, `${accuracy} canvas`), (ink) => ink !== before, "the crosshair in the other chart");

    // There as well where the other one has ended.
    assert.equal(await press(page, "End", loss), `run 0.5, step 39, loss ${0.5 + Math.exp(-39 * 0.5)}`);
    const at = await inkOf(page, `${accuracy} canvas`);
    await page.evaluate(() => document.activeElement.blur());
    await until(() => inkOf(page, `${accuracy} canvas`), (ink) => ink !== at, "the crosshair gone");
    await (await byRole(page, "application", "loss")).focus();
    await press(page, "Home", loss);

    // So is what is in view: the axis is as long as the longest curve, and the other chart takes the zoom back.
    assert.match(await press(page, "+", loss), /^step \d+ to \d+ in view$/);
    await (await byRole(page, "application", "accuracy")).focus();
    assert.equal(await press(page, "Escape", accuracy), "step 0 to 39 in view");
    await (await byRole(page, "application", "loss")).focus();
    assert.match(await press(page, "+", loss), /in view$/);
    assert.equal(await press(page, "Escape", loss), "step 0 to 39 in view");

    // Logarithmic, in the address, told what has no place, and taken back.
    await (await checkbox(page, "Log y")).click();
    await until(() => page.url(), (url) => url.includes("logy"), "the scale in the address");
    const note = () => page.$$eval(`${loss} p`, (all) => all.map((it) => it.textContent).find((text) => text.startsWith("Not drawn")));
    await until(note, (text) => text === "Not drawn: 2 not above zero, which a logarithmic axis cannot show", "what is not drawn");
    await clickOn(page, '::-p-aria([name="Undo"][role="button"])');
    await until(() => page.url(), (url) => !url.includes("logy"), "the scale taken back");
    await until(note, (text) => text === undefined, "everything drawn again");
    assert.equal(await isChecked(page, "Log y"), false);

    // Along time, and smoothed with the logged line behind.
    await (await byRole(page, "combobox", "Along")).select("Relative time");
    await (await byRole(page, "application", "loss")).focus();
    await until(() => press(page, "Home", loss).then(() => press(page, "End", loss)), (text) => text.includes("time since the first point 39 s"), "seconds");
    await assertAccessible(page, "curves of a comparison");
    assertQuiet(page);
    await page.close();
  });

  test("a long curve keeps its outline, and has every point where somebody looks", { timeout: 120_000 }, async () => {
    const N_STEPS = 12_000;
    const { experiment_id: experimentId } = await client("POST", "experiments/create", { name: `long-${Date.now()}` });
    const { run } = await client("POST", "runs/create", { experiment_id: experimentId, start_time: Date.now(), run_name: "long" });
    const valueAt = (step) => (step === 7777 ? 50 : 1 + Math.sin(step));
    for (let begin = 0; begin < N_STEPS; begin += 1000) {
      const metrics = Array.from({ length: 1000 }, (_, at) => ({ key: "loss", step: begin + at, timestamp: 1000 + begin + at, value: valueAt(begin + at) }));
      await client("POST", "runs/log-batch", { run_id: run.info.run_id, metrics });
    }
    const page = await open(`compare?experiments=${experimentId}&selected=${run.info.run_id}&panels=curves&curves=step~mloss`);
    const within = '[role="group"][aria-label="Metric curves"]';
    await drawn(page, within);
    const note = () => page.$eval(`${within}`, (panel) => panel.textContent);
    await until(note, (text) => new RegExp(`\\d+ of ${N_STEPS} points are drawn`).test(text), "how many points are drawn");
    await clickOn(page, `${within} .chart__table summary`);
    const rows = () => page.$$eval(`${within} .chart__table tbody tr`, (rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => Number(cell.textContent))));
    const outline = await until(rows, (rows) => rows.length > 0, "the table behind the chart");
    assert.ok(outline[500][0] > 1000, `every few steps: ${outline[500][0]}`);

    const field = await byRole(page, "application", "loss");
    await field.focus();
    await page.keyboard.press("Home");
    let said;
    for (let n = 0; n < 5; n += 1) said = await press(page, "+", within);
    const [, last] = /^step \S+ to (\S+) in view$/.exec(said);
    const n_seen = Math.min(Math.floor(Number(last)), 900);
    assert.ok(n_seen > 100, said);
    const seen = await until(rows, (rows) => rows.slice(0, n_seen).every(([step], at) => step === at), "every step in view");
    for (const [step, value] of seen.slice(0, n_seen)) assert.equal(value, valueAt(step));
    await press(page, "Escape", within);
    await until(rows, (rows) => rows[500][0] > 1000, "the outline again");
    assertQuiet(page);
    await page.close();
  });

  test("the Pareto front: its points by keyboard and pointer, each selecting its run", { timeout: 120_000 }, async () => {
    const { experimentId, runs } = await runsOf(servers.byVersion[VERSION].url, "nyc-taxi-experiment");
    const rmseOf = new Map(runs.map(({ info, data }) => [info.run_name, data.metrics.find(({ key }) => key === "rmse")?.value]));
    const page = await open(`compare?experiments=${experimentId}&objectives=metrics.rmse~attributes.duration&panels=pareto`);
    const within = '[role="group"][aria-label="Pareto front"]';
    await drawn(page, within);
    await until(() => pixelsOf(page, "--series-1", `${within} canvas`), (n) => n > 50, "the front");
    const front = await page.$$eval('table[aria-label="Runs on the Pareto front"] th[scope="row"]', (cells) => cells.map((cell) => cell.textContent.trim()));
    const field = await page.waitForSelector(`${within} [role="application"]`);
    assert.match(await field.evaluate((it) => it.getAttribute("aria-label")), /^duration \(.+\) against rmse$/);
    await field.focus();
    const [, name, rmse] = /^(.+), rmse (.+), duration .+$/.exec(await press(page, "ArrowRight", within));
    assert.equal(name, front[0], "less is better: the best is the leftmost");
    assert.equal(Number(rmse), rmseOf.get(name));
    assert.equal(await press(page, "Enter", within), `${name} selected`);
    await until(() => isChecked(page, `Select ${name}`), (is) => is, "the box of the run");
    assert.ok(page.url().includes("selected="));
    const [, other] = /^(.+), rmse /.exec(await press(page, "ArrowDown", within));
    assert.ok(rmseOf.has(other) && !front.includes(other), `${other} is a run behind the front`);
    await page.evaluate(() => document.activeElement.blur());

    // Nothing stands out any more: the dot has its own colour.
    const before = await spoken(page, within);
    await until(async () => {
      // As long as the dot still stands out it has another colour, and what is found is the line: that click meets nothing.
      const at = await leftmost(page, "--series-1", `${within} canvas`);
      await page.mouse.move(at.x - 1, at.y);
      await page.mouse.click(at.x, at.y);
      return until(() => spoken(page, within), (text) => text !== before, `an answer to a click at ${JSON.stringify(at)}`, 3000);
    }, (text) => text === `${name} no longer selected`, "the click's answer");
    await until(() => isChecked(page, `Select ${name}`), (is) => !is, "the box of the run, empty");
    assertQuiet(page);
    await page.close();
  });

  test("without its library a chart says so, and tries again", { timeout: 60_000 }, async () => {
    let network;
    const block = (urls) => network.send("Network.setBlockedURLs", { urls });
    const page = await open(`models/${MODEL}`, {
      prepare: async (page) => {
        network = await page.createCDPSession();
        await network.send("Network.enable");
        await block(["*/charts-*"]);
      },
    });
    const problem = await page.waitForSelector(".chart [role=alert]", { timeout: 20_000 });
    assert.match(await problem.evaluate((it) => it.textContent), /could not be fetched.*The table has all that it shows/);
    await assertAccessible(page, "a chart without its library");
    await block([]);
    await clickOn(page, ".chart [role=alert] button");
    await drawn(page);
    await until(() => page.$$(".chart [role=alert]"), (all) => all.length === 0, "the problem gone");
    assertQuiet(page, [/Failed to load resource/]);
    await page.close();
  });

  for (const dark of [false, true]) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 60_000 }, async () => {
        const page = await open(`models/${MODEL}`, { dark, width });
        await drawn(page);
        await until(() => pixelsOf(page, "--series-1"), (n) => n > 20, "the line");
        await clickOn(page, ".chart__table summary");
        await assertAccessible(page, "a chart");
        const room = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(room <= width, `the page is ${room} wide`);
        const fits = await page.$eval(".chart canvas", (canvas) => canvas.clientWidth <= canvas.closest("figure").clientWidth);
        assert.ok(fits, "the drawing fits its figure");
        if (process.env.RUNWEAVE_SCREENSHOTS) await page.screenshot({ path: `${process.env.RUNWEAVE_SCREENSHOTS}/chart-${dark ? "dark" : "light"}-${width}.png` });
        // The other theme, chosen while the chart stands.
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "light" : "dark" }]);
        await until(() => pixelsOf(page, "--series-1"), (n) => n > 20, "the line in the other theme");
        // A window made smaller.
        await page.setViewport({ width: 360, height: 700 });
        await until(() => page.$eval(".chart canvas", (canvas) => canvas.clientWidth), (wide) => wide <= 360, "the chart's new width");
        assertQuiet(page);
        await page.close();
      });
    }
  }
});
