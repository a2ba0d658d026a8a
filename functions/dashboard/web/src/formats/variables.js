/** Variables of a file: the kinds that are signals, and limits on what a file may claim. */

// Made from the command line's rules; docs/dashboard.md describes how.
import RULES from "./variables.json";
import { FormatError } from "./errors.js";

/**
 * A variable is `{name, shape, bytes, read}`, or `{name, text}`, or `{name, number}`: its name is its path in the file,
 * joined by dots; `read` returns its values as float32, or as the kind of array that it is given, columns first.
 */

/** Return the lengths of a variable that are not 1. */
function lengths({ shape }) {
  return shape.filter((length) => length !== 1);
}

/** Return the number of rows or columns, whichever is smaller. */
export function channelsOf(variable) {
  return lengths(variable).length > 1 ? Math.min(...lengths(variable)) : 1;
}

/** Return the number of rows or columns, whichever is larger. */
export function samplesOf(variable) {
  return Math.max(1, ...lengths(variable));
}

/** Whether it can be a vector, or a matrix of channels. */
export function isSignal(variable) {
  if (!variable.read) return false;
  const { length } = lengths(variable);
  const fits = length >= 1 && length <= 2 && Math.min(...lengths(variable)) > 0 && samplesOf(variable) >= RULES.shortest_signal;
  return fits && channelsOf(variable) <= RULES.most_rows;
}

/** Whether it is one number. */
export function isSingle({ read, shape }) {
  return Boolean(read) && shape.every((length) => length === 1);
}

/** Check that no more of a file's tree was visited than the limit; throws FormatError. */
export function checkWalk(count, depth) {
  if (count > RULES.most_variables || depth > RULES.deepest) {
    throw new FormatError(
      `The file has more than ${RULES.most_variables} variables, or nests them more than ${RULES.deepest} deep: save the signal alone.`,
    );
  }
}

/** Check that a file can hold what the variables that are read claim, and that it is not too large; throws FormatError. */
export function checkClaims(variables, fileBytes, largestRatio) {
  const claimed = variables.reduce((sum, { bytes }) => sum + bytes, 0);
  if (claimed > fileBytes * largestRatio) {
    throw new FormatError(`The file claims ${claimed} bytes of samples, more than its ${fileBytes} bytes can hold: it is damaged.`);
  }
  if (claimed > RULES.largest_bytes) {
    throw new FormatError(`The signals have ${claimed} bytes, and at most ${RULES.largest_bytes} are read: cut the recording into parts.`);
  }
}
