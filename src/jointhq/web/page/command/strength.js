/**
 * Strength, rolled up: by nation, by service, by the roots of the tree; what is missing or doubtful stands beside.
 */

import { html } from "htm/preact";

import { number } from "../format.js";
import { Mark, Problem, useAnswer } from "../people/form.js";
import { said } from "../people/words.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { clocks, structure } from "./moment.js";
import { nationText } from "./shown.js";
import { UnitLink } from "./unit.js";

/** @typedef {import("./types.js").Rollup} Rollup */

export function StrengthView() {
  const { at, known } = clocks.value;
  const asked = useAnswer(() => calls.strength({ at, known }), [at, known, structure.value?.body.position]);
  const body = asked.value;
  return html`<div class="structure-body strengths"><${Problem} refusal=${asked.refusal} />${body && html`
    <${Table} title=${t("command.by_nation")} rows=${body.nations} name=${(/** @type {Rollup} */ row) => nationText(row.nation)} />
    <${Table} title=${t("command.by_service")} rows=${body.services}
      name=${(/** @type {Rollup} */ row) => `${nationText(row.nation)} · ${said("fact.service", row.service)}`} />
    <${Table} title=${t("command.by_root")} rows=${body.roots}
      name=${(/** @type {Rollup} */ row) => (row.unit ? html`<${UnitLink} id=${row.unit} />` : nameOf(row))} />`}</div>`;
}

/** @param {{title: string, rows: Rollup[], name: (row: Rollup) => any}} props */
const Table = ({ title, rows, name }) => html`<section class="panel"><h2>${title}</h2>
  <div class="scroll"><table><thead><tr><th scope="col"></th><th scope="col" class="n">${t("command.sum")}</th><th scope="col" class="n">? ${t("command.doubtful")}</th>
    <th scope="col" class="n">▲ ${t("command.missing")}</th><th scope="col" class="n">${t("command.authorised")}</th></tr></thead>
  <tbody>${rows.map(
    (row) => html`<tr key=${`${row.unit}${row.nation}${row.service}`}><th scope="row"><${Mark} mark=${row.mark} />${name(row)}</th>
    <td class="n"><b>${number(row.known)}</b></td><td class="n">${row.doubtful ? number(row.doubtful) : "–"}</td>
    <td class="n">${t("command.missing_of", { n: number(row.missing), of: number(row.units) })}</td>
    <td class="n">${row.authorised ? number(row.authorised) : "–"}</td></tr>`,
  )}</tbody></table></div></section>`;
