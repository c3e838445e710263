/**
 * Signing in by a one-time link, signing out, and the page one sees without a session.
 */

import { html } from "htm/preact";

import * as api from "../api.js";
import { headquarters, selected, session, signInProblem, switchTheme, theme } from "../state.js";
import { has, language, setLanguage, t } from "../words.js";

const FRAGMENT = /^#sign-in=(.+)$/;

/** Redeem the link's token if there is one, and see whether there is a session. */
export async function beginSession() {
  const token = FRAGMENT.exec(location.hash)?.[1];
  if (token) history.replaceState(null, "", location.pathname); // A token must not stay in the address or the history.
  try {
    if (token) await api.signIn(decodeURIComponent(token));
  } catch (error) {
    signInProblem.value = error instanceof api.Refusal && error.code === "offline" ? "offline" : "link_used";
  }
  try {
    const { signed_in } = await api.currentSession(); // Asked first, so that no request of ours is ever refused.
    if (signed_in) headquarters.value = await api.headquarters();
    session.value = signed_in ? "signed_in" : "signed_out";
  } catch (error) {
    if (error instanceof api.Refusal && error.code !== "not_signed_in") signInProblem.value = error.code;
    session.value = "signed_out";
  }
}

export async function endSession() {
  await api.signOut().catch(() => {});
  selected.value = "";
  signInProblem.value = "signed_out";
  session.value = "signed_out";
}

export function SignIn() {
  const problem = signInProblem.value;
  const offline = problem === "offline";
  const said =
    problem && has(`sign_in.problem.${problem}`)
      ? t(`sign_in.problem.${problem}`)
      : problem && t("sign_in.problem.other", { code: problem });
  return html`<main class="sign-in">
    <section>
      <p class="product">jointhq</p>
      <h1>${t(offline ? "sign_in.title_offline" : "sign_in.title")}</h1>
      ${said && html`<p class="problem" role="alert">${said}</p>`}
      ${
        !offline &&
        html`<p>${t("sign_in.how")}</p>
        <p>${t("sign_in.command")}</p>
        <pre><code>jointhq link</code></pre>
        <p class="dim">${t("sign_in.once")}</p>`
      }
      <div class="buttons">
        <button class="button strong" onClick=${() => location.reload()}>${t("sign_in.again")}</button>
        <button class="button" lang=${language.value === "en" ? "ja" : "en"}
          onClick=${() => setLanguage(language.value === "en" ? "ja" : "en")}>${t("language.other")}</button>
        <button class="button" onClick=${switchTheme}>${t(theme.value === "dark" ? "theme.light" : "theme.dark")}</button>
      </div>
    </section>
  </main>`;
}
