/** A wide thing on a narrow page: it scrolls by itself, also with the keyboard. */

/** @param {{label: string}} props what scrolls, for those who do not see it */
export function Scroll({ label, children }) {
  return <div class="scroll" role="region" aria-label={label} tabIndex={0}>{children}</div>;
}
