/** A plugin that marks places of the x axis: lines with names, and bands. */

import { color } from "../theme.js";

const FONT = '600 11px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
const ROW_HEIGHT = 14;
const ROWS = 3;

/**
 * @param {() => {label: string, at: number, to?: number, tone: string}[]} current what to mark; a mark with `to` is
 *   a band
 */
export function marks(current) {
  return {
    hooks: {
      drawClear: (plot) => within(plot, (context) => current().filter(isBand).forEach((mark) => band(context, plot, mark))),
      draw: (plot) => within(plot, (context) => drawNames(context, plot, current())),
    },
  };
}

function isBand({ to }) {
  return to !== undefined;
}

function within(plot, draw) {
  const { ctx: context, bbox } = plot;
  context.save();
  context.beginPath();
  context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  context.clip();
  draw(context);
  context.restore();
}

function band(context, plot, { at, to, tone }) {
  const left = plot.valToPos(at, "x", true);
  const right = plot.valToPos(to, "x", true);
  context.globalAlpha = 0.18;
  context.fillStyle = color(tone);
  context.fillRect(left, plot.bbox.top, Math.max(2, right - left), plot.bbox.height);
  context.globalAlpha = 1;
}

/** Names stand in rows, so that close ones stay readable. */
function drawNames(context, plot, all) {
  const ratio = devicePixelRatio;
  const ends = new Array(ROWS).fill(-Infinity);
  context.font = FONT.replace("11px", `${11 * ratio}px`);
  context.textBaseline = "top";
  context.textAlign = "left";
  const { min, max } = plot.scales.x;
  const visible = all.filter(({ at, to = at }) => to >= min && at <= max).sort((a, b) => a.at - b.at);
  for (const mark of visible) {
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    if (!isBand(mark)) line(context, plot, x, mark.tone, ratio);
    const row = ends.findIndex((end) => end < x);
    if (row < 0) continue;
    const left = name(context, plot, mark, x, row * ROW_HEIGHT * ratio, ratio);
    ends[row] = left + context.measureText(mark.label).width + 6 * ratio;
  }
}

function line(context, plot, x, tone, ratio) {
  context.strokeStyle = color(tone);
  context.lineWidth = ratio;
  context.setLineDash([4 * ratio, 3 * ratio]);
  context.beginPath();
  context.moveTo(x, plot.bbox.top);
  context.lineTo(x, plot.bbox.top + plot.bbox.height);
  context.stroke();
}

function name(context, plot, { label, tone }, x, down, ratio) {
  const width = context.measureText(label).width;
  const top = plot.bbox.top + 3 * ratio + down;
  const left = Math.min(x + 3 * ratio, plot.bbox.left + plot.bbox.width - width - 3 * ratio);
  context.fillStyle = color("panel");
  context.globalAlpha = 0.85;
  context.fillRect(left - ratio, top - ratio, width + 2 * ratio, 13 * ratio);
  context.globalAlpha = 1;
  context.fillStyle = color(tone);
  context.fillText(label, left, top);
  return left;
}
