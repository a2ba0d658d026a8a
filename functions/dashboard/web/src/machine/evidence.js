/** Readings of the service's evidence: lines of a spectrum, and what they speak for. */

/** Full names of the lines. */
export const LINE_NAMES = {
  BPFO: "elements pass a place of the outer race",
  BPFI: "elements pass a place of the inner race",
  BSF: "an element turns about itself; it strikes twice a turn",
  FTF: "the cage turns",
  "1X": "the shaft turns",
  "2X": "twice a turn of the shaft",
  "3X": "three times a turn of the shaft",
  WHIRL: "the oil film whirls",
};

const FAULTS = {
  outer_race: "outer race fault",
  inner_race: "inner race fault",
  rolling_element: "rolling element fault",
  cage: "cage fault",
  oil_whirl: "oil whirl",
};

/** Return a fault as words. */
export function faultName(fault) {
  return FAULTS[fault] ?? fault;
}

/** Whether lines are those of a bearing; otherwise they are the shaft's. */
export function isOfBearing({ name }) {
  return name in { BPFO: 1, BPFI: 1, BSF: 1, FTF: 1 };
}

/** Return what visible lines speak for, each once. */
export function supported(evidence) {
  return [...new Set((evidence ?? []).map(({ supports }) => supports).filter(Boolean))];
}

/** Return the level of the highest line, in dB. */
export function highestLevel({ harmonics }) {
  return Math.max(...harmonics.map((one) => one.level_db));
}
