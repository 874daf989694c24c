// Installs and starts real MLflow servers, for `make run` and the tests.
//
// Each version lives in a virtual environment under .runweave/venv/, made once and made anew when its
// requirements change. A server keeps its SQLite file and its artifacts in one folder, listens on loopback,
// and runs in a process group of its own, which ends with this process, also on Ctrl-C.
//
//   node tests/servers/server.mjs install VERSION
//   node tests/servers/server.mjs start VERSION [--dir DIR] [--port PORT] [--filled]
//
// VERSION is 3.17.2, 2.22.5 or 1.30.1. `--filled` starts from a copy of the sample (see ../sample/workload.py).

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, openSync, closeSync, readFileSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile, rename } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
/** Everything that is made on this machine and not part of the project. */
export const home = path.join(root, ".runweave");

/** The versions that tests may start. The newest shares the sample's environment: it fills itself. */
const REQUIREMENTS = {
  "3.17.2": { name: "sample", file: "tests/sample/requirements.txt" },
  "2.22.5": { name: "mlflow-2.22.5", file: "tests/servers/requirements-2.22.5.txt" },
  "1.30.1": { name: "mlflow-1.30.1", file: "tests/servers/requirements-1.30.1.txt" },
};
export const VERSIONS = Object.keys(REQUIREMENTS);

const HEALTH_DEADLINE_MS = 180_000;
const STOP_DEADLINE_MS = 8_000;

// ------------------------------------------------------------------------------------------- processes

/** Leaders of the process groups that have to end with this process. */
const groups = new Set();

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Starts a program in a process group of its own, which is ended when this process ends. */
export function spawnGroup(command, args, options = {}) {
  const child = spawn(command, args, { ...options, detached: true });
  if (child.pid) groups.add(child.pid);
  // "close" may wait for a grandchild's pipe, "exit" does not.
  child.on("exit", () => {
    // Only a group without members may be forgotten.
    if (!signalGroup(child.pid, 0)) groups.delete(child.pid);
  });
  return child;
}

async function stopGroup(pid) {
  if (!signalGroup(pid, "SIGTERM")) return void groups.delete(pid);
  const deadline = Date.now() + STOP_DEADLINE_MS;
  while (Date.now() < deadline && signalGroup(pid, 0)) await sleep(50);
  signalGroup(pid, "SIGKILL");
  groups.delete(pid);
}

/** Ends every process group that was started here. */
export async function stopAll() {
  await Promise.all([...groups].map(stopGroup));
}

let guarded = false;
let stopping = false;
/** Whether a signal asked this process to end: what fails from then on was stopped, and is no error to report. */
export const isStopping = () => stopping;

/** Ends the started groups on Ctrl-C, on a termination signal and at exit. `say` is called once, on a signal. */
export function stopOnSignals(say = () => {}) {
  if (guarded) return;
  guarded = true;
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]]) {
    process.on(signal, async () => {
      // A second Ctrl-C does not wait any longer.
      if (stopping) process.exit(code);
      stopping = true;
      say();
      await stopAll();
      process.exit(code);
    });
  }
  process.on("exit", () => {
    for (const pid of groups) signalGroup(pid, "SIGKILL");
  });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Runs a program to its end, its output in `logFile`; an error carries the output's last lines. */
export async function runLogged(command, args, { logFile, ...options } = {}) {
  await mkdir(path.dirname(logFile), { recursive: true });
  const fd = openSync(logFile, "w");
  try {
    await new Promise((resolve, reject) => {
      const child = spawnGroup(command, args, { cwd: root, ...options, stdio: ["ignore", fd, fd] });
      child.on("error", (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
      child.on("exit", (code, signal) => {
        if (code === 0) return resolve();
        const tail = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-30).join("\n");
        reject(new Error(`${path.basename(command)} ended with ${signal ?? code}; the end of ${path.relative(root, logFile)}:\n${tail}`));
      });
    });
  } finally {
    closeSync(fd);
  }
}

/** Whether nobody listens on a port of this machine. */
export function isFree(port, host = "127.0.0.1") {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/** A port that nobody listens on. */
export function freePort(host = "127.0.0.1") {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once("error", reject);
    probe.listen(0, host, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Does two processes' work one after the other: `make run` beside `make test` must not make one venv twice. */
export async function locked(name, work) {
  const lock = path.join(home, "lock", name);
  await mkdir(path.dirname(lock), { recursive: true });
  for (;;) {
    try {
      await writeFile(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const owner = Number(await readFile(lock, "utf8").catch(() => ""));
      let alive = true;
      try {
        // Our own other call counts as alive; an empty file is one that is being written.
        if (owner) process.kill(owner, 0);
      } catch (gone) {
        alive = gone.code === "EPERM";
      }
      if (!alive) await rm(lock, { force: true });
      else await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

// ----------------------------------------------------------------------------------------- installing

/** A requirements file with the ones it includes, as one text. */
async function requirementsText(file) {
  const text = await readFile(file, "utf8");
  const included = [...text.matchAll(/^-r\s+(\S+)/gm)].map((match) => path.resolve(path.dirname(file), match[1]));
  return text + (await Promise.all(included.map(requirementsText))).join("");
}

async function works(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "ignore" });
    child.on("error", () => resolve(false));
    child.on("exit", (code) => resolve(code === 0));
  });
}

async function findPython() {
  const candidates = [process.env.PYTHON, "python3", "python"].filter(Boolean);
  for (const candidate of candidates) {
    if (await works(candidate, ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"])) return candidate;
  }
  throw new Error("Python 3.10 or newer is needed, and was not found as python3 (set PYTHON=/path/to/python)");
}

/**
 * Makes sure that a version is installed; quick when it is.
 * @returns {Promise<{bin: string, python: string, mlflow: string, fresh: boolean}>}
 */
export async function install(version, { log = () => {} } = {}) {
  const wanted = REQUIREMENTS[version];
  if (!wanted) throw new Error(`MLflow ${version} is not among ${VERSIONS.join(", ")}`);
  const venv = path.join(home, "venv", wanted.name);
  const bin = path.join(venv, "bin");
  const found = { bin, python: path.join(bin, "python"), mlflow: path.join(bin, "mlflow") };
  const file = path.join(root, wanted.file);
  const digest = createHash("sha256").update(await requirementsText(file)).digest("hex");
  const stamp = path.join(venv, "requirements.sha256");
  const isCurrent = async () => existsSync(found.mlflow) && (await readFile(stamp, "utf8").catch(() => "")) === digest;

  if (await isCurrent()) return { ...found, fresh: false };
  await locked(`venv-${wanted.name}`, async () => {
    if (await isCurrent()) return;
    log(`installing MLflow ${version} into ${path.relative(root, venv)}, about a minute`);
    const python = await findPython();
    const logFile = path.join(home, "log", `install-${wanted.name}.log`);
    await rm(venv, { recursive: true, force: true });
    if (await works("uv", ["--version"])) {
      await runLogged("uv", ["venv", "--quiet", "--python", python, venv], { logFile });
      await runLogged("uv", ["pip", "install", "--python", found.python, "-r", file], { logFile });
    } else {
      await runLogged(python, ["-m", "venv", venv], { logFile }).catch((error) => {
        throw new Error(`${error.message}\nOn Debian, \`apt-get install python3-venv\` adds what is missing.`);
      });
      await runLogged(found.python, ["-m", "pip", "install", "--disable-pip-version-check", "-r", file], { logFile });
    }
    await writeFile(stamp, digest);
  });
  return { ...found, fresh: true };
}

// ------------------------------------------------------------------------------------------- starting

/**
 * Starts a server and waits until it answers.
 * @param {string} version
 * @param {object} options
 * @param {string} options.dir  folder of mlflow.db and artifacts/; made when missing
 * @param {number} [options.port]  0 (the default) takes a free one
 * @param {string} [options.from]  a folder to copy into `dir` first, as `filled` returns it
 * @param {string[]} [options.args]  further arguments of `mlflow server`
 * @param {object} [options.env]  further environment
 * @returns {Promise<{url: string, port: number, version: string, dir: string, pid: number, logFile: string, exited: Promise<string>, stop: () => Promise<void>}>}
 */
export async function start(version, { dir, port = 0, from, args = [], env = {}, log = () => {} } = {}) {
  const { bin, mlflow } = await install(version, { log });
  stopOnSignals();
  dir = path.resolve(dir);
  await mkdir(dir, { recursive: true });
  if (from) await cp(from, dir, { recursive: true });
  port ||= await freePort();
  const logFile = path.join(dir, "server.log");
  const out = createWriteStream(logFile);
  await new Promise((resolve, reject) => out.on("open", resolve).on("error", reject));
  const [major] = version.split(".").map(Number);
  const child = spawnGroup(
    mlflow,
    [
      "server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1",
      "--backend-store-uri", `sqlite:///${path.join(dir, "mlflow.db")}`,
      "--artifacts-destination", path.join(dir, "artifacts"),
      // Later versions serve artifacts unless told otherwise.
      ...(major < 2 ? ["--serve-artifacts"] : []),
      ...args,
    ],
    {
      cwd: dir,
      stdio: ["ignore", out, out],
      env: {
        ...process.env,
        // Old versions call gunicorn by its name.
        PATH: `${bin}:${process.env.PATH}`,
        // Ten processes of job runners that nobody here uses.
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
        MLFLOW_DISABLE_TELEMETRY: "true",
        ...env,
      },
    },
  );
  out.close();
  const url = `http://127.0.0.1:${port}`;
  let ended = null;
  const exited = new Promise((resolve) => {
    child.on("error", (error) => resolve((ended = error.message)));
    child.on("exit", (code, signal) => resolve((ended = `it ended with ${signal ?? code}`)));
  });
  const deadline = Date.now() + HEALTH_DEADLINE_MS;
  for (;;) {
    const healthy = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2000) }).then((r) => r.ok, () => false);
    if (healthy && ended === null) break;
    if (ended !== null || Date.now() > deadline) {
      if (child.pid) await stopGroup(child.pid);
      const tail = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-20).join("\n");
      throw new Error(`MLflow ${version} did not start (${ended ?? "no answer in time"}); the end of ${logFile}:\n${tail}`);
    }
    await sleep(150);
  }
  return { url, port, version, dir, pid: child.pid, logFile, exited, stop: () => stopGroup(child.pid) };
}

/** Fills a running server with the sample; real training unless `light`. Quick when it is filled already. */
export async function fill(server, { light = server.version !== "3.17.2", logFile } = {}) {
  const { python } = await install(server.version);
  const script = path.join(root, "tests/sample/workload.py");
  await runLogged(python, [script, "--tracking-uri", server.url, ...(light ? ["--light"] : [])], {
    logFile: logFile ?? path.join(home, "log", `sample-${server.version}.log`),
  });
}

/**
 * A folder with the sample, filled once per version and state of the workload, to start servers `from`.
 * It must not be served itself: a test that writes would change it for the next one.
 */
export async function filled(version, { light = version !== "3.17.2", log = () => {} } = {}) {
  await install(version, { log });
  const sources = await Promise.all(
    ["tests/sample/workload.py", REQUIREMENTS[version].file].map((file) => readFile(path.join(root, file))),
  );
  const digest = createHash("sha256").update(Buffer.concat(sources)).digest("hex").slice(0, 12);
  const kind = `${version}-${light ? "light" : "full"}`;
  const dir = path.join(home, "filled", `${kind}-${digest}`);
  if (existsSync(dir)) return dir;
  return locked(`filled-${kind}`, async () => {
    if (existsSync(dir)) return dir;
    log(`filling MLflow ${version} with the sample, ${light ? "half a minute" : "about a minute and a half"}`);
    const unfinished = `${dir}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    const server = await start(version, { dir: unfinished });
    try {
      await fill(server, { light });
    } finally {
      await server.stop();
    }
    await rename(unfinished, dir);
    return dir;
  });
}

// ------------------------------------------------------------------------------------------- command line

async function main([command, version, ...rest]) {
  const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined);
  const log = (text) => console.log(text);
  stopOnSignals();
  if (command === "install" && version) {
    const { mlflow } = await install(version, { log });
    log(mlflow);
  } else if (command === "start" && version) {
    const dir = option("--dir") ?? path.join(home, "servers", version);
    const from = rest.includes("--filled") && !existsSync(path.join(dir, "mlflow.db")) ? await filled(version, { log }) : undefined;
    const server = await start(version, { dir, from, port: Number(option("--port") ?? 0), log });
    log(`MLflow ${version}  ${server.url}  (data in ${server.dir}; Ctrl-C stops it)`);
    // The server's own end ends this one too.
    log(await server.exited);
  } else {
    console.error(`usage: node tests/servers/server.mjs install|start ${VERSIONS.join("|")} [--dir DIR] [--port PORT] [--filled]`);
    process.exit(2);
  }
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
