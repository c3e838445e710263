/**
 * The moment the page shows: now, or any past one.
 *
 * Owns: live or past, playing and at what rate, fetching the picture of a past moment (one request in flight, the
 * latest wanted wins). Doesn't own: the live stream (`live.js`), the time bar (`parts/timebar.js`).
 */

import { computed, signal } from "@preact/signals";

import * as api from "../api.js";
import { now as serverNow } from "../clock.js";
import { headquarters, status } from "../state.js";
import { Decoder } from "../wire.js";
import { Store } from "./store.js";

/** Wall time between two fetches, so that scrubbing doesn't flood the server. */
const FETCH_MS_MIN = 120;
/** While playing, a picture is fetched this often; dead reckoning moves tracks between. */
const PLAY_FETCH_MS = 1000;
/** From here on a fetch is slow enough to say so. */
export const SLOW_MS = 1000;

export const RATES = /** @type {const} */ ([1, 10, 60]);

/**
 * @typedef {{base_ms: number, at: number, playing: boolean, rate: number}} Past `base_ms` was shown at `performance.now()` = `at`
 */
/** @type {import("@preact/signals").Signal<Past | null>} null is live */
export const past = signal(null);
export const isLive = computed(() => past.value === null);
/** @type {import("@preact/signals").Signal<number>} `performance.now()` since when a picture is awaited, 0 for none */
export const awaitedSince = signal(0);
/** @type {import("@preact/signals").Signal<string>} error code of the last fetch, "" when it went well */
export const problem = signal("");

/** The live picture, and the last fetched past one. */
export const liveStore = new Store();
const pastStore = new Store();
/** Grow with each frame and each past picture taken in. */
export const liveFrames = signal(0);
export const pastPictures = signal(0);

/** The picture on the page. */
export const store = () => (past.peek() ? pastStore : liveStore);

/** The moment shown. */
export function moment() {
  const shown = past.peek();
  if (!shown) return serverNow();
  return shown.base_ms + (shown.playing ? (performance.now() - shown.at) * shown.rate : 0);
}

/** Oldest moment that can be shown; null where nothing was recorded. */
export const oldest = computed(() => status.value?.history.oldest_ms ?? headquarters.value?.history.oldest_ms ?? null);

export function goLive() {
  if (!past.value) return;
  past.value = null;
  wanted = null;
  awaitedSince.value = 0;
  problem.value = "";
  pastStore.clear();
}

/**
 * Show a past moment; at or after now is live.
 * @param {number} t_ms
 */
export function goTo(t_ms) {
  const now = serverNow();
  if (t_ms >= now - 500) return goLive();
  const base_ms = Math.max(t_ms, oldest.value ?? t_ms);
  const { playing, rate } = past.value ?? { playing: false, rate: 1 };
  past.value = { base_ms, at: performance.now(), playing, rate };
  want(base_ms);
}

/** @param {number} by_ms */
export const step = (by_ms) => goTo(moment() + by_ms);

/** @param {boolean} playing @param {number} [rate] */
export function play(playing, rate) {
  const base_ms = past.value ? moment() : serverNow() - 60_000;
  past.value = { base_ms, at: performance.now(), playing, rate: rate ?? past.value?.rate ?? 1 };
  want(base_ms);
}

setInterval(() => {
  if (!past.value?.playing) return;
  const at = moment();
  if (at >= serverNow() - 500) goLive();
  else want(at);
}, PLAY_FETCH_MS);

/** @type {number | null} */
let wanted = null;
let fetching = false;

/** @param {number} t_ms */
function want(t_ms) {
  wanted = t_ms;
  if (!awaitedSince.value) awaitedSince.value = performance.now();
  if (!fetching) void fetchWanted();
}

async function fetchWanted() {
  fetching = true;
  while (wanted !== null) {
    const t_ms = wanted;
    wanted = null;
    const started = performance.now();
    try {
      const frame = await new Decoder().decode(await api.pictureAt(t_ms));
      if (past.value) {
        pastStore.apply(frame, t_ms);
        pastPictures.value++;
      }
      problem.value = "";
    } catch (error) {
      if (past.value) problem.value = error instanceof api.Refusal ? error.code : "internal";
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, FETCH_MS_MIN - (performance.now() - started))));
  }
  fetching = false;
  awaitedSince.value = 0;
}
