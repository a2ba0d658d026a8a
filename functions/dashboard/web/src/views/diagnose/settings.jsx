/** The options of the recording, and its machine. */

import { kindOf, RAW_TYPES } from "../../formats/kinds.js";
import { count, quantity, shownUnit, modelUnit } from "../../format.js";
import { useMedia } from "../../hooks.js";
import { Choice, Quantity } from "../../parts/fields.jsx";
import { Machine } from "./machine.jsx";

const UNITS = [["", "Not stated"], ["g", "g"], ["m/s2", "m/s²"], ["mm/s", "mm/s"]];

/** The settings beside the charts. */
export function Settings({ recording, models, model, rateHz, ofFile, unit }) {
  const { header, options, change, unitOfFile } = recording;
  return (
    <Folded>
      <section class="panel" aria-label="Signal">
        <h2>Signal</h2>
        <SampleType {...recording} />
        {header.channels.length > 1 && (
          <Choice label="Channel" value={options.channel ?? ""} options={channelOptions(header)} onChange={(text) => change({ channel: text === "" ? null : Number(text) })} />
        )}
        <Quantity
          label="Sampling rate" unit="Hz" value={rateHz} max={1e6} note={rateNote(ofFile, options, model)}
          onChange={(next) => change({ rateHz: next })}
        />
        <Choice label="Unit" value={options.unit} options={unitOptions(unitOfFile)} onChange={(next) => change({ unit: next })} />
        {header.integers && (
          <Quantity
            label="Full scale" unit={shownUnit(unit || modelUnit(model))} value={options.fullScale}
            note="What the largest integer of the file stands for." onChange={(fullScale) => change({ fullScale })}
          />
        )}
      </section>
      <Machine {...{ options, change, models, model, unit }} />
    </Folded>
  );
}

/** Options of a file that the service reads. */
export function UnreadSettings({ recording, models, model }) {
  const { options, change } = recording;
  return (
    <Folded>
      <section class="panel" aria-label="Signal">
        <h2>Signal</h2>
        <SampleType {...recording} />
        <Quantity
          label="Sampling rate" unit="Hz" value={options.rateHz} max={1e6} optional note="Where the file does not state it."
          onChange={(rateHz) => change({ rateHz })}
        />
        <Choice label="Unit" value={options.unit} options={UNITS} onChange={(unit) => change({ unit })} />
        <Quantity
          label="Full scale" unit="" value={options.fullScale} note="Of integers: what the largest stands for."
          onChange={(fullScale) => change({ fullScale })}
        />
      </section>
      <Machine {...{ options, change, models, model, unit: options.unit }} />
    </Folded>
  );
}

function SampleType({ source, options, change }) {
  if (kindOf(source.name) !== "raw") return null;
  return <Choice label="Sample type" value={options.rawType} options={Object.entries(RAW_TYPES)} onChange={(rawType) => change({ rawType })} />;
}

/** On a narrow page the diagnosis comes first: the settings are folded. */
function Folded({ children }) {
  const isNarrow = useMedia("(max-width: 980px)");
  if (!isNarrow) return children;
  return (
    <details class="panel folded">
      <summary>Signal and machine</summary>
      {children}
    </details>
  );
}

function rateNote(ofFile, options, model) {
  if (options.rateHz !== null) return ofFile ? `The file states ${quantity(ofFile, "Hz", 6)}.` : undefined;
  if (ofFile) return "As the file states.";
  return model ? "Assumed: the model's own. The file does not say." : undefined;
}

function unitOptions(ofFile) {
  const unasked = ofFile ? `${shownUnit(ofFile)} (the file's)` : UNITS[0][1];
  return [["", unasked], ...UNITS.slice(1)];
}

function channelOptions({ channels }) {
  const each = channels.map(({ name, length }, index) => [index, `${name} (${count(length, "sample")})`]);
  return [["", "All, side by side"], ...each];
}
