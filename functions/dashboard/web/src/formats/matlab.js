/** MATLAB files: the variables that are signals, and what the fields beside them state. */

import { FormatError } from "./errors.js";
import { factsOf, isFieldName, nearest, rateOfTime } from "./fields.js";
import { isHdf5, readHdf5 } from "./hdf5.js";
import { readLevel5 } from "./level5.js";
import { alongShortSide } from "./rows.js";
import { withoutTimes } from "./times.js";
import RULES from "./variables.json";
import { channelsOf, checkClaims, isSignal, isSingle, samplesOf } from "./variables.js";

/**
 * Read a .mat of version 5 to 7.3: every long vector is a channel of its path, `bearing.gs`, but those of time.
 *
 * Each channel has its own rate, where fields or a vector of time beside it state one.
 */
export async function readMat(buffer) {
  const hdf5 = isHdf5(buffer);
  const variables = hdf5 ? readHdf5(buffer) : await readLevel5(buffer);
  const signals = variables.filter(isSignal);
  if (!signals.length) throw new FormatError(`The MATLAB file has no vector of ${RULES.shortest_signal} samples or more.`);
  const fields = variables.filter(isField);
  checkClaims([...signals, ...fields.filter(({ read }) => read)], buffer.byteLength, hdf5 ? RULES.deflate : 8 * RULES.deflate);
  const recording = join(signals.map((one) => ({ ...one, values: one.read() })), fields.map(({ name, ...one }) => [name, valueOf(one)]));
  return { format: hdf5 ? "MATLAB 7.3" : "MATLAB 5", ...recording, integers: false };
}

function isField(variable) {
  return isFieldName(variable.name) && (!variable.read || isSingle(variable));
}

function valueOf({ read, text, number }) {
  return text ?? number ?? read(Float64Array)[0];
}

function join(variables, fields) {
  const facts = factsOf(fields);
  const rates = variables.map(timeRate);
  const signals = variables.filter((_, n) => rates[n] === null);
  if (!signals.length) throw new FormatError("The file has vectors of time alone, and no signal.");
  const channels = signals.flatMap((one) => {
    const times = variables.flatMap(({ name, ...other }, n) => (rates[n] && samplesOf(other) === samplesOf(one) ? [[name, rates[n]]] : []));
    const part = withoutTimes(alongShortSide(one.values, one.shape.filter((length) => length !== 1), one.name));
    const rateHz = rateOf(one.name, facts, part.rateHz ? [[one.name, part.rateHz]] : times);
    const unit = single(nearest(one.name, facts.units));
    return part.channels.map((channel) => ({ ...channel, rateHz, unit }));
  });
  const [rpm, ...otherRpm] = new Set(signals.map(({ name }) => single(nearest(name, facts.speedsRpm))));
  return { channels, rateHz: common(channels), shaftHz: rpm && !otherRpm.length ? rpm / 60 : null };
}

/** The rate that a vector gives if it is a time, 0 where it counts samples, null where it is none. */
function timeRate(one) {
  if (channelsOf(one) > 1) return null;
  const rises = one.values.every((value, n) => !n || value >= one.values[n - 1]);
  // The digits of a time are more than a float32 has.
  return rateOfTime(one.name, rises ? one.read(Float64Array) : one.values);
}

function rateOf(name, { ratesHz }, times) {
  const beside = nearest(name, ratesHz);
  const stated = beside.length ? beside : nearest(name, times);
  if (stated.length > 1) {
    const shown = stated.slice(0, 8).map((rate) => `${rate} Hz`).join(", ");
    throw new FormatError(`The file states several sample rates for ${name}, ${shown}: save the signal with one of them.`);
  }
  if (stated.length && !(Number.isFinite(stated[0]) && stated[0] > 0)) {
    throw new FormatError(`The file's sample rate is ${stated[0]} Hz: correct it, or remove it from the file.`);
  }
  return stated[0] ?? null;
}

/** The rate of all channels, null where they differ or state none. */
function common(channels) {
  return single([...new Set(channels.map(({ rateHz }) => rateHz))]);
}

function single(values) {
  return values.length === 1 ? values[0] : null;
}
