/** One machine over time. */

import { useMemo, useState } from "preact/hooks";

import { requestJson } from "../../api.js";
import { count, moment, number, percent } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { Switch } from "../../parts/fields.jsx";
import { Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { href } from "../../route.js";
import { standing } from "./standing.js";
import { Trend } from "./trend.jsx";

const RANGES = [["7", "7 days"], ["30", "30 days"], ["365", "1 year"], ["", "All"]];
const PAGES = 20;

/** The page of a machine. */
export function Asset({ assetId, keyRound, askKey }) {
  const [days, setDays] = useState("");
  const history = useAnswer((signal) => readHistory(assetId, days, signal), [assetId, days, keyRound]);
  const { state, value, error, again } = history;
  return (
    <div class="page">
      <header class="page-head">
        <a href={href("fleet")} class="back">Fleet</a>
        <h1>{assetId}</h1>
        <div class="controls"><Switch label="Time shown" value={days} options={RANGES} onChange={setDays} /></div>
      </header>
      {state === "failed" && <Failure error={error} again={again} askKey={askKey} />}
      {!value && state !== "failed" && <Waiting height={640} label="Loading the history" />}
      {value && (value.length ? <History points={value} /> : <Notice title="Nothing in this time" />)}
    </div>
  );
}

function History({ points }) {
  const last = points.at(-1);
  const { tone } = standing(last);
  const changes = useMemo(() => turns(points), [points]);
  return (
    <>
      <section class={`panel verdict slim ${tone}`} aria-label="Last diagnosis">
        <div class="verdict-text">
          <p class="eyebrow">Last heard {moment(last.timestamp)}</p>
          <h2 class="verdict-class">{last.class_name}</h2>
          <p class="small">{percent(last.confidence)} confidence, {count(points.length, "diagnosis", "diagnoses")}</p>
        </div>
        <Changes changes={changes} />
      </section>
      <section class="panel"><Trend title="Condition" points={points} kind="class" /></section>
      <div class="columns">
        <section class="panel"><Trend title="Confidence" points={points} kind="confidence" /></section>
        <section class="panel"><Trend title="Novelty" points={points} kind="novelty" /></section>
        <section class="panel"><Trend title="RMS" points={points} kind="rms" /></section>
        <section class="panel"><Trend title="Kurtosis" points={points} kind="kurtosis" /></section>
      </div>
    </>
  );
}

function Changes({ changes }) {
  if (!changes.length) return <p class="small">Its condition has not changed in this time.</p>;
  return (
    <div>
      <p class="eyebrow">Changes</p>
      <ol class="changes">
        {changes.slice(-5).reverse().map(({ at, to, tone, confidence }) => (
          <li key={at}><span class={`pill ${tone}`}>{to}</span> {moment(at)}, {percent(confidence)}</li>
        ))}
      </ol>
      {changes.length > 5 && <p class="small">and {number(changes.length - 5)} before</p>}
    </div>
  );
}

/** Return where the condition became another. */
function turns(points) {
  return points
    .filter((point, n) => n && point.class_id !== points[n - 1].class_id)
    .map((point) => ({ at: point.timestamp, to: point.class_name, tone: standing(point).tone, confidence: point.confidence }));
}

/** Return the diagnoses of a machine, oldest first, page by page. */
async function readHistory(assetId, days, signal) {
  const from = days ? new Date(Date.now() - Number(days) * 86_400_000).toISOString() : null;
  const points = [];
  let next = null;
  for (let page = 0; page < PAGES; page++) {
    const query = { from, next };
    const answer = await requestJson(`assets/${encodeURIComponent(assetId)}/history`, { query, signal });
    points.push(...answer.diagnoses);
    next = answer.next;
    if (!next) break;
  }
  return points.sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
}
