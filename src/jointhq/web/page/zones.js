/**
 * The zones that times are looked at in, beside Zulu: by their IANA names, so that clocks that change are right.
 *
 * Owns: which they are for whoever looks (kept in this browser; until then the headquarters', or the browser's own),
 * what each is called, how far it is ahead of Zulu, its letter. Doesn't own: how a time is written (`format.js`).
 */

import { computed, signal } from "@preact/signals";

import { ZONES } from "./dtg.js";
import { headquarters } from "./state.js";
import { has, t } from "./words.js";

const MINUTE_MS = 60_000;
/** What can be put beside; the form of an event has all there are. */
export const OFFERED = [
  "Asia/Tokyo",
  "Pacific/Honolulu",
  "America/New_York",
  "UTC",
  "Asia/Seoul",
  "Asia/Manila",
  "Pacific/Guam",
  "Australia/Sydney",
  "Europe/London",
  "Europe/Brussels",
];
/** The zones of a headquarters have letters; these are their clocks. @type {Record<string, string>} */
const BY_LETTER = { I: "Asia/Tokyo", W: "Pacific/Honolulu", Z: "UTC", K: "Pacific/Guam", H: "Asia/Manila" };
const LETTERS = Object.fromEntries(Object.entries(ZONES).map(([letter, hours]) => [hours * 60, letter]));
const KEPT = "jointhq.zones";

const OWN = Intl.DateTimeFormat().resolvedOptions().timeZone;

const kept = signal((localStorage.getItem(KEPT) ?? "").split(",").filter((zone) => [OWN, ...OFFERED].includes(zone)));
/** Two or three, the first leads. @type {import("@preact/signals").ReadonlySignal<string[]>} */
export const zones = computed(() => {
  if (kept.value.length > 1) return kept.value;
  const own = (headquarters.value?.zones ?? []).flatMap(({ letter }) => BY_LETTER[letter] ?? []);
  return [...new Set([...own, OWN, "UTC", "Asia/Tokyo"])].slice(0, Math.max(2, Math.min(3, own.length)));
});
/** Those of them that stand beside Zulu. */
export const beside = computed(() => zones.value.filter((zone) => zone !== "UTC"));

/** Put a zone in a place; "" takes the third away. One that stands elsewhere changes places. @param {number} n @param {string} zone */
export function look(n, zone) {
  const next = [...zones.peek()];
  const there = next.indexOf(zone);
  if (there >= 0 && n < next.length) next[there] = next[n];
  if (zone) next[n] = zone;
  else next.splice(n, 1);
  kept.value = [...new Set(next)].slice(0, 3);
  localStorage.setItem(KEPT, kept.value.join(","));
}

/** @param {string} zone */
export const zoneName = (zone) => (has(`zone.${zone}`) ? t(`zone.${zone}`) : (zone.split("/").at(-1) ?? zone).replaceAll("_", " "));

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** Minutes that a zone's clock is ahead of Zulu at a moment. @param {number} ms @param {string} zone */
export function offsetOf(ms, zone) {
  let format = formats.get(zone);
  if (!format) {
    /** @type {Intl.DateTimeFormatOptions} */
    const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23" };
    formats.set(zone, (format = new Intl.DateTimeFormat("en-US", { timeZone: zone, ...parts })));
  }
  const at = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return (Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute) - Math.floor(ms / MINUTE_MS) * MINUTE_MS) / MINUTE_MS;
}

/** The letter of a zone at a moment; of one that isn't whole hours ahead, " " and its name. @param {number} ms @param {string} zone */
export const letterOf = (ms, zone) => LETTERS[offsetOf(ms, zone)] ?? ` ${zoneName(zone)}`;
