/**
 * Date-time groups as they are typed: the grammar of `base/dtg.py`, held to it by one table of cases
 * (`tests/base/dtg_cases.json`).
 *
 * Owns: zone letters, reading what is typed, writing a group. Doesn't own: the field (`parts/moment.js`), weekdays and
 * zones beside a group (`format.js`).
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const CENTURY = 2000;
/** A clock time so little ahead is today's: the clock that was read goes fast. */
const AHEAD_MS = HOUR_MS;
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const GROUP = new RegExp(`^(\\d\\d)([01]\\d|2[0-3])([0-5]\\d)([A-IK-Z]) *(${MONTHS.join("|")}) *((?:19|20)\\d\\d|\\d\\d)$`);
const CLOCK = /^(\d\d)?([01]\d|2[0-3]):?([0-5]\d)([A-IK-Z]?)$/;

/** Letter to hours from UTC: A to M without J eastward, N to Y westward. @type {Readonly<Record<string, number>>} */
export const ZONES = Object.fromEntries([
  ...[..."ABCDEFGHIKLM"].map((letter, n) => [letter, n + 1]),
  ...[..."NOPQRSTUVWXY"].map((letter, n) => [letter, -n - 1]),
  ["Z", 0],
]);

/** @typedef {{ms: number, letter: string}} Moment a moment, and the letter of the zone in which somebody said it */
/** @typedef {{problem: string, params?: Record<string, string>}} Wrong what is wrong with what is typed: a key of words */

const two = (/** @type {number} */ n) => String(n).padStart(2, "0");

/** "231430Z NOV 26"; outside this century the year stands whole. @param {number} ms @param {string} [letter] */
export function write(ms, letter = "Z") {
  const at = new Date(ms + ZONES[letter] * HOUR_MS);
  const year = at.getUTCFullYear();
  const short = CENTURY <= year && year < CENTURY + 100 ? two(year % 100) : String(year);
  const time = `${two(at.getUTCDate())}${two(at.getUTCHours())}${two(at.getUTCMinutes())}${letter}`;
  return `${time} ${MONTHS[at.getUTCMonth()]} ${short}`;
}

/**
 * The moment of a group, `HHMM`, `DDHHMM`, or nothing, which is now. Without a letter it is Zulu. Without a date it is
 * the latest such moment that isn't ahead of us; of what is planned (`ahead`) the first that isn't behind.
 * @param {string} text
 * @param {number} now_ms
 * @param {boolean} [ahead]
 * @returns {Moment | Wrong}
 */
export function readTyped(text, now_ms, ahead = false) {
  const tidy = text.normalize("NFKC").toUpperCase().split(/\s+/).filter(Boolean).join(" ");
  if (!tidy) return { ms: now_ms - (now_ms % MINUTE_MS), letter: "Z" };
  const group = GROUP.exec(tidy);
  if (group) {
    const [, day, hour, minute, letter, month, year] = group;
    const whole = year.length === 4 ? Number(year) : CENTURY + Number(year);
    const ms = onDay(whole, MONTHS.indexOf(month), Number(day), Number(hour), Number(minute));
    if (ms === null) return { problem: "dtg.no_day", params: { month: `${month} ${year}`, day } };
    return { ms: ms - ZONES[letter] * HOUR_MS, letter };
  }
  const clock = CLOCK.exec(tidy);
  if (!clock) return { problem: /^\d*J( |$)/.test(tidy) ? "dtg.no_letter" : "dtg.no_time" };
  const [, day, hour, minute, typed] = clock;
  const letter = typed || "Z";
  const here = now_ms + ZONES[letter] * HOUR_MS;
  const last = ahead ? here - (here % MINUTE_MS) : here + AHEAD_MS;
  const reached = (/** @type {number} */ ms) => (ahead ? ms >= last : ms <= last);
  const step = ahead ? 1 : -1;
  if (day === undefined) {
    let at = here - (here % DAY_MS) + Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS - step * DAY_MS;
    while (!reached(at)) at += step * DAY_MS;
    while (reached(at - step * DAY_MS)) at -= step * DAY_MS;
    return { ms: at - ZONES[letter] * HOUR_MS, letter };
  }
  const start = new Date(last + (ahead ? 0 : DAY_MS));
  for (let n = 0; n < 4; n++) {
    // No day of a month is missing in more than one month running.
    const at = onDay(start.getUTCFullYear(), start.getUTCMonth() + step * n, Number(day), Number(hour), Number(minute));
    if (at !== null && reached(at)) return { ms: at - ZONES[letter] * HOUR_MS, letter };
  }
  return { problem: "dtg.no_such_day", params: { day } };
}

/** The parts of a group, by where they stand in it: what an arrow steps, by how much. */
const PARTS = [
  { end: 2, ms: DAY_MS },
  { end: 4, ms: HOUR_MS },
  { end: 8, ms: MINUTE_MS },
  { end: 11, months: 1 },
  { end: 99, months: 12 },
];

/**
 * The moment one step on, of the part of its group that stands at `caret`: days, hours, minutes, months, years.
 * @param {Moment} from @param {number} caret @param {1 | -1} by
 */
export function stepped({ ms, letter }, caret, by) {
  const part = PARTS.find(({ end }) => caret <= end) ?? PARTS[2];
  if (part.ms) return ms + by * part.ms;
  const shift = ZONES[letter] * HOUR_MS;
  const at = new Date(ms + shift);
  const first = new Date(at);
  first.setUTCDate(1);
  first.setUTCMonth(first.getUTCMonth() + by * (part.months ?? 0));
  const days = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(days, at.getUTCDate()));
  return first.getTime() - shift;
}

/** @param {number} year @param {number} month from 0, of that year or beyond it @param {number} day @param {number} hour @param {number} minute */
function onDay(year, month, day, hour, minute) {
  const at = new Date(Date.UTC(year, month, 1));
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return day < 1 || day > days ? null : at.getTime() + (day - 1) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS;
}
