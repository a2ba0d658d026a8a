/** MATLAB files of version 7.3: HDF5 behind a block of 512 bytes, read by jsfive. */

import * as hdf5 from "jsfive";

import { FormatError } from "./errors.js";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const USER_BLOCK = 512;

/** Return whether a buffer is HDF5, with MATLAB's block before it or without. */
export function isHdf5(buffer) {
  return signatureAt(buffer) !== null;
}

/** Return the numeric variables at the top: name, shape and float32 values, columns first. */
export function readHdf5(buffer) {
  try {
    // Addresses in the file count from its signature.
    const file = new hdf5.File(buffer.slice(signatureAt(buffer)), "recording.mat");
    return file.keys.map((name) => file.get(name)).filter(isNumeric).map(variable);
  } catch (error) {
    throw new FormatError(`The MATLAB file cannot be read: ${error.message}`);
  }
}

function signatureAt(buffer) {
  const bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, USER_BLOCK + SIGNATURE.length));
  return [0, USER_BLOCK].find((at) => SIGNATURE.every((byte, n) => bytes[at + n] === byte)) ?? null;
}

function isNumeric(item) {
  return item instanceof hdf5.Dataset && /^[<>|]?[fiu]\d$/.test(String(item.dtype)) && item.shape.length === 2;
}

/** What MATLAB shows as [rows, columns] lies transposed. */
function variable(dataset) {
  return {
    name: dataset.name.replace(/^\//, ""),
    shape: [...dataset.shape].reverse(),
    values: Float32Array.from(dataset.value),
  };
}
