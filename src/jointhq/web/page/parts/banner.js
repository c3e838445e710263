/**
 * What stands at the head and the foot of every view, printed too: the highest label shown, and what everybody must
 * know about this server.
 */

import { html } from "htm/preact";

import { banner, plainTcp } from "../state.js";
import { t } from "../words.js";

export function BannerTop() {
  if (!banner.value && !plainTcp.value) return null;
  return html`<div class="banner top">
    ${banner.value && html`<b class="marking" lang="en">${banner.value}</b>`}
    ${plainTcp.value && html`<span class="plain-tcp"><span aria-hidden="true">▲</span> ${t("plain_tcp.notice")}</span>`}
  </div>`;
}

export const BannerBottom = () =>
  banner.value && html`<div class="banner bottom"><b class="marking" lang="en">${banner.value}</b></div>`;
