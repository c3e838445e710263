/**
 * The form of an event, new or changed, with what would be wrong with it as it is typed.
 *
 * Owns: what is typed until it is saved. Doesn't own: what is wrong (the server), zones (`rhythmzones.js`).
 */

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Refusal } from "../api.js";
import { now } from "../clock.js";
import { Icon } from "../parts/icons.js";
import { SpanText } from "../parts/span.js";
import { Checks, Field, LabelText, Picker, Problem, useAnswer, useForm, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { titleOf } from "../people/words.js";
import { say } from "../state.js";
import { settled, useUnsaved } from "../unsaved.js";
import { nameOf, t } from "../words.js";
import { zoneName } from "../zones.js";
import * as calls from "./rhythmcalls.js";
import { warningText } from "./rhythmwarnings.js";
import { dateIn } from "./rhythmzones.js";

/** @typedef {import("./rhythmcalls.js").EventRow} EventRow */
/** @typedef {import("./rhythmcalls.js").Choices} Choices */
/** @typedef {import("./rhythmcalls.js").Member} Member */
/** @typedef {{id: string, what: string, event: string, form: string, before_minutes: number}} Input */
/** @typedef {{what: string, event: string, decision: string}} Output */

const KINDS = ["board", "bureau", "cell", "working_group", "planning_team", "watch", "briefing", "report"];
/** What is typed is looked at when no key has come for so long. */
const PAUSE_MS = 400;
const WEEK = ["0", "1", "2", "3", "4", "5", "6"];

/** What a form begins with. @param {EventRow | null} row @param {string} zone */
const first = (row, zone) => ({
  name: row?.name ?? "",
  name_ja: row?.name_ja ?? "",
  short: row?.short ?? "",
  kind: row?.kind ?? "working_group",
  chair: row?.chair?.id ?? "",
  lead: row?.lead ?? "",
  purpose: row?.purpose ?? "",
  place: row?.place ?? "",
  required: row?.required.map(({ id }) => id) ?? [],
  optional: row?.optional.map(({ id }) => id) ?? [],
  inputs: /** @type {Input[]} */ (row?.inputs.map((one) => ({ ...one, event: one.event?.id ?? "" })) ?? []),
  outputs: /** @type {Output[]} */ (row?.outputs.map((one) => ({ ...one, event: one.event?.id ?? "" })) ?? []),
  highest: row?.highest ?? "",
  label: "",
  zone: row?.schedule.zone ?? zone,
  first: row?.schedule.first ?? dateIn(now(), zone),
  start: row?.schedule.start ?? "0800",
  minutes: row?.schedule.minutes ?? 60,
  every: row?.schedule.every ?? "week",
  interval: row?.schedule.interval ?? 1,
  weekdays: row?.schedule.weekdays ?? [1, 2, 3, 4],
  until: row?.schedule.until ?? "",
});

/** As the server takes it. @param {ReturnType<typeof first>} typed @param {string} version */
function formOf({ zone, first: from, start, minutes, every, interval, weekdays, until, ...rest }, version) {
  const schedule = { zone, first: from, start: start.replace(":", ""), minutes: Number(minutes), every, interval: Number(interval), weekdays, until };
  return { ...rest, schedule, version };
}

/**
 * @param {{row: EventRow | null, page: import("./rhythmcalls.js").RhythmPage, zones: string[],
 *   onDone: (row: EventRow) => Promise<void>, onClose: () => void}} props
 */
export function EventForm({ row, page, zones, onDone, onClose }) {
  const task = useTask();
  const focus = useRef(/** @type {HTMLFormElement | null} */ (null));
  const offered = useAnswer(calls.choices, []);
  const { typed, set, of, changed } = useForm(first(row, zones[0]));
  useUnsaved(changed);
  const found = useWarnings(row, typed, zones, Boolean(offered.value));
  // What came before stays as it was: a change of the time counts from today on, unless another date is chosen.
  const when = (/** @type {keyof typeof typed} */ name, /** @type {any} */ value) => {
    set(name, value);
    const today = dateIn(now(), typed.zone);
    if (row && typed.first === row.schedule.first && typed.first < today) set("first", today);
  };
  useEffect(() => focus.current?.querySelector("input")?.focus(), [Boolean(offered.value)]);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const saved = await calls.save(row?.id ?? "", formOf(typed, row?.version ?? ""));
      settled();
      say(t("rhythm.saved", { name: saved.short }));
      await onDone(saved);
    });
  };
  const choices = offered.value;
  const text = (/** @type {"name" | "name_ja" | "short" | "lead" | "place" | "highest"} */ name, /** @type {object} */ more = {}) =>
    html`<${Field} label=${t(`rhythm.${name}`)}><input autocomplete="off" maxlength="200" ...${more} ...${of(name)} /><//>`;
  const number = (/** @type {"minutes" | "interval"} */ name, /** @type {number} */ max) => html`<${Field} label=${t(`rhythm.${name}`)}>
    <input type="number" required min="1" max=${max} value=${typed[name]} onInput=${(/** @type {any} */ e) => when(name, e.currentTarget.value)} /><//>`;
  return html`<${Side} title=${row ? t("rhythm.change_title", { name: row.short }) : t("rhythm.new")} onClose=${onClose}>
    <${Problem} refusal=${offered.refusal} />
    ${
      choices &&
      html`<form class="fields rhythm-form" ref=${focus} onSubmit=${submit}>
      ${text("name", { required: true })}${text("name_ja", { lang: "ja" })}
      <div class="rhythm-pair">${text("short", { required: true, maxlength: 24 })}
        <${Field} label=${t("rhythm.kind")}><select value=${typed.kind} onChange=${(/** @type {any} */ e) => set("kind", e.currentTarget.value)}>
          ${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${t(`rhythm.kind.${kind}`)}</option>`)}</select><//></div>
      <fieldset><legend>${t("rhythm.when")}</legend>
        <div class="rhythm-pair"><${Field} label=${t("rhythm.start")} hint=${t("rhythm.start_hint", { zone: zoneName(typed.zone) })}><input required lang="en" maxlength="5"
            pattern="([01][0-9]|2[0-3]):?[0-5][0-9]" value=${typed.start} onInput=${(/** @type {any} */ e) => when("start", e.currentTarget.value)} /><//>
          ${number("minutes", 1440)}</div>
        <${Field} label=${t("rhythm.zone")}><input required list="rhythm-zones-all" autocomplete="off" spellcheck=${false} lang="en"
          value=${typed.zone} onInput=${(/** @type {any} */ e) => when("zone", e.currentTarget.value)} /><//>
        <datalist id="rhythm-zones-all">${choices.zones.map((zone) => html`<option key=${zone} value=${zone} />`)}</datalist>
        <div class="rhythm-pair"><${Field} label=${t("rhythm.every")}><select value=${typed.every} onChange=${(/** @type {any} */ e) => when("every", e.currentTarget.value)}>
            <option value="day">${t("rhythm.every.day")}</option><option value="week">${t("rhythm.every.week")}</option></select><//>
          ${number("interval", 52)}</div>
        ${
          typed.every === "week" &&
          html`<${Checks} legend=${t("rhythm.weekdays")} codes=${WEEK} chosen=${typed.weekdays.map(String)} name=${(/** @type {string} */ day) => t(`rhythm.weekday.${day}`)}
          onChosen=${(/** @type {string[]} */ days) => when("weekdays", days.map(Number).sort())} />`
        }
        <div class="rhythm-pair"><${Field} label=${t("rhythm.first")} hint=${row ? t("rhythm.first_hint") : undefined}><input type="date" required min="2000-01-01" max="2099-12-31" ...${of("first")} /><//>
          <${Field} label=${t("rhythm.until")}><input type="date" min="2000-01-01" max="2099-12-31" ...${of("until")} /><//></div></fieldset>
      <fieldset><legend>${t("rhythm.who")}</legend>
        <div class="rhythm-pair"><${Chair} choices=${choices} row=${row} id=${typed.chair} onId=${(/** @type {string} */ id) => set("chair", id)} />${text("lead", { maxlength: 16 })}</div>
        ${/** @type {const} */ (["required", "optional"]).map(
          (part) => html`<${Members} key=${part} part=${part} choices=${choices} row=${row} ids=${typed[part]} onIds=${(/** @type {string[]} */ ids) => set(part, ids)} />`,
        )}${text("place")}</fieldset>
      <${Field} label=${t("rhythm.purpose")}><textarea rows="2" maxlength="2000" ...${of("purpose")} /><//>
      <${Inputs} own=${row?.id ?? ""} choices=${choices} of=${typed.inputs} onChange=${(/** @type {Input[]} */ inputs) => set("inputs", inputs)} />
      <${Outputs} own=${row?.id ?? ""} choices=${choices} of=${typed.outputs} onChange=${(/** @type {Output[]} */ outputs) => set("outputs", outputs)} />
      <div class="rhythm-pair">${text("highest", { lang: "en", spellcheck: false })}
        <${Field} label=${t("log.label")} hint=${row ? t("rhythm.label_kept") : t("log.label_hint")}><${LabelText} empty=${!row} value=${typed.label} onText=${(/** @type {string} */ text) => set("label", text)} /><//></div>
      <div role="status" class="rhythm-live">${
        found === null
          ? ""
          : found instanceof Refusal
            ? html`<${Problem} still refusal=${found} />`
            : found.length
              ? html`<h3>${t("rhythm.warnings")}</h3><ul class="rhythm-warnings">${found.map(
                  (one, n) => html`<li key=${n} class=${one.grave ? "grave" : ""}>${warningText(one, { ...page, members: [...page.members, ...choices.appointments] }, typed.short || t("rhythm.this_event"))}</li>`,
                )}</ul>`
              : html`<p class="rhythm-fine"><span aria-hidden="true">●</span> ${t("rhythm.fine_event")}</p>`
      }</div>
      <${Problem} refusal=${task.refusal} />
      <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("form.save")}</button>
        <button class="button" type="button" onClick=${onClose}>${t("form.cancel")}</button></div></form>`
    }<//>`;
}

/**
 * What would be wrong, once typing pauses; null until something is known.
 * @param {EventRow | null} row @param {ReturnType<typeof first>} typed @param {string[]} zones @param {boolean} ready
 */
function useWarnings(row, typed, zones, ready) {
  const [found, setFound] = useState(/** @type {import("./rhythmcalls.js").Warning[] | Refusal | null} */ (null));
  const asked = useRef(0);
  useEffect(() => {
    const mine = ++asked.current;
    const whole = typed.name.trim() && typed.short.trim() && typed.first && /^([01]\d|2[0-3]):?[0-5]\d$/.test(typed.start);
    if (!ready || !whole) return undefined;
    const timer = setTimeout(async () => {
      try {
        const answer = await calls.check(row?.id ?? "", formOf(typed, row?.version ?? ""), zones);
        if (mine === asked.current) setFound(answer);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (mine === asked.current) setFound(error);
      }
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, ready]);
  return found;
}

/** Who can be named: those offered, and those who stand there already. @param {Choices} choices @param {EventRow | null} row */
function known(choices, row) {
  const there = [...(row?.required ?? []), ...(row?.optional ?? []), ...(row?.chair ? [row.chair] : [])];
  return new Map([...there, ...choices.appointments].map((one) => [one.id, one]));
}

/** @param {Map<string, Member>} of @param {string[]} without */
const finder = (of, without) => (/** @type {string} */ query) =>
  [...of.values()]
    .filter(({ id, title, title_ja }) => !without.includes(id) && `${title}\n${title_ja}`.toLowerCase().includes(query))
    .map((one) => ({ id: one.id, name: titleOf(one) }));

/** @param {{choices: Choices, row: EventRow | null, id: string, onId: (id: string) => void}} props */
function Chair({ choices, row, id, onId }) {
  const of = known(choices, row);
  const now = of.get(id);
  return html`<${Picker} label=${t("rhythm.chair")} placeholder=${t("rhythm.pick")} find=${finder(of, [])} value=${now ? { id, name: titleOf(now) } : null}
    onPick=${(/** @type {{id: string} | null} */ choice) => onId(choice?.id ?? "")} />`;
}

/** @param {{part: "required" | "optional", choices: Choices, row: EventRow | null, ids: string[], onIds: (ids: string[]) => void}} props */
function Members({ part, choices, row, ids, onIds }) {
  const of = known(choices, row);
  return html`<div class="rhythm-members"><${Picker} key=${ids.length} label=${t(`rhythm.${part}`)} placeholder=${t("rhythm.add_member")} find=${finder(of, ids)} value=${null}
      onPick=${(/** @type {{id: string} | null} */ choice) => choice && onIds([...ids, choice.id])} />
    ${ids.map((id) => {
      const one = of.get(id);
      return (
        one &&
        html`<span class="chip-track" key=${id}>${titleOf(one)}
        <button class="button icon-only small" type="button" aria-label=${t("rhythm.leave_out", { name: titleOf(one) })} title=${t("rhythm.leave_out", { name: titleOf(one) })}
          onClick=${() => onIds(ids.filter((other) => other !== id))}><${Icon} name="close" /></button></span>`
      );
    })}</div>`;
}

/** A row's first column: the event, a report or words. @param {{value: string, label: string, own: string, choices: Choices, forms?: boolean, onValue: (value: string) => void}} props */
const From = ({ value, label, own, choices, forms, onValue }) => html`<select aria-label=${label} value=${value}
  onChange=${(/** @type {any} */ event) => onValue(event.currentTarget.value)}>
  <option value="">${t(forms ? "rhythm.in_words" : "rhythm.a_decision")}</option>
  <optgroup label=${t("rhythm.an_event")}>${choices.events
    .filter(({ id }) => id !== own)
    .map((one) => html`<option key=${one.id} value=${`event ${one.id}`}>${one.short} · ${nameOf(one)}</option>`)}</optgroup>
  ${forms && html`<optgroup label=${t("rhythm.a_report")}>${choices.forms.map((code) => html`<option key=${code} value=${`form ${code}`}>${code}</option>`)}</optgroup>`}
</select>`;

/** @param {{own: string, choices: Choices, of: Input[], onChange: (of: Input[]) => void}} props */
function Inputs({ own, choices, of, onChange }) {
  const set = (/** @type {number} */ n, /** @type {Partial<Input>} */ change) => onChange(of.map((one, m) => (m === n ? { ...one, ...change } : one)));
  const from = (/** @type {Input} */ one) => (one.event ? `event ${one.event}` : one.form ? `form ${one.form}` : "");
  return html`<fieldset class="rhythm-rows"><legend>${t("rhythm.inputs")}</legend>${of.map(
    (one, n) => html`<div key=${n}><${From} forms label=${t("rhythm.input_from", { n: n + 1 })} value=${from(one)} own=${own} choices=${choices}
      onValue=${(/** @type {string} */ value) => {
        const [kind, code] = value.split(" ");
        set(n, { event: kind === "event" ? code : "", form: kind === "form" ? code : "" });
      }} />
      <input maxlength="200" aria-label=${t("rhythm.what")} placeholder=${t("rhythm.what")} required=${!one.event && !one.form} value=${one.what}
        onInput=${(/** @type {any} */ event) => set(n, { what: event.currentTarget.value })} />
      <label><${SpanText} max=${10080} aria-label=${t("rhythm.before")} minutes=${one.before_minutes}
        onMinutes=${(/** @type {number} */ before_minutes) => set(n, { before_minutes })} /> ${t("rhythm.before")}</label>
      <${Out} onClick=${() => onChange(of.filter((_, m) => m !== n))} /></div>`,
  )}<button class="button small" type="button" onClick=${() => onChange([...of, { id: "", what: "", event: "", form: "", before_minutes: 30 }])}>
    <${Icon} name="plus" />${t("rhythm.add_input")}</button></fieldset>`;
}

/** @param {{own: string, choices: Choices, of: Output[], onChange: (of: Output[]) => void}} props */
function Outputs({ own, choices, of, onChange }) {
  const set = (/** @type {number} */ n, /** @type {Partial<Output>} */ change) => onChange(of.map((one, m) => (m === n ? { ...one, ...change } : one)));
  return html`<fieldset class="rhythm-rows"><legend>${t("rhythm.outputs")}</legend>${of.map(
    (one, n) => html`<div key=${n}><${From} label=${t("rhythm.output_to", { n: n + 1 })} value=${one.event ? `event ${one.event}` : ""} own=${own} choices=${choices}
      onValue=${(/** @type {string} */ value) => set(n, { event: value.split(" ")[1] ?? "", ...(value && { decision: "" }) })} />
      <input maxlength="200" aria-label=${t("rhythm.what")} placeholder=${t("rhythm.what")} value=${one.what}
        onInput=${(/** @type {any} */ event) => set(n, { what: event.currentTarget.value })} />
      ${
        !one.event &&
        html`<input maxlength="200" aria-label=${t("rhythm.decision_fed")} placeholder=${t("rhythm.decision_fed")} value=${one.decision}
        onInput=${(/** @type {any} */ event) => set(n, { decision: event.currentTarget.value })} />`
      }
      <${Out} onClick=${() => onChange(of.filter((_, m) => m !== n))} /></div>`,
  )}<button class="button small" type="button" onClick=${() => onChange([...of, { what: "", event: "", decision: "" }])}>
    <${Icon} name="plus" />${t("rhythm.add_output")}</button></fieldset>`;
}

/** @param {{onClick: () => void}} props */
const Out = ({ onClick }) => html`<button class="button icon-only" type="button" aria-label=${t("log.leave_out")} title=${t("log.leave_out")} onClick=${onClick}><${Icon} name="close" /></button>`;
