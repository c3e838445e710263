/**
 * Calls about the battle rhythm, and the shapes that they bring. Owns: their addresses.
 */

import { get, send } from "../api.js";

/** @typedef {{id: string, title: string, title_ja: string}} Member */
/** @typedef {{id: string, short: string, name: string, name_ja: string}} EventName */
/** @typedef {{id: string, what: string, event: EventName | null, form: string, before_minutes: number}} InputRow */
/** @typedef {{what: string, event: EventName | null, decision: string}} OutputRow */
/**
 * @typedef {{zone: string, first: string, start: string, minutes: number, every: "day" | "week", interval: number,
 *   weekdays: number[], until: string}} Schedule
 */
/**
 * @typedef {{id: string, version: string, name: string, name_ja: string, short: string, kind: string,
 *   chair: Member | null, lead: string, purpose: string, place: string, required: Member[], optional: Member[],
 *   inputs: InputRow[], outputs: OutputRow[], highest: string, schedule: Schedule, mark: string, next_ms: number[],
 *   ended_ms: number, reason: string, exercise: boolean}} EventRow
 */
/** @typedef {{id: string, state: "there" | "awaited" | "missing", due_ms: number, note: string}} InputState */
/** @typedef {{decision: string, note: string, mark: string, at_ms: number, by: import("../types.js").Signed}} Held */
/**
 * @typedef {{event: string, day: string, start_ms: number, end_ms: number,
 *   state: "planned" | "moved" | "skipped" | "held", reason: string, inputs: InputState[], held: Held | null}} Occurrence
 */
/**
 * @typedef {{code: string, grave: boolean, event: string, other: string, appointment: string, zone: string, what: string,
 *   weekdays: number[], at_ms: number, times: number}} Warning
 */
/** @typedef {{from_ms: number, to_ms: number}} Span */
/**
 * @typedef {{events: EventRow[], occurrences: Occurrence[], cut_ms: number, warnings: Warning[], shared: Span[], members: Member[],
 *   banner: string, may_plan: boolean, may_log: boolean}} RhythmPage
 */
/** @typedef {{event: string, short: string, name: string, name_ja: string, day: string, start_ms: number, due_ms: number, input: InputRow}} Missing */
/** @typedef {{appointments: Member[], events: EventName[], forms: string[], zones: string[]}} Choices */
/** @typedef {{id: string, made_ms: number, until_ms: number, title: string, title_ja: string}} CalendarRow */

const id_ = encodeURIComponent;
const PATH = "/api/operations/rhythm";

/** @param {number} from @param {number} to @param {string[]} zones @returns {Promise<RhythmPage>} */
export const rhythm = (from, to, zones) => get(`${PATH}?from=${from}&to=${to}&zones=${id_(zones.join(","))}`);
/** @returns {Promise<{rows: Missing[], again_ms: number}>} */
export const missing = () => get(`${PATH}/missing`);
/** @returns {Promise<Choices>} */
export const choices = () => get(`${PATH}/choices`);
/** @param {string} id @param {object} event @param {string[]} zones @returns {Promise<Warning[]>} */
export const check = (id, event, zones) => send("POST", `${PATH}/check`, { id, event, zones });
/** @param {string} id @param {object} form @returns {Promise<EventRow>} */
export const save = (id, form) => send(id ? "PUT" : "POST", id ? `${PATH}/${id_(id)}` : PATH, form);
/**
 * @param {string} id
 * @param {"end" | "skip" | "move" | "restore" | "held" | "delivered"} what
 * @param {object} form
 * @returns {Promise<EventRow>}
 */
export const act = (id, what, form) => send("POST", `${PATH}/${id_(id)}/${what}`, form);
/** @returns {Promise<CalendarRow[]>} */
export const calendars = () => get("/api/operations/calendars");
/** @returns {Promise<{row: CalendarRow, url: string}>} */
export const makeCalendar = () => send("POST", "/api/operations/calendars");
/** @param {string} id */
export const revokeCalendar = (id) => send("POST", `/api/operations/calendars/${id_(id)}/revoke`);
