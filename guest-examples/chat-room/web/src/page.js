// The page: asks who comes to which room, and shows what happens there.

import { join } from "./room.js";
import { clear, happened, hide, here, history, said, show, status, whispered } from "./view.js";

const query = new URLSearchParams(location.search);
// A host on the machine that the page comes from, at the port that it listens on when nothing else is said.
const host = query.get("host") ?? `http://${location.hostname || "127.0.0.1"}:6420`;
const $ = (id) => document.getElementById(id);

let room;
let recipient;

$("host").textContent = host;
$("name").value = query.get("name") ?? "";
$("room-name").value = query.get("room") ?? "lobby";

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  enter($("name").value.trim(), $("room-name").value.trim());
});

function enter(name, roomName) {
  hide("refused");
  clear();
  $("title").textContent = roomName;
  document.title = `#${roomName}`;
  $("lobby").hidden = true;
  $("room").hidden = false;
  status("connecting");
  room = join(host, roomName, name, {
    status,
    message: (message) => said(message, name),
    history: (messages) => history(messages, name),
    joined: (who) => happened(`${who} joined`),
    left: (who) => happened(`${who} left`),
    whisper: (from, text) => whispered(from, text, `${from} whispers to you`),
    here: (names) => here(names, name, speakTo),
    refused: (error) => leave(error),
    trouble: (error) => show("trouble", error.message),
  });
  $("text").focus();
}

$("leave").addEventListener("click", () => leave());

function leave(error) {
  room?.leave();
  room = undefined;
  speakTo(undefined);
  document.title = "Chat room";
  $("room").hidden = true;
  $("lobby").hidden = false;
  if (error) show("refused", error.message);
  $("name").focus();
}

function speakTo(name) {
  recipient = name;
  $("recipient").hidden = name === undefined;
  $("recipient-name").textContent = name ?? "";
  $("send").textContent = name === undefined ? "Send" : "Whisper";
  $("text").focus();
}

$("aloud").addEventListener("click", () => speakTo(undefined));

$("compose").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (text === "") return;
  const to = recipient;
  $("text").value = "";
  hide("trouble");
  try {
    if (to === undefined) {
      await room.say(text);
    } else {
      await room.whisper(to, text);
      whispered($("name").value.trim(), text, `You whisper to ${to}`);
    }
  } catch (error) {
    // What could not be sent is not lost, unless something else is being written already.
    if ($("text").value === "") $("text").value = text;
    show("trouble", error.message);
  }
});
