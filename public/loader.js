// Starts the page: loads the program that trunk names in this script's own data attributes.
"use strict";
{
  const { js, wasm } = document.currentScript.dataset;
  const address = (name) => new URL(name, document.baseURI).href;
  const start = async () => (await import(address(js))).default({ module_or_path: address(wasm) });
  start().catch((error) => {
    console.error(error);
    const line = document.createElement("p");
    line.setAttribute("role", "alert");
    line.textContent = "Runweave could not be started: its files did not arrive, or this browser cannot run them. ";
    const again = document.createElement("button");
    again.textContent = "Reload";
    again.addEventListener("click", () => location.reload());
    line.append(again);
    document.body.append(line);
  });
  // Fetches the chart library, which the program does with its first chart; the build puts the file's name here.
  globalThis.runweaveCharts = () => import(address("charts.js"));
}
