// What leaves the page beside the table, and the commands: pictures are pictures of what is shown, the report stands alone,
// and everything is in reach of words typed after Ctrl+K.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, launch, openPage, until } from "./browser.mjs";
import { runsOf } from "./mlflow.mjs";
import { startSite, startServers } from "./world.mjs";

const VERSION = "3.17.2";
const EXPERIMENT = "nyc-taxi-experiment";

let servers;
let site;
let browser;
let folder;
let experimentId;
let runs;

before(async () => {
  servers = await startServers([VERSION]);
  site = await startSite(servers);
  browser = await launch("chrome");
  folder = await mkdtemp(path.join(tmpdir(), "runweave-"));
  ({ experimentId, runs } = await runsOf(servers.byVersion[VERSION].url, EXPERIMENT));
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
  if (folder) await rm(folder, { recursive: true });
});

async function open(query = "") {
  const page = await openPage(browser);
  const client = await page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, browserContextId: page.browserContext().id });
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experimentId}${query}`);
  await (await byRole(page, "button", "Connect")).click();
  await until(() => page.$eval('[aria-label="Run counts"]', (it) => it.textContent), (text) => text.startsWith(`${runs.length} of`), "the runs");
  await until(() => page.$$eval(".parallel-plot__field [role=group]", (axes) => axes.length), (n) => n > 5, "the axes");
  return page;
}

const file = (name, encoding) => until(() => readFile(path.join(folder, name), encoding), (content) => content.length > 0, name);

/** Width, height and the number of different colours of an image, as the browser reads it. */
const looked = (page, url) => page.evaluate(async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
  return { width: canvas.width, height: canvas.height, nColours: colours.size };
}, url);

const choose = async (page, entry) => {
  await (await byRole(page, "button", "Export…")).click();
  await (await byRole(page, "button", entry)).click();
};

describe("out of the page", () => {
  test("the plot and a chart as SVG and PNG", { timeout: 120_000 }, async () => {
    const page = await open("&panels=scatter&scatter=xparams.learning_rate~ymetrics.rmse");
    await choose(page, "Plot as SVG");
    const svg = await file("runs.svg", "utf8");
    const titles = await page.$$eval(".parallel-plot__field [role=group]", (axes) => axes.map((axis) => axis.getAttribute("aria-label").replace(/ axis$/, "")));
    for (const title of titles) assert.ok(svg.includes(`>${title}`), `${title} stands in the picture`);
    assert.doesNotMatch(svg, /(href|src)="(?!data:)/, "it stands alone");
    const [, lines] = /<image href="(data:image\/png;base64,[^"]+)"/.exec(svg);
    const { nColours } = await looked(page, lines);
    assert.ok(nColours > 20, `the lines are painted: ${nColours} colours`);
    await choose(page, "Plot as PNG");
    const png = await file("runs.png");
    const size = await looked(page, `data:image/png;base64,${png.toString("base64")}`);
    const [, width] = /<svg [^>]*width="([\d.]+)"/.exec(svg);
    assert.equal(size.width, Math.floor(2 * Number(width)));
    assert.ok(size.nColours > 20);

    await page.waitForSelector('section[aria-label="Scatter plot"] canvas');
    await (await byRole(page, "button", "Save rmse against learning_rate as SVG")).click();
    const chart = await file("rmse-against-learning-rate.svg", "utf8");
    const nDots = runs.filter(({ data }) => data.params.some(({ key }) => key === "learning_rate") && data.metrics.some(({ key }) => key === "rmse")).length;
    // Where no policy forbids the styles of a file of its own.
    const blank = await browser.newPage();
    const nDrawn = await blank.evaluate((chart) => {
      const parsed = new DOMParser().parseFromString(chart, "image/svg+xml");
      if (parsed.querySelector("parsererror")) throw new Error(parsed.querySelector("parsererror").textContent);
      return [...parsed.querySelectorAll("path")].filter((dot) => dot.getAttribute("d").startsWith("M1 0A1 1")).length;
    }, chart);
    assert.equal(nDrawn, nDots, "a dot for each run");
    await blank.close();
    await (await byRole(page, "button", "Save rmse against learning_rate as PNG")).click();
    const { width: wide } = await looked(page, `data:image/png;base64,${(await file("rmse-against-learning-rate.png")).toString("base64")}`);
    const shown = await page.$eval('section[aria-label="Scatter plot"] .chart__canvas', (it) => it.clientWidth);
    assert.equal(wide, 2 * shown);
    assertQuiet(page);
    await page.close();
  });

  test("a report has the plot, the panels and every run, and fetches nothing", { timeout: 120_000 }, async () => {
    // Of the search, since these differ in all that was searched.
    const searched = runs.filter(({ info }) => /^xgboost-\d+$/.test(info.run_name));
    const best = searched.sort((a, b) => (a.data.metrics.find(({ key }) => key === "rmse")?.value ?? Infinity) - (b.data.metrics.find(({ key }) => key === "rmse")?.value ?? Infinity)).slice(0, 2);
    const page = await open(`&panels=pareto~history~differences&objectives=metrics.rmse~attributes.duration&selected=${best.map(({ info }) => info.run_id).join("~")}`);
    await page.waitForSelector('section[aria-label="History"] canvas');
    await until(() => page.$('table[aria-label="Runs on the Pareto front"]'), Boolean, "the front");
    await choose(page, "Everything as an HTML report");
    const report = await file("nyc-taxi-experiment.html", "utf8");
    await writeFile(path.join(folder, "report.html"), report);
    const alone = await openPage(browser);
    const asked = [];
    alone.on("request", (request) => asked.push(request.url()));
    await alone.goto(pathToFileURL(path.join(folder, "report.html")).href);
    assert.deepEqual(asked.filter((url) => !/^(file|data):/.test(url)), [], "nothing is fetched");
    assert.deepEqual(await alone.$$eval("h2", (all) => all.map((one) => one.textContent)), ["Parallel coordinates", "Pareto front", "History", "Differences", `Runs (${runs.length})`]);
    const rows = await alone.$$eval("table", (tables) => [...tables.at(-1).tBodies[0].rows].map((row) => row.cells[0].textContent));
    assert.deepEqual(rows.sort(), runs.map(({ info }) => info.run_name).sort());
    assert.equal(await alone.$$eval("figure svg", (all) => all.length), 5, "the plot, the front and three charts of the history");
    // Each cell below its own heading, and what the server says in it.
    const tables = await alone.$$eval("table", (all) => all.map((one) => [...one.rows].map((row) => [...row.cells].map((cell) => ({ text: cell.innerText, span: cell.colSpan })))));
    for (const table of tables) {
      const widths = table.map((row) => row.reduce((sum, { span }) => sum + span, 0));
      assert.ok(widths.every((width) => width === widths[0]), `the rows are equally wide: ${widths}`);
    }
    const [front, differences] = tables;
    const names = best.map(({ info }) => info.run_name);
    assert.deepEqual(front[0].map(({ text }) => text.split("\n")[0]), ["Run", "rmse", "duration (s)"], "no column of boxes");
    // Of those that tie in rmse the quickest is.
    const rmseOf = ({ data }) => data.metrics.find(({ key }) => key === "rmse")?.value;
    const durationOf = ({ info }) => info.end_time - info.start_time;
    const [quickest] = runs.filter((run) => rmseOf(run) === rmseOf(best[0])).sort((a, b) => durationOf(a) - durationOf(b));
    assert.ok(front.some(([run]) => run.text === quickest.info.run_name), "the best run is on the front");
    assert.deepEqual(differences[0].map(({ text }) => text), ["Column", `${names[0]}\nbaseline`, names[1]], "no buttons");
    const rowOf = new Map(differences.filter((row) => row.length === 3).map(([title, ...cells]) => [title.text, cells.map(({ text }) => text.split("\n")[0])]));
    const logged = (kind, key) => best.map(({ data }) => data[kind].find((one) => one.key === key)?.value);
    let nParams = 0;
    for (const key of best[0].data.params.map((param) => param.key)) {
      const [one, other] = logged("params", key);
      if (one === other || other === undefined) continue;
      nParams += 1;
      rowOf.get(key).forEach((text, run) => assert.ok(text === [one, other][run] || Math.abs(Number(text) / Number([one, other][run]) - 1) < 1e-2, `${key}: ${text} of ${[one, other][run]}`));
    }
    assert.ok(nParams > 3, `${nParams} params differ`);
    rowOf.get("rmse").forEach((text, run) => assert.ok(Math.abs(Number(text) - logged("metrics", "rmse")[run]) < 1e-3, `rmse: ${text}`));
    for (const [title, cells] of rowOf) assert.ok(cells.every((text) => text !== ""), `${title} says something of each run: ${cells}`);
    await assertAccessible(alone, "the report");
    assertQuiet(alone);
    await alone.close();
    assertQuiet(page);
    await page.close();
  });
});

describe("commands", () => {
  test("Ctrl+K finds what can be done by its words, ? shows the keys", { timeout: 120_000 }, async () => {
    const page = await open();
    await page.keyboard.down("Control");
    await page.keyboard.press("k");
    await page.keyboard.up("Control");
    await until(() => page.evaluate(() => document.activeElement.getAttribute("aria-label")), (name) => name === "Command", "the focus on the line");
    await assertAccessible(page, "the commands");
    await page.keyboard.type("rmse sort asc");
    await until(() => page.$$eval("[role=option]", (all) => all.map((one) => one.textContent)), (all) => all[0] === "Sort by rmse, ascending", "the command that is meant");
    await page.keyboard.press("Enter");
    await until(() => page.url(), (url) => /sort=metrics\.rmse(&|$)/.test(url), "sorted");
    await until(() => page.$("dialog[open]"), (dialog) => dialog === null, "the commands closed");

    await (await byRole(page, "button", "Commands…")).click();
    await until(() => page.evaluate(() => document.activeElement.getAttribute("aria-label")), (name) => name === "Command", "the focus on the line again");
    await page.keyboard.type("history");
    await until(() => page.$$eval("[role=option]", (all) => all.map((one) => one.textContent)), (all) => all.length === 1, "one command");
    await page.keyboard.press("Enter");
    await page.waitForSelector('section[aria-label="History"]');

    // What buttons and menus do, by words: rows closer together, their runs selected, that taken back.
    const command = async (words, entry) => {
      await (await byRole(page, "button", "Commands…")).click();
      await until(() => page.evaluate(() => document.activeElement.getAttribute("aria-label")), (name) => name === "Command", "the line");
      await page.keyboard.type(words);
      await until(() => page.$$eval("[role=option]", (all) => all.map((one) => one.textContent)), (all) => all[0] === entry, entry);
      await page.keyboard.press("Enter");
      await until(() => page.$("dialog[open]"), (dialog) => dialog === null, "the commands closed");
    };
    const rowHeight = () => page.$eval("#runs-cell-1-0", (cell) => cell.parentElement.offsetHeight);
    assert.equal(await rowHeight(), 28);
    await command("compact rows", "Show compact rows");
    await until(rowHeight, (height) => height === 22, "compact rows");
    const second = await page.$eval("#runs-cell-1-0", (cell) => cell.parentElement.offsetTop);
    assert.equal(second, 22, "rows stand below each other");
    await command("select runs shown", "Select the runs shown");
    await until(() => page.url(), (url) => (url.match(/selected=([^&]*)/)?.[1].split("~").length ?? 0) === runs.length, "all of them");
    await command("undo", "Undo");
    await until(() => page.url(), (url) => !url.includes("selected="), "none of them");
    assert.match(page.url(), /rows=compact/);
    await command("save view", "Save or open a view");
    await byRole(page, "textbox", "Name of the view");
    await page.keyboard.press("Escape");

    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.type("?");
    await byRole(page, "dialog", "Pointer and keys");
    await assertAccessible(page, "the sheet of keys");
    await page.keyboard.press("Escape");
    await until(() => page.$("dialog[open]"), (dialog) => dialog === null, "the sheet closed");
    assertQuiet(page);
    await page.close();
  });
});
