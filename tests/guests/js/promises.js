// An actor in JavaScript, without an SDK: a count in memory, and a promise that is pending while it sleeps.

import { ok, err } from "rivet:actor/reply@0.1.0";
import { start } from "rivet:actor/timer@0.1.0";

// The kinds of event that it takes (`guest.wit`).
const CREATE = 1, WAKE = 2, ACTION = 3, COMPLETION = 4;

const manifest = {
  actors: [{ name: "counter", actions: ["increment", "get", "wait", "seen"] }],
};

let count = 0;
const seen = [];
const pending = new Map();

/** Ends after so many milliseconds. */
function sleep(ms) {
  const operation = start(BigInt(ms));
  return new Promise((resolve) => pending.set(operation, resolve));
}

/** Waits twice, with a variable of its own on the way. */
async function wait(ms) {
  const before = count;
  await sleep(ms);
  seen.push(`first ${before} ${count}`);
  await sleep(ms);
  seen.push(`second ${before} ${count}`);
}

const actions = {
  increment: () => number(++count),
  get: () => number(count),
  wait(args) {
    // One CBOR array of one number below 2^16.
    const ms = args[1] < 24 ? args[1] : args[1] === 24 ? args[2] : (args[2] << 8) | args[3];
    wait(ms);
    return number(0);
  },
  seen: () => text(seen.join(",")),
};

/** CBOR of a number from 0 to 2^32. */
function number(value) {
  return new Uint8Array([0x1a, value >>> 24, value >>> 16, value >>> 8, value]);
}

/** CBOR of an ASCII text of at most 65,535 characters. */
function text(value) {
  const bytes = Array.from(value, (c) => c.charCodeAt(0));
  return new Uint8Array([0x79, bytes.length >>> 8, bytes.length, ...bytes]);
}

export const guest = {
  describe: () => JSON.stringify(manifest),

  dispatch(event) {
    switch (event.kind) {
      case CREATE:
      case WAKE:
        ok(event.id, new Uint8Array());
        return 0;
      case ACTION: {
        const action = actions[event.name];
        if (action) ok(event.id, action(event.payload));
        else err(event.id, { group: "actor", code: "action_not_found", message: event.name });
        return 0;
      }
      case COMPLETION: {
        const resolve = pending.get(event.id);
        pending.delete(event.id);
        resolve?.();
        return 0;
      }
      default:
        return 1;
    }
  },
};
