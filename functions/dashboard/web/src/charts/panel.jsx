/** A panel with a chart: its title, the values at the pointer, its controls. */

import { useId, useRef } from "preact/hooks";

/** Return an element for the text of the pointer, and a function that sets the text without rendering anything anew. */
export function useReadout() {
  const place = useRef(null);
  const show = useRef((text) => {
    if (place.current) place.current.textContent = text;
  });
  return [place, show.current];
}

/** A panel with a chart. */
export function ChartPanel({ title, readout, controls, children }) {
  const id = useId();
  return (
    <section class="panel" aria-labelledby={id}>
      <ChartHead {...{ id, title, readout, controls }} />
      {children}
    </section>
  );
}

/** The title, the values at the pointer, and the controls of a chart. */
export function ChartHead({ id, title, readout, controls }) {
  return (
    <header class="panel-head">
      <h2 id={id}>{title}</h2>
      <span class="readout" ref={readout} aria-hidden="true" />
      {controls && <div class="controls">{controls}</div>}
    </header>
  );
}
