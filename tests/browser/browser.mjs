// The machine's Chromium, and pages for it to open.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };
const PATIENCE_MS = 60_000;

// Opens tabs, each of a person of their own, on the files of a directory; gives what `visit` makes of them.
export async function browse(directory, visit) {
  const server = createServer((request, response) => answer(directory, request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser = await chromium.launch({
    executablePath: executable(),
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const open = async (path, options) => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(`${path}: ${error.stack}`));
    page.on("console", (message) => console.error(`${path}: ${message.text()}`));
    await page.goto(`http://127.0.0.1:${server.address().port}${path}`);
    return page;
  };
  try {
    return await visit(open);
  } finally {
    await browser.close();
    server.close();
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// Has the test do something, and waits until it is done.
export async function ask(what) {
  console.log(what);
  await lines.next();
}

function answer(directory, request, response) {
  const path = new URL(request.url, "http://localhost").pathname;
  const file = join(directory, path.endsWith("/") ? `${path}index.html` : path);
  if (!existsSync(file)) {
    response.writeHead(404).end();
  } else {
    response.writeHead(200, { "content-type": TYPES[extname(file)] }).end(readFileSync(file));
  }
}

function executable() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const places = process.env.PATH.split(":").flatMap((place) => names.map((name) => join(place, name)));
  const found = places.find(existsSync);
  if (found === undefined) throw new Error("no Chromium on the PATH: apt-get install chromium");
  return found;
}
