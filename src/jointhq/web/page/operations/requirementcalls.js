/**
 * Calls about CCIR and RFI. Owns: their addresses. Doesn't own: what an answer is drawn as.
 */

import { get, send } from "../api.js";

/** @typedef {import("./requirementtypes.js").CcirBody} CcirBody */
/** @typedef {import("./requirementtypes.js").RfiBody} RfiBody */

const BASE = "/api/operations";
const id_ = encodeURIComponent;

/** @returns {Promise<import("./requirementtypes.js").Choices>} */
export const choices = () => get(`${BASE}/requirements/choices`);

/** @returns {Promise<import("./requirementtypes.js").CcirPage>} */
export const ccirs = () => get(`${BASE}/ccir`);
/** @param {string} id @returns {Promise<CcirBody>} */
export const ccir = (id) => get(`${BASE}/ccir/${id_(id)}`);
/** @param {string} id "" drafts one @param {object} form @returns {Promise<CcirBody>} */
export const saveCcir = (id, form) =>
  id ? send("PUT", `${BASE}/ccir/${id_(id)}`, form) : send("POST", `${BASE}/ccir`, form);
/** @param {string} id @param {string} what approve, answer, ... @param {object} form @returns {Promise<CcirBody>} */
export const stepCcir = (id, what, form) => send("POST", `${BASE}/ccir/${id_(id)}/${what}`, form);
/** @param {string} id @param {{entry?: string, label?: string}} form @returns {Promise<import("./requirementtypes.js").CcirLook>} */
export const lookCcir = (id, form) => send("POST", `${BASE}/ccir/${id_(id)}/look`, form);
/** @param {string} id of a hit @param {"acknowledge" | "strike"} what @param {object} [form] */
export const stepHit = (id, what, form) => send("POST", `${BASE}/hits/${id_(id)}/${what}`, form);

/** @returns {Promise<import("./requirementtypes.js").RfiPage>} */
export const rfis = () => get(`${BASE}/rfi`);
/** @param {string} id @returns {Promise<RfiBody>} */
export const rfi = (id) => get(`${BASE}/rfi/${id_(id)}`);
/** @param {string} id "" asks one @param {object} form @returns {Promise<RfiBody>} */
export const saveRfi = (id, form) =>
  id ? send("PUT", `${BASE}/rfi/${id_(id)}`, form) : send("POST", `${BASE}/rfi`, form);
/** @param {string} question @returns {Promise<import("./requirementtypes.js").RfiName[]>} */
export const similarRfis = (question) => send("POST", `${BASE}/rfi/similar`, { question });
/** @param {string} id @param {string} what validate, task, ... @param {object} form @returns {Promise<RfiBody>} */
export const stepRfi = (id, what, form) => send("POST", `${BASE}/rfi/${id_(id)}/${what}`, form);
/** @param {string} id @param {object} form @returns {Promise<{mark: string, withheld: boolean}>} */
export const lookRfi = (id, form) => send("POST", `${BASE}/rfi/${id_(id)}/look`, form);
