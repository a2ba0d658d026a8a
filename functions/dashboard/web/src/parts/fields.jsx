/** Form fields and figures. */

import { useId, useLayoutEffect, useState } from "preact/hooks";

/** A choice of several; `options` is [value, text] pairs. */
export function Choice({ label, value, options, onChange, note }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([option, text]) => <option key={option} value={option}>{text}</option>)}
      </select>
      {note && <p class="field-note">{note}</p>}
    </div>
  );
}

/** A number with its unit, taken over on Enter or when the field is left, if it is above the least, or `including` it. */
export function Quantity({ label, unit, value, onChange, min = 0, max = Infinity, optional = false, whole = false, including = false, note }) {
  const id = useId();
  const [text, setText] = useState(shown(value));
  // At once: later, it would take back what was written meanwhile.
  useLayoutEffect(() => setText(shown(value)), [value]);
  const isEmpty = text.trim() === "";
  const number = Number(text.replace(",", "."));
  const isPossible = Number.isFinite(number) && (number > min || (including && number === min)) && number <= max && (!whole || Number.isInteger(number));
  const isGood = isEmpty ? optional : isPossible;
  const commit = () => isGood && onChange(isEmpty ? null : number);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="with-unit">
        <input
          id={id} type="text" inputMode="decimal" autoComplete="off" value={text} aria-invalid={!isGood}
          onInput={(event) => setText(event.currentTarget.value)} onBlur={commit}
          onKeyDown={(event) => event.key === "Enter" && commit()}
        />
        <span class="unit">{unit}</span>
      </div>
      {!isGood && <p class="field-note bad-text">A {whole && "whole "}number {including ? "from" : "above"} {min}{max < Infinity ? `, at most ${max}` : ""}.</p>}
      {isGood && note && <p class="field-note">{note}</p>}
    </div>
  );
}

/** A short text, taken over with every character. */
export function Text({ label, value, onChange, placeholder, note }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id} type="text" autoComplete="off" spellcheck={false} placeholder={placeholder} value={value}
        onInput={(event) => onChange(event.currentTarget.value.trim())}
      />
      {note && <p class="field-note">{note}</p>}
    </div>
  );
}

/** A word, with suggestions as [value, text] pairs; taken over on Enter or when the field is left. */
export function Suggested({ label, value, options, onChange, onFocus, problem, note, placeholder }) {
  const id = useId();
  const [text, setText] = useState(value);
  useLayoutEffect(() => setText(value), [value]);
  const isGood = !problem?.(text.trim());
  const commit = (next) => !problem?.(next.trim()) && next.trim() !== value && onChange(next.trim());
  const write = (event) => {
    const next = event.currentTarget.value;
    setText(next);
    // A suggestion that is chosen is complete: it is taken over at once.
    if (!event.inputType || event.inputType === "insertReplacementText") commit(next);
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id} type="text" autoComplete="off" spellcheck={false} list={`${id}-list`} placeholder={placeholder} value={text}
        aria-invalid={!isGood} onInput={write} onFocus={onFocus} onBlur={() => commit(text)}
        onKeyDown={(event) => event.key === "Enter" && commit(text)}
      />
      <datalist id={`${id}-list`}>
        {options.map(([option, words]) => <option key={option} value={option}>{words}</option>)}
      </datalist>
      {!isGood && <p class="field-note bad-text">{problem(text.trim())}</p>}
      {isGood && note && <p class="field-note">{note}</p>}
    </div>
  );
}

/** A few buttons of which one is down. */
export function Switch({ label, value, options, onChange }) {
  return (
    <div class="switch" role="group" aria-label={label}>
      {options.map(([option, text]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>{text}</button>
      ))}
    </div>
  );
}

/** Figures with their names, side by side. */
export function Figures({ items }) {
  return (
    <dl class="figures">
      {items.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}{note && <span class="figure-note"> {note}</span>}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A bar of a share from 0 to 1, and perhaps of another behind it. */
export function Bar({ share, rest = 0 }) {
  const width = (part) => ({ width: `${Math.max(0, Math.min(1, part)) * 100}%` });
  return (
    <span class="bar" aria-hidden="true">
      <span style={width(share)} />
      {rest > 0 && <span class="rest" style={width(rest)} />}
    </span>
  );
}

function shown(value) {
  return value === null || value === undefined ? "" : String(Math.round(value * 1e4) / 1e4);
}
