/** Units in the names of columns, and in fields of files: the service's rules. */

// Made from the service's table of units; docs/dashboard.md describes how.
import RULES from "./variables.json";

const BRACKETED = whole(RULES.unit_bracketed);
const IN_BRACKETS = new RegExp(RULES.unit_in_brackets, "g");
const DIVIDED = whole(RULES.unit_divided);
const SUFFIXED = whole(RULES.unit_suffixed);

/** Return the unit that a text of a file stands for, as the service names it; null where it is no vibration's. */
export function knownUnit(text) {
  const plain = (text ?? "").replace(/\s+/g, "").replace(/^[[\]()]+|[[\]()]+$/g, "").toLowerCase();
  return Object.hasOwn(RULES.unit_spellings, plain) ? RULES.unit_spellings[plain] : null;
}

/** Return the unit of a signal by its column's name; null where it has none. */
export function unitOfName(name) {
  // A range may stand in brackets before the unit: `X (100g) (g)`.
  const bracketed = [...name.matchAll(IN_BRACKETS)].map(([, one]) => knownUnit(one)).filter(Boolean);
  if (bracketed.length) return bracketed.at(-1);
  const [base, found] = split(name.trim());
  return base && found ? knownUnit(found) : null;
}

function split(name) {
  const [, before, inside, behind] = BRACKETED.exec(name) ?? [];
  if (inside) return [`${before} ${behind}`.trim(), inside];
  const divided = DIVIDED.exec(name);
  // Not `velocity mm/s`: its unit is divided itself.
  if (divided && knownUnit(divided[2])) return divided.slice(1);
  return SUFFIXED.exec(name)?.slice(1) ?? [name];
}

function whole(pattern) {
  return new RegExp(`^(?:${pattern})$`, "s");
}
