/**
 * Structure, the place of who commands whom: its views, what stands above them, its keys.
 *
 * Doesn't own: what stands in a view (`tree.js`, `matrix.js`, `strength.js`), the moment shown (`moment.js`).
 */

import { html } from "htm/preact";
import { useEffect } from "preact/hooks";

import { number, when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { Problem } from "../people/form.js";
import { may, narrow } from "../state.js";
import { t } from "../words.js";
import { exportAddress } from "./calls.js";
import { Changes } from "./changes.js";
import { FORMATS, formatText, Import } from "./import.js";
import { Legend, TYPES } from "./lines.js";
import { Matrix } from "./matrix.js";
import { chain, choose, clocks, go, linkTo, problem, refresh, shownAt, step, structure, view, VIEWS } from "./moment.js";
import { Prompts } from "./posts.js";
import { StrengthView } from "./strength.js";
import { OtherMoment, StructureTimeBar } from "./timebar.js";
import { foundCount, openAll, query } from "./shown.js";
import { chooseFound, enterTree, Trees } from "./tree.js";
import { UnitPanel } from "./unit.js";

const SHOWN = { tree: Tree, matrix: Matrix, strength: StrengthView, changes: Changes, import: Import };

/** @type {import("../places.js").Keys} */
export const keys = {
  "[": { word: "help.moments", does: () => step(-1) },
  "]": { word: "help.moments", does: () => step(1) },
  l: { word: "help.to_now", does: () => go({ at: null, known: null }) },
  "+": { word: "help.open_all", does: () => openAll(true) },
  "-": { word: "help.open_all", does: () => openAll(false) },
  x: { word: "help.views_of_place", does: () => next() },
  ArrowDown: { word: "help.tree", does: enterTree },
  ArrowUp: { word: "help.tree", does: enterTree },
  Escape: { word: "help.esc", does: () => choose("") },
};

/** What one may draft one may import. */
const views = () => VIEWS.filter((name) => name !== "import" || may("plan"));

function next() {
  const all = views();
  go({ view: all[(all.indexOf(view.value) + 1) % all.length] });
}

export function Place() {
  const View = SHOWN[view.value];
  const { at, known } = clocks.value;
  useEffect(() => void refresh(), []);
  return html`<main class="desk structure">
    <div class="desk-head">
      <nav class="desk-tabs" role="tablist" aria-label=${t("place.structure")}>
        ${views().map(
          (name) => html`<a role="tab" key=${name} aria-selected=${name === view.value}
          href=${linkTo({ view: name })}>${t(`command.view.${name}`)}</a>`,
        )}
      </nav>
      <${OtherMoment} />
      <details class="menu-of"><summary class="button" aria-label=${t("command.export")}><${Icon} name="export" />${!narrow.value && t("command.export")}</summary>
        <div class="menu panel">${FORMATS.map(
          (format) => html`<a key=${format} role="menuitem" href=${exportAddress(format, { at, known })} download>${formatText(format)}</a>`,
        )}<button role="menuitem" onClick=${() => print()}>${t("command.print")}</button></div></details>
    </div>
    <p class="on-paper">${t("command.printed", { at: when(shownAt()), known: known ? when(known) : t("command.now") })}</p>
    <${Problem} refusal=${problem.value} />
    <${Prompts} />
    <${View} />
    <${StructureTimeBar} />
  </main>`;
}

function Tree() {
  const all = structure.value;
  const used = TYPES.filter((type) => all?.body.relations.some((one) => one.type === type));
  return html`<div class="structure-tools">
      <${Search} />
      <label class="order">${t("command.by")}
        <select value=${chain.value} onChange=${(/** @type {any} */ event) => (chain.value = event.currentTarget.value)}>
          <option value="operational">${t("command.operational")}</option>
          <option value="administrative">${t("command.administrative")}</option></select></label>
      <button class="button small" title="+" onClick=${() => openAll(true)}>${t("command.open_all")}</button>
      <button class="button small" title="−" onClick=${() => openAll(false)}>${t("command.close_all")}</button>
      <${Legend} types=${used} />
    </div>
    <div class="structure-body">
      ${all && !all.units.size
        ? html`<div class="nothing"><p>${t("command.none")}</p></div>`
        : foundCount.value === 0
          ? html`<div class="nothing"><p>${t("command.none_found", { query: query.value })}</p>
              <button class="button" onClick=${() => (query.value = "")}>${t("search.clear")}</button></div>`
          : html`<${Trees} />`}
      <${UnitPanel} />
    </div>`;
}

function Search() {
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    chooseFound();
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      chooseFound();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (query.value) query.value = "";
      else /** @type {HTMLElement} */ (event.currentTarget).blur();
    }
  };
  return html`<form class="search" role="search" onSubmit=${submit}><${Icon} name="search" />
    <input id="place-search" type="search" autocomplete="off" spellcheck=${false} placeholder=${t("command.search")}
      aria-label=${t("command.search")} title=${`${t("command.search")} (/)`} value=${query.value} onKeyDown=${onKeyDown}
      onInput=${(/** @type {any} */ event) => (query.value = event.currentTarget.value)} />
    <span class="dim" role="status">${foundCount.value === null ? "" : t("command.found", { n: number(foundCount.value) })}</span></form>`;
}

