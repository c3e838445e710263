/**
 * What appears at the pointer: the tip of the track under it, and the choice where several lie at one place.
 */

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { altitude, course, knots, shortSpan } from "../format.js";
import { goToTrack, placeOf } from "../map/map.js";
import { Mark } from "../people/form.js";
import { nameAt } from "../picture/filter.js";
import { moment, store } from "../picture/moment.js";
import { STALE } from "../picture/store.js";
import { choosing, hovered, hoveredMore, narrow, second, selected } from "../state.js";
import { typeInWords } from "../symbols/kinds.js";
import { t } from "../words.js";
import { Symbol2525 } from "./icons.js";
import { sourceName } from "./list.js";

const WIDTH = 270;

export function Tip() {
  const uid = hovered.value;
  void second.value;
  if (!uid || uid === selected.value || choosing.value || narrow.value) return null;
  const picture = store();
  const slot = picture.slotOf.get(uid);
  const at = placeOf(uid);
  const card = slot === undefined ? undefined : picture.cards[slot];
  const meaning = slot === undefined ? undefined : picture.meanings[slot];
  if (slot === undefined || !card || !meaning || !at) return null;
  const [direction, speed, alt] = [picture.course[slot], picture.speed_ms[slot], picture.alt_m[slot]];
  const stale = picture.state[slot] === STALE;
  const motion = [
    direction >= 0 && speed > 0 && course(direction),
    speed >= 0 && knots(speed),
    !Number.isNaN(alt) && altitude(alt),
  ].filter(Boolean);
  const left = at.x + WIDTH + 30 > innerWidth ? at.x - WIDTH - 18 : at.x + 22;
  return html`<div class="tip" style=${{ transform: `translate(${Math.round(left)}px, ${Math.round(Math.max(4, at.y - 20))}px)` }}>
    <b><${Mark} mark=${card.l} />${nameAt(picture, slot)}</b>
    <span>${typeInWords(meaning, card.t)}</span>
    ${motion.length > 0 && html`<span class="figures">${motion.join(" · ")}</span>`}
    <span class="dim">${stale && html`<span class="stale-mark">${t("state.stale")}</span>`}${t("tip.age", {
      span: shortSpan(moment() - picture.time[slot]),
      source: sourceName(card.o),
    })}</span>
    ${hoveredMore.value > 0 && html`<span class="more">${t("tip.more", { n: hoveredMore.value })}</span>`}
  </div>`;
}

export function Chooser() {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const choice = choosing.value;
  useEffect(() => {
    /** @type {HTMLElement | null | undefined} */ (ref.current?.querySelector("button"))?.focus();
  }, [choice]);
  if (!choice) return null;
  const picture = store();
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...(ref.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    buttons[(at + by + buttons.length) % buttons.length]?.focus();
  };
  const style = {
    left: `${Math.min(choice.x + 10, Math.max(8, innerWidth - 300))}px`,
    top: `${Math.max(8, Math.min(choice.y - 10, innerHeight - 420))}px`,
  };
  return html`<div class="chooser panel" ref=${ref} style=${style} role="menu" aria-label=${t("choose.title", { n: choice.uids.length })}
      onKeyDown=${onKeyDown}>
    <p>${t("choose.title", { n: choice.uids.length })}</p>
    ${choice.uids.map((uid) => {
      const slot = picture.slotOf.get(uid);
      const card = slot === undefined ? undefined : picture.cards[slot];
      const meaning = slot === undefined ? undefined : picture.meanings[slot];
      if (slot === undefined || !card || !meaning) return null;
      return html`<button role="menuitem" key=${uid} onClick=${() => goToTrack(uid)}
          onMouseEnter=${() => (hovered.value = uid)}>
        <${Symbol2525} meaning=${meaning} stale=${picture.state[slot] === STALE} box=${28} />
        <span class="name"><${Mark} mark=${card.l} />${nameAt(picture, slot)}</span><span class="kind">${typeInWords(meaning, card.t)}</span></button>`;
    })}
  </div>`;
}
