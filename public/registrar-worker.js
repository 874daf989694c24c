// Starts the registrar in its worker; see engine-worker.js.
"use strict";
importScripts(`registrar.js${self.location.search}`);
wasm_bindgen({ module_or_path: `registrar_bg.wasm${self.location.search}` })
  .catch((error) => setTimeout(() => { throw error; }));
