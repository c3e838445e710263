/**
 * Annexes of an order: those that it has, and while it is a draft attaching, changing and taking out.
 *
 * Owns: what is typed and dropped until the server has it. Doesn't own: which annexes are in force (the server).
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { bytes } from "../format.js";
import { Ask, Field, Mark, Problem, useAnswer, useFocusFirst, useForm, useTask } from "../people/form.js";
import { say } from "../state.js";
import { settled, useUnsaved } from "../unsaved.js";
import { nameOf, t } from "../words.js";
import { Files, keepAll } from "./files.js";
import * as calls from "./ordercalls.js";

/** @typedef {import("./ordertypes.js").AnnexRow} AnnexRow */
/** @typedef {import("./ordertypes.js").OrderBody} OrderBody */
/** @typedef {import("../types.js").FileRow} FileRow */

/** Of one annex, as the server takes them. */
const FILES_MAX = 20;

/** "B Intelligence: Tides". @param {{letter: string, kind: string, kind_ja: string, title?: string}} of */
export const annexText = ({ letter, kind, kind_ja, title }) =>
  [`${letter} ${nameOf({ name: kind, name_ja: kind_ja })}`, title].filter(Boolean).join(": ");

/** @param {{body: OrderBody, rows: AnnexRow[], from: (row: AnnexRow) => any, onDone: () => void}} props */
export function Annexes({ body, rows, from, onDone }) {
  const [editing, setEditing] = useState(/** @type {AnnexRow | "new" | null} */ (null));
  const [removing, setRemoving] = useState(/** @type {AnnexRow | null} */ (null));
  const [dropped, setDropped] = useState(/** @type {File[]} */ ([]));
  const edits = body.actions.includes("edit");
  if (!rows.length && !edits) return null;
  const close = () => (setEditing(null), setRemoving(null), setDropped([]));
  const done = () => (close(), onDone());
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length || editing) return;
    setDropped(files);
    setEditing("new");
  };
  const over = (/** @type {Event} */ event) => event.preventDefault();
  return html`<section class="annexes" aria-label=${t("annex.all")} ...${edits && { onDragOver: over, onDrop: drop }}>
    <h4>${t("annex.all")}</h4>
    <ul>${rows.map((row) =>
      editing !== "new" && editing?.id === row.id
        ? html`<li key=${row.id}><${Form} body=${body} row=${row} dropped=${dropped} onDone=${done} onClose=${close} /></li>`
        : html`<li key=${row.id}><h5><${Mark} mark=${row.mark} />${annexText(row)}${from(row)}
            ${row.ends && html` <span class="order-state">${t("annex.ended")}</span>`}
            ${
              edits &&
              html`<span class="buttons"><button class="button small" onClick=${() => setEditing(row)}
              aria-label=${t("annex.edit_one", { annex: annexText(row) })}>${t("orders.do.edit")}</button>
              <button class="button small" onClick=${() => setRemoving(row)}
              aria-label=${t("annex.remove_one", { annex: annexText(row) })}>${t("annex.remove")}</button></span>`
            }</h5>
            ${row.text && html`<p class="order-paragraph">${row.text}</p>`}
            <${Files} files=${row.files} /></li>`,
    )}</ul>
    ${editing === "new" && html`<${Form} body=${body} row=${null} dropped=${dropped} onDone=${done} onClose=${close} />`}
    ${
      edits &&
      !editing &&
      html`<p class="annex-add"><button class="button" onClick=${() => setEditing("new")}>${t("annex.add")}</button>
        <span class="dim">${t("annex.drop")}</span></p>`
    }
    ${removing && html`<${Remove} row=${removing} onDone=${done} onClose=${close} />`}
  </section>`;
}

/** @param {{body: OrderBody, row: AnnexRow | null, dropped: File[], onDone: () => void, onClose: () => void}} props */
function Form({ body, row, dropped, onDone, onClose }) {
  const task = useTask();
  const focus = useFocusFirst();
  const offered = useAnswer(calls.choices, []);
  const { typed, set, of, changed } = useForm({
    letter: row?.letter ?? "A",
    title: row?.title ?? "",
    text: row?.text ?? "",
    label: row?.label ?? "",
    ends: row?.ends ?? false,
  });
  const [files, setFiles] = useState(/** @type {(File | FileRow)[]} */ ([...(row?.files ?? []), ...dropped]));
  const [began] = useState(dropped.length ? null : files);
  useUnsaved(changed || files !== began);
  const add = (/** @type {Iterable<File>} */ more) => setFiles((was) => [...was, ...more].slice(0, FILES_MAX));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const ids = typed.ends ? [] : await keepAll(files, typed.label || body.label, setFiles);
      const form = { ...typed, text: typed.ends ? "" : typed.text, files: ids, version: row?.version ?? "" };
      await calls.saveAnnex(body.row.id, row?.id ?? "", form);
      settled();
      say(t("annex.saved"));
      onDone();
    });
  };
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    event.stopPropagation();
    add(event.dataTransfer?.files ?? []);
  };
  const may_end = body.annexes_in_force.some(({ letter, order }) => letter === typed.letter && order !== body.row.id);
  return html`<form class="order-form annex-form" ref=${focus} onSubmit=${submit} onDrop=${drop}
    onDragOver=${(/** @type {Event} */ event) => event.preventDefault()}>
    <div class="order-grid">
      <${Field} label=${t("annex.letter")}><select value=${typed.letter}
        onChange=${(/** @type {any} */ event) => set("letter", event.currentTarget.value)}>
        ${(offered.value?.annexes ?? []).map((one) => html`<option key=${one.letter} value=${one.letter}>${annexText(one)}</option>`)}</select></${Field}>
      <${Field} label=${t("annex.title")}><input maxlength="200" ...${of("title")} /></${Field}>
      <${Field} label=${t("annex.label")} hint=${t("annex.label_hint")}><input maxlength="200" lang="en" placeholder=${body.label} ...${of("label")} /></${Field}>
    </div>
    ${
      (may_end || typed.ends) &&
      html`<label class="check"><input type="checkbox" checked=${typed.ends} onChange=${() => set("ends", !typed.ends)} />
        <span>${t("annex.ends")}</span></label>`
    }
    ${
      !typed.ends &&
      html`<${Field} label=${t("annex.text")}><textarea rows="3" maxlength="8000" ...${of("text")} /></${Field}>
      <${Field} label=${t("annex.files")} hint=${t("annex.files_hint")}><input type="file" multiple disabled=${task.busy}
        onChange=${(/** @type {any} */ event) => {
          add(event.currentTarget.files);
          event.currentTarget.value = "";
        }} /></${Field}>
      <ul class="annex-files">${files.map(
        (file, n) => html`<li key=${n} class="chip-track">${file.name} <small class="dim">${bytes("id" in file ? file.bytes : file.size)}</small>
        <button class="button small" type="button" aria-label=${t("annex.leave_out", { name: file.name })}
          onClick=${() => setFiles(files.filter((other) => other !== file))}>✕</button></li>`,
      )}</ul>`
    }
    <${Problem} refusal=${task.refusal} />
    <p class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("annex.save")}</button>
      <button class="button" type="button" onClick=${() => (settled(), onClose())}>${t("form.cancel")}</button>
      ${task.busy && html`<span class="note" role="status">${t("annex.sending")}</span>`}</p></form>`;
}

/** @param {{row: AnnexRow, onDone: () => void, onClose: () => void}} props */
function Remove({ row, onDone, onClose }) {
  const task = useTask();
  const yes = () =>
    task.run(async () => {
      await calls.removeAnnex(row.id, { version: row.version });
      onDone();
    });
  return html`<${Ask} title=${t("annex.remove_one", { annex: annexText(row) })} word=${t("annex.remove")} task=${task} onYes=${yes} onNo=${onClose} />`;
}
