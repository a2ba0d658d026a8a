/** Files to a job. */

import { requestJson } from "../../api.js";
import { quantity } from "../../format.js";

const NAMES = "palier-job-names:";

/**
 * Read the files, one after the other, and submit them as one job.
 *
 * @param {Analysis} analysis
 * @param {File[]} files
 * @param {{rateHz: number|null, fullScale: number, model: string}} options
 * @param {(done: number) => void} tell how many files are read
 */
export async function submit(analysis, files, { rateHz, fullScale, model }, tell) {
  const rates = new Set();
  const parts = [];
  for (const [index, file] of files.entries()) {
    tell(index);
    const said = await named(file.name, async () => analysis.open(file.name, await file.arrayBuffer()));
    await named(file.name, () => analysis.choose(0, said.integers ? fullScale : 1));
    parts.push(index ? "," : "", (await analysis.text()).text);
    rates.add(rateHz ?? said.rateHz);
  }
  const options = { model: model || null, sample_rate_hz: onlyRate(rates) };
  const job = await requestJson("jobs", {
    method: "POST",
    type: "application/json",
    // The same job again, if its answer was lost on the way.
    headers: { "Idempotency-Key": crypto.randomUUID() },
    body: new Blob([JSON.stringify(options).slice(0, -1), ',"signals":[', ...parts, "]}"]),
  });
  sessionStorage.setItem(NAMES + job.job_id, JSON.stringify(files.map((file) => file.name)));
  return job;
}

/** Return the name of a recording of a job: of its file, if it was submitted from this tab. */
export function recordingName(jobId, index) {
  const names = JSON.parse(sessionStorage.getItem(NAMES + jobId) ?? "[]");
  return names[index] ?? `Recording ${index + 1}`;
}

async function named(name, read) {
  try {
    return await read();
  } catch (error) {
    throw new Error(`${name}: ${error.message}`, { cause: error });
  }
}

function onlyRate(rates) {
  if (rates.size > 1) {
    const shown = [...rates].map((rate) => (rate ? quantity(rate, "Hz", 6) : "not stated"));
    throw new Error(`All recordings of a job have one sampling rate; these have ${shown.join(", ")}. Give one for all.`);
  }
  return [...rates][0];
}
