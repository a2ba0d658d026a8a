/** Points in time on an axis, in the reader's language and time zone. */

const DAY_S = 86_400;
const SECONDS = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const MINUTES = { hour: "2-digit", minute: "2-digit" };
const DAYS = { day: "numeric", month: "short" };
const MONTHS = { month: "short", year: "numeric" };

/** Return the texts of an axis' splits (seconds since 1970), as fine as the splits lie apart. */
export function timeTexts(_, splits) {
  const step = splits.length > 1 ? splits[1] - splits[0] : DAY_S;
  const parts = step < 60 ? SECONDS : step < DAY_S ? MINUTES : step < 28 * DAY_S ? DAYS : MONTHS;
  const format = new Intl.DateTimeFormat(undefined, parts);
  return splits.map((time) => format.format(time * 1000));
}
