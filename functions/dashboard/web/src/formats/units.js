/** Units in the names of columns, and in fields of files: the service's rules. */

// Made from the service's table of units; docs/dashboard.md describes how.
import RULES from "./variables.json";

const BRACKETED = whole(RULES.unit_bracketed);
const IN_BRACKETS = new RegExp(RULES.unit_in_brackets, "g");
const DIVIDED = whole(RULES.unit_divided);
const SUFFIXED = whole(RULES.unit_suffixed);
const DETECTOR = new RegExp(RULES.unit_detector);
const OF_LENGTH = whole(RULES.unit_of_length);

/** Return the served unit of a text in a file and the factor to it, [unit, factor]; null where it is no vibration's. */
export function scaleOf(text) {
  // UTF-8 that was read as Windows-1252 has an A with a circumflex before its signs.
  const plain = (text ?? "").replace(/[\s[\]()\u00c2]+/g, "").toLowerCase().replace(DETECTOR, "");
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

/** Return a channel in the unit that is served, by its name, where the file has it in one of its kind; `unitOfFile` is a multiple. */
export function inServedUnit(channel) {
  const [unit, factor] = scaleOf(channel.unit) ?? [];
  if (!unit) return channel;
  if (factor === 1) return { ...channel, unit };
  const by = Math.fround(factor);
  return { ...channel, unit, unitOfFile: channel.unit, samples: channel.samples.map((value) => value * by) };
}

function statedUnit(text) {
  const other = text.toLowerCase().replace(/[ ^]/g, "").replaceAll("\u00b2", "2");
  return scaleOf(text) || RULES.unit_others.includes(other) ? text.trim() : null;
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
