/** Marks in a spectrum: the shaft's frequencies, and the lines of the service's evidence. */

import { quantity } from "../format.js";

const HARMONICS = [1, 2, 3];
/** Where oil whirl is found, in orders of the shaft. Source: API 684, 2.3 (0.42 to 0.48 of the running speed). */
const WHIRL = { from: 0.42, to: 0.48 };

/** Return the marks of a shaft: its harmonics, and the whirl band unless the bearing is a rolling one. */
export function shaftMarks(shaftHz, isRolling) {
  if (!shaftHz) return [];
  const harmonics = HARMONICS.map((order) => ({ label: `${order}×`, at: order * shaftHz, tone: "mark-shaft" }));
  const whirl = { label: "0.42–0.48×", at: WHIRL.from * shaftHz, to: WHIRL.to * shaftHz, tone: "mark-whirl" };
  return isRolling ? harmonics : [...harmonics, whirl];
}

/** Return the colour of a line's marks, by its name. */
export function toneOf({ name }) {
  if (name === "WHIRL") return "mark-whirl";
  return /^\dX$/.test(name) ? "mark-shaft" : `mark-${name.toLowerCase()}`;
}

/**
 * Return a mark for each line that the answer lists: its level beside it, and as a point where the chart shows levels.
 *
 * Lines that speak for nothing are faint, and their names give way to the others.
 */
export function evidenceMarks(lines, { points }) {
  return lines.flatMap((line) => line.harmonics.map(({ n, level_db: level }, place) => ({
    label: `${place ? `${n}×` : n === 1 ? line.name : `${n}×${line.name}`} ${quantity(level, "dB")}`,
    at: n * line.frequency_hz,
    tone: toneOf(line),
    faint: !line.supports,
    ...(points && { level: Math.max(0, level) }),
  })));
}
