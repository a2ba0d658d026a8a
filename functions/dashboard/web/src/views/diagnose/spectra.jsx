/** The amplitude spectrum of the signal, and that of its envelope. */

import { useMemo, useState } from "preact/hooks";

import { number, quantity } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { bearingMarks, shaftMarks } from "../../machine/marks.js";
import { Choice, Quantity, Switch } from "../../parts/fields.jsx";
import { usualBand } from "../../signal/envelope.js";
import { segmentSizes, usualSegment } from "../../signal/spectrum.js";
import { ChartPanel, useReadout } from "../../charts/panel.jsx";
import { bearingOf } from "./settings.jsx";
import { Lines } from "./lines.jsx";
import { SpectrumChart } from "./spectrum_chart.jsx";

const REACHES = [["low", "Low orders"], ["all", "All"]];
const LOW_HZ = 500;
const SCALES = [["linear", "Linear"], ["log", "Log"]];

/** The panel of the amplitude spectrum. */
export function Spectrum({ recording, signal, rateHz, unit }) {
  const { analysis, options, change } = recording;
  const [size, setSize] = useSegment(signal, rateHz);
  const [scale, setScale] = useState("linear");
  const [reach, setReach] = useState("low");
  const [place, tell] = useReadout();
  const spectrum = useAnswer(() => analysis.spectrum(rateHz, size), [signal, rateHz, size]);
  const bearing = bearingOf(options);
  const marks = useMemo(() => shaftMarks(options.shaftHz, Boolean(bearing)), [options.shaftHz, bearing]);
  const toHz = Math.min(rateHz / 2, reach === "all" ? Infinity : options.shaftHz ? 10 * options.shaftHz : LOW_HZ);
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
      <SpectrumChart {...{ spectrum, marks, scale, unit, tell, rateHz, toHz }} name="Amplitude spectrum" />
      <Lines spectrum={spectrum.value} unit={unit} shaftHz={options.shaftHz} setShaftHz={(shaftHz) => change({ shaftHz })} />
    </ChartPanel>
  );
}

/** The panel of the envelope spectrum. */
export function EnvelopeSpectrum({ recording, signal, rateHz, unit }) {
  const { analysis, options } = recording;
  const [size] = useSegment(signal, rateHz);
  const [band, setBand] = useBand(rateHz);
  const [place, tell] = useReadout();
  const depends = [signal, rateHz, size, band.lowHz, band.highHz];
  const spectrum = useAnswer(() => analysis.envelope(rateHz, band, size), depends);
  const bearing = bearingOf(options);
  const marks = useMemo(
    () => [...shaftMarks(options.shaftHz, true), ...bearingMarks(options.shaftHz, bearing)],
    [options.shaftHz, bearing],
  );
  const toHz = Math.min(rateHz / 2, options.shaftHz ? 14 * options.shaftHz : LOW_HZ);
  return (
    <ChartPanel
      title="Envelope spectrum" readout={place}
      controls={
        <>
          <Quantity label="Band from" unit="Hz" value={band.lowHz} min={-1} max={band.highHz} onChange={(lowHz) => setBand({ ...band, lowHz })} />
          <Quantity label="to" unit="Hz" value={band.highHz} min={band.lowHz} max={rateHz / 2} onChange={(highHz) => setBand({ ...band, highHz })} />
        </>
      }
    >
      <SpectrumChart {...{ spectrum, marks, unit, tell, rateHz, toHz }} scale="linear" name="Envelope spectrum" />
    </ChartPanel>
  );
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
