/** Channels out of a matrix. */

// Made from the service's rules: a recording has thousands of samples and few channels.
import RULES from "./variables.json";

/**
 * Return the channels of an array: its rows, or its columns where it is one or the rows are clearly more.
 *
 * @param {Float32Array} values in file order
 * @param {number[]} shape [N], [rows, columns]
 * @param {boolean} columnsFirst whether columns lie one behind the other (Fortran, MATLAB)
 * @param {string} name of the array, if it has one
 */
export function rows(values, shape, columnsFirst, name = "") {
  const [height, width] = shape.length === 1 ? [1, shape[0]] : shape;
  const alongRows = !(height > 1 && (width === 1 || height >= RULES.clearly_longer * width));
  const [count, length] = alongRows ? [height, width] : [width, height];
  const rowStep = columnsFirst ? 1 : width;
  const columnStep = columnsFirst ? height : 1;
  return Array.from({ length: count }, (_, index) => {
    const step = alongRows ? columnStep : rowStep;
    const offset = index * (alongRows ? rowStep : columnStep);
    const samples = step === 1 ? values.slice(offset, offset + length) : strided(values, offset, step, length);
    return { name: channelName(name, index, count), samples };
  });
}

/**
 * Return the channels of a matrix of MATLAB's, columns first: they lie along its short side.
 *
 * @param {Float32Array} values in file order
 * @param {number[]} shape [N], [rows, columns]
 * @param {string} name of the matrix
 */
export function alongShortSide(values, shape, name) {
  const [height, width] = shape.length === 1 ? [1, shape[0]] : shape;
  const count = Math.min(height, width);
  const length = Math.max(height, width);
  return Array.from({ length: count }, (_, index) => {
    const samples = height <= width ? strided(values, index, height, length) : values.slice(index * length, (index + 1) * length);
    return { name: channelName(name, index, count), samples };
  });
}

function strided(values, offset, step, length) {
  const samples = new Float32Array(length);
  for (let n = 0; n < length; n++) samples[n] = values[offset + n * step];
  return samples;
}

function channelName(name, index, count) {
  if (!name) return `Channel ${index}`;
  return count === 1 ? name : `${name} ${index}`;
}
