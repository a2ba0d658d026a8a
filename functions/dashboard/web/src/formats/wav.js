/** WAV: PCM of 8 to 32 bits and float, any number of channels. */

import { FormatError } from "./errors.js";
import { readNumbers } from "./numbers.js";

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
// Programs that write to a pipe do not know the length: they state one near 2 or 4 GiB.
const UNKNOWN_LENGTH = 0x7ffff000;
const TYPES = { [PCM]: { 8: "u1", 16: "i2", 24: "i3", 32: "i4" }, [FLOAT]: { 32: "f4", 64: "f8" } };

/** Read a WAV; samples of integers are fractions of full scale. */
export function readWav(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 44 || text(view, 0) !== "RIFF" || text(view, 8) !== "WAVE") {
    throw new FormatError("This is not a WAV file: its first bytes are not RIFF and WAVE.");
  }
  const chunks = readChunks(view);
  if (!chunks.fmt || !chunks.data) throw new FormatError("The WAV has no format or no samples.");
  const format = readFormat(view, chunks.fmt);
  const frames = Math.floor(chunks.data.size / format.frameBytes);
  return {
    format: `WAV, ${format.bits} bit${format.integers ? "" : " float"}`,
    channels: Array.from({ length: format.channels }, (_, c) => channel(view, chunks.data.at, frames, format, c)),
    rateHz: format.rateHz,
    integers: format.integers,
  };
}

function readChunks(view) {
  const chunks = {};
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    const room = view.byteLength - at - 8;
    // One byte of padding may be missing.
    if (size > room && size < UNKNOWN_LENGTH) {
      throw new FormatError(`The WAV is cut short: a part of ${size} bytes has ${room}.`);
    }
    chunks[text(view, at).trim()] ??= { at: at + 8, size: Math.min(size, room) };
    at += 8 + size + (size % 2);
  }
  return chunks;
}

function readFormat(view, { at }) {
  let code = view.getUint16(at, true);
  if (code === EXTENSIBLE) code = view.getUint16(at + 24, true);
  const bits = view.getUint16(at + 14, true);
  const type = TYPES[code]?.[bits];
  if (!type) throw new FormatError("The WAV holds compressed samples; save it as PCM or float.");
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
