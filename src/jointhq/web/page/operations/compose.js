/**
 * Composing a report: of which form, of which period, in which language, to whom, of which entries of the log.
 *
 * Owns: what is chosen until it is composed. Doesn't own: what the server would choose (`choices` of the page of
 * reports): a field that is left alone is not sent.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { now } from "../clock.js";
import { when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Mark, Moment, Problem, useAnswer, useTask } from "../people/form.js";
import { may } from "../state.js";
import { language, nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { Owing } from "./owing.js";

/** @typedef {import("../types.js").ReportPage} ReportPage */
/** @typedef {{from_ms?: number, to_ms?: number, to?: string, language?: string, entries?: string[]}} Chosen */

/** Entries to choose from: those of the period, the latest. */
const ENTRIES = 60;
const ENTRIES_MAX = 50;

/** @param {{page: ReportPage, onOpen: (id: string) => void}} props */
export function Compose({ page, onOpen }) {
  const task = useTask();
  const [form, setForm] = useState("SITREP");
  const [chosen, setChosen] = useState(/** @type {Chosen} */ ({}));
  const [owing, setOwing] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const first = page.choices.find((one) => one.form === form);
  const set = (/** @type {Chosen} */ change) => setChosen((was) => ({ ...was, ...change }));
  if (!first) return null;
  const template = page.forms.find(({ code }) => code === form);
  const daily = template?.as_of;
  const of = { ...first, language: template?.language || language.value, ...chosen, entries: chosen.entries ?? [] };
  const compose = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const period = daily ? { from_ms: of.from_ms, to_ms: of.to_ms } : {}; // What is shown is what is composed.
      const made = await calls.compose({ form, language: of.language, ...period, ...chosen });
      setChosen({});
      setChoosing(false);
      onOpen(made.report.id);
    });
  };
  return html`<form class="desk-tools report-tools" onSubmit=${compose}>
    <label class="field"><span class="field-name">${t("report.form")}</span><select id="place-search" value=${form}
      onInput=${(/** @type {any} */ event) => {
        setForm(event.currentTarget.value);
        setChosen({ language: chosen.language });
      }}>
      ${page.forms.map((one) => html`<option key=${one.code} value=${one.code}>${one.code} · ${nameOf(one)}</option>`)}
    </select></label>
    <label class="field"><span class="field-name">${t("report.from")}</span><${Moment} key=${`f${form}`} past required
      value=${of.from_ms} onValue=${(/** @type {number} */ from_ms) => set({ from_ms: from_ms || undefined })} /></label>
    <label class="field"><span class="field-name">${t("report.until")}</span><${Moment} key=${`t${form}`} required
      value=${of.to_ms} onValue=${(/** @type {number} */ to_ms) => set({ to_ms: to_ms || undefined })} /></label>
    <label class="field"><span class="field-name">${t("report.to")}</span><input maxlength="200" value=${chosen.to ?? ""}
      placeholder=${first.to || page.upward.to}
      onInput=${(/** @type {any} */ event) => set({ to: event.currentTarget.value || undefined })} /></label>
    <label class="field"><span class="field-name">${t("report.language")}</span><select value=${of.language}
      onInput=${(/** @type {any} */ event) => set({ language: event.currentTarget.value })}>
      <option value="en" lang="en">English</option><option value="ja" lang="ja">日本語</option></select></label>
    <button class="button" type="button" aria-expanded=${choosing} onClick=${() => setChoosing(!choosing)}>
      ${of.entries.length ? t("report.entries_n", { n: of.entries.length }) : t(daily ? "report.entries_all" : "report.entries_choose")}</button>
    <button class="button strong" type="submit" disabled=${task.busy}><${Icon} name="plus" />${t("report.compose")}</button>
    ${may("plan") && daily && html`<button class="button" type="button" onClick=${() => setOwing(true)}>${t("report.owe")}</button>`}
    ${may("plan") && html`<button class="button" type="button" onClick=${() => onOpen("forms")}>${t("form_editor.forms")}</button>`}
    ${!chosen.to && html`<${Addressee} page=${page} owed=${first.to} />`}
    ${
      daily &&
      of.to_ms > now() &&
      html`<p class="note report-interim">◐ ${t("report.will_be_interim", { time: when(of.to_ms) })}</p>`
    }
    ${
      choosing &&
      html`<${Entries} from_ms=${of.from_ms} to_ms=${of.to_ms} chosen=${of.entries}
      onChosen=${(/** @type {string[]} */ entries) => set({ entries: entries.length ? entries : undefined })} />`
    }
    <${Problem} refusal=${task.refusal} />
    ${owing && html`<${Owing} page=${page} form=${form} onClose=${() => setOwing(false)} />`}
  </form>`;
}

/** To whom it goes unless somebody else is named, and why. @param {{page: ReportPage, owed: string}} props */
function Addressee({ page, owed }) {
  const { upward } = page;
  if (owed) return html`<span class="dim report-why">${t("report.to_whom", { to: owed })}</span>`;
  if (!upward.to) return html`<span class="warn report-why">▲ ${t(`report.line_${upward.why}`)}</span>`;
  const why = t(`report.line_${upward.why}`, { type: upward.type });
  return html`<span class="dim report-why" title=${upward.order_ref}>${t("report.to_whom", { to: `${upward.to} (${nameOf(upward)})` })} · ${why}</span>`;
}

/** @param {{from_ms: number, to_ms: number, chosen: string[], onChosen: (ids: string[]) => void}} props */
function Entries({ from_ms, to_ms, chosen, onChosen }) {
  const asked = useAnswer(() => calls.log({ from: from_ms, to: to_ms, standing: true, limit: ENTRIES }), [from_ms, to_ms]);
  const toggle = (/** @type {string} */ id) =>
    onChosen(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-ENTRIES_MAX));
  return html`<fieldset class="report-entries"><legend>${t("report.entries")}</legend>
    <${Problem} refusal=${asked.refusal} />
    ${asked.value?.rows.map(
      (row) => html`<label class="check" key=${row.id}><input type="checkbox" checked=${chosen.includes(row.id)}
        onChange=${() => toggle(row.id)} /><span><${Mark} mark=${row.mark} /><span lang="en">${when(row.at_ms)}</span>${" "}
        ${row.significant ? "★ " : ""}${row.source && `${row.source}: `}${row.text}</span></label>`,
    )}
    ${asked.value?.rows.length === 0 && html`<p class="note">${t("report.entries_none")}</p>`}</fieldset>`;
}
