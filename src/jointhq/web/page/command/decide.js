/**
 * What is asked before a step of a change is taken: submitting, an opinion, approval, sending back, reversing.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Ask, Field, Moment, useForm, useTask } from "../people/form.js";
import { me } from "../state.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";

/** In the order of their buttons; each is also the last word of its address. */
export const DECISIONS = ["submit", "approve", "concur", "object", "return", "withdraw", "reverse"];
const OPINIONS = ["concur", "object"];

/**
 * @param {{what: string, body: import("./types.js").ChangeBody, onDone: (next: import("./types.js").ChangeBody | null) => void, onNo: () => void}} props
 */
export function Decision({ what, body, onDone, onNo }) {
  const task = useTask();
  const { typed, of } = useForm({ office: me.value?.appointment?.organisation ?? "", note: "", order_ref: body.order_ref });
  const [times, setTimes] = useState(() => body.phases.map((phase) => phase.at_ms));
  const { version, id } = body.row;
  const form = OPINIONS.includes(what)
    ? { version, office: typed.office, note: typed.note }
    : what === "approve"
      ? { version, at_ms: times, order_ref: typed.order_ref, note: typed.note }
      : { version, note: typed.note };
  const yes = () => void task.run(async () => onDone(await calls.decideChange(id, what, form)));
  const over = what === "approve" && body.row.objected > 0;
  return html`<${Ask} title=${t(`change.do.${what}`)} word=${t(`change.do.${what}`)} task=${task} onYes=${yes} onNo=${onNo}>
    <p>${t(`change.ask.${what}`)}</p>
    <div class="fields">
    ${OPINIONS.includes(what) && html`<${Field} label=${t("change.office")}><input required maxlength="200" ...${of("office")} /><//>`}
    ${what === "approve" && html`${body.phases.map(
      (phase, i) => html`<${Field} key=${i} label=${`${nameOf(phase)}: ${t("change.takes_effect")}`} hint=${times[i] ? undefined : t("change.at_approval")}>
        <${Moment} value=${times[i]} onValue=${(/** @type {number} */ ms) => setTimes(times.map((was, at) => (at === i ? ms : was)))} /><//>`,
    )}<${Field} label=${t("field.order_ref")}><input maxlength="200" ...${of("order_ref")} /><//>`}
    <${Field} label=${t("change.note")} hint=${over ? t("change.note_over") : undefined}><textarea rows="3" maxlength="4000" required=${what === "object" || over} ...${of("note")} /><//>
    </div><//>`;
}
