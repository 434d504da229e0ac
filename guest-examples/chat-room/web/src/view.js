// What is on the page. Everything that people wrote is put there as text, never as HTML.

const STATUS = {
  connecting: "Connecting…",
  connected: "Connected",
  disconnected: "Reconnecting…",
  idle: "Not connected",
};
const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
// The messages on the page, by id: one that is in the history and comes as an event, too, is shown once.
let shown = new Set();

export function show(id, text) {
  $(id).textContent = text;
  $(id).hidden = false;
}

export function hide(id) {
  $(id).hidden = true;
}

export function status(name) {
  $("status").dataset.status = name;
  $("status").textContent = STATUS[name];
  if (name === "connected") hide("trouble");
}

export function clear() {
  shown = new Set();
  $("log").replaceChildren();
  $("people").replaceChildren();
  hide("trouble");
}

export function history(messages, me) {
  for (const message of messages) said(message, me);
  if (shown.size === 0 && $("log").childElementCount === 0) {
    $("log").append(element("li", { className: "empty" }, "Nobody has said anything yet."));
  }
}

export function said({ id, from, text, at }, me) {
  if (shown.has(id)) return;
  shown.add(id);
  const name = from === me ? `${from} (you)` : from;
  add(message(from, name, text, new Date(at)));
}

export function whispered(from, text, how) {
  const item = message(from, from, text, new Date());
  item.classList.add("whispered");
  item.querySelector(".by").append(element("span", { className: "how" }, how));
  add(item);
}

export function happened(what) {
  add(element("li", { className: "happened" }, what));
}

export function here(names, me, speakTo) {
  const people = [...new Set(names)].map((name) => {
    const who = [avatar(name), element("span", { className: "name" }, name === me ? `${name} (you)` : name)];
    if (name === me) return element("li", {}, element("span", { className: "me" }, ...who));
    const button = element("button", { type: "button", title: `Whisper to ${name}` }, ...who);
    button.addEventListener("click", () => speakTo(name));
    return element("li", {}, button);
  });
  $("people").replaceChildren(...people);
}

function message(from, name, text, at) {
  const time = element("time", { dateTime: at.toISOString() }, clock.format(at));
  const by = element("div", { className: "by" }, element("strong", {}, name), time);
  return element("li", { className: "message" }, avatar(from), by, element("div", { className: "said" }, text));
}

function add(item) {
  const log = $("log");
  log.querySelector(".empty")?.remove();
  // Whoever reads further up is left there.
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  log.append(item);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function avatar(name) {
  const initial = [...name][0]?.toUpperCase() ?? "?";
  const item = element("span", { className: "avatar", ariaHidden: "true" }, initial);
  // The golden angle keeps the colours of similar names apart.
  const sum = [...name].reduce((sum, char) => sum * 31 + char.codePointAt(0), 7);
  item.style.setProperty("--hue", String((sum * 137.5) % 360));
  return item;
}

function element(tag, fields, ...children) {
  const made = Object.assign(document.createElement(tag), fields);
  made.append(...children);
  return made;
}
