/**
 * The form of one act of a change, made from its fields.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Checks, Field, LabelText, Moment, Picker, useFocusFirst } from "../people/form.js";
import { said } from "../people/words.js";
import { nameOf, t } from "../words.js";
import { bondText, FIELDS, kindText, liaisonText, unitName } from "./acts.js";
import { appointmentName, choices, titleOf } from "./choices.js";
import { shortType, typeText } from "./lines.js";
import { ACTIONS, findUnits, unitChoice } from "./may.js";
import { structure } from "./moment.js";

/** @typedef {import("./types.js").Act} Act */
/** @typedef {import("../people/form.js").Choice} Choice */

/**
 * @param {{act: Act, acts: Act[], word: string, onDone: (act: Act) => void, onCancel: () => void, children?: any}} props `acts`: all of the draft
 */
export function ActForm({ act: first, acts, word, onDone, onCancel, children }) {
  const [act, setAct] = useState(first);
  const ref = useFocusFirst();
  const set = (/** @type {string} */ name, /** @type {any} */ value) => setAct((was) => ({ ...was, [name]: value }));
  const fields = FIELDS[act.kind].filter((one) => one.is !== "new" && (one.name !== "support" || act.type === "SUPPORT"));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (fields.every((one) => !one.needed || (Array.isArray(act[one.name]) ? act[one.name].length : act[one.name]))) onDone(act);
  };
  return html`<form class="fields act-form" ref=${ref} onSubmit=${submit}>
    <h3>${kindText(act.kind)}</h3>
    <div class="pair">${fields.map((one) => html`<${Input} key=${one.name} field=${one} act=${act} acts=${acts} set=${set} />`)}</div>
    ${children}
    <div class="buttons"><button class="button strong" type="submit">${word}</button>
      <button class="button" type="button" onClick=${onCancel}>${t("form.cancel")}</button></div></form>`;
}

/** @param {{field: import("./acts.js").Field, act: Act, acts: Act[], set: (name: string, value: any) => void}} props */
function Input({ field, act, acts, set }) {
  const { name, is, needed } = field;
  const label = t(`field.${name}`);
  const value = act[name];
  const typed = (/** @type {any} */ event) => set(name, event.currentTarget.value);
  if (is === "unit") {
    return html`<${Picker} label=${label} placeholder=${t("command.find_unit")} find=${(/** @type {string} */ query) => unitsWith(query, acts)}
      value=${value ? (unitChoice(value) ?? { id: value, name: unitName(value, acts) }) : null}
      onPick=${(/** @type {Choice | null} */ choice) => set(name, choice?.id ?? "")} />`;
  }
  if (is === "relation") {
    const one = structure.value?.body.relations.find((relation) => relation.id === value);
    return html`<${Picker} label=${label} placeholder=${t("command.find_unit")} find=${findRelations}
      value=${one ? { id: one.id, name: bondText(one) } : null} onPick=${(/** @type {Choice | null} */ choice) => set(name, choice?.id ?? "")} />`;
  }
  if (is === "responsibility" || is === "liaison" || is === "appointment") {
    const find = { responsibility: findResponsibilities, liaison: findLiaisons, appointment: findAppointments(name === "commander") }[is];
    const chosen = find("").find((one) => one.id === value);
    return html`<${Picker} label=${needed ? `${label} *` : label} placeholder=${t("command.find_unit")} find=${find}
      value=${chosen ?? (value ? { id: value, name: value } : null)} onPick=${(/** @type {Choice | null} */ choice) => set(name, choice?.id ?? "")} />`;
  }
  if (is === "appointments") return html`<${Ordered} label=${`${label} *`} ids=${value ?? []} onIds=${(/** @type {string[]} */ ids) => set(name, ids)} />`;
  if (is === "mark") {
    return html`<${Field} label=${`${label} *`} hint=${t("command.ceiling_hint")}><${LabelText} value=${value ?? ""} onText=${(/** @type {string} */ text) => set(name, text)} /><//>`;
  }
  if (is === "limits") {
    const limits = { flags: [], text: "", ...value };
    return html`<div class="limits"><${Field} label=${label}><textarea rows="2" maxlength="4000" value=${limits.text}
        onInput=${(/** @type {any} */ event) => set(name, { ...limits, text: event.currentTarget.value })} /><//>
      <details><summary>${t("field.limits_flags")}</summary><${Checks} legend="" codes=${ACTIONS} chosen=${limits.flags}
        name=${(/** @type {string} */ code) => said("action", code)}
        onChosen=${(/** @type {string[]} */ flags) => set(name, { ...limits, flags })} /></details></div>`;
  }
  if (is === "flag") {
    return html`<label class="check"><input type="checkbox" checked=${value} onChange=${() => set(name, !value)} /> ${label}</label>`;
  }
  const numeric = (/** @type {any} */ event) => set(name, event.currentTarget.value === "" ? null : Number(event.currentTarget.value));
  return html`<${Field} label=${needed ? `${label} *` : label}>${
    is === "choice" ? html`<select value=${value ?? ""} onChange=${typed}>${field.of?.map(
        (code) => html`<option key=${code} value=${code}>${choiceText(field.group ?? "", code)}</option>`,
      )}</select>`
    : is === "moment" ? html`<${Moment} value=${value ?? 0} onValue=${(/** @type {number} */ ms) => set(name, ms)} />`
    : is === "long" ? html`<textarea rows="3" maxlength="4000" value=${value ?? ""} onInput=${typed} />`
    : is === "number" ? html`<input type="number" min="0" max="100000000" value=${value ?? ""} onInput=${numeric} />`
    : is === "degrees" ? html`<input type="number" step="any" min=${name === "lat" ? -90 : -180} max=${name === "lat" ? 90 : 180} value=${value ?? ""} onInput=${numeric} />`
    : html`<input required=${needed} maxlength="200" spellcheck=${false} value=${value ?? ""} onInput=${typed} />`
  }<//>`;
}

/** @param {string} group @param {string} code */
function choiceText(group, code) {
  if (!code) return "–";
  return group === "relation" ? `${shortType(code)} · ${typeText(code)}` : said(group, code);
}

/** Of the structure, and what the draft adds. @param {string} query @param {Act[]} acts @returns {Choice[]} */
const unitsWith = (query, acts) => [
  ...acts
    .filter((act) => act.kind === "unit.added" && `${act.name} ${act.name_ja ?? ""}`.toLowerCase().includes(query))
    .map((act) => ({ id: act.unit, name: nameOf({ name: act.name, name_ja: act.name_ja }), more: t("change.new") })),
  ...findUnits(query),
];

/** Appointments in order: the first takes over first. @param {{label: string, ids: string[], onIds: (ids: string[]) => void}} props */
function Ordered({ label, ids, onIds }) {
  const up = (/** @type {number} */ i) => onIds(ids.map((id, n) => (n === i - 1 ? ids[i] : n === i ? ids[i - 1] : id)));
  return html`<div class="ordered">
    <ol aria-label=${label}>${ids.map(
      (id, i) => html`<li key=${id}>${appointmentName(id)}
        ${i > 0 && html`<button class="button small" type="button" aria-label=${`${t("command.earlier")}: ${appointmentName(id)}`} onClick=${() => up(i)}>↑</button>`}
        <button class="button small" type="button" aria-label=${`${t("change.remove")}: ${appointmentName(id)}`} onClick=${() => onIds(ids.filter((one) => one !== id))}>${t("change.remove")}</button></li>`,
    )}</ol>
    <${Picker} label=${label} placeholder=${t("command.add_alternate")} find=${findAppointments(true)} value=${null}
      onPick=${(/** @type {Choice | null} */ choice) => choice && !ids.includes(choice.id) && onIds([...ids, choice.id])} /></div>`;
}

/** @param {boolean} commands only those that may @returns {(query: string) => Choice[]} */
const findAppointments = (commands) => (query) =>
  choices.value.appointments
    .filter((one) => (!commands || one.commands) && `${one.title} ${one.title_ja}`.toLowerCase().includes(query))
    .map((one) => ({ id: one.id, name: titleOf(one), more: one.unit ? unitName(one.unit) : "" }));

/** @param {string} query @returns {Choice[]} */
const findResponsibilities = (query) =>
  choices.value.responsibilities
    .filter((one) => `${one.title} ${one.title_ja} ${unitName(one.unit)}`.toLowerCase().includes(query))
    .map((one) => ({ id: one.id, name: titleOf(one), more: unitName(one.unit), mark: one.mark }));

/** @param {string} query @returns {Choice[]} */
const findLiaisons = (query) =>
  (structure.value?.body.liaisons ?? [])
    .map((one) => ({ id: one.id, name: liaisonText(one), more: one.name, mark: one.mark }))
    .filter((one) => `${one.name} ${one.more}`.toLowerCase().includes(query));

/** By the names of their units. @param {string} query @returns {Choice[]} */
function findRelations(query) {
  const found = structure.value?.search(query);
  return (structure.value?.body.relations ?? [])
    .filter((one) => !found || found.has(one.subordinate) || found.has(one.superior))
    .map((one) => ({ id: one.id, name: bondText(one), more: one.order_ref, mark: one.mark }));
}
