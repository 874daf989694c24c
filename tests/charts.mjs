// Bundles what the site takes of Apache ECharts (`assets/charts.mjs`), as a step of the build: `charts-….js` is fetched
// with the first chart. It is named after its content, and the name is put into `loader.js`.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const staging = process.env.TRUNK_STAGING_DIR;
if (!staging) throw new Error("tests/charts.mjs is a step of the build: run `trunk build`");

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const read = (name) => readFileSync(path.join(root, name), "utf8");
const version = (name) => `${name} ${JSON.parse(read(`node_modules/${name}/package.json`)).version}`;

// The texts of the licenses lie beside the bundle, as they ask for.
const PARTS = { echarts: ["NOTICE", "LICENSE"], zrender: ["LICENSE"], tslib: ["LICENSE.txt"] };
const LICENSES = "charts.LICENSE.txt";
const licenses = Object.entries(PARTS)
  .map(([name, files]) => [version(name), ...files.map((file) => read(`node_modules/${name}/${file}`).trim())].join("\n\n"))
  .join(`\n\n${"-".repeat(80)}\n\n`);

const { outputFiles: [{ text }] } = await build({
  entryPoints: [path.join(root, "assets/charts.mjs")],
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: process.env.TRUNK_PROFILE === "release",
  legalComments: "eof",
  banner: { js: `/*! ${version("echarts")}, Apache License 2.0, Copyright The Apache Software Foundation; cut and minified. See ${LICENSES}. */` },
  define: { "process.env.NODE_ENV": '"production"' },
  write: false,
});
const name = `charts-${createHash("sha256").update(text).digest("hex").slice(0, 16)}.js`;
writeFileSync(path.join(staging, name), text);
writeFileSync(path.join(staging, LICENSES), `${licenses}\n`);

const loader = path.join(staging, "loader.js");
const before = readFileSync(loader, "utf8");
const after = before.replace('"charts.js"', JSON.stringify(name));
if (after === before) throw new Error("loader.js does not name charts.js");
writeFileSync(loader, after);
