/** Hooks that several views share. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { onKeyChange } from "./session.js";

const IDLE = { state: "idle", value: null, error: null };

/**
 * Ask for something whenever what it depends on changes; answers that come too late are dropped.
 *
 * @param {((signal: AbortSignal) => Promise)|null} ask nothing is asked while it is null
 * @param {unknown[]} depends
 * @returns {{state: "idle"|"asking"|"done"|"failed", value: any, error: Error|null, again: () => void}}
 *   while asking, `value` is still the last one
 */
export function useAnswer(ask, depends) {
  const [answer, setAnswer] = useState(IDLE);
  const [round, setRound] = useState(0);
  const active = Boolean(ask);
  useEffect(() => {
    if (!active) {
      setAnswer(IDLE);
      return undefined;
    }
    const controller = new AbortController();
    setAnswer((before) => ({ state: "asking", value: before.value, error: null }));
    ask(controller.signal).then(
      (value) => controller.signal.aborted || setAnswer({ state: "done", value, error: null }),
      (error) => controller.signal.aborted || setAnswer({ state: "failed", value: null, error }),
    );
    return () => controller.abort();
  }, [active, round, ...depends]);
  const again = useCallback(() => setRound((before) => before + 1), []);
  return { ...answer, again };
}

/** Return an answer's value, or the last one while the service is briefly unavailable. */
export function useLast({ state, value, error }) {
  const last = useRef(null);
  if (state === "done") last.current = value;
  const isAway = error && (error.status === 0 || error.status === 429 || error.status >= 500) && !error.isAbsent;
  return value ?? (isAway ? last.current : null);
}

/** Return a number that changes with the API key. */
export function useKeyRound() {
  const [round, setRound] = useState(0);
  useEffect(() => onKeyChange(() => setRound((before) => before + 1)), []);
  return round;
}

/** Return a number that changes whenever the user comes back to a view. */
export function useVisits(shown) {
  const [visits, setVisits] = useState(0);
  const [before, setBefore] = useState(shown);
  if (shown !== before) {
    setBefore(shown);
    if (shown) setVisits(visits + 1);
  }
  return visits;
}

/** Return whether a media query matches, and again when that changes. */
export function useMedia(query) {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const follow = () => setMatches(list.matches);
    list.addEventListener("change", follow);
    return () => list.removeEventListener("change", follow);
  }, [query]);
  return matches;
}

/** Call a function at an interval while the page is visible. */
export function useEvery(seconds, call) {
  useEffect(() => {
    if (!seconds) return undefined;
    const timer = setInterval(() => document.visibilityState === "visible" && call(), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds, call]);
}
