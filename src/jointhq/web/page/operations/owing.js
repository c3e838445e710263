/**
 * To whom reports of a form are owed: the question that sets it, or ends it.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { Ask, Field, useTask } from "../people/form.js";
import { t } from "../words.js";
import * as calls from "./calls.js";

/** @param {{page: import("../types.js").ReportPage, form: string, onClose: () => void}} props */
export function Owing({ page, form, onClose }) {
  const task = useTask();
  const before = page.lines.find((line) => line.form === form);
  const [to, setTo] = useState(before?.to ?? page.upward.to);
  const set = (/** @type {boolean} */ active) =>
    task.run(async () => {
      await calls.setLine({ form, to: to || before?.to, active });
      onClose();
    });
  return html`<${Ask} title=${t("report.owe_title", { form })} word=${t("report.owe_set")} task=${task}
    onYes=${() => void set(true)} onNo=${onClose}>
    <${Field} label=${t("report.to")}><input required maxlength="200" value=${to}
      onInput=${(/** @type {any} */ event) => setTo(event.currentTarget.value)} /><//>
    ${before?.active && html`<button class="button" type="button" onClick=${() => void set(false)}>${t("report.owe_end")}</button>`}
  <//>`;
}
