/** Reads each case of a table with the page's own readers, and prints what comes of it: samples, or why none. */

import { readFile } from "node:fs/promises";
import { register } from "node:module";

// The bundler takes JSON for a module; so does this.
register(`data:text/javascript,${encodeURIComponent(`
  import { readFile } from "node:fs/promises";
  export async function load(url, context, next) {
    if (!url.endsWith(".json")) return next(url, context);
    return { format: "module", shortCircuit: true, source: "export default " + await readFile(new URL(url), "utf8") };
  }`)}`);

const formats = new URL("../../../functions/dashboard/web/src/formats/", import.meta.url);
const [{ readCsv }, { readNpy }, { readRaw }, { readWav }, { SAMPLE_FORMATS }] = await Promise.all(
  ["csv", "npy", "raw", "wav", "kinds"].map((name) => import(new URL(`${name}.js`, formats))),
);
const READERS = { delimited: readCsv, npy: readNpy, raw: readRaw, wav: readWav };

function read({ format, text, base64, options }) {
  const bytes = base64 === undefined ? new TextEncoder().encode(text) : Uint8Array.from(Buffer.from(base64, "base64"));
  const type = Object.entries(SAMPLE_FORMATS).find(([, name]) => name === (options.sample_format ?? "float32"))?.[0];
  try {
    const { channels, rateHz, integers } = READERS[format](bytes.buffer, type);
    const factor = Math.fround(integers ? (options.full_scale ?? 1) : 1);
    const samples = channels.map((one) => [...one.samples.map((value) => value * factor)]);
    return { samples, sample_rate_hz: rateHz, channel_names: channels.map(({ name }) => name) };
  } catch (error) {
    if (error.name !== "UnreadHereError") throw error;
    return { unread: error.message };
  }
}

const cases = JSON.parse(await readFile(process.argv[2], "utf8"));
console.log(JSON.stringify(cases.map((one) => (one.format in READERS ? read(one) : { unread: "no reader" }))));
