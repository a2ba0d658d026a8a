/** Numbers as people read them, with their units. */


const NARROW_SPACE = "\u202f";
const formatters = new Map();

/** Return a number with so many significant digits, thousands apart. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4) return scientific(value, digits);
  return formatter(Math.max(digits, Math.ceil(Math.log10(size))))
    .format(value)
    .replaceAll(",", NARROW_SPACE)
    .replace("-", "−");
}

/** Making a formatter costs more than using it a hundred times. */
function formatter(digits) {
  if (!formatters.has(digits)) formatters.set(digits, new Intl.NumberFormat("en", { maximumSignificantDigits: digits }));
  return formatters.get(digits);
}

/** Return a small number with a power of ten. */
function scientific(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const raised = [...exponent.replace("+", "")].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])).join("");
  return `${String(Number(mantissa)).replace("-", "−")}${NARROW_SPACE}×${NARROW_SPACE}10${raised}`;
}

/** Return a number and its unit. */
export function quantity(value, unit, digits) {
  return `${number(value, digits)}${NARROW_SPACE}${unit}`;
}

/** Return a share as per cent. */
export function percent(share, digits = 1) {
  if (share === null || share === undefined) return "–";
  // What is not everything must not be rounded to it.
  const shown = share < 1 && share > 0.999 ? Math.floor(share * 1000 + 1e-9) / 1000 : share;
  return `${(100 * shown).toFixed(digits)}${NARROW_SPACE}%`;
}

/** Return a duration from milliseconds. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return quantity(ms, "ms", ms < 10 ? 2 : 3);
  if (ms < 120_000) return quantity(ms / 1000, "s", 3);
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? quantity(minutes, "min") : quantity(minutes / 60, "h", 2);
}

/** Return a size from bytes. */
export function bytes(count) {
  if (count < 1000) return quantity(count, "B");
  return count < 1e6 ? quantity(count / 1e3, "kB", 3) : quantity(count / 1e6, "MB", 3);
}

/** Return a point in time, in the reader's own time zone. */
export function moment(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return "–";
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(time);
}

/** Return an identifier as words. */
export function words(id) {
  const text = String(id).replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Return a count with its noun. */
export function count(many, one, more = `${one}s`) {
  return `${number(many)} ${many === 1 ? one : more}`;
}

/** Return the unit of the samples that a model takes, or nothing where it takes any. */
export function modelUnit(model) {
  const unit = model?.input.unit ?? "g";
  return unit === "any" ? "" : unit;
}

const QUANTITIES = { g: "Acceleration", "m/s2": "Acceleration", "mm/s": "Velocity" };

/** Return a unit of a recording that the service takes as an option; null where it is another, or none. */
export function servedUnit(unit) {
  return Object.hasOwn(QUANTITIES, unit ?? "") ? unit : null;
}

/** Return a unit as people write it. */
export function shownUnit(unit) {
  return unit?.replace(/^m\/s\^?2$/, "m/s²");
}

/** Return what samples of a unit measure, with the unit, as the name of an axis. */
export function measured(unit) {
  return inUnit(QUANTITIES[unit?.replace("^", "")] ?? "Signal", unit);
}

/** Return the name of an axis with its unit, where it has one. */
export function inUnit(name, unit) {
  return unit ? `${name} in ${shownUnit(unit)}` : name;
}
