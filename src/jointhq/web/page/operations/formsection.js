/**
 * One section of a form of reports: its names, and what it is composed of.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Field } from "../people/form.js";
import { t } from "../words.js";

/** @typedef {import("../types.js").FormSection} FormSection */

const SOURCES = ["text", "log", "strength", "tasks"];
const PICKS = ["significant", "words", "chosen", "all"];
const ALSO = ["orders", "ccir", "picture"];
const LINES = ["line", "place", "time", "source", "decided"];

/**
 * @param {{one: FormSection, at: number, last: number, onChange: (change: Partial<FormSection>) => void,
 *   onMove: (by: number) => void, onRemove: () => void}} props
 */
export function SectionFields({ one, at, last, onChange, onMove, onRemove }) {
  const [words, setWords] = useState(one.words.join(", "));
  const text = (/** @type {"name" | "name_ja"} */ name) => ({
    value: one[name],
    onInput: (/** @type {any} */ event) => onChange({ [name]: event.currentTarget.value }),
  });
  const choice = (/** @type {"source" | "pick" | "part"} */ name, /** @type {string[]} */ of) => html`<${Field}
    label=${t(`form_editor.${name}`)}><select value=${one[name]}
      onInput=${(/** @type {any} */ event) => onChange({ [name]: event.currentTarget.value })}>
      ${of.map((code) => html`<option key=${code} value=${code}>${t(`form_editor.${name}_${code}`)}</option>`)}</select><//>`;
  return html`<fieldset class="form-section"><legend>${t("form_editor.section_n", { n: at + 1 })}</legend>
    <div class="pair"><${Field} label=${t("form_editor.name")}><input required maxlength="120" ...${text("name")} /><//>
      <${Field} label=${t("form_editor.name_ja")}><input maxlength="120" lang="ja" ...${text("name_ja")} /><//></div>
    <div class="pair">${choice("source", SOURCES)}
      ${one.source === "log" && choice("pick", PICKS)}${one.source === "log" && choice("part", LINES)}</div>
    ${ALSO.map(
      (code) => html`<label class="check" key=${code}><input type="checkbox" checked=${one.also.includes(code)}
      onChange=${() => onChange({ also: ALSO.filter((other) => one.also.includes(other) !== (other === code)) })} /> ${t(`form_editor.also_${code}`)}</label>`,
    )}
    ${
      one.source === "log" &&
      one.pick === "words" &&
      html`<${Field} label=${t("form_editor.words")} hint=${t("form_editor.words_hint")}><input required maxlength="2400" value=${words}
      onInput=${(/** @type {any} */ event) => {
        setWords(event.currentTarget.value);
        onChange({ words: event.currentTarget.value.split(/[,、]/).map((/** @type {string} */ word) => word.trim()).filter(Boolean) });
      }} /><//>`
    }
    <div class="buttons"><button class="button small" type="button" disabled=${at === 0} onClick=${() => onMove(-1)}>${t("form_editor.up")}</button>
      <button class="button small" type="button" disabled=${at === last} onClick=${() => onMove(1)}>${t("form_editor.down")}</button>
      <button class="button small" type="button" disabled=${last === 0} onClick=${onRemove}>${t("form_editor.remove")}</button></div></fieldset>`;
}
