/**
 * The structure as trees, a nation beside the other; of all rows only the visible ones exist.
 *
 * Owns: the trees, the keyboard in one. Doesn't own: which rows there are (`shown.js`), how one looks (`row.js`), the
 * lines from tree to tree (`bonds.js`), the unit chosen (`moment.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { number } from "../format.js";
import { here } from "../places.js";
import { nameOf, t } from "../words.js";
import { Bonds, stands } from "./bonds.js";
import { choose, chosen, structure } from "./moment.js";
import { ROW, UnitRowView } from "./row.js";
import { columns, found, nationText, open, rows } from "./shown.js";

/** @typedef {import("./model.js").Row} Row */

/** Rows drawn beyond the visible ones. */
const SPARE = 8;
/** Typing pauses for less within one word. */
const TYPING_MS = 900;
/** On paper there is no scrolling: all rows exist. */
const onPaper = signal(false);
const landscape = new CSSStyleSheet();
landscape.replaceSync("@page { size: A4 landscape; margin: 9mm; }");
addEventListener("beforeprint", () => {
  if (here.peek()?.name !== "structure") return;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, landscape];
  onPaper.value = true;
});
addEventListener("afterprint", () => {
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== landscape);
  onPaper.value = false;
});

/** The first that a search found. */
export function chooseFound() {
  const first = rows.peek().flat().find((row) => row.found);
  if (first) choose(first.unit.id);
  focusTree();
}
export const focusTree = () =>
  /** @type {HTMLElement | null} */ (
    document.querySelector(".tree:has([aria-selected=true])") ?? document.querySelector(".tree")
  )?.focus();

/** From the keyboard alone: into the tree, and to its first unit where none is chosen. */
export function enterTree() {
  const first = rows.peek()[0]?.[0];
  if (first && !chosen.peek()) choose(first.unit.id);
  focusTree();
}

export const Trees = () =>
  html`<div class="trees">${columns.value.map(
    ({ nations }, i) => html`<${Column} key=${nations[0] ?? i} n=${i} nations=${nations} rows=${rows.value[i]} />`,
  )}<${Bonds} /></div>`;

/** Rows drawn already: what is the same vnode is not looked at again. @type {WeakMap<Row, {top: number, current: boolean, drawn: any}>} */
const drawn = new WeakMap();

/** @param {Row} row @param {number} top @param {boolean} current */
function draw(row, top, current) {
  const known = drawn.get(row);
  if (known && known.top === top && known.current === current) return known.drawn;
  const made = html`<${UnitRowView} key=${row.unit.id} row=${row} top=${top} current=${current} />`;
  drawn.set(row, { top, current, drawn: made });
  return made;
}

/** @param {{n: number, nations: string[], rows: Row[]}} props */
function Column({ n, nations, rows }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const [{ top, height }, setSeen] = useState({ top: 0, height: 900 });
  const typed = useRef({ text: "", at: 0 });
  const [typing, setTyping] = useState("");
  const at = rows.findIndex((row) => row.unit.id === chosen.value);
  const see = () => {
    const box = ref.current;
    if (box) stands(n, box);
    // In whole rows: a scroll by less draws nothing anew.
    if (box) setSeen((was) => {
      const now = { top: Math.floor(box.scrollTop / ROW), height: box.clientHeight };
      return was.top === now.top && was.height === now.height ? was : now;
    });
  };
  useEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    const observer = new ResizeObserver(see);
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const box = ref.current;
    if (!box || at < 0) return;
    const over = box.scrollTop - at * ROW;
    const under = (at + 1) * ROW - box.scrollTop - box.clientHeight;
    if (Math.max(over, under) > 2 * ROW) box.scrollTop = at * ROW - box.clientHeight / 2;
    else if (over > 0) box.scrollTop -= over;
    else if (under > 0) box.scrollTop += under;
  }, [at, chosen.value]);
  const from = onPaper.value ? 0 : Math.max(0, top - SPARE);
  const to = onPaper.value ? rows.length : Math.min(rows.length, top + Math.ceil(height / ROW) + SPARE);

  /** @param {KeyboardEvent} event */
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[at];
    const page = Math.max(1, Math.floor(height / ROW) - 1);
    const by = /** @type {Record<string, number>} */ ({
      ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9,
    })[event.key];
    if (by) choose(rows[Math.max(0, Math.min(rows.length - 1, at < 0 && by === 1 ? 0 : at + by))]?.unit.id ?? "");
    else if (event.key === "ArrowRight" && row) {
      if (row.under && !row.open) open(row.unit.id, true);
      else if (row.open) choose(rows[at + 1].unit.id);
    } else if (event.key === "ArrowLeft" && row) {
      const parent = structure.value?.over.get(row.unit.id)?.parent;
      if (row.open && !found.value) open(row.unit.id, false);
      else if (parent) choose(parent);
    } else if (event.key === "Enter") /** @type {HTMLElement | null} */ (document.querySelector(".unit"))?.focus();
    else if (event.key === "Escape" && document.activeElement === ref.current) ref.current?.blur();
    else if (event.key === "*" && row) {
      for (const one of rows) if (one.depth === row.depth && one.under) open(one.unit.id, true);
    } else if (/^[\p{L}\p{N} .-]$/u.test(event.key) && (event.key !== " " || typed.current.text)) jump(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  /** To the next unit whose name begins with what is typed. @param {string} letter */
  const jump = (letter) => {
    const now = performance.now();
    const text = (now - typed.current.at < TYPING_MS ? typed.current.text : "") + letter.toLowerCase();
    typed.current = { text, at: now };
    setTyping(text);
    const start = text.length > 1 ? at : at + 1;
    for (let i = 0; i < rows.length; i++) {
      const { unit } = rows[(Math.max(0, start) + i) % rows.length];
      if ([nameOf(unit), unit.short, unit.name].some((name) => name.toLowerCase().startsWith(text))) {
        return choose(unit.id);
      }
    }
    return undefined;
  };
  useEffect(() => {
    if (!typing) return undefined;
    const timer = setTimeout(() => setTyping(""), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typing]);

  const label = nations.map(nationText).join(" · ");
  const units = columnUnits(nations);
  return html`<section class="column panel">
    <h2>${label}<span class="dim">${t("command.units", { n: number(units) })}</span>
      ${typing && html`<kbd class="typing">${typing}</kbd>`}</h2>
    <div class="tree" ref=${ref} tabindex="0" role="tree" aria-label=${label} onScroll=${see} onKeyDown=${onKeyDown}
        aria-activedescendant=${at >= 0 ? `unit-${rows[at].unit.id}` : undefined}>
      <div class="tree-all" role="presentation" style=${{ height: `${rows.length * ROW}px` }}>
        ${rows.slice(from, to).map((row, i) => draw(row, (from + i) * ROW, from + i === at))}
      </div>
    </div></section>`;
}

/** @param {string[]} nations */
function columnUnits(nations) {
  let n = 0;
  const all = structure.value;
  for (const unit of all?.units.values() ?? []) {
    const root = all?.units.get(all.above(unit.id).at(-1) ?? unit.id) ?? unit;
    if (nations.includes(root.nation)) n++;
  }
  return n;
}
