/** The page's own readers by the names of their formats, and the content of a case of the table. */

import { existsSync } from "node:fs";
import { register } from "node:module";

// The bundler takes JSON for a module; so does this.
register(`data:text/javascript,${encodeURIComponent(`
  import { readFile } from "node:fs/promises";
  export async function load(url, context, next) {
    if (!url.endsWith(".json")) return next(url, context);
    return { format: "module", shortCircuit: true, source: "export default " + await readFile(new URL(url), "utf8") };
  }`)}`);

const formats = new URL("../../../functions/dashboard/web/src/formats/", import.meta.url);
const [{ readCsv }, { readNpy }, { readRaw }, { readWav }, { SAMPLE_FORMATS }, { inServedUnit }] = await Promise.all(
  ["csv", "npy", "raw", "wav", "kinds", "units"].map((name) => import(new URL(`${name}.js`, formats))),
);
// Of version 7.3 the page reads by a package, which a checkout need not have.
const hasPackages = existsSync(new URL("../../node_modules/jsfive", formats));
const matlab = hasPackages ? { matlab: (await import(new URL("matlab.js", formats))).readMat } : {};
const readers = { delimited: readCsv, npy: readNpy, raw: readRaw, wav: readWav, ...matlab };
export const READERS = Object.fromEntries(Object.entries(readers).map(([name, read]) => [name, inServedUnits(read)]));

function inServedUnits(read) {
  return async (...given) => {
    const { channels, ...recording } = await read(...given);
    return { ...recording, channels: channels.map(inServedUnit) };
  };
}

/** Return the bytes of a case. */
export function bytesOf({ text, base64 }) {
  return base64 === undefined ? new TextEncoder().encode(text) : Uint8Array.from(Buffer.from(base64, "base64"));
}

/** Return what the page calls a type of raw samples. */
export function typeOf({ options }) {
  return Object.entries(SAMPLE_FORMATS).find(([, name]) => name === (options.sample_format ?? "float32"))?.[0];
}
