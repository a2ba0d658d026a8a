/** Charts of a model's measurements. */

import { duration, number, percent } from "../../format.js";
import { Bar } from "../../parts/fields.jsx";
import { Scroll } from "../../parts/scroll.jsx";

/** Recordings by their condition (rows) and the condition named (columns). */
export function Confusion({ matrix, classes }) {
  const most = Math.max(...matrix.flat(), 1);
  return (
    <section>
      <h3>Condition and condition named</h3>
      <Scroll label="Condition and condition named">
        <table class="confusion">
          <caption class="hidden">Recordings by their condition (rows) and the condition named (columns)</caption>
          <thead><tr><td />{classes.map(({ name }, k) => <th key={k} scope="col"><abbr title={name}>{k}</abbr></th>)}</tr></thead>
          <tbody>
            {matrix.map((row, k) => (
              <tr key={k}>
                <th scope="row">{classes[k]?.name} <span class="muted">{k}</span></th>
                {row.map((many, column) => (
                  <td key={column} class={many ? (k === column ? "right-class" : "wrong-class") : ""}>
                    <span style={{ opacity: many ? 0.25 + (0.75 * many) / most : 0 }} /><b>{many || ""}</b>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

const SIZE = 100;

/** The share of right diagnoses at each confidence. */
export function Reliability({ reliability }) {
  const { windows, records } = reliability;
  return (
    <section>
      <h3>Is its confidence true?</h3>
      <div class="plot-and-text">
        <svg class="reliability" viewBox="-2 -2 104 104" role="img" aria-label={`Windows: the confidence is off by ${percent(windows.error)} on average.`}>
          <rect class="frame" width={SIZE} height={SIZE} />
          <path class="ideal" d={`M0 ${SIZE}L${SIZE} 0`} />
          {windows.confidence.map((confidence, n) => (
            <circle key={n} cx={SIZE * confidence} cy={SIZE * (1 - windows.accuracy[n])} r={1.6 + 0.9 * Math.log10(windows.count[n])}>
              <title>{`${windows.count[n]} windows of confidence ${percent(confidence)}: ${percent(windows.accuracy[n])} right`}</title>
            </circle>
          ))}
        </svg>
        <p class="small">
          Across: the confidence; up: the share that is right; larger dots stand for more windows. On the line both agree.
          On average they differ by {percent(windows.error)} (windows) and {percent(records.error)} (recordings).
        </p>
      </div>
    </section>
  );
}

/** The share of right diagnoses where the fault is small or the noise is loud. */
export function Robustness({ proof, accuracy }) {
  const noise = Object.entries(proof.by_snr_db).map(([name, one]) => [`Noise at ${name}`, one.record]);
  const severity = Object.entries(proof.by_severity).map(([name, one]) => [`Severity ${name}`, one.record]);
  return (
    <section>
      <h3>Recordings right</h3>
      <table class="probabilities">
        <tbody>
          {[["As recorded", accuracy?.record], ...severity, ...noise].map(([name, share]) => (
            <tr key={name}>
              <th scope="row">{name}</th><td class="wide"><Bar share={share ?? 0} /></td><td class="right">{percent(share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Every variant that was tried. */
export function Tried({ tried }) {
  return (
    <section>
      <h3>Variants that were tried</h3>
      <Scroll label="Variants that were tried">
        <table class="tried">
          <thead>
            <tr>
              <th scope="col">Variant</th><th scope="col" class="right">Windows right</th><th scope="col" class="right">Agreement</th>
              <th scope="col" class="right">Size</th><th scope="col" class="right">Speed</th><th scope="col" class="right">Median</th>
              <th scope="col" class="right">95 %</th><th scope="col" class="right">99 %</th><th scope="col">Refused</th>
            </tr>
          </thead>
          <tbody>{tried.map((one) => <TriedRow key={one.name} {...one} />)}</tbody>
        </table>
      </Scroll>
      <p class="small">Latency of one window, one thread; size and speed against float32.</p>
    </section>
  );
}

function TriedRow({ name, figures, refused }) {
  const latency = figures?.latency;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="right">{percent(figures?.window_accuracy)}</td>
      <td class="right">{percent(figures?.agreement)}</td>
      <td class="right">{number(figures?.size_ratio)}</td>
      <td class="right">{figures ? `${number(figures.speedup)}×` : "–"}</td>
      <td class="right">{duration(latency?.p50_ms)}</td>
      <td class="right">{duration(latency?.p95_ms)}</td>
      <td class="right">{duration(latency?.p99_ms)}</td>
      <td>{refused ?? <span class="muted">no</span>}</td>
    </tr>
  );
}
