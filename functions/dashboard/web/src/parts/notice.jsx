/** Notices where something is empty, absent, or went wrong. */

import { useEffect, useState } from "preact/hooks";

const SIGNS = { info: "i", good: "✓", warning: "!", error: "×" };

/** A notice: a sign, a title, a sentence, perhaps something to do. */
export function Notice({ kind = "info", title, children, action }) {
  return (
    <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      <span class="sign" aria-hidden="true">{SIGNS[kind]}</span>
      <div>
        <strong>{title}</strong>
        {children && <div class="notice-text">{children}</div>}
        {action && <div class="buttons">{action}</div>}
      </div>
    </div>
  );
}

/** A notice of a failed call of the API: the reason, and what can be done about it. */
export function Failure({ error, again, askKey }) {
  const { title, action } = remedy(error, again, askKey);
  return (
    <Notice kind="error" title={title} action={action}>
      <p>{error.message}</p>
      {error.requestId && <p class="small">Request <code>{error.requestId}</code></p>}
    </Notice>
  );
}

/** A notice in place of a part of the service that is not installed. */
export function Absent({ title, children }) {
  return (
    <section class="absent panel">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A grey placeholder as high as its coming content, so that nothing jumps. */
export function Waiting({ height, label }) {
  return (
    <div class="waiting" style={{ height: `${height}px` }} role="status">
      <span class="hidden">{label}</span>
    </div>
  );
}

const TITLES = {
  0: "No connection",
  401: "An API key is needed",
  403: "This key may not do that",
  404: "Not there",
  409: "Not possible now",
  413: "Too large for one request",
  429: "Too many requests",
  503: "Not available at the moment",
};
const TITLES_OF_CODES = {
  quota_exceeded: "Enough for now",
  job_invalid: "No job can be made of this",
  job_too_large: "Too many recordings for one job",
};

function remedy(error, again, askKey) {
  const title = TITLES_OF_CODES[error.code] ?? TITLES[error.status] ?? (error.status >= 500 ? "The service failed" : "This cannot be diagnosed");
  if (error.status === 401 || error.status === 403) {
    return { title, action: <button type="button" class="primary" onClick={askKey}>Enter API key</button> };
  }
  const isWorthAgain = again && (error.status === 0 || error.status === 429 || error.status >= 500);
  return { title, action: isWorthAgain ? <Again seconds={error.retryAfterS} again={again} key={error} /> : null };
}

/** A button that repeats the call; it is disabled for the seconds that the service asks for. */
function Again({ seconds, again }) {
  const [left, setLeft] = useState(seconds ?? 0);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return (
    <button type="button" class="primary" disabled={left > 0} onClick={again}>
      {left > 0 ? `Try again in ${left} s` : "Try again"}
    </button>
  );
}
