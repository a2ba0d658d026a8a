/** Sentences on where to see a class in the plots, for the classes of the shipped models. */

const ORDERS = "Lines at multiples of the shaft's frequency";

const SIGNATURES = {
  healthy: "No line stands out of the noise.",
  normal: "No fault frequency stands out of the envelope spectrum.",
  misalignment: `${ORDERS}: 2× and 3× stand out.`,
  imbalance: `${ORDERS}: 1× stands out alone.`,
  clearance: "A line near half the shaft's frequency, beside 1× and 2×.",
  lubrication: "Slow swings of 2 to 5 Hz, and single short impacts in the waveform.",
  cavitation: "Short bursts of 1.5 to 2.5 kHz; best seen in the spectrogram.",
  wear: "Noise that comes and goes once or twice a second, with weak 1× and 2×.",
  oil_whirl: "A strong line between 0.42× and 0.48×.",
  misalignment_imbalance: `${ORDERS}: 1×, 2× and 3× together.`,
  wear_lubrication: "Raised noise, slow swings of 2 to 5 Hz, and short contacts.",
  cavitation_clearance: "Bursts of 1.5 to 2.5 kHz, and a line near half the shaft's frequency.",
};
const FAMILIES = {
  inner_race: "Lines at BPFI in the envelope spectrum, with neighbours one shaft frequency away.",
  outer_race: "Lines at BPFO and its multiples in the envelope spectrum.",
  ball: "Lines at twice BSF in the envelope spectrum, often weak, with neighbours one FTF away.",
};

/** Return a sentence on where a class shows, or nothing for classes of other models. */
export function signature(classId) {
  const family = Object.keys(FAMILIES).find((name) => classId.startsWith(name));
  return SIGNATURES[classId] ?? (family ? FAMILIES[family] : null);
}
