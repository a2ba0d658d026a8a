/** Which frequencies of a spectrum are worth marking, for a shaft and perhaps a rolling bearing. */

import { faultOrders } from "./bearings.js";

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

/** Return the marks of a rolling bearing's faults. */
export function bearingMarks(shaftHz, bearing) {
  if (!shaftHz || !bearing) return [];
  return Object.entries(faultOrders(bearing)).map(([label, order]) => ({ label, at: order * shaftHz, tone: "mark-bearing" }));
}
