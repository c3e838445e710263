/**
 * What waits for the reader's own unit, wherever on the page he is.
 *
 * Owns: how many orders that is, and saying so when an urgent one comes. Doesn't own: which orders there are for him,
 * and which of them wait (the server's list), the switch that shows the number (`parts/places.js`).
 */

import { computed, effect, signal } from "@preact/signals";

import { Refusal } from "../api.js";
import { heard, may, me, say, session } from "../state.js";
import { t } from "../words.js";
import { orders } from "./ordercalls.js";

/** Of these the page says when one comes, the most urgent first. */
const URGENT = ["flash", "immediate", "priority"];

/** @type {import("@preact/signals").Signal<import("./ordertypes.js").OrderRow[]>} */
const rows = signal([]);
export const waiting = computed(() => rows.value.length);

const news = computed(() => heard.value.orders ?? 0);
const reads = computed(() => session.value === "signed_in" && Boolean(me.value?.appointment) && may("watch"));
let asked = 0;

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

effect(() => {
  void news.value;
  if (reads.value) void look();
});
