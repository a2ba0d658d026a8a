/** The diagnosis: its class, its confidence, and whether it may be trusted. */

import { count, duration, number, percent, quantity, shownUnit, modelUnit, words } from "../../format.js";
import { isOfBearing } from "../../machine/evidence.js";
import { signature } from "../../machine/signatures.js";
import { Bar, Figures } from "../../parts/fields.jsx";
import { Waiting } from "../../parts/notice.jsx";
import { headlineOf, Trust } from "./trust.jsx";

/** The panel of the diagnosis. */
export function Verdict({ verdict, model, recording, ofFile }) {
  const { value, state } = verdict;
  if (!value) return <Waiting height={330} label="Asking for a diagnosis" />;
  const { tone, headline, isSettled } = headlineOf(value);
  const where = signature(value.class_id);
  return (
    <section class={`panel verdict ${tone}`} aria-labelledby="verdict" aria-busy={state === "asking"}>
      <div class="verdict-text">
        <p class="eyebrow">Diagnosis</p>
        <h2 id="verdict" class="verdict-class" aria-live="polite">{headline}</h2>
        {isSettled && <p class="verdict-confidence"><strong>{percent(value.confidence)}</strong> confidence</p>}
        <Trust answer={value} isSettled={isSettled} />
        {where && isSettled && !value.evidence?.some(isOfBearing) && <p class="where"><span class="eyebrow">Where it shows</span>{where}</p>}
      </div>
      <Probabilities answer={value} model={model} />
      <div class="verdict-foot">
        <Facts read={value.recording} model={model} recording={recording} ofFile={ofFile} />
        {value.recording.note && <p>{value.recording.note}</p>}
        <Unsent read={value.recording} model={model} unitOfFile={recording.unitOfFile} />
        <p class="small">
          Answered by <strong>{value.model.name}</strong> version {value.model.version}, {value.model.precision}, from{" "}
          {count(value.windows, "window")} in {duration(value.inference_time_ms)}; there and back in {duration(value.roundTripMs)}.
        </p>
      </div>
    </section>
  );
}

/** The service's own note, where the page read the file and its unit is none that goes with a request. */
function Unsent({ read, model, unitOfFile }) {
  const taken = modelUnit(model);
  if (read.unit || !unitOfFile || !taken || taken === unitOfFile) return null;
  return <p>The samples are in {unitOfFile} and the model takes {shownUnit(taken)}: they reached it as they are, and its answer may be wrong.</p>;
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

/** Figures of the diagnosed signal, as the service read it; the source of the rate is the page's where it read the file. */
function Facts({ read, model, recording: { header, channel, unitOfFile }, ofFile }) {
  const ofSamples = read.unit ?? unitOfFile;
  const unit = shownUnit(ofSamples ?? modelUnit(model));
  const velocity = read.velocity_rms_mm_s;
  const source = read.sample_rate_source === "option" && ofFile ? "file" : read.sample_rate_source;
  return (
    <Figures
      items={[
        ["RMS", number(read.rms), unit],
        ["Peak", number(read.peak), unit],
        ["Crest factor", number(read.crest_factor)],
        ["Kurtosis", number(read.kurtosis), "(noise: 3)"],
        ["Length", duration(read.duration_s * 1000)],
        ["Sampling rate", quantity(read.sample_rate_hz, "Hz", 6), RATE_SOURCES[source]],
        // While the next file is read, the figures of the last one stay.
        ...(header?.channels.length > 1 && channel !== null ? [["Channel", header.channels[channel].name]] : []),
        ...(ofSamples ? [] : [["Unit", unit || "–", unit ? "(assumed)" : "(not stated)"]]),
        ...(velocity === null ? [] : [["Velocity, 10 to 1,000 Hz", number(velocity), "mm/s RMS"]]),
        ...(read.severity_zone === null ? [] : [["Severity", `Zone ${read.severity_zone}`, "of ISO 20816-3"]]),
      ]}
    />
  );
}

const RATE_SOURCES = { assumed: "(assumed)", file: "(of the file)", option: "(given)" };
