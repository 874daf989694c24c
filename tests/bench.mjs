// The browser benchmark: 10,000 runs on 12 axes, drawn by Runweave and by Apache ECharts' parallel series in the
// same browser, one after the other. Prints medians, and fails where Runweave is not what README.md promises.
//
//   node tests/bench.mjs [N_RUNS]
//
// Runweave's figures are its own User Timing measures. ECharts gets the same values, its canvas the same size, one
// colour for all lines, no animation, and the better of drawing at once and drawing progressively; its clock stops
// when its last piece is on the canvas, before the browser shows it. The longest task is the page's own, as
// Chromium's trace tells it, while the brush is dragged.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { MAX_TASK_MS, median, ms, serverWith, tasksDuring } from "./bench/measure.mjs";
import { launch, openPage, byRole, until, assertQuiet } from "./e2e/browser.mjs";
import { runsOf } from "./e2e/mlflow.mjs";
import { serve } from "./serve.mjs";
import { root, stopAll, stopOnSignals } from "./servers/server.mjs";

const N_RUNS = Number(process.argv[2] ?? 10_000);
const N_FIRST_PAINTS = 7;
const N_BRUSHES = 60;
const EXPERIMENT = `generated-${N_RUNS}`;
const AXES = [
  "params.learning_rate", "params.max_depth", "params.min_child_weight", "params.n_estimators", "params.booster",
  "params.subsample", "params.reg_alpha", "params.reg_lambda", "params.early_stopping", "metrics.training-seconds",
  "metrics.r2", "metrics.rmse",
];

/** Title and median of each native benchmark that `cargo bench` left behind, in milliseconds. */
async function nativeMedians() {
  const folder = path.join(root, "target/criterion");
  const names = await readdir(folder).catch(() => []);
  const found = [];
  for (const name of names.sort()) {
    try {
      const { title } = JSON.parse(await readFile(path.join(folder, name, "new/benchmark.json"), "utf8"));
      const { median: { point_estimate: nanos } } = JSON.parse(await readFile(path.join(folder, name, "new/estimates.json"), "utf8"));
      found.push([title, nanos / 1e6]);
    } catch {
      // A folder of criterion's own, such as its report.
    }
  }
  return found;
}

const measures = (page, name) => page.evaluate((name) => performance.getEntriesByName(name)
  .map(({ duration, detail }) => ({ duration, detail })), name);

async function allRunsPainted(page) {
  await until(() => measures(page, "runweave:runs-all"), (found) => found.length > 0, "all runs", 300_000);
  return until(async () => (await measures(page, "runweave:parallel-paint")).filter(({ detail }) => detail.n_runs === N_RUNS),
    (found) => found.length > 0, "the paint of all runs", 60_000);
}

async function benchRunweave(browser, url) {
  const page = await openPage(browser, { width: 1280, height: 900 });
  const firsts = [];
  let load;
  await page.goto(url);
  await (await byRole(page, "button", "Connect")).click();
  for (let n = 0; n < N_FIRST_PAINTS; n += 1) {
    if (n > 0) await page.reload();
    const paints = await allRunsPainted(page);
    // From the last page of runs, or the change of axes, to the picture of all of them.
    firsts.push(paints.at(-1).duration);
    load = (await measures(page, "runweave:runs-all"))[0];
  }

  const upper = await byRole(page, "slider", "Upper bound of rmse");
  await upper.scrollIntoView();
  const top = await upper.boundingBox();
  const bottom = await (await byRole(page, "slider", "Lower bound of rmse")).boundingBox();
  const x = bottom.x + bottom.width / 2;
  const [y0, y1] = [bottom.y + bottom.height / 2, top.y + top.height / 2];
  await page.evaluate(() => performance.clearMeasures("runweave:brush-paint"));
  const tasks = await tasksDuring(page, async () => {
    await page.mouse.move(x, y0 - 2);
    await page.mouse.down();
    for (let n = 1; n <= N_BRUSHES; n += 1) {
      const before = (await measures(page, "runweave:brush-paint")).length;
      await page.mouse.move(x, y0 + (y1 - y0) * (0.05 + (0.9 * n) / N_BRUSHES));
      await until(() => measures(page, "runweave:brush-paint"), (found) => found.length > before, "a brush", 10_000);
    }
    await page.mouse.up();
  });
  const brushes = await measures(page, "runweave:brush-paint");
  assert.ok(brushes.some(({ detail }) => detail.n_brushed > 0 && detail.n_brushed < N_RUNS), "the brush brushes");
  assertQuiet(page);
  await page.close();
  return { first: median(firsts), brush: median(brushes.map(({ duration }) => duration)), longest: Math.max(...tasks), load };
}

/** The values on the axes, one array a run; what is missing or not finite is ECharts' "-". */
function table(runs) {
  return runs.map((run) => {
    const params = new Map((run.data.params ?? []).map(({ key, value }) => [key, value]));
    const metrics = new Map((run.data.metrics ?? []).map(({ key, value }) => [key, value]));
    return AXES.map((axis) => {
      const [kind, key] = axis.split(/\.(.*)/s);
      const value = (kind === "params" ? params : metrics).get(key);
      if (value === undefined) return "-";
      const number = Number(value);
      if (Number.isFinite(number)) return number;
      return kind === "params" ? value : "-";
    });
  });
}

async function benchECharts(browser, runs) {
  const page = await openPage(browser, { width: 1280, height: 900 });
  await page.goto("about:blank");
  await page.addScriptTag({ path: path.join(root, "node_modules/echarts/dist/echarts.min.js") });
  const data = table(runs);
  const measure = (progressive) => page.evaluate(async (data, axes, progressive, nFirst, nBrushes) => {
    const isText = axes.map((_, i) => data.some((row) => row[i] !== "-" && typeof row[i] === "string"));
    const categories = axes.map((_, i) => [...new Set(data.map((row) => row[i]))].filter((value) => value !== "-").map(String));
    const rmse = data.map((row) => row.at(-1)).filter(Number.isFinite);
    const [low, high] = [Math.min(...rmse), Math.max(...rmse)];
    const option = {
      animation: false,
      parallel: { left: 56, right: 56, top: 40, bottom: 20, axisExpandable: false },
      parallelAxis: axes.map((name, dim) => ({ dim, name, realtime: true,
        ...(isText[dim] ? { type: "category", data: categories[dim] } : { type: "value", scale: true }) })),
      series: [{ type: "parallel", silent: true, smooth: false, progressive, progressiveThreshold: progressive ? 1000 : 1e9,
        lineStyle: { width: 1, opacity: 0.1 }, inactiveOpacity: 0.01, activeOpacity: 0.3,
        data: data.map((row) => row.map((value, i) => (isText[i] && value !== "-" ? String(value) : value))) }],
    };
    const box = document.createElement("div");
    box.style.cssText = "width:1264px;height:400px";
    document.body.replaceChildren(box);
    const finished = (chart) => new Promise((resolve) => {
      const done = () => { chart.off("finished", done); resolve(performance.now()); };
      chart.on("finished", done);
    });
    const first = [];
    let chart;
    for (let n = 0; n < nFirst; n += 1) {
      chart?.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const begin = performance.now();
      chart = echarts.init(box, null, { renderer: "canvas" });
      const end = finished(chart);
      chart.setOption(option);
      first.push((await end) - begin);
    }
    const brush = [];
    for (let n = 1; n <= nBrushes; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const begin = performance.now();
      const end = finished(chart);
      chart.dispatchAction({ type: "axisAreaSelect", parallelAxisId: chart.getModel().getComponent("parallelAxis", axes.length - 1).id,
        intervals: [[low, low + ((high - low) * (0.05 + 0.9 * n)) / nBrushes]] });
      brush.push((await end) - begin);
    }
    return { first, brush };
  }, data, AXES, progressive, 3, 12);
  const results = [];
  for (const progressive of [0, 2000]) {
    const { first, brush } = await measure(progressive);
    results.push({ first: median(first), brush: median(brush) });
  }
  await page.close();
  return { first: Math.min(...results.map(({ first }) => first)), brush: Math.min(...results.map(({ brush }) => brush)) };
}

async function main() {
  stopOnSignals();
  const server = await serverWith(N_RUNS);
  const site = await serve({ config: {} });
  const { experimentId, runs } = await runsOf(server.url, EXPERIMENT);
  const url = `${site.url}#/compare?server=${encodeURIComponent(server.url)}&experiments=${experimentId}&axes=${AXES.join("~")}`;
  const browser = await launch("chrome");
  try {
    const ours = await benchRunweave(browser, url);
    const theirs = await benchECharts(browser, runs);
    const { n_runs: nRuns, bytes } = ours.load.detail;
    console.log(`
${N_RUNS} runs × ${AXES.length} axes, medians      Runweave   ECharts   times faster
first paint                     ${ms(ours.first).padStart(12)}${ms(theirs.first).padStart(10)}${(theirs.first / ours.first).toFixed(1).padStart(15)}
brush change                    ${ms(ours.brush).padStart(12)}${ms(theirs.brush).padStart(10)}${(theirs.brush / ours.brush).toFixed(1).padStart(15)}
longest task of the page        ${ms(ours.longest).padStart(12)}
${(await nativeMedians()).map(([title, millis]) => `${`native, ${title}`.padEnd(56)}${ms(millis).padStart(8)}\n`).join("")}all ${nRuns} runs loaded in ${(ours.load.duration / 1000).toFixed(1)} s, ${(bytes / 1e6).toFixed(1)} MB`);
    assert.equal(nRuns, N_RUNS);
    assert.ok(theirs.brush / ours.brush >= 10, "a brush change is not ten times faster than ECharts'");
    assert.ok(ours.longest < MAX_TASK_MS, `a task of the page took ${ms(ours.longest)}`);
  } finally {
    await browser.close();
    await site.close();
    await stopAll();
  }
}

try {
  await main();
} catch (error) {
  console.error(error);
  await stopAll();
  process.exit(1);
}
