/**
 * The whitened envelope spectrum: the one in which the service reads its evidence, bin by bin.
 *
 * Source: functions/core/bearings (spectra.py, evidence.py), which names the literature; tests hold both together.
 */

import { plan, powerOfTwoAbove } from "./fourier.js";

const WINDOW_S = 2;
const HIGHEST_HZ = 12_800;
const ENOUGH_HZ = 4 * HIGHEST_HZ;
const FLOOR_HZ = 15;
const FEWEST_FLOOR_BINS = 8;
const TINY = 1e-30;

/**
 * Return how far each bin of the envelope's spectrum stands above the floor around it.
 *
 * @param {Float32Array} samples [N]
 * @param {number} rateHz
 * @param {number} toHz up to where
 * @returns {{amplitude: Float64Array, stepHz: number, averages: number}} levels in dB, 0 where below the floor
 */
export function whitenedEnvelope(samples, rateHz, toHz) {
  const longest = Math.min(samples.length, Math.floor(WINDOW_S * rateHz));
  // The service decimates by this step, which leaves the band as it is; the windows are as long here.
  const step = Math.max(1, Math.floor(rateHz / ENOUGH_HZ));
  const length = step * longestQuickLength(Math.floor(longest / step));
  const stepHz = rateHz / length;
  const band = Math.min(Math.floor(length / 2), Math.floor(HIGHEST_HZ / stepHz)) + 1;
  const bins = Math.min(band, Math.floor(toHz / stepHz) + 2);
  const averages = Math.ceil(samples.length / longest);
  const power = new Float64Array(bins);
  for (let n = 0; n < averages; n++) {
    const start = averages > 1 ? Math.floor((n * (samples.length - length)) / (averages - 1)) : 0;
    addEnvelopePower(power, whitened(samples.subarray(start, start + length), band));
  }
  const magnitudes = power.map((sum) => Math.sqrt(sum / averages));
  const floor = floorOf(magnitudes, Math.max(FEWEST_FLOOR_BINS, Math.floor(FLOOR_HZ / stepHz)));
  return { amplitude: magnitudes.map((one, k) => Math.max(0, 20 * Math.log10(one / floor[k] + TINY))), stepHz, averages };
}

/** Return the first bins of a window's spectrum, each of magnitude 1: interleaved real and imaginary parts. */
function whitened(window, bins) {
  const mean = window.reduce((sum, sample) => sum + sample, 0) / window.length;
  const spectrum = transform(Float64Array.from(window, (sample) => sample - mean)).subarray(0, 2 * bins);
  for (let k = 0; k < bins; k++) {
    const isOuter = k === 0 || 2 * k === window.length;
    const scale = isOuter ? 0 : 1 / (Math.hypot(spectrum[2 * k], spectrum[2 * k + 1]) + TINY);
    spectrum[2 * k] *= scale;
    spectrum[2 * k + 1] *= scale;
  }
  return spectrum;
}

/** Add the power of the squared envelope of a one-sided spectrum, in units of its mean. */
function addEnvelopePower(power, oneSided) {
  const size = powerOfTwoAbove(oneSided.length / 2 + power.length);
  const { fft, input, output } = plan(size);
  const padded = new Float64Array(2 * size);
  padded.set(oneSided);
  fft.inverseTransform(output, padded);
  for (let n = 0; n < size; n++) input[n] = output[2 * n] ** 2 + output[2 * n + 1] ** 2;
  fft.realTransform(output, input);
  const mean = Math.max(output[0] ** 2, TINY);
  for (let k = 1; k < power.length; k++) power[k] += (output[2 * k] ** 2 + output[2 * k + 1] ** 2) / mean;
}

/** Return the floor that lines stand on: medians of blocks of bins, joined by straight lines. */
function floorOf(magnitudes, most) {
  const lines = magnitudes.subarray(1);
  const block = Math.min(most, lines.length);
  const medians = Array.from({ length: Math.floor(lines.length / block) }, (_, n) => median(lines.slice(n * block, (n + 1) * block)));
  return magnitudes.map((_, k) => {
    const place = Math.max(0, Math.min(medians.length - 1, (k - 1) / block - 0.5));
    const below = Math.floor(place);
    const [low, high] = [medians[below], medians[Math.min(below + 1, medians.length - 1)]];
    return Math.max(TINY, low + (place - below) * (high - low));
  });
}

function median(values) {
  values.sort();
  const middle = values.length >> 1;
  return values.length % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/**
 * Return the discrete Fourier transform of real samples of any length, by one of a power of two.
 *
 * Source: L. I. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970.
 */
function transform(samples) {
  const length = samples.length;
  const { fft, size, chirp, filter } = chirpOf(length);
  const [values, found] = [new Float64Array(2 * size), new Float64Array(2 * size)];
  for (let n = 0; n < length; n++) {
    values[2 * n] = samples[n] * chirp[2 * n];
    values[2 * n + 1] = -samples[n] * chirp[2 * n + 1];
  }
  fft.transform(found, values);
  for (let k = 0; k < size; k++) multiply(found, k, filter[2 * k], filter[2 * k + 1]);
  fft.inverseTransform(values, found);
  for (let k = 0; k < length; k++) multiply(values, k, chirp[2 * k], -chirp[2 * k + 1]);
  return values.subarray(0, 2 * length);
}

let last = {};

/** Return exp(i pi n² / length) for each n, and the transform of them around 0; those of the last length are kept. */
function chirpOf(length) {
  if (last.length === length) return last;
  const size = powerOfTwoAbove(2 * length);
  const { fft } = plan(size);
  const [chirp, around, filter] = [new Float64Array(2 * length), new Float64Array(2 * size), new Float64Array(2 * size)];
  for (let n = 0; n < length; n++) {
    // Modulo twice the length no digit is lost.
    const angle = (Math.PI * ((n * n) % (2 * length))) / length;
    const value = [Math.cos(angle), Math.sin(angle)];
    chirp.set(value, 2 * n);
    around.set(value, 2 * n);
    if (n) around.set(value, 2 * (size - n));
  }
  fft.transform(filter, around);
  last = { length, size, fft, chirp, filter };
  return last;
}

function multiply(values, k, real, imaginary) {
  const [a, b] = [values[2 * k], values[2 * k + 1]];
  values[2 * k] = a * real - b * imaginary;
  values[2 * k + 1] = a * imaginary + b * real;
}

/** Return the longest length up to a number that is a product of 2, 3 and 5: the service's windows. */
function longestQuickLength(most) {
  let longest = 1;
  for (let fives = 1; fives <= most; fives *= 5) {
    for (let odd = fives; odd <= most; odd *= 3) longest = Math.max(longest, odd * 2 ** Math.floor(Math.log2(most / odd)));
  }
  return longest;
}
