/** The page's calls of the API, and the one error class for their failures. */

import { apiKey } from "./session.js";

const BASE = new URL("./", document.baseURI);

// Sentences in place of a gateway's own messages, which are not meant for people.
const SENTENCES = {
  401: "The service needs an API key.",
  403: "The API key is not accepted here, or may not do this.",
  404: "The service has nothing at this address.",
  413: "The recording is too large for one request.",
  429: "The service is asked more often than it allows.",
  502: "The service ended unexpectedly.",
  503: "The service is not available at the moment.",
  504: "The service took too long to answer.",
};
const UNREACHABLE = "The service does not answer. Is it running, and is this machine connected?";

/** A failed call; the message is a sentence that a person can act on. */
export class ApiError extends Error {
  constructor(message, { status = 0, code = "unreachable", requestId = null, retryAfterS = null } = {}) {
    super(message);
    Object.assign(this, { status, code, requestId, retryAfterS });
  }

  /** Whether the service has no such path at all, or nothing behind it: a part of it is not installed. */
  get isAbsent() {
    return (this.status === 404 && this.code === "not_found") || this.status === 405 || this.code === "not_configured";
  }
}

/**
 * Call the API.
 *
 * @param {string} path relative, for example "predict"
 * @param {{method?: string, query?: object, body?: BodyInit, type?: string, headers?: object, signal?: AbortSignal}} call
 * @returns {Promise<Response>} with a status of success
 * @throws {ApiError}
 */
export async function request(path, { method = "GET", query = {}, body, type, headers = {}, signal } = {}) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  const own = { ...headers, ...(type && { "Content-Type": type }), ...(apiKey() && { "X-API-Key": apiKey() }) };
  const response = await send(url, { method, body, headers: own, signal, cache: "no-store" });
  if (!response.ok) throw await failure(response);
  return response;
}

/** Call the API and return its JSON. */
export async function requestJson(path, call) {
  return (await request(path, call)).json();
}

/** Return the JSON of GET /health, which has a body with status 503, too. */
export async function health(signal) {
  const response = await send(new URL("health", BASE), { cache: "no-store", signal });
  if (!response.ok && response.status !== 503) throw await failure(response);
  return response.json();
}

async function send(url, call) {
  try {
    return await fetch(url, { ...call, credentials: "omit", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(UNREACHABLE);
  }
}

async function failure(response) {
  const { error, code, request_id: requestId } = await response.json().catch(() => ({}));
  const retryAfterS = Number(response.headers.get("retry-after")) || null;
  const status = response.status;
  const gateway = status === 404 || status === 403 ? "not_found" : "gateway";
  const sentence = error ?? SENTENCES[status] ?? `The service answered with status ${status}.`;
  return new ApiError(sentence, { status, code: code ?? gateway, requestId: requestId ?? null, retryAfterS });
}
