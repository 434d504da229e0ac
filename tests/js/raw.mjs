// Raw HTTP and raw WebSockets:
//   fetch     {target, "path", "method", "headers"?, "text"? or "mib"?, "streamed"?}
//             -> {"status", "headers", "text", "echoed": whether the answer is what was sent}; a long text is cut
//   socket    {target, "path"} -> number, once it is open
//   send      {"socket", "message"}; bytes go as binary
//   messages  {"socket", "count"} -> those received so far, when there are so many
//   close     {"socket", "code", "reason"}
//   closed    {"socket"} -> {"code", "reason"}, once it is closed

import { decode } from "./values.mjs";
import { Watched } from "./watched.mjs";

const PIECE_BYTES = 64 << 10;
const TEXT_CHARS = 4096;

export function raw(handleOf) {
  const sockets = [];
  const on = (perform) => (request) => perform(sockets[request.socket], request);
  return {
    fetch: (request) => send(handleOf(request), request),
    socket: async (request) => {
      const socket = new Socket(await handleOf(request).webSocket(request.path));
      await socket.watched.until(() => socket.ws.readyState !== 0);
      return sockets.push(socket) - 1;
    },
    send: on((socket, { message }) => socket.ws.send(decode(message))),
    messages: on((socket, { count }) =>
      socket.watched.until(() => socket.messages.length >= count && socket.messages),
    ),
    close: on((socket, { code, reason }) => socket.ws.close(code, reason)),
    closed: on((socket) => socket.watched.until(() => socket.end)),
  };
}

async function send(handle, { path, method, headers, text, mib, streamed }) {
  const sent = text !== undefined ? new TextEncoder().encode(text) : bytes(mib);
  const body = sent && (streamed ? new ReadableStream({ pull: pieces(sent) }) : sent);
  const response = await handle.fetch(path, { method, headers, body, duplex: body && "half" });
  const received = new Uint8Array(await response.arrayBuffer());
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: new TextDecoder().decode(received.subarray(0, TEXT_CHARS)),
    echoed: Buffer.compare(received, sent ?? new Uint8Array()) === 0,
  };
}

// So many MiB, of which no two pieces are alike.
function bytes(mib) {
  if (mib === undefined) return undefined;
  const words = new Uint32Array((mib << 20) / 4);
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2_654_435_761);
  return new Uint8Array(words.buffer);
}

function pieces(whole) {
  let at = 0;
  return (controller) => {
    if (at >= whole.length) return controller.close();
    controller.enqueue(whole.slice(at, at + PIECE_BYTES));
    at += PIECE_BYTES;
  };
}

class Socket {
  messages = [];
  watched = new Watched();

  constructor(ws) {
    this.ws = ws;
    ws.binaryType = "arraybuffer";
    ws.addEventListener("open", () => this.watched.changed());
    ws.addEventListener("message", ({ data }) => {
      this.messages.push(data);
      this.watched.changed();
    });
    ws.addEventListener("close", ({ code, reason }) => {
      this.end = { code, reason };
      this.watched.changed();
    });
  }
}
