/**
 * Signing in: the view without a session, and the offer of a password or passkey to whoever came by a link.
 *
 * Doesn't own: what follows once one is in (`account.js`), one's own password and passkeys (`access.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { drawer, focusDrawer, me, signInProblem, switchTheme, theme } from "../state.js";
import { has, language, setLanguage, t } from "../words.js";
import { enter } from "./account.js";
import * as calls from "./calls.js";
import { Field, Problem, useAnswer, useForm, useTask } from "./form.js";
import { refusalText } from "./words.js";

/** @param {string} problem */
const problemText = (problem) =>
  has(`sign_in.problem.${problem}`) ? t(`sign_in.problem.${problem}`) : refusalText({ code: problem });

export function SignIn() {
  const problem = signInProblem.value;
  const offline = problem === "offline";
  return html`<main class="sign-in">
    <section>
      <p class="product">jointhq</p>
      <h1>${t(offline ? "sign_in.title_offline" : "sign_in.title")}</h1>
      ${problem && html`<p class="problem" role="alert">${problemText(problem)}</p>`}
      ${
        offline
          ? html`<div class="buttons"><button class="button strong" onClick=${() => location.reload()}>
          ${t("sign_in.again")}</button></div>`
          : html`<${Ways} />`
      }
      <div class="buttons quiet"><${Looks} /></div>
    </section>
  </main>`;
}

/** Language and theme, before there is a bar for them. */
export const Looks = () => html`<button class="button" lang=${language.value === "en" ? "ja" : "en"}
    onClick=${() => setLanguage(language.value === "en" ? "ja" : "en")}>${t("language.other")}</button>
  <button class="button" onClick=${switchTheme}>${t(theme.value === "dark" ? "theme.light" : "theme.dark")}</button>`;

function Ways() {
  const { value: ways, refusal } = useAnswer(calls.waysToSignIn, []);
  const task = useTask();
  const form = useForm({ username: "", password: "" });
  const first = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => first.current?.focus(), [ways]);
  const by = (/** @type {() => Promise<unknown>} */ how) =>
    task.run(async () => {
      signInProblem.value = "";
      await how();
      await enter();
    });
  if (!ways) return html`<${Problem} refusal=${refusal} />`;
  const passkeys = ways.passkey && "credentials" in navigator;
  return html`
    ${
      ways.password &&
      html`<form class="fields" onSubmit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        void by(() => calls.signInByPassword(form.typed.username.trim(), form.typed.password));
      }}>
      <${Field} label=${t("sign_in.username")}><input ref=${first} required autocomplete="username"
        autocapitalize="none"
        spellcheck=${false} maxlength="100" ...${form.of("username")} /></${Field}>
      <${Field} label=${t("sign_in.password")}><input type="password" required autocomplete="current-password"
        maxlength="200" ...${form.of("password")} /></${Field}>
      <${Problem} refusal=${task.refusal} />
      <button class="button strong" type="submit" disabled=${task.busy}>${t("sign_in.by_password")}</button>
    </form>`
    }
    ${!ways.password && html`<${Problem} refusal=${task.refusal} />`}
    <div class="ways">
      ${
        passkeys &&
        html`<button class="button" disabled=${task.busy} onClick=${() => by(calls.signInByPasskey)}>
        ${t("sign_in.by_passkey")}</button>`
      }
      ${ways.oidc && html`<a class="button" href=${calls.OIDC}>${t("sign_in.by_oidc", { name: ways.oidc })}</a>`}
      ${
        ways.certificate &&
        html`<button class="button" disabled=${task.busy} onClick=${() => by(calls.signInByCertificate)}>
        ${t("sign_in.by_certificate")}</button>`
      }
    </div>
    <div class="by-link"><p class="dim">${t("sign_in.how")} ${t("sign_in.command")}</p>
      <pre><code>jointhq link</code></pre>
      <p class="dim">${t("sign_in.once")}</p></div>`;
}

const KEPT_LATER = "jointhq.credentials_later";
const later = signal(sessionStorage.getItem(KEPT_LATER) === "yes");

/** To whoever came by a link and has no other way in yet; until put off, once per tab. */
export function CredentialsOffer() {
  if (!me.value?.without_credentials || later.value || drawer.value === "access") return null;
  const putOff = () => {
    sessionStorage.setItem(KEPT_LATER, "yes");
    later.value = true;
  };
  return html`<section class="offer" aria-label=${t("offer.title")}>
    <p>${t("offer.text")}</p>
    <button class="button small strong" onClick=${() => {
      // This button goes with the offer; the menu's stays.
      /** @type {HTMLElement | null} */ (document.querySelector(".who"))?.focus();
      drawer.value = "access";
      focusDrawer();
    }}>${t("offer.set")}</button>
    <button class="button small" onClick=${putOff}>${t("offer.later")}</button>
  </section>`;
}
