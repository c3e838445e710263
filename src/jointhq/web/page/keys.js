/**
 * The keyboard: which key does what, anywhere on the page. The help in `parts/drawer.js` lists the same keys.
 */

import { centreOn, goToTrack, goToView, zoomBy } from "./map/map.js";
import { cyclePath, toggleFollow } from "./parts/card.js";
import { moveSelection } from "./parts/list.js";
import { toggleDrawer } from "./parts/topbar.js";
import { writeEntry } from "./operations/entry.js";
import { menuOpen } from "./people/menu.js";
import { goLive, past, play, step } from "./picture/moment.js";
import { goTo, here, load, module, onPicture, placeKeys, places } from "./places.js";
import {
  asksWhy,
  choosing,
  drawer,
  listOpen,
  marked,
  me,
  selected,
  session,
  switchTheme,
} from "./state.js";
import { language, setLanguage } from "./words.js";

const MINUTE = 60_000;

/** @type {Record<string, () => void>} */
const KEYS = {
  f: toggleFollow,
  c: () => centreOn(selected.value),
  p: cyclePath,
  l: goLive,
  "[": () => step(-MINUTE),
  "]": () => step(MINUTE),
  "{": () => step(-10 * MINUTE),
  "}": () => step(10 * MINUTE),
  " ": () => play(!past.value?.playing),
  b: () => void (listOpen.value = !listOpen.value),
  "+": () => zoomBy(1),
  "-": () => zoomBy(-1),
  ArrowDown: () => moveSelection(1),
  ArrowUp: () => moveSelection(-1),
  Enter: () => selected.value && goToTrack(selected.value),
};

/** These work in every place. @type {Record<string, () => void>} */
const EVERYWHERE = {
  t: switchTheme,
  g: () => setLanguage(language.value === "en" ? "ja" : "en"),
  s: () => toggleDrawer("status"),
  "?": () => toggleDrawer("help"),
  e: writeEntry,
  m: () => void (menuOpen.value = !menuOpen.value),
  w: () => asksWhy.value && goTo("people", "why"),
  Escape: close,
};

/** Close what is open, the topmost first. */
function close() {
  if (choosing.value) choosing.value = null;
  else if (drawer.value) drawer.value = "";
  else if (!onPicture.value) placeKeys.value.Escape?.does();
  else if (marked.value) marked.value = null;
  else selected.value = "";
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (session.value !== "signed_in" || !me.value?.appointment) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const at = /** @type {HTMLElement} */ (event.target);
  if (at.closest("dialog")) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName)) {
    if (event.key === "Escape" && !event.isComposing) at.blur(); // It leaves the field, and nothing more.
    return;
  }
  if (/^(BUTTON|A)$/.test(at.tagName) && (event.key === " " || event.key === "Enter")) return;
  if (at.closest(".drawer-body") && event.key.startsWith("Arrow")) return; // They scroll.
  if (at.closest(".map") && /^(Arrow.*|[+=-])$/.test(event.key)) return; // They pan and zoom.
  if (event.key === "/") {
    event.preventDefault();
    if (onPicture.value) listOpen.value = true;
    const find = () =>
      /** @type {HTMLInputElement | null} */ (document.getElementById(onPicture.value ? "search" : "place-search"));
    if (find()) find()?.select(); // At once: the next key is typed already.
    else requestAnimationFrame(() => find()?.select());
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (onPicture.value && /^[1-9]$/.test(key)) return goToView(Number(key) - 1);
  const to = places.value.find((one) => one.key === key);
  if (to) return goTo(to.name);
  const place = here.value;
  if (!EVERYWHERE[key] && !onPicture.value && !module.value) {
    // Pressed ahead of a place that still loads: done once it is there, unless one has gone elsewhere by then.
    return void load().then(() => here.value === place && placeKeys.value[key]?.does());
  }
  const does = EVERYWHERE[key] ?? (onPicture.value ? KEYS[key] : placeKeys.value[key]?.does);
  if (!does) return;
  event.preventDefault();
  does();
}

export const listenForKeys = () => addEventListener("keydown", onKey);
