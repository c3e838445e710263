/**
 * Relations as lines and words: each type has a line of its own and a short text, so that no colour is needed.
 */

import { html } from "htm/preact";

import { has, t } from "../words.js";

/** Stroke width, dashes, and whether the line is double. @type {Record<string, {width: number, dash?: string, double?: boolean}>} */
const LINES = {
  FULLCOM: { width: 1.5, double: true },
  COCOM: { width: 1.5, double: true },
  OPCOM: { width: 3, dash: "14 2" },
  OPCON: { width: 3 },
  TACOM: { width: 2, dash: "10 2 4 2" },
  TACON: { width: 2, dash: "9 3" },
  ADCON: { width: 2, dash: "2 3" },
  CMD: { width: 1.6 },
  ORG: { width: 0.8 },
  COMP: { width: 1.4, dash: "8 2 2 2" },
  SUPPORT: { width: 2.4, dash: "5 3" },
  COORD: { width: 1.2, dash: "5 3" },
  DIRLAUTH: { width: 1.2, dash: "2 6" },
  LIAISON: { width: 1.2, dash: "6 2 1 2 1 2" },
  FAC: { width: 1, dash: "4 2", double: true },
};
export const TYPES = Object.keys(LINES);
const SHORT = /** @type {Record<string, string>} */ ({ FULLCOM: "FULL", SUPPORT: "SUP", DIRLAUTH: "DIRL", LIAISON: "LNO" });

/** What stands in a row, the same in every language. @param {string} type */
export const shortType = (type) => SHORT[type] ?? type;
/** @param {string} type */
export const typeText = (type) => (has(`relation.${type}`) ? t(`relation.${type}`) : type);
/** With what kind of support it is. @param {{type: string, support: string}} relation */
export const relationText = ({ type, support }) =>
  type === "SUPPORT" && support ? t(`support.${support}`) : typeText(type);

/** From who gives support or guidance to who gets it. @param {{type: string, superior: string}} relation @param {string} of whom it leads from */
export const arrowOf = ({ type, superior }, of) => (type === "SUPPORT" ? (superior === of ? "←" : "→") : "↔");

/**
 * A piece of the line of a type, drawn into an SVG; level where `y2` is left out.
 * @param {{type: string, x1: number, x2: number, y: number, y2?: number}} props
 */
export function Stroke({ type, x1, x2, y, y2 = y }) {
  const { width, dash, double } = LINES[type] ?? { width: 1 };
  return (double ? [-2, 2] : [0]).map(
    (by) => html`<line key=${by} class="relation-line" x1=${x1} x2=${x2} y1=${y + by} y2=${y2 + by}
    stroke-width=${width} stroke-dasharray=${dash} />`,
  );
}

/** @param {{type: string}} props */
export const Sample = ({ type }) =>
  html`<svg class="sample" width="34" height="12" aria-hidden="true"><${Stroke} type=${type} x1=${1} x2=${33} y=${6} /></svg>`;

/** @param {{types: string[]}} props */
export const Legend = ({ types }) =>
  html`<ul class="legend" aria-label=${t("command.legend")}>${types.map(
    (type) => html`<li key=${type}><${Sample} type=${type} /><b lang="en">${shortType(type)}</b>
      <span>${typeText(type)}</span></li>`,
  )}</ul>`;
