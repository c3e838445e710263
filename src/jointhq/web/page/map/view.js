/**
 * Which tracks are in view, and where on the screen.
 *
 * Owns: the cull: from the store's columns to flat lists of slot and pixel, every visible copy of the world included.
 * Doesn't own: drawing.
 */

import { ABSENT, BLEND_MS, CLIENT, UNIT } from "../picture/store.js";

/** Symbols reach this far from their place: a track that much outside still shows. CSS pixels. */
const MARGIN = 40;

/** More clients' tracks than this become dots like all others. */
const CLIENTS_MAX = 600;

/** A growing list of tracks in view. */
export class InView {
  n = 0;
  slot = new Uint32Array(4096);
  x = new Float32Array(4096);
  y = new Float32Array(4096);

  /** @param {number} slot @param {number} x @param {number} y */
  push(slot, x, y) {
    if (this.n === this.slot.length) this.#grow();
    this.slot[this.n] = slot;
    this.x[this.n] = x;
    this.y[this.n++] = y;
  }

  #grow() {
    const [slot, x, y] = [this.slot, this.x, this.y];
    this.slot = new Uint32Array(this.n * 2);
    this.x = new Float32Array(this.n * 2);
    this.y = new Float32Array(this.n * 2);
    this.slot.set(slot);
    this.x.set(x);
    this.y.set(y);
  }
}

/**
 * Fill `marks` with what is always a symbol and `others` with the rest.
 * @param {import("../picture/store.js").Store} store
 * @param {import("./camera.js").Camera} camera
 * @param {InView} marks
 * @param {InView} others
 * @param {number} now_ms
 * @returns {{speed: number, blend: number}} of those in view: the fastest, CSS pixels a second; the furthest still to blend, CSS pixels
 */
export function cull(store, camera, marks, others, now_ms) {
  marks.n = others.n = 0;
  const { state, hidden, always, x, y, vx, vy, offX, offY, offAt, end } = store;
  const since = now_ms - BLEND_MS;
  const { world, width, height, centreX, centreY, left, top } = camera;
  const least = store.clients <= CLIENTS_MAX ? CLIENT : UNIT;
  let fastest = 0;
  let furthest = 0;
  for (let i = 0; i < end; i++) {
    if (state[i] === ABSENT || hidden[i]) continue;
    const py = top + (y[i] - centreY) * world;
    if (!(py > -MARGIN && py < height + MARGIN)) continue;
    const dx = x[i] - centreX;
    let px = left + (dx - Math.round(dx)) * world;
    px -= Math.floor((px + MARGIN) / world) * world; // the leftmost copy that is not left of the view
    for (; px < width + MARGIN; px += world) (always[i] >= least ? marks : others).push(i, px, py);
    const speed = Math.abs(vx[i]) + Math.abs(vy[i]);
    if (speed > fastest) fastest = speed;
    if (offAt[i] > since) furthest = Math.max(furthest, Math.abs(offX[i]) + Math.abs(offY[i]));
  }
  return { speed: fastest * world * 1000, blend: furthest * world };
}
