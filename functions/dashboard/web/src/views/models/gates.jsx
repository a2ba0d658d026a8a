/** The gates: what a model had to prove before it was packaged. */

import { number, percent } from "../../format.js";
import { Scroll } from "../../parts/scroll.jsx";

/** Each gate's name, what was measured, and its limit. Source: docs/build.md, Gates. */
function measured(evidence) {
  const { fp32, int8 } = evidence.accuracy;
  const gates = [["Largest difference to PyTorch", evidence.export_max_abs_difference, "most", 1e-4, number]];
  if (!int8 || !fp32) return gates;
  return [
    ...gates,
    ["Recordings lost by int8", fp32.record - int8.record, "most", 0.005, percent],
    ["Windows lost by int8", fp32.window - int8.window, "most", 0.005, percent],
    ["Same class in int8 and float32", evidence.argmax_agreement, "least", 0.99, percent],
    ["int8 speed against float32", evidence.latency_ratio_fp32_to_int8, "least", 1, (value) => `${number(value)}×`],
  ].filter(([, value]) => Number.isFinite(value));
}

/** The table of the gates. */
export function Gates({ evidence }) {
  return (
    <section>
      <h3>Gates</h3>
      <Scroll label="Gates">
        <table>
          <thead>
            <tr>
              <th scope="col">Gate</th><th scope="col" class="right">Measured</th><th scope="col" class="right">Limit</th>
              <th scope="col"><span class="hidden">Passed</span></th>
            </tr>
          </thead>
          <tbody>
            {measured(evidence).map(([name, value, side, limit, shown]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="right">{shown(Math.max(0, value))}</td>
                <td class="right">{side === "most" ? "≤" : "≥"} {shown(limit)}</td>
                <td><Passed passed={side === "most" ? value <= limit : value >= limit} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Passed({ passed }) {
  return <span class={`pill ${passed ? "good" : "bad"}`}>{passed ? "passed" : "failed"}</span>;
}
