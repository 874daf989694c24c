// Prints what a visitor downloads, compressed with brotli as hosts do it, and fails when it outgrew its budget.
//
//   node tests/size.mjs [dist]

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

/** In kB of 1000 bytes. The page's budget is what stands between a click and a usable shell. The pages of runs and
 * models (`late`, with what the panels need too), the panels of a comparison, their mathematics (`analyst`), the
 * registrar and the chart library (`charts`) are fetched when they are first needed. */
const BUDGET_KB = { page: 400, engine: 250, analyst: 210, panels: 250, late: 400, registrar: 315, charts: 190 };

const dist = process.argv[2] ?? path.join(path.dirname(fileURLToPath(import.meta.url)), "../dist");

/** Files are named after their program; those that belong to none are `other`. */
function partOf(file) {
  const name = path.basename(file);
  if (!/\.(wasm|js|mjs|css|html|svg|json|woff2)$/.test(name)) return null;
  if (/^engine/.test(name)) return "engine";
  if (/^registrar/.test(name)) return "registrar";
  if (/^late/.test(name)) return "late";
  if (/^panels/.test(name)) return "panels";
  if (/^analyst/.test(name)) return "analyst";
  if (/^charts/.test(name)) return "charts";
  if (/^(page|style|index|loader|boot|theme)/.test(name) || name.endsWith(".css")) return "page";
  return "other";
}

let files;
try {
  files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter(
    // What trunk is still working on lies in a hidden folder.
    (each) => each.isFile() && !/[\\/]\.stage/.test(each.parentPath ?? each.path),
  );
} catch {
  console.error(`${dist} is not there: run \`make build\` first`);
  process.exit(2);
}
const totals = { page: 0, engine: 0, analyst: 0, panels: 0, late: 0, registrar: 0, charts: 0, other: 0 };
const rows = [];
for (const entry of files) {
  const file = path.join(entry.parentPath ?? entry.path, entry.name);
  const part = partOf(file);
  if (!part) continue;
  const raw = readFileSync(file);
  const bytes = brotliCompressSync(raw, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length },
  }).length;
  totals[part] += bytes;
  rows.push({ part, name: path.relative(dist, file), raw: raw.length, bytes });
}

const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(8);
const order = ["page", "engine", "analyst", "panels", "late", "registrar", "charts", "other"];
rows.sort((a, b) => order.indexOf(a.part) - order.indexOf(b.part) || b.bytes - a.bytes || a.name.localeCompare(b.name));
console.log("   brotli      raw  kB");
for (const { part, name, raw, bytes } of rows) console.log(`${kb(bytes)} ${kb(raw)}  ${part.padEnd(10)}${name}`);

let fits = true;
for (const [part, budget] of Object.entries(BUDGET_KB)) {
  const within = totals[part] <= budget * 1000;
  fits &&= within;
  console.log(`${kb(totals[part])}           ${part} in all, of ${budget} kB${within ? "" : ": TOO LARGE"}`);
  const kind = part === "charts" ? ".js" : ".wasm";
  if (!rows.some((row) => row.part === part && row.name.endsWith(kind))) {
    console.error(`no ${kind} file of the ${part} in ${dist}`);
    fits = false;
  }
}
process.exit(fits ? 0 : 1);
