/** A new job: files, how they are to be understood, and off they go. */

import { useId, useRef, useState } from "preact/hooks";

import { Analysis } from "../../analysis/client.js";
import { bytes, count } from "../../format.js";
import { ENDINGS } from "../../formats/kinds.js";
import { Choice, Quantity } from "../../parts/fields.jsx";
import { Failure, Notice } from "../../parts/notice.jsx";
import { submit } from "./submission.js";

/** The form. */
export function Submit({ models, submitted, askKey }) {
  const [files, setFiles] = useState([]);
  const [rateHz, setRateHz] = useState(null);
  const [fullScale, setFullScale] = useState(1);
  const [model, setModel] = useState("");
  const [work, setWork] = useState({ state: "idle" });
  const analysis = useRef(null);
  const send = async () => {
    analysis.current ??= new Analysis();
    setWork({ state: "busy", done: 0 });
    try {
      await submit(analysis.current, files, { rateHz, fullScale, model }, (done) => setWork({ state: "busy", done }));
      setFiles([]);
      setWork({ state: "idle" });
      submitted();
    } catch (error) {
      setWork({ state: "failed", error });
    }
  };
  const isBusy = work.state === "busy";
  return (
    <section class="panel" aria-labelledby="new-job">
      <h2 id="new-job">New job</h2>
      <Files files={files} setFiles={setFiles} disabled={isBusy} />
      {files.length > 0 && (
        <>
          <div class="row">
            <Quantity label="Sampling rate" unit="Hz" value={rateHz} optional max={1e6} onChange={setRateHz} note="Empty: as the files say, else the model's." />
            <Quantity label="Full scale of integers" unit="g" value={fullScale} onChange={setFullScale} />
            {models.value && (
              <Choice
                label="Model" value={model} onChange={setModel}
                options={[["", "The service's default"], ...models.value.models.map(({ name, title }) => [name, title])]}
              />
            )}
          </div>
          <div class="buttons">
            <button type="button" class="primary" disabled={isBusy} onClick={send}>
              {isBusy ? `Reading ${work.done} of ${files.length} …` : `Submit ${count(files.length, "recording")}`}
            </button>
            <button type="button" class="quiet" disabled={isBusy} onClick={() => setFiles([])}>Clear</button>
          </div>
        </>
      )}
      {work.state === "failed" && (work.error.status === undefined
        ? <Notice kind="error" title="The job was not submitted"><p>{work.error.message}</p></Notice>
        : <Failure error={work.error} again={send} askKey={askKey} />)}
    </section>
  );
}

function Files({ files, setFiles, disabled }) {
  const id = useId();
  const add = (event) => {
    setFiles([...files, ...event.currentTarget.files]);
    event.currentTarget.value = "";
  };
  const total = files.reduce((sum, file) => sum + file.size, 0);
  return (
    <>
      <p>
        <input class="file-input" type="file" id={id} multiple disabled={disabled} accept={ENDINGS.join(",")} onChange={add} />
        <label class="button" for={id}>Choose recordings</label>
        <span class="small"> {files.length ? `${count(files.length, "file")}, ${bytes(total)}` : "One recording a file; the first channel is taken."}</span>
      </p>
      {files.length > 0 && (
        <ul class="files">{files.map((file, n) => <li key={n}>{file.name} <span class="muted">{bytes(file.size)}</span></li>)}</ul>
      )}
    </>
  );
}
