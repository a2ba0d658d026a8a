/** Recognition of a file by its first bytes, where its name has no known ending. */

import { isHdf5 } from "./hdf5.js";
import { isText } from "./raw.js";

const HEAD_BYTES = 1024;
const OCTAVE = "# Created by Octave";
const MAGIC = {
  wav: ["RIFF", "RF64", "BW64"],
  flac: ["fLaC"],
  npy: ["\x93NUMPY"],
  matlab: ["MATLAB "],
};

/** Whether a file is text of Octave's, which its own `save` calls .mat too. */
export function isOctave(buffer) {
  return String.fromCharCode(...new Uint8Array(buffer, 0, Math.min(buffer.byteLength, OCTAVE.length))) === OCTAVE;
}

/** Return the reader of a file by its first bytes; undefined where they show none. */
export function kindOfContent(buffer) {
  const head = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, HEAD_BYTES));
  const begin = String.fromCharCode(...head.subarray(0, 8));
  const found = Object.keys(MAGIC).find((kind) => MAGIC[kind].some((mark) => begin.startsWith(mark)));
  if (found) return found;
  if (isHdf5(buffer)) return "matlab";
  return isText(head) && head.some((byte) => byte >= 0x30 && byte <= 0x39) ? "delimited" : undefined;
}
