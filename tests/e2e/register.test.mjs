// From run to version: a run's models, their registration, code to load them, and previews of files, against each kind
// of server; names, descriptions, tags and files meant to break a page.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { runsOf } from "./mlflow.mjs";
import { signIn, startGuard, startSite, startServers, USER } from "./world.mjs";

const HOSTILE = `<img src=x onerror="document.title='owned'">'"\u202e{{7*7}}`;
const SAMPLE = "nyc-taxi-experiment";
const MODEL = "nyc-taxi-regressor";
const VERSIONS = ["3.17.2", "2.22.5", "1.30.1"];

let servers;
let site;
let browser;
let guard;

before(async () => {
  servers = await startServers();
  guard = await startGuard(servers.byVersion["3.17.2"].url);
  site = await startSite(servers, { "/guarded": guard.url });
  browser = await launch("chrome");
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await guard?.close();
  await servers?.stop();
});

const urlOf = (version) => servers.byVersion[version].url;

const call = async (version, path, body) => {
  const response = await fetch(`${urlOf(version)}/api/2.0/mlflow/${path}`, body
    ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
    : {});
  assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
  return response.json();
};

/** The first of the XGBoost runs with the lowest rmse, and its experiment. */
async function bestRun(version) {
  const { runs, experimentId } = await runsOf(urlOf(version), SAMPLE);
  const tag = (run, key) => (run.data.tags ?? []).find((tag) => tag.key === key)?.value;
  const rmse = (run) => Number(run.data.metrics.find((metric) => metric.key === "rmse").value);
  const [best] = runs.filter((run) => tag(run, "model") === "xgboost").sort((a, b) => rmse(a) - rmse(b));
  assert.ok(best.info.run_name.startsWith("xgboost-"));
  return { run: best, experimentId };
}

/** A run with these artifacts, by path. */
async function runWith(version, files) {
  const { experiment_id: experimentId } = await call(version, "experiments/create", { name: `files ${Date.now()} ${Math.random()}` });
  const { run } = await call(version, "runs/create", { experiment_id: experimentId, run_name: "files", start_time: 1_700_000_000_000 });
  for (const [path, content] of Object.entries(files)) {
    const response = await fetch(`${urlOf(version)}/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${run.info.run_id}/artifacts/${path}`, { method: "PUT", body: content });
    assert.ok(response.ok, `${path}: ${response.status}`);
  }
  return { runId: run.info.run_id, experimentId };
}

/** Opens a run's page by its address, as a pasted link. */
async function openRun(version, runId, experimentId, options = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${site.url}#/run/${runId}?server=${encodeURIComponent(site.serverUrl(version))}&experiments=${experimentId}`);
  await (await byRole(page, "button", "Connect")).click();
  await byRole(page, "region", "Models");
  return page;
}

const textOf = (page, selector) => page.$eval(selector, (element) => element.textContent);
const become = (page, selector, pattern, timeout) => until(() => textOf(page, selector), (text) => pattern.test(text), `${selector} ${pattern}`, timeout);

/** Types into a field of the open dialog, as a person does. */
async function fill(page, role, name, text) {
  const field = await byRole(page, role, name);
  await field.click({ count: 3 });
  await field.type(text);
}

const openForm = async (page, name) => {
  await (await byRole(page, "button", `Register ${name}…`)).click();
  await byRole(page, "form", "Register a model");
};

for (const version of VERSIONS) {
  describe(`from run to version, MLflow ${version}`, () => {
    test("the best XGBoost run becomes a new version, with description, tag and record", { timeout: 90_000 }, async () => {
      const { run, experimentId } = await bestRun(version);
      const runId = run.info.run_id;
      const page = await openRun(version, runId, experimentId);
      await become(page, ".run-model__facts", /python_function/);
      const facts = await textOf(page, ".run-model__facts");
      assert.match(facts, /\d(\.\d+)? (kB|MB|B)/);
      if (version === "3.17.2") assert.match(facts, /python_function, xgboost · 9\d(\.\d)? kB · MLflow 3\.17\.2/);

      await openForm(page, "model");
      await fill(page, "combobox", "Registered model", "nyc/taxi");
      await become(page, "#register-hint", /cannot contain \/ or :/);
      await fill(page, "combobox", "Registered model", MODEL);
      await become(page, "#register-hint", /^This will be a new version of nyc-taxi-regressor\.$/);
      await fill(page, "textbox", "Description of the version", `The best one ${HOSTILE}`);
      await fill(page, "textbox", "Tags", "no tag");
      await become(page, "#register-tags", /is no tag/);
      await fill(page, "textbox", "Tags", `team=taxi ${HOSTILE}`);
      await fill(page, "textbox", "Your name, for the record", "ana");
      await assertAccessible(page, `the form on ${version}`);
      await (await byRole(page, "button", "Register")).click();
      const link = await page.waitForSelector("::-p-aria([name='Version 6 of nyc-taxi-regressor'][role='link'])", { timeout: 20_000 });
      assert.equal(await link.evaluate((link) => decodeURIComponent(link.getAttribute("href"))),
        `#/models/nyc-taxi-regressor/6?server=${site.serverUrl(version)}`);

      const { model_version: made } = await call(version, `model-versions/get?name=${MODEL}&version=6`);
      assert.equal(made.run_id, runId);
      assert.equal(made.status, "READY");
      assert.equal(made.description, `The best one ${HOSTILE}`);
      assert.match(made.source, version === "3.17.2" ? /^models:\/m-[0-9a-f]+$/ : new RegExp(`${runId}/artifacts/model$`));
      assert.equal(made.tags.find(({ key }) => key === "team").value, `taxi ${HOSTILE}`);
      const records = made.tags.filter(({ key }) => /^runweave\.record\.\d{8}T\d{9}Z-[a-z]{6}0$/.test(key));
      assert.equal(records.length, 1);
      const entry = JSON.parse(records[0].value);
      assert.deepEqual({ ...entry, at: "" },
        { runweave: 1, at: "", by: "ana", by_source: "typed", what: "registered", to: made.source });
      assert.ok(Math.abs(Date.parse(entry.at) - Date.now()) < 600_000);

      // The same dialog goes on to the code, by version first.
      const code = () => textOf(page, "dialog[open] pre");
      assert.match(await code(), /load_model\("models:\/nyc-taxi-regressor\/6"\)/);
      const address = site.serverUrl(version);
      const expected = address.startsWith("/") ? new URL(site.url).origin + address : address;
      assert.ok((await code()).includes(`mlflow.set_tracking_uri("${expected}")`), await code());
      await page.browserContext().overridePermissions(new URL(site.url).origin, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]);
      const text = await code();
      await (await byRole(page, "button", "Copy")).click();
      await until(() => page.$$eval("dialog[open] [role=status]", (all) => all.map((one) => one.textContent).join()), (said) => said.includes("Copied"), "the word that it is copied");
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
      await assertAccessible(page, `the code on ${version}`);
      await clickOn(page, "dialog[open] header button");
      await become(page, ".run-model", /Registered as Version 6 of nyc-taxi-regressor/);
      assertQuiet(page);
      await page.close();
    });

    test("a hostile name, description and tag make a new model and are text", { timeout: 90_000 }, async () => {
      const name = `${HOSTILE} ${version}`.replaceAll("/", "");
      const { run, experimentId } = await bestRun(version);
      const page = await openRun(version, run.info.run_id, experimentId, { dark: true });
      await become(page, ".run-model__facts", /python_function/);
      await openForm(page, "model");
      await fill(page, "combobox", "Registered model", name);
      await become(page, "#register-hint", /it will be made/);
      await fill(page, "textbox", "Description of the model", HOSTILE);
      await fill(page, "textbox", "Description of the version", HOSTILE);
      await assertAccessible(page, `the dark form on ${version}`);
      await (await byRole(page, "button", "Register")).click();
      await until(() => textOf(page, "dialog[open] .register"), (text) => text.includes(`Version 1 of ${name} is registered.`), "the new version");
      assert.match(await textOf(page, "dialog[open] pre"), /models:\/<img src=x onerror=\\"document\.title='owned'\\">'\\"\\u202e\{\{7\*7\}\} [\d.]+\/1"/);
      const { registered_model: made } = await call(version, `registered-models/get?name=${encodeURIComponent(name)}`);
      assert.equal(made.description, HOSTILE);
      assert.equal((await page.$$("img")).length, 0);
      assert.notEqual(await page.title(), "owned");
      assertQuiet(page);
      await page.close();
    });

    test("files are shown by what they hold, and never as a document", { timeout: 120_000 }, async () => {
      const bomb = `a: &a ["x","x"]\nb: &b [*a,*a,*a]\nc: !!python/object/apply:os.system ['x']\nflavors:\n  xgboost: {}\n  ${HOSTILE.replaceAll(":", "")}: {}\nmodel_size_bytes: 12000\n<<: *b\n${"  ".repeat(400)}deep: 1\n`;
      const { runId, experimentId } = await runWith(version, {
        "notes/readme.txt": `hello ${HOSTILE}`,
        "notes/data.json": '{"b":[1.10,2],"a":"<b>"}',
        "notes/table.csv": ",rmse\n1,\"=cmd|' /C calc'\"\n2,<script>alert(1)</script>\n",
        "notes/plot.png": png(),
        "notes/plot.svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="document.title='owned'"/>`,
        "notes/page.html": `<script>document.title='owned'</script>`,
        "notes/conf.yaml": "a: &a [1]\nb: *a\n",
        "notes/long.log": "one line\n".repeat(50_000),
        "notes/blob.bin": Buffer.from([0, 1, 2, 255]),
        "bomb/MLmodel": bomb,
      });
      const page = await openRun(version, runId, experimentId);
      // No tag names it; the folder with the MLmodel file is found.
      await become(page, ".run-model__facts", /xgboost.*<img.* · 12\.0 kB/);
      await (await byRole(page, "button", "notes/")).click();
      const shown = async (file, pattern) => {
        await (await byRole(page, "button", `Preview ${file}`)).click();
        await until(() => textOf(page, "dialog[open] .preview"), (text) => pattern.test(text), `the preview of ${file}`);
        return textOf(page, "dialog[open] .preview");
      };
      const close = async () => {
        await clickOn(page, "dialog[open] header button");
        await page.waitForFunction(() => !document.querySelector("dialog[open]"));
      };
      assert.ok((await shown("readme.txt", /hello/)).includes(`hello ${HOSTILE}`));
      await close();
      assert.ok((await shown("data.json", /"b"/)).includes('{\n  "b": [\n    1.10,\n    2\n  ],\n  "a": "<b>"\n}'));
      await close();
      await shown("table.csv", /rmse/);
      assert.deepEqual(await page.$$eval("dialog[open] tbody tr", (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))),
        [["1", "=cmd|' /C calc'"], ["2", "<script>alert(1)</script>"]]);
      await assertAccessible(page, "a table");
      await close();
      await shown("plot.png", /All of it/);
      await until(() => page.$eval("dialog[open] img", (image) => image.naturalWidth), (width) => width === 2, "the picture");
      assert.match(await page.$eval("dialog[open] img", (image) => image.src), /^blob:/);
      await assertAccessible(page, "a picture");
      await close();
      await shown("plot.svg", /onload/);
      await close();
      await shown("page.html", /<script>/);
      await close();
      await shown("conf.yaml", /b: \*a/);
      await close();
      await shown("blob.bin", /No preview/);
      await close();
      await shown("long.log", /Only the first 256 kB are shown/);
      // By its place: names and roles of a page with 256 kB of text take a browser many seconds to work out.
      await page.$$eval("dialog[open] button", (all) => all.find((one) => one.textContent === "Show more").click());
      await become(page, "dialog[open] .preview", /All of it, 450 kB/);
      await close();
      await (await byRole(page, "button", "bomb/")).click();
      assert.ok((await shown("MLmodel", /os\.system/)).includes(bomb));
      await assertAccessible(page, "an MLmodel file");
      await close();
      assert.equal((await page.$$("img, svg, dialog script")).length, 0);
      assert.notEqual(await page.title(), "owned");
      assertQuiet(page);
      await page.close();
    });
  });
}

describe("from run to version", () => {
  test("a logged model's files are listed and shown, and its preprocessor is in the code", { timeout: 60_000 }, async () => {
    const version = "3.17.2";
    const { runs, experimentId } = await runsOf(urlOf(version), SAMPLE);
    const run = runs.find(({ info }) => info.run_name === "xgboost-preprocessor");
    const page = await openRun(version, run.info.run_id, experimentId, { width: 390 });
    await become(page, ".run-model__facts", /xgboost/);
    await page.$$eval(".run-model details", (all) => all.forEach((one) => { one.open = true; }));
    await (await byRole(page, "button", "Preview MLmodel")).click();
    await become(page, "dialog[open] .preview", /loader_module: mlflow\.xgboost/);
    await assertAccessible(page, "an MLmodel file on a phone");
    await clickOn(page, "dialog[open] header button");
    await (await byRole(page, "button", "Load in Python…, model")).click();
    await become(page, "dialog[open] pre", /artifact_path="preprocessor\/preprocessor\.b"[\s\S]*pickle\.load[\s\S]*xgboost\.DMatrix\(data\)/);
    await assertAccessible(page, "code on a phone");
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `the page is ${width} wide`);
    assertQuiet(page);
    await page.close();
  });

  test("what a refusal left on the server is said, and nothing is sent again", { timeout: 60_000 }, async () => {
    const version = "3.17.2";
    const { run, experimentId } = await bestRun(version);
    const page = await openRun(version, run.info.run_id, experimentId);
    await become(page, ".run-model__facts", /xgboost/);
    // The browser's worker sends the request: a model that is made meanwhile makes the guard refuse.
    await openForm(page, "model");
    const name = `meanwhile ${Date.now()}`;
    await fill(page, "combobox", "Registered model", name);
    await become(page, "#register-hint", /it will be made/);
    await call(version, "registered-models/create", { name });
    await (await byRole(page, "button", "Register")).click();
    await become(page, "dialog[open] [role=alert]", /has been made meanwhile\. Nothing was written/);
    await assertAccessible(page, "a refused registration");
    const { model_versions: versions = [] } = await call(version, `model-versions/search?filter=${encodeURIComponent(`name='${name}'`)}`);
    assert.deepEqual(versions, []);
    assertQuiet(page);
    await page.close();
  });
});

describe("under HTTP Basic sign-in", () => {
  test("a model is registered, aliased, its files shown and downloaded, all as the user who is signed in", { timeout: 90_000 }, async () => {
    const version = "3.17.2";
    const { run, experimentId } = await bestRun(version);
    const { runId: filesRun, experimentId: filesExperiment } = await runWith(version, { "readme.txt": "signed in", "plot.png": png() });
    const page = await openPage(browser);
    await signIn(page, site.url, "/guarded");
    const go = (hash) => page.evaluate((hash) => { location.hash = hash; }, hash);
    await go(`#/run/${run.info.run_id}?server=%2Fguarded&experiments=${experimentId}`);
    await byRole(page, "region", "Models");
    await become(page, ".run-model__facts", /python_function/);
    await openForm(page, "model");
    const name = `signed-in ${Date.now()}`;
    await fill(page, "combobox", "Registered model", name);
    await become(page, "#register-hint", /it will be made/);
    assert.match(await textOf(page, "dialog[open]"), new RegExp(`Recorded as ${USER}, who is signed in`));
    await (await byRole(page, "button", "Register")).click();
    const link = await page.waitForSelector('dialog[open] a[href*="#/models/"]', { timeout: 20_000 });
    const made = async () => (await call(version, `model-versions/get?name=${encodeURIComponent(name)}&version=1`)).model_version;
    const records = async () => (await made()).tags.filter(({ key }) => key.startsWith("runweave.record."))
      .sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ value }) => JSON.parse(value));
    assert.deepEqual((await records()).map(({ what, by, by_source }) => [what, by, by_source]), [["registered", USER, "sign-in"]]);

    await link.click();
    await fill(page, "textbox", "New alias", "champion");
    await (await byRole(page, "button", "Set alias…")).click();
    await (await byRole(page, "button", "Set alias")).click();
    await page.waitForSelector("dialog[open] ::-p-text(Done, and read back)", { timeout: 20_000 });
    await clickOn(page, "dialog[open] header button");
    const { registered_model: model } = await call(version, `registered-models/get?name=${encodeURIComponent(name)}`);
    assert.deepEqual(model.aliases, [{ alias: "champion", version: "1" }]);
    assert.deepEqual((await records()).map(({ what, by, by_source }) => [what, by, by_source]).at(-1), ["alias", USER, "sign-in"]);

    await go(`#/run/${filesRun}?server=%2Fguarded&experiments=${filesExperiment}`);
    await (await byRole(page, "button", "Preview readme.txt")).click();
    await become(page, "dialog[open] .preview", /signed in/);
    await clickOn(page, "dialog[open] header button");
    await (await byRole(page, "button", "Preview plot.png")).click();
    await until(() => page.$eval("dialog[open] img", (image) => image.naturalWidth), (width) => width === 2, "the picture");
    await clickOn(page, "dialog[open] header button");
    const folder = await mkdtemp(path.join(tmpdir(), "runweave-"));
    const downloads = await page.createCDPSession();
    await downloads.send("Browser.setDownloadBehavior", {
      behavior: "allow", downloadPath: folder, browserContextId: page.browserContext().id,
    });
    await (await byRole(page, "button", "Download readme.txt")).click();
    await until(() => readFile(path.join(folder, "readme.txt"), "utf8"), (text) => text === "signed in", "the saved file");
    await rm(folder, { recursive: true });
    assert.deepEqual(guard.refused, [], "nothing was asked for without the sign-in");
    assertQuiet(page);
    await page.close();
  });
});

/** A picture of 2 × 2 pixels. */
function png() {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes) => (bytes.reduce((c, byte) => table[(c ^ byte) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.from([0, 0, 128, 0, 128, 255]))), chunk("IEND", Buffer.alloc(0)),
  ]);
}
