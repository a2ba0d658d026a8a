/** A file that the page does not read itself: the service reads and diagnoses it, without charts. */

import { kindOf, RAW_TYPES, SAMPLE_FORMATS, servedTypeOf } from "../../formats/kinds.js";
import { useAnswer } from "../../hooks.js";
import { Choice, Quantity } from "../../parts/fields.jsx";
import { Failure, Notice } from "../../parts/notice.jsx";
import { SideBySide } from "./channels.jsx";
import { diagnoseFile } from "./diagnosis.js";
import { modelOptions } from "./settings.jsx";

/** The diagnosis of the file as the service reads it, or the service's sentence why there is none. */
export function Unread({ recording, keyRound, askKey }) {
  const { source, file, options } = recording;
  const query = queryOf(source.name, options);
  const answer = useAnswer(
    async (abort) => diagnoseFile(await source.read(), servedTypeOf(source.name), query, abort),
    [source, JSON.stringify(query), keyRound],
  );
  if (answer.state === "failed") return <Failure error={answer.error} again={answer.again} askKey={askKey} />;
  return (
    <>
      <Notice kind="info" title="Read by the service">
        <p>{file.error.message} The service diagnosed every channel; there are no charts.</p>
      </Notice>
      <SideBySide answer={answer.value} />
    </>
  );
}

/** What the service may be told of such a file. */
export function UnreadSettings({ recording, models }) {
  const { source, options, change } = recording;
  return (
    <section class="panel" aria-label="Signal">
      <h2>Signal</h2>
      {kindOf(source.name) === "raw" && (
        <Choice label="Sample type" value={options.rawType} options={Object.entries(RAW_TYPES)} onChange={(rawType) => change({ rawType })} />
      )}
      <Quantity
        label="Sampling rate" unit="Hz" value={options.rateHz} max={1e6} optional note="Where the file does not state it."
        onChange={(rateHz) => change({ rateHz })}
      />
      <Quantity
        label="Full scale" unit="" value={options.fullScale} note="Of integers: what the largest stands for."
        onChange={(fullScale) => change({ fullScale })}
      />
      {models.value && <Choice label="Model" value={options.model} options={modelOptions(models.value)} onChange={(model) => change({ model })} />}
    </section>
  );
}

function queryOf(name, { rateHz, fullScale, rawType, model }) {
  const isRaw = kindOf(name) === "raw";
  return {
    model, sample_rate_hz: rateHz, full_scale: fullScale === 1 ? null : fullScale, sample_format: isRaw ? SAMPLE_FORMATS[rawType] : null,
  };
}
