/** Fields for the rolling bearing of a machine: from the service's catalogue, by fault orders, or by geometry. */

import { useState } from "preact/hooks";

import { requestJson } from "../../api.js";
import { number } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { BEARING_KINDS, ORDERS } from "../../machine/operation.js";
import { Choice, Quantity, Suggested } from "../../parts/fields.jsx";

const LARGEST_ORDER = 1000;
const MOST_ELEMENTS = 1000;

/** The fields; how a bearing is stated decides which. */
export function Bearing({ options, change }) {
  return (
    <>
      <Choice
        label="Rolling bearing by its" value={options.bearingKind} options={BEARING_KINDS}
        onChange={(bearingKind) => change({ bearingKind })}
      />
      {options.bearingKind === "designation" && <Designation options={options} change={change} />}
      {options.bearingKind === "orders" && <Orders orders={options.orders} set={(orders) => change({ orders })} />}
      {options.bearingKind === "geometry" && <Geometry geometry={options.geometry} set={(geometry) => change({ geometry })} />}
      {!options.shaftHz && isStated(options) && <p class="field-note">A bearing needs the shaft speed.</p>}
    </>
  );
}

function isStated({ bearingKind, bearing, orders, geometry }) {
  if (bearingKind === "designation") return Boolean(bearing);
  return Object.values(bearingKind === "orders" ? orders : geometry).some((one) => one !== null);
}

function Designation({ options, change }) {
  const [isWanted, setWanted] = useState(Boolean(options.bearing));
  const catalogue = useAnswer((isWanted || options.bearing) && ((signal) => requestJson("bearings", { signal })), []);
  const rows = catalogue.value?.bearings ?? [];
  const listed = rows.flatMap((row) => [row.designation, ...row.aliases].map((name) => [name, described(row)]));
  const chosen = rows.find(({ designation, aliases }) => [designation, ...aliases].includes(options.bearing));
  return (
    <Suggested
      label="Designation" value={options.bearing} options={listed} placeholder="6205" note={noteOf(options.bearing, chosen, catalogue)}
      onFocus={() => setWanted(true)} onChange={(bearing) => change({ bearing })}
    />
  );
}

function described({ kind, rolling_elements: elements }) {
  return `${kind}, ${elements} elements`;
}

function noteOf(bearing, row, catalogue) {
  if (catalogue.state === "failed") return `The list of bearings could not be loaded: ${catalogue.error.message}`;
  if (row) return `${described(row)}; BPFO ${number(row.bpfo_order, 4)}×, BPFI ${number(row.bpfi_order, 4)}×.`;
  if (!bearing) return "Of the service's list, or as it stands on the bearing.";
  return catalogue.value ? "Not in the list by this name; the service looks for what it is." : undefined;
}

function Orders({ orders, set }) {
  return (
    <div class="pair">
      {ORDERS.map(([name, label], place) => (
        <Quantity
          key={name} label={label} unit="×" value={orders[name]} max={LARGEST_ORDER} optional
          note={place < 2 ? undefined : "Default: of the races."} onChange={(value) => set({ ...orders, [name]: value })}
        />
      ))}
    </div>
  );
}

function Geometry({ geometry, set }) {
  const field = (name) => ({ value: geometry[name], optional: true, onChange: (value) => set({ ...geometry, [name]: value }) });
  return (
    <div class="pair">
      <Quantity label="Balls or rollers" unit="" max={MOST_ELEMENTS} whole {...field("rolling_elements")} />
      <Quantity label="Contact angle" unit="°" min={-1} max={89} {...field("contact_angle_deg")} />
      <Quantity label="Their diameter" unit="mm" max={geometry.pitch_diameter ?? 10_000} {...field("element_diameter")} />
      <Quantity label="Pitch diameter" unit="mm" max={10_000} {...field("pitch_diameter")} />
    </div>
  );
}
