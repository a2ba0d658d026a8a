/** The endings of file names that are read, with the reader of each. */

// Made from the service's table of formats; docs/dashboard.md describes how.
import TABLE from "./table.json";

/** The reader of each ending. */
const KINDS = byEnding(({ endings }, name) => endings.map((ending) => [ending, name]));

/** The media type of each ending of which a job takes files as they are: the service reads them as this page does. */
const AS_THEY_ARE = byEnding(({ uploads, mediaType }) => uploads.map((ending) => [ending, mediaType]));

/** The media types of what this page makes itself: samples of one channel, and windows. */
export const SAMPLES_TYPE = TABLE.raw.mediaType;
export const WINDOWS_TYPE = TABLE.npy.mediaType;

/** The endings, for the file chooser. */
export const ENDINGS = Object.keys(KINDS).map((ending) => `.${ending}`);

const LITTLE = { f4: "float 32 bit", f8: "float 64 bit", i2: "integer 16 bit", i4: "integer 32 bit" };

/** The types a raw file may hold, little-endian; those that end in `be` are big-endian. */
export const RAW_TYPES = {
  ...LITTLE,
  ...Object.fromEntries(Object.entries(LITTLE).map(([type, text]) => [`${type}be`, `${text}, big-endian`])),
};

/** The service's name of each of them. */
export const SAMPLE_FORMATS = {
  f4: "float32", f8: "float64", i2: "int16", i4: "int32", f4be: "float32be", f8be: "float64be", i2be: "int16be", i4be: "int32be",
};

/** Return the reader of a file by its name; undefined where there is none. */
export function kindOf(name) {
  return KINDS[endingOf(name)];
}

/** Return the media type of a file that a job takes as it is, by its name; undefined where it is to be read here. */
export function mediaTypeOf(name) {
  return AS_THEY_ARE[endingOf(name)];
}

/** Return the media type by which the service reads a file, by its reader here; undefined where it does not. */
export function servedTypeOf(kind) {
  return TABLE[kind]?.mediaType ?? undefined;
}

function byEnding(entries) {
  return Object.fromEntries(Object.entries(TABLE).flatMap(([name, format]) => entries(format, name)));
}

function endingOf(name) {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}
