/** The API key: in memory, or in the tab's session storage if the user wishes; never in an address. */

const KEY = "palier-api-key";
const listeners = new Set();
let key = sessionStorage.getItem(KEY) ?? "";

/** Return the API key, or nothing. */
export function apiKey() {
  return key;
}

/** Whether the key outlives a reload of this tab. */
export function isKeyKept() {
  return sessionStorage.getItem(KEY) !== null;
}

/**
 * Use a key from now on.
 *
 * @param {string} next empty forgets it
 * @param {boolean} keep in this tab's session storage; otherwise in memory only
 */
export function setApiKey(next, keep) {
  key = next.trim();
  if (key && keep) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
  for (const listener of listeners) listener();
}

/** Call a function whenever the key changes; returns a function that ends this. */
export function onKeyChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
