/**
 * Where the page begins: words, session, the live stream, and the clockwork that keeps lists and filters up to date.
 */

import { effect } from "@preact/signals";
import { html, render } from "htm/preact";

import { number } from "./format.js";
import { listenForKeys } from "./keys.js";
import { centre, placeOf, redraw } from "./map/map.js";
import { missing, waiting } from "./operations/waiting.js";
import { App } from "./parts/app.js";
import { listed, tally } from "./parts/list.js";
import { beginSession, recheck, watchSession } from "./people/account.js";
import { followAddress } from "./picture/address.js";
import { counts, rows, setFilters } from "./picture/filter.js";
import { Live } from "./picture/live.js";
import { liveStore, past, pastPictures, store } from "./picture/moment.js";
import { stats } from "./picture/stats.js";
import { connection, headquarters, hiddenBy, listOpen, may, me, order, query, second, session } from "./state.js";
import { language, loadWords, nameOf } from "./words.js";

/** Lists are made anew this often while tracks move; with many tracks the work is more, so less often. */
const LIST_MS = 1_000;
const LIST_MS_MANY = 3_000;
const MANY = 10_000;

let listedAt = 0;

function makeList() {
  listedAt = performance.now();
  tally.value = counts(store());
  if (listOpen.peek()) listed.value = rows(store(), query.peek(), order.peek(), centre());
}

function keepLists() {
  effect(() => {
    setFilters(liveStore, hiddenBy.value);
    if (past.value) setFilters(store(), hiddenBy.value);
    void [query.value, order.value, listOpen.value, language.value, pastPictures.value, connection.value.phase];
    makeList();
    redraw();
  });
  setInterval(() => {
    second.value++;
    redraw();
    const due = store().count > MANY ? LIST_MS_MANY : LIST_MS;
    if (performance.now() - listedAt >= due - 50) makeList();
  }, 1000);
}

/** The title says whose picture this is, and how much waits there, for a desk with many tabs. */
effect(() => {
  const hq = headquarters.value;
  const waits = waiting.value + missing.value.length;
  const count = waits ? `(${number(waits)}) ` : "";
  document.title = `${count}${hq ? `${nameOf(hq)} · ` : ""}jointhq`;
});

/** For tests, benches and the curious; nothing here depends on it. */
Object.assign(window, { jointhq: { stats, placeOf } });

await loadWords();
const live = new Live(liveStore, recheck);
effect(() => {
  const watching = session.value === "signed_in" && Boolean(me.value?.appointment) && may("watch");
  if (watching && !live.running) live.start();
  else if (!watching && live.running) live.stop();
});
watchSession();
keepLists();
listenForKeys();
followAddress();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
await beginSession();
