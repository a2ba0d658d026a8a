/** Figures of a whole recording. */

/**
 * Return mean, and about it RMS, peak, crest factor and kurtosis (3 for Gaussian noise).
 *
 * @param {Float32Array} samples [N]
 */
export function statistics(samples) {
  let sum = 0;
  for (let n = 0; n < samples.length; n++) sum += samples[n];
  const mean = sum / samples.length;
  let second = 0;
  let fourth = 0;
  let peak = 0;
  for (let n = 0; n < samples.length; n++) {
    const square = (samples[n] - mean) ** 2;
    second += square;
    fourth += square ** 2;
    peak = Math.max(peak, square);
  }
  const variance = second / samples.length;
  const rms = Math.sqrt(variance);
  peak = Math.sqrt(peak);
  return { mean, rms, peak, crest: peak / rms, kurtosis: fourth / samples.length / variance ** 2 };
}

/** Return whether every sample is a finite number. */
export function isFinite32(samples) {
  for (let n = 0; n < samples.length; n++) if (!Number.isFinite(samples[n])) return false;
  return true;
}
