/** The view Diagnose: a recording, its charts, and its diagnosis. */

import { useEffect, useState } from "preact/hooks";

import { UnreadError } from "../../analysis/client.js";
import { servedTypeOf } from "../../formats/kinds.js";
// The service's tolerance: rates that differ less are the same rate, rounded.
import { rate_tolerance as RATE_TOLERANCE } from "../../formats/variables.json";
import { quantity, modelUnit, servedUnit, shownUnit } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { answeringModel, machineQuery, windowQuery } from "../../machine/operation.js";
import { Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { EnvelopeSpectrum, Spectrum } from "./spectra.jsx";
import { AskedChannels } from "./channels.jsx";
import { diagnose, diagnoseWindows, windowLength } from "./diagnosis.js";
import { fileSource } from "./examples.js";
import { FileBar, Intake } from "./intake.jsx";
import { useRecording } from "./recording.js";
import { Settings, UnreadSettings } from "./settings.jsx";
import { Spectrogram } from "./spectrogram.jsx";
import { Timeline } from "./timeline.jsx";
import { Unread } from "./unread.jsx";
import { Verdict } from "./verdict.jsx";
import { Waveform } from "./waveform.jsx";

/** The view. */
export function Diagnose({ models, keyRound, askKey, shown }) {
  const recording = useRecording();
  const dragged = useDrop((file) => recording.open(fileSource(file)), shown);
  if (!recording.source) return <Intake open={recording.open} dragged={dragged} />;
  return <Workbench {...{ recording, models, keyRound, askKey, dragged }} />;
}

function Workbench({ recording, models, keyRound, askKey, dragged }) {
  const { header, signal, options, file, unitOfFile } = recording;
  const model = answeringModel(models.value?.models, options);
  const ofFile = header?.channels[recording.channel]?.rateHz ?? header?.rateHz ?? null;
  const rateHz = options.rateHz ?? ofFile ?? model?.input.sample_rate_hz ?? null;
  // The last channel stays while another one is read, so that nothing jumps.
  const ready = header && rateHz && recording.channel !== null ? signal.value : null;
  const isLeft = file.error instanceof UnreadError && servedTypeOf(file.error.kind);
  // An assumed rate is not sent: the service assumes the same, and its answer reports that.
  const statedHz = options.rateHz ?? ofFile;
  const contradiction = contradictionOf(recording, ofFile);
  // As the command line does: the file's unit, where none is given.
  const stated = { ...options, unit: options.unit || servedUnit(unitOfFile) || "" };
  const isUnreadable = file.state === "failed" || signal.state === "failed";
  const shared = { recording, signal: ready, rateHz, statedHz, ofFile, stated, contradiction, model, unit: stated.unit || unitOfFile || modelUnit(model) };
  return (
    <div class={`workbench ${dragged ? "dragged" : ""}`}>
      <aside class="sidebar" aria-label="Recording and machine">
        <FileBar recording={recording} />
        {header && <Settings {...{ recording, models, model, rateHz, ofFile, unit: stated.unit }} />}
        {isLeft && <UnreadSettings recording={recording} models={models} model={model} />}
      </aside>
      <div class="results" aria-busy={!(ready || isLeft || isUnreadable || (header && recording.channel === null))}>
        <Body {...shared} isLeft={isLeft} models={models} keyRound={keyRound} askKey={askKey} />
      </div>
    </div>
  );
}

function Body({ isLeft, ...shared }) {
  const { file, header, signal, channel } = shared.recording;
  if (isLeft) return <Unread {...shared} />;
  if (file.state === "failed" || signal.state === "failed") return <Unreadable error={file.error ?? signal.error} />;
  if (shared.contradiction) return <Contradicted {...shared.contradiction} change={shared.recording.change} />;
  if (header && channel === null) return <AskedChannels {...shared} />;
  return <Results {...shared} />;
}

function Unreadable({ error }) {
  return (
    <Notice kind="error" title="This file cannot be read">
      <p>{error.message}</p>
    </Notice>
  );
}

function Results(shared) {
  const { recording, signal, rateHz, statedHz, ofFile, stated, model, models, keyRound, askKey } = shared;
  const name = recording.options.model;
  const usable = signal?.usable ? signal : null;
  const machine = machineQuery(stated, model);
  const depends = [usable, rateHz, statedHz, name, JSON.stringify(machine), keyRound];
  const verdict = useAnswer(
    usable && ((abort) => diagnose(usable.samples, statedHz, { model: name, machine, signal: abort })), depends,
  );
  // A recording too long for one request can still be diagnosed window by window.
  const answered = verdict.state === "done" || verdict.error?.status === 413;
  const several = usable && model && answered && usable.samples.length >= 2 * windowLength(rateHz, model.input);
  const windows = useAnswer(
    several && ((abort) => diagnoseWindows(usable.samples, rateHz, model.input, {
      model: name, machine: windowQuery(stated, model), signal: abort,
    })),
    [...depends, several],
  );
  if (!rateHz && recording.header && models.state === "failed") return <Failure error={models.error} again={models.again} askKey={askKey} />;
  if (!rateHz && recording.header && models.value) return <AsksRate />;
  return (
    <>
      {signal && !usable && <Unusable />}
      {signal && statedHz === null && <Assumed rateHz={rateHz} />}
      {verdict.state === "failed"
        ? <Failure error={verdict.error} again={verdict.again} askKey={askKey} />
        : <Verdict verdict={verdict} model={model} recording={recording} ofFile={ofFile} />}
      {(several || windows.value) && <Timeline windows={windows} model={model} />}
      {usable ? <Charts {...shared} answer={verdict.value} /> : <Waiting height={900} label="Reading the recording" />}
    </>
  );
}

function Charts(shared) {
  return (
    <>
      <Waveform {...shared} />
      <Spectrum {...shared} />
      <EnvelopeSpectrum {...shared} />
      <Spectrogram {...shared} />
    </>
  );
}

function Assumed({ rateHz }) {
  return (
    <Notice kind="warning" title={`Sample rate assumed: ${quantity(rateHz, "Hz", 6)}`}>
      <p>The file does not state its rate, so the model's own is taken. Another rate gives another diagnosis: give it beside.</p>
    </Notice>
  );
}

/** Return in what a file and an option differ, in place of the service's refusal where it reads the file itself. */
function contradictionOf({ header, channel, options }, ofFileHz) {
  const { rateHz, unit } = options;
  if (rateHz && ofFileHz && Math.abs(rateHz / ofFileHz - 1) > RATE_TOLERANCE) {
    return { what: "rate", ofFile: quantity(ofFileHz, "Hz", 6), given: quantity(rateHz, "Hz", 6), taken: { rateHz: null } };
  }
  const asked = channel === null ? (header?.channels ?? []) : [header?.channels[channel]];
  const other = asked.map((one) => servedUnit(one?.unit)).find((known) => unit && known && known !== unit);
  return other ? { what: "unit", ofFile: shownUnit(other), given: shownUnit(unit), taken: { unit: "" } } : null;
}

function Contradicted({ what, ofFile, given, taken, change }) {
  return (
    <Notice
      kind="error" title={`Which ${what} is right?`}
      action={<button type="button" class="primary" onClick={() => change(taken)}>Take the file's</button>}
    >
      <p>The file states {ofFile}, and {given} is given beside. Take one of them, or correct the file.</p>
    </Notice>
  );
}

function AsksRate() {
  return (
    <Notice kind="warning" title="At which rate was it sampled?">
      <p>The file does not say, and no model is known here that would. Give the sampling rate beside.</p>
    </Notice>
  );
}

function Unusable() {
  return (
    <Notice kind="error" title="The signal has holes">
      <p>Some of its samples are no numbers (NaN or infinity). Fill or cut them, then open the file again.</p>
    </Notice>
  );
}

/** Take files that are dropped anywhere on the page; returns whether one hovers over it. */
function useDrop(open, active) {
  const [dragged, setDragged] = useState(false);
  useEffect(() => {
    if (!active) return undefined;
    const over = (event) => {
      event.preventDefault();
      setDragged(true);
    };
    const leave = (event) => !event.relatedTarget && setDragged(false);
    const drop = (event) => {
      event.preventDefault();
      setDragged(false);
      if (event.dataTransfer.files.length) open(event.dataTransfer.files[0]);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, [active]);
  return dragged;
}
