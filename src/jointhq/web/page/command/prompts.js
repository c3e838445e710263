/**
 * Of which commanders nothing is heard: what waits for the reader to decide, wherever on the page he is.
 *
 * Owns: how many that are, and what is to be said when one comes. Doesn't own: deciding (`posts.js`), when it is said
 * (`arrival.js`), the switch that shows the number (`parts/places.js`).
 */

import { computed, effect, signal } from "@preact/signals";

import { Refusal } from "../api.js";
import { came } from "../arrival.js";
import { heard, may, me, session } from "../state.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";

/** Who decides to wait is asked again after a time, of which no news comes. */
const AGAIN_MS = 60_000;

/** @type {import("@preact/signals").Signal<import("./types.js").PromptRow[]>} */
export const prompts = signal([]);
export const asked = computed(() => prompts.value.length);

const news = computed(() => heard.value.command ?? 0);
const decides = computed(() => session.value === "signed_in" && Boolean(me.value?.appointment) && may("watch") && may("command"));
let latest = 0;

/** The latest asked for counts; where the server can't be asked, the next news asks again. */
export async function lookAtPrompts() {
  const mine = ++latest;
  try {
    const there = await calls.prompts();
    if (mine !== latest) return;
    const known = new Set(prompts.peek().map(({ version }) => version));
    const first = there.find(({ version }) => !known.has(version));
    prompts.value = there;
    came("command", there.length, first ? t(`prompt.${first.why}`, { unit: nameOf(first) }) : "");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

effect(() => {
  void news.value;
  if (decides.value) void lookAtPrompts();
  else if (prompts.peek().length) prompts.value = [];
});
setInterval(() => decides.peek() && void lookAtPrompts(), AGAIN_MS);
