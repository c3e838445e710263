/**
 * The bar at the top: whose headquarters, what time it is where, whether the picture is live, and the switches.
 */

import { html } from "htm/preact";

import { now } from "../clock.js";
import { clockText, dayText, exactText, number, span } from "../format.js";
import { Menu } from "../people/menu.js";
import { isLive, moment } from "../picture/moment.js";
import { onPicture } from "../places.js";
import { connection, drawer, headquarters, listOpen, may, narrow, second, switchTheme, theme } from "../state.js";
import { language, nameOf, setLanguage, t } from "../words.js";
import { beside, letterOf, offsetOf, zoneName } from "../zones.js";
import { Icon } from "./icons.js";
import { PlaceSwitch } from "./places.js";

export function TopBar() {
  const hq = headquarters.value;
  return html`<header class="topbar">
    ${
      onPicture.value &&
      html`<button class="button icon-only list-switch" aria-pressed=${listOpen.value} title=${t("list.switch")}
      aria-label=${t("list.switch")} onClick=${() => (listOpen.value = !listOpen.value)}><${Icon} name="list" />
        </button>`
    }
    <div class="headquarters">
      <h1>${hq ? nameOf(hq) : "jointhq"}</h1>
      ${hq?.exercise && html`<span class="exercise">${t("exercise.mark")}</span>`}
    </div>
    <${PlaceSwitch} />
    <${Clocks} />
    ${may("watch") && html`<${ConnectionState} />`}
    <nav class="switches" aria-label=${t("switches")}>
      ${
        !may("watch") &&
        html`<${Switch} icon="server" word="status.open" key_="s" pressed=${drawer.value === "status"}
          onClick=${() => toggleDrawer("status")} />`
      }
      <button class="button" title=${`${t("language.switch")} (g)`} lang=${language.value === "en" ? "ja" : "en"}
        onClick=${() => setLanguage(language.value === "en" ? "ja" : "en")}>${t("language.other")}</button>
      <${Switch} icon=${theme.value === "dark" ? "sun" : "moon"}
        word=${theme.value === "dark" ? "theme.light" : "theme.dark"}
        key_="t" onClick=${switchTheme} />
      ${
        !narrow.value &&
        html`<${Switch} icon="help" word="help.open" key_="?" pressed=${drawer.value === "help"}
          onClick=${() => toggleDrawer("help")} />`
      }
      <${Menu} />
    </nav>
  </header>`;
}

/** @param {import("../state.js").DrawerName} which */
export function toggleDrawer(which) {
  drawer.value = drawer.value === which ? "" : which;
}

/** @param {{icon: string, word: string, key_?: string, pressed?: boolean, onClick: () => void}} props */
function Switch({ icon, word, key_, pressed, onClick }) {
  const label = t(word);
  return html`<button class="button icon-only" aria-label=${label} title=${key_ ? `${label} (${key_})` : label}
    aria-pressed=${pressed} onClick=${onClick}><${Icon} name=${icon} /></button>`;
}

/** Zulu first, then the zones that one looks at; of the moment shown, so that past is past everywhere. */
function Clocks() {
  void second.value;
  const at = moment();
  const live = isLive.value;
  return html`<div class=${live ? "clocks" : "clocks past"} role="group" aria-label=${t("clocks")} title=${t("clocks.choose")}
      onClick=${() => (drawer.value = "zones")}>
    ${["UTC", ...beside.value].map((zone) => {
      const offset_minutes = offsetOf(at, zone);
      return html`<div class="clock" key=${zone}>
      <span class="zone">${zoneName(zone)}</span>
      <time>${clockText(at, offset_minutes).slice(0, narrow.value ? 5 : 8)}<span class="letter">${letterOf(at, zone)}
        </span></time>
      <span class="day">${dayText(at, offset_minutes)}</span>
    </div>`;
    })}
  </div>`;
}

function ConnectionState() {
  void second.value;
  const { phase, since_ms, retry_at, lag_ms } = connection.value;
  const wait = Math.max(0, Math.ceil((retry_at - performance.now()) / 1000));
  const main =
    phase === "live"
      ? t("connection.live")
      : phase === "waiting"
        ? t("connection.waiting", { s: wait })
        : t("connection.connecting");
  const more =
    phase === "live"
      ? t("connection.lag", { s: number(Math.max(0.1, lag_ms / 1000), 1) })
      : since_ms
        ? t("connection.lost", { span: span(now() - since_ms) })
        : "";
  const since = since_ms
    ? t(phase === "live" ? "connection.since" : "connection.lost_since", { time: exactText(since_ms) })
    : "";
  const title = [`${t("status.open")} (s)`, since].filter(Boolean).join("\n");
  return html`<button class="connection ${phase}" title=${title} onClick=${() => toggleDrawer("status")}>
    <svg viewBox="0 0 16 16" aria-hidden="true">${
      phase === "live"
        ? html`<circle cx="8" cy="8" r="5" />`
        : phase === "waiting"
          ? html`<path d="M8 2L15 14H1Z" />`
          : html`<circle class="hollow" cx="8" cy="8" r="4.5" />`
    }</svg>
    <span class="main">${main}</span><span class="more">${more}</span>
  </button>`;
}
