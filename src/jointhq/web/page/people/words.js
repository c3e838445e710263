/**
 * What the server says about people, in words: refusals, rules, standings, clearances.
 *
 * Owns: which words belong to a code, with its parameters in the reader's language.
 */

import { when } from "../format.js";
import { language, has, nameOf, t } from "../words.js";

/** A clearance without end, as the server writes it: 9999-12-31T23:59:59Z. */
export const FOREVER_MS = 253_402_300_799_000;

/**
 * Words of a code; the code itself where a newer server has one that these words don't know.
 * @param {string} group
 * @param {string} code
 * @param {Record<string, any>} [params]
 */
export const said = (group, code, params = {}) =>
  has(`${group}.${code}`) ? t(`${group}.${code}`, inWords(params)) : code.replaceAll("_", " ");

/** @param {Record<string, any>} params */
function inWords(params) {
  /** @type {Record<string, string | number>} */
  const words = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null) continue;
    if (name === "what") words[name] = said("beyond", String(value));
    else if (name === "standing") words[name] = said("standing", String(value));
    else if (name.endsWith("_ms")) words[name] = when(Number(value));
    else if (value && typeof value === "object" && "name" in value) words[name] = nameOf(value);
    else words[name] = Array.isArray(value) ? value.join(", ") : value === "" ? "–" : value;
  }
  return words;
}

/** @param {{code: string, params?: Record<string, any>, retry_s?: number}} refusal */
export function refusalText({ code, params = {}, retry_s = 0 }) {
  if (code === "too_many_attempts" && retry_s) return t("error.too_many_attempts_s", { s: retry_s });
  return has(`error.${code}`) ? said("error", code, params) : t("error.other", { code });
}

/** A rule of the door, or why a person may not act at all. @param {string} code @param {Record<string, any>} params */
export const ruleText = (code, params) =>
  has(`rule.${code}`)
    ? said("rule", code, { groups: params.belongs_to, ended_ms: params.cleared_until_ms, ...params })
    : said("standing", code, params);

/** @param {import("../types.js").PersonName | null | undefined} person */
export const personName = (person) => (person ? nameOf(person) : "");

/** @param {{title: string, title_ja: string}} of */
export const titleOf = (of) => nameOf({ name: of.title, name_ja: of.title_ja });

/** Date alone, "2026-11-23Z": the same in every language. @param {number} ms */
export const dateText = (ms) => `${new Date(ms).toISOString().slice(0, 10)}`;

/** @param {number} cleared_until_ms */
export function clearedText(cleared_until_ms) {
  if (!cleared_until_ms) return t("clearance.never");
  if (cleared_until_ms >= FOREVER_MS) return t("clearance.forever");
  return t("clearance.until", { date: dateText(cleared_until_ms) });
}

/** When an appointment or assignment is in force. @param {number} from_ms @param {number} until_ms */
export function spanText(from_ms, until_ms) {
  return until_ms
    ? t("dates.both", { from: dateText(from_ms), until: dateText(until_ms) })
    : t("dates.from", { from: dateText(from_ms) });
}

/** Names in the order of the language. @param {string[]} names */
export const listText = (names) => names.join(language.value === "ja" ? "、" : ", ");
