/** The view Models: the models of this service, their classes, and their measurements. */

import { count } from "../../format.js";
import { Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { ModelCard } from "./card.jsx";

/** The view. */
export function Models({ models, keyRound, askKey }) {
  const { state, value, error, again } = models;
  return (
    <div class="page">
      <header class="page-head">
        <h1>Models</h1>
        <p class="small">{value ? count(value.models.length, "model package") : " "}</p>
      </header>
      {state === "failed" && <Failure error={error} again={again} askKey={askKey} />}
      {!value && state !== "failed" && <Waiting height={520} label="Loading the models" />}
      {value?.unavailable.map((name) => (
        <Notice key={name} kind="error" title={`${name} cannot be used`}><p>Its manifest is broken.</p></Notice>
      ))}
      {value && !value.models.length && <Notice title="No model is installed here" />}
      {value?.models.map((model) => <ModelCard key={model.name} model={model} keyRound={keyRound} />)}
    </div>
  );
}
