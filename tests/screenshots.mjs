// Takes the pictures in docs/ from the built site with the sample experiment of a real MLflow, in both themes:
//
//   node tests/screenshots.mjs [NAME…]

import path from "node:path";
import { mkdir, rm } from "node:fs/promises";
import { byRole, launch, openPage } from "./e2e/browser.mjs";
import { metricOf, runsOf } from "./e2e/mlflow.mjs";
import { serve } from "./serve.mjs";
import { filled, home, root, start } from "./servers/server.mjs";

const VERSION = "3.17.2";
const wanted = process.argv.slice(2);

const dir = path.join(home, "test", `${process.pid}-screenshots`);
await mkdir(dir, { recursive: true });
const server = await start(VERSION, { dir, from: await filled(VERSION, {}) });
const site = await serve({
  base: "/", proxies: { "/mlflow": server.url },
  config: { servers: [{ name: "MLflow", url: "/mlflow", kind: "mlflow", sign_in: "none" }], default_server: "MLflow" },
});
const { experimentId, runs } = await runsOf(server.url, "nyc-taxi-experiment");
const best = metricOf(runs, "rmse").filter(({ name }) => /^xgboost-\d/.test(name)).sort((a, b) => a.value - b.value);
const ids = (n) => best.slice(0, n).map(({ id }) => id).join("~");
const comparison = (query) => `#/compare?server=/mlflow&experiments=${experimentId}&${query}`;
const objectives = "objectives=metrics.rmse~attributes.duration";
const onlyPanels = `${objectives}&plot=folded`;

/** What each shows; without a part, the window. */
const PICTURES = {
  compare: { hash: comparison(`brush=metrics.rmse!i2.43:${best[9].value}`), height: 900 },
  front: { hash: comparison(`${onlyPanels}&panels=pareto`), part: "Pareto front" },
  ranking: { hash: comparison(`${onlyPanels}&panels=ranking`), part: "Ranking" },
  importance: { hash: comparison(`${onlyPanels}&panels=importance`), part: "Importance" },
  history: { hash: comparison(`${onlyPanels}&panels=history`), part: "History" },
  scatter: {
    hash: comparison(`${onlyPanels}&panels=scatter&scatter=xparams.learning_rate~ymetrics.rmse~cparams.max_depth~sattributes.duration`),
    part: "Scatter plot",
  },
  heat: {
    hash: comparison(`${onlyPanels}&panels=scatter&scatter=xparams.learning_rate~yparams.min_child_weight~cmetrics.rmse~hmetrics.rmse`),
    part: "Scatter plot",
  },
  groups: { hash: comparison(`${onlyPanels}&panels=groups&groups=params.max_depth`), part: "Groups" },
  curves: { hash: comparison(`${onlyPanels}&panels=curves&selected=${ids(12)}&curves=step~bmrparams.max_depth~mvalidation-rmse`), part: "Metric curves" },
  differences: { hash: comparison(`${onlyPanels}&panels=differences&selected=${ids(4)}`), part: "Differences" },
  board: { hash: "#/models/nyc-taxi-regressor?server=/mlflow&show=board", height: 480 },
  move: {
    hash: "#/models/nyc-taxi-regressor/5?server=/mlflow", height: 900,
    async before(page) {
      await (await byRole(page, "button", "Move to…")).click();
      await (await byRole(page, "radio", "Production")).click();
    },
  },
};

const browser = await launch("chrome");
try {
  for (const [name, { hash, part, height = 900, before }] of Object.entries(PICTURES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const dark of [false, true]) {
      const page = await openPage(browser, { width: 1280, height, dark });
      await page.goto(`${site.url}${hash}`);
      await page.waitForNetworkIdle({ idleTime: 1500, timeout: 60_000 });
      await before?.(page);
      await page.waitForNetworkIdle({ idleTime: 1500, timeout: 60_000 });
      const file = path.join(root, "docs", `${name}${dark ? "-dark" : ""}.png`);
      const subject = part ? await byRole(page, "group", part) : page;
      await subject.screenshot({ path: file });
      if (page.noise.length > 0) console.error(`${name}: ${page.noise.join("; ")}`);
      console.log(path.relative(root, file));
      await page.browserContext().close();
    }
  }
} finally {
  await browser.close();
  await site.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
}
