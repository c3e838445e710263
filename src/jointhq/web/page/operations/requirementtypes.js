/**
 * What the server says of CCIR and RFI, as types: the shapes of `operations/forms/ccir.py` and `rfi.py`.
 *
 * @typedef {import("./ordertypes.js").UnitName} UnitName
 * @typedef {import("./ordertypes.js").Signed} Signed
 * @typedef {{id: string, title: string, title_ja: string}} AppointmentName
 *
 * @typedef {{who: AppointmentName, acknowledged_ms: number, by: Signed | null, escalated_ms: number, late: boolean,
 *   withheld: boolean}} NoticeRow
 *
 * @typedef {object} HitRow
 * @property {string} id
 * @property {string} ccir
 * @property {string} name
 * @property {number} at_ms
 * @property {number} due_ms
 * @property {Signed} by
 * @property {string} entry
 * @property {string} text
 * @property {number} entry_at_ms
 * @property {boolean} corrected
 * @property {string} mark
 * @property {number} struck_ms
 * @property {Signed | null} struck_by
 * @property {string} reason
 * @property {NoticeRow[]} notices
 * @property {boolean} mine
 * @property {boolean} told
 * @property {string[]} actions
 *
 * @typedef {object} CcirRow
 * @property {string} id
 * @property {string} version
 * @property {"PIR" | "FFIR" | "EEFI"} type
 * @property {string} name
 * @property {string} text
 * @property {string} text_ja
 * @property {string} decision
 * @property {UnitName} unit
 * @property {AppointmentName | null} owner
 * @property {"draft" | "in_force" | "answered" | "ended"} state
 * @property {number} ltiov_ms
 * @property {boolean} late
 * @property {string} mark
 * @property {number} hits
 * @property {number} open_notices
 * @property {number} last_hit_ms
 * @property {boolean} mine
 * @property {boolean} exercise
 *
 * @typedef {{row: CcirRow, indicators: string[], notify: AppointmentName[], silence_minutes: number, replaces: string,
 *   replaces_name: string, replaced_by: string, label: string, banner: string, hits: HitRow[],
 *   steps: {what: string, at_ms: number, who: Signed, note: string}[], actions: string[]}} CcirBody
 * @typedef {{rows: CcirRow[], hits: HitRow[], banner: string}} CcirPage
 * @typedef {{who: AppointmentName, withheld: boolean, rule: string}} ReachRow
 * @typedef {{mark: string, notify: ReachRow[], owner: ReachRow | null}} CcirLook
 *
 * @typedef {object} RfiRow
 * @property {string} id
 * @property {string} version
 * @property {string} name
 * @property {string} question
 * @property {UnitName} unit
 * @property {UnitName} asked_of
 * @property {AppointmentName | null} to
 * @property {"new" | "validated" | "tasked" | "answered" | "satisfied" | "returned" | "withdrawn"} state
 * @property {string} precedence
 * @property {number} asked_ms
 * @property {number} answered_ms
 * @property {number} ltiov_ms
 * @property {boolean} late
 * @property {Signed} by
 * @property {string} mark
 * @property {boolean} mine
 * @property {boolean} exercise
 *
 * @typedef {{id: string, text: string, mark: string}} Cited
 * @typedef {{id: string, name: string, question: string, state: string, mark: string, answer: string}} RfiName
 * @typedef {{what: string, at_ms: number, who: Signed, to: AppointmentName | null, note: string, mark: string,
 *   entries: Cited[], reports: Cited[], files: import("../types.js").FileRow[], duplicate_of: RfiName | null}} RfiStepRow
 * @typedef {{row: RfiRow, reason: string, banner: string, steps: RfiStepRow[], similar: RfiName[],
 *   to_task: AppointmentName[], actions: string[]}} RfiBody
 * @typedef {{open: number, late: number, answered: number, median_ms: number, p90_ms: number, due: number,
 *   after_ltiov: number}} Figures
 * @typedef {{rows: RfiRow[], figures: Figures, banner: string}} RfiPage
 *
 * @typedef {{unit: UnitName | null, appointments: AppointmentName[], units: UnitName[], precedences: string[],
 *   may_plan: boolean, may_command: boolean, may_log: boolean}} Choices
 */

export {};
