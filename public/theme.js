// Sets the chosen theme before the first paint.
"use strict";
try {
  document.documentElement.dataset.theme = localStorage.getItem("runweave.theme") ?? "system";
} catch {
  document.documentElement.dataset.theme = "system";
}
