"""Who speaks for a unit, here and elsewhere, and who would take it over, as a reader sees it.

Owns: rows of appointments, liaison officers, successions, and of what waits for a decision.
Doesn't own: when somebody has to decide, and who (`command.rules.succession`).
"""

from itertools import islice
from typing import Final

from jointhq.command import records as r
from jointhq.command.forms import posts as f
from jointhq.command.ground import Ground
from jointhq.command.rules import succession as rules
from jointhq.command.snapshot import Fact, Snapshot
from jointhq.people import fence
from jointhq.people.directory import COMMAND, Session
from jointhq.release.reader import Reader

CHOICES_MAX: Final = 5_000  # appointments, and responsibilities: of 2,000 units one or two each
LIAISONS_MAX: Final = 500  # in one answer, the first by home
PROMPTS_MAX: Final = 100  # that wait for one person; more are no decision any more


def appointment(g: Ground, reader: Reader, appointment_id: str) -> f.AppointmentRow | None:
    """Return an appointment and who holds it now; None where the reader may not see it."""
    one = g.directory.appointments.get(appointment_id)
    sees = g.sees(reader)
    if one is None or not sees(one.label):
        return None
    holder = g.directory.persons.get(g.directory.holder(appointment_id, g.now_ms))
    named = holder if holder and sees(holder.label) else None
    return f.AppointmentRow(
        id=one.id,
        title=one.title,
        title_ja=one.title_ja,
        holder=named.name if named else "",
        holder_ja=named.name_ja if named else "",
    )


def of_unit(g: Ground, reader: Reader, snapshot: Snapshot, unit_id: str) -> list[f.AppointmentRow]:
    """Return the appointments that speak for a unit."""
    speak = (one.id for one in g.directory.appointments.values() if snapshot.unit_of(one.id, one.unit) == unit_id)
    rows = (appointment(g, reader, one) for one in speak)
    return sorted((row for row in rows if row), key=lambda row: (row.title, row.id))


def liaison(g: Ground, reader: Reader, fact: Fact[r.LiaisonPosted]) -> f.LiaisonRow:
    """Return a liaison officer."""
    act = fact.act
    return f.LiaisonRow(
        id=act.liaison,
        home=act.home,
        host=act.host,
        appointment=appointment(g, reader, act.appointment) if act.appointment else None,
        name=act.name,
        ceiling=act.ceiling,
        speaks=act.speaks,
        contact=act.contact,
        order_ref=g.order_ref(reader, fact),
        from_ms=fact.from_ms,
        until_ms=act.until_ms,
        note=act.note,
        mark=g.mark(fact.label),
        version=fact.version,
    )


def liaisons(g: Ground, reader: Reader, snapshot: Snapshot, unit_id: str = "") -> list[f.LiaisonRow]:
    """Return the liaison officers of a unit and with it, or all there are."""
    found = [fact for fact in snapshot.liaisons.values() if unit_id in ("", fact.act.home, fact.act.host)]
    found.sort(key=lambda fact: (fact.act.home, fact.act.host, fact.act.liaison))
    return [liaison(g, reader, fact) for fact in found[:LIAISONS_MAX]]


def succession(g: Ground, reader: Reader, snapshot: Snapshot, unit_id: str) -> f.SuccessionRow | None:
    """Return who commands a unit and who would take over; None where nobody wrote that down that the reader sees."""
    fact = snapshot.successions.get(unit_id)
    if fact is None:
        return None
    act, sees = fact.act, g.sees(reader)
    silence = g.structure.silences.lasting(unit_id, snapshot.commander(unit_id))
    decided = g.structure.silences.decisions.get(unit_id)
    decided = decided if decided and sees(decided.label) else None
    acting = snapshot.acting.get(unit_id)
    alternates = (appointment(g, reader, one) for one in act.alternates)
    return f.SuccessionRow(
        unit=unit_id,
        commander=appointment(g, reader, act.commander),
        alternates=[one for one in alternates if one],
        minutes=act.minutes,
        acting=appointment(g, reader, acting.act.appointment) if acting else None,
        silent_ms=silence.since_ms if silence and sees(silence.label) else 0,
        decided=decided.decision if decided else "",
        decided_ms=decided.at_ms if decided else 0,
        decided_by=appointment(g, reader, decided.by) if decided else None,
        note=decided.note if decided else "",
        mark=g.mark(fact.label),
    )


def choices(g: Ground, actor: Session) -> f.Choices:
    """Return what forms of acts offer: of appointments those that stand with their units, and those to be bound."""
    snapshot = g.snapshot(actor.reader)
    named = (
        one
        for one in g.directory.appointments.values()
        if g.stands(snapshot, actor.reader, one) or fence.offered(g.people, actor, one.id)
    )
    there = list(islice(named, CHOICES_MAX))
    given = list(snapshot.responsibilities.values())[:CHOICES_MAX]
    return f.Choices(
        appointments=[
            f.PostChoice(
                id=one.id,
                title=one.title,
                title_ja=one.title_ja,
                unit=snapshot.unit_of(one.id, one.unit),
                commands=COMMAND in one.permissions,
            )
            for one in there
        ],
        responsibilities=[
            f.ResponsibilityChoice(
                id=fact.act.responsibility,
                title=fact.act.title,
                title_ja=fact.act.title_ja,
                unit=fact.act.unit,
                mark=g.mark(fact.label),
            )
            for fact in given
        ],
    )


def prompts(g: Ground, actor: Session) -> list[f.PromptRow]:
    """Return what waits for the asker to decide."""
    snapshot, found = g.snapshot(actor.reader), list[f.PromptRow]()
    for one in rules.prompts(g, actor)[:PROMPTS_MAX]:
        row = succession(g, actor.reader, snapshot, one.unit)
        if row is not None:
            act = snapshot.units[one.unit].act
            found.append(
                f.PromptRow(
                    unit=one.unit,
                    name=act.name,
                    name_ja=act.name_ja,
                    why=one.why,
                    succession=row,
                    version=one.version,
                )
            )
    return found
