/** The dialog for the API key. */

import { useEffect, useRef, useState } from "preact/hooks";

import { apiKey, isKeyKept, setApiKey } from "../session.js";

/** The dialog; the key is sent nowhere but in the header of requests to the API. */
export function KeyDialog({ open, onClose }) {
  const dialog = useRef(null);
  useEffect(() => {
    if (open) dialog.current.showModal();
  }, [open]);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="key-title" onClose={onClose}>
      {open && <KeyForm close={() => dialog.current.close()} />}
    </dialog>
  );
}

function KeyForm({ close }) {
  const [key, setKey] = useState(apiKey());
  const [keep, setKeep] = useState(isKeyKept());
  const use = (event) => {
    event.preventDefault();
    setApiKey(key, keep);
    close();
  };
  const forget = () => {
    setApiKey("", false);
    close();
  };
  return (
    <form onSubmit={use}>
      <h2 id="key-title">API key</h2>
      <p>Sent with every request in the header X-API-Key, and nowhere else.</p>
      <label class="field">
        <span>Key</span>
        <input
          type="password" autoComplete="off" spellcheck={false} placeholder="palier_…"
          value={key} onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <label class="check">
        <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.currentTarget.checked)} />
        <span>Keep until this tab is closed. Otherwise a reload forgets it.</span>
      </label>
      <div class="buttons">
        <button type="submit" class="primary">Use key</button>
        <button type="button" onClick={close}>Cancel</button>
        {apiKey() && <button type="button" class="quiet push" onClick={forget}>Forget key</button>}
      </div>
    </form>
  );
}
