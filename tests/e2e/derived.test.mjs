// Derived columns, end to end: an expression becomes a column of the table and an axis, and its values are those of a
// separate calculation from the server's answers.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { runsOf } from "./mlflow.mjs";
import { startSite, startServers } from "./world.mjs";

const VERSION = "3.17.2";
const PER_LEVEL = "duration / params.max_depth";
const BEST = "best(`validation-rmse`)";
const MEAN = "mean(`validation-rmse`)";
const AT = "at(`validation-rmse`, 3)";
const MAGNITUDE = "log10(params.learning_rate)";

let servers;
let site;
let browser;

before(async () => {
  servers = await startServers([VERSION]);
  site = await startSite(servers);
  browser = await launch("chrome");
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

async function open(query = "") {
  const { experimentId, runs } = await runsOf(servers.byVersion[VERSION].url, "nyc-taxi-experiment");
  const page = await openPage(browser);
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experimentId}${query}`);
  await (await byRole(page, "button", "Connect")).click();
  return { page, runs };
}

/** How the table is sorted by the column of that title. */
const sortBy = (page, title) => page.$$eval('[role="columnheader"]', (all, title) => {
  const head = all.find((one) => one.querySelector(".data-grid__sort")?.firstChild.textContent === title);
  return head?.getAttribute("aria-sort");
}, title);
const headers = (page) => page.$$eval('[role="columnheader"] .data-grid__sort', (all) => all.map((one) => one.firstChild.textContent));
const headersBecome = (page, isGood, what) => until(() => headers(page), isGood, what);
const problem = (page) => page.$eval("#expression-problem", (line) => line.textContent);
const wrong = (page) => page.$eval(".derived .filter-box__wrong", (part) => part.textContent);
const preview = (page) => page.$eval(".derived__preview", (line) => line.textContent);

/** Puts a text in the place of what stands in the focused box. */
async function write(page, text) {
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.type(text);
}

/** Waits until the box of the form has the focus. */
const formHasFocus = (page) => until(() => page.evaluate(() => document.activeElement.getAttribute("aria-label")), (name) => name === "Expression", "the focus in the form");

async function exported(page) {
  const folder = await mkdtemp(path.join(tmpdir(), "runweave-"));
  const client = await page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, browserContextId: page.browserContext().id });
  await (await byRole(page, "button", "Export…")).click();
  await (await byRole(page, "button", "Save as JSON")).click();
  const text = await until(() => readFile(path.join(folder, "runs.json"), "utf8"), (text) => text.length > 0, "runs.json");
  await rm(folder, { recursive: true });
  return JSON.parse(text);
}

describe("derived columns", () => {
  test("a mistake is underlined, a right one becomes a column that sorts, stays and goes", { timeout: 180_000 }, async () => {
    const { page, runs } = await open();
    await (await byRole(page, "button", "Columns…")).click();
    await (await byRole(page, "button", "New derived column…")).click();
    await formHasFocus(page);

    await write(page, "duration / params.max_dept");
    await until(() => problem(page), (text) => /No run has the param `max_dept`\. Is params\.max_depth meant\?/.test(text), "what is wrong");
    await until(() => wrong(page), (text) => text === "params.max_dept", "the mark below it");
    await assertAccessible(page, "the form with a mistake");
    await write(page, "duration / sine(rmse)");
    await until(() => problem(page), (text) => text.includes("`sine` is no function: there are abs, sqrt"), "the functions there are");
    await until(() => wrong(page), (text) => text === "sine", "the mark below it");

    // Each run by a calculation of its own: seconds, and the param as a number.
    const wanted = new Map(runs.flatMap(({ info, data }) => {
      const depth = Number(data.params.find(({ key }) => key === "max_depth")?.value ?? Number.NaN);
      return info.end_time && !Number.isNaN(depth) ? [[info.run_name, (info.end_time - info.start_time) / 1000 / depth]] : [];
    }));
    assert.ok(wanted.size > 10, "runs with a depth");
    await write(page, "duration/params.max_depth");
    await until(() => preview(page), (text) => text.endsWith(`${wanted.size} of ${runs.length} runs have a value.`), "how many runs have a value");
    await assertAccessible(page, "the form with a preview");
    await page.keyboard.press("Enter");
    await until(() => page.$(".derived"), (form) => form === null, "the form closed");
    const box = await byRole(page, "button", `Remove derived column ${PER_LEVEL}`);
    assert.ok(box, "it is offered with what removes it");
    await assertAccessible(page, "the list with a derived column");
    await page.keyboard.press("Escape");
    await headersBecome(page, (names) => names.includes(PER_LEVEL), "the column in its one spelling");

    // One step for undo, although it was offered and shown.
    await (await byRole(page, "button", "Undo")).click();
    await headersBecome(page, (names) => !names.includes(PER_LEVEL), "the column taken back");
    assert.doesNotMatch(page.url(), /derived=/);
    await (await byRole(page, "button", "Redo")).click();
    await headersBecome(page, (names) => names.includes(PER_LEVEL), "the column once more");

    await clickOn(page, `::-p-aria([name="${PER_LEVEL}"][role="button"])`);
    await until(() => sortBy(page, PER_LEVEL), (sort) => sort === "ascending", "the order");
    const rows = await exported(page);
    assert.equal(rows.length, runs.length);
    const found = rows.map((row) => [row["attributes.run_name"], row[`=${PER_LEVEL}`]]);
    const values = found.map(([, value]) => value);
    assert.deepEqual(values.slice(wanted.size), Array(runs.length - wanted.size).fill(undefined), "missing comes last");
    values.slice(1, wanted.size).forEach((value, n) => assert.ok(value >= values[n], "the order is that of the values"));
    for (const [name, value] of found.slice(0, wanted.size)) {
      assert.ok(Math.abs(value - wanted.get(name)) <= 1e-12 * Math.abs(value), `${name}: ${value}, not ${wanted.get(name)}`);
    }

    await page.reload();
    await headersBecome(page, (names) => names.includes(PER_LEVEL), "the column after a reload");
    await until(() => sortBy(page, PER_LEVEL), (sort) => sort === "ascending", "the order after a reload");
    const again = await exported(page);
    assert.deepEqual(again.map((row) => row[`=${PER_LEVEL}`]), values);

    // Gone from everywhere.
    await (await byRole(page, "button", "Columns…")).click();
    await (await byRole(page, "button", `Remove derived column ${PER_LEVEL}`)).click();
    await page.keyboard.press("Escape");
    await headersBecome(page, (names) => names.length > 0 && !names.includes(PER_LEVEL), "the column removed");
    await until(() => page.url(), (url) => !/derived=|max_depth%20|%3D/.test(url.split("axes=")[0]), "an address without it");
    assertQuiet(page);
    await page.close();
  });

  test("what the history of a metric comes to is a column like any other", { timeout: 180_000 }, async () => {
    const { page, runs } = await open();
    const base = servers.byVersion[VERSION].url;
    // By a calculation of its own from the server's answers.
    const wanted = new Map();
    for (const { info } of runs) {
      const answer = await fetch(`${base}/api/2.0/mlflow/metrics/get-history?run_id=${info.run_id}&metric_key=validation-rmse`);
      const { metrics = [] } = await answer.json();
      const values = metrics.map(({ value }) => value);
      if (values.length === 0) continue;
      const steps = metrics.map(({ step }) => step);
      const upTo = metrics.filter(({ step }) => step <= 3).sort((a, b) => b.step - a.step);
      wanted.set(info.run_name, {
        [BEST]: Math.min(...values), [MEAN]: values.reduce((sum, value) => sum + value, 0) / values.length,
        [AT]: Math.max(...steps) >= 3 ? upTo[0].value : undefined,
      });
    }
    assert.ok(wanted.size > 10 && [...wanted.values()].some((each) => each[AT] !== each[BEST]), "curves to tell apart");

    for (const expression of [BEST, MEAN, AT]) {
      await (await byRole(page, "button", "Columns…")).click();
      await (await byRole(page, "button", "New derived column…")).click();
      await formHasFocus(page);
      await write(page, expression);
      await until(() => preview(page), (text) => text.includes("validation-rmse") || text.endsWith("have a value."), "what it will be");
      await page.keyboard.press("Enter");
      await until(() => page.$(".derived"), (form) => form === null, "the form closed");
      await page.keyboard.press("Escape");
      await headersBecome(page, (names) => names.includes(expression), expression);
    }
    const rest = () => page.$$eval(".load-status", (all) => all.map((line) => line.textContent).filter((text) => text.includes("histories")));
    await until(rest, (lines) => lines.length === 0, "all histories read");
    await clickOn(page, `::-p-aria([name="${BEST}"][role="button"])`);
    await until(() => sortBy(page, BEST), (sort) => sort === "ascending", "the order");
    const rows = await exported(page);
    assert.equal(rows.length, runs.length);
    const found = rows.slice(0, wanted.size);
    found.slice(1).forEach((row, n) => assert.ok(row[`=${BEST}`] >= found[n][`=${BEST}`], "the order is that of the values"));
    for (const row of found) {
      const own = wanted.get(row["attributes.run_name"]);
      assert.equal(row[`=${BEST}`], own[BEST]);
      assert.equal(row[`=${AT}`], own[AT]);
      assert.ok(Math.abs(row[`=${MEAN}`] - own[MEAN]) <= 1e-12 * own[MEAN]);
    }
    assert.ok(rows.slice(wanted.size).every((row) => row[`=${BEST}`] === undefined), "missing where there is no history");

    // A pasted address reads them again; a filter can name them.
    const middle = [...wanted.values()].map((each) => each[BEST]).sort((a, b) => a - b)[Math.floor(wanted.size / 2)];
    const filter = `derived."${BEST}" < ${middle}`;
    const pasted = (await open(`&filter=${encodeURIComponent(filter)}`)).page;
    const nLow = [...wanted.values()].filter((each) => each[BEST] < middle).length;
    await until(() => pasted.$eval('[role="grid"][aria-label="Runs"]', (grid) => Number(grid.getAttribute("aria-rowcount")) - 1), (n) => n === nLow, `${nLow} runs`);
    assertQuiet(page);
    assertQuiet(pasted);
    await page.close();
    await pasted.close();
  });

  test("keyboard only: a derived axis, and a filter that names it", { timeout: 120_000 }, async () => {
    const filter = `derived.\`${MAGNITUDE}\` < -1`;
    const { page, runs } = await open(`&axes=metrics.rmse&filter=${encodeURIComponent(filter)}`);
    const rates = runs.map(({ data }) => Number(data.params.find(({ key }) => key === "learning_rate")?.value ?? Number.NaN));
    const nLow = rates.filter((rate) => rate < 0.1).length;
    const rowCount = () => page.$eval('[role="grid"][aria-label="Runs"]', (grid) => Number(grid.getAttribute("aria-rowcount")) - 1);
    await until(rowCount, (n) => n === nLow, `${nLow} runs of a low rate`);

    const button = await byRole(page, "button", "+ axis");
    await button.focus();
    await page.keyboard.press("Enter");
    const isAt = () => page.evaluate(() => document.activeElement.textContent);
    await until(async () => { await page.keyboard.press("Tab"); return isAt(); }, (text) => text === "New derived column…", "the entry in reach of the Tab key");
    await page.keyboard.press("Enter");
    await formHasFocus(page);
    await write(page, MAGNITUDE);
    await page.keyboard.press("Enter");
    await byRole(page, "group", `${MAGNITUDE} axis`);
    await until(() => page.url(), (url) => url.includes("derived="), "the column in the address");
    assertQuiet(page);
    await page.close();
  });
});
