/**
 * Days and weeks of a zone, for the rhythm.
 *
 * Owns: what time and date it is there, the moment of a clock time there, the first day of a week.
 * Doesn't own: which zones are looked at (`zones.js`), how a time is written (`format.js`).
 */

import { clockText, dayText } from "../format.js";
import { t } from "../words.js";
import { offsetOf, zoneName } from "../zones.js";

export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;

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
