/**
 * The menu of whoever is signed in: who one is, as what, and what one can do about it.
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { Icon } from "../parts/icons.js";
import { goTo } from "../places.js";
import { asksWhy, drawer, focusDrawer, me } from "../state.js";
import { t } from "../words.js";
import { leave } from "./account.js";
import { personName, titleOf } from "./words.js";

export const menuOpen = signal(false);

/** @param {import("../state.js").DrawerName} name */
const open = (name) => () => {
  drawer.value = name;
  focusDrawer();
};

/** @returns {{word: string, icon: string, key_?: string, does: () => void}[]} */
function items() {
  return [
    ...(asksWhy.value ? [{ word: "menu.why", icon: "eye", key_: "w", does: () => goTo("people", "why") }] : []),
    { word: "menu.appointment", icon: "badge", does: open("appointment") },
    { word: "menu.access", icon: "key", does: open("access") },
    { word: "menu.devices", icon: "device", does: open("devices") },
    { word: "menu.zones", icon: "clock", does: open("zones") },
    { word: "session.sign_out", icon: "exit", does: () => void leave() },
  ];
}

export function Menu() {
  const my = me.value;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const isOpen = menuOpen.value;
  useEffect(() => {
    if (!isOpen) return undefined;
    /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector("[role=menuitem]"))?.focus();
    const away = (/** @type {Event} */ event) => {
      if (!box.current?.contains(/** @type {Node} */ (event.target))) menuOpen.value = false;
    };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [isOpen]);
  if (!my?.person) return null;
  const close = () => {
    menuOpen.value = false;
    /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector(".who"))?.focus();
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (!isOpen) return;
    const all = /** @type {HTMLElement[]} */ ([...(box.current?.querySelectorAll("[role=menuitem]") ?? [])]);
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = /** @type {Record<string, number>} */ ({ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 })[
      event.key
    ];
    if (event.key === "Escape") close();
    else if (event.key === "Tab") menuOpen.value = false;
    else if (to !== undefined) all.at(to % all.length)?.focus();
    if (event.key === "Tab") return;
    event.stopPropagation();
    if (event.key === "Escape" || to !== undefined) event.preventDefault();
  };
  const title = my.appointment ? titleOf(my.appointment) : t("me.no_appointment");
  return html`<div class="menu-box" ref=${box} onKeyDown=${onKeyDown}>
    <button class="button who" aria-haspopup="menu" aria-expanded=${isOpen}
      title=${`${personName(my.person)}, ${title} (m)`}
      aria-label=${t("menu.of", { name: personName(my.person), title })} onClick=${() => (menuOpen.value = !isOpen)}>
      <${Icon} name="person" /><span class="who-text"><b>${title}</b><small>${personName(my.person)}</small></span>
        </button>
    ${
      isOpen &&
      html`<div class="menu panel" role="menu" aria-label=${t("menu.title")}>
      <p><b>${personName(my.person)}</b><small>${title}</small></p>
      ${items().map(
        ({ word, icon, key_, does }) =>
          html`<button role="menuitem" key=${word} onClick=${() => {
            close();
            does();
          }}><${Icon} name=${icon} /><span>${t(word)}</span>${key_ && html`<kbd>${key_}</kbd>`}</button>`,
      )}</div>`
    }
  </div>`;
}
