/**
 * What binds units of two nations, as lines from tree to tree.
 *
 * Owns: which relations have a line, where it goes, its letters. Doesn't own: how a type looks (`lines.js`), the rows
 * (`shown.js`). A row's own chip says the same, and all where there is one tree (`row.js`).
 */

import { computed, signal } from "@preact/signals";
import { html } from "htm/preact";

import { arrowOf, shortType, Stroke } from "./lines.js";
import { chosen, structure } from "./moment.js";
import { ROW } from "./row.js";
import { columns, rows } from "./shown.js";

/** @typedef {import("./types.js").RelationRow} RelationRow */
/** @typedef {{x: number, end: number, top: number, height: number, scroll: number}} Box within both trees, CSS pixels */

/** More than this beside those of the chosen unit are noise. */
const CALM = 6;
/** Where the letters may stand on a line, as shares of it, and how near to each other. */
const PLACES = [0.5, 0.25, 0.75];
const APART_PX = 24;
/** So far from the edge of a tree ends what leads beyond it. */
const EDGE = 8;

/** Where each tree stands. @type {import("@preact/signals").Signal<Box[]>} */
const boxes = signal([]);

/** Tell where a tree stands and how far it is scrolled. @param {number} n @param {HTMLElement} tree */
export function stands(n, tree) {
  const { offsetLeft: x, offsetTop: top, offsetWidth, clientHeight: height, scrollTop: scroll } = tree;
  const now = { x, end: x + offsetWidth, top, height, scroll };
  const was = boxes.peek()[n];
  if (was && was.x === x && was.end === now.end && was.top === top && was.height === height && was.scroll === scroll) return;
  boxes.value = Object.assign([...boxes.peek()], { [n]: now });
}

const indices = computed(() => rows.value.map((column) => new Map(column.map((row, i) => [row.unit.id, i]))));

/** Relations that lead from tree to tree, between rows that exist. */
const crossing = computed(() => {
  const all = structure.value;
  const [left, right] = indices.value;
  /** @type {{bond: RelationRow, arrow: string, own: boolean, i: number, k: number}[]} */
  const found = [];
  if (!all || !left || !right) return found;
  for (const [from, i] of left) {
    for (const bond of all.across(from)) {
      const to = bond.superior === from ? bond.subordinate : bond.superior;
      const k = right.get(to);
      const own = chosen.value === from || chosen.value === to;
      if (k !== undefined) found.push({ bond, arrow: arrowOf(bond, from), own, i, k });
    }
  }
  return found;
});

/** Those with a row in view: the chosen unit's, and the others where they are few. */
const lines = computed(() => {
  const [left, right] = boxes.value;
  if (!left || !right || columns.value.length < 2) return [];
  const seen = crossing.value
    .map((one) => ({ ...one, from: end(left, one.i), to: end(right, one.k) }))
    .filter(({ from, to }) => !from.beyond || !to.beyond);
  const own = seen.filter((one) => one.own);
  return seen.length - own.length <= CALM ? seen : own;
});

/** Where a line ends at a tree: at its row, or at the edge beyond which the row is. @param {Box} box @param {number} i */
function end(box, i) {
  const y = (i + 0.5) * ROW - box.scroll;
  const beyond = y <= 0 ? -1 : y >= box.height ? 1 : 0;
  return { y: box.top + Math.max(EDGE, Math.min(box.height - EDGE, y)), beyond };
}

/** A dot at a row; where the row is beyond the edge, an arrow to it. @param {{x: number, y: number, beyond: number}} props */
const End = ({ x, y, beyond }) =>
  beyond
    ? html`<path d=${`M ${x - 4} ${y} h 8 l -4 ${6 * beyond} z`} />`
    : html`<circle cx=${x} cy=${y} r="3" />`;

export function Bonds() {
  const [left, right] = boxes.value;
  if (!crossing.value.length || !left || !right) return null;
  /** @type {number[]} */
  const taken = [];
  const drawn = lines.value.map(({ bond, arrow, own, from, to }) => {
    const [y, y2] = [from.y, to.y];
    const [x1, x2] = [left.end + 3, right.x - 3];
    const share = PLACES.find((one) => taken.every((other) => Math.abs(other - y - (y2 - y) * one) >= APART_PX)) ?? PLACES[0];
    const middle = y + (y2 - y) * share;
    taken.push(middle);
    const line = html`<g key=${bond.id} class=${own ? "own" : ""}>
      <${Stroke} type=${bond.type} x1=${x1} x2=${x2} y=${y} y2=${y2} />
      <${End} x=${x1} ...${from} /><${End} x=${x2} ...${to} /></g>`;
    const letters = html`<text key=${bond.id} class=${own ? "own" : ""} lang="en" x=${x1 + (x2 - x1) * share} y=${middle + 4}>${shortType(bond.type)} ${arrow}</text>`;
    return { line, letters };
  });
  return html`<svg class="bonds" aria-hidden="true"><g>${drawn.map((one) => one.line)}</g><g>${drawn.map((one) => one.letters)}</g></svg>`;
}
