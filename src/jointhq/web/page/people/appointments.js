/**
 * Appointments: the list, one in full, adding, changing and ending, and who may take each.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { me, say } from "../state.js";
import { t } from "../words.js";
import * as calls from "./calls.js";
import {
  Ask,
  Checks,
  Field,
  LabelText,
  Mark,
  Moment,
  Picker,
  Problem,
  useAnswer,
  useFocusFirst,
  useForm,
  useTask,
} from "./form.js";
import { Fact, Standing } from "./persons.js";
import { Side, Table, useChoices } from "./table.js";
import { personChoices } from "./why.js";
import { listText, personName, said, spanText, titleOf } from "./words.js";

/** Among the groups of an appointment: those that its unit makes. */
const OF_UNIT = "@unit";

/** @typedef {import("../types.js").AppointmentRow} AppointmentRow */
/** @typedef {import("../types.js").AssignmentRow} AssignmentRow */

/** @param {AppointmentRow} row */
const standingOf = (row) =>
  row.in_force ? "" : row.from_ms > Date.now() ? "appointment_not_begun" : "appointment_ended";

/** What a search looks through. @param {AppointmentRow} a */
const textOf = (a) =>
  [a.title, a.title_ja, a.unit, a.organisation, a.holder?.name, ...a.assigned.map((one) => one.person.name)].join("\n");

export function AppointmentsDesk() {
  const asked = useAnswer(calls.appointments, []);
  const [chosen, setChosen] = useState("");
  const [adding, setAdding] = useState(false);
  const row = asked.value?.find((one) => one.id === chosen);
  const tools = html`<button class="button strong" onClick=${() => {
    setAdding(true);
    setChosen("");
  }}><${Icon} name="plus" />${t("appointment.add")}</button>`;
  return html`<div class="desk-body"><${Table} asked=${asked} tools=${tools} none="appointment.none"
      textOf=${textOf}
      head=${["appointment.title", "appointment.unit", "me.may", "appointment.holder", "person.state"]}
      row=${(
        /** @type {AppointmentRow} */ one,
      ) => html`<tr key=${one.id} class=${one.in_force ? "" : "ended"} aria-selected=${one.id === chosen}>
        <td><${Mark} mark=${one.mark} /><button class="link" onClick=${() => {
          setChosen(one.id);
          setAdding(false);
        }}>${titleOf(one)}</button><small>${t("appointment.assigned_n", { n: one.assigned.length })}</small></td>
        <td>${one.unit || "–"}<small>${one.organisation}</small></td>
        <td>${listText(one.permissions.map((code) => said("permission", code))) || "–"}</td>
        <td>${one.holder ? personName(one.holder) : html`<span class="dim">${t("appoint.free")}</span>`}</td>
        <td><${Standing} standing=${standingOf(one)} /><small>${spanText(one.from_ms, one.until_ms)}</small></td>
          </tr>`} />
    ${
      adding
        ? html`<${Side} title=${t("appointment.add")} onClose=${() => setAdding(false)}><${AppointmentForm} row=${null}
          onDone=${async (/** @type {AppointmentRow} */ made) => {
            await asked.again();
            setAdding(false);
            setChosen(made.id);
          }} /><//>`
        : row &&
          html`<${OneAppointment} key=${chosen} row=${row} again=${asked.again} onClose=${() => setChosen("")} />`
    }</div>`;
}

/** @param {{row: AppointmentRow, again: () => Promise<void>, onClose: () => void}} props */
function OneAppointment({ row, again, onClose }) {
  const [doing, setDoing] = useState(/** @type {"" | "edit" | "end"} */ (""));
  const task = useTask();
  const done = async () => {
    setDoing("");
    await again();
  };
  const unassign = (/** @type {AssignmentRow} */ one) =>
    task.run(async () => {
      const { person, from_ms, until_ms } = one;
      try {
        const { version } = await calls.decideAppointment(row.id, "unassign", {
          version: row.version,
          person: person.id,
        });
        say(t("appointment.unassigned", { name: personName(person) }), async () => {
          await calls.decideAppointment(row.id, "assign", { version, person: person.id, from_ms, until_ms });
          await again();
        });
      } finally {
        await again();
      }
    });
  const goOn = () =>
    task.run(async () => {
      await calls.saveAppointment(row.id, { ...formOf(row), until_ms: 0, version: row.version });
      await again();
    });
  const title = html`<${Mark} mark=${row.mark} />${titleOf(row)}`;
  if (doing === "edit") {
    return html`<${Side} title=${title} onClose=${() => setDoing("")}><${AppointmentForm} row=${row} onDone=${done}
      onCancel=${() => setDoing("")} /><//>`;
  }
  return html`<${Side} title=${title} onClose=${onClose}>
    <dl class="facts">
      <${Fact} name=${t("appointment.unit")} value=${`${row.unit || "–"} · ${row.organisation}`} />
      <${Fact} name=${t("me.may")} value=${listText(row.permissions.map((code) => said("permission", code))) || "–"} />
      <${Fact} name=${t("appointment.groups_in")} value=${groupsText(row.groups_in, "appointment.groups_unit_in")} />
      <${Fact} name=${t("appointment.groups_out")} value=${groupsText(row.groups_out, "appointment.groups_unit_out")} />
      <${Fact} name=${t("appointment.dates")} value=${spanText(row.from_ms, row.until_ms)} />
      <${Fact} name=${t("appointment.holder")} value=${personName(row.holder) || t("appoint.free")} />
    </dl>
    ${
      row.may_change
        ? html`<div class="buttons"><button class="button" onClick=${() => setDoing("edit")}>${t("form.change")}
          </button>
      ${
        row.until_ms
          ? html`<button class="button" disabled=${task.busy} onClick=${goOn}>${t("appointment.go_on")}</button>`
          : html`<button class="button" onClick=${() => setDoing("end")}>${t("appointment.end")}</button>`
      }</div>`
        : html`<p class="note">${t("desk.beyond")}</p>`
    }
    <section><h3>${t("appointment.assigned")}</h3>
      ${
        row.assigned.length > 0 &&
        html`<table><tbody>${row.assigned.map(
          (one) => html`<tr key=${one.person.id}><td><b>${personName(one.person)}</b><small>
            ${spanText(one.from_ms, one.until_ms)}</small>
          <small>${one.standing ? said("standing", one.standing) : ""}</small></td>
        <td class="n">${one.holds && html`<span class="badge">${t("person.holds")}</span> `}
          ${
            row.may_change &&
            html`<button class="button small" disabled=${task.busy} onClick=${() => unassign(one)}>
            ${t("appointment.unassign")}</button>`
          }</td></tr>`,
        )}</tbody></table>`
      }
      <${Problem} refusal=${task.refusal} />
      ${row.may_change && html`<${Assign} row=${row} again=${again} />`}</section>
    ${doing === "end" && html`<${End} row=${row} again=${again} onDone=${done} onNo=${() => setDoing("")} />`}
  <//>`;
}

/** @param {{row: AppointmentRow, again: () => Promise<void>}} props */
function Assign({ row, again }) {
  const persons = useAnswer(calls.persons, []);
  const task = useTask();
  const [person, setPerson] = useState(/** @type {import("./form.js").Choice | null} */ (null));
  const { typed, set } = useForm({ from_ms: 0, until_ms: 0 });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!person) return;
    void task.run(async () => {
      try {
        await calls.decideAppointment(row.id, "assign", { ...typed, version: row.version, person: person.id });
        setPerson(null);
        set("from_ms", 0);
        set("until_ms", 0);
      } finally {
        await again();
      }
    });
  };
  return html`<form class="fields" onSubmit=${submit}>
    <${Picker} label=${t("appointment.assign_whom")} placeholder=${t("form.type_to_find")} value=${person}
      onPick=${setPerson}
      find=${personChoices(persons.value?.filter((one) => one.active) ?? [])} />
    <div class="pair"><${Field} label=${t("appointment.from")} hint=${t("appointment.from_hint")}><${Moment}
      value=${typed.from_ms} onValue=${(/** @type {number} */ ms) => set("from_ms", ms)} /><//>
      <${Field} label=${t("appointment.until")} hint=${t("appointment.until_hint")}><${Moment} value=${typed.until_ms}
        onValue=${(/** @type {number} */ ms) => set("until_ms", ms)} /><//></div>
    <${Problem} refusal=${persons.refusal ?? task.refusal} />
    <button class="button" type="submit" disabled=${task.busy || !person}>${t("appointment.assign")}</button></form>`;
}

/** @param {{row: AppointmentRow, again: () => Promise<void>, onDone: () => void, onNo: () => void}} props */
function End({ row, again, onDone, onNo }) {
  const task = useTask();
  const { typed, set, of } = useForm({ until_ms: 0, reason: "" });
  const yes = () =>
    task.run(async () => {
      /** @type {AppointmentRow} */
      let now;
      try {
        now = await calls.decideAppointment(row.id, "end", { ...typed, version: row.version });
      } catch (error) {
        await again();
        throw error;
      }
      say(t("appointment.ended", { title: titleOf(row) }), async () => {
        await calls.saveAppointment(row.id, { ...formOf(row), version: now.version });
        await again();
      });
      onDone();
    });
  return html`<${Ask} title=${t("appointment.end_title", { title: titleOf(row) })} word=${t("appointment.end")}
    task=${task} onYes=${yes} onNo=${onNo}>
    <p>${t("appointment.end_text")}</p>
    <${Field} label=${t("appointment.end_at")} hint=${t("appointment.from_hint")}><${Moment} value=${typed.until_ms}
      onValue=${(/** @type {number} */ ms) => set("until_ms", ms)} /><//>
    <${Field} label=${t("form.reason")}><textarea rows="2" maxlength="4000" ...${of("reason")} /><//><//>`;
}

/**
 * The groups of an appointment, with those that its unit makes in words.
 * @param {string[]} groups
 * @param {string} unitWords the key of the words for those
 */
const groupsText = (groups, unitWords) =>
  listText(groups.map((name) => (name === OF_UNIT ? t(unitWords) : name))) || t("appointment.no_groups");

/** @param {AppointmentRow} row */
const formOf = (row) => ({
  title: row.title,
  title_ja: row.title_ja,
  unit: row.unit,
  organisation: row.organisation,
  permissions: row.permissions,
  groups_in: row.groups_in,
  groups_out: row.groups_out,
  from_ms: row.from_ms,
  until_ms: row.until_ms,
  label: "",
});

/** @param {string} text */
const codesIn = (text) =>
  text
    .split(/[,、\n]/)
    .map((code) => code.trim())
    .filter(Boolean);

/** @param {{row: AppointmentRow | null, onDone: (row: AppointmentRow) => void, onCancel?: () => void}} props */
function AppointmentForm({ row, onDone, onCancel }) {
  const choices = useChoices();
  const task = useTask();
  const first = useFocusFirst();
  const [base, setBase] = useState(row);
  const [theirs, setTheirs] = useState(/** @type {AppointmentRow | null} */ (null));
  const empty = {
    title: "",
    title_ja: "",
    unit: "",
    organisation: choices?.delegate_of || me.value?.organisation || "",
    label: "",
  };
  const { typed, set, of } = useForm({
    ...(row ? formOf(row) : { ...empty, permissions: ["watch"], from_ms: 0, until_ms: 0 }),
    groups_in: row?.groups_in.join(", ") ?? "",
    groups_out: row?.groups_out.join(", ") ?? "",
  });
  if (!choices) return null;
  const form = () => ({ ...typed, groups_in: codesIn(typed.groups_in), groups_out: codesIn(typed.groups_out) });
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      try {
        const saved = await calls.saveAppointment(base?.id ?? "", { ...form(), version: base?.version ?? "" });
        say(t("form.saved"));
        onDone(saved);
      } catch (error) {
        if (base && error instanceof Error && "code" in error && error.code === "changed_meanwhile") {
          const found = (await calls.appointments()).find((one) => one.id === base.id);
          if (found) {
            setTheirs(found);
            setBase(found);
          }
        }
        throw error;
      }
    });
  };
  const now = (/** @type {keyof ReturnType<typeof formOf>} */ name) =>
    theirs && String(formOf(theirs)[name]) !== String(form()[name]) ? String(formOf(theirs)[name]) : undefined;
  const ms = (/** @type {"from_ms" | "until_ms"} */ name) => {
    const at = now(name);
    return at === undefined ? undefined : Number(at) ? when(Number(at)) : "";
  };
  return html`<form class="fields" ref=${first} onSubmit=${save}>
    <${Field} label=${t("appointment.title")} now=${now("title")}><input required maxlength="200" ...${of("title")} />
      <//>
    <${Field} label=${t("appointment.title_ja")} now=${now("title_ja")}><input maxlength="200" lang="ja"
      ...${of("title_ja")} /><//>
    <div class="pair"><${Field} label=${t("appointment.unit")} now=${now("unit")}><input maxlength="200"
      ...${of("unit")} /><//>
      <${Field} label=${t("person.organisation")} now=${now("organisation")}><input required maxlength="64"
        list="organisations"
        readonly=${Boolean(choices.delegate_of)} ...${of("organisation")} /><//></div>
    <${Checks} legend=${t("me.may")} codes=${choices.permissions} chosen=${typed.permissions}
      name=${(/** @type {string} */ code) => said("permission", code)}
      onChosen=${(/** @type {string[]} */ codes) => set("permissions", codes)} />
    ${
      now("permissions") !== undefined &&
      html`<small
      class="warn">▲ ${t("form.now", { value: now("permissions") || "–" })}</small>`
    }
    <${Field} label=${t("appointment.groups_in")} hint=${t("appointment.groups_in_hint")} now=${now("groups_in")}>
      <input list="groups" ...${of("groups_in")} /><//>
    <${Field} label=${t("appointment.groups_out")}
      hint=${t("appointment.groups_out_hint", { known: choices.groups.join(", ") || "–" })} now=${now("groups_out")}>
        <input list="groups" ...${of("groups_out")} /><//>
    <div class="pair"><${Field} label=${t("appointment.from")} hint=${t("appointment.from_hint")}
      now=${ms("from_ms")}><${Moment} value=${typed.from_ms}
        onValue=${(/** @type {number} */ at) => set("from_ms", at)} /><//>
      <${Field} label=${t("appointment.until")} hint=${t("appointment.until_hint")} now=${ms("until_ms")}><${Moment}
        value=${typed.until_ms} onValue=${(/** @type {number} */ at) => set("until_ms", at)} /><//></div>
    <${Field} label=${t("form.label")} hint=${t("form.label_hint")}><${LabelText} placeholder=${row?.mark ?? ""}
      value=${typed.label} onText=${(/** @type {string} */ text) => set("label", text)} /><//>
    <datalist id="organisations">${choices.organisations.map((code) => html`<option key=${code} value=${code} />`)}
      </datalist>
    <datalist id="groups">${[OF_UNIT, ...choices.groups].map((code) => html`<option key=${code} value=${code} />`)}</datalist>
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>
      ${t(row ? "form.save" : "appointment.add")}</button>
      ${onCancel && html`<button class="button" type="button" onClick=${onCancel}>${t("form.cancel")}</button>`}</div>
  </form>`;
}
