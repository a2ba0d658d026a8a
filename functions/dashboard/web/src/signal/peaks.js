/** The strongest lines of a spectrum. */

/**
 * Return the highest local maxima, strongest first, each at least `apart` lines from a stronger one.
 *
 * @param {Float64Array} amplitude
 * @param {number} count
 * @param {number} apart
 * @returns {number[]} line numbers
 */
export function strongestLines(amplitude, count, apart) {
  const maxima = [];
  for (let k = 2; k < amplitude.length - 1; k++) {
    if (amplitude[k] > amplitude[k - 1] && amplitude[k] >= amplitude[k + 1]) maxima.push(k);
  }
  maxima.sort((a, b) => amplitude[b] - amplitude[a]);
  const chosen = [];
  for (const line of maxima) {
    if (chosen.length === count) break;
    if (chosen.every((other) => Math.abs(other - line) >= apart)) chosen.push(line);
  }
  return chosen;
}

/**
 * Return the frequency of a line, refined by a parabola through it and its neighbours.
 *
 * Source: J. O. Smith, Spectral Audio Signal Processing, "Quadratic Interpolation of Spectral Peaks".
 */
export function refinedHz(amplitude, line, stepHz) {
  const [left, middle, right] = [-1, 0, 1].map((d) => Math.log(Math.max(amplitude[line + d], Number.MIN_VALUE)));
  const curvature = left - 2 * middle + right;
  const shift = curvature ? (0.5 * (left - right)) / curvature : 0;
  return (line + (Math.abs(shift) < 1 ? shift : 0)) * stepHz;
}
