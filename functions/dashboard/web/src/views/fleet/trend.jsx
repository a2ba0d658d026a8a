/** A figure of a machine over time. */

import { useCallback, useMemo } from "preact/hooks";

import { Chart } from "../../charts/chart.jsx";
import { marks as markPlaces } from "../../charts/marks.js";
import { axis, cursor, line, readout, yAxis } from "../../charts/style.js";
import { timeTexts } from "../../charts/time.js";
import { moment, number, quantity } from "../../format.js";
import { color } from "../../theme.js";
import { ChartHead, useReadout } from "../../charts/panel.jsx";

const HEIGHT = 170;

/** The value of a point for each kind of figure, with its axis and scale. */
const KINDS = {
  crest: { of: (point) => point.crest_factor, label: "Peak over RMS", scale: fromZero(), shown: number },
  confidence: { of: (point) => 100 * point.confidence, label: "%", scale: { range: () => [0, 115] }, shown: (one) => quantity(one, "%") },
  novelty: { of: (point) => point.novelty, label: "0 known, 1 unknown", scale: { range: () => [0, 1.15] }, shown: number },
  rms: { of: (point) => point.rms, scale: fromZero(), shown: (one) => number(one) },
  velocity: { of: (point) => point.velocity_rms_mm_s, label: "mm/s", scale: fromZero(), shown: (one) => quantity(one, "mm/s") },
  kurtosis: { of: (point) => point.kurtosis, label: "Gaussian noise: 3", scale: fromZero(), shown: number },
};

/**
 * The chart of one figure, or of the condition.
 *
 * @param {{title: string, points: object[], kind: string, marks: object[], unit: string}} props `unit` of the samples
 */
export function Trend({ title, points, kind, marks, unit }) {
  const classes = useMemo(() => [...new Map(points.map((one) => [one.class_id, one.class_name]))], [points]);
  const figure = useMemo(() => figureOf(kind, classes, unit), [kind, classes, unit]);
  const [place, show] = useReadout();
  const data = useMemo(() => [points.map((one) => Date.parse(one.time) / 1000), points.map((one) => figure.of(one) ?? null)], [points, figure]);
  const limits = useMemo(() => span(data[0]), [data]);
  const build = useCallback(() => ({
    scales: { x: { time: true }, y: figure.scale },
    axes: [axis("", { values: timeTexts, labelSize: 0, space: 64 }), yAxis(figure.label, figure.axis?.() ?? {})],
    series: [{}, line("trace", { width: 1.5, points: { show: true, size: 5, fill: color("trace") }, ...figure.line })],
    cursor: cursor(),
    plugins: [markPlaces(() => marks), readout((plot, at) => show(plot ? pointText(points[at], figure) : ""))],
  }), [points, figure, marks]);
  const now = figure.of(points.at(-1));
  return (
    <>
      <ChartHead title={title} readout={place} />
      <Chart {...{ build, data, limits }} height={kind === "class" ? 60 + 26 * classes.length : HEIGHT} label={`${title} over time, now ${figure.shown(now)}.`} />
    </>
  );
}

function figureOf(kind, classes, unit) {
  if (kind === "class") return classFigure(classes);
  return kind === "rms" && unit ? { ...KINDS.rms, label: unit, shown: (one) => quantity(one, unit) } : { label: "", ...KINDS[kind] };
}

function classFigure(classes) {
  const names = classes.map(([, name]) => name);
  return {
    of: (point) => classes.findIndex(([id]) => id === point.class_id),
    label: "",
    shown: (index) => names[index] ?? "–",
    scale: { range: () => [-0.6, names.length - 0.4] },
    line: { stroke: "transparent" },
    axis: () => ({ size: 150, labelSize: 0, splits: () => names.map((_, n) => n), values: (_, splits) => splits.map((n) => names[n]) }),
  };
}

function fromZero() {
  return { range: (_, __, most) => [0, (most || 1) * 1.1] };
}

function span(times) {
  const [first, last] = [times[0], times.at(-1)];
  // One diagnosis alone still needs a day around it.
  return first === last ? [first - 43_200, last + 43_200] : [first, last];
}

function pointText(point, figure) {
  return point ? `${moment(point.time)}: ${figure.shown(figure.of(point))}` : "";
}
