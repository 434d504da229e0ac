// Drives the npm clients for a test. Reads one request a line, answers one line each:
//   {"client": "2.3.19", "encoding": "bare", "url": "...", "op": "call", "by": "getOrCreate",
//    "actor": "counter", "key": ["a"], "action": "increment", "args": [1], "input": {...}}
//   -> {"ok": value} | {"error": {"group", "code", "message", "metadata"}}
// Operations: call, resolve, create (gives the id). Addressing: get, getOrCreate, id.
// What JSON cannot say is an object with one field: $bigint, $bytes, $date, $undefined, $set, $number.

import { createInterface } from "node:readline";
import { createClient as createClient2_3 } from "rivetkit/client";
import { createClient as createClient2_2 } from "rivetkit-2-2-1/client";

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
  switch (request.by) {
    case "get":
      return actors.get(request.key);
    case "getOrCreate":
      return actors.getOrCreate(request.key, withInput(request, "createWithInput"));
    case "id":
      return actors.getForId(request.id);
    default:
      throw new Error(`no such addressing: ${request.by}`);
  }
}

function withInput(request, field) {
  return request.input === undefined ? undefined : { [field]: decode(request.input) };
}

async function perform(request) {
  switch (request.op) {
    case "call": {
      const args = request.args.map(decode);
      return handleOf(request).action({ name: request.action, args });
    }
    case "resolve":
      return handleOf(request).resolve();
    case "create": {
      const actors = clientOf(request)[request.actor];
      const handle = await actors.create(request.key, withInput(request, "input"));
      return handle.resolve();
    }
    default:
      throw new Error(`no such operation: ${request.op}`);
  }
}

const decoders = {
  $bigint: BigInt,
  $bytes: (list) => Uint8Array.from(list),
  $date: (ms) => new Date(ms),
  $undefined: () => undefined,
  $set: (list) => new Set(list.map(decode)),
  $number: Number,
};

function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== "object") return value;
  const [tag, ...more] = Object.keys(value);
  if (more.length === 0 && Object.hasOwn(decoders, tag)) return decoders[tag](value[tag]);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, decode(field)]));
}

function encode(value) {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "bigint") return { $bigint: value.toString() };
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Set) return { $set: [...value].map(encode) };
  if (value instanceof ArrayBuffer) return { $bytes: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) return { $bytes: [...value] };
  if (Array.isArray(value)) return value.map(encode);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, encode(field)]));
}

function encodeError(error) {
  const { group, code, message, metadata, stack } = error;
  if (group === undefined) return { group: "driver", code: "exception", message: String(stack ?? error) };
  return { group, code, message, metadata: encode(metadata) };
}

// A client waits for its host for ever; a test does not.
const PATIENCE_MS = 120_000;

function patience() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS} ms`)), PATIENCE_MS).unref();
  });
}

async function answer(line) {
  try {
    return { ok: encode(await Promise.race([perform(JSON.parse(line)), patience()])) };
  } catch (error) {
    return { error: encodeError(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  print(JSON.stringify(await answer(line)) + "\n");
}
process.exit(0);
