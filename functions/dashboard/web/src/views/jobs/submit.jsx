/** The form of a new job: its files and their options. */

import { useRef, useState } from "preact/hooks";

import { Analysis } from "../../analysis/client.js";
import { count } from "../../format.js";
import { kindOf, mediaTypeOf, RAW_TYPES } from "../../formats/kinds.js";
import { recall } from "../../machine/remembered.js";
import { Choice, Quantity, Text } from "../../parts/fields.jsx";
import { Failure, Notice } from "../../parts/notice.jsx";
import { Files } from "./files.jsx";
import { machineOf } from "./naming.js";
import { obstacle, Submission } from "./submission.js";

const MACHINES = [["none", "Keep no history"], ["one", "All of one machine"], ["each", "Each file is named after its machine"]];
const UNDERSTOOD = { rateHz: null, fullScale: 1, channel: null, rawType: "f4", model: "", machine: "none", machineName: "" };

/** The form; `uploads`: whether files may go to the bucket. */
export function Submit({ models, uploads, submitted, askKey }) {
  const [files, setFiles] = useState([]);
  const [options, setOptions] = useState(UNDERSTOOD);
  const { work, send, stop, forget } = useSubmission({ files, options, models, uploads }, {
    done: () => setFiles([]),
    changed: submitted,
  });
  const isBusy = work.state === "busy";
  const choose = (next) => {
    forget();
    setFiles(next);
  };
  const change = (some) => {
    forget();
    setOptions((before) => ({ ...before, ...some }));
  };
  const hindered = files.length ? obstacle(files, options) : null;
  return (
    <section class="panel" aria-labelledby="new-job">
      <h2 id="new-job">New job</h2>
      <Files files={files} choose={choose} disabled={isBusy} />
      {files.length > 0 && (
        <>
          <fieldset class="row plain" disabled={isBusy}>
            <legend class="hidden">How the recordings are to be understood</legend>
            <Understanding {...{ files, options, change, models }} />
          </fieldset>
          {hindered && <p class="field-note bad-text">{hindered}</p>}
          <div class="buttons">
            <button type="button" class="primary" disabled={isBusy || Boolean(hindered)} onClick={send}>
              {isBusy ? progressText(work, files) : `Submit ${count(files.length, "recording")}`}
            </button>
            {isBusy && <button type="button" onClick={stop}>Stop</button>}
            {!isBusy && <button type="button" class="quiet" onClick={() => choose([])}>Clear</button>}
          </div>
          {isBusy && <progress class="hidden" aria-label="Submission" max={files.length} value={work.done} />}
        </>
      )}
      {work.state === "failed" && <Refused error={work.error} {...{ files, choose, send, askKey }} />}
    </section>
  );
}

function Understanding({ files, options, change, models }) {
  const hasRaw = files.some(({ name }) => kindOf(name) === "raw" && !mediaTypeOf(name));
  return (
    <>
      <Quantity
        label="Sampling rate" unit="Hz" value={options.rateHz} optional max={1e6} note="Empty: as the files say, else the model's."
        onChange={(rateHz) => change({ rateHz })}
      />
      <Quantity
        label="Channel" unit="" value={options.channel} min={-1} max={1023} whole optional note="Of files with several, from 0. Empty: each, and the worst."
        onChange={(channel) => change({ channel })}
      />
      <Quantity label="Full scale of integers" unit="g" value={options.fullScale} onChange={(fullScale) => change({ fullScale })} />
      {hasRaw && <Choice label="Raw samples are" value={options.rawType} options={Object.entries(RAW_TYPES)} onChange={(rawType) => change({ rawType })} />}
      {models.value && (
        <Choice
          label="Model" value={options.model} onChange={(model) => change({ model })}
          options={[["", "By default"], ...models.value.models.map(({ name, title }) => [name, title])]}
        />
      )}
      <Choice
        label="Fleet" value={options.machine} options={MACHINES} onChange={(machine) => change({ machine })}
        note={options.machine === "none" ? undefined : fleetNote(files, options)}
      />
      {options.machine === "one" && (
        <Text label="Machine" value={options.machineName} placeholder="press-4" onChange={(machineName) => change({ machineName })} />
      )}
    </>
  );
}

/** Return a note on the time of the recordings, and on the remembered options of their machines that go with them. */
function fleetNote(files, { machine, machineName }) {
  const names = machine === "one" ? [machineName] : files.map(({ name }) => machineOf(name));
  const known = new Set(names.filter(recall));
  const remembered = known.size ? ` Shaft speed, bearing and unit go with them as remembered of ${[...known].slice(0, 3).join(", ")}${known.size > 3 ? " and others" : ""}.` : "";
  return `Their place in time is the files' own date.${remembered}`;
}

function Refused({ error, files, choose, send, askKey }) {
  if (error.files) {
    const rest = files.filter((file) => !error.files.includes(file));
    const leave = rest.length > 0 && (
      <button type="button" class="primary" onClick={() => choose(rest)}>Leave {count(error.files.length, "file")} out</button>
    );
    return <Notice kind="error" title="The job was not submitted" action={leave}><p>{error.message}</p></Notice>;
  }
  if (error.status === undefined) return <Notice kind="error" title="The job was not submitted"><p>{error.message}</p></Notice>;
  return <Failure error={error} again={send} askKey={askKey} />;
}

/** Return one submission at a time, which continues after a failure, unless its files or options were changed. */
function useSubmission({ files, options, models, uploads }, { done, changed }) {
  const [work, setWork] = useState({ state: "idle" });
  const current = useRef({ analysis: null, submission: null, isBusy: false });
  const forget = () => {
    current.current.submission = null;
    setWork({ state: "idle" });
  };
  const send = async () => {
    const now = current.current;
    // A second click comes before the button is drawn as disabled.
    if (now.isBusy) return;
    now.isBusy = true;
    now.analysis ??= new Analysis();
    now.submission ??= new Submission(files, { ...options, models: models.value?.models ?? null }, uploads);
    try {
      await now.submission.run(now.analysis, (step) => setWork({ state: "busy", ...step }));
      forget();
      done();
      changed();
    } catch (error) {
      setWork(error.name === "AbortError" ? { state: "idle" } : { state: "failed", error });
    } finally {
      now.isBusy = false;
    }
  };
  const stop = async () => {
    const { submission } = current.current;
    current.current.submission = null;
    await submission.stop().then(changed, (error) => setWork({ state: "failed", error }));
  };
  return { work, send, stop, forget };
}

function progressText({ doing, done }, files) {
  return doing === "Submitting" ? "Submitting …" : `${doing} ${done} of ${files.length} …`;
}
