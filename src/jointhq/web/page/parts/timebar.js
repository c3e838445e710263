/**
 * The time bar: live, or any past moment, scrubbed by mouse and keys; and the unmistakable mark that the page shows
 * the past.
 *
 * Doesn't own: which moment is shown and fetching it (`picture/moment.js`).
 */

import { computed, signal } from "@preact/signals";
import { html } from "htm/preact";
import { useRef } from "preact/hooks";

import { now } from "../clock.js";
import { clockText, dayText, dtg, exactText, span } from "../format.js";
import {
  awaitedSince,
  goLive,
  goTo,
  isLive,
  moment,
  oldest,
  past,
  play,
  problem,
  RATES,
  SLOW_MS,
  step,
} from "../picture/moment.js";
import { connection, narrow, second, status } from "../state.js";
import { t } from "../words.js";
import { errorText } from "./card.js";
import { Icon } from "./icons.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Windows the bar can show, hours; the last is everything. */
const WINDOWS = /** @type {const} */ ([1, 6, 24, 0]);
/** Steps between the labels of the bar, minutes; the least that leaves them room is taken. */
const TICKS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];
const LABEL_PX = 74;

/**
 * @type {import("@preact/signals").Signal<number | null>} hours a person chose to see, 0 for all there is; null: what fits the record
 */
const chosen = signal(null);
const hours = computed(() => {
  if (chosen.value !== null) return chosen.value;
  const recorded = oldest.value === null ? 0 : now() - oldest.value;
  return WINDOWS.find((h) => h * HOUR >= recorded) ?? 24;
});
/** @type {import("@preact/signals").Signal<number | null>} moment under the pointer */
const pointed = signal(null);

/** What the bar spans: its window before now, moved back if the moment shown lies before it. */
function range() {
  const end = now();
  const first = oldest.value ?? end - HOUR;
  const wide = hours.value ? hours.value * HOUR : Math.max(HOUR, end - first);
  const shown = moment();
  const to = shown < end - wide ? Math.min(end, shown + wide / 2) : end;
  return { from: to - wide, to, end, first };
}

export function TimeBar() {
  void second.value;
  const live = isLive.value;
  const shown = past.value;
  const rate = shown?.rate ?? 1;
  const linked = connection.value.phase === "live";
  const slow = awaitedSince.value > 0 && performance.now() - awaitedSince.value > SLOW_MS;
  return html`<footer class=${live ? "timebar" : "timebar past"} aria-label=${t("time.bar")}>
    <div class="transport">
      <button class="button icon-only" title=${`${t("time.back")} ([)`} aria-label=${t("time.back")}
        onClick=${() => step(-MINUTE)}><${Icon} name="back" /></button>
      <button class="button icon-only" title=${`${t(shown?.playing ? "time.pause" : "time.play")} (${t("key.space")})`}
        aria-label=${t(shown?.playing ? "time.pause" : "time.play")} disabled=${oldest.value === null}
        onClick=${() => play(!shown?.playing)}><${Icon} name=${shown?.playing ? "pause" : "play"} /></button>
      <button class="button icon-only" title=${`${t("time.forward")} (])`} aria-label=${t("time.forward")} disabled=${live}
        onClick=${() => step(MINUTE)}><${Icon} name="forward" /></button>
      ${
        !narrow.value &&
        html`<div class="segmented" role="group" aria-label=${t("time.rate")}>
        ${RATES.map(
          (x) => html`<button key=${x} aria-pressed=${shown !== null && rate === x}
          onClick=${() => play(shown?.playing ?? true, x)}>${t("time.rate_x", { x })}</button>`,
        )}
      </div>`
      }
    </div>
    <div class="when">
      ${
        live
          ? html`<b class=${linked ? "live-mark" : "lost-mark"}>${t(linked ? "time.live" : "time.not_live")}</b>
              <span>${dtg(moment())}</span>`
          : html`<b>${clockText(moment())}Z</b>
              <span>${dayText(moment())} · ${t("time.ago", { span: span(now() - moment()) })}</span>`
      }
    </div>
    <${Rail} />
    <div class="windows">
      ${
        !narrow.value &&
        html`<div class="segmented" role="group" aria-label=${t("time.window")}>
        ${WINDOWS.map(
          (h) => html`<button key=${h} aria-pressed=${hours.value === h} onClick=${() => (chosen.value = h)}>
          ${h ? t("time.window_h", { h }) : t("time.window_all")}</button>`,
        )}
      </div>`
      }
      <button class="button strong to-live" disabled=${live} title=${`${t("time.to_live")} (l)`} onClick=${goLive}>
        ${t("time.to_live")}</button>
    </div>
    ${slow && html`<span class="loading" role="status">${t("time.loading")}</span>`}
    ${problem.value && html`<span class="loading" role="alert">${errorText(problem.value)}</span>`}
  </footer>`;
}

function Rail() {
  void second.value;
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const { from, to, end, first } = range();
  const share = (/** @type {number} */ t_ms) => Math.max(0, Math.min(1, (t_ms - from) / (to - from)));
  const under = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (ref.current).getBoundingClientRect();
    return from + Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * (to - from);
  };
  const down = (/** @type {PointerEvent} */ event) => {
    if (oldest.value === null) return;
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    goTo(under(event));
  };
  const move = (/** @type {PointerEvent} */ event) => {
    pointed.value = under(event);
    if (event.buttons & 1 && oldest.value !== null) goTo(under(event));
  };
  const at = share(moment());
  const percent = (/** @type {number} */ part) => `${(part * 100).toFixed(3)}%`;
  const nothing = share(oldest.value === null ? to : first);
  return html`<div class="rail" ref=${ref} role="slider" tabindex="0" aria-label=${t("time.moment")}
      aria-valuemin=${Math.round(first)} aria-valuemax=${Math.round(end)} aria-valuenow=${Math.round(moment())}
      aria-valuetext=${isLive.value ? t("time.live") : exactText(moment())}
      onPointerDown=${down} onPointerMove=${move} onPointerLeave=${() => (pointed.value = null)} onKeyDown=${onRailKey}>
    <div class="track"></div>
    <div class="recorded" style=${{ left: percent(nothing), right: percent(1 - share(end)) }}></div>
    ${
      oldest.value !== null &&
      ticks(from, to).map(
        (tick) => html`<span class="tick" key=${tick}
      style=${{ left: percent(share(tick)) }}>${tickText(tick)}</span>`,
      )
    }
    ${oldest.value === null && html`<span class="no-history">${noHistory()}</span>`}
    <div class="head" style=${{ left: percent(at) }}></div>
    ${
      pointed.value !== null &&
      html`<div class="pointed" style=${{ left: percent(share(pointed.value)) }}>
      ${exactText(pointed.value)}</div>`
    }
  </div>`;
}

function noHistory() {
  const reason = status.value?.history.reason;
  return reason ? t("history.lost", { reason }) : t("time.no_history");
}

/** @param {KeyboardEvent} event */
function onRailKey(event) {
  const by = /** @type {Record<string, number>} */ ({
    ArrowLeft: -MINUTE,
    ArrowRight: MINUTE,
    PageDown: -10 * MINUTE,
    PageUp: 10 * MINUTE,
  })[event.key];
  if (by) step(event.shiftKey ? by * 10 : by);
  else if (event.key === "Home" && oldest.value !== null) goTo(oldest.value);
  else if (event.key === "End") goLive();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {number} from @param {number} to */
function ticks(from, to) {
  const width = narrow.value ? innerWidth - 32 : Math.max(300, innerWidth - 720);
  const most = Math.max(2, Math.floor(width / LABEL_PX));
  const every = (TICKS.find((minutes) => (to - from) / (minutes * MINUTE) <= most) ?? 10_080) * MINUTE;
  const found = [];
  const margin = ((to - from) / width) * (LABEL_PX / 2.4);
  for (let tick = Math.ceil((from + margin) / every) * every; tick <= to - margin; tick += every) found.push(tick);
  return found;
}

/** @param {number} tick */
const tickText = (tick) => (tick % (24 * HOUR) === 0 ? dayText(tick) : `${clockText(tick).slice(0, 5)}Z`);

/** Over the map while it shows the past: a frame and words, not a colour alone. */
export function PastFrame() {
  void second.value;
  if (isLive.value) return null;
  return html`<div class="past-frame" role="status">
    <p><b>${t("past.title")}</b><span>${exactText(moment())}</span>
      <span class="ago">${t("time.ago", { span: span(now() - moment()) })}</span>
      <button class="button strong" onClick=${goLive}>${t("time.to_live")}<kbd>L</kbd></button></p>
  </div>`;
}
