// Drives the npm clients for a test. Reads one request a line, answers one line each:
//   {"client": "2.3.19", "encoding": "bare", "url": "...", "op": "call", "by": "getOrCreate",
//    "actor": "counter", "key": ["a"], "action": "increment", "args": [1], "input": {...}, "params": {...}}
//   -> {"ok": value} | {"error": {"group", "code", "message", "metadata"}}
// Operations: call, resolve, create (gives the id), publish ({queue, body, wait?, timeout?}), those of connections.mjs and of raw.mjs.
// Addressing: get, getOrCreate, id. values.mjs says how values are written.

import { createInterface } from "node:readline";
import { createClient as createClient2_3 } from "rivetkit/client";
import { createClient as createClient2_2 } from "rivetkit-2-2-1/client";
import { connections } from "./connections.mjs";
import { raw } from "./raw.mjs";
import { decode, encode, encodeError } from "./values.mjs";

// Answers have stdout to themselves: the clients log to it.
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

const versions = { "2.3.19": createClient2_3, "2.2.1": createClient2_2 };
const clients = new Map();

function clientOf({ client, encoding, url }) {
  const name = JSON.stringify([client, encoding, url]);
  if (!clients.has(name)) clients.set(name, versions[client]({ endpoint: url, encoding }));
  return clients.get(name);
}

function handleOf(request) {
  const actors = clientOf(request)[request.actor];
  const options = request.params === undefined ? {} : { params: decode(request.params) };
  switch (request.by) {
    case "get":
      return actors.get(request.key, options);
    case "getOrCreate":
      return actors.getOrCreate(request.key, { ...options, ...input(request, "createWithInput") });
    case "id":
      return actors.getForId(request.id, options);
    default:
      throw new Error(`no such addressing: ${request.by}`);
  }
}

function input(request, field) {
  return request.input === undefined ? undefined : { [field]: decode(request.input) };
}

const actors = {
  call: (request) => handleOf(request).action({ name: request.action, args: request.args.map(decode) }),
  resolve: (request) => handleOf(request).resolve(),
  create: async (request) => {
    const actors = clientOf(request)[request.actor];
    return (await actors.create(request.key, input(request, "input"))).resolve();
  },
  publish: (request) => {
    const { queue, body, wait, timeout } = request;
    return handleOf(request).send(queue, decode(body), { wait, timeout });
  },
};

const operations = { ...actors, ...connections(handleOf), ...raw(handleOf) };

async function perform(request) {
  if (!Object.hasOwn(operations, request.op)) throw new Error(`no such operation: ${request.op}`);
  return operations[request.op](request);
}

// A client waits for its host for ever; a test does not.
const PATIENCE_MS = 120_000;

function patience(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function answer(line) {
  try {
    return { ok: encode(await patience(perform(JSON.parse(line)))) };
  } catch (error) {
    return { error: encodeError(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  print(JSON.stringify(await answer(line)) + "\n");
}
process.exit(0);
