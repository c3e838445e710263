// @ts-check
/**
 * The frames of the picture, as `picture/wire.py` writes them: see there for the bytes.
 *
 * Owns: bytes -> typed arrays, and what the stream said last of every slot, since a delta says only what changed.
 * Doesn't own: the connection, drawing, what is stale by now.
 */

/**
 * What is known of a track beside where it is.
 * @typedef {object} Card
 * @property {number} s slot
 * @property {number} a stale after so many seconds from its time
 * @property {string} u uid
 * @property {string} c callsign, empty where it has none
 * @property {string} t CoT type
 * @property {string} o source id
 * @property {Record<string, string | number | boolean>} [f] facts: sidc, name_ja; for a unit, all of its own
 */

/**
 * One frame. All columns are indexed as `slots` is; NaN is unknown.
 * @typedef {object} Frame
 * @property {"snapshot" | "delta"} kind a snapshot is everything there is: forget what was before
 * @property {number} epoch the server's run; positions of two runs do not compare
 * @property {number} position where the stream is with this frame: ask for what comes after it
 * @property {number} at_ms the server's clock
 * @property {Card[]} cards new and changed
 * @property {Uint32Array} slots
 * @property {Float64Array} lat
 * @property {Float64Array} lon
 * @property {Float32Array} alt_m
 * @property {Float32Array} course
 * @property {Float32Array} speed_ms
 * @property {Float64Array} time_ms
 * @property {Uint32Array} gone slots no longer in use
 * @property {Uint32Array} ended slots made stale before their time; a later row of the slot makes it live again
 */

const VERSION = 1;
const HEADER_BYTES = 32;
const BODY_BYTES_MAX = 1 << 28; // 200,000 tracks with their cards come to 40 MB.
const SLOTS_MAX = 1 << 20;
const DEGREE_STEPS = 100000;
const ALT_FLOOR_M = -12000;
const SPEED_STEPS = 10;
const TIME_STEP_MS = 100;

/** These bytes are no frame, or not the one that comes next. After it only a snapshot can be decoded. */
export class WireError extends Error {
  /**
   * @param {"malformed" | "gap"} code gap: it is a delta, but not on what came before
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "WireError";
    this.code = code;
  }
}

/** Reads one stream of frames. Frames come out in the order they went in, however often `decode` is called at once. */
export class Decoder {
  #epoch = 0;
  #position = NaN; // NaN: only a snapshot will do
  #known = new Uint8Array(0);
  #told = [0, 0, 0, 0, 0].map(() => new Int32Array(0)); // lat, lon, alt, course, speed by slot, in steps
  /** @type {Promise<unknown>} */
  #before = Promise.resolve();

  /**
   * @param {ArrayBuffer} buffer one frame
   * @returns {Promise<Frame>}
   */
  decode(buffer) {
    const frame = this.#before.then(() => this.#decode(buffer));
    this.#before = frame.catch(() => { this.#position = NaN; });
    return frame;
  }

  /** @param {ArrayBuffer} buffer @returns {Promise<Frame>} */
  async #decode(buffer) {
    const { kind, epoch, position, at_ms } = readHeader(buffer);
    if (kind === "delta" && (epoch !== this.#epoch || position !== this.#position + 1)) {
      throw new WireError("gap", `delta ${epoch}/${position} does not follow ${this.#epoch}/${this.#position}`);
    }
    const reader = new Reader(await inflate(new Uint8Array(buffer, HEADER_BYTES)));
    const cards = reader.cards();
    const slots = reader.slots();
    const columns = this.#told.map(() => reader.column(slots.length));
    const age = reader.column(slots.length);
    const gone = reader.slots();
    const ended = reader.slots();
    reader.end();

    if (kind === "snapshot") {
      this.#known.fill(0);
      for (const told of this.#told) told.fill(0);
    }
    this.#makeRoom(slots, cards);
    for (const card of cards) this.#known[card.s] = 1;
    for (const slot of slots) {
      if (!this.#known[slot]) throw new WireError("malformed", `slot ${slot} has moved but has no card`);
    }
    this.#told.forEach((told, c) => {
      const column = columns[c];
      for (let i = 0; i < slots.length; i++) column[i] = told[slots[i]] += column[i];
    });
    for (const slot of gone) {
      if (slot >= this.#known.length) continue;
      this.#known[slot] = 0;
      for (const told of this.#told) told[slot] = 0;
    }
    this.#epoch = epoch;
    this.#position = position;

    const [lat, lon, alt, course, speed] = columns;
    const at = Math.floor(at_ms / TIME_STEP_MS);
    return {
      kind, epoch, position, at_ms, cards, slots, gone, ended,
      lat: Float64Array.from(lat, (v) => v / DEGREE_STEPS),
      lon: Float64Array.from(lon, (v) => v / DEGREE_STEPS),
      alt_m: Float32Array.from(alt, (v) => (v === 0 ? NaN : v - 1 + ALT_FLOOR_M)),
      course: Float32Array.from(course, (v) => (v === 0 ? NaN : v - 1)),
      speed_ms: Float32Array.from(speed, (v) => (v === 0 ? NaN : (v - 1) / SPEED_STEPS)),
      time_ms: Float64Array.from(age, (v) => (at - v) * TIME_STEP_MS),
    };
  }

  /** @param {Uint32Array} slots @param {Card[]} cards */
  #makeRoom(slots, cards) {
    let need = slots.length ? slots[slots.length - 1] + 1 : 0;
    for (const card of cards) need = Math.max(need, card.s + 1);
    if (need <= this.#known.length) return;
    const size = Math.min(SLOTS_MAX, Math.max(1024, 2 ** Math.ceil(Math.log2(need))));
    const known = new Uint8Array(size);
    known.set(this.#known);
    this.#known = known;
    this.#told = this.#told.map((old) => {
      const told = new Int32Array(size);
      told.set(old);
      return told;
    });
  }
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {{kind: "snapshot" | "delta", epoch: number, position: number, at_ms: number}}
 */
function readHeader(buffer) {
  if (buffer.byteLength < HEADER_BYTES) throw new WireError("malformed", `frame of ${buffer.byteLength} bytes`);
  const view = new DataView(buffer);
  const version = view.getUint8(0);
  const kind = view.getUint8(1);
  const position = view.getFloat64(8, true);
  const at_ms = view.getFloat64(16, true);
  if (version !== VERSION) throw new WireError("malformed", `frame of version ${version}, not ${VERSION}: reload the page`);
  if (kind > 1) throw new WireError("malformed", `frame of kind ${kind}`);
  if (!Number.isSafeInteger(position) || position < 0) throw new WireError("malformed", `frame at position ${position}`);
  if (!Number.isSafeInteger(at_ms)) throw new WireError("malformed", `frame at ${at_ms} ms`);
  return { kind: kind === 0 ? "snapshot" : "delta", epoch: view.getUint32(4, true), position, at_ms };
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Uint8Array>} */
async function inflate(bytes) {
  const stream = new DecompressionStream("deflate-raw");
  const writer = stream.writable.getWriter();
  // What fails in writing fails in reading too, and is told there.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const reader = stream.readable.getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  try {
    for (let got = await reader.read(); !got.done; got = await reader.read()) {
      parts.push(got.value);
      size += got.value.length;
      if (size > BODY_BYTES_MAX) throw new RangeError(`more than ${BODY_BYTES_MAX} bytes`);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw new WireError("malformed", `body does not inflate: ${error instanceof Error ? error.message : error}`);
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Takes a body apart, and refuses to read past its end. */
class Reader {
  #bytes;
  #offset = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** @param {number} size @returns {Uint8Array} */
  #take(size) {
    const start = this.#offset;
    if (start + size > this.#bytes.length) {
      throw new WireError("malformed", `body ends at ${this.#bytes.length}, ${size} bytes wanted at ${start}`);
    }
    this.#offset += size;
    return this.#bytes.subarray(start, start + size);
  }

  /** @returns {number} */
  #count() {
    const [a, b, c, d] = this.#take(4);
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  /** @returns {Card[]} */
  cards() {
    const text = new TextDecoder().decode(this.#take(this.#count()));
    let cards;
    try {
      cards = JSON.parse(text);
    } catch {
      cards = null;
    }
    if (!Array.isArray(cards)) throw new WireError("malformed", "cards are no JSON array");
    for (const card of cards) {
      if (!Number.isInteger(card?.s) || card.s < 0 || card.s >= SLOTS_MAX) {
        throw new WireError("malformed", `card with slot ${card?.s}`);
      }
    }
    return cards;
  }

  /**
   * Whole numbers: a byte with the number of planes, then the planes, lowest first, of zigzag values.
   * @param {number} count
   * @returns {Int32Array}
   */
  column(count) {
    const [width] = this.#take(1);
    if (width > 4) throw new WireError("malformed", `column of ${width} planes`);
    const values = new Int32Array(count);
    for (let plane = 0; plane < width; plane++) {
      const bytes = this.#take(count);
      for (let i = 0; i < count; i++) values[i] |= bytes[i] << (8 * plane);
    }
    for (let i = 0; i < count; i++) values[i] = (values[i] >>> 1) ^ -(values[i] & 1);
    return values;
  }

  /** @returns {Uint32Array} */
  slots() {
    const count = this.#count();
    if (count > SLOTS_MAX) throw new WireError("malformed", `${count} slots`);
    const gaps = this.column(count);
    const slots = new Uint32Array(count);
    let slot = -1;
    for (let i = 0; i < count; i++) {
      if (gaps[i] < 1 || slot + gaps[i] >= SLOTS_MAX) throw new WireError("malformed", `slot ${slot} + ${gaps[i]}`);
      slots[i] = slot += gaps[i];
    }
    return slots;
  }

  end() {
    const rest = this.#bytes.length - this.#offset;
    if (rest) throw new WireError("malformed", `${rest} bytes after the end of the body`);
  }
}
