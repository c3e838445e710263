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
 *   zones: Zone[], view: Place, views: View[], sources: Source[], history: History}} Headquarters
 *
 * @typedef {{uid: string, callsign: string, address: string, encoding: string, since_ms: number, events_in: number,
 *   events_out: number, refused: Record<string, number>, lagging: boolean, queued_bytes: number}} Client
 * @typedef {{uid: string, callsign: string, address: string, at_ms: number, reason: string, detail: string}} Closed
 * @typedef {{id: string, name: string, kind: string, state: string, code: string,
 *   params: Record<string, string | number>, detail: string, events: number,
 *   refused: Record<string, number>, last_ms: number | null}} FeedStatus
 * @typedef {{kind: "status", at_ms: number, clients: Client[], closed: Closed[], feeds: FeedStatus[], history: History,
 *   drops: Record<string, number>, ingest_per_s: number, tracks: number, clients_total: number, pages: number, lag_s: number}} Status
 *
 * @typedef {string | number | boolean} Fact
 * @typedef {import("./wire.js").Card} Card
 * @typedef {import("./wire.js").Frame} Frame
 *
 * @typedef {{uid: string, callsign: string, type: string, source: string, source_name: string, lat: number, lon: number,
 *   hae_m: number | null, altitude_is_barometric: boolean, ce_m: number | null, course_deg: number | null,
 *   speed_ms: number | null, time_ms: number, stale_ms: number, received_ms: number, state: string, access: string,
 *   caveat: string, releasable_to: string, facts: Record<string, Fact>}} TrackDetail
 * @typedef {{uid: string, t_ms: number[], lat: number[], lon: number[], alt_m: (number | null)[], truncated: boolean}} Path
 */

export {};
