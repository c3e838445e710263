/**
 * Forms of reports: those that come with jointhq, and the headquarters' own, which a planner makes of any of them.
 *
 * Owns: the list, what is typed of a form until it is set, its preview. Doesn't own: what a form composes (the server).
 * A report stays of the version of its form that it was written by.
 */

import { html } from "htm/preact";
import { useRef, useState } from "preact/hooks";

import { duration, when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { SpanText } from "../parts/span.js";
import { Field, Mark, Problem, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { say } from "../state.js";
import { settled, useUnsaved } from "../unsaved.js";
import { language, nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { SectionFields } from "./formsection.js";
import { signedText } from "./times.js";

/** @typedef {import("../types.js").ReportPage} ReportPage */
/** @typedef {import("../types.js").ReportForm} ReportForm */

const SECTIONS_MAX = 30;
const PERIODS = [0, 6, 8, 12, 24, 48, 168];
const PRECEDENCES = ["routine", "priority", "immediate", "flash"];
/** The section a new form begins with, and each that is added. */
const SECTION = { code: "", name: "", name_ja: "", source: "log", pick: "all", part: "line", words: [], also: [] };
/** @type {ReportForm} */
const BLANK = {
  code: "", name: "", name_ja: "", period_hours: 24, as_of: "2359", due_minutes: 240, precedence: "routine", to: "",
  language: "", sections: [{ ...SECTION, code: "s1" }],
};

/** @param {{page: ReportPage, id: string, onOpen: (id: string) => void, onChanged: () => Promise<void>}} props */
export function Forms({ page, id, onOpen, onChanged }) {
  const chosen = id === "new" ? BLANK : page.forms.find(({ code }) => code === id);
  const own = (/** @type {string} */ code) => page.own_forms.find(({ form }) => form === code);
  return html`<${Side} title=${t("form_editor.forms")} onClose=${() => onOpen("")}>
    ${
      chosen
        ? html`<${Editor} key=${`${id} ${own(id)?.version}`} form=${chosen} version=${own(id)?.version ?? ""} fresh=${id === "new"}
        onDone=${async (/** @type {string} */ to) => {
          await onChanged();
          onOpen(to);
        }} onCancel=${() => onOpen("forms")} />`
        : html`<p class="note">${t("form_editor.hint")}</p>
      <ul class="form-list">${page.forms.map((one) => {
        const by = own(one.code);
        return html`<li key=${one.code}><button class="link" onClick=${() => onOpen(`forms/${one.code}`)}>
          <b>${one.code}</b> ${nameOf(one)}</button>
          <small>${rhythmText(one)} · ${t("form_editor.sections_n", { n: one.sections.length })} · ${
            by ? t("form_editor.own", { time: when(by.set_ms), who: signedText(by.by) }) : t("form_editor.built_in")
          }</small></li>`;
      })}</ul>
      <button class="button strong" onClick=${() => onOpen("forms/new")}><${Icon} name="plus" />${t("form_editor.new")}</button>`
    }<//>`;
}

/** Every how long it is due, or that it is of an event. @param {ReportForm} form */
const rhythmText = (form) =>
  form.as_of
    ? t("form_editor.rhythm", { span: duration(form.period_hours * 60), as_of: form.as_of, due: duration(form.due_minutes) })
    : t("form_editor.event");

/** @param {{form: ReportForm, version: string, fresh: boolean, onDone: (to: string) => Promise<void>, onCancel: () => void}} props */
function Editor({ form: first, version, fresh, onDone, onCancel }) {
  const task = useTask();
  const trying = useTask();
  const [form, setForm] = useState(first);
  const [shown, setShown] = useState(/** @type {import("../types.js").SectionRow[] | null} */ (null));
  const keys = useRef(first.sections.map((_, n) => n)); // A section keeps its fields when one before it goes.
  useUnsaved(form !== first);
  const set = (/** @type {Partial<ReportForm>} */ change) => setForm((was) => ({ ...was, ...change }));
  const text = (/** @type {"code" | "name" | "name_ja" | "to"} */ name) => ({
    value: form[name],
    onInput: (/** @type {any} */ event) => set({ [name]: name === "code" ? event.currentTarget.value.toUpperCase() : event.currentTarget.value }),
  });
  const move = (/** @type {number} */ at, /** @type {number} */ by) => {
    const next = [...form.sections];
    const to = at + by;
    [next[at], next[to]] = [next[to], next[at]];
    [keys.current[at], keys.current[to]] = [keys.current[to], keys.current[at]];
    set({ sections: next });
  };
  const add = () => {
    const used = form.sections.map(({ code }) => code);
    let n = used.length + 1;
    while (used.includes(`s${n}`)) n++;
    keys.current.push(Math.max(-1, ...keys.current) + 1);
    set({ sections: [...form.sections, { ...SECTION, code: `s${n}` }] });
  };
  const whole = () => (form.period_hours ? form : { ...form, as_of: "" });
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      await calls.setForm(whole(), version);
      settled();
      say(t("form_editor.saved", { form: form.code }));
      await onDone("forms");
    });
  };
  const end = () =>
    task.run(async () => {
      await calls.endForm(form.code);
      settled();
      say(t("form_editor.ended", { form: form.code }), async () => {
        await calls.setForm(first, "");
        await onDone("forms");
      });
      await onDone("forms");
    });
  const look = () => trying.run(async () => setShown(await calls.tryForm(whole(), form.language || language.value)));
  return html`<form class="fields form-edit" onSubmit=${save}>
    <div class="pair"><${Field} label=${t("form_editor.code")} hint=${t("form_editor.code_hint")}><input required lang="en"
        pattern="[A-Z][A-Z0-9\\-]{1,15}" maxlength="16" disabled=${!fresh} ...${text("code")} /><//>
      <${Field} label=${t("report.to")} hint=${t("form_editor.to_hint")}><input maxlength="200" ...${text("to")} /><//></div>
    <div class="pair"><${Field} label=${t("form_editor.name")}><input required maxlength="120" ...${text("name")} /><//>
      <${Field} label=${t("form_editor.name_ja")}><input maxlength="120" lang="ja" ...${text("name_ja")} /><//></div>
    <div class="pair"><${Field} label=${t("form_editor.period")}><select value=${form.period_hours} 
        onInput=${(/** @type {any} */ event) => set({ period_hours: Number(event.currentTarget.value) || 0 })}>
        ${[...new Set([...PERIODS, form.period_hours])].map(
          (hours) => html`<option key=${hours} value=${hours}>${hours ? duration(hours * 60) : t("form_editor.event")}</option>`,
        )}</select><//>
      ${
        form.period_hours > 0 &&
        html`<${Field} label=${t("form_editor.as_of")}><input required lang="en" pattern="([01][0-9]|2[0-3])[0-5][0-9]"
        maxlength="4" value=${form.as_of} onInput=${(/** @type {any} */ event) => set({ as_of: event.currentTarget.value })} /><//>`
      }
      <${Field} label=${t("form_editor.due")} hint=${duration(form.due_minutes)}><${SpanText} max=${44640}
        minutes=${form.due_minutes} onMinutes=${(/** @type {number} */ due_minutes) => set({ due_minutes })} /><//></div>
    <div class="pair"><${Field} label=${t("orders.field.precedence")}><select value=${form.precedence}
        onInput=${(/** @type {any} */ event) => set({ precedence: event.currentTarget.value })}>
        ${PRECEDENCES.map((one) => html`<option key=${one} value=${one}>${t(`orders.precedence.${one}`)}</option>`)}</select><//>
      <${Field} label=${t("report.language")}><select value=${form.language}
        onInput=${(/** @type {any} */ event) => set({ language: event.currentTarget.value })}>
        <option value="">${t("form_editor.any_language")}</option><option value="en" lang="en">English</option>
        <option value="ja" lang="ja">日本語</option></select><//></div>
    ${form.sections.map(
      (one, at) => html`<${SectionFields} key=${keys.current[at]} one=${one} at=${at} last=${form.sections.length - 1}
      onChange=${(/** @type {object} */ change) => set({ sections: form.sections.map((other, n) => (n === at ? { ...other, ...change } : other)) })}
      onMove=${(/** @type {number} */ by) => move(at, by)}
      onRemove=${() => {
        keys.current.splice(at, 1);
        set({ sections: form.sections.filter((_, n) => n !== at) });
      }} />`,
    )}
    <div class="buttons"><button class="button small" type="button" disabled=${form.sections.length >= SECTIONS_MAX} onClick=${add}>
      <${Icon} name="plus" />${t("form_editor.add_section")}</button></div>
    <${Problem} refusal=${task.refusal ?? trying.refusal} />
    <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("form.save")}</button>
      <button class="button" type="button" disabled=${trying.busy || !form.sections.length} onClick=${look}>${t("form_editor.preview")}</button>
      ${version && html`<button class="button" type="button" disabled=${task.busy} onClick=${end}>${t("form_editor.end")}</button>`}
      <button class="button" type="button" onClick=${onCancel}>${t("form.cancel")}</button></div>
    ${shown && html`<${Preview} sections=${shown} ja=${(form.language || language.value) === "ja"} />`}</form>`;
}

/** What it would compose now. @param {{sections: import("../types.js").SectionRow[], ja: boolean}} props */
const Preview = ({ sections, ja }) => html`<article class="report" aria-label=${t("form_editor.preview")}>
  <p class="note">${t("form_editor.preview_hint")}</p>
  ${sections.map(
    (section, n) => html`<section key=${section.code}><h3>${n + 1}. ${(ja && section.name_ja) || section.name}</h3>
      ${
        section.sentences.length
          ? section.sentences.map((one) => html`<p key=${one.id}><${Mark} mark=${one.mark} />${one.text}</p>`)
          : html`<p class="dim">–</p>`
      }</section>`,
  )}</article>`;
