/** The evidence of the answer, lines of the spectrum: the legend of the chart, and the table. */

import { number, percent } from "../../format.js";
import { faultName, LINE_NAMES } from "../../machine/evidence.js";
import { toneOf } from "../../machine/marks.js";
import { Scroll } from "../../parts/scroll.jsx";

/** The legend: for each line a button in its colour that shows or hides its marks. */
export function Legend({ lines, shown, toggle }) {
  return (
    <div class="marks" role="group" aria-label="Lines marked">
      {lines.map((line) => (
        <button key={line.name} type="button" class="small-button" aria-pressed={shown.includes(line.name)} onClick={() => toggle(line.name)}>
          <span class={`swatch ${toneOf(line)}`} aria-hidden="true" />{line.name}
          {line.supports && <span class="small">visible</span>}
        </button>
      ))}
    </div>
  );
}

/** The table of the lines: where they lie, and how far each stands above the floor. */
export function EvidenceTable({ answer, lines }) {
  const most = lines.reduce((longest, { harmonics }) => Math.max(longest, harmonics.length), 0);
  return (
    <>
      <p class="small">{basis(answer)}</p>
      <Scroll label="Evidence">
        <table class="compact evidence">
          <caption class="hidden">Evidence: levels of the lines</caption>
          <thead>
            <tr>
              <th scope="col">Lines</th>
              <th scope="col" class="right">Order</th>
              <th scope="col" class="right">Hz</th>
              <th scope="col">Speak for</th>
              <th scope="colgroup" colSpan={most}>Levels of the harmonics, dB</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.name} class={line.supports ? "first" : ""}>
                <th scope="row"><abbr title={LINE_NAMES[line.name]}>{line.name}</abbr></th>
                <td class="right">{number(line.order, 4)}×</td>
                <td class="right">{number(line.frequency_hz, 4)}</td>
                <td>{line.supports ? faultName(line.supports) : "–"}</td>
                {line.harmonics.map(({ n, level_db: level }) => (
                  <td key={n} class="right"><span class="small">{n}×</span> {number(level)}</td>
                ))}
                {line.harmonics.length < most && <td colSpan={most - line.harmonics.length} />}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function basis({ shaft_speed_used_rpm: rpm, evidence_agrees: agrees, evidence_note: note, class_name: name, confidence }) {
  const speed = `Levels above the floor around each line, read at ${number(rpm, 6)} rpm.`;
  if (agrees === null || agrees === undefined) return speed;
  if (note) return `${speed} ${note}`;
  return `${speed} They ${agrees ? "agree with" : "contradict"} the model's ${name} (${percent(confidence)}).`;
}
