/** Whether the service is well: health, rates, latencies, what it diagnoses; and what a load costs. */

import { health, requestJson } from "../../api.js";
import { duration, moment, number, percent, quantity, words } from "../../format.js";
import { useAnswer, useEvery, useLast, useVisits } from "../../hooks.js";
import { Bar, Figures } from "../../parts/fields.jsx";
import { Absent, Failure, Waiting } from "../../parts/notice.jsx";
import { Plans } from "./plan.jsx";
import { Rate } from "./rate.jsx";

const REFRESH_S = 5;

/** The view; it asks anew every five seconds while it is looked at. */
export function Service({ surroundings, keyRound, askKey, shown }) {
  const visits = useVisits(shown);
  const state = useAnswer(health, [keyRound, visits]);
  const metrics = useAnswer((signal) => requestJson("metrics.json", { signal }), [keyRound, visits]);
  const plans = useAnswer((signal) => requestJson("dashboard/plans.json", { signal }), []);
  const counted = useLast(metrics);
  const isAbsent = metrics.error?.isAbsent;
  useEvery(shown ? REFRESH_S : 0, () => {
    state.again();
    if (!isAbsent) metrics.again();
  });
  return (
    <div class="page">
      <header class="page-head"><h1>Service</h1><p class="small">Asked again every {REFRESH_S} seconds.</p></header>
      <Health health={state} askKey={askKey} />
      {isAbsent && <Elsewhere url={surroundings.value?.metrics_url} />}
      {metrics.error && !isAbsent && <Failure error={metrics.error} again={metrics.again} askKey={askKey} />}
      {counted && <Metrics metrics={counted} />}
      {!counted && metrics.state === "asking" && <Waiting height={420} label="Loading the metrics" />}
      {plans.value && <Plans plans={plans.value} />}
    </div>
  );
}

function Health({ health: { value, error, again }, askKey }) {
  if (error) return <Failure error={error} again={again} askKey={askKey} />;
  if (!value) return <Waiting height={150} label="Asking for the health" />;
  const isWell = value.status === "healthy";
  return (
    <section class={`panel verdict slim ${isWell ? "good" : "bad"}`} aria-label="Health">
      <div class="verdict-text">
        <p class="eyebrow">Health</p>
        <h2 class="verdict-class">{isWell ? "Healthy" : "No model can serve"}</h2>
      </div>
      <Figures
        items={[
          ["Version", value.version],
          ["Default model", value.model ? `${value.model.name} ${value.model.version}` : "–", value.model?.precision],
          ["Runs on", value.device],
          ["Its time", moment(value.timestamp)],
        ]}
      />
    </section>
  );
}

/** A link to the metrics of a service that keeps none itself. */
function Elsewhere({ url }) {
  // Only https, since a link with another scheme could run a script.
  if (!String(url).startsWith("https://")) return <NoMetrics />;
  return (
    <section class="panel elsewhere" aria-labelledby="elsewhere">
      <h2 id="elsewhere">Metrics</h2>
      <p>Requests, latency percentiles, errors, diagnoses by condition and the alarms of this stage are on its dashboard in CloudWatch.</p>
      <p><a class="button primary" href={url} target="_blank" rel="noreferrer">Open in CloudWatch</a></p>
    </section>
  );
}

function NoMetrics() {
  return (
    <Absent title="No metrics at this address">
      <p>
        This service does not offer <code>metrics.json</code>, so rates, latencies and errors cannot be shown here. On AWS
        they are in CloudWatch: the stage's dashboard and alarms have them. The container variant has them at <code>/metrics</code>.
      </p>
    </Absent>
  );
}

/** Figures since the service started; docs/dashboard.md lists what `metrics` holds. */
function Metrics({ metrics }) {
  const { requests, errors, uptime_s: uptime } = metrics;
  const failed = errors["4xx"] + errors["5xx"];
  return (
    <>
      <section class="panel" aria-labelledby="requests">
        <header class="panel-head"><h2 id="requests">Requests</h2><p class="small">since the start {duration(uptime * 1000)} ago</p></header>
        <Figures
          items={[
            ["Requests", number(requests.total)],
            ["Refused (4xx)", number(errors["4xx"]), share(errors["4xx"], requests.total)],
            ["of these too many (429)", number(errors["429"])],
            ["Failed (5xx)", number(errors["5xx"]), share(errors["5xx"], requests.total)],
            ["Answered well", percent(requests.total ? 1 - failed / requests.total : null)],
          ]}
        />
        <Rate metrics={metrics} />
      </section>
      <div class="columns">
        <Latency whole={metrics.latency_ms} engine={metrics.inference_ms} />
        <Inferences inferences={metrics.inferences} novel={metrics.novel} />
      </div>
    </>
  );
}

function Latency({ whole, engine }) {
  // Null before the first request.
  const entries = Object.entries(whole).filter(([, ms]) => ms !== null);
  const most = Math.max(...entries.map(([, ms]) => ms), Number.MIN_VALUE);
  return (
    <section class="panel" aria-labelledby="latency">
      <header class="panel-head"><h2 id="latency">Latency</h2></header>
      {entries.length ? (
        <table class="probabilities">
          <tbody>
            {entries.map(([name, ms]) => (
              <tr key={name}>
                <th scope="row">{name.replace(/^p(\d+)$/, "$1 % within")}</th>
                <td class="wide"><Bar share={ms / most} /></td><td class="right">{duration(ms)}</td>
                <td class="right small one-line">{engine[name] === null ? "" : `model ${duration(engine[name])}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : <p class="small">No request yet.</p>}
    </section>
  );
}

function Inferences({ inferences, novel }) {
  const entries = Object.entries(inferences).sort((a, b) => b[1] - a[1]);
  const total = entries.reduce((sum, [, many]) => sum + many, 0);
  return (
    <section class="panel" aria-labelledby="inferences">
      <header class="panel-head">
        <h2 id="inferences">Diagnoses by condition</h2>
        {total > 0 && <p class="small">{number(novel)} unlike the training data</p>}
      </header>
      {total ? (
        <table class="probabilities">
          <tbody>
            {entries.map(([id, many]) => (
              <tr key={id}>
                <th scope="row">{words(id)}</th><td class="wide"><Bar share={many / total} /></td><td class="right">{number(many)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : <p class="small">No diagnosis yet.</p>}
    </section>
  );
}

function share(part, total) {
  return part && total ? `(${quantity((100 * part) / total, "%", 2)})` : undefined;
}
