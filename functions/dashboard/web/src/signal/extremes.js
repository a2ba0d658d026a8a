/** Drawing of a long signal on few pixels, by the least and the greatest value of each stretch. */

const BLOCK = 64;

/**
 * Return least and greatest of every 64 samples, so that a whole recording need not be read to draw it.
 *
 * @param {Float32Array} samples [N]
 * @returns {{low: Float32Array, high: Float32Array}} [ceil(N / 64)]
 */
export function summarize(samples) {
  const count = Math.ceil(samples.length / BLOCK);
  const low = new Float32Array(count);
  const high = new Float32Array(count);
  for (let block = 0; block < count; block++) {
    [low[block], high[block]] = range(samples, block * BLOCK, Math.min(samples.length, (block + 1) * BLOCK));
  }
  return { low, high };
}

/**
 * Return the points that draw a stretch of a signal: every sample where there are few, else two a bucket.
 *
 * @param {Float32Array} samples [N]
 * @param {{low: Float32Array, high: Float32Array}} summary of the same samples
 * @param {number} from first sample
 * @param {number} to one past the last sample
 * @param {number} buckets
 * @returns {[number[], number[]]} positions in samples, values
 */
export function outline(samples, summary, from, to, buckets) {
  const first = Math.max(0, Math.floor(from));
  const last = Math.min(samples.length, Math.ceil(to));
  if (last - first <= 2 * buckets) {
    const positions = Array.from({ length: Math.max(0, last - first) }, (_, n) => first + n);
    return [positions, positions.map((n) => samples[n])];
  }
  const positions = [];
  const values = [];
  const width = (last - first) / buckets;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const begin = Math.floor(first + bucket * width);
    const end = Math.max(begin + 1, Math.floor(first + (bucket + 1) * width));
    const [low, high] = width > 4 * BLOCK ? summarized(summary, begin, end) : range(samples, begin, end);
    positions.push(begin, begin + width / 2);
    values.push(low, high);
  }
  return [positions, values];
}

function range(samples, begin, end) {
  let low = Infinity;
  let high = -Infinity;
  for (let n = begin; n < end; n++) {
    const value = samples[n];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function summarized({ low, high }, begin, end) {
  const first = Math.floor(begin / BLOCK);
  const last = Math.max(first + 1, Math.floor(end / BLOCK));
  return [range(low, first, last)[0], range(high, first, last)[1]];
}
