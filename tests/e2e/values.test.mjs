// Values that are hard to show: not a number, infinities, empty and missing, texts meant to break a page; deleted runs,
// several experiments, artifacts. All of it logged to a real server first.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, launch, openPage, until } from "./browser.mjs";
import { runsOf } from "./mlflow.mjs";
import { startSite, startServers } from "./world.mjs";

const HOSTILE = `<img src=x onerror="document.title='owned'">&lt;b&gt;'"\u202e{{7*7}}`;
const SAMPLE = "nyc-taxi-experiment";

let servers;
let site;
let browser;
let url;
let experimentId;
let runIds;

const call = async (path, body) => {
  const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
  return response.json();
};

before(async () => {
  servers = await startServers(["3.17.2"]);
  site = await startSite(servers);
  browser = await launch("chrome");
  ({ url } = servers.byVersion["3.17.2"]);
  ({ experiment_id: experimentId } = await call("experiments/create", { name: `values ${Date.now()}` }));
  const runs = [
    ["one", { m: 1 }, { p: "1" }],
    ["nan", { m: "NaN" }, { p: "" }],
    ["inf", { m: "Infinity" }, { p: "x" }],
    ["minus", { m: "-Infinity" }, { p: HOSTILE }],
    [HOSTILE, {}, { p: "2" }],
    ["gone", { m: 3 }, { p: "3" }],
  ];
  runIds = [];
  for (const [index, [name, metrics, params]] of runs.entries()) {
    const { run } = await call("runs/create", { experiment_id: experimentId, run_name: name, start_time: 1_700_000_000_000 + index });
    await call("runs/log-batch", {
      run_id: run.info.run_id,
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 1, step: 0 })),
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
      tags: [{ key: "note", value: HOSTILE }],
    });
    runIds.push(run.info.run_id);
  }
  await call("runs/delete", { run_id: runIds.at(-1) });
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

/** Opens the comparison by its address, as a pasted link. */
async function open(query) {
  const page = await openPage(browser);
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(url)}&${query}`);
  await (await byRole(page, "button", "Connect")).click();
  await byRole(page, "grid", "Runs");
  return page;
}

const counts = async (page) => (await byRole(page, "status", "Run counts")).evaluate((element) => element.textContent);
const countsBecome = (page, pattern) => until(() => counts(page), (text) => pattern.test(text), `counts ${pattern}`);
const names = (page) => page.$$eval('[role="grid"] a', (links) => links.map((link) => link.textContent));

describe("values", () => {
  test("every special value has its lane, and picks exactly its runs", { timeout: 90_000 }, async () => {
    const page = await open(`experiments=${experimentId}&axes=params.p~metrics.m`);
    await countsBecome(page, /^5 of 5 runs/);
    for (const [lane, expected] of [
      ["NaN on m", ["nan"]], ["+∞ on m", ["inf"]], ["−∞ on m", ["minus"]], ["missing on m", [HOSTILE]], ["empty on p", ["nan"]],
    ]) {
      await (await byRole(page, "checkbox", lane)).click();
      await countsBecome(page, /^5 of 5 runs · 1 brushed/);
      await until(() => names(page), (found) => JSON.stringify(found) === JSON.stringify(expected), lane);
      await (await byRole(page, "checkbox", lane)).click();
      await countsBecome(page, /^5 of 5 runs · 0 skipped/);
    }
    assertQuiet(page);
    await page.close();
  });

  test("filters tell the special values apart", { timeout: 60_000 }, async () => {
    const page = await open(`experiments=${experimentId}`);
    const filter = await byRole(page, "textbox", "Filter runs");
    for (const [text, expected] of [
      ["metrics.m is nan", ["nan"]], ["metrics.m is missing", [HOSTILE]], ["metrics.m is inf", ["inf", "minus"]],
      ["params.p is empty", ["nan"]], ["metrics.m < 2 or metrics.m > 2", ["inf", "minus", "one"]], ["params.p contains '<img'", ["minus"]],
    ]) {
      await filter.click({ count: 3 });
      await filter.type(text);
      await until(async () => (await names(page)).sort(), (found) => JSON.stringify(found) === JSON.stringify([...expected].sort()), text);
    }
    assertQuiet(page);
    await page.close();
  });

  test("hostile texts are text in the table, on axes, in menus and on the run's page", { timeout: 60_000 }, async () => {
    const page = await open(`experiments=${experimentId}&axes=params.p~tags.note~metrics.m&colour=params.p`);
    await countsBecome(page, /^5 of 5 runs/);
    await until(() => page.evaluate(() => document.body.textContent), (text) => text.includes(HOSTILE), "the hostile text");
    await assertAccessible(page, "compare with hostile texts");
    assert.equal((await page.$$("img")).length, 0);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 1280, `the page is ${width} wide`);
    await page.goto(`${site.url}#/run/${runIds[4]}?server=${encodeURIComponent(url)}&experiments=${experimentId}`);
    await until(() => page.$eval("h1", (heading) => heading.textContent), (text) => text === HOSTILE, "the run's name");
    assert.equal((await page.$$("img")).length, 0);
    assert.notEqual(await page.title(), "owned");
    assertQuiet(page);
    await page.close();
  });

  test("a run's page shows metrics that are no numbers", { timeout: 60_000 }, async () => {
    const page = await open(`experiments=${experimentId}`);
    for (const [place, word] of [[1, "NaN"], [2, "+∞"], [3, "−∞"]]) {
      await page.goto(`${site.url}#/run/${runIds[place]}?server=${encodeURIComponent(url)}&experiments=${experimentId}`);
      const value = () => page.evaluate(() => document.querySelector('table[aria-label="Metrics"] td')?.textContent);
      await until(value, (text) => text === word, `${word} on the page of the run`);
    }
    assertQuiet(page);
    await page.close();
  });

  test("active, deleted or all runs, of one experiment or several", { timeout: 60_000 }, async () => {
    const page = await open(`experiments=${experimentId}`);
    await countsBecome(page, /^5 of 5 runs/);
    await page.select('[aria-label="Runs shown"]', "deleted");
    await countsBecome(page, /^1 of 1 runs/);
    await page.select('[aria-label="Runs shown"]', "all");
    await countsBecome(page, /^6 of 6 runs/);
    await page.reload();
    await countsBecome(page, /^6 of 6 runs/);
    const { experimentId: sampleId } = await runsOf(url, SAMPLE);
    await page.goto(`${site.url}#/compare?server=${encodeURIComponent(url)}&experiments=${sampleId}~${experimentId}`);
    await countsBecome(page, /^63 of 63 runs/);
    assertQuiet(page);
    await page.close();
  });

  test("a run's artifacts are listed with their sizes, and saved byte by byte", { timeout: 60_000 }, async () => {
    const { runs } = await runsOf(url, SAMPLE);
    const run = runs.find(({ info }) => info.run_name === "xgboost-preprocessor");
    const { files } = await (await fetch(`${url}/api/2.0/mlflow/artifacts/list?run_id=${run.info.run_id}&path=preprocessor`)).json();
    const file = files.find(({ is_dir: isDir }) => !isDir);
    const page = await openPage(browser);
    const folder = await mkdtemp(path.join(tmpdir(), "runweave-"));
    const client = await page.createCDPSession();
    await client.send("Browser.setDownloadBehavior", {
      behavior: "allow", downloadPath: folder, browserContextId: page.browserContext().id,
    });
    await page.goto(`${site.url}#/run/${run.info.run_id}?server=${encodeURIComponent(url)}&experiments=1`);
    await (await byRole(page, "button", "Connect")).click();
    await (await byRole(page, "button", "preprocessor/")).click();
    const name = file.path.split("/").at(-1);
    await (await byRole(page, "button", `Download ${name}`)).click();
    const expected = [...new Uint8Array(await (await fetch(`${url}/get-artifact?run_id=${run.info.run_id}&path=${encodeURIComponent(file.path)}`)).arrayBuffer())];
    assert.equal(expected.length, Number(file.file_size));
    const saved = await until(() => readFile(path.join(folder, name)), (bytes) => bytes.length === expected.length, "the saved file");
    assert.deepEqual([...saved], expected);
    await rm(folder, { recursive: true });
    assertQuiet(page);
    await page.close();
  });
});
