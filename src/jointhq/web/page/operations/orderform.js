/**
 * The editor of an order: header, five paragraphs, a row for each task, who else is addressed.
 *
 * Owns: what is typed, until the server has it. Doesn't own: what an order may say (the server's rules).
 */

import { html } from "htm/preact";
import { useId, useRef, useState } from "preact/hooks";

import { duration } from "../format.js";
import { placeFrom } from "../map/place.js";
import { Field, LabelText, Moment, Picker, Problem, useAnswer, useFocusFirst, useForm, useTask } from "../people/form.js";
import { titleOf } from "../people/words.js";
import { say } from "../state.js";
import { settled, useUnsaved } from "../unsaved.js";
import { nameOf, t } from "../words.js";
import * as calls from "./ordercalls.js";
import { unitText } from "./ordersigns.js";

/** @typedef {import("./ordertypes.js").OrderForm} OrderForm */
/** @typedef {import("./ordertypes.js").TaskForm} TaskForm */
/** @typedef {import("./ordertypes.js").OrderChoices} OrderChoices */
/** @typedef {import("./ordertypes.js").OrderRow} OrderRow */

const PARAGRAPHS = ["situation", "mission", "execution", "logistics", "command"];
const LETTERS = [..."ZABCDEFGHIKLMNOPQRSTUVWXY"];
const PRECEDENCES = ["routine", "priority", "immediate", "flash"];

/** @type {OrderForm} */
const NOTHING = {
  type: "OPORD",
  title: "",
  title_ja: "",
  mission: "",
  base: "",
  supersedes: [],
  references: "",
  letter: "Z",
  effective_ms: null,
  paragraphs: [],
  tasks: [],
  ends_tasks: [],
  action: [],
  info: [],
  precedence: "routine",
  escalate_to: "",
  label: "",
  version: "",
};

/** @type {TaskForm} */
const NEW_TASK = {
  id: "",
  unit: "",
  verb: "support",
  what: "",
  why: "",
  start_ms: null,
  until_ms: null,
  trigger: "",
  place: "",
  lat: null,
  lon: null,
  coord_with: [],
  reports: [],
  label: "",
};

/**
 * @typedef {{id: string, how: string, offered: OrderChoices, rows: OrderRow[], onSaved: (id: string) => void, onClose: () => void}} Props
 */

/** @param {Props} props */
export function Editor(props) {
  const { id, how } = props;
  const asked = useAnswer(async () => (id ? calls.order(id) : null), [id]);
  if (id && !asked.value) return html`<section class="order-one"><${Problem} refusal=${asked.refusal} /></section>`;
  const body = asked.value;
  const first =
    how === "change" && body
      ? { ...NOTHING, type: "FRAGORD", base: id, title: body.row.title, title_ja: body.row.title_ja, precedence: body.row.precedence, letter: body.letter }
      : /** @type {OrderForm} */ ({ ...NOTHING, ...(body?.form ?? {}) });
  return html`<${Form} ...${props} id=${how === "change" ? "" : id} first=${first} base=${how === "change" ? body : null} />`;
}

/** @param {Props & {first: OrderForm, base: import("./ordertypes.js").OrderBody | null}} props */
function Form({ id, first, base, offered, rows, onSaved, onClose }) {
  const { typed, set, of, changed } = useForm(first);
  useUnsaved(changed);
  const missions = useAnswer(calls.missions, []);
  const task = useTask();
  const focus = useFocusFirst();
  const keys = useRef(first.tasks.map((_, i) => i)); // A task keeps its fields when one before it is removed.
  const choose = (/** @type {keyof OrderForm & string} */ name) => ({
    value: typed[name],
    onChange: (/** @type {any} */ event) => set(name, event.currentTarget.value),
  });
  const own = rows.filter((row) => row.unit.id === offered.unit?.id && ["issued", "in_force"].includes(row.state));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const saved = await calls.save(id, typed);
      settled();
      say(t("orders.saved"));
      onSaved(saved.row.id);
    });
  };
  const paragraph = (/** @type {string} */ name, /** @type {"text" | "label"} */ part, /** @type {string} */ value) => {
    const there = typed.paragraphs.find((one) => one.name === name) ?? { name, text: "", label: "" };
    set("paragraphs", [...typed.paragraphs.filter((one) => one.name !== name), { ...there, [part]: value }]);
  };
  const changeTask = (/** @type {number} */ at, /** @type {Partial<TaskForm>} */ change) =>
    set("tasks", typed.tasks.map((one, i) => (i === at ? { ...one, ...change } : one)));
  const toggle = (/** @type {"supersedes" | "ends_tasks"} */ name, /** @type {string} */ one) =>
    set(name, typed[name].includes(one) ? typed[name].filter((it) => it !== one) : [...typed[name], one]);
  return html`<section class="order-one" aria-label=${t("orders.editor")}>
    <form class="order-form" ref=${focus} onSubmit=${submit}>
    <h2>${t(id ? "orders.edit_title" : base ? "orders.change_title" : "orders.new_title", { name: base?.row.name ?? "" })}</h2>
    <div class="order-grid">
      <${Field} label=${t("orders.field.title")}><input required maxlength="200" ...${of("title")} /></${Field}>
      <${Field} label=${t("orders.field.title_ja")}><input maxlength="200" lang="ja" ...${of("title_ja")} /></${Field}>
      <${Field} label=${t("orders.field.type")}><select ...${choose("type")} disabled=${Boolean(base)}>
        ${(base || typed.type === "FRAGORD" ? ["FRAGORD"] : ["WARNORD", "OPORD"]).map((one) => html`<option key=${one}>${one}</option>`)}</select></${Field}>
      <${Field} label=${t("orders.field.precedence")}
        hint=${t("orders.norm", { span: duration(offered.norms.find((one) => one.precedence === typed.precedence)?.minutes ?? 0) })}>
        <select ...${choose("precedence")}>${PRECEDENCES.map((one) => html`<option key=${one} value=${one}>${t(`orders.precedence.${one}`)}</option>`)}</select></${Field}>
      <${Field} label=${t("orders.field.label")} hint=${t("orders.label_hint")}><${LabelText} empty value=${typed.label} onText=${(/** @type {string} */ text) => set("label", text)} /></${Field}>
      <${Field} label=${t("orders.field.effective")} hint=${t("orders.effective_hint")}><${Moment} letter=${typed.letter} value=${typed.effective_ms ?? 0}
        onValue=${(/** @type {number} */ ms) => set("effective_ms", ms || null)} /></${Field}>
      <${Field} label=${t("orders.field.letter")}><select ...${choose("letter")}>${LETTERS.map((one) => html`<option key=${one}>${one}</option>`)}</select></${Field}>
      <${Field} label=${t("orders.field.mission")}><select ...${choose("mission")}><option value="">–</option>
        ${(missions.value ?? []).filter((one) => !one.ended_ms || one.id === typed.mission).map((one) => html`<option key=${one.id} value=${one.id}>${titleOf(one)}</option>`)}</select></${Field}>
      <${Field} label=${t("orders.field.escalate_to")}><select ...${choose("escalate_to")}><option value="">${t("orders.who_issues")}</option>
        ${offered.appointments.map((one) => html`<option key=${one.id} value=${one.id}>${titleOf(one)}</option>`)}</select></${Field}>
    </div>
    ${
      base &&
      base.tasks_in_force.length > 0 &&
      html`<fieldset class="checks"><legend>${t("orders.ends_tasks")}</legend>${base.tasks_in_force.map(
        (one) => html`<label key=${one.id}><input type="checkbox" checked=${typed.ends_tasks.includes(one.id)}
          onChange=${() => toggle("ends_tasks", one.id)} /> <span>${unitText(one.unit)}: ${t(`orders.verb.${one.verb}`)} – ${one.what}</span></label>`,
      )}</fieldset>`
    }
    ${PARAGRAPHS.map((name) => {
      const one = typed.paragraphs.find((it) => it.name === name);
      const now = base?.in_force.find((it) => it.name === name);
      return html`<div class="order-part" key=${name}>
        <${Field} label=${t(`orders.paragraph.${name}`)} hint=${now ? t("orders.now_says", { text: now.text }) : undefined}>
          <textarea rows=${name === "execution" ? 6 : 3} maxlength="8000" value=${one?.text ?? ""}
          onInput=${(/** @type {any} */ event) => paragraph(name, "text", event.currentTarget.value)} /></${Field}>
        <${Field} label=${t("orders.field.part_label")}><${LabelText} value=${one?.label ?? ""}
          placeholder=${typed.label} onText=${(/** @type {string} */ text) => paragraph(name, "label", text)} /></${Field}></div>`;
    })}
    <h3>${t("orders.tasks")}</h3>
    ${typed.tasks.map(
      (one, at) => html`<${TaskFields} key=${keys.current[at]} one=${one} at=${at} letter=${typed.letter} offered=${offered}
      onChange=${(/** @type {Partial<TaskForm>} */ change) => changeTask(at, change)}
      onRemove=${() => {
        keys.current.splice(at, 1);
        set("tasks", typed.tasks.filter((_, i) => i !== at));
      }} />`,
    )}
    <p><button class="button" type="button" onClick=${() => {
      keys.current.push(Math.max(-1, ...keys.current) + 1);
      set("tasks", [...typed.tasks, NEW_TASK]);
    }}>${t("orders.add_task")}</button></p>
    <div class="order-grid">
      <${Units} legend=${t("orders.field.action")} ids=${typed.action} offered=${offered} onIds=${(/** @type {string[]} */ ids) => set("action", ids)} />
      <${Units} legend=${t("orders.field.info")} ids=${typed.info} offered=${offered} onIds=${(/** @type {string[]} */ ids) => set("info", ids)} />
    </div>
    ${
      !base &&
      own.length > 0 &&
      html`<fieldset class="checks"><legend>${t("orders.field.supersedes")}</legend>${own.map(
        (row) => html`<label key=${row.id}><input type="checkbox" checked=${typed.supersedes.includes(row.id)}
        onChange=${() => toggle("supersedes", row.id)} /> <span>${row.name} ${nameOf({ name: row.title, name_ja: row.title_ja })}</span></label>`,
      )}</fieldset>`
    }
    <${Field} label=${t("orders.field.references")}><textarea rows="2" maxlength="2000" ...${of("references")} /></${Field}>
    <div class="order-save"><${Problem} refusal=${task.refusal} />
      <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("orders.save")}</button>
        <button class="button" type="button" onClick=${onClose}>${t("form.cancel")}</button></div></div>
  </form></section>`;
}

/** @param {OrderChoices} offered @param {string} id */
const unitOf = (offered, id) => offered.units.find((unit) => unit.id === id);

/** @param {OrderChoices} offered @returns {(query: string) => import("../people/form.js").Choice[]} */
const findIn = (offered) => (query) =>
  offered.units
    .filter((unit) => `${unit.id} ${unit.name} ${unit.name_ja} ${unit.short}`.toLowerCase().includes(query))
    .map((unit) => ({ id: unit.id, name: nameOf(unit), more: unit.short }));

/** One unit, found by typing. @param {{label: string, id: string, offered: OrderChoices, onId: (id: string) => void, required?: boolean}} props */
export function UnitPick({ label, id, offered, onId, required }) {
  const unit = unitOf(offered, id);
  return html`<${Picker} required=${required} label=${label} placeholder=${t("orders.find_unit")} find=${findIn(offered)}
    value=${unit ? { id: unit.id, name: nameOf(unit) } : null}
    onPick=${(/** @type {{id: string} | null} */ pick) => onId(pick?.id ?? "")} />`;
}

/** @param {{one: TaskForm, at: number, letter: string, offered: OrderChoices, onChange: (change: Partial<TaskForm>) => void, onRemove: () => void}} props */
function TaskFields({ one, at, letter, offered, onChange, onRemove }) {
  const id = useId();
  const of = (/** @type {keyof TaskForm} */ name) => ({
    value: one[name],
    onInput: (/** @type {any} */ event) => onChange({ [name]: event.currentTarget.value }),
  });
  const moment = (/** @type {"start_ms" | "until_ms"} */ name) => ({
    letter,
    value: one[name] ?? 0,
    onValue: (/** @type {number} */ ms) => onChange({ [name]: ms || null }),
  });
  return html`<fieldset class="order-task" aria-labelledby=${id}><legend id=${id}>${t("orders.task_n", { n: at + 1 })}</legend>
    <div class="order-grid">
      <${UnitPick} required label=${t("orders.task.unit")} id=${one.unit} offered=${offered} onId=${(/** @type {string} */ unit) => onChange({ unit })} />
      <${Field} label=${t("orders.task.verb")}><select value=${one.verb} onChange=${(/** @type {any} */ event) => onChange({ verb: event.currentTarget.value })}>
        ${offered.verbs.map((verb) => html`<option key=${verb} value=${verb}>${t(`orders.verb.${verb}`)}</option>`)}</select></${Field}>
      <${Field} label=${t("orders.task.what")}><input required maxlength="1000" ...${of("what")} /></${Field}>
      <${Field} label=${t("orders.task.why")}><input maxlength="1000" ...${of("why")} /></${Field}>
      <${Field} label=${t("orders.task.start")}><${Moment} ...${moment("start_ms")} /></${Field}>
      <${Field} label=${t("orders.task.until")}><${Moment} ...${moment("until_ms")} /></${Field}>
      <${Field} label=${t("orders.task.trigger")}><input maxlength="200" ...${of("trigger")} /></${Field}>
      <${Field} label=${t("orders.task.place")}><input maxlength="200" ...${of("place")} /></${Field}>
      <${Position} lat=${one.lat} lon=${one.lon} onPlace=${onChange} />
      <${Field} label=${t("orders.task.reports")} hint=${t("orders.reports_hint")}><input maxlength="600" value=${one.reports.join("; ")}
        onChange=${(/** @type {any} */ event) => onChange({ reports: event.currentTarget.value.split(";").map((/** @type {string} */ it) => it.trim()).filter(Boolean) })} /></${Field}>
      <${Field} label=${t("orders.field.part_label")}><${LabelText} value=${one.label} onText=${(/** @type {string} */ text) => onChange({ label: text })} /></${Field}>
    </div>
    <${Units} legend=${t("orders.task.coord_with")} ids=${one.coord_with} offered=${offered} onIds=${(/** @type {string[]} */ coord_with) => onChange({ coord_with })} />
    <button class="button small" type="button" onClick=${onRemove}>${t("orders.remove_task")}</button></fieldset>`;
}

/**
 * Where on the map, as it is typed until it is left; what is no position is refused, here and by the form.
 * @param {{lat: number | null, lon: number | null, onPlace: (at: {lat: number | null, lon: number | null}) => void}} props
 */
function Position({ lat, lon, onPlace }) {
  const [typed, setTyped] = useState(lat === null || lon === null ? "" : `${lat}, ${lon}`);
  const [left, setLeft] = useState(false);
  const bad = typed.trim() !== "" && lat === null;
  const onInput = (/** @type {any} */ event) => {
    setTyped(event.currentTarget.value);
    onPlace(placeFrom(event.currentTarget.value) ?? { lat: null, lon: null });
  };
  return html`<${Field} label=${t("orders.task.position")} hint=${t("orders.position_hint")}
    problem=${bad && left ? t("orders.no_position", { text: typed }) : ""}>
    <input maxlength="60" autocomplete="off" spellcheck=${false} lang="en" value=${typed} onInput=${onInput}
      ref=${(/** @type {HTMLInputElement | null} */ input) => input?.setCustomValidity(bad ? t("orders.no_position", { text: typed }) : "")}
      onInvalid=${() => setLeft(true)} onBlur=${() => setLeft(true)} /></${Field}>`;
}

/** Several units, found by typing. @param {{legend: string, ids: string[], offered: OrderChoices, onIds: (ids: string[]) => void}} props */
function Units({ legend, ids, offered, onIds }) {
  const [round, setRound] = useState(0); // a new picker is an empty one
  const pick = (/** @type {{id: string} | null} */ choice) => {
    if (!choice) return;
    if (!ids.includes(choice.id)) onIds([...ids, choice.id]);
    setRound(round + 1);
  };
  return html`<div class="order-units"><${Picker} key=${round} label=${legend} placeholder=${t("orders.find_unit")}
      find=${findIn(offered)} value=${null} onPick=${pick} />
    <ul>${ids.map(
      (id) => html`<li key=${id}>${unitText(unitOf(offered, id))}
      <button class="button small" type="button" aria-label=${t("orders.take_out", { unit: unitText(unitOf(offered, id)) })}
        onClick=${() => onIds(ids.filter((one) => one !== id))}>✕</button></li>`,
    )}</ul></div>`;
}
