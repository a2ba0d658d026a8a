/** The results of a job, and files of them. */

import { requestJson } from "../../api.js";

const PAGES = 100;
const COLUMNS = ["name", "index", "class_id", "class_name", "confidence", "novelty", "in_distribution", "clipped", "windows", "code", "error"];

/** Return the results of a job in the order of its recordings, page by page. */
export async function readResults(jobId, signal) {
  const results = [];
  let next = null;
  for (let page = 0; page < PAGES; page++) {
    const answer = await requestJson(`jobs/${encodeURIComponent(jobId)}/results`, { query: { next }, signal });
    results.push(...answer.results);
    next = answer.next;
    if (!next) break;
  }
  return results;
}

/** Return results as CSV. */
export function asCsv(rows) {
  const lines = rows.map((row) => COLUMNS.map((name) => cell(row[name])).join(","));
  return `${[COLUMNS.join(","), ...lines].join("\r\n")}\r\n`;
}

/** Return results as JSON Lines. */
export function asJsonLines(rows) {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** Let the user keep a text as a file. */
export function save(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  // The browser reads it a little later.
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  // A spreadsheet would run what begins like a formula.
  const harmless = /^[=+@\t]|^-\D/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
