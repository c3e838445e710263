/**
 * The tracks of one picture, as columns.
 *
 * Owns: what was last said of every track, by slot, and where each one is drawn at a moment: dead reckoning from its
 * last report, a short blend when a report corrects it, never past the moment it goes stale. Doesn't own: decoding
 * (`wire.js`), drawing (`map/overlay.js`).
 */

import { mercatorX, mercatorY, perMetre } from "../map/place.js";
import { meaningOf } from "../symbols/kinds.js";

/** @typedef {import("../types.js").Frame} Frame */
/** @typedef {import("../types.js").Card} Card */
/** @typedef {import("../symbols/kinds.js").Meaning} Meaning */

export const ABSENT = 0;
export const LIVE = 1;
export const STALE = 2;

export const CLIENT = 1;
export const UNIT = 2;

/** Longest dead reckoning: a vessel keeps its course about that long; aircraft go stale before. */
const RECKON_MS_MAX = 120_000;
/** A correction is taken up over this time... */
export const BLEND_MS = 400;
/** ...unless it is a jump: further than this from where the track was thought to be. About 2 km. */
const BLEND_MERCATOR_MAX = 6e-5;

export class Store {
  constructor() {
    /** Slots at or above are unused. */
    this.end = 0;
    this.count = 0;
    /** How many of them TAK clients report. */
    this.clients = 0;
    /** Grows when tracks come or go or a card changes: what is derived from the set is then derived anew. */
    this.revision = 0;
    /** @type {Map<string, number>} */
    this.slotOf = new Map();
    /** @type {(Card | undefined)[]} */
    this.cards = [];
    /** @type {(Meaning | undefined)[]} */
    this.meanings = [];
    /** @type {string[]} source ids, by the number in `source` */
    this.sources = [];
    /** Which affiliations, domains, sources are hidden, by number; written by `filter.js`. */
    this.hides = { affiliation: [false], domain: [false], source: [false] };
    this.hidesRevision = 0;
    /** @type {Set<number>} slots whose place is still being blended */
    this.blending = new Set();
    this.#allocate(1024);
  }

  /** @param {number} capacity */
  #allocate(capacity) {
    /**
     * @template {Float64Array | Float32Array | Uint8Array} T
     * @param {T | undefined} old
     * @param {T} fresh
     * @returns {T}
     */
    const grown = (old, fresh) => {
      if (old) fresh.set(/** @type {any} */ (old));
      return fresh;
    };
    /** Mercator place of the last report; then where it is drawn now. */
    this.reportX = grown(this.reportX, new Float64Array(capacity));
    this.reportY = grown(this.reportY, new Float64Array(capacity));
    this.x = grown(this.x, new Float64Array(capacity));
    this.y = grown(this.y, new Float64Array(capacity));
    /** Mercator units a millisecond. */
    this.vx = grown(this.vx, new Float64Array(capacity));
    this.vy = grown(this.vy, new Float64Array(capacity));
    this.time = grown(this.time, new Float64Array(capacity));
    this.stale = grown(this.stale, new Float64Array(capacity));
    this.lat = grown(this.lat, new Float64Array(capacity));
    this.lon = grown(this.lon, new Float64Array(capacity));
    this.alt_m = grown(this.alt_m, new Float32Array(capacity));
    this.course = grown(this.course, new Float32Array(capacity));
    this.speed_ms = grown(this.speed_ms, new Float32Array(capacity));
    /** How far the drawn place was from the reckoned one when the blend began, and when that was. */
    this.offX = grown(this.offX, new Float64Array(capacity));
    this.offY = grown(this.offY, new Float64Array(capacity));
    this.offAt = grown(this.offAt, new Float64Array(capacity));
    this.state = grown(this.state, new Uint8Array(capacity));
    this.affiliation = grown(this.affiliation, new Uint8Array(capacity));
    this.domain = grown(this.domain, new Uint8Array(capacity));
    this.source = grown(this.source, new Uint8Array(capacity));
    /** 1: a filter hides it. */
    this.hidden = grown(this.hidden, new Uint8Array(capacity));
    /** UNIT or CLIENT: drawn as a symbol however many tracks are in view. */
    this.always = grown(this.always, new Uint8Array(capacity));
  }

  /**
   * Take one frame: a snapshot replaces everything.
   * @param {Frame} frame
   * @param {number} now_ms
   */
  apply(frame, now_ms) {
    if (frame.kind === "snapshot") this.clear();
    this.#reserve(frame);
    for (const card of frame.cards) this.#setCard(card);
    const { slots } = frame;
    for (let k = 0; k < slots.length; k++) this.#report(slots[k], frame, k, now_ms);
    for (const slot of frame.ended) if (this.state[slot]) this.stale[slot] = Math.min(this.stale[slot], frame.at_ms);
    for (const slot of frame.gone) this.#remove(slot);
    if (frame.cards.length || frame.gone.length) this.revision++;
  }

  clear() {
    this.state.fill(ABSENT);
    this.cards.length = this.meanings.length = 0;
    this.slotOf.clear();
    this.blending.clear();
    this.end = this.count = this.clients = 0;
    this.always.fill(0);
    this.revision++;
  }

  /** @param {Frame} frame */
  #reserve(frame) {
    let top = this.end;
    for (const card of frame.cards) if (card.s >= top) top = card.s + 1;
    if (top > this.state.length) this.#allocate(Math.max(top, this.state.length * 2));
    this.end = top;
  }

  /** @param {Card} card */
  #setCard(card) {
    const slot = card.s;
    const before = this.cards[slot];
    if (before && before.u !== card.u) this.#remove(slot);
    if (before && this.always[slot] === CLIENT) this.clients--;
    if (!this.cards[slot]) {
      this.count++;
      this.state[slot] = LIVE;
      this.time[slot] = NaN; // No report yet: nothing to blend from, nothing to draw.
      this.x[slot] = this.y[slot] = NaN;
    }
    this.cards[slot] = card;
    this.slotOf.set(card.u, slot);
    const meaning = meaningOf(card.t, String(card.f?.sidc ?? ""));
    this.meanings[slot] = meaning;
    this.affiliation[slot] = meaning.affiliation;
    this.domain[slot] = meaning.domain;
    this.source[slot] = this.#sourceNumber(card.o);
    this.always[slot] = card.o === "units" ? UNIT : card.o === "tak" ? CLIENT : 0;
    if (this.always[slot] === CLIENT) this.clients++;
    this.hide(slot);
  }

  /** Hide a track or not, as the filters say. @param {number} slot */
  hide(slot) {
    const { affiliation, domain, source } = this.hides;
    const hidden = affiliation[this.affiliation[slot]] || domain[this.domain[slot]] || source[this.source[slot]];
    this.hidden[slot] = Number(hidden ?? false);
  }

  /** @param {string} id */
  #sourceNumber(id) {
    const known = this.sources.indexOf(id);
    return known >= 0 ? known : this.sources.push(id) - 1;
  }

  /**
   * @param {number} slot
   * @param {Frame} frame
   * @param {number} k row in the frame's columns
   * @param {number} now_ms
   */
  #report(slot, frame, k, now_ms) {
    const card = this.cards[slot];
    if (!card) return;
    const fresh = Number.isNaN(this.time[slot]);
    const lat = (this.lat[slot] = frame.lat[k]);
    this.lon[slot] = frame.lon[k];
    const x = (this.reportX[slot] = mercatorX(frame.lon[k]));
    const y = (this.reportY[slot] = mercatorY(lat));
    const time = (this.time[slot] = frame.time_ms[k]);
    this.stale[slot] = time + card.a * 1000;
    this.state[slot] = LIVE;
    this.alt_m[slot] = frame.alt_m[k];
    const course = (this.course[slot] = frame.course[k]);
    const speed = (this.speed_ms[slot] = frame.speed_ms[k]);
    const known = speed > 0 && course === course;
    const scale = known ? (speed / 1000) * perMetre(lat) : 0;
    this.vx[slot] = known ? Math.sin((course * Math.PI) / 180) * scale : 0;
    this.vy[slot] = known ? -Math.cos((course * Math.PI) / 180) * scale : 0;
    if (fresh) {
      this.x[slot] = x;
      this.y[slot] = y;
      return;
    }
    const ahead = Math.max(0, Math.min(now_ms - time, RECKON_MS_MAX));
    const offX = this.x[slot] - (x + this.vx[slot] * ahead);
    const offY = this.y[slot] - (y + this.vy[slot] * ahead);
    if (Math.abs(offX) + Math.abs(offY) < BLEND_MERCATOR_MAX) {
      this.offX[slot] = offX;
      this.offY[slot] = offY;
      this.offAt[slot] = now_ms;
      this.blending.add(slot);
    } else {
      this.offAt[slot] = 0;
      this.blending.delete(slot);
    }
  }

  /** @param {number} slot */
  #remove(slot) {
    const card = this.cards[slot];
    if (!card) return;
    if (this.slotOf.get(card.u) === slot) this.slotOf.delete(card.u);
    this.cards[slot] = this.meanings[slot] = undefined;
    this.state[slot] = ABSENT;
    if (this.always[slot] === CLIENT) this.clients--;
    this.always[slot] = 0;
    this.blending.delete(slot);
    this.count--;
  }

  /**
   * Bring every drawn place and state up to a moment.
   * @param {number} now_ms
   * @param {number} reckon_to_ms dead reckoning goes no further than this, though tracks still go stale by `now_ms`
   */
  advance(now_ms, reckon_to_ms) {
    const { state, time, stale, reportX, reportY, vx, vy, x, y } = this;
    for (let i = 0; i < this.end; i++) {
      if (state[i] === ABSENT) continue;
      const until = stale[i];
      state[i] = now_ms > until ? STALE : LIVE;
      let ahead = (reckon_to_ms < until ? reckon_to_ms : until) - time[i];
      if (ahead > RECKON_MS_MAX) ahead = RECKON_MS_MAX;
      if (!(ahead > 0)) ahead = 0;
      x[i] = reportX[i] + vx[i] * ahead;
      y[i] = reportY[i] + vy[i] * ahead;
    }
    for (const i of this.blending) {
      const left = 1 - (now_ms - this.offAt[i]) / BLEND_MS;
      if (left <= 0 || left > 1) this.blending.delete(i);
      else {
        x[i] += this.offX[i] * left * left;
        y[i] += this.offY[i] * left * left;
      }
    }
  }
}
