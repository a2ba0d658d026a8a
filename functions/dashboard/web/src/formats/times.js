/** The rate of times in seconds that are even up to their printed digits; the service takes more than these. */

import { UnreadHereError } from "./errors.js";

const MOST_DECIMALS = 12;
const LOOKED_AT = 256;
// As a share of the rate: the most uncertainty that the rounding of the first and last time may cause.
const MOST_ROUNDING = 0.01;
// A slower rate, or a time since 1970, may be of another unit than seconds.
const SLOWEST_HZ = 100;
const LATEST_S = 1e9;

/** Return the rate of times in seconds, to six digits. */
export function rateOf(times) {
  const last = times.length - 1;
  const step = (times[last] - times[0]) / last;
  const resolution = Math.max(resolutionOf(times.subarray(0, LOOKED_AT)), resolutionOf(times.subarray(-LOOKED_AT)));
  const slack = resolution + 1e-9 * step;
  const isLine = times.every((time, n) => Math.abs(time - times[0] - n * step) <= slack) && times.every((time, n) => !n || time >= times[n - 1]);
  const isCoarse = resolution > MOST_ROUNDING * step * times.length && differ(times);
  if (!(step > 0) || !isLine || isCoarse || 1 / step < SLOWEST_HZ || times[0] >= LATEST_S) {
    throw new UnreadHereError("its times are not an even line in seconds");
  }
  const rate = 1 / step;
  const unsure = (rate * resolution) / (step * last);
  return Math.abs(Math.round(rate) - rate) <= unsure ? Math.round(rate) : Number(rate.toPrecision(6));
}

/** Whether the steps between times differ. */
function differ(times) {
  const steps = times.subarray(1).map((time, n) => time - times[n]);
  const [least, most] = steps.reduce(([low, high], step) => [Math.min(low, step), Math.max(high, step)], [Infinity, 0]);
  return most - least > 1e-6 * most;
}

/** Return the power of ten that all times are multiples of, 0 where none is found. */
function resolutionOf(times) {
  for (let decimals = 0; decimals < MOST_DECIMALS; decimals++) {
    if (times.every((time) => Math.abs(time * 10 ** decimals - Math.round(time * 10 ** decimals)) < 1e-4)) return 10 ** -decimals;
  }
  return 0;
}
