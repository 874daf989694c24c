// Cuts the page's program where `src/main.rs` says so and the engine's where `src/bin/engine.rs` does, as a step of the
// build: `late-….wasm`, `panels-….wasm` and `analyst-….wasm` are what comparing runs does without, fetched when they are first
// needed; `late-shared-….wasm` is what two of the parts need and the program does not.
//
// trunk knows no such step, and its own wasm-bindgen drops what the cut needs. So this takes each program as cargo made
// it, cuts it, binds and optimises the parts, and puts them in the place of trunk's. Every file is named after its
// content, so that no browser mixes an old part with a new one.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

/**
 * The programs, the file that starts each, and how each is made small beyond `-Oz`. The page is kept from inlining, even of
 * what is called once, which repeats what compresses well otherwise (1.7 of 384 kB), and may fold an address's offset of less
 * than 1,024 into the access, since nothing lies so low but the end of the stack (0.7 kB). The engine has to be quick.
 */
const PROGRAMS = [
  {
    program: "page", startedBy: "index.html", flags: [
      "--always-inline-max-function-size", "1", "--flexible-inline-max-function-size", "1",
      "--one-caller-inline-max-function-size", "1", "--low-memory-unused",
    ],
  },
  { program: "engine", startedBy: "engine-worker.js", flags: [] },
];

const staging = process.env.TRUNK_STAGING_DIR;
if (!staging) throw new Error("tests/split.mjs is a step of the build: run `trunk build`");
const isRelease = process.env.TRUNK_PROFILE === "release";
const execute = promisify(execFile);
/** Runs a program; returns what it prints. An error carries what it said. */
const run = async (program, ...args) => (await execute(program, args, { maxBuffer: 1 << 26 })).stdout;

// What Rust's wasm target uses. The parts do not carry the list themselves; with more, wasm-opt writes what browsers
// cannot read yet.
const FEATURES = ["bulk-memory", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"]
  .map((name) => `--enable-${name}`);

const { target_directory: target } = JSON.parse(await run("cargo", "metadata", "--format-version", "1", "--no-deps"));

function renamed(text, names) {
  return Object.entries(names).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`a generated file does not name ${from}`);
    return text.replaceAll(from, to);
  }, text);
}

async function split({ program, startedBy, flags }, work) {
  const at = (name) => path.join(work, name);
  const compiled = path.join(target, "wasm32-unknown-unknown", isRelease ? "release" : "debug", `${program}.wasm`);
  await run("wasm-split-cli", compiled, work, "--target", "web", "--out-name", program);
  await run("wasm-bindgen", at(`${program}.wasm`), "--target", "web", "--no-typescript", "--keep-lld-exports",
    ...(isRelease ? [] : ["--keep-debug"]), "--out-dir", at("bound"), "--out-name", program);
  const optimised = async (from) => {
    if (!isRelease) return readFileSync(from);
    const to = `${from}.optimised`;
    await run("wasm-opt", from, "-Oz", ...flags, ...FEATURES, "--strip-debug", "--strip-producers", "-o", to);
    return readFileSync(to);
  };
  // By the name that the loader knows each part by: what it is called from now on, without its hash.
  const named = readdirSync(work).flatMap((file) => {
    const [, kind, name] = /^(split|chunk)_(.+)\.wasm$/.exec(file) ?? [];
    return kind ? [{ file, name: kind === "split" ? name : "late-shared" }] : [];
  });
  // The optimiser runs on one processor, so all parts are optimised at once.
  const [wasm, ...others] = await Promise.all(
    [`bound/${program}_bg.wasm`, ...named.map(({ file }) => file)].map((file) => optimised(at(file))),
  );
  const parts = named.map((part, place) => ({ ...part, wasm: others[place] }));
  if (new Set(parts.map(({ name }) => name)).size < parts.length) throw new Error(`${program} shares more than one part`);
  const js = readFileSync(at(`bound/${program}.js`), "utf8");
  const loader = readFileSync(at("__wasm_split.js"), "utf8");

  // The loader and the program's script name each other, so they share one hash with all they load.
  const hash = createHash("sha256");
  for (const part of [wasm, ...parts.map((part) => part.wasm), js, loader]) hash.update(part);
  const stamp = hash.digest("hex").slice(0, 16);

  // trunk's own files: `page-….js` and `page-…_bg.wasm`, or without a hash in the name for a worker.
  const isOld = (name) => new RegExp(`^${program}(-[0-9a-f]+)?(_bg\\.wasm|\\.js)$`).test(name);
  const old = readdirSync(staging).filter(isOld);
  const oldScript = old.find((name) => name.endsWith(".js"));
  if (!oldScript) throw new Error(`no ${program} in ${staging}`);
  for (const name of old) rmSync(path.join(staging, name));
  const put = (name, content) => writeFileSync(path.join(staging, name), content);
  put(`${program}-${stamp}.js`, renamed(js, { 'from "./__wasm_split.js"': `from "./${program}-split-${stamp}.js"` }));
  put(`${program}-${stamp}_bg.wasm`, wasm);
  put(`${program}-split-${stamp}.js`, renamed(loader, {
    [`"./${program}.js"`]: `"./${program}-${stamp}.js"`,
    ...Object.fromEntries(parts.map(({ file, name }) => [`"./${file}"`, `"./${name}-${stamp}.wasm"`])),
  }));
  for (const part of parts) put(`${part.name}-${stamp}.wasm`, part.wasm);
  const base = oldScript.slice(0, -".js".length);
  put(startedBy, renamed(readFileSync(path.join(staging, startedBy), "utf8"), {
    [`${base}.js`]: `${program}-${stamp}.js`, [`${base}_bg.wasm`]: `${program}-${stamp}_bg.wasm`,
  }));
}

await Promise.all(PROGRAMS.map(async (each) => {
  const work = mkdtempSync(path.join(tmpdir(), "runweave-split-"));
  try {
    await split(each, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}));
