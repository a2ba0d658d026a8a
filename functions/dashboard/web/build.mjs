/** Builds ../static from src, the npm packages of the lock, and the example recordings. */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

import { cutExample } from "./examples.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const OUT = path.resolve(process.argv[2] ?? path.join(HERE, "..", "static"));
const RECORDINGS = path.resolve(HERE, "../../../docs/examples");
const EXAMPLES = JSON.parse(await readFile(path.join(HERE, "examples.json"), "utf8"));
const ASSETS = path.join(OUT, "assets");

const COMMON = {
  absWorkingDir: HERE,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  metafile: true,
  entryNames: "[name]-[hash]",
  outdir: ASSETS,
  logLevel: "warning",
};

await rm(OUT, { recursive: true, force: true });
await mkdir(ASSETS, { recursive: true });
const worker = await bundle("src/analysis/worker.js");
const examples = await writeExamples();
const define = { WORKER_FILE: JSON.stringify(worker.js), EXAMPLES: JSON.stringify(examples) };
const page = await bundle("src/main.jsx", define);
const icon = await writeHashed("icon", ".svg", await readFile(path.join(HERE, "src/icon.svg")));
await writePage({ ...page, icon });
await writeLicences([...worker.inputs, ...page.inputs]);

async function bundle(entry, define = {}) {
  const { metafile } = await build({ ...COMMON, entryPoints: [entry], define });
  const names = Object.keys(metafile.outputs).map((name) => path.basename(name));
  return { ...Object.fromEntries(names.map((name) => [path.extname(name).slice(1), name])), inputs: Object.keys(metafile.inputs) };
}

async function writeHashed(name, ending, content) {
  const file = `${name}-${createHash("sha256").update(content).digest("hex").slice(0, 8)}${ending}`;
  await writeFile(path.join(ASSETS, file), content);
  return file;
}

async function writeExamples() {
  const examples = [];
  for (const example of EXAMPLES) {
    const recording = await readFile(path.join(RECORDINGS, `${example.id}.wav`));
    examples.push({ ...example, file: await writeHashed(example.id, ".wav", cutExample(recording)) });
  }
  return examples;
}

async function writePage({ js, css, icon }) {
  const template = await readFile(path.join(HERE, "src/index.html"), "utf8");
  const names = { script: js, style: css, icon };
  await writeFile(path.join(OUT, "index.html"), template.replace(/\{(\w+)\}/g, (_, name) => names[name]));
}

/** Every package of which something is in the bundle, with its licence; some have others inside. */
async function writeLicences(inputs) {
  const used = inputs.map((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1]).filter(Boolean);
  const inside = await Promise.all([...new Set(used)].map(async (name) => Object.keys((await said(name)).dependencies ?? {})));
  const names = [...new Set([...used, ...inside.flat()])].sort();
  const texts = await Promise.all(names.map(licence));
  await writeFile(path.join(OUT, "LICENSES.txt"), texts.join(`\n${"-".repeat(80)}\n\n`));
}

async function said(name) {
  return JSON.parse(await readFile(path.join(HERE, "node_modules", name, "package.json"), "utf8"));
}

async function licence(name) {
  const folder = path.join(HERE, "node_modules", name);
  const { version, license } = await said(name);
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? await readFile(path.join(folder, file), "utf8") : await readmeLicence(folder, name);
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

async function readmeLicence(folder, name) {
  const readme = await readFile(path.join(folder, "README.md"), "utf8");
  const start = readme.search(/^#+\s*licen[cs]e/im);
  if (start < 0) throw new Error(`${name} has no licence text`);
  return readme.slice(start);
}
