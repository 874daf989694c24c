// Runs deleted in bulk and restored, renamed, tagged and noted, on real servers; what the page says is compared with
// what the server answers. A proxy of the test's own fails where a server might.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { runsOf } from "./mlflow.mjs";
import { startSite, startServers } from "./world.mjs";

const EXPERIMENT = "nyc-taxi-experiment";
const N_RUNS = 58;
const HOSTILE = `<img src=x onerror="document.title='owned'"> \u202e'"{{7*7}}`;
const NOTE = `# Plan

Use *less* **data**, see [the site](https://example.org/a?b=1) and [this](javascript:document.title='owned').

<script>document.title='owned'</script>
<img src=x onerror="document.title='owned'">

![pixel](https://pixel.example/p.png)

- one
- two with \`rmse\`

\`\`\`
long line of code
\`\`\`
`;

let servers;
let site;
let browser;
let failing;

/** Forwards to a server, except where `fate` says otherwise: a status to answer with, or "cut" for none at all. */
async function startFailing(upstream) {
  const state = { fate: () => null };
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const fate = state.fate(request.url);
    if (fate === "cut") return request.socket.destroy();
    if (fate) {
      response.writeHead(fate, { "content-type": "application/json" });
      return response.end(JSON.stringify({ error_code: "INTERNAL_ERROR", message: "<b>the disk is full</b>" }));
    }
    const { host, connection, "content-length": length, ...headers } = request.headers;
    const answer = await fetch(upstream + request.url, {
      method: request.method, headers, ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    return response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    state,
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

before(async () => {
  servers = await startServers(["3.17.2", "2.22.5", "1.30.1"]);
  failing = await startFailing(servers.byVersion["3.17.2"].url);
  site = await startSite(servers, { "/failing": failing.url });
  browser = await launch("chrome");
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await failing?.close();
  await servers?.stop();
});

const active = async (url) => (await runsOf(url, EXPERIMENT)).runs.map(({ info }) => info.run_id).sort();
// Not by role: behind an open dialog nothing has one.
const counts = (page) => page.$eval('[aria-label="Run counts"]', (element) => element.textContent);
const countsBecome = (page, pattern) => until(() => counts(page), (text) => pattern.test(text), `counts ${pattern}`);
const dialogText = (page) => page.$eval("dialog[open]", (dialog) => dialog.textContent);
const dialogBecomes = (page, pattern) => until(() => dialogText(page), (text) => pattern.test(text), `dialog ${pattern}`, 60_000);

/** The comparison of the sample experiment, as a pasted link. */
async function open(serverUrl, experimentId, query = "", options = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${site.url}#/compare?server=${encodeURIComponent(serverUrl)}&experiments=${experimentId}${query}`);
  await (await byRole(page, "button", "Connect")).click();
  await byRole(page, "grid", "Runs");
  return page;
}

/** The runs with the lowest rmse, and an address in which a filter and a brush leave exactly these. */
async function bestRuns(url, n) {
  const { experimentId, runs } = await runsOf(url, EXPERIMENT);
  const values = runs.flatMap(({ info, data }) => {
    const metric = (data.metrics ?? []).find(({ key }) => key === "rmse");
    return metric ? [{ id: info.run_id, value: Number(metric.value) }] : [];
  }).sort((a, b) => a.value - b.value);
  const bound = (values[n - 1].value + values[n].value) / 2;
  return { experimentId, bound, ids: values.slice(0, n).map(({ id }) => id).sort() };
}

/** Registers one of these runs and brings the version to Production; all that is registered of them, as text by run. */
async function register(url, runIds) {
  const call = async (path, body) => {
    const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: body ? "POST" : "GET", headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
    return response.json();
  };
  const name = `kept ${Date.now()}`;
  const { run } = await call(`runs/get?run_id=${runIds[7]}`);
  await call("registered-models/create", { name });
  await call("model-versions/create", { name, source: `${run.info.artifact_uri}/model`, run_id: runIds[7] });
  await call("model-versions/transition-stage", { name, version: "1", stage: "Production", archive_existing_versions: false });
  const { model_versions: versions } = await call("model-versions/search?max_results=2000");
  const byRun = new Map();
  versions.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version - b.version));
  for (const { name, version, run_id: id, current_stage: stage } of versions) {
    if (!runIds.includes(id)) continue;
    const text = `${name}, version ${version}${stage === "None" ? "" : ` (${stage})`}`;
    byRun.set(id, byRun.has(id) ? `${byRun.get(id)}; ${text}` : text);
  }
  return byRun;
}

/** Narrows an axis to numbers up to a bound, by its menu. */
async function brushBelow(page, axis, bound) {
  const group = await byRole(page, "group", `${axis} axis`);
  await group.scrollIntoView();
  await clickOn(page, `::-p-aria([name="${axis} axis"][role="group"]) button`);
  const box = await byRole(page, "textbox", "Highest");
  await box.click({ count: 3 });
  await box.type(String(bound));
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
}

async function choose(page, entry) {
  const button = await byRole(page, "button", "Manage…");
  await button.scrollIntoView();
  await button.click();
  await (await byRole(page, "button", entry)).click();
}

describe("deleting and restoring runs", () => {
  for (const version of ["3.17.2", "1.30.1"]) {
    test(`MLflow ${version}: all but five, and back`, { timeout: 180_000 }, async () => {
      const { url } = servers.byVersion[version];
      const all = await active(url);
      assert.equal(all.length, N_RUNS);
      const { experimentId, bound, ids } = await bestRuns(url, 5);
      const registered = await register(url, all.filter((id) => !ids.includes(id)));
      const page = await open(site.serverUrl(version), experimentId);
      await countsBecome(page, /^58 of 58 runs/);
      // Without a brush there is nothing to tell apart, and the menu says so.
      await (await byRole(page, "button", "Manage…")).click();
      const disabled = await until(
        () => page.$$eval('[role="dialog"] [aria-disabled="true"]', (all) => all.map((each) => each.textContent)),
        (entries) => entries.length > 0, "the entries that cannot be chosen",
      );
      assert.deepEqual(disabled, [
        "Delete the brushed runs…Draw a brush or filter first: every run is shown",
        "Delete all but the brushed…Draw a brush or filter first: every run is shown",
      ]);
      await assertAccessible(page, "the menu without a brush");
      await page.keyboard.press("Escape");
      await brushBelow(page, "rmse", bound);
      await countsBecome(page, /^58 of 58 runs · 5 brushed/);
      await choose(page, "Delete all but the 5 brushed…");
      await dialogBecomes(page, /Delete 53 runs, all but the 5 brushed, of 58 loaded:/);
      assert.match(await dialogText(page), /registered model version keeps pointing at its run/);
      // What registered versions point at is named first.
      const n = registered.size;
      await dialogBecomes(page, new RegExp(`${n} of 53 ${n === 1 ? "has" : "have"} a registered version; ${n === 1 ? "it is" : "they are"} listed first\\.`));
      const lines = await page.$$eval("dialog[open] li", (all) => all.map((each) => each.textContent));
      assert.equal(lines.length, 53);
      const names = new Map((await runsOf(url, EXPERIMENT)).runs.map(({ info }) => [info.run_id, info.run_name]));
      assert.deepEqual(lines.slice(0, n).sort(), [...registered].map(([id, versions]) => `${names.get(id)}: ${versions}`).sort());
      assert.deepEqual(await active(url), all, "nothing happens before the answer");
      await assertAccessible(page, "the question");
      await (await byRole(page, "button", "Delete 53 runs")).click();
      await dialogBecomes(page, /53 runs deleted, read back from the server\./);
      assert.deepEqual(await active(url), ids, "the five are left");
      await countsBecome(page, /^5 of 5 runs/);
      const focused = await page.evaluate(() => document.activeElement.textContent);
      assert.match(focused, /53 runs deleted/, "the focus is on what came of it");
      await assertAccessible(page, "the end of it");
      await (await byRole(page, "button", "Undo: restore 53 runs")).click();
      await dialogBecomes(page, /53 runs restored, read back from the server\./);
      assert.deepEqual(await active(url), all, "all are back");
      await countsBecome(page, /^58 of 58 runs · 5 brushed/);
      const log = await page.$eval('[role="log"][aria-label="Activity"]', (log) => log.textContent);
      assert.match(log, /53 runs deleted.*53 runs restored/s);
      assertQuiet(page);
      await page.close();
    });
  }

  for (const version of ["3.17.2", "2.22.5"]) {
    test(`MLflow ${version}: all but five that are ticked, and back`, { timeout: 180_000 }, async () => {
      const { url } = servers.byVersion[version];
      const all = await active(url);
      assert.equal(all.length, N_RUNS);
      const { experimentId } = await runsOf(url, EXPERIMENT);
      const page = await open(site.serverUrl(version), experimentId);
      await countsBecome(page, /^58 of 58 runs/);
      const shown = await page.$$eval('[role="row"] a.data-grid__link', (all) => all.map((link) => link.title));
      const names = shown.slice(1, 10).filter((_, place) => place % 2 === 0);
      assert.equal(names.length, 5);
      for (const name of names) await clickOn(page, `[role="row"]:has(a[title="${name}"]) .data-grid__select`);
      // What is ticked counts, whatever else is shown.
      await (await byRole(page, "textbox", "Filter runs")).type("metrics.rmse < 0");
      await countsBecome(page, /^0 of 58 runs/);
      await choose(page, "Delete all but the 5 selected runs…");
      await dialogBecomes(page, /Delete 53 runs, all but the 5 selected, of 58 loaded:/);
      await (await byRole(page, "button", "Delete 53 runs")).click();
      await dialogBecomes(page, /53 runs deleted, read back from the server\./);
      const left = await runsOf(url, EXPERIMENT);
      assert.deepEqual(left.runs.map(({ info }) => info.run_name).sort(), [...names].sort());
      await (await byRole(page, "button", "Undo: restore 53 runs")).click();
      await dialogBecomes(page, /53 runs restored, read back from the server\./);
      assert.deepEqual(await active(url), all, "all are back");
      await page.keyboard.press("Escape");
      await choose(page, "Delete the 5 selected runs…");
      await dialogBecomes(page, /Delete 5 runs, the selected ones of 58 loaded:/);
      await page.keyboard.press("Escape");
      assert.deepEqual(await active(url), all);
      assertQuiet(page);
      await page.close();
    });
  }

  test("by keyboard, in the dark, out of the list of deleted runs", { timeout: 120_000 }, async () => {
    const { url } = servers.byVersion["3.17.2"];
    const all = await active(url);
    const { experimentId, bound } = await bestRuns(url, 5);
    const page = await open(url, experimentId, `&filter=${encodeURIComponent(`metrics.rmse < ${bound}`)}`, { dark: true });
    await countsBecome(page, /^5 of 58 runs/);
    await (await byRole(page, "button", "Manage…")).focus();
    await page.keyboard.press("Enter");
    await byRole(page, "button", "Delete the 5 shown runs…");
    await page.keyboard.press("Enter");
    await dialogBecomes(page, /Delete 5 runs, the shown ones of 58 loaded:/);
    await assertAccessible(page, "the question in the dark");
    // Close, the list, Delete.
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Delete 5 runs");
    await page.keyboard.press("Enter");
    await dialogBecomes(page, /5 runs deleted, read back from the server\./);
    await assertAccessible(page, "the end in the dark");
    await page.keyboard.press("Escape");
    await until(() => page.$("dialog[open]"), (dialog) => dialog === null, "the dialog is closed");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Manage…", "the focus is back");
    assert.equal((await active(url)).length, N_RUNS - 5);
    await page.select('[aria-label="Runs shown"]', "all");
    await countsBecome(page, /^5 of 58 runs/);
    await choose(page, "Delete the 5 shown runs…");
    await dialogBecomes(page, /Delete 0 runs.*5 more are deleted already and left out/s);
    await page.keyboard.press("Escape");
    await page.select('[aria-label="Runs shown"]', "deleted");
    await countsBecome(page, /^5 of 5 runs/);
    await choose(page, "Restore all 5 runs…");
    await (await byRole(page, "button", "Restore 5 runs")).click();
    await dialogBecomes(page, /5 runs restored, read back from the server\./);
    assert.deepEqual(await active(url), all);
    assertQuiet(page);
    await page.close();
  });

  test("a server that fails every third time, and one that dies", { timeout: 180_000 }, async () => {
    const { url } = servers.byVersion["3.17.2"];
    const all = await active(url);
    const { experimentId, bound, ids } = await bestRuns(url, 5);
    const page = await open("/failing", experimentId, `&filter=${encodeURIComponent(`metrics.rmse < ${bound}`)}`);
    await countsBecome(page, /^5 of 58 runs/);
    let n = 0;
    failing.state.fate = (path) => (path.includes("/model-versions/search") ? 500 : null);
    await choose(page, "Delete all but the 5 shown…");
    await dialogBecomes(page, /Whether a registered version comes from these runs could not be found out: .*the disk is full/);
    await assertAccessible(page, "the question with an unknown");
    failing.state.fate = (path) => (path.endsWith("/runs/delete") && ++n % 3 === 0 ? 500 : null);
    await (await byRole(page, "button", "Delete 53 runs")).click();
    await dialogBecomes(page, /36 runs deleted, read back from the server; 17 failed\./);
    assert.equal((await page.$$('[aria-label="Runs that failed"] li')).length, 17);
    assert.match(await dialogText(page), /<b>the disk is full<\/b>; read back, it is not done/);
    assert.equal((await active(url)).length, 5 + 17);
    await assertAccessible(page, "failures");
    failing.state.fate = () => null;
    await (await byRole(page, "button", "Try these again")).click();
    await dialogBecomes(page, /53 runs deleted, read back from the server\./);
    assert.deepEqual(await active(url), ids);

    // It restores twenty, and then there is nobody any more.
    n = 0;
    failing.state.fate = (path) => {
      if (path.endsWith("/runs/restore")) n += 1;
      return n > 20 ? "cut" : null;
    };
    await (await byRole(page, "button", "Undo: restore 53 runs")).click();
    await dialogBecomes(page, /20 runs restored; 20 of them could not be read back; \d not known, since no answer came; \d+ not tried\. Stopped:/);
    failing.state.fate = () => null;
    await (await byRole(page, "button", "Try these again")).click();
    await dialogBecomes(page, /53 runs restored, read back from the server\./);
    assert.deepEqual(await active(url), all);
    await page.keyboard.press("Escape");
    await (await byRole(page, "button", "Reload runs")).click();
    await countsBecome(page, /^5 of 58 runs/);
    // The browser itself tells of answers that are errors.
    assertQuiet(page, [/the server responded with a status of 50[02]/, /ERR_EMPTY_RESPONSE|ERR_CONNECTION/]);
    await page.close();
  });
});

describe("changing a run", () => {
  let url;
  let runId;
  let experimentId;
  const call = async (path, body) => {
    const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
    return response.json();
  };
  const read = async () => {
    const { run } = await (await fetch(`${url}/api/2.0/mlflow/runs/get?run_id=${runId}`)).json();
    return { name: run.info.run_name, tags: Object.fromEntries((run.data.tags ?? []).map(({ key, value }) => [key, value])) };
  };
  const said = (page, pattern) => until(
    () => page.$eval(".edit-said", (line) => line.textContent), (text) => pattern.test(text), `said ${pattern}`,
  );
  const press = async (page, name) => (await byRole(page, "button", name)).click();
  const fill = async (page, name, text) => {
    const box = await byRole(page, "textbox", name);
    await box.evaluate((element) => element.select());
    await page.keyboard.press("Delete");
    await page.keyboard.sendCharacter(text);
  };

  before(async () => {
    ({ url } = servers.byVersion["3.17.2"]);
    ({ experiment_id: experimentId } = await call("experiments/create", { name: `manage ${Date.now()}` }));
    const { run } = await call("runs/create", { experiment_id: experimentId, run_name: "plain", start_time: Date.now() });
    runId = run.info.run_id;
    await call("runs/set-tag", { run_id: runId, key: "team", value: "blue" });
  });

  async function openRun(serverUrl = url, options = {}) {
    const page = await openPage(browser, options);
    await page.goto(`${site.url}#/run/${runId}?server=${encodeURIComponent(serverUrl)}&experiments=${experimentId}`);
    await press(page, "Connect");
    await byRole(page, "table", "Tags");
    return page;
  }

  test("its name, tags and note, hostile ones too, read back by REST", { timeout: 120_000 }, async () => {
    const page = await openRun();
    await press(page, "Rename…");
    await fill(page, "Run name", HOSTILE);
    await page.keyboard.press("Enter");
    await said(page, /Renamed to/);
    assert.equal((await read()).name, HOSTILE);
    await until(() => page.$eval("h1", (heading) => heading.textContent), (text) => text === HOSTILE, "the new name");
    await press(page, "Undo");
    await said(page, /Renamed to plain\./);
    assert.equal((await read()).name, "plain");

    await press(page, "Edit tag team");
    await fill(page, "Value of team", HOSTILE);
    await press(page, "Save tag");
    await said(page, /The tag team is saved\./);
    assert.equal((await read()).tags.team, HOSTILE);
    await press(page, "Add tag…");
    await fill(page, "Tag key", "mlflow.user");
    await until(() => page.$eval(".edit-form", (form) => form.textContent), (text) => /MLflow's own/.test(text), "the reason");
    await fill(page, "Tag key", "place/of birth");
    await fill(page, "Tag value", "two\nlines");
    await press(page, "Add tag");
    await said(page, /The tag place\/of birth is saved\./);
    assert.equal((await read()).tags["place/of birth"], "two\nlines");
    await press(page, "Remove tag place/of birth");
    await said(page, /The tag place\/of birth is removed\./);
    assert.equal((await read()).tags["place/of birth"], undefined);
    await press(page, "Undo");
    await said(page, /The tag place\/of birth is saved\./);
    assert.equal((await read()).tags["place/of birth"], "two\nlines");
    const fixed = await page.$$eval('table[aria-label="Tags"] tr', (rows) => rows
      .filter((row) => row.querySelector("th").textContent.startsWith("mlflow."))
      .map((row) => row.querySelector("td:last-child").textContent));
    assert.ok(fixed.length > 0 && fixed.every((text) => text === "set by MLflow"), JSON.stringify(fixed));

    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    await press(page, "Add note");
    await fill(page, "Note, in Markdown", NOTE);
    await assertAccessible(page, "the note's form");
    await press(page, "Save note");
    await said(page, /The note is saved\./);
    assert.equal((await read()).tags["mlflow.note.content"], NOTE);
    await page.waitForSelector(".note-view h3");
    const note = await page.$eval(".note-view", (view) => ({
      text: view.textContent,
      tags: [...new Set([...view.querySelectorAll("*")].map((element) => element.localName))].sort(),
      links: [...view.querySelectorAll("a")].map(({ href, rel, target }) => [href, rel, target]),
    }));
    assert.deepEqual(note.tags, ["a", "code", "em", "h3", "li", "p", "pre", "strong", "ul"]);
    assert.deepEqual(note.links, [
      ["https://example.org/a?b=1", "noopener noreferrer", "_blank"],
      ["https://pixel.example/p.png", "noopener noreferrer", "_blank"],
    ]);
    assert.match(note.text, /this \(javascript:document\.title='owned'\)/);
    assert.match(note.text, /<script>document\.title='owned'<\/script>/);
    assert.notEqual(await page.title(), "owned");
    assert.ok(requests.every((address) => !address.includes("pixel.example")), "no image is fetched");
    await assertAccessible(page, "a run with a note");
    assertQuiet(page);
    await page.close();
  });

  test("what somebody else changed meanwhile is not overwritten", { timeout: 60_000 }, async () => {
    await call("runs/set-tag", { run_id: runId, key: "team", value: "blue" });
    const page = await openRun(url, { dark: true });
    await press(page, "Edit tag team");
    await fill(page, "Value of team", "mine");
    await call("runs/set-tag", { run_id: runId, key: "team", value: "theirs" });
    await press(page, "Save tag");
    await said(page, /Not changed: nothing was written, since its tag team has another value now/);
    assert.equal((await read()).tags.team, "theirs");
    await assertAccessible(page, "a change refused, in the dark");
    // What was typed is still there, and now meant for the value that is there.
    await press(page, "Save tag");
    await said(page, /The tag team is saved\./);
    assert.equal((await read()).tags.team, "mine");
    assertQuiet(page);
    await page.close();
  });

  test("a deleted run says why it cannot be changed, and can be restored", { timeout: 60_000 }, async () => {
    await call("runs/delete", { run_id: runId });
    const page = await openRun();
    const button = await byRole(page, "button", "Rename…");
    assert.equal(await button.evaluate((element) => element.title), "The run is deleted: restore it to change it");
    await button.click();
    assert.equal(await page.$('input.input[class="input"]'), null);
    await press(page, "Restore run");
    await said(page, /The run is restored\./);
    await until(async () => (await byRole(page, "button", "Rename…")).evaluate((element) => element.title), (title) => title === "", "it can be renamed");
    await press(page, "Rename…");
    await byRole(page, "textbox", "Run name");
    assertQuiet(page);
    await page.close();
  });
});
