/**
 * Devices and their certificates: what ends when, soonest first, and revoking.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { now } from "../clock.js";
import { shortSpan, when } from "../format.js";
import { say } from "../state.js";
import { t } from "../words.js";
import * as calls from "./calls.js";
import { Ask, Field, Mark, Problem, Sign, useAnswer, useTask } from "./form.js";
import { Table } from "./table.js";
import { dateText, personName, said, titleOf } from "./words.js";

/** @typedef {import("../types.js").CertificateRow} CertificateRow */

const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

/** What a search looks through. @param {CertificateRow} c */
const textOf = (c) =>
  [c.subject, c.person.name, c.person.name_ja, c.client_uid, c.title, c.serial, c.fingerprint].join("\n");

export function CertificatesDesk() {
  const [soon, setSoon] = useState(false);
  const asked = useAnswer(() => calls.certificates(soon ? SOON_DAYS : 0), [soon]);
  const tools = html`<label class="check"><input type="checkbox" checked=${soon}
    onChange=${() => setSoon(!soon)} /> ${t("certificate.soon", { n: SOON_DAYS })}</label>`;
  return html`<div class="desk-body"><${Table} asked=${asked} tools=${tools}
    none=${soon ? "certificate.none_soon" : "certificate.none"}
    textOf=${textOf}
    head=${["certificate.device", "invitation.whom", "certificate.ends", "person.state", "certificate.act"]}
    row=${(/** @type {CertificateRow} */ one) => html`<${Row} key=${one.fingerprint} one=${one} wide
      revoke=${calls.revokeCertificate} onChanged=${asked.again} />`} /></div>`;
}

/**
 * @param {{one: CertificateRow, wide?: boolean, revoke: (fingerprint: string, reason: string) => Promise<unknown>, onChanged: () => void}} props
 */
function Row({ one, wide, revoke, onChanged }) {
  const task = useTask();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const good = one.state === "valid";
  const left = one.not_after_ms - now();
  const yes = () =>
    task.run(async () => {
      await revoke(one.fingerprint, reason.trim());
      say(t("certificate.revoked", { name: one.subject }));
      setAsking(false);
      onChanged();
    });
  const state = html`<span class="state"><${Sign} good=${good ? true : one.state === "not_yet" ? null : false} />
    ${said("certificate.state", one.state)}</span>
    ${one.state === "suspended" && html`<small>${said("standing", one.standing)}</small>`}
    ${one.revoked_ms > 0 && html`<small>${when(one.revoked_ms)} ${one.reason}</small>`}`;
  const button =
    !one.revoked_ms && html`<button class="button small" onClick=${() => setAsking(true)}>${t("form.revoke")}</button>`;
  const ends = html`${dateText(one.not_after_ms)}<small class=${good && left < SOON_DAYS * DAY_MS ? "warn" : ""}>
    ${good && left < SOON_DAYS * DAY_MS && "▲ "}${left > 0 ? t("certificate.in", { span: shortSpan(left) }) : t("certificate.past")}</small>`;
  const ask =
    asking &&
    html`<${Ask} title=${t("certificate.revoke_title", { name: one.subject })} word=${t("form.revoke")} task=${task}
      onYes=${yes} onNo=${() => setAsking(false)}>
    <p>${t("certificate.revoke_text")}</p>
    ${
      wide &&
      html`<${Field} label=${t("form.reason")}><textarea rows="2" maxlength="4000" value=${reason}
      onInput=${(/** @type {any} */ event) => setReason(event.currentTarget.value)} /><//>`
    }<//>`;
  const device = html`<${Mark} mark=${one.mark} /><b>${one.subject}</b><small class="code">${one.client_uid || one.serial}</small>`;
  return wide
    ? html`<tr class=${good ? "" : "ended"}><td>${device}</td><td>${personName(one.person)}<small>
      ${one.appointment ? titleOf(one) : t("me.no_appointment")}</small></td>
      <td>${ends}</td><td>${state}</td><td>${button}${ask}</td></tr>`
    : html`<tr class=${good ? "" : "ended"}><td>${device}${state}</td><td class="n">${ends}${button}${ask}</td></tr>`;
}

/** @param {{rows: CertificateRow[], mine?: boolean, onChanged: () => void}} props */
export const CertificateRows = ({ rows, mine, onChanged }) =>
  rows.length
    ? html`<table><tbody>${rows.map(
        (one) => html`<${Row} key=${one.fingerprint} one=${one}
      revoke=${mine ? calls.revokeMyCertificate : calls.revokeCertificate} onChanged=${onChanged} />`,
      )}</tbody></table>`
    : html`<p class="note">${t("certificate.none")}</p>`;

/** One's own, in the drawer. */
export function MyCertificates() {
  const asked = useAnswer(calls.myCertificates, []);
  return html`<section><h3>${t("certificate.mine")}</h3><${Problem} refusal=${asked.refusal} />
    ${asked.value && html`<${CertificateRows} rows=${asked.value} mine onChanged=${asked.again} />`}</section>`;
}
