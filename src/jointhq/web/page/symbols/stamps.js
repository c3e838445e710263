/**
 * Dots: what a track is drawn as when too many are in view for symbols.
 *
 * Owns: which pixels a dot is made of. Shape follows the 2525 frames, so that affiliation shows without colour: friend
 * a bar, hostile a diamond, neutral a square, unknown a cross, other a point. Stale ones are hollow. Doesn't own:
 * which tracks, and where.
 */

import { palette } from "./palette.js";

/** `#` colour, `o` colour only while live (what makes stale hollow), `.` rim, space nothing; by affiliation. */
const SHAPES = [
  [".......", ".#####.", ".#ooo#.", ".#####.", "......."],
  ["   .   ", "  .#.  ", " .#o#. ", ".#ooo#.", " .#o#. ", "  .#.  ", "   .   "],
  [".....", ".###.", ".#o#.", ".###.", "....."],
  [" ... ", "..#..", ".#o#.", "..#..", " ... "],
  ["...", ".#.", "..."],
];

/** No dot reaches further from its centre, in a shape's pixels. */
export const REACH = 4;

/**
 * @typedef {{offset: Int32Array, colour: Uint32Array}} Stamp pixels from the centre (dy * width + dx), and what each becomes
 */

/** As it lies in an ImageData: little-endian RGBA. @param {string} hex @param {number} alpha */
function pixel(hex, alpha) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

/**
 * Stamps by affiliation, live ones then stale ones.
 * @param {"dark" | "light"} theme
 * @param {number} scale whole device pixels for one of a shape's
 * @param {number} width of the ImageData
 * @returns {Stamp[]}
 */
export function stamps(theme, scale, width) {
  const colours = palette[theme];
  const rim = pixel(theme === "dark" ? "#05080c" : "#ffffff", 200);
  return [false, true].flatMap((stale) =>
    SHAPES.map((rows, affiliation) => {
      const colour = pixel(stale ? colours.stale : colours.dots[affiliation], 255);
      /** @type {[number, number][]} */
      const found = [];
      rows.forEach((row, y) => {
        [...row].forEach((mark, x) => {
          if (mark === " ") return;
          const becomes = mark === "#" || (mark === "o" && !stale) ? colour : rim;
          const left = Math.round((x - row.length / 2) * scale);
          const top = Math.round((y - rows.length / 2) * scale);
          for (let i = 0; i < scale * scale; i++) {
            found.push([(top + Math.floor(i / scale)) * width + left + (i % scale), becomes]);
          }
        });
      });
      return { offset: Int32Array.from(found, ([o]) => o), colour: Uint32Array.from(found, ([, c]) => c) };
    }),
  );
}
