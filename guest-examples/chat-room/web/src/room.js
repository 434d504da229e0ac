// A live connection to the actor `chat-room`.

import { createClient } from "rivetkit/client";

const HISTORY = 100;
const TRY_AGAIN_MS = 1_000;

// Joins a room. `hear` is told of everything that happens there: status, message, history, joined, left, whisper,
// here, refused, trouble.
export function join(host, room, name, hear) {
  const handle = createClient(host)["chat-room"].getOrCreate([room], { params: { name } });
  let connection;
  let entered = false;
  let again;

  const connect = () => {
    connection = handle.connect();
    listen(connection, {
      ...hear,
      entered: () => (entered = true),
      trouble: (error) => (entered ? hear.trouble(error) : hear.refused(error)),
      // The client gives up when it finds nobody at the host's address. Somebody may come back to it.
      status: (status) => {
        const lost = status === "idle" && entered;
        if (lost) again = setTimeout(connect, TRY_AGAIN_MS);
        hear.status(lost ? "disconnected" : status);
      },
    });
  };
  connect();

  return {
    say: (text) => connection.sendMessage(text),
    whisper: (to, text) => connection.whisper(to, text),
    leave: () => {
      entered = false;
      clearTimeout(again);
      connection.dispose();
    },
  };
}

function listen(connection, hear) {
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
    hear.entered();
    Promise.all([catchUp(), look()]).catch(hear.trouble);
  });
  connection.onStatusChange(hear.status);
  connection.onError(hear.trouble);
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
}
