// Calls the counter of guest-examples at the URL given, and prints what it answers.

import { createClient } from "rivetkit/client";

const client = createClient(process.argv[2]);
const counter = client.counter.getOrCreate(["quickstart"], { createWithInput: { start: 40 } });

console.log("increment(2) ->", await counter.increment(2));
console.log("get()        ->", await counter.get());
console.log("whoami()     ->", await counter.whoami());
try {
  await counter.fail("out_of_luck", "no luck today");
} catch (error) {
  console.log("fail(..)     ->", `${error.group}.${error.code}: ${error.message}`, error.metadata);
}
process.exit(0);
