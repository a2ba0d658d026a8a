/** The meaning of the fields beside a signal: sample rate, speed of the shaft, unit, time. */

import { rateOfTimes, roundingOf } from "./times.js";
import RULES from "./variables.json";

const [RATE, PERIOD, SHAFT_RPM, SHAFT_HZ, UNIT, TIME] = ["rate", "period", "shaft_rpm", "shaft_hz", "unit", "time"].map(
  (name) => new RegExp(`^(?:${RULES[name]})$`),
);
const QUANTITY = new RegExp(`^(?:${RULES.quantity})$`, "i");
const FACTORS = { ms: 1e-3, us: 1e-6, ns: 1e-9 };

/** Whether a name has a meaning here. */
export function isFieldName(name) {
  return [RATE, PERIOD, SHAFT_RPM, SHAFT_HZ, UNIT].some((one) => one.test(plain(name)));
}

/**
 * Return what fields state, by their paths: sample rates in Hz, shaft speeds in rpm, units.
 *
 * @param {[string, number|string][]} fields
 */
export function factsOf(fields) {
  return { ratesHz: stated(rateHz, fields), speedsRpm: stated(speedRpm, fields), units: stated(unit, fields) };
}

/** Return what the fields nearest to a variable state, each value once: those that share most of its path. */
export function nearest(name, facts) {
  const shared = facts.map(([field]) => sharedParents(name, field));
  const most = Math.max(0, ...shared);
  return [...new Set(facts.filter((_, n) => shared[n] === most).map(([, value]) => value))];
}

/** Return the rate of a vector if it is a time, in Hz to six digits; 0 where it gives none, null where it is none. */
export function rateOfTime(name, values) {
  const [isNamed, , ending] = TIME.exec(lastPart(name)) ?? [];
  const rate = rateOfTimes(Float64Array.from(values), ending?.replace("sec", "s") ?? null, roundingOf(values));
  return rate ?? (isNamed ? 0 : null);
}

function stated(read, fields) {
  return fields.map(([name, value]) => [name, read(plain(name), value)]).filter(([, found]) => found !== null);
}

function rateHz(name, value) {
  const number = numberOf(value);
  if (number === null) return null;
  // Some files name the sample rate so: no shaft turns as fast.
  if (SHAFT_HZ.test(name) && number > RULES.fastest_shaft_hz) return name === "rate" ? number : null;
  if (RATE.test(name)) return number * (name.endsWith("khz") ? 1e3 : 1);
  return PERIOD.test(name) && number > 0 && number <= 1 ? 1 / (number * (FACTORS[name.slice(-2)] ?? 1)) : null;
}

function speedRpm(name, value) {
  const number = numberOf(value);
  if (number === null || !(number > 0 && number < Infinity)) return null;
  if (SHAFT_RPM.test(name)) return number;
  return SHAFT_HZ.test(name) && number <= RULES.fastest_shaft_hz ? 60 * number : null;
}

function unit(name, value) {
  const text = typeof value === "string" ? value.trim() : "";
  // That of a time beside the samples is none of theirs.
  return text && UNIT.test(name) && !RULES.time_units.includes(text.toLowerCase()) ? text : null;
}

function numberOf(value) {
  if (typeof value === "number") return value;
  const [, digits, prefix] = QUANTITY.exec(value) ?? [];
  if (digits === undefined) return null;
  // A single comma before other than three digits is a decimal one.
  const number = Number(digits.replace(/,(?=\d{3}(\D|$))/g, "").replaceAll(",", "."));
  return Number.isNaN(number) ? null : number * (prefix ? 1e3 : 1);
}

function sharedParents(one, other) {
  const [left, right] = [one.split(".").slice(0, -1), other.split(".").slice(0, -1)];
  const end = left.findIndex((name, n) => name !== right[n]);
  return end < 0 ? Math.min(left.length, right.length) : end;
}

function plain(name) {
  const [last, parent] = name.split(".").reverse();
  // Siemens' Testlab uses this name for a unit; a label by itself may be anything.
  return bare(parent === "quantity" ? `${parent}${last}` : last);
}

function lastPart(name) {
  return bare(name.split(".").at(-1));
}

function bare(name) {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
