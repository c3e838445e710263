/**
 * An order of battle from a file: what it would change is shown first; then it is drafted as a change like any other.
 *
 * Owns: the file, its preview, the choice of columns. Doesn't own: reading it (the server), the change (`changes.js`).
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Refusal } from "../api.js";
import { bytes, number } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Field, LabelText, Problem, useForm, useTask } from "../people/form.js";
import { said } from "../people/words.js";
import { say } from "../state.js";
import { has, t } from "../words.js";
import * as calls from "./calls.js";
import { go } from "./moment.js";

/** @typedef {import("./types.js").ImportBody} ImportBody */

export const FORMATS = ["orbat-mapper", "csv", "xlsx", "geojson", "kml"];
/** What a column of a table can say, the needed first. */
const COLUMNS = [
  "id", "parent", "name", "relation", "name_ja", "short", "sidc", "nation", "service", "echelon", "place", "place_ja",
  "lat", "lon", "strength", "authorised", "note", "external_id", "mark", "from", "until",
];
const SHOWN_MAX = 100;

/** @param {string} format */
export const formatText = (format) => t(`command.format.${format.replace("-", "_")}`);

export function Import() {
  const [file, setFile] = useState(/** @type {File | null} */ (null));
  const [columns, setColumns] = useState(/** @type {string[]} */ ([]));
  const [chosen, setChosen] = useState(/** @type {Record<string, string>} */ ({}));
  const [shown, setShown] = useState(/** @type {ImportBody | null} */ (null));
  const { typed, set, of } = useForm({ format: "", title: "", label: "" });
  const task = useTask();
  const ask = (/** @type {File} */ from, /** @type {Record<string, string>} */ map, /** @type {boolean} */ dry_run) =>
    calls.importFile(from, { ...typed, dry_run, map });
  const preview = (/** @type {File} */ from, /** @type {Record<string, string>} */ map) =>
    task.run(async () => {
      try {
        const read = await ask(from, map, true);
        setShown(read);
        setColumns(read.columns);
      } catch (error) {
        if (error instanceof Refusal && Array.isArray(error.params.columns)) setColumns(error.params.columns);
        throw error;
      }
    });
  const take = (/** @type {File | undefined} */ next) => {
    if (!next) return;
    setFile(next);
    setShown(null);
    setChosen({});
    setColumns([]);
    void preview(next, {});
  };
  const draft = () =>
    file &&
    task.run(async () => {
      const made = await ask(file, chosen, false);
      say(t("change.saved"));
      go({ view: "changes", id: made.change });
    });
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    void take(event.dataTransfer?.files[0]);
  };
  const table = columns.length > 0 || shown?.format === "xlsx" || shown?.format === "csv";
  return html`<div class="structure-body import" onDragOver=${(/** @type {Event} */ event) => event.preventDefault()} onDrop=${drop}>
    <section class="panel fields">
      <h2>${t("import.title")}</h2>
      <p class="note">${t("import.text")}</p>
      <${Field} label=${t("import.file")} hint=${file ? `${file.name} · ${bytes(file.size)}` : t("import.drop")}>
        <input type="file" accept=".json,.csv,.tsv,.xlsx,.geojson,.kml" onChange=${(/** @type {any} */ event) => void take(event.currentTarget.files?.[0])} /><//>
      <div class="pair"><${Field} label=${t("import.format")}><select ...${of("format")}><option value="">${t("import.guess")}</option>
          ${FORMATS.map((format) => html`<option key=${format} value=${format}>${formatText(format)}</option>`)}</select><//>
        <${Field} label=${t("field.title")}><input maxlength="200" placeholder=${shown?.title ?? ""} ...${of("title")} /><//></div>
      <${Field} label=${t("form.label")} hint=${t("form.label_hint")}><${LabelText} value=${typed.label} onText=${(/** @type {string} */ text) => set("label", text)} /><//>
      ${table && html`<details open><summary>${t("import.columns")}</summary><div class="columns">
        <datalist id="import-columns">${columns.map((name) => html`<option key=${name} value=${name} />`)}</datalist>
        ${COLUMNS.map(
          (name) => html`<${Field} key=${name} label=${t(`field.${name}`)}><input list="import-columns" value=${chosen[name] ?? shown?.mapping[name] ?? ""}
            onInput=${(/** @type {any} */ { currentTarget: { value } }) => setChosen((all) => ({ ...all, [name]: value }))} /><//>`,
        )}</div></details>`}
      <${Problem} refusal=${task.refusal} />
      ${task.refusal?.code === "bad_input" && html`<p class="note" lang="en">${task.refusal.message}</p>`}
      <div class="buttons"><button class="button" disabled=${!file || task.busy} onClick=${() => file && void preview(file, chosen)}>${t("import.preview")}</button>
        <button class="button strong" disabled=${!shown || !shown.acts || task.busy} onClick=${draft}><${Icon} name="import" />${t("import.draft")}</button>
        ${task.busy && html`<span class="note" role="status">${t("import.reading")}</span>`}</div>
    </section>
    ${shown && html`<${Preview} body=${shown} />`}</div>`;
}

/** @param {{body: ImportBody}} props */
function Preview({ body }) {
  const figures = /** @type {[string, number][]} */ ([
    ["added", body.added], ["changed", body.changed], ["same", body.same], ["units", body.units],
    ["relations", body.relations], ["places", body.places], ["times", body.times], ["acts", body.acts],
  ]);
  return html`<section class="panel preview" role="status"><h2>${t("import.would")} <small>${formatText(body.format)}</small></h2>
    <dl class="rollup">${figures.map(([name, n]) => html`<div key=${name}><dt>${t(`import.${name}`)}</dt><dd>${number(n)}</dd></div>`)}</dl>
    ${body.problems_total > 0 && html`<h3>▲ ${t("import.problems", { n: number(body.problems_total) })}</h3>
      <ul class="signs">${body.problems.slice(0, SHOWN_MAX).map(
        (one, i) => html`<li key=${i}><b aria-hidden="true">▲</b><span>${has(`import.problem.${one.code}`) ? said("import.problem", one.code) : one.code}
          ${one.where && html` <code>${one.where}</code>`}<small lang="en">${one.message}</small></span></li>`,
      )}</ul>`}
    <h3>${t("import.kept")}</h3>
    ${body.kept.length
      ? html`<p class="note">${t("import.kept_text")}</p><div class="scroll"><table><tbody>${body.kept.slice(0, SHOWN_MAX).map(
          (one) => html`<tr key=${one.path}><td><code>${one.path}</code></td><td class="n">${number(one.count)}</td></tr>`,
        )}</tbody></table></div>`
      : html`<p class="note">${t("import.none_kept")}</p>`}
    ${body.kept.length > SHOWN_MAX && html`<p class="note">${t("desk.rest", { n: number(body.kept.length - SHOWN_MAX) })}</p>`}</section>`;
}
