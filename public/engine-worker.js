// Starts the engine in its worker. tests/split.mjs puts the names that say what the files hold into this script; the
// page asks for it with its own version, so that a new page never meets an old engine out of the browser's cache.
import start from "./engine.js";
// Only what is thrown outside of a promise reaches the page, which tells that the engine is gone.
const fail = (error) => setTimeout(() => { throw error; });
addEventListener("unhandledrejection", ({ reason }) => {
  if (reason instanceof WebAssembly.RuntimeError) fail(reason);
});
start({ module_or_path: new URL("./engine_bg.wasm", import.meta.url) }).catch(fail);
