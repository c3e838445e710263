/**
 * What the server says of command, as types (`command/forms/`). Owns the shapes only; nothing here runs.
 *
 * @typedef {{number: number | null, text: string, text_ja: string, date: string, source: string,
 *   authorised: number | null, whole: boolean, doubtful: boolean, mark: string}} Strength
 * @typedef {{id: string, name: string, name_ja: string, short: string, sidc: string, nation: string, service: string,
 *   echelon: string, external_id: string, place: string, place_ja: string, lat: number | null, lon: number | null,
 *   strength: Strength | null, parent: string, parent_type: string, note: string, note_ja: string, from_ms: number,
 *   mark: string, version: string}} UnitRow
 * @typedef {{flags?: string[], text?: string}} Limits
 * @typedef {{id: string, type: string, support: string, superior: string, subordinate: string, limits: Limits,
 *   granted_by: string, order_ref: string, from_ms: number, until_ms: number, condition: string, policy: string,
 *   accepted: string[], mark: string, version: string}} RelationRow
 * @typedef {{code: string, unit: string, relation: string, params: Record<string, any>}} Alarm
 * @typedef {{id: string, home: string, host: string, appointment: SpeakerRow | null, name: string, ceiling: string,
 *   speaks: string, contact: string, order_ref: string, from_ms: number, until_ms: number, note: string, mark: string,
 *   version: string}} LiaisonRow
 * @typedef {{unit: string, commander: SpeakerRow | null, alternates: SpeakerRow[], minutes: number,
 *   acting: SpeakerRow | null, silent_ms: number, decided: string, decided_ms: number, decided_by: SpeakerRow | null,
 *   note: string, mark: string}} SuccessionRow
 * @typedef {{unit: string, name: string, name_ja: string, why: string, succession: SuccessionRow,
 *   version: string}} PromptRow
 * @typedef {{id: string, title: string, title_ja: string, unit: string, commands: boolean}} PostChoice
 * @typedef {{appointments: PostChoice[], responsibilities: {id: string, title: string, title_ja: string, unit: string,
 *   mark: string}[]}} Choices
 * @typedef {{units: UnitRow[], relations: RelationRow[], liaisons: LiaisonRow[], alarms: Alarm[], mark: string, known_ms: number,
 *   at_ms: number, position: number}} StructureBody
 * @typedef {{id: string, name: string, name_ja: string, appointment: string, title: string, title_ja: string}} WhoRow
 * @typedef {Record<string, any> & {kind: string, at_ms?: number | null, label?: string}} Act
 * @typedef {{at_ms: number, written_ms: number, kind: string, who: WhoRow, change: string, order_ref: string, act: Act,
 *   mark: string}} HistoryRow
 * @typedef {{relation: string, type: string, superior: string, subordinate: string}} Hop
 * @typedef {{unit: string, name: string, name_ja: string, nation: string, service: string, known: number,
 *   below: number, doubtful: number, authorised: number, units: number, missing: number, mark: string}} Rollup
 * @typedef {{id: string, title: string, title_ja: string, text: string, order_ref: string, from_ms: number,
 *   mark: string}} ResponsibilityRow
 * @typedef {{id: string, title: string, title_ja: string, holder: string, holder_ja: string}} SpeakerRow
 * @typedef {{row: UnitRow, chains: {operational: Hop[], administrative: Hop[]}, span: number, strength_rollup: Rollup,
 *   reporting: {why: string, superior: string, type: string}, liaisons: LiaisonRow[], succession: SuccessionRow | null,
 *   responsibilities: ResponsibilityRow[], relations: RelationRow[], history: HistoryRow[], truncated: boolean,
 *   appointments: SpeakerRow[], kept: Record<string, any>, mark: string, known_ms: number, at_ms: number}} UnitBody
 * @typedef {{at_ms: number, written_ms: number, title: string, title_ja: string, change: string, phase: number,
 *   phase_name: string, phase_name_ja: string}} Moment
 * @typedef {{allowed: boolean, action: string, superior: string, subordinate: string, path: Hop[], rule: string,
 *   limits: string, refer_to: string[]}} Answer
 * @typedef {{value: string, allowed: boolean, why: string}} Cell
 * @typedef {{other: string, type: string, path: Hop[], cells: Record<string, Cell>}} MatrixRow
 * @typedef {{unit: string, actions: string[], over: MatrixRow[], under: MatrixRow[], mark: string}} MatrixBody
 * @typedef {{nations: Rollup[], services: Rollup[], roots: Rollup[], mark: string, known_ms: number,
 *   at_ms: number}} StrengthBody
 *
 * @typedef {{name: string, name_ja: string, at_ms: number, acts: Act[]}} PhaseForm
 * @typedef {{title: string, title_ja: string, purpose: string, purpose_ja?: string, label: string,
 *   phases: PhaseForm[], version: string}} ChangeForm
 * @typedef {{name: string, name_ja: string, at_ms: number, acts: number, in_force: boolean}} PhaseRow
 * @typedef {{id: string, version: string, title: string, title_ja: string, state: string, drafted_ms: number,
 *   drafted_by: WhoRow, phases: PhaseRow[], acts: number, concurred: number, objected: number, reverses: string,
 *   reversed_by: string, mark: string}} ChangeRow
 * @typedef {{office: string, unit: string, concurs: boolean, note: string, at_ms: number, who: WhoRow,
 *   stale: boolean}} Opinion
 * @typedef {{kind: string, at_ms: number, who: WhoRow, note: string}} StepRow
 * @typedef {{code: string, rule: string, message: string, params: Record<string, any>}} Reason
 * @typedef {{row: ChangeRow, purpose: string, purpose_ja: string, label: string, phases: PhaseForm[],
 *   opinions: Opinion[], steps: StepRow[], order_ref: string, approval_note: string, may: string[],
 *   refusals: Reason[]}} ChangeBody
 * @typedef {{superior: string, subordinate: string, before: string, after: string, gained: string[],
 *   lost: string[]}} AuthorityChange
 * @typedef {{format: string, change: string, title: string, label: string, acts: number, added: number, changed: number,
 *   same: number, units: number, relations: number, places: number, times: number, kept: {path: string, count: number}[],
 *   problems: {code: string, where: string, message: string}[], problems_total: number,
 *   mapping: Record<string, string>, columns: string[]}} ImportBody
 * @typedef {{unit: string, type: string, holders: string[], from_ms: number}} Overlap
 * @typedef {{unit: string, field: string, before: any, after: any}} FieldChange
 * @typedef {{task: string, title: string, superior: string, subordinate: string}} Basis
 * @typedef {{at_ms: number, units_added: UnitRow[], units_ended: UnitRow[],
 *   fields: FieldChange[], relations_made: RelationRow[], relations_ended: RelationRow[],
 *   authority: AuthorityChange[], gaps: Overlap[], overlaps: Overlap[], tasks: Basis[], units: Record<string, string>,
 *   units_ja: Record<string, string>, mark: string, truncated: boolean}} Difference
 */

export {};
