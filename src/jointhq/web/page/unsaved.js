/**
 * Work that isn't saved: whether there is any, and the question before it is left.
 *
 * Owns: that question, for closing, for Back, for another place and for a reload. Doesn't own: what is typed, or how it
 * is saved (each editor).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "./words.js";

/** Who has something that isn't saved. @type {Set<object>} */
const open = new Set();
/** Of those, who saved it or gave it up and is still shown: not asked about until something is typed again. @type {Set<object>} */
const done = new Set();
/** What outlasts a change of place, though not a reload. @type {Set<() => boolean>} */
const kept = new Set();
/**
 * What waits for the answer, and of whose work alone it is asked.
 * @type {import("@preact/signals").Signal<{does: () => void, of?: object} | null>}
 */
const asked = signal(null);

/**
 * An editor says whether it has what isn't saved; its place in the address, and the page, aren't left without a question.
 * @param {boolean} unsaved
 * @returns what leaves this editor alone: at once, or when asked
 */
export function useUnsaved(unsaved) {
  const me = useRef({}).current;
  if (!unsaved) forget(me);
  else if (!done.has(me)) open.add(me);
  useEffect(() => () => forget(me), []);
  return (/** @type {() => void} */ does) => leaving(does, me);
}

/** What is typed into a question isn't left without another, unless it was sent and taken. @param {{refusal: unknown}} task */
export function useTyped({ refusal }) {
  const [typed, setTyped] = useState(false);
  const [sent, setSent] = useState(false);
  const leave = useUnsaved(typed && (!sent || refusal !== null));
  return { leave, onInput: () => setTyped(true), onSent: () => setSent(true) };
}

/** @param {object} one */
function forget(one) {
  open.delete(one);
  done.delete(one);
}

/** What is saved now, or given up: nothing of it is asked about. */
export function settled() {
  for (const one of open) done.add(one);
  open.clear();
}
addEventListener("input", () => done.clear(), true);

/** A draft that stays while one looks elsewhere is asked about before a reload alone. @param {() => boolean} unsaved */
export const keptInPage = (unsaved) => void kept.add(unsaved);

/** The session is over, and its work with it. */
export function letGo() {
  open.clear();
  kept.clear();
}

/** Do it at once, or ask first where something isn't saved: of all work, or of one's. @param {() => void} does @param {object} [of] */
export function leaving(does, of) {
  if (of ? !open.has(of) : !open.size) return does();
  asked.value = { does, of };
}

addEventListener("beforeunload", (event) => {
  if (open.size || [...kept].some((unsaved) => unsaved())) event.preventDefault();
});

/** The question, while it is asked. */
export function Unsaved() {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const now = asked.value;
  useEffect(() => void (now && ref.current?.showModal()), [now]);
  if (!now) return null;
  const stay = () => void (asked.value = null);
  const leave = () => {
    stay();
    if (now.of) forget(now.of);
    else settled();
    now.does();
  };
  return html`<dialog class="ask panel" ref=${ref} aria-label=${t("unsaved.ask")}
      onCancel=${(/** @type {Event} */ event) => (event.preventDefault(), stay())}
      onKeyDown=${(/** @type {Event} */ event) => event.stopPropagation()}>
    <h2>${t("unsaved.ask")}</h2><p>${t("unsaved.hint")}</p>
    <div class="buttons"><button class="button strong" autofocus onClick=${stay}>${t("unsaved.stay")}</button>
      <button class="button" onClick=${leave}>${t("unsaved.leave")}</button></div></dialog>`;
}
