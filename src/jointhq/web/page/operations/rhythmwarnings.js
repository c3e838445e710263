/**
 * What is wrong with the rhythm, and what is worth knowing, in words. Doesn't own: finding it (the server).
 */

import { html } from "htm/preact";

import { titleOf } from "../people/words.js";
import { goTo } from "../places.js";
import { t } from "../words.js";
import { zoneName } from "../zones.js";
import { clockIn, dateIn, dayIn, weekdayText } from "./rhythmzones.js";

/** @typedef {import("./rhythmcalls.js").Warning} Warning */
/** @typedef {Pick<import("./rhythmcalls.js").RhythmPage, "events" | "members">} Known */

/** @param {Warning} of @param {Known} page @param {string} [own] what the event is called that isn't written yet */
export function warningText(of, page, own = "") {
  const named = (/** @type {string} */ id) => page.events.find((event) => event.id === id)?.short ?? own;
  const member = page.members.find(({ id }) => id === of.appointment);
  const zone = page.events.find((event) => event.id === of.event)?.schedule.zone ?? "UTC";
  return t(`rhythm.warning.${of.code}`, {
    event: named(of.event),
    other: named(of.other),
    who: member ? titleOf(member) : "",
    zone: of.zone ? zoneName(of.zone) : "",
    what: of.what || "–",
    days: weekdayText(of.weekdays),
    time: of.at_ms ? `${dayIn(of.at_ms, zone)} ${clockIn(of.at_ms, zone)} ${zoneName(zone)}` : "",
    n: of.times,
  });
}

/** All of them, the grave ones first. @param {{page: import("./rhythmcalls.js").RhythmPage}} props */
export function Warnings({ page }) {
  const grave = page.warnings.filter((one) => one.grave).length;
  const rest = page.warnings.length - grave;
  if (!page.warnings.length) return html`<p class="rhythm-fine"><span aria-hidden="true">●</span> ${t("rhythm.fine")}</p>`;
  return html`<details class="rhythm-told"><summary>${grave > 0 && html`<b class="warn">▲ ${t("rhythm.to_mend", { n: grave })}</b>`}
      ${rest > 0 && html`<span>${t("rhythm.to_know", { n: rest })}</span>`}</summary>
    <ul class="rhythm-warnings">${page.warnings.map(
      (one, n) => html`<li key=${n} class=${one.grave ? "grave" : ""}><button class="link" onClick=${() => goTo("rhythm", one.event)}>
        ${warningText(one, page)}</button></li>`,
    )}</ul></details>`;
}

/**
 * The office hours that both of the first two zones have, in words: "Tue, Wed 08:00–12:00 Tokyo = 13:00–17:00 Hawaii".
 * @param {{page: import("./rhythmcalls.js").RhythmPage, zones: string[]}} props
 */
export function Shared({ page, zones: [first, second] }) {
  /** @type {Map<string, number[]>} */
  const found = new Map();
  for (const { from_ms, to_ms } of page.shared) {
    const before = dateIn(from_ms, second) < dateIn(from_ms, first);
    const after = dateIn(from_ms, second) > dateIn(from_ms, first);
    const [here, there] = [first, second].map((zone) => `${clockIn(from_ms, zone)}–${clockIn(to_ms, zone)} ${zoneName(zone)}`);
    const day = before ? t("rhythm.day_before") : after ? t("rhythm.day_after") : "";
    const text = `${here} = ${there}${day && ` ${day}`}`;
    const weekday = (new Date(`${dateIn(from_ms, first)}T00:00Z`).getUTCDay() + 6) % 7;
    found.set(text, [...(found.get(text) ?? []), weekday]);
  }
  return html`<p class="rhythm-legend"><span class="rhythm-swatch" aria-hidden="true"></span>
    ${
      found.size
        ? html`${t("rhythm.shared")}: ${[...found].map(([text, days]) => `${weekdayText([...new Set(days)])} ${text}`).join("; ")}`
        : t("rhythm.no_shared", { first: zoneName(first), second: zoneName(second) })
    }</p>`;
}
