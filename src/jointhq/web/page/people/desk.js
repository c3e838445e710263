/**
 * People, the place of whoever administers them, or may ask why: its tabs, and what fences it.
 *
 * Doesn't own: what stands in a tab (`persons.js`, `appointments.js`, `invitations.js`, `certificates.js`, `why.js`).
 */

import { html } from "htm/preact";

import { addressOf, within } from "../places.js";
import { administers, asksWhy } from "../state.js";
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

const views = () => /** @type {(keyof typeof VIEWS)[]} */ (Object.keys(VIEWS)).filter((name) =>
  name === "why" ? asksWhy.value : administers.value,
);

export function Place() {
  const { value: choices, refusal } = useAnswer(async () => (administers.value ? calls.choices() : null), []);
  const open = views().find((name) => name === within.value) ?? views()[0];
  const View = VIEWS[open];
  return html`<main class="desk">
    <div class="desk-head">
      <nav class="desk-tabs" role="tablist" aria-label=${t("place.people")}>
        ${views().map(
          (name) => html`<a role="tab" key=${name} aria-selected=${name === open}
          href=${addressOf("people", name === "people" ? "" : name)}>${t(`desk.${name}`)}</a>`,
        )}
      </nav>
      ${
        choices?.delegate_of &&
        html`<p class="fence"><span
        aria-hidden="true">▲</span> ${t("desk.fence", { organisation: choices.delegate_of })}</p>`
      }
    </div>
    <${Problem} refusal=${refusal} />
    <${Offered.Provider} value=${choices}><${View} key=${open} /><//>
  </main>`;
}
