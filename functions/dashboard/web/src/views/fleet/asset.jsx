/** One machine over time. */

import { useMemo, useState } from "preact/hooks";

import { requestJson } from "../../api.js";
import { count, moment, number, percent, quantity } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { Figures, Switch } from "../../parts/fields.jsx";
import { Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { href } from "../../route.js";
import { className, standing, toneOf, unitOf } from "./standing.js";
import { Trend } from "./trend.jsx";

const RANGES = [["7", "7 days"], ["30", "30 days"], ["365", "1 year"], ["", "All"]];
const PAGE = 1000;
const MOST_CHANGES = 5;

/** The page of a machine. */
export function Asset({ assetId, models, keyRound, askKey, visits }) {
  const [range, setRange] = useState({ days: "", pages: 1 });
  const history = useAnswer((signal) => readHistory(assetId, range, signal), [assetId, range, keyRound, visits]);
  const { state, value, error, again } = history;
  return (
    <div class="page">
      <header class="page-head">
        <a href={href("fleet")} class="back">Fleet</a>
        <h1>{assetId}</h1>
        <div class="controls">
          <Switch label="Time shown" value={range.days} options={RANGES} onChange={(days) => setRange({ days, pages: 1 })} />
          <button type="button" onClick={again}>Refresh</button>
        </div>
      </header>
      {state === "failed" && <Failure error={error} again={again} askKey={askKey} />}
      {!value && state !== "failed" && <Waiting height={640} label="Loading the history" />}
      {value && <Standing {...value} models={models} />}
      {value && (value.points.length ? <Trends {...value} models={models} /> : <Notice title="Nothing in this time" />)}
      {value?.isCut && (
        <p class="more">
          <span class="small">The newest {count(value.points.length, "diagnosis", "diagnoses")} are shown.</span>
          <button type="button" onClick={() => setRange({ ...range, pages: range.pages + 1 })}>Show older ones</button>
        </p>
      )}
    </div>
  );
}

/** The machine's present state and its changes, in a panel. */
function Standing({ asset, points, models }) {
  const { tone, words } = standing(asset);
  const changes = useMemo(() => turns(points), [points]);
  const last = points.at(-1);
  return (
    <section class={`panel verdict slim ${tone}`} aria-label="Condition">
      <div class="verdict-text">
        <p class="eyebrow">{asset.since ? `${SAID[asset.state]} since ${moment(asset.since)}` : SAID[asset.state]}</p>
        <h2 class="verdict-class">{className(models, asset.class_id ?? asset.newest_class_id)}</h2>
        <p class="small">{asset.class_id ? `What most of its newest diagnoses say: ${words}.` : "The newest diagnosis; too few agree to settle it."}</p>
      </div>
      <Figures
        items={[
          ["Diagnoses", number(asset.diagnoses)],
          ["Newest", moment(asset.newest_at)],
          ["Newest diagnosis", className(models, asset.newest_class_id), last && `${percent(last.confidence)} confidence${doubt(last)}`],
          ["RMS", quantity(asset.rms, unitOf(models, last?.model))],
          ...(asset.severity_zone ? [["Severity", `Zone ${asset.severity_zone}`, "of ISO 20816-3"]] : []),
        ]}
      />
      <Changes changes={changes} />
    </section>
  );
}

const SAID = { fault: "Fault", healthy: "Healthy", unknown: "Not settled yet" };

function Changes({ changes }) {
  if (!changes.length) return <p class="small">Its diagnosis has not changed in this time.</p>;
  return (
    <div>
      <p class="eyebrow">Changes of the diagnosis</p>
      <ol class="changes">
        {changes.slice(-MOST_CHANGES).reverse().map(({ at, to, tone, confidence, doubt }) => (
          <li key={at}><span class={`pill ${tone}`}>{to}</span> {moment(at)}, {percent(confidence)}{doubt}</li>
        ))}
      </ol>
      {changes.length > MOST_CHANGES && <p class="small">and {number(changes.length - MOST_CHANGES)} before</p>}
    </div>
  );
}

function Trends({ asset, points, models }) {
  const marks = useMemo(() => turnMarks(asset), [asset]);
  const unit = unitOf(models, points.at(-1).model);
  const shared = { points, marks, unit };
  return (
    <>
      <section class="panel"><Trend title="Condition" kind="class" {...shared} /></section>
      <div class="columns">
        <section class="panel"><Trend title="RMS" kind="rms" {...shared} /></section>
        {points.some((one) => one.velocity_rms_mm_s != null) && (
          <section class="panel"><Trend title="Velocity, 10 to 1,000 Hz" kind="velocity" {...shared} /></section>
        )}
        <section class="panel"><Trend title="Kurtosis" kind="kurtosis" {...shared} /></section>
        <section class="panel"><Trend title="Crest factor" kind="crest" {...shared} /></section>
        <section class="panel"><Trend title="Confidence" kind="confidence" {...shared} /></section>
        <section class="panel"><Trend title="Novelty" kind="novelty" {...shared} /></section>
      </div>
    </>
  );
}

/** Return the mark of the recording that settled the machine's state: where it was alerted, or recovered. */
function turnMarks({ state, since }) {
  if (!since) return [];
  return [{ label: state === "fault" ? "fault" : "healthy", at: Date.parse(since) / 1000, tone: standing({ state }).tone }];
}

/** Return the reason why a diagnosis is doubtful, as the end of a sentence. */
function doubt({ in_distribution: isFamiliar }) {
  return isFamiliar === false ? ", unlike the training data" : "";
}

/** Return where the diagnosis became another. */
function turns(points) {
  return points
    .filter((point, n) => n && point.class_id !== points[n - 1].class_id)
    .map((point) => ({ at: point.time, to: point.class_name, tone: toneOf(point), confidence: point.confidence, doubt: doubt(point) }));
}

/** Return the machine and its diagnoses, oldest first: the newest pages of them; `isCut` where there are older ones. */
async function readHistory(assetId, { days, pages }, signal) {
  const from = days ? new Date(Date.now() - Number(days) * 86_400_000).toISOString() : null;
  const path = `assets/${encodeURIComponent(assetId)}/history`;
  const points = [];
  let [asset, cursor] = [null, null];
  for (let page = 0; page < pages && (!page || cursor); page++) {
    const answer = await requestJson(path, { query: { from, limit: PAGE, cursor }, signal });
    points.push(...answer.history);
    [asset, cursor] = [answer.asset, answer.next_cursor];
  }
  return { asset, points: points.reverse(), isCut: Boolean(cursor) };
}
