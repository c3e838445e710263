/**
 * Orders, the place of what was ordered and who has acknowledged: the list, and beside it one order or its editor.
 *
 * Owns: asking for the list as the server says it is new, choosing an order, the place's keys.
 * Doesn't own: one order (`order.js`), the editor (`orderform.js`), answers (`orderboard.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";

import { number } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Mark, Problem, useAnswer } from "../people/form.js";
import { goTo, within } from "../places.js";
import { headquarters, heard, may } from "../state.js";
import { nameOf, t } from "../words.js";
import { Missions } from "./missions.js";
import { act, OneOrder } from "./order.js";
import * as calls from "./ordercalls.js";
import { Editor } from "./orderform.js";
import { State, unitText } from "./ordersigns.js";

/** @typedef {import("./ordertypes.js").OrderRow} OrderRow */

/** A moment passes without the server saying so: silence becomes late, an order takes effect. */
const AGAIN_MS = 15_000;
const FILTERS = /** @type {const} */ (["open", "mine", "drafts", "ended", "all"]);
const ENDED = ["superseded", "cancelled", "complete", "withdrawn"];
const DRAFTS = ["draft", "staffing", "approved"];

/** @type {import("@preact/signals").Signal<OrderRow[]>} */
const rows = signal([]);
const filter = signal(/** @type {typeof FILTERS[number]} */ ("open"));
const query = signal("");

/** @param {string} [more] */
const go = (more) => goTo("orders", more);
const chosen = () => within.value.split("/")[0];

/** @param {OrderRow} row */
function shows(row) {
  const kind = filter.value;
  const ended = ENDED.includes(row.state);
  if (kind === "open" ? ended : kind === "ended" ? !ended : false) return false;
  if (kind === "mine" && !row.waits && !row.told) return false;
  if (kind === "drafts" && !DRAFTS.includes(row.state)) return false;
  const text = `${row.name} ${row.type} ${row.title} ${row.title_ja} ${nameOf(row.unit)}`.toLowerCase();
  return query.value
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** @param {number} by */
function step(by) {
  const there = rows.value.filter(shows);
  const at = there.findIndex(({ id }) => id === chosen());
  const next = there[at < 0 ? 0 : Math.min(there.length - 1, Math.max(0, at + by))];
  if (!next) return;
  go(next.id);
  requestAnimationFrame(() => document.getElementById(`order-${next.id}`)?.focus());
}

/** @type {import("../places.js").Keys} */
export const keys = {
  ArrowDown: { word: "help.orders", does: () => step(1) },
  ArrowUp: { word: "help.orders", does: () => step(-1) },
  n: { word: "help.new_order", does: () => may("plan") && go("new") },
  k: { word: "orders.act.acknowledged", does: () => act("acknowledged") },
  d: { word: "orders.act.wilco", does: () => act("wilco") },
  c: { word: "orders.act.cantco", does: () => act("cantco") },
  h: { word: "orders.act.havco", does: () => act("havco") },
  Escape: { word: "help.close_side", does: () => go() },
};

export function Place() {
  const offered = useAnswer(calls.choices, []);
  const asked = useAnswer(async () => (rows.value = await calls.orders()), []);
  useEffect(() => void asked.again(), [heard.value.orders]);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && void asked.again(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const [id, how] = within.value.split("/");
  const editing = id === "new" || how === "edit" || how === "change";
  const again = () => void asked.again();
  return html`<main class=${`desk orders${id ? " with-order" : ""}`} aria-label=${t("place.orders")}>
    <${Problem} refusal=${asked.refusal} />
    <div class="orders-body">
      <section class="orders-list" aria-label=${t("place.orders")}>
        <${Tools} offered=${offered.value} />
        <${List} asked=${asked} />
      </section>
      ${
        id === "missions"
          ? offered.value && html`<${Missions} offered=${offered.value} onClose=${() => go()} />`
          : editing
            ? offered.value?.may_plan &&
              html`<${Editor} key=${within.value} id=${id === "new" ? "" : id} how=${how ?? "new"} offered=${offered.value}
              rows=${rows.value} onSaved=${(/** @type {string} */ saved) => (again(), go(saved))}
              onClose=${() => go(id === "new" ? "" : id)} />`
            : id
              ? html`<${OneOrder} key=${id} id=${id} unit=${offered.value?.unit?.id} onChanged=${again} onClose=${() => go()} />`
              : html`<p class="note desk-empty orders-choose">${t("orders.choose")}</p>`
      }
    </div>
  </main>`;
}

/** @param {{offered: import("./ordertypes.js").OrderChoices | null}} props */
const Tools = ({ offered }) => html`<div class="desk-tools">
    <div class="search"><${Icon} name="search" /><input id="place-search" type="search" autocomplete="off"
      aria-label=${t("orders.search")} placeholder=${t("orders.search")} value=${query.value}
      onInput=${(/** @type {any} */ event) => (query.value = event.currentTarget.value)} /></div>
    <label class="order">${t("orders.show")} <select value=${filter.value}
      onChange=${(/** @type {any} */ event) => (filter.value = event.currentTarget.value)}>
      ${FILTERS.map((name) => html`<option key=${name} value=${name}>${t(`orders.filter.${name}`)}</option>`)}</select></label>
    <button class="button" aria-pressed=${chosen() === "missions"} onClick=${() => go("missions")}>${t("orders.missions")}</button>
    ${
      offered?.may_plan &&
      html`<button class="button strong" title="n" onClick=${() => go("new")}>${t("orders.new")}</button>`
    }
  </div>
  ${offered && !offered.unit && html`<p class="note">${t("orders.no_unit")}</p>`}`;

/** @param {{asked: {value: OrderRow[] | null}}} props */
function List({ asked }) {
  const there = rows.value.filter(shows);
  if (!there.length)
    return asked.value
      ? html`<p class="note desk-empty">${t(rows.value.length ? "orders.none_found" : "orders.none")}</p>`
      : null;
  return html`<div class="desk-rows" tabindex="-1">
    <p class="dim orders-count" role="status">${t("orders.count", { n: number(there.length) })}</p>
    <ul>${there.map((row) => html`<${Row} key=${row.id} row=${row} />`)}</ul></div>`;
}

/** @param {{row: OrderRow}} props */
const Row = ({ row }) => html`<li><button class="order-row" id=${`order-${row.id}`}
    aria-current=${row.id === chosen() ? "true" : undefined} onClick=${() => go(row.id)}>
    <span class="order-head"><b lang="en">${row.name || row.type}</b>
      <span class="order-state">${t(`orders.state.${row.state}`)}</span>
      <span class=${`precedence ${row.precedence}`} lang="en">${t(`orders.precedence.${row.precedence}`)}</span></span>
    <span class="order-title"><${Mark} mark=${row.mark} />${nameOf({ name: row.title, name_ja: row.title_ja })}</span>
    <span class="order-meta dim"><span>${unitText(row.unit)}</span> <time lang="en">${row.dtg}</time>
      ${row.exercise && !headquarters.value?.exercise && html`<span class="log-exercise">${t("log.exercise")}</span>`}</span>
    ${
      row.addressees > 0 &&
      html`<span class="order-reached">
        ${Object.entries(row.reached).map(
          ([state, n]) => html`<${State} key=${state} of=${state} word=${`${number(n)} ${t(`orders.state.${state}`)}`} />`,
        )}
        ${row.late > 0 && html`<${State} of="late" word=${t("orders.late", { n: number(row.late) })} />`}</span>`
    }
    ${
      row.told > 0 &&
      html`<span class="order-sign bad"><span aria-hidden="true">▲</span> ${t("orders.told_you", { n: number(row.told) })}</span>`
    }
    ${row.waits && html`<span class="order-mine"><span aria-hidden="true">▶</span> ${t(`orders.waits.${row.waits}`)}</span>`}
  </button></li>`;
