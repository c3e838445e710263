/**
 * The server's clock, as seen from here.
 *
 * Owns: what time it is at the server. The browser's own clock and zone are never shown or compared with: a
 * watch laptop may be minutes off. Doesn't own: zones and how a time is written (`format.js`).
 */

/** Two quartz clocks part by less than 0.1 ms a second; more is a step, which a snapshot resets. */
const DRIFT = 1e-4;

/** Server ms minus `performance.now()`, taken from the least delayed message; NaN before the first. */
let offset = NaN;
let heardAt = 0;

/**
 * Take the server's time from a message as it arrives.
 * @param {number} at_ms
 * @param {boolean} [afresh] forget what was known: another server process may have another clock
 * @returns {number} how much later than the least delayed message this one came, ms
 */
export function heard(at_ms, afresh = false) {
  const now = performance.now();
  const sample = at_ms - now;
  const known = offset - (now - heardAt) * DRIFT;
  offset = afresh || Number.isNaN(offset) ? sample : Math.max(sample, known);
  heardAt = now;
  return offset - sample;
}

/** The server's time now, ms UTC since 1970; this machine's until the server was heard. */
export function now() {
  return Number.isNaN(offset) ? Date.now() : performance.now() + offset;
}
