/**
 * Small marks drawn on the overlay: a stack's count, the corners around a chosen track, the cross at a place.
 *
 * Owns: their strokes, in CSS pixels. Doesn't own: where they go (`overlay.js`).
 */

/** @typedef {import("./labels.js").Box} Box */
/** @typedef {import("../symbols/palette.js").Palette} Palette */

const CORNER = 7;
const BADGE_HEIGHT = 15;

/**
 * How many units a stack holds, at its symbol's upper right.
 * @param {CanvasRenderingContext2D} g
 * @param {Box & {count: number}} at
 * @param {Palette} colours
 * @returns {Box} what it covers
 */
export function drawBadge(g, at, colours) {
  const text = String(at.count);
  g.font = "700 10.5px sans-serif";
  const width = Math.max(16, g.measureText(text).width + 9);
  const [left, top] = [at.right - 7, at.top - 6];
  g.beginPath();
  g.roundRect(left, top, width, BADGE_HEIGHT, BADGE_HEIGHT / 2);
  g.fillStyle = colours.badge;
  g.fill();
  g.fillStyle = colours.badgeText;
  g.textAlign = "center";
  g.textBaseline = "middle";
  g.fillText(text, left + width / 2, top + 8);
  g.textAlign = "start";
  return { left, top, right: left + width, bottom: top + BADGE_HEIGHT };
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {Box} box
 * @param {number} width
 * @param {Palette} colours
 */
export function drawCorners(g, box, width, colours) {
  const [l, t, r, b] = [box.left - 5, box.top - 5, box.right + 5, box.bottom + 5];
  const corners = /** @type {const} */ ([
    [l, t, 1, 1],
    [r, t, -1, 1],
    [l, b, 1, -1],
    [r, b, -1, -1],
  ]);
  const line = new Path2D();
  for (const [x, y, sx, sy] of corners) {
    line.moveTo(x + CORNER * sx, y);
    line.lineTo(x, y);
    line.lineTo(x, y + CORNER * sy);
  }
  strokeTwice(g, line, width, colours.select, colours.halo);
}

/** @param {CanvasRenderingContext2D} g @param {number} x @param {number} y @param {Palette} colours */
export function drawCross(g, x, y, colours) {
  const line = new Path2D(`M${x - 12} ${y}h8M${x + 4} ${y}h8M${x} ${y - 12}v8M${x} ${y + 4}v8`);
  strokeTwice(g, line, 2, colours.path, colours.halo);
}

/**
 * A line that stands out from any ground.
 * @param {CanvasRenderingContext2D} g
 * @param {Path2D} line
 * @param {number} width
 * @param {string} colour
 * @param {string} halo
 */
function strokeTwice(g, line, width, colour, halo) {
  g.strokeStyle = halo;
  g.lineWidth = width + 2.5;
  g.stroke(line);
  g.strokeStyle = colour;
  g.lineWidth = width;
  g.stroke(line);
}
