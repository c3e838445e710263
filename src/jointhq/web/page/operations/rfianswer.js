/**
 * Answering a request: the text, the entries and files that it rests on, and whether who asked would see it.
 *
 * Owns: what is typed, until the server has it. Doesn't own: what an answer's label is (the server's rule).
 */

import { html } from "htm/preact";

import { dtg } from "../format.js";
import { Checks, Field, LabelText, Mark, Problem, useAnswer, useFocusFirst, useForm, useTask } from "../people/form.js";
import { say } from "../state.js";
import { settled, useUnsaved } from "../unsaved.js";
import { t } from "../words.js";
import * as log from "./calls.js";
import { whoText } from "./ordersigns.js";
import * as calls from "./requirementcalls.js";

/** Entries and reports that one chooses from: what is new. */
const OFFERED = 15;
const FILES_MAX = 20;

/** @param {{body: import("./requirementtypes.js").RfiBody, onDone: () => void, onClose: () => void}} props */
export function AnswerForm({ body, onDone, onClose }) {
  const { row } = body;
  const task = useTask();
  const focus = useFocusFirst();
  const { typed, set, of, changed } = useForm({
    text: "",
    label: "",
    entries: /** @type {string[]} */ ([]),
    reports: /** @type {string[]} */ ([]),
    files: /** @type {import("../types.js").FileRow[]} */ ([]),
  });
  useUnsaved(changed);
  const entries = useAnswer(() => log.log({ standing: true, limit: OFFERED }), []);
  const reports = useAnswer(log.reports, []);
  const files = typed.files.map(({ id }) => id);
  const cited = { entries: typed.entries, reports: typed.reports, files, label: typed.label };
  const look = useAnswer(() => calls.lookRfi(row.id, cited), [JSON.stringify(cited)]);
  const add = (/** @type {any} */ event) => {
    const chosen = [...event.currentTarget.files];
    event.currentTarget.value = "";
    void task.run(async () => {
      const kept = [...typed.files];
      for (const file of chosen) {
        kept.push(await log.keepFile(file, typed.label));
        set("files", [...kept].slice(0, FILES_MAX));
      }
    });
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      await calls.stepRfi(row.id, "answer", { version: row.version, text: typed.text, ...cited });
      settled();
      say(t("requirements.step.answered"));
      onDone();
    });
  };
  const lines = new Map(
    (entries.value?.rows ?? []).map((one) => [one.id, `${one.mark} ${dtg(one.at_ms).slice(0, 7)} ${one.text}`]),
  );
  const released = (reports.value?.rows ?? []).filter(({ serial }) => serial).slice(0, OFFERED);
  const serials = new Map(released.map((one) => [one.id, `${one.mark} ${one.serial}`]));
  return html`<form class="order-form rfi-form" ref=${focus} aria-label=${t("requirements.do.answered")} onSubmit=${submit}>
    <h3>${t("requirements.do.answered")}</h3>
    <${Field} label=${t("requirements.answer_text")}><textarea rows="5" required maxlength="8000" ...${of("text")} /></${Field}>
    <div class="order-grid">
      <${Field} label=${t("orders.field.label")} hint=${t("requirements.answer_label_hint")}><${LabelText} value=${typed.label}
        onText=${(/** @type {string} */ text) => set("label", text)} /></${Field}>
      <${Field} label=${t("requirements.files")}><input type="file" multiple disabled=${task.busy} onChange=${add} /></${Field}></div>
    ${
      typed.files.length > 0 &&
      html`<ul class="cited">${typed.files.map(
        (file) => html`<li key=${file.id}><${Mark} mark=${file.mark} />${file.name} <button class="button small" type="button"
        onClick=${() => set("files", typed.files.filter(({ id }) => id !== file.id))}>${t("log.leave_out")}</button></li>`,
      )}</ul>`
    }
    <details><summary>${t("requirements.rests_on", { n: typed.entries.length + typed.reports.length })}</summary>
      <${Checks} legend=${t("requirements.entries")} codes=${[...lines.keys()]} chosen=${typed.entries}
        name=${(/** @type {string} */ code) => lines.get(code) ?? code} onChosen=${(/** @type {string[]} */ codes) => set("entries", codes)} />
      ${
        serials.size > 0 &&
        html`<${Checks} legend=${t("place.reports")} codes=${[...serials.keys()]} chosen=${typed.reports}
        name=${(/** @type {string} */ code) => serials.get(code) ?? code} onChosen=${(/** @type {string[]} */ codes) => set("reports", codes)} />`
      }</details>
    ${
      look.value &&
      html`<p role="status" class=${look.value.withheld ? "warn" : "dim"}>${look.value.withheld && html`<span aria-hidden="true">⊘</span> `}${t(
        look.value.withheld ? "requirements.asker_cannot_see" : "requirements.answer_will_be",
        { who: whoText(row.by) },
      )} <${Mark} mark=${look.value.mark} /></p>`
    }
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("requirements.send_answer")}</button>
      <button class="button" type="button" onClick=${onClose}>${t("form.cancel")}</button></div></form>`;
}
