/**
 * Persons: the list, one in full, adding and changing, taking access away and giving it back.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";

import { when } from "../format.js";
import { Icon } from "../parts/icons.js";
import { me, say } from "../state.js";
import { nameOf, t } from "../words.js";
import * as calls from "./calls.js";
import { CertificateRows } from "./certificates.js";
import { Ask, Checks, Field, LabelText, Mark, Moment, Problem, Sign, useAnswer, useFocusFirst, useForm, useTask } from "./form.js";
import { InvitationRows, InviteForm } from "./invitations.js";
import { Side, Table, useChoices } from "./table.js";
import { clearedText, FOREVER_MS, listText, personName, said, spanText, titleOf } from "./words.js";

/** @typedef {import("../types.js").PersonRow} PersonRow */

const YEAR_MS = 365 * 86_400_000;

/** What a search looks through. @param {PersonRow} p */
const textOf = (p) => [p.name, p.name_ja, p.username, p.nation, p.organisation, p.level].join("\n");

export function PersonsDesk() {
  const asked = useAnswer(calls.persons, []);
  const [chosen, setChosen] = useState("");
  const [adding, setAdding] = useState(false);
  const [all, setAll] = useState(false);
  const shown = { ...asked, value: asked.value?.filter((person) => all || person.active) ?? null };
  const removed = asked.value?.some((person) => !person.active);
  const tools = html`${
    removed &&
    html`<label class="check"><input type="checkbox" checked=${all}
    onChange=${() => setAll(!all)} /> ${t("person.with_removed")}</label>`
  }
    <button class="button strong" onClick=${() => {
      setAdding(true);
      setChosen("");
    }}><${Icon} name="plus" />${t("person.add")}</button>`;
  return html`<div class="desk-body"><${Table} asked=${shown} tools=${tools} none="person.none"
      textOf=${textOf}
      head=${["person.name", "person.of", "person.clearance", "person.ways", "person.state"]}
      row=${(
        /** @type {PersonRow} */ person,
      ) => html`<tr key=${person.id} class=${person.active ? "" : "ended"} aria-selected=${person.id === chosen}>
        <td><${Mark} mark=${person.mark} /><button class="link" onClick=${() => {
          setChosen(person.id);
          setAdding(false);
        }}>${nameOf(person)}</button><small>${person.username}</small></td>
        <td>${person.nation}<small>${person.organisation}</small></td>
        <td>${[person.level, ...person.caveats].join(", ")}<small>${clearedText(person.cleared_until_ms)}</small></td>
        <td>${waysText(person)}<small>${person.sessions > 0 ? t("person.sessions", { n: person.sessions }) : ""}
          </small></td>
        <td><${Standing} standing=${person.standing} />${
          person.administrator &&
          html`<small>
          ${t("person.administrator")}</small>`
        }</td></tr>`} />
    ${
      adding
        ? html`<${Side} title=${t("person.add")} onClose=${() => setAdding(false)}><${PersonForm} row=${null}
          onDone=${async (/** @type {PersonRow} */ row) => {
            await asked.again();
            setAdding(false);
            setChosen(row.id);
          }} /><//>`
        : chosen &&
          html`<${OnePerson} key=${chosen} id=${chosen} onChanged=${asked.again} onClose=${() => setChosen("")} />`
    }</div>`;
}

/** @param {PersonRow} person */
const waysText = (person) =>
  [person.has_password && t("person.password"), person.passkeys > 0 && t("person.passkeys", { n: person.passkeys })]
    .filter(Boolean)
    .join(", ") || t("person.no_way");

/** @param {{standing: string}} props */
export const Standing = ({ standing }) =>
  html`<span class="state"><${Sign} good=${!standing} />
    ${standing ? said("standing", standing) : t("standing.in_force")}</span>`;

/** @param {{id: string, onChanged: () => void, onClose: () => void}} props */
function OnePerson({ id, onChanged, onClose }) {
  const asked = useAnswer(() => calls.person(id), [id]);
  const [doing, setDoing] = useState(
    /** @type {"" | "edit" | "remove" | "reinstate" | "sessions" | "credentials" | "invite"} */ (""),
  );
  const body = asked.value;
  if (!body)
    return html`<${Side} title=${t("person.one")} onClose=${onClose}><${Problem} refusal=${asked.refusal} /><//>`;
  const { person } = body;
  const done = async () => {
    setDoing("");
    await asked.again();
    onChanged();
  };
  const title = html`<${Mark} mark=${person.mark} />${nameOf(person)}`;
  if (doing === "edit") {
    return html`<${Side} title=${title} onClose=${() => setDoing("")}><${PersonForm} row=${person} onDone=${done}
      onCancel=${() => setDoing("")} /><//>`;
  }
  return html`<${Side} title=${title} onClose=${onClose}>
    <dl class="facts">
      <${Fact} name=${t("person.username")} value=${person.username} />
      <${Fact} name=${t("person.of")} value=${`${person.nation} · ${person.organisation}`} />
      <${Fact} name=${t("person.clearance")}
        value=${`${[person.level, ...person.caveats].join(", ")} · ${clearedText(person.cleared_until_ms)}`} />
      <${Fact} name=${t("person.state")} value=${html`<${Standing} standing=${person.standing} />`} />
    </dl>
    ${
      person.may_change
        ? html`<div class="buttons">
      <button class="button" onClick=${() => setDoing("edit")}>${t("form.change")}</button>
      <button class="button" onClick=${() => setDoing("invite")} disabled=${!person.active}>${t("invitation.make")}
        </button>
      ${
        person.active
          ? html`<button class="button" onClick=${() => setDoing("remove")}>${t("person.remove")}</button>`
          : html`<button class="button strong" onClick=${() => setDoing("reinstate")}>${t("person.reinstate")}</button>`
      }</div>`
        : html`<p class="note">${t("desk.beyond")}</p>`
    }
    ${
      doing === "invite" &&
      html`<section><h3>${t("invitation.make")}</h3><${InviteForm} person=${person}
      assignments=${body.assignments} onMade=${asked.again} onClose=${done} /></section>`
    }
    <section><h3>${t("person.assignments")}</h3>${
      body.assignments.length
        ? html`<table><tbody>${body.assignments.map(
            (one) => html`<tr key=${one.appointment}><td><b>${titleOf(one)}</b><small>
              ${spanText(one.from_ms, one.until_ms)}</small></td>
          <td class="n">${
            one.holds
              ? html`<span class="badge">${t("person.holds")}
            </span>`
              : one.standing
                ? said("standing", one.standing)
                : ""
          }</td></tr>`,
          )}</tbody></table>`
        : html`<p class="note">${t("person.no_assignments")}</p>`
    }</section>
    <section><h3>${t("access.sessions")}</h3>${
      body.sessions.length
        ? html`<table><tbody>${body.sessions.map(
            (session) =>
              html`<tr key=${session.id}><td>${said("how", session.how)}<small>
                ${t("access.since", { time: when(session.started_ms) })} · ${session.address}</small></td></tr>`,
          )}</tbody></table>
          ${
            person.may_change &&
            html`<button class="button small" onClick=${() => setDoing("sessions")}>
            ${t("person.end_sessions")}</button>`
          }`
        : html`<p class="note">${t("person.no_sessions")}</p>`
    }</section>
    <section><h3>${t("person.ways")}</h3><p>
      ${waysText(person)}${body.accounts.length > 0 && `, ${listText(body.accounts)}`}</p>
      ${
        person.may_change &&
        (person.has_password || person.passkeys > 0 || body.accounts.length > 0) &&
        html`<button
        class="button small" onClick=${() => setDoing("credentials")}>${t("person.remove_credentials")}</button>`
      }
          </section>
    <section><h3>${t("desk.invitations")}</h3><${InvitationRows} rows=${body.invitations} onChanged=${done} /></section>
    <section><h3>${t("desk.certificates")}</h3><${CertificateRows} rows=${body.certificates} onChanged=${done} />
      </section>
    ${
      (doing === "remove" || doing === "reinstate") &&
      html`<${Decide} person=${person} what=${doing} onDone=${done}
      onNo=${() => setDoing("")} />`
    }
    ${
      (doing === "sessions" || doing === "credentials") &&
      html`<${CutOff} person=${person} what=${doing}
      onDone=${done} onNo=${() => setDoing("")} />`
    }
  <//>`;
}

/** @param {{name: string, value: any}} props */
export const Fact = ({ name, value }) => html`<div class="fact"><dt>${name}</dt><dd>${value}</dd></div>`;

/** @param {{person: PersonRow, what: "remove" | "reinstate", onDone: () => void, onNo: () => void}} props */
function Decide({ person, what, onDone, onNo }) {
  const task = useTask();
  const [reason, setReason] = useState("");
  const [version, setVersion] = useState(person.version);
  const yes = () =>
    task.run(async () => {
      /** @type {PersonRow} */
      let row;
      try {
        row = await calls.decidePerson(person.id, what, { version, reason: reason.trim() });
      } catch (error) {
        setVersion((await calls.person(person.id)).person.version); // Asked again, it is decided on what stands now.
        throw error;
      }
      const undo = async () => {
        await calls.decidePerson(person.id, what === "remove" ? "reinstate" : "remove", {
          version: row.version,
          reason: "",
        });
        onDone();
      };
      say(t(`person.${what}_done`, { name: personName(person) }), undo);
      onDone();
    });
  return html`<${Ask} title=${t(`person.${what}_title`, { name: personName(person) })} word=${t(`person.${what}`)}
    task=${task} onYes=${yes} onNo=${onNo}>
    <p>${t(`person.${what}_text`)}</p>
    <${Field} label=${t("form.reason")}><textarea rows="2" maxlength="4000" value=${reason}
      onInput=${(/** @type {any} */ event) => setReason(event.currentTarget.value)} /><//><//>`;
}

/** @param {{person: PersonRow, what: "sessions" | "credentials", onDone: () => void, onNo: () => void}} props */
function CutOff({ person, what, onDone, onNo }) {
  const task = useTask();
  const yes = () =>
    task.run(async () => {
      const { ended } = await calls.cutOff(person.id, what === "sessions" ? "sessions/end" : "credentials/remove");
      say(t("person.ended", { n: ended }));
      onDone();
    });
  const word = what === "sessions" ? "person.end_sessions" : "person.remove_credentials";
  return html`<${Ask} title=${t(`person.${what}_title`, { name: personName(person) })} word=${t(word)} task=${task}
    onYes=${yes} onNo=${onNo}>
    <p>${t(`person.${what}_text`)}</p><//>`;
}

/** What a form holds of a row. @param {PersonRow} row */
const formOf = (row) => ({
  name: row.name,
  name_ja: row.name_ja,
  username: row.username,
  nation: row.nation,
  organisation: row.organisation,
  policy: row.policy,
  level: row.level,
  caveats: row.caveats,
  cleared_until_ms: row.cleared_until_ms,
  label: "",
});

/** @param {{row: PersonRow | null, onDone: (row: PersonRow) => void, onCancel?: () => void}} props */
function PersonForm({ row, onDone, onCancel }) {
  const choices = useChoices();
  if (!choices) return null;
  return html`<${PersonFields} row=${row} choices=${choices} onDone=${onDone} onCancel=${onCancel} />`;
}

/** @param {{row: PersonRow | null, choices: import("../types.js").Choices, onDone: (row: PersonRow) => void, onCancel?: () => void}} props */
function PersonFields({ row, choices, onDone, onCancel }) {
  const my = me.value;
  const task = useTask();
  const [base, setBase] = useState(row);
  /** What another wrote while this form was open. */
  const [theirs, setTheirs] = useState(/** @type {PersonRow | null} */ (null));
  const own = choices.policies[0];
  const { typed, set, of } = useForm(
    row
      ? formOf(row)
      : {
          name: "",
          name_ja: "",
          username: "",
          nation: my?.nation ?? "",
          organisation: choices.delegate_of || my?.organisation || "",
          policy: own?.id ?? "",
          level: own?.levels[0]?.code ?? "",
          caveats: /** @type {string[]} */ ([]),
          cleared_until_ms: Math.min(Date.now() + YEAR_MS, my?.cleared_until_ms || FOREVER_MS),
          label: "",
        },
  );
  const first = useFocusFirst();
  const policy = choices.policies.find((one) => one.id === typed.policy) ?? own;
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    void task.run(async () => {
      try {
        const saved = await calls.savePerson(base?.id ?? "", { ...typed, version: base?.version ?? "" });
        say(t("form.saved"));
        onDone(saved);
      } catch (error) {
        if (base && error instanceof Error && "code" in error && error.code === "changed_meanwhile") {
          const { person } = await calls.person(base.id); // What was typed stays; what stands now is shown beside it.
          setTheirs(person);
          setBase(person);
        }
        throw error;
      }
    });
  };
  const now = (/** @type {keyof ReturnType<typeof formOf>} */ name) =>
    theirs && String(formOf(theirs)[name]) !== String(typed[name]) ? String(formOf(theirs)[name]) : undefined;
  const forever = typed.cleared_until_ms >= FOREVER_MS ? "forever" : typed.cleared_until_ms ? "until" : "never";
  return html`<form class="fields" ref=${first} onSubmit=${save}>
    <${Field} label=${t("person.name")} now=${now("name")}><input required maxlength="200" ...${of("name")} /><//>
    <${Field} label=${t("person.name_ja")} now=${now("name_ja")}><input maxlength="200" lang="ja"
      ...${of("name_ja")} /><//>
    <${Field} label=${t("person.username")} hint=${t("person.username_hint")} now=${now("username")}><input required
      maxlength="64"
      autocapitalize="none" spellcheck=${false} ...${of("username")} /><//>
    <div class="pair">
      <${Field} label=${t("person.nation")} now=${now("nation")}><select ...${of("nation")}>
        ${policy?.nations.map(
          (one) => html`<option key=${one.code} value=${one.code}>${one.code} ${nameOf(one)}
          </option>`,
        )}</select><//>
      <${Field} label=${t("person.organisation")} now=${now("organisation")}><input required maxlength="64"
        list="organisations"
        readonly=${Boolean(choices.delegate_of)} ...${of("organisation")} /><//></div>
    <div class="pair">
      ${
        choices.policies.length > 1 &&
        html`<${Field} label=${t("person.policy")} now=${now("policy")}><select ...${of("policy")} onInput=${(
          /** @type {any} */ event,
        ) => {
          const next = choices.policies.find((one) => one.id === event.currentTarget.value);
          set("policy", event.currentTarget.value);
          if (next && !next.levels.some((one) => one.code === typed.level)) set("level", next.levels[0].code);
          set("caveats", []);
        }}>${choices.policies.map((one) => html`<option key=${one.id} value=${one.id}>${one.id}</option>`)}</select>
          <//>`
      }
      <${Field} label=${t("person.level")} now=${now("level")}><select ...${of("level")}>
        ${policy?.levels.map(
          (one) => html`<option key=${one.code} value=${one.code}>${one.code} ${nameOf(one)}
          </option>`,
        )}</select><//></div>
    ${
      policy &&
      policy.caveats.length > 0 &&
      html`<${Checks} legend=${t("person.caveats")} codes=${policy.caveats.map((one) => one.code)}
        chosen=${typed.caveats}
      name=${(/** @type {string} */ code) => nameOf(policy.caveats.find((one) => one.code === code) ?? { name: code })} onChosen=${(/** @type {string[]} */ codes) => set("caveats", codes)} />`
    }
    <div class="pair">
      <${Field} label=${t("person.cleared")}
        now=${now("cleared_until_ms") && theirs ? clearedText(theirs.cleared_until_ms) : undefined}><select
          value=${forever}
        onChange=${(/** @type {any} */ event) => set("cleared_until_ms", { never: 0, forever: FOREVER_MS, until: Date.now() + YEAR_MS }[/** @type {"never"} */ (event.currentTarget.value)])}>
        ${["until", "forever", "never"].map(
          (one) => html`<option key=${one} value=${one}>
          ${t(`clearance.choice_${one}`)}</option>`,
        )}</select><//>
      ${
        forever === "until" &&
        html`<${Field} label=${t("person.cleared_until")}><${Moment} required
        value=${typed.cleared_until_ms} onValue=${(/** @type {number} */ ms) => ms && set("cleared_until_ms", ms)} />
          <//>`
      }</div>
    <${Field} label=${t("form.label")} hint=${t("form.label_hint")}><${LabelText} placeholder=${row?.mark ?? ""}
      value=${typed.label} onText=${(/** @type {string} */ text) => set("label", text)} /><//>
    <datalist id="organisations">${choices.organisations.map((code) => html`<option key=${code} value=${code} />`)}
      </datalist>
    <${Problem} refusal=${task.refusal} />
    <div class="buttons"><button class="button strong" type="submit" disabled=${task.busy}>
      ${t(row ? "form.save" : "person.add")}</button>
      ${onCancel && html`<button class="button" type="button" onClick=${onCancel}>${t("form.cancel")}</button>`}</div>
  </form>`;
}
