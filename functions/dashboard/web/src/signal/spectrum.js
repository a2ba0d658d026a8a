/** The amplitude spectrum of a signal: Hann-windowed segments, averaged. */

import { hann, plan, powerOfTwoAbove, powerOfTwoBelow, segmentStarts } from "./fourier.js";

const WANTED_RESOLUTION_HZ = 0.5;
const LARGEST_SEGMENT = 2 ** 17;
const SMALLEST_SEGMENT = 256;

/**
 * Return the amplitude spectrum: one-sided, so that a sine of amplitude A on a line shows as A.
 *
 * The mean is removed; segments of `size` samples overlap by half, and the amplitudes are averaged as power.
 *
 * @param {Float32Array|Float64Array} samples [N], N >= size
 * @param {number} rateHz
 * @param {number} size a power of two
 * @returns {{amplitude: Float64Array, stepHz: number, averages: number}} amplitude [size / 2 + 1], in the signal's unit
 */
export function amplitudeSpectrum(samples, rateHz, size) {
  const { fft, input, output } = plan(size);
  const window = hann(size);
  const scale = 2 / window.reduce((sum, weight) => sum + weight, 0);
  const mean = average(samples);
  const starts = segmentStarts(samples.length, size);
  const power = new Float64Array(size / 2 + 1);
  for (const start of starts) {
    for (let n = 0; n < size; n++) input[n] = (samples[start + n] - mean) * window[n];
    fft.realTransform(output, input);
    for (let k = 0; k <= size / 2; k++) power[k] += output[2 * k] ** 2 + output[2 * k + 1] ** 2;
  }
  const amplitude = power.map((sum) => Math.sqrt(sum / starts.length) * scale);
  // The lines at zero and at half the rate have no twin at a negative frequency.
  amplitude[0] /= 2;
  amplitude[size / 2] /= 2;
  return { amplitude, stepHz: rateHz / size, averages: starts.length };
}

/** Return the segment sizes to choose from, finest resolution last. */
export function segmentSizes(length) {
  const largest = Math.min(LARGEST_SEGMENT, powerOfTwoBelow(length));
  const sizes = [];
  for (let size = Math.min(2048, largest); size <= largest; size *= 2) sizes.push(size);
  return sizes;
}

/** Return the segment size that resolves half a hertz, where the recording is long enough. */
export function usualSegment(length, rateHz) {
  const wanted = Math.max(SMALLEST_SEGMENT, powerOfTwoAbove(rateHz / WANTED_RESOLUTION_HZ));
  return Math.min(wanted, LARGEST_SEGMENT, powerOfTwoBelow(length));
}

function average(samples) {
  let sum = 0;
  for (let n = 0; n < samples.length; n++) sum += samples[n];
  return sum / samples.length;
}
