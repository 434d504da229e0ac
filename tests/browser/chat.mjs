// Two people chat on the page of the example `chat-room`: node chat.mjs PAGES HOST SCREENSHOTS

import assert from "node:assert/strict";
import { ask, browse } from "./browser.mjs";

const [pages, host, screenshots] = process.argv.slice(2);
const path = (query) => `/?${new URLSearchParams({ host, room: "engine room", ...query })}`;

async function join(page, name) {
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join" }).click();
}

async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.keyboard.press("Enter");
}

const shows = (page, text) => page.getByRole("log").getByText(text, { exact: true }).waitFor();
const connected = (page) => page.getByText("Connected", { exact: true }).waitFor();
const said = (page) => page.locator("#log .message:not(.whispered) .said").allTextContents();
const people = (page) => page.locator("#people .name").allTextContents();
const shoot = (page, name) => page.screenshot({ path: `${screenshots}/chat-room-${name}.png` });

await browse(pages, async (open) => {
  const ada = await open(path(), { colorScheme: "light", viewport: { width: 1000, height: 700 } });
  // The actor asks for a name: what it says is shown, and one can try again.
  await join(ada, "");
  await ada.locator("#refused").waitFor();
  assert.match(await ada.locator("#refused").textContent(), /name/);
  await shoot(ada, "refused");
  await join(ada, "Ada");
  await connected(ada);
  await shows(ada, "Nobody has said anything yet.");
  await say(ada, "Is anybody here?");
  await shows(ada, "Is anybody here?");

  const grace = await open(path({ name: "Grace" }), { colorScheme: "dark", viewport: { width: 420, height: 700 } });
  await grace.getByRole("button", { name: "Join" }).click();
  await connected(grace);
  await shows(ada, "Grace joined");
  await shows(grace, "Is anybody here?");
  await say(grace, "Yes: <b>me</b> & the machine.");
  await shows(ada, "Yes: <b>me</b> & the machine.");

  await grace.getByRole("button", { name: "Ada" }).click();
  await say(grace, "It can weave algebraic patterns.");
  await shows(ada, "It can weave algebraic patterns.");
  await shows(ada, "Grace whispers to you");
  await shows(grace, "You whisper to Ada");
  assert.deepEqual((await people(ada)).sort(), ["Ada (you)", "Grace"]);
  assert.deepEqual((await people(grace)).sort(), ["Ada", "Grace (you)"]);
  await shoot(ada, "light");
  await shoot(grace, "dark");

  // The connection breaks, and comes back by itself; what was said is still there, once.
  await grace.getByRole("button", { name: "Speak to everybody again" }).click();
  await ask("restart the host");
  await Promise.all([connected(ada), connected(grace)]);
  await say(grace, "Still here.");
  await shows(ada, "Still here.");
  const all = ["Is anybody here?", "Yes: <b>me</b> & the machine.", "Still here."];
  assert.deepEqual(await said(ada), all);
  assert.deepEqual(await said(grace), all);

  await grace.getByRole("button", { name: "Leave" }).click();
  await ada.getByText("Grace left", { exact: true }).last().waitFor();
  await ada.waitForFunction(() => document.querySelectorAll("#people .name").length === 1);
  assert.deepEqual(await people(ada), ["Ada (you)"]);
});
process.exit(0);
