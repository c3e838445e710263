/**
 * Combined activities: one shared mission, an order of each side's own, and what both agreed on.
 *
 * Doesn't own: orders (`orders.js`), missions of one unit alone (`missions.js`).
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { get, send } from "../api.js";
import { when } from "../format.js";
import { Ask, Field, LabelText, Mark, Problem, useAnswer, useFocusFirst, useForm, useTask } from "../people/form.js";
import { titleOf } from "../people/words.js";
import { heard, may } from "../state.js";
import { leaving, settled, useUnsaved } from "../unsaved.js";
import { t } from "../words.js";
import { orders } from "./ordercalls.js";
import { UnitPick } from "./orderform.js";
import { unitText } from "./ordersigns.js";

/** @typedef {import("./ordertypes.js").OrderChoices} OrderChoices */
/** @typedef {import("./ordertypes.js").UnitName} UnitName */
/** @typedef {{id: string, name: string, title: string, title_ja: string, state: string}} OwnOrder */
/** @typedef {{unit: UnitName, gone: boolean, agreed: boolean, agreed_ms: number, order: OwnOrder | null, ended_ms: number, reason: string}} Side */
/**
 * @typedef {{id: string, version: string, title: string, title_ja: string, text: string, sides: Side[], agreed: boolean,
 *   own: string, mark: string, label: string}} Row
 */

const PATH = "/api/operations/combined";
/** @returns {Promise<Row[]>} */
const all = () => get(PATH);
/** @param {string} id @param {string} what @param {object} form */
const act = (id, what, form) => send("POST", `${PATH}/${encodeURIComponent(id)}/${what}`, form);

/** @param {{offered: OrderChoices}} props */
export function Combined({ offered }) {
  const asked = useAnswer(all, [heard.value.orders]);
  const [editing, setEditing] = useState(/** @type {Row | "new" | null} */ (null));
  const again = () => {
    setEditing(null);
    void asked.again();
  };
  const rows = asked.value ?? [];
  return html`<section class="combined" aria-label=${t("combined.title")}>
    <div class="order-bar"><h2>${t("combined.title")}</h2>
      ${offered.may_command && html`<button class="button" onClick=${() => leaving(() => setEditing("new"))}>${t("combined.new")}</button>`}</div>
    <${Problem} refusal=${asked.refusal} />
    ${editing && html`<${Form} key=${editing === "new" ? "" : editing.id} row=${editing === "new" ? null : editing} offered=${offered} onDone=${again} onClose=${() => setEditing(null)} />`}
    ${asked.value && !rows.length && !editing && html`<p class="note">${t("combined.none")}</p>`}
    <ul class="missions">${rows.map((row) => html`<${Activity} key=${row.id} row=${row} onChanged=${() => void asked.again()} onEdit=${() => leaving(() => setEditing(row))} />`)}</ul>
  </section>`;
}

/** @param {{row: Row, onChanged: () => void, onEdit: () => void}} props */
function Activity({ row, onChanged, onEdit }) {
  const task = useTask();
  const [asking, setAsking] = useState("");
  const own = row.sides.find(({ unit }) => unit.id === row.own);
  const agree = () =>
    task.run(async () => {
      await act(row.id, "agree", { version: row.version });
      onChanged();
    });
  return html`<li><h3><${Mark} mark=${row.mark} />${titleOf(row)}
      <span class="order-state">${row.agreed ? `✓ ${t("combined.agreed")}` : `○ ${t("combined.open")}`}</span></h3>
    <p class="dim"><code>${t("combined.mission", { id: row.id })}</code></p>
    <p class="order-paragraph">${row.text}</p>
    <ul class="lines">${row.sides.map(
      (side) => html`<li key=${side.unit.id}><b>${unitText(side.unit)}</b>
        <span>${side.agreed ? `✓ ${t("combined.side_agreed", { time: when(side.agreed_ms) })}` : `○ ${t("combined.side_open")}`}</span>
        <span>${side.order ? html`<a href=${`#orders/${encodeURI(side.order.id)}`}>${side.order.name || titleOf(side.order)}</a> · ${t(`orders.state.${side.order.state}`)}` : t("combined.no_order")}</span>
        ${side.gone && html`<small>■ ${t("combined.gone")}</small>`}
        ${side.ended_ms > 0 && html`<small>■ ${t("combined.side_ended", { time: when(side.ended_ms), reason: side.reason })}</small>`}</li>`,
    )}</ul>
    <${Problem} refusal=${task.refusal} />
    ${
      own &&
      !own.ended_ms &&
      may("command") &&
      html`<p class="buttons">${!own.agreed && html`<button class="button strong small" disabled=${task.busy} onClick=${agree}>${t("combined.agree")}</button>`}
        <button class="button small" onClick=${() => setAsking("order")}>${t("combined.name_order")}</button>
        <button class="button small" onClick=${onEdit}>${t("combined.revise")}</button>
        <button class="button small" onClick=${() => setAsking("end")}>${t("combined.end")}</button></p>`
    }
    ${asking && html`<${Say} row=${row} what=${asking} onDone=${onChanged} onClose=${() => setAsking("")} />`}</li>`;
}

/** Our order, or why we end our part. @param {{row: Row, what: string, onDone: () => void, onClose: () => void}} props */
function Say({ row, what, onDone, onClose }) {
  const task = useTask();
  const { typed, of } = useForm({ order: row.sides.find(({ unit }) => unit.id === row.own)?.order?.id ?? "", reason: "" });
  const listed = useAnswer(orders, []);
  const yes = () =>
    task.run(async () => {
      await act(row.id, what, what === "order" ? { order: typed.order } : { reason: typed.reason });
      onClose();
      onDone();
    });
  const word = t(what === "order" ? "combined.name_order" : "combined.end");
  return html`<${Ask} title=${`${word}: ${titleOf(row)}`} word=${word} task=${task} onYes=${yes} onNo=${onClose}>
    ${
      what === "order"
        ? html`<${Field} label=${word}><select ...${of("order")}><option value="">–</option>
          ${(listed.value ?? []).filter(({ unit }) => unit.id === row.own).map((one) => html`<option key=${one.id} value=${one.id}>${one.name || titleOf(one)}</option>`)}</select><//>`
        : html`<${Field} label=${t("orders.reason")}><textarea rows="3" required maxlength="2000" ...${of("reason")} /><//>`
    }<//>`;
}

/** @param {{row: Row | null, offered: OrderChoices, onDone: () => void, onClose: () => void}} props */
function Form({ row, offered, onDone, onClose }) {
  const task = useTask();
  const focus = useFocusFirst();
  const { typed, set, of, changed } = useForm({
    title: row?.title ?? "",
    title_ja: row?.title_ja ?? "",
    text: row?.text ?? "",
    other: row?.sides.find(({ unit }) => unit.id !== row.own)?.unit.id ?? "",
    label: row?.label ?? "",
  });
  const leave = useUnsaved(changed);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const form = { ...typed, version: row?.version ?? "" };
      await (row ? send("PUT", `${PATH}/${encodeURIComponent(row.id)}`, form) : send("POST", PATH, form));
      settled();
      onDone();
    });
  };
  return html`<form class="order-form" ref=${focus} onSubmit=${submit}><div class="order-grid">
      <${Field} label=${t("orders.field.title")}><input required maxlength="200" ...${of("title")} /><//>
      <${Field} label=${t("orders.field.title_ja")}><input maxlength="200" lang="ja" ...${of("title_ja")} /><//>
      ${!row && html`<${UnitPick} required label=${t("combined.other")} id=${typed.other} offered=${offered} onId=${(/** @type {string} */ id) => set("other", id)} />`}
      <${Field} label=${t("orders.field.label")}><${LabelText} value=${typed.label} onText=${(/** @type {string} */ text) => set("label", text)} /><//></div>
    <${Field} label=${t("combined.text")}><textarea rows="4" required maxlength="4000" ...${of("text")} /><//>
    <${Problem} refusal=${task.refusal} />
    <p class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("form.save")}</button>
      <button class="button" type="button" onClick=${() => leave(onClose)}>${t("form.cancel")}</button></p></form>`;
}
