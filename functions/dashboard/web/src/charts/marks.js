/** A plugin that marks places of the x axis: lines with names and levels, and bands. */

import { color } from "../theme.js";

const FONT = '600 11px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
const ROW_HEIGHT = 14;
const ROWS = 4;
const FAINT = 0.45;
const POINT_RADIUS = 3;

/**
 * @param {() => {label: string, at: number, to?: number, tone: string, level?: number, faint?: boolean}[]} current what
 *   to mark: a mark with `to` is a band, one with `level` has a point there; names of faint ones give way to the others
 */
export function marks(current) {
  return {
    hooks: {
      drawClear: (plot) => within(plot, (context) => current().filter(isBand).forEach((mark) => band(context, plot, mark))),
      draw: (plot) => within(plot, (context) => drawMarks(context, plot, current())),
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

function drawMarks(context, plot, all) {
  const ratio = devicePixelRatio;
  context.font = FONT.replace("11px", `${11 * ratio}px`);
  context.textBaseline = "top";
  context.textAlign = "left";
  const { min, max } = plot.scales.x;
  const visible = all.filter(({ at, to = at }) => to >= min && at <= max);
  const rows = Array.from({ length: ROWS }, () => []);
  const ordered = visible.sort((a, b) => Number(a.faint ?? false) - Number(b.faint ?? false) || a.at - b.at);
  for (const mark of ordered) {
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    context.globalAlpha = mark.faint ? FAINT : 1;
    if (!isBand(mark)) line(context, plot, x, mark.tone, ratio);
    context.globalAlpha = 1;
    if (mark.level !== undefined) point(context, plot, x, mark, ratio);
    drawName(context, plot, mark, x, rows, ratio);
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

function point(context, plot, x, { level, tone, faint }, ratio) {
  context.setLineDash([]);
  context.beginPath();
  context.arc(x, plot.valToPos(level, "y", true), POINT_RADIUS * ratio, 0, 2 * Math.PI);
  context.fillStyle = color(faint ? "panel" : tone);
  context.fill();
  context.strokeStyle = color(tone);
  context.lineWidth = 1.5 * ratio;
  context.stroke();
}

/** Names stand in rows, so that close ones stay readable; one that finds no room is left out. */
function drawName(context, plot, { label, tone }, x, rows, ratio) {
  const width = context.measureText(label).width;
  const left = Math.min(x + 3 * ratio, plot.bbox.left + plot.bbox.width - width - 3 * ratio);
  const right = left + width + 6 * ratio;
  const row = rows.findIndex((taken) => taken.every(([from, to]) => to <= left || from >= right));
  if (row < 0) return;
  rows[row].push([left, right]);
  const top = plot.bbox.top + (3 + row * ROW_HEIGHT) * ratio;
  context.fillStyle = color("panel");
  context.globalAlpha = 0.85;
  context.fillRect(left - ratio, top - ratio, width + 2 * ratio, 13 * ratio);
  context.globalAlpha = 1;
  context.fillStyle = color(tone);
  context.fillText(label, left, top);
}
