/** How the recording is to be understood, and what machine it is of. */

import { kindOf, RAW_TYPES } from "../../formats/kinds.js";
import { count, number, quantity } from "../../format.js";
import { useMedia } from "../../hooks.js";
import { BEARINGS, FAULT_NAMES, faultOrders } from "../../machine/bearings.js";
import { Choice, Quantity } from "../../parts/fields.jsx";

/** The settings beside the charts. */
export function Settings({ recording, models, model, rateHz }) {
  const { said, options, change, source } = recording;
  return (
    <Folded>
      <section class="panel" aria-label="Signal">
        <h2>Signal</h2>
        {kindOf(source.name) === "raw" && (
          <Choice label="Sample type" value={options.rawType} options={Object.entries(RAW_TYPES)} onChange={(rawType) => change({ rawType })} />
        )}
        {said.channels.length > 1 && (
          <Choice label="Channel" value={options.channel ?? ""} options={channelOptions(said)} onChange={(text) => change({ channel: text === "" ? null : Number(text) })} />
        )}
        <Quantity
          label="Sampling rate" unit="Hz" value={rateHz} max={1e6} note={rateNote(said, options, model)}
          onChange={(next) => change({ rateHz: next })}
        />
        <Choice label="Unit" value={options.unit} options={UNITS} onChange={(unit) => change({ unit })} />
        {said.integers && (
          <Quantity
            label="Full scale" unit={model?.input.unit ?? "g"} value={options.fullScale}
            note="What the largest integer of the file stands for." onChange={(fullScale) => change({ fullScale })}
          />
        )}
      </section>
      <section class="panel" aria-label="Machine">
        <h2>Machine</h2>
        {models.value && (
          <Choice label="Model" value={options.model} options={modelOptions(models.value)} onChange={(name) => change({ model: name })} note={model?.title} />
        )}
        <Size options={options} change={change} />
        <Shaft options={options} change={change} />
        <Choice
          label="Rolling bearing" value={options.bearing} onChange={(bearing) => change({ bearing })}
          options={[["", "None, or not known"], ...Object.entries(BEARINGS).map(([id, { name }]) => [id, name]), ["own", "Own geometry …"]]}
        />
        {options.bearing === "own" && <Geometry options={options} change={change} />}
        <Faults bearing={bearingOf(options)} shaftHz={options.shaftHz} />
      </section>
    </Folded>
  );
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

/** Return the bearing that the options name, or nothing. */
export function bearingOf({ bearing, geometry }) {
  return bearing === "own" ? (geometry ?? OWN) : (BEARINGS[bearing] ?? null);
}

const OWN = { balls: 9, ballMm: 8, pitchMm: 40, angleDeg: 0 };

const UNITS = [["", "Not stated"], ["g", "g"], ["m/s2", "m/s²"], ["mm/s", "mm/s"]];
// Of ISO 20816-3.
const GROUPS = [["", "Not stated"], ["1", "Above 300 kW"], ["2", "15 to 300 kW"]];
const FOUNDATIONS = [["", "Not stated"], ["rigid", "Rigid"], ["flexible", "Flexible"]];

/** What the severity of ISO 20816-3 goes by. */
function Size({ options: { unit, machineGroup, foundation }, change }) {
  const isHalf = (machineGroup || foundation) && !(unit && machineGroup && foundation);
  return (
    <>
      <div class="pair">
        <Choice label="Power" value={machineGroup} options={GROUPS} onChange={(group) => change({ machineGroup: group })} />
        <Choice label="Foundation" value={foundation} options={FOUNDATIONS} onChange={(next) => change({ foundation: next })} />
      </div>
      {isHalf && <p class="field-note">The severity zone needs unit, power and foundation.</p>}
    </>
  );
}

function Shaft({ options: { shaftHz }, change }) {
  return (
    <div class="pair">
      <Quantity label="Shaft speed" unit="Hz" value={shaftHz} max={10_000} optional onChange={(hz) => change({ shaftHz: hz })} />
      <Quantity
        label="Revolutions" unit="rpm" value={shaftHz === null ? null : shaftHz * 60} max={600_000} optional
        onChange={(rpm) => change({ shaftHz: rpm === null ? null : rpm / 60 })}
      />
    </div>
  );
}

function Geometry({ options, change }) {
  const geometry = options.geometry ?? OWN;
  const set = (name) => (value) => change({ geometry: { ...geometry, [name]: value } });
  return (
    <div class="pair">
      <Quantity label="Balls or rollers" unit="" value={geometry.balls} max={200} onChange={set("balls")} />
      <Quantity label="Contact angle" unit="°" value={geometry.angleDeg} min={-1} max={89} onChange={set("angleDeg")} />
      <Quantity label="Ball diameter" unit="mm" value={geometry.ballMm} max={geometry.pitchMm} onChange={set("ballMm")} />
      <Quantity label="Pitch diameter" unit="mm" value={geometry.pitchMm} max={10_000} onChange={set("pitchMm")} />
    </div>
  );
}

function Faults({ bearing, shaftHz }) {
  if (!bearing) return null;
  return (
    <table class="compact">
      <caption class="hidden">Fault frequencies of the bearing</caption>
      <thead><tr><th scope="col">Fault</th><th scope="col" class="right">Order</th><th scope="col" class="right">Hz</th></tr></thead>
      <tbody>
        {Object.entries(faultOrders(bearing)).map(([name, order]) => (
          <tr key={name}>
            <th scope="row"><abbr title={FAULT_NAMES[name]}>{name}</abbr></th>
            <td class="right">{number(order, 4)}×</td>
            <td class="right">{shaftHz ? number(order * shaftHz, 4) : "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function rateNote(said, options, model) {
  if (options.rateHz !== null) return said.rateHz ? `The file says ${quantity(said.rateHz, "Hz", 6)}.` : undefined;
  if (said.rateHz) return "As the file says.";
  return model ? "Assumed: the model's own. The file does not say." : undefined;
}

function channelOptions({ channels }) {
  const each = channels.map(({ name, length }, index) => [index, `${name} (${count(length, "sample")})`]);
  return [["", "All, side by side"], ...each];
}

/** Return the models to choose from, the default first. */
export function modelOptions({ models }) {
  return [
    ["", `${models.find((one) => one.is_default)?.name ?? "the service's"} (default)`],
    ...models.filter((one) => !one.is_default).map(({ name }) => [name, name]),
  ];
}
