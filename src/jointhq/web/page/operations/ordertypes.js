/**
 * What the server says of orders, as types: the shapes of `operations/forms/orders.py`.
 *
 * @typedef {{id: string, name: string, name_ja: string, short: string}} UnitName
 * @typedef {{appointment: string, title: string, title_ja: string, person: {id: string, name: string, name_ja: string} | null}} Signed
 *
 * @typedef {object} OrderRow
 * @property {string} id
 * @property {"WARNORD" | "OPORD" | "FRAGORD"} type
 * @property {string} name
 * @property {string} title
 * @property {string} title_ja
 * @property {UnitName} unit
 * @property {string} base
 * @property {string} base_name
 * @property {string} state
 * @property {string} precedence
 * @property {string} dtg
 * @property {boolean} exercise
 * @property {string} mark
 * @property {number} issued_ms
 * @property {number} effective_ms
 * @property {number} drafted_ms
 * @property {Signed} by
 * @property {Record<string, number>} reached
 * @property {number} addressees
 * @property {number} late
 * @property {number} escalated
 * @property {"" | "decide" | "answer" | "agree" | "comply" | "concur" | "approve" | "issue"} waits
 * @property {number} told
 * @property {string} version
 *
 * @typedef {{name: string, text: string, mark: string, label: string, order: string, order_name: string}} ParagraphRow
 *
 * @typedef {object} TaskRow
 * @property {string} id
 * @property {UnitName} unit
 * @property {string} verb
 * @property {string} what
 * @property {string} why
 * @property {number | null} start_ms
 * @property {number | null} until_ms
 * @property {string} trigger
 * @property {string} place
 * @property {number | null} lat
 * @property {number | null} lon
 * @property {UnitName[]} coord_with
 * @property {string[]} reports
 * @property {string} mark
 * @property {string} label
 * @property {string} order
 * @property {string} order_name
 *
 * @typedef {{letter: string, kind: string, kind_ja: string}} AnnexKind
 * @typedef {AnnexKind & {id: string, title: string, text: string, files: import("../types.js").FileRow[], ends: boolean,
 *   mark: string, label: string, order: string, order_name: string, version: string}} AnnexRow
 *
 * @typedef {{what: string, at_ms: number, who: Signed, way: string, note: string, due_ms: number, mark: string}} StepRow
 * @typedef {{who: Signed, state: "withheld" | "away" | "online" | "sent" | "delivered" | "opened", rule: string}} DeviceRow
 *
 * @typedef {object} AddresseeRow
 * @property {string} id
 * @property {UnitName} unit
 * @property {"order" | "request" | "info"} role
 * @property {"order" | "request" | "info"} phase
 * @property {UnitName | null} refer_to
 * @property {string} rule
 * @property {string[]} tasks
 * @property {string} reached
 * @property {Signed | null} by
 * @property {number} at_ms
 * @property {string} note
 * @property {number} due_ms
 * @property {boolean} late
 * @property {Signed | null} escalated_to
 * @property {StepRow[]} steps
 * @property {DeviceRow[]} people
 * @property {string[]} actions
 *
 * @typedef {{office: string, state: "asked" | "concurs" | "objects", note: string, at_ms: number, who: Signed}} OpinionRow
 *
 * @typedef {object} OrderBody
 * @property {OrderRow} row
 * @property {Record<string, any>} form
 * @property {{id: string, title: string, title_ja: string} | null} mission
 * @property {string} references
 * @property {string} letter
 * @property {string} label
 * @property {string} banner
 * @property {ParagraphRow[]} paragraphs
 * @property {TaskRow[]} tasks
 * @property {ParagraphRow[]} in_force
 * @property {TaskRow[]} tasks_in_force
 * @property {AnnexRow[]} annexes
 * @property {AnnexRow[]} annexes_in_force
 * @property {OrderRow[]} changes
 * @property {OrderRow[]} supersedes
 * @property {string} superseded_by
 * @property {UnitName[]} action
 * @property {UnitName[]} info
 * @property {OpinionRow[]} opinions
 * @property {Signed | null} approved_by
 * @property {Signed | null} issued_by
 * @property {Signed | null} escalate_to
 * @property {string} note
 * @property {AddresseeRow[]} addressees
 * @property {string[]} actions
 *
 * @typedef {{unit: UnitName, role: "order" | "request" | "info", refer_to: UnitName | null, rule: string, tasks: string[], people: DeviceRow[]}} LookRow
 * @typedef {{name: string, banner: string, effective_ms: number, annexes: AnnexRow[], addressees: LookRow[]}} Look
 *
 * @typedef {object} OrderChoices
 * @property {UnitName | null} unit
 * @property {UnitName[]} units
 * @property {string[]} verbs
 * @property {AnnexKind[]} annexes
 * @property {{precedence: string, minutes: number}[]} norms
 * @property {{id: string, title: string, title_ja: string}[]} appointments
 * @property {boolean} may_plan
 * @property {boolean} may_command
 *
 * @typedef {object} MissionRow
 * @property {string} id
 * @property {string} title
 * @property {string} title_ja
 * @property {string} text
 * @property {UnitName} unit
 * @property {UnitName | null} given_by
 * @property {string} order_ref
 * @property {number} from_ms
 * @property {number} until_ms
 * @property {number} ended_ms
 * @property {string} reason
 * @property {string} mark
 * @property {string} label
 * @property {string} version
 *
 * @typedef {object} TaskForm
 * @property {string} id
 * @property {string} unit
 * @property {string} verb
 * @property {string} what
 * @property {string} why
 * @property {number | null} start_ms
 * @property {number | null} until_ms
 * @property {string} trigger
 * @property {string} place
 * @property {number | null} lat
 * @property {number | null} lon
 * @property {string[]} coord_with
 * @property {string[]} reports
 * @property {string} label
 *
 * @typedef {object} OrderForm
 * @property {string} type
 * @property {string} title
 * @property {string} title_ja
 * @property {string} mission
 * @property {string} base
 * @property {string[]} supersedes
 * @property {string} references
 * @property {string} letter
 * @property {number | null} effective_ms
 * @property {{name: string, text: string, label: string}[]} paragraphs
 * @property {TaskForm[]} tasks
 * @property {string[]} ends_tasks
 * @property {string[]} action
 * @property {string[]} info
 * @property {string} precedence
 * @property {string} escalate_to
 * @property {string} label
 * @property {string} version
 */

export {};
