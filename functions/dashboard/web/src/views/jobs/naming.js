/** Names of a job's recordings: those of their files, as far as the service takes them, each once. */

const LONGEST = 128;
const MACHINE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** Return a name for each file, in their order. */
export function recordingNames(files) {
  const taken = new Set();
  return files.map(({ name }) => {
    const free = unused(safe(name), taken);
    taken.add(free);
    return free;
  });
}

/** Whether a name is allowed for a machine. */
export function isMachine(text) {
  return MACHINE.test(text);
}

/** Return the machine that a file is named after: its name without the ending. */
export function machineOf(name) {
  return safe(name).replace(/(.)\.[^.]*$/, "$1").replaceAll(" ", "-");
}

function safe(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^A-Za-z0-9 ._-]/g, "_").replace(/^[^A-Za-z0-9]+/, "");
  return plain.length <= LONGEST ? plain || "recording" : plain.slice(-LONGEST).replace(/^[^A-Za-z0-9]+/, "");
}

function unused(name, taken) {
  const [, stem, ending] = /^(.*?)(\.[^.]*)?$/.exec(name);
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${stem.slice(0, LONGEST - 12)}-${n}${(ending ?? "").slice(0, 8)}`;
  return free;
}
