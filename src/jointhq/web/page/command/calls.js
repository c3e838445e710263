/**
 * Calls about command: the structure at a moment, a unit, changes of it.
 *
 * Owns: their addresses. Doesn't own: which moment (`moment.js`), what a refusal means in words (`people/words.js`).
 */

import { get, send, upload } from "../api.js";

/** @typedef {{known?: number | null, at?: number | null}} Clocks null or left out: now */

const id_ = encodeURIComponent;

/** @param {Record<string, string | number | null | undefined>} params */
function query(params) {
  const said = Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return said.length ? `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)]))}` : "";
}

/** @param {Clocks} clocks @returns {Promise<import("./types.js").StructureBody>} */
export const structure = ({ known, at }) => get(`/api/command/units${query({ known, at })}`);
/** @param {string} id @param {Clocks} clocks @returns {Promise<import("./types.js").UnitBody>} */
export const unit = (id, { known, at }) => get(`/api/command/units/${id_(id)}${query({ known, at })}`);
/** @returns {Promise<import("./types.js").Moment[]>} */
export const moments = () => get("/api/command/moments");
/**
 * @param {string} superior
 * @param {string} subordinate
 * @param {string} action
 * @param {Clocks} clocks
 * @returns {Promise<import("./types.js").Answer>}
 */
export const may = (superior, subordinate, action, { known, at }) =>
  get(`/api/command/may${query({ superior, subordinate, action, known, at })}`);
/** @param {string} id @param {Clocks} clocks @returns {Promise<import("./types.js").MatrixBody>} */
export const matrix = (id, { known, at }) => get(`/api/command/matrix${query({ unit: id, known, at })}`);
/** @param {Clocks} clocks @returns {Promise<import("./types.js").StrengthBody>} */
export const strength = ({ known, at }) => get(`/api/command/strength${query({ known, at })}`);
/** @param {string} format @param {Clocks} clocks */
export const exportAddress = (format, { known, at }) => `/api/command/export${query({ format, known, at })}`;

// -- changes

/**
 * @param {File} file
 * @param {{format: string, title: string, label: string, dry_run: boolean, map: Record<string, string>}} how
 * @returns {Promise<import("./types.js").ImportBody>}
 */
export function importFile(file, { map, ...how }) {
  const said = new URLSearchParams(query({ ...how, dry_run: how.dry_run ? "true" : "" }));
  for (const [field, column] of Object.entries(map)) if (column.trim()) said.append("map", `${field}=${column.trim()}`);
  return upload(`/api/command/import?${said}`, file);
}

/** @returns {Promise<import("./types.js").ChangeRow[]>} */
export const changes = () => get("/api/command/changes");
/** @param {string} id @returns {Promise<import("./types.js").ChangeBody>} */
export const change = (id) => get(`/api/command/changes/${id_(id)}`);
/** @param {string} id "" drafts one @param {import("./types.js").ChangeForm} form @returns {Promise<import("./types.js").ChangeBody>} */
export const saveChange = (id, form) =>
  id ? send("PUT", `/api/command/changes/${id_(id)}`, form) : send("POST", "/api/command/changes", form);
/**
 * @param {string} id
 * @param {string} what submit, concur, object, approve, return, withdraw, reverse
 * @param {object} form
 * @returns {Promise<import("./types.js").ChangeBody>}
 */
export const decideChange = (id, what, form) => send("POST", `/api/command/changes/${id_(id)}/${what}`, form);
/** @param {string} relation @param {string} side losing, gaining */
export const accept = (relation, side) =>
  send("POST", `/api/command/relations/${id_(relation)}/accept`, { side, note: "" });
/** @returns {Promise<import("./types.js").Choices>} */
export const choices = () => get("/api/command/choices");
/** @returns {Promise<import("./types.js").PromptRow[]>} */
export const prompts = () => get("/api/command/prompts");
/** @param {string} unit @param {{decision: string, appointment: string, note: string, version: string}} form */
export const decideSuccession = (unit, form) => send("POST", `/api/command/units/${id_(unit)}/succession`, form);
/** @param {string} id @param {number} phase @returns {Promise<import("./types.js").Difference>} */
export const difference = (id, phase) => get(`/api/command/changes/${id_(id)}/difference${query({ phase })}`);
