/**
 * Requirements, the place of what must be known: CCIR with their hits, and requests for information.
 *
 * Owns: the two lists and what is filtered of them, choosing one, the place's keys, hits that wait for the reader.
 * Doesn't own: one CCIR (`ccir.js`) and its editor (`ccirform.js`), one RFI (`rfi.js`) and its form (`rfiform.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";

import { number, shortSpan, when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Mark, Problem, useAnswer, useTask } from "../people/form.js";
import { titleOf } from "../people/words.js";
import { addressOf, goTo, within } from "../places.js";
import { headquarters, heard, may, say } from "../state.js";
import { nameOf, t } from "../words.js";
import { OneCcir } from "./ccir.js";
import { CcirEditor } from "./ccirform.js";
import { State, unitText } from "./ordersigns.js";
import * as calls from "./requirementcalls.js";
import { OneRfi } from "./rfi.js";
import { RfiForm } from "./rfiform.js";

/** @typedef {import("./requirementtypes.js").CcirRow} CcirRow */
/** @typedef {import("./requirementtypes.js").RfiRow} RfiRow */
/** @typedef {import("./requirementtypes.js").HitRow} HitRow */
/** @typedef {"ccir" | "rfi"} Tab */

/** A moment passes without the server saying so: a time limit, an LTIOV. */
const AGAIN_MS = 15_000;
const TABS = /** @type {Tab[]} */ (["ccir", "rfi"]);
const FILTERS = /** @type {const} */ (["open", "mine", "late", "ended", "all"]);
const ENDED = ["ended", "satisfied", "withdrawn"];

/** @type {import("@preact/signals").Signal<{ccir: CcirRow[], rfi: RfiRow[]}>} */
const rows = signal({ ccir: [], rfi: [] });
/** @type {import("@preact/signals").Signal<HitRow[]>} */
const hits = signal([]);
/** @type {import("@preact/signals").Signal<import("./requirementtypes.js").Figures | null>} */
const figures = signal(null);
const filter = signal(/** @type {typeof FILTERS[number]} */ ("open"));
const query = signal("");

const tab = () => (within.value.startsWith("rfi") ? "rfi" : "ccir");
const chosen = () => within.value.split("/")[1] ?? "";
/** @param {string} [more] */
const go = (more) => goTo("requirements", more ? `${tab()}/${more}` : tab());

/** @param {CcirRow | RfiRow} row */
const textOf = (row) =>
  "question" in row
    ? `${row.name} ${row.question} ${nameOf(row.unit)} ${nameOf(row.asked_of)} ${row.to ? titleOf(row.to) : ""}`
    : `${row.name} ${row.type} ${row.text} ${row.text_ja} ${row.decision} ${nameOf(row.unit)}`;

/** @param {CcirRow | RfiRow} row */
function shows(row) {
  const kind = filter.value;
  const ended = ENDED.includes(row.state);
  if (kind === "open" ? ended : kind === "ended" && !ended) return false;
  if (kind === "mine" && !row.mine && !hits.value.some(({ ccir }) => ccir === row.id)) return false;
  if (kind === "late" && !row.late && !("open_notices" in row && isSilent(row))) return false;
  const text = textOf(row).toLowerCase();
  return query.value
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** A hit of it was told to the reader as silence. @param {CcirRow} row */
const isSilent = (row) => hits.value.some(({ ccir, told }) => told && ccir === row.id);

const listed = () => rows.value[tab()].filter(shows);

/** @param {number} by */
function step(by) {
  const there = listed();
  const at = there.findIndex(({ id }) => id === chosen());
  const next = there[at < 0 ? 0 : Math.min(there.length - 1, Math.max(0, at + by))];
  if (!next) return;
  go(next.id);
  requestAnimationFrame(() => document.getElementById(`requirement-${next.id}`)?.focus());
}

/** The oldest hit that waits for the reader. */
async function acknowledge() {
  const next = hits.value.filter(({ mine }) => mine).at(-1);
  if (next) await calls.stepHit(next.id, "acknowledge");
  if (next) say(t("requirements.acknowledged", { name: next.name }));
}

const mayBegin = () => (tab() === "ccir" ? may("plan") : may("log"));

/** @type {import("../places.js").Keys} */
export const keys = {
  ArrowDown: { word: "help.requirements", does: () => step(1) },
  ArrowUp: { word: "help.requirements", does: () => step(-1) },
  x: { word: "help.views_of_place", does: () => goTo("requirements", tab() === "ccir" ? "rfi" : "ccir") },
  n: { word: "help.new_requirement", does: () => mayBegin() && go("new") },
  k: { word: "requirements.acknowledge", does: () => void acknowledge() },
  Escape: { word: "help.close_side", does: () => go() },
};

export function Place() {
  const offered = useAnswer(calls.choices, []);
  const asked = useAnswer(async () => {
    const [ccir, rfi] = await Promise.all([calls.ccirs(), calls.rfis()]);
    rows.value = { ccir: ccir.rows, rfi: rfi.rows };
    hits.value = ccir.hits;
    figures.value = rfi.figures;
    return rows.value;
  }, []);
  useEffect(() => void asked.again(), [heard.value.requirements]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && void asked.again(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const [, id, how] = within.value.split("/");
  const again = () => void asked.again();
  const shared = { offered: offered.value, onChanged: again, onClose: () => go() };
  return html`<main class=${`desk orders requirements${id ? " with-order" : ""}`} aria-label=${t("place.requirements")}>
    <div class="desk-head"><nav class="desk-tabs" role="tablist" aria-label=${t("place.requirements")}>
      ${TABS.map((name) => html`<a role="tab" key=${name} aria-selected=${name === tab()} href=${addressOf("requirements", name)}>
        ${t(`requirements.tab.${name}`)}${waitsAt(name) > 0 && html` <b class="tab-count" title=${t("place.waits", { n: number(waitsAt(name)) })}>${number(waitsAt(name))}</b>`}</a>`)}</nav></div>
    <${Problem} refusal=${asked.refusal} />
    <${Waiting} onDone=${again} />
    <div class="orders-body">
      <section class="orders-list" aria-label=${t(`requirements.tab.${tab()}`)}>
        <${Tools} offered=${offered.value} />
        ${tab() === "rfi" && figures.value && html`<${FiguresOf} of=${figures.value} />`}
        <${List} asked=${asked} />
      </section>
      ${!id
        ? html`<p class="note desk-empty orders-choose">${t(`requirements.choose.${tab()}`)}</p>`
        : id === "new" || how === "edit" || how === "replace"
          ? offered.value &&
            html`<${tab() === "ccir" ? CcirEditor : RfiForm} key=${within.value} id=${id === "new" ? "" : id} how=${how ?? "new"}
              offered=${offered.value} onSaved=${(/** @type {string} */ saved) => (again(), go(saved))}
              onClose=${() => go(id === "new" ? "" : id)} />`
          : html`<${tab() === "ccir" ? OneCcir : OneRfi} key=${id} id=${id} ...${shared} />`}
    </div>
  </main>`;
}

/** @param {Tab} name */
const waitsAt = (name) =>
  rows.value[name].filter(({ mine }) => mine).length + (name === "ccir" ? hits.value.length : 0);

/** What was told to the reader's appointment: it stands above everything, until he acknowledges. @param {{onDone: () => void}} props */
function Waiting({ onDone }) {
  const task = useTask();
  if (!hits.value.length) return null;
  const yes = (/** @type {HitRow} */ hit) =>
    task.run(async () => {
      await calls.stepHit(hit.id, "acknowledge");
      say(t("requirements.acknowledged", { name: hit.name }));
      onDone();
    });
  return html`<section class="hits-waiting" aria-label=${t("requirements.waiting")}>
    <h2><span aria-hidden="true">▶</span> ${t("requirements.waiting")}</h2>
    <ul>${hits.value.map(
      (hit) => html`<li key=${hit.id}><p><b lang="en">${hit.name}</b> <${Mark} mark=${hit.mark} />${hit.text || t("requirements.entry_hidden")}
        <small class="dim"> <time lang="en">${when(hit.at_ms)}</time></small>
        ${hit.told && html` <span class="order-sign bad"><span aria-hidden="true">▲</span> ${t("requirements.silence_told", { who: silentOf(hit) })}</span>`}</p>
        <span class="buttons">${hit.mine && html`<button class="button strong" title="k" disabled=${task.busy} onClick=${() => yes(hit)}>${t("requirements.acknowledge")}</button>`}
          ${hit.ccir && html`<a class="button" href=${addressOf("requirements", `ccir/${hit.ccir}`)}>${t("requirements.look")}</a>`}</span></li>`,
    )}</ul><${Problem} refusal=${task.refusal} /></section>`;
}

/** @param {HitRow} hit */
const silentOf = (hit) =>
  hit.notices
    .filter(({ acknowledged_ms }) => !acknowledged_ms)
    .map(({ who }) => titleOf(who))
    .join(", ");

/** @param {{offered: import("./requirementtypes.js").Choices | null}} props */
const Tools = ({ offered }) => html`<div class="desk-tools">
    <div class="search"><${Icon} name="search" /><input id="place-search" type="search" autocomplete="off"
      aria-label=${t("requirements.search")} placeholder=${t("requirements.search")} value=${query.value}
      onInput=${(/** @type {any} */ event) => (query.value = event.currentTarget.value)} /></div>
    <label class="order">${t("orders.show")} <select value=${filter.value}
      onChange=${(/** @type {any} */ event) => (filter.value = event.currentTarget.value)}>
      ${FILTERS.map((name) => html`<option key=${name} value=${name}>${t(`requirements.filter.${name}`)}</option>`)}</select></label>
    ${
      offered &&
      (tab() === "ccir" ? offered.may_plan : offered.may_log) &&
      html`<button class="button strong" title="n" onClick=${() => go("new")}>${t(`requirements.new.${tab()}`)}</button>`
    }
  </div>
  ${offered && !offered.unit && html`<p class="note">${t("orders.no_unit")}</p>`}`;

/** How it goes with requests. @param {{of: import("./requirementtypes.js").Figures}} props */
const FiguresOf = ({ of }) => html`<p class="rfi-figures" aria-label=${t("requirements.figures")}>
  <span>${t("requirements.figure.open", { n: number(of.open) })}</span>
  ${of.late > 0 && html`<${State} of="late" word=${t("orders.late", { n: number(of.late) })} />`}
  ${of.answered > 0 && html`<span>${t("requirements.figure.span", { median: shortSpan(of.median_ms), p90: shortSpan(of.p90_ms), n: number(of.answered) })}</span>`}
  ${of.due > 0 && html`<span>${t("requirements.figure.after", { share: number(Math.round((of.after_ltiov / of.due) * 100)), n: number(of.after_ltiov), of: number(of.due) })}</span>`}</p>`;

/** @param {{asked: {value: unknown}}} props */
function List({ asked }) {
  const there = listed();
  if (!there.length)
    return asked.value
      ? html`<p class="note desk-empty">${t(rows.value[tab()].length ? "requirements.none_found" : `requirements.none.${tab()}`)}</p>`
      : null;
  return html`<div class="desk-rows" tabindex="-1"><ul>${there.map(
    (row) => html`<li key=${row.id}><button class="order-row" id=${`requirement-${row.id}`}
      aria-current=${row.id === chosen() ? "true" : undefined} onClick=${() => go(row.id)}>
      ${"question" in row ? html`<${RfiLine} row=${row} />` : html`<${CcirLine} row=${row} />`}
      ${row.mine && html`<span class="order-mine"><span aria-hidden="true">▶</span> ${t("requirements.mine")}</span>`}</button></li>`,
  )}</ul></div>`;
}

/** @param {{row: CcirRow | RfiRow}} props */
const Ltiov = ({ row }) => html`${row.ltiov_ms > 0 && html`<span>LTIOV <time lang="en">${when(row.ltiov_ms)}</time></span>`}
  ${row.late && html`<${State} of="late" word=${t("requirements.late")} />`}
  ${row.exercise && !headquarters.value?.exercise && html`<span class="log-exercise">${t("log.exercise")}</span>`}`;

/** @param {{row: CcirRow}} props */
const CcirLine = ({ row }) => html`<span class="order-head"><b lang="en">${row.name || row.type}</b>
    <span class="order-state">${t(`requirements.state.${row.state}`)}</span>
    ${row.type === "EEFI" && html`<span class="dim">${t("requirements.no_ccir")}</span>`}</span>
  <span class="order-title"><${Mark} mark=${row.mark} />${nameOf({ name: row.text, name_ja: row.text_ja })}</span>
  <span class="order-meta dim">${row.owner && html`<span>${titleOf(row.owner)}</span>`}<${Ltiov} row=${row} /></span>
  ${row.hits > 0 &&
  html`<span class="order-reached"><span class="hit-sign"><span aria-hidden="true">◆</span> ${t("requirements.hits", { n: row.hits })}</span>
    ${row.open_notices > 0 && html`<${State} of="asked" word=${t("requirements.open_notices", { n: row.open_notices })} />`}</span>`}`;

/** @param {{row: RfiRow}} props */
const RfiLine = ({ row }) => html`<span class="order-head"><b lang="en">${row.name}</b>
    <span class="order-state">${t(`requirements.state.${row.state}`)}</span>
    <span class=${`precedence ${row.precedence}`} lang="en">${t(`orders.precedence.${row.precedence}`)}</span></span>
  <span class="order-title"><${Mark} mark=${row.mark} />${row.question}</span>
  <span class="order-meta dim"><span>${unitText(row.unit)} → ${unitText(row.asked_of)}${row.to && `, ${titleOf(row.to)}`}</span>
    <${Ltiov} row=${row} /></span>`;
