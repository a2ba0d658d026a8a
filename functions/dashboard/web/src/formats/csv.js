/** Delimited text: comma, semicolon, tab or space; header or none; decimal points or commas. */

import { FormatError } from "./errors.js";

// A first line with such a cell is no header, even if the cell is broken: that must be said, not skipped.
const NUMBER_LIKE = /^([+-]?[.,]?\d|[+-]?(nan|inf|infinity)$)/i;
const TIME_COLUMN = /^(t|time|timestamp|zeit|temps)([ _]*[[(]?(s|sec|seconds)[\])]?)?$/i;

/** Read a CSV; one column a channel, a column of times gives the sample rate. */
export function readCsv(buffer) {
  const lines = readLines(buffer);
  const dialect = sniff(lines.at(-1));
  const header = readHeader(lines[0], dialect);
  const columns = readColumns(header.length ? lines.slice(1) : lines, dialect, header.length);
  const time = columns.length > 1 ? header.findIndex((name) => TIME_COLUMN.test(name)) : -1;
  const names = columns.map((_, index) => header[index] || `Column ${index + 1}`);
  const channels = columns
    .map((column, index) => ({ name: names[index], samples: Float32Array.from(column) }))
    .filter((_, index) => index !== time);
  return { format: "CSV", channels, rateHz: time < 0 ? null : rateHz(columns[time]), integers: false };
}

function readLines(buffer) {
  let content;
  try {
    content = new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    throw new FormatError("The CSV is not UTF-8 text.");
  }
  const lines = content.split(/\r\n|\n|\r/).filter((line) => line.trim() && !line.trimStart().startsWith("#"));
  if (!lines.length) throw new FormatError("The CSV has no rows.");
  return lines;
}

function sniff(line) {
  const delimiter = [";", "\t", ","].find((one) => line.includes(one)) ?? null;
  return { delimiter, decimalComma: delimiter !== "," && line.includes(",") };
}

function cells(line, { delimiter }) {
  return delimiter ? line.split(delimiter) : line.trim().split(/\s+/);
}

function readHeader(line, dialect) {
  const names = cells(line, dialect).map((cell) => cell.trim().replace(/^"|"$/g, ""));
  return names.some((name) => NUMBER_LIKE.test(name)) ? [] : names;
}

function readColumns(lines, dialect, headerWidth) {
  if (!lines.length) throw new FormatError("The CSV has a header and no rows.");
  const width = headerWidth || cells(lines[0], dialect).length;
  const columns = Array.from({ length: width }, () => new Float64Array(lines.length));
  lines.forEach((line, row) => {
    const parts = cells(line, dialect);
    if (parts.length !== width) {
      throw new FormatError(`Row ${row + 1} of the CSV has ${parts.length} cells where ${width} are expected.`);
    }
    for (let column = 0; column < width; column++) columns[column][row] = toNumber(parts[column], dialect, row);
  });
  return columns;
}

function toNumber(cell, { decimalComma }, row) {
  const text = decimalComma ? cell.replace(",", ".") : cell;
  const number = text.trim() ? Number(text) : NaN;
  if (Number.isNaN(number) && !/^\s*[+-]?nan\s*$/i.test(text)) {
    throw new FormatError(`Row ${row + 1} of the CSV holds ${JSON.stringify(cell.trim())}, which is no number.`);
  }
  return number;
}

function rateHz(times) {
  const duration = times.at(-1) - times[0];
  const steps = times.subarray(1).map((time, n) => time - times[n]);
  const median = steps.slice().sort()[Math.floor(steps.length / 2)];
  if (!(duration > 0) || steps.some((step) => !(step > 0) || step > 1.5 * median)) {
    throw new FormatError("The CSV's time column does not rise evenly.");
  }
  // Printed times are rounded; over the whole recording the rounding fades.
  return Number(((times.length - 1) / duration).toPrecision(6));
}
