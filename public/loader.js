// Starts the page: loads the program that trunk names in this script's own data attributes.
"use strict";
{
  const { js, wasm } = document.currentScript.dataset;
  const address = (name) => new URL(name, document.baseURI).href;
  import(address(js)).then((page) => page.default({ module_or_path: address(wasm) }));
  // Fetches the chart library, which the program does with its first chart; the build puts the file's name here.
  globalThis.runweaveCharts = () => import(address("charts.js"));
}
