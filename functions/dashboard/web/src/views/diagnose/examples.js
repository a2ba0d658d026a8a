/** Recordings that come with the page. */

/* global EXAMPLES */

// One count is five milligravities.
const FULL_SCALE_G = 163.84;

/** The examples, one for each class of the journal-bearing model; examples.json has what was simulated. */
export const RECORDINGS = EXAMPLES.map(({ id, name, shaft_hz: shaftHz, file }) => ({
  id,
  name,
  source: {
    name: `${id}.wav`,
    fullScale: FULL_SCALE_G,
    shaftHz,
    read: async () => {
      const response = await fetch(new URL(file, import.meta.url));
      if (!response.ok) throw new Error(`The example could not be loaded: status ${response.status}.`);
      return response.arrayBuffer();
    },
  },
}));

/** Return a file of the user as a source. */
export function fileSource(file) {
  return { name: file.name, fullScale: 1, shaftHz: null, read: () => file.arrayBuffer() };
}
