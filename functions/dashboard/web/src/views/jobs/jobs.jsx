/** Many recordings at once: submitted, followed, fetched. */

import { useCallback } from "preact/hooks";

import { requestJson } from "../../api.js";
import { number } from "../../format.js";
import { useAnswer, useEvery, useVisits } from "../../hooks.js";
import { Figures } from "../../parts/fields.jsx";
import { Absent, Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { Job, isOver } from "./job.jsx";
import { Submit } from "./submit.jsx";

const REFRESH_S = 2;

/** The view; while a job runs it is asked after every two seconds. */
export function Jobs({ models, keyRound, askKey, shown }) {
  const visits = useVisits(shown);
  const jobs = useAnswer((signal) => requestJson("jobs", { signal }), [keyRound, visits]);
  const { state, value, error, again } = jobs;
  const isBusy = value?.jobs.some((job) => !isOver(job));
  useEvery(shown && isBusy ? REFRESH_S : 0, again);
  const submitted = useCallback(() => again(), [again]);
  if (error?.isAbsent) return <NoJobs />;
  return (
    <div class="page">
      <header class="page-head">
        <h1>Jobs</h1>
        <p class="small">Many recordings at once; each is diagnosed on its own.</p>
        <button type="button" class="push" onClick={again}>Refresh</button>
      </header>
      {state === "failed" && <Failure error={error} again={again} askKey={askKey} />}
      <Submit models={models} submitted={submitted} askKey={askKey} />
      {value?.queue && <Queue queue={value.queue} />}
      <section aria-labelledby="jobs" aria-busy={state === "asking"}>
        <h2 id="jobs">Submitted</h2>
        {!value && state !== "failed" && <Waiting height={200} label="Loading the jobs" />}
        {value && !value.jobs.length && <Notice title="No job yet"><p>Choose recordings above and submit them.</p></Notice>}
        {value?.jobs.map((job) => <Job key={job.job_id} job={job} changed={again} />)}
      </section>
    </div>
  );
}

/** How much waits, and how much was given up. */
function Queue({ queue: { waiting, dead } }) {
  return (
    <section class="panel" aria-labelledby="queue">
      <h2 id="queue">Queue</h2>
      <Figures
        items={[
          ["Chunks waiting", number(waiting)],
          ["Given up (dead-letter queue)", number(dead), dead ? "to be looked at" : ""],
        ]}
      />
    </section>
  );
}

function NoJobs() {
  return (
    <div class="page">
      <h1>Jobs</h1>
      <Absent title="Jobs are not installed here">
        <p>
          This service diagnoses one recording at a time: there is nothing at <code>/jobs</code>. Where the jobs function is
          deployed, a night's recordings go in at once and are followed here.
        </p>
      </Absent>
    </div>
  );
}
