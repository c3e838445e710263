/**
 * The parts of forms: fields, choices, a picker, what went wrong, a question before something is done.
 *
 * Owns: how a form looks and behaves by keyboard. Doesn't own: what any form says or does.
 */

import { html } from "htm/preact";
import { cloneElement } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { Refusal } from "../api.js";
import { Icon } from "../parts/icons.js";
import { banner, say } from "../state.js";
import { useTyped } from "../unsaved.js";
import { t } from "../words.js";
import { refusalText } from "./words.js";

export { LabelText } from "../parts/label.js";
export { Moment, MomentText } from "../parts/moment.js";

/** @typedef {{busy: boolean, refusal: Refusal | null, run: (does: () => Promise<unknown>) => Promise<boolean>, clear: () => void}} Task */

/** Something that is asked of the server, at most once at a time. @returns {Task} */
export function useTask() {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState(/** @type {Refusal | null} */ (null));
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => void (alive.current = false);
  }, []);
  const run = async (/** @type {() => Promise<unknown>} */ does) => {
    setBusy(true);
    setRefusal(null);
    try {
      await does();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (alive.current) setRefusal(error);
      return false;
    } finally {
      if (alive.current) setBusy(false);
    }
  };
  return { busy, refusal, run, clear: () => setRefusal(null) };
}

/**
 * What the server has, asked for when a view opens and again by `again`.
 * @template T
 * @param {() => Promise<T>} ask
 * @param {unknown[]} of asked anew when one of these changes
 * @returns {{value: T | null, refusal: Refusal | null, again: () => Promise<void>}}
 */
export function useAnswer(ask, of) {
  const [value, setValue] = useState(/** @type {T | null} */ (null));
  const [refusal, setRefusal] = useState(/** @type {Refusal | null} */ (null));
  const current = useRef(0);
  const again = async () => {
    const mine = ++current.current;
    try {
      const answer = await ask();
      if (mine !== current.current) return;
      setValue(answer);
      setRefusal(null);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (mine === current.current) setRefusal(error);
    }
  };
  useEffect(() => {
    setValue(null);
    void again();
    return () => void current.current++;
  }, of);
  return { value, refusal, again };
}

/** The first field of a form has the focus when the form appears. @returns {{current: HTMLFormElement | null}} */
export function useFocusFirst() {
  const ref = useRef(/** @type {HTMLFormElement | null} */ (null));
  useEffect(
    () =>
      /** @type {HTMLElement | null | undefined} */ (ref.current?.querySelector("input, select, textarea"))?.focus(),
    [],
  );
  return ref;
}

/**
 * What went wrong, moved into sight when it appears; `still` where it comes and goes while somebody types.
 * @param {{refusal: {code: string, params?: Record<string, any>, retry_s?: number} | null, still?: boolean}} props
 */
export function Problem({ refusal, still }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => void (still || ref.current?.scrollIntoView({ block: "nearest" })), [refusal?.code]);
  return refusal && html`<p class="problem" role="alert" ref=${ref}><span aria-hidden="true">▲</span> ${refusalText(refusal)}</p>`;
}

/**
 * A label over its one input; `now` is what another has written meanwhile.
 * @param {{label: string, hint?: string, problem?: string, now?: string, children?: any}} props
 */
export function Field({ label, hint, problem, now, children }) {
  const id = useId();
  const more = hint || problem || now !== undefined ? `${id}-more` : undefined;
  return html`<div class="field"><label class="field-name" for=${id}>${label}</label>
    ${cloneElement(children, { id, "aria-describedby": more, ...(problem && { "aria-invalid": true }) })}
    ${
      more &&
      html`<div id=${more}>${hint && html`<small>${hint}</small>`}
      ${problem && html`<small class="warn">▲ ${problem}</small>`}
      ${now !== undefined && html`<small class="warn">▲ ${t("form.now", { value: now || "–" })}</small>`}</div>`
    }</div>`;
}

/**
 * @template {Record<string, any>} T
 * @typedef {{typed: T, set: (name: keyof T, value: any) => void, of: (name: keyof T & string) => any, changed: boolean}} Form
 */

/**
 * What a person types; `of(name)` gives the properties of a text input.
 * @template {Record<string, any>} T
 * @param {T} first
 * @returns {Form<T>}
 */
export function useForm(first) {
  const [typed, setTyped] = useState(first);
  const [began] = useState(typed);
  const set = (/** @type {keyof T} */ name, /** @type {any} */ value) => setTyped((was) => ({ ...was, [name]: value }));
  const of = (/** @type {keyof T & string} */ name) => ({
    name,
    value: typed[name],
    onInput: (/** @type {any} */ event) => set(name, event.currentTarget.value),
  });
  return { typed, set, of, changed: typed !== began };
}

/**
 * @param {{legend: string, codes: string[], chosen: string[], name: (code: string) => string, onChosen: (codes: string[]) => void}} props
 */
export const Checks = ({
  legend,
  codes,
  chosen,
  name,
  onChosen,
}) => html`<fieldset class="checks"><legend>${legend}</legend>
  ${codes.map(
    (code) => html`<label key=${code}><input type="checkbox" checked=${chosen.includes(code)}
      onChange=${() => onChosen(chosen.includes(code) ? chosen.filter((c) => c !== code) : [...chosen, code])} />
      <span>${name(code)}</span></label>`,
  )}</fieldset>`;

/**
 * @typedef {{id: string, name: string, more?: string, mark?: string}} Choice
 */
const CHOICES_SHOWN = 8;

/**
 * One of many, found by typing; arrows and Enter choose. What is left standing and names none is refused, not forgotten.
 * @param {{label: string, placeholder: string, find: (query: string) => Choice[], value: Choice | null, onPick: (choice: Choice | null) => void, required?: boolean}} props
 */
export function Picker({ label, placeholder, find, value, onPick, required }) {
  const [query, setQuery] = useState(/** @type {string | null} */ (null));
  const [at, setAt] = useState(0);
  const [left, setLeft] = useState(false);
  const id = useId();
  const stray = !value && Boolean(query?.trim());
  const wrong = stray && left;
  const found = query === null || left ? [] : find(query.trim().toLowerCase()).slice(0, CHOICES_SHOWN);
  const forget = () => {
    setQuery(null);
    setLeft(false);
  };
  const pick = (/** @type {Choice | null} */ choice) => {
    forget();
    setAt(0);
    onPick(choice);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by && (query === null || left)) {
      setQuery(query ?? "");
      setLeft(false);
    } else if (by && found.length) setAt((at + by + found.length) % found.length);
    else if (event.key === "Enter" && found[at]) pick(found[at]);
    else if (event.key === "Escape" && query !== null) {
      forget();
      event.stopPropagation();
    } else return;
    event.preventDefault();
  };
  return html`<div class="field picker"><label class="field-name" for=${id}>${label}</label>
    <input id=${id} role="combobox" autocomplete="off" spellcheck=${false} placeholder=${placeholder} required=${required}
      aria-invalid=${wrong || undefined} aria-describedby=${wrong ? `${id}-more` : undefined}
      ref=${(/** @type {HTMLInputElement | null} */ input) => input?.setCustomValidity(stray ? t("form.choose_one") : "")}
      aria-expanded=${found.length > 0} aria-controls=${`${id}-list`} aria-autocomplete="list"
      aria-activedescendant=${found[at] ? `${id}-${at}` : undefined}
      value=${query ?? value?.name ?? ""} onKeyDown=${onKeyDown}
      onFocus=${(/** @type {any} */ event) => event.currentTarget.select()}
      onClick=${() => query === null && setQuery("")}
      onBlur=${() => (stray ? setLeft(true) : forget())}
      onInput=${(/** @type {any} */ event) => {
        setQuery(event.currentTarget.value);
        setLeft(false);
        setAt(0);
        if (value) onPick(null);
      }} />
    ${wrong && html`<div id=${`${id}-more`}><small class="warn">▲ ${t("form.choose_one")}</small></div>`}
    ${
      query !== null &&
      !left &&
      html`<ul class="picks" id=${`${id}-list`} role="listbox" aria-label=${label}>
        ${found.map(
          (choice, i) => html`<li key=${choice.id} id=${`${id}-${i}`} role="option" aria-selected=${i === at}
            onMouseDown=${(/** @type {Event} */ event) => (event.preventDefault(), pick(choice))}
              onMouseEnter=${() => setAt(i)}>
            <span><${Mark} mark=${choice.mark} />${choice.name}</span><small>${choice.more}</small></li>`,
        )}
        ${!found.length && html`<li class="dim">${t("form.none_found")}</li>`}
      </ul>`
    }
  </div>`;
}

const LIST = /REL TO ([^/)]+)/;

/**
 * A portion mark, at the head of what it marks. A list equal to the banner's is not written again: "(CUI//REL)".
 * @param {{mark?: string}} props
 */
export function Mark({ mark }) {
  if (!mark) return null;
  const list = LIST.exec(mark)?.[1];
  const same = list && list === LIST.exec(banner.value)?.[1];
  return html`<span class="portion" lang="en" title=${mark}>${same ? mark.replace(LIST, "REL") : mark}</span>`;
}

/** Good is a filled circle, not good a triangle, neither a ring: shape tells, not colour alone. @param {{good: boolean | null}} props */
export const Sign = ({
  good,
}) => html`<svg class="mark ${good ? "good" : good === null ? "none" : "bad"}" viewBox="0 0 16 16" aria-hidden="true">
  ${
    good
      ? html`<circle cx="8" cy="8" r="5" />`
      : good === null
        ? html`<circle class="hollow" cx="8" cy="8"
    r="4.5" />`
        : html`<path d="M8 2L15 14H1Z" />`
  }</svg>`;

/**
 * A question before something is done, with what it needs to be answered.
 * @param {{title: string, word: string, task: Task, onYes: () => void, onNo: () => void, wide?: boolean, children?: any}} props
 */
export function Ask({ title, word, task, onYes, onNo, wide, children }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  const { leave, onInput, onSent } = useTyped(task);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    onSent();
    onYes();
  };
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    leave(onNo);
  };
  // Enter sends from a note that is empty, Ctrl+Enter from any; what the form needs is asked for first.
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    event.stopPropagation();
    if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) return cancel(event);
    const at = /** @type {HTMLTextAreaElement} */ (event.target);
    if (event.key !== "Enter" || event.isComposing || task.busy || at.tagName !== "TEXTAREA") return;
    if (at.value && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    at.form?.requestSubmit();
  };
  return html`<dialog class=${`ask panel${wide ? " wide" : ""}`} ref=${ref} aria-label=${title} onCancel=${cancel}
      onKeyDown=${onKeyDown}>
    <form onSubmit=${submit} onInput=${onInput}><h2>${title}</h2>${children}
      <${Problem} refusal=${task.refusal} />
      <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>${word}</button>
        <button class="button" type="button" onClick=${cancel}>${t("form.cancel")}</button></div></form>
  </dialog>`;
}

/** @param {{text: string, label?: string}} props */
export const Copy = ({ text, label }) =>
  html`<button class="button small" type="button" onClick=${() =>
    navigator.clipboard.writeText(text).then(
      () => say(t("form.copied")),
      () => say(t("card.copy_failed", { text })),
    )}><${Icon} name="copy" />${label ?? t("form.copy")}</button>`;
