/**
 * A moment as a headquarters reads it: a date-time group, and the same in each of its zones with the weekday.
 */

import { html } from "htm/preact";

import { clockText, dayText, dtg } from "../format.js";
import { headquarters } from "../state.js";

/** "Sun 28 Jul 23:30I", in each zone of the headquarters. @param {number} ms */
export const zoneTexts = (ms) =>
  (headquarters.value?.zones ?? []).map(
    ({ letter, offset_minutes }) =>
      `${dayText(ms, offset_minutes)} ${clockText(ms, offset_minutes).slice(0, 5)}${letter}`,
  );

/** @param {{ms: number}} props */
export const Times = ({ ms }) => html`<span class="times"><time lang="en"
    dateTime=${new Date(ms).toISOString()}>${dtg(ms)}</time><small>${dayText(ms)}</small>
  ${zoneTexts(ms).map((text) => html`<small key=${text}>${text}</small>`)}</span>`;
