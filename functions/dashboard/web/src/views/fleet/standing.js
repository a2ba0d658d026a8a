/** The state of a machine, which the service keeps from k of the newest n diagnoses. */

import { modelUnit, words } from "../../format.js";

const STATES = {
  fault: { tone: "bad", words: "fault", weight: 2 },
  unknown: { tone: "", words: "not settled", weight: 1 },
  healthy: { tone: "good", words: "healthy", weight: 0 },
};
const FINE = ["healthy", "normal"];

/** Return a word for a machine's state, its tone, and how much it matters. */
export function standing({ state }) {
  return STATES[state] ?? STATES.unknown;
}

/** Return the tone of a single diagnosis. */
export function toneOf({ class_id: classId, in_distribution: isFamiliar }) {
  if (FINE.includes(classId)) return isFamiliar === false ? "warning" : "good";
  return "bad";
}

/** Return a class as its model calls it; models that are not here any more are known by id only. */
export function className(models, classId) {
  const known = models.value?.models.flatMap(({ classes }) => classes) ?? [];
  return known.find(({ id }) => id === classId)?.name ?? words(classId);
}

/** Return the unit of the samples that a model takes. */
export function unitOf(models, name) {
  const model = models.value?.models.find((one) => one.name === name);
  return model ? modelUnit(model) : "";
}
