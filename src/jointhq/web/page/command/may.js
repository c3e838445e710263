/**
 * "May A do this to B now?": the question, and its answer with the path or with whom to ask.
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { Picker, Problem, Sign, useTask } from "../people/form.js";
import { said } from "../people/words.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { Sample, shortType } from "./lines.js";
import { shownClocks, structure } from "./moment.js";
import { UnitLink } from "./unit.js";

/** The actions of the matrix; asked for by these codes. */
export const ACTIONS = [
  "assign_task", "assign_mission", "organise", "break_up", "deploy", "reassign", "direct_movement", "direct_training",
  "direct_logistics", "administer", "consult", "compel", "delegate", "delegate_opcon", "delegate_tacom",
];

/** Units by name, for a picker. @param {string} query @returns {import("../people/form.js").Choice[]} */
export function findUnits(query) {
  const all = structure.value;
  if (!all) return [];
  const found = all.search(query) ?? new Set(all.units.keys());
  return [...found].map((id) => unitChoice(id)).filter((one) => one !== null);
}
/** @param {string} id @returns {import("../people/form.js").Choice | null} */
export function unitChoice(id) {
  const row = structure.value?.units.get(id);
  return row ? { id, name: nameOf(row), more: row.short, mark: row.mark } : null;
}

/** @param {{subordinate: string}} props */
export function May({ subordinate }) {
  const above = structure.value?.over.get(subordinate)?.parent ?? "";
  const [a, setA] = useState(() => unitChoice(above));
  const [action, setAction] = useState(ACTIONS[0]);
  const [answer, setAnswer] = useState(/** @type {import("./types.js").Answer | null} */ (null));
  const task = useTask();
  const { at, known } = shownClocks.value;
  useEffect(() => setAnswer(null), [a?.id, action, at, known]);
  const ask = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (a) void task.run(async () => setAnswer(await calls.may(a.id, subordinate, action, { at, known })));
  };
  return html`<section><h3>${t("command.may")}</h3><form class="fields may" onSubmit=${ask}>
    <div class="pair"><${Picker} label=${t("command.may_a")} placeholder=${t("command.find_unit")} find=${findUnits} value=${a} onPick=${setA} />
      <div class="field"><label class="field-name" for="may-action">${t("command.may_action")}</label>
        <select id="may-action" value=${action} onChange=${(/** @type {any} */ event) => setAction(event.currentTarget.value)}>
        ${ACTIONS.map((one) => html`<option key=${one} value=${one}>${said("action", one)}</option>`)}</select></div></div>
    <div class="buttons"><button class="button" type="submit" disabled=${!a || task.busy}>${t("command.ask")}</button></div>
    <${Problem} refusal=${task.refusal} />
    ${answer && html`<${AnswerText} answer=${answer} />`}</form></section>`;
}

/** @param {{answer: import("./types.js").Answer}} props */
function AnswerText({ answer }) {
  const request = !answer.allowed && answer.action === "assign_task";
  return html`<div class="may-answer" role="status">
    <p class="state"><${Sign} good=${answer.allowed} /><b>${t(answer.allowed ? "command.may_yes" : request ? "command.may_request" : "command.may_no")}</b></p>
    <p>${said("answer", answer.rule)}</p>
    ${answer.limits && html`<p>${t("command.limits", { text: answer.limits })}</p>`}
    ${answer.path.length > 0 && html`<ol class="path">${answer.path.map(
      (hop) => html`<li key=${hop.relation}><${UnitLink} id=${hop.superior} /> <${Sample} type=${hop.type} /> <b lang="en">${shortType(hop.type)}</b>
        ${" "}<${UnitLink} id=${hop.subordinate} /></li>`,
    )}</ol>`}
    ${!answer.allowed && html`<p>${answer.refer_to.length ? t("command.refer") : t("command.refer_nobody")}
      ${answer.refer_to.map((id) => html` <${UnitLink} key=${id} id=${id} />`)}</p>`}</div>`;
}
