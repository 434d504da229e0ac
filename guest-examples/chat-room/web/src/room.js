// A live connection to the actor `chat-room`.

import { createClient } from "rivetkit/client";

const HISTORY = 100;

// Joins a room. `hear` is told of everything that happens there: status, message, history, joined, left, whisper,
// here, refused, trouble.
export function join(host, room, name, hear) {
  const client = createClient(host);
  const connection = client["chat-room"].getOrCreate([room], { params: { name } }).connect();
  let connected = false;
  // Messages that come while the history is on its way; they belong behind it.
  let held = [];

  const look = async () => hear.here(await connection.who());
  const catchUp = async () => {
    held = [];
    hear.history(await connection.history(HISTORY));
    for (const message of held) hear.message(message);
    held = undefined;
  };
  // Whoever comes back after a while has missed what was said meanwhile.
  connection.onOpen(() => {
    connected = true;
    Promise.all([catchUp(), look()]).catch(hear.trouble);
  });
  connection.onStatusChange(hear.status);
  connection.onError((error) => (connected ? hear.trouble(error) : hear.refused(error)));
  connection.on("message", (message) => (held ? held.push(message) : hear.message(message)));
  connection.on("whisper", ({ from, text }) => hear.whisper(from, text));
  connection.on("joined", ({ name }) => {
    hear.joined(name);
    look().catch(hear.trouble);
  });
  connection.on("left", ({ name }) => {
    hear.left(name);
    look().catch(hear.trouble);
  });

  return {
    say: (text) => connection.sendMessage(text),
    whisper: (to, text) => connection.whisper(to, text),
    leave: () => connection.dispose(),
  };
}
