/**
 * MATLAB files of version 5 to 7.
 *
 * Source: MathWorks, "MAT-File Format", chapter 1 (Level 5 MAT-file format).
 */

import { FormatError } from "./errors.js";
import { readNumbers } from "./numbers.js";

const MATRIX = 14;
const COMPRESSED = 15;
const HEADER_BYTES = 128;
const TYPES = { 1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8" };
// Double, single and the integers; structures, cells and text are no signals.
const NUMERIC_CLASSES = { first: 6, last: 15 };
const COMPLEX_FLAG = 0x08;

/** Return the real numeric variables: name, shape and float32 values, columns first. */
export async function readLevel5(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER_BYTES) throw new FormatError("This is not a MATLAB file: it is too short.");
  const mark = String.fromCharCode(view.getUint8(126), view.getUint8(127));
  if (mark !== "IM" && mark !== "MI") throw new FormatError("This is not a MATLAB file of version 5 or later.");
  const little = mark === "IM";
  const variables = [];
  for (let at = HEADER_BYTES; at + 8 <= buffer.byteLength; ) {
    const tag = readTag(view, at, little);
    if (tag.data + tag.size > buffer.byteLength) throw new FormatError("The MATLAB file is cut short.");
    const found = await readElement(view, tag, little);
    if (found) variables.push(found);
    // Compressed elements are not padded.
    at = tag.type === COMPRESSED ? tag.data + tag.size : tag.next;
  }
  return variables;
}

async function readElement(view, tag, little) {
  if (tag.type !== COMPRESSED) return tag.type === MATRIX ? readMatrix(view, tag, little) : null;
  const inner = new DataView(await inflate(new Uint8Array(view.buffer, tag.data, tag.size)));
  const within = readTag(inner, 0, little);
  return within.type === MATRIX ? readMatrix(inner, within, little) : null;
}

async function inflate(bytes) {
  try {
    return await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  } catch {
    throw new FormatError("The MATLAB file is damaged: a compressed variable cannot be unpacked.");
  }
}

function readMatrix(view, matrix, little) {
  const flags = readTag(view, matrix.data, little);
  const word = view.getUint32(flags.data, little);
  const kind = word & 0xff;
  if (kind < NUMERIC_CLASSES.first || kind > NUMERIC_CLASSES.last || (word >> 8) & COMPLEX_FLAG) return null;
  const dimensions = readTag(view, flags.next, little);
  const name = readTag(view, dimensions.next, little);
  const values = readTag(view, name.next, little);
  const shape = Array.from({ length: dimensions.size / 4 }, (_, n) => view.getInt32(dimensions.data + 4 * n, little));
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    name: new TextDecoder().decode(new Uint8Array(view.buffer, name.data, name.size)),
    shape,
    values: readNumbers(view, TYPES[values.type], { at: values.data, count, little }),
  };
}

function readTag(view, at, little) {
  const word = view.getUint32(at, little);
  const small = word >>> 16;
  if (small) return { type: word & 0xffff, size: small, data: at + 4, next: at + 8 };
  const size = view.getUint32(at + 4, little);
  return { type: word, size, data: at + 8, next: at + 8 + Math.ceil(size / 8) * 8 };
}
