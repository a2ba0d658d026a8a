/** The results of a job: a page at a time, or all as a file. */

import { useState } from "preact/hooks";

import { requestJson } from "../../api.js";
import { number, percent } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { Failure, Waiting } from "../../parts/notice.jsx";
import { Scroll } from "../../parts/scroll.jsx";
import { Settled } from "../diagnose/trust.jsx";
import { isComplete, isOver } from "./states.js";

const PAGE = 50;
const FILES = [["csv", "Download CSV"], ["jsonl", "Download JSON Lines"]];

/** The results; of a running job, those before the first gap. */
export function Results({ job }) {
  // Where each page begins that was gone through, the one that is shown last.
  const [places, setPlaces] = useState([0]);
  const place = places.at(-1);
  const path = `jobs/${job.job_id}/results`;
  const { value, error, again } = useAnswer(
    (signal) => requestJson(path, { query: { limit: PAGE, cursor: place }, signal }), [job.job_id, place, job.done + job.failed, job.state],
  );
  if (error) return <Failure error={error} again={again} />;
  if (!value) return <Waiting height={160} label="Loading the results" />;
  const { results, next_cursor: next } = value;
  return (
    <>
      {isComplete(job) && <Downloads path={path} />}
      {results.length ? <Table results={results} /> : <p class="small">{isOver(job) ? "There are no results." : "No result yet."}</p>}
      {(places.length > 1 || (next !== null && results.length >= PAGE)) && (
        <nav class="pages" aria-label="Pages of the results">
          <button type="button" disabled={places.length < 2} onClick={() => setPlaces(places.slice(0, -1))}>Previous</button>
          <span class="small">{rangeText(results, job)}</span>
          <button type="button" disabled={next === null || results.length < PAGE} onClick={() => setPlaces([...places, next])}>Next</button>
        </nav>
      )}
    </>
  );
}

function Downloads({ path }) {
  const [refused, setRefused] = useState(null);
  const download = (kind) => {
    setRefused(null);
    requestJson(path, { query: { download: kind } }).then(({ url }) => follow(url), setRefused);
  };
  return (
    <>
      <div class="buttons">
        {FILES.map(([kind, text]) => <button key={kind} type="button" onClick={() => download(kind)}>{text}</button>)}
      </div>
      {refused && <Failure error={refused} />}
    </>
  );
}

function Table({ results }) {
  return (
    <Scroll label="Results">
      <table>
        <thead>
          <tr>
            <th scope="col" class="right">No.</th><th scope="col">Recording</th><th scope="col">Condition</th><th scope="col" class="right">Confidence</th>
            <th scope="col">Like the training data</th><th scope="col" class="right">RMS</th><th scope="col" class="right">Kurtosis</th>
          </tr>
        </thead>
        <tbody>{results.map((one) => <Row key={one.index} {...one} />)}</tbody>
      </table>
    </Scroll>
  );
}

function Row({ index, name, diagnosis, indicators, channels, error }) {
  return (
    <tr>
      <td class="right muted">{number(index + 1)}</td>
      <th scope="row" class="recording">{name}</th>
      {error ? <td colSpan={5} class="bad-text">{error.error} <code>{error.code}</code></td> : (
        <>
          <td><Settled answer={diagnosis} />{channels?.batch_size > 1 && <span class="small"> worst of {number(channels.batch_size)} channels: {channels.worst.channel}</span>}</td>
          <td class="right">{percent(diagnosis.confidence)}</td>
          <td>{{ true: "yes", false: <span class="pill warning">no</span> }[diagnosis.in_distribution] ?? "–"}</td>
          <td class="right">{number(indicators?.rms)}</td>
          <td class="right">{number(indicators?.kurtosis)}</td>
        </>
      )}
    </tr>
  );
}

/** The bucket answers with a file to keep: the page stays where it is. */
function follow(url) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, rel: "noreferrer" });
  link.click();
}

function rangeText(results, { total }) {
  if (!results.length) return "No result yet.";
  return `${number(results[0].index + 1)} to ${number(results.at(-1).index + 1)} of ${number(total)}`;
}
