/**
 * What the server sends, as types. Owns the shapes only; nothing here runs.
 *
 * @typedef {{name: string, name_ja: string, letter: string, offset_minutes: number}} Zone
 * @typedef {{lat: number, lon: number, zoom: number}} Place
 * @typedef {Place & {name: string, name_ja: string}} View
 * @typedef {{transport: string, host: string, port: number}} TakPort
 * @typedef {{oldest_ms: number | null, recording: boolean, reason: string, bytes?: number}} History
 * @typedef {{id: string, kind: string, name: string, name_ja?: string}} Source
 * @typedef {{name: string, name_ja: string, exercise: boolean, version: string, epoch: number, tak: TakPort[],
 *   zones: Zone[], view: Place, views: View[], sources: Source[], history: History, banner?: string}} Headquarters
 *
 * @typedef {{uid: string, callsign: string, address: string, encoding: string, since_ms: number, events_in: number | null,
 *   events_out: number | null, refused: Record<string, number>, lagging: boolean, queued_bytes: number | null, tls: boolean,
 *   mark: string}} Client
 * @typedef {{uid: string, callsign: string, address: string, at_ms: number, reason: string, detail: string}} Closed
 * @typedef {{id: string, name: string, kind: string, state: string, code: string,
 *   params: Record<string, string | number>, detail: string, events: number,
 *   refused: Record<string, number>, last_ms: number | null}} FeedStatus
 * @typedef {{kind: "status", at_ms: number, clients: Client[], closed: Closed[], feeds: FeedStatus[], history: History,
 *   tracks: number, clients_total: number, banner: string, drops?: Record<string, number>, ingest_per_s?: number,
 *   pages?: number, lag_s?: number}} Status totals that count hidden things too are for administrators alone
 *
 * @typedef {string | number | boolean} Fact
 * @typedef {import("./wire.js").Card & {l?: string}} Card `l` is the portion mark
 * @typedef {import("./wire.js").Frame} Frame
 *
 * @typedef {{uid: string, callsign: string, type: string, source: string, source_name: string, lat: number, lon: number,
 *   hae_m: number | null, altitude_is_barometric: boolean, ce_m: number | null, course_deg: number | null,
 *   speed_ms: number | null, time_ms: number, stale_ms: number, received_ms: number, state: string, access: string,
 *   caveat: string, releasable_to: string, mark: string, banner: string, facts: Record<string, Fact>}} TrackDetail
 * @typedef {{uid: string, t_ms: number[], lat: number[], lon: number[], alt_m: (number | null)[], truncated: boolean}} Path
 *
 * Of people, as `people/forms.py` says them:
 *
 * @typedef {{password: boolean, passkey: boolean, oidc: string, certificate: boolean}} Ways
 * @typedef {{id: string, name: string, name_ja: string}} PersonName
 * @typedef {{id: string, mark: string, title: string, title_ja: string, unit: string, organisation: string,
 *   permissions: string[], until_ms: number, holder: PersonName | null, since_ms: number, note: string, note_by: PersonName | null}} Mine
 * @typedef {{signed_in: boolean, person: PersonName | null, username: string, nation: string, organisation: string,
 *   clearance: string, cleared_until_ms: number, appointment: Mine | null, permissions: string[], appointments: Mine[],
 *   standing: string, how: string, started_ms: number, until_ms: number, has_password: boolean, passkeys: number,
 *   without_credentials: boolean, current_needed: boolean}} SessionBody
 * @typedef {{id: string, name: string, host: string, added_ms: number}} PasskeyRow
 * @typedef {{id: string, how: string, started_ms: number, until_ms: number, address: string, appointment: string,
 *   current: boolean}} SessionRow
 * @typedef {{code: string, name: string, name_ja: string}} CodeName
 * @typedef {{id: string, levels: CodeName[], caveats: CodeName[], nations: CodeName[]}} PolicyChoice
 * @typedef {{permissions: string[], policies: PolicyChoice[], organisations: string[], groups: string[],
 *   delegate_of: string, purposes: string[], minutes_max: number}} Choices
 * @typedef {{id: string, version: string, mark: string, name: string, name_ja: string, username: string, nation: string,
 *   organisation: string, policy: string, level: string, caveats: string[], cleared_until_ms: number, active: boolean,
 *   standing: string, administrator: boolean, has_password: boolean, passkeys: number, sessions: number,
 *   may_change: boolean}} PersonRow
 * @typedef {{person: PersonName, appointment: string, title: string, title_ja: string, from_ms: number,
 *   until_ms: number, standing: string, holds: boolean}} AssignmentRow
 * @typedef {{id: string, version: string, mark: string, title: string, title_ja: string, unit: string,
 *   organisation: string, permissions: string[], groups_in: string[], groups_out: string[], from_ms: number,
 *   until_ms: number, in_force: boolean, holder: PersonName | null, assigned: AssignmentRow[],
 *   may_change: boolean}} AppointmentRow
 * @typedef {{id: string, mark: string, purpose: string, person: PersonName, appointment: string, made_ms: number,
 *   made_by: PersonName | null, until_ms: number, claim: string, state: string}} InvitationRow
 * @typedef {{invitation: InvitationRow, token: string, username: string}} Invited
 * @typedef {{fingerprint: string, mark: string, serial: string, subject: string, person: PersonName,
 *   appointment: string, title: string, title_ja: string, client_uid: string, not_before_ms: number, not_after_ms: number, issued_ms: number,
 *   revoked_ms: number, reason: string, replaces: string, state: string, standing: string}} CertificateRow
 * @typedef {{person: PersonRow, assignments: AssignmentRow[], sessions: SessionRow[], passkeys: PasskeyRow[],
 *   accounts: string[], invitations: InvitationRow[], certificates: CertificateRow[]}} PersonBody
 * @typedef {{link: string, qr: string}} EnrolWay
 * @typedef {{host: string, stream_port: number, enrol_port: number, atak: EnrolWay, itak: EnrolWay,
 *   itak_registration: EnrolWay, pytak: EnrolWay, mark: string, fingerprint: string}} EnrolLinks
 * @typedef {{id: string, title: string, title_ja: string}} AppointmentName
 * @typedef {{id: string, name: string, name_ja: string, organisation: string, mark: string,
 *   appointments: AppointmentName[]}} ReaderRow
 * @typedef {{rule: string, ok: boolean, params: Record<string, any>}} Check
 * @typedef {{allowed: boolean, rule: string, params: Record<string, any>, reader: PersonName, appointment: string,
 *   item: string, mark: string, checks: Check[]}} WhyBody
 *
 * Of the log, as `operations/forms/log.py` says them:
 *
 * @typedef {{id: string, name: string, media: string, bytes: number, mark: string}} FileRow
 * @typedef {{uid: string, callsign: string, type: string, lat: number, lon: number, time_ms: number}} TrackThen
 * @typedef {{appointment: string, title: string, title_ja: string, person: PersonName | null}} Signed
 * @typedef {{id: string, at_ms: number, letter: string, written_ms: number, mark: string, source: string, text: string,
 *   decided: string, told: string, significant: boolean, place: string, lat: number | null, lon: number | null,
 *   order: string, track: TrackThen | null, files: FileRow[], by: Signed, corrects: string, reason: string,
 *   corrected_by: string, answers: {id: string, name: string}[], exercise: boolean}} LogRow
 * @typedef {{rows: LogRow[], more: string, banner: string}} LogPage
 *
 * Of reports, as `operations/forms/reports.py` says them:
 *
 * @typedef {{code: string, name: string, name_ja: string, source: string, pick: string, part: string,
 *   words: string[], also: string[]}} FormSection
 * @typedef {{code: string, name: string, name_ja: string, period_hours: number, as_of: string, due_minutes: number,
 *   precedence: string, to: string, language: string, sections: FormSection[]}} ReportForm
 * @typedef {{id: string, version: string, form: string, name: string, name_ja: string, serial: string, state: string,
 *   mark: string, originator: string, to: string, info: string, from_ms: number, to_ms: number, as_of_ms: number, due_ms: number,
 *   late: boolean, interim: boolean, drafted_ms: number, released_ms: number, by: Signed, corrects: string, corrects_serial: string,
 *   corrected_by: string, negative: boolean, exercise: boolean,
 *   waits: "" | "approve" | "release"}} ReportRow
 * @typedef {{id: string, text: string, mark: string, links: {kind: string, id: string}[]}} SentenceRow
 * @typedef {{code: string, name: string, name_ja: string, sentences: SentenceRow[]}} SectionRow
 * @typedef {{what: string, at_ms: number, by: Signed, note: string}} ReportStep
 * @typedef {{report: ReportRow, language: string, precedence: string, banner: string, sections: SectionRow[],
 *   steps: ReportStep[], stale: number, fresh: number, over: boolean, may: string[]}} ReportBody
 * @typedef {{form: string, name: string, name_ja: string, to: string, from_ms: number, as_of_ms: number, due_ms: number,
 *   state: string, report: string}} OwedRow
 * @typedef {{rows: ReportRow[], owed: OwedRow[], forms: ReportForm[],
 *   own_forms: {form: string, version: string, set_ms: number, by: Signed}[],
 *   lines: {form: string, to: string, active: boolean}[],
 *   choices: {form: string, from_ms: number, to_ms: number, due_ms: number, to: string}[], banner: string,
 *   upward: {to: string, name: string, name_ja: string, why: string, type: string, order_ref: string}}} ReportPage
 * @typedef {{id: string, state: string, appointment: string, title: string, title_ja: string, since_ms: number,
 *   offered_ms: number, accepted_ms: number, by: Signed, to: Signed | null, language: string, note: string,
 *   items: {part: string, text: string, mark: string, links: {kind: string, id: string}[]}[], mark: string}} HandoverRow
 */

export {};
