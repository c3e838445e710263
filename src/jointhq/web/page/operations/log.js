/**
 * The log: the entry line, and under it what was entered, the latest first.
 *
 * Owns: asking for entries as they are wanted, drawing them, choosing one, correcting it, marking it.
 * Doesn't own: the entry line (`operations/entry.js`), how a time is written (`operations/times.js`).
 */

import { computed, signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { number, when } from "../format.js";
import { decimalOf } from "../map/place.js";
import { Icon } from "../parts/icons.js";
import { Mark, Moment, Problem, useAnswer, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { goTo, here, within } from "../places.js";
import { headquarters, heard, may, selected } from "../state.js";
import { leaving } from "../unsaved.js";
import { language, t } from "../words.js";
import * as calls from "./calls.js";
import { Files } from "./files.js";
import { Correction } from "./correct.js";
import { EntryLine } from "./entry.js";
import { Answered, AnswersNow } from "./entryccir.js";
import { HandOver } from "./handover.js";
import { signedText, Times } from "./times.js";

/** @typedef {import("../types.js").LogRow} LogRow */

const ROWS = 100;
/** What is typed in the search is asked for when no key has come for so long. */
const PAUSE_MS = 250;

const wanted = signal({ q: "", significant: false, standing: false, known: 0 });
/** Where in the log one is: `id?from=…&to=…`, an entry with its corrections and the period shown; 0 is no bound. */
const where = computed(() => {
  const [id, query = ""] = here.value?.name === "log" ? within.value.split("?") : [""];
  const of = new URLSearchParams(query);
  return { id, from: Number(of.get("from")) || 0, to: Number(of.get("to")) || 0 };
});

/** @param {Partial<{id: string, from: number, to: number}>} to @param {"push" | "replace"} [how] */
function go(to, how = "replace") {
  const { id, from, to: until } = { ...where.peek(), ...to };
  const query = Object.entries({ from, to: until }).flatMap(([name, ms]) => (ms ? [`${name}=${ms}`] : []));
  goTo("log", query.length ? `${id}?${query.join("&")}` : id, how);
}
/** @type {import("@preact/signals").Signal<LogRow[]>} */
const rows = signal([]);
/** Whether there are earlier ones: what to ask for them with. */
const earlier = signal("");
const chosen = signal("");
/** @type {import("@preact/signals").Signal<"" | "correct" | "handover">} */
const side = signal("");
/** The entry being corrected, whichever is chosen meanwhile. */
const correcting = signal("");

/** @param {number} by */
function choose(by) {
  const at = rows.value.findIndex(({ id }) => id === chosen.value);
  const next = rows.value[at < 0 ? 0 : Math.min(rows.value.length - 1, Math.max(0, at + by))];
  if (!next) return;
  chosen.value = next.id;
  requestAnimationFrame(() => document.getElementById(`log-${next.id}`)?.focus());
}

const chosenRow = () => rows.value.find(({ id }) => id === chosen.value);

function correctChosen() {
  if (!may("log") || !chosenRow() || chosenRow()?.corrected_by) return;
  leaving(() => {
    go({ id: "" });
    correcting.value = chosen.value;
    side.value = "correct";
  });
}

async function markChosen() {
  const row = chosenRow();
  if (!row || !may("log")) return;
  replace(await calls.mark(row.id, !row.significant));
}

/** @param {LogRow} row */
const replace = (row) => void (rows.value = rows.value.map((one) => (one.id === row.id ? row : one)));

function handOver() {
  if (!may("log")) return;
  leaving(() => {
    go({ id: "" });
    side.value = "handover";
  });
}

function closeSide() {
  leaving(() => {
    side.value = "";
    go({ id: "" });
  });
}

/** @type {import("../places.js").Keys} */
export const keys = {
  ArrowDown: { word: "help.entries", does: () => choose(1) },
  ArrowUp: { word: "help.entries", does: () => choose(-1) },
  c: { word: "help.correct", does: correctChosen },
  x: { word: "help.significant", does: () => void markChosen() },
  h: { word: "help.handover", does: handOver },
  Escape: { word: "help.close_side", does: closeSide },
};

export function Place() {
  const { q, significant, standing, known } = wanted.value;
  const { from, to } = where.value;
  const depth = useRef(ROWS);
  const asked = useAnswer(async () => {
    const found = [];
    let before = "";
    do {
      const page = await calls.log({ q, significant, standing, known, from, to, before, limit: Math.min(200, depth.current) });
      found.push(...page.rows);
      before = page.more;
    } while (before && found.length < depth.current);
    rows.value = found;
    earlier.value = before;
    return found;
  }, [q, significant, standing, known, from, to]);
  const news = `${heard.value.log} ${heard.value.requirements}`;
  useEffect(() => void (!known && asked.again()), [news]);
  const older = () => {
    depth.current += ROWS;
    void asked.again();
  };
  const again = () => void asked.again();
  const row = rows.value.find(({ id }) => id === correcting.value);
  const corrected = (/** @type {string} */ id) => {
    side.value = "";
    chosen.value = id;
    again();
  };
  return html`<main class="desk log" aria-label=${t("place.log")}>
    ${may("log") && html`<${EntryLine} onEntered=${again} />`}
    <${Tools} asked=${asked} />
    <${Problem} refusal=${asked.refusal} />
    ${
      known > 0 &&
      html`<p class="log-past" role="status"><span aria-hidden="true">◷</span> ${t("log.known_past", { time: when(known) })}
      <button class="button small" onClick=${() => (wanted.value = { ...wanted.value, known: 0 })}>
        ${t("log.known_now")}</button></p>`
    }
    <div class="desk-body">
      ${
        rows.value.length > 0
          ? html`<div class="desk-rows log-rows" tabindex="-1"><ol>${rows.value.map(
              (one) => html`<${Row} key=${one.id} row=${one} />`,
            )}</ol>
          ${earlier.value && html`<button class="button" onClick=${older}>${t("log.older")}</button>`}</div>`
          : asked.value &&
            html`<p class="note desk-empty">${t(
              q || significant || known || from || to ? "log.none_found" : may("log") ? "log.none" : "log.none_watch",
            )}</p>`
      }
      ${row && side.value === "correct" && html`<${Correction} key=${row.id} row=${row}
        onDone=${corrected} onClose=${() => leaving(() => void (side.value = ""))} />`}
      ${side.value === "handover" && html`<${HandOver} onClose=${closeSide} />`}
      ${where.value.id && html`<${Line} key=${where.value.id} id=${where.value.id} />`}
    </div>
  </main>`;
}

/** @param {{asked: {value: LogRow[] | null}}} props */
function Tools({ asked }) {
  const of = wanted.value;
  const timer = useRef(0);
  const set = (/** @type {Partial<typeof of>} */ change) => (wanted.value = { ...wanted.value, ...change });
  const check = (/** @type {"significant" | "standing"} */ name) => html`<label class="check"><input type="checkbox"
    checked=${of[name]} onChange=${() => set({ [name]: !of[name] })} /><span>${t(`log.only_${name}`)}</span></label>`;
  return html`<div class="desk-tools log-tools">
    <div class="search"><${Icon} name="search" /><input id="place-search" type="search" autocomplete="off"
      maxlength="200" aria-label=${t("log.search")} placeholder=${t("log.search")} defaultValue=${of.q}
      onInput=${(/** @type {any} */ event) => {
        const q = event.currentTarget.value;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => set({ q }), PAUSE_MS);
      }} /></div>
    ${check("significant")}${check("standing")}
    <span class="log-period"><label class="check"><span>${t("log.from")}</span><${Moment} past value=${where.value.from}
      onValue=${(/** @type {number} */ from) => go({ from })} /></label>
    <label class="check"><span>${t("log.until")}</span><${Moment} past value=${where.value.to}
      onValue=${(/** @type {number} */ to) => go({ to })} /></label></span>
    <label class="check"><span>${t("log.known")}</span><${Moment} past value=${of.known}
      onValue=${(/** @type {number} */ known) => set({ known })} /></label>
    <span class="dim" role="status">
      ${asked.value && t(earlier.value ? "log.count_more" : "log.count", { n: number(rows.value.length) })}</span>
    ${may("log") && html`<button class="button" onClick=${handOver} title=${`${t("handover.title")} (h)`}>${t("handover.title")}</button>`}
  </div>`;
}

/** @param {{row: LogRow}} props */
function Row({ row }) {
  const correct = () => {
    chosen.value = row.id;
    correctChosen();
  };
  const story = () =>
    leaving(() => {
      side.value = "";
      go({ id: row.id }, where.value.id ? "replace" : "push");
    });
  const task = useTask();
  const spot = () =>
    task.run(async () => {
      const made = await calls.compose({ form: "SPOTREP", entries: [row.id], language: language.value });
      goTo("reports", made.report.id);
    });
  const mark = () => task.run(async () => replace(await calls.mark(row.id, !row.significant)));
  const struck = Boolean(row.corrected_by);
  const may_ = may("log") && !wanted.value.known;
  return html`<li class=${["log-row", struck && "struck", row.significant && "significant"].filter(Boolean).join(" ")}
    id=${`log-${row.id}`} tabindex="-1" aria-current=${row.id === chosen.value ? "true" : undefined}
    onClick=${() => (chosen.value = row.id)} onFocus=${() => (chosen.value = row.id)}>
    <${Times} ms=${row.at_ms} />
    <div class="log-said"><${Said} row=${row} /></div>
    <div class="log-by"><${By} row=${row} />
      <span class="log-acts">
        ${
          may_ &&
          !struck &&
          html`<button class="button small" aria-pressed=${row.significant} disabled=${task.busy} onClick=${mark}
            title=${`${t("log.significant")} (x)`}>${row.significant ? "★" : "☆"}
            <span class="unseen">${t("log.significant")}</span></button>
          <button class="button small" title=${`${t("log.correct")} (c)`} onClick=${correct}>
            ${t("log.correct")}</button>
          <button class="button small" title=${t("log.spot_hint")} disabled=${task.busy} onClick=${spot}>SPOTREP</button>`
        }
        ${
          (struck || row.corrects || may_) &&
          html`<button class="button small" onClick=${story}>${t(struck || row.corrects ? "log.story" : "requirements.answers_do")}</button>`
        }
      </span>
      <${Problem} refusal=${task.refusal} />
    </div></li>`;
}

/** What an entry says, its mark first. @param {{row: LogRow}} props */
function Said({ row }) {
  const struck = Boolean(row.corrected_by);
  const words = html`${row.source && html`<b>${row.source}:</b> `}${row.text}`;
  const show = () => {
    selected.value = row.track?.uid ?? "";
    goTo("picture");
  };
  return html`<p><${Mark} mark=${row.mark} />
      ${row.significant && html`<span class="log-star"><span aria-hidden="true">★</span> ${t("log.significant")}</span> `}
      ${struck ? html`<s>${words}</s> <span class="log-state">${t("log.corrected")}</span>` : words}</p>
    ${row.corrects && html`<p class="dim">↳ ${t("log.corrects", { reason: row.reason })}</p>`}
    ${!row.corrects && row.reason && html`<p class="dim">↳ ${row.reason}</p>`}
    ${row.decided && html`<p><span class="log-part">${t("log.decided")}</span> ${row.decided}</p>`}
    ${row.told && html`<p><span class="log-part">${t("log.told")}</span> ${row.told}</p>`}
    ${
      (row.place || row.lat !== null) &&
      html`<p><span class="log-part">${t("log.place")}</span>
      ${row.place || decimalOf(row.lat ?? 0, row.lon ?? 0)}</p>`
    }
    <${Answered} of=${row.answers} />
    ${row.order && html`<p><span class="log-part">${t("log.order")}</span> ${row.order}</p>`}
    ${
      row.track &&
      html`<p><button class="link" onClick=${show}>${t("log.track_then", {
        name: row.track.callsign || row.track.uid,
        place: decimalOf(row.track.lat, row.track.lon),
        time: when(row.track.time_ms),
      })}</button></p>`
    }
    <${Files} files=${row.files} />`;
}

/** @param {{row: LogRow}} props */
const By = ({ row }) => html`<small>${signedText(row.by)}</small>
  ${when(row.written_ms) !== when(row.at_ms) && html`<small>${t("log.written", { time: when(row.written_ms) })}</small>`}
  ${row.exercise && !headquarters.value?.exercise && html`<small class="log-exercise">${t("log.exercise")}</small>`}`;

/** An entry with the corrections of its line: what an address names. @param {{id: string}} props */
function Line({ id }) {
  const asked = useAnswer(() => calls.line(id), [id, heard.value.requirements]);
  const stands = asked.value?.find((one) => !one.corrected_by);
  return html`<${Side} title=${t("log.line")} onClose=${() => go({ id: "" })}>
    <${Problem} refusal=${asked.refusal} />
    <ol class="log-line">${(asked.value ?? []).map(
      (one) => html`<li key=${one.id} class=${one.corrected_by ? "struck" : ""}>
        <${Times} ms=${one.at_ms} /><${Said} row=${one} /><${By} row=${one} /></li>`,
    )}</ol>
    ${stands && may("log") && html`<${AnswersNow} row=${stands} />`}<//>`;
}
