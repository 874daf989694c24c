// What is done to the site once trunk has put it together. trunk starts all its hooks at once, and the last of these
// steps needs what the others made.

await Promise.all([import("./split.mjs"), import("./charts.mjs")]);
await import("./slim.mjs");
