// What the browser benchmarks share: a server with a generated experiment, medians, and the tasks of a page's main thread.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { home, install, root, start } from "../servers/server.mjs";

const VERSION = "3.17.2";
/** No task of a page may be longer: from there on, people notice that it does not answer. */
export const MAX_TASK_MS = 50;
const TRACED = ["toplevel", "disabled-by-default-devtools.timeline", "devtools.timeline"];

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
export const ms = (number) => `${number.toFixed(number < 10 ? 1 : 0)} ms`;
export const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** A server that holds what `tests/sample/generate.py` makes of these arguments; its file is kept for the next time. */
export async function serverWith(...args) {
  const { python } = await install(VERSION, { log: console.log });
  const dir = path.join(home, "bench", VERSION);
  const server = await start(VERSION, { dir });
  const database = [path.join(dir, "mlflow.db"), path.join(dir, "mlruns.db")].find(existsSync);
  const script = path.join(root, "tests/sample/generate.py");
  console.log(execFileSync(python, [script, ...args.map(String), "--sqlite", database], { encoding: "utf8" }).trim());
  return server;
}

/**
 * How long each task of the page's main thread took while `act` ran and for so long after, in milliseconds: by the clock
 * (`dur`), or of the processor's time (`tdur`), where other programs are busy on the same processors.
 */
export async function tasksDuring(page, act, pauseMillis = 0, time = "dur") {
  await page.tracing.start({ categories: TRACED });
  await act();
  await pause(pauseMillis);
  const events = JSON.parse(Buffer.from(await page.tracing.stop()).toString("utf8")).traceEvents;
  const isTask = ({ name, ph }) => ph === "X" && (name === "RunTask" || name === "ThreadControllerImpl::RunTask");
  const tasksOf = ({ pid, tid }) => events.filter((event) => event.pid === pid && event.tid === tid && isTask(event))
    .map((event) => (event[time] ?? 0) / 1000);
  // A browser has a renderer per site; the page's is the one that worked most.
  const mains = events.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain");
  const tasks = mains.map(tasksOf).sort((a, b) => sum(b) - sum(a))[0] ?? [];
  assert.ok(tasks.length > 0, "the trace holds no task");
  return tasks;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** The work of an action and its longest task. */
export async function work(page, act, pauseMillis) {
  const tasks = await tasksDuring(page, act, pauseMillis);
  return { total: sum(tasks), longest: Math.max(...tasks) };
}

/** The median work of an action that is done several times, and the longest task of all of them. */
export async function repeated(nTimes, act) {
  const found = [];
  for (let n = 0; n < nTimes; n += 1) found.push(await act(n));
  return { total: median(found.map(({ total }) => total)), longest: Math.max(...found.map(({ longest }) => longest)) };
}
