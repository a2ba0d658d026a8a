/** Uploads of files to the bucket of jobs, by the forms that the service signed. */

import { ApiError } from "../../api.js";

const AT_ONCE = 4;
const WAITS_MS = [1000, 4000];
const SENTENCES = {
  EntityTooLarge: "The file is larger than the service takes.",
  EntityTooSmall: "The file is empty.",
  AccessDenied: "The bucket does not accept the form any more. Submit again.",
};

/**
 * Upload the recordings that are not in the bucket yet, a few at once.
 *
 * @param {{name: string, body: Blob}[]} recordings
 * @param {{url: string, fields: object}[]} forms one for each recording
 * @param {Set<number>} sent indices of recordings in the bucket; this call adds to it
 * @param {{onProgress: (done: number) => void, signal: AbortSignal}} more
 * @throws {ApiError} of the first that fails
 */
export async function upload(recordings, forms, sent, { onProgress, signal }) {
  const waiting = recordings.map((_, index) => index).filter((index) => !sent.has(index));
  onProgress(sent.size);
  const work = async () => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      await persist(recordings[index], forms[index], signal).catch((error) => {
        waiting.length = 0;
        throw error;
      });
      sent.add(index);
      onProgress(sent.size);
    }
  };
  // Uploads under way are waited for, so that `onProgress` is not called after the failure.
  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
}

/** Upload, again after pauses: a connection that fails now may work a moment later. */
async function persist(recording, form, signal) {
  for (const wait of WAITS_MS) {
    try {
      return await post(recording, form, signal);
    } catch (error) {
      if (signal.aborted || (error.status !== 0 && error.status < 500)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    signal.throwIfAborted();
  }
  return post(recording, form, signal);
}

async function post({ name, body }, { url, fields }, signal) {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  // The bucket ignores fields after the file.
  form.append("file", body, name);
  const response = await fetch(url, { method: "POST", body: form, signal, credentials: "omit" }).catch((error) => {
    if (error.name === "AbortError") throw error;
    const host = new URL(url).host;
    throw new ApiError(`${name}: it cannot be sent to ${host}. Does that host let this page in, and is this machine connected?`);
  });
  if (!response.ok) throw await refusal(name, response);
}

async function refusal(name, response) {
  const code = /<Code>(\w+)<\/Code>/.exec(await response.text().catch(() => ""))?.[1];
  const sentence = SENTENCES[code] ?? `The bucket answered with status ${response.status}.`;
  return new ApiError(`${name}: ${sentence}`, { status: response.status, code: code ?? "upload_refused" });
}
