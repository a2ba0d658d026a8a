/** The strongest lines of a spectrum, as a table. */

import { useMemo } from "preact/hooks";

import { inUnit, number } from "../../format.js";
import { Scroll } from "../../parts/scroll.jsx";
import { refinedHz, strongestLines } from "../../signal/peaks.js";

const COUNT = 6;
const APART_HZ = 1.5;

/** The table; a line can be taken for the shaft's speed. */
export function Lines({ spectrum, unit, shaftHz, setShaftHz }) {
  const lines = useMemo(() => spectrum && strongest(spectrum), [spectrum]);
  return (
    <details class="lines">
      <summary>Strongest lines</summary>
      <Scroll label="Strongest lines">
        <table class="compact">
          <thead>
            <tr>
              <th scope="col" class="right">Frequency, Hz</th>
              <th scope="col" class="right">{inUnit("Amplitude", unit)}</th>
              <th scope="col" class="right">Order</th>
              <th scope="col"><span class="hidden">Use</span></th>
            </tr>
          </thead>
          <tbody>
            {lines?.map(({ hz, amplitude }) => (
              <tr key={hz}>
                <td class="right">{number(hz, 5)}</td>
                <td class="right">{number(amplitude)}</td>
                <td class="right">{shaftHz ? `${number(hz / shaftHz)}×` : "–"}</td>
                <td><button type="button" class="small-button" onClick={() => setShaftHz(hz)}>Set 1×</button></td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}

function strongest({ amplitude, stepHz }) {
  return strongestLines(amplitude, COUNT, Math.max(3, APART_HZ / stepHz)).map((line) => ({
    hz: refinedHz(amplitude, line, stepHz),
    amplitude: amplitude[line],
  }));
}
