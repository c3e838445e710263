/**
 * Names beside symbols, where there is room.
 *
 * Owns: drawing a name once and keeping it, and which names fit without covering each other. Doesn't own: what the
 * name is.
 */

import { palette } from "../symbols/palette.js";

/** Names kept as pictures; drawing text anew costs ten times a copy. */
const KEPT_MAX = 3_000;
/** Names drawn at once; more is noise, and 2,000 would take 20 ms. */
const SHOWN_MAX = 300;
const FONT_PX = 11.5;
const HEIGHT = 16;
const LENGTH_MAX = 26;
/** Size of a cell of the hash of taken space, CSS pixels. */
const CELL = 64;

const FAMILY =
  '"Inter","Segoe UI","Hiragino Sans","Noto Sans JP","Noto Sans CJK JP","Yu Gothic UI","IPAPGothic","Liberation Sans",sans-serif';

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

export class Labels {
  /** @type {Map<string, {canvas: HTMLCanvasElement, width: number}>} */
  #kept = new Map();
  /** @type {Map<number, Box[]>} */
  #taken = new Map();
  #shown = 0;
  #ratio = 1;
  /** @type {"dark" | "light"} */
  #theme = "dark";

  /** Forget what was placed; a new drawing begins. @param {"dark" | "light"} theme @param {number} ratio */
  begin(theme, ratio) {
    this.#taken.clear();
    this.#shown = 0;
    if (theme === this.#theme && ratio === this.#ratio) return;
    this.#theme = theme;
    this.#ratio = ratio;
    this.#kept.clear();
  }

  /** @param {Box} box */
  take(box) {
    for (const key of cells(box)) {
      const there = this.#taken.get(key);
      if (there) there.push(box);
      else this.#taken.set(key, [box]);
    }
  }

  /** @param {Box} box */
  #free(box) {
    for (const key of cells(box)) {
      for (const other of this.#taken.get(key) ?? []) {
        if (box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)
          return false;
      }
    }
    return true;
  }

  /**
   * Width a name will take, so that room can be kept for it.
   * @param {string} text @param {boolean} [dim]
   */
  width(text, dim = false) {
    return this.#picture(text, dim).width;
  }

  /**
   * Draw a name beside a symbol if it fits: right, left, below or above.
   * @param {CanvasRenderingContext2D} g in CSS pixels
   * @param {string} text
   * @param {Box} symbol
   * @param {boolean} dim a stale track's
   * @param {boolean} must draw it right of the symbol even over others
   */
  place(g, text, symbol, dim, must) {
    if (!must && this.#shown >= SHOWN_MAX) return;
    const { canvas, width } = this.#picture(text, dim);
    const middle = (symbol.top + symbol.bottom) / 2 - HEIGHT / 2;
    const centre = (symbol.left + symbol.right) / 2 - width / 2;
    const tries = [
      [symbol.right + 2, middle],
      [symbol.left - width - 2, middle],
      [centre, symbol.bottom],
      [centre, symbol.top - HEIGHT],
    ];
    for (const [left, top] of must ? tries.slice(0, 1) : tries) {
      const box = { left, top: top + 2, right: left + width, bottom: top + HEIGHT - 2 };
      if (!must && !this.#free(box)) continue;
      this.take(box);
      this.#shown++;
      g.drawImage(canvas, left, top, canvas.width / this.#ratio, canvas.height / this.#ratio);
      return;
    }
  }

  /** @param {string} text @param {boolean} dim */
  #picture(text, dim) {
    const key = `${dim} ${text}`;
    let found = this.#kept.get(key);
    if (found) return found;
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    const shown = [...text].length > LENGTH_MAX ? `${[...text].slice(0, LENGTH_MAX - 1).join("")}…` : text;
    const canvas = document.createElement("canvas");
    const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const font = `${dim ? "italic " : ""}500 ${FONT_PX}px ${FAMILY}`;
    g.font = font;
    const width = Math.ceil(g.measureText(shown).width) + 6;
    canvas.width = Math.ceil(width * this.#ratio);
    canvas.height = Math.ceil(HEIGHT * this.#ratio);
    g.scale(this.#ratio, this.#ratio);
    g.font = font;
    g.textBaseline = "middle";
    g.lineJoin = "round";
    g.lineWidth = 3;
    g.strokeStyle = palette[this.#theme].halo;
    g.strokeText(shown, 3, HEIGHT / 2 + 0.5);
    g.fillStyle = dim ? palette[this.#theme].textDim : palette[this.#theme].text;
    g.fillText(shown, 3, HEIGHT / 2 + 0.5);
    found = { canvas, width };
    this.#kept.set(key, found);
    return found;
  }
}

/** Cells a box touches, as one number each. @param {Box} box */
function cells(box) {
  const found = [];
  for (let y = Math.floor(box.top / CELL); y <= Math.floor(box.bottom / CELL); y++) {
    for (let x = Math.floor(box.left / CELL); x <= Math.floor(box.right / CELL); x++) found.push(y * 4096 + x);
  }
  return found;
}
