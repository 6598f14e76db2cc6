// A person in a real browser: `person_in_chromium.mjs ADDRESS [allow|deny]` signs in as alice by the keyboard alone and
// decides. What they saw of each page goes into the file that SEEN names, a line of JSON for each; CHROMIUM is the
// browser's command, and PICTURES a folder for pictures of the pages, if they are wanted.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LIMIT = { timeout: 20_000 };
const MOST_TABS = 20;
const [address, button = "allow"] = process.argv.slice(2);
const { CHROMIUM, SEEN, PICTURES } = process.env;

/** Take a framed picture of what the page holds, in a format that is smaller than Playwright's. */
async function take(page, file) {
  await page.addStyleTag({ content: "html { outline: 1px solid gray; outline-offset: -1px; padding-bottom: 1rem }" });
  const { width, height } = await page.evaluate("document.documentElement.getBoundingClientRect().toJSON()");
  const devtools = await page.context().newCDPSession(page);
  const clip = { x: 0, y: 0, width, height, scale: 1 };
  const how = { format: "webp", quality: 60, captureBeyondViewport: true, clip };
  const { data } = await devtools.send("Page.captureScreenshot", how);
  writeFileSync(file, Buffer.from(data, "base64"));
  await devtools.detach();
}

async function look(page, status, requests) {
  const schemes = {};
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    // Through the debugger, which the page's own policy does not bind: that may stay as strict as it is.
    const rules = await page.evaluate(`${AXE}; axe.run().then((found) => found.violations.map((rule) => rule.id))`);
    schemes[colorScheme] = { rules, ink: await page.evaluate("getComputedStyle(document.body).color") };
    if (PICTURES) await take(page, `${PICTURES}/${Date.now()}-${colorScheme}.webp`);
  }
  const url = page.url();
  const lang = await page.evaluate("document.documentElement.lang");
  const wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
  const text = (await page.locator("body").innerText()).trim();
  const seen = { url, status, title: await page.title(), lang, text, wide, schemes, requests: requests.splice(0) };
  appendFileSync(SEEN, `${JSON.stringify(seen)}\n`);
}

/** Move on by the key Tab to the field or button of this name. */
async function tabTo(page, name) {
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    if ((await page.evaluate("document.activeElement.name")) === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no key leads to ${name}`);
}

/** Press Enter, and give the status of the page that this leads to. */
async function enter(page) {
  const [response] = await Promise.all([page.waitForNavigation(LIMIT), page.keyboard.press("Enter")]);
  return response.status();
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-quic"] });
try {
  const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  let status = (await page.goto(address, LIMIT)).status();
  await look(page, status, requests);
  if (await page.locator("input[name=password]").count()) {
    await tabTo(page, "username");
    await page.keyboard.type("alice");
    await tabTo(page, "password");
    await page.keyboard.type("sandbox");
    status = await enter(page);
    await look(page, status, requests);
  }
  if (await page.locator(`button[name=${button}]`).count()) {
    await tabTo(page, button);
    status = await enter(page);
    await look(page, status, requests);
  }
} finally {
  await browser.close();
}
