/**
 * The week drawn: a column a day of the first zone, the hours of each zone on the left, the shared office hours shaded.
 *
 * Owns: where an occurrence stands and how its state looks. Doesn't own: which week, what is chosen (`rhythm.js`).
 */

import { html } from "htm/preact";

import { now } from "../clock.js";
import { when } from "../format.js";
import { goTo } from "../places.js";
import { second } from "../state.js";
import { nameOf, t } from "../words.js";
import { zoneName } from "../zones.js";
import { addDays, clockIn, dateIn, dayIn, MINUTE_MS, momentIn } from "./rhythmzones.js";

/** @typedef {import("./rhythmcalls.js").Occurrence} Occurrence */
/** @typedef {import("./rhythmcalls.js").EventRow} EventRow */

/** Hours that are always shown; what is earlier or later widens them. */
const HOURS = [6, 18];
const HOUR_PX = 50;
/** What is shorter is drawn so high: its name must be read. */
const LEAST_PX = 21;

/** What is but a moment, like a report's, is a mark above it and takes no room from others. */
const MARK_PX = 17;
const MARK_MINUTES = 10;

/** Shape tells, not colour alone. @type {Record<string, string>} */
const SIGNS = { held: "●", moved: "→", skipped: "✕", missing: "▲", awaited: "◐", planned: "○" };

/** What an occurrence's sign says: what is missing first. @param {Occurrence} one */
export function stateOf(one) {
  if (one.state === "held" || one.state === "skipped") return one.state;
  if (one.end_ms > now() && one.inputs.some(({ state }) => state === "missing")) return "missing";
  return one.state;
}

/** @param {{one: Occurrence}} props */
export const StateSign = ({ one }) => {
  const state = stateOf(one);
  return html`<span class="rhythm-sign ${state}" title=${t(`rhythm.state.${state}`)}><span aria-hidden="true">${SIGNS[state]}</span>
    <span class="unseen">${t(`rhythm.state.${state}`)}</span></span>`;
};

/** @param {Occurrence} one */
const isMark = (one) => one.end_ms - one.start_ms <= MARK_MINUTES * MINUTE_MS;

/** Those that overlap stand beside one another. @param {Occurrence[]} of @returns {{one: Occurrence, lane: number, lanes: number}[]} */
function lanes(of) {
  /** @type {{one: Occurrence, lane: number, lanes: number}[]} */
  const placed = [];
  /** @type {typeof placed} */
  let group = [];
  let until = 0;
  const least = (LEAST_PX / HOUR_PX) * 60 * MINUTE_MS;
  const end = (/** @type {Occurrence} */ one) => Math.max(one.end_ms, one.start_ms + least);
  for (const one of of) {
    if (one.start_ms >= until) group = [];
    let lane = 0;
    while (group.some((other) => other.lane === lane && end(other.one) > one.start_ms)) lane++;
    const here = { one, lane, lanes: lane + 1 };
    group.push(here);
    placed.push(here);
    const most = Math.max(...group.map((other) => other.lane)) + 1;
    for (const other of group) other.lanes = most;
    until = Math.max(until, end(one));
  }
  return placed;
}

/**
 * @param {{page: import("./rhythmcalls.js").RhythmPage, monday: string, zones: string[], chosen: string,
 *   onChoose: (one: Occurrence) => void}} props
 */
export function Grid({ page, monday, zones, chosen, onChoose }) {
  void second.value;
  const [zone] = zones;
  const events = new Map(page.events.map((event) => [event.id, event]));
  const days = [0, 1, 2, 3, 4, 5, 6].map((n) => addDays(monday, n));
  const minutesOf = (/** @type {number} */ ms) => {
    const [hour, minute] = clockIn(ms, zone).split(":").map(Number);
    return hour * 60 + minute;
  };
  const from = Math.min(HOURS[0], ...page.occurrences.map((one) => Math.floor(minutesOf(one.start_ms) / 60)));
  const ends = page.occurrences.map((one) => Math.ceil((minutesOf(one.start_ms) + (one.end_ms - one.start_ms) / MINUTE_MS) / 60));
  const to = Math.min(24, Math.max(HOURS[1], ...ends));
  const top = (/** @type {number} */ minutes) => ((minutes - from * 60) / 60) * HOUR_PX;
  const height = (to - from) * HOUR_PX;
  const hours = Array.from({ length: to - from }, (_, n) => from + n);
  const today = dateIn(now(), zone);
  const clock = (/** @type {number} */ hour) => `${String(hour).padStart(2, "0")}:00`;
  return html`<div class="rhythm-grid" role="group" aria-label=${t("rhythm.week_of", { day: dayIn(momentIn(monday, "12:00", zone), zone) })}
    style=${{ "--zones": zones.length, "--hour": `${HOUR_PX}px` }}>
    <div class="rhythm-head">
      <div class="rhythm-zones">${zones.map((one) => html`<b key=${one}>${zoneName(one)}</b>`)}</div>
      ${days.map((day) => {
        const at = momentIn(day, clock(from), zone);
        return html`<div class=${day === today ? "rhythm-day today" : "rhythm-day"} key=${day}>
          <b>${dayIn(at, zone)}${day === today ? html` <span class="rhythm-today">${t("rhythm.today")}</span>` : ""}</b>
          ${zones.slice(1).map(
            (other) => html`<small key=${other}>${zoneName(other)}: ${dayIn(at, other)}</small>`,
          )}</div>`;
      })}
    </div>
    <div class="rhythm-body" style=${{ height: `${height}px` }}>
      <div class="rhythm-hours">${hours.map((hour) => {
        const at = momentIn(monday, clock(hour), zone);
        return html`<div key=${hour} style=${{ top: `${top(hour * 60)}px` }}>${zones.map((one, n) => {
          const other = n > 0 && dateIn(at, one) !== monday;
          return html`<span key=${one} class=${n ? "" : "lead"}>${clockIn(at, one).replace(":", "")}${
            other ? html`<sup>${dateIn(at, one) < monday ? "−1" : "+1"}</sup>` : ""
          }</span>`;
        })}</div>`;
      })}</div>
      ${days.map((day) => {
        const begins = momentIn(day, "00:00", zone);
        const ended = momentIn(addDays(day, 1), "00:00", zone);
        const of = page.occurrences.filter((one) => begins <= one.start_ms && one.start_ms < ended);
        const shared = page.shared.filter((span) => begins <= span.from_ms && span.from_ms < ended);
        return html`<div class=${day === today ? "rhythm-column today" : "rhythm-column"} key=${day}>
          ${shared.map(
            (span) => html`<div class="rhythm-shared" key=${span.from_ms} aria-hidden="true" style=${{
              top: `${top(minutesOf(span.from_ms))}px`,
              height: `${((span.to_ms - span.from_ms) / MINUTE_MS / 60) * HOUR_PX}px`,
            }} />`,
          )}
          ${zones.slice(1).map((other) => {
            const midnight = momentIn(addDays(dateIn(begins, other), 1), "00:00", other);
            const at = minutesOf(midnight);
            if (midnight < begins || midnight >= ended || at <= from * 60 || at >= to * 60) return null;
            return html`<div class="rhythm-midnight" key=${other} style=${{ top: `${top(at)}px` }}>
              <span>${zoneName(other)}: ${dayIn(midnight, other)}</span></div>`;
          })}
          ${
            day === today &&
            now() < ended &&
            html`<div class="rhythm-now" style=${{ top: `${Math.min(height, Math.max(0, top(minutesOf(now()))))}px` }}
              title=${t("rhythm.now")} />`
          }
          ${[...lanes(of.filter((one) => !isMark(one))), ...of.filter(isMark).map((one) => ({ one, lane: 0, lanes: 1 }))].map(({ one, lane, lanes: among }) => {
            const event = events.get(one.event);
            if (!event) return null;
            const key = `${one.event}/${one.day}`;
            const mark = isMark(one);
            const high = mark ? MARK_PX : Math.max(LEAST_PX, ((one.end_ms - one.start_ms) / MINUTE_MS / 60) * HOUR_PX - 2);
            return html`<button class="rhythm-one ${stateOf(one)} kind-${event.kind} ${mark ? "moment-mark" : ""}" id=${`rhythm-${key}`} key=${key}
              aria-current=${key === chosen ? "true" : undefined} onClick=${() => onChoose(one)}
              title=${`${nameOf(event)}\n${zones.map((z) => `${dayIn(one.start_ms, z)} ${clockIn(one.start_ms, z)} ${zoneName(z)}`).join("\n")}`}
              style=${{
                top: `${top(minutesOf(one.start_ms)) - (mark ? MARK_PX : 0)}px`,
                height: `${high}px`,
                left: `${(lane / among) * 100}%`,
                width: `${100 / among}%`,
              }}><${StateSign} one=${one} /><b>${event.short}</b> <small>${clockIn(one.start_ms, zone).replace(":", "")}${
                mark ? "" : `–${clockIn(one.end_ms, zone).replace(":", "")}`
              }</small></button>`;
          })}
        </div>`;
      })}
    </div>
  </div>`;
}

/**
 * The same as a list, the next first of all: for a phone, and for who reads rather than looks.
 * @param {{page: import("./rhythmcalls.js").RhythmPage, zones: string[], chosen: string, onChoose: (one: Occurrence) => void}} props
 */
export function List({ page, zones, chosen, onChoose }) {
  const [zone] = zones;
  const events = new Map(page.events.map((event) => [event.id, event]));
  const days = [...new Set(page.occurrences.map((one) => dateIn(one.start_ms, zone)))];
  const today = dateIn(now(), zone);
  return html`<div class="desk-rows rhythm-list" tabindex="-1">${days.map(
    (day) => html`<section key=${day}><h3 class=${day === today ? "today" : ""}>${dayIn(momentIn(day, "12:00", zone), zone)}
      ${day === today && html`<span class="rhythm-today">${t("rhythm.today")}</span>`}</h3>
      <ul>${page.occurrences
        .filter((one) => dateIn(one.start_ms, zone) === day)
        .map((one) => {
          const event = events.get(one.event);
          const key = `${one.event}/${one.day}`;
          return (
            event &&
            html`<li key=${key}><button class="rhythm-row ${stateOf(one)}" id=${`rhythm-${key}`}
            aria-current=${key === chosen ? "true" : undefined} onClick=${() => onChoose(one)}>
            <span class="rhythm-times">${zones.map(
              (each, n) => html`<span key=${each}>${n ? `${dayIn(one.start_ms, each)} ` : ""}<time>${clockIn(one.start_ms, each)}</time> ${zoneName(each)}</span>`,
            )}</span>
            <span class="rhythm-what"><${StateSign} one=${one} /><b>${event.short}</b> ${nameOf(event)}
              ${one.state !== "planned" && html`<small>${t(`rhythm.state.${one.state}`)}${one.reason && `: ${one.reason}`}</small>`}</span>
          </button></li>`
          );
        })}</ul></section>`,
  )}<${Ended} page=${page} /></div>`;
}

/** What has ended lately, and can be brought back. @param {{page: import("./rhythmcalls.js").RhythmPage}} props */
function Ended({ page }) {
  const ended = page.events.filter(({ ended_ms }) => ended_ms > 0);
  if (!ended.length) return null;
  return html`<section><h3>${t("rhythm.ended_lately")}</h3><ul>${ended.map(
    (event) => html`<li key=${event.id}><button class="rhythm-row" onClick=${() => goTo("rhythm", event.id)}>
      <span>${when(event.ended_ms)}</span><span><b>${event.short}</b> ${nameOf(event)} <small>${event.reason}</small></span></button></li>`,
  )}</ul></section>`;
}
