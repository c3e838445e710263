/**
 * Calls to the server's HTTP interface.
 *
 * Owns: addresses, and turning a refusal into a code that the words know. Doesn't own: the live stream
 * (`picture/live.js`).
 */

/**
 * A refusal, or no answer at all (`offline`). The page says `error.<code>`; `message` is the server's own, in English.
 */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function call(path, init) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal("offline", String(error));
  }
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Refusal(body.code ?? "internal", body.message ?? `HTTP ${answer.status}`);
}

/** @returns {Promise<import("./types.js").Headquarters>} */
export const headquarters = async () => (await call("/api/headquarters")).json();

/** @returns {Promise<{signed_in: boolean}>} */
export const currentSession = async () => (await call("/api/session")).json();

/** @param {string} token */
export const signIn = (token) =>
  call("/api/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });

export const signOut = () => call("/api/sign-out", { method: "POST" });

/**
 * @param {string} uid
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./types.js").TrackDetail>}
 */
export const track = async (uid, signal) =>
  (await call(`/api/track?uid=${encodeURIComponent(uid)}`, { signal })).json();

/**
 * @param {string} uid
 * @param {number} from_ms
 * @param {number} to_ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./types.js").Path>}
 */
export const path = async (uid, from_ms, to_ms, signal) =>
  (
    await call(`/api/track/path?uid=${encodeURIComponent(uid)}&from=${Math.floor(from_ms)}&to=${Math.ceil(to_ms)}`, {
      signal,
    })
  ).json();

/** @param {number} t_ms */
export const pictureAt = async (t_ms) => (await call(`/api/picture/at?t=${Math.round(t_ms)}`)).arrayBuffer();

/**
 * @param {{epoch: number, position: number} | null} from where to catch up from; null for a snapshot
 */
export function pictureAddress(from) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const query = from ? `?epoch=${from.epoch}&position=${from.position}` : "";
  return `${scheme}://${location.host}/api/picture${query}`;
}
