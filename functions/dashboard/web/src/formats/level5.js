/**
 * MATLAB files of version 5 to 7: numbers and text, at the top and in structs and cells.
 *
 * Source: MathWorks, "MAT-File Format", chapter 1 (Level 5 MAT-file format).
 */

import { FormatError } from "./errors.js";
import { readNumbers, sizeOf } from "./numbers.js";
import RULES from "./variables.json";
import { checkWalk } from "./variables.js";

const MATRIX = 14;
const COMPRESSED = 15;
const HEADER_BYTES = 128;
const TYPES = { 1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8" };
// As MATLAB keeps text: by UTF-16 units, or as UTF-8 or UTF-16.
const TEXT_TYPES = { ...TYPES, 16: "u1", 17: "u2" };
const [CELL, STRUCT, CHAR] = [1, 2, 4];
// Double, single and the integers, with the bytes of a number of each.
const NUMBER_BYTES = { 6: 8, 7: 4, 8: 1, 9: 1, 10: 2, 11: 2, 12: 4, 13: 4, 14: 8, 15: 8 };
const COMPLEX_FLAG = 0x08;
const CUT = "The MATLAB file is cut short.";
const DAMAGED = "The MATLAB file is damaged: its parts do not fit together. Save it again.";

/** Return the variables, those at the top before those in structs and cells. */
export async function readLevel5(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < HEADER_BYTES) throw new FormatError("This is not a MATLAB file: it is too short.");
  const mark = String.fromCharCode(view.getUint8(126), view.getUint8(127));
  if (mark !== "IM" && mark !== "MI") throw new FormatError("This is not a MATLAB file of version 5 or later.");
  const little = mark === "IM";
  const walk = { little, plain: [], nested: [], count: 0 };
  for (let at = HEADER_BYTES; at + 8 <= buffer.byteLength; ) {
    const tag = readTag({ view, little }, at);
    if (tag.data + tag.size > buffer.byteLength) throw new FormatError(CUT);
    await readElement(view, tag, walk);
    // Compressed elements are not padded.
    at = tag.type === COMPRESSED ? tag.data + tag.size : tag.next;
  }
  return [...walk.plain, ...walk.nested];
}

async function readElement(view, tag, walk) {
  const { little } = walk;
  if (tag.type === MATRIX) return visit({ view, little, end: tag.data + tag.size }, tag, walk);
  if (tag.type !== COMPRESSED) return undefined;
  const inner = new DataView(await inflate(new Uint8Array(view.buffer, tag.data, tag.size)));
  const part = { view: inner, little, end: inner.byteLength };
  const within = readTag(part, 0);
  return within.type === MATRIX ? visit(part, within, walk) : undefined;
}

/** Unpack, and stop above the size that is accepted. */
async function inflate(bytes) {
  const parts = [];
  let size = 0;
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    for (let next = await reader.read(); !next.done && size <= RULES.largest_bytes; next = await reader.read()) {
      parts.push(next.value);
      size += next.value.length;
    }
    if (size > RULES.largest_bytes) await reader.cancel();
  } catch {
    throw new FormatError("The MATLAB file is damaged: a compressed variable cannot be unpacked.");
  }
  if (size > RULES.largest_bytes) throw new FormatError("A variable of the MATLAB file is too large: cut the recording into parts.");
  return new Blob(parts).arrayBuffer();
}

/** Read one variable at the top; what it holds becomes variables too. */
function visit(part, tag, walk) {
  try {
    const matrix = readMatrix(part, tag);
    if (matrix?.name) keep(part, matrix, matrix.name, 0, walk);
  } catch (error) {
    // An element that reaches beyond the end of the bytes.
    if (error instanceof RangeError) throw new FormatError(DAMAGED);
    throw error;
  }
}

function keep(part, matrix, path, depth, walk) {
  walk.count += 1;
  checkWalk(walk.count, depth);
  const { kind, shape, values } = matrix;
  const found = depth ? walk.nested : walk.plain;
  if (kind === CHAR) found.push({ name: path, text: textOf(part, matrix) });
  else if (kind in NUMBER_BYTES && !matrix.isComplex) {
    const bytes = NUMBER_BYTES[kind] * countOf(shape);
    found.push({ name: path, shape, bytes, read: (Numbers) => numbersOf(part, values, countOf(shape), Numbers) });
  } else if (kind === STRUCT || kind === CELL) {
    for (const [name, one] of childrenOf(part, matrix, path, walk)) keep(part, one, name, depth + 1, walk);
  }
}

/** Return what a struct or cell holds, by paths: of one element by its fields, of several by what names them. */
function childrenOf(part, matrix, path, walk) {
  const count = countOf(matrix.shape);
  const fields = matrix.kind === STRUCT ? fieldNames(part, matrix) : [""];
  checkWalk(walk.count + count * fields.length, 0);
  let at = matrix.kind === STRUCT ? matrix.content : matrix.values.at;
  const elements = Array.from({ length: count }, () => fields.map(() => {
    const tag = readTag(part, at);
    at = tag.next;
    return tag.type === MATRIX ? readMatrix(part, tag) : null;
  }));
  const paths = count === 1 ? [path] : pathsOf(part, matrix, fields, elements, path);
  const named = elements.flatMap((one, n) => one.map((child, k) => [fields[k] ? `${paths[n]}.${fields[k]}` : paths[n], child]));
  return named.filter(([, child]) => child);
}

/** Return a path for each element: by its field `Name` where all have one of their own, else by its number. */
function pathsOf(part, { kind }, fields, elements, path) {
  const place = fields.indexOf("Name");
  const labels = elements.map((one) => (one[place]?.kind === CHAR ? textOf(part, one[place]) : ""));
  if (place >= 0 && labels.every(Boolean) && new Set(labels).size === labels.length) return labels.map((label) => `${path}.${label}`);
  return elements.map((_, n) => (kind === CELL ? `${path}{${n + 1}}` : `${path}(${n + 1})`));
}

function fieldNames(part, matrix) {
  const length = readTag(part, matrix.values.at);
  const size = part.view.getInt32(length.data, part.little);
  const names = readTag(part, length.next);
  matrix.content = names.next;
  if (size < 1 || names.data + names.size > part.end) throw new FormatError(DAMAGED);
  return Array.from({ length: Math.floor(names.size / size) }, (_, n) => characters(part, names.data + n * size, size).split("\0")[0]);
}

/** Return the head of a matrix: its class, name and shape, and where its values are; nothing of an empty one. */
function readMatrix(part, matrix) {
  if (!matrix.size) return null;
  if (matrix.data + matrix.size > part.end) throw new FormatError(DAMAGED);
  const flags = readTag(part, matrix.data);
  const word = part.view.getUint32(flags.data, part.little);
  const dimensions = readTag(part, flags.next);
  const name = readTag(part, dimensions.next);
  return {
    kind: word & 0xff,
    isComplex: Boolean((word >> 8) & COMPLEX_FLAG),
    shape: Array.from({ length: Math.min(dimensions.size, part.end) / 4 }, (_, n) => part.view.getInt32(dimensions.data + 4 * n, part.little)),
    name: characters(part, name.data, name.size),
    values: { at: name.next },
  };
}

function numbersOf(part, { at }, count, Numbers) {
  const tag = readTag(part, at);
  const type = TYPES[tag.type];
  if (!type || tag.data + tag.size > part.end || count * sizeOf(type) > tag.size) throw new FormatError(DAMAGED);
  return readNumbers(part.view, type, { at: tag.data, count, little: part.little }, Numbers);
}

/** Return the first characters of a text: fields are short. */
function textOf(part, { shape, values }) {
  const count = countOf(shape);
  if (!count || count > RULES.longest_text) return "";
  const tag = readTag(part, values.at);
  const type = TEXT_TYPES[tag.type];
  return type && count * sizeOf(type) <= tag.size ? String.fromCharCode(...readNumbers(part.view, type, { at: tag.data, count, little: part.little })) : "";
}

function characters({ view }, at, size) {
  return new TextDecoder().decode(new Uint8Array(view.buffer, at, size));
}

function countOf(shape) {
  return shape.reduce((product, size) => product * Math.max(0, size), 1);
}

function readTag({ view, little }, at) {
  const word = view.getUint32(at, little);
  const small = word >>> 16;
  if (small) return { type: word & 0xffff, size: small, data: at + 4, next: at + 8 };
  const size = view.getUint32(at + 4, little);
  return { type: word, size, data: at + 8, next: at + 8 + Math.ceil(size / 8) * 8 };
}
