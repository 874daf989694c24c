// Starts the page: loads the program that trunk names in this script's own data attributes.
"use strict";
{
  const { js, wasm } = document.currentScript.dataset;
  const address = (name) => new URL(name, document.baseURI).href;
  import(address(js)).then((page) => page.default({ module_or_path: address(wasm) }));
}
