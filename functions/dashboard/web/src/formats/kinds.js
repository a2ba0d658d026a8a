/** Which endings of file names are read, and as what. */

/** The reader of each ending. */
export const KINDS = {
  csv: "delimited", tsv: "delimited", txt: "delimited", wav: "wav", npy: "npy", mat: "matlab",
  bin: "raw", raw: "raw", f32: "raw", dat: "raw",
};

/** The endings, for the file chooser. */
export const ENDINGS = Object.keys(KINDS).map((ending) => `.${ending}`);

/** The types a raw file may hold, little-endian. */
export const RAW_TYPES = { f4: "float 32 bit", f8: "float 64 bit", i2: "integer 16 bit", i4: "integer 32 bit" };

/** Return how a file is read, by its name; undefined where it is not. */
export function kindOf(name) {
  return KINDS[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
}
