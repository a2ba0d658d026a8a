/** The view Fleet: the machines with their states, or the history of one. */

import { useState } from "preact/hooks";

import { requestJson } from "../../api.js";
import { count, moment } from "../../format.js";
import { useAnswer, useVisits } from "../../hooks.js";
import { Text } from "../../parts/fields.jsx";
import { Absent, Failure, Notice, Waiting } from "../../parts/notice.jsx";
import { href } from "../../route.js";
import { Asset } from "./asset.jsx";
import { className, standing } from "./standing.js";

const [PAGE, PAGES] = [1000, 10];
// The number of machines from which on there is a search field.
const MANY = 13;

/** The view: all machines, or one. */
export function Fleet({ models, keyRound, askKey, path: [assetId], shown }) {
  const visits = useVisits(shown);
  const assets = useAnswer(readAssets, [keyRound, visits]);
  const { state, value, error, again } = assets;
  if (error?.isAbsent) return <NoHistory />;
  if (assetId) return <Asset {...{ assetId, models, keyRound, askKey, visits }} />;
  return (
    <div class="page">
      <header class="page-head">
        <h1>Fleet</h1>
        <p class="small">{value ? tally(value) : " "}</p>
        <button type="button" class="push" onClick={again}>Refresh</button>
      </header>
      {state === "failed" && <Failure error={error} again={again} askKey={askKey} />}
      {!value && state !== "failed" && <Waiting height={300} label="Loading the machines" />}
      {value && (value.assets.length ? <Assets assets={value.assets} models={models} /> : <Empty />)}
    </div>
  );
}

function Assets({ assets, models }) {
  const [sought, setSought] = useState("");
  const found = assets.filter(({ asset_id: id }) => id.toLowerCase().includes(sought.toLowerCase()));
  const ordered = found.sort((a, b) => standing(b).weight - standing(a).weight || a.asset_id.localeCompare(b.asset_id));
  return (
    <>
      {assets.length >= MANY && <div class="find"><Text label="Find a machine" value={sought} onChange={setSought} /></div>}
      {!ordered.length && <Notice title="No machine of this name" />}
      <ul class="assets">{ordered.map((asset) => <li key={asset.asset_id}><Card asset={asset} models={models} /></li>)}</ul>
    </>
  );
}

function Card({ asset, models }) {
  const { tone, words } = standing(asset);
  const settled = asset.class_id ?? asset.newest_class_id;
  const newest = asset.newest_class_id === settled ? "" : `: ${className(models, asset.newest_class_id)}`;
  return (
    <a class={`asset ${tone}`} href={href("fleet", asset.asset_id)}>
      <span class="asset-name">{asset.asset_id}</span>
      <span class={`pill ${tone}`}>{words}</span>
      <span class="asset-class">{className(models, settled)}</span>
      {asset.since && <span class="small">since {moment(asset.since)}</span>}
      <span class="small">{count(asset.diagnoses, "diagnosis", "diagnoses")}</span>
      <span class="small">newest {moment(asset.newest_at)}{newest}</span>
    </a>
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
          This service answers, but it keeps no history of machines. Where the jobs function is deployed, every diagnosis
          with an <code>asset_id</code> adds to its machine's trend, shown here.
        </p>
      </Absent>
    </div>
  );
}

/** Return the machines, page by page; `isCut` where there are more. */
async function readAssets(signal) {
  const assets = [];
  let cursor = null;
  for (let page = 0; page < PAGES; page++) {
    const answer = await requestJson("assets", { query: { limit: PAGE, cursor }, signal });
    assets.push(...answer.assets);
    cursor = answer.next_cursor;
    if (!cursor) break;
  }
  return { assets, isCut: Boolean(cursor) };
}

function tally({ assets, isCut }) {
  const bad = assets.filter(({ state }) => state === "fault").length;
  return `${isCut ? "The first " : ""}${count(assets.length, "machine")}, ${bad ? `${bad} with a fault` : "none with a fault"}`;
}
