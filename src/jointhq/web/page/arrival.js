/**
 * What waits, said in one line to who comes in; from then on what comes, as it comes.
 *
 * Owns: putting that line together of what each part found. Doesn't own: what waits for the reader
 * (`operations/waiting.js`, `command/prompts.js`), the numbers at the places (`parts/places.js`).
 */

import { computed, effect } from "@preact/signals";

import { number } from "./format.js";
import { may, me, say } from "./state.js";
import { t } from "./words.js";

/** Where something may wait, the most urgent first: how its number is said. */
const PARTS = { command: "arrival.command", orders: "arrival.orders", requirements: "arrival.requirements", reports: "arrival.reports", rhythm: "arrival.rhythm" };
/** A part that hasn't answered after so long is told of later, by itself. */
const ALL_MS = 3_000;

/** @typedef {keyof typeof PARTS} Part */

/** What was found so far; null once it was said. @type {Map<Part, {n: number, text: string}> | null} */
let found = new Map();
let timer = 0;

const reader = computed(() => me.value?.appointment?.id ?? "");
effect(() => {
  void reader.value;
  clearTimeout(timer);
  timer = 0;
  found = new Map();
});

/** For whom something may wait there, where not for everybody. @type {Partial<Record<Part, () => boolean>>} */
const FOR = { command: () => may("command"), reports: () => may("command") || may("release") };

/** Whether anything may wait there for the reader. @param {Part} part */
export const mayWait = (part) => FOR[part]?.() ?? true;
const asked = () => /** @type {Part[]} */ (Object.keys(PARTS)).filter(mayWait);

/**
 * Say what came, or keep it until all of who has just come in is there.
 * @param {Part} part @param {number} n how much waits there now @param {string} text of the most urgent that is new, or ""
 */
export function came(part, n, text) {
  if (!found) {
    if (text) say(text);
    return;
  }
  found.set(part, { n, text: text || (found.get(part)?.text ?? "") });
  if (asked().every((one) => found?.has(one))) tell();
  else timer ||= setTimeout(tell, ALL_MS);
}

/** The most urgent in its own words, the others as numbers: nothing twice. */
function tell() {
  const there = asked().flatMap((part) => {
    const one = found?.get(part);
    return one?.n ? [{ part, ...one }] : [];
  });
  clearTimeout(timer);
  found = null;
  const first = there.find(({ text }) => text);
  const counts = there.filter((one) => one !== first || one.n > 1).map(({ part, n }) => t(PARTS[part], { n: number(n) }));
  const all = counts.length ? [t("arrival.waits", { what: counts.join(" · ") })] : [];
  if (there.length) say([...(first ? [first.text] : []), ...all].join(" · "));
}
