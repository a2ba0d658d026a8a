/** From the times of samples to their rate: the service's rules, and of text those that need no option of it. */

import { UnreadHereError } from "./errors.js";

/** Fewer numbers may rise evenly by chance. */
export const FEWEST_ROWS = 16;
const UNITS_S = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };
// Of a step: so far steps may scatter around their mean, and so far one may lie from it, beyond what rounding explains.
const MOST_SCATTER = 0.05;
const MOST_DEVIATION = 0.5;
const MOST_DECIMALS = 12;
const LOOKED_AT = 256;
// As a share of the rate: the most uncertainty that the rounding of the first and last time may cause.
const MOST_ROUNDING = 0.01;
// A slower rate may be of another unit than seconds.
const SLOWEST_HZ = 100;
// The size of times since 1970 shows their unit.
const EPOCH_UNITS = [[1e9, "s"], [1e12, "ms"], [1e15, "us"], [1e18, "ns"]];
const BITS = { Float32Array: 23, Float64Array: 52 };

/** Return the rate of times of a text in seconds, to six digits, where they are a line as it was printed. */
export function rateOf(times) {
  const found = spacing(times);
  const rate = found && !found.deviation && times[0] < EPOCH_UNITS[0][0] ? rateOfTimes(times, null) : null;
  if (!rate || rate < SLOWEST_HZ) throw new UnreadHereError("its times are not an even line in seconds");
  return rate;
}

/**
 * Return the rate that numbers give if they are times, in Hz; 0 where they give none, null where they are none.
 *
 * @param {Float64Array} times one a sample
 * @param {"s"|"ms"|"us"|"ns"|null} unit null: what fits, if it is clear
 * @param {number} rounding what they were rounded to at least, beside their decimals
 */
export function rateOfTimes(times, unit, rounding = 0) {
  if (isCounting(times) && !isSince1970(times)) return 0;
  const found = spacing(times, rounding);
  if (!found || found.scatter > MOST_SCATTER || found.deviation > MOST_DEVIATION) return null;
  const rising = stepsOf(times).reduce((count, step) => count + (step > 0), 0);
  // A signal that changes now and then by a step is no time that was rounded, but where it follows a line.
  if (rising < Math.max(FEWEST_ROWS - 1, found.deviation ? Math.floor(times.length / 4) : 0)) return null;
  const { step, resolution, deviation } = found;
  const isCoarse = !deviation && resolution > MOST_ROUNDING * step * times.length && differ(times, rounding);
  const known = unit ?? likelyUnit(times, step);
  if (isCoarse || !known) return 0;
  const rate = 1 / (step * UNITS_S[known]);
  const unsure = (rate * resolution) / (step * (times.length - 1));
  return Math.abs(Math.round(rate) - rate) <= unsure ? Math.round(rate) : Number(rate.toPrecision(6));
}

/**
 * Return channels without times and counts, and the rate that those give; all of them where no other is left.
 *
 * @param {{name: string, samples: Float32Array}[]} channels of an array
 */
export function withoutTimes(channels) {
  const rates = channels.length > 1 ? channels.map(({ samples }) => (rises(samples) ? rateOfTimes(Float64Array.from(samples), null, roundingOf(samples)) : null)) : [];
  const kept = channels.filter((_, row) => (rates[row] ?? null) === null);
  return kept.length ? { channels: kept, rateHz: rates.find(Boolean) ?? null } : { channels, rateHz: null };
}

/** What the numbers of an array are rounded to: by the type that they have. */
export function roundingOf(values) {
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const bits = BITS[values.constructor.name];
  return bits && most ? 2 ** (Math.floor(Math.log2(most)) - bits) : 0;
}

/** Whether numbers count up by one. */
export function isCounting(values) {
  return Number.isInteger(values[0]) && stepsOf(values).every((step) => step === 1);
}

/** Whether the first numbers do not fall: by a glance most signals are no times. */
function rises(values) {
  return values.length >= FEWEST_ROWS && values.at(-1) > values[0] && stepsOf(values.subarray(0, FEWEST_ROWS)).every((step) => step >= 0);
}

function spacing(times, rounding = 0) {
  const last = times.length - 1;
  const steps = stepsOf(times);
  if (last < 1 || !times.every(Number.isFinite) || !(times[last] > times[0]) || steps.some((step) => step < 0)) return null;
  const step = (times[last] - times[0]) / last;
  const resolution = Math.max(resolutionOf(times.subarray(0, LOOKED_AT)), resolutionOf(times.subarray(-LOOKED_AT)), rounding);
  const slack = resolution + 1e-9 * step + 4 * roundingOf(times);
  if (times.every((time, n) => Math.abs(time - times[0] - n * step) <= slack)) return { step, resolution, scatter: 0, deviation: 0 };
  const square = steps.reduce((sum, one) => sum + (one - step) ** 2, 0) / last;
  const farthest = steps.reduce((most, one) => Math.max(most, Math.abs(one - step)), 0);
  // Two rounded times make a step: its variance is a sixth of their resolution's square.
  return { step, resolution, scatter: Math.sqrt(Math.max(square - resolution ** 2 / 6, 0)) / step, deviation: Math.max(farthest - resolution, 0) / step };
}

function likelyUnit(times, step) {
  const since = EPOCH_UNITS.find(([least]) => times[0] >= least && times[0] < 10 * least)?.[1];
  return [since, "s"].find((unit) => unit && 1 / (step * UNITS_S[unit]) >= SLOWEST_HZ) ?? null;
}

function isSince1970([first]) {
  return EPOCH_UNITS.slice(1).some(([least]) => first >= least && first < 10 * least);
}

function stepsOf(times) {
  return times.subarray(1).map((time, n) => time - times[n]);
}

/** Whether the steps between times differ. */
function differ(times, rounding) {
  const [least, most] = stepsOf(times).reduce(([low, high], step) => [Math.min(low, step), Math.max(high, step)], [Infinity, 0]);
  return most - least > 1e-6 * most + 2 * rounding;
}

/** Return the power of ten that all times are multiples of, 0 where none is found. */
function resolutionOf(times) {
  for (let decimals = 0; decimals < MOST_DECIMALS; decimals++) {
    if (times.every((time) => Math.abs(time * 10 ** decimals - Math.round(time * 10 ** decimals)) < 1e-4)) return 10 ** -decimals;
  }
  return 0;
}
