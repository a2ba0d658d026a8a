/** NumPy's file format: arrays of numbers, [samples] or [channels, samples]. */

import { UnreadHereError } from "./errors.js";
import { readNumbers, sizeOf } from "./numbers.js";
import { rows } from "./rows.js";
import { withoutTimes } from "./times.js";
import RULES from "./variables.json";

const MAGIC = "\x93NUMPY";

/** Read a .npy. */
export function readNpy(buffer) {
  const view = new DataView(buffer);
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== MAGIC) {
    throw new UnreadHereError("its first bytes are not NumPy's");
  }
  const long = bytes[6] > 1;
  const start = long ? 12 : 10;
  const end = start + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const { type, little, fortran, shape } = readHeader(String.fromCharCode(...bytes.subarray(start, end)));
  const count = shape.reduce((product, size) => product * size, 1);
  if (!count || (shape.length > 1 && Math.min(...shape) > RULES.most_channels)) throw new UnreadHereError("its array has no samples, or too many channels");
  if (end + count * sizeOf(type) !== bytes.length) {
    throw new UnreadHereError("it has another length than its header promises");
  }
  const values = readNumbers(view, type, { at: end, count, little });
  return { format: `NumPy, ${type}`, ...withoutTimes(rows(values, shape, fortran)), integers: false };
}

function readHeader(header) {
  const descr = /'descr':\s*'([<>|=])?([a-zA-Z]\d+)'/.exec(header);
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1].split(",").filter((size) => size.trim()).map(Number);
  // For integers the service requires the value at full scale.
  if (!descr || !/^f[248]$/.test(descr[2])) throw new UnreadHereError("its array does not hold floats");
  if (!shape || shape.length < 1 || shape.length > 2) {
    throw new UnreadHereError("its array has neither one nor two dimensions");
  }
  return { type: descr[2], little: descr[1] !== ">", fortran: /'fortran_order':\s*True/.test(header), shape };
}
