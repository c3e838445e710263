"""What somebody may do about his own session: begin it, take an appointment, change how he signs in, end it.

Owns: the rules of sessions, as pure functions in the manner of `people.rules`.
Doesn't own: proving who somebody is (`people.access`), administration (`people.rules`), writing (`people.people`).
"""

from collections.abc import Callable
from typing import Final

import msgspec

from jointhq.base.errors import NotSignedIn, NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Body, Draft
from jointhq.people import records as r
from jointhq.people.directory import Directory, Session
from jointhq.people.facts import Passkey, Person
from jointhq.people.fence import Ground, draft
from jointhq.people.records import How
from jointhq.people.rules import sessions_ended
from jointhq.release.reader import NO_READER

SESSIONS_MAX: Final = 20  # of one person; the oldest is ended for a new one
PASSKEYS_MAX: Final = 10  # of one person; a key ring, a phone, a laptop, and their spares


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has proved who he is. `still` tells, when the session is written, whether the proof holds then.

    `also` is written with it, as (subject, body): the invitation that was used, the account that was linked.
    """

    person: str
    session_id: str
    how: How
    until_ms: int
    address: str
    credential: str = ""
    sign_count: int = 0
    still: Callable[[Directory], bool] = lambda _: True
    also: tuple[tuple[str, Body], ...] = ()


def start(g: Ground, entry: Entry) -> Outcome:
    """Begin a session. NotSignedIn if the person has no access (any more)."""
    person = g.directory.persons.get(entry.person)
    if person is None or not person.active or not entry.still(g.directory):
        raise NotSignedIn("this person has no access here")
    appointment = at_sign_in(g, person.id)
    session = Session(
        id=entry.session_id,
        person=person.id,
        appointment=appointment,
        reader=NO_READER,
        permissions=frozenset(),
        until_ms=entry.until_ms,
        how=entry.how,
        started_ms=g.now_ms,
    )
    body = r.SessionStarted(
        person=person.id,
        appointment=appointment,
        how=entry.how,
        until_ms=entry.until_ms,
        address=entry.address,
        credential=entry.credential,
        sign_count=entry.sign_count,
    )
    drafts = [draft(session, session.id, body, person.label, g)]
    drafts += [draft(session, subject, also, person.label, g) for subject, also in entry.also]
    before = g.directory.sessions_of(person.id, g.now_ms)
    for old in before[: max(0, len(before) + 1 - SESSIONS_MAX)]:
        drafts.append(draft(session, old.id, r.SessionEnded(reason="too_many"), person.label, g))
    if appointment and g.directory.holder(appointment, g.now_ms) != person.id:
        taken = r.AppointmentTaken(person=person.id)
        drafts.append(draft(session, appointment, taken, g.directory.appointments[appointment].label, g))
    return Outcome(drafts, (person.id,))


def take(
    g: Ground, session: Session, appointment_id: str, note: str, *, handover: str = "", offered_by: str = ""
) -> Outcome:
    """Speak for an appointment from now on; from another who holds it, with a handover note.

    `handover` is what `offered_by` has offered and this person accepts: nobody else may hold the appointment by now.
    """
    directory = g.directory
    if session.person not in directory.assignments.get(appointment_id, {}):
        raise NotVisible("no such appointment")
    if standing := directory.standing(session.person, appointment_id, g.now_ms):
        raise Refusal("not_in_force", f"you may not take it now: {standing}", standing=standing)
    appointment = directory.appointments[appointment_id]
    holder = directory.holder(appointment_id, g.now_ms)
    if holder not in ("", session.person) and not note.strip():
        raise Refusal("held", "another holds it; write a handover note to take it over")
    if handover and holder != offered_by:
        raise Refusal("handover_over", "who offered this doesn't hold the appointment any more")
    signed = msgspec.structs.replace(session, appointment=appointment_id)
    drafts = [draft(signed, session.id, r.SessionAppointed(appointment=appointment_id), appointment.label, g)]
    if holder != session.person:
        body = r.AppointmentTaken(person=session.person, previous=holder, note=note.strip(), handover=handover)
        drafts.append(draft(signed, appointment_id, body, appointment.label, g))
    return Outcome(drafts, (appointment_id,))


def lay_down(g: Ground, session: Session, note: str) -> Outcome:
    """Hold the session's appointment no more."""
    if not session.appointment:
        raise Refusal("not_assigned", "you hold no appointment in this session")
    label = g.directory.appointments[session.appointment].label
    body = r.AppointmentLaidDown(person=session.person, note=note.strip())
    return Outcome(
        [
            draft(session, session.appointment, body, label, g),
            draft(session, session.id, r.SessionAppointed(), label, g),
        ],
        (session.appointment,),
    )


def at_sign_in(g: Ground, person_id: str) -> str:
    """Return the appointment to go on with: the only one he holds, or else the only one there is for him to take.

    One that another holds is never taken so; "" leaves the choice to the person.
    """
    mine = [a for a in g.directory.assigned_to(person_id) if not g.directory.standing(person_id, a, g.now_ms)]
    held = [a for a in mine if g.directory.holder(a, g.now_ms) == person_id]
    if len(held) == 1:
        return held[0]
    return mine[0] if len(mine) == 1 and not g.directory.holder(mine[0], g.now_ms) else ""


def end(g: Ground, session: Session, session_id: str) -> Outcome:
    """End a session of one's own, this one or another: its cookie is dead wherever it was copied."""
    facts = g.directory.sessions.get(session_id)
    if facts is None or facts.person != session.person:
        raise NotVisible("no such session")
    reason: r.Why = "signed_out" if session_id == session.id else "revoked"
    return Outcome([own(g, session, session_id, r.SessionEnded(reason=reason))])


def set_password(g: Ground, session: Session, hashed: str) -> Outcome:
    """Set one's password; whoever is signed in elsewhere by the old one is out."""
    drafts = [own(g, session, session.person, r.PasswordSet(hash=hashed))]
    return Outcome([*drafts, *sessions_ended(g, session, _self(g, session), "credentials_changed", but=session.id)])


def add_passkey(g: Ground, session: Session, body: r.PasskeyAdded) -> Outcome:
    """Add a passkey of one's own."""
    if len(g.directory.passkeys_of(session.person)) >= PASSKEYS_MAX:
        raise Refusal("too_many", f"{PASSKEYS_MAX} passkeys are enough; remove one first", max=PASSKEYS_MAX)
    if body.credential in g.directory.passkeys:
        raise Refusal("passkey_not_accepted", "this passkey is known already", 400)
    return Outcome([own(g, session, session.person, body)])


def remove_passkey(g: Ground, session: Session, credential: str) -> Outcome:
    """Remove one of one's own passkeys, and end the sessions that it began."""
    passkey: Passkey | None = g.directory.passkeys.get(credential)
    if passkey is None or passkey.person != session.person:
        raise NotVisible("no such passkey")
    begun = [
        own(g, session, other.id, r.SessionEnded(reason="credentials_changed"))
        for other in g.directory.sessions_of(session.person, g.now_ms)
        if other.credential == credential and other.id != session.id
    ]
    return Outcome([own(g, session, session.person, r.PasskeyRemoved(credential=credential)), *begun])


def after_restore(g: Ground) -> list[Draft]:
    """Return what ends every session and takes every open invitation back.

    The journal has gone back to what a copy holds: what was ended or used since then would open again.
    """
    directory = g.directory
    ended = [(s.id, s.person, r.SessionEnded(reason="revoked")) for s in directory.sessions.values()]
    open_ = [(i.id, i.person, r.InvitationRevoked()) for i in directory.invitations.values() if i.state == "open"]
    return [
        Draft(body=body, subject=subject, label=directory.persons[person].label or g.label)
        for subject, person, body in (*ended, *open_)
    ]


def own(g: Ground, session: Session, subject: str, body: Body) -> Draft:
    """Return a draft about somebody himself, under his own label."""
    return draft(session, subject, body, _self(g, session).label, g)


def _self(g: Ground, session: Session) -> Person:
    return g.directory.persons[session.person]
