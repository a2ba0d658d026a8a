/** One model package. */

import { useState } from "preact/hooks";

import { requestJson } from "../../api.js";
import { bytes, count, number, percent, quantity } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { Choice, Figures } from "../../parts/fields.jsx";
import { Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { Scroll } from "../../parts/scroll.jsx";
import { Gates } from "./gates.jsx";
import { Confusion, Reliability, Robustness, Tried } from "./proof.jsx";

/** The card of a model; another version than the newest is asked for when it is chosen. */
export function ModelCard({ model: newest, keyRound }) {
  const [version, setVersion] = useState(newest.version);
  const isNewest = version === newest.version;
  const path = `models/${encodeURIComponent(newest.name)}`;
  const other = useAnswer(
    !isNewest && ((signal) => requestJson(path, { query: { version }, signal })), [version, isNewest, keyRound],
  );
  const proof = useAnswer((signal) => requestJson(`${path}/proof`, { query: { version }, signal }), [version, keyRound]);
  const model = isNewest ? newest : other.value;
  return (
    <article class="panel model" aria-labelledby={`model-${newest.name}`}>
      <header class="panel-head">
        <h2 id={`model-${newest.name}`}>{newest.title}</h2>
        {newest.is_default && <span class="badge">default</span>}
        <code>{newest.name}</code>
        <div class="controls">
          <Choice label="Version" value={version} options={newest.versions.map((one) => [one, one])} onChange={setVersion} />
        </div>
      </header>
      {other.state === "failed" && <Failure error={other.error} again={other.again} />}
      {model ? <Evidence model={model} proof={proof} /> : <Waiting height={420} label="Loading the version" />}
    </article>
  );
}

function Evidence({ model, proof }) {
  const { evidence, input } = model;
  const served = model.variants.some((one) => one.precision === "int8") ? "int8" : model.variants[0].precision;
  const accuracy = evidence.accuracy[served] ?? {};
  return (
    <>
      <Figures
        items={[
          ["Recordings right", percent(accuracy.record)],
          ["Windows right", percent(accuracy.window)],
          ["Same class in int8 and float32", percent(evidence.argmax_agreement)],
          ["int8 against float32", `${number(evidence.latency_ratio_fp32_to_int8)} × as fast`],
          ["A window", quantity(input.window / input.sample_rate_hz, "s"), `${quantity(input.sample_rate_hz, "Hz", 6)}, ${count(input.channels, "channel")}, ${input.unit}`],
        ]}
      />
      <p class="prose">Data: {evidence.data}. Tested on {number(evidence.records)} recordings ({number(evidence.windows)} windows) it had not seen, {evidence.date}, on {evidence.machine}.</p>
      {evidence.limits && <Notice kind="warning" title="Limits"><p class="prose">{evidence.limits}</p></Notice>}
      <div class="columns">
        <Variants model={model} served={served} />
        <Gates evidence={evidence} />
      </div>
      <Proof proof={proof} model={model} />
      <Classes model={model} />
    </>
  );
}

function Variants({ model, served }) {
  return (
    <section>
      <h3>Files</h3>
      <Scroll label="Files">
        <table>
          <thead>
            <tr>
              <th scope="col">Precision</th><th scope="col">Made by</th><th scope="col" class="right">Recordings</th>
              <th scope="col" class="right">Windows</th><th scope="col" class="right">Size</th>
            </tr>
          </thead>
          <tbody>
            {model.variants.map((one) => (
              <tr key={one.precision}>
                <th scope="row">{one.precision} {one.precision === served && <span class="badge">served</span>}</th>
                <td>{one.method}</td>
                <td class="right">{percent(model.evidence.accuracy[one.precision]?.record)}</td>
                <td class="right">{percent(model.evidence.accuracy[one.precision]?.window)}</td>
                <td class="right">{bytes(one.size_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Proof({ proof, model }) {
  if (proof.state === "failed") return <NoProof error={proof.error} />;
  if (!proof.value) return <Waiting height={360} label="Loading the measurements" />;
  return (
    <>
      <div class="columns">
        <Confusion matrix={proof.value.confusion} classes={model.classes} />
        <div class="stack">
          <Reliability reliability={proof.value.reliability} />
          <Robustness proof={proof.value} accuracy={model.evidence.accuracy[proof.value.precision]} />
        </div>
      </div>
      <Tried tried={proof.value.tried} />
    </>
  );
}

function NoProof({ error }) {
  return error.status === 404
    ? <Notice title="No plots here"><p>The measurements behind the card (confusion, reliability, latency of every variant) are not part of this deployment.</p></Notice>
    : <Failure error={error} />;
}

function Classes({ model }) {
  return (
    <details>
      <summary>{model.classes.length} conditions that it distinguishes</summary>
      <ol class="classes" start={0}>
        {model.classes.map(({ id, name }) => <li key={id}>{name} <code>{id}</code></li>)}
      </ol>
    </details>
  );
}
