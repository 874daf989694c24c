// Webhooks, end to end: a promotion in the browser reaches a pipeline through a real webhook of a real MLflow, and the
// pipeline believes it by its signature. Two pipelines listen: one here, and the receiver of docs/deploy.md, run as it
// is printed there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { serve } from "../serve.mjs";
import { filled, freePort, home, install, root, start } from "../servers/server.mjs";
import { startServers } from "./world.mjs";

const HOSTILE = `<img src=x onerror="document.title='owned'">'"\u202e{{7*7}}`;
const MODEL = "nyc-taxi-regressor";
const SECRET = "correct horse battery staple";
const HOOKS = {
  MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true",
  MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http,https",
  MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
  // MLflow asks its database for webhooks once a minute; what is disabled is called until then.
  MLFLOW_WEBHOOK_CACHE_TTL: "0",
};

let old;
let server;
let strict;
let site;
let pipeline;
let receiver;
let browser;

before(async () => {
  const own = async (name, env) => {
    const dir = path.join(home, "test", `${process.pid}-hooks-${name}`);
    await rm(dir, { recursive: true, force: true });
    return start("3.17.2", { dir, from: await filled("3.17.2", { log: console.log }), env });
  };
  [old, server, strict] = await Promise.all([startServers(["2.22.5", "1.30.1"]), own("open", HOOKS), own("strict", {})]);
  pipeline = await startPipeline();
  receiver = await startReceiver(server.url);
  const proxies = { "/mlflow": server.url, "/strict": strict.url };
  for (const [version, { url }] of Object.entries(old.byVersion)) proxies[`/mlflow-${version}`] = url;
  site = await serve({
    base: "/some/sub/", proxies, config: { registry: { stage_aliases: [{ stage: "Production", alias: "champion" }] } },
  });
  browser = await launch("chrome");
}, { timeout: 600_000 });

after(async () => {
  await browser?.close();
  await site?.close();
  await pipeline?.close();
  await receiver?.stop();
  await old?.stop();
  for (const one of [server, strict].filter(Boolean)) {
    await one.stop();
    await rm(one.dir, { recursive: true, force: true });
  }
});

/** The stub of a pipeline: believes what is signed with the secret and not older than five minutes, once. */
async function startPipeline() {
  const seen = new Set();
  const deployed = [];
  const refused = [];
  const calls = [];
  const judge = (request, body) => {
    const { "x-mlflow-delivery-id": id, "x-mlflow-timestamp": at, "x-mlflow-signature": signature = "" } = request.headers;
    const expected = Buffer.from(`v1,${createHmac("sha256", SECRET).update(`${id}.${at}.${body}`).digest("base64")}`);
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "not signed by our MLflow";
    if (Math.abs(Date.now() / 1000 - Number(at)) > 300) return "too old";
    return null;
  };
  const stub = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    if (request.url === "/broken") return response.writeHead(418, { "content-type": "text/html; charset=utf-8" }).end(HOSTILE);
    const why = judge(request, body);
    if (why) {
      refused.push(why);
      return response.writeHead(401).end(why);
    }
    const id = request.headers["x-mlflow-delivery-id"];
    const { entity, action, data } = JSON.parse(body);
    calls.push(`${entity}.${action}`);
    const isNew = !seen.has(id);
    seen.add(id);
    if (isNew && entity === "model_version_alias" && action === "created" && data.name === MODEL && data.alias === "champion") {
      deployed.push(`deployed version ${data.version}`);
    }
    return response.end("thank you");
  });
  await new Promise((resolve) => stub.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${stub.address().port}`,
    deployed, refused, calls,
    close: () => new Promise((resolve) => { stub.close(resolve); stub.closeAllConnections(); }),
  };
}

/** The receiver of docs/deploy.md, as a person would copy it. */
async function startReceiver(mlflow) {
  const text = await readFile(path.join(root, "docs/deploy.md"), "utf8");
  const [, program] = /```python\n([\s\S]*?)```/.exec(text);
  const dir = path.join(home, "test", `${process.pid}-receiver`);
  await rm(dir, { recursive: true, force: true });
  const file = `${dir}.py`;
  await writeFile(file, program);
  const port = await freePort();
  const { python } = await install("3.17.2");
  const child = spawn(python, ["-u", file], {
    cwd: path.dirname(file),
    env: { ...process.env, SECRET, MLFLOW: mlflow, MODEL, ALIAS: "champion", PORT: String(port), DEPLOYED: `${dir}.txt` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => { said += chunk; });
  const url = `http://127.0.0.1:${port}`;
  await until(() => fetch(url, { method: "POST" }).then(({ status }) => status), (status) => status === 401, "the receiver");
  return {
    url,
    lines: () => said.split("\n").filter((line) => line.startsWith("deploying")),
    deployed: () => readFile(`${dir}.txt`, "utf8").then((text) => text.trim()),
    stop: async () => {
      child.kill();
      await rm(file, { force: true });
      await rm(`${dir}.txt`, { force: true });
    },
  };
}

/** A client of its own, beside the page. */
const clientOf = (url) => async (verb, at, body) => {
  const response = await fetch(`${url}/api/2.0/mlflow/${at}`, {
    method: verb, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${at}: ${await response.clone().text()}`);
  return response.json();
};
const hooksOf = async (url) => (await clientOf(url)("GET", "webhooks")).webhooks ?? [];

/** Opens a page by its address, as a pasted link in a fresh browser. */
async function open(at, serverUrl, options = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${site.url}#/${at}?server=${encodeURIComponent(serverUrl)}`);
  await (await byRole(page, "button", "Connect")).click();
  return page;
}

const press = async (page, role, name) => (await byRole(page, role, name)).click();

async function fill(page, role, name, text) {
  const field = await byRole(page, role, name);
  await field.click({ count: 3 });
  await field.type(text);
}

const says = (page, text) => page.waitForSelector(`::-p-text(${text})`, { timeout: 20_000 });
const textOf = (page) => page.evaluate(() => document.body.textContent);

async function create(page, name, url, { secret } = {}) {
  await press(page, "button", "New webhook…");
  await byRole(page, "dialog", "New webhook");
  await fill(page, "textbox", "Name", name);
  await fill(page, "textbox", "URL", url);
  if (secret) await fill(page, "textbox", "Secret", secret);
  await press(page, "button", "Create webhook");
}

/** Moves a version by its page, and waits for the server's word. */
async function promote(number) {
  const page = await open(`models/${MODEL}/${number}`, "/mlflow");
  await press(page, "button", "Move to…");
  await byRole(page, "dialog", `Move version ${number} of ${MODEL}`);
  await press(page, "radio", "Production");
  await fill(page, "textbox", "Reason", "it is better");
  await fill(page, "textbox", "Your name, for the record", "ana");
  await press(page, "button", "Move");
  await page.waitForSelector("dialog[open] ::-p-text(Done, and read back)", { timeout: 20_000 });
  assertQuiet(page);
  await page.close();
}

describe("webhooks", () => {
  test("a promotion in the browser reaches a pipeline, and a disabled webhook does not", { timeout: 240_000 }, async () => {
    const page = await open("models", "/mlflow");
    await clickOn(page, 'main a[href^="#/webhooks?"]');
    await until(() => page.$eval("h1", (heading) => heading.textContent), (text) => text === "Webhooks", "the page");
    await says(page, "It sends nothing on a stage change");
    await says(page, "Here Production has the alias champion.");
    await says(page, "No webhooks yet");

    await create(page, "deploy", `${pipeline.url}/hook`, { secret: SECRET });
    await says(page, "Create deploy: done, and read back.");
    await create(page, "receiver", receiver.url, { secret: SECRET });
    await says(page, "Create receiver: done, and read back.");
    const rows = () => page.$$eval('table[aria-label="Webhooks"] tbody tr', (all) => all.map((row) => row.textContent));
    const [, first] = await until(rows, (all) => all.length === 2, "the two webhooks");
    assert.match(first, /MODEL_VERSION_ALIAS\.CREATED.*MODEL_VERSION_TAG\.SET.*ACTIVE/s);
    const made = await hooksOf(server.url);
    assert.deepEqual(made.map(({ name }) => name), ["receiver", "deploy"]);
    // The secret is in the request only.
    assert.ok(!(await page.evaluate(() => location.href + document.documentElement.outerHTML)).includes(SECRET));
    assert.ok(!(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).includes(SECRET));

    for (const name of ["deploy", "receiver"]) {
      await press(page, "button", `Test… ${name}`);
      const event = await byRole(page, "combobox", "Event");
      const place = await event.evaluate((it) => [...it.options].find(({ text }) => text === "MODEL_VERSION_ALIAS.CREATED").value);
      await event.select(place);
      await press(page, "button", "Send test");
      await page.waitForSelector("dialog[open] ::-p-text(answered with HTTP 200)", { timeout: 20_000 });
      await assertAccessible(page, "the test");
      await clickOn(page, "dialog[open] .dialog__head button");
    }
    assert.deepEqual([pipeline.calls, pipeline.deployed, pipeline.refused], [["model_version_alias.created"], [], []], "the test deploys nothing");

    await promote(4);
    await until(() => pipeline.deployed, (lines) => lines.length === 1, "the deployment");
    assert.deepEqual(pipeline.deployed, ["deployed version 4"]);
    await until(() => receiver.deployed(), (version) => version === "4", "the receiver's deployment");
    // The move's record fired as well.
    await until(() => pipeline.calls, (calls) => calls.includes("model_version_tag.set"), "the record's event");
    assert.deepEqual(pipeline.refused, []);

    await press(page, "button", "Disable deploy");
    await says(page, "Disable deploy: done, and read back.");
    assert.equal((await hooksOf(server.url)).find(({ name }) => name === "deploy").status, "DISABLED");
    await promote(5);
    await until(() => receiver.deployed(), (version) => version === "5", "the receiver, which is not disabled");
    // It began with what the alias stood for when it started.
    assert.deepEqual(receiver.lines(), [3, 4, 5].map((number) => `deploying models:/${MODEL}/${number}`));
    assert.deepEqual(pipeline.deployed, ["deployed version 4"], "nothing more was received");
    await press(page, "button", "Enable deploy");
    await says(page, "Enable deploy: done, and read back.");
    await promote(3);
    await until(() => pipeline.deployed, (lines) => lines.length === 2, "the deployment after it was enabled");
    assert.deepEqual(pipeline.deployed, ["deployed version 4", "deployed version 3"]);

    await press(page, "button", "Delete… deploy");
    await says(page, "Delete deploy\\?");
    await press(page, "button", "Delete");
    await says(page, "Delete deploy: done, and read back.");
    assert.deepEqual((await hooksOf(server.url)).map(({ name }) => name), ["receiver"]);
    assertQuiet(page);
    await page.close();
  });

  test("a call that is not signed with the secret is refused, and so is one that is old or comes again", { timeout: 60_000 }, async () => {
    const send = (secret, { at = Math.floor(Date.now() / 1000), id = "d1", version = "5" } = {}) => {
      const body = JSON.stringify({ entity: "model_version_alias", action: "created", data: { name: MODEL, alias: "champion", version } });
      const signature = `v1,${createHmac("sha256", secret).update(`${id}.${at}.${body}`).digest("base64")}`;
      const headers = { "x-mlflow-delivery-id": id, "x-mlflow-timestamp": String(at), "x-mlflow-signature": signature };
      return fetch(receiver.url, { method: "POST", headers, body }).then(({ status }) => status);
    };
    const before = receiver.lines().length;
    assert.equal(await send("guessed"), 401);
    assert.equal(await send(SECRET, { at: Math.floor(Date.now() / 1000) - 3600 }), 401);
    assert.equal(await send(SECRET, { at: "NaN" }), 401);
    // Signed and fresh, but the alias stands for another version by now: the server is asked, not the message.
    assert.equal(await send(SECRET, { version: "1" }), 200);
    assert.equal(await send(SECRET, { version: "1" }), 200);
    assert.equal(receiver.lines().length, before, "nothing was deployed");
  });

  test("a server that refuses private addresses or http says what to set, and keeps what was typed", { timeout: 60_000 }, async () => {
    const page = await open("webhooks", "/strict");
    await create(page, "deploy", "https://127.0.0.1/hook");
    const alert = async () => (await page.waitForSelector("dialog[open] [role=alert]")).evaluate((it) => it.textContent);
    assert.match(await alert(), /'127\.0\.0\.1' resolves to 127\.0\.0\.1.*Nothing was changed.*MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true/s);
    await fill(page, "textbox", "URL", "http://ci.example.org/hook");
    await press(page, "button", "Create webhook");
    await until(alert, (text) => /MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https/.test(text), "the scheme");
    const name = await byRole(page, "textbox", "Name");
    assert.equal(await name.evaluate((it) => it.value), "deploy");
    await fill(page, "textbox", "Name", "not a name");
    await press(page, "button", "Create webhook");
    await says(page, "The name takes letters, digits");
    await assertAccessible(page, "the refusal");
    await page.keyboard.press("Escape");
    await until(() => page.$("dialog[open]"), (dialog) => dialog === null, "the closed dialog");
    assert.deepEqual(await hooksOf(strict.url), []);
    assertQuiet(page, [/the server responded with a status of 400/]);
    await page.close();
  });

  test("a secret whose key is lost fails the list, and the page says why", { timeout: 90_000 }, async () => {
    const client = clientOf(strict.url);
    const events = [{ entity: "MODEL_VERSION", action: "CREATED" }];
    await client("POST", "webhooks", { name: "secret", url: "https://8.8.8.8/x", secret: "s", events });
    await strict.stop();
    strict = await start("3.17.2", { dir: strict.dir });
    site.proxies["/strict"] = strict.url;
    const page = await open("webhooks", "/strict");
    const alert = await page.waitForSelector("main [role=alert]", { timeout: 20_000 });
    assert.match(await alert.evaluate((it) => it.textContent), /could not be listed.*500 INTERNAL_ERROR.*MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY/s);
    assertQuiet(page, [/the server responded with a status of 500/]);
    await page.close();
  });

  test("hostile names, URLs, descriptions and answers are text", { timeout: 60_000 }, async () => {
    const client = clientOf(server.url);
    const events = [{ entity: "MODEL_VERSION", action: "CREATED" }];
    const { webhook: { webhook_id: id } } = await client("POST", "webhooks", { name: "hostile", url: `${pipeline.url}/broken`, description: HOSTILE, events });
    // The server checks names; who stands before it does not.
    const liar = http.createServer((request, response) => {
      const sent = http.request(`${server.url}${request.url}`, { method: request.method, headers: { ...request.headers, host: new URL(server.url).host } }, (answer) => {
        if (!/\/webhooks\?/.test(request.url)) {
          response.writeHead(answer.statusCode, answer.headers);
          return answer.pipe(response);
        }
        answer.resume();
        response.writeHead(200, { "content-type": "application/json" });
        const strange = { webhook_id: "../../x?", name: HOSTILE, url: "javascript:alert(1)", status: HOSTILE, events: [{ entity: HOSTILE, action: "__proto__" }] };
        const tested = { webhook_id: id, name: "hostile", url: `${pipeline.url}/${HOSTILE}`, description: HOSTILE, status: "ACTIVE", events };
        return response.end(JSON.stringify({ webhooks: [strange, tested, HOSTILE, { name: HOSTILE }] }));
      });
      request.pipe(sent);
    });
    await new Promise((resolve) => liar.listen(0, "127.0.0.1", resolve));
    site.proxies["/liar"] = `http://127.0.0.1:${liar.address().port}`;
    const page = await open("webhooks", "/liar");
    const table = await byRole(page, "table", "Webhooks");
    const text = await table.evaluate((it) => it.textContent);
    for (const part of [HOSTILE, "javascript:alert(1)", `${HOSTILE}.__proto__`, `${pipeline.url}/${HOSTILE}`]) assert.ok(text.includes(part), part);
    await says(page, "2 webhooks could not be read");
    await assertAccessible(page, "hostile webhooks");
    await press(page, "button", "Test… hostile");
    await press(page, "button", "Send test");
    await page.waitForSelector("dialog[open] ::-p-text(Not delivered: MODEL_VERSION.CREATED, the URL answered with HTTP 418)", { timeout: 20_000 });
    await until(() => textOf(page), (text) => text.includes(`It answered: ${HOSTILE.replace("\u202e", "")}`), "the hostile answer");
    await assertAccessible(page, "a hostile answer");
    assert.equal((await page.$$("main img, main table a")).length, 0);
    assert.notEqual(await page.title(), "owned");
    assertQuiet(page);
    await page.close();
    await client("DELETE", `webhooks/${id}`);
    await new Promise((resolve) => { liar.close(resolve); liar.closeAllConnections(); });
  });

  for (const version of ["2.22.5", "1.30.1"]) {
    test(`MLflow ${version} has no webhooks, and the page says so`, { timeout: 60_000 }, async () => {
      const page = await open("webhooks", `/mlflow-${version}`);
      await says(page, "This server has no webhooks: MLflow 3.3 or newer with a database has them.");
      assert.deepEqual(await page.$$eval("main button", (all) => all.filter((button) => button.checkVisibility()).length), 0);
      await assertAccessible(page, "no webhooks");
      assertQuiet(page, [/the server responded with a status of 404/]);
      await page.close();
    });
  }

  test("made, disabled and deleted by keyboard alone", { timeout: 90_000 }, async () => {
    const page = await open("webhooks", "/mlflow");
    await byRole(page, "button", "New webhook…");
    const focused = () => page.evaluate(() => {
      const it = document.activeElement;
      return `${it.tagName} ${it.type ?? ""} ${it.getAttribute("aria-label") ?? it.textContent.trim()}`;
    });
    const tabTo = async (wanted) => {
      for (let n = 0; n < 80; n += 1) {
        if (wanted.test(await focused())) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`${wanted} is not reached; at ${await focused()}`);
    };
    await tabTo(/^BUTTON button New webhook…/);
    await page.keyboard.press("Enter");
    await tabTo(/^INPUT text Name/);
    await page.keyboard.type("by-keyboard");
    await tabTo(/^INPUT text URL/);
    await page.keyboard.type(pipeline.url);
    await tabTo(/^INPUT checkbox/);
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await says(page, "Create by-keyboard: done, and read back.");
    assert.match(await focused(), /New webhook…/, "the focus comes back");
    const [hook] = await hooksOf(server.url);
    assert.deepEqual([hook.name, hook.events.length], ["by-keyboard", 3]);
    await tabTo(/^BUTTON button Disable by-keyboard/);
    await page.keyboard.press("Enter");
    await says(page, "Disable by-keyboard: done, and read back.");
    assert.match(await focused(), /Enable by-keyboard/, "the focus stays");
    await tabTo(/^BUTTON button Delete… by-keyboard/);
    await page.keyboard.press("Enter");
    await tabTo(/^BUTTON button Delete$/);
    await page.keyboard.press("Enter");
    await says(page, "Delete by-keyboard: done, and read back.");
    assert.match(await focused(), /^H1/, "the focus is on the page");
    assertQuiet(page);
    await page.close();
  });

  for (const dark of [false, true]) {
    for (const width of [1280, 390]) {
      test(`axe finds nothing, ${dark ? "dark" : "light"}, ${width} wide`, { timeout: 60_000 }, async () => {
        const page = await open("webhooks", "/mlflow", { dark, width });
        const name = `${dark ? "dark" : "light"}-${width}`;
        const shot = async (what) => {
          if (process.env.RUNWEAVE_SHOTS) await page.screenshot({ path: path.join(process.env.RUNWEAVE_SHOTS, `${name}-${what}.png`), fullPage: true });
        };
        await byRole(page, "table", "Webhooks");
        await assertAccessible(page, name);
        await shot("page");
        await press(page, "button", "New webhook…");
        await byRole(page, "button", "Create webhook");
        await assertAccessible(page, `${name}, the form`);
        await shot("form");
        await page.keyboard.press("Escape");
        const room = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(room <= width, `it is ${room} wide`);
        assertQuiet(page);
        await page.close();
      });
    }
  }
});
