/**
 * The places of the headquarters: where one can go, by which key and address, and who may.
 *
 * Owns: which places there are, which one is shown, loading it when it is first gone to. Doesn't own: what a place
 * shows (its own module), the switch between them (`parts/places.js`).
 *
 * A place is added in three lines:
 * 1. here in PLACES: its name, which is also its address (`#name`), icon (`parts/icons.js`), key (not one of `keys.js`),
 *    who may use it, and its module;
 * 2. its word `place.<name>` in `words/en.json`, 3. and in `words/ja.json`.
 *
 * The module exports `Place`, a component, and may export `keys`, by key: `{ n: { word: "help.<it>", does: add } }`;
 * the help lists them; `/` goes to the field with the id `place-search`. What follows in the address, `#name/more`, is
 * the place's own: it reads `within` and writes it by `goTo(name, more)`.
 */

import { computed, effect, signal } from "@preact/signals";

import { administers, asksWhy, may } from "./state.js";
import { leaving } from "./unsaved.js";

/** @typedef {Record<string, {word: string, does: () => void}>} Keys */
/** @typedef {{Place: import("preact").ComponentType, keys?: Keys}} Module */
/**
 * @typedef {object} Place
 * @property {string} name
 * @property {string} icon
 * @property {string} key
 * @property {() => boolean} may whether this appointment may use it; where not, it isn't there
 * @property {() => Promise<Module>} [load] none: the picture, which is always loaded
 */

/** In the order of the switch; the first that one may use is where one begins. @type {Place[]} */
const PLACES = [
  { name: "picture", icon: "map", key: "v", may: () => may("watch") },
  {
    name: "structure",
    icon: "structure",
    key: "u",
    may: () => may("watch"),
    load: () => import("./command/place.js"),
  },
  { name: "orders", icon: "order", key: "o", may: () => may("watch"), load: () => import("./operations/orders.js") },
  { name: "log", icon: "list", key: "j", may: () => may("watch"), load: () => import("./operations/log.js") },
  {
    name: "requirements",
    icon: "requirement",
    key: "i",
    may: () => may("watch"),
    load: () => import("./operations/requirements.js"),
  },
  { name: "reports", icon: "copy", key: "r", may: () => may("watch"), load: () => import("./operations/reports.js") },
  { name: "rhythm", icon: "week", key: "y", may: () => may("watch"), load: () => import("./operations/rhythm.js") },
  {
    name: "people",
    icon: "people",
    key: "a",
    may: () => administers.value || asksWhy.value,
    load: () => import("./people/desk.js"),
  },
];

export const places = computed(() => PLACES.filter((place) => place.may()));

const ADDRESS = /^#([a-z]+)(?:\/(.*))?$/;
const address = signal(location.hash);
addEventListener("popstate", () => {
  if (location.hash === address.peek()) return;
  const back = address.peek();
  let asks = true;
  leaving(() => {
    if (asks) address.value = location.hash;
    else history.back();
  });
  asks = false;
  if (address.peek() === back) history.pushState(null, "", back || location.pathname); // Until the question is answered.
});

/** The place shown: what the address names, if one may; null for an appointment that has none. */
export const here = computed(
  () => places.value.find(({ name }) => name === ADDRESS.exec(address.value)?.[1]) ?? places.value[0] ?? null,
);
/** An address that somebody mistyped is taken as it is. @param {string} text */
function plain(text) {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}
/** Within the place shown: what follows its name in the address. */
export const within = computed(() => {
  const [, name, more] = ADDRESS.exec(address.value) ?? [];
  return name === here.value?.name ? plain(more ?? "") : "";
});
export const onPicture = computed(() => here.value?.name === "picture");

/** @param {string} name @param {string} [more] */
export const addressOf = (name, more) => (more ? `#${name}/${encodeURI(more)}` : `#${name}`);

/**
 * Go to a place, so that a browser's Back comes back here; or, replacing, only note where in it one is.
 * @param {string} name
 * @param {string} [more]
 * @param {"push" | "replace"} [how]
 */
export function goTo(name, more, how = "push") {
  const to = addressOf(name, more);
  if (to === location.hash) return;
  leaving(() => {
    history[`${how}State`](null, "", to);
    address.value = to;
  });
}

/** @type {import("@preact/signals").Signal<Map<string, Module>>} */
const loaded = signal(new Map());
/** Why the place shown is not there yet, an error code; "" while it loads. */
export const loadProblem = signal("");

export const module = computed(() => loaded.value.get(here.value?.name ?? "") ?? null);
/** The keys of the place shown, beside those that work everywhere. @type {{value: Keys}} */
export const placeKeys = computed(() => module.value?.keys ?? {});

/** Load the place shown, unless it is. */
export async function load() {
  const place = here.peek();
  if (!place?.load || loaded.peek().has(place.name)) return;
  loadProblem.value = "";
  try {
    const found = await place.load();
    loaded.value = new Map(loaded.peek()).set(place.name, found);
  } catch (error) {
    console.warn(`the place ${place.name} can't be loaded`, error);
    loadProblem.value = "offline";
  }
}

effect(() => void (here.value && load()));
