/** The monthly cost of each way to serve, over the rate of requests. */

import { useCallback, useMemo } from "preact/hooks";

import { Chart } from "../../charts/chart.jsx";
import { marks } from "../../charts/marks.js";
import { ChartHead, useReadout } from "../../charts/panel.jsx";
import { axis, cursor, line, readout, yAxis } from "../../charts/style.js";
import { number, words } from "../../format.js";

const HEIGHT = 240;
/** Colour and dashes of each way: the dashes distinguish the lines without colours. */
const LOOKS = [["trace", []], ["mark-whirl", [8, 4]], ["mark-shaft", [2, 3]]];

/** The chart; both axes are drawn as powers of ten, so that moving and zooming are even. */
export function CostChart({ rates, plan: { ways, load } }) {
  const [place, show] = useReadout();
  const data = useMemo(() => [rates, ...ways.map((way) => way.usd_month_at_rates)].map((one) => one.map(Math.log10)), [rates, ways]);
  const limits = useMemo(() => [data[0][0], data[0].at(-1)], [data]);
  const build = useCallback(() => ({
    scales: { x: { time: false }, y: { range: (_, least, most) => [least, most + 0.1 * (most - least)] } },
    axes: [axis("Requests a second, on average", POWERS), yAxis("US dollars a month", POWERS)],
    series: [{}, ...ways.map((_, n) => line(LOOKS[n][0], { width: 2, dash: LOOKS[n][1] }))],
    cursor: cursor(),
    plugins: [
      marks(() => [{ label: "this load", at: Math.log10(load.rate), tone: "ink-2" }]),
      readout((plot, at) => show(plot ? costText(rates[at], ways, at) : "")),
    ],
  }), [rates, ways, load]);
  const label = `US dollars a month at each rate; at this load ${ways.map((way) => `${way.name} ${number(way.usd_month)}`).join(", ")}.`;
  return (
    <>
      <ChartHead title="Cost and rate" readout={place} />
      <ul class="legend">{ways.map(({ name }, n) => <li key={name}><Sample look={LOOKS[n]} />{words(name)}</li>)}</ul>
      <Chart {...{ build, data, limits, label }} height={HEIGHT} />
    </>
  );
}

// Short, so that the last one fits.
const POWER = new Intl.NumberFormat("en", { notation: "compact" });
// Only powers of ten have a text.
const POWERS = {
  incrs: [1, 2, 3],
  values: (_, splits) => splits.map((split) => POWER.format(10 ** split)),
};

function Sample({ look: [tone, dashes] }) {
  return (
    <svg viewBox="0 0 26 10" aria-hidden="true">
      <line x1="0" x2="26" y1="5" y2="5" stroke={`var(--${tone})`} stroke-width="2" stroke-dasharray={dashes.join(" ")} />
    </svg>
  );
}

function costText(rate, ways, at) {
  return `${number(rate)} a second: ${ways.map((way) => `${way.name} $${number(way.usd_month_at_rates[at])}`).join(", ")}`;
}
