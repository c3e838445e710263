/**
 * Zones that the rhythm is looked at in: side by side, by their IANA names, so that clocks that change are right.
 *
 * Owns: which zones are looked at, what time it is there, the first day of a week. Doesn't own: how a time is written
 * (`format.js`), the zones of the headquarters (the server says).
 */

import { computed, signal } from "@preact/signals";

import { clockText, dayText } from "../format.js";
import { headquarters } from "../state.js";
import { has, t } from "../words.js";

export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;
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
const KEPT = "jointhq.rhythm.zones";

const kept = signal((localStorage.getItem(KEPT) ?? "").split(",").filter((zone) => OFFERED.includes(zone)));
/** Two or three, the first leads. */
export const zones = computed(() => {
  if (kept.value.length > 1) return kept.value;
  const own = (headquarters.value?.zones ?? []).flatMap(({ letter }) => BY_LETTER[letter] ?? []);
  return [...new Set([...own, "Asia/Tokyo", "Pacific/Honolulu"])].slice(0, Math.max(2, Math.min(3, own.length)));
});

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
export const zoneName = (zone) => (has(`rhythm.zone.${zone}`) ? t(`rhythm.zone.${zone}`) : zone.replaceAll("_", " "));

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

/** "08:00" @param {number} ms @param {string} zone */
export const clockIn = (ms, zone) => clockText(ms, offsetOf(ms, zone)).slice(0, 5);
/** "Mon 23 Nov" @param {number} ms @param {string} zone */
export const dayIn = (ms, zone) => dayText(ms, offsetOf(ms, zone));
/** "2026-11-23" @param {number} ms @param {string} zone */
export const dateIn = (ms, zone) => new Date(ms + offsetOf(ms, zone) * MINUTE_MS).toISOString().slice(0, 10);
/** "Mon 23 Nov 08:00 Tokyo" @param {number} ms @param {string} zone */
export const timeIn = (ms, zone) => `${dayIn(ms, zone)} ${clockIn(ms, zone)} ${zoneName(zone)}`;

/** The moment of a clock time on a date of a zone. @param {string} date @param {string} clock @param {string} zone */
export function momentIn(date, clock, zone) {
  const wall = Date.parse(`${date}T${clock}Z`);
  const first = wall - offsetOf(wall, zone) * MINUTE_MS;
  return wall - offsetOf(first, zone) * MINUTE_MS;
}

/** Where the Monday of a moment's week begins in a zone. @param {number} ms @param {string} zone */
export function weekOf(ms, zone) {
  const date = dateIn(ms, zone);
  const weekday = (new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7;
  return momentIn(addDays(date, -weekday), "00:00", zone);
}

/** @param {string} date @param {number} days */
export const addDays = (date, days) => new Date(Date.parse(`${date}T00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** Names of weekdays, Monday first. @param {number[]} days */
export const weekdayText = (days) => days.map((day) => t(`rhythm.weekday.${day}`)).join(t("rhythm.weekday.between"));
