/** The rate of requests, from counts that only grow. */

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { Chart } from "../../charts/chart.jsx";
import { axis, cursor, line, yAxis } from "../../charts/style.js";
import { timeTexts } from "../../charts/time.js";
import { number } from "../../format.js";

const KEPT = 240;
const HEIGHT = 170;

/** A chart of requests a second since the view was opened. */
export function Rate({ metrics }) {
  const points = usePoints(metrics);
  const data = useMemo(() => [points.map((one) => one.time), points.map((one) => one.rate)], [points]);
  const end = points.at(-1)?.time ?? 0;
  const limits = useMemo(() => [Math.min(points[0]?.time ?? 0, end - 60), end], [points]);
  const build = useCallback(() => ({
    scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [axis("", { values: timeTexts, labelSize: 0, space: 70 }), yAxis("Requests a second")],
    series: [{}, line("trace", { width: 2 })],
    cursor: cursor(),
  }), []);
  if (points.length < 2) return <p class="waiting-note small" style={{ height: `${HEIGHT}px` }}>The rate is drawn while this view is open.</p>;
  const label = `Requests a second over time, now ${number(points.at(-1).rate)}.`;
  return <Chart {...{ build, data, limits, label }} height={HEIGHT} />;
}

/** The rates between one answer of the service and the next. */
function usePoints(metrics) {
  const [seen, setSeen] = useState([]);
  useEffect(() => {
    setSeen((before) => [...before.slice(-KEPT), { time: Date.now() / 1000, total: metrics.requests.total }]);
  }, [metrics]);
  return useMemo(() => seen.slice(1).map(({ time, total }, n) => {
    // A service that was restarted counts from zero again.
    return { time, rate: Math.max(0, total - seen[n].total) / Math.max(1, time - seen[n].time) };
  }), [seen]);
}
