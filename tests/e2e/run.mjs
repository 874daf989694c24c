// Runs the end-to-end tests with Node's own runner, one file after another: they share two cores.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(here).filter((name) => name.endsWith(".test.mjs")).sort().map((name) => join(here, name));
const { status } = spawnSync(
  process.execPath,
  // A test that fails midway leaves its servers open, which must not keep the others waiting.
  ["--test", "--test-force-exit", "--test-concurrency=1", "--test-reporter=spec", ...process.argv.slice(2), ...files],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
