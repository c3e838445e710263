/**
 * What the page knows and shows, as signals.
 *
 * Owns: the state parts share: session, connection, selection, panels, filters, theme. Doesn't own: the tracks
 * themselves (`picture/store.js`: columns, not signals; 54,000 of them change), the moment shown
 * (`picture/moment.js`), the place shown (`places.js`).
 */

import { computed, effect, signal } from "@preact/signals";

import { nameOf } from "./words.js";

/** @template T @typedef {import("@preact/signals").Signal<T>} Signal */

/** @typedef {"checking" | "signed_out" | "signed_in"} Session */
/**
 * @typedef {object} Connection
 * @property {"connecting" | "live" | "waiting"} phase
 * @property {number} since_ms when this phase began; while not live, when the connection was lost
 * @property {number} retry_at when the next try starts, `performance.now()`
 * @property {number} lag_ms how late messages come, beyond the quickest seen
 */

/** @type {Signal<Session>} */
export const session = signal("checking");
/** @type {Signal<import("./types.js").SessionBody | null>} who is signed in, and as what */
export const me = signal(null);
/** @param {string} permission */
export const may = (permission) => me.value?.permissions.includes(permission) ?? false;
export const administers = computed(() => may("admin") || may("delegate"));
export const asksWhy = computed(() => may("admin") || may("release"));
/** @type {Signal<string>} why there is no session, an error code; "" when there was none to begin with */
export const signInProblem = signal("");

/** @type {Signal<import("./types.js").Headquarters | null>} */
export const headquarters = signal(null);
/** @type {Signal<import("./types.js").Status | null>} */
export const status = signal(null);
/**
 * Where each domain stands, by its name: a position for whoever sees it, said by the server when it changed.
 * @type {Signal<Record<string, number>>}
 */
export const heard = signal({});
/** @type {Signal<Connection>} */
export const connection = signal({ phase: "connecting", since_ms: 0, retry_at: 0, lag_ms: 0 });

/** Ticks once a second; what shows an age or a clock reads it. */
export const second = signal(0);

/** @type {Signal<string>} uid of the track in the card, "" for none */
export const selected = signal("");
/** @type {Signal<string>} uid under the pointer */
export const hovered = signal("");
/** How many lie there beside it, for the tip. */
export const hoveredMore = signal(0);
/** @type {Signal<boolean>} the map keeps the selected track in view */
export const following = signal(false);
/** @type {Signal<number>} minutes of the selected track's path shown, 0 for none */
export const pathMinutes = signal(0);
/** @type {Signal<{x: number, y: number, uids: string[]} | null>} several tracks at one place, to choose from */
export const choosing = signal(null);
/** @type {Signal<{lat: number, lon: number} | null>} a place that was searched for */
export const marked = signal(null);

/**
 * What hides tracks, on the map and in the list.
 * @type {Signal<ReadonlySet<string>>} of "affiliation:hostile", "domain:air", "source:ais"
 */
export const hiddenBy = signal(new Set());
export const query = signal("");
/** @typedef {"name" | "age" | "speed" | "distance"} Order */
/** @type {Signal<Order>} */
export const order = signal("name");
/** @type {Signal<{tracks: number, inView: number, dots: boolean}>} */
export const shown = signal({ tracks: 0, inView: 0, dots: false });

const NARROW = matchMedia("(max-width: 720px)");
export const narrow = signal(NARROW.matches);
NARROW.addEventListener("change", () => (narrow.value = NARROW.matches));

/** @typedef {"status" | "help" | "appointment" | "access" | "devices" | "zones"} DrawerName */
/** @type {Signal<"" | DrawerName>} the drawer that is open */
export const drawer = signal("");
/** Give the open drawer the keyboard, once it is there. */
export const focusDrawer = () =>
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector(".drawer-body"))?.focus());

export const listOpen = signal(!NARROW.matches);

/** @type {Signal<{text: string, id: number, undo?: () => Promise<unknown>}>} */
export const notice = signal({ text: "", id: 0 });
/**
 * Say something in passing, also to a screen reader; offer to undo it for as long as it is said.
 * @param {string} text
 * @param {() => Promise<unknown>} [undo]
 */
export function say(text, undo) {
  notice.value = { text, id: notice.value.id + 1, undo };
}

const KEPT_THEME = "jointhq.theme";
/** @type {Signal<"dark" | "light">} */
export const theme = signal(localStorage.getItem(KEPT_THEME) === "light" ? "light" : "dark");
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});
export function switchTheme() {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEPT_THEME, theme.value);
}

/** The highest label shown, as its banner mark; "" until the server has said it. */
export const banner = computed(() => status.value?.banner ?? headquarters.value?.banner ?? "");
/** Clients may come in without TLS: the server knows none of them. */
export const plainTcp = computed(() => headquarters.value?.tak?.some(({ transport }) => transport === "tcp") ?? false);

/** Names a person gave the sources, by id. */
export const sourceNames = computed(
  () => new Map(headquarters.value?.sources?.map((source) => [source.id, nameOf(source)])),
);
