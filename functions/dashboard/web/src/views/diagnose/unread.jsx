/** A file that the page does not read itself: the service reads and diagnoses it, without charts. */

import { kindOf, SAMPLE_FORMATS, servedTypeOf } from "../../formats/kinds.js";
import { useAnswer } from "../../hooks.js";
import { machineQuery } from "../../machine/operation.js";
import { Failure, Notice } from "../../parts/notice.jsx";
import { SideBySide } from "./channels.jsx";
import { channelQuery, diagnoseFile } from "./diagnosis.js";

/** The diagnosis of the file as the service reads it, or the service's sentence on why there is none. */
export function Unread({ recording, model, keyRound, askKey }) {
  const { source, file, options } = recording;
  const query = { ...queryOf(source.name, options), ...machineQuery(options, model), ...channelQuery(model) };
  const answer = useAnswer(
    async (abort) => diagnoseFile(await source.read(), servedTypeOf(file.error.kind), query, abort),
    [source, JSON.stringify(query), keyRound],
  );
  if (answer.state === "failed") return <Failure error={answer.error} again={answer.again} askKey={askKey} />;
  return (
    <>
      <Notice kind="info" title="Read by the service">
        <p>{file.error.message} The service diagnoses every channel; there are no charts.</p>
      </Notice>
      <SideBySide answer={answer.value} />
    </>
  );
}

function queryOf(name, { rateHz, fullScale, rawType, model }) {
  const isRaw = kindOf(name) === "raw";
  return {
    model, sample_rate_hz: rateHz, full_scale: fullScale === 1 ? null : fullScale, sample_format: isRaw ? SAMPLE_FORMATS[rawType] : null,
  };
}
