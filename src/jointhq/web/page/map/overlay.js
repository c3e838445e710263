/**
 * The tracks, drawn over the map on a canvas of our own.
 *
 * Owns: when to draw, dots or symbols, what lies under the pointer. MapLibre never repaints for a track. Doesn't own:
 * the columns (`picture/store.js`), how a symbol looks (`symbols/`), where the camera is (`camera.js`).
 */

import { isLive, liveFrames, moment, past, pastPictures, store } from "../picture/moment.js";
import { labelAt } from "../picture/filter.js";
import { STALE } from "../picture/store.js";
import { stats } from "../picture/stats.js";
import { shortSpan } from "../format.js";
import { connection, hovered, marked, selected, shown, theme } from "../state.js";
import { glyph } from "../symbols/atlas.js";
import { palette } from "../symbols/palette.js";
import { REACH, stamps } from "../symbols/stamps.js";
import { language } from "../words.js";
import { Camera } from "./camera.js";
import { Labels } from "./labels.js";
import { drawBadge, drawCorners, drawCross } from "./pen.js";
import { mercatorX, mercatorY } from "./place.js";
import { seats } from "./stacks.js";
import { drawTrail } from "./trail.js";
import { cull, InView } from "./view.js";

/** Dots from this many in view on; symbols again below the second, so that it doesn't flicker between. */
const DOTS_FROM = 2_000;
const SYMBOLS_BELOW = 1_700;
/** milsymbol's sizes; the small one from so many in view on. Units and clients keep theirs. */
const SIZE = 19;
const SIZE_SMALL = 14;
const SMALL_FROM = 80;
/** Drawn again when the fastest has moved this far, CSS pixels... */
const STEP_PX = 0.34;
/** ...and at least this often, for what goes stale. */
const IDLE_MS = 500;
/** With the line lost, tracks run on for this long, then stand where they were last known to be. */
const RECKON_LOST_MS = 5_000;
/** Symbols without a known course or below this speed have no leader, m/s. */
const LEADER_SPEED = 0.5;
/** A leader shows a minute's way, within these CSS pixels. */
const LEADER_S = 60;
const LEADER_PX = [14, 46];
/** Under the pointer means this near, CSS pixels. */
const NEAR = 7;

/** @typedef {import("./labels.js").Box} Box */
/**
 * @typedef {Box & {slot: number, x: number, y: number, count: number, named: boolean}} Drawn
 *   `count`: units of the stack it stands for; `named`: room for its name is kept
 */

export class Overlay {
  /** @type {Drawn[]} symbols as drawn, the topmost last */
  #drawn = [];
  #marks = new InView();
  #others = new InView();
  #labels = new Labels();
  #dots = false;
  #dirty = true;
  #dueAt = 0;
  /** @type {Set<number>} slots of a stack that was opened */
  #opened = new Set();
  /** @type {{key: string, seats: Map<number, import("./stacks.js").Seat>}} */
  #seating = { key: "", seats: new Map() };
  /**
   * @type {{key: string, stamps: import("../symbols/stamps.js").Stamp[], image: ImageData, pixels: Uint32Array} | null}
   */
  #raster = null;
  #ratio = 1;

  /**
   * @param {import("maplibre-gl").Map} map
   * @param {HTMLCanvasElement} canvas
   */
  constructor(map, canvas) {
    this.map = map;
    this.canvas = canvas;
    this.g = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.camera = new Camera(map);
    /** @type {() => void} called after each drawing */
    this.onDrawn = () => {};
    new ResizeObserver(() => this.#resize()).observe(map.getContainer());
    this.#resize();
    map.on("render", () => this.#draw()); // In the map's own frame, so that both move as one.
    requestAnimationFrame(this.#loop);
  }

  /** Draw soon: something changed. */
  touch() {
    this.#dirty = true;
  }

  #resize() {
    const { clientWidth, clientHeight } = this.map.getContainer();
    this.#ratio = devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(clientWidth * this.#ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * this.#ratio));
    this.#dirty = true;
  }

  #loop = () => {
    requestAnimationFrame(this.#loop);
    if (this.#dirty || stats.every_frame || performance.now() >= this.#dueAt) this.#draw();
  };

  #draw() {
    const started = performance.now();
    this.#dirty = false;
    const picture = store();
    const now = moment();
    const link = connection.peek();
    const lost = isLive.peek() && link.phase !== "live";
    picture.advance(now, lost ? Math.min(now, link.since_ms + RECKON_LOST_MS) : now);
    this.camera = new Camera(this.map);
    const { speed, blend } = cull(picture, this.camera, this.#marks, this.#others, now);
    const inView = this.#marks.n + this.#others.n;
    this.#dots = this.#others.n > (this.#dots ? SYMBOLS_BELOW : DOTS_FROM);

    const { g } = this;
    this.#drawn.length = 0;
    g.setTransform(1, 0, 0, 1, 0, 0);
    if (this.#dots) this.#drawDots(picture);
    else g.clearRect(0, 0, this.canvas.width, this.canvas.height);
    g.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    drawTrail(g, this.camera, palette[theme.peek()]);
    this.#labels.begin(theme.peek(), this.#ratio);
    if (!this.#dots) this.#placeSymbols(picture, this.#others);
    this.#placeUnits(picture);
    this.#drawSymbols(picture, now);
    this.#drawPicked(picture);
    this.#drawMarked();

    const rate = past.peek()?.playing ? (past.peek()?.rate ?? 1) : past.peek() ? 0 : 1;
    this.#dueAt = started + (blend > STEP_PX ? 0 : Math.min(IDLE_MS, (STEP_PX / (speed * rate)) * 1000));
    stats.drew(started, { tracks: picture.count, inView, dots: this.#dots });
    const was = shown.peek();
    if (was.inView !== inView || was.dots !== this.#dots || was.tracks !== picture.count) {
      shown.value = { tracks: picture.count, inView, dots: this.#dots };
    }
    this.onDrawn();
  }

  /** @param {import("../picture/store.js").Store} picture */
  #drawDots(picture) {
    const { width, height } = this.canvas;
    const scale = Math.max(1, Math.round(this.#ratio));
    const key = `${theme.peek()} ${scale} ${width} ${height}`;
    if (this.#raster?.key !== key) {
      const image = new ImageData(width, height);
      const pixels = new Uint32Array(image.data.buffer);
      this.#raster = { key, stamps: stamps(theme.peek(), scale, width), image, pixels };
    }
    const { stamps: stamp, image, pixels } = this.#raster;
    pixels.fill(0);
    const reach = REACH * scale;
    const { n, slot, x, y } = this.#others;
    for (let k = 0; k < n; k++) {
      const left = (x[k] * this.#ratio) | 0;
      const top = (y[k] * this.#ratio) | 0;
      if (left < reach || top < reach || left >= width - reach || top >= height - reach) continue;
      const { offset, colour } = stamp[picture.affiliation[slot[k]] + (picture.state[slot[k]] === STALE ? 5 : 0)];
      const at = top * width + left;
      for (let i = 0; i < offset.length; i++) pixels[at + offset[i]] = colour[i];
    }
    this.g.putImageData(image, 0, 0);
  }

  /** @param {import("../picture/store.js").Store} picture @param {number} slot */
  #glyphOf(picture, slot) {
    const meaning = picture.meanings[slot];
    const size = picture.always[slot] || this.#others.n < SMALL_FROM ? SIZE : SIZE_SMALL;
    return meaning && glyph(meaning, picture.state[slot] === STALE, theme.peek(), this.#ratio, size);
  }

  /** @param {import("../picture/store.js").Store} picture @param {InView} list */
  #placeSymbols(picture, list) {
    for (let k = 0; k < list.n; k++) this.#place(picture, list.slot[k], list.x[k], list.y[k], 1, false);
  }

  /**
   * @param {import("../picture/store.js").Store} picture
   * @param {number} slot @param {number} x @param {number} y @param {number} count @param {boolean} named
   */
  #place(picture, slot, x, y, count, named) {
    const symbol = this.#glyphOf(picture, slot);
    if (!symbol) return;
    const left = x - symbol.anchorX;
    const top = y - symbol.anchorY;
    this.#drawn.push({ slot, x, y, left, top, right: left + symbol.width, bottom: top + symbol.height, count, named });
  }

  /**
   * Units stack where they share a place; clients are drawn where they are.
   * @param {import("../picture/store.js").Store} picture
   */
  #placeUnits(picture) {
    const seating = this.#seat(picture);
    const { n, slot, x, y } = this.#marks;
    const g = this.g;
    g.strokeStyle = g.fillStyle = palette[theme.peek()].leader;
    g.lineWidth = 1;
    for (let k = 0; k < n; k++) {
      const seat = seating.get(slot[k]);
      if (!seat) this.#place(picture, slot[k], x[k], y[k], 1, false);
      else if (seat.leader === slot[k]) {
        const [px, py] = [x[k] + seat.dx, y[k] + seat.dy];
        if (seat.spread) {
          g.beginPath();
          g.moveTo(x[k], y[k]);
          g.lineTo(px, py);
          g.stroke();
          g.fillRect(x[k] - 2, y[k] - 2, 4, 4);
        }
        this.#place(picture, slot[k], px, py, seat.count, seat.spread);
      }
    }
  }

  /** @param {import("../picture/store.js").Store} picture */
  #seat(picture) {
    const zoom = Math.round(this.camera.zoom * 8) / 8;
    const { revision, hidesRevision } = picture;
    const shownAs = [isLive.peek(), selected.peek(), language.peek(), theme.peek()];
    const key = [zoom, revision, hidesRevision, ...shownAs, ...this.#opened].join(" ");
    if (this.#seating.key === key) return this.#seating.seats;
    const units = [];
    const source = picture.sources.indexOf("units");
    for (let slot = 0; slot < picture.end && source >= 0; slot++) {
      if (!picture.state[slot] || picture.hidden[slot] || picture.source[slot] !== source) continue;
      const symbol = this.#glyphOf(picture, slot);
      if (!symbol) continue;
      const width = symbol.width + this.#labels.width(labelAt(picture, slot));
      units.push({
        slot,
        x: picture.x[slot],
        y: picture.y[slot],
        rank: picture.cards[slot]?.u === selected.peek() ? Infinity : (picture.meanings[slot]?.echelon ?? 0),
        width,
        height: symbol.height,
        middleX: width / 2 - symbol.anchorX,
        middleY: symbol.height / 2 - symbol.anchorY,
      });
    }
    this.#seating = { key, seats: seats(units, zoom, 512 * 2 ** zoom, this.#opened) };
    return this.#seating.seats;
  }

  /** @param {import("../picture/store.js").Store} picture @param {number} now */
  #drawSymbols(picture, now) {
    const { g } = this;
    const colours = palette[theme.peek()];
    const drawn = this.#drawn;
    if (!this.#dots) this.#drawLeaders(picture, colours);
    for (const at of drawn) {
      const symbol = this.#glyphOf(picture, at.slot);
      if (!symbol) continue;
      g.drawImage(symbol.canvas, at.left, at.top, symbol.width, symbol.height);
      this.#labels.take(at);
    }
    for (const at of drawn) if (at.count > 1) this.#labels.take(drawBadge(g, at, colours));
    const picked = [selected.peek(), hovered.peek()].map((uid) => picture.slotOf.get(uid));
    for (let k = drawn.length - 1; k >= 0; k--) {
      const at = drawn[k];
      const stale = picture.state[at.slot] === STALE;
      const name = labelAt(picture, at.slot);
      const text = stale ? `${name} · ${shortSpan(now - picture.time[at.slot])}` : name;
      this.#labels.place(g, text, at, stale, at.named || picked.includes(at.slot));
    }
  }

  /** @param {import("../picture/store.js").Store} picture @param {import("../symbols/palette.js").Palette} colours */
  #drawLeaders(picture, colours) {
    const { g } = this;
    g.beginPath();
    for (const { slot, x, y } of this.#drawn) {
      if (!(picture.speed_ms[slot] >= LEADER_SPEED) || picture.state[slot] === STALE) continue;
      if (picture.meanings[slot]?.shape !== "symbol") continue; // A mark on the map goes nowhere, whatever it says.
      const [dx, dy] = [picture.vx[slot] * this.camera.world, picture.vy[slot] * this.camera.world];
      const way = Math.hypot(dx, dy);
      if (!way) continue;
      const length = Math.max(LEADER_PX[0], Math.min(LEADER_PX[1], way * LEADER_S * 1000)) + 8;
      g.moveTo(x, y);
      g.lineTo(x + (dx / way) * length, y + (dy / way) * length);
    }
    g.lineWidth = 1.5;
    g.strokeStyle = colours.leader;
    g.stroke();
  }

  /** @param {import("../picture/store.js").Store} picture */
  #drawPicked(picture) {
    const colours = palette[theme.peek()];
    for (const [uid, width] of /** @type {const} */ ([
      [hovered.peek(), 1],
      [selected.peek(), 2.5],
    ])) {
      const slot = uid ? picture.slotOf.get(uid) : undefined;
      if (slot === undefined) continue;
      for (const box of this.#boxesOf(slot)) drawCorners(this.g, box, width, colours);
    }
  }

  /**
   * Where a track is drawn, in every copy of the world.
   * @param {number} slot
   * @returns {{left: number, top: number, right: number, bottom: number}[]}
   */
  #boxesOf(slot) {
    const found = this.#drawn.filter((at) => at.slot === slot);
    if (found.length) return found;
    const leader = this.#seating.seats.get(slot)?.leader;
    const stack = this.#drawn.filter((at) => at.slot === leader && at.count > 1);
    if (stack.length) return stack;
    const boxes = [];
    for (const { n, slot: slots, x, y } of [this.#others, this.#marks]) {
      for (let k = 0; k < n; k++) {
        if (slots[k] === slot) boxes.push({ left: x[k] - 5, top: y[k] - 5, right: x[k] + 5, bottom: y[k] + 5 });
      }
    }
    return boxes;
  }

  /** A place that was searched for. */
  #drawMarked() {
    const place = marked.peek();
    if (!place) return;
    const { camera } = this;
    const mx = mercatorX(place.lon);
    for (const shift of camera.copies(mx, mx, camera.toX(mx) - mx * camera.world)) {
      drawCross(this.g, camera.toX(mx) + shift, camera.toY(mercatorY(place.lat)), palette[theme.peek()]);
    }
  }

  /**
   * What lies at a pixel, the nearest first; a closed stack counts as all its units.
   * @param {number} x @param {number} y CSS pixels
   * @returns {{uids: string[], stack: boolean}}
   */
  at(x, y) {
    const picture = store();
    /** @type {{slot: number, far: number}[]} */
    const found = [];
    let stack = false;
    for (const at of this.#drawn) {
      if (x < at.left - 2 || x > at.right + 2 || y < at.top - 2 || y > at.bottom + 2) continue;
      const far = Math.hypot(x - (at.left + at.right) / 2, y - (at.top + at.bottom) / 2);
      found.push({ slot: at.slot, far });
      if (at.count < 2) continue;
      stack = true;
      for (const [slot, seat] of this.#seating.seats) {
        if (seat.leader === at.slot && slot !== at.slot) found.push({ slot, far: far + 0.01 });
      }
    }
    if (this.#dots) {
      const { n, slot, x: xs, y: ys } = this.#others;
      for (let k = 0; k < n; k++) {
        const far = Math.abs(xs[k] - x) + Math.abs(ys[k] - y);
        if (far <= NEAR) found.push({ slot: slot[k], far });
      }
    }
    found.sort((a, b) => a.far - b.far);
    const uids = new Set(found.map(({ slot }) => picture.cards[slot]?.u ?? ""));
    return { uids: [...uids].filter(Boolean), stack };
  }

  /** Open the stack of these units until the next click elsewhere. @param {string[]} uids */
  open(uids) {
    const picture = store();
    this.#opened = new Set(uids.map((uid) => picture.slotOf.get(uid) ?? -1));
    this.touch();
  }

  /** Where a track is drawn, nearest the middle of the view; null when it is out of view. @param {string} uid */
  placeOf(uid) {
    const slot = store().slotOf.get(uid);
    if (slot === undefined) return null;
    const boxes = this.#boxesOf(slot);
    const box = boxes.sort((a, b) => Math.abs(a.left - this.camera.left) - Math.abs(b.left - this.camera.left))[0];
    return box ? { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 } : null;
  }

  /** Draw whenever one of these changes. @returns {void} */
  subscribe() {
    for (const of of [selected, hovered, marked, theme, language, past, liveFrames, pastPictures, connection]) {
      of.subscribe(() => this.touch());
    }
  }
}
