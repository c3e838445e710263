/**
 * Asking for information: a new request, or one in other words; what was asked before stands beside it.
 *
 * Owns: what is typed, until the server has it. Doesn't own: which ones are similar (the server's rule).
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { Field, LabelText, Moment, Problem, useAnswer, useFocusFirst, useForm, useTask } from "../people/form.js";
import { say } from "../state.js";
import { settled, useUnsaved } from "../unsaved.js";
import { nameOf, t } from "../words.js";
import * as calls from "./requirementcalls.js";
import { Other } from "./rfi.js";

/** What is typed is compared when no key has come for so long. */
const PAUSE_MS = 400;
const NOTHING = { question: "", reason: "", asked_of: "", ltiov_ms: 0, precedence: "routine", label: "", version: "" };

/** @typedef {{id: string, offered: import("./requirementtypes.js").Choices, onSaved: (id: string) => void, onClose: () => void}} Props */

/** @param {Props} props */
export function RfiForm(props) {
  const { id } = props;
  const asked = useAnswer(async () => (id ? calls.rfi(id) : null), [id]);
  const body = asked.value;
  if (id && !body) return html`<section class="order-one"><${Problem} refusal=${asked.refusal} /></section>`;
  const first = body
    ? {
        ...NOTHING,
        question: body.row.question,
        reason: body.reason,
        asked_of: body.row.asked_of.id,
        ltiov_ms: body.row.ltiov_ms,
        version: body.row.version,
      }
    : NOTHING;
  return html`<${Form} ...${props} first=${first} name=${body?.row.name ?? ""} />`;
}

/** @param {Props & {first: typeof NOTHING, name: string}} props */
function Form({ id, first, name, offered, onSaved, onClose }) {
  const { typed, set, of, changed } = useForm(first);
  useUnsaved(changed);
  const task = useTask();
  const focus = useFocusFirst();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const saved = await calls.saveRfi(id, typed);
      settled();
      say(t("requirements.asked", { name: saved.row.name }));
      onSaved(saved.row.id);
    });
  };
  const choose = (/** @type {"asked_of" | "precedence"} */ field) => ({
    value: typed[field],
    onChange: (/** @type {any} */ event) => set(field, event.currentTarget.value),
  });
  return html`<section class="order-one" aria-label=${t("requirements.rfi_editor")}>
    <form class="order-form" ref=${focus} onSubmit=${submit}>
    <h2>${t(id ? "requirements.rfi_edit_title" : "requirements.rfi_new_title", { name })}</h2>
    <${Field} label=${t("requirements.question")}><textarea rows="3" required maxlength="2000" ...${of("question")} /></${Field}>
    ${!id && html`<${Similar} question=${typed.question} />`}
    <${Field} label=${t("requirements.why")}><textarea rows="2" required maxlength="1000" ...${of("reason")} /></${Field}>
    <div class="order-grid">
      <${Field} label=${t("requirements.fact.asked_of")} hint=${t("requirements.asked_of_hint")}><select required ...${choose("asked_of")}><option value="">–</option>
        ${offered.units.map((one) => html`<option key=${one.id} value=${one.id}>${nameOf(one)}</option>`)}</select></${Field}>
      <${Field} label=${t("requirements.fact.ltiov")} hint=${t("requirements.ltiov_hint")}><${Moment} value=${typed.ltiov_ms}
        onValue=${(/** @type {number} */ ms) => set("ltiov_ms", ms)} /></${Field}>
      ${
        !id &&
        html`<${Field} label=${t("orders.field.precedence")}><select ...${choose("precedence")}>
        ${offered.precedences.map((one) => html`<option key=${one} value=${one}>${t(`orders.precedence.${one}`)}</option>`)}</select></${Field}>
      <${Field} label=${t("orders.field.label")} hint=${t("orders.label_hint")}><${LabelText} empty value=${typed.label}
        onText=${(/** @type {string} */ text) => set("label", text)} /></${Field}>`
      }
    </div>
    <${Problem} refusal=${task.refusal} />
    <div class="buttons order-save"><button class="button strong" type="submit" disabled=${task.busy}>${t(id ? "requirements.ask_again" : "requirements.ask")}</button>
      <button class="button" type="button" onClick=${onClose}>${t("form.cancel")}</button></div>
  </form></section>`;
}

/** What was asked before, once nothing more is typed. @param {{question: string}} props */
function Similar({ question }) {
  const [settledOn, setSettledOn] = useState(question);
  useEffect(() => {
    const timer = setTimeout(() => setSettledOn(question), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [question]);
  const asked = useAnswer(async () => (settledOn.trim() ? calls.similarRfis(settledOn) : []), [settledOn]);
  if (!asked.value?.length) return null;
  return html`<section class="similar" role="status" aria-label=${t("requirements.similar")}>
    <h3><span aria-hidden="true">▲</span> ${t("requirements.similar")}</h3>
    <ul>${asked.value.map((one) => html`<li key=${one.id}><${Other} one=${one} /></li>`)}</ul></section>`;
}
