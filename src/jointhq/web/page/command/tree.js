/**
 * The structure as trees, a nation beside the other; of all rows only the visible ones exist.
 *
 * Owns: drawing rows, opening and closing, the keyboard in a tree. Doesn't own: which rows there are (`model.js`), the
 * unit chosen (`moment.js`), how a relation looks (`lines.js`).
 */

import { computed, signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { number } from "../format.js";
import { Symbol2525 } from "../parts/icons.js";
import { Mark } from "../people/form.js";
import { here } from "../places.js";
import { me } from "../state.js";
import { meaningOf } from "../symbols/kinds.js";
import { has, language, nameOf, t } from "../words.js";
import { relationText, shortType, Stroke, typeText } from "./lines.js";
import { choose, chosen, structure } from "./moment.js";

/** @typedef {import("./model.js").Row} Row */
/** @typedef {import("./types.js").UnitRow} UnitRow */

/** Every row is this high, CSS pixels; the style sheet says the same. */
const ROW = 30;
/** Rows drawn beyond the visible ones. */
const SPARE = 8;
const STEP = 15;
const LINE = 26;
/** With so many units, trees begin open to the second level only. */
const MANY = 300;
const OPEN_DEPTH = 2;
/** Typing pauses for less within one word. */
const TYPING_MS = 900;
/** Two trees side by side need this. */
const WIDE_PX = 860;
/** Bonds named in a row, where it is wide and where it isn't; the panel has all. */
const BONDS = 2;
const BONDS_NARROW = 1;
const ROOMY_PX = 1800;

export const query = signal("");
/** What a person opened or closed; the rest is open or not by its depth. @type {import("@preact/signals").Signal<Map<string, boolean>>} */
const toggled = signal(new Map());
/** @type {import("@preact/signals").Signal<boolean | null>} all open or all closed; null: as they begin */
const all = signal(null);

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

const width = signal(innerWidth);
addEventListener("resize", () => (width.value = innerWidth));
const wide = computed(() => width.value >= WIDE_PX);
const bondsShown = computed(() => (width.value >= ROOMY_PX ? BONDS : BONDS_NARROW));

const found = computed(() => structure.value?.search(query.value) ?? null);
export const foundCount = computed(() => found.value?.size ?? null);

const columns = computed(() => {
  const all = structure.value;
  if (!all) return [];
  return all.columns(me.value?.nation ?? "", wide.value ? 2 : 1);
});
const depths = computed(() => {
  /** @type {Map<string, number>} */
  const known = new Map();
  const all = structure.value;
  for (const id of all?.units.keys() ?? []) known.set(id, all?.above(id).length ?? 0);
  return known;
});
/** @param {string} id */
const isOpen = (id) =>
  toggled.value.get(id) ??
  all.value ??
  ((structure.value?.units.size ?? 0) <= MANY || (depths.value.get(id) ?? 0) < OPEN_DEPTH);
const rows = computed(() => columns.value.map(({ roots }) => structure.value?.rows(roots, isOpen, found.value) ?? []));

/** @param {string} id @param {boolean} open */
function open(id, open) {
  toggled.value = new Map(toggled.peek()).set(id, open);
}
/** @param {boolean} open */
export function openAll(open) {
  all.value = open;
  toggled.value = new Map();
}

/** Show the unit: open the way to it. @param {string} id */
export function reveal(id) {
  const closed = structure.peek()?.above(id).filter((one) => !isOpen(one)) ?? [];
  if (closed.length) toggled.value = new Map([...toggled.peek(), ...closed.map((one) => /** @type {const} */ ([one, true]))]);
  if (found.peek() && !found.peek()?.has(id)) query.value = "";
  choose(id);
}

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

/** @param {string} nation */
export const nationText = (nation) => (has(`fact.nation.${nation}`) ? t(`fact.nation.${nation}`) : nation);

export const Trees = () =>
  html`<div class="trees">${columns.value.map(
    ({ nations }, i) => html`<${Column} key=${nations[0] ?? i} nations=${nations} rows=${rows.value[i]} />`,
  )}</div>`;

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

/** @param {{nations: string[], rows: Row[]}} props */
function Column({ nations, rows }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const [{ top, height }, setSeen] = useState({ top: 0, height: 900 });
  const typed = useRef({ text: "", at: 0 });
  const [typing, setTyping] = useState("");
  const at = rows.findIndex((row) => row.unit.id === chosen.value);
  const see = () => {
    const box = ref.current;
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

/** @param {{row: Row, top: number, current: boolean}} props */
function UnitRowView({ row, top, current }) {
  const { unit, depth, type, under, open: isOpen, last } = row;
  const all = structure.value;
  if (!all) return null;
  const alarms = all.alarms.get(unit.id) ?? [];
  const bonds = all.across(unit.id);
  return html`<div class=${found.value && !row.found ? "unit-row way" : "unit-row"} role="treeitem" id=${`unit-${unit.id}`}
      aria-level=${depth + 1} aria-expanded=${under ? isOpen : undefined} aria-selected=${current}
      aria-label=${`${nameOf(unit)}${type ? `, ${typeText(type)}` : ""}`}
      style=${{ transform: `translateY(${top}px)` }} onClick=${() => choose(unit.id)}>
    <${Rails} depth=${depth} rails=${row.rails} last=${last} type=${type} />
    ${type && html`<span class="type" lang="en" title=${typeText(type)}>${shortType(type)}</span>`}
    <button class="twist" tabindex="-1" aria-hidden="true" disabled=${!under} onClick=${(/** @type {Event} */ event) => {
      event.stopPropagation();
      open(unit.id, !isOpen);
    }}>${under ? (isOpen ? "▾" : "▸") : ""}</button>
    <${Symbol2525} meaning=${meaningOf("a-f-G-U", unit.sidc)} stale=${false} box=${26} size=${15} />
    <span class="unit-text"><span class="unit-name"><${Mark} mark=${unit.mark} />${nameOf(unit)}</span>
      ${under > 0 && !isOpen && html` <span class="dim">+${under}</span>`}
      ${" "}<span class="place dim">${(language.value === "ja" && unit.place_ja) || unit.place}</span></span>
    ${alarms.length > 0 && html`<span class="alarm" title=${alarms.map(alarmText).join("\n")}>▲${alarms.length > 1 ? alarms.length : ""}</span>`}
    ${bonds.slice(0, bondsShown.value).map((bond) => html`<${Bond} key=${bond.id} bond=${bond} of=${unit.id} />`)}
    ${bonds.length > bondsShown.value && html`<span class="bond-more dim">+${bonds.length - bondsShown.value}</span>`}
    <span class="strength">${strengthShort(unit)}</span>
  </div>`;
}

/** The lines left of a row: ancestors that go on, and the relation to whom it stands under. */
const Rails = (/** @type {{depth: number, rails: number, last: boolean, type: string}} */ { depth, rails, last, type }) => {
  if (!depth) return null;
  const width = depth * STEP + LINE;
  const x = depth * STEP - 4;
  const past = [];
  for (let d = 1; d < depth; d++) if (rails & (1 << d)) past.push(d * STEP - 4);
  return html`<svg class="rails" width=${width} height=${ROW} aria-hidden="true">
    ${past.map((at) => html`<line key=${at} x1=${at} x2=${at} y1="0" y2=${ROW} />`)}
    <line x1=${x} x2=${x} y1="0" y2=${last ? ROW / 2 : ROW} />
    <${Stroke} type=${type} x1=${x} x2=${width} y=${ROW / 2} /></svg>`;
};

/** @param {{bond: import("./types.js").RelationRow, of: string}} props */
function Bond({ bond, of }) {
  const other = structure.value?.units.get(bond.superior === of ? bond.subordinate : bond.superior);
  if (!other) return null;
  // An arrow leads from who gives support or guidance to who gets it.
  const arrow = bond.type === "SUPPORT" ? (bond.superior === of ? "←" : "→") : "↔";
  return html`<button class="bond" tabindex="-1" title=${`${relationText(bond)}: ${nameOf(other)}`}
    onClick=${(/** @type {Event} */ event) => {
      event.stopPropagation();
      reveal(other.id);
    }}><b lang="en">${shortType(bond.type)} ${arrow}</b><span>${other.short || nameOf(other)}</span></button>`;
}

/** @param {import("./types.js").Alarm} alarm */
export function alarmText({ code, params }) {
  const reverts = structure.value?.units.get(params.reverts_to ?? "");
  if (code === "gap" && reverts) return t("alarm.gap_reverts", { reverts_to: nameOf(reverts) });
  return has(`alarm.${code}`) ? t(`alarm.${code}`, params) : code.replaceAll("_", " ");
}

/** Doubtful ones have a question mark. @param {UnitRow} unit */
function strengthShort({ strength }) {
  if (!strength) return "";
  const text = strength.number === null ? (language.value === "ja" && strength.text_ja) || strength.text : number(strength.number);
  return strength.doubtful && strength.number !== null ? `${text} ?` : text;
}
