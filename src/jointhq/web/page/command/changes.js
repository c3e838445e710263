/**
 * Changes of command: the list, and one in full: its phases, what they make different, who said what of it.
 *
 * Doesn't own: editing (`draft.js`), the difference (`difference.js`), what is asked before a step (`decide.js`).
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { number, when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Mark, Problem, Sign, useAnswer } from "../people/form.js";
import { refusalText, said } from "../people/words.js";
import { Table } from "../people/table.js";
import { heard, may } from "../state.js";
import { nameOf, t } from "../words.js";
import { actText, kindText, named, phaseTime } from "./acts.js";
import * as calls from "./calls.js";
import { Decision, DECISIONS } from "./decide.js";
import { DifferenceView } from "./difference.js";
import { editChange, editing, Editor, startChange } from "./draft.js";
import { go, refresh, where } from "./moment.js";

/** @typedef {import("./types.js").ChangeRow} ChangeRow */
/** @typedef {import("./types.js").ChangeBody} ChangeBody */

/** Acts of a phase listed at once; an import has thousands. */
const ACTS_SHOWN = 50;
/** So few are shown without asking. */
const ACTS_OPEN = 12;

/** @param {{title: string, title_ja: string}} of */
const titleOf = (of) => nameOf({ name: of.title, name_ja: of.title_ja });
/** @param {import("./types.js").WhoRow} who */
const whoText = (who) => nameOf({ name: who.title, name_ja: who.title_ja }) || nameOf(who) || t("change.somebody");

export function Changes() {
  const asked = useAnswer(calls.changes, []);
  useEffect(() => void asked.again(), [heard.value.command]);
  const id = where.value.id;
  const open = editing.value && (editing.value.id || "new") === id;
  const again = async () => {
    await asked.again();
    await refresh();
  };
  const tools =
    may("plan") &&
    html`<button class="button strong" onClick=${startChange}><${Icon} name="plus" />${t(editing.value ? "change.to_draft" : "change.new_one")}</button>`;
  return html`<div class=${id ? "structure-body changes one" : "structure-body changes"}>
    <${Table} asked=${asked} tools=${tools} none="change.none"
      textOf=${(/** @type {ChangeRow} */ row) => [row.title, row.title_ja, stateText(row.state)].join("\n")}
      head=${["change.title", "change.state", "change.phases", "change.opinions"]}
      row=${(/** @type {ChangeRow} */ row) => html`<tr key=${row.id} aria-selected=${row.id === id}>
        <td><${Mark} mark=${row.mark} /><button class="link" onClick=${() => go({ id: row.id })}>${titleOf(row)}</button>
          <small>${t("change.drafted", { at: when(row.drafted_ms), who: whoText(row.drafted_by) })}</small></td>
        <td><${State} state=${row.state} />${row.reversed_by && html`<small>${t("change.reversed")}</small>`}</td>
        <td>${row.phases.map((phase, i) => html`<small class="phase-line" key=${i} title=${nameOf(phase)}>${phase.in_force ? "●" : "○"} ${phaseTime(phase.at_ms)} ${nameOf(phase)}</small>`)}</td>
        <td><span class="state"><${Sign} good=${row.objected ? false : row.concurred ? true : null} />
          ${t("change.counts", { yes: row.concurred, no: row.objected })}</span></td></tr>`} />
    ${open ? html`<${Editor} key=${id} />` : id && id !== "new" && html`<${One} key=${id} id=${id} onChanged=${again} />`}</div>`;
}

/** @param {string} state */
const stateText = (state) => said("change.state", state);
/** @param {{state: string}} props */
const State = ({ state }) => html`<span class="badge state-${state}">${stateText(state)}</span>`;

/** @param {{id: string, onChanged: () => Promise<void>}} props */
function One({ id, onChanged }) {
  const asked = useAnswer(() => calls.change(id), [id]);
  useEffect(() => void asked.again(), [heard.value.command]);
  const [doing, setDoing] = useState("");
  const [phase, setPhase] = useState(0);
  const body = asked.value;
  if (!body) return html`<section class="panel change"><${Problem} refusal=${asked.refusal} /></section>`;
  const done = async (/** @type {ChangeBody | null} */ next) => {
    setDoing("");
    if (next && next.row.id !== id) go({ id: next.row.id });
    else await asked.again();
    await onChanged();
  };
  const acts = body.phases.flatMap((one) => one.acts);
  const shown = body.phases[phase] ?? body.phases[0];
  const begin = (/** @type {string} */ what) => (what === "edit" ? editChange(body) : setDoing(what));
  return html`<section class="panel change">
    <div class="card-head"><div class="card-name"><h2><${Mark} mark=${body.row.mark} />${titleOf(body.row)}</h2>
      <p><${State} state=${body.row.state} /> <small>${t("change.drafted", { at: when(body.row.drafted_ms), who: whoText(body.row.drafted_by) })}
        ${body.order_ref && ` · ${t("command.order", { ref: body.order_ref })}`}</small></p></div>
      <button class="button icon-only" aria-label=${t("drawer.close")} onClick=${() => go({ id: "" })}><${Icon} name="close" /></button></div>
    <div class="buttons steps">${["edit", ...DECISIONS].filter((what) => body.may.includes(what)).map(
      (what) => html`<button key=${what} class=${["approve", "submit"].includes(what) ? "button strong" : "button"} onClick=${() => begin(what)}>${t(`change.do.${what}`)}</button>`,
    )}</div>
    <div class="unit-body">
    ${(body.purpose || body.purpose_ja) && html`<p>${nameOf({ name: body.purpose, name_ja: body.purpose_ja })}</p>`}
    ${body.approval_note && html`<blockquote>${body.approval_note}</blockquote>`}
    ${body.refusals.length > 0 && html`<div class="problem" role="note"><b>▲ ${t("change.cannot")}</b><ul class="signs">${body.refusals.map(
      (one, i) => html`<li key=${i}>${one.rule && html`<b>${one.rule}</b>`}<span>${refusalText(named(one))}</span></li>`,
    )}</ul></div>`}
    ${body.phases.length > 1 && html`<div class="segmented" role="group" aria-label=${t("change.phases")}>${body.phases.map(
      (one, i) => html`<button key=${i} aria-pressed=${i === phase} onClick=${() => setPhase(i)}>${nameOf(one)} · ${phaseTime(one.at_ms)}</button>`,
    )}</div>`}
    <section><h3>${nameOf(shown)} · ${t("change.takes_effect_at", { at: phaseTime(shown.at_ms) })}</h3>
      <details open=${body.row.state === "draft" && shown.acts.length <= ACTS_OPEN}><summary>${t("change.acts", { n: number(shown.acts.length) })}</summary>
      <ol class="acts">${shown.acts.slice(0, ACTS_SHOWN).map(
        (act, i) => html`<li key=${i}><span class="badge">${kindText(act.kind)}</span><span>${actText(act, acts)}</span>${act.at_ms ? html`<span class="dim">${when(act.at_ms)}</span>` : ""}</li>`,
      )}</ol>${shown.acts.length > ACTS_SHOWN && html`<p class="note">${t("desk.rest", { n: number(shown.acts.length - ACTS_SHOWN) })}</p>`}</details>
      <button class="button small" disabled=${!shown.at_ms} onClick=${() => go({ view: "tree", id: "", at: shown.at_ms })}><${Icon} name="structure" />${t("change.see_then")}</button></section>
    <section><h3>${t("change.difference")}</h3><${DifferenceView} id=${id} version=${body.row.version} phase=${phase} /></section>
    <section><h3>${t("change.opinions")}</h3>${
      body.opinions.length
        ? html`<table><tbody>${body.opinions.map(
            (one, i) => html`<tr key=${i}><td class="state"><${Sign} good=${one.concurs} /> ${t(one.concurs ? "change.concurs" : "change.objects")}
            ${one.stale && html` <small class="warn">▲ ${t("change.stale")}</small>`}</td><td><b>${one.office}</b>${one.note && html`<p>${one.note}</p>`}
              <small>${whoText(one.who)} · ${when(one.at_ms)}</small></td></tr>`,
          )}</tbody></table>`
        : html`<p class="note">${t("change.no_opinions")}</p>`
    }</section>
    <section><h3>${t("command.history")}</h3><ul class="lines">${body.steps.map(
      (one, i) => html`<li key=${i}><b>${said("change.step", one.kind)}</b> ${one.note}<small>${when(one.at_ms)} · ${whoText(one.who)}</small></li>`,
    )}</ul></section></div>
    ${doing && html`<${Decision} what=${doing} body=${body} onDone=${done} onNo=${() => setDoing("")} />`}
  </section>`;
}
