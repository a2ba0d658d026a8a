/** One job: how far it is, what came of it. */

import { useState } from "preact/hooks";

import { request } from "../../api.js";
import { count, moment, number, percent, words } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { Bar } from "../../parts/fields.jsx";
import { Failure, Waiting } from "../../parts/notice.jsx";
import { Scroll } from "../../parts/scroll.jsx";
import { asCsv, asJsonLines, readResults, save } from "./results.js";
import { recordingName } from "./submission.js";

const TONES = { queued: "", running: "busy", succeeded: "good", partially_failed: "warning", failed: "bad", cancelled: "" };

/** Whether nothing more will come of a job. */
export function isOver({ state }) {
  return state !== "queued" && state !== "running";
}

/** A job, with its results when they are asked for. */
export function Job({ job, changed }) {
  const [isOpen, setIsOpen] = useState(false);
  const [refused, setRefused] = useState(null);
  const cancel = () => request(`jobs/${job.job_id}`, { method: "DELETE" }).then(changed, setRefused);
  return (
    <article class="panel job" aria-label={`Job ${job.job_id}`}>
      <div class="job-head">
        <span class={`pill ${TONES[job.state] ?? ""}`}>{words(job.state)}</span>
        <code>{job.job_id}</code>
        <span class="small">{job.created_at ? moment(job.created_at) : ""}</span>
        <div class="controls">
          {!isOver(job) && <button type="button" onClick={cancel}>Cancel</button>}
          <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>{isOpen ? "Hide results" : "Results"}</button>
        </div>
      </div>
      <div class="job-progress">
        <Bar share={job.total ? job.done / job.total : 0} rest={job.total ? job.failed / job.total : 0} />
        <span class="small">
          {number(job.done)} of {count(job.total, "recording")} diagnosed{job.failed ? `, ${number(job.failed)} could not be` : ""}
        </span>
      </div>
      {refused && <Failure error={refused} />}
      {isOpen && <Results job={job} />}
    </article>
  );
}

function Results({ job }) {
  const progress = job.done + job.failed;
  const results = useAnswer((signal) => readResults(job.job_id, signal), [job.job_id, progress, job.state]);
  if (results.error) return <Failure error={results.error} again={results.again} />;
  if (!results.value) return <Waiting height={120} label="Loading the results" />;
  const rows = results.value.map((one) => ({ ...one, name: recordingName(job.job_id, one.index) }));
  return (
    <>
      <div class="buttons">
        <button type="button" onClick={() => save(asCsv(rows), `${job.job_id}.csv`, "text/csv")}>Download CSV</button>
        <button type="button" onClick={() => save(asJsonLines(rows), `${job.job_id}.jsonl`, "application/jsonl")}>Download JSON Lines</button>
      </div>
      <Scroll label="Results">
        <table>
          <thead>
            <tr>
              <th scope="col">Recording</th><th scope="col">Condition</th><th scope="col" class="right">Confidence</th>
              <th scope="col">Like the training data</th>
            </tr>
          </thead>
          <tbody>{rows.map((row) => <ResultRow key={row.index} {...row} />)}</tbody>
        </table>
      </Scroll>
    </>
  );
}

function ResultRow({ name, error, class_name: className, confidence, in_distribution: isFamiliar }) {
  if (error) return <tr><th scope="row">{name}</th><td colSpan={3} class="bad-text">{error}</td></tr>;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{className}</td>
      <td class="right">{percent(confidence)}</td>
      <td>{isFamiliar === false ? <span class="pill warning">no</span> : isFamiliar ? "yes" : "–"}</td>
    </tr>
  );
}
