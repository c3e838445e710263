/**
 * How the state of an order and of an addressee is shown: a sign of its own shape, and the word beside it.
 */

import { html } from "htm/preact";

import { when } from "../format.js";
import { personName, titleOf } from "../people/words.js";
import { nameOf, t } from "../words.js";

/** Each has its own shape; colour only repeats it. @type {Record<string, [string, string]>} */
const SIGNS = {
  waiting: ["○", "none"],
  sent: ["→", "none"],
  delivered: ["↓", "none"],
  opened: ["◔", "none"],
  acknowledged: ["◑", "none"],
  wilco: ["●", "good"],
  havco: ["✔", "good"],
  accepted: ["◒", "good"],
  cantco: ["✖", "bad"],
  declined: ["✖", "bad"],
  late: ["▲", "bad"],
  withheld: ["⊘", "bad"],
  away: ["◌", "none"],
  online: ["◉", "good"],
  concurs: ["●", "good"],
  objects: ["✖", "bad"],
  asked: ["○", "none"],
};

/** @param {{of: string, word?: string}} props */
export const State = ({ of, word }) => {
  const [sign, kind] = SIGNS[of] ?? ["·", "none"];
  return html`<span class="order-sign ${kind}"><span aria-hidden="true">${sign}</span> ${word ?? t(`orders.state.${of}`)}</span>`;
};

/** @param {import("./ordertypes.js").UnitName | null | undefined} unit */
export const unitText = (unit) => (unit?.id ? nameOf(unit) : t("orders.unit_unseen"));

/** Who, and as what. @param {import("./ordertypes.js").Signed | null} who */
export const whoText = (who) => (who ? [personName(who.person), titleOf(who)].filter(Boolean).join(", ") : "");

/** @param {{who: import("./ordertypes.js").Signed | null, at_ms: number}} props */
export const By = ({ who, at_ms }) =>
  at_ms > 0 ? html`<small class="dim">${whoText(who)} · <time lang="en">${when(at_ms)}</time></small>` : null;
