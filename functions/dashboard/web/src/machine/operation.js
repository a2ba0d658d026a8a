/** The machine and its operation, as options of a request. */

/** The ways to state a bearing. */
export const BEARING_KINDS = [["designation", "Designation"], ["orders", "Orders"], ["geometry", "Geometry"]];

/** The orders of a bearing that are entered by hand, with their names; the last two follow from the races. */
export const ORDERS = [
  ["bpfo_order", "BPFO"], ["bpfi_order", "BPFI"], ["bsf_order", "BSF"], ["ftf_order", "FTF"],
];

const SHAFT_SPEED = "shaft_speed_rpm";
const OF_ORDERS = ORDERS.map(([name]) => name);
const OF_GEOMETRY = ["rolling_elements", "element_diameter", "pitch_diameter", "contact_angle_deg"];

/** Return a request's options on the machine and the samples' unit; a severity needs all three of its options. */
export function machineQuery(options, model) {
  const { unit, machineGroup, foundation, shaftHz } = options;
  const size = unit && machineGroup && foundation ? { machine_group: machineGroup, foundation } : {};
  const speed = shaftHz ? { [SHAFT_SPEED]: rpmOf(shaftHz), ...bearingQuery(options) } : {};
  return { ...(unit && { unit }), ...size, ...speed, ...conditionsQuery(options, model) };
}

/** Return the options of a request for single windows: the unit and the model's own, since windows are short. */
export function windowQuery(options, model) {
  if (!model.input.conditions?.length) return options.unit ? { unit: options.unit } : {};
  const { machine_group: _, foundation: __, ...operation } = machineQuery(options, model);
  return operation;
}

/** Return the model that will answer: the named one; of a known bearing the one that takes its orders; the default. */
export function answeringModel(models, options) {
  if (!models) return null;
  if (options.model) return models.find(({ name }) => name === options.model) ?? null;
  const takesOrders = ({ input }) => input.conditions?.some(({ name }) => name === OF_ORDERS[0]);
  const ofBearings = options.shaftHz && Object.keys(bearingQuery(options)).length ? models.find(takesOrders) : null;
  return ofBearings ?? models.find((one) => one.is_default) ?? null;
}

/** Return the conditions that a model takes beyond shaft speed and bearing. */
export function ownConditions(model) {
  const known = [SHAFT_SPEED, ...OF_ORDERS];
  return (model?.input.conditions ?? []).filter(({ name }) => !known.includes(name));
}

/** Return revolutions a minute, without the digits that a conversion adds. */
export function rpmOf(shaftHz) {
  return Number((60 * shaftHz).toPrecision(9));
}

/** Return the statements that are complete; those that are only partly filled in are not sent. */
function bearingQuery({ bearingKind = "designation", bearing, orders, geometry }) {
  if (bearingKind === "designation") return bearing ? { bearing } : {};
  if (bearingKind === "orders") return given(orders, OF_ORDERS, OF_ORDERS.slice(0, 2));
  return given(geometry, OF_GEOMETRY, OF_GEOMETRY.slice(0, 3));
}

function given(values, names, needed) {
  const isGiven = (name) => values?.[name] !== null && values?.[name] !== undefined;
  return needed.every(isGiven) ? Object.fromEntries(names.filter(isGiven).map((name) => [name, values[name]])) : {};
}

function conditionsQuery({ conditions }, model) {
  const stated = ownConditions(model).filter(({ name }) => conditions?.[name] !== null && conditions?.[name] !== undefined);
  return Object.fromEntries(stated.map(({ name }) => [`conditions.${name}`, conditions[name]]));
}
