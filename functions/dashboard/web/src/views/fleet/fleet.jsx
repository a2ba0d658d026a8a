/** The machines: how each was when it was last heard, and how it got there. */

import { requestJson } from "../../api.js";
import { count, moment, percent } from "../../format.js";
import { useAnswer, useVisits } from "../../hooks.js";
import { Absent, Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { href } from "../../route.js";
import { Asset } from "./asset.jsx";
import { standing } from "./standing.js";

/** The view: all machines, or one. */
export function Fleet({ keyRound, askKey, path: [assetId], shown }) {
  const visits = useVisits(shown);
  const assets = useAnswer((signal) => requestJson("assets", { signal }), [keyRound, visits]);
  const { state, value, error, again } = assets;
  if (error?.isAbsent) return <NoHistory />;
  if (assetId) return <Asset assetId={assetId} keyRound={keyRound} askKey={askKey} />;
  return (
    <div class="page">
      <header class="page-head">
        <h1>Fleet</h1>
        <p class="small">{value ? tally(value.assets) : " "}</p>
        <button type="button" class="push" onClick={again}>Refresh</button>
      </header>
      {state === "failed" && <Failure error={error} again={again} askKey={askKey} />}
      {!value && state !== "failed" && <Waiting height={300} label="Loading the machines" />}
      {value && (value.assets.length ? <Assets assets={value.assets} /> : <Empty />)}
    </div>
  );
}

function Assets({ assets }) {
  const ordered = [...assets].sort((a, b) => standing(b).weight - standing(a).weight || a.asset_id.localeCompare(b.asset_id));
  return (
    <ul class="assets">
      {ordered.map((asset) => {
        const { tone, words } = standing(asset);
        return (
          <li key={asset.asset_id}>
            <a class={`asset ${tone}`} href={href("fleet", asset.asset_id)}>
              <span class="asset-name">{asset.asset_id}</span>
              <span class={`pill ${tone}`}>{words}</span>
              <span class="asset-class">{asset.class_name}</span>
              <span class="small">{percent(asset.confidence)} confidence · {moment(asset.timestamp)}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function Empty() {
  return (
    <Notice title="No machine yet">
      <p>A diagnosis that names its machine is kept. Send <code>asset_id</code> with the recording, for example pump-7.</p>
    </Notice>
  );
}

function NoHistory() {
  return (
    <div class="page">
      <h1>Fleet</h1>
      <Absent title="Histories are not installed here">
        <p>
          This service answers, but it keeps no history of machines: there is nothing at <code>/assets</code>. Where the
          jobs function is deployed, every diagnosis with an <code>asset_id</code> adds to its machine's trend, shown here.
        </p>
      </Absent>
    </div>
  );
}

function tally(assets) {
  const bad = assets.filter((asset) => standing(asset).tone === "bad").length;
  return `${count(assets.length, "machine")}, ${bad ? `${bad} in alarm` : "none in alarm"}`;
}
