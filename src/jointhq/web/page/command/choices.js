/**
 * Appointments and responsibilities that an act may name.
 *
 * Owns: asking for them once they are needed and when the structure changes. Doesn't own: units and relations
 * (`moment.js`), the forms (`actform.js`).
 */

import { effect, signal } from "@preact/signals";

import { Refusal } from "../api.js";
import { here } from "../places.js";
import { heard } from "../state.js";
import { nameOf } from "../words.js";
import * as calls from "./calls.js";

/** @typedef {import("./types.js").Act} Act */

/** @type {import("@preact/signals").Signal<import("./types.js").Choices>} */
export const choices = signal({ appointments: [], responsibilities: [] });

effect(() => {
  void heard.value.command;
  if (here.value?.name !== "structure") return;
  calls.choices().then(
    (answer) => (choices.value = answer),
    (error) => {
      if (!(error instanceof Refusal)) throw error;
    },
  );
});

/** @param {{title: string, title_ja: string}} row */
export const titleOf = (row) => nameOf({ name: row.title, name_ja: row.title_ja });

/** @param {string} id */
export function appointmentName(id) {
  const one = choices.value.appointments.find((row) => row.id === id);
  return one ? titleOf(one) : id;
}

/** @param {string} id @param {Act[]} acts of the draft */
export function responsibilityName(id, acts) {
  const one = choices.value.responsibilities.find((row) => row.id === id);
  if (one) return titleOf(one);
  const given = acts.find((act) => act.kind === "responsibility.given" && act.responsibility === id);
  return given ? nameOf({ name: given.title, name_ja: given.title_ja }) : id;
}
