/** The diagnosis: what it is, how sure it is, and whether it may be trusted. */

import { count, duration, number, percent, quantity, words } from "../../format.js";
import { signature } from "../../machine/signatures.js";
import { Bar, Figures } from "../../parts/fields.jsx";
import { Notice, Waiting } from "../../parts/notice.jsx";

const FINE = ["healthy", "normal"];

/** The panel of the diagnosis. */
export function Verdict({ verdict, model }) {
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
        <Facts read={value.recording} unit={model?.input.unit ?? "g"} />
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

/** What was diagnosed, as the service read it; `unit` is the model's, for where nobody states one. */
function Facts({ read, unit }) {
  const units = read.unit ?? unit;
  const velocity = read.velocity_rms_mm_s;
  return (
    <Figures
      items={[
        ["RMS", number(read.rms), units],
        ["Peak", number(read.peak), units],
        ["Crest factor", number(read.crest_factor)],
        ["Kurtosis", number(read.kurtosis), "(noise: 3)"],
        ["Length", duration(read.duration_s * 1000)],
        ["Sampling rate", quantity(read.sample_rate_hz, "Hz", 6), RATE_SOURCES[read.sample_rate_source]],
        ...(velocity === null ? [] : [["Velocity, 10 to 1,000 Hz", number(velocity), "mm/s RMS"]]),
        ...(read.severity_zone === null ? [] : [["Severity", `Zone ${read.severity_zone}`, "of ISO 20816-3"]]),
      ]}
    />
  );
}

const RATE_SOURCES = { assumed: "(assumed)" };
