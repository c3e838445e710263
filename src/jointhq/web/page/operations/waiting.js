/**
 * What waits for the reader, wherever on the page he is: orders for his unit or his approval, hits of CCIR that he was
 * told of, requests for information that are his to go on with, reports to approve or release, inputs of the battle rhythm.
 *
 * Owns: how many there are at each place, and what is to be said when an urgent order, a hit or a request comes or an
 * input is missing. Doesn't own: which there are for him, and which of them wait (the server's lists), when it is said
 * (`arrival.js`), the switch that shows the numbers (`parts/places.js`).
 */

import { computed, effect, signal } from "@preact/signals";

import { Refusal } from "../api.js";
import { came, mayWait } from "../arrival.js";
import { now } from "../clock.js";
import { heard, may, me, session } from "../state.js";
import { t } from "../words.js";
import { reports } from "./calls.js";
import { orders } from "./ordercalls.js";
import { ccirs, rfis } from "./requirementcalls.js";
import { missing as missingNow } from "./rhythmcalls.js";

/** Of these the page says when one comes, the most urgent first. */
const URGENT = ["flash", "immediate", "priority"];
/** An input becomes missing at a moment that the server names; it is asked then, and this often at least and at most. */
const AGAIN_MS = 600_000;
const SOON_MS = 1_000;

/** @typedef {{id: string, says: string, urgency: number}} Waits `says` "" is not said: it only counts */

/** @type {import("@preact/signals").Signal<Record<string, Waits[]>>} by place */
const rows = signal({});
/** Inputs that are due and not there. @type {import("@preact/signals").Signal<import("./rhythmcalls.js").Missing[]>} */
export const missing = signal([]);
/** @param {string} place */
export const waitingAt = (place) => rows.value[place]?.length ?? 0;
export const waiting = computed(() => Object.values(rows.value).reduce((sum, there) => sum + there.length, 0));

const reads = computed(() => session.value === "signed_in" && Boolean(me.value?.appointment) && may("watch"));
/** @type {Record<string, number>} */
const asked = {};
const newsOfRhythm = computed(() => `${heard.value.rhythm ?? 0} ${heard.value.log ?? 0}`);
let askedOfRhythm = 0;
let timer = 0;

/** @type {Record<string, () => Promise<Waits[]>>} */
const LISTS = {
  orders: async () =>
    (await orders())
      .filter((row) => row.waits)
      .map(({ id, name, precedence }) => ({
        id,
        says: URGENT.includes(precedence) ? t("orders.came", { precedence: t(`orders.precedence.${precedence}`), name }) : "",
        urgency: URGENT.indexOf(precedence),
      })),
  requirements: async () => {
    const [ccir, rfi] = await Promise.all([ccirs(), rfis()]);
    return [
      ...ccir.hits.map((hit) => ({
        id: `${hit.id} ${hit.told}`,
        says: t(hit.told ? "requirements.came_silence" : "requirements.came_hit", { name: hit.name, text: hit.text }),
        urgency: 0,
      })),
      ...ccir.rows.filter((row) => row.mine).map(({ id, late }) => ({ id: `${id} ${late}`, says: "", urgency: 2 })),
      ...rfi.rows
        .filter((row) => row.mine)
        .map(({ id, state, name }) => ({ id: `${id} ${state}`, says: t("requirements.came_rfi", { name }), urgency: 1 })),
    ];
  },
  reports: async () =>
    (await reports()).rows
      .filter((row) => row.waits)
      .map(({ id, waits }) => ({ id: `${id} ${waits}`, says: "", urgency: 3 })),
};
/** By which news a place hears that something came. */
const NEWS = { orders: "orders", requirements: "requirements", reports: "log" };

/** The latest asked for counts; where the server can't be asked, the next news asks again. @param {keyof typeof NEWS} place */
async function look(place) {
  const mine = (asked[place] = (asked[place] ?? 0) + 1);
  try {
    const there = await LISTS[place]();
    if (mine !== asked[place]) return;
    const known = new Set((rows.peek()[place] ?? []).map(({ id }) => id));
    const urgent = there.filter(({ id, says }) => says && !known.has(id)).sort((a, b) => a.urgency - b.urgency)[0];
    rows.value = { ...rows.peek(), [place]: there };
    came(place, there.length, urgent?.says ?? "");
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
    const first = there.find((one) => !known.has(keyOf(one)));
    missing.value = there;
    came("rhythm", there.length, first ? t("rhythm.came", { event: first.short }) : "");
    if (again_ms) wait = Math.min(AGAIN_MS, Math.max(SOON_MS, again_ms - now() + SOON_MS));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  if (mine === askedOfRhythm) timer = setTimeout(() => void (reads.peek() && lookAtRhythm()), wait);
}

for (const [place, topic] of /** @type {[keyof typeof NEWS, string][]} */ (Object.entries(NEWS))) {
  const news = computed(() => heard.value[topic] ?? 0);
  effect(() => {
    void news.value;
    if (reads.value && mayWait(place)) void look(place);
  });
}
effect(() => {
  void newsOfRhythm.value;
  if (reads.value) void lookAtRhythm();
  else missing.value = [];
});
