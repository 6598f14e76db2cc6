// A host that shows views, made of the official package for MCP Apps: `apps_host.mjs SHOWN COMMAND...` calls tools of
// the server that COMMAND starts, shows each result in Chromium as its tool's view, and prints as one line of JSON what
// a person has before them. SHOWN is a JSON list of `{tool, arguments, width, theme, press?, result?}`: `press` is the
// name of a button to be reached and pressed by keys, `result` is shown in place of the server's. CHROMIUM is the
// browser's command, and PICTURES a folder for pictures of the views, if they are wanted.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { chromium } from "playwright-core";

const EXTENSION = "io.modelcontextprotocol/ui";
const MEDIA_TYPE = "text/html;profile=mcp-app";
const MODULES = join(import.meta.dirname, "node_modules");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LIMIT = { timeout: 30_000 };
const MOST_TABS = 40;
const [shown, command, ...args] = process.argv.slice(2);
const { CHROMIUM, PICTURES } = process.env;

const IMPORTS = {
  "@modelcontextprotocol/ext-apps/app-bridge": "/@modelcontextprotocol/ext-apps/dist/src/app-bridge.js",
  "@modelcontextprotocol/client": "/@modelcontextprotocol/client/dist/index.mjs",
  "@modelcontextprotocol/client/_shims": "/@modelcontextprotocol/client/dist/shimsBrowser.mjs",
  "@modelcontextprotocol/core": "/@modelcontextprotocol/core/dist/index.mjs",
  "@modelcontextprotocol/core/internal": "/@modelcontextprotocol/core/dist/internal.mjs",
  "eventsource": "/eventsource/dist/index.js",
  "eventsource-parser": "/eventsource-parser/dist/index.js",
  "eventsource-parser/stream": "/eventsource-parser/dist/stream.js",
  "pkce-challenge": "/pkce-challenge/dist/index.browser.js",
  "zod/v4": "/zod/v4/index.js",
};

const HOST = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Host</title>
<style>body { margin: 0 } iframe { border: 0; width: 100%; display: block }</style>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";
window.opened = [];
window.show = async ({ theme, arguments: given, result }) => {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = "View";
  document.body.append(frame);
  const offered = { openLinks: {}, serverTools: {} };
  const hostContext = { theme, locale: "en-CA", timeZone: "America/Vancouver" };
  const bridge = new AppBridge(null, { name: "host", version: "1" }, offered, { hostContext });
  bridge.oncalltool = (params) => window.callServer(params);
  bridge.onopenlink = async ({ url }) => { window.opened.push(url); return {}; };
  bridge.onsizechange = ({ height }) => { frame.style.height = height + "px"; };
  const ready = new Promise((resolve) => { bridge.oninitialized = resolve; });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.src = "/view";
  await ready;
  await bridge.sendToolInput({ arguments: given });
  await bridge.sendToolResult(result);
  window.turn = (theme) => bridge.sendHostContextChange({ theme });
};
</script></html>`;

/** The policy that the specification has hosts make of a view's metadata. */
function policyOf({ connectDomains = [], resourceDomains = [], frameDomains = [], baseUriDomains = [] }) {
  const loaded = resourceDomains.join(" ");
  return [
    "default-src 'none'", `script-src 'self' 'unsafe-inline' ${loaded}`, `style-src 'self' 'unsafe-inline' ${loaded}`,
    `connect-src ${connectDomains.join(" ") || "'none'"}`, `img-src 'self' data: ${loaded}`, "object-src 'none'",
    `frame-src ${frameDomains.join(" ") || "'none'"}`, `base-uri ${baseUriDomains.join(" ") || "'self'"}`,
  ].join("; ");
}

function serve(view) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://host").pathname;
    if (path === "/") return response.setHeader("content-type", "text/html").end(HOST);
    if (path === "/view") {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.setHeader("content-security-policy", policyOf(view._meta.ui.csp));
      return response.end(view.text);
    }
    const type = [".js", ".mjs"].includes(extname(path)) ? "text/javascript" : "application/octet-stream";
    return response.setHeader("content-type", type).end(readFileSync(join(MODULES, path)));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Reach the button of this name by the key Tab, press Enter, and wait until it is answered. */
async function press(page, view, name) {
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    await page.keyboard.press("Tab");
    if ((await view.evaluate("document.activeElement.textContent")) === name) break;
  }
  if ((await view.evaluate("document.activeElement.textContent")) !== name) throw new Error(`no key leads to ${name}`);
  const pressed = await view.evaluateHandle("document.activeElement");
  await page.keyboard.press("Enter");
  if (name.startsWith("Check")) await pressed.asElement().waitForElementState("hidden", LIMIT);
}

/** Of the whole view: what is outside the window is not always painted. */
async function picture(page, path, width) {
  await page.setViewportSize({ width, height: await page.evaluate("document.body.scrollHeight") });
  await page.screenshot({ path });
}

async function look(page, wanted, number) {
  const troubles = [];
  const requests = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.waitForFunction("window.show", undefined, LIMIT);
  await page.evaluate((given) => window.show(given), wanted);
  const view = page.frames().find((frame) => frame.url().endsWith("/view"));
  await view.getByText("Waiting for the result").waitFor({ state: "detached", ...LIMIT });
  if (wanted.press) await press(page, view, wanted.press);
  await view.evaluate("Promise.allSettled([...document.images].map((image) => image.decode()))");
  const schemes = {};
  for (const theme of ["light", "dark"]) {
    await page.evaluate((chosen) => window.turn(chosen), theme);
    await view.locator(`html[data-theme=${theme}]`).waitFor(LIMIT);
    const rules = await view.evaluate(`${AXE}; axe.run().then((found) => found.violations.map((rule) => rule.id))`);
    schemes[theme] = { rules, back: await view.evaluate("getComputedStyle(document.body).backgroundColor") };
    if (PICTURES) await picture(page, `${PICTURES}/${number}-${wanted.width}-${theme}.png`, wanted.width);
  }
  return {
    title: await view.title(),
    text: await view.locator("main").innerText(),
    wide: await view.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"),
    tall: await view.evaluate("document.documentElement.scrollHeight > document.documentElement.clientHeight"),
    images: await view.evaluate("[...document.images].map((image) => image.naturalWidth)"),
    elements: await view.evaluate("[...document.querySelectorAll('main *')].map((element) => element.localName)"),
    buttons: await view.locator("button").allInnerTexts(),
    focused: await view.evaluate("document.activeElement === document.body ? '' : document.activeElement.innerText"),
    opened: await page.evaluate("window.opened"),
    elsewhere: requests.filter((url) => new URL(url).origin !== new URL(page.url()).origin && !url.startsWith("data:")),
    schemes,
    troubles,
  };
}

const client = new Client(
  { name: "apps-host", version: "1" },
  { capabilities: { extensions: { [EXTENSION]: { mimeTypes: [MEDIA_TYPE] } } } },
);
await client.connect(new StdioClientTransport({ command, args, env: process.env }), LIMIT);
const { tools } = await client.listTools(undefined, LIMIT);
const uris = new Map(tools.map((tool) => [tool.name, tool._meta?.ui?.resourceUri]));
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-quic"] });
const seen = [];
try {
  for (const [number, wanted] of JSON.parse(shown).entries()) {
    const { contents: [view] } = await client.readResource({ uri: uris.get(wanted.tool) }, LIMIT);
    const result = wanted.result ?? (await client.callTool({ name: wanted.tool, arguments: wanted.arguments }, LIMIT));
    const server = await serve(view);
    const context = await browser.newContext({ viewport: { width: wanted.width, height: 640 } });
    const page = await context.newPage();
    await page.exposeFunction("callServer", (params) => client.callTool(params, LIMIT));
    await page.goto(`http://127.0.0.1:${server.address().port}/`, LIMIT);
    seen.push(await look(page, { ...wanted, result }, number));
    await context.close();
    server.closeAllConnections();
    server.close();
  }
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
  await client.close();
}
