/**
 * The editor of a CCIR: a new one, a draft, or one that takes another's place.
 *
 * Owns: what is typed, until the server has it. Doesn't own: what one may say (the server's rules).
 */

import { html } from "htm/preact";

import { SpanText } from "../parts/span.js";
import { Checks, Field, LabelText, Moment, Problem, useAnswer, useFocusFirst, useForm, useTask } from "../people/form.js";
import { titleOf } from "../people/words.js";
import { say } from "../state.js";
import { settled, useUnsaved } from "../unsaved.js";
import { t } from "../words.js";
import * as calls from "./requirementcalls.js";

const TYPES = ["PIR", "FFIR", "EEFI"];
const NOTHING = {
  type: "PIR",
  text: "",
  text_ja: "",
  decision: "",
  indicators: /** @type {string[]} */ ([]),
  owner: "",
  ltiov_ms: 0,
  notify: /** @type {string[]} */ ([]),
  silence_minutes: 30,
  replaces: "",
  label: "",
  version: "",
};

/** @typedef {{id: string, how: string, offered: import("./requirementtypes.js").Choices, onSaved: (id: string) => void, onClose: () => void}} Props */

/** @param {Props} props */
export function CcirEditor(props) {
  const { id, how } = props;
  const asked = useAnswer(async () => (id ? calls.ccir(id) : null), [id]);
  const body = asked.value;
  if (id && !body) return html`<section class="order-one"><${Problem} refusal=${asked.refusal} /></section>`;
  const first = body
    ? {
        ...NOTHING,
        type: body.row.type,
        text: body.row.text,
        text_ja: body.row.text_ja,
        decision: body.row.decision,
        indicators: body.indicators,
        owner: body.row.owner?.id ?? "",
        ltiov_ms: body.row.ltiov_ms,
        notify: body.notify.map((one) => one.id),
        silence_minutes: body.silence_minutes,
        replaces: how === "replace" ? id : body.replaces,
        label: body.label,
        version: how === "edit" ? body.row.version : "",
      }
    : NOTHING;
  return html`<${Form} ...${props} id=${how === "edit" ? id : ""} first=${first} name=${body?.row.name ?? ""} />`;
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
      const indicators = typed.indicators.map((one) => one.trim()).filter(Boolean);
      const saved = await calls.saveCcir(id, { ...typed, indicators });
      settled();
      say(t("requirements.saved"));
      onSaved(saved.row.id);
    });
  };
  const choose = (/** @type {"type" | "owner"} */ field) => ({
    value: typed[field],
    onChange: (/** @type {any} */ event) => set(field, event.currentTarget.value),
  });
  const names = new Map(offered.appointments.map((one) => [one.id, titleOf(one)]));
  return html`<section class="order-one" aria-label=${t("requirements.editor")}>
    <form class="order-form" ref=${focus} onSubmit=${submit}>
    <h2>${t(id ? "requirements.edit_title" : first.replaces ? "requirements.replace_title" : "requirements.new_title", { name })}</h2>
    <div class="order-grid">
      <${Field} label=${t("requirements.fact.type")}><select ...${choose("type")} disabled=${Boolean(first.replaces)}>
        ${TYPES.map((one) => html`<option key=${one} value=${one}>${t(`requirements.type.${one}`)}</option>`)}</select></${Field}>
      <${Field} label=${t("requirements.fact.owner")} hint=${t("requirements.owner_hint")}><select required ...${choose("owner")}>
        <option value="">–</option>${offered.appointments.map((one) => html`<option key=${one.id} value=${one.id}>${titleOf(one)}</option>`)}</select></${Field}>
      <${Field} label=${t("requirements.fact.ltiov")} hint=${t("requirements.ltiov_hint")}><${Moment} value=${typed.ltiov_ms}
        onValue=${(/** @type {number} */ ms) => set("ltiov_ms", ms)} /></${Field}>
      <${Field} label=${t("requirements.silence_minutes")} hint=${t("requirements.silence_hint")}><${SpanText} min=${1} max=${10080}
        minutes=${typed.silence_minutes} onMinutes=${(/** @type {number} */ minutes) => set("silence_minutes", minutes)} /></${Field}>
      <${Field} label=${t("orders.field.label")} hint=${t("orders.label_hint")}><${LabelText} empty value=${typed.label}
        onText=${(/** @type {string} */ text) => set("label", text)} /></${Field}>
    </div>
    <${Field} label=${t(typed.type === "EEFI" ? "requirements.text_eefi" : "requirements.text")}><textarea rows="2" required maxlength="1000" ...${of("text")} /></${Field}>
    <${Field} label=${t("requirements.text_ja")}><textarea rows="2" maxlength="1000" lang="ja" ...${of("text_ja")} /></${Field}>
    <${Field} label=${t("requirements.fact.decision")} hint=${t(typed.type === "EEFI" ? "requirements.decision_eefi" : "requirements.decision_hint")}>
      <input maxlength="1000" required=${typed.type !== "EEFI"} ...${of("decision")} /></${Field}>
    <${Field} label=${t("requirements.indicators")} hint=${t("requirements.indicators_hint")}><textarea rows="3" maxlength="6000"
      value=${typed.indicators.join("\n")} onInput=${(/** @type {any} */ event) => set("indicators", event.currentTarget.value.split("\n"))} /></${Field}>
    <${Checks} legend=${t("requirements.fact.notify")} codes=${[...names.keys()]} chosen=${typed.notify}
      name=${(/** @type {string} */ code) => names.get(code) ?? code} onChosen=${(/** @type {string[]} */ codes) => set("notify", codes)} />
    <${Problem} refusal=${task.refusal} />
    <div class="buttons order-save"><button class="button strong" type="submit" disabled=${task.busy}>${t("requirements.save_draft")}</button>
      <button class="button" type="button" onClick=${onClose}>${t("form.cancel")}</button></div>
  </form></section>`;
}
