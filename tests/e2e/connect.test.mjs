// Connecting: every way in which it fails is named and mended, sign-ins work and leave no trace in the address, and a
// broken config.json leaves a working page.
import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertQuiet, byRole, clickOn, launch, openPage, until } from "./browser.mjs";
import { serve } from "../serve.mjs";
import { freePort, root } from "../servers/server.mjs";
import { PASSWORD, signIn, startGuard, startSite, startServers, USER } from "./world.mjs";
import { call } from "./mlflow.mjs";

/** What the browser itself says of requests that this file makes fail. */
const REFUSED = [/net::ERR_/, /blocked by CORS policy/, /the server responded with a status of 4\d\d/];

let servers;
let site;
let browser;
let guard;

before(async () => {
  servers = await startServers(["3.17.2", "2.22.5"]);
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

async function connect(page, url) {
  await page.goto(`${site.url}#/`);
  const box = await byRole(page, "textbox", "Server URL");
  await box.click({ count: 3 });
  await box.type(url);
  await (await byRole(page, "button", "Connect")).click();
}

/** The text of the page's alert. */
async function alertOf(page) {
  const alert = await page.waitForSelector('[role="alert"]', { timeout: 30_000 });
  return alert.evaluate((element) => element.textContent.replace(/\s+/g, " "));
}

describe("connect", () => {
  test("the site as it is built logs nothing on a plain host, and says when its config.json is kept from it", { timeout: 60_000 }, async () => {
    const plain = await serve();
    const page = await openPage(browser);
    await page.goto(plain.url);
    await byRole(page, "textbox", "Server URL");
    await page.waitForNetworkIdle();
    assertQuiet(page);
    assert.equal(await page.$('[role="alert"]'), null);
    await page.setRequestInterception(true);
    page.on("request", (request) => (request.url().endsWith("/config.json") ? request.respond({ status: 403, body: "no" }) : request.continue()));
    await page.reload();
    assert.match(await alertOf(page), /config\.json could not be read.*403/);
    await plain.close();
    await page.close();
  });

  const failures = [
    ["nothing listens", async () => `http://127.0.0.1:${await freePort()}`, [/does not answer/i, /Check that the server runs/]],
    ["an origin that MLflow 2 refuses", () => servers.byVersion["2.22.5"].url, [/refuses pages of http:\/\/localhost/, /proxy/]],
    ["a path above the API", () => `${servers.byVersion["3.17.2"].url}/some/where`, [/but at http/, /Connect to http/]],
    ["something that is no tracking server", () => new URL(site.url).origin, [/no(t| MLflow)/i]],
    ["a server that wants to know who asks", () => "/guarded", [/wants to know who asks/, /user name/]],
    ["text that is no address", () => "ftp://example", [/neither an http nor an https address/]],
  ];
  for (const [what, url, expected] of failures) {
    test(`${what} is named, and what to do`, { timeout: 60_000 }, async () => {
      const page = await openPage(browser);
      await connect(page, await url());
      const text = await alertOf(page);
      for (const pattern of expected) assert.match(text, pattern);
      assert.ok(text.length < 1500, text);
      await assertAccessible(page, `connect: ${what}`);
      assertQuiet(page, REFUSED);
      await page.close();
    });
  }

  test("Basic sign-in works, survives a reload where kept, and never stands in the address", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    await signIn(page, site.url, "/guarded", { isKept: true });
    await page.reload();
    await byRole(page, "table", "Experiments");
    assert.ok(!decodeURIComponent(page.url()).includes(PASSWORD) && !page.url().includes(USER), page.url());
    const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }));
    assert.ok(!stored.includes("sésame"), stored);
    assertQuiet(page);
    await page.close();
  });

  test("a sign-in that a server refused is kept for no other one", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    const { url } = servers.byVersion["3.17.2"];
    await connect(page, url);
    await byRole(page, "table", "Experiments");
    await page.goto(`${site.url}#/`);
    const box = await byRole(page, "textbox", "Server URL");
    await box.click({ count: 3 });
    await box.type("/guarded");
    await page.select("form select", "1");
    await (await byRole(page, "textbox", "User")).type(USER);
    await (await page.waitForSelector('input[type="password"]')).type("the wrong one");
    await clickOn(page, 'input[type="checkbox"]');
    await (await byRole(page, "button", "Connect")).click();
    await alertOf(page);
    // Another server, chosen by a link, is reached without it.
    await page.goto(`${site.url}#/experiments?server=${encodeURIComponent(url)}`);
    await byRole(page, "table", "Experiments");
    assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes("sign-in"))), []);
    // So is one that is chosen in the form, whose boxes are empty then.
    await page.goto(`${site.url}#/`);
    await page.select("form select", "1");
    await (await byRole(page, "textbox", "User")).type(USER);
    await (await page.waitForSelector('input[type="password"]')).type(PASSWORD);
    await page.select("form select", "2");
    await (await byRole(page, "textbox", "Server URL")).click({ count: 3 });
    await page.keyboard.type("/guarded");
    const nRefused = guard.authorizations.length;
    await (await byRole(page, "button", "Connect")).click();
    await until(() => guard.authorizations.length, (n) => n > nRefused, "a request that was refused");
    assert.ok(guard.authorizations.slice(nRefused).every((text) => !text.includes("same:1")), guard.authorizations.join());
    await alertOf(page);
    assertQuiet(page, REFUSED);
    await page.close();
  });

  test("an engine or a page that does not arrive is told, with the way to load it anew", { timeout: 90_000 }, async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "runweave-"));
    await cp(path.join(root, "dist"), dir, { recursive: true });
    const lost = await serve({ dir, config: {} });
    const files = await readdir(dir);
    const fileOf = (program) => path.join(dir, files.find((file) => file.startsWith(`${program}-`) && file.endsWith("_bg.wasm")));
    const isExpected = [/status of 404/, /Uncaught/, /JSHandle/, /TypeError/, /CompileError/, /HTTP status code is not ok/, /failed to fetch Wasm/];

    await rename(fileOf("engine"), path.join(dir, "engine"));
    const page = await openPage(browser);
    await page.goto(lost.url);
    assert.match(await alertOf(page), /engine.*did not start.*Reload the page/);
    await assertAccessible(page, "connect without an engine");
    await rename(path.join(dir, "engine"), fileOf("engine"));
    await (await byRole(page, "button", "Reload")).click();
    await until(() => page.$('[role="alert"]'), (alert) => alert === null, "a page without the alert");
    const box = await byRole(page, "textbox", "Server URL");
    await box.type(servers.byVersion["3.17.2"].url);
    await (await byRole(page, "button", "Connect")).click();
    await byRole(page, "table", "Experiments");
    assertQuiet(page, isExpected);
    await page.close();

    await rename(fileOf("page"), path.join(dir, "page"));
    const other = await openPage(browser);
    await other.goto(lost.url);
    assert.match(await alertOf(other), /Runweave could not be started/);
    await rename(path.join(dir, "page"), fileOf("page"));
    await (await byRole(other, "button", "Reload")).click();
    await byRole(other, "textbox", "Server URL");
    assertQuiet(other, isExpected);
    await other.close();
    await lost.close();
    await rm(dir, { recursive: true });
  });

  test("a custom header signs in, for as long as the page is open", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    await page.goto(`${site.url}#/`);
    await (await byRole(page, "textbox", "Server URL")).type("/guarded");
    await page.select("form select", "3");
    await (await byRole(page, "textbox", "Header name")).type("X-Key");
    await (await page.waitForSelector('input[type="password"]')).type("k1");
    await (await byRole(page, "button", "Connect")).click();
    await byRole(page, "table", "Experiments");
    assertQuiet(page);
    await page.reload();
    assert.match(await alertOf(page), /wants to know who asks/);
    assert.equal(await page.evaluate(() => JSON.stringify({ ...sessionStorage }).includes("k1")), false);
    await page.close();
  });

  test("an address without a scheme is completed, and remembered", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    const { url } = servers.byVersion["3.17.2"];
    await connect(page, url.replace("http://", ""));
    await byRole(page, "table", "Experiments");
    await page.goto(`${site.url}#/`);
    await byRole(page, "button", url);
    assertQuiet(page);
    await page.close();
  });

  test("config.json opens its default server without asking and gives the first view; a broken one is told in a line", { timeout: 60_000 }, async () => {
    const { url } = servers.byVersion["3.17.2"];
    const config = { servers: [{ name: "Ours", url, kind: "mlflow", sign_in: "none" }], default_server: "Ours", view: "filter=lasso&sort=metrics.rmse" };
    const own = await serve({ config });
    const page = await openPage(browser);
    await page.goto(own.url);
    await byRole(page, "table", "Experiments");
    await clickOn(page, "::-p-text(nyc-taxi-experiment)");
    const status = await byRole(page, "status", "Run counts");
    await until(() => status.evaluate((element) => element.textContent), (text) => text.startsWith("2 of 58 runs"), "the view of config.json");
    assert.match(page.url(), /filter=lasso&sort=metrics\.rmse/);
    assertQuiet(page);
    await own.close();

    const broken = await serve({ config: "{" });
    await page.goto(broken.url);
    assert.match(await alertOf(page), /config\.json/);
    await byRole(page, "textbox", "Server URL");
    await broken.close();
    // Rules that nobody understands are told where they would count, and keep nobody from comparing.
    const odd = await serve({ config: { ...config, registry: { reason_required: ["Nowhere"] } } });
    await page.goto(`${odd.url}#/models/nyc-taxi-regressor/5?server=${encodeURIComponent(url)}`);
    assert.match(await alertOf(page), /rules of stage control in config\.json/);
    await byRole(page, "button", "Move to…");
    await odd.close();
    await page.close();
  });

  test("names of experiments are text, and nothing else", { timeout: 60_000 }, async () => {
    const { url } = servers.byVersion["3.17.2"];
    const name = `<img src=x onerror="document.title='owned'"> ${Date.now()}`;
    const created = await fetch(`${url}/api/2.0/mlflow/experiments/create`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name }),
    });
    assert.ok(created.ok);
    const page = await openPage(browser);
    await connect(page, url);
    const table = await byRole(page, "table", "Experiments");
    await until(() => table.evaluate((element) => element.textContent), (text) => text.includes(name), "the hostile name");
    assert.notEqual(await page.title(), "owned");
    assert.equal((await table.$$("img")).length, 0);
    assertQuiet(page);
    await page.close();
  });

  test("a page whose code does not arrive says so, and opens when asked again", { timeout: 60_000 }, async () => {
    const page = await openPage(browser);
    const network = await page.createCDPSession();
    await network.send("Network.enable");
    await network.send("Network.setBlockedURLs", { urls: ["*late-*.wasm"] });
    await connect(page, servers.byVersion["3.17.2"].url);
    await (await byRole(page, "link", "Models")).click();
    await byRole(page, "heading", "This page did not arrive");
    await network.send("Network.setBlockedURLs", { urls: [] });
    await (await byRole(page, "button", "Try again")).click();
    await byRole(page, "link", "nyc-taxi-regressor");
    await until(() => page.evaluate(() => document.activeElement.textContent), (text) => text === "Models", "the focus on the heading");
    assertQuiet(page, [/net::ERR_FAILED/, /Failed to fetch/, /JSHandle/]);
    await page.close();
  });

  // The last one: it leaves many experiments behind.
  test("of many experiments the rows in view are in the document, and all of them are reached", { timeout: 120_000 }, async () => {
    const { url } = servers.byVersion["3.17.2"];
    const stamp = Date.now();
    for (let n = 0; n < 300; n++) await call(url, "experiments/create", { name: `many-${stamp}-${String(n).padStart(3, "0")}` });
    const page = await openPage(browser);
    await connect(page, url);
    const table = await byRole(page, "table", "Experiments");
    const names = () => table.$$eval("tbody a", (links) => links.map((link) => link.textContent));
    await until(names, (names) => names[0] === `many-${stamp}-299`, "the newest first");
    assert.ok((await names()).length < 100, `${(await names()).length} rows`);
    const n_all = Number(await table.evaluate((element) => element.ariaRowCount ?? element.getAttribute("aria-rowcount")));
    assert.ok(n_all > 301, `${n_all} rows in all`);
    const region = await byRole(page, "region", "Experiments, scrollable");
    await region.focus();
    await page.keyboard.press("End");
    await until(names, (names) => names.includes("nyc-taxi-experiment") && !names.includes(`many-${stamp}-299`), "the oldest, at the end");
    await (await byRole(page, "searchbox", "Search experiments")).type(`${stamp}-007`);
    await until(names, (names) => names.length === 1 && names[0].endsWith("007"), "the one that is searched for");
    assertQuiet(page);
    await page.close();
  });
});
