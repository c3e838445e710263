/**
 * Numbers and times as a person reads them.
 *
 * Owns: units, ages, dates and clocks in a zone. Doesn't own: places (`map/place.js`), date-time groups (`dtg.js`), which
 * zones are looked at (`zones.js`).
 */

import { write } from "./dtg.js";
import { language, t } from "./words.js";
import { beside, letterOf, offsetOf } from "./zones.js";

const FEET_IN_METRE = 1 / 0.3048;
const KNOTS_IN_MS = 3600 / 1852;
const MINUTE_MS = 60_000;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * Zones are whole minutes from UTC: the time is shifted, then written as if it were UTC, so that no browser's zone
 * plays in.
 * @param {Intl.DateTimeFormatOptions} options
 */
function dateFormat(options) {
  const key = language.value + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(language.value, { timeZone: "UTC", ...options })));
  return format;
}

/** @param {number} ms @param {number} [offset_minutes] */
export const clockText = (ms, offset_minutes = 0) =>
  new Date(ms + offset_minutes * MINUTE_MS).toISOString().slice(11, 19);

/** Weekday and date: "Mon 23 Nov", 「11月23日(月)」. @param {number} ms @param {number} [offset_minutes] */
export function dayText(ms, offset_minutes = 0) {
  const at = ms + offset_minutes * MINUTE_MS;
  if (language.value === "ja") return dateFormat({ weekday: "short", month: "long", day: "numeric" }).format(at);
  const parts = Object.fromEntries(
    dateFormat({ weekday: "short", month: "short", day: "numeric" })
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  );
  return `${parts.weekday} ${parts.day} ${parts.month}`;
}

/** A date-time group, "231031Z NOV 26": the same in every language; where the zones stand beside it. @param {number} ms */
export const dtg = (ms) => write(ms);

/** @param {number} ms @param {number} [offset_minutes] */
const weekday = (ms, offset_minutes = 0) => dateFormat({ weekday: "short" }).format(ms + offset_minutes * MINUTE_MS);

/** Of each zone that one looks at, a moment's day and clock there. @param {number} ms @param {typeof dayText} day */
const there = (ms, day) =>
  beside.value.map((zone) => {
    const offset_minutes = offsetOf(ms, zone);
    return `${day(ms, offset_minutes)} ${clockText(ms, offset_minutes).slice(0, 5)}${letterOf(ms, zone)}`;
  });

/** "Tue 24 Nov 08:39I", of each zone that one looks at. @param {number} ms */
export const zoneTexts = (ms) => there(ms, dayText);

const besideText = (/** @type {number} */ ms) => (beside.value.length ? ` (${there(ms, weekday).join(language.value === "ja" ? "、" : ", ")})` : "");

/** A moment as Z and in each zone that one looks at: "Mon 232339Z NOV 26 (Tue 08:39I, Mon 13:39W)". @param {number} ms */
export const when = (ms) => `${weekday(ms)} ${write(ms)}${besideText(ms)}`;

/** As `when`, to the second. @param {number} ms */
export const whenExactly = (ms) => `${dayText(ms)} ${clockText(ms)}Z${besideText(ms)}`;

/** To the second, where the clocks show its zones. @param {number} ms */
export const exactText = (ms) => `${dayText(ms)} ${clockText(ms)}Z`;

/** @param {number} value @param {number} [digits] */
export const number = (value, digits = 0) =>
  new Intl.NumberFormat(language.value, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

/** Short for narrow places: "21.7K", 「2.2万」; exact below ten thousand. @param {number} value */
export const compact = (value) =>
  value < 10_000
    ? number(value)
    : new Intl.NumberFormat(language.value, { notation: "compact", maximumFractionDigits: 1 }).format(value);

/** A span, coarse as it grows: "12 s", "3 min", "2 h 10 min", "3 d 4 h". @param {number} ms */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return t("span.s", { s });
  const minutes = Math.floor(s / 60);
  if (minutes < 60)
    return minutes < 10 ? t("span.min_s", { min: minutes, s: s % 60 }) : t("span.min", { min: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return t("span.h_min", { h: hours, min: minutes % 60 });
  return t("span.d_h", { d: Math.floor(hours / 24), h: hours % 24 });
}

/** A time that was set, in whole words: "10 minutes", "6 hours", "1 day 12 hours". @param {number} minutes */
export function duration(minutes) {
  const parts = [
    { key: "span.days", n: Math.floor(minutes / 1440) },
    { key: "span.hours", n: Math.floor((minutes % 1440) / 60) },
    { key: "span.minutes", n: minutes % 60 },
  ].filter(({ n }, at, all) => n || (at === 2 && all.every((one) => !one.n)));
  return parts.map(({ key, n }) => t(key, { n })).join(language.value === "ja" ? "" : " ");
}

/** One unit only, for narrow columns: "12 s", "3 min", "2 h", "3 d". @param {number} ms */
export function shortSpan(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return t("span.s", { s });
  if (s < 3600) return t("span.min", { min: Math.floor(s / 60) });
  if (s < 86_400) return t("span.h", { h: Math.floor(s / 3600) });
  return t("span.d", { d: Math.floor(s / 86_400) });
}

/** @param {number} speed_ms */
export const knots = (speed_ms) => t("unit.kn", { n: number(speed_ms * KNOTS_IN_MS, speed_ms < 10 ? 1 : 0) });

/** @param {number} alt_m */
export const altitude = (alt_m) => t("unit.ft_m", { ft: number(alt_m * FEET_IN_METRE), m: number(alt_m) });

/** Three digits, as courses are spoken. @param {number} degrees */
export const course = (degrees) => t("unit.course", { n: String(Math.round(degrees) % 360).padStart(3, "0") });

/** @param {number} metres */
export function metres(metres) {
  return metres < 10_000 ? t("unit.m", { n: number(metres) }) : t("unit.km", { n: number(metres / 1000) });
}

/** @param {number} size */
export function bytes(size) {
  if (size < 1e3) return t("unit.bytes", { n: number(size) });
  if (size < 1e6) return t("unit.kb", { n: number(size / 1e3) });
  return size < 1e9 ? t("unit.mb", { n: number(size / 1e6, 1) }) : t("unit.gb", { n: number(size / 1e9, 1) });
}
