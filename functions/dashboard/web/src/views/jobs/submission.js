/** Submission of files as a job, which makes one job however often it is tried. */

import { request, requestJson } from "../../api.js";
import { recall } from "../../machine/remembered.js";
import { answeringModel, machineQuery } from "../../machine/operation.js";
import { channelQuery } from "../diagnose/diagnosis.js";
import { isMachine, machineOf, recordingNames } from "./naming.js";
import { asSignals, asUploads } from "./reading.js";
import { upload } from "./uploads.js";

const CONDITION = "conditions.";

/** One submission; a new try repeats only what failed, and its key makes one job of all tries. */
export class Submission {
  #key = crypto.randomUUID();
  #stopped = new AbortController();
  #sent = new Set();
  #read = null;
  #body = null;
  #job = null;

  /**
   * @param {File[]} files
   * @param {{rateHz: number|null, fullScale: number, channel: number|null, rawType: string, model: string,
   *   machine: "none"|"one"|"each", machineName: string, models: object[]|null}} options
   * @param {boolean} uploads whether the page may send files to the bucket; otherwise they go with the request
   */
  constructor(files, options, uploads) {
    Object.assign(this, { files, options, uploads });
  }

  /** Do the steps that are left; `onProgress` is called with `{doing, done}`. */
  async run(analysis, onProgress) {
    const { signal } = this.#stopped;
    const as = this.uploads ? asUploads : asSignals;
    this.#read ??= await as(analysis, this.files, this.options, (done) => {
      signal.throwIfAborted();
      onProgress({ doing: "Reading", done });
    });
    onProgress({ doing: "Submitting", done: 0 });
    this.#job = await this.#submit(signal);
    signal.throwIfAborted();
    if (!this.#job.waiting_for_uploads) return this.#job;
    const recordings = this.#read.map(({ body }, n) => ({ body, name: this.files[n].name }));
    await upload(recordings, this.#job.uploads, this.#sent, { signal, onProgress: (done) => onProgress({ doing: "Uploading", done }) });
    return this.#start(signal);
  }

  /** Give it up; a job that was made of it is cancelled. */
  async stop() {
    this.#stopped.abort();
    // The request may have arrived although nobody waited for its answer; the same key returns the job that it made.
    if (this.#body) this.#job ??= await this.#submit();
    if (this.#job) await request(`jobs/${this.#job.job_id}`, { method: "DELETE" });
  }

  #submit(signal) {
    // The same key with another body would be refused.
    this.#body ??= this.#write();
    const headers = { "Idempotency-Key": this.#key };
    return requestJson("jobs", { method: "POST", type: "application/json", headers, body: this.#body, signal });
  }

  #write() {
    const names = recordingNames(this.files);
    const about = this.#read.map((one, n) => ({
      name: names[n], ...ofMachine(this.files[n], names[n], this.options), ...one.about, ...history(this.files[n], names[n], this.options),
    }));
    return this.uploads ? this.#form(about) : this.#inline(about);
  }

  #form(uploads) {
    return JSON.stringify({ uploads, full_scale: this.options.fullScale, ...common(this.options) });
  }

  #inline(recordings) {
    const members = JSON.stringify({ recordings, ...common(this.options) }).slice(0, -1);
    const signals = this.#read.flatMap(({ text }, n) => (n ? [",", text] : [text]));
    return new Blob([members, ',"signals":[', ...signals, "]}"]);
  }

  async #start(signal) {
    try {
      return await requestJson(`jobs/${this.#job.job_id}/start`, { method: "POST", signal });
    } catch (error) {
      // The bucket has lost some: the next try sends all of them.
      if (error.code === "uploads_missing") this.#sent.clear();
      throw error;
    }
  }
}

/** Return the reason why a job cannot be submitted with these options, or nothing. */
export function obstacle(files, { machine, machineName }) {
  if (machine === "one" && !isMachine(machineName)) {
    return "Name the machine: letters, digits and . _ : -, for example press-4.";
  }
  const odd = machine === "each" && files.find((file) => !isMachine(machineOf(file.name)));
  return odd ? `${odd.name} is no name of a machine: letters, digits and . _ : - are.` : null;
}

function common({ rateHz, channel, model, models }) {
  const which = channel === null ? channelQuery(answeringModel(models, { model })) : { channel: String(channel) };
  return { ...(rateHz && { sample_rate_hz: rateHz }), ...which, ...(model && { model }) };
}

/** Return the options that the view Diagnose remembers of the machine: shaft speed, bearing, unit, conditions. */
function ofMachine(file, name, { machine, machineName, model, models }) {
  const known = machine === "none" ? null : recall(machine === "one" ? machineName : machineOf(name));
  if (!known) return {};
  const { machine_group: _, foundation: __, ...query } = machineQuery(known, answeringModel(models, { ...known, model }));
  const named = Object.entries(query).filter(([option]) => option.startsWith(CONDITION));
  const conditions = Object.fromEntries(named.map(([option, value]) => [option.slice(CONDITION.length), value]));
  const others = Object.fromEntries(Object.entries(query).filter(([option]) => !option.startsWith(CONDITION)));
  return { ...others, ...(named.length && { conditions }) };
}

/** Return a recording's place in the history of its machine: the time at which its file was written. */
function history(file, name, { rateHz, machine, machineName }) {
  // One rate that is given for all goes before what the files say.
  const rate = rateHz ? { sample_rate_hz: rateHz } : {};
  if (machine === "none") return rate;
  const recordedAt = new Date(Math.min(file.lastModified, Date.now())).toISOString();
  return { ...rate, asset_id: machine === "one" ? machineName : machineOf(name), recorded_at: recordedAt };
}
