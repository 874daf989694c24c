// The world of the end-to-end tests: real tracking servers with the sample experiment, and the built site.
//
// RUNWEAVE_TEST_SERVERS="3.17.2=http://127.0.0.1:5000,…" uses servers that already run, while writing tests.
import http from "node:http";
import { rm } from "node:fs/promises";
import path from "node:path";
import { byRole, clickOn } from "./browser.mjs";
import { serve } from "../serve.mjs";
import { filled, home, start, VERSIONS } from "../servers/server.mjs";

/** Starts these versions, filled. */
export async function startServers(versions = VERSIONS) {
  const named = process.env.RUNWEAVE_TEST_SERVERS;
  if (named) {
    const byVersion = Object.fromEntries(named.split(",").map((pair) => pair.split("=")).map(([version, url]) => [version, { url }]));
    return { byVersion, stop: async () => {} };
  }
  const started = await Promise.all(versions.map(async (version) => {
    const from = await filled(version, { log: console.log });
    // A folder of its own: another run of the tests may use its servers at the same time.
    const dir = path.join(home, "test", `${process.pid}-${version}`);
    await rm(dir, { recursive: true, force: true });
    return [version, await start(version, { dir, from }), dir];
  }));
  return {
    byVersion: Object.fromEntries(started),
    stop: async () => {
      for (const [, server, dir] of started) {
        await server.stop();
        await rm(dir, { recursive: true, force: true });
      }
    },
  };
}

/**
 * Serves the site below a sub-path, and the servers that send no CORS headers, with what `others` names, from the
 * site's own origin.
 */
export async function startSite(servers, others = {}) {
  const proxies = Object.fromEntries(Object.entries(servers.byVersion)
    .filter(([version]) => !version.startsWith("3."))
    .map(([version, { url }]) => [`/mlflow-${version}`, url]));
  Object.assign(proxies, others);
  const site = await serve({ base: "/some/sub/", proxies, config: {} });
  return {
    url: site.url,
    close: site.close,
    /** Prefixes and where they lead; may be changed. */
    proxies: site.proxies,
    /** The address to type for that version. */
    serverUrl: (version) => (proxies[`/mlflow-${version}`] ? `/mlflow-${version}` : servers.byVersion[version].url),
  };
}

export const USER = "ana";
export const PASSWORD = "sésame:1";

/** A door before a real server: HTTP Basic, or the header `X-Key`, or nobody. */
export async function startGuard(target) {
  const basic = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
  const refused = [];
  const authorizations = [];
  const server = http.createServer((request, response) => {
    if (request.headers.authorization !== basic && request.headers["x-key"] !== "k1") {
      refused.push(request.url);
      authorizations.push(request.headers.authorization ?? "");
      response.writeHead(401, { "content-type": "text/plain" }).end("who are you");
      return;
    }
    const to = new URL(request.url, target);
    const { authorization: _secret, ...headers } = request.headers;
    const forwarded = http.request(to, { method: request.method, headers: { ...headers, host: to.host } }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.writeHead(502).end());
    request.pipe(forwarded);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** What was asked for without a sign-in. */
    refused,
    /** How those asked who were refused, in the same order. */
    authorizations,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/**
 * A door before a real server that notes what is asked for, and lets what matches `held` wait for as long as that is set.
 */
export async function startGate(target) {
  const asked = [];
  const waiting = [];
  let held = null;
  const server = http.createServer((request, response) => {
    asked.push(request.url);
    const go = () => {
      const to = new URL(request.url, target);
      const forwarded = http.request(to, { method: request.method, headers: { ...request.headers, host: to.host } }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      forwarded.on("error", () => response.writeHead(502).end());
      request.pipe(forwarded);
    };
    if (held?.test(request.url)) waiting.push(go);
    else go();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Paths and queries, in order. */
    asked,
    /** Lets what matches wait; nothing for `null`, which lets go on what waits. */
    hold: (pattern) => {
      held = pattern;
      if (!held) waiting.splice(0).forEach((go) => go());
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Signs in at that door by HTTP Basic. */
export async function signIn(page, siteUrl, serverUrl, { isKept = false } = {}) {
  await page.goto(`${siteUrl}#/`);
  await (await byRole(page, "textbox", "Server URL")).type(serverUrl);
  await page.select("form select", "1");
  await (await byRole(page, "textbox", "User")).type(USER);
  await (await page.waitForSelector('input[type="password"]')).type(PASSWORD);
  if (isKept) await clickOn(page, 'input[type="checkbox"]');
  await (await byRole(page, "button", "Connect")).click();
  await byRole(page, "table", "Experiments");
}
