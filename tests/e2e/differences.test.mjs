// Selecting runs and seeing in what they differ, end to end: ranges by pointer and keys, a tolerance, long values line
// by line, runs as rows.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { call, runsOf } from "./mlflow.mjs";
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

async function open(view, options, { experiments = experimentId, counts = "6 of 6 runs" } = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experiments}&plot=folded${view}`);
  await (await byRole(page, "button", "Connect")).click();
  await until(() => page.$eval('[aria-label="Run counts"]', (it) => it.textContent), (text) => text.startsWith(counts), "all runs");
  return page;
}

/** Each row of the differences: its title, and what it says of each run. */
const cellsIn = (page) => page.$$eval(`${TABLE} tbody tr`, (rows) => Object.fromEntries(rows.filter((row) => row.querySelector("td"))
  .map((row) => [row.cells[0].textContent, [...row.cells].slice(1).map((cell) => cell.textContent.trim())])));

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

    // Each run has the look of its curve, which no other of these has in colour or in dash.
    const looks = await page.$$eval(`${TABLE} .differences__head svg`, (all) => all.map((one) => [getComputedStyle(one).color, one.querySelector("path").getAttribute("stroke-dasharray")]));
    assert.deepEqual([0, 1].map((of) => new Set(looks.map((look) => look[of])).size), [3, 3], JSON.stringify(looks));

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

  test("datasets and environments differ like anything else, and what is not read yet is not missing", { timeout: 180_000 }, async () => {
    const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);
    const { experiment_id: ofData } = await client("experiments/create", { name: `datasets-${Date.now()}` });
    const made = [];
    for (const digest of ["4ca7e9a6", "5d0c11aa"]) {
      const { run } = await client("runs/create", { experiment_id: ofData, run_name: `on-${digest}`, start_time: Date.now() });
      const dataset = { name: "<b>taxi</b>", digest, source_type: "local", source: "{}", schema: "{}", profile: "{}" };
      await client("runs/log-inputs", { run_id: run.info.run_id, datasets: [{ tags: [{ key: "mlflow.data.context", value: "training" }], dataset }] });
      made.push(run.info.run_id);
    }
    const page = await open(`&panels=differences&selected=${made.join("~")}`, {}, { experiments: ofData, counts: "2 of 2 runs" });
    await until(() => cellsIn(page), (cells) => JSON.stringify(cells.dataset) === '["<b>taxi</b> 4ca7e9a6 (training)","<b>taxi</b> 5d0c11aa (training)"]', "the datasets");
    await page.close();
    const filtered = await open(`&filter=${encodeURIComponent("dataset ~ /5d0c/")}&columns=attributes.dataset`, {}, { experiments: ofData, counts: "1 of 2 runs" });
    await filtered.waitForSelector("#runs-cell-0-1");
    await until(() => filtered.$eval("#runs-cell-0-1", (cell) => cell.textContent), (text) => text === "<b>taxi</b> 5d0c11aa (training)", "the dataset in the table");
    assertQuiet(filtered);
    await filtered.close();

    // The sample's runs have models: of one of each kind, with what they need.
    const { experimentId: sample, runs: trained } = await runsOf(servers.byVersion[VERSION].url, "nyc-taxi-experiment");
    const kindOf = (run) => run.data.tags.find(({ key }) => key === "model")?.value;
    const first = trained.find((run) => kindOf(run) === "xgboost");
    const other = trained.find((run) => kindOf(run) !== "xgboost" && (run.outputs?.model_outputs?.length ?? 0) > 0) ?? trained.find((run) => run !== first);
    const compared = await open(`&panels=differences&selected=${[first, other].map(({ info }) => info.run_id).join("~")}`, {}, { experiments: sample, counts: `${trained.length} of` });
    await until(() => cellsIn(compared), (cells) => Object.entries(cells).some(([title]) => title.startsWith("model size")), "the sizes, read for these runs");
    await until(() => cellsIn(compared), (cells) => Object.entries(cells).every(([title, texts]) => !title.startsWith("model size") || texts.every((text) => /^\d/.test(text))), "both sizes");
    await (await byRole(compared, "button", "Compare environments")).click();
    await until(() => compared.url(), (url) => url.includes("differences=environment"), "the address says so");
    const files = await until(() => cellsIn(compared), (cells) => /\d+ lines?/.test(cells["requirements.txt"]?.[0] ?? ""), "the requirements");
    assert.ok(files["requirements.txt"].every((text) => /\d+ lines?/.test(text)), `${files["requirements.txt"]}`);
    await assertAccessible(compared, "environments");
    assertQuiet(compared);
    await compared.close();
  });

  test("200 runs and 150 columns: a part at a time, the document stays small, the report has all", { timeout: 300_000 }, async () => {
    const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);
    const { experiment_id: many } = await client("experiments/create", { name: `many-${Date.now()}` });
    const made = [];
    for (let place = 0; place < 200; place += 1) {
      const { run } = await client("runs/create", { experiment_id: many, start_time: 1_700_000_000_000 + place * 1000, run_name: `many-${place}` });
      const metrics = Array.from({ length: 150 }, (_, at) => ({ key: `m${String(at).padStart(3, "0")}`, value: place + at, timestamp: 1, step: 0 }));
      await client("runs/log-batch", { run_id: run.info.run_id, metrics });
      made.push(run.info.run_id);
    }
    const page = await open(`&panels=differences&selected=${made.join("~")}`, {}, { experiments: many, counts: "200 of 200 runs" });
    await page.waitForSelector(TABLE);
    const size = () => page.$eval(TABLE, (table) => table.querySelectorAll("td").length);
    assert.ok(await size() <= 25 * 100, `${await size()} cells`);
    const heads = () => page.$$eval(`${TABLE} thead a`, (links) => links.map((link) => link.textContent));
    assert.deepEqual(await heads(), Array.from({ length: 25 }, (_, place) => `many-${place}`));
    await (await byRole(page, "button", "Next runs")).click();
    await until(heads, (names) => names[0] === "many-0" && names[1] === "many-25" && names.length === 25, "the next ones beside the baseline");
    await page.waitForSelector("::-p-text(25 to 48 of 199 runs beside the baseline)");
    await (await byRole(page, "button", "Next columns")).click();
    await until(() => titles(page), (found) => !found.includes("m000") && found.includes("m149"), "the last columns");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Next columns", "the focus stays");
    await assertAccessible(page, "a part of the differences");
    assertQuiet(page);
    await page.close();
  });

  test("what is open stays open, and the focus stays, while other things change", { timeout: 120_000 }, async () => {
    const page = await open(`&panels=differences&selected=${ids(1, 0, 5).join("~")}`);
    await clickOn(page, `${TABLE} .differences__lines summary`);
    const isOpen = () => page.$eval(`${TABLE} .differences__lines`, (details) => details.open);
    assert.ok(await isOpen());
    await page.$eval(`${TABLE} .differences__lines`, (details) => { details.dataset.kept = "yes"; });
    // One more column in which they differ, while somebody looks.
    const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);
    await client("runs/log-batch", { run_id: runs[0].id, tags: [{ key: "late", value: "yes" }] });
    // The runs have not ended, so the page follows them by itself.
    await until(() => byRole(page, "button", "Live").then((button) => button.evaluate((it) => it.getAttribute("aria-pressed"))), (is) => is === "true", "Live");
    await until(() => titles(page), (found) => found.includes("late"), "the new column");
    assert.ok(await isOpen(), "the lines are still open");
    assert.equal(await page.$eval(`${TABLE} .differences__lines`, (details) => details.dataset.kept), "yes", "the same row");
    await (await byRole(page, "button", `Make baseline: ${runs[0].name}`)).focus();
    await page.keyboard.press("Enter");
    await until(() => page.$$eval(`${TABLE} thead a`, (links) => links[0].textContent), (name) => name === runs[0].name, "the other baseline");
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Differences, scrollable");
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
