/** The choice of a recording: a dropped file, a chosen one, or an example. */

import { useId } from "preact/hooks";

import { ENDINGS } from "../../formats/kinds.js";
import { bytes, count, duration, quantity, shownUnit } from "../../format.js";
import { fileSource, RECORDINGS } from "./examples.js";

/** The empty view. */
export function Intake({ open, dragged }) {
  return (
    <div class="intake">
      <h1>What does the machine say?</h1>
      <DropZone open={open} dragged={dragged} />
      <Examples open={open} />
    </div>
  );
}

function DropZone({ open, dragged }) {
  const id = useId();
  return (
    <div class={`drop ${dragged ? "dragged" : ""}`}>
      <svg viewBox="0 0 240 48" class="drop-wave" aria-hidden="true">
        <path d="M0 24h40l6-8 8 16 8-24 9 34 8-26 7 14 8-22 9 32 9-28 8 20 7-13 6 9 7-4h12l6-8 8 16 8-24 9 34 8-26 6 12 6-4h30" />
      </svg>
      <p class="drop-title">Drop a vibration recording here</p>
      <p>
        <input class="file-input" type="file" id={id} accept={ENDINGS.join(",")} onChange={(event) => choose(event, open)} />
        <label class="button primary" for={id}>Choose a file</label>
      </p>
      <p class="small">
        CSV, WAV, FLAC, NumPy (.npy), MATLAB (.mat) or raw samples. It is read in this browser; its samples go to the service for
        the diagnosis. What this browser does not read goes to the service as it is.
      </p>
    </div>
  );
}

function Examples({ open }) {
  return (
    <section aria-labelledby="examples">
      <h2 id="examples">Or look at an example</h2>
      <p class="small">Simulated recordings of a journal bearing, two seconds each, one of every condition.</p>
      <ul class="examples">
        {RECORDINGS.map(({ id, name, source }) => (
          <li key={id}><button type="button" onClick={() => open(source)}>{name}</button></li>
        ))}
      </ul>
    </section>
  );
}

/** The name of the open recording, and a button for another one. */
export function FileBar({ recording }) {
  const id = useId();
  const { source, file, header, open, close, options } = recording;
  return (
    <section class="panel file" aria-labelledby={`${id}-name`}>
      <h1 id={`${id}-name`} class="file-name">{source.name}</h1>
      <p class="small">{header ? summary(header, options) : file.state === "failed" ? "Not read in this browser" : "Reading …"}</p>
      <div class="buttons">
        <input class="file-input" type="file" id={id} accept={ENDINGS.join(",")} onChange={(event) => choose(event, open)} />
        <label class="button" for={id}>Another file</label>
        <button type="button" class="quiet" onClick={close}>Close</button>
      </div>
    </section>
  );
}

function summary({ format, channels, rateHz, sizeBytes }, options) {
  const { length, unit, unitOfFile } = channels[Math.min(options.channel ?? 0, channels.length - 1)];
  const rate = options.rateHz ?? channels[options.channel ?? 0]?.rateHz ?? rateHz;
  const parts = [format, bytes(sizeBytes), count(channels.length, "channel"), count(length, "sample")];
  if (rate) parts.push(quantity(rate, "Hz", 6), duration((length / rate) * 1000));
  if (unitOfFile) parts.push(`${unitOfFile} read as ${shownUnit(unit)}`);
  return parts.join(" · ");
}

function choose(event, open) {
  const [file] = event.currentTarget.files;
  if (file) open(fileSource(file));
  event.currentTarget.value = "";
}
