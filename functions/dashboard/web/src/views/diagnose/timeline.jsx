/** The diagnoses of a long recording's windows, one after the other. */

import { CLASS_COLORS } from "../../charts/palette.js";
import { count, number, percent, quantity } from "../../format.js";
import { Notice, Waiting } from "../../parts/notice.jsx";

/** The panel; each window is a bar as high as its confidence. */
export function Timeline({ windows, model }) {
  const { value, state, error } = windows;
  return (
    <section class="panel" aria-labelledby="timeline">
      <header class="panel-head"><h2 id="timeline">Windows over time</h2><p class="small">{value && summary(value)}</p></header>
      {state === "failed" && <Notice kind="warning" title="The windows could not be diagnosed one by one"><p>{error.message}</p></Notice>}
      {value && <Strip windows={value} model={model} />}
      {!value && state !== "failed" && <Waiting height={118} label="Diagnosing the windows" />}
    </section>
  );
}

function Strip({ windows, model }) {
  const end = Math.max(...windows.map((one) => one.startS + one.lengthS));
  const tone = (id) => Math.max(0, model.classes.findIndex((one) => one.id === id)) % CLASS_COLORS;
  const present = [...new Map(windows.map((one) => [one.classId, one.className]))];
  return (
    <>
      <svg class="strip" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={summary(windows)}>
        {windows.map((one) => (
          <rect
            key={one.startS} class={`class-${tone(one.classId)} ${one.isFamiliar === false ? "strange" : ""}`}
            x={(1000 * one.startS) / end + 0.6} width={Math.max(0.5, (1000 * one.lengthS) / end - 1.2)}
            y={100 * (1 - one.confidence)} height={100 * one.confidence}
          >
            <title>{tip(one)}</title>
          </rect>
        ))}
      </svg>
      <div class="strip-axis small" aria-hidden="true"><span>{quantity(0, "s")}</span><span>{quantity(end, "s")}</span></div>
      <ul class="legend">
        {present.map(([id, name]) => <li key={id}><span class={`swatch class-${tone(id)}`} />{name}</li>)}
        {windows.some((one) => one.isFamiliar === false) && <li><span class="swatch strange" />pale: unlike the training data</li>}
      </ul>
    </>
  );
}

function tip({ startS, lengthS, className, confidence, isFamiliar }) {
  const doubt = isFamiliar === false ? ", unlike the training data" : "";
  return `${number(startS)}–${number(startS + lengthS)} s: ${className}, ${percent(confidence)}${doubt}`;
}

function summary(windows) {
  const counts = new Map();
  for (const { className } of windows) counts.set(className, (counts.get(className) ?? 0) + 1);
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([name, many]) => `${many} ${name.toLowerCase()}`);
  return `${count(windows.length, "window")}: ${parts.join(", ")}. A bar is as high as its confidence.`;
}
