/**
 * Acts of a change: which fields each kind has, and an act in words.
 *
 * Owns: the same facts as `command/records.py`, as forms need them. Doesn't own: drawing a form (`actform.js`).
 */

import { dtg, number } from "../format.js";
import { decimalOf } from "../map/place.js";
import { said } from "../people/words.js";
import { language, nameOf, t } from "../words.js";
import { appointmentName, responsibilityName } from "./choices.js";
import { relationText, shortType, TYPES } from "./lines.js";
import { structure } from "./moment.js";

/** @typedef {import("./types.js").Act} Act */
/**
 * @typedef {object} Field
 * @property {string} name the act's own
 * @property {"text" | "long" | "number" | "degrees" | "unit" | "new" | "choice" | "relation" | "moment" | "limits" | "flag" |
 *   "appointment" | "appointments" | "responsibility" | "liaison" | "mark"} is
 * @property {boolean} [needed]
 * @property {readonly string[]} [of] for a choice
 * @property {string} [group] whose words name the choices
 */

const NAMES = /** @type {Field[]} */ ([
  { name: "name", is: "text", needed: true },
  { name: "name_ja", is: "text" },
  { name: "short", is: "text" },
  { name: "nation", is: "text" },
  { name: "service", is: "choice", of: ["", "joint", "army", "navy", "air", "marine", "space", "civil"], group: "fact.service" },
  { name: "echelon", is: "choice", of: ["", "11", "12", "13", "14", "15", "16", "17", "18", "21", "22", "23", "24", "25", "26"], group: "echelon" },
  { name: "sidc", is: "text" },
  { name: "external_id", is: "text" },
  { name: "note", is: "long" },
]);

/** By kind, in the order of the choice. @type {Record<string, Field[]>} */
export const FIELDS = {
  "relation.made": [
    { name: "type", is: "choice", needed: true, of: TYPES, group: "relation" },
    { name: "support", is: "choice", of: ["", "general", "mutual", "direct", "close"], group: "support" },
    { name: "superior", is: "unit", needed: true },
    { name: "subordinate", is: "unit", needed: true },
    { name: "order_ref", is: "text" },
    { name: "limits", is: "limits" },
    { name: "granted_by", is: "unit" },
    { name: "until_ms", is: "moment" },
    { name: "condition", is: "text" },
  ],
  "relation.ended": [
    { name: "relation", is: "relation", needed: true },
    { name: "order_ref", is: "text" },
    { name: "reason", is: "text" },
  ],
  "unit.added": [{ name: "unit", is: "new" }, ...NAMES],
  "unit.changed": [{ name: "unit", is: "unit", needed: true }, ...NAMES],
  "unit.placed": [
    { name: "unit", is: "unit", needed: true },
    { name: "place", is: "text" },
    { name: "place_ja", is: "text" },
    { name: "lat", is: "degrees" },
    { name: "lon", is: "degrees" },
  ],
  "strength.reported": [
    { name: "unit", is: "unit", needed: true },
    { name: "number", is: "number" },
    { name: "whole", is: "flag" },
    { name: "text", is: "text" },
    { name: "text_ja", is: "text" },
    { name: "date", is: "text" },
    { name: "source", is: "text" },
    { name: "authorised", is: "number" },
  ],
  "responsibility.given": [
    { name: "responsibility", is: "new" },
    { name: "unit", is: "unit", needed: true },
    { name: "title", is: "text", needed: true },
    { name: "title_ja", is: "text" },
    { name: "text", is: "long" },
    { name: "order_ref", is: "text" },
  ],
  "responsibility.ended": [
    { name: "responsibility", is: "responsibility", needed: true },
    { name: "reason", is: "text" },
  ],
  "appointment.bound": [
    { name: "appointment", is: "appointment", needed: true },
    { name: "unit", is: "unit" },
  ],
  "succession.set": [
    { name: "unit", is: "unit", needed: true },
    { name: "commander", is: "appointment", needed: true },
    { name: "alternates", is: "appointments", needed: true },
    { name: "minutes", is: "number", needed: true },
  ],
  "liaison.posted": [
    { name: "home", is: "unit", needed: true },
    { name: "host", is: "unit", needed: true },
    { name: "appointment", is: "appointment" },
    { name: "name", is: "text" },
    { name: "speaks", is: "choice", needed: true, of: ["inform", "coordinate", "commit"], group: "speaks" },
    { name: "ceiling", is: "mark", needed: true },
    { name: "contact", is: "text", needed: true },
    { name: "order_ref", is: "text" },
    { name: "at_ms", is: "moment" },
    { name: "until_ms", is: "moment" },
    { name: "note", is: "long" },
  ],
  "liaison.ended": [
    { name: "liaison", is: "liaison", needed: true },
    { name: "reason", is: "text" },
  ],
  "unit.ended": [
    { name: "unit", is: "unit", needed: true },
    { name: "reason", is: "text" },
  ],
};
export const KINDS = Object.keys(FIELDS);

/** What a draft calls what is new: "+1", "+2". @param {Act[]} acts of all its phases */
export function newId(acts) {
  const used = acts.flatMap((act) => [act.unit, act.relation, act.responsibility, act.liaison]);
  let n = 1;
  while (used.includes(`+${n}`)) n++;
  return `+${n}`;
}

/**
 * An act of this kind, about this unit: what is known of it stands in it already.
 * @param {string} kind
 * @param {Act[]} acts of the draft so far
 * @param {import("./types.js").UnitRow} [row]
 * @returns {Act}
 */
export function newAct(kind, acts, row) {
  if (kind === "relation.made") {
    return { kind, relation: newId(acts), type: "OPCON", superior: "", subordinate: row?.id ?? "", order_ref: "" };
  }
  if (kind === "relation.ended") return { kind, relation: "" };
  if (kind === "unit.added") return { kind, unit: newId(acts), name: "", nation: row?.nation ?? "", sidc: row?.sidc ?? "" };
  if (kind === "responsibility.given") return { kind, responsibility: newId(acts), unit: row?.id ?? "", title: "" };
  if (kind === "responsibility.ended") return { kind, responsibility: "" };
  if (kind === "liaison.ended") return { kind, liaison: "" };
  if (kind === "appointment.bound") return { kind, appointment: "", unit: row?.id ?? "" };
  if (kind === "succession.set") return { kind, unit: row?.id ?? "", commander: "", alternates: [], minutes: 60 };
  if (kind === "liaison.posted") {
    return { kind, liaison: newId(acts), home: row?.id ?? "", host: "", appointment: "", name: "", speaks: "inform", ceiling: "", contact: "" };
  }
  if (!row) return { kind, unit: "" };
  if (kind === "unit.changed") {
    const { name, name_ja, short, sidc, nation, service, echelon, external_id, note, note_ja } = row;
    return { kind, unit: row.id, name, name_ja, short, sidc, nation, service, echelon, external_id, note, note_ja };
  }
  if (kind === "unit.placed") {
    return { kind, unit: row.id, place: row.place, place_ja: row.place_ja, lat: row.lat, lon: row.lon };
  }
  if (kind === "strength.reported") {
    const { number = null, text = "", text_ja = "", date = "", source = "", authorised = null, whole = false } = row.strength ?? {};
    return { kind, unit: row.id, number, whole, text, text_ja, date, source, authorised };
  }
  return { kind, unit: row.id };
}

/**
 * The name of a unit, of the structure shown or new in the draft.
 * @param {string} id
 * @param {Act[]} [acts]
 */
export function unitName(id, acts = []) {
  const row = structure.value?.units.get(id);
  if (row) return nameOf(row);
  const added = acts.find((act) => act.kind === "unit.added" && act.unit === id);
  return added ? nameOf({ name: added.name, name_ja: added.name_ja }) : id;
}

/** @param {import("./types.js").RelationRow} one */
export const bondText = (one) => t("change.bond", { type: shortType(one.type), superior: unitName(one.superior), subordinate: unitName(one.subordinate) });

/** @param {string} id */
const relationById = (id) => structure.value?.body.relations.find((one) => one.id === id);

/** What a rule names by id stands in words by its name. @param {{code: string, params: Record<string, any>}} reason */
export const named = ({ code, params }) => ({
  code,
  params: Object.fromEntries(
    Object.entries(params).map(([key, value]) => [key, typeof value === "string" && UNITS.has(key) ? unitName(value) : value]),
  ),
});
const UNITS = new Set(["unit", "superior", "subordinate", "granted_by", "holder", "other"]);

/** An act in words: who gets what. @param {Act} act @param {Act[]} acts of the whole draft */
export function actText(act, acts) {
  const unit = unitName(act.unit ?? "", acts);
  if (act.kind === "relation.made") {
    return t("change.made", {
      superior: unitName(act.superior, acts),
      type: relationText({ type: act.type, support: act.support ?? "" }),
      subordinate: unitName(act.subordinate, acts),
    });
  }
  if (act.kind === "relation.ended") {
    const one = relationById(act.relation);
    return one ? bondText(one) : act.relation;
  }
  if (act.kind === "unit.placed") {
    const degrees = typeof act.lat === "number" && typeof act.lon === "number" ? decimalOf(act.lat, act.lon) : t("change.nowhere");
    return `${unit}: ${(language.value === "ja" && act.place_ja) || act.place || degrees}`;
  }
  if (act.kind === "strength.reported") return `${unit}: ${typeof act.number === "number" ? number(act.number) : act.text}`;
  if (act.kind === "responsibility.given") return `${unit}: ${nameOf({ name: act.title, name_ja: act.title_ja })}`;
  if (act.kind === "responsibility.ended") return responsibilityName(act.responsibility, acts);
  if (act.kind === "appointment.bound") return `${appointmentName(act.appointment)}: ${act.unit ? unit : t("change.no_unit")}`;
  if (act.kind === "succession.set") return `${unit}: ${[act.commander, ...act.alternates].map(appointmentName).join(" → ")}`;
  if (act.kind === "liaison.posted") return liaisonText(act, acts);
  if (act.kind === "liaison.ended") {
    const one = structure.value?.body.liaisons.find(({ id }) => id === act.liaison);
    return one ? liaisonText(one, acts) : act.liaison;
  }
  return unit || nameOf({ name: act.name ?? "", name_ja: act.name_ja });
}

/** Who stands where, and for what. @param {Record<string, any>} one @param {Act[]} [acts] */
export const liaisonText = (one, acts) =>
  t("change.liaison", { home: unitName(one.home, acts), host: unitName(one.host, acts), speaks: t(`speaks.${one.speaks}`) });

/** @param {string} kind */
export const kindText = (kind) => said("act", kind.replace(".", "_"));

/** When a phase takes effect, in words. @param {number} at_ms */
export const phaseTime = (at_ms) => (at_ms ? dtg(at_ms) : t("change.at_approval"));
