/** Files to what a job takes of them: some as they are, the others as float32 of one channel. */

import { UnreadError } from "../../analysis/client.js";
import { mediaTypeOf, SAMPLES_TYPE, servedTypeOf } from "../../formats/kinds.js";

/** Files that cannot be read here; `files` are they, the message names them. */
export class UnreadableError extends Error {
  constructor(found) {
    const shown = found.slice(0, 3).map(({ file, reason }) => `${file.name}: ${reason}`);
    super(shown.join(" ") + (found.length > 3 ? ` And ${found.length - 3} more.` : ""));
    this.files = found.map(({ file }) => file);
  }
}

/**
 * Return what is to be uploaded of each file, and what is said of it.
 *
 * @param {Analysis} analysis
 * @param {File[]} files
 * @param {{channel: number, fullScale: number, rawType: string}} options
 * @param {(done: number) => void} tell how many files are read
 * @returns {Promise<{body: Blob, about: {content_type: string, sample_rate_hz?: number}}[]>}
 * @throws {UnreadableError}
 */
export function asUploads(analysis, files, options, tell) {
  return each(files, tell, async (file) => {
    const type = mediaTypeOf(file.name);
    if (type) return { body: file, about: { content_type: type } };
    try {
      const { samples, said } = await read(analysis, file, options);
      return { body: new Blob([samples]), about: { content_type: SAMPLES_TYPE, ...rate(said) } };
    } catch (error) {
      const served = servedTypeOf(file.name);
      // Raw samples need their type, which no file of a job has.
      if (!(error instanceof UnreadError) || !served || served === SAMPLES_TYPE) throw error;
      return { body: file, about: { content_type: served } };
    }
  });
}

/** Return each recording as JSON text, and what is said of it; as `asUploads`. */
export function asSignals(analysis, files, options, tell) {
  return each(files, tell, async (file) => {
    const { usable, said } = await read(analysis, file, options);
    if (!usable) throw new Error("The signal has holes: samples that are no numbers.");
    return { text: (await analysis.text()).text, about: rate(said) };
  });
}

async function read(analysis, file, { channel, fullScale, rawType }) {
  const said = await analysis.open(file.name, await file.arrayBuffer(), rawType);
  if (channel >= said.channels.length) throw new Error(`There is no channel ${channel}; it has ${said.channels.length}.`);
  return { ...(await analysis.choose(channel, said.integers ? fullScale : 1)), said };
}

function rate({ rateHz }) {
  return rateHz ? { sample_rate_hz: rateHz } : {};
}

/** One after the other; those that fail are named together. */
async function each(files, tell, work) {
  const [done, failed] = [[], []];
  for (const [index, file] of files.entries()) {
    tell(index);
    try {
      done.push(await work(file));
    } catch (error) {
      failed.push({ file, reason: error.message });
    }
  }
  if (failed.length) throw new UnreadableError(failed);
  return done;
}
