/**
 * Which rows of the trees are shown: what a person searched, opened, closed.
 *
 * Owns: that, and how wide the page is for it. Doesn't own: the units and relations (`model.js`), drawing (`tree.js`).
 */

import { computed, signal } from "@preact/signals";

import { me } from "../state.js";
import { has, t } from "../words.js";
import { choose, structure } from "./moment.js";

/** With so many units, trees begin open to the second level only. */
const MANY = 300;
const OPEN_DEPTH = 2;
/** Two trees side by side need this. */
const WIDE_PX = 860;

/** Bonds named in a row, where it is wide and where it isn't; the panel has all. */
const BONDS = 2;
const BONDS_NARROW = 1;
const ROOMY_PX = 1800;

export const query = signal("");
/** What a person opened or closed; the rest is open or not by its depth. @type {import("@preact/signals").Signal<Map<string, boolean>>} */
const toggled = signal(new Map());
/** @type {import("@preact/signals").Signal<boolean | null>} all open or all closed; null: as they begin */
const all = signal(null);

const width = signal(innerWidth);
addEventListener("resize", () => (width.value = innerWidth));
export const wide = computed(() => width.value >= WIDE_PX);
export const bondsShown = computed(() => (width.value >= ROOMY_PX ? BONDS : BONDS_NARROW));

export const found = computed(() => structure.value?.search(query.value) ?? null);
export const foundCount = computed(() => found.value?.size ?? null);

export const columns = computed(() => {
  const all = structure.value;
  if (!all) return [];
  return all.columns(me.value?.nation ?? "", wide.value ? 2 : 1);
});
const depths = computed(() => {
  /** @type {Map<string, number>} */
  const known = new Map();
  const all = structure.value;
  for (const id of all?.units.keys() ?? []) known.set(id, all?.above(id).length ?? 0);
  return known;
});
/** @param {string} id */
const isOpen = (id) =>
  toggled.value.get(id) ??
  all.value ??
  ((structure.value?.units.size ?? 0) <= MANY || (depths.value.get(id) ?? 0) < OPEN_DEPTH);
export const rows = computed(() => columns.value.map(({ roots }) => structure.value?.rows(roots, isOpen, found.value) ?? []));

/** @param {string} id @param {boolean} open */
export function open(id, open) {
  toggled.value = new Map(toggled.peek()).set(id, open);
}
/** @param {boolean} open */
export function openAll(open) {
  all.value = open;
  toggled.value = new Map();
}

/** Show the unit: open the way to it. @param {string} id */
export function reveal(id) {
  const closed = structure.peek()?.above(id).filter((one) => !isOpen(one)) ?? [];
  if (closed.length) toggled.value = new Map([...toggled.peek(), ...closed.map((one) => /** @type {const} */ ([one, true]))]);
  if (found.peek() && !found.peek()?.has(id)) query.value = "";
  choose(id);
}

/** @param {string} nation */
export const nationText = (nation) => (has(`fact.nation.${nation}`) ? t(`fact.nation.${nation}`) : nation);
