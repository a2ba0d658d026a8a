/** The view Jobs: many recordings at once are submitted, followed and fetched. */

import { useState } from "preact/hooks";

import { requestJson } from "../../api.js";
import { number } from "../../format.js";
import { useAnswer, useEvery, useLast, useVisits } from "../../hooks.js";
import { Figures } from "../../parts/fields.jsx";
import { Absent, Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { Job } from "./job.jsx";
import { isOver } from "./states.js";
import { Submit } from "./submit.jsx";

const REFRESH_S = 2;
// So that the list does not jump when the queue is there.
const QUEUE_HEIGHT = 108;
const [FIRST, MORE, MOST] = [20, 100, 1000];

/** The view; unfinished jobs are fetched again every two seconds. */
export function Jobs({ models, surroundings, keyRound, askKey, shown }) {
  const visits = useVisits(shown);
  const [limit, setLimit] = useState(FIRST);
  const jobs = useAnswer((signal) => requestJson("jobs", { query: { limit }, signal }), [keyRound, visits, limit]);
  const { state, error, again } = jobs;
  const value = useLast(jobs);
  const isBusy = value?.jobs.some((job) => !isOver(job));
  useEvery(shown && isBusy ? REFRESH_S : 0, again);
  if (error?.isAbsent) return <NoJobs code={error.code} />;
  return (
    <div class="page">
      <header class="page-head">
        <h1>Jobs</h1>
        <p class="small">Many recordings at once; each is diagnosed on its own.</p>
        <button type="button" class="push" onClick={again}>Refresh</button>
      </header>
      {state === "failed" && <Failure error={error} again={again} askKey={askKey} />}
      <Submit models={models} uploads={Boolean(surroundings.value?.uploads)} submitted={again} askKey={askKey} />
      {value ? value.queue && <Queue queue={value.queue} /> : state !== "failed" && <Waiting height={QUEUE_HEIGHT} label="Loading the queue" />}
      <section aria-labelledby="jobs" aria-busy={state === "asking"}>
        <h2 id="jobs">Submitted</h2>
        {!value && state !== "failed" && <Waiting height={200} label="Loading the jobs" />}
        {value && !value.jobs.length && <Notice title="No job yet"><p>Choose recordings above and submit them.</p></Notice>}
        {value?.jobs.map((job) => <Job key={job.job_id} job={job} changed={again} />)}
        {value?.next_cursor && <Older limit={limit} setLimit={setLimit} />}
      </section>
    </div>
  );
}

/** The numbers of messages that wait and that were given up, of all keys. */
function Queue({ queue: { waiting, dead } }) {
  return (
    <section class="panel" aria-labelledby="queue">
      <h2 id="queue">Queue</h2>
      <Figures
        items={[
          ["Messages that wait for a worker", number(waiting)],
          ["Given up (dead-letter queue)", dead === null ? "not known" : number(dead), dead ? "to be looked at" : ""],
        ]}
      />
    </section>
  );
}

function Older({ limit, setLimit }) {
  if (limit >= MOST) return <p class="small">The newest {number(MOST)} are shown.</p>;
  return <p class="more"><button type="button" onClick={() => setLimit(limit < MORE ? MORE : MOST)}>Show older jobs</button></p>;
}

function NoJobs({ code }) {
  return (
    <div class="page">
      <h1>Jobs</h1>
      <Absent title={code === "not_configured" ? "Jobs are not set up here" : "Jobs are not installed here"}>
        <p>
          This service diagnoses one recording at a time: {code === "not_configured" ? "its jobs have no table, bucket or queue" : <>there is nothing at <code>/jobs</code></>}.
          Where the jobs function is deployed, a night's recordings go in at once and are followed here.
        </p>
      </Absent>
    </div>
  );
}
