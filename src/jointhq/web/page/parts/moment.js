/**
 * The field of a moment: one types a date-time group or its short forms, and sees at once under it what that is, as Z
 * and in each zone that one looks at with its weekday.
 *
 * Owns: how it is typed, stepped by arrows, shown, and refused. Doesn't own: the grammar (`dtg.js`).
 */

import { html } from "htm/preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

import { now } from "../clock.js";
import { readTyped, stepped, write } from "../dtg.js";
import { clockText, dayText, zoneTexts } from "../format.js";
import { t } from "../words.js";

/**
 * What is typed, as text. `empty` is what a field without text means, if it means anything: it stands there, pale.
 * @param {{text: string, onText: (text: string) => void, ahead?: boolean, required?: boolean, empty?: string, id?: string,
 *   "aria-describedby"?: string, "aria-label"?: string}} props
 */
export function MomentText({ text, onText, ahead = false, required, empty, id, "aria-describedby": more, "aria-label": label }) {
  const readId = useId();
  const [there, setThere] = useState(false);
  const read = text.trim() ? readTyped(text, now(), ahead) : null;
  const said = read && "problem" in read ? t(read.problem, read.params) : "";
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (!by || event.isComposing || (read && "problem" in read)) return;
    event.preventDefault();
    event.stopPropagation();
    const field = /** @type {HTMLInputElement} */ (event.currentTarget);
    const from = read ?? readTyped("", now());
    if ("problem" in from) return;
    const group = write(from.ms, from.letter);
    const caret = field.value === group ? (field.selectionStart ?? 0) : 6;
    const next = read ? write(stepped(from, caret, by), from.letter) : group;
    onText(next);
    requestAnimationFrame(() => {
      field.value = next;
      field.setSelectionRange(caret, caret);
    });
  };
  const leave = () => {
    setThere(false);
    if (read && "ms" in read) onText(write(read.ms, read.letter));
  };
  return html`<span class="moment"><input id=${id} lang="en" autocomplete="off" spellcheck=${false} maxlength="40"
      required=${required} placeholder=${empty ?? "DDHHMMZ MON YY"} aria-label=${label} value=${text}
      aria-describedby=${[more, readId].filter(Boolean).join(" ")} aria-invalid=${said ? true : undefined}
      ref=${(/** @type {HTMLInputElement | null} */ field) => field?.setCustomValidity(said)}
      onInput=${(/** @type {any} */ event) => onText(event.currentTarget.value)} onKeyDown=${onKeyDown}
      onFocus=${() => setThere(true)} onBlur=${leave} onInvalid=${() => setThere(false)} />
    <small class="moment-read" id=${readId}>${
      said
        ? html`<span class=${there ? "" : "warn"}>${!there && "▲ "}${said}</span>`
        : read && "ms" in read && html`<${Zones} ms=${read.ms} />`
    }</small></span>`;
}

/** @param {{ms: number}} props */
const Zones = ({ ms }) =>
  [`${dayText(ms)} ${clockText(ms).slice(0, 5)}Z`, ...zoneTexts(ms)].map((text) => html`<span key=${text}>${text}</span>`);

/**
 * A moment; 0 is none. What is typed stays as it is typed while it is a group of that moment: also its letter.
 * Without a date it is the next such moment; `past`: the latest.
 * @param {{value: number, onValue: (ms: number) => void, past?: boolean, letter?: string, required?: boolean, id?: string,
 *   "aria-describedby"?: string, "aria-label"?: string}} props
 */
export function Moment({ value, onValue, past = false, letter = "Z", ...more }) {
  const [text, setText] = useState("");
  const known = useRef(0);
  const last = useRef(letter);
  useLayoutEffect(() => {
    if (known.current === value && last.current === letter) return;
    known.current = value;
    last.current = letter;
    setText(value > 0 ? write(value, letter) : "");
  }, [value, letter]);
  const onText = (/** @type {string} */ typed) => {
    setText(typed);
    const read = readTyped(typed, now(), !past);
    if ("problem" in read) return;
    known.current = typed.trim() ? read.ms : 0;
    if (known.current !== value) onValue(known.current);
  };
  return html`<${MomentText} ...${more} text=${text} onText=${onText} ahead=${!past} />`;
}
