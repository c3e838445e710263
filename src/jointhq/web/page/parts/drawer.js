/**
 * The drawer at the right: how the server fares, which keys there are; and what is one's own (`people/`).
 */

import { html } from "htm/preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import { now } from "../clock.js";
import { bytes, number, span, when } from "../format.js";
import { AccessTab } from "../people/access.js";
import { leave } from "../people/account.js";
import { AppointmentTab } from "../people/appointment.js";
import { DevicesTab } from "../people/enrolment.js";
import { Mark, Sign } from "../people/form.js";
import { onPicture, placeKeys, places } from "../places.js";
import { drawer, focusDrawer, headquarters, second, status } from "../state.js";
import { has, t } from "../words.js";
import { Icon } from "./icons.js";
import { sourceName } from "./list.js";
import { ZonesTab } from "./zones.js";

/** Two drawers: of the server, and of whoever is signed in. */
const TABS = /** @type {const} */ ([
  ["status", "help"],
  ["appointment", "access", "devices", "zones"],
]);
const CONTENTS = {
  status: { word: "status.title", body: Status },
  help: { word: "help.title", body: Help },
  appointment: { word: "appointment.tab", body: AppointmentTab },
  access: { word: "access.tab", body: AccessTab },
  devices: { word: "devices.tab", body: DevicesTab },
  zones: { word: "zones.tab", body: ZonesTab },
};

export function Drawer() {
  const open = drawer.value;
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const box = ref.current;
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    return () => {
      if (box && document.activeElement !== document.body && !box.contains(document.activeElement)) return;
      if (before?.isConnected && before !== document.body) before.focus();
    };
  }, []);
  if (!open) return null;
  // Out of a field first: what was typed stays until the drawer is closed by a second press.
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const at = /** @type {HTMLElement} */ (event.target);
    if (event.key !== "Escape" || !/^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName)) return;
    event.preventDefault();
    focusDrawer();
  };
  return html`<aside class="panel drawer" ref=${ref} aria-label=${t(CONTENTS[open].word)} onKeyDown=${onKeyDown}>
    <div class="drawer-head" role="tablist">
      ${TABS.find((tabs) => tabs.some((tab) => tab === open))?.map(
        (tab) => html`<button role="tab" key=${tab} aria-selected=${tab === open}
        onClick=${() => (drawer.value = tab)}>${t(CONTENTS[tab].word)}</button>`,
      )}
      <button class="button icon-only" aria-label=${t("drawer.close")} title=${`${t("drawer.close")} (Esc)`}
        onClick=${() => (drawer.value = "")}><${Icon} name="close" /></button>
    </div>
    <div class="drawer-body" tabindex="0">
      <${CONTENTS[open].body} />
    </div>
  </aside>`;
}

/** A reason's code in words. @param {string} group @param {string} code */
const reasonText = (group, code) => (has(`${group}.${code}`) ? t(`${group}.${code}`) : code.replaceAll("_", " "));

function Status() {
  void second.value;
  const said = status.value;
  if (!said) return html`<p class="note">${t("status.none_yet")}</p>`;
  const { history } = said;
  return html`
    <dl class="figures-row">
      <${Figure} name=${t("status.tracks")} value=${number(said.tracks)} />
      ${said.ingest_per_s !== undefined && html`<${Figure} name=${t("status.ingest")}
        value=${t("status.per_s", { n: number(said.ingest_per_s) })} />`}
      <${Figure} name=${t("status.clients")} value=${number(said.clients_total ?? said.clients.length)} />
      ${said.pages !== undefined && html`<${Figure} name=${t("status.pages")} value=${number(said.pages)} />`}
    </dl>
    <section><h3>${t("status.history")}</h3>
      <p class="state"><${Sign} good=${history.recording} />
        ${t(history.recording ? "history.recording" : "history.stopped")}
        ${!history.recording && history.reason && html`<span>${history.reason}</span>`}</p>
      <p class="dim">${history.oldest_ms ? t("history.since", { time: when(history.oldest_ms) }) : t("time.no_history")}
        ${history.bytes ? ` · ${bytes(history.bytes)}` : ""}</p></section>
    <section><h3>${t("status.feeds")}</h3>${
      said.feeds.length
        ? said.feeds.map((feed) => html`<${Feed} key=${feed.id} feed=${feed} />`)
        : html`<p class="note">${t("feeds.none")}</p>`
    }</section>
    <section><h3>${t("status.clients")}</h3>${
      said.clients.length
        ? html`<${Clients} />`
        : html`<p class="note">${t("clients.none")}
      <button class="button small" onClick=${() => (drawer.value = "devices")}>${t("connect.title")}</button></p>`
    }</section>
    <section><h3>${t("status.closed")}</h3>${
      said.closed.length ? html`<${ClosedClients} />` : html`<p class="note">${t("closed.none")}</p>`
    }</section>
    ${said.drops && html`<section><h3>${t("status.drops")}</h3><${Reasons} reasons=${said.drops} group="drop"
      none=${t("drops.none")} /></section>`}
    <section class="state"><span class="dim">jointhq ${headquarters.value?.version ?? ""}</span>
      <button class="button small n" onClick=${leave}><${Icon} name="exit" />${t("session.sign_out")}</button>
        </section>`;
}

/** @param {{name: string, value: string}} props */
const Figure = ({ name, value }) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** @param {{feed: import("../types.js").FeedStatus}} props */
function Feed({ feed }) {
  return html`<div class="feed">
    <p class="state"><${Sign} good=${feed.state === "live"} /><b>${sourceName(feed.id)}</b>
      <span>${reasonText("feed.state", feed.state)}</span><span class="n">
        ${t("feed.events", { n: number(feed.events) })}</span></p>
    <p class="dim">${reasonText("feed.kind", feed.kind)}
      ${feed.last_ms ? ` · ${t("feed.last", { span: span(now() - feed.last_ms) })}` : ""}
      ${feed.detail && html`<br />
        ${has(`feed.code.${feed.code}`) ? t(`feed.code.${feed.code}`, feed.params) : feed.detail}`}</p>
    ${
      Object.keys(feed.refused).length > 0 &&
      html`<p class="dim">${t("feed.refused")}</p>
      <${Reasons} reasons=${feed.refused} group="refused" none="" />`
    }
  </div>`;
}

/** @param {{reasons: Record<string, number>, group: string, none: string}} props */
function Reasons({ reasons, group, none }) {
  const sorted = Object.entries(reasons)
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1]);
  if (!sorted.length) return none ? html`<p class="note">${none}</p>` : null;
  return html`<ul class="reasons">${sorted.map(
    ([reason, n]) => html`<li key=${reason}>
    <span>${reasonText(group, reason)}</span><b>${number(n)}</b></li>`,
  )}</ul>`;
}

/** What counts hidden things too is not for everyone: a dash. @param {number | null} value */
const counted = (value) => (value === null ? "–" : number(value));

function Clients() {
  return html`<table><thead><tr><th>${t("client.callsign")}</th><th>${t("client.encoding")}</th><th class="n">
    ${t("client.in")}</th>
    <th class="n">${t("client.out")}</th><th class="n">${t("client.since")}</th></tr></thead>
    <tbody>${status.value?.clients.map(
      (client) => html`<tr key=${client.address}>
      <td><${Mark} mark=${client.mark} /><b>${client.callsign || t("client.unnamed")}</b><small>${client.address}
        </small>
        ${client.tls === false && html`<small class="warn">▲ ${t("connect.plain")}</small>`}
        ${client.lagging && client.queued_bytes !== null && html`<small class="warn">▲ ${t("client.lagging", { bytes: bytes(client.queued_bytes) })}
          </small>`}</td>
      <td>${client.encoding}</td><td class="n">${counted(client.events_in)}</td><td class="n">
        ${counted(client.events_out)}</td>
      <td class="n">${span(now() - client.since_ms)}</td></tr>`,
    )}</tbody></table>`;
}

function ClosedClients() {
  const closed = [...(status.value?.closed ?? [])].sort((a, b) => b.at_ms - a.at_ms);
  return html`<table><tbody>${closed.map(
    (client) => html`<tr key=${`${client.address} ${client.at_ms}`}>
    <td><b>${client.callsign || t("client.unnamed")}</b><small>${client.address}</small></td>
    <td>${reasonText("closed.reason", client.reason)}<small>${client.detail}</small></td>
    <td class="n">${t("client.ago", { span: span(now() - client.at_ms) })}</td></tr>`,
  )}</tbody></table>`;
}

/** Of the picture; the last says that it works everywhere. @type {[string, string[], boolean?][]} */
const KEYS = [
  ["search", ["/"], true],
  ["arrows", ["↑", "↓"]],
  ["enter", ["Enter"]],
  ["follow", ["f"]],
  ["centre", ["c"]],
  ["path", ["p"]],
  ["esc", ["Esc"], true],
  ["live", ["l"]],
  ["step", ["[", "]"]],
  ["step_more", ["{", "}"]],
  ["play", ["space"]],
  ["views", ["1", "…", "9"]],
  ["zoom", ["+", "−"]],
  ["list", ["b"]],
  ["entry", ["e"], true],
  ["menu", ["m"], true],
  ["why", ["w"], true],
  ["status", ["s"], true],
  ["theme", ["t"], true],
  ["language", ["g"], true],
  ["help", ["?"], true],
];

const ARROWS = /** @type {Record<string, string>} */ ({ ArrowDown: "↓", ArrowUp: "↑", " ": "space" });

/** @param {{keys: readonly string[], text: string}} props */
const Key = ({ keys, text }) =>
  html`<div><dt>${keys.map((key) => html`<kbd key=${key}>${has(`key.${key}`) ? t(`key.${key}`) : key}</kbd>`)}</dt>
    <dd>${text}</dd></div>`;

function Help() {
  /** @type {Map<string, string[]>} by word */
  const own = new Map();
  for (const [key, { word }] of Object.entries(placeKeys.value)) {
    if (key !== "Escape") own.set(word, [...(own.get(word) ?? []), ARROWS[key] ?? key]);
  }
  const shown = KEYS.filter(([, , everywhere]) => everywhere || onPicture.value);
  return html`<dl class="keys">
    ${places.value.map(({ name, key }) => html`<${Key} key=${name} keys=${[key]} text=${t(`place.${name}`)} />`)}
    ${[...own].map(([word, keys]) => html`<${Key} key=${word} keys=${keys} text=${t(word)} />`)}
    ${shown.map(([name, keys]) => html`<${Key} key=${name} keys=${keys} text=${t(`help.${name}`)} />`)}</dl>
    ${onPicture.value && html`<${PictureHelp} />`}`;
}

const PictureHelp = () => html`<section><h3>${t("help.symbols")}</h3><p>${t("help.symbols_text")}</p></section>
    <section><h3>${t("help.stale_title")}</h3><p>${t("help.stale_text")}</p></section>
    <section><h3>${t("help.stack_title")}</h3><p>${t("help.stack_text")}</p></section>
    <section><h3>${t("help.search_title")}</h3><p>${t("help.search_text")}</p></section>`;
