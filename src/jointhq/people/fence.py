"""What of people somebody may see and touch who administers them.

Owns: the fence around a delegate, what is there for the asker, what he may name where he plans, what goes beyond him,
and how he signs for an act.
Doesn't own: what may be done with what he may touch (`people.rules`, `people.passes`), the door (`release`).

A delegate neither sees nor touches anything outside the organisation of his appointment, never gives what he doesn't
hold, and touches nobody who holds more than he, an administrator least of all. What the asker may not see is for him
not there.
"""

import msgspec

from jointhq.base.errors import NotVisible, Refusal
from jointhq.journal.record import Body, Draft
from jointhq.people.directory import ADMIN, DELEGATE, PLAN, Directory, Session
from jointhq.people.facts import Appointment, Person, in_force
from jointhq.people.groups import UNIT, named
from jointhq.people.records import NO_END
from jointhq.release.door import Door
from jointhq.release.label import NOBODY, Label


class Ground(msgspec.Struct, frozen=True):
    """What is known when somebody asks."""

    directory: Directory
    door: Door
    label: Label  # of the administration's records, where a form names none
    now_ms: int


def administers(session: Session) -> bool:
    """Tell whether the session administers anybody."""
    return not session.permissions.isdisjoint((ADMIN, DELEGATE))


def fence(g: Ground, actor: Session) -> str:
    """Return the organisation the asker is fenced to, "" for an administrator. Refuses everybody else."""
    if ADMIN in actor.permissions:
        return ""
    if DELEGATE in actor.permissions:
        return g.directory.appointments[actor.appointment].organisation
    raise Refusal("not_permitted", "your appointment doesn't administer people; ask an administrator", 403)


def sees(g: Ground, actor: Session, thing: Person | Appointment) -> bool:
    """Tell whether a person or an appointment is there for the asker."""
    inside = fence(g, actor)
    return (not inside or thing.organisation == inside) and g.door.may_see(actor.reader, thing.label, g.now_ms)


def knows(g: Ground, actor: Session, thing: Person | Appointment) -> bool:
    """Tell whether the asker may know that this is there: who administers, within his fence; else what he may see."""
    if administers(actor):
        return sees(g, actor, thing)
    return g.door.may_see(actor.reader, thing.label, g.now_ms)


def offered(g: Ground, actor: Session, appointment_id: str) -> bool:
    """Tell whether the asker may name an appointment in what he plans: one in force that he may know of."""
    appointment = g.directory.appointments.get(appointment_id)
    if appointment is None or PLAN not in actor.permissions:
        return False
    return in_force(appointment, g.now_ms) and knows(g, actor, appointment)


def person_seen(g: Ground, actor: Session, person_id: str) -> Person:
    """Return a person who is there for the asker; else NotVisible."""
    person = g.directory.persons.get(person_id)
    if person is None or not sees(g, actor, person):
        raise NotVisible("no such person")
    return person


def appointment_seen(g: Ground, actor: Session, appointment_id: str) -> Appointment:
    """Return an appointment that is there for the asker; else NotVisible."""
    appointment = g.directory.appointments.get(appointment_id)
    if appointment is None or not sees(g, actor, appointment):
        raise NotVisible("no such appointment")
    return appointment


def excess(g: Ground, actor: Session, thing: Person | Appointment) -> str:
    """Return in what the thing goes beyond what a fenced asker holds; "" if in nothing, or if he isn't fenced.

    A person goes beyond also by any appointment that he has been assigned to, whatever its dates.
    """
    inside = fence(g, actor)
    if not inside:
        return ""
    if thing.organisation != inside:
        return "organisation"
    if isinstance(thing, Appointment):
        return _appointment_excess(g, actor, thing)
    beyond = _clearance_excess(g, actor, thing)
    for appointment in g.directory.assigned_to(thing.id) if not beyond else ():
        beyond = excess(g, actor, g.directory.appointments[appointment])
        if beyond:
            break
    return beyond


def _appointment_excess(g: Ground, actor: Session, thing: Appointment) -> str:
    own = g.directory.appointments[actor.appointment]
    if not thing.permissions <= own.permissions:
        return "permissions"
    if not set(named(thing.groups_in)) <= set(named(own.groups_in)):
        return "groups_in"
    if not set(named(thing.groups_out)) <= set(named(own.groups_out)):
        return "groups_out"
    if UNIT not in (*thing.groups_in, *thing.groups_out):
        return ""
    mine, theirs = (g.directory.units.chain(actor.reader, a.id, a.unit, g.now_ms) for a in (own, thing))
    return "" if mine and mine[0] in theirs else "unit"  # what his own unit makes, and those under it


def _clearance_excess(g: Ground, actor: Session, thing: Person) -> str:
    own = g.directory.persons[actor.person]
    if thing.nation != own.nation:
        return "nation"
    policy = g.door.policies.get(own.policy)
    mine, theirs = (policy.level(own.level), policy.level(thing.level)) if policy else (None, None)
    if thing.policy != own.policy or mine is None or theirs is None or theirs.rank > mine.rank:
        return "level"
    if not set(thing.caveats) <= set(own.caveats):
        return "caveats"
    return "cleared_until_ms" if thing.cleared_until_ms > own.cleared_until_ms else ""


def touch(g: Ground, actor: Session, thing: Person | Appointment) -> None:
    """Refuse to touch what goes beyond the asker."""
    if beyond := excess(g, actor, thing):
        raise Refusal("above_you", f"this goes beyond your own {beyond}; ask an administrator", 403, what=beyond)


def not_longer(g: Ground, actor: Session, until_ms: int, before_ms: int | None = None) -> None:
    """Refuse to give what lasts longer than the fenced asker's own; one that did so before may stay as it is."""
    if not fence(g, actor) or until_ms == before_ms:
        return
    own = g.directory.appointments[actor.appointment]
    ends = (own.until_ms, g.directory.assignments[own.id][actor.person].until_ms)
    last_ms = min((end for end in ends if end != NO_END), default=NO_END)
    if last_ms != NO_END and (until_ms == NO_END or until_ms > last_ms):
        raise Refusal("above_you", "this lasts longer than what you hold; give it an end", 403, what="until_ms")


def unchanged(thing: Person | Appointment, version: str) -> None:
    """Refuse to change what is no more as the asker saw it."""
    if thing.version != version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")


def draft(actor: Session, subject: str, body: Body, label: Label | None, g: Ground) -> Draft:
    """Return what the asker signs for."""
    known = label or msgspec.structs.replace(g.label, groups=(NOBODY,))  # marks we don't know: nobody may see it
    return Draft(body=body, subject=subject, label=known, appointment=actor.appointment, person=actor.person)
