/** The spectrum over time, as a picture. */

import { useCallback, useMemo, useRef, useState } from "preact/hooks";

import { Chart } from "../../charts/chart.jsx";
import { LEVEL_COLORS } from "../../charts/palette.js";
import { axis, cursor, yAxis } from "../../charts/style.js";
import { number, quantity } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { Switch } from "../../parts/fields.jsx";
import { Notice, Waiting } from "../../parts/notice.jsx";
import { ChartPanel, useReadout } from "../../charts/panel.jsx";

const HEIGHT = 250;
const REACHES = [["low", "Low orders"], ["all", "All"]];
const LOW_HZ = 500;

/** Return the looks to choose from: long segments separate low frequencies, short ones show short events. */
function looks(rateHz, shaftHz) {
  return {
    low: { topHz: Math.min(rateHz / 2, shaftHz ? 10 * shaftHz : LOW_HZ), segmentS: 0.3 },
    all: { topHz: rateHz / 2, segmentS: 0.02 },
  };
}

/** The panel. */
export function Spectrogram({ recording, signal, rateHz }) {
  const [place, show] = useReadout();
  const [reach, setReach] = useState("low");
  const { shaftHz } = recording.options;
  const look = useMemo(() => looks(rateHz, shaftHz)[reach], [rateHz, shaftHz, reach]);
  const picture = useAnswer(() => recording.analysis.spectrogram(rateHz, look), [signal, rateHz, look]);
  const controls = (
    <>
      {picture.value && <Scale {...picture.value} />}
      <Switch label="Frequencies shown" value={reach} options={REACHES} onChange={setReach} />
    </>
  );
  return (
    <ChartPanel title="Spectrogram" readout={place} controls={controls}>
      {picture.state === "failed" && <Notice kind="error" title="No spectrogram"><p>{picture.error.message}</p></Notice>}
      {picture.value && <Drawn {...picture.value} endS={signal.samples.length / rateHz} show={show} />}
      {!picture.value && picture.state !== "failed" && <Waiting height={HEIGHT} label="Computing the spectrogram" />}
    </ChartPanel>
  );
}

function Scale({ rangeDb }) {
  return (
    <div class="scale small">
      <span>−{quantity(rangeDb, "dB")}</span><span class="scale-colors" aria-hidden="true" /><span>loudest</span>
    </div>
  );
}

function Drawn({ levels, columns, rows, stepHz, rangeDb, endS, topHz, show }) {
  const image = useMemo(() => paint(levels, columns, rows), [levels]);
  const current = useRef();
  current.current = { image, endS, topHz, level: (time, hz) => levelAt({ levels, columns, rows, stepHz, rangeDb, endS }, time, hz) };
  const limits = useMemo(() => [0, endS], [endS]);
  const data = useMemo(() => [[0, endS], [0, topHz]], [endS, topHz]);
  const build = useCallback(() => ({
    scales: { x: { time: false }, y: { range: () => [0, current.current.topHz] } },
    axes: [axis("Time in s", { grid: { show: false } }), yAxis("Frequency in Hz", { grid: { show: false } })],
    series: [{}, { show: true, stroke: "transparent", points: { show: false } }],
    cursor: cursor({ y: true }),
    plugins: [{ hooks: { drawClear: (plot) => place(plot, current.current), setCursor: (plot) => show(pointed(plot, current.current)) } }],
  }), [show]);
  const label = `Spectrogram of ${number(endS)} seconds up to ${number(topHz)} hertz.`;
  return <Chart {...{ build, data, limits, label }} paint={image} height={HEIGHT} />;
}

function paint(levels, columns, rows) {
  const canvas = new OffscreenCanvas(columns, rows);
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const colors = new Uint32Array(LEVEL_COLORS.buffer);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) pixels[(rows - 1 - row) * columns + column] = colors[levels[column * rows + row]];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

function place(plot, { image, endS, topHz }) {
  const { ctx: context, bbox } = plot;
  const left = plot.valToPos(0, "x", true);
  const right = plot.valToPos(endS, "x", true);
  const top = plot.valToPos(topHz, "y", true);
  context.save();
  context.beginPath();
  context.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  context.clip();
  context.drawImage(image, left, top, right - left, plot.valToPos(0, "y", true) - top);
  context.restore();
}

function pointed(plot, { level }) {
  const { left, top } = plot.cursor;
  if (left < 0) return "";
  const time = plot.posToVal(left, "x");
  const hz = plot.posToVal(top, "y");
  return `${quantity(time, "s")}, ${quantity(hz, "Hz", 4)}: ${level(time, hz)}`;
}

function levelAt({ levels, columns, rows, stepHz, rangeDb, endS }, time, hz) {
  const column = Math.max(0, Math.min(columns - 1, Math.floor((time / endS) * columns)));
  const row = Math.max(0, Math.min(rows - 1, Math.round(hz / stepHz)));
  const below = Math.round(rangeDb * (1 - levels[column * rows + row] / 255));
  return below ? `${below} dB below the loudest` : "the loudest";
}
