// `make run`: from a fresh checkout to the site in front of a real MLflow server with a sample experiment.
// `node tests/run.mjs build` makes dist/ only, which is what `make build` does.
//
// What takes long runs side by side: the build tools and the site on one hand, MLflow and its sample on the
// other. Everything lands in .runweave/, node_modules/ and dist/, and a second run finds it there.
//
// Environment: TRACKING_URI uses an existing server and starts none; PORT and MLFLOW_PORT choose the ports.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { serve } from "./serve.mjs";
import { fill, home, install, isFree, isStopping, locked, root, runLogged, spawnGroup, start, stopAll, stopOnSignals } from "./servers/server.mjs";

const MLFLOW = "3.17.2";
const EXPERIMENT = "nyc-taxi-experiment";
const dist = path.join(root, "dist");

const began = Date.now();
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
const say = (text) => console.log(text);

/** Prints what is being done, a sign of life while it lasts, and how long it took. */
async function step(name, work) {
  const begin = Date.now();
  const alive = setInterval(() => say(`  … ${name}, ${seconds(begin)} so far`), 30_000);
  try {
    const result = await work();
    // What was there already is not worth a line.
    if (Date.now() - begin > 500) say(`  ✓ ${name}: ${seconds(begin)}`);
    return result;
  } finally {
    clearInterval(alive);
  }
}

// ------------------------------------------------------------------------------------------- building

const SOURCES = [
  "src", "style", "public", "assets", "vendor", "index.html", "Trunk.toml", "Cargo.toml", "Cargo.lock", "build.rs", ".cargo",
  "rust-toolchain.toml", "package-lock.json", "tests/tools.sh", "tests/finish.mjs", "tests/split.mjs", "tests/charts.mjs", "tests/slim.mjs",
];

async function* filesUnder(name) {
  const found = await stat(path.join(root, name)).catch(() => null);
  if (found?.isDirectory()) {
    for (const entry of (await readdir(path.join(root, name))).sort()) yield* filesUnder(path.join(name, entry));
  } else if (found) {
    yield { name, found };
  }
}

/** A fingerprint of all that the site is built from, by names, sizes and times: also a removed file changes it. */
async function sourcesNow() {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for await (const { name, found } of filesUnder(source)) hash.update(`${name} ${found.size} ${found.mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** What dist/ holds: a build by something else, such as a debug build of `trunk serve`, differs. */
async function distNow() {
  const page = await stat(path.join(dist, "index.html")).catch(() => null);
  return page ? `${page.size} ${page.mtimeMs}` : null;
}

/** Installs the build tools; returns the folders they are in. */
async function tools() {
  let folders = "";
  await new Promise((resolve, reject) => {
    const child = spawnGroup(path.join(root, "tests/tools.sh"), [], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", (data) => (folders += data));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`tests/tools.sh ended with ${code}`))));
  });
  return folders.trim();
}

/** Builds the release site unless dist/ is one of these very sources; one process after another in this folder. */
const build = (options = {}) => locked("site", () => buildAlone(options));

async function buildAlone({ always = false }) {
  const stamp = path.join(home, "dist.json");
  const before = await sourcesNow();
  const built = await readFile(stamp, "utf8").then(JSON.parse).catch(() => ({}));
  const page = await distNow();
  if (!always && page !== null && built.sources === before && built.page === page) return;

  const folders = await step("build tools", tools);
  if (!existsSync(path.join(root, "target/wasm32-unknown-unknown/release"))) say("  building the site, a few minutes the first time");
  const env = { ...process.env, PATH: `${folders}:${process.env.PATH}` };
  // A compiler error says more than where in trunk it surfaced.
  env.RUST_BACKTRACE = "0";
  // trunk reads it as an option that takes true or false only.
  if (env.NO_COLOR !== undefined) env.NO_COLOR = "true";
  await step("release site", () => runLogged("trunk", ["build", "--release"], { env, logFile: path.join(home, "log/build.log") }));
  await mkdir(home, { recursive: true });
  await writeFile(stamp, JSON.stringify({ sources: before, page: await distNow() }));
}

// ------------------------------------------------------------------------------------------- tracking servers

/** A port from the environment, which has to be free, or the first free one from the default on. */
async function choosePort(variable, fallback) {
  const wanted = process.env[variable];
  if (wanted !== undefined && wanted !== "") {
    const port = Number(wanted);
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`${variable}=${wanted} is not a port`);
    if (!(await isFree(port))) throw new Error(`port ${port} is taken: choose another with ${variable}=`);
    return port;
  }
  for (let port = fallback; port < fallback + 20; port += 1) {
    if (await isFree(port)) {
      if (port !== fallback) say(`  port ${fallback} is taken, using ${port} (${variable}= chooses another)`);
      return port;
    }
  }
  throw new Error(`no free port from ${fallback} on: choose one with ${variable}=`);
}

/** The local server with the sample in it. */
async function localServer() {
  await step(`MLflow ${MLFLOW} installed`, () => install(MLFLOW, { log: (text) => say(`  ${text}`) }));
  const port = await choosePort("MLFLOW_PORT", 5000);
  const server = await step(`MLflow ${MLFLOW} started`, () => start(MLFLOW, { dir: path.join(home, "mlflow"), port }));
  const sampled = await isSampled(server.url);
  if (!sampled) {
    say("  filling it with the sample, 58 runs of real training, a minute or two");
    await step("sample experiment", () => fill(server));
  }
  return server;
}

/** Whether the server holds the complete sample. */
async function isSampled(url) {
  const name = encodeURIComponent(EXPERIMENT);
  const response = await fetch(`${url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=${name}`);
  if (!response.ok) return false;
  const { experiment } = await response.json();
  // Without our tag it is somebody's own experiment of that name, and none of our business.
  const state = experiment.tags?.find((tag) => tag.key === "runweave.sample")?.value;
  return state === undefined || state === "complete";
}

/** Whether a page of `origin` may talk to the server: every search is a POST that the browser asks about first. */
async function allowsOrigin(url, origin) {
  let response;
  try {
    response = await fetch(`${url}/api/2.0/mlflow/experiments/search`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
      signal: AbortSignal.timeout(10_000),
    });
  } catch (error) {
    throw new Error(`${url} does not answer: ${error.cause?.message ?? error.message}`);
  }
  const allowed = response.headers.get("access-control-allow-origin");
  return response.ok && (allowed === origin || allowed === "*");
}

// ------------------------------------------------------------------------------------------- the whole

async function run() {
  const wantedUri = process.env.TRACKING_URI?.replace(/\/+$/, "");
  if (wantedUri && /^https?:\/\/[^/]*@/.test(wantedUri)) throw new Error("TRACKING_URI takes no user name and password: sign in on the page");
  if (wantedUri && !/^https?:\/\//.test(wantedUri)) throw new Error(`TRACKING_URI=${wantedUri} is not an http:// or https:// address`);
  const port = await choosePort("PORT", 8080);

  // The config is filled in below, before anybody is told the address.
  const config = {};
  const [server] = await Promise.all([wantedUri ? { url: wantedUri } : localServer(), build()]);
  const site = await serve({ port, config });

  let url = server.url;
  if (!(await allowsOrigin(url, site.origin))) {
    site.proxies["/mlflow"] = url;
    url = `${site.origin}/mlflow`;
    say(`  ${server.url} sends no CORS headers for ${site.origin}: the site reaches it through ${url}`);
  }
  const name = wantedUri ? new URL(wantedUri).host : "Local MLflow";
  Object.assign(config, { servers: [{ name, url, kind: "mlflow", sign_in: "none" }], default_server: name });

  say(`
Runweave  ${site.url}
MLflow    ${server.url}
          ${site.url}#/experiments?server=${encodeURIComponent(url)}

up after ${seconds(began)}; Ctrl-C stops ${wantedUri ? "the site" : "both"}`);

  if (server.exited) {
    const reason = await server.exited;
    if (!isStopping()) throw new Error(`MLflow: ${reason}; see ${path.relative(root, server.logFile)}`);
  }
}

try {
  stopOnSignals(() => say("\nstopping"));
  if (process.argv[2] === "build") {
    await build({ always: true });
  } else if (process.argv[2] === undefined) {
    await run();
  } else {
    throw new Error("usage: node tests/run.mjs [build]");
  }
} catch (error) {
  // After Ctrl-C everything fails at once, and the signal's handler ends the process.
  if (!isStopping()) {
    console.error(`\n${error.message}`);
    await stopAll();
    process.exit(1);
  }
}
