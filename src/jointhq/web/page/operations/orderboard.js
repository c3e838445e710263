/**
 * Who has an order and what he says of it: the board of an order, the people behind each unit, one's own answer.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { when } from "../format.js";
import { Ask, Field, useForm, useTask } from "../people/form.js";
import { ruleText, said } from "../people/words.js";
import { say, second } from "../state.js";
import { t } from "../words.js";
import * as calls from "./ordercalls.js";
import { By, State, unitText, whoText } from "./ordersigns.js";

/** @typedef {import("./ordertypes.js").AddresseeRow} AddresseeRow */

/** @param {{rows: AddresseeRow[]}} props */
export const Board = ({ rows }) => html`<section class="order-board" aria-label=${t("orders.board")}>
  <h3>${t("orders.board")}</h3>
  <table><thead><tr>${["unit", "as", "state", "answer", "due"].map((name) => html`<th scope="col" key=${name}>${t(`orders.col.${name}`)}</th>`)}</tr></thead>
  <tbody>${rows.map((row) => html`<${Line} key=${row.id} row=${row} />`)}</tbody></table></section>`;

/** @param {{row: AddresseeRow}} props */
function Line({ row }) {
  void second.value;
  return html`<tr class=${row.late ? "late" : undefined}>
    <th scope="row">${unitText(row.unit)}</th>
    <td data-name=${t("orders.col.as")}>${t(`orders.role.${row.role}`)}
      ${
        row.role === "request" &&
        html`<div><small>${t(row.phase === "order" ? "orders.taken_on_by" : "orders.refer_to", { unit: unitText(row.refer_to) })}</small></div>`
      }
      ${row.rule && row.role === "request" && html`<div><small class="dim">${ruleOf(row.rule)}</small></div>`}</td>
    <td data-name=${t("orders.col.state")}><${State} of=${row.reached} />
      ${row.late && html`<br /><${State} of="late" word=${t("orders.silent")} />`}</td>
    <td data-name=${t("orders.col.answer")}>${row.by && html`<${By} who=${row.by} at_ms=${row.at_ms} />`}${row.note && html`<div>${row.note}</div>`}
      ${row.people.length > 0 && html`<${People} people=${row.people} />`}
      ${row.steps.length > 1 && html`<${Steps} row=${row} />`}</td>
    <td data-name=${t("orders.col.due")}>${row.due_ms > 0 && html`<time lang="en">${when(row.due_ms)}</time>`}
      ${
        row.escalated_to &&
        html`<div><span aria-hidden="true">▲</span> ${t("orders.escalated", { who: whoText(row.escalated_to) || t("orders.someone") })}</div>`
      }</td></tr>`;
}

/** Why authority doesn't reach. @param {string} rule */
export const ruleOf = (rule) => said("orders.rule", rule);

/** @param {{row: AddresseeRow}} props */
const Steps = ({ row }) => html`<details><summary>${t("orders.steps")}</summary><ol class="order-steps">${row.steps.map(
  (step, i) => html`<li key=${i}><${State} of=${step.what} /> <${By} who=${step.who} at_ms=${step.at_ms} />
    ${step.way && html`<small class="dim">${t(`orders.way.${step.way}`)}</small>`} ${step.note}</li>`,
)}</ol></details>`;

/** Whom it reaches of a unit, whom not, and why. @param {{people: import("./ordertypes.js").DeviceRow[], open?: boolean}} props */
export const People = ({ people, open }) => html`<details open=${open}><summary>${t("orders.people", { n: people.length })}</summary>
  <ul class="order-people">${people.map(
    (one, i) => html`<li key=${i}><${State} of=${one.state} /> ${whoText(one.who)}
      ${one.rule && html`<small class="warn">${ruleText(one.rule, {})}</small>`}</li>`,
  )}</ul></details>`;

/** What waits for the reader's own unit. @param {{rows: AddresseeRow[], onDone: () => void}} props */
export function Mine({ rows, onDone }) {
  const mine = rows.filter(({ actions }) => actions.length);
  const [asks, setAsks] = useState(/** @type {{row: AddresseeRow, what: string} | null} */ (null));
  asked = (what) => {
    const row = mine.find(({ actions }) => actions.includes(what));
    if (row) setAsks({ row, what });
  };
  if (!mine.length) return null;
  return html`<section class="order-mine-box" aria-label=${t("orders.your_answer")}>
    <h3><span aria-hidden="true">▶</span> ${t("orders.your_answer")}</h3>
    ${mine.map(
      (row) => html`<p key=${row.id}><b>${unitText(row.unit)}</b> <${State} of=${row.reached} />
      <span class="buttons">${row.actions.map(
        (what) => html`<button key=${what} class=${`button${what === "wilco" || what === "accept" ? " strong" : ""}`}
        onClick=${() => setAsks({ row, what })}>${t(`orders.act.${what}`)}</button>`,
      )}</span></p>`,
    )}
    ${asks && html`<${Answer} ...${asks} onDone=${onDone} onClose=${() => setAsks(null)} />`}
  </section>`;
}

/** @type {(what: string) => void} what a key asks for, while an order is shown */
let asked = () => {};
/** @param {string} what */
export const ask = (what) => asked(what);
export const forget = () => void (asked = () => {});

const NEEDS_REASON = ["cantco", "decline"];

/** @param {{row: AddresseeRow, what: string, onDone: () => void, onClose: () => void}} props */
function Answer({ row, what, onDone, onClose }) {
  const task = useTask();
  const { typed, of } = useForm({ note: "" });
  const yes = () =>
    task.run(async () => {
      if (what === "accept" || what === "decline")
        await calls.answer(row.id, "decide", { accept: what === "accept", note: typed.note });
      else await calls.answer(row.id, "answer", { answer: what, reason: typed.note });
      say(t("orders.answered"));
      onClose();
      onDone();
    });
  return html`<${Ask} title=${t("orders.answer_for", { unit: unitText(row.unit) })} word=${t(`orders.act.${what}`)}
    task=${task} onYes=${yes} onNo=${onClose}>
    <p>${t(`orders.means.${what}`)}</p>
    ${what !== "acknowledged" && html`<${Field} label=${t(NEEDS_REASON.includes(what) ? "orders.reason" : "orders.note")}>
      <textarea rows="3" maxlength="2000" required=${NEEDS_REASON.includes(what)} ...${of("note")} /></${Field}>`}
  </${Ask}>`;
}
