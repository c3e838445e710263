/**
 * The switch between the places of the headquarters, and what stands where a place isn't loaded yet.
 */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

import { asked } from "../command/prompts.js";
import { number } from "../format.js";
import { missing, waitingAt } from "../operations/waiting.js";
import { addressOf, here, load, loadProblem, module, places } from "../places.js";
import { t } from "../words.js";
import { errorText } from "./card.js";
import { Icon } from "./icons.js";

/** A wait that is longer is said. */
const SLOW_MS = 1_000;

/** Links: a place opens in another tab as any page does. With one place there is nothing to choose. */
export const PlaceSwitch = () =>
  places.value.length > 1 &&
  html`<nav class="places" aria-label=${t("places")}>
    ${places.value.map(
      ({ name, icon, key }) => html`<a key=${name} href=${addressOf(name)} title=${`${t(`place.${name}`)} (${key})`}
      aria-current=${here.value?.name === name ? "page" : undefined}><${Icon} name=${icon} />
        <span>${t(`place.${name}`)}</span>
        ${waitingAt(name) > 0 && html`<${Count} n=${waitingAt(name)} word="place.waits" />`}
        ${name === "rhythm" && html`<${Count} n=${missing.value.length} word="rhythm.missing" />`}
        ${name === "structure" && html`<${Count} n=${asked.value} word="command.wait" />`}</a>`,
    )}</nav>`;

/** How much waits there for the reader. @param {{n: number, word: string}} props */
const Count = ({ n, word }) =>
  n > 0 &&
  html`<b class="places-count" title=${t(word, { n: number(n) })} aria-hidden="true">${number(n)}</b><span class="unseen">${t(word, { n: number(n) })}</span>`;

/** The place shown, if it isn't the picture. */
export function Shown() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  const Place = module.value?.Place;
  if (Place) return html`<${Place} />`;
  if (loadProblem.value) {
    return html`<main class="desk"><div class="desk-none"><p class="problem" role="alert">${errorText(loadProblem.value)}</p>
      <button class="button" onClick=${() => void load()}>${t("sign_in.again")}</button></div></main>`;
  }
  return html`<main class="desk" aria-busy="true">${slow && html`<p class="note desk-none" role="status">
    ${t("place.loading")}</p>`}</main>`;
}
