"""What is shown of people: rows, each only to those who may see it.

Owns: turning the directory into the answers of the routes, every row asked for at the door.
Doesn't own: the directory (`people.directory`), who may change what (`people.rules`).

A person always sees himself: his own name, his own appointments and sessions; he is who he is.
"""

from collections.abc import Iterable
from typing import Literal

from jointhq.base.errors import BadInput
from jointhq.people import fence, passes
from jointhq.people import forms as f
from jointhq.people.access import Access
from jointhq.people.directory import ADMIN, PERMISSIONS, Session
from jointhq.people.facts import Appointment, Certificate, Invitation, Person, SessionFacts, good, in_force
from jointhq.people.fence import Ground
from jointhq.people.groups import UNIT
from jointhq.people.records import NO_END, Purpose
from jointhq.release.label import Label
from jointhq.release.reader import Reader

PURPOSES: tuple[Purpose, ...] = ("sign-in", "enrolment", "oidc")
SOMEONE = f.PersonName("", "", "")  # one whose name the asker may not see, where that there is one is no secret


def mark(g: Ground, label: Label | None) -> str:
    """Return the portion mark; "" for a label of a policy we have no more."""
    try:
        return g.door.portion(label) if label else ""
    except BadInput:
        return ""


def _mark_of(g: Ground, *shown: Person | Appointment | None) -> str:
    """Return the mark of a row that shows several."""
    return mark(g, g.door.merge([one.label for one in shown if one is not None]))


def person_name(person: Person) -> f.PersonName:
    """Return who."""
    return f.PersonName(person.id, person.name, person.name_ja)


def _name(g: Ground, reader: Reader, person_id: str) -> f.PersonName | None:
    """Return who, SOMEONE where the reader may not see that, None for nobody."""
    person = g.directory.persons.get(person_id)
    if person is None:
        return None
    return person_name(person) if g.door.may_see(reader, person.label, g.now_ms) else SOMEONE


def _permissions(permissions: Iterable[str]) -> list[str]:
    held = set(permissions)
    return [permission for permission in PERMISSIONS if permission in held]


# -- one's own session


def session(g: Ground, access: Access, own: Session) -> f.SessionBody:
    """Return who is signed in and what he may take."""
    person = g.directory.persons[own.person]
    passkeys = len(g.directory.passkeys_of(person.id))
    has_password = person.id in g.directory.passwords
    linked = person.id in g.directory.accounts.values()
    mine = [_mine(g, person, a) for a in g.directory.assigned_to(person.id) if _may_take(g, person, a)]
    return f.SessionBody(
        signed_in=True,
        person=person_name(person),
        username=person.username,
        nation=person.nation,
        organisation=person.organisation,
        clearance=person.level,
        cleared_until_ms=person.cleared_until_ms,
        appointment=next((m for m in mine if m.id == own.appointment), None),
        permissions=_permissions(own.permissions),
        appointments=sorted(mine, key=lambda m: (m.title, m.id)),
        standing=g.directory.standing(person.id, "", g.now_ms),
        how=own.how,
        started_ms=own.started_ms,
        until_ms=own.until_ms,
        has_password=has_password,
        passkeys=passkeys,
        without_credentials=not (has_password or passkeys or linked),
        current_needed=access.current_needed(own),
    )


def _may_take(g: Ground, person: Person, appointment_id: str) -> bool:
    return not g.directory.standing(person.id, appointment_id, g.now_ms)


def _mine(g: Ground, person: Person, appointment_id: str) -> f.Mine:
    directory = g.directory
    appointment = directory.appointments[appointment_id]
    assignment = directory.assignments[appointment_id][person.id]
    ends = [end for end in (appointment.until_ms, assignment.until_ms) if end != NO_END]
    holding = directory.holdings.get(appointment_id)
    reader = directory.reader(person.id, appointment_id, g.now_ms)
    noted = holding is not None and g.door.may_see(reader, appointment.label, g.now_ms)
    return f.Mine(
        id=appointment.id,
        mark=mark(g, appointment.label),
        title=appointment.title,
        title_ja=appointment.title_ja,
        unit=appointment.unit,
        organisation=appointment.organisation,
        permissions=_permissions(appointment.permissions),
        until_ms=min(ends, default=NO_END),
        holder=_name(g, reader, directory.holder(appointment_id, g.now_ms)),
        since_ms=holding.since_ms if holding else 0,
        note=holding.note if holding and noted else "",
        note_by=_name(g, reader, holding.note_by) if holding and holding.note and noted else None,
    )


def session_row(g: Ground, own: Session, facts: SessionFacts) -> f.SessionRow:
    """Return a session of the asker's, or of a person who is there for him."""
    now = g.directory.session(facts.id, g.now_ms)
    return f.SessionRow(
        id=facts.id,
        how=facts.how,
        started_ms=facts.started_ms,
        until_ms=facts.until_ms,
        address=facts.address,
        appointment=_appointment_id(g, own, now.appointment, facts.person) if now else "",
        current=facts.id == own.id,
    )


def _appointment_id(g: Ground, asker: Session, appointment_id: str, person_id: str) -> str:
    """Return the appointment if it is there for the asker: by his own person, or because he administers it."""
    what = g.directory.appointments.get(appointment_id)
    if what is None or (person_id != asker.person and not (fence.administers(asker) and fence.sees(g, asker, what))):
        return ""
    return appointment_id


def passkey_rows(g: Ground, person_id: str) -> list[f.PasskeyRow]:
    """Return a person's passkeys."""
    return [
        f.PasskeyRow(id=k.credential, name=k.name, host=k.rp_id, added_ms=k.added_ms)
        for k in g.directory.passkeys_of(person_id)
    ]


def own_certificates(g: Ground, own: Session) -> list[f.CertificateRow]:
    """Return the certificates of one's own devices."""
    rows = [c for c in g.directory.certificates.values() if c.person == own.person]
    return [certificate(g, own, c) for c in _soonest_first(rows)]


# -- administration


def choices(g: Ground, actor: Session) -> f.Choices:
    """Return what forms offer to the asker."""
    inside = fence.fence(g, actor)
    seen_persons = [p for p in g.directory.persons.values() if fence.sees(g, actor, p)]
    seen = [a for a in g.directory.appointments.values() if fence.sees(g, actor, a)]
    return f.Choices(
        permissions=_permissions(actor.permissions if inside else PERMISSIONS),
        policies=[
            f.PolicyChoice(
                id=policy.id,
                levels=[f.CodeName(x.code, x.names.en, x.names.ja) for x in policy.by_rank()],
                caveats=[f.CodeName(x.code, x.names.en, x.names.ja) for x in policy.caveats if x.kind == "held"],
                nations=[f.CodeName(code, x.en, x.ja) for code, x in sorted(policy.nations.items())],
            )
            for policy in g.door.policies
        ],
        organisations=[inside]
        if inside
        else sorted({p.organisation for p in seen_persons} | {a.organisation for a in seen}),
        groups=sorted({group for a in seen for group in (*a.groups_in, *a.groups_out)} - {UNIT}),
        delegate_of=inside,
        purposes=list(PURPOSES),
        minutes_max=passes.INVITATION_MINUTES_MAX,
    )


def people(g: Ground, actor: Session) -> list[f.PersonRow]:
    """Return the persons that are there for the asker."""
    rows = [p for p in g.directory.persons.values() if fence.sees(g, actor, p)]
    return [person(g, actor, p) for p in sorted(rows, key=lambda p: (not p.active, p.name.casefold(), p.id))]


def person(g: Ground, actor: Session, who: Person) -> f.PersonRow:
    """Return one person."""
    assigned = (g.directory.appointments[a] for a in g.directory.assigned_to(who.id))
    return f.PersonRow(
        id=who.id,
        version=who.version,
        mark=mark(g, who.label),
        name=who.name,
        name_ja=who.name_ja,
        username=who.username,
        nation=who.nation,
        organisation=who.organisation,
        policy=who.policy,
        level=who.level,
        caveats=list(who.caveats),
        cleared_until_ms=who.cleared_until_ms,
        active=who.active,
        standing=g.directory.standing(who.id, "", g.now_ms),
        administrator=any(ADMIN in a.permissions for a in assigned if fence.sees(g, actor, a)),
        has_password=who.id in g.directory.passwords,
        passkeys=len(g.directory.passkeys_of(who.id)),
        sessions=len(g.directory.sessions_of(who.id, g.now_ms)),
        may_change=not fence.excess(g, actor, who),
    )


def person_body(g: Ground, actor: Session, person_id: str) -> f.PersonBody:
    """Return all about a person that is there for the asker; else NotVisible."""
    who = fence.person_seen(g, actor, person_id)
    appointments = [g.directory.appointments[a] for a in g.directory.assigned_to(who.id)]
    return f.PersonBody(
        person=person(g, actor, who),
        assignments=[_assignment(g, actor, a, who.id) for a in appointments if fence.sees(g, actor, a)],
        sessions=[session_row(g, actor, s) for s in g.directory.sessions_of(who.id, g.now_ms)],
        passkeys=passkey_rows(g, who.id),
        accounts=sorted(issuer for (issuer, _), owner in g.directory.accounts.items() if owner == who.id),
        invitations=[i for i in invitations(g, actor) if i.person.id == who.id],
        certificates=[c for c in certificates(g, actor, None) if c.person.id == who.id],
    )


def appointments(g: Ground, actor: Session) -> list[f.AppointmentRow]:
    """Return the appointments that are there for the asker."""
    rows = [a for a in g.directory.appointments.values() if fence.sees(g, actor, a)]
    return [appointment(g, actor, a) for a in sorted(rows, key=lambda a: (a.organisation, a.title.casefold(), a.id))]


def appointment(g: Ground, actor: Session, what: Appointment) -> f.AppointmentRow:
    """Return one appointment, with those of its persons who are there for the asker."""
    assigned = g.directory.assignments.get(what.id, {})
    seen = [p for p in assigned if (who := g.directory.persons.get(p)) and fence.sees(g, actor, who)]
    return f.AppointmentRow(
        id=what.id,
        version=what.version,
        mark=mark(g, what.label),
        title=what.title,
        title_ja=what.title_ja,
        unit=what.unit,
        organisation=what.organisation,
        permissions=_permissions(what.permissions),
        groups_in=list(what.groups_in),
        groups_out=list(what.groups_out),
        from_ms=what.from_ms,
        until_ms=what.until_ms,
        in_force=in_force(what, g.now_ms),
        holder=_holder(g, actor, what.id),
        assigned=[_assignment(g, actor, what, p) for p in seen],
        may_change=not fence.excess(g, actor, what),
    )


def _holder(g: Ground, actor: Session, appointment_id: str) -> f.PersonName | None:
    holder = g.directory.persons.get(g.directory.holder(appointment_id, g.now_ms))
    return person_name(holder) if holder and fence.sees(g, actor, holder) else None


def _assignment(g: Ground, actor: Session, what: Appointment, person_id: str) -> f.AssignmentRow:
    assignment = g.directory.assignments[what.id][person_id]
    return f.AssignmentRow(
        person=_name(g, actor.reader, person_id) or SOMEONE,
        appointment=what.id,
        title=what.title,
        title_ja=what.title_ja,
        from_ms=assignment.from_ms,
        until_ms=assignment.until_ms,
        standing=g.directory.standing(person_id, what.id, g.now_ms),
        holds=g.directory.holder(what.id, g.now_ms) == person_id,
    )


def invitations(g: Ground, actor: Session) -> list[f.InvitationRow]:
    """Return the invitations of persons who are there for the asker, newest first."""
    newest = sorted(g.directory.invitations.values(), key=lambda i: (-i.made_ms, i.id))
    return [invitation(g, actor, i) for i in newest if _seen(g, actor, i.person)]


def invitation(g: Ground, actor: Session, what: Invitation) -> f.InvitationRow:
    """Return one invitation."""
    past = what.state == "open" and g.now_ms >= what.until_ms
    appointment = g.directory.appointments.get(_appointment_id(g, actor, what.appointment, what.person))
    return f.InvitationRow(
        id=what.id,
        mark=_mark_of(g, g.directory.persons[what.person], appointment),
        purpose=what.purpose,
        person=person_name(g.directory.persons[what.person]),
        appointment=appointment.id if appointment else "",
        made_ms=what.made_ms,
        made_by=_inviter(g, actor, what.made_by),
        until_ms=what.until_ms,
        claim=what.claim,
        state="past" if past else what.state,
    )


def invited(g: Ground, actor: Session, invitation_id: str, token: str) -> f.Invited:
    """Return a new invitation with its token."""
    what = g.directory.invitations[invitation_id]
    return f.Invited(
        invitation=invitation(g, actor, what), token=token, username=g.directory.persons[what.person].username
    )


def _inviter(g: Ground, actor: Session, person_id: str) -> f.PersonName | None:
    """Return who invited; for one who administers within a fence, SOMEONE where that is somebody outside it."""
    if fence.administers(actor) and person_id in g.directory.persons and not _seen(g, actor, person_id):
        return SOMEONE
    return _name(g, actor.reader, person_id)


def _seen(g: Ground, actor: Session, person_id: str) -> bool:
    who = g.directory.persons.get(person_id)
    return who is not None and fence.sees(g, actor, who)


def certificates(g: Ground, actor: Session, ends_by_ms: int | None) -> list[f.CertificateRow]:
    """Return the certificates of persons who are there for the asker; with a moment, the valid ones that end by it."""
    rows = [c for c in g.directory.certificates.values() if _seen(g, actor, c.person)]
    if ends_by_ms is not None:
        rows = [c for c in rows if good(c, g.now_ms) and c.not_after_ms <= ends_by_ms]
    return [certificate(g, actor, c) for c in _soonest_first(rows)]


def _soonest_first(rows: list[Certificate]) -> list[Certificate]:
    return sorted(rows, key=lambda c: (bool(c.revoked_ms), c.not_after_ms, c.fingerprint))


def certificate(g: Ground, asker: Session, what: Certificate) -> f.CertificateRow:
    """Return one certificate, of the asker's own or of a person who is there for him."""
    standing = g.directory.standing(what.person, what.appointment, g.now_ms)
    state: Literal["valid", "not_yet", "ended", "revoked", "suspended"] = "suspended" if standing else "valid"
    if what.revoked_ms:
        state = "revoked"
    elif g.now_ms >= what.not_after_ms:
        state = "ended"
    elif g.now_ms < what.not_before_ms:
        state = "not_yet"
    appointment = g.directory.appointments.get(_appointment_id(g, asker, what.appointment, what.person))
    return f.CertificateRow(
        fingerprint=what.fingerprint,
        mark=_mark_of(g, g.directory.persons[what.person], appointment),
        serial=what.serial,
        subject=what.subject,
        person=person_name(g.directory.persons[what.person]),
        appointment=appointment.id if appointment else "",
        title=appointment.title if appointment else "",
        title_ja=appointment.title_ja if appointment else "",
        client_uid=what.client_uid,
        not_before_ms=what.not_before_ms,
        not_after_ms=what.not_after_ms,
        issued_ms=what.issued_ms,
        revoked_ms=what.revoked_ms,
        reason=what.reason,
        replaces=what.replaces,
        state=state,
        standing=standing if state == "suspended" else "",
    )
