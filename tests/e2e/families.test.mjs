// Child runs below the runs that started them, end to end: under a sort, under a filter, and in the address.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, launch, openPage, until } from "./browser.mjs";
import { call } from "./mlflow.mjs";
import { startServers, startSite } from "./world.mjs";

const VERSION = "3.17.2";

let servers;
let site;
let browser;
let experimentId;

const client = (path, body) => call(servers.byVersion[VERSION].url, path, body);

before(async () => {
  servers = await startServers([VERSION]);
  site = await startSite(servers);
  browser = await launch("chrome");
  ({ experiment_id: experimentId } = await client("experiments/create", { name: `families-${Date.now()}` }));
  let start = 1_700_000_000_000;
  const add = async (name, loss, parent) => {
    const tags = parent ? [{ key: "mlflow.parentRunId", value: parent }] : [];
    const { run } = await client("runs/create", { experiment_id: experimentId, run_name: name, start_time: (start += 1000), tags });
    const run_id = run.info.run_id;
    if (loss !== null) await client("runs/log-batch", { run_id, metrics: [{ key: "loss", value: loss, step: 0, timestamp: start }] });
    await client("runs/update", { run_id, status: "FINISHED", end_time: start + 500 });
    return run_id;
  };
  const search = await add("search", null);
  await add("alone", 2);
  await add("trial-a", 3, search);
  const nested = await add("trial-b", 1, search);
  await add("other", 0.5);
  await add("fold", 4, nested);
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await servers?.stop();
});

/** The table's names from top to bottom, with an arrow for each run that is shown as a child, and its indentation. */
const names = (page) => page.$$eval('[role="grid"] .data-grid__body [role="row"]', (rows) => rows
  .map((row) => [Number(row.getAttribute("aria-rowindex")), row])
  .sort((a, b) => a[0] - b[0])
  .map(([, row]) => `${">".repeat(row.querySelector(".data-grid__child") ? 1 + Number.parseInt(row.querySelector(".data-grid__child").style.paddingLeft, 10) / 14 : 0)}${row.querySelector("a").textContent}`));
const become = (page, expected, what) => until(() => names(page), (found) => JSON.stringify(found) === JSON.stringify(expected), what);

describe("families", () => {
  for (const [dark, width] of [[false, 1280], [true, 390]]) {
    test(`child runs stay below their parents, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 120_000 }, async () => {
      const page = await openPage(browser, { dark, width });
      await page.goto(`${site.url}#/compare?server=${encodeURIComponent(site.serverUrl(VERSION))}&experiments=${experimentId}&sort=metrics.loss&plot=folded`);
      await (await byRole(page, "button", "Connect")).click();
      const sorted = ["other", "trial-b", "alone", "trial-a", "fold", "search"];
      await become(page, sorted, "sorted by loss, the run without one last");
      await (await byRole(page, "button", "Nested")).click();
      await become(page, ["other", "search", ">trial-b", ">>fold", ">trial-a", "alone"], "families where their best member stands");
      assert.match(page.url(), /rows=nested/);
      await assertAccessible(page, "a nested table");
      if (process.env.RUNWEAVE_SCREENSHOTS) await page.screenshot({ path: `${process.env.RUNWEAVE_SCREENSHOTS}/families-${dark ? "dark" : "light"}-${width}.png` });
      const filter = await byRole(page, "textbox", "Filter runs");
      await filter.type("loss > 0.7");
      await become(page, ["trial-b", ">fold", "trial-a", "alone"], "a family without its first run stays together");
      await page.reload();
      await become(page, ["trial-b", ">fold", "trial-a", "alone"], "the same after a reload");
      await (await byRole(page, "button", "Nested")).click();
      await become(page, ["trial-b", "alone", "trial-a", "fold"], "each for itself");
      await (await byRole(page, "button", "Undo")).click();
      await become(page, ["trial-b", ">fold", "trial-a", "alone"], "nested again");
      assertQuiet(page);
      await page.close();
    });
  }
});
