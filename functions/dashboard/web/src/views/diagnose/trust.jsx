/** Trust in a diagnosis: a class that may not be trusted is never the headline. */

import { number, percent, quantity } from "../../format.js";
import { faultName, highestLevel, isOfBearing, supported } from "../../machine/evidence.js";
import { Notice } from "../../parts/notice.jsx";

const FINE = ["healthy", "normal"];

/**
 * Return the headline of a diagnosis.
 *
 * @param {object} answer of the service
 * @returns {{headline: string, tone: string, isSettled: boolean}} settled where the class itself may stand there
 */
export function headlineOf(answer) {
  const isHealthy = FINE.includes(answer.class_id);
  const faults = supported(answer.evidence);
  if (answer.clipped) return { headline: "Cut off at the sensor's range", tone: "warning", isSettled: false };
  if (answer.evidence_agrees === false) return { headline: `Lines of ${listed(faults)}, and the model disagrees`, tone: "warning", isSettled: false };
  if (answer.in_distribution === false) {
    const headline = faults.length ? `Unknown machine, with lines of ${listed(faults)}` : "Unlike what the model was trained on";
    return { headline, tone: "warning", isSettled: false };
  }
  // Many faults leave no line: that none is visible is no promise of health.
  if (isHealthy && seesNoLine(answer)) return { headline: "No line of this bearing is visible", tone: "", isSettled: true };
  return { headline: answer.class_name, tone: isHealthy ? "good" : "bad", isSettled: true };
}

/** A table's cell: the class, or where it may not stand alone, what is known, with the class as a guess. */
export function Settled({ answer }) {
  const { headline, isSettled } = headlineOf(answer);
  return isSettled ? headline : <>{headline} <span class="small">(guess: {answer.class_name})</span></>;
}

/** Whether the answer may be trusted, with the reasons. */
export function Trust({ answer, isSettled }) {
  if (answer.clipped) {
    return (
      <Notice kind="warning" title="Do not trust this diagnosis">
        <p>The recording is cut off at the range of its sensor or recorder. Record again with a larger range.</p>
        <Guess answer={answer} />
      </Notice>
    );
  }
  if (!isSettled) return <Unsettled answer={answer} />;
  return (
    <>
      <Known answer={answer} />
      {answer.in_distribution === null && <p>This model does not measure whether a recording is like those of its training.</p>}
      {answer.in_distribution && <p class="familiar">Like the recordings the model learned from (novelty {number(answer.novelty, 2)} of 1).</p>}
    </>
  );
}

function Unsettled({ answer }) {
  const isForeign = answer.in_distribution === false;
  return (
    <Notice kind="warning" title="Do not trust the class alone">
      <p><strong>Known:</strong> {known(answer)}</p>
      <p>
        <strong>Not known:</strong>{" "}
        {answer.evidence_agrees === false && "what is wrong, for the lines contradict what the model sees. "}
        {isForeign && `${answer.evidence_agrees === false ? "The" : "what is wrong, for the"} recording is unlike anything the model was trained on (novelty ${number(answer.novelty, 2)}). Is it the right model, rate and unit?`}
      </p>
      {!answer.evidence?.some(isOfBearing) && <p>If it is a rolling bearing: state the bearing and the shaft speed, and its lines are looked for on any machine.</p>}
      <Guess answer={answer} />
    </Notice>
  );
}

function Guess({ answer }) {
  const guess = `${answer.class_name}, at ${percent(answer.confidence)}`;
  // Of visible lines that contradict the model, the note states that the class is theirs.
  if (answer.evidence_agrees === false && answer.evidence_note) return <p class="small">The lines make it {guess}. {answer.evidence_note}</p>;
  return <p class="small">The model's guess is {guess}.</p>;
}

/** A sentence on what the lines show, for a diagnosis that may be trusted. */
function Known({ answer }) {
  if (!answer.evidence?.some(isOfBearing)) return null;
  if (seesNoLine(answer)) {
    return <p>{answer.class_name}, as far as lines show. {answer.evidence_note}</p>;
  }
  return <p>L{known(answer).slice(1)}</p>;
}

function known({ evidence, recording }) {
  const visible = (evidence ?? []).filter(({ supports }) => supports);
  if (!visible.length) {
    const none = evidence?.some(isOfBearing) ? "no line of this bearing is visible; " : "";
    return `${none}RMS ${number(recording.rms)}${recording.unit ? ` ${recording.unit}` : ""}, kurtosis ${number(recording.kurtosis)}.`;
  }
  const shown = visible.map((line) => `${line.name} up to ${quantity(highestLevel(line), "dB")} above the floor, as ${article(faultName(line.supports))} leaves them`);
  return `lines of ${shown.join("; ")}.`;
}

function seesNoLine({ evidence }) {
  return Boolean(evidence?.some(isOfBearing)) && !supported(evidence).length;
}

function listed(faults) {
  return faults.map((fault) => article(faultName(fault))).join(" and ");
}

function article(words) {
  return `${/^[aeiou]/.test(words) ? "an" : "a"} ${words}`;
}
