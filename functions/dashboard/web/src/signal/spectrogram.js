/** The spectrogram of a signal: mean power of Hann-windowed segments, in decibels below the loudest. */

import { hann, plan, powerOfTwoAbove, powerOfTwoBelow } from "./fourier.js";

const MOST_COLUMNS = 720;
const WIDEST_RANGE_DB = 90;
const NARROWEST_RANGE_DB = 25;
// What is quieter than this share of the picture is noise and drawn darkest.
const NOISE_SHARE = 0.25;
const MOST_SAMPLED = 20_000;

/**
 * Return the levels, one column a stretch of time, lowest frequency first.
 *
 * @param {Float32Array} samples [N]
 * @param {number} rateHz
 * @param {{topHz: number, segmentS: number}} look how high it reaches, and how long a segment is
 * @returns {{levels: Uint8Array, columns: number, rows: number, stepHz: number, topHz: number, rangeDb: number}}
 *   levels [columns * rows]: 255 is the loudest, 0 is `rangeDb` below or less
 */
export function spectrogram(samples, rateHz, { topHz, segmentS }) {
  const size = Math.min(powerOfTwoBelow(samples.length), powerOfTwoAbove(Math.max(64, rateHz * segmentS)));
  const room = samples.length - size;
  const columns = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(room / (size / 8))));
  const rows = Math.max(2, Math.min(size / 2, Math.round((topHz * size) / rateHz)));
  const power = columnPowers(samples, size, columns, rows);
  const stepHz = rateHz / size;
  return { ...toLevels(power), columns, rows, stepHz, topHz: rows * stepHz };
}

function columnPowers(samples, size, columns, rows) {
  const { fft, input, output } = plan(size);
  const window = hann(size);
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const room = samples.length - size;
  const power = new Float64Array(columns * rows);
  for (let column = 0; column < columns; column++) {
    const begin = Math.floor((column * room) / columns);
    const end = Math.max(begin + 1, Math.floor(((column + 1) * room) / columns));
    const count = Math.ceil((end - begin) / (size / 2));
    for (let part = 0; part < count; part++) {
      const start = begin + Math.floor((part * (end - begin)) / count);
      for (let n = 0; n < size; n++) input[n] = (samples[start + n] - mean) * window[n];
      fft.realTransform(output, input);
      for (let k = 0; k < rows; k++) power[column * rows + k] += (output[2 * k] ** 2 + output[2 * k + 1] ** 2) / count;
    }
  }
  return power;
}

function toLevels(power) {
  const loudest = power.reduce((most, one) => Math.max(most, one), Number.MIN_VALUE);
  const toDb = (one) => 10 * Math.log10(Math.max(one, Number.MIN_VALUE) / loudest);
  const noiseDb = toDb(quantile(power, NOISE_SHARE));
  const rangeDb = Math.round(Math.max(NARROWEST_RANGE_DB, Math.min(WIDEST_RANGE_DB, -noiseDb)));
  const levels = Uint8Array.from(power, (one) => Math.max(0, Math.round(255 * (1 + toDb(one) / rangeDb))));
  return { levels, rangeDb };
}

function quantile(values, share) {
  const step = Math.ceil(values.length / MOST_SAMPLED);
  const sampled = values.filter((_, n) => n % step === 0).sort();
  return sampled[Math.floor(share * sampled.length)];
}
