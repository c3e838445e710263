/**
 * The field of a label: one types a mark, or takes one that one may use, and sees under it the mark that what is written
 * will bear, or what is wrong with it.
 *
 * Owns: asking the server which mark that will be. Doesn't own: the rule (the server's).
 */

import { html } from "htm/preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { get, Refusal, send } from "../api.js";
import { refusalText } from "../people/words.js";
import { me } from "../state.js";
import { t } from "../words.js";

/** What is typed is asked about when no key has come for so long. */
const PAUSE_MS = 250;
/** @typedef {{track?: string, files?: string[]}} Of what goes with an entry, and raises its label */

/** The marks that one may use, by session: asked for once. @type {{of: string, marks: Promise<string[]>}} */
let offered = { of: "", marks: Promise.resolve([]) };

function marksOffered() {
  const of = `${me.peek()?.username} ${me.peek()?.appointment?.id}`;
  if (of !== offered.of) {
    const asked = get("/api/operations/labels").then(({ marks }) => marks);
    offered = { of, marks: asked.catch(() => ((offered.of = ""), [])) };
  }
  return offered.marks;
}

/**
 * The mark that something will bear, as the server says, once nothing more is typed.
 * @param {string} text @param {Of} [of] @param {boolean} [asks]
 * @returns {{mark: string, problem: string}}
 */
export function useMark(text, of = {}, asks = true) {
  const [said, setSaid] = useState({ mark: "", problem: "" });
  const turn = useRef(0);
  const body = JSON.stringify({ label: text, ...of });
  useEffect(() => {
    const mine = ++turn.current;
    if (!asks) return setSaid({ mark: "", problem: "" });
    const tell = (/** @type {{mark: string, problem: string}} */ what) => void (mine === turn.current && setSaid(what));
    const timer = setTimeout(async () => {
      try {
        const { mark, problem } = await send("POST", "/api/operations/labels", JSON.parse(body));
        tell({ mark, problem: problem && refusalText({ code: problem }) });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        tell({ mark: "", problem: refusalText(error) });
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      turn.current++;
    };
  }, [body, asks]);
  return said;
}

/**
 * `empty`: without text there is a mark too, the headquarters' own.
 * @param {{value: string, onText: (text: string) => void, of?: Of, empty?: boolean, placeholder?: string, id?: string,
 *   "aria-describedby"?: string}} props
 */
export function LabelText({ value, onText, of, empty = false, placeholder, id, "aria-describedby": more }) {
  const listId = useId();
  const [marks, setMarks] = useState(/** @type {string[]} */ ([]));
  useEffect(() => void marksOffered().then(setMarks), []);
  const { mark, problem } = useMark(value, of, empty || value.trim() !== "");
  return html`<span class="label-text"><input id=${id} lang="en" autocomplete="off" spellcheck=${false} maxlength="200"
      list=${`${listId}-marks`} placeholder=${placeholder} value=${value} aria-invalid=${problem ? true : undefined}
      aria-describedby=${[more, listId].filter(Boolean).join(" ")}
      onInput=${(/** @type {any} */ event) => onText(event.currentTarget.value)} />
    <datalist id=${`${listId}-marks`}>${marks.map((one) => html`<option key=${one} value=${one} />`)}</datalist>
    <small id=${listId} role="status">${
      problem ? html`<span class="warn">▲ ${problem}</span>` : mark && html`${t("label.will_be")} <b lang="en">${mark}</b>`
    }</small></span>`;
}
