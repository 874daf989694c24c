// How metric curves can be shown, end to end: in groups, smoothed, along another metric, without outliers. What the
// table behind the chart says is compared with a separate calculation from what was logged.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { call } from "./mlflow.mjs";
import { startServers, startSite } from "./world.mjs";

const VERSION = "3.17.2";
const N_STEPS = 24;
const OUTLIER = 1000;
const PANEL = '[role="group"][aria-label="Metric curves"]';

let servers;
let site;
let browser;
let experimentId;
/** The runs with their arm and what they logged, step by step. */
let runs;

before(async () => {
  servers = await startServers([VERSION]);
  site = await startSite(servers);
  browser = await launch("chrome");
  const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);
  ({ experiment_id: experimentId } = await client("experiments/create", { name: `curves-${Date.now()}` }));
  runs = [];
  for (const [place, arm] of ["a", "a", "a", "b", "b"].entries()) {
    const { run } = await client("runs/create", { experiment_id: experimentId, start_time: 1000 + place, run_name: `${arm}-${place}` });
    const loss = Array.from({ length: N_STEPS }, (_, step) => (place === 4 && step === 5 ? OUTLIER : 10 / (1 + step) + place + Math.sin(step * (place + 1))));
    const metrics = loss.flatMap((value, step) => [
      { key: "loss", step, timestamp: 1000 + step, value },
      { key: "epoch", step, timestamp: 1000 + step, value: step / 4 },
    ]);
    await client("runs/log-batch", { run_id: run.info.run_id, metrics, params: [{ key: "arm", value: arm }] });
    runs.push({ id: run.info.run_id, name: `${arm}-${place}`, arm, loss });
  }
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

async function open(curves, options) {
  const page = await openPage(browser, options);
  const selected = runs.map(({ id }) => id).join("~");
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experimentId}&selected=${selected}&panels=curves&curves=${curves}`);
  await (await byRole(page, "button", "Connect")).click();
  await page.waitForSelector(`${PANEL} .chart canvas`, { timeout: 30_000 });
  return page;
}

/** Rows of the table behind the chart: texts of name, x, y and band. */
async function tableOf(page, isGood, what) {
  const read = async () => {
    // A chart whose curves had to be fetched is a new one, with its table closed.
    const isOpen = await page.$eval(`${PANEL} .chart__table`, (details) => details.open);
    if (!isOpen) await clickOn(page, `${PANEL} .chart__table summary`);
    return page.$$eval(`${PANEL} .chart__table tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  };
  return until(read, isGood, what);
}

const isNear = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
const mean = (values) => values.reduce((sum, value) => sum + value) / values.length;
/** numpy.quantile, linear. */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Chooses an option of a select by its text. */
async function choose(page, selector, text) {
  const value = await page.$eval(selector, (select, text) => [...select.options].find((option) => option.textContent === text).value, text);
  await page.select(selector, value);
}

describe("curves", () => {
  test("in groups: mean and median with every band, as calculated", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss");
    await clickOn(page, `${PANEL} ::-p-text(Groups…)`);
    await clickOn(page, '[role="dialog"][aria-label="Groups of the curves"] .column-list__item ::-p-text(arm)');
    const arms = new Map([["a", "a (3 runs)"], ["b", "b (2 runs)"]]);
    const expected = (statistics) => [...arms].flatMap(([arm, name]) => Array.from({ length: N_STEPS }, (_, step) => {
      const values = runs.filter((run) => run.arm === arm).map(({ loss }) => loss[step]);
      return [name, step, ...statistics(values)];
    }));
    const shows = async (statistics, what) => {
      const wanted = expected(statistics);
      await tableOf(page, (rows) => rows.length === wanted.length && rows.every((row, at) => row.length === 3 + wanted[at].length - 3
        && row[0] === wanted[at][0] && row.slice(1).every((text, n) => isNear(Number(text), wanted[at][n + 1]))), what);
    };
    await shows((values) => [mean(values), Math.min(...values), Math.max(...values)], "mean, from the smallest to the largest");
    await choose(page, `${PANEL} select[aria-label="Line of a group"]`, "Median");
    await choose(page, `${PANEL} select[aria-label="Band of a group"]`, "Quartiles");
    await shows((values) => [quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)], "median and quartiles");
    await choose(page, `${PANEL} select[aria-label="Line of a group"]`, "Mean");
    await choose(page, `${PANEL} select[aria-label="Band of a group"]`, "± standard deviation");
    const deviation = (values) => Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));
    await shows((values) => [mean(values), mean(values) - deviation(values), mean(values) + deviation(values)], "a standard deviation");

    // By keyboard a point is told with its band.
    const field = await byRole(page, "application", "loss");
    await field.focus();
    await page.keyboard.press("Home");
    const values = runs.filter((run) => run.arm === "a").map(({ loss }) => loss[0]);
    await until(() => page.$eval(`${PANEL} .chart [aria-live]`, (line) => line.textContent),
      (text) => text.startsWith("a (3 runs), step 0, loss ") && isNear(Number(/band from (\S+) to/.exec(text)?.[1]), mean(values) - deviation(values)), "the announcement");

    // The address says it all.
    const before = await tableOf(page, () => true, "the table");
    await page.reload();
    await page.waitForSelector(`${PANEL} .chart canvas`);
    await tableOf(page, (rows) => JSON.stringify(rows) === JSON.stringify(before), "the same after a reload");
    await choose(page, `${PANEL} select[aria-label="Band of a group"]`, "No band");
    await tableOf(page, (rows) => rows.length === before.length && rows.every((row) => row.length === 3), "no band");
    assertQuiet(page);
    await page.close();
  });

  test("smoothed by a running mean and by a Gaussian, along another metric", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss");
    const smooth = async (kind, amount) => {
      await choose(page, `${PANEL} .check select`, kind);
      await page.$eval('[aria-label="Smoothing amount"]', (slider, amount) => {
        slider.value = amount;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        slider.dispatchEvent(new Event("change", { bubbles: true }));
      }, amount);
    };
    const shows = (weigh, xOf, what) => tableOf(page, (rows) => rows.length === runs.length * N_STEPS && rows.every(([name, x, y]) => {
      const { loss } = runs.find((run) => run.name === name);
      const step = Array.from(loss.keys()).find((step) => isNear(xOf(step), Number(x)));
      const weights = loss.map((_, other) => weigh(other - step));
      const sum = weights.reduce((all, weight) => all + weight);
      return isNear(Number(y), loss.reduce((all, value, other) => all + value * weights[other], 0) / sum);
    }), what);
    const step = (step) => step;
    await shows((distance) => Number(distance === 0), step, "what was logged");
    await smooth("Running mean", 5);
    await shows((distance) => Number(Math.abs(distance) <= 2), step, "a running mean of five points");
    await smooth("Gaussian", 2);
    await shows((distance) => (Math.abs(distance) <= 8 ? Math.exp(-(distance ** 2) / 8) : 0), step, "a Gaussian mean");
    await smooth("Exponential", 0);
    await choose(page, `${PANEL} .toolbar > label > select`, "epoch");
    await shows((distance) => Number(distance === 0), (step) => step / 4, "along the epoch");
    assert.match(await page.$eval(`${PANEL} .chart__table thead`, (head) => head.textContent), /epoch/);
    await page.reload();
    await page.waitForSelector(`${PANEL} .chart canvas`);
    await shows((distance) => Number(distance === 0), (step) => step / 4, "along the epoch after a reload");
    assertQuiet(page);
    await page.close();
  });

  test("without outliers it says how many values lie beyond the axis", { timeout: 120_000 }, async () => {
    const page = await open("step~mloss");
    const label = await page.waitForSelector(`${PANEL} ::-p-text(Without outliers)`);
    await label.click();
    const values = runs.flatMap(({ loss }) => loss);
    const [low, high] = [quantile(values, 0.05), quantile(values, 0.95)];
    const room = (high - low) / 10;
    // The axis ends at two digits of its length.
    const unit = 10 ** (Math.floor(Math.log10(high - low + 2 * room)) - 1);
    const [from, to] = [Math.floor((low - room) / unit) * unit, Math.ceil((high + room) / unit) * unit];
    const nBeyond = values.filter((value) => value < from || value > to).length;
    assert.ok(nBeyond > 0 && nBeyond < values.length / 5);
    await until(() => page.$eval(PANEL, (panel) => panel.textContent), (text) => text.includes(`${nBeyond} of ${values.length} values lie beyond the value axis.`), "how many lie beyond");
    await label.click();
    await until(() => page.$eval(PANEL, (panel) => panel.textContent), (text) => !text.includes("lie beyond"), "all of them");
    assertQuiet(page);
    await page.close();
  });

  for (const dark of [false, true]) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 120_000 }, async () => {
        const page = await open("step~clip~sg3~bmrparams.arm~mloss~mepoch", { dark, width });
        await until(() => page.$$(`${PANEL} .chart canvas`), (all) => all.length === 2, "both charts");
        await assertAccessible(page, "curves in groups");
        const room = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(room <= width, `the page is ${room} wide`);
        if (process.env.RUNWEAVE_SCREENSHOTS) {
          await (await page.$(PANEL)).screenshot({ path: `${process.env.RUNWEAVE_SCREENSHOTS}/curves-${dark ? "dark" : "light"}-${width}.png` });
        }
        assertQuiet(page);
        await page.close();
      });
    }
  }
});
