// Starts a browser for the end-to-end tests and watches it: every console error, page error and violation of the
// Content-Security-Policy is collected, and `assertQuiet` fails on the first one.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import puppeteer from "puppeteer-core";

const EXECUTABLES = {
  chrome: ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"],
  firefox: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
};

/** Launches `kind` ("chrome" or "firefox"). */
export async function launch(kind) {
  const executablePath = EXECUTABLES[kind].find(existsSync);
  assert.ok(executablePath, `no ${kind} found; sh tests/tools.sh --browsers installs it`);
  return puppeteer.launch({
    browser: kind,
    executablePath,
    headless: true,
    args:
      kind === "chrome"
        ? ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
        : [],
  });
}

/** A fresh page of its own profile, watched. */
export async function openPage(browser, { width = 1280, height = 900, dark = false } = {}) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width, height });
  const noise = [];
  page.on("console", (message) => {
    if (message.type() === "error") noise.push(`console: ${message.text()} (${message.location()?.url ?? ""})`);
  });
  page.on("pageerror", (error) => noise.push(`page error: ${error.message}`));
  if (dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  page.noise = noise;
  return page;
}

/** Fails when the page has logged an error. The browser's own line about a refused request is no error of the page
 * where the test provoked it: name those with `expected`. */
export function assertQuiet(page, expected = []) {
  const noise = page.noise.filter((line) => !expected.some((pattern) => pattern.test(line)));
  assert.deepEqual(noise, []);
}

/**
 * The one element of that role and name, waited for. A click on it waits until it stands still and finds it again
 * when the page has built it anew, as a person would: what arrives meanwhile moves what stands below it.
 */
export async function byRole(page, role, name, timeout = 30000) {
  const selector = `::-p-aria([name="${name}"][role="${role}"])`;
  const handle = await page.waitForSelector(selector, { timeout });
  handle.click = (options) => clickOn(page, selector, { timeout, ...options });
  return handle;
}

/**
 * Clicks what a selector finds, once it stands still in the window with nothing before it: what arrives meanwhile may
 * push it out of the window again, which Puppeteer's own locators wait for without end.
 */
export async function clickOn(page, selector, { timeout = 30000, ...options } = {}) {
  const end = Date.now() + timeout;
  let why = "it was not there";
  while (Date.now() < end) {
    try {
      const handle = await page.waitForSelector(selector, { timeout: Math.max(end - Date.now(), 1) });
      const place = await handle.evaluate(placeOf);
      if (place.why === undefined) {
        await page.mouse.click(place.x, place.y, options);
        // A click may lead to another page, where nobody can be asked any more.
        if (await handle.evaluate((element) => element.isPressed === true).catch(() => true)) return;
        why = "it moved before the click";
      } else {
        ({ why } = place);
      }
    } catch (error) {
      // The page has built it anew, or it did not come.
      why = error.message;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${selector} could not be clicked: ${why}`);
}

/** In the page: where to click an element that stands still, or why not yet. */
async function placeOf(element) {
  if (element.matches(":disabled")) return { why: "it is disabled" };
  const middle = () => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2, isThere: width > 0 && height > 0 };
  };
  const isHit = ({ x, y }) => {
    const hit = document.elementFromPoint(x, y);
    return hit !== null && (element.contains(hit) || hit.contains(element) && hit.matches("label, a, button"));
  };
  if (!isHit(middle())) element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  let last = middle();
  for (let n = 0; n < 4; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    const now = middle();
    if (now.x !== last.x || now.y !== last.y) return { why: "it moves" };
    last = now;
  }
  if (!last.isThere) return { why: "it has no size" };
  element.isPressed = false;
  element.addEventListener("pointerdown", () => { element.isPressed = true; }, { capture: true, once: true });
  return isHit(last) ? last : { why: `before it stands ${document.elementFromPoint(last.x, last.y)?.outerHTML.slice(0, 120)}` };
}

/** Polls `probe` until `isGood` holds. */
export async function until(probe, isGood, what, timeout = 40000) {
  const end = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (isGood(last)) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) assert.fail(`${what}: still ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs axe-core on the page and fails on any finding. */
export async function assertAccessible(page, where) {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(source);
  const findings = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).slice(0, 3).join(" | ")}`);
  });
  assert.deepEqual(findings, [], `axe on ${where}`);
}
