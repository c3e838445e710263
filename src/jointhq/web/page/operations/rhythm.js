/**
 * The battle rhythm, the place of the week: what takes place when, in two or three zones side by side.
 *
 * Owns: which week, asking for it as the server says it is new, choosing an occurrence, the place's keys.
 * Doesn't own: the week drawn (`rhythmgrid.js`), the card (`rhythmcard.js`), the form (`rhythmform.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";

import { now } from "../clock.js";
import { when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { ZonePick } from "../parts/zones.js";
import { Copy, Problem, useAnswer, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { titleOf } from "../people/words.js";
import { goTo, within } from "../places.js";
import { heard, may, narrow, say } from "../state.js";
import { leaving } from "../unsaved.js";
import { language, t } from "../words.js";
import { zones } from "../zones.js";
import * as calls from "./rhythmcalls.js";
import { Card } from "./rhythmcard.js";
import { EventForm } from "./rhythmform.js";
import { Grid, List } from "./rhythmgrid.js";
import { Shared, Warnings } from "./rhythmwarnings.js";
import { addDays, DAY_MS, dateIn, dayIn, momentIn, weekOf } from "./rhythmzones.js";
import { missing } from "./waiting.js";

/** @typedef {import("./rhythmcalls.js").Occurrence} Occurrence */

/** A moment passes without the server saying so: an input becomes missing, an occurrence ends. */
const AGAIN_MS = 20_000;

/** How many weeks from this one. */
const ahead = signal(0);
const asList = signal(false);
/** @type {import("@preact/signals").Signal<"" | "form" | "calendars">} */
const side = signal("");
/** @type {import("@preact/signals").Signal<calls.RhythmPage | null>} */
const shown = signal(null);

const chosenEvent = () => within.value.split("/")[0];
const chosenDay = () => within.value.split("/")[1] ?? "";

/** @param {Occurrence} one */
const choose = (one) => leaving(() => ((side.value = ""), goTo("rhythm", `${one.event}/${one.day}`, within.peek() ? "replace" : "push")));

function close() {
  leaving(() => {
    if (side.value) side.value = "";
    else goTo("rhythm", "", "replace");
  });
}

/** The next or previous in time, or at about the same time on another day. @param {number} by @param {boolean} [days] */
function step(by, days = false) {
  const of = shown.value?.occurrences ?? [];
  if (!of.length) return;
  const at = of.findIndex((one) => one.event === chosenEvent() && one.day === chosenDay());
  let next = of[at < 0 ? Math.max(0, of.findIndex((one) => one.end_ms > now())) : Math.min(of.length - 1, Math.max(0, at + by))];
  if (days && at >= 0) {
    const wanted = of[at].start_ms + by * DAY_MS;
    next = of.reduce((best, one) => (Math.abs(one.start_ms - wanted) < Math.abs(best.start_ms - wanted) ? one : best));
  }
  choose(next);
  requestAnimationFrame(() => document.getElementById(`rhythm-${next.event}/${next.day}`)?.focus());
}

const add = () => may("plan") && leaving(() => (goTo("rhythm", "", "replace"), void (side.value = "form")));

/** @type {import("../places.js").Keys} */
export const keys = {
  ArrowDown: { word: "help.rhythm_time", does: () => step(1) },
  ArrowUp: { word: "help.rhythm_time", does: () => step(-1) },
  ArrowRight: { word: "help.rhythm_day", does: () => step(1, true) },
  ArrowLeft: { word: "help.rhythm_day", does: () => step(-1, true) },
  "[": { word: "help.rhythm_week", does: () => void ahead.value-- },
  "]": { word: "help.rhythm_week", does: () => void ahead.value++ },
  0: { word: "help.rhythm_now", does: () => void (ahead.value = 0) },
  k: { word: "help.rhythm_list", does: () => void (asList.value = !asList.value) },
  n: { word: "help.rhythm_new", does: () => void add() },
  Escape: { word: "help.close_side", does: close },
};

export function Place() {
  const own = zones.value;
  const monday = addDays(dateIn(weekOf(now(), own[0]), own[0]), 7 * ahead.value);
  const from = momentIn(monday, "00:00", own[0]);
  const to = momentIn(addDays(monday, 7), "00:00", own[0]);
  const asked = useAnswer(() => calls.rhythm(from, to, own), [from, own.join()]);
  const { rhythm, log } = heard.value;
  useEffect(() => void asked.again(), [rhythm, log]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && void asked.again(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [asked.again]);
  shown.value = asked.value;
  const page = asked.value;
  const event = page?.events.find(({ id }) => id === chosenEvent()) ?? null;
  const of = page?.occurrences.filter((one) => one.event === event?.id) ?? [];
  const one = of.find(({ day }) => day === chosenDay()) ?? (chosenDay() ? null : (of.find(({ end_ms }) => end_ms > now()) ?? of[0] ?? null));
  const list = asList.value || narrow.value;
  const chosen = one ? `${one.event}/${one.day}` : "";
  const done = async () => void (await asked.again());
  return html`<main class="desk rhythm" aria-label=${t("place.rhythm")}>
    <${Tools} monday=${monday} zones=${own} />
    <${Problem} refusal=${asked.refusal} />
    <${MissingNow} />
    ${page && page.cut_ms > 0 && html`<p class="problem" role="alert"><span aria-hidden="true">▲</span> ${t("rhythm.cut", { n: page.occurrences.length, time: when(page.cut_ms) })}</p>`}
    ${page && page.events.some(({ ended_ms }) => !ended_ms) && html`<div class="rhythm-said"><${Shared} page=${page} zones=${own} /><${Warnings} page=${page} /></div>`}
    <div class="desk-body">
      ${
        page &&
        (page.events.length === 0 || (!list && !page.occurrences.length && page.events.every(({ ended_ms }) => ended_ms > 0))
          ? html`<div class="desk-empty rhythm-none"><p class="note">${t(page.may_plan ? "rhythm.none" : "rhythm.none_watch")}</p>
            ${page.may_plan && html`<button class="button strong" onClick=${add}><${Icon} name="plus" />${t("rhythm.new")}</button>`}</div>`
          : list
            ? html`<${List} page=${page} zones=${own} chosen=${chosen} onChoose=${choose} />`
            : html`<${Grid} page=${page} monday=${monday} zones=${own} chosen=${chosen} onChoose=${choose} />`)
      }
      ${
        page &&
        side.value === "form" &&
        html`<${EventForm} key=${event?.id ?? ""} row=${event} page=${page} zones=${own} onClose=${close}
          onDone=${async (/** @type {calls.EventRow} */ row) => {
            side.value = "";
            await asked.again();
            goTo("rhythm", row.id, "replace");
          }} />`
      }
      ${side.value === "calendars" && html`<${Calendars} onClose=${close} />`}
      ${page && event && !side.value && html`<${Card} key=${`${event.id} ${one?.day}`} event=${event} one=${one} page=${page} zones=${own} onChange=${() => (side.value = "form")} onDone=${done} onClose=${close} />`}
      ${page && chosenEvent() && !event && !side.value && html`<${Gone} />`}
    </div></main>`;
}

const Gone = () => html`<${Side} title=${t("rhythm.event")} onClose=${close}><p class="note">${t("rhythm.gone")}</p><//>`;

/** @param {{monday: string, zones: string[]}} props */
function Tools({ monday, zones: own }) {
  const at = momentIn(monday, "12:00", own[0]);
  const sunday = momentIn(addDays(monday, 6), "12:00", own[0]);
  const week = (/** @type {number} */ by, /** @type {string} */ icon, /** @type {string} */ word, /** @type {string} */ key) => html`<button
    class="button icon-only" aria-label=${t(word)} title=${`${t(word)} (${key})`} onClick=${() => (ahead.value += by)}><${Icon} name=${icon} /></button>`;
  return html`<div class="desk-tools rhythm-tools">
    <div class="rhythm-weeks" role="group" aria-label=${t("rhythm.week")}>${week(-1, "back", "rhythm.week_before", "[")}
      <b role="status">${dayIn(at, own[0])} – ${dayIn(sunday, own[0])}</b>${week(1, "forward", "rhythm.week_after", "]")}
      <button class="button" disabled=${ahead.value === 0} title=${`${t("rhythm.this_week")} (0)`} onClick=${() => (ahead.value = 0)}>${t("rhythm.this_week")}</button></div>
    <${ZonePick} />
    <span class="rhythm-acts">${
      !narrow.value &&
      html`<button class="button" aria-pressed=${asList.value} title=${`${t("rhythm.as_list")} (k)`}
      onClick=${() => (asList.value = !asList.value)}>${t("rhythm.as_list")}</button>`
    }<button class="button" aria-pressed=${side.value === "calendars"} onClick=${() => leaving(() => (side.value = "calendars"))}>${t("rhythm.calendar")}</button>
      ${!narrow.value && html`<button class="button" onClick=${() => print()}>${t("rhythm.print")}</button>`}
      ${may("plan") && html`<button class="button strong" title=${`${t("rhythm.new")} (n)`} onClick=${add}><${Icon} name="plus" />${t("rhythm.new")}</button>`}</span></div>`;
}

/** What is due and not there, over everything else. */
function MissingNow() {
  if (!missing.value.length) return null;
  return html`<div class="rhythm-missing" role="alert"><b>▲ ${t("rhythm.missing", { n: missing.value.length })}</b>
    <ul>${missing.value.slice(0, 8).map(
      (one) => html`<li key=${`${one.event} ${one.day} ${one.input.id}`}><button class="link" onClick=${() => goTo("rhythm", `${one.event}/${one.day}`)}>
      ${t("rhythm.missing_one", { event: one.short, what: [one.input.what, one.input.event?.short, one.input.form].filter(Boolean).join(" · "), due: when(one.due_ms), start: when(one.start_ms) })}</button></li>`,
    )}</ul></div>`;
}

/** Links for calendar programs. @param {{onClose: () => void}} props */
function Calendars({ onClose }) {
  const asked = useAnswer(calls.calendars, []);
  const task = useTask();
  const made = useTask();
  const make = () =>
    task.run(async () => {
      const { url } = await calls.makeCalendar();
      link.value = `${url}&language=${language.value}`;
      await asked.again();
    });
  const revoke = (/** @type {string} */ id) =>
    made.run(async () => {
      await calls.revokeCalendar(id);
      link.value = "";
      say(t("rhythm.calendar_revoked"));
      await asked.again();
    });
  useEffect(() => () => void (link.value = ""), []);
  return html`<${Side} title=${t("rhythm.calendar")} onClose=${onClose}>
    <p>${t("rhythm.calendar_hint")}</p><p class="note">${t("rhythm.calendar_told")}</p>
    <${Problem} refusal=${asked.refusal ?? task.refusal ?? made.refusal} />
    ${
      link.value
        ? html`<div class="rhythm-link"><p><b>${t("rhythm.calendar_once")}</b></p><code>${link.value}</code><${Copy} text=${link.value} /></div>`
        : html`<div class="buttons"><button class="button strong" disabled=${task.busy} onClick=${make}>${t("rhythm.calendar_make")}</button></div>`
    }
    ${
      (asked.value?.length ?? 0) > 0 &&
      html`<section><h3>${t("rhythm.calendars")}</h3><ul class="rhythm-flows">${asked.value?.map(
        (one) => html`<li key=${one.id}>${titleOf(one)} <small>${t("rhythm.calendar_made", { made: when(one.made_ms), until: when(one.until_ms) })}</small>
        <button class="button small" disabled=${made.busy} onClick=${() => revoke(one.id)}>${t("rhythm.calendar_revoke")}</button></li>`,
      )}</ul></section>`
    }<//>`;
}

/** The link just made: the server keeps none. */
const link = signal("");
