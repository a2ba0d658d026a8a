/** Samples without a header: the user says what they are. */

import { FormatError } from "./errors.js";
import { RAW_TYPES } from "./kinds.js";
import { readNumbers, sizeOf } from "./numbers.js";

/** Read a raw file of one channel. */
export function readRaw(buffer, type = "f4") {
  const size = sizeOf(type);
  if (!buffer.byteLength || buffer.byteLength % size) {
    throw new FormatError(`The file has ${buffer.byteLength} bytes; samples of ${RAW_TYPES[type]} take ${size} each.`);
  }
  const integers = type.startsWith("i");
  const scale = integers ? 2 ** (1 - 8 * size) : 1;
  const samples = readNumbers(new DataView(buffer), type, { count: buffer.byteLength / size, scale });
  return { format: `Raw, ${RAW_TYPES[type]}`, channels: [{ name: "Channel 0", samples }], rateHz: null, integers };
}
