/**
 * A report being edited: its sentences one by one, new ones in any section.
 *
 * Owns: what is typed until it is saved. Doesn't own: labels and links of sentences, which the server keeps.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Icon } from "../parts/icons.js";
import { Field, Mark, Problem, useTask } from "../people/form.js";
import { settled, useUnsaved } from "../unsaved.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";

/** @typedef {import("../types.js").ReportBody} ReportBody */
/** @typedef {{id: string, text: string, mark: string, label: string}} Typed */

/** @param {{body: ReportBody, onDone: (after: ReportBody) => Promise<void>, onCancel: () => void}} props */
export function Editor({ body, onDone, onCancel }) {
  const task = useTask();
  const [to, setTo] = useState(body.report.to);
  const [info, setInfo] = useState(body.report.info);
  const [negative, setNegative] = useState(body.report.negative);
  const [sections, setSections] = useState(
    body.sections.map(({ code, sentences }) => ({
      code,
      sentences: sentences.map(({ id, text, mark }) => /** @type {Typed} */ ({ id, text, mark, label: "" })),
    })),
  );
  const typed = JSON.stringify([to, info, negative, sections]);
  const [began] = useState(typed);
  useUnsaved(typed !== began);
  const change = (/** @type {string} */ code, /** @type {(was: Typed[]) => Typed[]} */ how) =>
    setSections((was) => was.map((one) => (one.code === code ? { ...one, sentences: how(one.sentences) } : one)));
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const form = {
        version: body.report.version,
        to,
        info,
        negative,
        sections: sections.map(({ code, sentences }) => ({
          code,
          sentences: sentences.map(({ id, text, label }) => ({ id, text, label })),
        })),
      };
      const after = await calls.editReport(body.report.id, form);
      settled();
      await onDone(after);
    });
  };
  return html`<form class="fields report-edit" onSubmit=${save}>
    <${Field} label=${t("report.to")}><input maxlength="200" value=${to}
      onInput=${(/** @type {any} */ event) => setTo(event.currentTarget.value)} /><//>
    <${Field} label=${t("report.info")}><input maxlength="200" value=${info}
      onInput=${(/** @type {any} */ event) => setInfo(event.currentTarget.value)} /><//>
    ${body.sections.map((section) => {
      const typed = sections.find(({ code }) => code === section.code)?.sentences ?? [];
      return html`<fieldset key=${section.code}><legend>${nameOf(section)}</legend>
        ${typed.map(
          (one, n) => html`<div class="sentence" key=${n}><${Mark} mark=${one.mark} />
          <textarea rows=${Math.max(2, Math.ceil(one.text.length / 70))} maxlength="2500" lang=${body.language}
            aria-label=${t("report.sentence", { n: n + 1, section: nameOf(section) })} value=${one.text}
            onInput=${(/** @type {any} */ event) => {
              const text = event.currentTarget.value;
              change(section.code, (was) => was.map((other, m) => (m === n ? { ...other, text } : other)));
            }} />
          <button class="button icon-only" type="button" aria-label=${t("log.leave_out")} title=${t("log.leave_out")}
            onClick=${() => change(section.code, (was) => was.filter((_, m) => m !== n))}><${Icon} name="close" /></button></div>`,
        )}
        <button class="button small" type="button"
          onClick=${() => change(section.code, (was) => [...was, { id: "", text: "", mark: "", label: "" }])}>
          <${Icon} name="plus" />${t("report.add_sentence", { section: nameOf(section) })}</button></fieldset>`;
    })}
    <label class="check"><input type="checkbox" checked=${negative} onChange=${() => setNegative(!negative)} />
      <span>${t("report.negative")}</span></label>
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("form.save")}</button>
      <button class="button" type="button" onClick=${onCancel}>${t("form.cancel")}</button></div></form>`;
}
