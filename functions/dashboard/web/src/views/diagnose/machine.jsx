/** Fields for the machine of a recording, which are remembered by its name. */

import { forget, machineNames, recall } from "../../machine/remembered.js";
import { answeringModel, ownConditions, rpmOf } from "../../machine/operation.js";
import { Choice, Quantity, Suggested } from "../../parts/fields.jsx";
import { isMachine } from "../jobs/naming.js";
import { Bearing } from "./bearing.jsx";

const FASTEST_HZ = 16_000;

/** The panel. */
export function Machine({ options, change, models, model, unit }) {
  return (
    <section class="panel" aria-label="Machine">
      <h2>Machine</h2>
      <Name options={options} change={change} />
      {models.value && (
        <Choice label="Model" value={options.model} options={modelOptions(models.value.models, options)} onChange={(name) => change({ model: name })} note={model?.title} />
      )}
      <Shaft shaftHz={options.shaftHz} change={change} />
      <Bearing options={options} change={change} />
      <Conditions conditions={options.conditions} model={model} change={change} />
      <Size options={options} unit={unit} change={change} />
    </section>
  );
}

/** Return the models to choose from; the first entry leaves the choice to the service. */
function modelOptions(models, options) {
  const unasked = answeringModel(models, { ...options, model: "" });
  return [["", `${unasked?.name ?? "the service's"} (by default)`], ...models.map(({ name }) => [name, name])];
}

function Name({ options: { machine }, change }) {
  const isKnown = Boolean(machine && recall(machine));
  return (
    <>
      <Suggested
        label="Name" value={machine} placeholder="pump-7" options={machineNames().map((name) => [name, name])}
        problem={(text) => text && !isMachine(text) && "Letters, digits and . _ : -, for example pump-7."}
        note={isKnown ? "What stands below is kept for it in this browser." : "Named, it is remembered in this browser."}
        onChange={(name) => change({ machine: name })}
      />
      {isKnown && (
        <button type="button" class="small-button" onClick={() => {
          forget(machine);
          change({ machine: "" });
        }}>Forget {machine}</button>
      )}
    </>
  );
}

function Shaft({ shaftHz, change }) {
  return (
    <div class="pair">
      <Quantity label="Shaft speed" unit="Hz" value={shaftHz} max={FASTEST_HZ} optional onChange={(hz) => change({ shaftHz: hz })} />
      <Quantity
        label="Revolutions" unit="rpm" value={shaftHz === null ? null : rpmOf(shaftHz)} max={60 * FASTEST_HZ} optional
        onChange={(rpm) => change({ shaftHz: rpm === null ? null : rpm / 60 })}
      />
    </div>
  );
}

/** The conditions of operation that a user's own model takes. */
function Conditions({ conditions, model, change }) {
  return ownConditions(model).map(({ name, unit, minimum, maximum, required, default: usual }) => (
    <Quantity
      key={name} label={name} unit={unit} value={conditions[name]} min={minimum} max={maximum} including optional={!required || usual !== null}
      note={usual === null ? undefined : `Default: ${usual}.`}
      onChange={(value) => change({ conditions: { ...conditions, [name]: value } })}
    />
  ));
}

// Of ISO 20816-3.
const GROUPS = [["", "Not stated"], ["1", "Above 300 kW"], ["2", "15 to 300 kW"]];
const FOUNDATIONS = [["", "Not stated"], ["rigid", "Rigid"], ["flexible", "Flexible"]];

/** Fields that a severity by ISO 20816-3 needs, beside the unit. */
function Size({ options: { machineGroup, foundation }, unit, change }) {
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
