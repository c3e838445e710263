/**
 * Which CCIR an entry of the log answers: chosen while it is written, with who will be told and who could not see it.
 */

import { html } from "htm/preact";

import { useMark } from "../parts/label.js";
import { useAnswer } from "../people/form.js";
import { heard } from "../state.js";
import { nameOf, t } from "../words.js";
import { Reach } from "./ccir.js";
import * as calls from "./requirementcalls.js";

/** @param {{of: import("./entry.js").Typed, onChosen: (ids: string[]) => void}} props */
export function Answers({ of, onChosen }) {
  const chosen = of.answers[0] ?? "";
  const files = of.files.flatMap((file) => ("id" in file ? [file.id] : []));
  const { mark } = useMark(of.label, { track: of.track, files }, Boolean(chosen));
  const asked = useAnswer(async () => (await calls.ccirs()).rows, [heard.value.requirements]);
  const there = (asked.value ?? []).filter(({ state }) => state === "in_force");
  if (!there.length) return null;
  return html`<label class="order entry-answers"><span aria-hidden="true">◆</span> ${t("requirements.answers")}
      <select value=${chosen} onChange=${(/** @type {any} */ event) => onChosen(event.currentTarget.value ? [event.currentTarget.value] : [])}>
      <option value="">–</option>
      ${there.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}: ${nameOf({ name: one.text, name_ja: one.text_ja })}</option>`)}</select></label>
    ${chosen && mark && html`<${Reach} key=${chosen} id=${chosen} label=${mark} />`}`;
}
