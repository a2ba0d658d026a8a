/** One job: its progress and its results. */

import { useState } from "preact/hooks";

import { request } from "../../api.js";
import { count, moment, number } from "../../format.js";
import { Bar } from "../../parts/fields.jsx";
import { Failure } from "../../parts/notice.jsx";
import { Results } from "./results.jsx";
import { isOver, meaning, stateOf } from "./states.js";

const WEBHOOKS = { pending: "webhook still to be called", delivered: "webhook called", failed: "webhook failed", refused: "webhook refused" };

/** A job, with its results when they are asked for. */
export function Job({ job, changed }) {
  const [isOpen, setIsOpen] = useState(false);
  const { tone, title } = stateOf(job);
  return (
    <article class="panel job" aria-label={`Job ${job.job_id}`}>
      <div class="job-head">
        <span class={`pill ${tone}`}>{title}</span>
        <span class="job-total">{count(job.total, "recording")}</span>
        <span class="small">{moment(job.created_at)}{job.webhook && ` · ${WEBHOOKS[job.webhook]}`}</span>
        <div class="controls">
          {!isOver(job) && <Cancel job={job} changed={changed} />}
          <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>{isOpen ? "Hide results" : "Results"}</button>
        </div>
      </div>
      <div class="job-progress">
        <Bar share={job.done / job.total} rest={job.failed / job.total} />
        <p class="small">
          <strong>{number(job.done)} of {count(job.total, "recording")} diagnosed{job.failed ? `, ${number(job.failed)} could not be` : ""}.</strong>{" "}
          {meaning(job)}
        </p>
        <code class="job-id">{job.job_id}</code>
      </div>
      {isOpen && <Results job={job} />}
    </article>
  );
}

function Cancel({ job, changed }) {
  const [state, setState] = useState({});
  const cancel = () => {
    setState({ isBusy: true });
    request(`jobs/${job.job_id}`, { method: "DELETE" }).then(changed, (error) => setState({ error }));
  };
  return (
    <>
      {state.error && <Failure error={state.error} />}
      <button type="button" disabled={state.isBusy} onClick={cancel}>Cancel</button>
    </>
  );
}
