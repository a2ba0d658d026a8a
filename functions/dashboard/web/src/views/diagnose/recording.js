/** The open recording, with the options by which it is read. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Analysis } from "../../analysis/client.js";
import { useAnswer } from "../../hooks.js";
import { machineOfFile, recall, remember } from "../../machine/remembered.js";

const OF_FILE = { channel: null, rateHz: null, fullScale: 1 };
const OF_MACHINE = {
  machine: "", shaftHz: null, bearingKind: "designation", bearing: "", orders: {}, geometry: {}, conditions: {},
  unit: "", machineGroup: "", foundation: "", model: "",
};
// Whether the shaft speed is the file's own: it does not hold for the next file.
const UNDERSTOOD = { ...OF_FILE, ...OF_MACHINE, rawType: "f4", isSpeedOfFile: false };

/**
 * Return the recording and what changes it.
 *
 * `file` answers with what the file states, `signal` with the chosen channel; `options` are the user's.
 */
export function useRecording() {
  const analysis = useRef(null);
  analysis.current ??= new Analysis();
  const [source, setSource] = useState(null);
  const [options, setOptions] = useState(UNDERSTOOD);
  const change = useCallback((some) => setOptions((before) => changed(before, some)), []);
  const open = useCallback((next) => {
    setSource(next);
    setOptions((before) => ({ ...ofNext(before, next), fullScale: next.fullScale }));
  }, []);
  useEffect(() => {
    if (options.machine) remember(options.machine, options);
  }, [options]);
  const close = useCallback(() => setSource(null), []);

  const file = useAnswer(source && (async () => {
    const buffer = await source.read();
    const sizeBytes = buffer.byteLength;
    const header = await analysis.current.open(source.name, buffer, options.rawType);
    if (header.shaftHz) change({ shaftHz: header.shaftHz, isSpeedOfFile: true });
    return { ...header, source, sizeBytes };
  }), [source, options.rawType]);

  const header = file.state === "done" && file.value?.source === source ? file.value : null;
  const factor = header?.integers ? options.fullScale : 1;
  // Of several channels none is taken before it is chosen.
  const channel = options.channel ?? (header?.channels.length === 1 ? 0 : null);
  const unitOfFile = commonUnit(header, channel);
  const signal = useAnswer(
    header && channel !== null && (() => analysis.current.choose(Math.min(channel, header.channels.length - 1), factor)),
    [header, channel, factor],
  );
  return useMemo(
    () => ({ analysis: analysis.current, source, file, header, channel, unitOfFile, factor, signal, options, change, open, close }),
    [source, file, header, channel, factor, signal, options],
  );
}

/** Return the unit of a channel, null: of all channels, as the file writes it; null where it states none or several. */
function commonUnit(header, channel) {
  const units = new Set((header?.channels ?? []).filter((_, place) => channel === null || place === channel).map(({ unit }) => unit));
  return units.size === 1 ? [...units][0] : null;
}

/** Return the options after a change; naming another machine brings what is remembered of it, if anything is. */
function changed(before, some) {
  const known = some.machine && some.machine !== before.machine ? recall(some.machine) : null;
  const speed = some.shaftHz !== undefined && some.isSpeedOfFile === undefined ? { isSpeedOfFile: false } : {};
  return { ...before, ...some, ...known, ...speed };
}

/** Return the options for the next file: those of the machine stay, unless the file is of another one. */
function ofNext(before, next) {
  // An example is of a machine of its own.
  if (next.shaftHz !== null) return { ...UNDERSTOOD, model: before.model, shaftHz: next.shaftHz, isSpeedOfFile: true };
  const machine = machineOfFile(next.name);
  const kept = before.isSpeedOfFile ? { ...before, shaftHz: null, isSpeedOfFile: false } : before;
  return changed({ ...kept, ...OF_FILE }, machine ? { machine } : {});
}
