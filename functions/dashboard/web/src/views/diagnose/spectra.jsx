/** The amplitude spectrum of the signal, and that of its envelope. */

import { useMemo, useState } from "preact/hooks";

import { quantity } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { isOfBearing } from "../../machine/evidence.js";
import { evidenceMarks, shaftMarks } from "../../machine/marks.js";
import { Choice, Quantity, Switch } from "../../parts/fields.jsx";
import { usualBand } from "../../signal/envelope.js";
import { segmentSizes, usualSegment } from "../../signal/spectrum.js";
import { ChartPanel, useReadout } from "../../charts/panel.jsx";
import { EvidenceTable, Legend } from "./evidence.jsx";
import { Lines } from "./lines.jsx";
import { SpectrumChart } from "./spectrum_chart.jsx";

const REACHES = [["low", "Low orders"], ["all", "All"]];
const LOW_HZ = 500;
const SCALES = [["linear", "Linear"], ["log", "Log"]];
const ENVELOPES = [["whitened", "Whitened"], ["band", "Of a band"]];
// So many harmonics decide, and are shown first.
const DECIDING = 4;
const NO_LINES = [];

/** The panel of the amplitude spectrum; with a shaft speed and no bearing the evidence is read in it. */
export function Spectrum({ recording, signal, rateHz, unit, answer }) {
  const { analysis, options, change } = recording;
  const [size, setSize] = useSegment(signal, rateHz);
  const [scale, setScale] = useState("linear");
  const [reach, setReach] = useState("low");
  const [place, show] = useReadout();
  const spectrum = useAnswer(() => analysis.spectrum(rateHz, size), [signal, rateHz, size]);
  const lines = useLines(answer, (line) => !isOfBearing(line));
  const shaftHz = usedHz(answer, options);
  const isRolling = Boolean(answer?.evidence?.some(isOfBearing));
  const marks = useMemo(
    () => (lines.length ? evidenceMarks(lines, { points: false }) : shaftMarks(shaftHz, isRolling)), [lines, shaftHz, isRolling],
  );
  const toHz = Math.min(rateHz / 2, reach === "all" ? Infinity : shaftHz ? 10 * shaftHz : LOW_HZ);
  return (
    <ChartPanel
      title="Amplitude spectrum" readout={place}
      controls={
        <>
          <Switch label="Frequencies shown" value={reach} options={REACHES} onChange={setReach} />
          <Switch label="Scale" value={scale} options={SCALES} onChange={setScale} />
          <Resolution {...{ signal, rateHz, size, setSize }} />
        </>
      }
    >
      <SpectrumChart {...{ spectrum, marks, scale, unit, show, rateHz, toHz }} name="Amplitude spectrum" />
      {lines.length > 0 && <EvidenceTable answer={answer} lines={lines} />}
      <Lines spectrum={spectrum.value} unit={unit} shaftHz={shaftHz} setShaftHz={(hz) => change({ shaftHz: hz })} />
    </ChartPanel>
  );
}

/** The panel of the envelope spectrum; with a bearing the evidence is read in the whitened one. */
export function EnvelopeSpectrum({ recording, signal, rateHz, unit, answer }) {
  const { analysis, options } = recording;
  const [size] = useSegment(signal, rateHz);
  const [band, setBand] = useBand(rateHz);
  const [chosenKind, setKind] = useState(null);
  const [place, show] = useReadout();
  const lines = useLines(answer, isOfBearing);
  const kind = chosenKind ?? (lines.length ? "whitened" : "band");
  const isWhitened = kind === "whitened";
  const shaftHz = usedHz(answer, options);
  const reachHz = lines.length ? reachOf(lines, DECIDING) : shaftHz ? 14 * shaftHz : LOW_HZ;
  const mostHz = lines.length ? reachOf(lines, Infinity) : reachHz;
  const [shown, toggle] = useShown(lines);
  const spectrum = useAnswer(
    () => (isWhitened ? analysis.whitened(rateHz, mostHz) : analysis.envelope(rateHz, band, size)),
    [signal, rateHz, kind, ...(isWhitened ? [mostHz] : [size, band.lowHz, band.highHz])],
  );
  const marks = useMemo(() => [
    ...shaftMarks(shaftHz, true),
    ...evidenceMarks(lines.filter(({ name }) => shown.includes(name)), { points: isWhitened }),
  ], [shaftHz, lines, shown, isWhitened]);
  const look = isWhitened ? { unit: "dB", quantity: "Above the floor", scale: "level" } : { unit, scale: "linear" };
  return (
    <ChartPanel
      title="Envelope spectrum" readout={place}
      controls={
        <>
          <Switch label="Envelope" value={kind} options={ENVELOPES} onChange={setKind} />
          {!isWhitened && <Band band={band} setBand={setBand} rateHz={rateHz} />}
        </>
      }
    >
      <SpectrumChart {...{ spectrum, marks, show, rateHz, ...look }} toHz={Math.min(rateHz / 2, reachHz)} name="Envelope spectrum" />
      {lines.length > 0 && <Legend {...{ lines, shown, toggle }} />}
      {lines.length > 0 && <EvidenceTable answer={answer} lines={lines} />}
    </ChartPanel>
  );
}

function Band({ band, setBand, rateHz }) {
  return (
    <>
      <Quantity label="Band from" unit="Hz" value={band.lowHz} min={-1} max={band.highHz} onChange={(lowHz) => setBand({ ...band, lowHz })} />
      <Quantity label="to" unit="Hz" value={band.highHz} min={band.lowHz} max={rateHz / 2} onChange={(highHz) => setBand({ ...band, highHz })} />
    </>
  );
}

/** The speed at which the lines were read, else the stated one. */
function usedHz(answer, { shaftHz }) {
  return answer?.shaft_speed_used_rpm ? answer.shaft_speed_used_rpm / 60 : shaftHz;
}

function useLines(answer, belongs) {
  return useMemo(() => {
    const lines = (answer?.evidence ?? []).filter(belongs);
    return lines.length ? lines : NO_LINES;
  }, [answer]);
}

/** Up to where so many harmonics of every line reach. */
function reachOf(lines, harmonics) {
  const ends = lines.map(({ frequency_hz: hz, harmonics: listed }) => hz * listed.slice(0, harmonics).at(-1).n);
  return 1.06 * Math.max(...ends);
}

/** The lines that are marked: those that are visible, or all where none is; the user chooses others. */
function useShown(lines) {
  const [chosen, setChosen] = useState({ lines: null, names: [] });
  const usual = useMemo(() => {
    const visible = lines.filter(({ supports }) => supports);
    return (visible.length ? visible : lines).map(({ name }) => name);
  }, [lines]);
  const names = chosen.lines === lines ? chosen.names : usual;
  const toggle = (name) => setChosen({ lines, names: names.includes(name) ? names.filter((one) => one !== name) : [...names, name] });
  return [names, toggle];
}

function Resolution({ signal, rateHz, size, setSize }) {
  const options = segmentSizes(signal.samples.length).map((one) => [one, quantity(rateHz / one, "Hz", 2)]);
  return <Choice label="Resolution" value={size} options={options} onChange={(text) => setSize(Number(text))} />;
}

/** The segment that is chosen, else the usual one; another recording begins anew. */
function useSegment(signal, rateHz) {
  const [chosen, setChosen] = useState({});
  const length = signal.samples.length;
  const size = chosen.length === length ? chosen.size : usualSegment(length, rateHz);
  return [size, (next) => setChosen({ length, size: next })];
}

function useBand(rateHz) {
  const [chosen, setChosen] = useState({});
  const band = useMemo(() => usualBand(rateHz), [rateHz]);
  return [chosen.rateHz === rateHz ? chosen.band : band, (next) => setChosen({ rateHz, band: next })];
}
