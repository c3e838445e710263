/**
 * Words in the reader's language.
 *
 * Owns: which language is shown, and finding a phrase. Doesn't own: the phrases (`words/en.json`, `words/ja.json`;
 * same keys, held by a test), numbers and times (`format.js`).
 */

import { effect, signal } from "@preact/signals";

/** @typedef {"en" | "ja"} Language */

const KEPT = "jointhq.language";

/** @type {Record<Language, Record<string, string>>} */
const tables = { en: {}, ja: {} };

/** @returns {Language} */
function firstLanguage() {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "ja") return kept;
  return navigator.language.startsWith("ja") ? "ja" : "en";
}

/** @type {import("@preact/signals").Signal<Language>} */
export const language = signal(firstLanguage());

effect(() => {
  document.documentElement.lang = language.value;
});

/** Both languages are loaded at once, so that a switch needs no network. */
export async function loadWords() {
  await Promise.all(
    /** @type {Language[]} */ (["en", "ja"]).map(async (name) => {
      const answer = await fetch(new URL(`./words/${name}.json`, import.meta.url));
      if (!answer.ok) throw new Error(`words/${name}.json: ${answer.status}`);
      tables[name] = await answer.json();
    }),
  );
}

/** @param {Language} to */
export function setLanguage(to) {
  localStorage.setItem(KEPT, to);
  language.value = to;
}

/**
 * The phrase of a key, `{name}` replaced by a parameter; of "one|many", the first where `n` is 1.
 * @param {string} key
 * @param {Record<string, string | number>} [params]
 */
export function t(key, params) {
  const phrase = tables[language.value][key] ?? key;
  if (!params) return phrase;
  const [one, many = one] = phrase.split("|");
  return (String(params.n) === "1" ? one : many).replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

/**
 * Tell whether there is a phrase: keys made from what a server or a feed says may have none.
 * @param {string} key
 */
export function has(key) {
  return key in tables[language.value];
}

/**
 * Of a name in two languages, the one to show.
 * @param {{name: string, name_ja?: string}} of
 */
export function nameOf(of) {
  return (language.value === "ja" && of.name_ja) || of.name;
}
