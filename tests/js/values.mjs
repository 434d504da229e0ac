// Values as the lines of the drivers carry them. What JSON cannot say is an object with one field:
// $bigint, $bytes, $date, $undefined, $set, $number.

const decoders = {
  $bigint: BigInt,
  $bytes: (list) => Uint8Array.from(list),
  $date: (ms) => new Date(ms),
  $undefined: () => undefined,
  $set: (list) => new Set(list.map(decode)),
  $number: Number,
};

export function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== "object") return value;
  const [tag, ...more] = Object.keys(value);
  if (more.length === 0 && Object.hasOwn(decoders, tag)) return decoders[tag](value[tag]);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, decode(field)]));
}

export function encode(value) {
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

export function encodeError(error) {
  const { group, code, message, metadata, stack } = error;
  if (group === undefined) return { group: "driver", code: "exception", message: String(stack ?? error) };
  return { group, code, message, metadata: encode(metadata) };
}
