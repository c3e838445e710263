/**
 * Who may do what to whom: one unit's authority over others, and others' over it.
 *
 * Nothing by colour alone: Y, L and N are letters; an L that an order allows is written "L✓".
 */

import { html } from "htm/preact";

import { Picker, Problem, useAnswer } from "../people/form.js";
import { said } from "../people/words.js";
import { t } from "../words.js";
import * as calls from "./calls.js";
import { Sample, shortType } from "./lines.js";
import { findUnits, unitChoice } from "./may.js";
import { clocks, go, rested, structure } from "./moment.js";
import { UnitLink } from "./unit.js";

export function Matrix() {
  const id = rested.value || structure.value?.roots[0]?.id || "";
  const { at, known } = clocks.value;
  const asked = useAnswer(() => (id ? calls.matrix(id, { at, known }) : Promise.resolve(null)), [
    id, at, known, structure.value?.body.position,
  ]);
  const body = asked.value;
  return html`<div class="structure-tools"><${Picker} key=${id} label=${t("command.matrix_of")} placeholder=${t("command.find_unit")}
      find=${findUnits} value=${unitChoice(id)} onPick=${(/** @type {import("../people/form.js").Choice | null} */ choice) => choice && go({ id: choice.id })} />
      <p class="note">${t("command.matrix_key")}</p></div>
    <div class="structure-body matrix"><${Problem} refusal=${asked.refusal} />
    ${body && html`<${Table} title=${t("command.matrix_over")} rows=${body.over} actions=${body.actions} />
      <${Table} title=${t("command.matrix_under")} rows=${body.under} actions=${body.actions} />`}</div>`;
}

/** @param {{title: string, rows: import("./types.js").MatrixRow[], actions: string[]}} props */
const Table = ({ title, rows, actions }) => html`<section class="panel"><h2>${title}</h2>${
  rows.length
    ? html`<div class="scroll"><table class="cells"><thead><tr><th scope="col">${t("command.unit")}</th><th scope="col">${t("command.relation")}</th>
      ${actions.map((action) => html`<th key=${action} scope="col" class="action">${said("action", action)}</th>`)}</tr></thead>
      <tbody>${rows.map(
        (row) => html`<tr key=${row.other}><th scope="row"><${UnitLink} id=${row.other} /></th>
        <td class="how"><${Sample} type=${row.type} /><b lang="en">${shortType(row.type)}</b></td>
        ${actions.map((action) => html`<${Cell} key=${action} cell=${row.cells[action]} />`)}</tr>`,
      )}</tbody></table></div>`
    : html`<p class="note">${t("command.matrix_none")}</p>`
}</section>`;

/** @param {{cell: import("./types.js").Cell | undefined}} props */
const Cell = ({ cell }) =>
  cell
    ? html`<td class="cell ${cell.value}${cell.allowed ? " allowed" : ""}" title=${said("answer", cell.why)}>
      ${cell.value === "L" && cell.allowed ? "L✓" : cell.value}</td>`
    : html`<td class="cell N">N</td>`;
