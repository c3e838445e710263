/**
 * Symbols, drawn once and kept.
 *
 * Owns: the picture of one meaning in one state and theme, as a canvas with its anchor. Doesn't own: where it goes
 * (`map/overlay.js`), dots (`stamps.js`). Stale is hollow, not only grey: seen in both themes and without colour.
 */

import ms from "milsymbol";

import { palette } from "./palette.js";

/** @typedef {import("./kinds.js").Meaning} Meaning */
/**
 * @typedef {{canvas: HTMLCanvasElement, width: number, height: number, anchorX: number, anchorY: number}} Glyph in CSS pixels
 */

/** Distinct symbols kept; a client can invent types without end. */
const KEPT_MAX = 600;

/** @type {Map<string, Glyph>} */
const kept = new Map();

/**
 * @param {Meaning} meaning
 * @param {boolean} stale
 * @param {"dark" | "light"} theme
 * @param {number} ratio device pixels in a CSS pixel
 * @param {number} size milsymbol's: a frame comes out about this high
 * @returns {Glyph}
 */
export function glyph(meaning, stale, theme, ratio, size) {
  const key = `${meaning.sidc || meaning.shape} ${stale} ${theme} ${ratio} ${size}`;
  let found = kept.get(key);
  if (!found) {
    if (kept.size >= KEPT_MAX) kept.clear();
    found = meaning.sidc ? symbol(meaning, stale, theme, ratio, size) : shape(meaning, stale, theme, ratio, size);
    kept.set(key, found);
  }
  return found;
}

/**
 * @param {Meaning} meaning
 * @param {boolean} stale
 * @param {"dark" | "light"} theme
 * @param {number} ratio
 * @param {number} size
 * @returns {Glyph}
 */
function symbol(meaning, stale, theme, ratio, size) {
  const colours = palette[theme];
  const drawn = new ms.Symbol(meaning.sidc, {
    size,
    civilianColor: false, // Colour says affiliation, as in the filters, and nothing else.
    colorMode: { ...colours.fill }, // milsymbol writes into what it is given.
    frameColor: { ...colours.frame },
    iconColor: { ...colours.icon },
    strokeWidth: 5,
    outlineWidth: 3,
    outlineColor: colours.halo,
    hqStaffLength: 40,
    infoColor: colours.text,
    infoBackground: "",
    ...(stale ? { fill: false, monoColor: colours.stale, outlineWidth: 5 } : {}),
  });
  const canvas = drawn.asCanvas(ratio);
  const { width, height } = drawn.getSize();
  const anchor = drawn.getAnchor();
  return { canvas, width, height, anchorX: anchor.x, anchorY: anchor.y };
}

/**
 * What 2525 has no symbol for here: a marker's pin, a drawing's corner, an emergency's triangle, a camera.
 * @param {Meaning} meaning @param {boolean} stale @param {"dark" | "light"} theme @param {number} ratio @param {number} size
 * @returns {Glyph}
 */
function shape(meaning, stale, theme, ratio, size) {
  const colours = palette[theme];
  const box = size + 6;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(box * ratio);
  const g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  g.scale((box * ratio) / 24, (box * ratio) / 24);
  g.lineJoin = "round";
  const line = new Path2D(SHAPES[meaning.shape] ?? SHAPES.marker);
  g.lineWidth = 5;
  g.strokeStyle = colours.halo;
  g.stroke(line);
  const colour = stale ? colours.stale : meaning.shape === "alert" ? colours.alert : colours.marker;
  if (!stale) {
    g.fillStyle = meaning.shape === "alert" ? colours.alertFill : colours.markerFill;
    g.fill(line);
  }
  g.lineWidth = 1.8;
  g.strokeStyle = colour;
  g.stroke(line);
  g.fillStyle = colour;
  if (meaning.shape === "alert") g.fill(new Path2D("M11 8.5h2v6h-2zM11 16h2v2h-2z"));
  const anchorY = meaning.shape === "marker" ? (22 / 24) * box : box / 2;
  return { canvas, width: box, height: box, anchorX: box / 2, anchorY };
}

const SHAPES = /** @type {Record<string, string>} */ ({
  marker: "M12 22C12 22 5 14.5 5 9a7 7 0 0 1 14 0C19 14.5 12 22 12 22ZM9.6 9a2.4 2.4 0 0 0 4.8 0a2.4 2.4 0 0 0-4.8 0Z",
  drawing: "M4 19L9 6L15 14L20 5",
  alert: "M12 3L22 20H2Z",
  video: "M3 7H14V17H3ZM14 11L21 7V17L14 13Z",
});
