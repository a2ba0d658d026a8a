/** The files of a new job. */

import { useId } from "preact/hooks";

import { bytes, count } from "../../format.js";
import { ENDINGS, kindOf } from "../../formats/kinds.js";

const MOST_SHOWN = 60;

/** The files that were chosen, and a button for more. */
export function Files({ files, choose, disabled }) {
  const id = useId();
  const add = (event) => {
    const chosen = [...event.currentTarget.files];
    event.currentTarget.value = "";
    choose([...files, ...chosen]);
  };
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const odd = files.filter(({ name }) => !kindOf(name));
  return (
    <>
      <p>
        <input class="file-input" type="file" id={id} multiple disabled={disabled} accept={ENDINGS.join(",")} onChange={add} />
        <label class="button" for={id}>{files.length ? "Add recordings" : "Choose recordings"}</label>
        <span class="small"> {files.length ? `${count(files.length, "file")}, ${bytes(total)}` : "One recording a file, up to 1\u202f000 files a job."}</span>
      </p>
      {files.length > 0 && (
        <ul class="files" tabIndex={0} aria-label="Chosen files">
          {files.slice(0, MOST_SHOWN).map((file, n) => <li key={n}>{file.name} <span class="muted">{bytes(file.size)}</span></li>)}
          {files.length > MOST_SHOWN && <li class="muted">and {count(files.length - MOST_SHOWN, "more", "more")}</li>}
        </ul>
      )}
      {odd.length > 0 && <p class="field-note bad-text">{odd[0].name} has no ending that is known: its first bytes must show what it is. Known are {ENDINGS.join(", ")}.</p>}
    </>
  );
}
