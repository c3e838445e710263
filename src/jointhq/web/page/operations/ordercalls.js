/**
 * Calls about orders. Owns: their addresses. Doesn't own: what an answer is drawn as.
 */

import { get, send } from "../api.js";

/** @typedef {import("./ordertypes.js").OrderBody} OrderBody */

const BASE = "/api/operations";
const id_ = encodeURIComponent;

/** @returns {Promise<import("./ordertypes.js").OrderRow[]>} */
export const orders = () => get(`${BASE}/orders`);
/** @returns {Promise<import("./ordertypes.js").OrderChoices>} */
export const choices = () => get(`${BASE}/orders/choices`);
/** @param {string} id @returns {Promise<OrderBody>} */
export const order = (id) => get(`${BASE}/orders/${id_(id)}`);
/** @param {string} id @returns {Promise<import("./ordertypes.js").Look>} */
export const look = (id) => get(`${BASE}/orders/${id_(id)}/look`);
/** @param {string} id "" drafts one @param {import("./ordertypes.js").OrderForm} form @returns {Promise<OrderBody>} */
export const save = (id, form) =>
  id ? send("PUT", `${BASE}/orders/${id_(id)}`, form) : send("POST", `${BASE}/orders`, form);
/** @param {string} id @param {string} what submit, concur, ... @param {object} form @returns {Promise<OrderBody>} */
export const decide = (id, what, form) => send("POST", `${BASE}/orders/${id_(id)}/${what}`, form);
/** @param {string} order @param {string} id "" attaches one @param {object} form @returns {Promise<OrderBody>} */
export const saveAnnex = (order, id, form) =>
  id ? send("PUT", `${BASE}/annexes/${id_(id)}`, form) : send("POST", `${BASE}/orders/${id_(order)}/annexes`, form);
/** @param {string} id @param {object} form @returns {Promise<OrderBody>} */
export const removeAnnex = (id, form) => send("POST", `${BASE}/annexes/${id_(id)}/remove`, form);
/** @param {string} id of an addressee @param {"answer" | "decide" | "opened"} what @param {object} [form] */
export const answer = (id, what, form) => send("POST", `${BASE}/addressees/${id_(id)}/${what}`, form);
/** @returns {Promise<import("./ordertypes.js").MissionRow[]>} */
export const missions = () => get(`${BASE}/missions`);
/** @param {string} id "" adds one @param {object} form */
export const saveMission = (id, form) =>
  id ? send("PUT", `${BASE}/missions/${id_(id)}`, form) : send("POST", `${BASE}/missions`, form);
/** @param {string} id @param {object} form */
export const endMission = (id, form) => send("POST", `${BASE}/missions/${id_(id)}/end`, form);
