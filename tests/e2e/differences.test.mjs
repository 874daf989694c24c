// Selecting runs and seeing in what they differ, end to end: ranges by pointer and keys, a tolerance, long values line
// by line, runs as rows.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { call } from "./mlflow.mjs";
import { startServers, startSite } from "./world.mjs";

const VERSION = "3.17.2";
const TABLE = 'table[aria-label="Differences between runs"]';
const CONFIG = ["model:", "  depth: 6", "  loss: squared", "data:", "  path: taxi.parquet"];

let servers;
let site;
let browser;
let experimentId;
/** In the order of the table: the newest first. */
let runs;

before(async () => {
  servers = await startServers([VERSION]);
  site = await startSite(servers);
  browser = await launch("chrome");
  const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);
  ({ experiment_id: experimentId } = await client("experiments/create", { name: `differences-${Date.now()}` }));
  runs = [];
  for (let place = 0; place < 6; place += 1) {
    const { run } = await client("runs/create", { experiment_id: experimentId, start_time: 1_700_000_000_000 + place * 1000, run_name: `run-${place}` });
    const config = CONFIG.map((line) => (place === 5 && line.includes("loss") ? "  loss: absolute" : line)).join("\n");
    await client("runs/log-batch", {
      run_id: run.info.run_id,
      metrics: [{ key: "rmse", value: 2 + place / 100, timestamp: 1, step: 0 }, { key: "mae", value: 1 + place, timestamp: 1, step: 0 }],
      params: [{ key: "config", value: config }, { key: "seed", value: String(place) }],
    });
    runs.unshift({ id: run.info.run_id, name: `run-${place}` });
  }
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

async function open(view, options) {
  const page = await openPage(browser, options);
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experimentId}&plot=folded${view}`);
  await (await byRole(page, "button", "Connect")).click();
  await until(() => page.$eval('[aria-label="Run counts"]', (it) => it.textContent), (text) => text.startsWith("6 of 6 runs"), "all runs");
  return page;
}

const selectedIn = (page) => page.evaluate(() => new URLSearchParams(location.hash.split("?")[1]).get("selected")?.split("~") ?? []);
const selects = (page, expected, what) => until(() => selectedIn(page), (ids) => JSON.stringify(ids) === JSON.stringify(expected), what);
const ids = (...places) => places.map((place) => runs[place].id);
const titles = (page) => page.$$eval(`${TABLE} tbody th[scope="row"]`, (cells) => cells.map((cell) => cell.textContent));

describe("differences", () => {
  test("Shift selects a range in the table, by pointer and by keys", { timeout: 120_000 }, async () => {
    const page = await open("");
    const box = (place) => `[role="row"]:has(a[title="${runs[place].name}"]) .data-grid__select`;
    await clickOn(page, box(1));
    await selects(page, ids(1), "the first");
    await page.keyboard.down("Shift");
    await clickOn(page, box(3));
    await page.keyboard.up("Shift");
    await selects(page, ids(1, 2, 3), "those up to there");
    assert.equal(await page.evaluate(() => getSelection().toString()), "", "no text is marked");
    // Up from where it began.
    await page.keyboard.down("Shift");
    await clickOn(page, box(0));
    await page.keyboard.up("Shift");
    await until(async () => (await selectedIn(page)).sort(), (found) => JSON.stringify(found) === JSON.stringify(ids(0, 1, 2, 3).sort()), "and those before");

    const other = await open("");
    const grid = await byRole(other, "grid", "Runs");
    await grid.focus();
    await other.keyboard.press("Home");
    for (let n = 0; n < 3; n += 1) await other.keyboard.press("ArrowDown");
    const named = () => grid.evaluate((it) => document.getElementById(it.getAttribute("aria-activedescendant"))?.closest('[role="row"]').getAttribute("aria-rowindex"));
    const row = await named();
    await other.keyboard.press("Space");
    await until(() => selectedIn(other), (found) => found.length === 1, "one by the Space key");
    const [first] = await selectedIn(other);
    await other.keyboard.down("Shift");
    await other.keyboard.press("ArrowDown");
    await other.keyboard.press("ArrowDown");
    await other.keyboard.up("Shift");
    const place = runs.findIndex(({ id }) => id === first);
    assert.equal(Number(row), place + 2, "the run of that row");
    await selects(other, ids(place, place + 1, place + 2), "two more by Shift and arrow");
    assertQuiet(page);
    assertQuiet(other);
    await page.close();
    await other.close();
  });

  test("a tolerance, long values line by line, and runs as rows", { timeout: 120_000 }, async () => {
    const page = await open(`&panels=differences&selected=${ids(1, 0, 5).join("~")}`);
    await page.waitForSelector(TABLE);
    assert.deepEqual((await titles(page)).filter((title) => ["rmse", "mae", "config", "seed"].includes(title)).sort(), ["config", "mae", "rmse", "seed"]);

    // The text of run-5 differs from the baseline's, run-4's, in one line; run-0's does not.
    const summary = await page.waitForSelector(`${TABLE} .differences__lines summary`);
    assert.equal(await summary.evaluate((it) => it.textContent), "2 lines differ");
    await clickOn(page, `${TABLE} .differences__lines summary`);
    const lines = await page.$$eval(`${TABLE} .differences__lines li`, (all) => all.map((one) => one.textContent));
    assert.deepEqual(lines, ["− only in the baseline:   loss: squared", "+ not in the baseline:   loss: absolute"]);
    assert.equal((await page.$$(`${TABLE} .differences__lines`)).length, 1);

    // rmse is 2.04, 2.05 and 2.00: within three percent they are equal, and mae's are not.
    const tolerance = '[aria-label="Numbers are equal within so many percent"]';
    await page.focus(tolerance);
    await page.$eval(tolerance, (box) => box.select());
    await page.keyboard.type("3");
    await page.keyboard.press("Tab");
    await until(() => titles(page), (found) => !found.includes("rmse") && found.includes("mae"), "without rmse");
    await page.focus(tolerance);
    await page.$eval(tolerance, (box) => box.select());
    await page.keyboard.type("1");
    await page.keyboard.press("Tab");
    await until(() => titles(page), (found) => found.includes("rmse"), "with rmse again");
    // Of it, run-5's is no change, since it is within the tolerance of the baseline's.
    const changes = await page.$$eval(`${TABLE} tbody tr`, (rows) => rows.filter((row) => row.querySelector('th[scope="row"]')?.textContent === "rmse")
      .map((row) => [...row.querySelectorAll("td")].map((cell) => cell.querySelector(".differences__change")?.textContent.trim() ?? "")));
    assert.equal(changes[0][0], "");
    assert.equal(changes[0][1], "", `run-5's 2.05 is not told as a change: ${changes[0]}`);
    assert.match(changes[0][2], /better/, "2.00 is less than 2.04 by more than that");

    const cells = await page.$$eval(`${TABLE} tbody tr`, (rows) => rows.filter((row) => row.querySelector("td")).map((row) => [...row.cells].map((cell) => cell.textContent)));
    await clickOn(page, "::-p-text(Runs as rows)");
    const turned = await until(() => page.$$eval(`${TABLE} tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))), (rows) => rows.length === 3, "a row a run");
    assert.deepEqual(turned.map((row) => row.slice(1)), [0, 1, 2].map((run) => cells.map((row) => row[run + 1])));
    assert.deepEqual(await page.$$eval(`${TABLE} tbody th[scope="row"] a`, (links) => links.map((link) => link.textContent)), [1, 0, 5].map((place) => runs[place].name));
    await page.reload();
    await until(() => page.$$eval(`${TABLE} tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))), (rows) => JSON.stringify(rows) === JSON.stringify(turned), "the same after a reload");
    assertQuiet(page);
    await page.close();
  });

  for (const dark of [false, true]) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 120_000 }, async () => {
        for (const rows of ["", "rows~"]) {
          const page = await open(`&panels=differences&differences=${rows}t0.5&selected=${ids(1, 0, 5).join("~")}`, { dark, width });
          await clickOn(page, `${TABLE} .differences__lines summary`);
          await assertAccessible(page, `differences ${rows}`);
          const room = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(room <= width, `the page is ${room} wide`);
          if (process.env.RUNWEAVE_SCREENSHOTS) {
            await (await page.$('[role="group"][aria-label="Differences"]')).screenshot({ path: `${process.env.RUNWEAVE_SCREENSHOTS}/differences-${rows ? "rows-" : ""}${dark ? "dark" : "light"}-${width}.png` });
          }
          assertQuiet(page);
          await page.close();
        }
      });
    }
  }
});
