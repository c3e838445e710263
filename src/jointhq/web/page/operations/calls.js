/**
 * Calls about operations: the log, its files. Owns: their addresses.
 */

import { get, send, upload } from "../api.js";

/** @typedef {import("../types.js").LogRow} LogRow */
/** @typedef {import("../types.js").LogPage} LogPage */

const id_ = encodeURIComponent;

/** What is asked for; what is left out isn't asked. @param {Record<string, string | number | boolean | undefined>} of */
const query = (of) =>
  new URLSearchParams(Object.entries(of).flatMap(([name, value]) => (value ? [[name, String(value)]] : [])));

/**
 * @param {{q?: string, significant?: boolean, standing?: boolean, known?: number, from?: number, to?: number,
 *   before?: string, limit?: number}} of
 * @returns {Promise<LogPage>}
 */
export const log = (of) => get(`/api/operations/log?${query(of)}`);
/** An entry with the corrections of its line. @param {string} id @returns {Promise<LogRow[]>} */
export const line = (id) => get(`/api/operations/log/${id_(id)}`);
/** @param {object} form @returns {Promise<LogRow>} */
export const enter = (form) => send("POST", "/api/operations/log", form);
/** @param {string} id @param {object} form @returns {Promise<LogRow>} */
export const correct = (id, form) => send("POST", `/api/operations/log/${id_(id)}/correct`, form);
/** @param {string} id @param {boolean} significant @returns {Promise<LogRow>} */
export const mark = (id, significant) => send("POST", `/api/operations/log/${id_(id)}/mark`, { significant });
/** @param {File} file @param {string} label @returns {Promise<import("../types.js").FileRow>} */
export const keepFile = (file, label) =>
  upload(`/api/operations/files?${new URLSearchParams({ name: file.name, label })}`, file);
/** @param {string} id */
export const fileAddress = (id) => `/api/operations/files/${id_(id)}`;

// -- reports

/** @returns {Promise<import("../types.js").ReportPage>} */
export const reports = () => get("/api/operations/reports");
/** @param {string} id @returns {Promise<import("../types.js").ReportBody>} */
export const report = (id) => get(`/api/operations/reports/${id_(id)}`);
/** @param {object} form @returns {Promise<import("../types.js").ReportBody>} */
export const compose = (form) => send("POST", "/api/operations/reports", form);
/** @param {string} id @param {object} form @returns {Promise<import("../types.js").ReportBody>} */
export const editReport = (id, form) => send("PUT", `/api/operations/reports/${id_(id)}`, form);
/** @param {string} id @param {string} what @param {object} form @returns {Promise<import("../types.js").ReportBody>} */
export const stepReport = (id, what, form) => send("POST", `/api/operations/reports/${id_(id)}/${what}`, form);
/** @param {string} id @param {string} kind */
export const reportFile = (id, kind) => `/api/operations/reports/${id_(id)}/file?as=${kind}`;
/** @param {object} form */
export const setLine = (form) => send("PUT", "/api/operations/report-lines", form);

/** @param {object} form @param {string} version @returns {Promise<import("../types.js").ReportPage>} */
export const setForm = (form, version) =>
  send("PUT", `/api/operations/report-forms?${new URLSearchParams({ version })}`, form);
/** @param {string} code */
export const endForm = (code) => send("POST", `/api/operations/report-forms/${id_(code)}/end`);
/** @param {object} form @param {string} language @returns {Promise<import("../types.js").SectionRow[]>} */
export const tryForm = (form, language) => send("POST", "/api/operations/report-forms/preview", { form, language });

// -- handing a watch over

/** @returns {Promise<import("../types.js").HandoverRow[]>} */
export const handovers = () => get("/api/operations/handovers");
/** @returns {Promise<import("../types.js").HandoverRow[]>} */
export const offeredHandovers = () => get("/api/operations/handovers/offered");
/** @param {object} form @returns {Promise<import("../types.js").HandoverRow>} */
export const composeHandover = (form) => send("POST", "/api/operations/handovers/compose", form);
/** @param {object} form @returns {Promise<import("../types.js").HandoverRow>} */
export const offerHandover = (form) => send("POST", "/api/operations/handovers", form);
/** @param {string} id */
export const withdrawHandover = (id) => send("POST", `/api/operations/handovers/${id_(id)}/withdraw`);
/** @param {string} id */
export const acceptHandover = (id) => send("POST", `/api/operations/handovers/${id_(id)}/accept`);
