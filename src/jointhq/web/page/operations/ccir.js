/**
 * One CCIR: what is asked, for which decision, who is told; its hits and who has acknowledged; its history.
 *
 * Owns: the acts of one CCIR and its hits. Doesn't own: the list (`requirements.js`), the editor (`ccirform.js`).
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { dtg, when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Ask, Field, Mark, Problem, useAnswer, useForm, useTask } from "../people/form.js";
import { listText, titleOf } from "../people/words.js";
import { addressOf, goTo } from "../places.js";
import { heard, say } from "../state.js";
import { language, nameOf, t } from "../words.js";
import * as log from "./calls.js";
import { By, State, unitText, whoText } from "./ordersigns.js";
import * as calls from "./requirementcalls.js";
import { Times } from "./times.js";

/** @typedef {import("./requirementtypes.js").CcirBody} CcirBody */
/** @typedef {import("./requirementtypes.js").HitRow} HitRow */

/** Entries that one chooses from: what has just happened. */
const ENTRIES = 30;
const GOES = ["edit", "replace"];
const STRONG = ["approve", "hit"];

/** @param {{id: string, onChanged: () => void, onClose: () => void}} props */
export function OneCcir({ id, onChanged, onClose }) {
  const asked = useAnswer(() => calls.ccir(id), [id]);
  const [doing, setDoing] = useState("");
  const [striking, setStriking] = useState(/** @type {HitRow | null} */ (null));
  const body = asked.value;
  useEffect(() => void (body && asked.again()), [heard.value.requirements]);
  const task = useTask();
  const again = () => {
    setDoing("");
    setStriking(null);
    void asked.again();
    onChanged();
  };
  if (!body) return html`<section class="order-one"><${Problem} refusal=${asked.refusal} /></section>`;
  const { row } = body;
  const acknowledge = (/** @type {HitRow} */ hit) =>
    task.run(async () => {
      await calls.stepHit(hit.id, "acknowledge");
      say(t("requirements.acknowledged", { name: hit.name }));
      again();
    });
  return html`<section class="order-one" aria-label=${row.name || row.type}>
    <div class="order-bar"><h2><span lang="en">${row.name || row.type}</span>
        <span class="order-state">${t(`requirements.state.${row.state}`)}</span>
        ${row.late && html`<${State} of="late" word=${t("requirements.late")} />`}</h2>
      <button class="button icon-only" aria-label=${t("drawer.close")} title=${t("drawer.close")} onClick=${onClose}>
        <${Icon} name="close" /></button></div>
    <p class="order-banner" lang="en">${body.banner}</p>
    <${Problem} refusal=${asked.refusal ?? task.refusal} />
    <h3 class="order-name"><${Mark} mark=${row.mark} />${nameOf({ name: row.text, name_ja: row.text_ja })}</h3>
    ${row.text_ja && html`<p class="dim" lang=${language.value === "ja" ? "en" : "ja"}>${language.value === "ja" ? row.text : row.text_ja}</p>`}
    <${Facts} body=${body} />
    ${
      body.actions.length > 0 &&
      html`<p class="buttons order-acts">${body.actions.map(
        (what) => html`<button key=${what} class=${`button${STRONG.includes(what) ? " strong" : ""}`}
        onClick=${() => (GOES.includes(what) ? goTo("requirements", `ccir/${row.id}/${what}`) : setDoing(what))}>
        ${t(`requirements.do.${what}`)}</button>`,
      )}</p>`
    }
    <section aria-label=${t("requirements.hits_of")}><h3>${t("requirements.hits_of")}</h3>
      ${!body.hits.length && html`<p class="note">${t(row.state === "in_force" ? "requirements.no_hits" : "requirements.no_hits_ever")}</p>`}
      <ol class="hits">${body.hits.map(
        (hit) => html`<${Hit} key=${hit.id} hit=${hit} busy=${task.busy} onAcknowledge=${() => acknowledge(hit)} onStrike=${() => setStriking(hit)} />`,
      )}</ol></section>
    <section aria-label=${t("requirements.history")}><h3>${t("requirements.history")}</h3>
      <ol class="order-steps">${body.steps.map(
        (one, i) => html`<li key=${i}>${t(`requirements.step.${one.what}`)} <${By} who=${one.who} at_ms=${one.at_ms} />
        ${one.note && html`<div class="order-paragraph">${one.note}</div>`}</li>`,
      )}</ol></section>
    ${doing === "hit" && html`<${NameHit} body=${body} onDone=${again} onClose=${() => setDoing("")} />`}
    ${doing && doing !== "hit" && html`<${Decision} key=${doing} body=${body} what=${doing} onDone=${again} onClose=${() => setDoing("")} />`}
    ${striking && html`<${Strike} hit=${striking} onDone=${again} onClose=${() => setStriking(null)} />`}
  </section>`;
}

/** @param {{body: CcirBody}} props */
function Facts({ body }) {
  const { row } = body;
  /** @type {[string, any][]} */
  const facts = [
    ["type", t(`requirements.type.${row.type}`)],
    ["unit", unitText(row.unit)],
    ["decision", row.decision],
    ["owner", row.owner && titleOf(row.owner)],
    ["ltiov", row.ltiov_ms > 0 && html`<${Times} ms=${row.ltiov_ms} />`],
    ["notify", listText(body.notify.map(titleOf))],
    ["silence", t("requirements.minutes", { n: body.silence_minutes })],
    ["replaces", body.replaces && html`<a href=${addressOf("requirements", `ccir/${body.replaces}`)}>${body.replaces_name}</a>`],
    ["replaced_by", body.replaced_by && html`<a href=${addressOf("requirements", `ccir/${body.replaced_by}`)}>${t("orders.its_successor")}</a>`],
  ];
  return html`<dl class="order-facts">${facts
      .filter(([, value]) => value)
      .map(([name, value]) => html`<div key=${name}><dt>${t(`requirements.fact.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>
    ${body.indicators.length > 0 && html`<h4>${t("requirements.indicators")}</h4><ul class="indicators">${body.indicators.map((one, i) => html`<li key=${i}>${one}</li>`)}</ul>`}`;
}

/** @param {{hit: HitRow, busy: boolean, onAcknowledge: () => void, onStrike: () => void}} props */
const Hit = ({ hit, busy, onAcknowledge, onStrike }) => html`<li class=${hit.struck_ms ? "struck" : ""}>
  <p><${Mark} mark=${hit.mark} />${hit.entry ? html`<a href=${addressOf("log", hit.entry)}>${hit.struck_ms ? html`<s>${hit.text}</s>` : hit.text}</a>` : t("requirements.entry_hidden")}
    ${hit.corrected && html` <span class="log-state">${t("log.corrected")}</span>`} <${By} who=${hit.by} at_ms=${hit.at_ms} /></p>
  ${
    hit.struck_ms > 0
      ? html`<p>${t("requirements.struck", { reason: hit.reason })} <${By} who=${hit.struck_by} at_ms=${hit.struck_ms} /></p>`
      : html`<ul class="notices">${hit.notices.map(
          (one) => html`<li key=${one.who.id}>${
            one.acknowledged_ms
              ? html`<${State} of="acknowledged" word=${t("requirements.has_acknowledged", { who: whoText(one.by) || titleOf(one.who) })} /> <small class="dim"><time lang="en">${when(one.acknowledged_ms)}</time></small>`
              : html`<${State} of=${one.withheld ? "withheld" : one.late ? "late" : "asked"} word=${titleOf(one.who)} /> <small>${
                  one.withheld ? t("orders.state.withheld") : one.late ? t("requirements.silent") : html`${t("requirements.due")} <time lang="en">${when(hit.due_ms)}</time>`
                }</small>`
          }${one.escalated_ms > 0 && html` <small class="warn"><span aria-hidden="true">▲</span> ${t("requirements.owner_told", { time: when(one.escalated_ms) })}</small>`}</li>`,
        )}</ul>`
  }
  ${
    hit.actions.length > 0 &&
    html`<p class="buttons">${hit.actions.includes("acknowledge") && html`<button class="button strong" disabled=${busy} onClick=${onAcknowledge}>${t("requirements.acknowledge")}</button>`}
    ${hit.actions.includes("strike") && html`<button class="button small" onClick=${onStrike}>${t("requirements.strike")}</button>`}</p>`
  }</li>`;

const REASONED = ["end"];
const BARE = ["approve"];

/** @param {{body: CcirBody, what: string, onDone: () => void, onClose: () => void}} props */
function Decision({ body, what, onDone, onClose }) {
  const task = useTask();
  const { row } = body;
  const { typed, of } = useForm({ note: "" });
  const yes = () =>
    task.run(async () => {
      const said = BARE.includes(what) ? {} : REASONED.includes(what) ? { reason: typed.note } : { note: typed.note };
      await calls.stepCcir(row.id, what, { version: row.version, ...said });
      say(t(`requirements.done.${what}`));
      onDone();
    });
  return html`<${Ask} title=${`${t(`requirements.do.${what}`)}: ${row.name || row.type}`} word=${t(`requirements.do.${what}`)} task=${task} onYes=${yes} onNo=${onClose}>
    ${
      BARE.includes(what)
        ? html`<p>${nameOf({ name: row.text, name_ja: row.text_ja })}</p><p class="note">${t("requirements.approve_hint", { who: listText(body.notify.map(titleOf)) || "–" })}</p>`
        : html`<${Field} label=${t(`requirements.say.${what}`)}><textarea rows="3" required maxlength="2000" ...${of("note")} /></${Field}>
      ${what === "answer" && html`<p class="note">${t("requirements.answer_mark")} <${Mark} mark=${row.mark} /></p>`}`
    }</${Ask}>`;
}

/** Which entry of before answers it, and who could not see that. @param {{body: CcirBody, onDone: () => void, onClose: () => void}} props */
function NameHit({ body, onDone, onClose }) {
  const task = useTask();
  const asked = useAnswer(() => log.log({ standing: true, limit: ENTRIES }), []);
  const [entry, setEntry] = useState("");
  const named = new Set(body.hits.filter(({ struck_ms }) => !struck_ms).map((hit) => hit.entry));
  const there = (asked.value?.rows ?? []).filter(({ id }) => !named.has(id));
  const yes = () =>
    task.run(async () => {
      await calls.stepCcir(body.row.id, "hit", { entry });
      say(t("requirements.done.hit"));
      onDone();
    });
  return html`<${Ask} title=${`${t("requirements.do.hit")}: ${body.row.name}`} word=${t("requirements.tell_them")} task=${task} onYes=${yes} onNo=${onClose}>
    <${Problem} refusal=${asked.refusal} />
    ${asked.value && !there.length && html`<p class="note">${t("requirements.no_entries")}</p>`}
    <${Field} label=${t("requirements.entry")}><select required size="8" class="entries" value=${entry}
      onChange=${(/** @type {any} */ event) => setEntry(event.currentTarget.value)}>
      ${there.map((row) => html`<option key=${row.id} value=${row.id}>${dtg(row.at_ms).slice(0, 7)} ${row.source && `${row.source}: `}${row.text}</option>`)}</select></${Field}>
    ${entry && html`<${Reach} key=${entry} id=${body.row.id} entry=${entry} />`}</${Ask}>`;
}

/** Who would be told, and who could not see it. @param {{id: string, entry?: string, label?: string}} props */
export function Reach({ id, entry, label }) {
  const asked = useAnswer(() => calls.lookCcir(id, { entry: entry ?? "", label: label ?? "" }), [id, entry, label]);
  const look = asked.value;
  if (!look) return null; // What is wrong with the label is said at its field.
  const withheld = look.notify.filter((one) => one.withheld);
  return html`<div class="reach" role="status"><p>${t("requirements.will_be_told", { who: listText(look.notify.filter((one) => !one.withheld).map(({ who }) => titleOf(who))) || "–" })} <${Mark} mark=${look.mark} /></p>
    ${withheld.map((one) => html`<p class="warn" key=${one.who.id}><span aria-hidden="true">⊘</span> ${t("requirements.cannot_see", { who: titleOf(one.who) })}</p>`)}
    ${look.owner?.withheld && html`<p class="warn"><span aria-hidden="true">⊘</span> ${t("requirements.owner_cannot_see", { who: titleOf(look.owner.who) })}</p>`}</div>`;
}

/** @param {{hit: HitRow, onDone: () => void, onClose: () => void}} props */
function Strike({ hit, onDone, onClose }) {
  const task = useTask();
  const { typed, of } = useForm({ reason: "" });
  const yes = () =>
    task.run(async () => {
      await calls.stepHit(hit.id, "strike", { reason: typed.reason });
      say(t("requirements.done.strike"));
      onDone();
    });
  return html`<${Ask} title=${`${t("requirements.strike")}: ${hit.name}`} word=${t("requirements.strike")} task=${task} onYes=${yes} onNo=${onClose}>
    <p>${hit.text} <small class="dim"><time lang="en">${when(hit.at_ms)}</time></small></p>
    <${Field} label=${t("orders.reason")}><textarea rows="2" required maxlength="2000" ...${of("reason")} /></${Field}></${Ask}>`;
}
