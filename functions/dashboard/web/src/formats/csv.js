/**
 * Delimited text that is plain: a line of names or none, rows of numbers, perhaps a column of times or counts.
 *
 * The service reads far more. A file that is not plain is sent as it is, so that its rules exist once, in the service.
 */

import { UnreadHereError } from "./errors.js";
import { FEWEST_ROWS, isCounting, rateOf } from "./times.js";
import { scaleOf, unitOfName } from "./units.js";
import RULES from "./variables.json";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const COMMA_NUMBER = /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i;
const THOUSANDS = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/;
const NAME = /^(\p{L}[^"'=:#%]*)?$/u;
// A head may state a rate, a name another unit of time, or that the rows are those of a spectrum: the service reads them.
const SAYS_MORE = /hz|rate|fr[eé][qc]|^f$|cpm|order|cz[eę]stot|частот|频率|周波/i;
const SECONDS = /^(t|time)[ _]*[[(]?(s|sec|seconds)?[\])]?$/i;
const LIKE_TIME = /^(t|time|timestamp|ts|date|datetime|clock|zeit|uhrzeit|datum|temps|tiempo|tempo|czas|elapsed|seconds?|sec|sek|s|ms|us|ns|min)\b|time|zeit|milli|micro|nano|[mun]secs?\b|время|时间|時間|時刻/i;
// Times since 1970 in milliseconds, or in a smaller unit, may rise by one.
const SINCE_1970 = 1e12;
// A whole number of so many above fractions is the sample rate, or how many follow.
const FEWEST_STATED = 100;

/** Read plain delimited text; one column a channel, a column of times gives the sample rate. */
export function readCsv(buffer) {
  const lines = readLines(buffer);
  const dialect = sniff(lines.at(-1));
  // White space within a name divides no columns where there is one.
  const isSingle = dialect.delimiter === null && cells(lines.at(-1), dialect).length === 1;
  const names = readNames(isSingle ? [lines[0].trim()] : cells(lines[0], dialect), dialect);
  const columns = readColumns(names ? lines.slice(1) : lines, dialect, names?.length);
  if (!names && columns.length === 1 && isStatement(lines)) throw new UnreadHereError("its first number is none of the samples");
  const { times, counts } = outsiders(columns, names);
  const kept = columns.map((_, place) => place).filter((place) => place !== times && !counts.includes(place));
  if (!kept.length) throw new UnreadHereError("no column is a signal");
  const unnamed = !names && kept.length === columns.length;
  const channels = kept.map((place, index) => ({
    name: unnamed ? `Channel ${index}` : names?.[place] || String(place),
    samples: Float32Array.from(columns[place]),
    unit: names ? unitOfName(names[place]) : null,
  }));
  return { format: "CSV", channels, rateHz: times < 0 ? null : rateOf(columns[times]), integers: false };
}

function readLines(buffer) {
  let content;
  try {
    content = new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    throw new UnreadHereError("the text is not UTF-8");
  }
  // eslint-disable-next-line no-control-regex
  if (/["\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(content)) throw new UnreadHereError("it has quotes or control characters");
  const lines = content.split(/\r\n|\n|\r/);
  while (lines.length && !lines.at(-1).trim()) lines.pop();
  if (lines.length < FEWEST_ROWS) throw new UnreadHereError("it has few rows");
  return lines;
}

function sniff(line) {
  const delimiter = [";", "\t", ","].find((one) => line.includes(one)) ?? null;
  // Of decimal commas in a single column, and of two columns of integers, the text looks alike.
  if (delimiter === "," && !line.includes(".")) throw new UnreadHereError("its commas may be decimal commas");
  return { delimiter, decimalComma: delimiter !== "," && line.includes(",") };
}

function cells(line, { delimiter }) {
  return delimiter ? line.split(delimiter).map((cell) => cell.trim()) : line.trim().split(/\s+/);
}

function readNames(names, dialect) {
  const number = dialect.decimalComma ? COMMA_NUMBER : NUMBER;
  if (names.every((name) => number.test(name))) return null;
  if (names.some(scaleOf)) throw new UnreadHereError("its first line may be one of units");
  if (names.every((name) => NAME.test(name) && !SAYS_MORE.test(name))) return names;
  throw new UnreadHereError("its first line is neither names nor numbers");
}

function readColumns(lines, dialect, named) {
  const width = named ?? cells(lines[0], dialect).length;
  if (width > RULES.most_channels || width > lines.length) throw new UnreadHereError("it has more columns than rows");
  const columns = Array.from({ length: width }, () => new Float64Array(lines.length));
  lines.forEach((line, row) => {
    const parts = cells(line, dialect);
    if (parts.length !== width) throw new UnreadHereError("its rows differ in length");
    for (let column = 0; column < width; column++) columns[column][row] = toNumber(parts[column], dialect);
  });
  return columns;
}

function toNumber(cell, { decimalComma }) {
  if (!(decimalComma ? COMMA_NUMBER : NUMBER).test(cell) || (decimalComma && THOUSANDS.test(cell))) {
    throw new UnreadHereError("a cell is no plain number");
  }
  return Number(decimalComma ? cell.replace(",", ".") : cell);
}

/** Return which columns are no signals: the place of the times, -1 without, and those of counts. */
function outsiders(columns, names) {
  const times = (names ?? []).flatMap((name, place) => (LIKE_TIME.test(name) ? [place] : []));
  if (times.length > 1 || (times.length && !SECONDS.test(names[times[0]]))) throw new UnreadHereError("it has times of another kind");
  if (columns.length > 4 && columns.slice(0, 3).every((column) => column.every(Number.isInteger))) {
    throw new UnreadHereError("it may have columns of hours, minutes and seconds");
  }
  const counts = [];
  columns.forEach((column, place) => {
    if (place === times[0] || !rises(column)) return;
    if (!isCounting(column) || column[0] >= SINCE_1970) throw new UnreadHereError("a column rises like a time");
    counts.push(place);
  });
  return { times: times[0] ?? -1, counts };
}

/** Whether the first line is a whole number, and fractions below ten follow. */
function isStatement([first, ...others]) {
  return /^\d{3,}$/.test(first.trim()) && Number(first) >= FEWEST_STATED && others.slice(0, FEWEST_ROWS - 1).every((line) => /^\s*[+-]?\d?[.,]\d+\s*$/.test(line));
}

function rises(column) {
  return column.at(-1) > column[0] && column.subarray(1, FEWEST_ROWS).every((value, n) => value >= column[n]);
}
