/**
 * What the tables of the desk share: search, count, rows, the panel beside them, and what their forms offer.
 */

import { html } from "htm/preact";
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";

import { number } from "../format.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words.js";
import { Problem } from "./form.js";

/** What the forms of the desk offer. @type {import("preact").Context<import("../types.js").Choices | null>} */
export const Offered = createContext(/** @type {import("../types.js").Choices | null} */ (null));
export const useChoices = () => useContext(Offered);

/** Rows drawn; a directory of thousands is searched, not scrolled. */
const ROWS_MAX = 200;
/** Others change things too: what is shown is asked for again this often. */
const AGAIN_MS = 10_000;

/**
 * A table with its search and count above it.
 * @template T
 * @param {{asked: {value: T[] | null, refusal: any, again: () => Promise<void>}, textOf: (row: T) => string,
 *   head: string[], row: (row: T) => any, tools?: any, none: string}} props
 */
export function Table({ asked, textOf, head, row, tools, none }) {
  const [query, setQuery] = useState("");
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && void asked.again(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [asked.again]);
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const all = asked.value ?? [];
  const found = words.length
    ? all.filter((one) => words.every((word) => textOf(one).toLowerCase().includes(word)))
    : all;
  const rest = found.length - ROWS_MAX;
  return html`<div class="desk-table">
    <div class="desk-tools"><div class="search"><${Icon} name="search" />
        <input id="place-search" type="search" autocomplete="off" aria-label=${t("desk.search")}
          placeholder=${t("desk.search")}
          value=${query} onInput=${(/** @type {any} */ event) => setQuery(event.currentTarget.value)} /></div>
      <span class="dim" role="status">
        ${asked.value && t("desk.count", { n: number(found.length), total: number(all.length) })}</span>
      ${tools}</div>
    <${Problem} refusal=${asked.refusal} />
    ${
      found.length > 0
        ? html`<div class="desk-rows" tabindex="-1"><table><thead><tr>${head.map(
            (word) => html`<th key=${word}
          scope="col">${t(word)}</th>`,
          )}</tr></thead>
        <tbody>${found.slice(0, ROWS_MAX).map(row)}</tbody></table>
        ${rest > 0 && html`<p class="note">${t("desk.rest", { n: number(rest) })}</p>`}</div>`
        : asked.value && html`<p class="note desk-empty">${t(words.length ? "form.none_found" : none)}</p>`
    }
  </div>`;
}

/**
 * What is known of the chosen row, beside the table; on a phone over it.
 * @param {{title: any, onClose: () => void, children?: any}} props
 */
export function Side({ title, onClose, children }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    if (!ref.current?.contains(before)) ref.current?.focus();
    return () => before?.focus();
  }, []);
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(/** @type {HTMLElement} */ (event.target).tagName);
    if (event.key !== "Escape" || typing) return;
    event.stopPropagation();
    onClose();
  };
  return html`<aside class="panel desk-side" tabindex="-1" ref=${ref} onKeyDown=${onKeyDown}>
  <div class="desk-side-head"><h2>${title}</h2><button class="button icon-only" aria-label=${t("drawer.close")}
    title=${t("drawer.close")} onClick=${onClose}><${Icon} name="close" /></button></div>
  <div class="desk-side-body">${children}</div></aside>`;
}
