/** The signal over time. */

import { useCallback, useMemo, useRef } from "preact/hooks";

import { Chart } from "../../charts/chart.jsx";
import { axis, cursor, line, readout, yAxis } from "../../charts/style.js";
import { measured, number, quantity } from "../../format.js";
import { outline } from "../../signal/extremes.js";
import { ChartPanel, useReadout } from "../../charts/panel.jsx";

const BUCKETS = 1200;

/** The panel of the waveform; it draws the extremes of each stretch, so that the length does not matter. */
export function Waveform({ signal, rateHz, unit }) {
  const [place, show] = useReadout();
  const endS = signal.samples.length / rateHz;
  const limits = useMemo(() => [0, endS], [endS]);
  const points = useCallback((from, to) => {
    const [positions, values] = outline(signal.samples, signal.summary, from * rateHz - 1, to * rateHz + 2, BUCKETS);
    return [positions.map((n) => n / rateHz), values];
  }, [signal, rateHz]);
  const data = useMemo(() => points(0, endS), [points, endS]);
  const build = useCallback(() => ({
    scales: { x: { time: false } },
    axes: [axis("Time in s"), yAxis(measured(unit))],
    series: [{}, line("trace")],
    cursor: cursor(),
    plugins: [readout((plot, at) => show(plot ? `${quantity(plot.data[0][at], "s", 5)}: ${quantity(plot.data[1][at], unit)}` : ""))],
  }), [unit, show]);
  const onView = useFollow(points);
  const { rms, peak } = signal.statistics;
  return (
    <ChartPanel title="Waveform" readout={place} controls={<span class="small hint">Drag to zoom, double-click for all</span>}>
      <Chart
        {...{ build, data, limits, onView }} height={190}
        label={`Waveform of ${number(endS)} seconds, RMS ${number(rms)} ${unit}, peak ${number(peak)} ${unit}.`}
      />
    </ChartPanel>
  );
}

/** Draw the visible stretch in detail, at most once a frame. */
function useFollow(points) {
  const frame = useRef(0);
  const isOwn = useRef(false);
  return useCallback((plot, min, max) => {
    if (isOwn.current) return;
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      if (!plot.root.isConnected) return;
      isOwn.current = true;
      plot.batch(() => {
        plot.setData(points(min, max), false);
        plot.setScale("x", { min, max });
      });
      isOwn.current = false;
    });
  }, [points]);
}
