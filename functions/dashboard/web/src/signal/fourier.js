/** Discrete Fourier transforms of powers of two, by fft.js; one plan a size is kept. */

import FFT from "fft.js";

const plans = new Map();

/** Return the plan of a size (a power of two); scratch is shared, so results must be used before the next transform. */
export function plan(size) {
  if (!plans.has(size)) {
    plans.set(size, { fft: new FFT(size), input: new Float64Array(size), output: new Float64Array(2 * size) });
  }
  return plans.get(size);
}

/** Forget every plan: those of long recordings hold tens of megabytes. */
export function forgetPlans() {
  plans.clear();
}

/** Return the largest power of two that is not above a number. */
export function powerOfTwoBelow(number) {
  return 2 ** Math.floor(Math.log2(number));
}

/** Return the smallest power of two that is not below a number. */
export function powerOfTwoAbove(number) {
  return 2 ** Math.ceil(Math.log2(number));
}

/** Return the periodic Hann window, float64 [size]. */
export function hann(size) {
  return Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
}

/**
 * Return where segments of a size begin: at least half overlapping, evenly spread, the last one aligned to the end.
 */
export function segmentStarts(length, size) {
  const room = length - size;
  const steps = Math.ceil(room / (size / 2));
  return Array.from({ length: steps + 1 }, (_, k) => (steps ? Math.floor((k * room) / steps) : 0));
}
