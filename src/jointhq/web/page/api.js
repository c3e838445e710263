/**
 * Calls to the server's HTTP interface.
 *
 * Owns: addresses of the picture, and turning a refusal into a code that the words know. Doesn't own: calls about
 * people (`people/calls.js`), the live stream (`picture/live.js`).
 */

/**
 * A refusal, or no answer at all (`offline`). The page says `error.<code>`; `message` is the server's own, in English.
 */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {Record<string, any>} [params]
   * @param {number} [retry_s] the server takes no further try before; 0: it didn't say
   */
  constructor(code, message, params = {}, retry_s = 0) {
    super(message);
    this.code = code;
    this.params = params;
    this.retry_s = retry_s;
  }
}

let sessionLost = () => {};
/** What to do when a call hears that there is no session any more. @param {() => void} then */
export const onSessionLost = (then) => void (sessionLost = then);

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
  const refusal = new Refusal(
    body.code ?? "internal",
    body.message ?? `HTTP ${answer.status}`,
    body.params ?? {},
    Number(answer.headers.get("retry-after")) || 0,
  );
  if (refusal.code === "not_signed_in") sessionLost();
  throw refusal;
}

/** @param {string} path */
export const get = async (path) => (await call(path)).json();

/** @param {object} [body] */
const json = (body) => body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };

/**
 * The answer's JSON; null where it has no body.
 * @param {"POST" | "PUT"} method
 * @param {string} path
 * @param {object} [body]
 */
export async function send(method, path, body) {
  const answer = await call(path, { method, ...json(body) });
  return answer.status === 204 ? null : answer.json();
}

/** A file as it is. @param {string} path @param {Blob} bytes */
export const upload = async (path, bytes) =>
  (await call(path, { method: "POST", headers: { "content-type": "application/octet-stream" }, body: bytes })).json();

/** A file that is made for this answer alone. @param {string} path @param {object} body */
export async function file(path, body) {
  const answer = await call(path, { method: "POST", ...json(body) });
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "";
  return { name, blob: await answer.blob() };
}

/** @returns {Promise<import("./types.js").Headquarters>} */
export const headquarters = async () => (await call("/api/headquarters")).json();

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
