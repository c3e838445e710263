/**
 * Missions: what the headquarters was given, or has taken on; what orders are written for.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Ask, Field, LabelText, Mark, Moment, Problem, useAnswer, useFocusFirst, useForm, useTask } from "../people/form.js";
import { titleOf } from "../people/words.js";
import { say } from "../state.js";
import { leaving, settled, useUnsaved } from "../unsaved.js";
import { t } from "../words.js";
import { Combined } from "./combined.js";
import * as calls from "./ordercalls.js";
import { UnitPick } from "./orderform.js";
import { unitText } from "./ordersigns.js";

/** @typedef {import("./ordertypes.js").MissionRow} MissionRow */
/** @typedef {import("./ordertypes.js").OrderChoices} OrderChoices */

/** @param {{offered: OrderChoices, onClose: () => void}} props */
export function Missions({ offered, onClose }) {
  const asked = useAnswer(calls.missions, []);
  const [editing, setEditing] = useState(/** @type {MissionRow | "new" | null} */ (null));
  const [ending, setEnding] = useState(/** @type {MissionRow | null} */ (null));
  const again = () => {
    setEditing(null);
    void asked.again();
  };
  const rows = asked.value ?? [];
  return html`<section class="order-one" aria-label=${t("orders.missions")}>
    <div class="order-bar"><h2>${t("orders.missions")}</h2><span class="buttons">
      ${offered.may_command && html`<button class="button strong" onClick=${() => leaving(() => setEditing("new"))}>${t("orders.new_mission")}</button>`}
      <button class="button icon-only" aria-label=${t("drawer.close")} title=${t("drawer.close")} onClick=${onClose}>
        <${Icon} name="close" /></button></span></div>
    <${Problem} refusal=${asked.refusal} />
    ${editing && html`<${Form} key=${editing === "new" ? "" : editing.id} row=${editing === "new" ? null : editing} offered=${offered} onDone=${again} onClose=${() => setEditing(null)} />`}
    ${asked.value && !rows.length && !editing && html`<p class="note desk-empty">${t("orders.no_missions")}</p>`}
    <ul class="missions">${rows.map(
      (row) => html`<li key=${row.id}><h3><${Mark} mark=${row.mark} />${titleOf(row)}
        <span class="order-state">${t(row.ended_ms ? "orders.mission_over" : "orders.mission_open")}</span></h3>
      <p class="order-paragraph">${row.text}</p>
      <p class="dim">${unitText(row.unit)} ·
        ${row.given_by ? t("orders.given_by", { unit: unitText(row.given_by) }) : t("orders.taken_on")}${row.order_ref && ` · ${row.order_ref}`} ·
        <time lang="en">${when(row.from_ms)}${row.until_ms > 0 && ` – ${when(row.until_ms)}`}</time></p>
      ${row.ended_ms > 0 && html`<p>${t("orders.mission_ended", { time: when(row.ended_ms), reason: row.reason })}</p>`}
      ${
        offered.may_command &&
        !row.ended_ms &&
        row.unit.id === offered.unit?.id &&
        html`<p class="buttons"><button class="button small" onClick=${() => leaving(() => setEditing(row))}>${t("orders.do.edit")}</button>
        <button class="button small" onClick=${() => setEnding(row)}>${t("orders.end_mission")}</button></p>`
      }</li>`,
    )}</ul>
    <${Combined} offered=${offered} />
    ${ending && html`<${End} row=${ending} onDone=${() => (setEnding(null), void asked.again())} onClose=${() => setEnding(null)} />`}
  </section>`;
}

/** @param {{row: MissionRow | null, offered: OrderChoices, onDone: () => void, onClose: () => void}} props */
function Form({ row, offered, onDone, onClose }) {
  const task = useTask();
  const focus = useFocusFirst();
  const { typed, set, of, changed } = useForm({
    title: row?.title ?? "",
    title_ja: row?.title_ja ?? "",
    text: row?.text ?? "",
    given_by: row?.given_by?.id ?? "",
    order_ref: row?.order_ref ?? "",
    from_ms: row?.from_ms ?? Date.now(),
    until_ms: row?.until_ms ?? 0,
    label: row?.label ?? "",
  });
  const leave = useUnsaved(changed);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      await calls.saveMission(row?.id ?? "", { ...typed, version: row?.version ?? "" });
      settled();
      say(t("orders.mission_saved"));
      onDone();
    });
  };
  return html`<form class="order-form" ref=${focus} onSubmit=${submit}><div class="order-grid">
      <${Field} label=${t("orders.field.title")}><input required maxlength="200" ...${of("title")} /></${Field}>
      <${Field} label=${t("orders.field.title_ja")}><input maxlength="200" lang="ja" ...${of("title_ja")} /></${Field}>
      <${UnitPick} label=${t("orders.given_by_field")} id=${typed.given_by} offered=${offered} onId=${(/** @type {string} */ id) => set("given_by", id)} />
      <${Field} label=${t("orders.order_ref")}><input maxlength="200" ...${of("order_ref")} /></${Field}>
      <${Field} label=${t("orders.task.start")}><${Moment} required value=${typed.from_ms} onValue=${(/** @type {number} */ ms) => set("from_ms", ms)} /></${Field}>
      <${Field} label=${t("orders.ends")}><${Moment} value=${typed.until_ms} onValue=${(/** @type {number} */ ms) => set("until_ms", ms)} /></${Field}>
      <${Field} label=${t("orders.field.label")}><${LabelText} empty value=${typed.label} onText=${(/** @type {string} */ text) => set("label", text)} /></${Field}></div>
    <${Field} label=${t("orders.mission_text")}><textarea rows="3" required maxlength="2000" ...${of("text")} /></${Field}>
    <${Problem} refusal=${task.refusal} />
    <p class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("orders.save_mission")}</button>
      <button class="button" type="button" onClick=${() => leave(onClose)}>${t("form.cancel")}</button></p></form>`;
}

/** @param {{row: MissionRow, onDone: () => void, onClose: () => void}} props */
function End({ row, onDone, onClose }) {
  const task = useTask();
  const { typed, of } = useForm({ reason: "" });
  const yes = () =>
    task.run(async () => {
      await calls.endMission(row.id, { version: row.version, reason: typed.reason });
      onDone();
    });
  return html`<${Ask} title=${`${t("orders.end_mission")}: ${titleOf(row)}`} word=${t("orders.end_mission")} task=${task} onYes=${yes} onNo=${onClose}>
    <${Field} label=${t("orders.reason")}><textarea rows="3" required maxlength="2000" ...${of("reason")} /></${Field}></${Ask}>`;
}
