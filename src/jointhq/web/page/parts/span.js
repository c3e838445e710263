/**
 * How long something is, typed in hours and minutes: 04:00, 0400, 72:00.
 *
 * Owns: reading it, and saying what is wrong with it. Doesn't own: moments (`moment.js`), how a length is said
 * (`format.js`).
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { t } from "../words.js";

/** @param {number} minutes */
export const spanText = (minutes) =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

/** What is typed, in minutes; null for what is no such length. @param {string} text */
export function spanFrom(text) {
  const read = /^(\d{1,3}):?([0-5]\d)$/.exec(text.normalize("NFKC").trim());
  return read && Number(read[1]) * 60 + Number(read[2]);
}

/** @param {{minutes: number, min?: number, max: number, onMinutes: (minutes: number) => void, [more: string]: any}} props */
export function SpanText({ minutes, min = 0, max, onMinutes, ...more }) {
  const [typed, setTyped] = useState({ text: spanText(minutes), minutes });
  const text = typed.minutes === minutes ? typed.text : spanText(minutes); // It was set elsewhere.
  const onInput = (/** @type {any} */ event) => {
    const field = event.currentTarget;
    const read = spanFrom(field.value);
    const good = read !== null && read >= min && read <= max;
    field.setCustomValidity(good ? "" : t("span.wrong", { min: spanText(min), max: spanText(max) }));
    setTyped({ text: field.value, minutes: good ? read : minutes });
    if (good) onMinutes(read);
  };
  return html`<input class="span" required lang="en" autocomplete="off" inputmode="numeric" maxlength="6" placeholder="00:00" ...${more}
    value=${text} onInput=${onInput} />`;
}
