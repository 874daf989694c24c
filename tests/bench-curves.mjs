// The browser benchmark of metric curves: 50 runs × 10,000 steps × 3 metrics, drawn by Runweave, uPlot and Plotly in the
// same browser, one after the other. Prints medians and the longest task of Runweave's page, and fails where curves that
// are shown, zoomed or smoothed take a task of 50 ms, or one of the processor's time while histories arrive.
//
//   node tests/bench-curves.mjs [N_RUNS] [N_STEPS]
//
// What is measured is the work of the main thread, as Chromium's trace tells it, from an action until nothing is left to
// do: how long the page cannot answer. Runweave draws at most so many points of each line, the lowest and the highest of
// each stretch among them; the peers draw all points, and once more as many evenly chosen ones as Runweave.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { MAX_TASK_MS, ms, pause, repeated, serverWith, tasksDuring, work } from "./bench/measure.mjs";
import { launch, openPage, byRole, until, assertQuiet } from "./e2e/browser.mjs";
import { runsOf } from "./e2e/mlflow.mjs";
import { serve } from "./serve.mjs";
import { home, stopAll, stopOnSignals } from "./servers/server.mjs";

const N_RUNS = Number(process.argv[2] ?? 50);
const N_STEPS = Number(process.argv[3] ?? 10_000);
const METRICS = ["rmse", "r2", "model-kilobytes"];
const EXPERIMENT = `generated-${N_RUNS}x${N_STEPS}x${METRICS.length}`;
const N_TIMES = 7;
/** So long is looked at the page while histories arrive. */
const ARRIVING_MILLIS = 20_000;
const PEERS = ["uplot@1.6.32", "plotly.js-dist-min@3.1.1"];

/** What the peers are made of, fetched once and kept. */
function peers() {
  const folder = path.join(home, "bench", "peers");
  if (!existsSync(path.join(folder, "node_modules", "plotly.js-dist-min")) || !existsSync(path.join(folder, "node_modules", "uplot"))) {
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, ...PEERS], { stdio: "inherit" });
  }
  return (file) => path.join(folder, "node_modules", file);
}

async function benchRunweave(browser, site, server, experimentId, runIds) {
  const page = await openPage(browser, { width: 1280, height: 900 });
  const query = `panels=curves&curves=step~${METRICS.map((metric) => `m${metric}`).join("~")}&selected=${runIds.join("~")}&plot=folded`;
  // A trace of the minutes that histories take would be too large; the browser counts tasks from 50 ms on by itself.
  await page.evaluateOnNewDocument(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: "longtask", buffered: true });
  });
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(server.url)}&experiments=${experimentId}&${query}`);
  const begin = performance.now();
  await (await byRole(page, "button", "Connect")).click();
  const summary = () => page.$eval('section[aria-label="Metric curves"] .workspace__summary', (it) => it.textContent);
  // What starts the page is not of the curves.
  await until(summary, (text) => text.startsWith(`${N_RUNS} runs`), "the selected runs", 60_000);
  await page.evaluate(() => globalThis.longTasks.splice(0));
  await until(summary, (text) => !text.includes("on their way"), "every curve, perhaps as a selection", 900_000);
  // The measure ends with the last chart that was painted.
  const measured = () => page.evaluate(() => performance.getEntriesByName("runweave:curves-paint")[0]?.toJSON());
  const painted = await until(measured, Boolean, "every curve on the screen", 60_000);
  // Meanwhile server and engine are busy on the same processors: a task's time by the clock is theirs as well.
  const arriving = Math.max(...await tasksDuring(page, () => pause(ARRIVING_MILLIS), 0, "tdur"));
  await until(summary, (text) => text === `${N_RUNS} runs`, "all histories", 900_000);
  const fetched = performance.now() - begin;
  const canvases = () => page.$$eval('section[aria-label="Metric curves"] canvas', (all) => all.length);
  await until(canvases, (n) => n === METRICS.length, "the charts");
  await pause(1500);
  const loading = await page.evaluate(() => globalThis.longTasks);
  const counts = await page.$eval('section[aria-label="Metric curves"]', (it) => [...it.textContent.matchAll(/(\d+) of (\d+) points/g)].map(([, drawn, all]) => [Number(drawn), Number(all)]));
  assert.equal(counts.length, METRICS.length, "each chart says how many points it draws");
  const toggle = () => page.evaluate(() => [...document.querySelectorAll(".compare__panels button")].find((button) => button.textContent === "Metric curves").click());
  const shown = await repeated(N_TIMES, async () => {
    await toggle();
    await until(canvases, (n) => n === 0, "no charts");
    await pause(300);
    return work(page, toggle, 1500);
  });
  await until(canvases, (n) => n === METRICS.length, "the charts");
  const field = await byRole(page, "application", METRICS[0]);
  await field.focus();
  const zoomed = await repeated(N_TIMES, (n) => work(page, () => page.keyboard.press(n % 2 === 0 ? "+" : "-"), 700));
  await page.keyboard.press("Escape");
  const smoothed = await repeated(N_TIMES, (n) => work(page, () => page.evaluate((value) => {
    const slider = document.querySelector('section[aria-label="Metric curves"] input[type=range]');
    slider.value = value;
    slider.dispatchEvent(new Event("change", { bubbles: true }));
  }, String(60 + n)), 2500));
  assertQuiet(page);
  await page.close();
  return { fetched, painted: painted.duration, arriving, loading, counts, shown, zoomed, smoothed };
}

/** The same lines for a peer: x, and for each metric an array of lines. */
function thinned(lines, n) {
  const each = Math.max(1, Math.floor(N_STEPS / n));
  const some = (numbers) => numbers.filter((_, at) => at % each === 0);
  return { x: some(lines.x), metrics: lines.metrics.map((all) => all.map(some)) };
}

async function benchPeer(browser, file, name, lines) {
  const page = await openPage(browser, { width: 1280, height: 900 });
  await page.goto("about:blank");
  for (const script of ["uplot/dist/uPlot.iife.min.js", "plotly.js-dist-min/plotly.min.js"]) {
    if (script.startsWith(name)) await page.addScriptTag({ path: file(script) });
  }
  await page.evaluate((lines, isPlotly) => {
    const box = () => {
      const box = document.createElement("div");
      box.style.cssText = "width:616px;height:280px";
      document.body.append(box);
      return box;
    };
    const colour = (at) => `hsl(${(at * 47) % 360} 70% 45%)`;
    globalThis.draw = () => {
      document.body.replaceChildren();
      globalThis.charts = lines.metrics.map((all) => {
        if (isPlotly) {
          const element = box();
          Plotly.newPlot(element, all.map((y, at) => ({ x: lines.x, y, type: "scatter", mode: "lines", line: { width: 1, color: colour(at) } })),
            { width: 616, height: 280, showlegend: false, margin: { l: 40, r: 10, t: 10, b: 30 } }, { displayModeBar: false });
          return element;
        }
        return new uPlot({ width: 616, height: 280, legend: { show: false }, scales: { x: { time: false } },
          series: [{}, ...all.map((_, at) => ({ stroke: colour(at), width: 1, points: { show: false } }))] }, [lines.x, ...all], box());
      });
    };
    globalThis.zoom = (low, high) => {
      for (const chart of globalThis.charts) {
        if (isPlotly) Plotly.relayout(chart, { "xaxis.range": [low, high] });
        else chart.setScale("x", { min: low, max: high });
      }
    };
  }, lines, name === "plotly");
  const times = name === "plotly" ? 3 : N_TIMES;
  const millis = name === "plotly" ? 4000 : 700;
  const shown = await repeated(times, () => work(page, () => page.evaluate(() => globalThis.draw()), millis));
  const zoomed = await repeated(times, (n) => work(page, () => page.evaluate((n, last) => globalThis.zoom(...(n % 2 === 0 ? [last / 4, (3 * last) / 4] : [0, last])), n, N_STEPS), millis));
  await page.close();
  return { shown, zoomed };
}

async function main() {
  stopOnSignals();
  const file = peers();
  const server = await serverWith(N_RUNS, "--steps", N_STEPS);
  const site = await serve({ config: {} });
  const { experimentId, runs } = await runsOf(server.url, EXPERIMENT);
  const runIds = runs.map(({ info }) => info.run_id);
  const browser = await launch("chrome");
  try {
    const ours = await benchRunweave(browser, site, server, experimentId, runIds);
    // Lines like the server's: what they are called changes nothing of what drawing them costs.
    const x = Array.from({ length: N_STEPS }, (_, at) => at);
    const line = (at) => x.map((step) => (5 + at / 10) * (1 + 3 * Math.exp((-8 * step) / N_STEPS) + 0.02 * Math.sin(step * step * (at + 1))));
    const all = { x, metrics: METRICS.map(() => runIds.map((_, at) => line(at))) };
    const [nDrawn, nAll] = ours.counts.reduce(([drawn, all], [moreDrawn, more]) => [drawn + moreDrawn, all + more]);
    const nEach = Math.round(nDrawn / METRICS.length / N_RUNS);
    const rows = [["Runweave", ours.shown, ours.zoomed, ours.smoothed]];
    for (const name of ["uplot", "plotly"]) {
      const few = await benchPeer(browser, file, name, thinned(all, nEach));
      rows.push([`${name}, ${nEach} points a line`, few.shown, few.zoomed]);
      const whole = await benchPeer(browser, file, name, all);
      rows.push([`${name}, all points`, whole.shown, whole.zoomed]);
    }
    const cell = (found) => (found ? `${ms(found.total)} (${ms(found.longest)})` : "").padStart(22);
    console.log(`
${N_RUNS} runs × ${N_STEPS} steps × ${METRICS.length} metrics: work of the main thread, median (longest task)
${"".padEnd(30)}${["three charts shown", "zoomed", "smoothed"].map((head) => head.padStart(22)).join("")}
${rows.map(([name, ...found]) => name.padEnd(30) + found.map(cell).join("")).join("\n")}
Runweave draws ${nDrawn} of ${nAll} points; every curve was on the screen ${(ours.painted / 1000).toFixed(1)} s after it was asked for, and the histories were here in full after ${(ours.fetched / 1000).toFixed(1)} s.
In ${ARRIVING_MILLIS / 1000} s of that time the longest task took ${ms(ours.arriving)} of the processor; by the clock, with server and engine busy on the same processors, ${ours.loading.length} took 50 ms or more${ours.loading.length > 0 ? `, the longest ${ms(Math.max(...ours.loading))}` : ""}`);
    const longest = Math.max(ours.shown.longest, ours.zoomed.longest, ours.smoothed.longest, ours.arriving);
    assert.ok(longest < MAX_TASK_MS, `a task of the page took ${ms(longest)}`);
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
