/**
 * The desk of whoever administers people, or may ask why: its tabs, and what fences it.
 *
 * Doesn't own: what stands in a tab (`persons.js`, `appointments.js`, `invitations.js`, `certificates.js`, `why.js`).
 */

import { html } from "htm/preact";

import { Icon } from "../parts/icons.js";
import { administers, desk, DESKS, goToDesk, may, mayOpen, narrow } from "../state.js";
import { t } from "../words.js";
import { AppointmentsDesk } from "./appointments.js";
import * as calls from "./calls.js";
import { CertificatesDesk } from "./certificates.js";
import { Problem, useAnswer } from "./form.js";
import { InvitationsDesk } from "./invitations.js";
import { PersonsDesk } from "./persons.js";
import { Offered } from "./table.js";
import { WhyDesk } from "./why.js";

const VIEWS = {
  people: PersonsDesk,
  appointments: AppointmentsDesk,
  invitations: InvitationsDesk,
  certificates: CertificatesDesk,
  why: WhyDesk,
};

export function Desk() {
  const { value: choices, refusal } = useAnswer(async () => (administers.value ? calls.choices() : null), []);
  const open = desk.value;
  if (!open) return null;
  if (!mayOpen(open)) {
    return html`<main class="desk"><div class="desk-none"><p class="problem">${t("error.not_permitted")}</p>
      <button class="button" onClick=${() => goToDesk("")}>${t("menu.picture")}</button></div></main>`;
  }
  const View = VIEWS[open];
  return html`<main class="desk">
    <div class="desk-head">
      <nav class="desk-tabs" role="tablist" aria-label=${t("menu.people")}>
        ${DESKS.filter(mayOpen).map(
          (name) => html`<button role="tab" key=${name} aria-selected=${name === open} onClick=${() => goToDesk(name)}>
          ${t(`desk.${name}`)}</button>`,
        )}
      </nav>
      ${
        choices?.delegate_of &&
        html`<p class="fence"><span
        aria-hidden="true">▲</span> ${t("desk.fence", { organisation: choices.delegate_of })}</p>`
      }
      ${
        may("watch") &&
        html`<button class="button back" title=${`${t("menu.picture")} (a)`} onClick=${() => goToDesk("")}><${Icon}
          name="map" />
        ${!narrow.value && t("menu.picture")}</button>`
      }
    </div>
    <${Problem} refusal=${refusal} />
    <${Offered.Provider} value=${choices}><${View} key=${open} /><//>
  </main>`;
}
