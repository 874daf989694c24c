// Starts the engine in its worker. The version in this script's own address goes on to the engine's files, so that
// a new page never meets an old engine out of the browser's cache.
"use strict";
importScripts(`engine.js${self.location.search}`);
wasm_bindgen({ module_or_path: `engine_bg.wasm${self.location.search}` });
