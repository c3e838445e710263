/**
 * Drafting: the editor of a change, and a change of one act made beside the unit it is about.
 *
 * There is one way to change the structure: a change, approved by who may. Editing in place is a change of one phase
 * that takes effect when it is approved; who may approve does both in one step, and may take it back.
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Icon } from "../parts/icons.js";
import { Field, LabelText, Moment, Problem, useTask } from "../people/form.js";
import { may, say } from "../state.js";
import { keptInPage } from "../unsaved.js";
import { nameOf, t } from "../words.js";
import { ActForm } from "./actform.js";
import { actText, KINDS, kindText, newAct } from "./acts.js";
import * as calls from "./calls.js";
import { go, refresh } from "./moment.js";

/** @typedef {import("./types.js").ChangeForm} ChangeForm */
/** @typedef {import("./types.js").Act} Act */

/**
 * The draft being edited: it stays while one looks elsewhere on the page. `id` "" for a new one.
 * @type {import("@preact/signals").Signal<{id: string, form: ChangeForm, changed?: boolean} | null>}
 */
export const editing = signal(null);
keptInPage(() => Boolean(editing.peek()?.changed));

/** @returns {ChangeForm} */
const blank = () => ({ title: "", title_ja: "", purpose: "", label: "", version: "", phases: [{ name: t("change.phase_n", { n: 1 }), name_ja: "", at_ms: 0, acts: [] }] });

export function startChange() {
  editing.value ??= { id: "", form: blank() };
  go({ view: "changes", id: "new" });
}

/** @param {import("./types.js").ChangeBody} body */
export function editChange(body) {
  const { title, title_ja, version } = body.row;
  const phases = body.phases.map(({ name, name_ja, at_ms, acts }) => ({ name, name_ja, at_ms, acts: [...acts] }));
  editing.value = {
    id: body.row.id,
    form: { title, title_ja, purpose: body.purpose, purpose_ja: body.purpose_ja, label: body.label, version, phases },
  };
}

/** @param {Partial<ChangeForm>} more */
function set(more) {
  const now = editing.peek();
  if (now) editing.value = { ...now, changed: true, form: { ...now.form, ...more } };
}
/** @param {number} at @param {Partial<import("./types.js").PhaseForm>} more */
const setPhase = (at, more) =>
  set({ phases: editing.peek()?.form.phases.map((phase, i) => (i === at ? { ...phase, ...more } : phase)) ?? [] });

export function Editor() {
  const task = useTask();
  const now = editing.value;
  if (!now) return null;
  const { id, form } = now;
  const acts = form.phases.flatMap((phase) => phase.acts);
  const text = (/** @type {"title" | "title_ja" | "purpose" | "purpose_ja" | "label"} */ name) => ({
    value: form[name] ?? "",
    onInput: (/** @type {any} */ event) => set({ [name]: event.currentTarget.value }),
  });
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const saved = await calls.saveChange(id, form);
      editing.value = null;
      say(t("change.saved"));
      go({ view: "changes", id: saved.row.id }, "replace");
    });
  };
  const leave = () => {
    editing.value = null;
    go({ view: "changes", id });
  };
  return html`<div class="editor panel">
    <form class="fields" id="draft" onSubmit=${save}>
      <h2>${t(id ? "change.edit" : "change.new_one")}</h2>
      <div class="pair"><${Field} label=${`${t("field.title")} *`}><input required maxlength="200" ...${text("title")} /><//>
        <${Field} label=${t("field.title_ja")}><input maxlength="200" lang="ja" ...${text("title_ja")} /><//></div>
      <${Field} label=${t("change.purpose")}><textarea rows="2" maxlength="4000" ...${text("purpose")} /><//>
      <${Field} label=${t("form.label")} hint=${t("form.label_hint")}><${LabelText} value=${form.label ?? ""} onText=${(/** @type {string} */ text) => set({ label: text })} /><//>
    </form>
    ${form.phases.map((phase, i) => html`<${PhaseEditor} key=${i} phase=${phase} at=${i} acts=${acts} only=${form.phases.length === 1} />`)}
    <button class="button small" onClick=${() => set({ phases: [...form.phases, { name: t("change.phase_n", { n: form.phases.length + 1 }), name_ja: "", at_ms: 0, acts: [] }] })}>
      <${Icon} name="plus" />${t("change.add_phase")}</button>
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" type="submit" form="draft" disabled=${task.busy || !acts.length}>${t("change.save_draft")}</button>
      <button class="button" onClick=${leave}>${t("change.discard")}</button>
      ${!acts.length && html`<span class="note">${t("change.needs_acts")}</span>`}</div></div>`;
}

/** @param {{phase: import("./types.js").PhaseForm, at: number, acts: Act[], only: boolean}} props */
function PhaseEditor({ phase, at, acts, only }) {
  const [form, setForm] = useState(/** @type {{act: Act, index: number} | null} */ (null));
  const put = (/** @type {Act} */ act) => {
    const next = [...phase.acts];
    if (form && form.index >= 0) next[form.index] = act;
    else next.push(act);
    setPhase(at, { acts: next });
    setForm(null);
  };
  const remove = (/** @type {number} */ index) => setPhase(at, { acts: phase.acts.filter((_, i) => i !== index) });
  return html`<section class="phase"><div class="pair fields">
      <${Field} label=${t("change.phase")}><input required maxlength="200" value=${phase.name} onInput=${(/** @type {any} */ event) => setPhase(at, { name: event.currentTarget.value })} /><//>
      <${Field} label=${t("change.phase_ja")}><input maxlength="200" lang="ja" value=${phase.name_ja} onInput=${(/** @type {any} */ event) => setPhase(at, { name_ja: event.currentTarget.value })} /><//>
      <${Field} label=${t("change.takes_effect")} hint=${phase.at_ms ? undefined : t("change.at_approval")}><${Moment} value=${phase.at_ms} onValue=${(/** @type {number} */ ms) => setPhase(at, { at_ms: ms })} /><//></div>
    <ol class="acts">${phase.acts.map(
      (act, i) => html`<li key=${i}><span class="badge">${kindText(act.kind)}</span><span>${actText(act, acts)}</span>
        <button class="button small" onClick=${() => setForm({ act, index: i })}>${t("form.change")}</button>
        <button class="button small" aria-label=${`${t("change.remove")}: ${actText(act, acts)}`} onClick=${() => remove(i)}>${t("change.remove")}</button></li>`,
    )}</ol>
    ${form
      ? html`<${ActForm} key=${`${form.index} ${form.act.kind}`} act=${form.act} acts=${acts} word=${t("change.take_in")} onDone=${put} onCancel=${() => setForm(null)} />`
      : html`<div class="buttons"><${KindChoice} onKind=${(/** @type {string} */ kind) => setForm({ act: newAct(kind, acts), index: -1 })} />
        ${!only && html`<button class="button small" onClick=${() => set({ phases: editing.peek()?.form.phases.filter((_, i) => i !== at) ?? [] })}>${t("change.remove_phase")}</button>`}</div>`}
  </section>`;
}

/** @param {{onKind: (kind: string) => void, word?: string}} props */
const KindChoice = ({ onKind, word }) => html`<select class="kind-choice" aria-label=${word ?? t("change.add_act")} value=""
  onChange=${(/** @type {any} */ event) => {
    if (event.currentTarget.value) onKind(event.currentTarget.value);
    event.currentTarget.value = "";
  }}><option value="">${word ?? t("change.add_act")}</option>
  ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${kindText(kind)}</option>`)}</select>`;

/** Facts of a unit: one person may change them. What moves authority takes two. */
const ALONE = new Set(["unit.changed", "unit.placed", "strength.reported"]);

/** A change of one act, beside the unit. @param {{row: import("./types.js").UnitRow}} props */
export function InPlace({ row }) {
  const [act, setAct] = useState(/** @type {Act | null} */ (null));
  const [atOnce, setAtOnce] = useState(false);
  const task = useTask();
  const open = editing.value;
  if (!act) return html`<${KindChoice} word=${t("command.change_unit")} onKind=${(/** @type {string} */ kind) => setAct(newAct(kind, open?.form.phases.flatMap((phase) => phase.acts) ?? [], row))} />`;
  const done = (/** @type {Act} */ made) => {
    if (open) {
      const last = open.form.phases.length - 1;
      setPhase(last, { acts: [...open.form.phases[last].acts, made] });
      setAct(null);
      return go({ view: "changes", id: open.id || "new" });
    }
    const title = `${nameOf(row)}: ${kindText(made.kind)}`.slice(0, 200);
    const form = { ...blank(), title, phases: [{ name: title, name_ja: "", at_ms: 0, acts: [made] }] };
    return void task.run(async () => {
      const saved = await calls.saveChange("", form);
      if (!atOnce || !ALONE.has(made.kind)) return go({ view: "changes", id: saved.row.id });
      const { row: approved } = await putInForce(saved);
      setAct(null);
      return say(t("change.in_force_now"), async () =>
        putInForce(await calls.decideChange(approved.id, "reverse", { version: approved.version, note: "" })),
      );
    });
  };
  return html`<section class="in-place"><${ActForm} key=${act.kind} act=${act} acts=${[]}
    word=${open ? t("change.add_to", { title: open.form.title || t("change.new_one") }) : atOnce && ALONE.has(act.kind) ? t("change.put_in_force") : t("change.save_draft")}
    onDone=${done} onCancel=${() => setAct(null)}>
    ${!open && may("command") && ALONE.has(act.kind) && html`<label class="check"><input type="checkbox" checked=${atOnce} onChange=${() => setAtOnce(!atOnce)} /> ${t("change.at_once")}</label>`}
    <${Problem} refusal=${task.refusal} /><//></section>`;
}

/** Submit and approve, for who may do both. @param {import("./types.js").ChangeBody} body */
async function putInForce(body) {
  const submitted = await calls.decideChange(body.row.id, "submit", { version: body.row.version, note: "" });
  const approved = await calls.decideChange(body.row.id, "approve", {
    version: submitted.row.version, at_ms: [], order_ref: "", note: "",
  });
  await refresh();
  return approved;
}
