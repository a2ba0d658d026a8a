/** The options of each machine, kept in this browser: shaft speed, bearing, size, unit and model are asked for once. */

const KEY = "palier-machines";
// The most machines that are kept: those used last.
const MOST = 200;

/** The options that belong to the machine, and not to a file. */
const OF_MACHINE = [
  "shaftHz", "bearingKind", "bearing", "orders", "geometry", "conditions", "unit", "machineGroup", "foundation", "model",
];

/** Return the names of the machines, the one used last first. */
export function machineNames() {
  return [...stored().keys()].reverse();
}

/** Return the options of a machine, or nothing. */
export function recall(name) {
  return stored().get(name) ?? null;
}

/** Keep those options that belong to a machine. */
export function remember(name, options) {
  const machines = stored();
  machines.delete(name);
  machines.set(name, Object.fromEntries(OF_MACHINE.map((one) => [one, options[one]])));
  write([...machines].slice(-MOST));
}

/** Forget a machine. */
export function forget(name) {
  write([...stored()].filter(([one]) => one !== name));
}

/** Return the machine that a file is of: the longest name that the file's own begins with, or nothing. */
export function machineOfFile(fileName) {
  const begins = (name) => fileName.startsWith(name) && !/[A-Za-z0-9]/.test(fileName.charAt(name.length));
  return machineNames().filter(begins).sort((a, b) => b.length - a.length)[0] ?? "";
}

function write(machines) {
  localStorage.setItem(KEY, JSON.stringify(machines));
}

function stored() {
  try {
    return new Map(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    // The stored text is no list of machines, but of another version or another page.
    return new Map();
  }
}
