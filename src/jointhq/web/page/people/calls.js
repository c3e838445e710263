/**
 * Calls about people: signing in, one's own session, administration.
 *
 * Owns: their addresses, and the browser's side of a passkey. Doesn't own: what a refusal means in words
 * (`people/words.js`), who is signed in (`people/account.js`).
 */

import { file, get, Refusal, send } from "../api.js";

/** @typedef {import("../types.js").SessionBody} SessionBody */

const id_ = encodeURIComponent;

// -- signing in

/** @returns {Promise<import("../types.js").Ways>} */
export const waysToSignIn = () => get("/api/sign-in");
/** @param {string} token */
export const signInByToken = (token) => send("POST", "/api/sign-in", { token });
/** @param {string} username @param {string} password */
export const signInByPassword = (username, password) => send("POST", "/api/sign-in/password", { username, password });
export const signInByCertificate = () => send("POST", "/api/sign-in/certificate");
export const OIDC = "/api/sign-in/oidc";

export async function signInByPasskey() {
  const options = await send("POST", "/api/sign-in/passkey/options");
  const credential = await ask(() =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  );
  await send("POST", "/api/sign-in/passkey", { credential });
}

/** @param {string} name @returns {Promise<import("../types.js").PasskeyRow>} */
export async function addPasskey(name) {
  const options = await send("POST", "/api/session/passkeys/options");
  const credential = await ask(() =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  );
  return send("POST", "/api/session/passkeys", { credential, name });
}

/** @param {() => Promise<Credential | null>} how */
async function ask(how) {
  try {
    const credential = await how();
    if (credential) return /** @type {PublicKeyCredential} */ (credential).toJSON();
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "InvalidStateError") throw new Refusal("passkey_there", String(error));
    if (name !== "NotAllowedError" && name !== "AbortError") throw new Refusal("passkey_failed", String(error));
  }
  throw new Refusal("passkey_cancelled", "the browser gave no passkey");
}

// -- one's own session

/** @returns {Promise<SessionBody>} */
export const currentSession = () => get("/api/session");
export const signOut = () => send("POST", "/api/sign-out");
/** @param {string} appointment @param {string} note @returns {Promise<SessionBody>} */
export const take = (appointment, note) => send("POST", "/api/appointments/take", { appointment, note });
/** @param {string} note @returns {Promise<SessionBody>} */
export const layDown = (note) => send("POST", "/api/appointments/lay-down", { note });
/** @param {string} password @param {string} current */
export const setPassword = (password, current) => send("PUT", "/api/session/password", { password, current });
/** @returns {Promise<import("../types.js").PasskeyRow[]>} */
export const myPasskeys = () => get("/api/session/passkeys");
/** @param {string} id */
export const removePasskey = (id) => send("POST", "/api/session/passkeys/remove", { id });
/** @returns {Promise<import("../types.js").SessionRow[]>} */
export const mySessions = () => get("/api/session/sessions");
/** @param {string} id */
export const endSession = (id) => send("POST", "/api/session/sessions/end", { id });
/** @returns {Promise<import("../types.js").CertificateRow[]>} */
export const myCertificates = () => get("/api/session/certificates");
/** @param {string} id its fingerprint */
export const revokeMyCertificate = (id) => send("POST", "/api/session/certificates/revoke", { id });
/** @param {string} appointment @param {number} minutes @returns {Promise<import("../types.js").Invited>} */
export const enrol = (appointment, minutes) => send("POST", "/api/session/enrolment", { appointment, minutes });
/** How each client enrols with a token. @param {string} username @param {string} token @returns {Promise<import("../types.js").EnrolLinks>} */
export const enrolLinks = (username, token) => send("POST", "/api/devices/links", { username, token });
/** What a client imports to enrol; it holds no secret. @param {string} client */
export const packageAddress = (client) => `/api/devices/packages/${client}`;
/**
 * A package with a key and its certificate, for a client that can't enrol; the token is used up by it.
 * @param {string} client
 * @param {string} username
 * @param {string} token
 */
export const devicePackage = (client, username, token) => file(packageAddress(client), { username, token });

// -- administration

/** @returns {Promise<import("../types.js").Choices>} */
export const choices = () => get("/api/people/choices");
/** @returns {Promise<import("../types.js").PersonRow[]>} */
export const persons = () => get("/api/people");
/** @param {string} id @returns {Promise<import("../types.js").PersonBody>} */
export const person = (id) => get(`/api/people/${id_(id)}`);
/** @param {string} id "" adds @param {object} form @returns {Promise<import("../types.js").PersonRow>} */
export const savePerson = (id, form) =>
  id ? send("PUT", `/api/people/${id_(id)}`, form) : send("POST", "/api/people", form);
/** @param {string} id @param {"remove" | "reinstate"} what @param {{version: string, reason: string}} form */
export const decidePerson = (id, what, form) => send("POST", `/api/people/${id_(id)}/${what}`, form);
/** @param {string} id @param {"sessions/end" | "credentials/remove"} what @returns {Promise<{ended: number}>} */
export const cutOff = (id, what) => send("POST", `/api/people/${id_(id)}/${what}`);

/** @returns {Promise<import("../types.js").AppointmentRow[]>} */
export const appointments = () => get("/api/appointments");
/** @param {string} id "" adds @param {object} form @returns {Promise<import("../types.js").AppointmentRow>} */
export const saveAppointment = (id, form) =>
  id ? send("PUT", `/api/appointments/${id_(id)}`, form) : send("POST", "/api/appointments", form);
/**
 * @param {string} id
 * @param {"end" | "assign" | "unassign"} what
 * @param {object} form
 * @returns {Promise<import("../types.js").AppointmentRow>}
 */
export const decideAppointment = (id, what, form) => send("POST", `/api/appointments/${id_(id)}/${what}`, form);

/** @returns {Promise<import("../types.js").InvitationRow[]>} */
export const invitations = () => get("/api/invitations");
/** @param {object} form @returns {Promise<import("../types.js").Invited>} */
export const invite = (form) => send("POST", "/api/invitations", form);
/** @param {string} id */
export const revokeInvitation = (id) => send("POST", `/api/invitations/${id_(id)}/revoke`);

/** @param {number} days 0: all @returns {Promise<import("../types.js").CertificateRow[]>} */
export const certificates = (days) => get(`/api/certificates${days ? `?ends_within_days=${days}` : ""}`);
/** @param {string} fingerprint @param {string} reason */
export const revokeCertificate = (fingerprint, reason) =>
  send("POST", `/api/certificates/${id_(fingerprint)}/revoke`, { version: "", reason });

/** @returns {Promise<import("../types.js").ReaderRow[]>} */
export const whyReaders = () => get("/api/why/readers");
/** @param {Record<string, string>} query @returns {Promise<import("../types.js").WhyBody>} */
export const why = (query) => get(`/api/why?${new URLSearchParams(query)}`);
