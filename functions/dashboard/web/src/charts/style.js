/** Options and styles that all charts share. */

import { number } from "../format.js";
import { color } from "../theme.js";

const FONT = '12px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

const LEAST_WIDTH = 54;
const CHARACTER_WIDTH = 6.4;

/** Return the options of an axis with its name and unit. */
export function axis(label, more = {}) {
  return {
    label, labelSize: 18, labelGap: 0, labelFont: FONT, font: FONT, size: 26, gap: 4,
    stroke: color("ink-2"),
    grid: { stroke: color("grid"), width: 1 },
    ticks: { stroke: color("grid"), width: 1, size: 5 },
    values: (_, splits) => splits.map((split) => (split === null ? "" : number(split, 4))),
    ...more,
  };
}

/** Return the options of a y axis. */
export function yAxis(label, more = {}) {
  return axis(label, { size: widthOf, labelGap: 2, ...more });
}

/** Return how wide a y axis is: small numbers have long texts, and its name must not stand on them. */
function widthOf(_, texts) {
  const longest = Math.max(0, ...(texts ?? []).map((text) => text.length));
  return Math.max(LEAST_WIDTH, Math.ceil(longest * CHARACTER_WIDTH) + 14);
}

/** Return the options of the pointer: a line that follows, and a drag that zooms. */
export function cursor(more = {}) {
  return { x: true, y: false, points: { show: false }, drag: { x: true, y: false, dist: 6 }, ...more };
}

/** Return the options of a line. */
export function line(name, more = {}) {
  return { stroke: color(name), width: 1, points: { show: false }, ...more };
}

/** A plugin that reports the position of the pointer, and nothing while it is outside. */
export function readout(show) {
  return {
    hooks: {
      setCursor: (plot) => {
        const { left, idx } = plot.cursor;
        show(left >= 0 && idx !== null ? plot : null, idx);
      },
    },
  };
}
