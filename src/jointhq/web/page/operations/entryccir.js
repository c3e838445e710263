/**
 * Which CCIR an entry of the log answers: chosen while it is written or later, with who will be told and who could not
 * see it.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { useMark } from "../parts/label.js";
import { Field, Problem, useAnswer, useTask } from "../people/form.js";
import { addressOf } from "../places.js";
import { heard, say } from "../state.js";
import { nameOf, t } from "../words.js";
import { Reach } from "./ccir.js";
import * as calls from "./requirementcalls.js";

/** Those in force. @param {import("./requirementtypes.js").CcirPage | null} page */
const inForce = (page) => (page?.rows ?? []).filter(({ state }) => state === "in_force");

/** @param {import("./requirementtypes.js").CcirRow} one */
const optionOf = (one) => html`<option key=${one.id} value=${one.id}>${one.name}: ${nameOf({ name: one.text, name_ja: one.text_ja })}</option>`;

/** What an entry was said to answer. @param {{of: {id: string, name: string}[]}} props */
export const Answered = ({ of }) =>
  of.length > 0 &&
  html`<p><span class="log-part"><span aria-hidden="true">◆</span> ${t("requirements.answers")}</span>
  ${of.map((one) => html` <a key=${one.id} lang="en" href=${addressOf("requirements", `ccir/${one.id}`)}>${one.name}</a>`)}</p>`;

/** Say of an entry that stands what it answers. @param {{row: import("../types.js").LogRow}} props */
export function AnswersNow({ row }) {
  const task = useTask();
  const [chosen, setChosen] = useState("");
  const asked = useAnswer(calls.ccirs, [heard.value.requirements]);
  const there = inForce(asked.value).filter(({ id }) => !row.answers.some((one) => one.id === id));
  const tell = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      await calls.stepCcir(chosen, "hit", { entry: row.id });
      setChosen("");
      say(t("requirements.done.hit"));
    });
  };
  if (!asked.value) return html`<${Problem} refusal=${asked.refusal} />`;
  if (!there.length) return html`<p class="note">${t("requirements.none_to_answer")}</p>`;
  return html`<form class="fields" onSubmit=${tell}>
    <${Field} label=${t("requirements.answers_do")}><select required value=${chosen}
      onChange=${(/** @type {any} */ event) => setChosen(event.currentTarget.value)}><option value="">–</option>${there.map(optionOf)}</select><//>
    ${chosen && html`<${Reach} key=${chosen} id=${chosen} entry=${row.id} />`}
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button" type="submit" disabled=${task.busy || !chosen}>${t("requirements.tell_them")}</button></div></form>`;
}

/** @param {{of: import("./entry.js").Typed, onChosen: (ids: string[]) => void}} props */
export function Answers({ of, onChosen }) {
  const chosen = of.answers[0] ?? "";
  const files = of.files.flatMap((file) => ("id" in file ? [file.id] : []));
  const { mark } = useMark(of.label, { track: of.track, files }, Boolean(chosen));
  const asked = useAnswer(calls.ccirs, [heard.value.requirements]);
  const there = inForce(asked.value);
  if (!there.length) return null;
  return html`<label class="order entry-answers"><span aria-hidden="true">◆</span> ${t("requirements.answers")}
      <select value=${chosen} onChange=${(/** @type {any} */ event) => onChosen(event.currentTarget.value ? [event.currentTarget.value] : [])}>
      <option value="">–</option>
      ${there.map(optionOf)}</select></label>
    ${chosen && mark && html`<${Reach} key=${chosen} id=${chosen} label=${mark} />`}`;
}
