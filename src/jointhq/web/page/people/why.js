/**
 * "Why can A not see B?": for any reader and any item, the rule that decides.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { sourceName } from "../parts/list.js";
import { nameAt } from "../picture/filter.js";
import { liveStore } from "../picture/moment.js";
import { ABSENT } from "../picture/store.js";
import { selected } from "../state.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { Field, Mark, Picker, Problem, Sign, useAnswer, useTask } from "./form.js";
import { personName, ruleText, titleOf } from "./words.js";

/** @typedef {import("./form.js").Choice} Choice */

/** @param {import("../types.js").PersonRow[]} persons */
export const personChoices = (persons) => (/** @type {string} */ query) =>
  persons
    .filter((one) => `${one.name}\n${one.name_ja}\n${one.username}`.toLowerCase().includes(query))
    .map((one) => ({ id: one.id, name: nameOf(one), more: `${one.username} · ${one.organisation}`, mark: one.mark }));

/** @param {import("../types.js").ReaderRow[]} readers */
const readerChoices = (readers) => (/** @type {string} */ query) =>
  readers
    .filter((one) =>
      [one, ...one.appointments.map((a) => ({ name: a.title, name_ja: a.title_ja }))].some((said) =>
        `${said.name}\n${said.name_ja}`.toLowerCase().includes(query),
      ),
    )
    .map((one) => ({
      id: one.id,
      name: nameOf(one),
      more: [...one.appointments.map(titleOf), one.organisation].join(" · "),
      mark: one.mark,
    }));

/** @param {string} query @returns {Choice[]} tracks of the picture as it is now */
function trackChoices(query) {
  const found = [];
  for (let slot = 0; slot < liveStore.end && found.length < 20; slot++) {
    const card = liveStore.cards[slot];
    if (!card || liveStore.state[slot] === ABSENT) continue;
    const name = nameAt(liveStore, slot);
    if (!`${name}\n${card.c}\n${card.u}`.toLowerCase().includes(query)) continue;
    found.push({ id: card.u, name, more: `${card.u} · ${sourceName(card.o)}`, mark: card.l });
  }
  // One that the asker's own picture lacks may be asked about by its uid.
  if (query && !found.some((one) => one.id.toLowerCase() === query))
    found.push({ id: query, name: query, more: t("why.by_uid") });
  return found;
}

const KINDS = /** @type {const} */ (["uid", "person", "record"]);

/** What was chosen last, for whoever comes back to look again. */
const kept = {
  reader: /** @type {Choice | null} */ (null),
  appointment: "",
  kind: /** @type {"uid" | "person" | "record"} */ ("uid"),
  item: /** @type {Choice | null} */ (null),
};

export function WhyDesk() {
  const readers = useAnswer(calls.whyReaders, []);
  const [reader, setReader] = useState(kept.reader);
  const [appointment, setAppointment] = useState(kept.appointment);
  const [kind, setKind] = useState(kept.kind);
  const [item, setItem] = useState(
    kept.item ?? (selected.peek() ? (trackChoices(selected.peek().toLowerCase())[0] ?? null) : null),
  );
  const [record, setRecord] = useState("");
  const [answer, setAnswer] = useState(/** @type {import("../types.js").WhyBody | null} */ (null));
  const task = useTask();
  Object.assign(kept, { reader, appointment, kind, item });
  const id = kind === "record" ? record.trim() : item?.id;
  const find = readerChoices(readers.value ?? []);
  const appointments = readers.value?.find((one) => one.id === reader?.id)?.appointments ?? [];
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setAnswer(null);
    if (!reader || !id) return;
    void task.run(async () => {
      setAnswer(await calls.why({ reader: reader.id, ...(appointment && { appointment }), [kind]: id }));
    });
  };
  return html`<div class="desk-body why">
    <form class="fields panel" onSubmit=${submit}>
      <h2>${t("why.title")}</h2><p class="dim">${t("why.how")}</p>
      <${Picker} label=${t("why.reader")} placeholder=${t("form.type_to_find")} value=${reader} find=${find}
        onPick=${(/** @type {Choice | null} */ choice) => {
          setReader(choice);
          setAppointment("");
          setAnswer(null);
        }} />
      <${Field} label=${t("why.appointment")}><select value=${appointment} disabled=${!reader}
        onInput=${(/** @type {any} */ event) => {
          setAppointment(event.currentTarget.value);
          setAnswer(null);
        }}>
        <option value="">${t("why.any_appointment")}</option>
        ${appointments.map((one) => html`<option key=${one.id} value=${one.id}>${titleOf(one)}</option>`)}</select><//>
      <div class="field"><span class="field-name" id="why-kind">${t("why.item")}</span><div class="segmented"
        role="group" aria-labelledby="why-kind">
        ${KINDS.map(
          (name) =>
            html`<button type="button" key=${name} aria-pressed=${kind === name} onClick=${() => {
              setKind(name);
              setItem(null);
              setAnswer(null);
            }}>${t(`why.kind_${name}`)}</button>`,
        )}</div></div>
      ${
        kind === "record"
          ? html`<${Field} label=${t("why.record_id")}><input class="code" required maxlength="100"
            spellcheck=${false} value=${record}
              onInput=${(/** @type {any} */ event) => {
                setRecord(event.currentTarget.value);
                setAnswer(null);
              }} /><//>`
          : html`<${Picker} key=${kind} label=${t(`why.kind_${kind}`)} placeholder=${t("form.type_to_find")}
            value=${item} find=${kind === "uid" ? trackChoices : find}
            onPick=${(/** @type {Choice | null} */ choice) => {
              setItem(choice);
              setAnswer(null); // It was of another.
            }} />`
      }
      <${Problem} refusal=${readers.refusal ?? task.refusal} />
      <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy || !reader || !id}>
        ${t("why.ask")}</button></div>
    </form>
    <section class="panel answer" aria-live="polite">${
      answer
        ? html`<${Answer} answer=${answer}
      name=${kind === "record" ? record : (item?.name ?? "")}
        appointments=${appointments} />`
        : html`<p class="note">${t("why.nothing_yet")}</p>`
    }
          </section>
  </div>`;
}

/** @param {{answer: import("../types.js").WhyBody, name: string, appointments: import("../types.js").AppointmentName[]}} props */
function Answer({ answer, name, appointments }) {
  const as = appointments.find((one) => one.id === answer.appointment);
  return html`<p class=${answer.allowed ? "verdict yes" : "verdict no"}><${Sign} good=${answer.allowed} />
      <b>${t(answer.allowed ? "why.may" : "why.may_not", { reader: personName(answer.reader), item: name })}</b></p>
    <p class="dim">${as ? t("why.as", { title: titleOf(as) }) : t("why.as_none")} <${Mark} mark=${answer.mark} /></p>
    <p class="rule">${ruleText(answer.rule, answer.params)}</p>
    ${
      answer.checks.length > 0 &&
      html`<h3>${t("why.checks")}</h3><ol class="check-list">${answer.checks.map(
        (
          check,
        ) => html`<li key=${check.rule}><${Sign} good=${check.ok} /><span>${ruleText(check.rule, check.params)}</span>
      <small class="code">${check.rule}</small></li>`,
      )}</ol>`
    }`;
}
