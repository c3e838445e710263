/**
 * What waits for the reader, wherever on the page he is: orders of his own unit, inputs of the battle rhythm.
 *
 * Owns: how many that are, and saying so when an urgent order comes or an input is missing. Doesn't own: which there are
 * for him (the server's lists), the switch that shows the numbers (`parts/places.js`).
 */

import { computed, effect, signal } from "@preact/signals";

import { Refusal } from "../api.js";
import { now } from "../clock.js";
import { heard, may, me, say, session } from "../state.js";
import { t } from "../words.js";
import { orders } from "./ordercalls.js";
import { missing as missingNow } from "./rhythmcalls.js";

/** Of these the page says when one comes, the most urgent first. */
const URGENT = ["flash", "immediate", "priority"];
/** An input becomes missing at a moment that the server names; it is asked then, and this often at least and at most. */
const AGAIN_MS = 600_000;
const SOON_MS = 1_000;

/** @type {import("@preact/signals").Signal<import("./ordertypes.js").OrderRow[]>} */
const rows = signal([]);
/** Inputs that are due and not there. @type {import("@preact/signals").Signal<import("./rhythmcalls.js").Missing[]>} */
export const missing = signal([]);

export const waiting = computed(() => rows.value.length);

const news = computed(() => heard.value.orders ?? 0);
const newsOfRhythm = computed(() => `${heard.value.rhythm ?? 0} ${heard.value.log ?? 0}`);
const reads = computed(() => session.value === "signed_in" && Boolean(me.value?.appointment) && may("watch"));
let asked = 0;
let askedOfRhythm = 0;
let timer = 0;

/** The latest asked for counts; where the server can't be asked, the next news asks again. */
async function look() {
  const mine = ++asked;
  try {
    const there = (await orders()).filter((row) => row.waits);
    if (mine !== asked) return;
    const known = new Set(rows.peek().map(({ id }) => id));
    const came = there
      .filter(({ id, precedence }) => !known.has(id) && URGENT.includes(precedence))
      .sort((a, b) => URGENT.indexOf(a.precedence) - URGENT.indexOf(b.precedence))[0];
    rows.value = there;
    if (came) say(t("orders.came", { precedence: t(`orders.precedence.${came.precedence}`), name: came.name }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** So it is with inputs, and when the next is due it asks by itself. */
async function lookAtRhythm() {
  const mine = ++askedOfRhythm;
  clearTimeout(timer);
  let wait = AGAIN_MS;
  try {
    const { rows: there, again_ms } = await missingNow();
    if (mine !== askedOfRhythm) return;
    const keyOf = (/** @type {import("./rhythmcalls.js").Missing} */ one) => `${one.event} ${one.day} ${one.input.id}`;
    const known = new Set(missing.peek().map(keyOf));
    const came = there.find((one) => !known.has(keyOf(one)));
    missing.value = there;
    if (came) say(t("rhythm.came", { event: came.short }));
    if (again_ms) wait = Math.min(AGAIN_MS, Math.max(SOON_MS, again_ms - now() + SOON_MS));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  if (mine === askedOfRhythm) timer = setTimeout(() => void (reads.peek() && lookAtRhythm()), wait);
}

effect(() => {
  void news.value;
  if (reads.value) void look();
});
effect(() => {
  void newsOfRhythm.value;
  if (reads.value) void lookAtRhythm();
  else missing.value = [];
});
