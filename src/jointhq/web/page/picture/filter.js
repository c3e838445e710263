/**
 * Which tracks are shown and listed.
 *
 * Owns: filters with their counts, search, order. Doesn't own: the controls (`parts/list.js`).
 */

import { distance_m } from "../map/place.js";
import { AFFILIATIONS, DOMAINS, typeInWords } from "../symbols/kinds.js";
import { language } from "../words.js";
import { ABSENT } from "./store.js";

/** @typedef {import("./store.js").Store} Store */

/**
 * Hide what the filters hide, on the map too.
 * @param {Store} store
 * @param {ReadonlySet<string>} hiddenBy
 */
export function setFilters(store, hiddenBy) {
  store.hides = {
    affiliation: AFFILIATIONS.map((name) => hiddenBy.has(`affiliation:${name}`)),
    domain: DOMAINS.map((name) => hiddenBy.has(`domain:${name}`)),
    source: store.sources.map((name) => hiddenBy.has(`source:${name}`)),
  };
  store.hidesRevision++;
  for (let i = 0; i < store.end; i++) if (store.state[i] !== ABSENT) store.hide(i);
}

/**
 * What each filter would hide or show.
 * @param {Store} store
 * @returns {Map<string, number>} "affiliation:neutral" -> tracks
 */
export function counts(store) {
  const { state, affiliation, domain, source, end, sources } = store;
  const tally = [AFFILIATIONS, DOMAINS, sources].map((names) => names.map(() => 0));
  for (let i = 0; i < end; i++) {
    if (state[i] === ABSENT) continue;
    tally[0][affiliation[i]]++;
    tally[1][domain[i]]++;
    tally[2][source[i]]++;
  }
  const found = new Map();
  AFFILIATIONS.forEach((name, i) => found.set(`affiliation:${name}`, tally[0][i]));
  DOMAINS.forEach((name, i) => found.set(`domain:${name}`, tally[1][i]));
  sources.forEach((name, i) => found.set(`source:${name}`, tally[2][i]));
  return found;
}

/** @param {Store} store @param {number} slot the name in the reader's language */
export function nameAt(store, slot) {
  const card = store.cards[slot];
  if (!card) return "";
  const japanese = language.value === "ja" ? card.f?.name_ja : undefined;
  return String(japanese ?? (card.c || card.u));
}

/** What stands beside a symbol: a unit's short name, else the name. @param {Store} store @param {number} slot */
export function labelAt(store, slot) {
  const facts = store.cards[slot]?.f;
  return facts?.short && language.value !== "ja" ? String(facts.short) : nameAt(store, slot);
}

/** The second line of a row: where a unit is, and what it is. @param {Store} store @param {number} slot */
export function kindAt(store, slot) {
  const card = store.cards[slot];
  const meaning = store.meanings[slot];
  if (!card || !meaning) return "";
  const words = typeInWords(meaning, card.t);
  const place = (language.value === "ja" && card.f?.place_ja) || card.f?.place;
  return place ? `${place} · ${words}` : words;
}

/**
 * Slots to list, in order.
 * @param {Store} store
 * @param {string} query words that must all be found: callsign, name, uid, type in words, any fact (a place, a ship's destination)
 * @param {import("../state.js").Order} order
 * @param {{lat: number, lon: number}} centre what distance is measured from
 * @returns {Uint32Array}
 */
export function rows(store, query, order, centre) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Uint32Array(store.count);
  let n = 0;
  for (let i = 0; i < store.end && n < found.length; i++) {
    if (store.state[i] === ABSENT || store.hidden[i]) continue;
    if (words.length && !matches(store, i, words)) continue;
    found[n++] = i;
  }
  return sorted(store, found.subarray(0, n), order, centre);
}

/** @type {WeakMap<import("../types.js").Card, {language: string, text: string}>} */
const texts = new WeakMap();

/** @param {Store} store @param {number} slot @param {string[]} words */
function matches(store, slot, words) {
  const card = store.cards[slot];
  const meaning = store.meanings[slot];
  if (!card || !meaning) return false;
  let kept = texts.get(card);
  if (kept?.language !== language.value) {
    const facts = Object.entries(card.f ?? {})
      .filter(([key]) => key !== "sidc")
      .map(([, fact]) => fact);
    const text = [card.c, card.u, card.t, typeInWords(meaning, card.t), ...facts].join("\n").toLowerCase();
    texts.set(card, (kept = { language: language.value, text }));
  }
  const { text } = kept;
  return words.every((word) => text.includes(word));
}

/**
 * @param {Store} store
 * @param {Uint32Array} slots
 * @param {import("../state.js").Order} order
 * @param {{lat: number, lon: number}} centre
 */
function sorted(store, slots, order, centre) {
  if (order === "name") return slots.sort((a, b) => compareNames(sortName(store, a), sortName(store, b)) || a - b);
  const key = new Float64Array(store.end);
  for (const i of slots) key[i] = sortKey(store, i, order, centre);
  return slots.sort((a, b) => key[a] - key[b] || a - b);
}

/**
 * @param {Store} store
 * @param {number} slot
 * @param {import("../state.js").Order} order
 * @param {{lat: number, lon: number}} centre
 */
function sortKey(store, slot, order, centre) {
  if (order === "age") return -store.time[slot];
  if (order === "speed") return Number.isNaN(store.speed_ms[slot]) ? 1 : -store.speed_ms[slot];
  return distance_m(centre.lat, centre.lon, store.lat[slot], store.lon[slot]);
}

/** Units first, then clients, then what feeds bring; each by name. @param {Store} store @param {number} slot */
function sortName(store, slot) {
  const card = store.cards[slot];
  return card ? `${card.o === "units" ? "0" : card.o === "tak" ? "1" : "2"}${(card.c || card.u).toUpperCase()}` : "";
}

/**
 * Plain comparison: `localeCompare` takes ten times as long, and callsigns are ASCII.
 * @param {string} a
 * @param {string} b
 */
const compareNames = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
