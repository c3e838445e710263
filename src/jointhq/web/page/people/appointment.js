/**
 * Taking, changing and laying down an appointment: a person signs in, authority belongs to the appointment.
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { when } from "../format.js";
import { Offered } from "../operations/handover.js";
import { headquarters, me, say, signInProblem } from "../state.js";
import { has, nameOf, t } from "../words.js";
import { AccessTab } from "./access.js";
import { enter, leave, recheck, startAfresh } from "./account.js";
import * as calls from "./calls.js";
import { Field, Mark, Problem, Sign, useTask } from "./form.js";
import { Looks } from "./signin.js";
import { clearedText, listText, personName, said, titleOf } from "./words.js";

/** @typedef {import("../types.js").Mine} Mine */

/** The view of a person who holds none: nothing else of the page is theirs yet. */
export function Appoint() {
  const my = me.value;
  const problem = signInProblem.value;
  if (!my) return null;
  return html`<main class="sign-in appoint">
    <section>
      <p class="product">${headquarters.value ? nameOf(headquarters.value) : "jointhq"}
        ${headquarters.value?.exercise && html` <span class="exercise">${t("exercise.mark")}</span>`}</p>
      <h1>${t("appoint.title")}</h1>
      <p class="dim">${t("appoint.signed_in_as", { name: personName(my.person), username: my.username })}</p>
      ${
        problem &&
        has(`sign_in.problem.${problem}`) &&
        html`<p class="problem" role="alert">
        ${t(`sign_in.problem.${problem}`)}</p>`
      }
      <${Appointments} />
      <details class="own-access"><summary>${t("menu.access")}</summary><div class="drawer-body"><${AccessTab} />
        </div></details>
      <div class="buttons quiet"><button class="button" onClick=${leave}>${t("session.sign_out")}</button>
        <button class="button" onClick=${enter}>${t("appoint.again")}</button><${Looks} /></div>
    </section>
  </main>`;
}

/** @param {HTMLElement | null} at */
const focusOnce = (at) => at?.focus();

/** All that one may take now, and who holds each. */
export function Appointments() {
  const my = me.value;
  if (!my) return null;
  if (my.standing) {
    return html`<p class="problem" role="alert">${said("standing", my.standing)}
      ${my.standing === "clearance_ended" && ` ${clearedText(my.cleared_until_ms)}`} ${t("appoint.ask")}</p>`;
  }
  if (!my.appointments.length) return html`<p class="note">${t("appoint.none")} ${t("appoint.ask")}</p>`;
  return html`<ul class="appointments">${my.appointments.map((mine) => html`<${One} key=${mine.id} mine=${mine} />`)}
    </ul>`;
}

/** @param {{mine: Mine}} props */
function One({ mine }) {
  const my = me.value;
  const task = useTask();
  const [note, setNote] = useState("");
  const [asking, setAsking] = useState(false);
  const current = my?.appointment?.id === mine.id;
  const held = mine.holder && mine.holder.id !== my?.person?.id;
  const free = mine.holder ? "appoint.go_on" : "appoint.take";
  const word = asking ? "appoint.take_over_now" : held ? "appoint.take_over" : free;
  const takeIt = async () => {
    const taken = await task.run(async () => {
      await calls.take(mine.id, note.trim());
      signInProblem.value = "";
      if (my?.appointment) startAfresh("");
      else await enter();
    });
    if (!taken) await recheck().catch(() => {}); // Another was faster: see who.
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (held && !asking) setAsking(true);
    else void takeIt();
  };
  const refused = task.refusal?.code === "held" && !asking;
  const writing = asking || refused;
  const button = html`<button class="button ${held && !writing ? "" : "strong"}" type="submit"
    disabled=${task.busy || (asking && !note.trim())}>${t(word)}</button>`;
  return html`<li class=${current ? "appointment current" : "appointment"}>
    <form onSubmit=${submit}>
      <div class="appointment-head"><h3><${Mark} mark=${mine.mark} />${titleOf(mine)}</h3>
        ${
          current
            ? html`<span class="badge">${t("appoint.yours")}</span>`
            : !writing && button
        }</div>
      <p class="dim">${[
        mine.unit,
        mine.organisation,
        listText(mine.permissions.map((code) => said("permission", code))),
      ]
        .filter(Boolean)
        .join(" · ")}</p>
      <p class="state"><${Sign} good=${held ? false : mine.holder ? true : null} /><span>${
        !mine.holder
          ? t("appoint.free")
          : held
            ? t("appoint.held", { name: personName(mine.holder), time: when(mine.since_ms) })
            : t("appoint.held_by_you", { time: when(mine.since_ms) })
      }</span>
        ${
          mine.until_ms > 0 &&
          html`<span class="dim">${t("appoint.until", { time: when(mine.until_ms) })}
          </span>`
        }</p>
      ${
        mine.note &&
        html`<blockquote><small>
        ${mine.note_by ? t("appoint.note_by", { name: personName(mine.note_by) }) : t("appoint.note")}</small>
          <${Mark} mark=${mine.mark} />${mine.note}</blockquote>`
      }
      ${
        writing &&
        html`<${Field} label=${t("appoint.handover_note")}
          hint=${t("appoint.handover_hint", { name: personName(mine.holder) })}>
        <textarea rows="3" maxlength="4000" required ref=${focusOnce} value=${note}
          onInput=${(/** @type {any} */ event) => {
            setAsking(true);
            setNote(event.currentTarget.value);
          }} /><//>`
      }
      <${Problem} refusal=${task.refusal} />
      ${writing && html`<div class="buttons">${button}</div>`}
    </form>${held && html`<${Offered} appointment=${mine.id} />`}</li>`;
}

/** The tab of the drawer: what one holds, laying it down, and changing it. */
export function AppointmentTab() {
  const my = me.value;
  const task = useTask();
  const [note, setNote] = useState("");
  useEffect(() => void recheck().catch(() => {}), []); // Who holds what may have changed since the page began.
  if (!my?.appointment) return null;
  const layDown = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      await calls.layDown(note.trim());
      say(t("appoint.laid_down"));
      startAfresh("laid_down");
    });
  };
  return html`<dl class="facts">
      <div class="fact"><dt>${t("me.person")}</dt><dd>${personName(my.person)} <span class="dim">${my.username}</span>
        </dd></div>
      <div class="fact"><dt>${t("me.clearance")}</dt><dd>${my.clearance} · ${my.nation} · ${my.organisation}<br />
        <span class="dim">${clearedText(my.cleared_until_ms)}</span></dd></div>
      <div class="fact"><dt>${t("me.appointment")}</dt><dd>${titleOf(my.appointment)}<br /><span class="dim">
        ${t("appoint.held_by_you", { time: when(my.appointment.since_ms) })}</span></dd></div>
      <div class="fact"><dt>${t("me.may")}</dt><dd>${listText(my.permissions.map((code) => said("permission", code)))}
        </dd></div>
    </dl>
    <section><h3>${t("appoint.lay_down")}</h3>
      <form onSubmit=${layDown}><${Field} label=${t("appoint.note_for_next")}>
        <textarea rows="4" maxlength="4000" value=${note}
          onInput=${(/** @type {any} */ event) => setNote(event.currentTarget.value)} /><//>
        <${Problem} refusal=${task.refusal} />
        <button class="button" type="submit" disabled=${task.busy}>${t("appoint.lay_down")}</button></form></section>
    <section><h3>${t("appoint.change")}</h3><${Appointments} /></section>`;
}
