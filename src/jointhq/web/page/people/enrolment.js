/**
 * Connecting a device: the token that enrols it, and what to do on each kind of client.
 *
 * Doesn't own: what a client wants in its package or code (the server's `people/enrol.py`).
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { when } from "../format.js";
import { headquarters, me, plainTcp } from "../state.js";
import { t } from "../words.js";
import * as calls from "./calls.js";
import { MyCertificates } from "./certificates.js";
import { Copy, Field, Mark, Problem, Sign, useAnswer, useForm, useTask } from "./form.js";
import { Minutes } from "./invitations.js";
import { titleOf } from "./words.js";

const CLIENTS = /** @type {const} */ (["atak", "wintak", "itak", "pytak", "cloudtak", "node_tak"]);
const EVERYWHERE = new Set(["0.0.0.0", "::", ""]);

/** @param {string} transport */
const portOf = (transport) => headquarters.value?.tak?.find((port) => port.transport === transport);

/** Where clients reach this server: as this page did, unless it listens elsewhere. */
function site() {
  const tls = portOf("tls") ?? portOf("ssl");
  const any = tls ?? portOf("tcp");
  const host = any && !EVERYWHERE.has(any.host) ? any.host : location.hostname;
  return { host, tls: tls?.port, tcp: portOf("tcp")?.port, only: /^(127\.0\.0\.1|localhost|::1)$/.test(host) };
}

/** The tab of the drawer. */
export function DevicesTab() {
  const my = me.value;
  const task = useTask();
  const [made, setMade] = useState(/** @type {import("../types.js").Invited | null} */ (null));
  const { typed, set, of } = useForm({ appointment: my?.appointment?.id ?? "", minutes: 60 });
  const { host, tls, tcp, only } = site();
  if (!my) return null;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => setMade(await calls.enrol(typed.appointment, typed.minutes)));
  };
  return html`<section class="first"><h3>${t("connect.title")}</h3>
      ${
        made
          ? html`<${Enrolment} invited=${made} /><button class="button" onClick=${() => setMade(null)}>
            ${t("connect.another")}</button>`
          : tls
            ? html`<p>${t("connect.intro")}</p>
        ${only && html`<p class="note"><${Sign} good=${false} /> ${t("connect.loopback")}</p>`}
        <form class="fields" onSubmit=${submit}>
          ${
            my.appointments.length > 1 &&
            html`<${Field} label=${t("me.appointment")} hint=${t("invitation.device_hint")}><select
              ...${of("appointment")}>
            ${my.appointments.map((mine) => html`<option key=${mine.id} value=${mine.id}>${titleOf(mine)}</option>`)}
              </select><//>`
          }
          <${Minutes} value=${typed.minutes} onValue=${(/** @type {number} */ minutes) => set("minutes", minutes)} />
          <${Problem} refusal=${task.refusal} />
          <button class="button strong" type="submit" disabled=${task.busy}>${t("connect.make")}</button></form>`
            : html`<p class="note">${t("connect.no_tls")}</p>`
      }</section>
    <${MyCertificates} key=${String(made?.token)} />
    ${
      plainTcp.value &&
      html`<section><h3>${t("connect.plain")}</h3><p class="note"><${Sign} good=${false} /> ${t("connect.plain_text")}
        </p>
      <${Where} entries=${[
        [t("connect.host"), host],
        [t("connect.port"), tcp],
        [t("connect.protocol"), "TCP"],
      ]} /></section>`
    }
    ${!tls && !tcp && html`<p class="note">${t("connect.no_port")}</p>`}
    ${!made && html`<${Clients} host=${host} port=${tls ?? 8089} />`}`;
}

/** @param {{entries: (string | number | undefined)[][]}} props */
const Where = ({ entries }) =>
  html`<dl class="figures-row">${entries.map(
    ([name, value]) =>
      value !== undefined &&
      html`<div key=${name}><dt>
    ${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;

/** What each client does, with the codes for it once there is a token. @param {{host: string, port: number, links?: import("../types.js").EnrolLinks}} props */
const Clients = ({ host, port, links }) =>
  html`${CLIENTS.map(
    (client) => html`<section key=${client}><h3>${t(`connect.${client}.name`)}</h3><p>
      ${t(`connect.${client}.how`, { host, port })}</p>
    ${
      links &&
      (client === "atak" || client === "itak" || client === "pytak") &&
      html`<${Code} client=${client}
      links=${links} />`
    }
    ${
      links &&
      (client === "atak" || client === "wintak" || client === "itak") &&
      html`<p><${Mark} mark=${links.mark} /><a class="button small" href=${calls.packageAddress(client)}
        download>${t("connect.package")}</a></p>`
    }</section>`,
  )}`;

/** @param {{client: "atak" | "itak" | "pytak", links: import("../types.js").EnrolLinks}} props */
function Code({ client, links }) {
  const { link, qr } = client === "itak" ? links.itak_registration : links[client];
  const text = client === "pytak" ? `COT_URL="${link}"` : link;
  return html`<div class="code-of">${
    client !== "pytak" &&
    html`<img
    alt=${t("connect.qr", { client: t(`connect.${client}.name`) })}
      src=${`data:image/svg+xml,${encodeURIComponent(drawable(qr))}`} />`
  }
    <div><pre><code>${text}</code></pre><${Copy} text=${text} /></div></div>`;
}

/** SVG made to stand inside a page says nothing of its namespace; in an image it must. @param {string} svg */
const drawable = (svg) =>
  svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');

/** What a new invitation to enrol says, client by client; never again. @param {{invited: import("../types.js").Invited}} props */
export function Enrolment({ invited }) {
  const { token, username, invitation } = invited;
  const { value: links, refusal } = useAnswer(() => calls.enrolLinks(username, token), [token]);
  if (!links) return html`<${Problem} refusal=${refusal} />`;
  const { host, stream_port: port, enrol_port, fingerprint } = links;
  const pairs = fingerprint.replace(/(..)(?=.)/g, "$1 ");
  return html`<div class="enrolment">
    <p class="dim">${t("invitation.until_at", { time: when(invitation.until_ms) })} ${t("invitation.once")}</p>
    <p class="token"><${Mark} mark=${invitation.mark} /><span>${t("connect.token")}</span><code>${token}</code><${Copy} text=${token} /></p>
    <${Where} entries=${[
      [t("connect.user"), username],
      [t("connect.host"), host],
      [t("connect.port"), port],
      [t("connect.enrol_port"), enrol_port],
    ]} />
    <${Clients} host=${host} port=${port} links=${links} />
    <${WithKey} username=${username} token=${token} mark=${invitation.mark} />
    <section><h3>${t("connect.fingerprint")}</h3><p class="code">${pairs}</p></section></div>`;
}

const KEYED = /** @type {const} */ (["atak", "wintak", "itak", "pytak"]);

/** For a client that can't enrol. @param {{username: string, token: string, mark: string}} props */
function WithKey({ username, token, mark }) {
  const task = useTask();
  const { typed, of } = useForm({ client: "atak" });
  const [used, setUsed] = useState(false);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      const { name, blob } = await calls.devicePackage(typed.client, username, token);
      const address = URL.createObjectURL(blob);
      Object.assign(document.createElement("a"), { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      setUsed(true);
    });
  };
  return html`<section><h3>${t("connect.keyed")}</h3><p>${t(used ? "connect.keyed_used" : "connect.keyed_text")}</p>
    ${
      !used &&
      html`<form class="line" onSubmit=${submit}><select aria-label=${t("connect.keyed_for")} ...${of("client")}>
      ${KEYED.map((client) => html`<option key=${client} value=${client}>${t(`connect.${client}.name`)}</option>`)}
        </select>
      <button class="button" type="submit" disabled=${task.busy}>${t("connect.keyed_get")}</button>
      <${Mark} mark=${mark} /></form>`
    }
    <${Problem} refusal=${task.refusal} /></section>`;
}
