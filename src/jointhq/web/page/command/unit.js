/**
 * The panel of a unit: whom it stands under, what it has, what binds it to others, what was written about it.
 *
 * Doesn't own: "may A task B?" (`may.js`), changing anything (`draft.js`).
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { Refusal } from "../api.js";
import { number, when } from "../format.js";
import { goToPlace, select } from "../map/map.js";
import { Icon, Symbol2525 } from "../parts/icons.js";
import { Copy, Mark, Problem, Sign, useTask } from "../people/form.js";
import { said } from "../people/words.js";
import { liveStore } from "../picture/moment.js";
import { goTo } from "../places.js";
import { may, me } from "../state.js";
import { meaningOf } from "../symbols/kinds.js";
import { has, language, nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { InPlace } from "./draft.js";
import { relationText, Sample, shortType, typeText } from "./lines.js";
import { May } from "./may.js";
import { Liaisons, Succession } from "./posts.js";
import { choose, go, refresh, rested, shownClocks, structure } from "./moment.js";
import { alarmText } from "./row.js";
import { nationText, reveal } from "./shown.js";
import { focusTree } from "./tree.js";

/** @typedef {import("./types.js").UnitRow} UnitRow */
/** @typedef {import("./types.js").UnitBody} UnitBody */

/** What the server says of the unit chosen at the moment shown. @param {string} id */
function useUnit(id) {
  const [answer, setAnswer] = useState(/** @type {{body: UnitBody | null, refusal: Refusal | null}} */ ({ body: null, refusal: null }));
  const shown = structure.value?.body;
  useEffect(() => {
    let current = true;
    calls.unit(id, shownClocks.peek()).then(
      (body) => current && setAnswer({ body, refusal: null }),
      (error) => {
        if (!(error instanceof Refusal)) throw error;
        if (current) setAnswer({ body: null, refusal: error });
      },
    );
    return () => void (current = false);
  }, [id, shown]);
  return answer.body && answer.body.row.id !== id ? { body: null, refusal: null } : answer;
}

export function UnitPanel() {
  const id = rested.value;
  const row = structure.value?.units.get(id);
  if (!id || !structure.value) return null;
  return html`<aside class="panel unit" tabindex="-1" aria-label=${row ? nameOf(row) : id} onKeyDown=${onKeyDown}>
    ${row ? html`<${Known} row=${row} />` : html`<div class="card-head"><h2>${t("command.not_there")}</h2><${Close} /></div>
      <p class="note">${t("command.not_there_text")}</p>`}</aside>`;
}

/** @param {KeyboardEvent} event */
function onKeyDown(event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(/** @type {HTMLElement} */ (event.target).tagName);
  if (event.key !== "Escape" || typing) return;
  event.stopPropagation();
  focusTree();
}

const Close = () => html`<button class="button icon-only" aria-label=${t("drawer.close")} title=${`${t("drawer.close")} (Esc)`}
  onClick=${() => choose("")}><${Icon} name="close" /></button>`;

/** @param {UnitRow} row */
export const unitLine = (row) =>
  [
    nationText(row.nation),
    row.service && said("fact.service", row.service),
    has(`echelon.${row.echelon}`) ? t(`echelon.${row.echelon}`) : row.echelon,
  ].filter(Boolean).join(" · ");

/** @param {{row: UnitRow}} props */
function Known({ row }) {
  const { body, refusal } = useUnit(row.id);
  const other = language.value === "ja" ? row.name : row.name_ja;
  const place = (language.value === "ja" && row.place_ja) || row.place;
  const alarms = structure.value?.alarms.get(row.id) ?? [];
  return html`
    <div class="card-head">
      <${Symbol2525} meaning=${meaningOf("a-f-G-U", row.sidc)} stale=${false} box=${46} size=${26} />
      <div class="card-name"><h2><${Mark} mark=${row.mark} />${nameOf(row)}</h2>
        ${other && other !== nameOf(row) && html`<p class="other-name">${other}</p>`}
        <p class="kind">${unitLine(row)}</p></div>
      <${Close} /></div>
    <div class="actions">
      <button class="button" onClick=${() => showOnPicture(row)} disabled=${!may("watch") || (row.lat === null && !trackOf(row))}>
        <${Icon} name="map" />${t("command.on_picture")}</button>
      <button class="button" onClick=${() => go({ view: "matrix", id: row.id })}><${Icon} name="grid" />${t("command.matrix")}</button>
      ${may("plan") && html`<${InPlace} key=${row.id} row=${row} />`}
    </div>
    ${alarms.map((alarm) => html`<p class="problem" key=${`${alarm.code}${alarm.relation}`}><span aria-hidden="true">▲</span> ${alarmText(alarm)}</p>`)}
    <div class="unit-body">
    <dl class="facts">
      ${place && html`<${Fact} name=${t("fact.place")} value=${place} />`}
      <${Fact} name=${t("command.since")} value=${when(row.from_ms)} />
      <${Fact} name=${t("command.id")} value=${html`<code>${row.external_id || row.id}</code> <${Copy} text=${row.id} label=${t("form.copy")} />`} />
      ${(row.note || row.note_ja) && html`<${Fact} name=${t("fact.note")} value=${(language.value === "ja" && row.note_ja) || row.note} />`}
    </dl>
    <${StrengthOf} row=${row} rollup=${body?.strength_rollup ?? null} />
    <section><h3>${t("command.chains")}</h3>
      <${Chain} name=${t("command.operational")} hops=${body?.chains.operational ?? null} />
      <${Chain} name=${t("command.administrative")} hops=${body?.chains.administrative ?? null} />
      <p>${t("command.span", { n: number(body?.span ?? structure.value?.under.get(row.id)?.length ?? 0) })}</p></section>
    ${body && html`<${Reporting} of=${body.reporting} />`}
    ${body && html`<${Succession} row=${body.succession} />`}
    ${body && html`<${Liaisons} rows=${body.liaisons} />`}
    <${Relations} row=${row} />
    <${May} key=${row.id} subordinate=${row.id} />
    ${body && body.responsibilities.length > 0 && html`<section><h3>${t("command.responsibilities")}</h3>
      <ul class="lines">${body.responsibilities.map(
        (one) => html`<li key=${one.id}><${Mark} mark=${one.mark} /><b>${nameOf({ name: one.title, name_ja: one.title_ja })}</b>
        ${one.text && html`<span>${one.text}</span>`}<small>${t("command.from", { at: when(one.from_ms) })} · ${orderText(one.order_ref)}</small></li>`,
      )}</ul></section>`}
    ${body && body.appointments.length > 0 && html`<section><h3>${t("command.speakers")}</h3><ul class="lines">${body.appointments.map(
      (one) => html`<li key=${one.id}><b>${nameOf({ name: one.title, name_ja: one.title_ja })}</b>
        <small>${nameOf({ name: one.holder, name_ja: one.holder_ja }) || t("command.nobody")}</small></li>`,
    )}</ul></section>`}
    ${body && html`<${History} body=${body} />`}
    <${Problem} refusal=${refusal} />
    </div>`;
}

/** @param {{name: string, value: unknown}} props */
const Fact = ({ name, value }) => html`<div class="fact"><dt>${name}</dt><dd>${value}</dd></div>`;

/** @param {string} ref */
export const orderText = (ref) => (ref ? t("command.order", { ref }) : `▲ ${t("command.no_order")}`);

/** @param {UnitRow} row */
function trackOf(row) {
  if (liveStore.slotOf.has(row.external_id)) return row.external_id;
  return liveStore.cards.find((card) => card?.f?.unit && [row.id, row.external_id].includes(String(card.f.unit)))?.u ?? "";
}

/** @param {UnitRow} row */
function showOnPicture(row) {
  const uid = trackOf(row);
  goTo("picture");
  if (uid) select(uid);
  if (row.lat !== null && row.lon !== null) goToPlace({ lat: row.lat, lon: row.lon });
}

/** @param {{id: string}} props */
export function UnitLink({ id }) {
  const row = structure.value?.units.get(id);
  return row
    ? html`<button class="link" onClick=${() => reveal(id)}>${nameOf(row)}</button>`
    : html`<span class="dim">${t("command.hidden_unit")}</span>`;
}

/** To whom it reports, by which line; where there is none, why. @param {{of: UnitBody["reporting"]}} props */
const Reporting = ({ of }) => html`<div class="chain"><h4>${t("command.reports_to")}</h4>${
  of.superior
    ? html`<p><${Sample} type=${of.type} /><b lang="en">${shortType(of.type)}</b> <${UnitLink} id=${of.superior} />
      <small> ${t(`reporting_line.${of.why}`)}</small></p>`
    : html`<p class="dim">${t("command.no_line")}</p>`
}</div>`;

/** @param {{name: string, hops: import("./types.js").Hop[] | null}} props */
const Chain = ({ name, hops }) => html`<div class="chain"><h4>${name}</h4>${
  hops === null ? html`<p class="dim">${t("place.loading")}</p>`
  : hops.length
    ? html`<ol>${hops.map((hop) => html`<li key=${hop.relation}><${Sample} type=${hop.type} /><b lang="en">${shortType(hop.type)}</b>
      <${UnitLink} id=${hop.superior} /></li>`)}</ol>`
    : html`<p class="dim">${t("command.no_chain")}</p>`
}</div>`;

/** @param {{row: UnitRow, rollup: import("./types.js").Rollup | null}} props */
function StrengthOf({ row, rollup }) {
  const own = row.strength;
  return html`<section><h3>${t("fact.strength")}</h3>
    ${own && html`<p><${Mark} mark=${own.mark} /><b>${own.number === null ? "" : number(own.number)}</b>
      ${" "}${(language.value === "ja" && own.text_ja) || own.text}
      <small>${[own.date, own.source && said("fact.strength_source", own.source)].filter(Boolean).join(" · ")}
      ${own.doubtful ? ` · ? ${t("command.doubtful_one")}` : ""}${own.whole ? ` · ${t("field.whole")}` : ""}</small></p>`}
    ${rollup && html`<${RollupLine} rollup=${rollup} />`}</section>`;
}

/** A sum, and what it rests on: no figure without its gaps. @param {{rollup: import("./types.js").Rollup}} props */
export const RollupLine = ({ rollup }) => html`<dl class="rollup">
  <div><dt>${t("command.sum")}</dt><dd>${number(rollup.known)}</dd></div>
  ${rollup.below !== rollup.known && html`<div><dt>${t("command.below")}</dt><dd>${number(rollup.below)}</dd></div>`}
  <div class=${rollup.doubtful ? "weak" : ""}><dt>? ${t("command.doubtful")}</dt><dd>${number(rollup.doubtful)}</dd></div>
  <div class=${rollup.missing ? "weak" : ""}><dt>▲ ${t("command.missing")}</dt>
    <dd>${t("command.missing_of", { n: number(rollup.missing), of: number(rollup.units) })}</dd></div>
  ${rollup.authorised > 0 && html`<div><dt>${t("command.authorised")}</dt><dd>${number(rollup.authorised)}</dd></div>`}</dl>`;

/** @param {{row: UnitRow}} props */
function Relations({ row }) {
  const all = structure.value?.relations.get(row.id) ?? [];
  return html`<section><h3>${t("command.relations")}</h3>${
    all.length
      ? html`<table class="relations"><tbody>${all.map((one) => html`<${Relation} key=${one.id} one=${one} of=${row.id} />`)}</tbody></table>`
      : html`<p class="note">${t("command.no_relations")}</p>`
  }</section>`;
}

/** Whose appointment is on that side of it. @param {import("./types.js").RelationRow} one @param {string} side */
const speaksFor = (one, side) => me.value?.appointment?.unit === (side === "gaining" ? one.superior : one.granted_by);

/** @param {{one: import("./types.js").RelationRow, of: string}} props */
function Relation({ one, of }) {
  const task = useTask();
  const accept = (/** @type {string} */ side) => task.run(async () => {
    await calls.accept(one.id, side);
    await refresh();
  });
  const up = one.subordinate === of;
  const limits = [...(one.limits.flags ?? []).map((flag) => said("action", flag)), one.limits.text].filter(Boolean);
  return html`<tr><td class="how"><${Sample} type=${one.type} /><b lang="en">${shortType(one.type)}</b></td>
    <td><${Mark} mark=${one.mark} />${t(up ? "command.under" : "command.over")} <${UnitLink} id=${up ? one.superior : one.subordinate} />
      <small>${relationText(one)} · ${t("command.from", { at: when(one.from_ms) })}${one.until_ms ? ` ${t("command.until", { at: when(one.until_ms) })}` : ""}
        ${one.condition && ` · ${one.condition}`}</small>
      <small class=${one.order_ref ? "" : "warn"}>${orderText(one.order_ref)}</small>
      ${limits.length > 0 && html`<small>${t("command.limits", { text: limits.join(", ") })}</small>`}
      ${["OPCON", "TACON", "OPCOM", "TACOM", "ADCON"].includes(one.type) && html`<small class="accepted">${["losing", "gaining"].map(
        (side) => html`<span key=${side}><${Sign} good=${one.accepted.includes(side)} /> ${one.accepted.includes(side) ? said("command.accepted", side) : said("command.not_accepted", side)}
          ${!one.accepted.includes(side) && may("command") && speaksFor(one, side) && html` <button class="button small"
            disabled=${task.busy} onClick=${() => accept(side)}>${t("command.accept")}</button>`}</span>`,
      )}</small>`}<${Problem} refusal=${task.refusal} /></td></tr>`;
}

/** @param {{body: UnitBody}} props */
const History = ({ body }) => html`<section><h3>${t("command.history")}</h3>
  <ul class="lines">${[...body.history].sort((a, b) => b.at_ms - a.at_ms).map(
    (one, i) => html`<li key=${i}><${Mark} mark=${one.mark} /><b>${said("act", one.kind.replace(".", "_"))}</b>
      ${one.act?.type && html` <span title=${typeText(one.act.type)}>${shortType(one.act.type)}</span>`}
      <small>${t("command.took_effect", { at: when(one.at_ms) })} · ${t("command.written", { at: when(one.written_ms) })}
        ${one.who.title ? ` · ${nameOf({ name: one.who.title, name_ja: one.who.title_ja })}` : ""}
        ${one.order_ref ? ` · ${one.order_ref}` : ""}</small></li>`,
  )}</ul>${body.truncated && html`<p class="note">${t("command.more_history")}</p>`}</section>`;
