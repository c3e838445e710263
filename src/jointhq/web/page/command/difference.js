/**
 * What a change makes different: beside the structure before it, who gains and loses what.
 *
 * Every line begins with a sign and a word: + gains, − loses, ~ another, ▲ trouble.
 */

import { html } from "htm/preact";

import { when } from "../format.js";
import { Mark, Problem, useAnswer } from "../people/form.js";
import { said } from "../people/words.js";
import { has, language, t } from "../words.js";
import * as calls from "./calls.js";
import { Sample, shortType } from "./lines.js";

/** @typedef {import("./types.js").Difference} Diff */

/** @param {{id: string, version: string, phase: number}} props */
export function DifferenceView({ id, version, phase }) {
  const asked = useAnswer(() => calls.difference(id, phase), [id, version, phase]);
  if (!asked.value) return html`<${Problem} refusal=${asked.refusal} />`;
  return html`<${Shown} diff=${asked.value} />`;
}

/** @param {{diff: Diff}} props */
function Shown({ diff }) {
  const name = (/** @type {string} */ id) => (language.value === "ja" && diff.units_ja[id]) || diff.units[id] || t("command.hidden_unit");
  const names = (/** @type {string[]} */ ids) => ids.map(name).join(language.value === "ja" ? "、" : ", ");
  const troubles = [
    ...diff.gaps.map((one) => t("change.gap", { unit: name(one.unit), type: one.type, from: when(one.from_ms) })),
    ...diff.overlaps.map((one) => t("change.overlap", { unit: name(one.unit), type: one.type, holders: names(one.holders), from: when(one.from_ms) })),
    ...diff.tasks.map((one) => t("change.task_loses", { task: one.title, superior: name(one.superior), subordinate: name(one.subordinate) })),
  ];
  const nothing = !troubles.length && ![diff.units_added, diff.units_ended, diff.fields, diff.relations_made, diff.relations_ended, diff.authority].some((list) => list.length);
  return html`<div class="difference">
    <p class="dim">${t("change.beside", { at: when(diff.at_ms) })}</p>
    ${nothing && html`<p class="note">${t("change.no_difference")}</p>`}
    ${troubles.length > 0 && html`<ul class="signs">${troubles.map((text) => html`<li key=${text} class="warn"><b aria-hidden="true">▲</b><span>${text}</span></li>`)}</ul>`}
    <div class="before-after">
      <section><h4>− ${t("change.before")}</h4><ul class="signs">
        ${diff.units_ended.map((one) => html`<li key=${one.id}><b>−</b><span><${Mark} mark=${one.mark} />${t("change.unit_ended", { unit: name(one.id) })}</span></li>`)}
        ${diff.relations_ended.map((one) => html`<${Bond} key=${one.id} sign="−" one=${one} name=${name} />`)}</ul></section>
      <section><h4>+ ${t("change.after")}</h4><ul class="signs">
        ${diff.units_added.map((one) => html`<li key=${one.id}><b>+</b><span><${Mark} mark=${one.mark} />${t("change.unit_added", { unit: name(one.id) })}</span></li>`)}
        ${diff.relations_made.map((one) => html`<${Bond} key=${one.id} sign="+" one=${one} name=${name} />`)}</ul></section>
    </div>
    ${diff.fields.length > 0 && html`<section><h4>${t("change.fields")}</h4><ul class="signs">${diff.fields.map(
      (one, i) => html`<li key=${i}><b>~</b><span>${name(one.unit)} · ${fieldText(one.field)}: <del>${valueText(one.before)}</del> → <ins>${valueText(one.after)}</ins></span></li>`,
    )}</ul></section>`}
    ${diff.authority.length > 0 && html`<section><h4>${t("change.authority")}</h4><div class="scroll"><table class="authority"><thead><tr>
      <th scope="col">${t("change.who")}</th><th scope="col">${t("change.over")}</th><th scope="col">${t("change.relation")}</th>
      <th scope="col">+ ${t("change.gains")}</th><th scope="col">− ${t("change.loses")}</th></tr></thead><tbody>${diff.authority.map(
        (one) => html`<tr key=${`${one.superior} ${one.subordinate}`}><td>${name(one.superior)}</td><td>${name(one.subordinate)}</td>
        <td class="how" lang="en">${one.before ? shortType(one.before) : "–"} → ${one.after ? shortType(one.after) : "–"}</td>
        <td>${one.gained.map((action) => said("action", action)).join(", ") || "–"}</td><td>${one.lost.map((action) => said("action", action)).join(", ") || "–"}</td></tr>`,
      )}</tbody></table></div></section>`}
    ${diff.truncated && html`<p class="note">${t("change.truncated")}</p>`}</div>`;
}

/** @param {{sign: string, one: import("./types.js").RelationRow, name: (id: string) => string}} props */
const Bond = ({ sign, one, name }) => html`<li><b>${sign}</b><span><${Mark} mark=${one.mark} />${name(one.superior)}
  <${Sample} type=${one.type} /><b lang="en">${shortType(one.type)}</b> ${name(one.subordinate)}
  ${one.order_ref && html`<small>${one.order_ref}</small>`}</span></li>`;

/** "strength.number" is two words. @param {string} field */
const fieldText = (field) =>
  field
    .split(".")
    .map((part) => (has(`field.${part}`) ? t(`field.${part}`) : part.replaceAll("_", " ")))
    .join(" · ");

/** @param {any} value */
function valueText(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value !== "object") return String(value);
  return Object.values(value).filter((one) => one !== null && one !== "" && typeof one !== "object").join(" · ") || "–";
}
