// Makes the site smaller to download, as the last step of the build: all style sheets become one, since alike rules compress
// well together and one request is quicker than twenty, and the scripts lose what only readers need.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { transform } from "esbuild";

const staging = process.env.TRUNK_STAGING_DIR;
if (!staging) throw new Error("tests/slim.mjs is a step of the build: run `trunk build`");
// While somebody works on the site, its files stay as they were written.
if (process.env.TRUNK_PROFILE !== "release") process.exit(0);

const at = (name) => path.join(staging, name);
const read = (name) => readFileSync(at(name), "utf8");
const minified = async (text, loader) => (await transform(text, { loader, minify: true })).code;

const LINK = /[ \t]*<link rel="stylesheet" href="\.\/([^"]+\.css)"\s*\/?>\n?/g;
const page = read("index.html");
// In the order of the page: later rules win.
const sheets = [...page.matchAll(LINK)].map(([, name]) => name);
if (sheets.length === 0) throw new Error("index.html names no style sheet");
const style = await minified(sheets.map(read).join("\n"), "css");
const name = `style-${createHash("sha256").update(style).digest("hex").slice(0, 16)}.css`;
for (const sheet of sheets) rmSync(at(sheet));
writeFileSync(at(name), style);
let isFirst = true;
const link = () => (isFirst ? ((isFirst = false), `    <link rel="stylesheet" href="./${name}" />\n`) : "");
writeFileSync(at("index.html"), page.replace(LINK, link));

// The charts are bundled by a step of their own, with the notices that have to stay.
const scripts = readdirSync(staging).filter((file) => file.endsWith(".js") && !file.startsWith("charts-"));
for (const script of scripts) writeFileSync(at(script), await minified(read(script), "js"));
