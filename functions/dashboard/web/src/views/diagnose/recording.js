/** The recording that is looked at, and how it is to be understood. */

import { useCallback, useMemo, useRef, useState } from "preact/hooks";

import { Analysis } from "../../analysis/client.js";
import { useAnswer } from "../../hooks.js";

const UNDERSTOOD = {
  channel: null, rateHz: null, fullScale: 1, rawType: "f4", shaftHz: null, bearing: "", model: "",
  unit: "", machineGroup: "", foundation: "",
};

/**
 * Return the recording and what changes it.
 *
 * `file` answers with what the file says, `signal` with the chosen channel; `options` is how the user understands them.
 */
export function useRecording() {
  const analysis = useRef(null);
  analysis.current ??= new Analysis();
  const [source, setSource] = useState(null);
  const [options, setOptions] = useState(UNDERSTOOD);
  const change = useCallback((some) => setOptions((before) => ({ ...before, ...some })), []);
  const open = useCallback((next) => {
    setSource(next);
    // The machine stays the same from file to file, the file does not.
    setOptions(({ model, bearing, rawType, shaftHz, unit, machineGroup, foundation }) => {
      const known = { model, bearing, rawType, unit, machineGroup, foundation, shaftHz: next.shaftHz ?? shaftHz, fullScale: next.fullScale };
      return { ...UNDERSTOOD, ...known };
    });
  }, []);
  const close = useCallback(() => setSource(null), []);

  const file = useAnswer(source && (async () => {
    const buffer = await source.read();
    const sizeBytes = buffer.byteLength;
    const said = await analysis.current.open(source.name, buffer, options.rawType);
    if (said.shaftHz) change({ shaftHz: said.shaftHz });
    return { ...said, source, sizeBytes };
  }), [source, options.rawType]);

  const said = file.state === "done" && file.value?.source === source ? file.value : null;
  const factor = said?.integers ? options.fullScale : 1;
  // Of several channels none is taken before it is chosen.
  const channel = options.channel ?? (said?.channels.length === 1 ? 0 : null);
  const signal = useAnswer(
    said && channel !== null && (() => analysis.current.choose(Math.min(channel, said.channels.length - 1), factor)),
    [said, channel, factor],
  );
  return useMemo(
    () => ({ analysis: analysis.current, source, file, said, channel, factor, signal, options, change, open, close }),
    [source, file, said, channel, factor, signal, options],
  );
}
