/** MATLAB files: which of their variables are signals, and what the scalars say. */

import { FormatError } from "./errors.js";
import { isHdf5, readHdf5 } from "./hdf5.js";
import { readLevel5 } from "./level5.js";
import { rows } from "./rows.js";

const LONG = 256;
const MOST_CHANNELS = 64;
const RATE_NAME = /^(fs|sr|sample_?rate|sampling_rate|sample_rate_hz|fs_hz)$/i;
const SPEED_NAME = /rpm$/i;

/** Read a .mat of version 5 to 7.3: every long vector is a channel of its name. */
export async function readMat(buffer) {
  const hdf5 = isHdf5(buffer);
  const variables = hdf5 ? readHdf5(buffer) : await readLevel5(buffer);
  const signals = variables.filter(isSignal);
  if (!signals.length) throw new FormatError(`The MATLAB file has no vector of ${LONG} samples or more.`);
  const rpm = scalar(variables, SPEED_NAME);
  return {
    format: hdf5 ? "MATLAB 7.3" : "MATLAB 5",
    channels: signals.flatMap(({ name, shape, values }) => rows(values, shape, true, name)),
    rateHz: scalar(variables, RATE_NAME),
    shaftHz: rpm === null ? null : rpm / 60,
    integers: false,
  };
}

function isSignal({ shape }) {
  return shape.length === 2 && Math.max(...shape) >= LONG && Math.min(...shape) <= MOST_CHANNELS;
}

function scalar(variables, pattern) {
  return variables.find(({ name, values }) => values.length === 1 && pattern.test(name))?.values[0] ?? null;
}
