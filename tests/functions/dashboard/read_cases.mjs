/**
 * Reads each case of a table with the page's own readers, and prints what comes of it: samples, or why none, or whether
 * the page asks which of several channels of their own lengths or rates is meant.
 */

import { readFile } from "node:fs/promises";

import { bytesOf, READERS, typeOf } from "./readers.mjs";

async function read(one) {
  const { format, options } = one;
  try {
    const { channels, rateHz, shaftHz, integers } = await READERS[format](bytesOf(one).buffer, typeOf(one));
    const isEven = channels.every(({ samples, rateHz: own }) => samples.length === channels[0].samples.length && own === channels[0].rateHz);
    if (!isEven) return { asks: channels.map(({ name }) => name) };
    const factor = Math.fround(integers ? (options.full_scale ?? 1) : 1);
    const samples = channels.map((channel) => [...channel.samples.map((value) => value * factor)]);
    const shaft = shaftHz ? { shaft_speed_rpm: shaftHz * 60 } : {};
    return { samples, sample_rate_hz: rateHz, channel_names: channels.map(({ name }) => name), units: channels.map(({ unit }) => unit ?? null), ...shaft };
  } catch (error) {
    if (error.name === "FormatError") return { refused: error.message };
    if (error.name !== "UnreadHereError") throw error;
    return { unread: error.message };
  }
}

const cases = JSON.parse(await readFile(process.argv[2], "utf8"));
const found = await Promise.all(cases.map((one) => (one.format in READERS ? read(one) : { unread: "no reader" })));
console.log(JSON.stringify(found));
