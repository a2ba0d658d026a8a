/** Rolling bearings: their geometry, and how often something passes a fault. */

/**
 * Bearings to choose from.
 *
 * Source: Case Western Reserve University Bearing Data Center, "Bearing Information" (sizes in inches).
 */
export const BEARINGS = {
  "6205-2rs": { name: "SKF 6205-2RS JEM (CWRU, drive end)", balls: 9, ballMm: 0.3126 * 25.4, pitchMm: 1.537 * 25.4, angleDeg: 0 },
  "6203-2rs": { name: "SKF 6203-2RS JEM (CWRU, fan end)", balls: 8, ballMm: 0.2656 * 25.4, pitchMm: 1.122 * 25.4, angleDeg: 0 },
};

/**
 * Return the fault frequencies as multiples of the shaft's, for an outer ring that stands still.
 *
 * Source: T. A. Harris, Rolling Bearing Analysis, "Bearing frequencies"; no slip.
 *
 * @param {{balls: number, ballMm: number, pitchMm: number, angleDeg: number}} bearing
 * @returns {{BPFO: number, BPFI: number, BSF: number, FTF: number}}
 */
export function faultOrders({ balls, ballMm, pitchMm, angleDeg }) {
  const ratio = (ballMm / pitchMm) * Math.cos((angleDeg * Math.PI) / 180);
  return {
    BPFO: (balls / 2) * (1 - ratio),
    BPFI: (balls / 2) * (1 + ratio),
    BSF: (pitchMm / (2 * ballMm)) * (1 - ratio ** 2),
    FTF: (1 - ratio) / 2,
  };
}

/** What the abbreviations mean. */
export const FAULT_NAMES = {
  BPFO: "balls pass a fault of the outer race",
  BPFI: "balls pass a fault of the inner race",
  BSF: "a ball turns once",
  FTF: "the cage turns once",
};
