"""Who may change persons and appointments, and what is written when he does.

Owns: the rules of administration, as pure functions from what is known (`Ground`), who asks and what he wants to
drafts, or a Refusal with its code. There is always an administrator whose access has no end.
Doesn't own: what the asker may see and touch (`people.fence`), invitations and certificates (`people.passes`), one's
own sessions (`people.sessions`), writing (`people.people`), shapes (`people.forms`).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import msgspec

from jointhq.base.errors import BadInput, Refusal
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Body, Draft
from jointhq.people import forms as f
from jointhq.people import records as r
from jointhq.people.directory import ADMIN, FOREVER_MS, PERMISSIONS, Session, reader_of
from jointhq.people.facts import Appointment, Assignment, Person, good
from jointhq.people.fence import Ground, appointment_seen, draft, fence, not_longer, person_seen, touch, unchanged
from jointhq.people.groups import RESERVED, UNIT, groups_of
from jointhq.people.records import NO_END, Why
from jointhq.release.label import NOBODY, Label
from jointhq.release.policy import CODE

PERSONS_MAX: Final = 20_000  # a directory is held in memory, 1 KiB each
APPOINTMENTS_MAX: Final = 10_000
USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)  # also a certificate's name and a TAK user

B = TypeVar("B", bound=Body)


# -- there is always an administrator


def _lasting(g: Ground, person: Person, appointment: Appointment, assignment: Assignment) -> bool:
    """Tell whether the person administers by this assignment from now on without end."""
    reader = reader_of(person, groups_of(appointment.groups_out, ()))  # without its unit: a structure changes
    return (
        person.active
        and person.cleared_until_ms == FOREVER_MS
        and ADMIN in appointment.permissions
        and (appointment.until_ms, assignment.until_ms) == (NO_END, NO_END)
        and max(appointment.from_ms, assignment.from_ms) <= g.now_ms
        and all(g.door.may_see(reader, label, g.now_ms) for label in (g.label, person.label, appointment.label))
    )


def administrators(g: Ground) -> Iterator[tuple[Person, Appointment, Assignment]]:
    """Yield who administers this headquarters without an end in sight."""
    for appointment in g.directory.appointments.values():
        if ADMIN not in appointment.permissions:
            continue
        for assignment in g.directory.assignments.get(appointment.id, {}).values():
            person = g.directory.persons.get(assignment.person)
            if person is not None and _lasting(g, person, appointment, assignment):
                yield person, appointment, assignment


def _keep_administrator(g: Ground, becomes: Callable[[Person, Appointment, Assignment], bool]) -> tuple[str, ...]:
    """Refuse what would leave nobody; return the subjects relied on. `becomes` tells whether this one stays."""
    now = list(administrators(g))
    left = [pair for pair in now if becomes(*pair)]
    if now and not left:
        raise Refusal(
            "last_administrator",
            "nobody would administer this headquarters any more; first give another person, cleared without end,"
            " an appointment with `admin` without end",
        )
    return (left[0][0].id, left[0][1].id) if len(left) < len(now) else ()


# -- persons


def _label(g: Ground, actor: Session, text: str) -> Label:
    if not text.strip():
        label = g.label
    else:
        try:
            label = g.door.parse(text)
        except BadInput as error:
            raise Refusal("label_unknown", str(error), 400) from None
    if not g.door.may_see(actor.reader, label, g.now_ms):
        raise Refusal("label_above_you", "you could not see this yourself any more; choose another label", 403)
    return label


def _person(g: Ground, actor: Session, form: f.PersonForm, before: Person | None, person_id: str) -> Person:
    """Return the person that a form describes; refuses what can't be."""
    username = unicodedata.normalize("NFKC", form.username).strip().casefold()
    if not USERNAME.fullmatch(username):
        raise Refusal("username_form", "a user name has small letters, digits, '.', '_' and '-' alone, 64 at most", 400)
    other = g.directory.person_named(username)
    if other is not None and other.id != person_id:
        raise Refusal("username_taken", f"{username!r} is not free; choose another user name")
    policy = g.door.policies.get(form.policy)
    if policy is None or policy.level(form.level) is None:
        raise Refusal("level_unknown", f"no policy here knows the level {form.policy!r} {form.level!r}", 400)
    if form.nation not in policy.nations:
        raise Refusal("nation_unknown", f"the policy {form.policy!r} doesn't know the nation {form.nation!r}", 400)
    for code in form.caveats:
        caveat = policy.caveat(code)
        if caveat is None or caveat.kind != "held":
            raise Refusal("caveat_unknown", f"{code!r} is nothing that a person can hold", 400)
    _organisation(g, form.organisation)
    return Person(
        id=person_id,
        name=form.name.strip(),
        name_ja=form.name_ja.strip(),
        username=username,
        nation=form.nation,
        organisation=form.organisation,
        policy=form.policy,
        level=form.level,
        caveats=tuple(sorted(set(form.caveats))),
        cleared_until_ms=form.cleared_until_ms,
        active=before is None or before.active,
        label=_label(g, actor, form.label) if form.label.strip() or before is None else before.label,
        version="",
    )


def _organisation(g: Ground, code: str) -> None:
    """Refuse a code that a label's list would take for something else: a nation, or several."""
    if not CODE.fullmatch(code) or any(code in p.nations or code in p.tetragraphs for p in g.door.policies):
        raise Refusal(
            "organisation_form", f"{code!r} is no organisation: capitals, digits, hyphens, and no nation's code", 400
        )


def _as(kind: type[B], thing: Person | Appointment) -> B:
    """Return the body that says what the thing is: its fields stand in it under the same names."""
    return msgspec.convert(thing, kind, from_attributes=True)


def add_person(g: Ground, actor: Session, person_id: str, form: f.PersonForm) -> Outcome:
    """Add a person."""
    fence(g, actor)
    if len(g.directory.persons) >= PERSONS_MAX:
        raise Refusal("too_many", f"{PERSONS_MAX} persons are as many as one headquarters holds", max=PERSONS_MAX)
    person = _person(g, actor, form, None, person_id)
    touch(g, actor, person)
    return Outcome([draft(actor, person_id, _as(r.PersonAdded, person), person.label, g)])


def change_person(g: Ground, actor: Session, person_id: str, form: f.PersonForm) -> Outcome:
    """Change a person, whole."""
    before = person_seen(g, actor, person_id)
    touch(g, actor, before)
    unchanged(before, form.version)
    person = _person(g, actor, form, before, person_id)
    touch(g, actor, person)
    relied_on = _keep_administrator(g, lambda p, a, s: p.id != person_id or _lasting(g, person, a, s))
    return Outcome([draft(actor, person_id, _as(r.PersonChanged, person), person.label, g)], relied_on)


def remove_person(g: Ground, actor: Session, person_id: str, form: f.ReasonForm) -> Outcome:
    """End all access of a person. What was signed stays signed; `reinstate_person` undoes it."""
    person = person_seen(g, actor, person_id)
    touch(g, actor, person)
    unchanged(person, form.version)
    if not person.active:
        return Outcome([])
    relied_on = _keep_administrator(g, lambda p, _a, _s: p.id != person_id)
    return Outcome([draft(actor, person_id, r.PersonRemoved(reason=form.reason), person.label, g)], relied_on)


def reinstate_person(g: Ground, actor: Session, person_id: str, form: f.ReasonForm) -> Outcome:
    """Undo a removal."""
    person = person_seen(g, actor, person_id)
    touch(g, actor, person)
    unchanged(person, form.version)
    if person.active:
        return Outcome([])
    return Outcome([draft(actor, person_id, r.PersonReinstated(), person.label, g)])


def end_sessions(g: Ground, actor: Session, person_id: str) -> Outcome:
    """End all sessions of a person."""
    person = person_seen(g, actor, person_id)
    touch(g, actor, person)
    return Outcome(sessions_ended(g, actor, person, "revoked"))


def remove_credentials(g: Ground, actor: Session, person_id: str) -> Outcome:
    """Take a person's password, passkeys, linked accounts and certificates away, and end the sessions.

    Somebody has them, and can have enrolled a device with them.
    """
    person = person_seen(g, actor, person_id)
    touch(g, actor, person)
    bodies: list[Body] = [r.PasswordRemoved()] if person_id in g.directory.passwords else []
    bodies += [r.PasskeyRemoved(credential=passkey.credential) for passkey in g.directory.passkeys_of(person_id)]
    accounts = [account for account, owner in g.directory.accounts.items() if owner == person_id]
    bodies += [r.OidcUnlinked(issuer=issuer, account=account) for issuer, account in accounts]
    drafts = [draft(actor, person_id, body, person.label, g) for body in bodies]
    invitations = [
        draft(actor, i.id, r.InvitationRevoked(), person.label, g)
        for i in g.directory.invitations.values()
        if i.person == person_id and i.state == "open"
    ]
    certificates = [
        draft(actor, c.fingerprint, r.CertificateRevoked(reason="credentials removed"), person.label, g)
        for c in g.directory.certificates.values()
        if c.person == person_id and good(c, g.now_ms)
    ]
    return Outcome([*drafts, *invitations, *certificates, *sessions_ended(g, actor, person, "credentials_changed")])


def sessions_ended(g: Ground, actor: Session, person: Person, reason: Why, *, but: str = "") -> list[Draft]:
    """Return what ends the person's sessions, all but one."""
    return [
        draft(actor, session.id, r.SessionEnded(reason=reason), person.label, g)
        for session in g.directory.sessions_of(person.id, g.now_ms)
        if session.id != but
    ]


# -- appointments


def _appointment(
    g: Ground, actor: Session, form: f.AppointmentForm, before: Appointment | None, appointment_id: str
) -> Appointment:
    _organisation(g, form.organisation)
    for permission in form.permissions:
        if permission not in PERMISSIONS:
            raise Refusal("permission_unknown", f"{permission!r} is none of {', '.join(PERMISSIONS)}", 400)
    for group in {*form.groups_in, *form.groups_out} - {UNIT}:
        if group == NOBODY or group.startswith(RESERVED) or not group.isprintable() or group != group.strip():
            raise Refusal("group_form", f"{group!r} is not a group's name", 400)
    from_ms = form.from_ms or (before.from_ms if before else g.now_ms)
    if form.until_ms and form.until_ms <= from_ms:
        raise Refusal("dates", "an appointment ends after it begins", 400)
    return Appointment(
        id=appointment_id,
        title=form.title.strip(),
        title_ja=form.title_ja.strip(),
        unit=form.unit.strip(),
        organisation=form.organisation,
        permissions=frozenset(form.permissions),
        groups_in=tuple(sorted(set(form.groups_in))),
        groups_out=tuple(sorted(set(form.groups_out))),
        from_ms=from_ms,
        until_ms=form.until_ms,
        label=_label(g, actor, form.label) if form.label.strip() or before is None else before.label,
        version="",
    )


def add_appointment(g: Ground, actor: Session, appointment_id: str, form: f.AppointmentForm) -> Outcome:
    """Add an appointment."""
    fence(g, actor)
    if len(g.directory.appointments) >= APPOINTMENTS_MAX:
        raise Refusal("too_many", f"{APPOINTMENTS_MAX} appointments are as many as we hold", max=APPOINTMENTS_MAX)
    new = _appointment(g, actor, form, None, appointment_id)
    touch(g, actor, new)
    not_longer(g, actor, new.until_ms)
    return Outcome([draft(actor, appointment_id, _as(r.AppointmentAdded, new), new.label, g)])


def change_appointment(g: Ground, actor: Session, appointment_id: str, form: f.AppointmentForm) -> Outcome:
    """Change an appointment, whole. Those who are assigned to it change with it."""
    before = appointment_seen(g, actor, appointment_id)
    touch(g, actor, before)
    unchanged(before, form.version)
    new = _appointment(g, actor, form, before, appointment_id)
    touch(g, actor, new)
    not_longer(g, actor, new.until_ms, before.until_ms)
    relied_on = _keep_administrator(g, lambda p, a, s: a.id != appointment_id or _lasting(g, p, new, s))
    return Outcome([draft(actor, appointment_id, _as(r.AppointmentChanged, new), new.label, g)], relied_on)


def end_appointment(g: Ground, actor: Session, appointment_id: str, form: f.EndForm) -> Outcome:
    """End an appointment, at once or on a date."""
    appointment = appointment_seen(g, actor, appointment_id)
    touch(g, actor, appointment)
    unchanged(appointment, form.version)
    until_ms = max(form.until_ms, g.now_ms)
    not_longer(g, actor, until_ms, appointment.until_ms)
    relied_on = _keep_administrator(g, lambda _p, a, _s: a.id != appointment_id)
    body = r.AppointmentEnded(until_ms=until_ms, reason=form.reason)
    return Outcome([draft(actor, appointment_id, body, appointment.label, g)], relied_on)


def assign(g: Ground, actor: Session, appointment_id: str, form: f.AssignForm) -> Outcome:
    """Let a person take an appointment; for one who may already, change the dates."""
    appointment = appointment_seen(g, actor, appointment_id)
    person = person_seen(g, actor, form.person)
    touch(g, actor, appointment)
    touch(g, actor, person)
    unchanged(appointment, form.version)
    if not person.active:
        raise Refusal("person_removed", "this person has no access; reinstate first")
    from_ms = form.from_ms or g.now_ms
    if form.until_ms and form.until_ms <= from_ms:
        raise Refusal("dates", "an assignment ends after it begins", 400)
    new = Assignment(person.id, from_ms, form.until_ms)
    known = g.directory.assignments.get(appointment_id, {}).get(person.id)
    not_longer(g, actor, new.until_ms, known.until_ms if known else None)
    relied_on = _keep_administrator(
        g, lambda p, a, _s: (p.id, a.id) != (person.id, appointment_id) or _lasting(g, p, a, new)
    )
    body = r.AppointmentAssigned(person=person.id, from_ms=from_ms, until_ms=form.until_ms)
    # What is given must not grow meanwhile: the person is relied on too.
    return Outcome([draft(actor, appointment_id, body, appointment.label, g)], (person.id, *relied_on))


def unassign(g: Ground, actor: Session, appointment_id: str, form: f.UnassignForm) -> Outcome:
    """Take that back; `assign` undoes it."""
    appointment = appointment_seen(g, actor, appointment_id)
    person = person_seen(g, actor, form.person)
    touch(g, actor, appointment)
    touch(g, actor, person)
    unchanged(appointment, form.version)
    if person.id not in g.directory.assignments.get(appointment_id, {}):
        raise Refusal("not_assigned", "this person isn't assigned to it")
    relied_on = _keep_administrator(g, lambda p, a, _s: (p.id, a.id) != (person.id, appointment_id))
    body = r.AppointmentUnassigned(person=person.id)
    return Outcome([draft(actor, appointment_id, body, appointment.label, g)], relied_on)
