/**
 * When and by whom: a moment as a date-time group and in each zone that one looks at with the weekday; who signed.
 */

import { html } from "htm/preact";

import { dayText, dtg, zoneTexts } from "../format.js";
import { titleOf } from "../people/words.js";
import { nameOf, t } from "../words.js";

/** Who signed, as far as one may know. @param {import("../types.js").Signed} by */
export const signedText = (by) =>
  t("log.by", { title: titleOf(by), name: by.person ? nameOf(by.person) || t("log.someone") : "" }).trim();

/** @param {{ms: number}} props */
export const Times = ({ ms }) => html`<span class="times"><time lang="en"
    dateTime=${new Date(ms).toISOString()}>${dtg(ms)}</time><small>${dayText(ms)}</small>
  ${zoneTexts(ms).map((text) => html`<small key=${text}>${text}</small>`)}</span>`;
