/** Samples without a header, of the type that the user chose. */

import { UnreadHereError } from "./errors.js";
import { RAW_TYPES } from "./kinds.js";
import { readNumbers, sizeOf } from "./numbers.js";

const HEAD_BYTES = 1024;
const FEWEST_TEXT_BYTES = 16;
// The service's limit: no sensor gives such values, but samples read as the wrong type do.
const ABSURD = 1e15;
const LOOKED_AT = 1024;
// First bytes of files that are no samples; the same as the service's.
const MARKS = [
  "\x93NUMPY", "fLaC", "\x1f\x8b", "PK\x03\x04", "\x28\xb5\x2f\xfd", "\x89HDF\r\n\x1a\n", "MATLAB ", "TDSm", "MDF     ", "OggS", "caff",
  "riff", "ID3", "%PDF-", "\xd0\xcf\x11\xe0", "SQLite f", "PAR1", "ARROW1", "7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07", "\xfd7zXZ\0", "BZh91AY&",
  "\x89PNG\r\n", "\x80\x04\x95", "\x80\x05\x95", ...["\x02", "\x03"].flatMap((version) => ["c", "]q", "}q"].map((begin) => `\x80${version}${begin}`)), ".snd", "|CF,", "RIFF", "RIFX", "RF64", "BW64", "FORM",
];

/** Read a raw file of one channel. */
export function readRaw(buffer, type = "f4") {
  const { size, big } = { size: sizeOf(type.slice(0, 2)), big: type.endsWith("be") };
  if (isSomethingElse(buffer)) throw new UnreadHereError("it does not look like samples");
  if (!buffer.byteLength || buffer.byteLength % size) {
    throw new UnreadHereError(`its ${buffer.byteLength} bytes are no multiple of ${size}`);
  }
  const integers = type.startsWith("i");
  const scale = integers ? 2 ** (1 - 8 * size) : 1;
  const samples = readNumbers(new DataView(buffer), type.slice(0, 2), { count: buffer.byteLength / size, scale, little: !big });
  if (!integers && samples.subarray(0, LOOKED_AT).some((value) => Math.abs(value) > ABSURD && Number.isFinite(value))) {
    throw new UnreadHereError("its values are absurd");
  }
  return { format: `Raw, ${RAW_TYPES[type]}`, channels: [{ name: "Channel 0", samples }], rateHz: null, integers };
}

/** Whether the first bytes are text, or those of a file of another kind: the service names which. */
export function isSomethingElse(buffer) {
  const head = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, HEAD_BYTES));
  const begin = String.fromCharCode(...head.subarray(0, 8));
  return MARKS.some((mark) => begin.startsWith(mark)) || isCatman(head) || (head.length >= FEWEST_TEXT_BYTES && isText(head));
}

/** Whether the first bytes are a version of catman, the place of its data, and the length of a comment. */
function isCatman(head) {
  if (head.length < 8) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  const [version, offset, comment] = [view.getUint16(0, true), view.getUint32(2, true), view.getUint16(6, true)];
  return version >= 5010 && version < 5016 && comment + 78 <= offset && offset < 2 ** 24;
}

/** Whether bytes are text: of UTF-16, or few of them beyond ASCII and none of control. */
export function isText(head) {
  const isControl = (byte) => (byte < 32 && ![9, 10, 12, 13].includes(byte)) || byte === 127;
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  return isUtf16 || (!head.some(isControl) && head.filter((byte) => byte > 127).length * 10 <= head.length);
}
