/** How a machine stands, from its last diagnosis. */

const FINE = ["healthy", "normal"];

/**
 * Return a word for it, its tone, and how much it matters.
 *
 * @param {{class_id: string, in_distribution: boolean|null}} diagnosis
 */
export function standing({ class_id: classId, in_distribution: isFamiliar }) {
  if (isFamiliar === false) return { tone: "warning", words: "uncertain", weight: 1 };
  if (FINE.includes(classId)) return { tone: "good", words: "healthy", weight: 0 };
  return { tone: "bad", words: "fault", weight: 2 };
}
