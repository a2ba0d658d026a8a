/** The theme, light or dark: the system's, unless the user chose one. */

import { useEffect, useState } from "preact/hooks";

const KEY = "palier-theme";
const SYSTEM_IS_DARK = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
const root = document.documentElement;

/** Apply the choice that the user made last time. */
export function startTheme() {
  follow();
  SYSTEM_IS_DARK.addEventListener("change", () => {
    follow();
    announce();
  });
}

/** Return "light" or "dark". */
export function theme() {
  return root.dataset.theme;
}

/** Change to the other theme, and keep the choice. */
export function switchTheme() {
  root.dataset.theme = theme() === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, root.dataset.theme);
  announce();
}

/** Return the theme; renders again when it changes. */
export function useTheme() {
  const [current, setCurrent] = useState(theme);
  useEffect(() => {
    const change = () => setCurrent(theme());
    listeners.add(change);
    return () => listeners.delete(change);
  }, []);
  return current;
}

/** Return a colour of the style sheet, for what is drawn on a canvas. */
export function color(name) {
  return getComputedStyle(root).getPropertyValue(`--${name}`).trim();
}

function follow() {
  root.dataset.theme = localStorage.getItem(KEY) ?? (SYSTEM_IS_DARK.matches ? "dark" : "light");
}

function announce() {
  for (const listener of listeners) listener();
}
