/**
 * Figures about the page's own work, for `bench/` and for a person in the console: `window.jointhq.stats`.
 *
 * Owns: frame times, frames taken in, time from a message's arrival to its pixels. Doesn't own: anything a user sees.
 */

/** Frame times kept. */
const KEPT = 600;

class Stats {
  /** @type {number[]} ms each drawing took, the newest last */
  draw_ms = [];
  /** @type {number[]} ms between two drawings, the newest last */
  interval_ms = [];
  frames_taken = 0;
  bytes_taken = 0;
  moved_last = 0;
  moved_total = 0;
  tracks = 0;
  in_view = 0;
  dots = false;
  /** From a frame's arrival to the end of the drawing that shows it. */
  update_to_pixel_ms = NaN;
  /** From the server's tick to the same, by this machine's clock: only true where both run on one machine. */
  tick_to_pixel_ms = NaN;
  /** Draw at every animation frame, moved or not; for measuring. */
  every_frame = false;

  #arrived = NaN;
  #ticked = NaN;
  #drawnAt = NaN;

  /** @param {import("../types.js").Frame} frame @param {number} size @param {number} arrived */
  took(frame, size, arrived) {
    this.frames_taken++;
    this.bytes_taken += size;
    this.moved_last = frame.slots.length;
    this.moved_total += frame.slots.length;
    if (Number.isNaN(this.#arrived)) {
      this.#arrived = arrived;
      this.#ticked = frame.at_ms;
    }
  }

  /** @param {number} started @param {{tracks: number, inView: number, dots: boolean}} what */
  drew(started, what) {
    const ended = performance.now();
    push(this.draw_ms, ended - started);
    if (!Number.isNaN(this.#drawnAt)) push(this.interval_ms, started - this.#drawnAt);
    this.#drawnAt = started;
    this.tracks = what.tracks;
    this.in_view = what.inView;
    this.dots = what.dots;
    if (Number.isNaN(this.#arrived)) return;
    this.update_to_pixel_ms = ended - this.#arrived;
    this.tick_to_pixel_ms = Date.now() - this.#ticked;
    this.#arrived = NaN;
  }

  /** Draw at every animation frame for a while and tell how it went. @param {number} seconds */
  async measure(seconds) {
    this.every_frame = true;
    this.draw_ms.length = this.interval_ms.length = 0;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    this.every_frame = false;
    const of = (/** @type {number[]} */ list, /** @type {number} */ share) => {
      const sorted = [...list].sort((a, b) => a - b);
      return sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
    };
    const mean = this.interval_ms.reduce((sum, ms) => sum + ms, 0) / this.interval_ms.length;
    return {
      fps: 1000 / mean,
      interval_p50_ms: of(this.interval_ms, 0.5),
      interval_p99_ms: of(this.interval_ms, 0.99),
      draw_p50_ms: of(this.draw_ms, 0.5),
      draw_p99_ms: of(this.draw_ms, 0.99),
      in_view: this.in_view,
      dots: this.dots,
      update_to_pixel_ms: this.update_to_pixel_ms,
    };
  }
}

/** @param {number[]} list @param {number} value */
function push(list, value) {
  list.push(value);
  if (list.length > KEPT) list.shift();
}

export const stats = new Stats();
