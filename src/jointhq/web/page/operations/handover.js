/**
 * Handing a watch over: what is composed for the next, offering it, and taking it on.
 *
 * Owns: the panel of who goes off, and what who comes on reads and signs. Doesn't own: what is composed (the server),
 * the list of appointments (`people/appointment.js`).
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { when } from "../format.js";
import { enter, startAfresh } from "../people/account.js";
import { Field, LabelText, Mark, Problem, useAnswer, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { me, say } from "../state.js";
import { useUnsaved } from "../unsaved.js";
import { language, t } from "../words.js";
import * as calls from "./calls.js";
import { signedText } from "./times.js";

/** @typedef {import("../types.js").HandoverRow} HandoverRow */

const PARTS = ["significant", "open", "due", "changed", "expected"];

/** Of who goes off: what the next will read, and a note. @param {{onClose: () => void}} props */
export function HandOver({ onClose }) {
  const task = useTask();
  const [note, setNote] = useState("");
  const [label, setLabel] = useState("");
  useUnsaved(note !== "" || label !== "");
  const composed = useAnswer(() => calls.composeHandover({ language: language.value }), [language.value]);
  const before = useAnswer(calls.handovers, []);
  const mine = before.value?.find(({ state, appointment }) => state === "offered" && appointment === me.value?.appointment?.id);
  const accepted = before.value?.filter(({ state }) => state === "accepted") ?? [];
  const offer = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      await calls.offerHandover({ note, label, language: language.value });
      setNote("");
      setLabel("");
      say(t("handover.offered"));
      await before.again();
    });
  };
  const takeBack = () =>
    task.run(async () => {
      if (mine) await calls.withdrawHandover(mine.id);
      await before.again();
    });
  return html`<${Side} title=${t("handover.title")} onClose=${onClose}>
    <${Problem} refusal=${composed.refusal ?? before.refusal ?? task.refusal} />
    ${
      mine
        ? html`<p class="problem" role="status">${t("handover.waiting", { time: when(mine.offered_ms) })}</p>
        <${Handover} row=${mine} />
        <div class="buttons"><button class="button" disabled=${task.busy} onClick=${takeBack}>${t("handover.take_back")}
          </button></div>`
        : composed.value &&
          html`<p class="note">${t("handover.hint")}</p><${Handover} row=${composed.value} />
        <form class="fields" onSubmit=${offer}><${Field} label=${t("handover.note")}><textarea rows="4" maxlength="4000"
          value=${note} onInput=${(/** @type {any} */ event) => setNote(event.currentTarget.value)} /><//>
          <${Field} label=${t("log.label")} hint=${t("log.label_hint")}><${LabelText} empty value=${label}
            onText=${setLabel} /><//>
          <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("handover.offer")}
            </button></div></form>`
    }
    ${
      accepted.length > 0 &&
      html`<section><h3>${t("handover.before")}</h3><ol class="report-log">${accepted
        .slice(0, 5)
        .map(
          (row) => html`<li key=${row.id}><details><summary>${when(row.accepted_ms)}:
          ${t("handover.from_to", { from: signedText(row.by), to: row.to ? signedText(row.to) : "" })}</summary>
          <${Handover} row=${row} /></details></li>`,
        )}</ol></section>`
    }<//>`;
}

/** What is handed over. @param {{row: HandoverRow}} props */
export const Handover = ({ row }) => html`<div class="handover">
  <p class="dim">${t("handover.since", { time: when(row.since_ms) })}</p>
  ${row.note && html`<p><${Mark} mark=${row.mark} />${row.note}</p>`}
  ${PARTS.map((part) => {
    const items = row.items.filter((one) => one.part === part);
    return html`<section key=${part}><h3>${t(`handover.${part}`)}</h3>
      ${
        items.length
          ? html`<ul>${items.map((one, n) => html`<li key=${n} lang=${row.language}><${Mark} mark=${one.mark} />${one.text}</li>`)}</ul>`
          : html`<p class="dim">–</p>`
      }</section>`;
  })}</div>`;

/** Of who comes on: an offer of this appointment, to be read and accepted. @param {{appointment: string}} props */
export function Offered({ appointment }) {
  const asked = useAnswer(calls.offeredHandovers, []);
  const task = useTask();
  const row = asked.value?.find((one) => one.appointment === appointment);
  if (!row) return null;
  const accept = () =>
    task.run(async () => {
      await calls.acceptHandover(row.id);
      if (me.value?.appointment) startAfresh("");
      else await enter();
    });
  return html`<section class="offered"><h4>${t("handover.offered_by", { name: signedText(row.by) })}</h4>
    <${Handover} row=${row} /><${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" disabled=${task.busy} onClick=${accept}>${t("handover.accept")}
      </button></div></section>`;
}
