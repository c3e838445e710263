/**
 * The live stream, kept up.
 *
 * Owns: the WebSocket, waiting longer between tries, catching up from the position it had, noticing a line that went
 * quiet. Doesn't own: decoding (`wire.js`), the tracks (`store.js`).
 */

import * as api from "../api.js";
import { heard, now } from "../clock.js";
import { connection, headquarters, heard as told, status } from "../state.js";
import { Decoder } from "../wire.js";
import { liveFrames } from "./moment.js";
import { stats } from "./stats.js";

/**
 * Waits between tries double from the first to the last, with up to a fifth of chance, so that pages don't come back
 * in step.
 */
const WAIT_MS_FIRST = 500;
const WAIT_MS_LAST = 15_000;
/** The server says its status every 2 s: this long without a word, and the line is dead though nobody closed it. */
const SILENCE_MS_MAX = 8_000;

export class Live {
  /**
   * @param {import("./store.js").Store} store
   * @param {() => Promise<boolean>} check ask whether the session goes on, before each try
   */
  constructor(store, check) {
    this.store = store;
    this.check = check;
    this.decoder = new Decoder();
    /** @type {{epoch: number, position: number} | null} */
    this.from = null;
    this.wait_ms = WAIT_MS_FIRST;
    this.heardAt = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** Frames are applied in the order they came, though decoding takes turns. */
    this.queue = Promise.resolve();
    this.running = false;
    this.lag_ms = 0;
    this.timer = 0;
  }

  start() {
    this.running = true;
    this.timer = setInterval(() => this.#watch(), 1000);
    addEventListener("online", this.#retryNow);
    void this.#connect();
  }

  stop() {
    this.running = false;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    removeEventListener("online", this.#retryNow);
    this.socket?.close();
    this.socket = null;
  }

  #retryNow = () => {
    if (connection.value.phase !== "waiting") return;
    clearTimeout(this.retry);
    this.wait_ms = WAIT_MS_FIRST;
    void this.#connect();
  };

  async #connect() {
    const lostSince = connection.value.since_ms || now();
    connection.value = { ...connection.value, phase: "connecting", since_ms: lostSince };
    try {
      if (!(await this.check())) return;
      headquarters.value = await api.headquarters();
    } catch {
      this.#later();
      return;
    }
    if (!this.running) return;
    const socket = (this.socket = new WebSocket(api.pictureAddress(this.from)));
    socket.binaryType = "arraybuffer";
    this.heardAt = performance.now();
    socket.onmessage = (event) => {
      if (socket === this.socket) this.#receive(socket, event.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.#later();
    };
  }

  /** Try again after a while. */
  #later() {
    this.socket = null;
    if (!this.running) return;
    const wait = this.wait_ms * (1 + Math.random() / 5);
    this.wait_ms = Math.min(WAIT_MS_LAST, this.wait_ms * 2);
    const { phase, since_ms } = connection.value;
    connection.value = {
      phase: "waiting",
      since_ms: phase === "live" || !since_ms ? now() : since_ms,
      retry_at: performance.now() + wait,
      lag_ms: 0,
    };
    this.retry = setTimeout(() => void this.#connect(), wait);
  }

  #watch() {
    if (this.socket && performance.now() - this.heardAt > SILENCE_MS_MAX) {
      this.socket.close();
      this.#later();
    }
    if (connection.value.phase === "live" && Math.abs(connection.value.lag_ms - this.lag_ms) > 50) {
      connection.value = { ...connection.value, lag_ms: this.lag_ms };
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {string | ArrayBuffer} data
   */
  #receive(socket, data) {
    const arrived = (this.heardAt = performance.now());
    if (typeof data === "string") {
      const message = JSON.parse(data);
      if (message.kind !== "status" && typeof message.position === "number") {
        told.value = { ...told.value, [message.kind]: message.position };
        return;
      }
      if (message.kind !== "status" || !message.at_ms) return; // The first words of a server that just started are empty.
      this.lag_ms = heard(message.at_ms);
      status.value = message;
      return;
    }
    this.queue = this.queue.then(() => this.#take(socket, data, arrived));
  }

  /**
   * @param {WebSocket} socket
   * @param {ArrayBuffer} data
   * @param {number} arrived
   */
  async #take(socket, data, arrived) {
    if (socket !== this.socket) return; // A line given up: the new one catches up from what was applied.
    try {
      const frame = await this.decoder.decode(data);
      if (socket !== this.socket) return this.#afresh();
      const other = this.from !== null && this.from.epoch !== frame.epoch;
      this.lag_ms = heard(frame.at_ms, other);
      this.store.apply(frame, now());
      liveFrames.value++;
      this.from = { epoch: frame.epoch, position: frame.position };
      stats.took(frame, data.byteLength, arrived);
    } catch (error) {
      console.warn("picture frame refused, starting from a snapshot", error);
      this.#afresh();
      socket.close();
      return;
    }
    if (connection.value.phase !== "live") {
      this.wait_ms = WAIT_MS_FIRST;
      connection.value = { phase: "live", since_ms: now(), retry_at: 0, lag_ms: 0 };
    }
  }

  /** What the decoder holds is in doubt: ask for a snapshot next. */
  #afresh() {
    this.decoder = new Decoder();
    this.from = null;
  }
}
