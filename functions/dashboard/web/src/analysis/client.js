/** The client of the analysis worker: each question is a promise. */

/* global WORKER_FILE */

/** A file that the page leaves to the service, to be read as `kind`; the message is a sentence with the reason. */
export class UnreadError extends Error {
  constructor({ message, kind }) {
    super(`The page does not read this file itself: ${message}.`);
    this.kind = kind;
  }
}

/** A failure in the worker; the message is for people. */
export class AnalysisError extends Error {}

const NOT_STARTED = "The part of the page that reads files could not be loaded. Reload the page.";

/** Sends questions to the worker and returns a promise for each. */
export class Analysis {
  #worker = new Worker(new URL(WORKER_FILE, import.meta.url), { type: "module" });
  #pending = new Map();
  #last = 0;

  constructor() {
    this.#worker.onmessage = ({ data: { id, answer, failure } }) => {
      const { resolve, reject } = this.#pending.get(id);
      this.#pending.delete(id);
      if (failure?.name === "UnreadHereError") reject(new UnreadError(failure));
      else if (failure) reject(new AnalysisError(sentence(failure)));
      else resolve(answer);
    };
    this.#worker.onerror = () => {
      for (const { reject } of this.#pending.values()) reject(new AnalysisError(NOT_STARTED));
      this.#pending.clear();
    };
  }

  /** Read a file; its buffer is transferred to the worker. */
  open(name, buffer, rawType) {
    return this.#ask("open", { name, buffer, rawType }, [buffer]);
  }

  choose(channel, scale) {
    return this.#ask("choose", { channel, scale });
  }

  /** Return all channels, times a factor: float32 [channels * samples], one behind the other. */
  all(scale) {
    return this.#ask("all", { scale });
  }

  /** Return a channel (null: all channels), times a factor, as JSON text, and whether every sample is a number. */
  text(channel, scale) {
    return this.#ask("text", { channel, scale });
  }

  spectrum(rateHz, size) {
    return this.#ask("spectrum", { rateHz, size });
  }

  envelope(rateHz, band, size) {
    return this.#ask("envelope", { rateHz, ...band, size });
  }

  /** Return the spectrum of the whitened envelope, in dB above its floor. */
  whitened(rateHz, toHz) {
    return this.#ask("whitened", { rateHz, toHz });
  }

  spectrogram(rateHz, look) {
    return this.#ask("spectrogram", { rateHz, look });
  }

  #ask(call, details, transfer = []) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call, details }, { transfer });
    });
  }
}

function sentence({ name, message }) {
  if (name === "FormatError") return message;
  if (name === "RangeError") return "The file is damaged, or too large for this browser's memory.";
  return `The file cannot be read: ${message}.`;
}
