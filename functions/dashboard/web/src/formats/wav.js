/** WAV: PCM of 8 to 32 bits and float, any number of channels. */

import { UnreadHereError } from "./errors.js";
import { readNumbers } from "./numbers.js";
import RULES from "./variables.json";

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const CONTAINERS = ["RIFF", "RF64", "BW64"];
// In RF64 and BW64: stands for a size that is in an earlier chunk.
const UNKNOWN = 0xffffffff;
// From here on a size stands for "unknown": programs that write to a pipe state one near 2 or 4 GiB.
const UNKNOWN_LENGTH = 0x7ffff000;
const TYPES = { [PCM]: { 8: "u1", 16: "i2", 24: "i3", 32: "i4" }, [FLOAT]: { 32: "f4", 64: "f8" } };

/** Read a WAV; samples of integers are fractions of full scale. */
export function readWav(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 44 || !CONTAINERS.includes(text(view, 0)) || text(view, 8) !== "WAVE") {
    throw new UnreadHereError("its first bytes are not those of a WAV");
  }
  const chunks = readChunks(view);
  if (!chunks.fmt || !chunks.data) throw new UnreadHereError("it has no format or no samples");
  const format = readFormat(view, chunks.fmt);
  const frames = Math.floor(chunks.data.size / format.frameBytes);
  if (!frames || !format.channels || format.channels > RULES.most_channels || !format.rateHz) throw new UnreadHereError("it has no samples, or too many channels");
  return {
    format: `WAV, ${format.bits} bit${format.integers ? "" : " float"}`,
    channels: Array.from({ length: format.channels }, (_, c) => channel(view, chunks.data.at, frames, format, c)),
    rateHz: format.rateHz,
    integers: format.integers,
  };
}

function readChunks(view) {
  const chunks = {};
  for (let at = 12; at + 8 <= view.byteLength && !chunks.data; ) {
    const name = text(view, at).trim();
    const size = view.getUint32(at + 4, true);
    const room = view.byteLength - at - 8;
    if (name !== "data" && size > room) throw new UnreadHereError("a part of it is longer than the file");
    chunks[name] ??= { at: at + 8, size: name === "data" ? dataSize(view, chunks, size, room) : size };
    at += 8 + size + (size % 2);
  }
  return chunks;
}

/** Return the size of the data: the rest of the file, where a crashed recorder or a pipe left no size or one too large. */
function dataSize(view, { ds64 }, stated, room) {
  const size = ds64 && stated === UNKNOWN ? Number(view.getBigUint64(ds64.at + 8, true)) : stated;
  const at = view.byteLength - room;
  if (!size && room >= 8 && /^\w{4}$/.test(text(view, at))) throw new UnreadHereError("its data is empty");
  // The service reads a file that was cut short, since its answer has a note on that.
  if (size > room && size < UNKNOWN_LENGTH) throw new UnreadHereError("it is cut short");
  return size && size < UNKNOWN_LENGTH ? size : room;
}

function readFormat(view, { at }) {
  let code = view.getUint16(at, true);
  if (code === EXTENSIBLE) code = view.getUint16(at + 24, true);
  const bits = view.getUint16(at + 14, true);
  const type = TYPES[code]?.[bits];
  if (!type) throw new UnreadHereError("its samples are compressed");
  const channels = view.getUint16(at + 2, true);
  const size = bits / 8;
  const rateHz = view.getUint32(at + 4, true);
  return { type, bits, channels, size, frameBytes: size * channels, rateHz, integers: code === PCM };
}

function channel(view, at, count, format, index) {
  const scale = format.integers ? 2 ** (1 - format.bits) : 1;
  const layout = { at: at + index * format.size, count, stride: format.frameBytes, scale };
  const samples = readNumbers(view, format.type, layout);
  if (format.type === "u1") for (let n = 0; n < count; n++) samples[n] -= 1;
  return { name: `Channel ${index}`, samples };
}

function text(view, at) {
  return String.fromCharCode(...new Uint8Array(view.buffer, at, 4));
}
