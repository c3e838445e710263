/**
 * The card of an event: this occurrence with its inputs and what was decided, the event itself, its next times.
 *
 * Owns: what is done with one occurrence: delivered, held, skipped, moved, restored. Doesn't own: the event's form.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { now } from "../clock.js";
import { dtg, when } from "../format.js";
import { Ask, Field, LabelText, Mark, Moment, Problem, useForm, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { listText, titleOf } from "../people/words.js";
import { goTo } from "../places.js";
import { say } from "../state.js";
import { nameOf, t } from "../words.js";
import { zoneName } from "../zones.js";
import * as calls from "./rhythmcalls.js";
import { StateSign, stateOf } from "./rhythmgrid.js";
import { warningText } from "./rhythmwarnings.js";
import { dayIn, MINUTE_MS, timeIn, weekdayText } from "./rhythmzones.js";
import { signedText } from "./times.js";

/** @typedef {import("./rhythmcalls.js").Occurrence} Occurrence */
/** @typedef {import("./rhythmcalls.js").EventRow} EventRow */
/** @typedef {import("./rhythmcalls.js").RhythmPage} RhythmPage */

/** What may be written down a little before it begins, as the server takes it. */
const AHEAD_MS = 15 * MINUTE_MS;
const INPUT_SIGNS = { there: "●", awaited: "◐", missing: "▲" };

/** "Weekly on Tue, Wed; 0900, 45 min; Tokyo" @param {import("./rhythmcalls.js").Schedule} of */
export function scheduleText(of) {
  const every = t(`rhythm.every_${of.every}`, { n: of.interval, days: weekdayText(of.weekdays) });
  const until = of.until ? t("rhythm.until_text", { date: of.until }) : "";
  return t("rhythm.schedule_text", { every, start: of.start, minutes: of.minutes, zone: zoneName(of.zone), until });
}

/** What an input is, as far as one may know. @param {import("./rhythmcalls.js").InputRow} of */
export const inputText = (of) =>
  [of.what, of.event?.short, of.form && t("rhythm.report_form", { form: of.form })].filter(Boolean).join(" · ");

/**
 * @param {{event: EventRow, one: Occurrence | null, page: RhythmPage, zones: string[], onChange: () => void,
 *   onDone: () => Promise<void>, onClose: () => void}} props
 */
export function Card({ event, one, page, zones, onChange, onDone, onClose }) {
  const [asking, setAsking] = useState("");
  const found = page.warnings.filter((warning) => warning.event === event.id || warning.other === event.id);
  const done = async () => {
    setAsking("");
    await onDone();
  };
  const people = (/** @type {import("./rhythmcalls.js").Member[]} */ of) => listText(of.map(titleOf));
  return html`<${Side} title=${html`<${Mark} mark=${event.mark} />${event.short}`} onClose=${onClose}>
    <p class="rhythm-name">${nameOf(event)} <span class="dim">${t(`rhythm.kind.${event.kind}`)}${event.lead && ` · ${event.lead}`}</span></p>
    ${event.ended_ms > 0 && html`<p class="problem">${t("rhythm.ended", { time: when(event.ended_ms), reason: event.reason })}</p>`}
    ${one && html`<${One} event=${event} one=${one} page=${page} zones=${zones} onAsk=${setAsking} onDone=${onDone} />`}
    <section><h3>${t("rhythm.event")}</h3><dl class="rhythm-facts">
      <${Fact} name="when" text=${scheduleText(event.schedule)} />
      <${Fact} name="purpose" text=${event.purpose} />
      <${Fact} name="place" text=${event.place} />
      <${Fact} name="chair" text=${event.chair ? titleOf(event.chair) : ""} />
      <${Fact} name="required" text=${people(event.required)} />
      <${Fact} name="optional" text=${people(event.optional)} />
      <${Fact} name="highest" text=${event.highest} />
    </dl></section>
    <section><h3>${t("rhythm.outputs")}</h3>${
      event.outputs.length
        ? html`<ul class="rhythm-flows">${event.outputs.map(
            (output, n) => html`<li key=${n}>${output.what}${output.what && (output.decision || output.event) && " → "}
              ${output.decision && t("rhythm.decision_of", { text: output.decision })}
              ${output.event && html`<${EventLink} of=${output.event} />`}</li>`,
          )}</ul>`
        : html`<p class="dim">–</p>`
    }</section>
    ${
      found.length > 0 &&
      html`<section><h3>${t("rhythm.warnings")}</h3><ul class="rhythm-warnings">${found.map(
        (warning, n) => html`<li key=${n} class=${warning.grave ? "grave" : ""}>${warningText(warning, page)}</li>`,
      )}</ul></section>`
    }
    <section><h3>${t("rhythm.next")}</h3>${
      event.next_ms.length
        ? html`<table class="rhythm-next"><thead><tr>${zones.map((zone) => html`<th key=${zone} scope="col">${zoneName(zone)}</th>`)}<th scope="col">Z</th></tr></thead>
        <tbody>${event.next_ms.map(
          (ms) => html`<tr key=${ms}>${zones.map((zone) => html`<td key=${zone}>${timeIn(ms, zone).replace(` ${zoneName(zone)}`, "")}</td>`)}
            <td lang="en">${dtg(ms)}</td></tr>`,
        )}</tbody></table>`
        : html`<p class="dim">${t("rhythm.no_next")}</p>`
    }</section>
    ${
      page.may_plan &&
      html`<div class="buttons"><button class="button" onClick=${onChange}>${t("rhythm.change")}</button>
      ${!event.ended_ms && html`<button class="button" onClick=${() => setAsking("end")}>${t("rhythm.end")}</button>`}</div>`
    }
    ${asking === "end" && html`<${End} event=${event} onDone=${done} onClose=${() => setAsking("")} />`}
    ${one && asking === "skip" && html`<${Skip} event=${event} one=${one} onDone=${done} onClose=${() => setAsking("")} />`}
    ${one && asking === "move" && html`<${Move} event=${event} one=${one} onDone=${done} onClose=${() => setAsking("")} />`}
    ${one && asking === "held" && html`<${HeldForm} event=${event} one=${one} onDone=${done} onClose=${() => setAsking("")} />`}
  <//>`;
}

/** @param {{name: string, text: string}} props */
const Fact = ({ name, text }) => text && html`<div><dt>${t(`rhythm.${name}`)}</dt><dd>${text}</dd></div>`;

/** @param {{of: import("./rhythmcalls.js").EventName}} props */
const EventLink = ({ of }) => html`<button class="link" title=${nameOf(of)} onClick=${() => goTo("rhythm", of.id)}>${of.short}</button>`;

/**
 * @param {{event: EventRow, one: Occurrence, page: RhythmPage, zones: string[], onAsk: (what: string) => void,
 *   onDone: () => Promise<void>}} props
 */
function One({ event, one, page, zones, onAsk, onDone }) {
  const task = useTask();
  const started = one.start_ms <= now() + AHEAD_MS;
  const act = (/** @type {"restore" | "delivered"} */ what, /** @type {object} */ form, /** @type {string} */ word) =>
    task.run(async () => {
      await calls.act(event.id, what, form);
      say(t(word));
      await onDone();
    });
  const state = stateOf(one);
  return html`<section class="rhythm-occurrence"><h3><${StateSign} one=${one} /> ${t("rhythm.this_time")}: ${t(`rhythm.state.${state}`)}</h3>
    <p class="rhythm-when">${zones.map((zone, n) => html`<span key=${zone} class=${n ? "" : "lead"}>${timeIn(one.start_ms, zone)}</span>`)}
      <span lang="en">${dtg(one.start_ms)}</span></p>
    ${one.reason && html`<p>${t(`rhythm.state.${one.state}`)}: ${one.reason}</p>`}
    <h4>${t("rhythm.inputs")}</h4>
    ${
      event.inputs.length
        ? html`<ul class="rhythm-flows">${event.inputs.map((input) => {
            const known = one.inputs.find(({ id }) => id === input.id);
            return html`<li key=${input.id} class=${known?.state ?? ""}>
              ${known && html`<span class="rhythm-sign ${known.state}"><span aria-hidden="true">${INPUT_SIGNS[known.state]}</span> ${t(`rhythm.input.${known.state}`, { time: when(known.due_ms) })}</span>`}
              <b>${inputText(input)}</b> ${known?.note && html`<small>${known.note}</small>`}
              ${
                known &&
                page.may_log &&
                html`<button class="button small" disabled=${task.busy}
                  onClick=${() => void act("delivered", { day: one.day, input: input.id, there: known.state !== "there" }, "rhythm.said")}>
                  ${t(known.state === "there" ? "rhythm.not_there" : "rhythm.is_there")}</button>`
              }</li>`;
          })}</ul>`
        : html`<p class="dim">${t("rhythm.no_inputs")}</p>`
    }
    <h4>${t("rhythm.decided")}</h4>
    ${
      one.held
        ? html`<p><${Mark} mark=${one.held.mark} />${one.held.decision || t("rhythm.nothing_decided")}</p>
        ${one.held.note && html`<p>${one.held.note}</p>`}
        <p class="dim">${signedText(one.held.by)}, <span lang="en">${when(one.held.at_ms)}</span></p>`
        : html`<p class="dim">${t(started ? "rhythm.not_held" : "rhythm.not_begun")}</p>`
    }
    <${Problem} refusal=${task.refusal} />
    <div class="buttons">
      ${
        page.may_log &&
        started &&
        one.state !== "skipped" &&
        html`<button class=${one.held ? "button" : "button strong"} onClick=${() => onAsk("held")}>${t(one.held ? "rhythm.correct_held" : "rhythm.hold")}</button>`
      }
      ${
        page.may_plan &&
        !one.held &&
        html`${one.state !== "skipped" && html`<button class="button" onClick=${() => onAsk("skip")}>${t("rhythm.skip")}</button>`}
        ${one.state !== "skipped" && html`<button class="button" onClick=${() => onAsk("move")}>${t("rhythm.move")}</button>`}
        ${
          (one.state === "skipped" || one.state === "moved") &&
          html`<button class="button" disabled=${task.busy}
            onClick=${() => void act("restore", { day: one.day }, "rhythm.restored")}>${t("rhythm.restore")}</button>`
        }`
      }</div></section>`;
}

/** @param {{event: EventRow, onDone: () => Promise<void>, onClose: () => void}} props */
function End({ event, onDone, onClose }) {
  const task = useTask();
  const { typed, of } = useForm({ reason: "" });
  const yes = () =>
    task.run(async () => {
      await calls.act(event.id, "end", { version: event.version, reason: typed.reason });
      say(t("rhythm.ended_said", { name: event.short }));
      await onDone();
    });
  return html`<${Ask} title=${`${t("rhythm.end")}: ${event.short}`} word=${t("rhythm.end")} task=${task} onYes=${yes} onNo=${onClose}>
    <p>${t("rhythm.end_hint")}</p>
    <${Field} label=${t("rhythm.reason")}><input required maxlength="1000" ...${of("reason")} /><//><//>`;
}

/** @param {{event: EventRow, one: Occurrence, onDone: () => Promise<void>, onClose: () => void}} props */
function Skip({ event, one, onDone, onClose }) {
  const task = useTask();
  const { typed, of } = useForm({ reason: "" });
  const yes = () =>
    task.run(async () => {
      await calls.act(event.id, "skip", { day: one.day, reason: typed.reason });
      say(t("rhythm.skipped_said", { name: event.short }), async () => {
        await calls.act(event.id, "restore", { day: one.day });
        await onDone();
      });
      await onDone();
    });
  const title = `${t("rhythm.skip")}: ${event.short}, ${dayIn(one.start_ms, event.schedule.zone)}`;
  return html`<${Ask} title=${title} word=${t("rhythm.skip")} task=${task} onYes=${yes} onNo=${onClose}>
    <${Field} label=${t("rhythm.reason")}><input required maxlength="1000" ...${of("reason")} /><//><//>`;
}

/** @param {{event: EventRow, one: Occurrence, onDone: () => Promise<void>, onClose: () => void}} props */
function Move({ event, one, onDone, onClose }) {
  const task = useTask();
  const { typed, set, of } = useForm({ start_ms: one.start_ms, minutes: (one.end_ms - one.start_ms) / MINUTE_MS, reason: "" });
  const yes = () =>
    task.run(async () => {
      await calls.act(event.id, "move", { day: one.day, ...typed, minutes: Number(typed.minutes) });
      say(t("rhythm.moved_said", { name: event.short }), async () => {
        await calls.act(event.id, "restore", { day: one.day });
        await onDone();
      });
      await onDone();
    });
  return html`<${Ask} title=${`${t("rhythm.move")}: ${event.short}, ${dayIn(one.start_ms, event.schedule.zone)}`} word=${t("rhythm.move")} task=${task} onYes=${yes} onNo=${onClose}>
    <${Field} label=${t("rhythm.to")}><${Moment} required value=${typed.start_ms} onValue=${(/** @type {number} */ ms) => set("start_ms", ms)} /><//>
    <${Field} label=${t("rhythm.minutes")}><input type="number" required min="1" max="1440" ...${of("minutes")} /><//>
    <${Field} label=${t("rhythm.reason")}><input required maxlength="1000" ...${of("reason")} /><//><//>`;
}

/** @param {{event: EventRow, one: Occurrence, onDone: () => Promise<void>, onClose: () => void}} props */
function HeldForm({ event, one, onDone, onClose }) {
  const task = useTask();
  const { typed, set, of } = useForm({ decision: one.held?.decision ?? "", note: one.held?.note ?? "", label: "" });
  const yes = () =>
    task.run(async () => {
      await calls.act(event.id, "held", { day: one.day, ...typed });
      say(t("rhythm.held_said", { name: event.short }));
      await onDone();
    });
  return html`<${Ask} title=${`${t("rhythm.hold")}: ${event.short}, ${dayIn(one.start_ms, event.schedule.zone)}`} word=${t("form.save")} task=${task} onYes=${yes} onNo=${onClose}>
    ${event.highest && html`<p>${t("rhythm.highest_hint", { mark: event.highest })}</p>`}
    <${Field} label=${t("rhythm.decision")}><textarea rows="3" maxlength="2000" ...${of("decision")} /><//>
    <${Field} label=${t("rhythm.note")}><textarea rows="2" maxlength="2000" ...${of("note")} /><//>
    <${Field} label=${t("log.label")} hint=${t("rhythm.label_hint")}><${LabelText} value=${typed.label} onText=${(/** @type {string} */ text) => set("label", text)} /><//><//>`;
}
