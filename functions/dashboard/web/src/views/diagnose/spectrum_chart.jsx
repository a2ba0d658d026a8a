/** A spectrum with its marks. */

import { useCallback, useMemo, useRef } from "preact/hooks";

import { Chart } from "../../charts/chart.jsx";
import { marks as marksPlugin } from "../../charts/marks.js";
import { axis, cursor, line, readout, yAxis } from "../../charts/style.js";
import { inUnit, number, quantity } from "../../format.js";
import { Notice, Waiting } from "../../parts/notice.jsx";
import { refinedHz, strongestLines } from "../../signal/peaks.js";

const HEIGHT = 250;
// A share of the greatest line: the lower end of a logarithmic scale.
const FLOOR = 1e-5;
// A share of the range of levels, kept free above them for the names of the marks.
const HEADROOM = 1.45;
const FEWEST_DB = 10;

/** The chart, or a placeholder until there is data. */
export function SpectrumChart({ spectrum, ...look }) {
  if (spectrum.state === "failed") return <Notice kind="error" title="No spectrum"><p>{spectrum.error.message}</p></Notice>;
  if (!spectrum.value) return <Waiting height={HEIGHT} label="Computing the spectrum" />;
  return <Drawn {...look} {...spectrum.value} />;
}

function Drawn({ amplitude, stepHz, averages, marks, scale, unit, quantity: measured = "Amplitude", show, rateHz, toHz, name }) {
  const shown = useRef(marks);
  shown.current = marks;
  const data = useMemo(() => points(amplitude, stepHz, scale), [amplitude, stepHz, scale]);
  // Levels above a floor exist for the low frequencies only.
  const limits = useMemo(() => [0, scale === "level" ? stepHz * (amplitude.length - 1) : rateHz / 2], [rateHz, scale, amplitude, stepHz]);
  const view = useMemo(() => [0, toHz], [toHz]);
  const build = useCallback(() => ({
    scales: { x: { time: false }, y: SCALES[scale] },
    axes: [axis("Frequency in Hz"), yAxis(inUnit(measured, unit))],
    series: [{}, line("trace", scale === "log" ? {} : { fill: "transparent" })],
    cursor: cursor(),
    plugins: [
      marksPlugin(() => shown.current),
      readout((plot, at) => show(plot ? `${quantity(plot.data[0][at], "Hz", 5)}: ${quantity(plot.data[1][at], unit)}` : "")),
    ],
  }), [scale, unit, measured, show]);
  const label = useMemo(() => description(amplitude, stepHz, averages, unit, name), [amplitude, unit]);
  return <Chart {...{ build, data, limits, view }} paint={marks} height={HEIGHT} label={label} />;
}

const SCALES = {
  linear: { distr: 1 },
  log: { distr: 3 },
  level: { range: (_, __, most) => [0, HEADROOM * Math.max(FEWEST_DB, most)] },
};

function points(amplitude, stepHz, scale) {
  const frequencies = Float64Array.from(amplitude, (_, k) => k * stepHz);
  if (scale !== "log") return [frequencies, amplitude];
  const floor = FLOOR * amplitude.reduce((most, one) => Math.max(most, one), Number.MIN_VALUE);
  return [frequencies, amplitude.map((one) => Math.max(one, floor))];
}

function description(amplitude, stepHz, averages, unit, name) {
  const [line] = strongestLines(amplitude, 1, 1);
  const strongest = line === undefined
    ? "no line stands out"
    : `its strongest line is ${number(amplitude[line])} ${unit} at ${number(refinedHz(amplitude, line, stepHz), 5)} hertz`;
  return `${name}, ${number(stepHz)} hertz a line, ${averages} averages; ${strongest}.`;
}
