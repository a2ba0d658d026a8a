/** The limits and costs of three plants in a stage, planned when the service was built. */

import { useState } from "preact/hooks";

import { count, duration, number, percent, words } from "../../format.js";
import { Choice } from "../../parts/fields.jsx";
import { Scroll } from "../../parts/scroll.jsx";
import { CostChart } from "./cost.jsx";

const LATENCIES = ["50 % answered within", "95 % answered within", "99 % answered within"];

/** The plans of `dashboard/plans.json`, one at a time. */
export function Plans({ plans: { plans, rates_per_s: rates } }) {
  const [title, setTitle] = useState(plans[0].title);
  const plan = plans.find((one) => one.title === title);
  return (
    <section class="panel plan" aria-labelledby="plans">
      <header class="panel-head">
        <h2 id="plans">What a load costs</h2>
        <div class="controls"><Choice label="Plant" value={title} options={plans.map((one) => [one.title, one.title])} onChange={setTitle} /></div>
      </header>
      <p class="small">
        {number(plan.load.rate)} requests a second on average, {count(plan.windows, "window")} each; stage {plan.stage}, {plan.architecture}, {plan.memory_mb} MB. Simulated from measured times. For another load: <code>{plan.command}</code>
      </p>
      <Ways ways={plan.ways} />
      <CostChart rates={rates} plan={plan} />
      <Limits limits={plan.limits} />
    </section>
  );
}

function Ways({ ways }) {
  const rows = [
    ["US dollars a month", (way) => number(way.usd_month)],
    ["of it for what is always there", (way) => number(way.usd_fixed_month)],
    ["US dollars a million requests", (way) => number(total(way.usd_million))],
    ["Instances always there", (way) => number(way.instances)],
    ...LATENCIES.map((name, n) => [name, (way) => duration(way.percentiles_ms[n])]),
    ["Cold starts", (way) => share(way.cold_share)],
    ["Refused by the rate limit", (way) => share(way.throttled_share)],
    ["Refused because no instance is free", (way) => share(way.refused_share)],
    ["Cheaper than on demand from", (way, n) => cheaper(way, n)],
  ];
  return (
    <Scroll label="Ways to serve the load">
      <table class="compact">
        <thead><tr><td />{ways.map(({ name }) => <th key={name} scope="col" class="right">{words(name)}</th>)}</tr></thead>
        <tbody>
          {rows.map(([name, shown]) => (
            <tr key={name}>
              <th scope="row">{name}</th>{ways.map((way, n) => <td key={way.name} class="right">{shown(way, n)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Limits({ limits }) {
  return (
    <>
      <h3>Limits, the first to refuse at the top</h3>
      <Scroll label="Limits">
        <table class="compact">
          <thead>
            <tr>
              <th scope="col">Limit</th><th scope="col" class="right">Most</th><th scope="col" class="right">This load</th>
              <th scope="col" class="right">Refuses from, a second</th><th scope="col">Of the</th>
            </tr>
          </thead>
          <tbody>
            {limits.map(({ name, most, needs, bites, bites_from_rps: from, where }) => (
              <tr key={name}>
                <th scope="row">{name}</th><td class="right">{number(most)}</td>
                <td class={`right ${bites ? "bad-text" : ""}`}>{bites && <span class="hidden">too much: </span>}{number(needs)}</td>
                <td class="right">{number(from)}</td><td>{where}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {limits.some(({ bites }) => bites) && <p class="small">What stands in red is refused until the limit is raised; the costs are those of the whole load.</p>}
    </>
  );
}

function total(costs) {
  return Object.values(costs).reduce((sum, usd) => sum + usd, 0);
}

function share(part) {
  if (part === 0) return "0";
  return part < 1e-4 ? "below 0.01 %" : percent(part, 2);
}

function cheaper({ cheaper_from_rps: from }, n) {
  if (n === 0) return "–";
  return from === null ? "no rate" : `${number(from)} a second`;
}
