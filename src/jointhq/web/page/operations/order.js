/**
 * One order: its text, its staffing, its addressees, and what the reader may do with it.
 *
 * Owns: asking for it, noting that it was opened, the last look before it is issued.
 * Doesn't own: the board of answers (`orderboard.js`), the editor (`orderform.js`).
 */

import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { when } from "../format.js";
import { decimalOf } from "../map/place.js";
import { Icon } from "../parts/icons.js";
import { Ask, Field, Mark, Problem, useAnswer, useForm, useTask } from "../people/form.js";
import { titleOf } from "../people/words.js";
import { goTo } from "../places.js";
import { heard, me, say } from "../state.js";
import { nameOf, t } from "../words.js";
import { Annexes, annexText } from "./annexes.js";
import { ask, Board, forget, Mine, People, ruleOf } from "./orderboard.js";
import * as calls from "./ordercalls.js";
import { By, State, unitText, whoText } from "./ordersigns.js";
import { Times } from "./times.js";

/** @typedef {import("./ordertypes.js").OrderBody} OrderBody */

/** What a key does to the order that is shown. @param {string} what */
export const act = (what) => ask(what);

/** @param {{id: string, unit?: string, onChanged: () => void, onClose: () => void}} props the reader's own unit */
export function OneOrder({ id, unit, onChanged, onClose }) {
  const asked = useAnswer(() => calls.order(id), [id]);
  const [deciding, setDeciding] = useState("");
  const body = asked.value;
  const opened = useRef(false);
  useEffect(() => void (body && asked.again()), [heard.value.orders]);
  useEffect(() => forget, []);
  useEffect(() => {
    if (!body || opened.current) return;
    opened.current = true;
    const me_ = me.value?.person?.id;
    for (const row of body.addressees)
      if (row.actions.length && !row.steps.some(({ what, who }) => what === "opened" && who.person?.id === me_))
        calls.answer(row.id, "opened").catch(() => {}); // To have it opened is not what he came for.
  }, [body]);
  const again = () => {
    void asked.again();
    onChanged();
  };
  if (!body)
    return html`<section class="order-one"><${Problem} refusal=${asked.refusal} /></section>`;
  const { row } = body;
  const text = html`<${Text} key="text" body=${body} onChanged=${again} />`;
  const ours = row.unit.id === unit; // Who issued it asks who has it; whoever else, what it says.
  return html`<section class="order-one" aria-label=${row.name || row.title}>
    <div class="order-bar"><h2><span lang="en">${row.name || row.type}</span>
        <span class="order-state">${t(`orders.state.${row.state}`)}</span></h2>
      <button class="button icon-only" aria-label=${t("drawer.close")} title=${t("drawer.close")} onClick=${onClose}>
        <${Icon} name="close" /></button></div>
    <p class="order-banner" lang="en">${body.banner}</p>
    <${Problem} refusal=${asked.refusal} />
    <${Facts} body=${body} />
    <${Acts} body=${body} onAct=${setDeciding} />
    <${Mine} rows=${body.addressees} onDone=${again} />
    ${!ours && text}
    ${body.addressees.length > 0 && html`<${Board} rows=${body.addressees} />`}
    ${body.opinions.length > 0 && html`<${Staffing} body=${body} />`}
    ${ours && text}
    ${
      deciding &&
      html`<${Decision} key=${deciding} body=${body} what=${deciding} onClose=${() => setDeciding("")} onDone=${again} />`
    }
  </section>`;
}

/** @param {{body: OrderBody}} props */
function Facts({ body }) {
  const { row } = body;
  /** @type {[string, any][]} */
  const facts = [
    ["from", unitText(row.unit)],
    ["precedence", html`<span class=${`precedence ${row.precedence}`} lang="en">${t(`orders.precedence.${row.precedence}`)}</span>`],
    ["dtg", html`<${Times} ms=${row.issued_ms || row.drafted_ms} />`],
    ["effective", row.effective_ms > 0 && html`<${Times} ms=${row.effective_ms} />`],
    ["mission", body.mission && titleOf(body.mission)],
    ["letter", html`<span lang="en">${body.letter}</span>`],
    ["base", row.base_name && html`<a href=${`#orders/${row.base}`}>${row.base_name}</a>`],
    ["superseded_by", body.superseded_by && html`<a href=${`#orders/${body.superseded_by}`}>${t("orders.its_successor")}</a>`],
    ["approved_by", whoText(body.approved_by)],
    ["escalate_to", whoText(body.escalate_to)],
    ["references", body.references],
    ["note", body.note],
  ];
  return html`<h3 class="order-name"><${Mark} mark=${row.mark} />${nameOf({ name: row.title, name_ja: row.title_ja })}</h3>
    <dl class="order-facts">${facts
      .filter(([, value]) => value)
      .map(([name, value]) => html`<div key=${name}><dt>${t(`orders.fact.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

const GOES = ["edit", "change"];

/** @param {{body: OrderBody, onAct: (what: string) => void}} props */
const Acts = ({ body, onAct }) =>
  body.actions.length > 0 &&
  html`<p class="buttons order-acts">${body.actions.map(
    (what) => html`<button key=${what}
    class=${`button${["submit", "approve", "issue"].includes(what) ? " strong" : ""}`}
    onClick=${() => (GOES.includes(what) ? goTo("orders", `${body.row.id}/${what}`) : onAct(what))}>
    ${t(`orders.do.${what}`)}</button>`,
  )}</p>`;

/** @param {{body: OrderBody}} props */
const Staffing = ({ body }) => html`<section aria-label=${t("orders.staffing")}><h3>${t("orders.staffing")}</h3>
  <table><tbody>${body.opinions.map(
    (one) => html`<tr key=${one.office}><th scope="row">${one.office}</th><td><${State} of=${one.state} /></td>
      <td>${one.note} <${By} who=${one.who} at_ms=${one.at_ms} /></td></tr>`,
  )}</tbody></table></section>`;

/** The five paragraphs, the tasks behind the third; the annexes. @param {{body: OrderBody, onChanged: () => void}} props */
function Text({ body, onChanged }) {
  const changed = body.row.type === "FRAGORD" || body.changes.length > 0;
  const [whole, setWhole] = useState(changed && body.row.type !== "FRAGORD");
  const paragraphs = whole ? body.in_force : body.paragraphs;
  const tasks = whole ? body.tasks_in_force : body.tasks;
  const from = (/** @type {{order: string, order_name: string}} */ part) =>
    whole &&
    part.order !== body.row.id &&
    html` <small class="order-from">${t("orders.from_change", { name: part.order_name })}</small>`;
  return html`<section class="order-text" aria-label=${t("orders.text")}><h3>${t("orders.text")}</h3>
    ${
      changed &&
      html`<div class="buttons" role="group" aria-label=${t("orders.text")}>
      <button class="button small" aria-pressed=${whole} onClick=${() => setWhole(true)}>${t("orders.in_force")}</button>
      <button class="button small" aria-pressed=${!whole} onClick=${() => setWhole(false)}>${t("orders.as_issued")}</button></div>`
    }
    ${body.changes.length > 0 && html`<ul class="order-changes">${body.changes.map(
      (one) => html`<li key=${one.id}><a href=${`#orders/${one.id}`}>${one.name}</a> ${t(`orders.state.${one.state}`)}</li>`,
    )}</ul>`}
    ${["situation", "mission", "execution", "logistics", "command"].map((name) => {
      const one = paragraphs.find((part) => part.name === name);
      const shown = name === "execution" ? tasks : [];
      if (!one && !shown.length) return null;
      return html`<div key=${name}><h4>${t(`orders.paragraph.${name}`)}${one && from(one)}</h4>
        ${one && html`<p class="order-paragraph"><${Mark} mark=${one.mark} />${one.text}</p>`}
        ${shown.length > 0 && html`<ol class="order-tasks">${shown.map((task) => html`<${Task} key=${task.id} task=${task} from=${from(task)} />`)}</ol>`}</div>`;
    })}
    <${Annexes} body=${body} rows=${whole ? body.annexes_in_force : body.annexes} from=${from} onDone=${onChanged} />
  </section>`;
}

/** @param {{task: import("./ordertypes.js").TaskRow, from: any}} props */
const Task = ({ task, from }) => html`<li><${Mark} mark=${task.mark} /><b>${unitText(task.unit)}:</b> ${t(`orders.verb.${task.verb}`)} – ${task.what}${from}
  ${task.start_ms !== null && html`<div>${t("orders.task.start")} <time lang="en">${when(task.start_ms)}</time></div>`}
  ${task.until_ms !== null && html`<div>${t("orders.task.until")} <time lang="en">${when(task.until_ms)}</time></div>`}
  ${task.trigger && html`<div>${t("orders.task.trigger")} ${task.trigger}</div>`}
  ${(task.place || task.lat !== null) && html`<div>${t("orders.task.place")} ${task.place} ${task.lat !== null && task.lon !== null && decimalOf(task.lat, task.lon)}</div>`}
  ${task.why && html`<div>${t("orders.task.why")} ${task.why}</div>`}
  ${task.coord_with.length > 0 && html`<div>${t("orders.task.coord_with")} ${task.coord_with.map(unitText).join(", ")}</div>`}
  ${task.reports.length > 0 && html`<div>${t("orders.task.reports")} ${task.reports.join(", ")}</div>`}</li>`;

const REASONED = ["withdraw", "cancel"];
const NOTED = ["return", "approve", "complete"];

/** A step that is asked about before it is taken. @param {{body: OrderBody, what: string, onClose: () => void, onDone: () => void}} props */
function Decision({ body, what, onClose, onDone }) {
  const task = useTask();
  const { row } = body;
  const open = body.opinions.filter(({ state }) => state === "asked").map(({ office }) => office);
  const { typed, of, set } = useForm({ note: "", offices: "J2, J4, J6", office: open[0] ?? "", concurs: "yes" });
  const yes = () =>
    task.run(async () => {
      const version = row.version;
      if (REASONED.includes(what)) await calls.decide(row.id, what, { version, reason: typed.note });
      else if (NOTED.includes(what)) await calls.decide(row.id, what, { version, note: typed.note });
      else if (what === "submit")
        await calls.decide(row.id, what, { version, offices: typed.offices.split(/[,、\s]+/).filter(Boolean) });
      else if (what === "concur")
        await calls.decide(row.id, typed.concurs === "yes" ? "concur" : "object", {
          version,
          office: typed.office,
          note: typed.note,
        });
      else await calls.decide(row.id, what, { version });
      say(t(`orders.done.${what}`));
      onClose();
      onDone();
    });
  const objections = what === "approve" && body.opinions.some(({ state }) => state === "objects");
  const required = REASONED.includes(what) || objections || (what === "concur" && typed.concurs === "no");
  return html`<${Ask} wide=${what === "issue"} title=${`${t(`orders.do.${what}`)}: ${row.name || nameOf({ name: row.title, name_ja: row.title_ja })}`} word=${t(`orders.do.${what}`)} task=${task}
    onYes=${yes} onNo=${onClose}>
    ${what === "issue" && html`<${LastLook} id=${row.id} />`}
    ${what === "submit" && html`<${Field} label=${t("orders.offices")} hint=${t("orders.offices_hint")}><input ...${of("offices")} maxlength="300" /></${Field}>`}
    ${
      what === "concur" &&
      html`<${Field} label=${t("orders.office")}><select value=${typed.office} onChange=${(/** @type {any} */ event) => set("office", event.currentTarget.value)}>
      ${body.opinions.map(({ office }) => html`<option key=${office} value=${office}>${office}</option>`)}</select></${Field}>
      <fieldset class="checks"><legend>${t("orders.opinion")}</legend>${["yes", "no"].map(
        (answer) => html`<label key=${answer}><input type="radio" name="concurs" checked=${typed.concurs === answer}
        onChange=${() => set("concurs", answer)} /> <span>${t(`orders.concurs.${answer}`)}</span></label>`,
      )}</fieldset>`
    }
    ${
      !["issue", "submit"].includes(what) &&
      html`<${Field} label=${t(required ? "orders.reason" : "orders.note")}><textarea rows="3" maxlength="2000"
        required=${required} ...${of("note")} /></${Field}>`
    }
  </${Ask}>`;
}

/** Whom issuing it now would reach, as what; who would have to decide; who is away, and who may not see it. @param {{id: string}} props */
function LastLook({ id }) {
  const asked = useAnswer(() => calls.look(id), [id]);
  const look = asked.value;
  if (!look) return html`<${Problem} refusal=${asked.refusal} />`;
  return html`<p class="order-banner" lang="en">${look.banner}</p>
    <p>${t("orders.look", { name: look.name })} <time lang="en">${when(look.effective_ms)}</time></p>
    ${look.annexes.length > 0 && html`<p>${t("annex.all")}: ${look.annexes.map(annexText).join(", ")}</p>`}
    <table class="order-look"><thead><tr>${["unit", "as", "people"].map((name) => html`<th scope="col" key=${name}>${t(`orders.col.${name}`)}</th>`)}</tr></thead>
    <tbody>${look.addressees.map(
      (one, i) => html`<tr key=${i}><th scope="row">${unitText(one.unit)}</th>
      <td>${t(`orders.role.${one.role}`)}${one.role === "request" && html`<small>${t("orders.refer_to", { unit: unitText(one.refer_to) })}</small><small class="dim">${ruleOf(one.rule)}</small>`}</td>
      <td>${one.people.length ? html`<${People} people=${one.people} open />` : html`<${State} of="away" word=${t("orders.nobody")} />`}</td></tr>`,
    )}</tbody></table>`;
}
