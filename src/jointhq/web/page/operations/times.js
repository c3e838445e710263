/**
 * When and by whom: a moment as a date-time group and in each zone of the headquarters with the weekday; who signed.
 */

import { html } from "htm/preact";

import { clockText, dayText, dtg } from "../format.js";
import { titleOf } from "../people/words.js";
import { headquarters } from "../state.js";
import { nameOf, t } from "../words.js";

/** "Sun 28 Jul 23:30I", in each zone of the headquarters. @param {number} ms */
export const zoneTexts = (ms) =>
  (headquarters.value?.zones ?? []).map(
    ({ letter, offset_minutes }) =>
      `${dayText(ms, offset_minutes)} ${clockText(ms, offset_minutes).slice(0, 5)}${letter}`,
  );

/** Who signed, as far as one may know. @param {import("../types.js").Signed} by */
export const signedText = (by) =>
  t("log.by", { title: titleOf(by), name: by.person ? nameOf(by.person) || t("log.someone") : "" }).trim();

/** @param {{ms: number}} props */
export const Times = ({ ms }) => html`<span class="times"><time lang="en"
    dateTime=${new Date(ms).toISOString()}>${dtg(ms)}</time><small>${dayText(ms)}</small>
  ${zoneTexts(ms).map((text) => html`<small key=${text}>${text}</small>`)}</span>`;
