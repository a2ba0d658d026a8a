/** Requests for the diagnosis of signals, channels, files and windows. */

import { requestJson } from "../../api.js";
import { SAMPLES_TYPE, WINDOWS_TYPE } from "../../formats/kinds.js";

const MOST_RECORDINGS = 128;
// Fits into one event of AWS Lambda, as base64.
const MOST_BYTES = 4_000_000;

/** Return the diagnosis of a whole signal, and the time until the answer; `machine` comes from `machineQuery`. */
export async function diagnose(samples, rateHz, { model, machine, signal }) {
  const started = performance.now();
  const answer = await requestJson("predict", {
    method: "POST",
    type: SAMPLES_TYPE,
    query: { sample_rate_hz: rateHz, model, ...machine },
    // An array would be copied to the network process while the page waits.
    body: new Blob([samples]),
    signal,
  });
  return { ...answer, roundTripMs: performance.now() - started };
}

/** Return the option of every channel by itself; a model of several channels takes them together. */
export function channelQuery(model) {
  return !model || model.input.channels === 1 ? { channel: "all" } : {};
}

/** Return the diagnoses of all channels of one length, one behind the other in `samples`, and the worst of them. */
export async function diagnoseChannels(samples, count, rateHz, { model, machine, signal }) {
  return asChannels(await requestJson("predict", {
    method: "POST", type: WINDOWS_TYPE, query: { sample_rate_hz: rateHz, model, ...machine }, body: channelsAsNpy(samples, count), signal,
  }));
}

/** Return the diagnoses of all channels of a file that the service reads; `query` has the options. */
export async function diagnoseFile(content, type, query, signal) {
  return asChannels(await requestJson("predict", { method: "POST", type, query, body: new Blob([content]), signal }));
}

/** Return channels of one length, one behind the other in `samples`, as a NumPy file. */
export function channelsAsNpy(samples, count) {
  const length = samples.length / count;
  return npy(samples, Array.from({ length: count }, (_, index) => index * length), length);
}

/** One diagnosis of all channels together, in the shape of those of each. */
function asChannels(answer) {
  return answer.predictions ? answer : { predictions: [answer], channels: ["All together"], worst: { index: 0 }, batch_size: 1 };
}

/**
 * Return the diagnoses of a signal's windows, one after the other; the last one is aligned to the end.
 *
 * @returns {Promise<{startS: number, lengthS: number, classId: string, className: string, confidence: number,
 *   isFamiliar: boolean|null}[]>}
 */
export async function diagnoseWindows(samples, rateHz, input, { model, machine, signal }) {
  const length = windowLength(rateHz, input);
  const starts = windowStarts(samples.length, length);
  const most = Math.max(1, Math.min(MOST_RECORDINGS, Math.floor(MOST_BYTES / (4 * length))));
  const windows = [];
  for (let first = 0; first < starts.length; first += most) {
    const part = starts.slice(first, first + most);
    const { predictions } = await requestJson("predict/batch", {
      method: "POST",
      type: WINDOWS_TYPE,
      query: { sample_rate_hz: rateHz, model, ...machine, return_top_k: 1 },
      body: npy(samples, part, length),
      signal,
    });
    windows.push(...predictions.map((one, index) => shaped(one, part[index] / rateHz, length / rateHz)));
  }
  return windows;
}

/** Return how many samples at this rate make one window of the model. */
export function windowLength(rateHz, { window, sample_rate_hz: modelHz }) {
  const length = Math.round((window * rateHz) / modelHz);
  return Math.round((length * modelHz) / rateHz) < window ? length + 1 : length;
}

/** Return where windows begin. */
export function windowStarts(count, length) {
  const starts = [];
  for (let start = 0; start < count - length; start += length) starts.push(start);
  return count < length ? [] : [...starts, count - length];
}

function shaped(answer, startS, lengthS) {
  return {
    startS, lengthS, classId: answer.class_id, className: answer.class_name, confidence: answer.confidence,
    isFamiliar: answer.in_distribution,
  };
}

/** Return windows as a NumPy file, float32 [windows, length]. */
function npy(samples, starts, length) {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${starts.length}, ${length}), }`;
  // Source: NEP 1, "A Simple File Format for NumPy Arrays": the header ends with a newline, at a multiple of 64.
  const header = `${dictionary.padEnd(64 * Math.ceil((dictionary.length + 11) / 64) - 11)}\n`;
  const start = Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length & 0xff, header.length >> 8);
  return new Blob([start, header, ...starts.map((from) => samples.subarray(from, from + length))]);
}
