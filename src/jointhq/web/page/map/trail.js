/**
 * Where the selected track has been.
 *
 * Owns: fetching the path of the last minutes, adding live reports to it, drawing it with time ticks. Doesn't own: who
 * is selected (`state.js`).
 */

import { effect } from "@preact/signals";

import * as api from "../api.js";
import { clockText } from "../format.js";
import { liveStore, moment, past, pastPictures } from "../picture/moment.js";
import { pathMinutes, say, selected } from "../state.js";
import { t } from "../words.js";
import { mercatorX, mercatorY } from "./place.js";

/** While the path is shown, it is fetched anew this often, for what a lost connection missed. */
const REFRESH_MS = 30_000;
/** A silence this long is drawn dashed: nobody knows the way between. */
const GAP_MS = 5 * 60_000;

/** @typedef {{t: number[], x: number[], y: number[]}} Trail `x` runs on over the date line instead of wrapping */

/** @type {Trail} */
let trail = { t: [], x: [], y: [] };
let fetched = "";

/** @type {(() => void)} told when there is something new to draw */
let changed = () => {};

/** @param {() => void} onChange */
export function watchTrail(onChange) {
  changed = onChange;
  effect(() => {
    void (selected.value + pathMinutes.value + (past.value?.base_ms ?? 0) + pastPictures.value);
    void refresh();
  });
  setInterval(() => void refresh(), REFRESH_MS);
}

/** @type {AbortController | null} */
let asking = null;

async function refresh() {
  const [uid, minutes] = [selected.peek(), pathMinutes.peek()];
  const wanted = `${uid} ${minutes} ${past.peek() ? "past" : "live"}`;
  if (wanted !== fetched) trail = { t: [], x: [], y: [] };
  fetched = wanted;
  changed();
  asking?.abort();
  if (!uid || !minutes) return;
  asking = new AbortController();
  const to = moment();
  try {
    const path = await api.path(uid, to - minutes * 60_000, to, asking.signal);
    trail = { t: path.t_ms, x: unwrapped(path.lon), y: path.lat.map(mercatorY) };
    if (path.truncated) say(t("path.truncated"));
    changed();
  } catch (error) {
    if (error instanceof api.Refusal) say(t("path.failed"));
  }
}

/** @param {number[]} lons */
function unwrapped(lons) {
  let before = NaN;
  return lons.map((lon) => {
    let x = mercatorX(lon);
    if (!Number.isNaN(before)) x += Math.round(before - x);
    return (before = x);
  });
}

/** Add the newest live report of the selected track. */
export function extendTrail() {
  const minutes = pathMinutes.peek();
  if (!minutes || past.peek()) return;
  const slot = liveStore.slotOf.get(selected.peek());
  if (slot === undefined || !trail.t.length) return;
  const last = trail.t.length - 1;
  const time = liveStore.time[slot];
  if (!(time > trail.t[last])) return;
  const x = liveStore.reportX[slot];
  trail.t.push(time);
  trail.x.push(x + Math.round(trail.x[last] - x));
  trail.y.push(liveStore.reportY[slot]);
  const oldest = moment() - minutes * 60_000;
  while (trail.t.length && trail.t[0] < oldest) [trail.t, trail.x, trail.y].forEach((column) => column.shift());
}

/**
 * @param {CanvasRenderingContext2D} g in CSS pixels
 * @param {import("./camera.js").Camera} camera
 * @param {import("../symbols/palette.js").Palette} colours
 */
export function drawTrail(g, camera, colours) {
  if (trail.t.length < 2) return;
  const from = camera.toX(trail.x[0]) - trail.x[0] * camera.world;
  for (const shift of camera.copies(Math.min(...trail.x), Math.max(...trail.x), from)) {
    const x = (/** @type {number} */ i) => trail.x[i] * camera.world + from + shift;
    const y = (/** @type {number} */ i) => camera.toY(trail.y[i]);
    strokeTrail(g, x, y, colours);
    drawTicks(g, x, y, colours);
  }
}

/**
 * @param {CanvasRenderingContext2D} g
 * @param {(i: number) => number} x
 * @param {(i: number) => number} y
 * @param {import("../symbols/palette.js").Palette} colours
 */
function strokeTrail(g, x, y, colours) {
  const solid = new Path2D();
  const dashed = new Path2D();
  for (let i = 1; i < trail.t.length; i++) {
    const line = trail.t[i] - trail.t[i - 1] > GAP_MS ? dashed : solid;
    line.moveTo(x(i - 1), y(i - 1));
    line.lineTo(x(i), y(i));
  }
  for (const [colour, width] of /** @type {const} */ ([
    [colours.halo, 5],
    [colours.path, 2],
  ])) {
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.setLineDash([]);
    g.stroke(solid);
    g.setLineDash([2, 5]);
    g.stroke(dashed);
  }
  g.setLineDash([]);
}

/**
 * Ticks at round times; fewer as the path grows longer, and none nearer than 46 px to the last.
 * @param {CanvasRenderingContext2D} g
 * @param {(i: number) => number} x
 * @param {(i: number) => number} y
 * @param {import("../symbols/palette.js").Palette} colours
 */
function drawTicks(g, x, y, colours) {
  const minutes = pathMinutes.peek();
  const every = (minutes <= 5 ? 1 : minutes <= 15 ? 5 : 10) * 60_000;
  g.font = "10.5px sans-serif";
  g.textBaseline = "middle";
  g.lineJoin = "round";
  let [lastX, lastY] = [NaN, NaN];
  for (let i = 1; i < trail.t.length; i++) {
    const tick = Math.floor(trail.t[i] / every);
    if (tick === Math.floor(trail.t[i - 1] / every) || trail.t[i] - trail.t[i - 1] > GAP_MS) continue;
    const share = (tick * every - trail.t[i - 1]) / (trail.t[i] - trail.t[i - 1]);
    const px = x(i - 1) + (x(i) - x(i - 1)) * share;
    const py = y(i - 1) + (y(i) - y(i - 1)) * share;
    if (Math.hypot(px - lastX, py - lastY) < 46) continue;
    [lastX, lastY] = [px, py];
    g.beginPath();
    g.arc(px, py, 3, 0, 7);
    g.fillStyle = colours.path;
    g.fill();
    const label = `${clockText(tick * every).slice(0, 5)}Z`;
    g.lineWidth = 3;
    g.strokeStyle = colours.halo;
    g.strokeText(label, px + 7, py);
    g.fillStyle = colours.text;
    g.fillText(label, px + 7, py);
  }
}
