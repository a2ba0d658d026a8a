/** The envelope of a band of a signal: band-pass and Hilbert transform in one step, by the Fourier transform. */

import { plan, powerOfTwoAbove } from "./fourier.js";

const LARGEST_BLOCK = 2 ** 20;

/**
 * Return the envelope of the band, that is the magnitude of its analytic signal.
 *
 * Lines outside the band and all negative frequencies are set to zero. The signal is padded with zeros to a power of
 * two; one longer than 2^20 samples is taken block by block.
 *
 * @param {Float32Array} samples [N]
 * @param {number} rateHz
 * @param {number} lowHz
 * @param {number} highHz
 * @returns {Float64Array} [N], in the signal's unit
 */
export function bandEnvelope(samples, rateHz, lowHz, highHz) {
  const envelope = new Float64Array(samples.length);
  for (let start = 0; start < samples.length; start += LARGEST_BLOCK) {
    const block = samples.subarray(start, start + LARGEST_BLOCK);
    const analytic = analyticBand(block, rateHz, lowHz, highHz);
    for (let n = 0; n < block.length; n++) envelope[start + n] = Math.hypot(analytic[2 * n], analytic[2 * n + 1]);
  }
  return envelope;
}

function analyticBand(block, rateHz, lowHz, highHz) {
  const size = powerOfTwoAbove(Math.max(block.length, 2));
  const { fft, input, output } = plan(size);
  input.fill(0);
  input.set(block);
  fft.realTransform(output, input);
  for (let k = 0; k <= size / 2; k++) {
    const frequency = (k * rateHz) / size;
    // Half of a real signal's energy lies at negative frequencies, save at zero and at half the rate.
    const gain = frequency < lowHz || frequency > highHz ? 0 : k === 0 || k === size / 2 ? 1 : 2;
    output[2 * k] *= gain;
    output[2 * k + 1] *= gain;
  }
  output.fill(0, size + 2);
  const analytic = new Float64Array(2 * size);
  fft.inverseTransform(analytic, output);
  return analytic;
}

/** Return the band that is shown first: the upper part of the spectrum, where bearings ring and shafts do not. */
export function usualBand(rateHz) {
  return { lowHz: Math.round(rateHz * 0.2), highHz: Math.round(rateHz * 0.45) };
}
