/**
 * The log: the entry line, and under it what was entered, the latest first.
 *
 * Owns: asking for entries as they are wanted, drawing them, choosing one, correcting it, marking it.
 * Doesn't own: the entry line (`operations/entry.js`), how a time is written (`operations/times.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { write } from "../dtg.js";
import { dtg, momentText, number } from "../format.js";
import { decimalOf } from "../map/place.js";
import { Icon } from "../parts/icons.js";
import { Field, LabelText, Mark, Moment, MomentText, Problem, useAnswer, useFocusFirst, useForm, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { goTo, within } from "../places.js";
import { headquarters, heard, may, say, selected } from "../state.js";
import { leaving, settled, useUnsaved } from "../unsaved.js";
import { language, t } from "../words.js";
import * as calls from "./calls.js";
import { Files } from "./files.js";
import { EntryLine, formOf, NOTHING } from "./entry.js";
import { HandOver } from "./handover.js";
import { signedText, Times } from "./times.js";

/** @typedef {import("../types.js").LogRow} LogRow */

const ROWS = 100;
/** What is typed in the search is asked for when no key has come for so long. */
const PAUSE_MS = 250;

const wanted = signal({ q: "", significant: false, standing: false, known: 0 });
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
    goTo("log", "", "replace");
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
    goTo("log", "", "replace");
    side.value = "handover";
  });
}

function closeSide() {
  leaving(() => {
    side.value = "";
    goTo("log", "", "replace");
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
  const depth = useRef(ROWS);
  const asked = useAnswer(async () => {
    const found = [];
    let before = "";
    do {
      const page = await calls.log({ q, significant, standing, known, before, limit: Math.min(200, depth.current) });
      found.push(...page.rows);
      before = page.more;
    } while (before && found.length < depth.current);
    rows.value = found;
    earlier.value = before;
    return found;
  }, [q, significant, standing, known]);
  const news = heard.value.log;
  useEffect(() => void (!known && asked.again()), [news]);
  const older = () => {
    depth.current += ROWS;
    void asked.again();
  };
  const again = () => void asked.again();
  const row = rows.value.find(({ id }) => id === correcting.value);
  return html`<main class="desk log" aria-label=${t("place.log")}>
    ${may("log") && html`<${EntryLine} onEntered=${again} />`}
    <${Tools} asked=${asked} />
    <${Problem} refusal=${asked.refusal} />
    ${
      known > 0 &&
      html`<p class="log-past" role="status"><span aria-hidden="true">◷</span> ${t("log.known_past", { time: momentText(known) })}
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
              q || significant || known ? "log.none_found" : may("log") ? "log.none" : "log.none_watch",
            )}</p>`
      }
      ${row && side.value === "correct" && html`<${Correction} key=${row.id} row=${row} onDone=${again} />`}
      ${side.value === "handover" && html`<${HandOver} onClose=${closeSide} />`}
      ${within.value && html`<${Line} key=${within.value} id=${within.value} />`}
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
      goTo("log", row.id, within.value ? "replace" : "push");
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
          (struck || row.corrects) &&
          html`<button class="button small" onClick=${story}>${t("log.story")}</button>`
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
    ${row.order && html`<p><span class="log-part">${t("log.order")}</span> ${row.order}</p>`}
    ${
      row.track &&
      html`<p><button class="link" onClick=${show}>${t("log.track_then", {
        name: row.track.callsign || row.track.uid,
        place: decimalOf(row.track.lat, row.track.lon),
        time: dtg(row.track.time_ms),
      })}</button></p>`
    }
    <${Files} files=${row.files} />`;
}

/** @param {{row: LogRow}} props */
const By = ({ row }) => html`<small>${signedText(row.by)}</small>
  ${dtg(row.written_ms) !== dtg(row.at_ms) && html`<small>${t("log.written", { time: dtg(row.written_ms) })}</small>`}
  ${row.exercise && !headquarters.value?.exercise && html`<small class="log-exercise">${t("log.exercise")}</small>`}`;

/** @param {{row: LogRow, onDone: () => void}} props */
function Correction({ row, onDone }) {
  const task = useTask();
  const first = useFocusFirst();
  const { typed, set, of, changed } = useForm({
    ...NOTHING,
    source: row.source,
    text: row.text,
    decided: row.decided,
    told: row.told,
    place: row.place,
    order: row.order,
    significant: row.significant,
    track: row.track?.uid ?? "",
    files: row.files,
    reason: "",
  });
  useUnsaved(changed);
  const close = () => leaving(() => void (side.value = ""));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const { reason, ...entry } = typed;
      const fixed = await calls.correct(row.id, { ...formOf(entry), reason });
      say(t("log.entered"));
      settled();
      close();
      chosen.value = fixed.id;
      onDone();
    });
  };
  const text = (/** @type {"source" | "text" | "decided" | "told" | "place" | "order"} */ name) => html`<${Field}
    label=${t(`log.${name}`)}>${
      name === "text" ? html`<textarea rows="4" required maxlength="2000" ...${of(name)} />` : html`<input ...${of(name)} />`
    }<//>`;
  return html`<${Side} title=${t("log.correction")} onClose=${close}><form class="fields" ref=${first} onSubmit=${submit}>
    <p class="note">${t("log.correct_hint")}</p>
    <${Field} label=${t("log.reason")}><input required maxlength="1000" ...${of("reason")} /><//>
    ${text("source")}${text("text")}${text("decided")}${text("told")}
    <${Field} label=${t("log.when")} hint=${t("log.when_was", { time: write(row.at_ms, row.letter) })}><${MomentText}
      text=${typed.when} empty=${write(row.at_ms, row.letter)}
      onText=${(/** @type {string} */ text) => set("when", text)} /><//>
    ${text("place")}${text("order")}
    <${Field} label=${t("log.label")} hint=${t("log.label_was", { mark: row.mark })}><${LabelText} value=${typed.label}
      of=${{ track: typed.track === row.track?.uid ? "" : typed.track }} onText=${(/** @type {string} */ text) => set("label", text)} /><//>
    <label class="check"><input type="checkbox" checked=${typed.significant}
      onChange=${() => set("significant", !typed.significant)} /><span>★ ${t("log.significant")}</span></label>
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("log.correct")}</button>
      <button class="button" type="button" onClick=${close}>${t("form.cancel")}</button></div></form><//>`;
}

/** An entry with the corrections of its line: what an address names. @param {{id: string}} props */
function Line({ id }) {
  const asked = useAnswer(() => calls.line(id), [id]);
  return html`<${Side} title=${t("log.line")} onClose=${() => goTo("log", "", "replace")}>
    <${Problem} refusal=${asked.refusal} />
    <ol class="log-line">${(asked.value ?? []).map(
      (one) => html`<li key=${one.id} class=${one.corrected_by ? "struck" : ""}>
        <${Times} ms=${one.at_ms} /><${Said} row=${one} /><${By} row=${one} /></li>`,
    )}</ol><//>`;
}
