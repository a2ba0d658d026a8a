/** Several channels: their diagnoses side by side, and the way to each. */

import { count, number, percent, quantity } from "../../format.js";
import { useAnswer } from "../../hooks.js";
import { Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { Scroll } from "../../parts/scroll.jsx";
import { diagnoseChannels } from "./diagnosis.js";

/** Diagnose all channels of a recording that is read here, and ask which one to look at. */
export function AskedChannels({ recording, statedHz, rateHz, keyRound, askKey }) {
  const { said, factor, analysis, options, change } = recording;
  const { channels } = said;
  // Variables of a MATLAB file may differ in length: then there is no one array of them.
  const isEven = channels.every(({ length }) => length === channels[0].length);
  const answer = useAnswer(isEven && rateHz && (async (abort) => {
    const { samples } = await analysis.all(factor);
    return diagnoseChannels(samples, channels.length, statedHz, { model: options.model, signal: abort });
  }), [said, factor, statedHz, options.model, keyRound]);
  const names = channels.map(({ name }) => name);
  return (
    <>
      <Notice kind="info" title={`Which of ${count(channels.length, "channel")}?`}>
        <p>{isEven ? "Each is diagnosed by itself. Choose one to see its waveform and spectra." : "Choose one."}</p>
      </Notice>
      {answer.state === "failed" && <Failure error={answer.error} again={answer.again} askKey={askKey} />}
      {isEven && answer.state !== "failed"
        ? <SideBySide answer={answer.value} names={names} look={(channel) => change({ channel })} />
        : <Buttons names={names} look={(channel) => change({ channel })} />}
    </>
  );
}

/** The table of channels; `look`, where there is something to look at, takes the place of one. */
export function SideBySide({ answer, names, look }) {
  if (!answer) return <Waiting height={200} label="Asking for a diagnosis of each channel" />;
  return (
    <section class="panel" aria-labelledby="channels">
      <h2 id="channels">Channels, side by side</h2>
      <Scroll label="Channels, side by side">
        <table>
          <thead>
            <tr>
              <th scope="col">Channel</th>
              <th scope="col">Diagnosis</th>
              <th scope="col" class="right">Confidence</th>
              <th scope="col" class="right">Novelty</th>
              <th scope="col">Trust</th>
              {look && <th scope="col"><span class="hidden">Look</span></th>}
            </tr>
          </thead>
          <tbody>
            {answer.predictions.map((one, place) => (
              <tr key={place} class={place === answer.worst.index && answer.batch_size > 1 ? "first" : ""}>
                <th scope="row">{names?.[place] ?? answer.channels[place]}{place === answer.worst.index && answer.batch_size > 1 && <span class="small"> (worst)</span>}</th>
                <td>{one.class_name}</td>
                <td class="right">{percent(one.confidence)}</td>
                <td class="right">{number(one.novelty, 2)}</td>
                <td>{trust(one)}</td>
                {look && <td><button type="button" class="small-button" onClick={() => look(place)}>Look at it</button></td>}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
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

function trust({ clipped, in_distribution: isFamiliar }) {
  if (clipped) return "Do not trust: cut off at the sensor's range";
  if (isFamiliar === false) return "Do not trust: unlike the training data";
  return isFamiliar === null ? "Not measured" : "Like the training data";
}

function basis({ model, recording }) {
  const by = `Answered by ${model.name} version ${model.version}.`;
  if (!recording) return by;
  const rate = quantity(recording.sample_rate_hz, "Hz", 6);
  return recording.sample_rate_source === "assumed" ? `${by} Sample rate assumed: ${rate}.` : `${by} Sample rate ${rate}.`;
}
