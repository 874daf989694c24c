// Cuts the page's program where `src/pages/late.rs` says so, as a hook of trunk: `late-….wasm` is what comparing runs
// does without, fetched with the first page that needs it.
//
// trunk knows no such step, and its own wasm-bindgen drops what the cut needs. So this takes the program as cargo made
// it, cuts it, binds and optimises the parts, and puts them in the place of trunk's page. Every file is named after
// its content, so that no browser mixes an old part with a new page.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const staging = process.env.TRUNK_STAGING_DIR;
if (!staging) throw new Error("tests/split.mjs is a hook of trunk: run `trunk build`");
const isRelease = process.env.TRUNK_PROFILE === "release";
const run = (program, ...args) => execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

// What Rust's wasm target uses. The parts do not carry the list themselves; with more, wasm-opt writes what browsers
// cannot read yet.
const FEATURES = ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"]
  .map((name) => `--enable-${name}`);

const { target_directory: target } = JSON.parse(run("cargo", "metadata", "--format-version", "1", "--no-deps"));
const program = path.join(target, "wasm32-unknown-unknown", isRelease ? "release" : "debug", "page.wasm");

const work = mkdtempSync(path.join(tmpdir(), "runweave-split-"));
try {
  const at = (name) => path.join(work, name);
  run("wasm-split-cli", program, work, "--target", "web", "--out-name", "page");
  const kept = isRelease ? [] : ["--keep-debug"];
  run("wasm-bindgen", at("page.wasm"), "--target", "web", "--no-typescript", "--keep-lld-exports",
    ...kept, "--out-dir", at("bound"), "--out-name", "page");
  const optimised = (from) => {
    if (!isRelease) return readFileSync(from);
    run("wasm-opt", from, "-Oz", ...FEATURES, "--strip-debug", "--strip-producers", "-o", at("optimised.wasm"));
    return readFileSync(at("optimised.wasm"));
  };
  const wasm = optimised(at("bound/page_bg.wasm"));
  const late = optimised(at("split_late.wasm"));
  const js = readFileSync(at("bound/page.js"), "utf8");
  const loader = readFileSync(at("__wasm_split.js"), "utf8");

  // The loader and the page's script name each other, so they share one hash with all they load.
  const hash = createHash("sha256");
  for (const part of [wasm, late, js, loader]) hash.update(part);
  const stamp = hash.digest("hex").slice(0, 16);
  const renamed = (text, names) => Object.entries(names).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the generated script does not name ${from}`);
    return text.replaceAll(from, to);
  }, text);

  const old = readdirSync(staging).find((name) => /^page-.*\.js$/.test(name))?.slice(0, -3);
  if (!old) throw new Error(`no page in ${staging}`);
  for (const name of readdirSync(staging)) if (name.startsWith(old)) rmSync(path.join(staging, name), { recursive: true });
  const put = (name, content) => writeFileSync(path.join(staging, name), content);
  put(`page-${stamp}.js`, renamed(js, { 'from "./__wasm_split.js"': `from "./page-split-${stamp}.js"` }));
  put(`page-${stamp}_bg.wasm`, wasm);
  put(`page-split-${stamp}.js`, renamed(loader, { "./page.js": `./page-${stamp}.js`, "./split_late.wasm": `./late-${stamp}.wasm` }));
  put(`late-${stamp}.wasm`, late);
  const index = path.join(staging, "index.html");
  writeFileSync(index, renamed(readFileSync(index, "utf8"), { [old]: `page-${stamp}` }));
} finally {
  rmSync(work, { recursive: true, force: true });
}
