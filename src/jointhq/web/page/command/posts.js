/**
 * Who speaks for a unit elsewhere, and who would take it over: in its panel; and deciding who commands.
 *
 * Doesn't own: which decisions wait (`prompts.js`), acts that set all this (`acts.js`).
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { when } from "../format.js";
import { Ask, Field, Mark, useTask } from "../people/form.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { refresh } from "./moment.js";
import { lookAtPrompts, prompts } from "./prompts.js";
import { orderText, UnitLink } from "./unit.js";

/** @typedef {import("./types.js").SpeakerRow} SpeakerRow */
/** @typedef {import("./types.js").PromptRow} PromptRow */

/** @param {{title: string, title_ja: string}} row */
const titleOf = (row) => nameOf({ name: row.title, name_ja: row.title_ja });
/** @param {SpeakerRow | null} row */
const postText = (row) =>
  row ? `${titleOf(row)} (${nameOf({ name: row.holder, name_ja: row.holder_ja }) || t("command.nobody")})` : t("command.hidden_post");

/** @param {{rows: import("./types.js").LiaisonRow[]}} props */
export const Liaisons = ({ rows }) =>
  rows.length > 0 &&
  html`<section><h3>${t("command.liaisons")}</h3><ul class="lines">${rows.map(
    (one) => html`<li key=${one.id}><${Mark} mark=${one.mark} /><b>${one.name || postText(one.appointment)}</b>
      <span><${UnitLink} id=${one.home} /> → <${UnitLink} id=${one.host} /></span>
      <span class="speaks"><b>${t(`speaks.${one.speaks}`)}</b> · ${t("command.ceiling", { mark: one.ceiling })}</span>
      <small>${t("command.reach_back", { contact: one.contact })}</small>
      <small>${t("command.from", { at: when(one.from_ms) })}${one.until_ms ? ` ${t("command.until", { at: when(one.until_ms) })}` : ""}
        ${one.order_ref && ` · ${orderText(one.order_ref)}`}</small>
      ${one.note && html`<small>${one.note}</small>`}</li>`,
  )}</ul></section>`;

/** @param {{row: import("./types.js").SuccessionRow | null}} props */
export const Succession = ({ row }) =>
  row &&
  html`<section><h3>${t("command.succession")}</h3>
    <p><${Mark} mark=${row.mark} />${t("command.commander", { who: postText(row.commander) })}</p>
    ${row.acting && html`<p class="problem"><span aria-hidden="true">▲</span> ${t("command.acting", { who: postText(row.acting) })}</p>`}
    <ol class="succession">${row.alternates.map((one) => html`<li key=${one.id}>${postText(one)}</li>`)}</ol>
    ${row.silent_ms > 0 && html`<p class="problem"><span aria-hidden="true">▲</span> ${t("command.silent", { at: when(row.silent_ms) })}</p>`}
    ${row.decided && html`<p><small>${t(`decided.${row.decided}`, { at: when(row.decided_ms), who: postText(row.decided_by) })} ${row.note}</small></p>`}
    <p class="note">${t("command.succession_note", { n: row.minutes })}</p></section>`;

/** What waits for the reader to decide. */
export const Prompts = () =>
  prompts.value.length > 0 &&
  html`<ul class="prompts">${prompts.value.map((one) => html`<${Prompt} key=${`${one.unit} ${one.version}`} one=${one} />`)}</ul>`;

/** @param {{one: PromptRow}} props */
function Prompt({ one }) {
  const [deciding, setDeciding] = useState(false);
  const { succession } = one;
  return html`<li class="prompt" role="alert"><span aria-hidden="true">▲</span>
    <span><b>${t(`prompt.${one.why}`, { unit: nameOf(one) })}</b>
      ${succession.silent_ms > 0 && html` ${t("command.silent", { at: when(succession.silent_ms) })}`}
      ${" "}${t("command.nothing_moves")}</span>
    <button class="button strong" onClick=${() => setDeciding(true)}>${t("command.decide")}</button>
    ${deciding && html`<${Decide} one=${one} onClose=${() => setDeciding(false)} />`}</li>`;
}

/** @param {{one: PromptRow, onClose: () => void}} props */
function Decide({ one, onClose }) {
  const task = useTask();
  const { alternates, acting, commander } = one.succession;
  const [chosen, setChosen] = useState("wait");
  const [note, setNote] = useState("");
  const ways = [
    ...(acting ? [{ id: "return", text: t("command.way_return", { who: postText(commander) }) }] : []),
    { id: "wait", text: t("command.way_wait", { n: one.succession.minutes }) },
    ...(one.why === "lost" ? alternates.filter(({ id }) => id !== acting?.id) : []).map((row) => ({
      id: row.id,
      text: t("command.way_transfer", { who: postText(row) }),
    })),
  ];
  const yes = () =>
    task.run(async () => {
      const decision = chosen === "wait" || chosen === "return" ? chosen : "transfer";
      const appointment = decision === "transfer" ? chosen : "";
      await calls.decideSuccession(one.unit, { decision, appointment, note, version: one.version });
      onClose();
      await Promise.all([lookAtPrompts(), refresh()]);
    });
  return html`<${Ask} title=${t("command.decide_title", { unit: nameOf(one) })} word=${t("command.decide")} task=${task} onYes=${yes} onNo=${onClose}>
    <fieldset class="ways"><legend>${t("command.who_commands")}</legend>${ways.map(
      ({ id, text }) => html`<label class="check" key=${id}><input type="radio" name="way" checked=${chosen === id} onChange=${() => setChosen(id)} /> ${text}</label>`,
    )}</fieldset>
    <${Field} label=${`${t("field.reason")} *`}><textarea rows="3" required maxlength="4000" value=${note}
      onInput=${(/** @type {any} */ event) => setNote(event.currentTarget.value)} /><//><//>`;
}
