/**
 * Invitations: the list, making one, whose token is shown once, and taking one back.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { shortSpan, when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { t } from "../words.js";
import * as calls from "./calls.js";
import { Enrolment } from "./enrolment.js";
import { Copy, Field, Mark, Picker, Problem, Sign, useAnswer, useForm, useTask } from "./form.js";
import { Side, Table, useChoices } from "./table.js";
import { personChoices } from "./why.js";
import { personName, said, titleOf } from "./words.js";

/** @typedef {import("../types.js").InvitationRow} InvitationRow */
/** @typedef {import("../types.js").Invited} Invited */
/** @typedef {import("../types.js").PersonRow} PersonRow */

const MINUTES = [15, 60, 480, 1440, 10_080];

/** What a search looks through. @param {InvitationRow} i */
const textOf = (i) => [i.person.name, i.person.name_ja, i.purpose, i.claim, i.state].join("\n");

export function InvitationsDesk() {
  const asked = useAnswer(calls.invitations, []);
  const [making, setMaking] = useState(false);
  const tools = html`<button class="button strong" onClick=${() => setMaking(true)}><${Icon} name="plus" />
    ${t("invitation.make")}</button>`;
  return html`<div class="desk-body"><${Table} asked=${asked} tools=${tools} none="invitation.none"
      textOf=${textOf}
      head=${["invitation.whom", "invitation.purpose", "invitation.until", "person.state"]}
      row=${(/** @type {InvitationRow} */ one) => html`<${Row} key=${one.id} one=${one} wide
        onChanged=${asked.again} />`} />
    ${
      making &&
      html`<${Side} title=${t("invitation.make")} onClose=${() => setMaking(false)}><${ForWhom}
      onMade=${asked.again} onClose=${() => setMaking(false)} /><//>`
    }</div>`;
}

/** @param {{one: InvitationRow, wide?: boolean, onChanged: () => void}} props */
function Row({ one, wide, onChanged }) {
  const task = useTask();
  const revoke = () =>
    task.run(async () => {
      await calls.revokeInvitation(one.id);
      onChanged();
    });
  const open = one.state === "open";
  return html`<tr class=${open ? "" : "ended"}>
    ${
      wide &&
      html`<td><${Mark} mark=${one.mark} /><b>${personName(one.person)}</b>${
        one.made_by &&
        html`<small>
      ${t("invitation.by", { name: personName(one.made_by) })}</small>`
      }</td>`
    }
    <td>${!wide && html`<${Mark} mark=${one.mark} />`}${said("purpose", one.purpose)}<small>${one.claim}</small></td>
    ${wide && html`<td>${when(one.until_ms)}</td>`}
    <td><span class="state"><${Sign} good=${open ? true : null} />${said("invitation.state", one.state)}
      ${
        open &&
        html`<button class="button small n" disabled=${task.busy} onClick=${revoke}>${t("form.revoke")}
        </button>`
      }</span>
      ${!wide && open && html`<small>${t("invitation.until_at", { time: when(one.until_ms) })}</small>`}
      <${Problem} refusal=${task.refusal} /></td></tr>`;
}

/** @param {{rows: InvitationRow[], onChanged: () => void}} props */
export const InvitationRows = ({ rows, onChanged }) =>
  rows.length
    ? html`<table><tbody>${rows.map((one) => html`<${Row} key=${one.id} one=${one} onChanged=${onChanged} />`)}
      </tbody></table>`
    : html`<p class="note">${t("invitation.none")}</p>`;

/** @param {{onMade: () => void, onClose: () => void}} props */
function ForWhom({ onMade, onClose }) {
  const persons = useAnswer(calls.persons, []);
  const [choice, setChoice] = useState(/** @type {import("./form.js").Choice | null} */ (null));
  const whole = useAnswer(async () => (choice ? calls.person(choice.id) : null), [choice?.id]);
  const person = whole.value?.person;
  return html`<div class="fields"><${Picker} label=${t("invitation.whom")} placeholder=${t("form.type_to_find")}
    value=${choice} onPick=${setChoice}
      find=${personChoices(persons.value?.filter((one) => one.active && one.may_change) ?? [])} />
    <${Problem} refusal=${persons.refusal ?? whole.refusal} /></div>
    ${
      person &&
      html`<${InviteForm} key=${person.id} person=${person} assignments=${whole.value?.assignments ?? []}
      onMade=${onMade} onClose=${onClose} />`
    }`;
}

/** @param {{person: PersonRow, assignments: import("../types.js").AssignmentRow[], onMade: () => void, onClose: () => void}} props */
export function InviteForm({ person, assignments, onMade, onClose }) {
  const choices = useChoices();
  const task = useTask();
  const { typed, set, of } = useForm({
    purpose: "sign-in",
    appointment: assignments[0]?.appointment ?? "",
    minutes: 60,
    claim: "",
  });
  const [made, setMade] = useState(/** @type {Invited | null} */ (null));
  if (!choices) return null;
  if (made) return html`<${Made} made=${made} onClose=${onClose} />`;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      setMade(
        await calls.invite({
          person: person.id,
          purpose: typed.purpose,
          minutes: Number(typed.minutes),
          appointment: typed.purpose === "enrolment" ? typed.appointment : "",
          claim: typed.purpose === "oidc" ? typed.claim.trim() : "",
        }),
      );
      onMade();
    });
  };
  return html`<form class="fields" onSubmit=${submit}>
    <${Field} label=${t("invitation.purpose")}><select ...${of("purpose")}>
      ${choices.purposes.map((code) => html`<option key=${code} value=${code}>${said("purpose", code)}</option>`)}
        </select><//>
    ${
      typed.purpose === "enrolment" &&
      html`<${Field} label=${t("me.appointment")} hint=${t("invitation.device_hint")}><select ...${of("appointment")}>
      ${assignments.map(
        (one) => html`<option key=${one.appointment} value=${one.appointment}>${titleOf(one)}
        </option>`,
      )}
      <option value="">${t("me.no_appointment")}</option></select><//>`
    }
    ${
      typed.purpose === "oidc" &&
      html`<${Field} label=${t("invitation.claim")} hint=${t("invitation.claim_hint")}>
      <input required maxlength="200" autocapitalize="none" spellcheck=${false} ...${of("claim")} /><//>`
    }
    <${Minutes} max=${choices.minutes_max} value=${typed.minutes}
      onValue=${(/** @type {number} */ minutes) => set("minutes", minutes)} />
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${t("invitation.make")}
      </button>
      <button class="button" type="button" onClick=${onClose}>${t("form.cancel")}</button></div></form>`;
}

/** How long an invitation is good for. @param {{max?: number, value: number, onValue: (minutes: number) => void}} props */
export const Minutes = ({
  max = 10_080,
  value,
  onValue,
}) => html`<${Field} label=${t("invitation.good_for")}><select value=${value}
  onInput=${(/** @type {any} */ event) => onValue(Number(event.currentTarget.value))}>
  ${MINUTES.filter((minutes) => minutes <= max).map(
    (minutes) => html`<option key=${minutes} value=${minutes}>
    ${shortSpan(minutes * 60_000)}</option>`,
  )}</select><//>`;

/** The form that had the focus is gone. @param {HTMLElement | null} at */
const focusOnce = (at) => at?.focus();

/** A new invitation: what it says now it never says again. @param {{made: Invited, onClose: () => void}} props */
function Made({ made, onClose }) {
  const { invitation, token } = made;
  const link = `${location.origin}/#sign-in=${encodeURIComponent(token)}`;
  return html`<div class="made" role="status" tabindex="-1" ref=${focusOnce}>
    <p><b>${t(`invitation.made_${invitation.purpose === "sign-in" ? "sign_in" : invitation.purpose}`, { name: personName(invitation.person) })}</b></p>
    ${
      invitation.purpose !== "enrolment" &&
      html`<p class="dim">
      ${t("invitation.until_at", { time: when(invitation.until_ms) })}${token && ` ${t("invitation.once")}`}</p>`
    }
    ${
      invitation.purpose === "sign-in" &&
      html`<pre><code>${link}</code></pre><${Copy} text=${link}
      label=${t("invitation.copy_link")} />`
    }
    ${invitation.purpose === "enrolment" && html`<${Enrolment} invited=${made} />`}
    <div class="buttons"><button class="button" onClick=${onClose}>${t("form.done")}</button></div></div>`;
}
