/**
 * Reports: what is owed, what there is, and one of them to be read, edited, approved, released, taken away as a file.
 *
 * Owns: the list, the open report and the steps it can take. Doesn't own: what a report is composed of and who may do
 * what with it (the server says `may`), editing (`operations/editor.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { number, when } from "../format.js";
import { Ask, Field, Mark, Problem, useAnswer, useTask } from "../people/form.js";
import { Side } from "../people/table.js";
import { goTo, within } from "../places.js";
import { heard, may, say } from "../state.js";
import { leaving } from "../unsaved.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { Compose } from "./compose.js";
import { Editor } from "./editor.js";
import { Forms } from "./forms.js";
import { signedText } from "./times.js";

/** @typedef {import("../types.js").ReportRow} ReportRow */
/** @typedef {import("../types.js").ReportBody} ReportBody */
/** @typedef {import("../types.js").ReportPage} ReportPage */

const editing = signal(false);

/** @param {string} id */
function open(id) {
  leaving(() => {
    editing.value = false;
    goTo("reports", id, within.value ? "replace" : "push");
  });
}

/** @type {import("../places.js").Keys} */
export const keys = { Escape: { word: "help.close_side", does: () => within.value && open("") } };

export function Place() {
  const news = heard.value.log;
  const asked = useAnswer(calls.reports, []);
  useEffect(() => void asked.again(), [news]);
  const page = asked.value;
  const [forms, form = ""] = within.value.split("/");
  return html`<main class="desk reports" aria-label=${t("place.reports")}>
    ${page && may("log") && html`<${Compose} page=${page} onOpen=${open} />`}
    <${Problem} refusal=${asked.refusal} />
    <div class="desk-body">
      <div class="desk-table">
        ${page && page.owed.length > 0 && html`<${OwedList} page=${page} />`}
        ${page && (page.rows.length ? html`<${List} rows=${page.rows} />` : html`<p class="note desk-empty">${t("report.none")}</p>`)}
      </div>
      ${page && may("plan") && forms === "forms" && html`<${Forms} page=${page} id=${form} onOpen=${open} onChanged=${asked.again} />`}
      ${within.value && forms !== "forms" && html`<${Open} key=${within.value} id=${within.value} onChanged=${asked.again} />`}
    </div>
  </main>`;
}

/** @param {{page: ReportPage}} props */
const OwedList = ({ page }) => html`<section class="owed" aria-label=${t("report.owed")}><h2>${t("report.owed")}</h2>
  <ul>${page.owed.map(
    (one) => html`<li key=${`${one.form} ${one.as_of_ms}`} class="owed-${one.state}">
      <b>${one.form}</b> <span>${when(one.as_of_ms)}</span>
      <span class="owed-state"><span aria-hidden="true">${OWED_SIGNS[one.state] ?? ""}</span>
        ${t(`report.owed_${one.state}`, { time: when(one.due_ms) })}</span>
      <span class="dim">${t("report.to_whom", { to: one.to })}</span>
      ${one.report && html`<button class="button small" onClick=${() => open(one.report)}>${t("report.open")}</button>`}
    </li>`,
  )}</ul></section>`;

/** Shape tells, not colour alone. @type {Record<string, string>} */
const OWED_SIGNS = { running: "○", due: "◐", late: "▲", sent: "●", sent_late: "▲" };

/** @param {{rows: ReportRow[]}} props */
const List = ({ rows }) => html`<div class="desk-rows" tabindex="-1"><table><thead><tr>
    ${["report.report", "report.period", "report.state"].map((word) => html`<th key=${word} scope="col">${t(word)}</th>`)}
  </tr></thead><tbody>${rows.map(
    (one) => html`<tr key=${one.id} aria-selected=${one.id === within.value} class=${one.state === "withdrawn" ? "ended" : ""}>
      <td><${Mark} mark=${one.mark} /><button class="link" onClick=${() => open(one.id)}>
        ${one.serial || `${one.originator} ${one.form}`}</button><small>${nameOf(one)}${one.to && ` → ${one.to}`}</small>
        ${one.corrects && html`<small>${t("report.corrects", { serial: one.corrects_serial })}</small>`}</td>
      <td lang="en">${when(one.from_ms)}<small>${when(one.to_ms)}</small></td>
      <td>${t(`report.state_${one.state}`)}${one.negative ? " · NEGRPT" : ""}
        <${Late} of=${one} />
        ${one.waits && html`<small class="report-waits"><span aria-hidden="true">▶</span> ${t(`report.waits_${one.waits}`)}</small>`}
        ${one.corrected_by && html`<small>${t("report.corrected")}</small>`}</td></tr>`,
  )}</tbody></table></div>`;

/** @param {{of: ReportRow}} props */
const Late = ({ of }) =>
  of.late && html`<small class="warn">▲ ${t(of.released_ms ? "report.sent_late" : "report.late", { time: when(of.due_ms) })}</small>`;

/** @param {{id: string, onChanged: () => void}} props */
function Open({ id, onChanged }) {
  const news = heard.value.log;
  const asked = useAnswer(() => calls.report(id), [id]);
  useEffect(() => void (!editing.value && asked.again()), [news]);
  const task = useTask();
  const [asking, setAsking] = useState("");
  const [note, setNote] = useState("");
  const body = asked.value;
  const close = () => open("");
  const done = async (/** @type {ReportBody} */ after) => {
    setAsking("");
    setNote("");
    editing.value = false;
    await asked.again();
    onChanged();
    if (after.report.id !== id) open(after.report.id);
  };
  const step = (/** @type {string} */ what) =>
    task.run(async () => {
      if (!body) return;
      const after =
        what === "correct"
          ? await calls.compose({ corrects: id })
          : await calls.stepReport(id, what, { version: body.report.version, note });
      say(t(`report.done_${what}`, { serial: after.report.serial }));
      await done(after);
    });
  const press = (/** @type {string} */ what) => (["approve", "correct", "refresh"].includes(what) ? void step(what) : setAsking(what));
  const title = body ? body.report.serial || `${body.report.originator} ${body.report.form}` : t("report.report");
  return html`<${Side} title=${html`<${Mark} mark=${body?.report.mark} />${title}`} onClose=${close}>
    <${Problem} refusal=${asked.refusal ?? task.refusal} />
    ${
      body &&
      (editing.value
        ? html`<${Editor} key=${body.report.version} body=${body} onDone=${done} onCancel=${() => leaving(() => void (editing.value = false))} />`
        : html`<div class="buttons report-steps">
          ${body.may.filter((what) => what !== "refresh" || news_(body)).map((what) =>
            what === "edit"
              ? html`<button class="button" key=${what} onClick=${() => (editing.value = true)}>${t("report.do_edit")}</button>`
              : html`<button key=${what} disabled=${task.busy} onClick=${() => press(what)}
                class=${strong(body, what) ? "button strong" : "button"}>${t(`report.do_${what}`)}</button>`,
          )}
          ${["pdf", "text", "json"].map(
            (kind) => html`<a class="button" key=${kind} download href=${calls.reportFile(id, kind)}>
            ${t(`report.as_${kind}`)}</a>`,
          )}</div>
        <${Since} body=${body} />
        <${Read} body=${body} />
        <${Steps} body=${body} />`)
    }
    ${
      asking &&
      html`<${Ask} title=${t(`report.ask_${asking}`, { to: body?.report.to ?? "" })} word=${t(`report.do_${asking}`)} task=${task}
      onYes=${() => void step(asking)} onNo=${() => setAsking("")}>
      ${
        asking === "release"
          ? html`<p>${t("report.release_hint", { mark: body?.banner ?? "" })}</p>`
          : html`<${Field} label=${t("report.note")}><textarea rows="3" maxlength="2000" required=${asking === "return"}
          value=${note} onInput=${(/** @type {any} */ event) => setNote(event.currentTarget.value)} /><//>`
      }<//>`
    }
  <//>`;
}

/** Whether bringing it up to date would change it. @param {ReportBody} body */
const news_ = (body) => body.over || body.stale > 0 || body.fresh > 0 || body.report.interim;

/** What is to be done next. @param {ReportBody} body @param {string} what */
const strong = (body, what) =>
  body.over || body.stale > 0 ? what === "refresh" : what === "approve" || what === "release";

/** What it has become since it was composed. @param {{body: ReportBody}} props */
function Since({ body }) {
  const { report, over, stale, fresh } = body;
  if (report.state === "withdrawn") return null;
  return html`<ul class="report-since">
    ${over && html`<li class="warn">▲ ${t("report.over", { time: when(report.as_of_ms) })}</li>`}
    ${stale > 0 && html`<li class="warn">▲ ${t("report.stale", { n: stale })}</li>`}
    ${fresh > 0 && html`<li>● ${t("report.fresh", { n: fresh })}</li>`}
    ${report.interim && !over && html`<li>◐ ${t("report.interim", { time: when(report.as_of_ms) })}</li>`}</ul>`;
}

/** The report as it reads. @param {{body: ReportBody}} props */
function Read({ body }) {
  const { report } = body;
  const sections = body.sections.map(
    (section, n) => html`<section key=${section.code}><h3>${number(n + 1)}. ${titleIn(body, section)}</h3>
      ${
        section.sentences.length
          ? section.sentences.map(
              (one) => html`<p key=${one.id} lang=${body.language}><${Mark} mark=${one.mark} />${one.text}
          ${one.links.map(
            (link) =>
              link.kind in LINKS &&
              html` <a class="source" key=${link.id} href=${`#${LINKS[link.kind]}/${encodeURI(link.id)}`}>
              ${t(`report.link_${link.kind}`)}</a>`,
          )}</p>`,
            )
          : html`<p class="dim">–</p>`
      }</section>`,
  );
  return html`<article class="report" aria-label=${nameOf(report)}>
    <p class="marking">${report.exercise && `${t("exercise.mark")} · `}${body.banner}</p>
    <dl class="report-head"><div><dt>${t("report.to")}</dt><dd>${report.to || html`<span class="warn">▲ ${t("report.no_addressee")}</span>`}</dd></div>
      ${report.info && html`<div><dt>${t("report.info")}</dt><dd>${report.info}</dd></div>`}
      <div><dt>${t("report.period")}</dt><dd lang="en">${when(report.from_ms)} – ${when(report.to_ms)}</dd></div>
      <div><dt>${t("report.state")}</dt><dd>${t(`report.state_${report.state}`)} <${Late} of=${report} /></dd></div></dl>
    ${sections}<p class="marking">${body.banner}</p></article>`;
}

/** Places that show what a sentence rests on. @type {Record<string, string>} */
const LINKS = { log: "log", unit: "structure", order: "orders", ccir: "requirements/ccir", picture: "picture" };

/** A section's name in the report's own language. @param {ReportBody} body @param {{name: string, name_ja: string}} section */
const titleIn = (body, section) => (body.language === "ja" && section.name_ja) || section.name;

/** @param {{body: ReportBody}} props */
const Steps = ({ body }) => html`<section><h3>${t("report.steps")}</h3><ol class="report-log">${body.steps.map(
  (step, n) => html`<li key=${n}><span lang="en">${when(step.at_ms)}</span> ${t(`report.step_${step.what}`)}:
    ${signedText(step.by)}${step.note && html`<small>${step.note}</small>`}</li>`,
)}</ol></section>`;
