/**
 * The entry line of the log: one line, from the keyboard alone.
 *
 * Owns: what is typed there, which stays until it is taken, whatever is looked at meanwhile; `writeEntry`, which brings
 * the keyboard to it from anywhere. Doesn't own: what is in the log (`operations/log.js`).
 */

import { signal } from "@preact/signals";
import { html } from "htm/preact";

import { now } from "../clock.js";
import { clockText } from "../format.js";
import { placeFrom } from "../map/place.js";
import { Icon } from "../parts/icons.js";
import { useMark } from "../parts/label.js";
import { LabelText, MomentText, Problem, useTask } from "../people/form.js";
import { nameAt } from "../picture/filter.js";
import { store } from "../picture/moment.js";
import { goTo, onPicture } from "../places.js";
import { may, say, second, selected } from "../state.js";
import { t } from "../words.js";
import * as calls from "./calls.js";
import { keepAll } from "./files.js";
import { Answers } from "./entryccir.js";

/** @typedef {import("../types.js").FileRow} FileRow */
/**
 * @typedef {{when: string, source: string, text: string, decided: string, told: string, significant: boolean,
 *   place: string, order: string, label: string, track: string, trackName: string, files: (File | FileRow)[],
 *   answers: string[]}} Typed
 */

/** @type {Typed} */
export const NOTHING = {
  when: "",
  source: "",
  text: "",
  decided: "",
  told: "",
  significant: false,
  place: "",
  order: "",
  label: "",
  track: "",
  trackName: "",
  files: [],
  answers: [],
};

const typed = signal(NOTHING);
const more = signal(false);
/** Of one entry, as the server takes them. */
const FILES_MAX = 8;
/** A place is loaded in less; after so long somebody is elsewhere. */
const THERE_MS = 3_000;

/** Go to the entry line from anywhere; from the picture with the track that is selected there. */
export function writeEntry() {
  if (!may("log")) return;
  if (onPicture.value && selected.value && !typed.value.track) {
    const slot = store().slotOf.get(selected.value);
    const trackName = (slot !== undefined && nameAt(store(), slot)) || selected.value;
    typed.value = { ...typed.value, track: selected.value, trackName };
  }
  goTo("log");
  const until = performance.now() + THERE_MS;
  const focus = () => {
    const field = /** @type {HTMLInputElement | null} */ (document.getElementById("entry-source"));
    if (field) field.focus();
    else if (performance.now() < until) requestAnimationFrame(focus);
  };
  focus();
}

/** What the server takes of what is typed. @param {Typed} of */
export function formOf({ trackName: _name, files, place, ...of }) {
  const at = placeFrom(place);
  const kept = files.flatMap((file) => ("id" in file ? [file.id] : []));
  return { ...of, place, ...(at && { lat: at.lat, lon: at.lon }), files: kept };
}

/** Give the server the photographs under the label of their entry; one that it has stays. @param {Typed} of */
async function keep(of) {
  await keepAll(of.files, of.label, (files) => (typed.value = { ...typed.value, files }));
  return { ...of, files: typed.value.files };
}

/** @param {{onEntered: (row: import("../types.js").LogRow) => void}} props */
export function EntryLine({ onEntered }) {
  void second.value;
  const task = useTask();
  const set = (/** @type {keyof Typed} */ name, /** @type {any} */ value) =>
    (typed.value = { ...typed.value, [name]: value });
  const enter = (/** @type {boolean} */ significant) => {
    const form = { ...typed.value, significant: significant || typed.value.significant };
    if (task.busy) return;
    void task.run(async () => {
      const row = await calls.enter(formOf(await keep(form)));
      typed.value = NOTHING;
      more.value = false;
      say(t("log.entered"));
      onEntered(row);
      document.getElementById("entry-source")?.focus();
    });
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return; // Enter chooses a word of Japanese first.
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      enter(true);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      /** @type {HTMLElement} */ (event.target).blur();
    }
  };
  const of = typed.value;
  return html`<form class="entry" aria-label=${t("log.entry")} onKeyDown=${onKeyDown}
    onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), enter(false))}>
    <div class="entry-line">
      <label class="field entry-when" title=${t("log.when_hint")}><span class="field-name">${t("log.when")}</span><${MomentText}
        text=${of.when} empty=${`${clockText(now()).slice(0, 5).replace(":", "")}Z`}
        onText=${(/** @type {string} */ text) => set("when", text)} /></label>
      <${Text} name="source" of=${of} set=${set} id="entry-source" />
      <${Text} name="text" of=${of} set=${set} required />
      <${Text} name="decided" of=${of} set=${set} />
      <${Text} name="told" of=${of} set=${set} />
      <button class="button strong" type="submit" disabled=${task.busy}>${t("log.enter")} <kbd>Enter</kbd></button>
    </div>
    <div class="entry-more"><${WillBe} of=${of} />
      <label class="check"><input type="checkbox" checked=${of.significant}
        onChange=${() => set("significant", !of.significant)} /><span>★ ${t("log.significant")}</span></label>
      <button class="button small" type="button" aria-expanded=${more.value}
        onClick=${() => (more.value = !more.value)}><${Icon} name=${more.value ? "minus" : "plus"} />${t("log.more")}</button>
      ${
        of.track &&
        html`<span class="chip-track">${t("log.track_with", { name: of.trackName })}
        <button class="button small" type="button" onClick=${() => (typed.value = { ...of, track: "", trackName: "" })}>
          ${t("log.leave_out")}</button></span>`
      }
      <${Answers} of=${of} onChosen=${(/** @type {string[]} */ ids) => set("answers", ids)} />
      ${of.files.map(
        (file, n) => html`<span class="chip-track" key=${n}>${file.name}
        <button class="button small" type="button"
          onClick=${() =>
            set(
              "files",
              of.files.filter((other) => other !== file),
            )}>${t("log.leave_out")}</button></span>`,
      )}
      <small class="entry-keys">${t("log.keys")}</small>
    </div>
    ${more.value && html`<${More} of=${of} set=${set} task=${task} />`}
    <${Problem} refusal=${task.refusal} />
  </form>`;
}

/** @param {{name: "source" | "text" | "decided" | "told", of: Typed, set: (name: keyof Typed, value: any) => void, id?: string, required?: boolean}} props */
const Text = ({
  name,
  of,
  set,
  id,
  required,
}) => html`<label class="field entry-${name}"><span class="field-name">${t(`log.${name}`)}</span>
  <input id=${id} autocomplete="off" required=${required} maxlength=${name === "text" ? 2000 : 1000} value=${of[name]}
    onInput=${(/** @type {any} */ event) => set(name, event.currentTarget.value)} /></label>`;

/** The mark that the entry will bear, before it is sent. @param {{of: Typed}} props */
function WillBe({ of }) {
  const files = of.files.flatMap((file) => ("id" in file ? [file.id] : []));
  const { mark, problem } = useMark(of.label, { track: of.track, files });
  return html`<span class="entry-mark" role="status">${
    problem
      ? !more.value && html`<span class="warn">▲ ${problem}</span>` // else it stands beside the field
      : html`<span class="dim">${t("label.will_be")}</span> <b class="portion" lang="en">${mark || "…"}</b>`
  }</span>`;
}

/** @param {{of: Typed, set: (name: keyof Typed, value: any) => void, task: import("../people/form.js").Task}} props */
function More({ of, set, task }) {
  const at = of.place && placeFrom(of.place);
  const add = (/** @type {any} */ event) => {
    set("files", [...of.files, ...event.currentTarget.files].slice(0, FILES_MAX));
    event.currentTarget.value = "";
  };
  const text = (/** @type {"place" | "order"} */ name) => html`<input autocomplete="off" maxlength="200"
    value=${of[name]} onInput=${(/** @type {any} */ event) => set(name, event.currentTarget.value)} />`;
  return html`<div class="entry-fields">
    <label class="field"><span class="field-name">${t("log.place")}</span>${text("place")}
      <small>${at ? t("log.place_found") : t("log.place_hint")}</small></label>
    <label class="field"><span class="field-name">${t("log.order")}</span>${text("order")}</label>
    <label class="field"><span class="field-name">${t("log.label")}</span><${LabelText} value=${of.label} of=${{ track: of.track }}
      placeholder=${t("log.label_hint")} onText=${(/** @type {string} */ label) => set("label", label)} /></label>
    <label class="field"><span class="field-name">${t("log.files")}</span>
      <input type="file" multiple accept="image/*" disabled=${task.busy} onChange=${add} /></label></div>`;
}
