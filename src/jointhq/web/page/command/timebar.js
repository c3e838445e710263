/**
 * The time bar of the structure: the moments at which something takes effect, and its two clocks.
 *
 * Owns: how they are drawn and stepped through. Doesn't own: which moment is shown (`moment.js`).
 */

import { html } from "htm/preact";

import { now } from "../clock.js";
import { dtg, shortSpan, when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Moment } from "../people/form.js";
import { narrow, second } from "../state.js";
import { nameOf, t } from "../words.js";
import { awaitedSince, go, isNow, moments, shownAt, step, structure, where } from "./moment.js";

const SLOW_MS = 1_000;
/** Moments of a rail; the nearest are shown. */
const SHOWN_MAX = 9;

/** @param {number} at_ms */
const away = (at_ms) =>
  at_ms > now() ? t("command.in", { span: shortSpan(at_ms - now()) }) : t("time.ago", { span: shortSpan(now() - at_ms) });

/** @param {import("./types.js").Moment} moment */
const momentName = (moment) =>
  [
    nameOf({ name: moment.phase_name, name_ja: moment.phase_name_ja }),
    nameOf({ name: moment.title, name_ja: moment.title_ja }),
  ].filter(Boolean).join(" · ");

/** One of each moment, with all that takes effect then; the nearest to the one shown. */
function ticks() {
  /** @type {Map<number, string[]>} */
  const by = new Map();
  for (const one of moments.value) by.set(one.at_ms, [...(by.get(one.at_ms) ?? []), momentName(one)]);
  const sorted = [...by].map(([at_ms, names]) => ({ at_ms, names }));
  const shown = sorted.findLastIndex(({ at_ms }) => at_ms <= shownAt());
  const from = Math.max(0, Math.min(sorted.length - SHOWN_MAX, shown - Math.floor(SHOWN_MAX / 2)));
  return { list: sorted.slice(from, from + SHOWN_MAX), before: from, after: Math.max(0, sorted.length - from - SHOWN_MAX) };
}

export function StructureTimeBar() {
  void second.value;
  const { at, known } = where.value;
  const slow = awaitedSince.value > 0 && performance.now() - awaitedSince.value > SLOW_MS;
  return html`<footer class=${isNow.value ? "structure-time" : "structure-time past"} aria-label=${t("command.time")}>
    <div class="transport">
      <button class="button icon-only" title=${`${t("command.earlier")} ([)`} aria-label=${t("command.earlier")}
        onClick=${() => step(-1)}><${Icon} name="back" /></button>
      <button class="button icon-only" title=${`${t("command.later")} (])`} aria-label=${t("command.later")}
        onClick=${() => step(1)}><${Icon} name="forward" /></button>
    </div>
    <${Moments} />
    <div class="clock-fields">
    <div class="clock-field" tabindex=${narrow.value ? 0 : undefined}><span>${t("command.in_force")}</span>
      <b>${at === null ? t("command.now") : `${when(at)} · ${away(at)}`}</b>
      <${Moment} aria-label=${t("command.in_force")} value=${at ?? 0} onValue=${(/** @type {number} */ ms) => go({ at: ms || null }, "replace")} /></div>
    <div class="clock-field" tabindex=${narrow.value ? 0 : undefined}><span>${t("command.known")}</span>
      <b>${known === null ? t("command.now") : `${when(known)} · ${away(known)}`}</b>
      <${Moment} past aria-label=${t("command.known")} value=${known ?? 0} onValue=${(/** @type {number} */ ms) => go({ known: ms || null }, "replace")} /></div>
    </div>
    <button class="button strong" disabled=${isNow.value} title=${`${t("command.to_now")} (l)`}
      onClick=${() => go({ at: null, known: null })}>${t("command.to_now")}</button>
    ${slow && html`<span class="loading" role="status">${t("place.loading")}</span>`}
  </footer>`;
}

function Moments() {
  const { list, before, after } = ticks();
  if (!list.length) return html`<p class="moments note">${structure.value && t("command.no_moments")}</p>`;
  const at = shownAt();
  const current = list.findLast((tick) => tick.at_ms <= at);
  return html`<ol class="moments">
    ${before > 0 && html`<li class="dim">+${before}</li>`}
    ${list.map(
      (tick) => html`<li key=${tick.at_ms}><button class=${tick.at_ms > now() ? "moment-tick planned" : "moment-tick"}
        aria-current=${tick === current ? "time" : undefined} title=${`${when(tick.at_ms)}\n${tick.names.join("\n")}`}
        onClick=${() => go({ at: tick.at_ms })}><span class="tick-name">${tick.names[0]}</span>
        <span class="tick-time">${dtg(tick.at_ms)}${tick.at_ms > now() ? ` · ${t("command.planned")}` : ""}</span></button></li>`,
    )}
    ${after > 0 && html`<li class="dim">+${after}</li>`}
  </ol>`;
}

/** Said over what isn't the structure of now: words, not a colour alone. */
export function OtherMoment() {
  const { at, known } = where.value;
  if (at === null && known === null) return null;
  const params = { at: when(shownAt()), known: known === null ? "" : when(known) };
  const future = at !== null && at > now();
  return html`<p class="other-moment" role="status"><b>${t(future ? "command.future" : "past.title")}</b>
    <span>${t(known === null ? "command.as_in_force" : "command.as_known", params)}</span></p>`;
}
