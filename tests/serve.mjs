// Serves the built site as any static host would, for `make run` and the tests.
//
// Beside the files it can forward a prefix to a tracking server, so that the page reaches from its own origin
// a server that sends no CORS headers. Such a server trusts whoever reaches it, so the prefix answers only
// requests to this machine's own names and from the site's own origin.
//
//   node tests/serve.mjs [--dir dist] [--port 8080] [--base /some/sub/] [--proxy /mlflow=http://127.0.0.1:5001]…

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { pipeline } from "node:stream";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** A name with the build's content hash in it never changes its content. */
const HASHED = /-[0-9a-f]{12,}(_bg)?\.\w+$/;

/** Headers that concern one connection only, and are not forwarded. */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"];

function sendText(response, status, text) {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
  response.end(`${text}\n`);
}

/**
 * Serves a folder.
 * @param {object} [options]
 * @param {string} [options.dir]  the folder, `dist` of the project unless named
 * @param {number} [options.port]  0 (the default) takes a free one
 * @param {string} [options.host]  the address to listen on
 * @param {string} [options.base]  the path under which the site lies, with a slash at both ends
 * @param {Record<string, string>} [options.proxies]  prefix without a slash at its end → address of a server;
 *   may be changed while serving. Prefixes count from the origin, not from `base`.
 * @param {object | string | null} [options.config]  answered as config.json in place of the folder's; text as it is
 * @param {Record<string, string>} [options.headers]  added to every file's answer, such as a policy
 * @returns {Promise<{url: string, origin: string, port: number, proxies: Record<string, string>, close: () => Promise<void>}>}
 *   `url` is the site's address, with `base`
 */
export async function serve({
  dir = path.join(root, "dist"), port = 0, host = "127.0.0.1", base = "/", proxies = {}, config = null, headers = {},
} = {}) {
  dir = path.resolve(dir);
  base = `/${base}/`.replace(/\/+/g, "/");

  const server = http.createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, error.message);
    });
  });

  async function answer(request, response) {
    const [rawPath] = request.url.split("?");
    const prefix = Object.keys(proxies).find((each) => rawPath === each || rawPath.startsWith(`${each}/`));
    if (prefix) return forward(request, response, prefix);

    if (request.method !== "GET" && request.method !== "HEAD") return sendText(response, 405, "only GET and HEAD");
    let wanted;
    try {
      wanted = decodeURIComponent(rawPath);
    } catch {
      return sendText(response, 400, "malformed address");
    }
    if (`${wanted}/` === base) {
      response.writeHead(301, { location: base });
      return response.end();
    }
    if (!wanted.startsWith(base)) return sendText(response, 404, "not found");
    const relative = wanted.slice(base.length) || "index.html";
    const file = path.join(dir, relative);
    if (wanted.includes("\0") || !file.startsWith(dir + path.sep)) return sendText(response, 404, "not found");

    if (relative === "config.json" && config) {
      const body = typeof config === "string" ? config : JSON.stringify(config);
      response.writeHead(200, { ...headers, "content-type": TYPES[".json"], "cache-control": "no-cache" });
      return response.end(request.method === "HEAD" ? undefined : body);
    }
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) {
      return sendText(response, 404, "not found");
    }
    const etag = `"${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}"`;
    const about = {
      ...headers,
      "content-type": TYPES[path.extname(file)] ?? "application/octet-stream",
      "x-content-type-options": "nosniff",
      "cache-control": HASHED.test(file) ? "public, max-age=31536000, immutable" : "no-cache",
      etag,
    };
    if (request.headers["if-none-match"] === etag) {
      response.writeHead(304, about);
      return response.end();
    }
    response.writeHead(200, { ...about, "content-length": found.size });
    if (request.method === "HEAD") return response.end();
    pipeline(createReadStream(file), response, () => {});
  }

  function forward(request, response, prefix) {
    // Without the check of Host, a foreign name that resolves to this machine would count as the own origin.
    const own = ownHosts();
    if (!own.has(request.headers.host)) return sendText(response, 403, "the proxy answers only to this machine's own names");
    const { origin } = request.headers;
    if (origin !== undefined && ![...own].some((each) => origin === `http://${each}`)) {
      return sendText(response, 403, "the proxy answers only to the site's own origin");
    }
    const upstream = new URL(proxies[prefix]);
    const forwarded = { ...request.headers, host: upstream.host };
    delete forwarded.origin;
    delete forwarded.referer;
    for (const name of HOP_BY_HOP) delete forwarded[name];
    const outgoing = (upstream.protocol === "https:" ? https : http).request(
      {
        protocol: upstream.protocol,
        hostname: upstream.hostname.replace(/^\[|\]$/g, ""),
        port: upstream.port,
        method: request.method,
        path: upstream.pathname.replace(/\/$/, "") + (request.url.slice(prefix.length).replace(/^(?!\/)/, "/")),
        headers: forwarded,
      },
      (incoming) => {
        const answered = { ...incoming.headers };
        for (const name of HOP_BY_HOP) delete answered[name];
        response.writeHead(incoming.statusCode, answered);
        pipeline(incoming, response, () => {});
      },
    );
    outgoing.on("error", (error) => {
      if (response.headersSent) response.destroy();
      else sendText(response, 502, `${upstream.origin} does not answer: ${error.message}`);
    });
    // A page that gives up a request must not leave the server working on it.
    response.on("close", () => outgoing.destroy());
    pipeline(request, outgoing, () => {});
  }

  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const listening = server.address().port;
  const ownHosts = () => new Set([`localhost:${listening}`, `127.0.0.1:${listening}`, `[::1]:${listening}`]);
  const origin = `http://localhost:${listening}`;
  return {
    url: origin + base,
    origin,
    port: listening,
    proxies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function main(args) {
  const options = { port: 8080, proxies: {} };
  for (let index = 0; index < args.length; index += 2) {
    const [name, value] = [args[index], args[index + 1]];
    if (value === undefined) throw new Error(`${name} needs a value`);
    if (name === "--dir") options.dir = value;
    else if (name === "--port") options.port = Number(value);
    else if (name === "--base") options.base = value;
    else if (name === "--proxy") {
      const [prefix, ...rest] = value.split("=");
      if (!/^\/[\w./-]*\w$/.test(prefix) || !URL.canParse(rest.join("="))) throw new Error(`--proxy takes /prefix=http://server, not ${value}`);
      options.proxies[prefix] = rest.join("=");
    } else throw new Error(`unknown option ${name}`);
  }
  const site = await serve(options);
  console.log(site.url);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exit(2);
  });
}
