/**
 * Choosing the zones that one looks at times in.
 *
 * Doesn't own: which they are (`zones.js`).
 */

import { html } from "htm/preact";

import { now } from "../clock.js";
import { clockText, dayText } from "../format.js";
import { second } from "../state.js";
import { t } from "../words.js";
import { beside, letterOf, look, OFFERED, offsetOf, zoneName, zones } from "../zones.js";

/** Two or three zones, the first leads. */
export const ZonePick = () => html`<div class="zone-pick" role="group" aria-label=${t("zones.title")}>${[0, 1, 2].map(
  (n) => html`<select key=${n} aria-label=${t("zones.n", { n: n + 1 })} value=${zones.value[n] ?? ""}
    onChange=${(/** @type {any} */ event) => look(n, event.currentTarget.value)}>
    ${n === 2 && html`<option value="">${t("zones.no_third")}</option>`}
    ${[...new Set([...OFFERED, ...zones.value])].map((zone) => html`<option key=${zone} value=${zone}>${zoneName(zone)}</option>`)}</select>`,
)}</div>`;

/** One's own zones, with what time it is there. */
export function ZonesTab() {
  void second.value;
  const at = now();
  return html`<section><h3>${t("zones.title")}</h3><p class="note">${t("zones.hint")}</p><div class="fields"><${ZonePick} /></div>
    <dl class="zone-times"><div><dt>${zoneName("UTC")}</dt><dd>${dayText(at)} ${clockText(at)}Z</dd></div>
      ${beside.value.map((zone) => {
        const offset_minutes = offsetOf(at, zone);
        return html`<div key=${zone}><dt>${zoneName(zone)}</dt>
          <dd>${dayText(at, offset_minutes)} ${clockText(at, offset_minutes)}${letterOf(at, zone)}</dd></div>`;
      })}</dl></section>`;
}
