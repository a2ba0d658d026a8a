/** Files to recordings of a job: some as they are, the others as float32 of one channel. */

import { UnreadError } from "../../analysis/client.js";
import { mediaTypeOf, SAMPLES_TYPE, servedTypeOf, WINDOWS_TYPE } from "../../formats/kinds.js";
import { servedUnit } from "../../format.js";
import { rpmOf } from "../../machine/operation.js";
import { channelsAsNpy } from "../diagnose/diagnosis.js";

/** Files that cannot be read here, as `files`; the message names them. */
export class UnreadableError extends Error {
  constructor(found) {
    const shown = found.slice(0, 3).map(({ file, reason }) => `${file.name}: ${reason}`);
    super(shown.join(" ") + (found.length > 3 ? ` And ${found.length - 3} more.` : ""));
    this.files = found.map(({ file }) => file);
  }
}

/**
 * Return what to upload of each file, and its description.
 *
 * @param {Analysis} analysis
 * @param {File[]} files
 * @param {{channel: number|null, fullScale: number, rawType: string}} options
 * @param {(done: number) => void} onProgress called with the number of files that are read
 * @returns {Promise<{body: Blob, about: {content_type: string, sample_rate_hz?: number}}[]>}
 * @throws {UnreadableError}
 */
export function asUploads(analysis, files, options, onProgress) {
  return each(files, onProgress, async (file) => {
    const type = mediaTypeOf(file.name);
    if (type) return { body: file, about: { content_type: type } };
    try {
      const { header, channel, factor } = await open(analysis, file, options);
      const { samples } = await (channel === null ? analysis.all(factor) : analysis.choose(channel, factor));
      const body = channel === null ? channelsAsNpy(samples, header.channels.length) : new Blob([samples]);
      return { body, about: { content_type: channel === null ? WINDOWS_TYPE : SAMPLES_TYPE, ...stated(header, options) } };
    } catch (error) {
      const served = servedTypeOf(error.kind);
      // Raw samples need their type, which no file of a job has.
      if (!(error instanceof UnreadError) || !served || served === SAMPLES_TYPE) throw error;
      return { body: file, about: { content_type: served } };
    }
  });
}

/** Return each recording as JSON text, and its description, as `asUploads` does. */
export function asSignals(analysis, files, options, onProgress) {
  return each(files, onProgress, async (file) => {
    const { header, channel, factor } = await open(analysis, file, options);
    const { text, usable } = await analysis.text(channel, factor);
    if (!usable) throw new Error("The signal has holes: samples that are no numbers.");
    return { text, about: stated(header, options) };
  });
}

/** Read a file; `channel` is the one that is taken, or null for all. */
async function open(analysis, file, { channel, fullScale, rawType }) {
  const header = await analysis.open(file.name, await file.arrayBuffer(), rawType);
  const { channels, integers } = header;
  const isOne = channel !== null || channels.length === 1;
  if (channel >= channels.length) throw new Error(`There is no channel ${channel}; it has ${channels.length}.`);
  if (!isOne && channels.some(({ length, rateHz }) => length !== channels[0].length || rateHz !== channels[0].rateHz)) {
    throw new Error("Its signals differ in length or rate: give the number of one.");
  }
  return { header, channel: isOne ? (channel ?? 0) : null, factor: integers ? fullScale : 1 };
}

/** Return the description of a recording that its file states. */
function stated({ channels, rateHz, shaftHz }, { channel }) {
  const rate = channels[channel ?? 0].rateHz ?? rateHz;
  const units = new Set((channel === null ? channels : [channels[channel]]).map((one) => servedUnit(one.unit)));
  const unit = units.size === 1 ? [...units][0] : null;
  return { ...(rate && { sample_rate_hz: rate }), ...(unit && { unit }), ...(shaftHz && { shaft_speed_rpm: rpmOf(shaftHz) }) };
}

/** One after the other; those that fail are named together. */
async function each(files, onProgress, work) {
  const [done, failed] = [[], []];
  for (const [index, file] of files.entries()) {
    onProgress(index);
    try {
      done.push(await work(file));
    } catch (error) {
      failed.push({ file, reason: error.message });
    }
  }
  if (failed.length) throw new UnreadableError(failed);
  return done;
}
