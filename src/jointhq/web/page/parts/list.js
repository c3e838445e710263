/**
 * The list of tracks: search, filters with counts, order, and the rows themselves, of which only the visible ones
 * exist.
 *
 * Doesn't own: what matches and in which order (`picture/filter.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { compact, knots, metres, number, shortSpan } from "../format.js";
import { centre, goToPlace, goToTrack } from "../map/map.js";
import { distance_m, mgrsOf, placeFrom } from "../map/place.js";
import { Mark } from "../people/form.js";
import { kindAt, nameAt } from "../picture/filter.js";
import { goLive, moment, past, store } from "../picture/moment.js";
import { STALE } from "../picture/store.js";
import {
  drawer,
  headquarters,
  hiddenBy,
  hovered,
  hoveredMore,
  listOpen,
  marked,
  narrow,
  order,
  query,
  second,
  selected,
  shown,
  sourceNames,
} from "../state.js";
import { AFFILIATIONS, DOMAINS } from "../symbols/kinds.js";
import { has, t } from "../words.js";
import { Frame, Icon, Symbol2525 } from "./icons.js";

/** Every row is this high, CSS pixels; the style sheet says the same. */
const ROW = 42;
/** Rows drawn beyond the visible ones. */
const SPARE = 6;
const ORDERS = /** @type {const} */ (["name", "age", "speed", "distance"]);

/** @type {import("@preact/signals").Signal<Uint32Array>} slots listed; set by `main.js` */
export const listed = signal(new Uint32Array(0));
/** @type {import("@preact/signals").Signal<Map<string, number>>} */
export const tally = signal(new Map());
const scrolled = signal(0);
const height = signal(600);
/** @type {import("@preact/signals").Signal<boolean | null>} whether the filters show; null: where there is room */
const filtersOpen = signal(/** @type {boolean | null} */ (null));

/** @param {string} id */
export const sourceName = (id) => (has(`source.${id}`) ? t(`source.${id}`) : (sourceNames.value.get(id) ?? id));

export function List() {
  const rows = listed.value;
  const total = AFFILIATIONS.reduce((sum, name) => sum + (tally.value.get(`affiliation:${name}`) ?? 0), 0);
  return html`<aside class="panel list" aria-label=${t("list.title")}>
    <${Search} />
    <${Filters} />
    <div class="list-head">
      <span class="count" role="status">${
        rows.length === total
          ? t("list.all", { n: number(total) })
          : t("list.some", { n: number(rows.length), total: number(total) })
      }</span>
      <label class="order">${t("list.order")}
        <select value=${order.value} onChange=${(/** @type {any} */ event) => (order.value = event.currentTarget.value)}>
          ${ORDERS.map((name) => html`<option value=${name} key=${name}>${t(`order.${name}`)}</option>`)}
        </select></label>
    </div>
    ${rows.length ? html`<${Rows} rows=${rows} />` : html`<${Nothing} />`}
  </aside>`;
}

function Search() {
  const place = placeFrom(query.value);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (place) goThere(place);
    else if (listed.value.includes(store().slotOf.get(selected.value) ?? -1)) goToTrack(selected.value);
    else if (listed.value.length) goToTrack(store().cards[listed.value[0]]?.u ?? "");
  };
  return html`<form class="search" role="search" onSubmit=${submit}>
    <${Icon} name="search" />
    <input id="search" type="search" autocomplete="off" spellcheck=${false} placeholder=${t("search.placeholder")}
      aria-label=${t("search.label")} title=${`${t("search.label")} (/)`} value=${query.value}
      onInput=${(/** @type {any} */ event) => (query.value = event.currentTarget.value)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === "ArrowDown") {
          event.preventDefault();
          moveSelection(1);
        } else if (event.key === "ArrowUp") {
          event.preventDefault();
          moveSelection(-1);
        } else if (event.key === "Escape") {
          event.stopPropagation();
          if (query.value) query.value = "";
          else /** @type {HTMLElement} */ (event.currentTarget).blur();
        }
      }} />
    ${
      place &&
      html`<button class="go" type="submit">
      <span>${t("search.go")}</span><b>${mgrsOf(place.lat, place.lon) || `${place.lat}, ${place.lon}`}</b></button>`
    }
  </form>`;
}

/** @param {{lat: number, lon: number}} place */
function goThere(place) {
  marked.value = place;
  goToPlace(place);
}

function Filters() {
  const known = ["units", "tak", ...(headquarters.value?.sources?.map(({ id }) => id) ?? [])];
  const sources = [...store().sources].sort((a, b) => known.indexOf(a) - known.indexOf(b));
  const groups = [
    {
      group: "affiliation",
      names: AFFILIATIONS.filter((name) => name !== "none" || tally.value.get("affiliation:none")),
    },
    { group: "domain", names: DOMAINS },
    { group: "source", names: sources },
  ];
  const hidden = hiddenBy.value.size;
  const open = filtersOpen.value ?? !narrow.value;
  return html`<section class="filters">
    <button class="filters-head" aria-expanded=${open} onClick=${() => (filtersOpen.value = !open)}>
      <${Icon} name=${open ? "minus" : "plus"} />${t("filter.title")}
      ${hidden > 0 && html`<span class="hidden-count">${t("filter.active", { n: hidden })}</span>`}
    </button>
    ${
      hidden > 0 &&
      html`<button class="button small reset" onClick=${() => (hiddenBy.value = new Set())}>
      ${t("filter.reset")}</button>`
    }
    ${
      open &&
      groups.map(
        ({ group, names }) => html`<fieldset key=${group} class=${group}>
      <legend>${t(`filter.${group}`)}</legend>
      ${names.map((name) => html`<${Chip} key=${name} group=${group} name=${name} />`)}
    </fieldset>`,
      )
    }
  </section>`;
}

/** @param {{group: string, name: string}} props */
function Chip({ group, name }) {
  const key = `${group}:${name}`;
  const off = hiddenBy.value.has(key);
  const count = tally.value.get(key) ?? 0;
  const toggle = () => {
    const next = new Set(hiddenBy.value);
    if (!next.delete(key)) next.add(key);
    hiddenBy.value = next;
  };
  const word = group === "source" ? sourceName(name) : t(`${group}.${name}`);
  return html`<button class="chip" aria-pressed=${!off} title=${`${word} ${number(count)}`} onClick=${toggle}>
    ${group === "affiliation" && html`<${Frame} affiliation=${name} />`}
    <span class="word">${word}</span>
    <span class="n">${compact(count)}</span>
  </button>`;
}

/** @param {{rows: Uint32Array}} props */
function Rows({ rows }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  // The row that was pressed is the one meant, though another has come under the pointer by the time it is let go.
  const pressed = useRef({ uid: "", y: 0 });
  const press = (/** @type {PointerEvent} */ event) => {
    pressed.current = { uid: uidUnder(event), y: event.clientY };
  };
  const click = (/** @type {MouseEvent} */ event) => {
    const { uid, y } = pressed.current;
    pressed.current = { uid: "", y: 0 };
    const meant = uid && Math.abs(event.clientY - y) < ROW ? uid : uidUnder(event);
    if (!meant) return;
    goToTrack(meant);
    if (narrow.value) listOpen.value = false;
  };
  useEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    const observer = new ResizeObserver(() => (height.value = box.clientHeight));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  void second.value;
  const picture = store();
  const now = moment();
  const from = Math.max(0, Math.floor(scrolled.value / ROW) - SPARE);
  const to = Math.min(rows.length, Math.ceil((scrolled.value + height.value) / ROW) + SPARE);
  const current = picture.slotOf.get(selected.value) ?? -1;
  return html`<div class="rows" ref=${ref} tabindex="0" role="listbox" aria-label=${t("list.title")}
      aria-activedescendant=${current >= 0 ? `row-${current}` : undefined}
      onScroll=${(/** @type {any} */ event) => (scrolled.value = event.currentTarget.scrollTop)}
      onKeyDown=${onRowsKey} onPointerDown=${press} onClick=${click}>
    <div class="rows-all" role="presentation" style=${{ height: `${rows.length * ROW}px` }}>
      ${[...rows.subarray(from, to)].map(
        (slot, i) => html`<${Row} key=${picture.cards[slot]?.u ?? slot} slot=${slot}
        top=${(from + i) * ROW} now=${now} current=${slot === current} index=${from + i + 1} total=${rows.length} />`,
      )}
    </div>
  </div>`;
}

/** Of which track the row under the pointer is. @param {Event} event */
const uidUnder = ({ target }) =>
  /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest("[data-uid]"))?.dataset.uid ?? "";

/** @param {KeyboardEvent} event */
function onRowsKey(event) {
  const page = Math.max(1, Math.floor(height.value / ROW) - 1);
  const by = /** @type {Record<string, number>} */ ({
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -1e9,
    End: 1e9,
  })[event.key];
  if (by) moveSelection(by);
  else if (event.key === "Enter" && selected.value) goToTrack(selected.value);
  else return;
  event.preventDefault();
}

/** Select the row so many further on, and scroll to it. @param {number} by */
export function moveSelection(by) {
  const rows = listed.value;
  if (!rows.length) return;
  const picture = store();
  const at = rows.indexOf(picture.slotOf.get(selected.value) ?? -1);
  const next = Math.max(0, Math.min(rows.length - 1, at < 0 && by > 0 ? 0 : at + by));
  goToTrack(picture.cards[rows[next]]?.u ?? "");
  const box = document.querySelector(".rows");
  if (!box) return;
  if (next * ROW < box.scrollTop) box.scrollTop = next * ROW;
  else if ((next + 1) * ROW > box.scrollTop + box.clientHeight) box.scrollTop = (next + 1) * ROW - box.clientHeight;
}

/** @param {{slot: number, top: number, now: number, current: boolean, index: number, total: number}} props */
function Row({ slot, top, now, current, index, total }) {
  const picture = store();
  const card = picture.cards[slot];
  const meaning = picture.meanings[slot];
  if (!card || !meaning) return null;
  const stale = picture.state[slot] === STALE;
  const figure =
    order.value === "distance"
      ? distanceText(picture, slot)
      : picture.speed_ms[slot] >= 0
        ? knots(picture.speed_ms[slot])
        : "";
  return html`<div class=${stale ? "row stale" : "row"} id=${`row-${slot}`} role="option" aria-selected=${current}
      aria-posinset=${index} aria-setsize=${total} style=${{ transform: `translateY(${top}px)` }} data-uid=${card.u}
      onMouseEnter=${() => {
        hoveredMore.value = 0;
        hovered.value = card.u;
      }} onMouseLeave=${() => (hovered.value = "")}>
    <${Symbol2525} meaning=${meaning} stale=${stale} box=${34} />
    <span class="name"><${Mark} mark=${card.l} />${nameAt(picture, slot)}</span>
    <span class="figure">${figure}</span>
    <span class="kind">${kindAt(picture, slot)}</span>
    <span class="age">${stale && html`<span class="stale-mark">${t("state.stale")}</span>`}${shortSpan(now - picture.time[slot])}</span>
  </div>`;
}

/** @param {import("../picture/store.js").Store} picture @param {number} slot */
function distanceText(picture, slot) {
  const { lat, lon } = centre();
  return metres(distance_m(lat, lon, picture.lat[slot], picture.lon[slot]));
}

/** Why the list is empty, and what to do. */
function Nothing() {
  if (query.value) {
    return html`<div class="nothing"><p>${t("list.none_found", { query: query.value })}</p>
      <button class="button" onClick=${() => (query.value = "")}>${t("search.clear")}</button></div>`;
  }
  if (shown.value.tracks > 0) {
    return html`<div class="nothing"><p>${t("list.all_hidden")}</p>
      <button class="button" onClick=${() => (hiddenBy.value = new Set())}>${t("filter.reset")}</button></div>`;
  }
  if (past.value) {
    return html`<div class="nothing"><p>${t("list.none_then")}</p>
      <button class="button" onClick=${goLive}>${t("time.to_live")}</button></div>`;
  }
  return html`<div class="nothing"><p>${t("list.no_tracks")}</p>
    <button class="button" onClick=${() => (drawer.value = "devices")}>${t("connect.title")}</button></div>`;
}
