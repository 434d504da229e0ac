// Live connections, each called by the number that `connect` gives:
//   connect   {target, "params"?} -> number; does not wait
//   open      {"conn"} -> the connection's id, or the error that it was refused with
//   callOver  {"conn", "action", "args"} -> value
//   start     {"conn", "action", "args"} -> number of a call that goes on
//   finish    {"conn", "call"} -> what came of it
//   on, once  {"conn", "event"} -> number of the subscription
//   off       {"conn", "subscription"}
//   events    {"conn", "event", "count"} -> the arguments of each so far, when there are so many
//   status    {"conn", "is", "times"} -> the connection's id, when it has been in that status so often
//   errors    {"conn", "count"} -> the errors told so far, when there are so many
//   dispose   {"conn"}

import { decode, encodeError } from "./values.mjs";
import { Watched } from "./watched.mjs";

export function connections(handleOf) {
  const links = [];
  const over = (perform) => (request) => perform(links[request.conn], request);
  return {
    connect: (request) => links.push(new Link(handleOf(request).connect())) - 1,
    open: over((link) => link.open()),
    callOver: over((link, { action, args }) => link.call(action, args)),
    start: over((link, { action, args }) => link.start(action, args)),
    finish: over((link, { call }) => link.calls[call].then(finished)),
    on: over((link, { event }) => link.subscribe("on", event)),
    once: over((link, { event }) => link.subscribe("once", event)),
    off: over((link, { subscription }) => link.subscriptions[subscription]()),
    events: over((link, { event, count }) => link.events(event, count)),
    status: over((link, { is, times }) => link.status(is, times)),
    errors: over((link, { count }) => link.watched.until(() => link.errors.length >= count && link.errors)),
    dispose: over((link) => link.conn.dispose()),
  };
}

function finished({ error, value }) {
  if (error !== undefined) throw error;
  return value;
}

class Link {
  calls = [];
  errors = [];
  received = new Map();
  statuses = [];
  subscriptions = [];
  watched = new Watched();

  constructor(conn) {
    this.conn = conn;
    conn.onError((error) => {
      this.errors.push(encodeError(error));
      this.refusal ??= error;
      this.watched.changed();
    });
    conn.onStatusChange((status) => {
      this.statuses.push(status);
      this.watched.changed();
    });
  }

  async open() {
    await this.watched.until(() => this.statuses.includes("connected") || this.refusal !== undefined);
    if (!this.statuses.includes("connected")) throw this.refusal;
    return this.conn.connId;
  }

  call(action, args) {
    return this.conn.action({ name: action, args: args.map(decode) });
  }

  start(action, args) {
    const call = this.call(action, args).then(
      (value) => ({ value }),
      (error) => ({ error }),
    );
    return this.calls.push(call) - 1;
  }

  subscribe(how, event) {
    const hear = (...args) => {
      this.received.set(event, [...(this.received.get(event) ?? []), args]);
      this.watched.changed();
    };
    return this.subscriptions.push(this.conn[how](event, hear)) - 1;
  }

  events(event, count) {
    const received = () => this.received.get(event) ?? [];
    return this.watched.until(() => received().length >= count && received());
  }

  async status(is, times) {
    await this.watched.until(() => this.statuses.filter((status) => status === is).length >= times);
    return this.conn.connId;
  }
}
