/**
 * Cuts each case of a table, breaks it at random, and hands it to the page's own readers.
 *
 * Prints what a reader threw that is no sentence of its own, and how many it was given.
 */

import { readFile } from "node:fs/promises";

import { bytesOf, READERS, typeOf } from "./readers.mjs";

const CUTS = 12;
const BREAKS = 30;
const SENTENCES = ["FormatError", "UnreadHereError"];

/** Mulberry32: the same numbers every time. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let one = Math.imul(state ^ (state >>> 15), 1 | state);
    one = (one + Math.imul(one ^ (one >>> 7), 61 | one)) ^ one;
    return ((one ^ (one >>> 14)) >>> 0) / 4294967296;
  };
}

function* broken(bytes, next) {
  for (let n = 0; n <= CUTS; n++) yield bytes.slice(0, Math.floor((n * bytes.length) / CUTS));
  for (let n = 0; n < BREAKS; n++) {
    const copy = bytes.slice();
    const at = Math.floor(next() * copy.length);
    for (let k = at; k < Math.min(copy.length, at + 1 + Math.floor(next() * 8)); k++) copy[k] = Math.floor(next() * 256);
    yield copy;
  }
}

const next = random(20);
const thrown = [];
let tried = 0;
for (const one of JSON.parse(await readFile(process.argv[2], "utf8")).filter(({ format }) => format in READERS)) {
  for (const bytes of broken(bytesOf(one), next)) {
    tried += 1;
    try {
      await READERS[one.format](bytes.buffer, typeOf(one));
    } catch (error) {
      if (!SENTENCES.includes(error.name)) thrown.push(`${one.format}: ${one.name}: ${error.stack ?? error}`);
    }
  }
}
console.log(JSON.stringify({ thrown, tried }));
