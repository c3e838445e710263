/**
 * The page as a whole: which parts stand where. Doesn't own: what they do.
 */

import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

import { now } from "../clock.js";
import { number, span } from "../format.js";
import { createMap, goToView, setPadding, zoomBy } from "../map/map.js";
import { Appoint } from "../people/appointment.js";
import { CredentialsOffer, SignIn } from "../people/signin.js";
import { refusalText } from "../people/words.js";
import { isLive } from "../picture/moment.js";
import { here, onPicture } from "../places.js";
import {
  connection,
  drawer,
  headquarters,
  listOpen,
  may,
  me,
  narrow,
  notice,
  say,
  second,
  session,
  shown,
  status,
} from "../state.js";
import { Unsaved } from "../unsaved.js";
import { nameOf, t } from "../words.js";
import { BannerBottom, BannerTop } from "./banner.js";
import { TrackCard } from "./card.js";
import { Drawer } from "./drawer.js";
import { Icon } from "./icons.js";
import { List } from "./list.js";
import { Shown } from "./places.js";
import { PastFrame, TimeBar } from "./timebar.js";
import { Chooser, Tip } from "./tip.js";
import { toggleDrawer, TopBar } from "./topbar.js";

/** A line lost for less is not worth greying the picture. */
const LOST_MS = 3_000;
const NOTICE_MS = 4_000;
/** Longer where it can be undone: one has to read, decide and get there. */
const UNDO_MS = 12_000;
/** What the list takes of the map's width, with its margin. */
const LIST_PX = 348;

/** Whether the picture has been shown: who opens the page at another place doesn't wait for its map. */
let pictured = false;

export function App() {
  if (session.value === "checking") return html`<main class="sign-in" aria-busy="true"></main>`;
  if (session.value === "signed_out") return html`<${SignIn} />`;
  if (!me.value?.appointment) {
    return html`<div class="page"><${BannerTop} /><${Appoint} /><${BannerBottom} /><${Notice} /></div>`;
  }
  const picture = may("watch");
  const beside = !onPicture.value;
  pictured ||= !beside;
  return html`<div class=${beside ? "page at-desk" : "page"}>
    <${BannerTop} />
    <${TopBar} />
    <${CredentialsOffer} />
    <div class="views-all">
      ${picture && pictured && html`<${Stage} away=${beside} />`}
      ${beside && html`<${Beside} />`}
    </div>
    ${picture && html`<${TimeBar} />`}
    <${BannerBottom} />
    <${Notice} />
    <${Unsaved} />
  </div>`;
}

/** What stands in place of the picture. */
const Beside = () => html`<div class="beside">
  ${here.value ? html`<${Shown} key=${here.value.name} />` : html`<p class="note no-picture">${t("me.no_picture")}</p>`}
  ${drawer.value && html`<div class="right"><${Drawer} /></div>`}
</div>`;

/** The picture; once shown it goes on behind a desk, so that coming back to it takes no time. @param {{away: boolean}} props */
function Stage({ away }) {
  const listShown = listOpen.value;
  useEffect(() => setPadding(listShown && !narrow.value ? LIST_PX : 0), [listShown, narrow.value]);
  return html`<main class=${away ? "stage away" : "stage"} inert=${away} aria-hidden=${away}>
    <${Canvas} />
    <${LostBanner} />
    <${PastFrame} />
    ${listShown && html`<${List} />`}
    <div class="right">
      ${drawer.value && !away ? html`<${Drawer} />` : html`<${TrackCard} />`}
    </div>
    <${MapControls} />
    <${Hint} />
    <${Tip} />
    <${Chooser} />
  </main>`;
}

/** The map and, over it, the tracks; made once. */
function Canvas() {
  const map = useRef(/** @type {HTMLElement | null} */ (null));
  const tracks = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useEffect(() => {
    if (map.current && tracks.current) createMap(map.current, tracks.current);
  }, []);
  void second.value;
  const lost =
    isLive.value &&
    connection.value.phase !== "live" &&
    connection.value.since_ms > 0 &&
    now() - connection.value.since_ms > LOST_MS;
  return html`<div class="map" ref=${map} role="application" aria-label=${t("map.title")}></div>
    <canvas class=${lost ? "tracks lost" : "tracks"} ref=${tracks} aria-hidden="true"></canvas>`;
}

function MapControls() {
  const views = headquarters.value?.views ?? [];
  return html`<div class="map-controls">
    ${
      narrow.value
        ? html`<select class="views-choice" aria-label=${t("view.title")} value=""
          onChange=${(/** @type {any} */ event) => {
            goToView(Number(event.currentTarget.value));
            event.currentTarget.value = "";
          }}>
          <option value="" disabled>${t("view.title")}</option>
          ${views.map((view, i) => html`<option value=${i} key=${view.name}>${nameOf(view)}</option>`)}
        </select>`
        : html`<div class="views" role="group" aria-label=${t("view.title")}>
          ${views.slice(0, 9).map(
            (view, i) => html`<button class="button small" key=${view.name}
            title=${`${nameOf(view)} (${i + 1})`} onClick=${() => goToView(i)}><kbd>${i + 1}</kbd>${nameOf(view)}</button>`,
          )}
        </div>`
    }
    <div class="zoom">
      <button class="button icon-only" aria-label=${t("map.zoom_in")} title=${`${t("map.zoom_in")} (+)`}
        onClick=${() => zoomBy(1)}><${Icon} name="plus" /></button>
      <button class="button icon-only" aria-label=${t("map.zoom_out")} title=${`${t("map.zoom_out")} (−)`}
        onClick=${() => zoomBy(-1)}><${Icon} name="minus" /></button>
    </div>
    <p class="in-view">${t(shown.value.dots ? "map.in_view_dots" : "map.in_view", { n: number(shown.value.inView) })}</p>
  </div>`;
}

/** Said over the map while the line is lost: the picture is as it was. */
function LostBanner() {
  void second.value;
  const { phase, since_ms } = connection.value;
  if (!isLive.value || phase === "live" || !since_ms || now() - since_ms < LOST_MS) return null;
  return html`<p class="lost-banner" role="alert">
    <span aria-hidden="true">▲</span>${t("connection.banner", { span: span(now() - since_ms) })}</p>`;
}

/** In an empty headquarters: how to fill it. */
function Hint() {
  if (!status.value || shown.value.tracks || !isLive.value || listOpen.value || connection.value.phase !== "live")
    return null;
  return html`<div class="hint panel"><p>${t("list.no_tracks")}</p>
    <button class="button strong" onClick=${() => toggleDrawer("devices")}>${t("connect.title")}</button></div>`;
}

function Notice() {
  const { text, id, undo } = notice.value;
  useEffect(() => {
    if (!text) return undefined;
    const timer = setTimeout(() => (notice.value = { text: "", id }), undo ? UNDO_MS : NOTICE_MS);
    return () => clearTimeout(timer);
  }, [id]);
  const takeBack = () =>
    undo?.().then(
      () => say(t("notice.undone")),
      (error) => say(refusalText(error)),
    );
  return html`<div class=${text ? "notice shown" : "notice"} role="status" aria-live="polite">${text}
    ${undo && html`<button class="button small" onClick=${takeBack}>${t("notice.undo")}</button>`}</div>`;
}
