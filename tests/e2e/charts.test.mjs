// Ordinary charts, end to end: what they show is what the server has, by pointer, by keyboard and as a table; their
// library is fetched with the first of them, and its absence is told.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
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

describe("charts", () => {
  test("a metric over versions: drawn, walked through by keyboard and told as the server has it", { timeout: 120_000 }, async () => {
    const values = await valuesOf("rmse");
    assert.ok(values.size >= 4, "the sample has versions");
    const page = await open("models");
    await page.waitForSelector('table[aria-label="Registered models"]');
    assert.deepEqual(page.fetched.filter((url) => LIBRARY.test(url)), [], "the library waits for a chart");
    await page.evaluate((hash) => { location.hash = hash; }, `#/models/${MODEL}?metric=rmse&archived=shown&server=${encodeURIComponent(site.serverUrl(VERSION))}`);
    await page.waitForSelector(".versions__table tbody a");
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
    const rows = await page.$$eval(".chart__table tbody tr", (rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => Number(cell.textContent))));
    assert.deepEqual(rows, [...values]);
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
