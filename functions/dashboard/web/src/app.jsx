/** The frame around every view. */

import { useEffect, useRef, useState } from "preact/hooks";

import { requestJson } from "./api.js";
import { useAnswer, useKeyRound } from "./hooks.js";
import { KeyDialog } from "./parts/key.jsx";
import { href, useRoute } from "./route.js";
import { apiKey } from "./session.js";
import { switchTheme, useTheme } from "./theme.js";
import { Diagnose } from "./views/diagnose/diagnose.jsx";
import { Fleet } from "./views/fleet/fleet.jsx";
import { Jobs } from "./views/jobs/jobs.jsx";
import { Models } from "./views/models/models.jsx";
import { Service } from "./views/service/service.jsx";

const VIEWS = {
  diagnose: { title: "Diagnose", View: Diagnose },
  fleet: { title: "Fleet", View: Fleet },
  jobs: { title: "Jobs", View: Jobs },
  models: { title: "Models", View: Models },
  service: { title: "Service", View: Service },
};

/** The whole page. */
export function App() {
  const [name = "diagnose", ...rest] = useRoute();
  const [asksKey, setAsksKey] = useState(false);
  const keyRound = useKeyRound();
  const models = useAnswer((signal) => requestJson("models", { signal }), [keyRound]);
  const surroundings = useAnswer((signal) => requestJson("dashboard/surroundings.json", { signal }), []);
  const shown = VIEWS[name] ? name : "diagnose";
  const main = useFocusOnChange(shown);
  useEffect(() => {
    document.title = `${VIEWS[shown].title} · Palier`;
  }, [shown]);
  const shared = { models, surroundings, keyRound, askKey: () => setAsksKey(true) };
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => skipTo(event, main)}>Skip to content</a>
      <Header shown={shown} askKey={shared.askKey} />
      <main id="main" ref={main} tabIndex={-1} aria-label={VIEWS[shown].title}>
        {Object.entries(VIEWS).map(([id, { View }]) => (
          <Kept key={id} shown={id === shown}>
            <View {...shared} path={id === shown ? rest : []} shown={id === shown} />
          </Kept>
        ))}
      </main>
      <KeyDialog open={asksKey} onClose={() => setAsksKey(false)} />
    </>
  );
}

/** A view that is created when it is first shown, and keeps its state from then on. */
function Kept({ shown, children }) {
  const [seen, setSeen] = useState(shown);
  if (shown && !seen) setSeen(true);
  return <div hidden={!shown}>{(seen || shown) && children}</div>;
}

function Header({ shown, askKey }) {
  const other = useTheme() === "dark" ? "light" : "dark";
  return (
    <header class="top">
      <a class="wordmark" href={href("diagnose")} aria-label="Palier, diagnose">
        <Mark /> Palier
      </a>
      <nav aria-label="Views">
        {Object.entries(VIEWS).map(([id, { title }]) => (
          <a key={id} href={href(id)} aria-current={id === shown ? "page" : undefined}>{title}</a>
        ))}
      </nav>
      <div class="top-tools">
        <button type="button" class="quiet" onClick={askKey}>{apiKey() ? "API key set" : "API key"}</button>
        <button type="button" class="quiet icon" onClick={switchTheme} aria-label={`Change to ${other} colours`}>
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <circle cx="10" cy="10" r="7" /><path d="M10 3a7 7 0 0 1 0 14z" />
          </svg>
        </button>
      </div>
    </header>
  );
}

/** The logo: a journal off the centre of its bearing. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="13" /><circle cx="13.6" cy="18.4" r="6.6" />
    </svg>
  );
}

function useFocusOnChange(shown) {
  const main = useRef(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) main.current.focus({ preventScroll: true });
    if (!first.current) scrollTo(0, 0);
    first.current = false;
  }, [shown]);
  return main;
}

function skipTo(event, main) {
  event.preventDefault();
  main.current.focus();
}
