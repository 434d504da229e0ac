// Two people count on a page by @rivetkit/react: node counter.mjs PAGES HOST

import assert from "node:assert/strict";
import { browse } from "./browser.mjs";

const [pages, host] = process.argv.slice(2);
const path = `/counter.html?${new URLSearchParams({ host, key: "shared" })}`;
const shows = (page, text) => page.getByText(text, { exact: true }).waitFor();

await browse(pages, async (open) => {
  const first = await open(path);
  const second = await open(path);
  for (const page of [first, second]) await shows(page, "Status: connected");
  for (const [page, count] of [[first, 1], [second, 2], [second, 3], [first, 4]]) {
    await page.getByRole("button", { name: "Increment" }).click();
    await shows(page, `Answered: ${count}`);
  }
  // A subscription may come to the actor after the first increments, but none is lost after it.
  for (const page of [first, second]) {
    await page.getByText(/^Heard: .*4$/).waitFor();
    const heard = (await page.getByText(/^Heard:/).textContent()).replace("Heard: ", "").split(" ").map(Number);
    assert.deepEqual(heard, [1, 2, 3, 4].slice(-heard.length));
  }
});
process.exit(0);
