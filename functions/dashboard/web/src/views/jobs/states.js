/** The six states of a job, in words. */

import { count, duration, number } from "../../format.js";

const STATES = {
  queued: { tone: "", title: "Queued" },
  running: { tone: "busy", title: "Running" },
  succeeded: { tone: "good", title: "Succeeded" },
  partially_failed: { tone: "warning", title: "Partially failed" },
  failed: { tone: "bad", title: "Failed" },
  cancelled: { tone: "", title: "Cancelled" },
};

/** Return title and tone of a job's state; of one that is not listed, its id. */
export function stateOf({ state }) {
  return STATES[state] ?? { tone: "", title: state };
}

/** Whether a job will change no more. */
export function isOver({ state }) {
  return state !== "queued" && state !== "running";
}

/** Whether every recording of a job was tried, so that there are files of its results. */
export function isComplete(job) {
  return isOver(job) && job.done + job.failed === job.total;
}

/** Return what the state means for this job, in a sentence. */
export function meaning(job) {
  const { state, total, done, failed, reason, waiting_for_uploads: isWaiting, eta_s: etaS } = job;
  if (isWaiting) return "Its files are not all uploaded. If nobody does it any more, cancel it.";
  if (reason === "timed_out") return `It was not finished in time: ${number(total - done - failed)} of ${count(total, "recording")} were not tried.`;
  switch (state) {
    case "queued": return "Waits for its turn.";
    case "running": return etaS === null ? "Has begun." : `About ${duration(Math.max(1, Math.round(etaS)) * 1000)} left.`;
    case "succeeded": return "Every recording was diagnosed.";
    case "partially_failed": return `${count(failed, "recording")} could not be diagnosed; the results say why.`;
    case "failed": return "No recording could be diagnosed; the results say why.";
    case "cancelled": return `What was found until then is kept; ${number(total - done - failed)} of ${count(total, "recording")} were not tried.`;
    default: return "";
  }
}
