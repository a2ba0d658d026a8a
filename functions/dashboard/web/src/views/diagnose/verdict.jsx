/** The diagnosis: what it is, how sure it is, and whether it may be trusted. */

import { count, duration, number, percent, words } from "../../format.js";
import { signature } from "../../machine/signatures.js";
import { Bar, Figures } from "../../parts/fields.jsx";
import { Notice, Waiting } from "../../parts/notice.jsx";

const FINE = ["healthy", "normal"];

/** The panel of the diagnosis. */
export function Verdict({ verdict, model, signal, rateHz }) {
  const { value, state } = verdict;
  if (!value) return <Waiting height={330} label="Asking for a diagnosis" />;
  const isTrusted = value.in_distribution !== false && !value.clipped;
  const tone = !isTrusted ? "warning" : FINE.includes(value.class_id) ? "good" : "bad";
  const where = signature(value.class_id);
  return (
    <section class={`panel verdict ${tone}`} aria-labelledby="verdict" aria-busy={state === "asking"}>
      <div class="verdict-text">
        <p class="eyebrow">Diagnosis</p>
        <h2 id="verdict" class="verdict-class" aria-live="polite">{value.class_name}</h2>
        <p class="verdict-confidence"><strong>{percent(value.confidence)}</strong> confidence</p>
        <Trust answer={value} />
        {where && isTrusted && <p class="where"><span class="eyebrow">Where it shows</span>{where}</p>}
      </div>
      <Probabilities answer={value} model={model} />
      <div class="verdict-foot">
        <Facts signal={signal} rateHz={rateHz} unit={model?.input.unit ?? "g"} />
        <p class="small">
          Answered by <strong>{value.model.name}</strong> version {value.model.version}, {value.model.precision}, from{" "}
          {count(value.windows, "window")} in {duration(value.inference_time_ms)}; there and back in {duration(value.roundTripMs)}.
        </p>
      </div>
    </section>
  );
}

function Trust({ answer }) {
  if (answer.clipped) {
    return (
      <Notice kind="warning" title="Do not trust this diagnosis">
        <p>The recording is cut off at the range of its sensor or recorder. Record again with a larger range.</p>
      </Notice>
    );
  }
  if (answer.in_distribution === false) {
    return (
      <Notice kind="warning" title="Do not trust this diagnosis">
        <p>The recording is unlike anything the model was trained on (novelty {number(answer.novelty, 2)}). Is it the right model, rate and unit?</p>
      </Notice>
    );
  }
  if (answer.in_distribution === null) return <p>This model cannot tell whether it knows such recordings.</p>;
  return <p class="familiar">Like the recordings the model learned from (novelty {number(answer.novelty, 2)} of 1).</p>;
}

function Probabilities({ answer, model }) {
  const name = (id) => model?.classes.find((one) => one.id === id)?.name ?? words(id);
  return (
    <table class="probabilities">
      <caption class="eyebrow">Probability of each condition</caption>
      <tbody>
        {Object.entries(answer.probabilities).map(([id, share]) => (
          <tr key={id} class={id === answer.class_id ? "first" : ""}>
            <th scope="row">{name(id)}</th>
            <td class="wide"><Bar share={share} /></td>
            <td class="right">{percent(share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Facts({ signal, rateHz, unit }) {
  if (!signal) return null;
  const { rms, peak, crest, kurtosis } = signal.statistics;
  return (
    <Figures
      items={[
        ["RMS", number(rms), unit],
        ["Peak", number(peak), unit],
        ["Crest factor", number(crest)],
        ["Kurtosis", number(kurtosis), "(noise: 3)"],
        ["Length", duration((signal.samples.length / rateHz) * 1000)],
      ]}
    />
  );
}
