/** Example recordings for the page: shorter, and in coarser steps, which pack well. */

const HEADER_BYTES = 44;
const SECONDS = 2;
// The recordings have 4 g at full scale; the page's have five milligravities a count: far below the noise of each.
const FULL_SCALE_G = 4;
const COUNTS_PER_G = 200;

/**
 * Return the first seconds of a 16-bit mono WAV, its samples rounded to five milligravities.
 *
 * @param {Buffer} wav with 4 g at full scale
 * @returns {Buffer} a WAV with 163.84 g at full scale
 */
export function cutExample(wav) {
  if (wav.toString("latin1", 36, 40) !== "data" || wav.readUInt16LE(22) !== 1 || wav.readUInt16LE(34) !== 16) {
    throw new Error("an example must be a plain WAV, mono, 16 bit");
  }
  const count = SECONDS * wav.readUInt32LE(24);
  const short = Buffer.from(wav.subarray(0, HEADER_BYTES + 2 * count));
  short.writeUInt32LE(short.length - 8, 4);
  short.writeUInt32LE(2 * count, 40);
  for (let at = HEADER_BYTES; at < short.length; at += 2) {
    short.writeInt16LE(Math.round((wav.readInt16LE(at) / 32768) * FULL_SCALE_G * COUNTS_PER_G), at);
  }
  return short;
}
