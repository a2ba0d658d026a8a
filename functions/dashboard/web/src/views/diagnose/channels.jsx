/** The diagnoses of several channels side by side, each with a button that opens it. */

import { count, number, percent, quantity, shownUnit } from "../../format.js";
import { servedTypeOf } from "../../formats/kinds.js";
import { useAnswer } from "../../hooks.js";
import { faultName, highestLevel } from "../../machine/evidence.js";
import { machineQuery } from "../../machine/operation.js";
import { Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { Scroll } from "../../parts/scroll.jsx";
import { channelQuery, diagnoseChannels, diagnoseFile } from "./diagnosis.js";
import { Settled } from "./trust.jsx";

/** Diagnose all channels of a recording that is read here, and ask which one to look at. */
export function AskedChannels({ recording, stated, model, statedHz, rateHz, keyRound, askKey }) {
  const { source, header, factor, analysis, options, change } = recording;
  const { channels } = header;
  // Variables of a MATLAB file may differ in length or rate, and then do not fit into one array.
  const isOneArray = channels.every(({ length, rateHz: own }) => length === channels[0].length && own === channels[0].rateHz);
  // An array has one unit: a file with several is read by the service, if it can.
  const isOfUnits = !stated.unit && new Set(channels.map(({ unit }) => unit)).size > 1;
  const served = isOfUnits ? servedTypeOf(header.kind) : undefined;
  const isEven = isOneArray && (!isOfUnits || Boolean(served));
  const machine = { ...machineQuery(stated, model), ...channelQuery(model) };
  const answer = useAnswer(isEven && rateHz && (async (abort) => {
    const query = { sample_rate_hz: options.rateHz, model: options.model, ...machine };
    if (served) return diagnoseFile(await source.read(), served, query, abort);
    const { samples } = await analysis.all(factor);
    return diagnoseChannels(samples, channels.length, statedHz, { model: options.model, machine, signal: abort });
  }), [header, factor, statedHz, options.model, JSON.stringify(machine), keyRound]);
  const names = channels.map(({ name }) => name);
  const unusable = answer.value?.unusable ?? [];
  const usable = [...channels.keys()].filter((place) => !unusable.some(({ index }) => index === place));
  const isEach = answer.value?.predictions.length === usable.length;
  return (
    <>
      <Notice kind="info" title={`Which of ${count(channels.length, "channel")}?`}>
        <p>{isEven ? "Each is diagnosed by itself. Choose one to see its waveform and spectra." : "They differ in length, rate or unit, and so are not diagnosed side by side. Choose one."}</p>
      </Notice>
      {answer.state === "failed" && <Failure error={answer.error} again={answer.again} askKey={askKey} />}
      {isEven && answer.state !== "failed"
        ? <SideBySide answer={answer.value} {...(isEach && { names: usable.map((place) => names[place]), all: names, look: (row) => change({ channel: usable[row] }) })} />
        : <Buttons names={names} look={(channel) => change({ channel })} />}
    </>
  );
}

/** The columns of the table: title, whether numbers stand there, the content of a diagnosis, and whether it is shown. */
const COLUMNS = [
  ["Diagnosis", false, (one) => <Settled answer={one} />],
  ["Confidence", true, (one) => percent(one.confidence)],
  ["Lines visible", false, (one) => visible(one.evidence), ({ evidence }) => Boolean(evidence)],
  ["RMS", true, ({ recording }) => quantity(recording.rms, shownUnit(recording.unit ?? ""))],
  ["Velocity", true, ({ recording }) => quantity(recording.velocity_rms_mm_s, "mm/s"), ({ recording }) => recording.velocity_rms_mm_s !== null],
  ["Severity", false, ({ recording }) => `Zone ${recording.severity_zone}`, ({ recording }) => recording.severity_zone !== null],
  ["Novelty", true, (one) => number(one.novelty, 2)],
  ["Trust", false, (one) => trust(one)],
];

/**
 * The table of channels; `names` of those that are diagnosed, and of `all`; `look`, if given, is called with the place of
 * one that is diagnosed.
 */
export function SideBySide({ answer, names, all, look }) {
  if (!answer) return <Waiting height={200} label="Asking for a diagnosis of each channel" />;
  const columns = COLUMNS.filter(([, , , isShown]) => !isShown || answer.predictions.some(isShown));
  const isWorst = (place) => place === answer.worst.index && answer.batch_size > 1;
  return (
    <section class="panel" aria-labelledby="channels">
      <h2 id="channels">Channels, side by side</h2>
      <Scroll label="Channels, side by side">
        <table>
          <thead>
            <tr>
              <th scope="col">Channel</th>
              {look && <th scope="col"><span class="hidden">Look</span></th>}
              {columns.map(([title, isNumber]) => <th key={title} scope="col" class={isNumber ? "right" : ""}>{title}</th>)}
            </tr>
          </thead>
          <tbody>
            {answer.predictions.map((one, place) => (
              <tr key={place} class={isWorst(place) ? "first" : ""}>
                <th scope="row">{names?.[place] ?? answer.channels[place]}{isWorst(place) && <span class="small"> (worst)</span>}</th>
                {look && <td><button type="button" class="small-button" onClick={() => look(place)}>Look at it</button></td>}
                {columns.map(([title, isNumber, content]) => <td key={title} class={isNumber ? "right" : ""}>{content(one)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {(answer.unusable ?? []).map(({ index, channel, error }) => (
        <p key={index} class="small"><b>{all?.[index] ?? channel}</b> is not diagnosed: {error}</p>
      ))}
      <p class="small">{basis(answer.predictions[0])}</p>
    </section>
  );
}

function Buttons({ names, look }) {
  return (
    <div class="buttons">
      {names.map((name, place) => <button key={place} type="button" onClick={() => look(place)}>{name}</button>)}
    </div>
  );
}

function visible(evidence) {
  const lines = (evidence ?? []).filter(({ supports }) => supports);
  return lines.map((line) => `${line.name} ${quantity(highestLevel(line), "dB")}: ${faultName(line.supports)}`).join("; ") || "None";
}

function trust({ clipped, in_distribution: isFamiliar, evidence_agrees: agrees, evidence_note: note }) {
  if (clipped) return "Do not trust: cut off at the sensor's range";
  if (agrees === false) return note ? "By its lines, which the model contradicts" : "Do not trust: lines contradict it";
  if (isFamiliar === false) return "Do not trust: unlike the training data";
  if (agrees) return "Lines agree";
  return isFamiliar === null ? "Not measured" : "Like the training data";
}

/** Return a text that holds for all channels: the model, the rate, the speed and conditions that were used. */
function basis({ model, recording, shaft_speed_used_rpm: rpm, conditions }) {
  const rate = `Sample rate ${recording.sample_rate_source === "assumed" ? "assumed: " : ""}${quantity(recording.sample_rate_hz, "Hz", 6)}.`;
  const own = Object.entries(conditions ?? {}).filter(([name]) => name !== "shaft_speed_rpm" && !name.endsWith("_order"));
  return [
    `Answered by ${model.name} version ${model.version}.`, rate,
    ...(rpm === undefined ? [] : [`Lines read at ${number(rpm, 6)} rpm.`]),
    ...own.map(([name, value]) => `${name} ${number(value)}.`),
    ...(recording.note ? [recording.note] : []),
  ].join(" ");
}
