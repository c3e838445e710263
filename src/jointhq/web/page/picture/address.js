/**
 * The picture's address, `#picture/<moment>/<uid>`: as a report names what it saw, and when.
 *
 * Owns: going to that moment, and to that track once it is there. Doesn't own: the moment shown (`moment.js`).
 * What was gone to is no longer in the address: live again, a reload stays live.
 */

import { effect } from "@preact/signals";

import { goToTrack } from "../map/map.js";
import { goTo, onPicture, within } from "../places.js";
import { selected } from "../state.js";
import { goTo as goToMoment, pastPictures, store } from "./moment.js";

/** The track gone to, until the picture of then is there. */
let sought = "";

export function followAddress() {
  effect(() => {
    const [, at, uid] = (onPicture.value && /^(\d{12,14})(?:\/(.+))?$/.exec(within.value)) || [];
    if (!at) return;
    queueMicrotask(() => {
      sought = uid ?? "";
      selected.value = sought;
      goTo("picture", "", "replace");
      goToMoment(Number(at));
    });
  });
  effect(() => {
    void pastPictures.value;
    if (!sought || !store().slotOf.has(sought)) return;
    const uid = sought;
    sought = "";
    queueMicrotask(() => goToTrack(uid));
  });
}
