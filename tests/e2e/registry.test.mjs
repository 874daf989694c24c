// Stage control, end to end: from the comparison to Production against each kind of server, two browsers at once, a
// server that dies between two calls, a thousand versions, hostile texts, the keyboard alone.
import assert from "node:assert/strict";
import http from "node:http";
import path from "node:path";
import { rm } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { serve } from "../serve.mjs";
import { filled, home, start } from "../servers/server.mjs";
import { startGate, startSite, startServers } from "./world.mjs";

const HOSTILE = `<img src=x onerror="document.title='owned'">'"\u202e{{7*7}}`;
const MODEL = "nyc-taxi-regressor";

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

/** A client of its own, beside the page. */
const clientOf = (url) => async (verb, path, body) => {
  const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
    method: verb, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
  return response.json();
};
const versionsOf = async (client, model = MODEL) => {
  const { model_versions: versions = [] } = await client("GET", `model-versions/search?max_results=2000&filter=${encodeURIComponent(`name='${model}'`)}`);
  return Object.fromEntries(versions.map((version) => [version.version, version]));
};
const stagesOf = async (client, model = MODEL) =>
  Object.fromEntries(Object.entries(await versionsOf(client, model)).map(([number, version]) => [number, version.current_stage]));
const recordsOf = (version) => (version.tags ?? [])
  .filter(({ key }) => key.startsWith("runweave.record.")).sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ value }) => JSON.parse(value));

/** Opens a page by its address, as a pasted link in a fresh browser. */
async function open(at, siteUrl, serverUrl, options = {}) {
  const page = await openPage(browser, options);
  const mark = at.includes("?") ? "&" : "?";
  await page.goto(`${siteUrl}#/${at}${mark}server=${encodeURIComponent(serverUrl)}`);
  await (await byRole(page, "button", "Connect")).click();
  return page;
}

const press = async (page, role, name) => (await byRole(page, role, name)).click();

async function fill(page, role, name, text) {
  const field = await byRole(page, role, name);
  await field.click({ count: 3 });
  await field.type(text);
}

/** Moves the version on whose page this is, and waits for the server's word. */
async function move(page, number, stage, reason, model = MODEL) {
  await press(page, "button", "Move to…");
  await byRole(page, "dialog", `Move version ${number} of ${model}`);
  await press(page, "radio", stage);
  if (reason) await fill(page, "textbox", "Reason", reason);
  await press(page, "button", "Move");
}
const done = (page) => page.waitForSelector("dialog[open] ::-p-text(Done, and read back)", { timeout: 20_000 });
const close = (page) => clickOn(page, "dialog[open] .dialog__head button");

describe("registry", () => {
  for (const version of ["3.17.2", "2.22.5", "1.30.1"]) {
    test(`MLflow ${version}: from the comparison to Production, with reason and record`, { timeout: 180_000 }, async () => {
      const client = clientOf(servers.byVersion[version].url);
      const serverUrl = site.serverUrl(version);
      const page = await open("experiments", site.url, serverUrl);
      await press(page, "checkbox", "Select nyc-taxi-experiment");
      await press(page, "button", "Compare runs");
      await byRole(page, "grid", "Runs");
      await fill(page, "textbox", "Filter runs", "tags.model = xgboost");
      // Lowest rmse first.
      await until(() => page.$$eval("#runs-head-1 .data-grid__sort", (all) => all.map((one) => one.textContent.trim()).join()), (text) => text === "rmse", "the column of rmse");
      await clickOn(page, "#runs-head-1 .data-grid__sort");
      await until(() => page.$eval("#runs-head-1", (head) => head.getAttribute("aria-sort")), (sort) => sort === "ascending", "the order");
      const best = await until(() => page.$eval("#runs-cell-0-0 a", (link) => link.textContent), (name) => /^xgboost-/.test(name), "the best run");
      await clickOn(page, "#runs-cell-0-0 a");
      await press(page, "button", "Register model…");
      await fill(page, "combobox", "Registered model", MODEL);
      await fill(page, "textbox", "Your name, for the record", "ana");
      await until(() => page.$$eval("#register-hint", (all) => all.map((one) => one.textContent).join()), (text) => /new version/.test(text), "the hint");
      await press(page, "button", "Register");
      const link = await page.waitForSelector(`dialog[open] a[href*="#/models/"]`, { timeout: 20_000 });
      const number = /Version (\d+)/.exec(await link.evaluate((it) => it.textContent))[1];
      await clickOn(page, 'dialog[open] a[href*="#/models/"]');

      // Beside what is in Production.
      await until(() => page.$eval("h1", (heading) => heading.textContent), (text) => text === `${MODEL}, version ${number}`, "the version's page");
      await page.waitForSelector('table[aria-label="Metrics"] ::-p-text(Version 3)');
      await move(page, number, "Staging");
      await done(page);
      await close(page);
      assert.equal((await stagesOf(client))[number], "Staging");

      await press(page, "button", "Move to…");
      const dialog = await byRole(page, "dialog", `Move version ${number} of ${MODEL}`);
      await press(page, "radio", "Production");
      await byRole(page, "checkbox", "Archive the versions now in Production");
      assert.match(await dialog.evaluate((it) => it.textContent), /Version 3 goes to Archived/);
      const button = await byRole(page, "button", "Move");
      assert.equal(await button.evaluate((it) => it.getAttribute("aria-disabled")), "true", "Production needs a reason");
      await fill(page, "textbox", "Reason", `lower rmse than 3 ${HOSTILE}`);
      await assertAccessible(page, `the move on ${version}`);
      await button.click();
      await done(page);

      const versions = await versionsOf(client);
      assert.equal(versions[number].current_stage, "Production");
      assert.equal(versions[3].current_stage, "Archived");
      const entries = recordsOf(versions[number]);
      assert.deepEqual(entries.map(({ what, from, to }) => [what, from, to]).slice(1),
        [["stage", "None", "Staging"], ["stage", "Staging", "Production"]]);
      const last = entries.at(-1);
      assert.equal(last.reason, `lower rmse than 3 ${HOSTILE}`);
      assert.deepEqual([last.by, last.by_source, last.archived, last.compared_with], ["ana", "typed", ["3"], "3"]);
      assert.equal(recordsOf(versions[3]).at(-1).with, number);
      await close(page);

      // The timeline in a fresh browser.
      const fresh = await open(`models/${MODEL}/${number}`, site.url, serverUrl);
      const history = () => fresh.$$eval('ol[aria-label="History"] li', (lines) => lines.map((line) => line.textContent));
      const lines = await until(history, (lines) => lines.length >= 3, "the history");
      assert.match(lines.filter((line) => !/from the server/.test(line))[0], /Staging → Production, archiving 3, compared with version 3.*by ana.*lower rmse than 3 <img src=x/);
      assert.equal((await fresh.$$("main img")).length, 0);
      assert.notEqual(await fresh.title(), "owned");
      if (version === "1.30.1") await fresh.waitForSelector("::-p-text(This server has no aliases)");

      // Undo is a move like any other.
      await press(fresh, "button", "Undo last move…");
      const undo = await byRole(fresh, "dialog", `Undo the last move of version ${number} of ${MODEL}`);
      assert.match(await undo.evaluate((it) => it.textContent), /Takes back what was decided at .*Version 3 to Production.*Version \d+ to Staging/);
      assert.equal((await stagesOf(client))[number], "Production", "nothing is written before it is decided");
      await fill(fresh, "textbox", "Reason", "too early");
      await press(fresh, "button", "Undo");
      await done(fresh);
      const stages = await stagesOf(client);
      assert.deepEqual([stages[number], stages[3]], ["Staging", "Production"]);
      const undone = recordsOf((await versionsOf(client))[number]).at(-1);
      assert.ok(undone.undoes);
      assert.equal(undone.reason, "too early");
      assert.ok(best.length > 0);
      assertQuiet(page);
      assertQuiet(fresh);
      await page.close();
      await fresh.close();
    });
  }

  test("two browsers move the same model: the second is stopped and shown what changed", { timeout: 90_000 }, async () => {
    const client = clientOf(servers.byVersion["3.17.2"].url);
    const at = `models/${MODEL}/5`;
    const [one, two] = [await open(at, site.url, site.serverUrl("3.17.2")), await open(at, site.url, site.serverUrl("3.17.2"))];
    for (const page of [one, two]) {
      await press(page, "button", "Move to…");
      await press(page, "radio", "Staging");
    }
    await fill(one, "textbox", "Your name, for the record", "ana");
    await fill(two, "textbox", "Reason", "words worth keeping");
    await press(one, "button", "Move");
    await done(one);
    const before = await versionsOf(client);
    await press(two, "button", "Move");
    const alert = await two.waitForSelector("dialog[open] [role=alert]", { timeout: 20_000 });
    const words = await alert.evaluate((it) => it.textContent);
    assert.match(words, /Nothing was written.*Version 5 was in None and is in Staging now.*by ana/);
    assert.deepEqual(await versionsOf(client), before, "the second wrote nothing");
    await assertAccessible(two, "a refused move");
    const focused = await two.evaluate(() => document.activeElement.textContent);
    assert.equal(focused, "Nothing was written.", "the focus is on what came of it");
    // What was written is kept for the decision that is made anew.
    await press(two, "button", "Look at it anew");
    await two.waitForSelector("dialog[open] ::-p-text(This is how things stand now)");
    assert.equal(await two.$eval('dialog[open] textarea[aria-label="Reason"]', (it) => it.value), "words worth keeping");
    assert.equal(await two.$eval("#move-Staging", (radio) => radio.disabled), true, "it is there already");
    await press(two, "radio", "None");
    await press(two, "button", "Move");
    await done(two);
    assert.equal(recordsOf((await versionsOf(client))[5]).at(-1).reason, "words worth keeping");
    assertQuiet(one);
    assertQuiet(two);
    await one.close();
    await two.close();
  });

  test("a server that dies between two calls: said, and finished or taken back afterwards", { timeout: 240_000 }, async () => {
    const version = "3.17.2";
    const dir = path.join(home, "test", `${process.pid}-dying`);
    await rm(dir, { recursive: true, force: true });
    let server = await start(version, { dir, from: await filled(version, {}) });
    const port = Number(new URL(server.url).port);
    const client = clientOf(server.url);
    let isDeadly = true;
    // Between page and server: at the alias, the second write of the move, the server is killed.
    const gate = http.createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      if (isDeadly && request.method === "POST" && request.url.endsWith("/registered-models/alias")) {
        isDeadly = false;
        process.kill(-server.pid, "SIGKILL");
        await server.exited;
      }
      const { origin: _, ...headers } = request.headers;
      const sent = http.request(`${server.url}${request.url}`, { method: request.method, headers: { ...headers, host: `127.0.0.1:${port}` } }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      sent.on("error", () => response.destroy());
      sent.end(Buffer.concat(chunks));
    });
    await new Promise((resolve) => gate.listen(0, "127.0.0.1", resolve));
    const gateUrl = `http://127.0.0.1:${gate.address().port}`;
    const own = await serve({
      base: "/", proxies: { "/mlflow": gateUrl },
      config: { registry: { stage_aliases: [{ stage: "Production", alias: "champion" }] } },
    });
    try {
      for (const way of ["Finish", "Go back"]) {
        isDeadly = true;
        const before = await stagesOf(client);
        const candidate = before[4] === "Production" ? "3" : "4";
        const holder = candidate === "4" ? "3" : "4";
        const page = await open(`models/${MODEL}/${candidate}`, own.url, "/mlflow");
        await move(page, candidate, "Production", `for ${way}`);
        const alert = await page.waitForSelector("dialog[open] [role=alert]", { timeout: 40_000 });
        assert.match(await alert.evaluate((it) => it.textContent), /Stopped at “Alias champion to version \d”/);
        const steps = await page.$$eval('ol[aria-label="Steps"] li', (all) => all.map((one) => one.textContent));
        assert.match(steps[0], new RegExp(`Version ${candidate} to Production, archiving ${holder}\\s*done`));
        assert.match(steps[1], /Alias champion.*not known/);
        assert.ok(steps.slice(2).every((step) => /not done/.test(step)), steps.join("; "));
        await assertAccessible(page, "a move that stopped");
        // Whoever leaves now would lose the way to finish it, and is asked.
        const asked = new Promise((resolve) => page.once("dialog", (dialog) => {
          resolve(dialog.type());
          dialog.dismiss();
        }));
        await page.close({ runBeforeUnload: true });
        assert.equal(await asked, "beforeunload");
        server = await start(version, { dir, port });
        const meanwhile = await versionsOf(client);
        assert.equal(meanwhile[candidate].current_stage, "Production");
        assert.ok(!recordsOf(meanwhile[candidate]).some(({ reason }) => reason === `for ${way}`), "nothing is recorded yet");
        // Somebody else comes to Production while it is stopped: neither way touches them.
        const bystander = Object.keys(before).find((number) => number !== candidate && number !== holder);
        const put = (stage) => client("POST", "model-versions/transition-stage",
          { name: MODEL, version: bystander, stage, archive_existing_versions: false });
        await put("Production");
        const seen = await stagesOf(client);
        await press(page, "button", way);
        await page.waitForSelector(`dialog[open] [role=alert] ::-p-text(Version ${bystander} is in Production now)`, { timeout: 20_000 });
        assert.deepEqual(await stagesOf(client), seen, "nothing is written");
        await put(before[bystander]);
        await press(page, "button", way);
        await done(page);
        const after = await versionsOf(client);
        const { registered_model: model } = await client("GET", `registered-models/get?name=${MODEL}`);
        const champion = model.aliases.find(({ alias }) => alias === "champion").version;
        const isMoved = way === "Finish";
        assert.equal(after[candidate].current_stage, isMoved ? "Production" : before[candidate]);
        assert.equal(after[holder].current_stage, isMoved ? "Archived" : before[holder]);
        assert.equal(champion, isMoved ? candidate : holder);
        const last = recordsOf(after[candidate]).filter(({ what }) => what === "stage").at(-1);
        assert.equal(last.to, after[candidate].current_stage, "the record is as the server is");
        assertQuiet(page, [/Failed to load resource/]);
        await page.close();
      }
    } finally {
      await own.close();
      gate.closeAllConnections();
      await new Promise((resolve) => gate.close(resolve));
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    }
  });

  test("another server is opened during a move: what became of it is said, and the other server's models can be moved", { timeout: 90_000 }, async () => {
    const gate = await startGate(servers.byVersion["3.17.2"].url);
    const client = clientOf(servers.byVersion["2.22.5"].url);
    try {
      const page = await open(`models/${MODEL}/5`, site.url, gate.url);
      await byRole(page, "button", "Move to…");
      gate.hold(/transition-stage|set-tag/);
      await move(page, 5, "Archived");
      await until(() => gate.asked.some((url) => /transition-stage|set-tag/.test(url)), Boolean, "the write that waits");
      const other = site.serverUrl("2.22.5");
      await page.goto(`${site.url}#/models/${MODEL}/5?server=${encodeURIComponent(other)}`);
      await press(page, "button", "Connect");
      const alert = await page.waitForSelector("::-p-text(was left midway)", { timeout: 20_000 });
      assert.match(await alert.evaluate((it) => it.textContent), /Another server is in use now, so a change at .* was left midway .*Not known: Version 5 to Archived/);
      const before = (await stagesOf(client))[5];
      const target = before === "Staging" ? "None" : "Staging";
      await move(page, 5, target);
      await done(page);
      assert.equal((await stagesOf(client))[5], target);
      await close(page);
      await move(page, 5, before, "back");
      await done(page);
      assertQuiet(page, [/net::ERR/]);
      await page.close();
    } finally {
      await gate.close();
    }
  });

  test("versions are sorted by their own columns, and compared with any other, as the address says", { timeout: 60_000 }, async () => {
    const client = clientOf(servers.byVersion["3.17.2"].url);
    const page = await open(`models/${MODEL}`, site.url, site.serverUrl("3.17.2"));
    await byRole(page, "table", `Versions of ${MODEL}`);
    await press(page, "checkbox", "Archived ones too");
    const shown = () => page.$$eval(`table[aria-label="Versions of ${MODEL}"] tbody th a`, (all) => all.map((it) => it.textContent.replace("Version ", "")));
    const stages = await stagesOf(client);
    const numbers = Object.keys(stages).sort((a, b) => b - a);
    await until(shown, (found) => found.join() === numbers.join(), "the newest first");
    await press(page, "button", "Version");
    await until(shown, (found) => found.join() === [...numbers].reverse().join(), "the oldest first");
    await press(page, "button", "Stage");
    const rank = (number) => ["Production", "Staging", "None", "Archived"].indexOf(stages[number]);
    const byStage = [...numbers].sort((a, b) => rank(a) - rank(b) || b - a);
    await until(shown, (found) => found.join() === byStage.join(), `by stage: ${byStage}`);
    assert.equal(await page.$eval("th[aria-sort=ascending]", (head) => head.textContent), "Stage");
    await page.reload();
    await until(shown, (found) => found.join() === byStage.join(), "by stage after a reload");

    await page.goto(`${site.url}#/models/${MODEL}/5?server=${encodeURIComponent(site.serverUrl("3.17.2"))}`);
    await page.waitForSelector('select[aria-label="Compared with"] option[value="1"]');
    await page.select('select[aria-label="Compared with"]', "1");
    const heads = () => page.$$eval("table[aria-label=Metrics] thead th", (all) => all.map((head) => head.textContent));
    await until(heads, (found) => found.some((head) => /^Version 1\b/.test(head)), "version 1 beside it");
    await until(() => page.evaluate(() => location.hash), (hash) => /against=1\b/.test(hash), "version 1 in the address");
    const fresh = await openPage(browser);
    await fresh.goto(page.url());
    await press(fresh, "button", "Connect");
    await until(() => fresh.$eval('select[aria-label="Compared with"]', (select) => select.value), (value) => value === "1", "the same in a pasted link");
    assertQuiet(page);
    assertQuiet(fresh);
    await page.close();
    await fresh.close();
  });

  test("MLflow 1.30: the alias that config.json ties to a stage is said to be left out", { timeout: 60_000 }, async () => {
    const own = await serve({
      base: "/", proxies: { "/mlflow": servers.byVersion["1.30.1"].url },
      config: { registry: { stage_aliases: [{ stage: "Production", alias: "champion" }] } },
    });
    const page = await open(`models/${MODEL}/1`, own.url, "/mlflow");
    await press(page, "button", "Move to…");
    await press(page, "radio", "Production");
    await page.waitForSelector("dialog[open] ::-p-text(This server has no aliases)");
    await press(page, "radio", "None");
    await until(() => page.$("dialog[open] ::-p-text(This server has no aliases)"), (note) => note === null, "nothing where no alias goes with the stage");
    assertQuiet(page);
    await page.close();
    await own.close();
  });

  test("a card dragged to another stage opens the move there", { timeout: 60_000 }, async () => {
    const client = clientOf(servers.byVersion["3.17.2"].url);
    const page = await open(`models/${MODEL}?show=board&archived=shown`, site.url, site.serverUrl("3.17.2"));
    const all = await versionsOf(client);
    const before = await stagesOf(client);
    const number = Object.keys(before).filter((number) => before[number] === "Archived").sort((a, b) => b - a)[0];
    // What arrives of the runs makes the cards larger.
    const fact = () => page.waitForSelector(`.board__card[aria-label="Version ${number}"] ::-p-text(rmse)`);
    await fact();
    const middleOf = async (selector) => {
      const box = await (await page.waitForSelector(selector)).boundingBox();
      return [box.x + box.width / 2, box.y + Math.min(box.height / 2, 60)];
    };
    const drag = async (to) => {
      // By its text, where a browser would rather begin to select.
      const from = await (await fact()).boundingBox();
      await page.mouse.move(from.x + 20, from.y + from.height / 2);
      await page.mouse.down();
      await page.mouse.move(...to, { steps: 8 });
    };
    const isOver = (stage) => page.$eval(`[data-stage-column="${stage}"]`, (column) => column.matches(".board__column--over"));

    // Let go where it came from: nothing opens.
    await drag(await middleOf('[data-stage-column="Staging"]'));
    assert.equal(await isOver("Staging"), true);
    await page.mouse.move(...await middleOf('[data-stage-column="Archived"]'), { steps: 8 });
    assert.equal(await isOver("Staging"), false);
    await page.mouse.up();
    assert.equal(await page.$("dialog[open]"), null);

    await drag(await middleOf('[data-stage-column="Production"]'));
    assert.equal(await isOver("Production"), true);
    await page.mouse.up();
    await byRole(page, "dialog", `Move version ${number} of ${MODEL}`);
    assert.equal(await page.$eval("#move-Production", (radio) => radio.checked), true);
    assert.equal(await isOver("Production"), false);
    assert.equal(await page.evaluate(() => getSelection().toString()), "", "no text is selected by dragging");
    assert.deepEqual(await stagesOf(client), before, "a drop decides nothing");
    await close(page);
    await until(() => page.$("dialog[open]"), (dialog) => dialog === null, "the closed dialog");
    assert.deepEqual(await versionsOf(client), all, "a dialog that is closed writes nothing");

    await drag(await middleOf('[data-stage-column="Staging"]'));
    await page.mouse.up();
    await byRole(page, "dialog", `Move version ${number} of ${MODEL}`);
    assert.equal(await page.$eval("#move-Staging", (radio) => radio.checked), true);
    await fill(page, "textbox", "Reason", "dragged here");
    await press(page, "button", "Move");
    await done(page);
    await close(page);
    const moved = await versionsOf(client);
    assert.equal(moved[number].current_stage, "Staging");
    const { what, from, to, reason } = recordsOf(moved[number]).at(-1);
    assert.deepEqual([what, from, to, reason], ["stage", "Archived", "Staging", "dragged here"]);
    assert.deepEqual({ ...await stagesOf(client), [number]: "Archived" }, before, "no other version moved");
    await page.waitForSelector(`[data-stage-column="Staging"] .board__card[aria-label="Version ${number}"]`);
    assertQuiet(page);
    await page.close();
  });

  test("from registering to Production by keyboard alone", { timeout: 180_000 }, async () => {
    const client = clientOf(servers.byVersion["3.17.2"].url);
    const { runs: [run] } = await client("POST", "runs/search", { experiment_ids: ["1"], max_results: 1, filter: "tags.model = 'xgboost'" });
    const page = await open(`run/${run.info.run_id}?experiments=1`, site.url, site.serverUrl("3.17.2"));
    await byRole(page, "button", "Register model…");
    const focused = () => page.evaluate(() => {
      const it = document.activeElement;
      return `${it.tagName} ${it.type ?? ""} ${it.getAttribute("aria-label") ?? it.textContent.trim()} ${it.id}`;
    });
    const tabTo = async (wanted) => {
      for (let n = 0; n < 200; n += 1) {
        if (wanted.test(await focused())) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`${wanted} is not reached; at ${await focused()}`);
    };
    const closeByKey = async () => {
      await page.keyboard.press("Escape");
      await until(() => page.$("dialog[open]"), (dialog) => dialog === null, "the closed dialog");
    };
    await tabTo(/^BUTTON .*Register model… /);
    await page.keyboard.press("Enter");
    await byRole(page, "combobox", "Registered model");
    await tabTo(/^INPUT (text|search) /);
    await page.keyboard.type(MODEL);
    await until(() => page.$$eval("#register-hint", (all) => all.map((one) => one.textContent).join()), (text) => /new version/.test(text), "the hint");
    await tabTo(/^BUTTON (submit|button) Register $/);
    await page.keyboard.press("Enter");
    const link = await page.waitForSelector('dialog[open] a[href*="#/models/"]', { timeout: 20_000 });
    const number = /Version (\d+)/.exec(await link.evaluate((it) => it.textContent))[1];
    await tabTo(new RegExp(`^A .*Version ${number} of ${MODEL} $`));
    await page.keyboard.press("Enter");
    await until(() => page.$eval("h1", (heading) => heading.textContent), (text) => text.endsWith(`version ${number}`), "the version's page");
    for (const stage of ["Staging", "Production"]) {
      // What the model is now is read once more after a move, and builds the button anew.
      const open = async () => {
        await tabTo(/^BUTTON .*Move to… /);
        await page.keyboard.press("Enter");
        return byRole(page, "dialog", `Move version ${number} of ${MODEL}`, 3000);
      };
      await until(open, (dialog) => dialog !== null, "the dialog");
      await tabTo(/^INPUT radio/);
      // The arrow keys choose among the radios that can be chosen.
      for (let n = 0; n < 4 && !(await focused()).endsWith(`move-${stage}`); n += 1) await page.keyboard.press("ArrowDown");
      assert.match(await focused(), new RegExp(`move-${stage}$`));
      // A radio that the Tab key reached is not chosen yet.
      await page.keyboard.press("Space");
      await tabTo(/^TEXTAREA/);
      await page.keyboard.type(`to ${stage} by keyboard`);
      await tabTo(/^BUTTON button Move $/);
      await page.keyboard.press("Enter");
      await done(page);
      assert.match(await focused(), /^P .*Done, and read back/, "the focus is on what came of it");
      await closeByKey();
    }
    const version = (await versionsOf(client))[number];
    assert.equal(version.current_stage, "Production");
    assert.deepEqual(recordsOf(version).filter(({ what }) => what === "stage").map(({ reason }) => reason),
      ["to Staging by keyboard", "to Production by keyboard"]);
    assertQuiet(page);
    await page.close();
  });

  test("MLflow 2.22: an alias is set, moved, taken back and removed, and goes with a stage", { timeout: 120_000 }, async () => {
    const client = clientOf(servers.byVersion["2.22.5"].url);
    const own = await serve({
      base: "/", proxies: { "/mlflow": servers.byVersion["2.22.5"].url },
      config: { registry: { stage_aliases: [{ stage: "Production", alias: "champion" }] } },
    });
    const aliasesOf = async () => {
      const { registered_model: model } = await client("GET", `registered-models/get?name=${MODEL}`);
      return Object.fromEntries((model.aliases ?? []).map(({ alias, version }) => [alias, version]));
    };
    const setByHand = (alias, version) => client("POST", "registered-models/alias", { name: MODEL, alias, version });
    const openAlias = async (page, number) => {
      await fill(page, "textbox", "New alias", "shadow");
      await press(page, "button", "Set alias…");
      return byRole(page, "dialog", `Set alias shadow to version ${number} of ${MODEL}`);
    };
    try {
      const before = await aliasesOf();
      const page = await open(`models/${MODEL}/1`, own.url, "/mlflow");
      await fill(page, "textbox", "Your name, for the record", "ana");
      await openAlias(page, 1);
      await fill(page, "textbox", "Reason", "to begin with");
      assert.deepEqual(await aliasesOf(), before, "a dialog writes nothing");
      await press(page, "button", "Set alias");
      await done(page);
      assert.deepEqual(await aliasesOf(), { ...before, shadow: "1" });
      await close(page);

      // Moved to another version, beside the one that has it; somebody else is quicker.
      await page.evaluate((hash) => { location.hash = hash; }, `#/models/${MODEL}/2?server=%2Fmlflow`);
      await until(() => page.$eval("h1", (heading) => heading.textContent), (text) => text.endsWith("version 2"), "the other version");
      const dialog = await openAlias(page, 2);
      assert.match(await dialog.evaluate((it) => it.textContent), /The alias shadow stands for version 1 now/);
      await page.waitForSelector('dialog[open] table[aria-label="Metrics"] ::-p-text(Version 1)');
      await fill(page, "textbox", "Reason", "better than 1");
      await setByHand("shadow", "3");
      const untouched = await versionsOf(client);
      await press(page, "button", "Set alias");
      await page.waitForSelector("dialog[open] [role=alert] ::-p-text(The alias shadow stood for version 1 and stands for version 3 now)", { timeout: 20_000 });
      assert.deepEqual(await versionsOf(client), untouched);
      assert.equal((await aliasesOf()).shadow, "3");
      await press(page, "button", "Look at it anew");
      await page.waitForSelector("dialog[open] ::-p-text(The alias shadow stands for version 3 now)");
      await press(page, "button", "Set alias");
      await done(page);
      assert.equal((await aliasesOf()).shadow, "2");
      const entry = recordsOf((await versionsOf(client))[2]).at(-1);
      assert.deepEqual([entry.what, entry.name, entry.from, entry.to, entry.reason, entry.compared_with], ["alias", "shadow", "3", "2", "better than 1", "3"]);
      assert.equal(recordsOf((await versionsOf(client))[3]).at(-1).with, "2");
      await close(page);

      await press(page, "button", "Undo last move…");
      await press(page, "button", "Undo");
      await done(page);
      assert.equal((await aliasesOf()).shadow, "3");
      await close(page);
      await page.evaluate((hash) => { location.hash = hash; }, `#/models/${MODEL}/3?server=%2Fmlflow`);
      await press(page, "button", "Remove alias shadow…");
      await page.waitForSelector("dialog[open] ::-p-text(Whatever loads the model by shadow finds nothing afterwards)");
      await press(page, "button", "Remove alias");
      await done(page);
      assert.deepEqual(await aliasesOf(), before);
      await close(page);

      // A move brings the alias of its stage along.
      const stages = await stagesOf(client);
      const candidate = ["1", "2"].find((number) => stages[number] !== "Production");
      await page.evaluate((hash) => { location.hash = hash; }, `#/models/${MODEL}/${candidate}?server=%2Fmlflow`);
      await until(() => page.$eval("h1", (heading) => heading.textContent), (text) => text.endsWith(`version ${candidate}`), "the candidate");
      await move(page, candidate, "Production", "with its alias");
      await done(page);
      assert.equal((await aliasesOf()).champion, candidate);
      assert.equal((await versionsOf(client))[candidate].current_stage, "Production");
      await close(page);
      await press(page, "button", "Undo last move…");
      await fill(page, "textbox", "Reason", "back");
      await press(page, "button", "Undo");
      await done(page);
      assert.deepEqual(await stagesOf(client), stages);
      assert.deepEqual(await aliasesOf(), before);
      assertQuiet(page);
      await page.close();
    } finally {
      await own.close();
    }
  });

  test("a version in Staging is reviewed: checklist, request, approval, and rules that hold back the move", { timeout: 90_000 }, async () => {
    const client = clientOf(servers.byVersion["2.22.5"].url);
    await client("POST", "model-versions/transition-stage", { name: MODEL, version: "4", stage: "Staging", archive_existing_versions: false });
    const own = await serve({
      base: "/", proxies: { "/mlflow": servers.byVersion["2.22.5"].url },
      config: { registry: { checklist: ["latency (p99)"], is_checklist_required: true } },
    });
    try {
      const page = await open(`models/${MODEL}/4`, own.url, "/mlflow");
      await fill(page, "textbox", "Your name, for the record", "eve");
      await press(page, "button", "Move to…");
      const dialog = await byRole(page, "dialog", `Move version 4 of ${MODEL}`);
      assert.match(await dialog.evaluate((it) => it.textContent), /1 of the checklist are open: latency \(p99\)/);
      assert.equal(await page.$eval("#move-Production", (radio) => radio.disabled), true);
      await close(page);
      for (const [role, name] of [["checkbox", "latency (p99)"], ["button", "Ask for Production"], ["button", "Approve"]]) {
        await press(page, role, name);
        await page.waitForSelector(".change ::-p-text(Done, and read back)", { timeout: 20_000 });
        await page.evaluate(() => [...document.querySelectorAll(".change button")].find((button) => button.textContent === "Close").click());
        await until(() => page.$(".change"), (change) => change === null, "the closed change");
      }
      await page.waitForSelector("::-p-text(Production approved by eve)");
      // Another word of the same kind is a word, too, and the comment goes only once it is written.
      await fill(page, "textbox", "Review comment", "once more, with a comment");
      await press(page, "button", "Approve");
      await page.waitForSelector("::-p-text(Production approved by eve: once more, with a comment)", { timeout: 20_000 });
      await until(() => page.$eval('[aria-label="Review comment"]', (it) => it.value), (text) => text === "", "the empty field");
      const version = (await versionsOf(client))[4];
      assert.equal(version.tags.find(({ key }) => key === "runweave.check.latency _p99_.c9ae244c").value, "eve");
      assert.equal(version.tags.find(({ key }) => key === "runweave.review").value, "approved");
      assert.deepEqual(recordsOf(version).slice(-4).map(({ what }) => what), ["check", "request", "approve", "approve"]);
      await page.evaluate(() => { location.hash = location.hash.replace(/^#.models.[^?]*/, "#/review"); });
      const waiting = () => page.$$eval('table[aria-label="Versions in Staging"] tbody tr', (rows) => rows.map((row) => row.textContent));
      await until(waiting, (rows) => rows.some((row) => /nyc-taxi-regressor, version 4.*Production approved by eve/.test(row)), "the version in the queue");
      await assertAccessible(page, "the review");
      assertQuiet(page);
      await page.close();
    } finally {
      await own.close();
    }
  });

  for (const width of [1280, 390]) {
    test(`the queue opens a version beside what is in Production, by keyboard, ${width} wide`, { timeout: 90_000 }, async () => {
      const client = clientOf(servers.byVersion["3.17.2"].url);
      const to = (name, version, stage) => client("POST", "model-versions/transition-stage",
        { name, version: `${version}`, stage, archive_existing_versions: false });
      await to(MODEL, 3, "Production");
      await to(MODEL, 4, "Staging");
      const stages = await stagesOf(client);
      const holder = Object.keys(stages).filter((number) => stages[number] === "Production").map(Number).sort((a, b) => b - a)[0];
      // Another model, of which nothing is in Production.
      const lonely = `lonely ~!${width} ${Date.now()}`;
      await client("POST", "registered-models/create", { name: lonely });
      const { runs: [run] } = await client("POST", "runs/search", { experiment_ids: ["1"], max_results: 1 });
      await client("POST", "model-versions/create", { name: lonely, source: `${run.info.artifact_uri}/model`, run_id: run.info.run_id });
      await to(lonely, 1, "Staging");

      const page = await open("review", site.url, site.serverUrl("3.17.2"), { width });
      const asked = [];
      page.on("request", (request) => asked.push(request.url()));
      await byRole(page, "table", "Versions in Staging");
      const button = await byRole(page, "button", `Compare ${MODEL}, version 4`);
      const isExpanded = (it) => it.evaluate((it) => it.getAttribute("aria-expanded"));
      assert.equal(await isExpanded(button), "false");
      assert.deepEqual(asked.filter((url) => /get-artifact|runs.get/.test(url)), [], "nothing is read for what is closed");
      await button.focus();
      await page.keyboard.press("Enter");
      await page.waitForSelector(`.review__comparison ::-p-text(Version 4 beside version ${holder}, which is in Production)`);
      await page.waitForSelector(`.review__comparison table[aria-label="Metrics"] ::-p-text(Version ${holder})`);
      await until(() => page.$$(".review__comparison [role=status]"), (all) => all.length === 0, "all of the comparison");
      assert.equal(await isExpanded(button), "true");
      assert.ok(await button.evaluate((it) => it === document.activeElement), "the focus stays");
      const [left, right] = await page.$eval(".review__comparison", (it) => {
        const box = it.getBoundingClientRect();
        return [box.left, box.right];
      });
      assert.ok(left >= 0 && right <= width, `the comparison reaches from ${left} to ${right}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width);
      await assertAccessible(page, `an opened entry, ${width} wide`);

      // The address brings it back; another one takes its place.
      await page.reload();
      await page.waitForSelector(`.review__comparison table[aria-label="Metrics"] ::-p-text(Version ${holder})`);
      const other = await byRole(page, "button", `Compare ${lonely}, version 1`);
      await other.focus();
      await page.keyboard.press("Space");
      await page.waitForSelector(".review__comparison ::-p-text(Version 1; nothing is in Production)");
      await page.waitForSelector('.review__comparison table[aria-label="Metrics"]');
      assert.equal((await page.$$(".review__comparison")).length, 1);
      await page.keyboard.press("Space");
      await until(() => page.$(".review__comparison"), (it) => it === null, "the closed entry");
      assertQuiet(page);
      await page.close();
    });
  }

  test("models are found by their tags and sorted, and the address says how", { timeout: 60_000 }, async () => {
    const client = clientOf(servers.byVersion["3.17.2"].url);
    const owner = `owner ${Date.now()}`;
    for (const name of ["b", "a", "c"]) {
      await client("POST", "registered-models/create", { name: `${name} of ${owner}`, tags: [{ key: "owner", value: owner }] });
    }
    const page = await open("models", site.url, site.serverUrl("3.17.2"));
    await byRole(page, "table", "Registered models");
    await fill(page, "searchbox", "Search models", `owner=${owner}`);
    const names = () => page.$$eval('table[aria-label="Registered models"] tbody th', (all) => all.map((it) => it.textContent[0]).join(""));
    await until(names, (text) => text.length === 3, "the three models");
    for (const [column, orders] of [["Name", ["abc", "cba"]], ["Last change (UTC)", ["cab", "bac"]]]) {
      for (const order of orders) {
        await press(page, "button", column);
        await until(names, (text) => text === order, `by ${column}: ${order}`);
      }
    }
    await page.reload();
    await until(names, (text) => text === "bac", "the order after a reload");
    assert.equal(await page.$eval("th[aria-sort=ascending]", (head) => head.textContent), "Last change (UTC)");
    await press(page, "button", "Last change (UTC)");
    await until(() => page.$("th[aria-sort=ascending]"), (head) => head === null, "the server's order");
    assertQuiet(page);
    await page.close();
  });

  test("hostile names, descriptions and tags are text; aliases and tags are edited and recorded", { timeout: 90_000 }, async () => {
    const client = clientOf(servers.byVersion["3.17.2"].url);
    const name = `hostile ${HOSTILE} ${Date.now()}`;
    await client("POST", "registered-models/create", { name, description: HOSTILE, tags: [{ key: "k", value: HOSTILE }] });
    const { runs: [run] } = await client("POST", "runs/search", { experiment_ids: ["1"], max_results: 1 });
    await client("POST", "model-versions/create", {
      name, source: `${run.info.artifact_uri}/model`, run_id: run.info.run_id, description: HOSTILE, tags: [{ key: "team", value: HOSTILE }],
    });
    const page = await open("models", site.url, site.serverUrl("3.17.2"));
    await page.waitForSelector('table[aria-label="Registered models"]');
    await until(() => page.evaluate(() => document.body.textContent), (text) => text.includes(HOSTILE), "the hostile name");
    await page.evaluate((name) => [...document.querySelectorAll("main a")].find((link) => link.textContent === name).click(), name);
    await page.waitForSelector(".versions tbody a");
    for (const show of ["Board", "History", "Table"]) {
      await press(page, "button", show);
      await assertAccessible(page, `${show} of a hostile model`);
    }
    await clickOn(page, ".versions tbody a");
    await press(page, "button", "Set alias…");
    assert.equal(await page.$("dialog[open]"), null, "an alias needs a name");
    await fill(page, "textbox", "New alias", "v1");
    await page.waitForSelector("::-p-text(The server keeps this name for itself)");
    await fill(page, "textbox", "New alias", "champion");
    await press(page, "button", "Set alias…");
    await page.waitForSelector("dialog[open] ::-p-text(The alias champion is new)");
    await page.waitForSelector("dialog[open] .side-by-side table");
    await assertAccessible(page, "an alias of a hostile model");
    await press(page, "button", "Set alias");
    await done(page);
    await close(page);
    await fill(page, "textbox", "Tag key", "owner");
    await fill(page, "textbox", "Tag value", HOSTILE);
    await press(page, "button", "Set tag");
    await page.waitForSelector(".change ::-p-text(Done, and read back)", { timeout: 20_000 });
    const version = (await versionsOf2(client, name))[1];
    assert.equal(version.tags.find(({ key }) => key === "owner").value, HOSTILE);
    assert.deepEqual(recordsOf(version).map(({ what, name: of }) => [what, of]), [["alias", "champion"], ["tag", "owner"]]);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 1280, `the page is ${width} wide`);
    assert.equal((await page.$$("main img")).length, 0);
    assert.notEqual(await page.title(), "owned");
    assertQuiet(page);
    await page.close();
  });

  test("hostile runs, records, checklists and comments are text wherever they are shown", { timeout: 120_000 }, async () => {
    const client = clientOf(servers.byVersion["3.17.2"].url);
    const own = await serve({
      base: "/", proxies: { "/mlflow": servers.byVersion["3.17.2"].url },
      config: { registry: { checklist: [HOSTILE], stage_aliases: [{ stage: "Production", alias: "champion" }] } },
    });
    const name = `hostile too ${HOSTILE} ${Date.now()}`;
    const runOf = async (place) => {
      const { run } = await client("POST", "runs/create", { experiment_id: "1", run_name: `${HOSTILE} ${place}`, start_time: Date.now() });
      const run_id = run.info.run_id;
      await client("POST", "runs/log-batch", {
        run_id, metrics: [{ key: "rmse", value: place, timestamp: 1, step: 0 }, { key: "rmse", value: place + 1, timestamp: 2, step: 1 }],
        params: [{ key: "loss", value: `${HOSTILE} ${place}` }],
        tags: [{ key: "mlflow.source.git.commit", value: `${HOSTILE} ${place}` }, { key: "mlflow.source.name", value: HOSTILE }],
      });
      await client("POST", "runs/log-inputs", { run_id, datasets: [{ tags: [{ key: "mlflow.data.context", value: HOSTILE.slice(0, 60) }], dataset: { name: HOSTILE, digest: `${place}<b>`, source_type: "local", source: "{}" } }] });
      await client("POST", "runs/update", { run_id, status: "FINISHED", end_time: Date.now() });
      return run;
    };
    await client("POST", "registered-models/create", { name });
    for (const place of [1, 2]) {
      const { info } = await runOf(place);
      await client("POST", "model-versions/create", { name, source: `${info.artifact_uri}/model`, run_id: info.run_id });
    }
    const to = (version, stage) => client("POST", "model-versions/transition-stage", { name, version, stage, archive_existing_versions: false });
    await to("1", "Production");
    await to("2", "Staging");
    const entries = [
      { what: "stage", from: "None", to: "Staging", by: HOSTILE, reason: HOSTILE, archived: [HOSTILE], with: HOSTILE, compared_with: HOSTILE },
      { what: "approve", by: HOSTILE, reason: HOSTILE }, { what: "alias", name: HOSTILE, from: HOSTILE, to: HOSTILE }, { what: "tag", name: HOSTILE, to: HOSTILE },
    ];
    for (const [place, entry] of entries.entries()) {
      const value = JSON.stringify({ runweave: 1, at: `2026-11-23T08:15:0${place}.000Z`, by_source: "typed", ...entry });
      await client("POST", "model-versions/set-tag", { name, version: "2", key: `runweave.record.20261123T08150${place}000Z-other0`, value });
    }
    await client("POST", "model-versions/set-tag", { name, version: "2", key: "runweave.record.20261123T081509000Z-broken", value: HOSTILE });
    try {
      const page = await open("review", own.url, "/mlflow");
      const check = async (where) => {
        assert.equal((await page.$$("main img, dialog img")).length, 0, where);
        assert.notEqual(await page.title(), "owned", where);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 1280, `${where} is ${width} wide`);
        await assertAccessible(page, where);
      };
      const sees = (selector, text) => until(() => page.$$eval(selector, (all) => all.map((it) => it.textContent).join("\n")), (all) => all.includes(text), `${text} in ${selector}`);
      await sees('table[aria-label="Versions in Staging"]', `Production approved by \u2068${HOSTILE}\u2069: \u2068${HOSTILE}\u2069`);
      // The name turns the direction of nothing beside it.
      const isIsolated = await page.$$eval('table[aria-label="Versions in Staging"] th a bdi', (all) => all.every((it) => getComputedStyle(it).unicodeBidi === "isolate"));
      assert.ok(isIsolated);
      await page.evaluate((label) => [...document.querySelectorAll(".review__toggle")].find((it) => it.getAttribute("aria-label") === label).click(), `Compare ${name}, version 2`);
      for (const text of [`${HOSTILE} 1`, `${HOSTILE} 2`]) await sees(".review__comparison", text);
      await check("the queue");
      await page.evaluate((hash) => { location.hash = hash; }, `#/models/${encodeURIComponent(name)}/2?server=%2Fmlflow`);
      await sees('ol[aria-label="History"]', `Alias ${HOSTILE} from version ${HOSTILE}`);
      await sees('ol[aria-label="History"]', "cannot be read");
      await sees('section[aria-label="Review"]', HOSTILE);
      await page.evaluate(() => document.querySelector('section[aria-label="Review"] input[type=checkbox]').click());
      await page.waitForSelector(".change ::-p-text(Done, and read back)", { timeout: 20_000 });
      await sees('ol[aria-label="History"]', `Checked: ${HOSTILE}`);
      await check("the version");
      await page.evaluate(() => [...document.querySelectorAll(".change button")].find((button) => button.textContent === "Close").click());
      await press(page, "button", "Move to…");
      await page.waitForSelector("dialog[open] .side-by-side table");
      await sees('dialog[open] table[aria-label="Params that differ"]', `${HOSTILE} 2`);
      await sees('dialog[open] table[aria-label="Origin"]', HOSTILE);
      await press(page, "radio", "Production");
      await fill(page, "textbox", "Reason", HOSTILE);
      await check("the dialog");
      await press(page, "button", "Move");
      await done(page);
      await check("what came of the move");
      const tags = (await versionsOf2(client, name))[2].tags.filter(({ key }) => !key.endsWith("-broken"));
      assert.equal(recordsOf({ tags }).at(-1).reason, HOSTILE);
      // Their runs have no model, and no MLmodel file.
      assertQuiet(page, [/Failed to load resource/]);
      await page.close();
    } finally {
      await own.close();
    }
  });

  for (const version of ["3.17.2", "2.22.5", "1.30.1"]) {
    test(`MLflow ${version}: descriptions, and tags of the model itself, are edited; what others wrote meanwhile stays`, { timeout: 120_000 }, async () => {
      const client = clientOf(servers.byVersion[version].url);
      const name = `described ${Date.now()}`;
      await client("POST", "registered-models/create", { name, tags: [{ key: "team", value: "blue" }] });
      const { runs: [run] } = await client("POST", "runs/search", { experiment_ids: ["1"], max_results: 1 });
      await client("POST", "model-versions/create", { name, source: `${run.info.artifact_uri}/model`, run_id: run.info.run_id });
      const modelOf = async () => (await client("GET", `registered-models/get?name=${encodeURIComponent(name)}`)).registered_model;
      const changed = async (page) => {
        await page.waitForSelector(".change ::-p-text(Done, and read back)", { timeout: 20_000 });
        await page.evaluate(() => [...document.querySelectorAll(".change button")].find((button) => button.textContent === "Close").click());
        await until(() => page.$(".change"), (change) => change === null, "the closed change");
      };
      const write = async (page, field, text) => {
        const box = await byRole(page, "textbox", field);
        await box.evaluate((element) => element.select());
        await page.keyboard.press("Delete");
        await page.keyboard.sendCharacter(text);
      };
      const page = await open(`models/${encodeURIComponent(name)}`, site.url, site.serverUrl(version));
      const text = `${HOSTILE}\n# no heading\n[x](javascript:alert(1))`;
      await press(page, "button", "Add a description");
      await write(page, "Description", text);
      await assertAccessible(page, `the form of a description on ${version}`);
      await press(page, "button", "Save description");
      await changed(page);
      assert.equal((await modelOf()).description, text);
      await page.waitForFunction(() => document.activeElement.textContent === "Edit description");
      assert.equal(await page.$eval(".model__description", (it) => it.textContent), text);

      // A tag of the model itself, of several lines; edited without losing them; taken away.
      await write(page, "Tag key", "owner");
      await write(page, "Tag value", `two\nlines ${HOSTILE}`);
      await press(page, "button", "Set tag");
      await changed(page);
      const tagOf = async (key) => ((await modelOf()).tags ?? []).find((tag) => tag.key === key)?.value;
      assert.equal(await tagOf("owner"), `two\nlines ${HOSTILE}`);
      assert.equal(await page.$eval('textarea[aria-label="Tag value"]', (it) => it.value), "", "what is saved leaves the form");
      await press(page, "button", "Edit tag owner");
      assert.equal(await page.$eval('textarea[aria-label="Tag value"]', (it) => it.value), `two\nlines ${HOSTILE}`);
      await press(page, "button", "Remove tag team");
      await changed(page);
      assert.equal(await tagOf("team"), undefined);

      // Somebody else is quicker: nothing is written, both texts are named, what was typed is kept.
      await press(page, "button", "Edit description");
      await write(page, "Description", "mine");
      await client("PATCH", "registered-models/update", { name, description: "theirs" });
      await press(page, "button", "Save description");
      const alert = await page.waitForSelector(".change [role=alert]", { timeout: 20_000 });
      assert.match(await alert.evaluate((it) => it.textContent), /Nothing was written.*The description of the model was “<img src=x.*” and is “theirs” now/s);
      assert.equal((await modelOf()).description, "theirs");
      await press(page, "button", "Look at it anew");
      assert.equal(await page.$eval("form textarea", (it) => it.value), "mine");
      await press(page, "button", "Save description");
      await changed(page);
      assert.equal((await modelOf()).description, "mine");
      assert.deepEqual(recordsOf((await versionsOf(client, name))[1]), [], "no version is told of what is not its own");

      // A version's is recorded, a long text with its beginning only.
      await page.evaluate((hash) => { location.hash = hash; }, (await page.$eval(".versions tbody a", (link) => link.getAttribute("href"))));
      await press(page, "button", "Add a description");
      const long = `${HOSTILE} ${"long ".repeat(300)}`;
      await write(page, "Description", long);
      await fill(page, "textbox", "Your name, for the record", "ana");
      await press(page, "button", "Save description");
      await changed(page);
      const described = (await versionsOf(client, name))[1];
      assert.equal(described.description, long);
      const [entry] = recordsOf(described);
      assert.deepEqual([entry.what, entry.from, entry.to, entry.to_chars], ["description", undefined, `${long.slice(0, 200)}…`, long.length]);
      await page.waitForSelector(`ol[aria-label="History"] ::-p-text(${long.length} characters)`);
      await press(page, "button", "Edit description");
      await write(page, "Description", "");
      await press(page, "button", "Save description");
      await changed(page);
      assert.equal((await versionsOf(client, name))[1].description ?? "", "");
      assert.equal((await page.$$("main img")).length, 0);
      assert.notEqual(await page.title(), "owned");
      assertQuiet(page);
      await page.close();
    });
  }

  test("a thousand versions are listed and filtered", { timeout: 240_000 }, async () => {
    const client = clientOf(servers.byVersion["3.17.2"].url);
    const name = `many-${Date.now()}`;
    await client("POST", "registered-models/create", { name });
    const { runs } = await client("POST", "runs/search", { experiment_ids: ["1"], max_results: 50 });
    for (let n = 0; n < 1000; n += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => {
        const run = runs[(n + i) % runs.length];
        return client("POST", "model-versions/create", { name, source: `${run.info.artifact_uri}/model`, run_id: run.info.run_id });
      }));
    }
    await client("POST", "model-versions/set-tag", { name, version: "500", key: "nth", value: "five-hundredth" });
    const page = await open("models", site.url, site.serverUrl("3.17.2"));
    await byRole(page, "table", "Registered models");
    await page.evaluateOnNewDocument(() => {
      globalThis.longest = 0;
      new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => { globalThis.longest = Math.max(globalThis.longest, duration); }))
        .observe({ entryTypes: ["longtask"] });
    });
    const showAs = async (show, selector) => {
      const begin = Date.now();
      await client("GET", `model-versions/search?max_results=2000&filter=${encodeURIComponent(`name = '${name}'`)}`);
      const serverMillis = Date.now() - begin;
      // A page that knows nothing of the model yet.
      await page.evaluate((hash) => { location.hash = hash; }, `#/models?server=${encodeURIComponent(site.serverUrl("3.17.2"))}`);
      await page.reload();
      await byRole(page, "table", "Registered models");
      await page.evaluate(() => { globalThis.longest = 0; });
      const opened = Date.now();
      await page.evaluate((hash) => { location.hash = hash; }, `#/models/${name}?${show}server=${encodeURIComponent(site.serverUrl("3.17.2"))}`);
      await page.waitForSelector(selector);
      // Whoever presses a button then is answered.
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
      return { serverMillis, shownMillis: Date.now() - opened };
    };
    // Machines that run tests are busy: the best of three counts.
    const best = async (show, selector) => {
      const all = [];
      for (let n = 0; n < 3; n += 1) {
        all.push(await showAs(show, selector));
        const { serverMillis, shownMillis } = all.at(-1);
        if (shownMillis - serverMillis < 2000) return all.at(-1);
      }
      return assert.fail(`not usable within 2 s of the server's answer: ${JSON.stringify(all)}`);
    };
    const board = await best("show=board&", ".board__card");
    await page.waitForSelector(".board ::-p-text(Show all 1000 in None)");
    assert.ok((await page.$$(".board__card")).length < 100);
    const { serverMillis, shownMillis } = await best("", ".versions tbody a");
    // Not by its number: the random name of a run may end in it.
    await fill(page, "searchbox", "Filter versions", "tag:nth=five-hundredth");
    await until(() => page.$$eval(".versions tbody a", (links) => links.map((link) => link.textContent).join()), (text) => text === "Version 500", "the filtered version");
    const longest = await page.evaluate(() => Math.round(globalThis.longest));
    console.log(`1,000 versions: the server alone ${serverMillis} ms, a table after ${shownMillis} ms, a board after ${board.shownMillis} ms, the page's longest task ${longest} ms`);
    await page.evaluate((hash) => { location.hash = hash; }, `#/models/${name}?show=board&server=${encodeURIComponent(site.serverUrl("3.17.2"))}`);
    await press(page, "button", "Show all 1000 in None");
    await until(() => page.$$(".board__card"), (cards) => cards.length === 1000, "all cards");
    assertQuiet(page);
    await page.close();
  });

  for (const dark of [false, true]) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 90_000 }, async () => {
        const at = (where) => open(where, site.url, site.serverUrl("3.17.2"), { dark, width });
        for (const [where, selector] of [
          ["models", 'table[aria-label="Registered models"]'], [`models/${MODEL}`, ".versions tbody a"],
          [`models/${MODEL}?show=board&archived=shown`, ".board__card"], [`models/${MODEL}?show=history`, ".history__line"],
          [`models/${MODEL}/4`, ".side-by-side table"], ["review", 'table[aria-label="Versions in Staging"]'],
        ]) {
          const page = await at(where);
          await page.waitForSelector(selector);
          await assertAccessible(page, where);
          const room = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(room <= width, `${where} is ${room} wide`);
          if (where === `models/${MODEL}/4`) {
            for (const [button, field] of [["Move to…", "#move-Archived"], ["Load in Python…", ".load-code"]]) {
              await press(page, "button", button);
              await page.waitForSelector(`dialog[open] ${field}`);
              await assertAccessible(page, `${button} on ${where}`);
              const inside = await page.$eval("dialog[open]", (dialog) => dialog.scrollWidth - dialog.clientWidth);
              assert.ok(inside <= 0, `${button} is ${inside} too wide`);
              await close(page);
              await until(() => page.$("dialog[open]"), (dialog) => dialog === null, "the closed dialog");
            }
          }
          assertQuiet(page);
          await page.close();
        }
      });
    }
  }
});

/** Versions of a model whose name no quote can hold. */
async function versionsOf2(client, model) {
  const { model_versions: versions } = await client("GET", "model-versions/search?max_results=5000");
  return Object.fromEntries(versions.filter(({ name }) => name === model).map((version) => [version.version, version]));
}
