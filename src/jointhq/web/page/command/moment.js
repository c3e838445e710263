/**
 * Which structure is shown: of which moment, as known when; and where in the place of the structure one is.
 *
 * Owns: the place's address (`view/id?at=…&known=…`), the structure then, asking for it again when it changes.
 * Doesn't own: calls (`calls.js`), how it is arranged (`model.js`), the moment of the picture (`picture/moment.js`).
 *
 * Two clocks: `at` is the moment whose structure is shown, as it applied or will apply then; `known` is what had been
 * written by then. Null is now, and stays now.
 */

import { batch, computed, effect, signal } from "@preact/signals";

import { Refusal } from "../api.js";
import { now } from "../clock.js";
import { addressOf, goTo, here, within } from "../places.js";
import { heard } from "../state.js";
import * as calls from "./calls.js";
import { Structure } from "./model.js";

/** @template T @typedef {import("@preact/signals").Signal<T>} Signal */

export const VIEWS = /** @type {const} */ (["tree", "matrix", "strength", "changes", "import"]);
/** @typedef {(typeof VIEWS)[number]} View */
/** @typedef {{view: View, id: string, at: number | null, known: number | null}} Where */

const time = (/** @type {string | null} */ text) => (text && /^\d{1,15}$/.test(text) ? Number(text) : null);

/** @param {string} text @returns {Where} */
function parse(text) {
  const [path, query] = text.split("?");
  const [name, id = ""] = path.split("/");
  const params = new URLSearchParams(query);
  return {
    view: VIEWS.find((view) => view === name) ?? "tree",
    id: id.replaceAll("%2F", "/").replaceAll("%3F", "?").replaceAll("%25", "%"),
    at: time(params.get("at")),
    known: time(params.get("known")),
  };
}

const whole = computed(() => JSON.stringify(parse(within.value)));
/** Where one is; anew only when it is elsewhere. */
export const where = computed(() => /** @type {Where} */ (JSON.parse(whole.value)));
export const view = computed(() => where.value.view);
/** @type {import("@preact/signals").ReadonlySignal<import("./calls.js").Clocks>} */
export const clocks = computed(() => ({ at: where.value.at, known: where.value.known }));
export const isNow = computed(() => where.value.at === null && where.value.known === null);

/** @param {Where} to */
function text({ view, id, at, known }) {
  const params = new URLSearchParams();
  if (at !== null) params.set("at", String(at));
  if (known !== null) params.set("known", String(known));
  const path = id ? `${view}/${id.replaceAll("%", "%25").replaceAll("/", "%2F").replaceAll("?", "%3F")}` : view === "tree" ? "" : view;
  return params.size ? `${path || view}?${params}` : path;
}

/** @param {Partial<Where>} to what isn't named stays */
export const linkTo = (to) => addressOf("structure", text({ ...where.value, ...to }));
/** @param {Partial<Where>} to @param {"push" | "replace"} [how] */
export function go(to, how) {
  clearTimeout(resting);
  const id = picked.peek() ?? where.peek().id;
  picked.value = null;
  goTo("structure", text({ ...where.peek(), id, ...to }), how);
}

/** Held down, an arrow passes many units: only where it rests comes into the address, and is asked for. */
const REST_MS = 90;
let resting = 0;
/** @type {Signal<string | null>} passed over, and not in the address yet */
const picked = signal(null);
/** The unit of the panel, or whose matrix is shown. */
export const rested = computed(() => (["tree", "matrix"].includes(view.value) ? where.value.id : ""));
/** The unit chosen in the tree. */
export const chosen = computed(() => picked.value ?? rested.value);
/** Moving through the tree is one step of a browser's Back, however many units it passes. @param {string} id */
export function choose(id) {
  clearTimeout(resting);
  picked.value = id;
  resting = setTimeout(() => {
    if (here.peek()?.name === "structure") go({ id }, rested.peek() && id ? "replace" : "push");
    else picked.value = null; // Gone elsewhere meanwhile.
  }, REST_MS);
}

/** By which chain the tree is drawn. @type {Signal<"operational" | "administrative">} */
export const chain = signal("operational");

/** @type {Signal<import("./types.js").StructureBody | null>} */
const body = signal(null);
/** Of which moment the structure shown is: another one may be on its way. @type {Signal<import("./calls.js").Clocks>} */
export const shownClocks = signal({ at: null, known: null });
/** @type {Signal<Refusal | null>} why the structure of this moment isn't here */
export const problem = signal(null);
/** `performance.now()` since when a structure is awaited, 0 for none */
export const awaitedSince = signal(0);
/** @type {Signal<import("./types.js").Moment[]>} */
export const moments = signal([]);

export const structure = computed(() => body.value && new Structure(body.value, chain.value));
/** What is shown was in force at. */
export const shownAt = () => where.value.at ?? now();

let wanted = 0;
let fetching = false;

/** Ask for the structure of the moment shown; the latest asked for wins. */
export async function refresh() {
  wanted++;
  if (fetching) return;
  fetching = true;
  awaitedSince.value = performance.now();
  let answered = 0;
  while (answered !== wanted) {
    answered = wanted;
    try {
      const of = clocks.peek();
      const [next, ticks] = await Promise.all([calls.structure(of), calls.moments()]);
      if (answered !== wanted) continue;
      batch(() => {
        body.value = next;
        shownClocks.value = of;
        moments.value = ticks.sort((a, b) => a.at_ms - b.at_ms);
        problem.value = null;
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problem.value = error;
    }
  }
  fetching = false;
  awaitedSince.value = 0;
}

/** Asked for while the place is shown: at once, when the moment changes, and when the server says that it changed. */
effect(() => {
  void [clocks.value.at, clocks.value.known, heard.value.command];
  if (here.value?.name === "structure") void refresh();
});

/** The moments before and after the one shown. @param {1 | -1} by */
export function step(by) {
  const at = shownAt();
  const found = by > 0 ? moments.value.find((one) => one.at_ms > at) : moments.value.findLast((one) => one.at_ms < at);
  if (found) go({ at: found.at_ms });
  else if (by > 0) go({ at: null });
}
