// The main job, end to end: a real MLflow, the built site, a real browser. What the page shows is compared with a
// separate calculation from the server's own answers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import http from "node:http";
import { isDeepStrictEqual } from "node:util";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { metricOf, runsOf } from "./mlflow.mjs";
import { serve } from "../serve.mjs";
import { startSite, startServers } from "./world.mjs";

const EXPERIMENT = "nyc-taxi-experiment";
const N_RUNS = 58;

let servers;
let site;

before(async () => {
  servers = await startServers();
  site = await startSite(servers);
}, { timeout: 600_000 });

after(async () => {
  await site?.close();
  await servers?.stop();
});

const counts = async (page) => {
  const status = await byRole(page, "status", "Run counts");
  return (await status.evaluate((element) => element.textContent)).replace(/\s+/g, " ").trim();
};

const countsBecome = (page, pattern) => until(() => counts(page), (text) => pattern.test(text), `counts ${pattern}`);

/** The names of all rows of the table, scrolled through. */
async function tableNames(page) {
  const grid = await byRole(page, "grid", "Runs");
  const names = new Map();
  const nRows = Number(await grid.evaluate((element) => element.getAttribute("aria-rowcount"))) - 1;
  await until(
    async () => {
      const rows = await grid.evaluate((element) => {
        const found = [...element.querySelectorAll('[role="row"][aria-rowindex]')]
          .filter((row) => row.querySelector('[role="gridcell"],[role="rowheader"]'))
          .map((row) => [Number(row.getAttribute("aria-rowindex")), row.querySelector("a")?.textContent ?? ""]);
        const scroller = [element, ...element.querySelectorAll("*"), element.parentElement]
          .find((candidate) => candidate.scrollHeight > candidate.clientHeight + 1
            && ["auto", "scroll"].includes(getComputedStyle(candidate).overflowY));
        if (scroller) {
          const bottom = scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 2;
          scroller.scrollTop = bottom ? 0 : scroller.scrollTop + scroller.clientHeight / 2;
        }
        return found;
      });
      for (const [index, name] of rows) if (name) names.set(index, name.trim());
      return names.size;
    },
    (n) => n >= nRows,
    `${nRows} rows of the table`,
  );
  return [...names.values()].sort();
}

/** From the first page to all runs of the sample experiment. */
async function openComparison(page, siteUrl, serverUrl) {
  await page.goto(`${siteUrl}#/`);
  const box = await byRole(page, "textbox", "Server URL");
  await box.click({ count: 3 });
  await box.type(serverUrl);
  await (await byRole(page, "button", "Connect")).click();
  await byRole(page, "table", "Experiments", 30_000);
  await (await byRole(page, "checkbox", `Select ${EXPERIMENT}`)).click();
  await (await byRole(page, "button", "Compare runs")).click();
  await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));
}

/** The best tenth by rmse, from the REST answer alone. */
async function bestTenth(serverUrl) {
  const { runs } = await runsOf(serverUrl, EXPERIMENT);
  assert.equal(runs.length, N_RUNS);
  const rmse = metricOf(runs, "rmse").sort((a, b) => a.value - b.value);
  const bound = rmse[Math.ceil(rmse.length / 10) - 1].value;
  return { bound, names: rmse.filter((run) => run.value <= bound).map((run) => run.name).sort() };
}

/** Narrows an axis to numbers up to a bound, by the typed way: the axis's menu. */
async function typeUpperBound(page, axis, bound) {
  const group = await byRole(page, "group", `${axis} axis`);
  await group.scrollIntoView();
  await clickOn(page, `::-p-aria([name="${axis} axis"][role="group"]) button`);
  const box = await byRole(page, "textbox", "Highest");
  await box.click({ count: 3 });
  await box.type(String(bound));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
}

/** Opens the menu of that name with its button, and presses one of its entries. */
async function chooseInMenu(page, menu, entry) {
  const group = /^(.*) axis options$/.exec(menu);
  await clickOn(page, group ? `::-p-aria([name="${group[1]} axis"][role="group"]) button` : `::-p-aria([name="${menu}"][role="button"])`);
  await clickOn(page, `::-p-aria([name="${menu}"][role="dialog"]) ::-p-aria([name="${entry}"][role="button"])`);
  await until(() => page.$(`::-p-aria([name="${menu}"][role="dialog"])`), (open) => open === null, `${menu} closed`);
}

async function mainJob(browser, siteUrl, serverUrl, browserServerUrl) {
  const page = await openPage(browser);
  await openComparison(page, siteUrl, browserServerUrl);
  await byRole(page, "group", "Parallel coordinates");
  assert.equal((await tableNames(page)).length, N_RUNS, "the table holds every run");
  const { bound, names } = await bestTenth(serverUrl);
  await typeUpperBound(page, "rmse", bound);
  await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs · ${names.length} brushed`));
  assert.deepEqual(await tableNames(page), names, "the table holds the best tenth");
  const painted = await page.evaluate(() => performance.getEntriesByName("runweave:brush-paint").map(({ detail }) => detail));
  assert.deepEqual([painted.at(-1).n_runs, painted.at(-1).n_brushed], [N_RUNS, names.length], "the plot draws the best tenth");

  await page.reload();
  await countsBecome(page, new RegExp(`· ${names.length} brushed`));
  assert.deepEqual(await tableNames(page), names, "a reload keeps the brush");
  return page;
}

describe("compare", () => {
  for (const [version, kind] of [["3.17.2", "chrome"], ["2.22.5", "chrome"], ["1.30.1", "chrome"], ["3.17.2", "firefox"]]) {
    test(`MLflow ${version} in ${kind}: load, brush, reload`, { timeout: 180_000 }, async () => {
      const browser = await launch(kind);
      try {
        const server = servers.byVersion[version];
        const page = await mainJob(browser, site.url, server.url, site.serverUrl(version));
        assertQuiet(page);
      } finally {
        await browser.close();
      }
    });
  }

  test("a dragged brush leaves exactly the runs between its bounds", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const upper = await byRole(page, "slider", "Upper bound of rmse");
      const lower = await byRole(page, "slider", "Lower bound of rmse");
      await upper.scrollIntoView();
      const top = await upper.boundingBox();
      const bottom = await lower.boundingBox();
      const x = bottom.x + bottom.width / 2;
      const yOf = (box) => box.y + box.height / 2;
      const height = yOf(bottom) - yOf(top);
      await page.mouse.move(x, yOf(bottom) - height * 0.02);
      await page.mouse.down();
      await page.mouse.move(x, yOf(bottom) - height * 0.2, { steps: 5 });
      await page.mouse.move(x, yOf(bottom) - height * 0.4, { steps: 5 });
      await page.mouse.up();
      await countsBecome(page, /· \d+ brushed/);
      const boundOf = async (name) => Number(await (await byRole(page, "slider", name)).evaluate((el) => el.getAttribute("aria-valuenow")));
      const [low, high] = [await boundOf("Lower bound of rmse"), await boundOf("Upper bound of rmse")];
      const { runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
      const expected = metricOf(runs, "rmse").filter(({ value }) => value >= low && value <= high).map(({ name }) => name).sort();
      assert.ok(low < high && expected.length > 0 && expected.length < N_RUNS, `${low} to ${high}: ${expected.length}`);
      await countsBecome(page, new RegExp(`· ${expected.length} brushed`));
      assert.deepEqual(await tableNames(page), expected);
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("a drag over many categories is named by its ends, takes in what lies between, and loses one by Space", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      const server = site.serverUrl("3.17.2");
      const { experimentId, runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
      await page.goto(`${site.url}#/compare?server=${encodeURIComponent(server)}&experiments=${experimentId}&axes=params.learning_rate!categorical~metrics.rmse`);
      await (await byRole(page, "button", "Connect")).click();
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));
      const lower = await byRole(page, "slider", "Lower bound of learning_rate");
      const upper = await byRole(page, "slider", "Upper bound of learning_rate");
      const [bottom, top] = [await lower.boundingBox(), await upper.boundingBox()];
      const x = bottom.x + bottom.width / 2;
      const yOf = (box) => box.y + box.height / 2;
      const height = yOf(bottom) - yOf(top);
      await page.mouse.move(x, yOf(bottom) - height * 0.15);
      await page.mouse.down();
      await page.mouse.move(x, yOf(bottom) - height * 0.9, { steps: 8 });
      await page.mouse.up();
      await countsBecome(page, /· \d+ brushed/);
      const ends = async () => Promise.all(["Lower", "Upper"].map(async (end) =>
        Number(await (await byRole(page, "slider", `${end} bound of learning_rate`)).evaluate((el) => el.getAttribute("aria-valuetext")))));
      const [low, high] = await ends();
      const rates = runs.map((run) => Number(run.data.params.find(({ key }) => key === "learning_rate")?.value));
      const n = rates.filter((rate) => rate >= low && rate <= high).length;
      assert.ok(n > 20 && n < 52, `${low} to ${high}: ${n}`);
      await countsBecome(page, new RegExp(`· ${n} brushed`));
      await until(() => page.evaluate(() => location.hash), (hash) => /brush=params\.learning_rate!b\d+:/.test(hash) && hash.length < 400, "a short address");
      await page.reload();
      await countsBecome(page, new RegExp(`· ${n} brushed`));
      assert.deepEqual(await ends(), [low, high], "the same after a reload");
      const one = await page.$('[role="checkbox"].axis__category[aria-checked="true"][tabindex="0"]');
      const rate = Number(await one.evaluate((category) => category.ariaLabel));
      await one.focus();
      await page.keyboard.press("Space");
      await countsBecome(page, new RegExp(`· ${n - rates.filter((other) => other === rate).length} brushed`));
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("the sklearn runs stand in the missing lanes", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const lane = await byRole(page, "checkbox", "missing on learning_rate");
      await lane.click();
      const { runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
      const expected = runs.filter((run) => !(run.data.params ?? []).some(({ key }) => key === "learning_rate"))
        .map((run) => run.info.run_name).sort();
      assert.ok(expected.length >= 4);
      await countsBecome(page, new RegExp(`· ${expected.length} brushed`));
      assert.deepEqual(await tableNames(page), expected);
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("filter, sort, brush, axes and columns survive reload and a pasted link", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const shapeOf = (page) => page.evaluate(() => ({
        filter: document.querySelector('[aria-label="Filter runs"]').value,
        counts: document.querySelector('[aria-label="Run counts"]').textContent,
        columns: [...document.querySelectorAll('[role="columnheader"]')].map((head) =>
          `${head.querySelector("button").title} ${head.getAttribute("aria-sort")}`),
        axes: [...document.querySelectorAll('[role="group"][aria-label$=" axis"]')]
          .map((group) => [group.getBoundingClientRect().left, group.getAttribute("aria-label")])
          .sort((a, b) => a[0] - b[0]).map(([, name]) => name),
        low: document.querySelector('[aria-label="Lower bound of rmse"]').getAttribute("aria-valuenow"),
        high: document.querySelector('[aria-label="Upper bound of rmse"]').getAttribute("aria-valuenow"),
        firstRow: document.querySelector('[role="grid"] a').textContent,
        colour: [...document.querySelectorAll("button")].find((button) => button.textContent.startsWith("Colour: ")).textContent,
      }));
      const before = await shapeOf(page);

      await (await byRole(page, "textbox", "Filter runs")).type("metrics.rmse < 100 and params.learning_rate is not missing");
      const { runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
      const kept = metricOf(runs, "rmse").filter(({ id, value }) => value < 100
        && runs.find((run) => run.info.run_id === id).data.params?.some(({ key }) => key === "learning_rate"));
      await countsBecome(page, new RegExp(`^${kept.length} of ${N_RUNS} runs`));
      const bound = kept.map(({ value }) => value).sort((a, b) => a - b)[9];
      const brushed = kept.filter(({ value }) => value <= bound);
      await typeUpperBound(page, "rmse", bound);
      await countsBecome(page, new RegExp(`· ${brushed.length} brushed`));
      await chooseInMenu(page, "reg_alpha axis options", "Hide");
      await chooseInMenu(page, "learning_rate axis options", "Move right");
      await chooseInMenu(page, "reg_lambda column options", "Hide");
      await chooseInMenu(page, "rmse column options", "Sort ascending");
      await clickOn(page, "::-p-text(Colour: rmse)");
      await (await byRole(page, "dialog", "Colour by")).waitForSelector('[type="search"]').then((box) => box.type("duration"));
      await clickOn(page, '[aria-label="Colour by"] .column-list__item');
      await page.waitForSelector("::-p-text(Colour: duration)");
      const best = brushed.reduce((a, b) => (b.value < a.value ? b : a));
      const changed = await until(() => shapeOf(page), (shape) => shape.columns.includes("rmse ascending")
        && metricOf(runs, "rmse").some(({ name, value }) => name === shape.firstRow && value === best.value), "the sorted table");
      assert.ok(!changed.axes.includes("reg_alpha axis") && before.axes.includes("reg_alpha axis"));
      assert.ok(changed.axes.indexOf("learning_rate axis") === before.axes.indexOf("learning_rate axis") + 1, changed.axes.join());
      assert.ok(changed.columns.length === before.columns.length - 1);
      assert.equal(Number(changed.high), bound);

      const isAsChanged = (page, how) => until(() => shapeOf(page), (shape) => isDeepStrictEqual(shape, changed), how);
      await page.reload();
      await isAsChanged(page, "the page after a reload");
      const other = await openPage(browser);
      await other.goto(page.url());
      // A link that names a server this browser has not used asks before it connects.
      await (await byRole(other, "button", "Connect")).click();
      await isAsChanged(other, "the pasted link in another profile");

      // Back takes the last change back, in the page and in the address.
      await page.goBack();
      await until(() => shapeOf(page), (shape) => shape.colour.startsWith("Colour: rmse"), "the colour before it was chosen");

      // Also what the address has not caught up with: it lags behind somebody who types.
      const filter = await byRole(page, "textbox", "Filter runs");
      const typed = await filter.evaluate(async (box) => {
        box.value += " and metrics.rmse > 0";
        box.dispatchEvent(new Event("input", { bubbles: true }));
        for (let n = 0; n < 2; n += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
        return box.value;
      });
      await page.reload();
      await until(() => page.$eval('[aria-label="Filter runs"]', (box) => box.value), (text) => text === typed, "all that was typed");

      await clickOn(page, "summary");
      await until(() => page.url(), (url) => url.includes("plot=folded"), "the folded plot in the address");
      await page.reload();
      await countsBecome(page, new RegExp(`· ${brushed.length} brushed`));
      assert.equal(await page.$eval("details", (panel) => panel.open), false);
      await clickOn(page, "summary");
      await byRole(page, "group", "rmse axis");
      assertQuiet(page);
      assertQuiet(other);
    } finally {
      await browser.close();
    }
  });

  test("a filter that is no filter is underlined where it stands, and narrows nothing", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const filter = await byRole(page, "textbox", "Filter runs");
      await filter.type("metrics.rmse < and name ~ /x/");
      await until(() => filter.evaluate((box) => box.getAttribute("aria-invalid")), (text) => text === "true", "the error");
      await until(() => page.$eval(".filter-box__wrong", (mark) => mark.textContent), (text) => text === "and", "the underline");
      assert.match(await page.$eval("#filter-runs-problem", (line) => line.textContent), /number/);
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));
      await assertAccessible(page, "compare with a wrong filter");
      await filter.click({ count: 3 });
      await filter.type("name ~ /^xgboost-0[1-5]$/ or lasso");
      await countsBecome(page, new RegExp(`^7 of ${N_RUNS} runs`));
      assert.equal(await filter.evaluate((box) => box.getAttribute("aria-invalid")), "false");
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("pointer and keys do what README.md says", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const axes = () => page.$$eval('[role="group"][aria-label$=" axis"]', (groups) => groups
        .map((group) => [group.getBoundingClientRect().left, group.getAttribute("aria-label")])
        .sort((a, b) => a[0] - b[0]).map(([, name]) => name.replace(" axis", "")));
      const address = (pattern) => until(() => decodeURIComponent(page.url()), (url) => pattern.test(url), `address ${pattern}`);
      const { runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
      const before = await axes();

      // Two intervals on one axis, the second with Shift.
      const centre = (box) => [box.x + box.width / 2, box.y + box.height / 2];
      const [x, top] = centre(await (await byRole(page, "slider", "Upper bound of rmse")).boundingBox());
      const [, bottom] = centre(await (await byRole(page, "slider", "Lower bound of rmse")).boundingBox());
      const drag = async (from, to) => {
        await page.mouse.move(x, from);
        await page.mouse.down();
        await page.mouse.move(x, (from + to) / 2, { steps: 4 });
        await page.mouse.move(x, to, { steps: 4 });
        await page.mouse.up();
      };
      await drag(bottom - 1, bottom - 30);
      await address(/brush=/);
      await page.keyboard.down("Shift");
      await drag(top + 60, top + 2);
      await page.keyboard.up("Shift");
      await until(() => page.$$eval('[aria-label="rmse axis"] .axis__brush', (rects) => rects.length), (n) => n === 2, "two intervals");
      const nBrushed = Number(/(\d+) brushed/.exec(await counts(page))[1]);
      assert.ok(nBrushed > 0 && nBrushed < N_RUNS);
      await (await byRole(page, "button", "Exclude")).click();
      await countsBecome(page, new RegExp(`^${N_RUNS - nBrushed} of ${N_RUNS} runs`));
      await (await byRole(page, "button", "Undo")).click();
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs · ${nBrushed} brushed`));
      await (await byRole(page, "button", "Clear brushes")).click();
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs · 0 skipped`));

      // Axes: by key, by drag, flip, kind, add.
      const title = async (name) => (await byRole(page, "group", `${name} axis`)).waitForSelector("button");
      await (await title(before[0])).focus();
      await page.keyboard.down("Alt");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.up("Alt");
      await until(axes, (now) => now[1] === before[0], "the axis moved by key");
      const [fromX, y] = centre(await (await title(before[0])).boundingBox());
      const [toX] = centre(await (await title(before[3])).boundingBox());
      await page.mouse.move(fromX, y);
      await page.mouse.down();
      await page.mouse.move(toX, y, { steps: 20 });
      await page.mouse.up();
      await until(axes, (now) => now[3] === before[0], "the axis moved by drag");
      await chooseInMenu(page, "rmse axis options", "Flip");
      await until(() => Promise.all(["Upper", "Lower"].map(async (bound) =>
        (await (await byRole(page, "slider", `${bound} bound of rmse`)).boundingBox()).y)), ([high, low]) => high > low, "the flipped axis");
      await clickOn(page, "::-p-text(+ axis)");
      await page.locator('[aria-label="Add an axis"] [type="search"]').fill("mae");
      await clickOn(page, '[aria-label="Add an axis"] .column-list__item');
      await until(axes, (now) => now.length === before.length + 1, "one more axis");
      await page.keyboard.press("Escape");

      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("categories, hover in plot and table, and the table's columns", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const centre = (box) => [box.x + box.width / 2, box.y + box.height / 2];
      const { runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);

      // A category by Space, after the kind was chosen.
      const axis = await byRole(page, "group", "max_depth axis");
      await clickOn(page, '::-p-aria([name="max_depth axis"][role="group"]) button');
      await (await byRole(page, "dialog", "max_depth axis options")).waitForSelector("select");
      await page.select('[aria-label="max_depth axis options"] select', "categorical");
      await page.keyboard.press("Escape");
      const category = await axis.waitForSelector(".axis__category");
      const depth = await category.evaluate((element) => element.getAttribute("aria-label"));
      await category.focus();
      await page.keyboard.press("Space");
      const hasDepth = (run) => run.data.params.some(({ key, value }) => key === "max_depth" && value === depth);
      const nWithDepth = runs.filter(hasDepth).length;
      assert.ok(nWithDepth > 0 && nWithDepth < N_RUNS);
      await countsBecome(page, new RegExp(`· ${nWithDepth} brushed`));
      await page.keyboard.press("Space");
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs · 0 skipped`));

      // A row under the pointer is a line in the plot, and that line under the pointer is the row. Lines cross and
      // share points, so some place along it must do, not each.
      const searched = new Set(runs.filter((run) => run.data.params.some(({ key }) => key === "reg_alpha")).map((run) => run.info.run_name));
      const names = await page.$$eval(".data-grid__body a", (links) => links.map((link) => link.textContent));
      const name = names.find((name) => searched.has(name));
      await page.locator(`.data-grid__body ::-p-aria([name="${name}"][role="link"])`).hover();
      const line = await page.waitForSelector(".parallel-plot__hover-line");
      const places = await line.evaluate((path) => Array.from({ length: 40 }, (_, step) => {
        const point = path.getPointAtLength(path.getTotalLength() * (step + 0.5) / 40).matrixTransform(path.getScreenCTM());
        return [point.x, point.y];
      }));
      await until(
        async () => {
          if (places.length > 0) await page.mouse.move(...places.pop());
          await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 50); }));
          return page.$$eval('[role="row"].data-grid__row--hovered a', (links) => links.map((link) => link.textContent));
        },
        (hovered) => hovered.length === 1 && hovered[0] === name,
        `the row of ${name} while its line is under the pointer`,
      );

      // The line says whose it is; a click selects the run, and a second one lets it go.
      assert.equal(await page.$eval(".parallel-plot__hover-name", (label) => label.textContent), name);
      const selected = () => page.$$eval('[role="row"][aria-selected="true"] a', (links) => links.map((link) => link.textContent));
      await page.mouse.down();
      await page.mouse.up();
      await until(selected, (found) => isDeepStrictEqual(found, [name]), "the run selected by a click on its line");
      await page.mouse.down();
      await page.mouse.up();
      await until(selected, (found) => found.length === 0, "the run let go");

      // A column by key: wider, sorted; by drag: wider, elsewhere; by menu: pinned.
      const heads = () => page.$$eval('[role="columnheader"]', (all) => all.map((head) => head.textContent.replace(/[⋮↑↓]/g, "").trim()));
      const head = (place) => page.waitForSelector(`#runs-head-${place}`);
      const width = async (place) => (await (await head(place)).boundingBox()).width;
      const grid = await byRole(page, "grid", "Runs");
      await grid.focus();
      await page.keyboard.press("ArrowRight");
      const before = await width(1);
      await page.keyboard.down("Alt");
      await page.keyboard.down("Shift");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.up("Shift");
      await page.keyboard.up("Alt");
      await until(() => width(1), (now) => now === before + 16, "a wider column by key");
      await page.keyboard.press("Enter");
      await until(async () => (await head(1)).evaluate((it) => it.getAttribute("aria-sort")), (sort) => sort !== "none", "the sorted column");

      const edge = centre(await (await (await head(2)).waitForSelector(".data-grid__edge")).boundingBox());
      const beforeDrag = await width(2);
      await page.mouse.move(...edge);
      await page.mouse.down();
      await page.mouse.move(edge[0] + 40, edge[1], { steps: 5 });
      await page.mouse.up();
      await until(() => width(2), (now) => Math.abs(now - beforeDrag - 40) <= 2, "a wider column by drag");

      const order = await heads();
      await page.mouse.move(...centre(await (await (await head(3)).waitForSelector(".data-grid__sort")).boundingBox()));
      await page.mouse.down();
      await page.mouse.move(...centre(await (await (await head(1)).waitForSelector(".data-grid__sort")).boundingBox()), { steps: 10 });
      await page.mouse.up();
      await until(heads, (now) => now[1] === order[3] && now[2] === order[1], "a header moved by drag");

      await chooseInMenu(page, `${order[2]} column options`, "Pin or unpin");
      await until(heads, (now) => now[1] === order[2], "the pinned column beside the first");
      const left = async () => (await (await head(1)).boundingBox()).x;
      const pinnedLeft = await left();
      await grid.evaluate((element) => { element.scrollLeft = 300; });
      assert.equal(await left(), pinnedLeft, "the pinned column stays when the others scroll");
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("decisions are told beside the counts and taken back there, also after a reload", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const { bound, names } = await bestTenth(servers.byVersion["3.17.2"].url);
      await typeUpperBound(page, "rmse", bound);
      await countsBecome(page, new RegExp(`· ${names.length} brushed`));
      await (await byRole(page, "button", "Keep")).click();
      await countsBecome(page, new RegExp(`^${names.length} of ${N_RUNS} runs`));
      await page.reload();
      await countsBecome(page, new RegExp(`^${names.length} of ${N_RUNS} runs`));
      const told = () => page.$$eval('[aria-label="Kept and excluded"] li', (items) => items.map((item) => item.textContent));
      const [words] = await until(told, (items) => items.length === 1, "the decision");
      assert.match(words, /^Kept: rmse \d+\.\d+ to \d+\.\d+×$/);
      await assertAccessible(page, "compare with a decision");
      await (await byRole(page, "button", `Take back: ${words.slice(0, -1)}`)).focus();
      await page.keyboard.press("Enter");
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));
      assert.deepEqual(await told(), []);
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("without runs or axes nothing of the picture before is left, and one axis shows its runs", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const axes = () => page.$$eval('[role="group"][aria-label$=" axis"]', (groups) => groups.length);
      const nInked = () => page.$eval(".parallel-plot__canvas", (canvas) => {
        const copy = document.createElement("canvas");
        [copy.width, copy.height] = [canvas.width, canvas.height];
        const context = copy.getContext("2d");
        context.drawImage(canvas, 0, 0);
        return context.getImageData(0, 0, copy.width, copy.height).data.filter((value, at) => at % 4 === 3 && value > 0).length;
      });
      await until(nInked, (n) => n > 0, "the lines");
      await page.select('[aria-label="Runs shown"]', "deleted");
      await countsBecome(page, /^0 of 0 runs/);
      await until(nInked, (n) => n === 0, "an empty picture");
      await until(axes, (n) => n === 0, "no axes");
      await page.select('[aria-label="Runs shown"]', "active");
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));
      await page.goto(page.url().replace(/(&|$)/, "&axes=metrics.rmse$1"));
      await until(axes, (n) => n === 1, "one axis");
      await until(nInked, (n) => n > 0, "its runs");
      await chooseInMenu(page, "rmse axis options", "Hide");
      await until(nInked, (n) => n === 0, "an empty picture without axes");
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("bounds are typed and told in the unit of the title, and a wrong one says what is wrong", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const { runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
      const millis = runs.map(({ info }) => info.end_time - info.start_time).sort((a, b) => a - b);
      const title = await page.$eval('[role="group"][aria-label="duration axis"] button', (button) => button.textContent);
      const perUnit = { ms: 1, s: 1e3, min: 60e3 }[/^duration, (\w+)$/.exec(title)[1]];
      const bound = millis[20] / perUnit;
      await typeUpperBound(page, "duration", bound);
      await countsBecome(page, new RegExp(`· ${millis.filter((it) => it <= bound * perUnit).length} brushed`));
      const upper = await byRole(page, "slider", "Upper bound of duration");
      assert.match(await upper.evaluate((slider) => slider.getAttribute("aria-valuetext")), new RegExp(`^[0-9.]+ ${title.slice(10)}$`));
      const before = await counts(page);
      await clickOn(page, '::-p-aria([name="duration axis"][role="group"]) button');
      const box = await byRole(page, "textbox", "Highest");
      await box.click({ count: 3 });
      await box.type("soon");
      await page.keyboard.press("Enter");
      const said = await page.waitForSelector('.axis-menu [role="alert"]');
      assert.match(await said.evaluate((line) => line.textContent), /no number/);
      assert.equal(await counts(page), before);
      await assertAccessible(page, "a wrong bound");

      // A second interval without a pointer.
      await (await byRole(page, "button", "Add interval")).click();
      const second = await byRole(page, "textbox", "Lowest of interval 2");
      await byRole(page, "textbox", "Highest of interval 2");
      await second.click({ count: 3 });
      await second.type(String(millis.at(-3) / perUnit));
      await page.keyboard.press("Enter");
      await until(() => page.$$eval('[aria-label="duration axis"] .axis__brush', (rects) => rects.length), (n) => n === 2, "two intervals");
      await (await byRole(page, "button", "Remove interval 2")).click();
      await until(() => counts(page), (text) => text === before, "the first interval alone");
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("a run without a name is opened and selected like any other", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      // Every server gives a name to a run that comes without one, but not to those that an older one had stored.
      const { url } = servers.byVersion["3.17.2"];
      const nameless = http.createServer(async (request, response) => {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
        const answer = await fetch(url + request.url, { method: request.method, body, headers: { "content-type": "application/json" } });
        const text = await answer.text();
        response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
        response.end(text.replace(/"run_name":\s*"[^"]*"/g, '"run_name": ""').replaceAll('"mlflow.runName"', '"was.runName"'));
      });
      await new Promise((resolve) => { nameless.listen(0, "127.0.0.1", resolve); });
      const own = await serve({ config: {}, proxies: { "/nameless": `http://127.0.0.1:${nameless.address().port}` } });
      const { runs, experimentId } = await runsOf(url, EXPERIMENT);
      const ids = new Set(runs.map(({ info }) => info.run_id));
      const page = await openPage(browser);
      await page.goto(`${own.url}#/compare?server=/nameless&experiments=${experimentId}`);
      await (await byRole(page, "button", "Connect")).click();
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));
      const names = await until(() => page.$$eval(".data-grid__body a", (links) => links.map((link) => link.textContent)), (found) => found.length > 0, "the links");
      assert.ok(names.every((name) => ids.has(name)), names.join());
      await clickOn(page, ".data-grid__select");
      await page.waitForSelector('[role="row"][aria-selected="true"]');
      // Model sizes that arrive build the row anew.
      const open = async () => {
        await page.$(".data-grid__body a").then((link) => link?.click()).catch(() => {});
        return page.url();
      };
      await until(open, (at) => at.includes(`#/run/${names[0]}`), "the run's page");
      nameless.close();
      await own.close();
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("what takes time is measured, from the input to the picture", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      const details = (name) => page.evaluate((name) => performance.getEntriesByName(`runweave:${name}`).map(({ detail, duration }) => ({ ...detail, duration })), name);
      const next = async (name, isIt, act) => {
        const before = (await details(name)).length;
        await act();
        const found = await until(() => details(name), (all) => all.slice(before).some(isIt), `a new ${name}`);
        assert.ok(found.every(({ duration }) => duration > 0 && duration < 60_000), JSON.stringify(found));
      };
      assert.equal((await details("boot")).length, 1);
      await until(() => details("runs-first"), ([first]) => first?.n_runs === N_RUNS, "runs-first");
      const [all] = await until(() => details("runs-all"), (found) => found.length === 1, "runs-all");
      assert.ok(all.n_runs === N_RUNS && all.n_skipped === 0 && all.from_cache === 0 && all.bytes > 10_000, JSON.stringify(all));
      await until(() => details("parallel-paint"), (found) => found.some(({ n_runs, n_axes }) => n_runs === N_RUNS && n_axes > 5), "parallel-paint");

      const { bound, names } = await bestTenth(servers.byVersion["3.17.2"].url);
      await next("brush-paint", ({ n_runs, n_brushed }) => n_runs === N_RUNS && n_brushed === names.length, () => typeUpperBound(page, "rmse", bound));
      const nTables = (await details("table-paint")).length;
      await next("brush-paint", ({ n_brushed }) => n_brushed === N_RUNS, async () => (await byRole(page, "button", "Clear brushes")).click());
      assert.equal((await details("table-paint")).length, nTables, "a brush is measured as one");
      await next("table-paint", ({ n_rows }) => n_rows > 0, () => chooseInMenu(page, "rmse column options", "Sort ascending"));
      const filter = await byRole(page, "textbox", "Filter runs");
      await next("table-paint", ({ n_rows }) => n_rows === 2, () => filter.type("lasso"));
      await filter.click({ count: 3 });
      await next("parallel-paint", ({ n_runs }) => n_runs === N_RUNS, () => page.keyboard.press("Backspace"));
      await page.setViewport({ width: 1280, height: 420 });
      const grid = await byRole(page, "grid", "Runs");
      await next("table-paint", ({ n_rows }) => n_rows > 0, () => grid.evaluate((it) => { it.scrollTop = it.scrollHeight; }));
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("the digits of a column are somebody's choice, in the table and in the address", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      await chooseInMenu(page, "rmse column options", "Sort ascending");
      const best = metricOf((await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT)).runs, "rmse").map(({ value }) => value).sort((a, b) => a - b)[0];
      const first = async () => {
        const place = await page.$$eval('[role="columnheader"]', (heads) => heads.find((head) => head.querySelector("button").title === "rmse").getAttribute("aria-colindex"));
        return page.$eval(`#runs-cell-0-${place - 1}`, (cell) => [cell.textContent, cell.querySelector("[title]")?.title]);
      };
      const [automatic] = await until(first, ([text]) => Math.abs(Number(text) - best) < 1e-3, "the best run first");
      const choose = async (text) => {
        await (await byRole(page, "button", "rmse column options")).click();
        const digits = await page.waitForSelector('[role="dialog"][aria-label="rmse column options"] select');
        await digits.select(await digits.evaluate((select, text) => [...select.options].find((option) => option.textContent === text).value, text));
        await assertAccessible(page, "the menu of a column");
        await page.keyboard.press("Escape");
      };
      await choose("2 decimals");
      await until(first, ([text, logged]) => text === best.toFixed(2) && Number(logged) === best, "two decimals, and the whole number to who asks");
      assert.match(decodeURIComponent(page.url()), /metrics\.rmse!d2/);
      await page.reload();
      await until(first, ([text]) => text === best.toFixed(2), "the same after a reload");
      await choose("1.235e3");
      await until(first, ([text]) => text === best.toExponential(3).replace("e+", "e"), "with an exponent");
      await choose("as many as tell them apart");
      await until(first, ([text]) => text === automatic, "as before");
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("of many columns those near what is in view are in the document, and keys go to each", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await openComparison(page, site.url, site.serverUrl("3.17.2"));
      await (await byRole(page, "button", "Columns…")).click();
      const all = await until(() => page.$$eval(".column-list .button", (found) => found.map((one) => one.textContent).find((text) => text.startsWith("Show all"))), (text) => text !== undefined, "the button");
      await (await byRole(page, "button", all)).click();
      await page.keyboard.press("Escape");
      const grid = await byRole(page, "grid", "Runs");
      const nColumns = Number(all.replace(/\D/g, ""));
      await until(() => grid.evaluate((it) => Number(it.getAttribute("aria-colcount"))), (n) => n === nColumns, "all columns");
      const places = () => page.$$eval("#runs-cell-0-0, [id^='runs-cell-0-']", (cells) => cells.map((cell) => Number(cell.getAttribute("aria-colindex"))));
      const isWhole = (place) => page.$eval(`#runs-head-${place}`, (head) => {
        const [own, room] = [head, head.closest('[role="grid"]')].map((it) => it.getBoundingClientRect());
        return own.left >= room.left - 1 && own.right <= room.right + 1;
      });
      assert.ok(nColumns > 20 && (await places()).length < nColumns, "some are not in the document");
      await grid.focus();
      await page.keyboard.press("End");
      await until(() => isWhole(nColumns - 1), (is) => is, "the last column in view");
      const shown = await until(places, (found) => found.includes(nColumns), "its cells");
      assert.ok(shown.includes(1) && !shown.includes(6), `the run's name stays, the columns after it go: ${shown}`);
      const named = () => grid.evaluate((it) => document.getElementById(it.getAttribute("aria-activedescendant"))?.getAttribute("aria-colindex"));
      assert.equal(await named(), String(nColumns));
      await page.keyboard.press("ArrowDown");
      // Each cell stands under its header.
      for (let n = 0; n < nColumns - 1; n += 1) await page.keyboard.press("ArrowLeft");
      await until(named, (column) => column === "1", "back at the first column");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await until(() => isWhole(2), (is) => is, "the third column in view");
      await until(places, (found) => found.includes(3), "its cells");
      const lefts = (room) => page.$$eval(`[id^='runs-${room}-']`, (all) => all.map((one) => [one.getAttribute("aria-colindex"), one.getBoundingClientRect().left, one.getBoundingClientRect().width]));
      assert.deepEqual(await lefts("cell-0"), await lefts("head"));
      await assertAccessible(page, "a wide table");
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  test("keyboard only: connect, compare, brush, keep, undo, open a run", { timeout: 120_000 }, async () => {
    const browser = await launch("chrome");
    try {
      const page = await openPage(browser);
      await page.goto(`${site.url}#/`);
      await byRole(page, "textbox", "Server URL");
      const focused = () => page.evaluate(() => {
        const element = document.activeElement;
        return `${element.getAttribute("role") ?? element.tagName} ${element.getAttribute("aria-label") ?? element.textContent.trim()}`;
      });
      /** Tabs until the element in focus is described so. */
      const tabTo = async (wanted) => {
        for (let n = 0; n < 120; n += 1) {
          if (wanted.test(await focused())) return;
          await page.keyboard.press("Tab");
        }
        assert.fail(`${wanted} is not reached; at ${await focused()}`);
      };
      await page.keyboard.press("Tab");
      await page.evaluate(() => document.querySelector("h1").focus());
      await page.keyboard.press("Tab");
      await page.keyboard.type(site.serverUrl("3.17.2"));
      await page.keyboard.press("Enter");
      await byRole(page, "table", "Experiments");
      await tabTo(/Select nyc-taxi-experiment/);
      await page.keyboard.press("Space");
      await tabTo(/^BUTTON Compare runs/);
      await page.keyboard.press("Enter");
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));

      await tabTo(/slider Upper bound of rmse/);
      for (let n = 0; n < 20; n += 1) await page.keyboard.press("ArrowDown");
      const text = await countsBecome(page, /· \d+ brushed/);
      await until(async () => Number(/(\d+) brushed/.exec(await counts(page))?.[1]), (n) => n > 0 && n < N_RUNS, "a narrower brush");
      const high = await page.$eval('[aria-label="Upper bound of rmse"]', (slider) => Number(slider.getAttribute("aria-valuenow")));
      const { runs } = await runsOf(servers.byVersion["3.17.2"].url, EXPERIMENT);
      const nBrushed = metricOf(runs, "rmse").filter(({ value }) => value <= high).length;
      await countsBecome(page, new RegExp(`· ${nBrushed} brushed`));
      assert.ok(text);

      await page.evaluate(() => document.querySelector("h1").focus());
      await tabTo(/^BUTTON Keep/);
      await page.keyboard.press("Enter");
      await countsBecome(page, new RegExp(`^${nBrushed} of ${N_RUNS} runs`));
      await page.keyboard.down("Control");
      await page.keyboard.press("z");
      await page.keyboard.up("Control");
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));

      await tabTo(/^grid Runs/);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await until(() => page.url(), (url) => url.includes("#/run/"), "the run's page");
      await byRole(page, "table", "Params");
      await page.goBack();
      await countsBecome(page, new RegExp(`^${N_RUNS} of ${N_RUNS} runs`));
      const loads = await until(() => page.evaluate(() => performance.getEntriesByName("runweave:runs-all").map(({ detail }) => detail)),
        (found) => found.length === 2, "the second load");
      assert.deepEqual(loads.map(({ n_runs, from_cache }) => [n_runs, from_cache]), [[N_RUNS, 0], [N_RUNS, N_RUNS]],
        "coming back asks the server for nothing");
      assertQuiet(page);
    } finally {
      await browser.close();
    }
  });

  for (const dark of [false, true]) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 180_000 }, async () => {
        const browser = await launch("chrome");
        try {
          const page = await openPage(browser, { dark, width });
          await page.goto(`${site.url}#/`);
          await byRole(page, "textbox", "Server URL");
          await assertAccessible(page, "connect");
          await openComparison(page, site.url, site.serverUrl("3.17.2"));
          await tableNames(page);
          await assertAccessible(page, "compare");
          await page.goBack();
          await byRole(page, "table", "Experiments");
          await assertAccessible(page, "experiments");
          await page.goForward();
          await countsBecome(page, /58 of 58/);
          // A locator finds the link anew where the arrival of a model's size has replaced its row.
          await clickOn(page, '[role="grid"] a');
          await until(() => page.url(), (url) => url.includes("#/run/"), "the run's page");
          await byRole(page, "table", "Params");
          await assertAccessible(page, "run");
          assertQuiet(page);
        } finally {
          await browser.close();
        }
      });
    }
  }
});
