/**
 * One's own ways in: password, passkeys, sessions.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { when } from "../format.js";
import { me, say } from "../state.js";
import { t } from "../words.js";
import { recheck } from "./account.js";
import * as calls from "./calls.js";
import { Field, Problem, Sign, useAnswer, useForm, useTask } from "./form.js";
import { dateText, said } from "./words.js";

/** As the server has it; said before anything is sent. */
const PASSWORD_CHARS_MIN = 12;

export const AccessTab = () => html`<${Password} /><${Passkeys} /><${Sessions} />`;

function Password() {
  const my = me.value;
  const task = useTask();
  const { typed, set, of } = useForm({ current: "", password: "", again: "" });
  const [done, setDone] = useState(false);
  if (!my) return null;
  const short = typed.password !== "" && [...typed.password].length < PASSWORD_CHARS_MIN;
  const differ = typed.again !== "" && typed.again !== typed.password;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (differ || short) return;
    void task.run(async () => {
      await calls.setPassword(typed.password, typed.current);
      for (const name of /** @type {const} */ (["current", "password", "again"])) set(name, "");
      setDone(true);
      say(t("access.password_set"));
      await recheck();
    });
  };
  return html`<section><h3>${t("access.password")}</h3>
    <p class="state"><${Sign} good=${my.has_password ? true : null} />
      ${t(my.has_password ? "access.has_password" : "access.no_password")}</p>
    <form class="fields" onSubmit=${submit}>
      <input class="unseen" type="text" autocomplete="username" value=${my.username} readonly tabindex="-1"
        aria-hidden="true" />
      ${
        my.current_needed &&
        html`<${Field} label=${t("access.current")}><input type="password" required autocomplete="current-password"
          maxlength="200"
        ...${of("current")} /></${Field}>`
      }
      <${Field} label=${t("access.new")} hint=${t("access.new_hint", { n: PASSWORD_CHARS_MIN })}><input
        type="password" required
        autocomplete="new-password" maxlength="200" ...${of("password")} /></${Field}>
      <${Field} label=${t("access.again")}><input type="password" required autocomplete="new-password" maxlength="200"
        ...${of("again")} /></${Field}>
      ${typed.again !== "" && short && html`<p class="problem" role="alert">${t("error.password_short")}</p>`}
      ${!short && differ && html`<p class="problem" role="alert">${t("access.differ")}</p>`}
      <${Problem} refusal=${task.refusal} />
      ${done && html`<p class="note" role="status">${t("access.others_ended")}</p>`}
      <button class="button" type="submit" disabled=${task.busy || differ}>
        ${t(my.has_password ? "access.change_password" : "access.set_password")}</button>
    </form></section>`;
}

function Passkeys() {
  const { value, refusal, again } = useAnswer(calls.myPasskeys, []);
  const task = useTask();
  const [name, setName] = useState("");
  const { value: ways } = useAnswer(calls.waysToSignIn, []); // A browser makes passkeys at a name, never at an address.
  const add = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      await calls.addPasskey(name.trim());
      setName("");
      await again();
      await recheck();
    });
  };
  const remove = (/** @type {string} */ id) =>
    task.run(async () => {
      await calls.removePasskey(id);
      await again();
      await recheck();
    });
  return html`<section><h3>${t("access.passkeys")}</h3>
    <${Problem} refusal=${refusal} />
    ${value && !value.length && html`<p class="note">${t("access.no_passkeys")}</p>`}
    ${
      value &&
      value.length > 0 &&
      html`<table><tbody>${value.map(
        (key) => html`<tr key=${key.id}><td><b>${key.name || t("access.passkey_unnamed")}</b>
        <small>${key.host} · ${t("access.added", { date: dateText(key.added_ms) })}</small></td>
        <td class="n"><button class="button small" disabled=${task.busy} onClick=${() => remove(key.id)}>
          ${t("form.remove")}</button></td></tr>`,
      )}</tbody></table>`
    }
    ${
      ways?.passkey && "credentials" in navigator
        ? html`<form class="line" onSubmit=${add}><input value=${name} maxlength="200"
          aria-label=${t("access.passkey_name")}
        placeholder=${t("access.passkey_name")}
          onInput=${(/** @type {any} */ event) => setName(event.currentTarget.value)} />
        <button class="button" type="submit" disabled=${task.busy}>${t("access.add_passkey")}</button></form>`
        : ways && html`<p class="note">${t("access.passkeys_need")}</p>`
    }
    <${Problem} refusal=${task.refusal} /></section>`;
}

function Sessions() {
  const { value, refusal, again } = useAnswer(calls.mySessions, []);
  const task = useTask();
  const end = (/** @type {string[]} */ ids) =>
    task.run(async () => {
      for (const id of ids) await calls.endSession(id);
      await again();
    });
  const others = value?.filter((session) => !session.current).map((session) => session.id) ?? [];
  return html`<section><h3>${t("access.sessions")}</h3>
    <${Problem} refusal=${refusal} />
    ${
      value &&
      html`<table><tbody>${value.map(
        (session) => html`<tr key=${session.id}><td><b>${said("how", session.how)}</b> ${
          session.current &&
          html`<span
          class="badge">${t("access.this_one")}</span>`
        }
        <small>${t("access.since", { time: when(session.started_ms) })} · ${session.address}</small></td>
        <td class="n">${
          !session.current &&
          html`<button class="button small" disabled=${task.busy}
          onClick=${() => end([session.id])}>${t("access.end")}</button>`
        }</td></tr>`,
      )}</tbody></table>`
    }
    ${
      others.length > 1 &&
      html`<button class="button" disabled=${task.busy} onClick=${() => end(others)}>
      ${t("access.end_others", { n: others.length })}</button>`
    }
    <${Problem} refusal=${task.refusal} /></section>`;
}
