/**
 * One row of a tree: the lines left of it, its symbol and name, what is wrong with it, what binds it to others.
 *
 * Owns: drawing it. Doesn't own: which rows there are (`shown.js`), where they stand (`tree.js`), how a relation looks
 * (`lines.js`).
 */

import { html } from "htm/preact";

import { number } from "../format.js";
import { Symbol2525 } from "../parts/icons.js";
import { Mark } from "../people/form.js";
import { meaningOf } from "../symbols/kinds.js";
import { has, language, nameOf, t } from "../words.js";
import { arrowOf, relationText, shortType, Stroke, typeText } from "./lines.js";
import { choose, structure } from "./moment.js";
import { bondsShown, found, open, reveal } from "./shown.js";

/** @typedef {import("./model.js").Row} Row */
/** @typedef {import("./types.js").UnitRow} UnitRow */

/** Every row is this high, CSS pixels; the style sheet says the same. */
export const ROW = 30;
const STEP = 15;
const LINE = 26;

/** @param {{row: Row, top: number, current: boolean}} props */
export function UnitRowView({ row, top, current }) {
  const { unit, depth, type, under, open: isOpen, last } = row;
  const all = structure.value;
  if (!all) return null;
  const alarms = all.alarms.get(unit.id) ?? [];
  const bonds = all.across(unit.id);
  return html`<div class=${found.value && !row.found ? "unit-row way" : "unit-row"} role="treeitem" id=${`unit-${unit.id}`}
      aria-level=${depth + 1} aria-expanded=${under ? isOpen : undefined} aria-selected=${current}
      aria-label=${`${nameOf(unit)}${type ? `, ${typeText(type)}` : ""}`}
      style=${{ transform: `translateY(${top}px)` }} onClick=${() => choose(unit.id)}>
    <${Rails} depth=${depth} rails=${row.rails} last=${last} type=${type} />
    ${type && html`<span class="type" lang="en" title=${typeText(type)}>${shortType(type)}</span>`}
    <button class="twist" tabindex="-1" aria-hidden="true" disabled=${!under} onClick=${(/** @type {Event} */ event) => {
      event.stopPropagation();
      open(unit.id, !isOpen);
    }}>${under ? (isOpen ? "▾" : "▸") : ""}</button>
    <${Symbol2525} meaning=${meaningOf("a-f-G-U", unit.sidc)} stale=${false} box=${26} size=${15} />
    <span class="unit-text"><span class="unit-name"><${Mark} mark=${unit.mark} />${nameOf(unit)}</span>
      ${under > 0 && !isOpen && html` <span class="dim">+${under}</span>`}
      ${" "}<span class="place dim">${(language.value === "ja" && unit.place_ja) || unit.place}</span></span>
    ${alarms.length > 0 && html`<span class="alarm" title=${alarms.map(alarmText).join("\n")}>▲${alarms.length > 1 ? alarms.length : ""}</span>`}
    ${bonds.slice(0, bondsShown.value).map((bond) => html`<${Bond} key=${bond.id} bond=${bond} of=${unit.id} />`)}
    ${bonds.length > bondsShown.value && html`<span class="bond-more dim">+${bonds.length - bondsShown.value}</span>`}
    <span class="strength">${strengthShort(unit)}</span>
  </div>`;
}

/** The lines left of a row: ancestors that go on, and the relation to whom it stands under. */
const Rails = (/** @type {{depth: number, rails: number, last: boolean, type: string}} */ { depth, rails, last, type }) => {
  if (!depth) return null;
  const width = depth * STEP + LINE;
  const x = depth * STEP - 4;
  const past = [];
  for (let d = 1; d < depth; d++) if (rails & (1 << d)) past.push(d * STEP - 4);
  return html`<svg class="rails" width=${width} height=${ROW} aria-hidden="true">
    ${past.map((at) => html`<line key=${at} x1=${at} x2=${at} y1="0" y2=${ROW} />`)}
    <line x1=${x} x2=${x} y1="0" y2=${last ? ROW / 2 : ROW} />
    <${Stroke} type=${type} x1=${x} x2=${width} y=${ROW / 2} /></svg>`;
};

/** @param {{bond: import("./types.js").RelationRow, of: string}} props */
function Bond({ bond, of }) {
  const other = structure.value?.units.get(bond.superior === of ? bond.subordinate : bond.superior);
  if (!other) return null;
  return html`<button class="bond" tabindex="-1" title=${`${relationText(bond)}: ${nameOf(other)}`}
    onClick=${(/** @type {Event} */ event) => {
      event.stopPropagation();
      reveal(other.id);
    }}><b lang="en">${shortType(bond.type)} ${arrowOf(bond, of)}</b><span>${other.short || nameOf(other)}</span></button>`;
}

/** @param {import("./types.js").Alarm} alarm */
export function alarmText({ code, params }) {
  const reverts = structure.value?.units.get(params.reverts_to ?? "");
  if (code === "gap" && reverts) return t("alarm.gap_reverts", { reverts_to: nameOf(reverts) });
  return has(`alarm.${code}`) ? t(`alarm.${code}`, params) : code.replaceAll("_", " ");
}

/** Doubtful ones have a question mark. @param {UnitRow} unit */
function strengthShort({ strength }) {
  if (!strength) return "";
  const text = strength.number === null ? (language.value === "ja" && strength.text_ja) || strength.text : number(strength.number);
  return strength.doubtful && strength.number !== null ? `${text} ?` : text;
}
