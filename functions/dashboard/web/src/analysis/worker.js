/** The worker, which reads files and analyses signals beside the page's own thread. */

import { readRecording } from "../formats/read.js";
import { bandEnvelope } from "../signal/envelope.js";
import { summarize } from "../signal/extremes.js";
import { forgetPlans, powerOfTwoBelow } from "../signal/fourier.js";
import { spectrogram } from "../signal/spectrogram.js";
import { amplitudeSpectrum } from "../signal/spectrum.js";
import { isFinite32, statistics } from "../signal/statistics.js";
import { whitenedEnvelope } from "../signal/whitened.js";

let channels = [];
let chosen = null;

const calls = {
  /** Read a file; answers with its channels' names and lengths. */
  async open({ name, buffer, rawType }) {
    const recording = await readRecording(name, buffer, rawType);
    channels = recording.channels;
    chosen = null;
    forgetPlans();
    return { ...recording, channels: channels.map(({ samples, ...channel }) => ({ unit: null, ...channel, length: samples.length })) };
  },

  /** Take a channel, times a factor; answers with its samples, the extremes that draw them, and its figures. */
  choose({ channel, scale }) {
    chosen = scaled(channels[channel].samples, scale);
    const usable = isFinite32(chosen);
    return { samples: chosen.slice(), summary: summarize(chosen), statistics: statistics(chosen), usable };
  },

  /** Every channel, times a factor, one behind the other. */
  all({ scale }) {
    const length = channels[0].samples.length;
    const samples = new Float32Array(channels.length * length);
    channels.forEach((one, index) => samples.set(scaled(one.samples, scale), index * length));
    return { samples };
  },

  /** A channel (null: all channels) as JSON text, with the seven digits that float32 has. */
  text({ channel, scale }) {
    const rows = (channel === null ? channels : [channels[channel]]).map(({ samples }) => scaled(samples, scale));
    const texts = rows.map((row) => `[${Array.from(row, (value) => Number(value.toPrecision(7))).join(",")}]`);
    return { text: channel === null ? `[${texts.join(",")}]` : texts[0], usable: rows.every(isFinite32) };
  },

  spectrum({ rateHz, size }) {
    return amplitudeSpectrum(chosen, rateHz, Math.min(size, powerOfTwoBelow(chosen.length)));
  },

  envelope({ rateHz, lowHz, highHz, size }) {
    const envelope = bandEnvelope(chosen, rateHz, lowHz, highHz);
    return amplitudeSpectrum(envelope, rateHz, Math.min(size, powerOfTwoBelow(chosen.length)));
  },

  whitened({ rateHz, toHz }) {
    return whitenedEnvelope(chosen, rateHz, toHz);
  },

  spectrogram({ rateHz, look }) {
    return spectrogram(chosen, rateHz, look);
  },
};

/** Multiply in float32, as the service does. */
function scaled(samples, scale) {
  const factor = Math.fround(scale);
  return samples.map((value) => value * factor);
}

let last = Promise.resolve();

// One after the other: reading some files waits for the browser, and the next file must not overtake.
self.onmessage = ({ data }) => {
  last = last.then(() => answer(data));
};

async function answer({ id, call, details }) {
  try {
    const found = await calls[call](details);
    self.postMessage({ id, answer: found }, { transfer: buffers(found) });
  } catch (error) {
    self.postMessage({ id, failure: { name: error.name, message: error.message, kind: error.kind } });
  }
}

/** Return the buffers to transfer instead of copying: the arrays of an answer, and those of its parts. */
function buffers(found) {
  const parts = Object.values(found).filter((value) => value && typeof value === "object");
  const arrays = parts.flatMap((part) => (ArrayBuffer.isView(part) ? [part] : Object.values(part)));
  return [...new Set(arrays.filter(ArrayBuffer.isView).map((array) => array.buffer))];
}
