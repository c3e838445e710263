/**
 * One request for information: the question, how far it has come, its answer, and what the reader may do with it.
 *
 * Owns: the acts of one RFI. Doesn't own: the list (`requirements.js`), asking (`rfiform.js`), answering
 * (`rfianswer.js`).
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { Icon } from "../parts/icons.js";
import { Ask, Field, Mark, Problem, useAnswer, useForm, useTask } from "../people/form.js";
import { titleOf } from "../people/words.js";
import { addressOf, goTo } from "../places.js";
import { heard, say } from "../state.js";
import { t } from "../words.js";
import { fileAddress } from "./calls.js";
import { By, State, unitText, whoText } from "./ordersigns.js";
import * as calls from "./requirementcalls.js";
import { AnswerForm } from "./rfianswer.js";
import { Times } from "./times.js";

/** @typedef {import("./requirementtypes.js").RfiBody} RfiBody */
/** @typedef {import("./requirementtypes.js").RfiStepRow} RfiStepRow */
/** @typedef {import("./requirementtypes.js").RfiName} RfiName */

/** What the server calls each step, and its address. @type {Record<string, string>} */
const ADDRESS = {
  validated: "validate",
  tasked: "task",
  satisfied: "satisfy",
  reopened: "reopen",
  returned: "return",
  withdrawn: "withdraw",
};
const STRONG = ["validated", "tasked", "answered", "satisfied"];
const REQUIRED = ["reopened", "returned"];

/** @param {{id: string, onChanged: () => void, onClose: () => void}} props */
export function OneRfi({ id, onChanged, onClose }) {
  const asked = useAnswer(() => calls.rfi(id), [id]);
  const [doing, setDoing] = useState("");
  const body = asked.value;
  useEffect(() => void (body && asked.again()), [heard.value.requirements]);
  const again = () => {
    setDoing("");
    void asked.again();
    onChanged();
  };
  if (!body) return html`<section class="order-one"><${Problem} refusal=${asked.refusal} /></section>`;
  const { row } = body;
  const act = (/** @type {string} */ what) =>
    what === "edited" ? goTo("requirements", `rfi/${row.id}/edit`) : setDoing(what);
  return html`<section class="order-one" aria-label=${row.name}>
    <div class="order-bar"><h2><span lang="en">${row.name}</span>
        <span class="order-state">${t(`requirements.state.${row.state}`)}</span>
        ${row.late && html`<${State} of="late" word=${t("requirements.late")} />`}</h2>
      <button class="button icon-only" aria-label=${t("drawer.close")} title=${t("drawer.close")} onClick=${onClose}>
        <${Icon} name="close" /></button></div>
    <p class="order-banner" lang="en">${body.banner}</p>
    <${Problem} refusal=${asked.refusal} />
    <h3 class="order-name"><${Mark} mark=${row.mark} />${row.question}</h3>
    <p class="order-paragraph dim">${body.reason}</p>
    <${Facts} body=${body} />
    ${
      body.actions.length > 0 &&
      doing !== "answered" &&
      html`<p class="buttons order-acts">${body.actions.map(
        (what) => html`<button key=${what} class=${`button${STRONG.includes(what) ? " strong" : ""}`} onClick=${() => act(what)}>
        ${t(`requirements.do.${what}`)}</button>`,
      )}</p>`
    }
    ${doing === "answered" && html`<${AnswerForm} body=${body} onDone=${again} onClose=${() => setDoing("")} />`}
    <section aria-label=${t("requirements.history")}><h3>${t("requirements.history")}</h3>
      <ol class="order-steps rfi-steps">${body.steps.map((step, i) => html`<${Step} key=${i} step=${step} />`)}</ol></section>
    ${doing && doing !== "answered" && html`<${Decision} key=${doing} body=${body} what=${doing} onDone=${again} onClose=${() => setDoing("")} />`}
  </section>`;
}

/** @param {{body: RfiBody}} props */
function Facts({ body }) {
  const { row } = body;
  /** @type {[string, any][]} */
  const facts = [
    ["asked_by", `${unitText(row.unit)} · ${whoText(row.by)}`],
    ["asked_of", unitText(row.asked_of)],
    ["to", row.to && titleOf(row.to)],
    ["precedence", html`<span class=${`precedence ${row.precedence}`} lang="en">${t(`orders.precedence.${row.precedence}`)}</span>`],
    ["ltiov", row.ltiov_ms > 0 && html`<${Times} ms=${row.ltiov_ms} />`],
    ["asked", html`<${Times} ms=${row.asked_ms} />`],
  ];
  return html`<dl class="order-facts">${facts
    .filter(([, value]) => value)
    .map(([name, value]) => html`<div key=${name}><dt>${t(`requirements.fact.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** @param {{step: RfiStepRow}} props */
const Step = ({ step }) => html`<li><b>${t(`requirements.step.${step.what}`)}</b>${step.to && html` → ${titleOf(step.to)}`} <${By} who=${step.who} at_ms=${step.at_ms} />
  ${step.note && html`<p class="order-paragraph"><${Mark} mark=${step.mark} />${step.note}</p>`}
  ${step.duplicate_of && html`<p>${t("requirements.duplicate_of")} <${Other} one=${step.duplicate_of} /></p>`}
  ${
    step.entries.length + step.reports.length + step.files.length > 0 &&
    html`<ul class="cited">${step.entries.map((one) => html`<li key=${one.id}><${Mark} mark=${one.mark} /><a href=${addressOf("log", one.id)}>${t("place.log")}: ${one.text}</a></li>`)}
    ${step.reports.map((one) => html`<li key=${one.id}><${Mark} mark=${one.mark} /><a href=${addressOf("reports", one.id)}>${one.text}</a></li>`)}
    ${step.files.map((one) => html`<li key=${one.id}><${Mark} mark=${one.mark} /><a href=${fileAddress(one.id)} target="_blank" rel="noopener">${one.name}</a></li>`)}</ul>`
  }</li>`;

/** Another one, to compare with. @param {{one: RfiName}} props */
export const Other = ({ one }) => html`<a href=${addressOf("requirements", `rfi/${one.id}`)} target="_blank" rel="noopener" lang="en">${one.name}</a>
  <span class="order-state">${t(`requirements.state.${one.state}`)}</span> <${Mark} mark=${one.mark} />${one.question}
  ${one.answer && html`<p class="order-paragraph rfi-answer">${one.answer}</p>`}`;

/** @param {{body: RfiBody, what: string, onDone: () => void, onClose: () => void}} props */
function Decision({ body, what, onDone, onClose }) {
  const task = useTask();
  const { row } = body;
  const { typed, set, of } = useForm({ note: "", appointment: row.to?.id ?? "", duplicate_of: "" });
  const similar = ["tasked", "returned"].includes(what) ? body.similar : [];
  const yes = () =>
    task.run(async () => {
      const more =
        what === "tasked"
          ? { appointment: typed.appointment, checked: similar.map(({ id }) => id) }
          : what === "returned"
            ? { duplicate_of: typed.duplicate_of }
            : {};
      await calls.stepRfi(row.id, ADDRESS[what] ?? what, { version: row.version, note: typed.note, ...more });
      say(t(`requirements.step.${what}`));
      onDone();
    });
  const required = REQUIRED.includes(what);
  return html`<${Ask} title=${`${t(`requirements.do.${what}`)}: ${row.name}`} word=${t(`requirements.do.${what}`)} task=${task} onYes=${yes} onNo=${onClose}>
    ${
      similar.length > 0 &&
      html`<fieldset class="similar"><legend><span aria-hidden="true">▲</span> ${t("requirements.similar")}</legend>
      <ul>${similar.map(
        (one) => html`<li key=${one.id}>${
          what === "returned"
            ? html`<label><input type="radio" name="duplicate" checked=${typed.duplicate_of === one.id} onChange=${() => set("duplicate_of", one.id)} /> <span><${Other} one=${one} /></span></label>`
            : html`<${Other} one=${one} />`
        }</li>`,
      )}</ul>
      <p class="note">${t(`requirements.similar_hint.${what}`)}</p></fieldset>`
    }
    ${what === "tasked" && !similar.length && html`<p class="note">${t("requirements.no_similar")}</p>`}
    ${
      what === "tasked" &&
      html`<${Field} label=${t("requirements.fact.to")}><select required value=${typed.appointment}
      onChange=${(/** @type {any} */ event) => set("appointment", event.currentTarget.value)}><option value="">–</option>
      ${body.to_task.map((one) => html`<option key=${one.id} value=${one.id}>${titleOf(one)}</option>`)}</select></${Field}>`
    }
    <${Field} label=${t(required ? "orders.reason" : "orders.note")}><textarea rows="3" maxlength="2000" required=${required} ...${of("note")} /></${Field}>
  </${Ask}>`;
}
