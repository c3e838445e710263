/**
 * Who is signed in on this page: coming in by a link, staying, and leaving without a trace.
 *
 * Owns: the signals `session` and `me`, and what ends them. Doesn't own: the calls (`calls.js`), how one signs in
 * (`signin.js`).
 *
 * Whoever signs in after another, or as another appointment, may see other things: the page then begins afresh, so that
 * nothing of the one before is left in it.
 */

import * as api from "../api.js";
import { headquarters, may, me, session, signInProblem } from "../state.js";
import { letGo } from "../unsaved.js";
import * as calls from "./calls.js";

const LINK = /^#sign-in=(.+)$/;
const FAILED = /^#sign-in-failed=([a-z_]+)$/;
const KEPT_PROBLEM = "jointhq.problem";

/** Redeem the link's token if there is one, and see whether there is a session. */
export async function beginSession() {
  const [token, failed] = [LINK, FAILED].map((form) => form.exec(location.hash)?.[1]);
  // A token must not stay in the address or the history.
  if (token || failed) history.replaceState(null, "", location.pathname);
  signInProblem.value = failed ?? sessionStorage.getItem(KEPT_PROBLEM) ?? "";
  sessionStorage.removeItem(KEPT_PROBLEM);
  try {
    if (token) await calls.signInByToken(decodeURIComponent(token));
  } catch (error) {
    const code = error instanceof api.Refusal ? error.code : "";
    signInProblem.value = ["offline", "too_many_attempts"].includes(code) ? code : "link_used";
  }
  await enter();
}

/** See who is signed in, and show the page that is theirs. */
export async function enter() {
  try {
    const now = await calls.currentSession(); // Asked first, so that no request of ours is ever refused.
    if (now.signed_in) headquarters.value = await api.headquarters();
    me.value = now;
    session.value = now.signed_in ? "signed_in" : "signed_out";
  } catch (error) {
    signInProblem.value = error instanceof api.Refusal ? error.code : "internal";
    session.value = "signed_out";
  }
}

/** Take in what the server says of this session now. @param {import("../types.js").SessionBody} now */
function accept(now) {
  const before = me.peek();
  if (!now.signed_in) return startAfresh("session_ended");
  if (before?.person?.id !== now.person?.id) return startAfresh("");
  const [was, is] = [before?.appointment?.id, now.appointment?.id];
  if (was && was !== is) return startAfresh(is ? "" : "appointment_lost");
  if (!was && is) return void enter(); // Taken in another tab.
  me.value = now;
}

/** Ask again who is signed in, and as what; Refusal `offline` where nobody answers. */
export async function recheck() {
  accept(await calls.currentSession());
  return session.peek() === "signed_in";
}

export async function leave() {
  await calls.signOut().catch(() => {});
  startAfresh("signed_out");
}

/** Forget everything, and begin as if the page had just been opened. @param {string} problem what to say then */
export function startAfresh(problem) {
  if (session.peek() === "checking") return;
  session.value = "checking";
  if (problem) sessionStorage.setItem(KEPT_PROBLEM, problem);
  if (problem === "signed_out") history.replaceState(null, "", location.pathname);
  letGo();
  location.reload();
}

/** Where there is no live stream, whose line ends with the session, the page asks this often whether it goes on. */
const ASK_MS = 2_000;

export function watchSession() {
  api.onSessionLost(() => session.peek() === "signed_in" && startAfresh("session_ended"));
  addEventListener("popstate", () => LINK.test(location.hash) && location.reload()); // A link opened in this very tab.
  setInterval(() => {
    const watching = me.peek()?.appointment && may("watch");
    if (session.peek() === "signed_in" && !watching && !document.hidden) recheck().catch(() => {});
  }, ASK_MS);
}
