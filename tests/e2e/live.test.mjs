// A comparison of runs that are under way, end to end: what they log, that they end, and that new ones begin arrives
// by itself.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { call } from "./mlflow.mjs";
import { startServers, startSite } from "./world.mjs";

const VERSION = "3.17.2";
const PANEL = '[role="group"][aria-label="Metric curves"]';

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

const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);

describe("live", () => {
  test("curves grow, runs end and begin, until somebody switches it off", { timeout: 120_000 }, async () => {
    const { experiment_id: experimentId } = await client("experiments/create", { name: `live-${Date.now()}` });
    const begin = async (name) => (await client("runs/create", { experiment_id: experimentId, start_time: Date.now(), run_name: name })).run.info.run_id;
    const log = (run_id, steps) => client("runs/log-batch", { run_id, metrics: steps.map((step) => ({ key: "loss", step, timestamp: Date.now(), value: 10 - step })) });
    const end = (run_id) => client("runs/update", { run_id, status: "FINISHED", end_time: Date.now() });
    const first = await begin("first");
    await log(first, [0, 1, 2]);

    const page = await openPage(browser);
    await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experimentId}&selected=${first}&panels=curves&curves=step~mloss`);
    await (await byRole(page, "button", "Connect")).click();
    const countsBecome = (text) => until(() => page.$eval('[aria-label="Run counts"]', (it) => it.textContent), (now) => now === text, text);
    await countsBecome("1 of 1 runs · 0 skipped · 1 running");
    const live = await byRole(page, "button", "Live");
    await until(() => live.evaluate((it) => it.getAttribute("aria-pressed")), (is) => is === "true", "live by itself");
    await page.waitForSelector(`${PANEL} .chart canvas`);
    await clickOn(page, `${PANEL} .chart__table summary`);
    const curve = () => page.$$eval(`${PANEL} .chart__table tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent).slice(1).join(" ")));
    const isUpTo = (last) => (rows) => JSON.stringify(rows) === JSON.stringify(Array.from({ length: last + 1 }, (_, step) => `${step} ${10 - step}`));
    await until(curve, isUpTo(2), "what was logged before");
    const lastLoss = () => page.$$eval('[role="grid"] [role="gridcell"]', (cells) => cells.map((cell) => cell.textContent));

    await log(first, [3, 4]);
    await until(curve, isUpTo(4), "what was logged since");
    await until(lastLoss, (texts) => texts.includes("6"), "the last value in the table");

    // A curve that is flat goes on as well.
    await client("runs/log-batch", { run_id: first, metrics: [{ key: "loss", step: 5, timestamp: Date.now(), value: 6 }] });
    await until(curve, (rows) => rows.length === 6 && rows[5] === "5 6", "the same value at another step");

    // A trial that is over before anybody asks, and one that goes on.
    const second = await begin("second");
    await end(second);
    const third = await begin("third");
    await countsBecome("3 of 3 runs · 0 skipped · 2 running");
    await end(first);
    await countsBecome("3 of 3 runs · 0 skipped · 1 running");

    await live.click();
    assert.equal(await live.evaluate((it) => it.getAttribute("aria-pressed")), "false");
    await end(third);
    await begin("fourth");
    // Longer than the pause between two questions.
    await new Promise((resolve) => setTimeout(resolve, 7000));
    await countsBecome("3 of 3 runs · 0 skipped · 1 running");
    await live.click();
    await countsBecome("4 of 4 runs · 0 skipped · 1 running");
    assertQuiet(page);
    await page.close();
  });
});
