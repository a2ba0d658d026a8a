/** Units in the names of columns, and in fields of files: the service's rules. */

// Made from the service's table of units; docs/dashboard.md describes how.
import RULES from "./variables.json";

const BRACKETED = whole(RULES.unit_bracketed);
const IN_BRACKETS = new RegExp(RULES.unit_in_brackets, "g");
const DIVIDED = whole(RULES.unit_divided);
const SUFFIXED = whole(RULES.unit_suffixed);
const DETECTOR = new RegExp(RULES.unit_detector);
const PEAK_TO_PEAK = new RegExp(RULES.unit_peak_to_peak);
const OF_LENGTH = whole(RULES.unit_of_length);

/** Return the served unit of a text in a file and the factor to it, [unit, factor]; null where it is no vibration's. */
export function scaleOf(text) {
  const plain = bareUnit(text ?? "");
  if (Object.hasOwn(RULES.unit_names, plain)) return RULES.unit_names[plain];
  const [, length, ...squared] = OF_LENGTH.exec(plain) ?? [];
  if (!length) return null;
  const mm = RULES.unit_lengths_mm[length];
  return squared.some(Boolean) ? ["m/s2", mm / 1e3] : ["mm/s", mm];
}

/** Return the unit of a signal by its column's name; null where it has none. */
export function unitOfName(name) {
  // A range may stand in brackets before the unit: `X (100g) (g)`.
  const bracketed = [...name.matchAll(IN_BRACKETS)].map(([, one]) => statedUnit(one)).filter(Boolean);
  if (bracketed.length) return bracketed.at(-1);
  const [base, found] = split(name.trim());
  // Behind a name without brackets `V` may be a part of it.
  return base && found && scaleOf(found) ? statedUnit(found) : null;
}

/** Return a channel in the unit that is served, by its name; `unitOfFile` is one of its kind that the file has for it. */
export function inServedUnit(channel) {
  const [unit, factor] = scaleOf(channel.unit) ?? [];
  if (!unit) return channel;
  const isPeakToPeak = PEAK_TO_PEAK.test(plainUnit(channel.unit));
  const served = factor !== 1 || isPeakToPeak ? { ...channel, unit, unitOfFile: channel.unit } : { ...channel, unit };
  if (factor === 1) return served;
  const by = Math.fround(factor);
  return { ...served, samples: channel.samples.map((value) => value * by) };
}

function statedUnit(text) {
  return scaleOf(text) || RULES.unit_others.includes(bareUnit(text)) ? text.trim() : null;
}

/** Return a unit without spaces, brackets and what an analyser puts behind it. */
function bareUnit(text) {
  const plain = plainUnit(text);
  return plain.replace(PEAK_TO_PEAK.test(plain) ? PEAK_TO_PEAK : DETECTOR, "");
}

function plainUnit(text) {
  // UTF-8 that was read as Windows-1252 has an A with a circumflex before its signs.
  return text.replace(/[\s[\]()\u00c2]+/g, "").toLowerCase();
}

function split(name) {
  const [, before, inside, behind] = BRACKETED.exec(name) ?? [];
  if (inside) return [`${before} ${behind}`.trim(), inside];
  const divided = DIVIDED.exec(name);
  // Not `velocity mm/s`: its unit is divided itself.
  if (divided && scaleOf(divided[2])) return divided.slice(1);
  return SUFFIXED.exec(name)?.slice(1) ?? [name];
}

function whole(pattern) {
  return new RegExp(`^(?:${pattern})$`, "s");
}
