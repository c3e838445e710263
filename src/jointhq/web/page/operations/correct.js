/**
 * Correcting an entry of the log: how it should read, and why.
 *
 * Owns: what is typed until it is entered. Doesn't own: the entry, which stays, struck.
 */

import { html } from "htm/preact";

import { write } from "../dtg.js";
import { Field, LabelText, MomentText, Problem, useFocusFirst, useForm, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { say } from "../state.js";
import { settled, useUnsaved } from "../unsaved.js";
import { t } from "../words.js";
import * as calls from "./calls.js";
import { formOf, NOTHING } from "./entry.js";

/** @typedef {import("../types.js").LogRow} LogRow */

/** @param {{row: LogRow, onDone: (id: string) => void, onClose: () => void}} props */
export function Correction({ row, onDone, onClose }) {
  const task = useTask();
  const first = useFocusFirst();
  const { typed, set, of, changed } = useForm({
    ...NOTHING,
    source: row.source,
    text: row.text,
    decided: row.decided,
    told: row.told,
    place: row.place,
    order: row.order,
    significant: row.significant,
    track: row.track?.uid ?? "",
    files: row.files,
    reason: "",
  });
  useUnsaved(changed);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const { reason, ...entry } = typed;
      const { answers: _answers, ...form } = formOf(entry); // A hit stays with the line; it is taken back at its CCIR.
      const fixed = await calls.correct(row.id, { ...form, reason });
      say(t("log.entered"));
      settled();
      onDone(fixed.id);
    });
  };
  const text = (/** @type {"source" | "text" | "decided" | "told" | "place" | "order"} */ name) => html`<${Field}
    label=${t(`log.${name}`)}>${
      name === "text" ? html`<textarea rows="4" required maxlength="2000" ...${of(name)} />` : html`<input ...${of(name)} />`
    }<//>`;
  return html`<${Side} title=${t("log.correction")} onClose=${onClose}><form class="fields" ref=${first} onSubmit=${submit}>
    <p class="note">${t("log.correct_hint")}</p>
    <${Field} label=${t("log.reason")}><input required maxlength="1000" ...${of("reason")} /><//>
    ${text("source")}${text("text")}${text("decided")}${text("told")}
    <${Field} label=${t("log.when")} hint=${t("log.when_was", { time: write(row.at_ms, row.letter) })}><${MomentText}
      text=${typed.when} empty=${write(row.at_ms, row.letter)}
      onText=${(/** @type {string} */ text) => set("when", text)} /><//>
    ${text("place")}${text("order")}
    <${Field} label=${t("log.label")} hint=${t("log.label_was", { mark: row.mark })}><${LabelText} value=${typed.label}
      of=${{ track: typed.track === row.track?.uid ? "" : typed.track }} onText=${(/** @type {string} */ text) => set("label", text)} /><//>
    <label class="check"><input type="checkbox" checked=${typed.significant}
      onChange=${() => set("significant", !typed.significant)} /><span>★ ${t("log.significant")}</span></label>
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("log.correct")}</button>
      <button class="button" type="button" onClick=${onClose}>${t("form.cancel")}</button></div></form><//>`;
}
