/**
 * The card of the selected track: all that is known of it, and what can be done with it.
 *
 * Doesn't own: what a fact is called (`words/`), the path's drawing (`map/trail.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";

import * as api from "../api.js";
import { altitude, course, knots, metres, number, span, whenExactly } from "../format.js";
import { centreOn, redraw } from "../map/map.js";
import { decimalOf, degreesMinutesOf, mgrsOf } from "../map/place.js";
import { Mark } from "../people/form.js";
import { nameAt } from "../picture/filter.js";
import { isLive, moment, past, store } from "../picture/moment.js";
import { STALE } from "../picture/store.js";
import { addressOf } from "../places.js";
import { following, pathMinutes, say, second, selected } from "../state.js";
import { AFFILIATIONS, typeInWords } from "../symbols/kinds.js";
import { has, language, t } from "../words.js";
import { Icon, Symbol2525 } from "./icons.js";
import { sourceName } from "./list.js";

/** While a card is open, what the stream doesn't carry is asked for this often. */
const REFRESH_MS = 5_000;
const PATHS = [5, 15, 60];
/** Facts the card says elsewhere, or that are ours alone. */
const SAID = new Set(["sidc", "short", "callsign"]);

/** @type {import("@preact/signals").Signal<import("../types.js").TrackDetail | null>} */
const detail = signal(null);
/** @type {import("@preact/signals").Signal<string>} */
const detailProblem = signal("");

/** @param {string} uid @param {AbortSignal} until */
async function refresh(uid, until) {
  try {
    detail.value = await api.track(uid, until);
    detailProblem.value = "";
  } catch (error) {
    if (error instanceof api.Refusal) detailProblem.value = error.code;
  }
}

export function TrackCard() {
  const uid = selected.value;
  const live = isLive.value;
  useEffect(() => {
    detail.value = null;
    if (!uid || !live) return undefined;
    const gone = new AbortController();
    void refresh(uid, gone.signal);
    const timer = setInterval(() => void refresh(uid, gone.signal), REFRESH_MS);
    return () => {
      gone.abort();
      clearInterval(timer);
    };
  }, [uid, live]);
  if (!uid) return null;
  void second.value;
  const slot = store().slotOf.get(uid);
  return html`<aside class="panel card" aria-label=${t("card.title")}>
    ${
      slot === undefined
        ? html`<div class="card-head"><h2>${detail.value?.callsign || uid}</h2><${Close} /></div>
          <p class="note">${t(live ? "card.gone" : "card.not_then")}</p>`
        : html`<${Known} slot=${slot} />`
    }
  </aside>`;
}

const Close =
  () => html`<button class="button icon-only" aria-label=${t("card.close")} title=${`${t("card.close")} (Esc)`}
  onClick=${() => (selected.value = "")}><${Icon} name="close" /></button>`;

/**
 * What the store says of it, once a second: a component draws anew only for a signal it reads.
 * @param {{slot: number}} props
 */
function Known({ slot }) {
  void second.value;
  const picture = store();
  const card = picture.cards[slot];
  const meaning = picture.meanings[slot];
  if (!card || !meaning) return null;
  const stale = picture.state[slot] === STALE;
  const more = detail.value?.uid === card.u && isLive.value ? detail.value : null;
  const name = nameAt(picture, slot);
  const time = picture.time[slot];
  return html`
    <div class="card-head">
      <${Symbol2525} meaning=${meaning} stale=${stale} box=${46} size=${26} />
      <div class="card-name"><h2><${Mark} mark=${card.l ?? more?.mark} />${name}</h2>
        ${name !== (card.c || card.u) && html`<p class="other-name" lang="en">${card.c || card.u}</p>`}
        <p class="kind">${typeInWords(meaning, card.t)}</p></div>
      <${Close} />
    </div>
    <div class="badges">
      <span class="badge ${AFFILIATIONS[meaning.affiliation]}">${t(`affiliation.${AFFILIATIONS[meaning.affiliation]}`)}</span>
      ${meaning.exercise && html`<span class="badge exercise">${t("exercise.mark")}</span>`}
      ${stale && html`<span class="badge stale">${t("state.stale")}</span>`}
      ${past.value && html`<span class="badge past">${t("past.badge")}</span>`}
    </div>
    <${Actions} uid=${card.u} slot=${slot} />
    <dl class="facts">
      ${placeFacts(slot, more)}
      ${motionFacts(slot, more)}
      <${Fact} name=${t("card.age")} value=${t("card.age_at", { span: span(moment() - time), time: whenExactly(time) })} />
      <${Fact} name=${t("card.source")} value=${sourceName(card.o)} />
      ${card.l && html`<${Fact} name=${t("card.marking")} value=${html`<span lang="en">${more?.banner ?? card.l}</span>`} />`}
      ${otherFacts(more?.facts ?? card.f ?? {})}
      <${Fact} name=${t("card.type")} value=${card.t} code />
      <${Fact} name="UID" value=${card.u} code />
    </dl>
    ${detailProblem.value && isLive.value && html`<p class="note">${errorText(detailProblem.value)}</p>`}`;
}

/** @param {string} code */
export const errorText = (code) => (has(`error.${code}`) ? t(`error.${code}`) : t("error.other", { code }));

/** @param {{uid: string, slot: number}} props */
function Actions({ uid, slot }) {
  const unit = store().cards[slot]?.f?.unit;
  const copy = () => {
    const picture = store();
    const text = mgrsOf(picture.lat[slot], picture.lon[slot]) || decimalOf(picture.lat[slot], picture.lon[slot]);
    navigator.clipboard.writeText(text).then(
      () => say(t("card.copied", { text })),
      () => say(t("card.copy_failed", { text })),
    );
  };
  return html`<div class="actions">
    <button class="button" aria-pressed=${following.value} title=${`${t("card.follow")} (f)`} onClick=${toggleFollow}>
      <${Icon} name="follow" />${t("card.follow")}</button>
    <button class="button" title=${`${t("card.centre")} (c)`} onClick=${() => centreOn(uid)}>
      <${Icon} name="centre" />${t("card.centre")}</button>
    <button class="button" onClick=${copy}><${Icon} name="copy" />${t("card.copy_mgrs")}</button>
    ${unit && html`<a class="button" href=${addressOf("structure", `tree/${unit}`)}><${Icon} name="structure" />${t("command.in_structure")}</a>`}
    <div class="paths" role="group" aria-label=${t("card.path")}>
      <span><${Icon} name="path" />${t("card.path")}</span>
      ${PATHS.map(
        (minutes) => html`<button class="button small" key=${minutes} aria-pressed=${pathMinutes.value === minutes}
        onClick=${() => (pathMinutes.value = pathMinutes.value === minutes ? 0 : minutes)}>
          ${t("card.path_min", { min: minutes })}</button>`,
      )}
    </div>
  </div>`;
}

export function toggleFollow() {
  if (!selected.value) return;
  following.value = !following.value;
  say(t(following.value ? "card.following" : "card.following_off"));
  redraw();
}

/** Show the path of the next span, then none. */
export function cyclePath() {
  if (!selected.value) return;
  pathMinutes.value = [...PATHS, 0][(PATHS.indexOf(pathMinutes.value) + 1) % (PATHS.length + 1)];
}

/** @param {{name: string, value: unknown, code?: boolean}} props */
const Fact = ({ name, value, code }) =>
  html`<div class="fact"><dt>${name}</dt><dd class=${code ? "code" : ""}>${value}</dd></div>`;

/** @param {number} slot @param {import("../types.js").TrackDetail | null} more */
function placeFacts(slot, more) {
  const { lat, lon } = { lat: store().lat[slot], lon: store().lon[slot] };
  return html`
    <${Fact} name="MGRS" value=${mgrsOf(lat, lon) || "–"} code />
    <${Fact} name=${t("card.lat_lon")} value=${html`${degreesMinutesOf(lat, lon)}<br />${decimalOf(lat, lon)}`} code />
    ${more?.ce_m != null && html`<${Fact} name=${t("card.accuracy")} value=${t("card.within", { m: metres(more.ce_m) })} />`}`;
}

/** @param {number} slot @param {import("../types.js").TrackDetail | null} more */
function motionFacts(slot, more) {
  const picture = store();
  const [direction, speed, alt] = [picture.course[slot], picture.speed_ms[slot], picture.alt_m[slot]];
  const kind = more && t(more.altitude_is_barometric ? "card.barometric" : "card.ellipsoid");
  return html`
    ${direction >= 0 && html`<${Fact} name=${t("card.course")} value=${course(direction)} />`}
    ${speed >= 0 && html`<${Fact} name=${t("card.speed")} value=${knots(speed)} />`}
    ${
      !Number.isNaN(alt) &&
      html`<${Fact} name=${t("card.altitude")} value=${html`${altitude(alt)}${kind && html`<small>${kind}</small>`}`} />`
    }`;
}

/** @param {Record<string, import("../types.js").Fact>} facts */
const otherFacts = (facts) =>
  Object.entries(facts)
    .filter(([key, value]) => !SAID.has(key) && !key.endsWith("_ja") && value !== "")
    .map(
      ([
        key,
        value,
      ]) => html`<${Fact} key=${key} name=${has(`fact.${key}`) ? t(`fact.${key}`) : key.replaceAll("_", " ")}
      value=${factValue(key, (language.value === "ja" && facts[`${key}_ja`]) || value)} />`,
    );

/** Units name each other by their id in the scenario. @param {import("../types.js").Fact} id */
function unitName(id) {
  const picture = store();
  const slot = picture.cards.findIndex((card) => card?.f?.unit === id);
  return slot < 0 ? null : nameAt(picture, slot);
}

/** A fact's value in words where it is one of a list. @param {string} key @param {import("../types.js").Fact} value */
function factValue(key, value) {
  if (key === "parent" || key === "superior") return unitName(value) ?? value;
  if (has(`fact.${key}.${value}`)) return t(`fact.${key}.${value}`);
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value !== "number") return value;
  if (/(^|_)(mmsi|imo|year)$/.test(key)) return String(value);
  return number(value, Number.isInteger(value) ? 0 : 1);
}
