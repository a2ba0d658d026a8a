/** A wide thing on a narrow page: it scrolls by itself, also with the keyboard. */

/** @param {{label: string}} props the name of the content, for screen readers */
export function Scroll({ label, children }) {
  return <div class="scroll" role="region" aria-label={label} tabIndex={0}>{children}</div>;
}
