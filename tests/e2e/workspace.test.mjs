// The comparison workspace, end to end: from all runs by several objectives to the few that matter, what tells them
// apart, and out of the page. What the page shows is compared with a separate calculation from the server's answers.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { execFileSync } from "node:child_process";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { call, runsOf } from "./mlflow.mjs";
import { install } from "../servers/server.mjs";
import { startSite, startServers } from "./world.mjs";

const EXPERIMENT = "nyc-taxi-experiment";

let servers;
let site;
let browser;

before(async () => {
  servers = await startServers();
  site = await startSite(servers);
  browser = await launch("chrome");
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

/** The bytes of a run's model, from its MLmodel file, as each version of MLflow keeps it; none without a model. */
async function modelSize(url, run) {
  const id = run.outputs?.model_outputs?.[0]?.model_id;
  const history = run.data.tags.find(({ key }) => key === "mlflow.log-model.history");
  const file = id
    ? `/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files?artifact_file_path=MLmodel`
    : history && `/get-artifact?run_id=${run.info.run_id}&path=${JSON.parse(history.value)[0].artifact_path}/MLmodel`;
  if (!file) return null;
  const text = await (await fetch(url + file)).text();
  return Number(/model_size_bytes: (\d+)/.exec(text)?.[1] ?? Number.NaN);
}

/** Names of the runs that no other one beats in one cost without being worse in another: by comparing all pairs. */
function frontOf(runs) {
  const dominates = (a, b) => a.costs.every((cost, n) => cost <= b.costs[n]) && a.costs.some((cost, n) => cost < b.costs[n]);
  const ranked = runs.filter(({ costs }) => costs.every(Number.isFinite));
  return ranked.filter((run) => !ranked.some((other) => dominates(other, run))).map(({ name }) => name).sort();
}

async function xgboostRuns(url) {
  const { experimentId, runs } = await runsOf(url, EXPERIMENT);
  const chosen = runs.filter(({ data }) => data.tags.some(({ key, value }) => key === "model" && value === "xgboost"));
  return {
    experimentId,
    runs: await Promise.all(chosen.map(async (run) => {
      const rmse = run.data.metrics.find(({ key }) => key === "rmse")?.value ?? Number.NaN;
      const duration = run.info.end_time - run.info.start_time;
      return { run, name: run.info.run_name, id: run.info.run_id, costs: [Number(rmse), duration, await modelSize(url, run) ?? Number.NaN] };
    })),
  };
}

const namesIn = (page, table, selector = 'th[scope="row"]') =>
  page.$$eval(`table[aria-label="${table}"] ${selector}`, (cells) => cells.map((cell) => cell.textContent.trim()));

async function open(version, hash) {
  const page = await openPage(browser);
  await page.goto(`${site.url}${hash}`);
  await (await byRole(page, "button", "Connect")).click();
  return page;
}

async function openWorkspace(version) {
  const serverUrl = encodeURIComponent(site.serverUrl(version));
  const found = await xgboostRuns(servers.byVersion[version].url);
  const page = await open(version, `#/compare?server=${serverUrl}&experiments=${found.experimentId}`);
  const filter = await byRole(page, "textbox", "Filter runs");
  await filter.type("tags.model = xgboost");
  await (await byRole(page, "button", "Pareto front")).click();
  await (await byRole(page, "button", "Use rmse, duration, model size")).click();
  return { page, ...found };
}

describe("workspace", () => {
  test("from all runs to the one: front, curves, differences, export, and the link", { timeout: 180_000 }, async () => {
    const version = "3.17.2";
    const { url } = servers.byVersion[version];
    const { page, runs } = await openWorkspace(version);
    const front = frontOf(runs);
    await until(async () => (await namesIn(page, "Runs on the Pareto front")).sort(), (names) => JSON.stringify(names) === JSON.stringify(front), `the front ${front}`);
    const group = await byRole(page, "group", "Pareto front");
    assert.match(await group.evaluate((element) => element.textContent), new RegExp(`${front.length} on the front of ${runs.length} kept runs`));

    // The front as a brush on a column like any other: plot and table narrow.
    await (await byRole(page, "button", "Brush the front")).click();
    await until(() => page.$eval('[aria-label="Run counts"]', (status) => status.textContent), (text) => text.includes(`${front.length} brushed`), "the brushed front");
    await (await byRole(page, "button", "Clear brushes")).click();

    // The pick, and the best three others of all kept runs by score: the mean of the parts from 0, the worst, to 1.
    const ranked = runs.filter(({ costs }) => costs.every(Number.isFinite));
    const ends = [0, 1, 2].map((at) => [Math.min, Math.max].map((end) => end(...ranked.map(({ costs }) => costs[at]))));
    const scoreOf = ({ costs }) => costs.reduce((sum, cost, at) => sum + (ends[at][1] - cost) / (ends[at][1] - ends[at][0]), 0) / 3;
    const byScore = [...ranked].sort((a, b) => scoreOf(b) - scoreOf(a));
    await (await byRole(page, "button", "Ranking")).click();
    const pick = byScore[2];
    await (await byRole(page, "button", `Pick ${pick.name}`)).click();
    const others = byScore.filter((run) => run !== pick).slice(0, 3);
    await until(() => namesIn(page, "The pick against the next ones", "thead a"), (names) => JSON.stringify(names) === JSON.stringify(others.map(({ name }) => name)), "the best three others");
    await (await byRole(page, "button", "Select the pick and these")).click();
    const chosen = [pick, ...others];
    const withCurve = chosen.filter(({ run }) => run.data.metrics.some(({ key }) => key === "validation-rmse"));
    assert.ok(withCurve.includes(pick), "the pick has a curve");
    await (await byRole(page, "button", "Metric curves")).click();
    const chart = await page.waitForSelector('[role="group"][aria-label="Metric curves"] figure[aria-label="validation-rmse"]');
    await clickOn(page, '[role="group"][aria-label="Metric curves"] figure[aria-label="validation-rmse"] summary');
    const rows = await until(() => chart.$$eval("tbody tr", (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent))), (found) => found.length > 0, "the table behind the chart");
    for (const { id, name } of withCurve) {
      const { metrics } = await (await fetch(`${url}/api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=validation-rmse`)).json();
      assert.equal(rows.filter(([series]) => series === name).length, metrics.length, `every point of ${name}`);
    }

    // In what they differ: the params by REST, the best one the baseline.
    await (await byRole(page, "button", "Differences")).click();
    const differing = await until(() => namesIn(page, "Differences between runs"), (names) => names.length > 0, "differences");
    const paramOf = ({ run }, name) => run.data.params.find(({ key }) => key === name)?.value;
    const keys = new Set(chosen.flatMap(({ run }) => run.data.params.map(({ key }) => key)));
    for (const key of keys) {
      const values = new Set(chosen.map((run) => { const value = paramOf(run, key); return value === undefined ? value : Number.isNaN(Number(value)) ? value : Number(value); }));
      assert.equal(differing.includes(key), values.size > 1, `${key}: ${[...values]}`);
    }
    const heads = await namesIn(page, "Differences between runs", "thead a");
    assert.deepEqual(heads, chosen.map(({ name }) => name));

    // Out of the page: what the table shows.
    const folder = await mkdtemp(path.join(tmpdir(), "runweave-"));
    const client = await page.createCDPSession();
    await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, browserContextId: page.browserContext().id });
    const saved = async (entry, file) => {
      await (await byRole(page, "button", "Export…")).click();
      await (await byRole(page, "button", entry)).click();
      return until(() => readFile(path.join(folder, file), "utf8"), (text) => text.length > 0, file);
    };
    const csv = (await saved("Save as CSV", "runs.csv")).trim().split("\r\n");
    assert.equal(csv.length, runs.length + 1);
    assert.match(csv[0], /^attributes\.run_name,metrics\.rmse,attributes\.duration,attributes\.model_size,/);
    const byName = new Map(csv.slice(1).map((line) => line.split(",")).map((fields) => [fields[0], fields.slice(1, 4).map(Number)]));
    for (const { name, costs } of runs) assert.deepEqual(byName.get(name), costs, name);
    const markdown = (await saved("Save as Markdown", "runs.md")).trim().split("\n");
    assert.equal(markdown.length, runs.length + 2);
    assert.match(markdown[1], /^\| --- \| ---: \|/);
    const json = JSON.parse(await saved("Save as JSON", "runs.json"));
    assert.deepEqual(json.map((run) => run["attributes.run_name"]).sort(), runs.map(({ name }) => name).sort());
    // HiPlot's own loader takes its file, where it is installed.
    const hiplot = JSON.parse(await saved("Save for HiPlot", "runs.hiplot.json"));
    assert.deepEqual(hiplot.map(({ uid }) => uid).sort(), runs.map(({ id }) => id).sort());
    for (const run of hiplot) assert.equal(run["metrics.rmse"], runs.find(({ id }) => id === run.uid).costs[0]);
    assert.ok(Object.keys(hiplot[0]).some((key) => key.startsWith("tags.")), "columns that the table does not show");
    if (process.env.HIPLOT_PYTHON) {
      const loaded = execFileSync(process.env.HIPLOT_PYTHON, ["-c", "import sys\nfrom hiplot.fetchers import load_json\nprint(len(load_json(sys.argv[1]).validate().datapoints))", path.join(folder, "runs.hiplot.json")], { encoding: "utf8" });
      assert.equal(Number(loaded), runs.length);
    }
    await rm(folder, { recursive: true });
    // Python gives the same runs in the same order.
    await page.browserContext().overridePermissions(new URL(site.url).origin, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]);
    await (await byRole(page, "button", "Export…")).click();
    await (await byRole(page, "button", "Copy as Python")).click();
    const code = await until(() => page.evaluate(() => navigator.clipboard.readText()), (text) => text.startsWith("import mlflow"), "Python on the clipboard");
    const { python } = await install(version);
    const printed = execFileSync(python, ["-c", `${code}\nprint("\\n".join(runs["run_id"]))`], { encoding: "utf8" });
    const idOf = new Map(runs.map(({ id, name }) => [name, id]));
    assert.deepEqual(printed.trim().split("\n"), json.map((run) => idOf.get(run["attributes.run_name"])));

    // The same page in a browser that knows nothing.
    const address = new URL(page.url()).hash;
    const other = await open(version, address);
    await until(async () => (await namesIn(other, "Runs on the Pareto front")).sort(), (names) => JSON.stringify(names) === JSON.stringify(front), "the front in the other browser");
    await until(() => namesIn(other, "Differences between runs", "thead a"), (names) => JSON.stringify(names) === JSON.stringify(heads), "the differences in the other browser");
    await other.waitForSelector('[role="group"][aria-label="Metric curves"] figure[aria-label="validation-rmse"]');
    assertQuiet(other);
    await other.close();

    // Undo takes the last change of the view back, panels included.
    await (await byRole(page, "button", "Undo")).click();
    await until(() => page.$('table[aria-label="Differences between runs"]'), (table) => table === null, "the panel closed again");
    assertQuiet(page);
    await page.close();
  });

  test("one score of all objectives: weights, constraints, and the pick explained", { timeout: 120_000 }, async () => {
    const version = "3.17.2";
    const { experimentId, runs } = await xgboostRuns(servers.byVersion[version].url);
    const page = await open(version, `#/compare?server=${encodeURIComponent(site.serverUrl(version))}&experiments=${experimentId}&filter=${encodeURIComponent("tags.model = xgboost")}`);
    await (await byRole(page, "button", "Ranking")).click();
    await (await byRole(page, "button", "Use rmse, duration, model size")).click();
    // Min-max parts and their weighted mean, written down a second time.
    const scores = (among, weights) => {
      const total = weights.reduce((sum, weight) => sum + weight);
      const ends = weights.map((_, n) => among.map(({ costs }) => costs[n])).map((all) => [Math.min(...all), Math.max(...all)]);
      const score = ({ costs }) => costs.reduce((sum, cost, n) => sum + weights[n] / total * (ends[n][1] - cost) / (ends[n][1] - ends[n][0]), 0);
      return among.map((run) => ({ name: run.name, score: score(run) })).sort((a, b) => b.score - a.score);
    };
    const listed = () => page.$$eval('table[aria-label="Best runs by score"] tbody tr', (rows) => rows.map((row) =>
      ({ name: row.querySelector("th").textContent, score: row.querySelector(".score__number").textContent })));
    const agree = async (among, weights, what) => {
      const expected = scores(among, weights).slice(0, 20).map(({ name, score }) => ({ name, score: score.toFixed(3) }));
      await until(listed, (found) => JSON.stringify(found) === JSON.stringify(expected), `${what}: ${JSON.stringify(expected.slice(0, 3))}`);
    };
    const sized = runs.filter(({ costs }) => costs.every(Number.isFinite));
    await agree(sized, [5, 5, 5], "equal weights");
    // The slider by keyboard: duration counts twice as much as the others.
    await (await byRole(page, "slider", "Weight of duration")).focus();
    for (let n = 0; n < 5; n += 1) await page.keyboard.press("ArrowRight");
    await agree(sized, [5, 10, 5], "duration counts more");
    const limit = [...sized].sort((a, b) => a.costs[0] - b.costs[0])[9].costs[0];
    await (await byRole(page, "textbox", "Constraints")).type(`metrics.rmse <= ${limit}`);
    await agree(sized.filter(({ costs }) => costs[0] <= limit), [5, 10, 5], "constraints");
    const panel = await byRole(page, "group", "Ranking");
    assert.match(await panel.evaluate((element) => element.textContent), new RegExp(`10 with a score of ${runs.length} kept runs; no score: ${runs.length - 10} outside the constraints`));
    assert.match(await page.$eval('[aria-label="Run counts"]', (status) => status.textContent), new RegExp(`^${runs.length} of`));

    // The third is picked: what it costs against the first two is told, and adds up.
    const [first, , third] = await listed();
    await (await byRole(page, "button", `Pick ${third.name}`)).click();
    const pick = await byRole(page, "group", "The pick");
    await until(() => pick.evaluate((element) => element.textContent), (text) => text.includes("Chosen by hand, place 3"), "the pick");
    const leads = await page.$$eval('table[aria-label="The pick against the next ones"] tbody tr', (rows) => rows.map((row) =>
      Number((/([+−][\d.]+) of the score/.exec(row.cells[2].textContent)?.[1] ?? "0").replace("−", "-"))));
    const lead = leads.reduce((sum, one) => sum + one);
    assert.ok(Math.abs(lead - (third.score - first.score)) < 0.003, `${leads} against ${third.score} and ${first.score}`);
    assert.ok(lead < 0);
    // The score is a column like any other.
    await (await byRole(page, "button", "Sort the table by score")).click();
    await until(() => page.$eval("#runs-cell-0-0 a", (link) => link.textContent), (name) => name === first.name, "the table by score");
    await page.reload();
    await until(async () => (await byRole(page, "group", "The pick")).evaluate((element) => element.textContent), (text) => text.includes(third.name), "the pick after a reload");
    // The winner is registered from here: its page opens with the form.
    await (await byRole(page, "link", `Register ${third.name}…`)).click();
    await byRole(page, "form", "Register a model");
    assert.equal(await page.$eval("h1", (heading) => heading.textContent), third.name);
    await page.goBack();
    // What is no expression is told, and keeps nobody out.
    const box = await byRole(page, "textbox", "Constraints");
    await box.type(" and (");
    await until(() => page.$eval("#constraints-problem", (line) => line.textContent), (text) => text.length > 0, "what is wrong");
    await agree(sized, [5, 10, 5], "no constraints");
    assertQuiet(page);
    await page.close();
  });

  test("what mattered: importance of params, and rank correlations as computed a second time", { timeout: 120_000 }, async () => {
    const version = "3.17.2";
    const { experimentId, runs } = await xgboostRuns(servers.byVersion[version].url);
    const page = await open(version, `#/compare?server=${encodeURIComponent(site.serverUrl(version))}&experiments=${experimentId}&filter=${encodeURIComponent("tags.model = xgboost")}`);
    await (await byRole(page, "button", "Importance")).click();
    await byRole(page, "table", "Importance of params");
    const shares = await page.$$eval('table[aria-label="Importance of params"] .score__number', (all) => all.map((one) => Number.parseFloat(one.textContent)));
    assert.deepEqual(shares, [...shares].sort((a, b) => b - a), "the most important first");
    assert.ok(shares[0] > 10 && shares.reduce((sum, share) => sum + share) <= 100.5, `${shares}`);
    // Spearman's rho of rmse and each param: Pearson over mean ranks.
    const ranks = (values) => values.map((value) => values.filter((other) => other < value).length + (values.filter((other) => other === value).length + 1) / 2);
    const rho = (a, b) => {
      const [x, y] = [ranks(a), ranks(b)];
      const mean = (all) => all.reduce((sum, one) => sum + one) / all.length;
      const [mx, my] = [mean(x), mean(y)];
      const dot = (p, q, mp, mq) => p.reduce((sum, one, n) => sum + (one - mp) * (q[n] - mq), 0);
      return dot(x, y, mx, my) / Math.sqrt(dot(x, x, mx, mx) * dot(y, y, my, my));
    };
    const told = await page.$$eval('table[aria-label="Rank correlation"] tbody tr', (rows) => rows.map((row) => [row.cells[0].textContent, row.cells[1].textContent]));
    assert.equal(told[0][0], "rmse");
    for (const [param, text] of told.slice(1)) {
      const values = runs.map(({ run, costs }) => [costs[0], Number(run.data.params.find(({ key }) => key === param)?.value)]);
      const expected = rho(values.map(([rmse]) => rmse), values.map(([, value]) => value));
      assert.ok(Math.abs(Number(text.replace("−", "-")) - expected) <= 0.0051, `${param}: ${text}, ${expected}`);
    }
    // Another objective, and fewer runs: it is learned anew, and says that they are few.
    await clickOn(page, "::-p-text(Objective: rmse…)");
    await clickOn(page, '[role="dialog"][aria-label="Objective"] .column-list__item ::-p-text(duration)');
    await page.waitForSelector(".workspace__summary ::-p-text(variance of duration)");
    const filter = await byRole(page, "textbox", "Filter runs");
    await filter.type(" and metrics.rmse < 2.5");
    await page.waitForSelector(".importance__warning");
    await page.reload();
    await page.waitForSelector(".importance__warning");
    assertQuiet(page);
    await page.close();
  });

  test("named views: kept, opened, the default of an experiment, and moved by a file", { timeout: 120_000 }, async () => {
    const server = site.serverUrl("3.17.2");
    const { experimentId } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
    const page = await open("3.17.2", `#/compare?server=${encodeURIComponent(server)}&experiments=${experimentId}&filter=${encodeURIComponent("tags.model = xgboost")}&panels=ranking`);
    const folder = await mkdtemp(path.join(tmpdir(), "runweave-"));
    const client = await page.createCDPSession();
    await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, browserContextId: page.browserContext().id });
    const filterBox = (where) => where.$eval('[aria-label="Filter runs"]', (box) => box.value);
    const name = '<img src=x onerror="document.title=1"> only xgboost';
    await byRole(page, "grid", "Runs");
    await (await byRole(page, "button", "Views…")).click();
    const field = await byRole(page, "textbox", "Name of the view");
    const hidden = await field.evaluate((it) => { const panel = it.closest(".popover__panel"); return panel.scrollWidth - panel.clientWidth; });
    assert.ok(hidden <= 0, `${hidden} px of the panel are cut off`);
    await field.type(name);
    await page.keyboard.press("Enter");
    const item = `[aria-label="Saved views"] .menu-item`;
    await until(() => page.$$eval(item, (all) => all.map((one) => one.textContent)), (names) => names.length === 1 && names[0] === name, "the saved view");
    await assertAccessible(page, "the views");
    await clickOn(page, '[aria-label="Saved views"] [aria-pressed="false"]');
    await page.waitForSelector('[aria-label="Saved views"] [aria-pressed="true"]');
    await (await byRole(page, "button", "Save as a file")).click();
    const file = path.join(folder, "runweave-views.json");
    const text = await until(() => readFile(file, "utf8"), (found) => found.length > 0, "the file");
    assert.equal(JSON.parse(text).views[0].name, name);
    await page.keyboard.press("Escape");

    // Changed, and brought back; Undo takes that back too.
    await (await byRole(page, "button", "Close Ranking")).click();
    await (await byRole(page, "button", "Views…")).click();
    await clickOn(page, item);
    await byRole(page, "group", "Ranking");
    await page.keyboard.press("Escape");
    await (await byRole(page, "button", "Undo")).click();
    await until(() => page.$('[role="group"][aria-label="Ranking"]'), (panel) => panel === null, "the panel gone again");

    // Undo goes on from what Back shows: three panels, back by one, and Undo leaves one.
    const panels = () => page.evaluate(() => new URLSearchParams(location.hash.split("?")[1]).get("panels") ?? "");
    const before = await panels();
    for (const name of ["History", "Groups", "Scatter plot"]) await (await byRole(page, "button", name)).click();
    const all = await until(panels, (text) => text.includes("scatter"), "three more panels");
    await page.goBack();
    await until(panels, (text) => text !== all && text.includes("groups"), "two of them");
    await (await byRole(page, "button", "Undo")).click();
    await until(panels, (text) => !text.includes("groups") && text.includes("history"), "one of them");
    await (await byRole(page, "button", "Redo")).click();
    await until(panels, (text) => text.includes("groups") && !text.includes("scatter"), "two again");
    for (let n = 0; n < 2; n += 1) await (await byRole(page, "button", "Undo")).click();
    await until(panels, (text) => text === before, "none of them");

    // The experiment opens with it.
    await page.goto(`${site.url}#/experiments?server=${encodeURIComponent(server)}`);
    await clickOn(page, `::-p-text(${EXPERIMENT})`);
    await byRole(page, "group", "Ranking");
    assert.equal(await filterBox(page), "tags.model = xgboost");
    assertQuiet(page);
    await page.close();

    // Another browser reads the file, and says so where it is none.
    const other = await open("3.17.2", `#/compare?server=${encodeURIComponent(server)}&experiments=${experimentId}`);
    await byRole(other, "grid", "Runs");
    await (await byRole(other, "button", "Views…")).click();
    const input = await other.waitForSelector('.views__import input');
    await input.uploadFile(path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), "workspace.test.mjs"));
    await other.waitForSelector("::-p-text(This is no file of Runweave)");
    await input.uploadFile(file);
    await other.waitForSelector(item);
    await clickOn(other, item);
    await byRole(other, "group", "Ranking");
    assert.equal(await filterBox(other), "tags.model = xgboost");
    await clickOn(other, `[aria-label="Saved views"] [aria-label^="Delete view"]`);
    await until(() => other.$(item), (found) => found === null, "the view gone");
    await rm(folder, { recursive: true });
    // What cannot be read is left as it is, and told.
    await other.evaluate(() => localStorage.setItem("runweave.views", '{"runweave_views":99,"views":[]}'));
    await (await byRole(other, "textbox", "Name of the view")).type("lost");
    await other.keyboard.press("Enter");
    await until(() => other.$$eval('[role="alert"]', (all) => all.map((one) => one.textContent).join(" ")), (text) => text.includes("cannot be read"), "the alert");
    assert.equal(await other.evaluate(() => localStorage.getItem("runweave.views")), '{"runweave_views":99,"views":[]}');
    assertQuiet(other);
    await other.close();
  });

  for (const version of ["3.17.2", "1.30.1"]) {
    test(`MLflow ${version}: a view is kept with the experiment, and opens it for somebody else`, { timeout: 120_000 }, async () => {
      const { url } = servers.byVersion[version];
      const name = `kept-${Date.now()}`;
      const { experiment_id: id } = await call(url, "experiments/create", { name });
      await call(url, "runs/create", { experiment_id: id, start_time: Date.now() });
      const tags = async () => Object.fromEntries(((await call(url, `experiments/get?experiment_id=${id}`)).experiment.tags ?? []).map(({ key, value }) => [key, value]));
      const server = site.serverUrl(version);
      const page = await open(version, `#/compare?server=${encodeURIComponent(server)}&experiments=${id}&filter=rmse%20is%20missing&panels=ranking`);
      await byRole(page, "grid", "Runs");
      await (await byRole(page, "button", "Views…")).click();
      await (await byRole(page, "textbox", "Name of the view")).type("<b>ours</b>");
      await (await byRole(page, "button", "Keep with the experiment")).click();
      const item = '[aria-label="Views kept with the experiment"] .menu-item';
      await until(() => page.$$eval(item, (all) => all.map((one) => one.textContent)), (names) => names[0] === "<b>ours</b>", "the kept view");
      await (await byRole(page, "button", "Default for everybody: <b>ours</b>")).click();
      await page.waitForSelector('[aria-label="Views kept with the experiment"] [aria-pressed="true"]');
      const [[key, value]] = Object.entries(await tags()).filter(([key]) => key.startsWith("runweave.view."));
      assert.equal(JSON.parse(value).name, "<b>ours</b>");
      assert.match(JSON.parse(value).view, /panels=ranking/);
      await assertAccessible(page, "views with the experiment");

      // Another browser opens the experiment with it.
      const other = await open(version, `#/experiments?server=${encodeURIComponent(server)}`);
      await clickOn(other, `::-p-text(${name})`);
      await byRole(other, "group", "Ranking");
      assert.equal(await other.$eval('[aria-label="Filter runs"]', (box) => box.value), "rmse is missing");
      assertQuiet(other);
      await other.close();

      // What somebody else has written meanwhile is not written over without a word.
      await call(url, "experiments/set-experiment-tag", { experiment_id: id, key, value: JSON.stringify({ ...JSON.parse(value), view: "panels=history" }) });
      await (await byRole(page, "textbox", "Name of the view")).type("<b>ours</b>");
      await (await byRole(page, "button", "Keep with the experiment")).click();
      await until(() => page.$$eval('[role="alert"]', (all) => all.map((one) => one.textContent).join(" ")), (text) => text.includes("somebody has changed it"), "the alert");
      assert.match(JSON.parse((await tags())[key]).view, /history/);
      await (await byRole(page, "button", "Remove view <b>ours</b> from the experiment")).click();
      await until(tags, (found) => !found[key], "the view gone");
      assertQuiet(page);
      await page.close();
    });
  }

  test("the front along any two objectives, groups that open at every level, and what is left out on demand", { timeout: 120_000 }, async () => {
    const version = "3.17.2";
    const { experimentId, runs } = await runsOf(servers.byVersion[version].url, EXPERIMENT);
    const page = await open(version, `#/compare?server=${encodeURIComponent(site.serverUrl(version))}&experiments=${experimentId}&plot=folded&objectives=metrics.rmse~attributes.duration~attributes.model_size&panels=pareto~groups~importance&groups=tags.model~attributes.status`);
    const front = '[role="group"][aria-label="Pareto front"]';
    const label = () => page.$eval(`${front} figure`, (figure) => figure.getAttribute("aria-label"));
    await page.waitForSelector(`${front} figure`);
    assert.match(await label(), /^duration.* against rmse/);
    await page.select(`${front} select`, "2");
    await until(label, (text) => /^duration.* against model size/.test(text), "the other objective across");
    await until(() => page.url(), (url) => url.includes("front=xattributes.model_size~yattributes.duration"), "the address says so");
    // One that takes the other's place changes places with it.
    await page.select(`${front} select`, "1");
    await until(label, (text) => /^model size.* against duration/.test(text), "turned around");
    await clickOn(page, `${front} ::-p-aria([name="logarithmic up"][role="checkbox"])`);
    await until(() => page.url(), (url) => url.includes("logy"), "by magnitude");

    // A group opens to the groups within it, these to their runs, the best first.
    const xgboost = runs.filter(({ data }) => data.tags.some(({ key, value }) => key === "model" && value === "xgboost"));
    await (await byRole(page, "button", "xgboost")).click();
    await (await byRole(page, "button", "FINISHED, in xgboost")).click();
    const names = await until(() => page.$$eval('table[aria-label="Groups of runs"] tbody a', (links) => links.map((link) => link.textContent)), (names) => names.length === xgboost.length, "every run of it");
    const best = [...xgboost].sort((a, b) => (a.data.metrics.find(({ key }) => key === "rmse")?.value ?? Infinity) - (b.data.metrics.find(({ key }) => key === "rmse")?.value ?? Infinity))[0];
    assert.equal(names[0], best.info.run_name);

    await (await byRole(page, "button", "Learn from all params")).click();
    await until(() => page.url(), (url) => url.includes("more=params"), "what was left out is wanted");
    await until(() => page.$eval('[role="group"][aria-label="Importance"]', (panel) => panel.textContent), (text) => !text.includes("Params left out"), "nothing is left out");
    await assertAccessible(page, "the panels");
    assertQuiet(page);
    await page.close();
  });

  test("a link with many runs is short, and opens as the same page", { timeout: 120_000 }, async () => {
    const server = site.serverUrl("3.17.2");
    const { experimentId, runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
    const ids = runs.slice(0, 40).map(({ info }) => info.run_id);
    const page = await open("3.17.2", `#/compare?server=${encodeURIComponent(server)}&experiments=${experimentId}&panels=differences&selected=${ids.join("~")}`);
    await byRole(page, "grid", "Runs");
    await page.browserContext().overridePermissions(new URL(site.url).origin, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]);
    await (await byRole(page, "button", "Views…")).click();
    await (await byRole(page, "button", "Copy link")).click();
    const link = await until(() => page.evaluate(() => navigator.clipboard.readText()), (text) => text.startsWith("http"), "the link");
    assert.ok(link.length < page.url().length - 20 * ids.length, `${link.length} of ${page.url().length} characters`);
    assert.ok(!ids.some((id) => link.includes(id)) && ids.every((id) => link.includes(id.slice(0, 8))));
    const other = await open("3.17.2", link.slice(link.indexOf("#")));
    // Once all runs are here, it is known which ones are meant.
    await until(() => other.url(), (url) => ids.every((id) => url.includes(id)), "whole ids");
    await until(() => other.$$eval('table[aria-label="Differences between runs"] thead a', (links) => links.length), (n) => n === 25, "their differences");
    assert.equal(await (await byRole(other, "button", "Undo")).evaluate((button) => button.getAttribute("aria-disabled")), "true", "nothing was changed");
    assertQuiet(page);
    assertQuiet(other);
    await page.close();
    await other.close();
  });

  test("what a metric comes to over its steps is a column by the menu of its header", { timeout: 120_000 }, async () => {
    const { experimentId } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
    const page = await open("3.17.2", `#/compare?server=${encodeURIComponent(site.serverUrl("3.17.2"))}&experiments=${experimentId}&columns=metrics.rmse`);
    await (await byRole(page, "button", "rmse column options")).click();
    await (await byRole(page, "button", "Add lowest over steps")).click();
    await until(() => page.url(), (url) => /columns=[^&]*%3Dmin\(rmse\)/.test(url), "the column in the address");
    await until(() => page.$$eval("[role=columnheader]", (heads) => heads.map((head) => head.textContent)), (heads) => heads.some((head) => head.startsWith("min(rmse)")), "the column");
    assertQuiet(page);
    await page.close();
  });

  for (const version of ["2.22.5", "1.30.1"]) {
    test(`MLflow ${version}: the front, and a curve`, { timeout: 120_000 }, async () => {
      const { page, runs } = await openWorkspace(version);
      const front = frontOf(runs);
      await until(async () => (await namesIn(page, "Runs on the Pareto front")).sort(), (names) => JSON.stringify(names) === JSON.stringify(front), `the front ${front}`);
      await (await byRole(page, "button", "Select the front")).click();
      await (await byRole(page, "button", "Metric curves")).click();
      await page.waitForSelector('[role="group"][aria-label="Metric curves"] figure');
      assertQuiet(page);
      await page.close();
    });
  }

  test("keyboard only: select in the table, open a panel, change the baseline", { timeout: 60_000 }, async () => {
    const { experimentId } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
    const page = await open("3.17.2", `#/compare?server=${encodeURIComponent(site.serverUrl("3.17.2"))}&experiments=${experimentId}&filter=${encodeURIComponent("tags.model = xgboost")}`);
    const grid = await byRole(page, "grid", "Runs");
    await until(() => page.$("#runs-cell-1-0 a"), (link) => link !== null, "rows");
    await grid.focus();
    for (const key of ["ArrowDown", "Space", "ArrowDown", "Space"]) await page.keyboard.press(key);
    const names = await page.$$eval('[role="row"][aria-selected="true"] a', (links) => links.map((link) => link.textContent));
    assert.equal(names.length, 2);
    await (await byRole(page, "button", "Differences")).focus();
    await page.keyboard.press("Enter");
    await until(() => namesIn(page, "Differences between runs", "thead a"), (heads) => heads.length === 2, "the differences");
    await (await byRole(page, "button", `Make baseline: ${names[1]}`)).focus();
    await page.keyboard.press("Enter");
    await until(() => namesIn(page, "Differences between runs", "thead a"), (heads) => heads[0] === names[1], "the other baseline");
    assertQuiet(page);
    await page.close();
  });

  for (const dark of [false, true]) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 60_000 }, async () => {
        const { experimentId, runs } = await xgboostRuns(servers.byVersion["3.17.2"].url);
        const page = await openPage(browser, { dark, width });
        const selected = runs.slice(0, 3).map(({ id }) => id).join("~");
        await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl("3.17.2"))}&experiments=${experimentId}&selected=${selected}&objectives=metrics.rmse~attributes.duration&panels=pareto~ranking~importance~curves~differences`);
        await (await byRole(page, "button", "Connect")).click();
        await byRole(page, "table", "Runs on the Pareto front");
        await byRole(page, "table", "Best runs by score");
        await byRole(page, "table", "Rank correlation");
        await byRole(page, "table", "Differences between runs");
        await page.waitForSelector('[role="group"][aria-label="Metric curves"] figure');
        await assertAccessible(page, "the workspace");
        assertQuiet(page);
        await page.close();
      });
    }
  }
});
