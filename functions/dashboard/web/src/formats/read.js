/** Reading of a file's bytes into channels, by the ending of its name, else by its first bytes. */

import { isOctave, kindOfContent } from "./contents.js";
import { readCsv } from "./csv.js";
import { FormatError, UnreadHereError } from "./errors.js";
import { ENDINGS, kindOf, servedTypeOf } from "./kinds.js";
import { readMat } from "./matlab.js";
import { readNpy } from "./npy.js";
import { isSomethingElse, readRaw } from "./raw.js";
import { inServedUnit } from "./units.js";
import { readWav } from "./wav.js";

const READERS = { delimited: readCsv, wav: readWav, npy: readNpy, matlab: readMat, raw: readRaw };

/**
 * Read a recording.
 *
 * @param {string} name of the file
 * @param {ArrayBuffer} buffer
 * @param {string} [rawType] for files without a header
 * @returns {Promise<{kind: string, format: string, rateHz: number|null, shaftHz?: number|null, integers: boolean,
 *   channels: {name: string, samples: Float32Array, rateHz?: number|null, unit?: string|null}[]}>} a channel's own rate goes
 *   before that of all; its unit is one that is served, else as the file writes it
 * @throws {UnreadHereError} where the service is to read it, as its `kind`
 * @throws {FormatError} where nobody can
 */
export async function readRecording(name, buffer, rawType) {
  const kind = kindOfFile(name, buffer);
  if (!kind) throw new FormatError(`${name} is of no kind that is read here; those are ${ENDINGS.join(", ")}.`);
  try {
    const recording = await readAs(kind, name, buffer, rawType);
    return { kind, ...recording, channels: recording.channels.map(inServedUnit) };
  } catch (error) {
    if (error instanceof UnreadHereError) error.kind = kind;
    throw error;
  }
}

/** Return the reader of a file; first bytes decide against an ending of text, and where .dat may be text or raw samples. */
function kindOfFile(name, buffer) {
  if (isOctave(buffer)) return "delimited";
  const named = kindOf(name);
  const isOther = isSomethingElse(buffer);
  if (named && !(isOther && (named === "delimited" || /\.dat$/i.test(name)))) return named;
  // What is no recording at all is named by the service.
  return kindOfContent(buffer) ?? named ?? (isOther ? "raw" : undefined);
}

function readAs(kind, name, buffer, rawType) {
  if (!buffer.byteLength) throw servedTypeOf(kind) ? new UnreadHereError("it is empty") : new FormatError(`${name} is empty.`);
  if (!READERS[kind]) throw new UnreadHereError(`a .${kind} is unpacked by the service`);
  return READERS[kind](buffer, rawType);
}
