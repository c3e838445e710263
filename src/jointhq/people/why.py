"""Why can A not see B? The rule that decides, for any person and any item.

Owns: asking every rule in order - the person, the appointment, the door - and naming the one that decides.
Doesn't own: the rules (`people.directory`, `release`), who may ask (`people.routes`).

The asker must see the item himself, and may know of the reader: what is hidden from him and what isn't there give the
same answer.
"""

import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import msgspec

from jointhq.base.errors import BadInput, NotVisible
from jointhq.journal.journal import Journal
from jointhq.people import fence, views
from jointhq.people import forms as f
from jointhq.people.directory import Directory, Session
from jointhq.people.facts import Person
from jointhq.people.fence import Ground
from jointhq.people.groups import titles
from jointhq.release.label import Label
from jointhq.release.reader import Reader

NEAR_MS: Final = 10_000  # by which a record may be written after, or by a stepped clock before, its id was made
READ_RECORDS: Final = 500

LabelOf = Callable[[str], Label | None]  # of a track, by its uid
LabelOfRecord = Callable[[str], Awaitable[Label | None]]  # of a record, by its id


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads (as what: "" is the appointment he holds), and one of the three."""

    reader: str
    appointment: str = ""
    person: str = ""
    uid: str = ""
    record: str = ""


async def why(
    g: Ground, actor: Session, question: Question, *, label_of: LabelOf, label_of_record: LabelOfRecord
) -> f.WhyBody:
    """Answer the question. NotVisible for what isn't there for the asker, BadInput for what isn't one question."""
    if [bool(x) for x in (question.person, question.uid, question.record)].count(True) != 1:
        raise BadInput("ask about one thing: person, uid or record")
    reader = _person(g, actor, question.reader)
    appointment = question.appointment or acting(g.directory, reader.id, g.now_ms)
    if question.appointment and not _known(g, actor, question.appointment):
        raise NotVisible("no such appointment")
    if question.person:
        item, label = "person", _of_person(g, actor, question.person)
    elif question.uid:
        item, label = "track", label_of(question.uid)
    else:
        item, label = "record", await label_of_record(question.record)
    shown = msgspec.structs.replace(label, groups=()) if item == "person" and label else label
    if not g.door.may_see(actor.reader, shown, g.now_ms):
        raise NotVisible("no such item")
    hidden: tuple[str, ...] = () if _known(g, actor, appointment) else ("sees", "from_ms", "until_ms")
    if question.person and not _known(g, actor, acting(g.directory, question.person, g.now_ms)):
        hidden += ("belongs_to", "groups")
    checks = [_told(check, hidden) for check in _checks(g, actor.reader, reader.id, appointment, label)]
    decides = next((check for check in checks if not check.ok), checks[-1])
    return f.WhyBody(
        allowed=decides.ok,
        rule=decides.rule,
        params=decides.params,
        reader=views.person_name(reader),
        appointment=appointment if _known(g, actor, appointment) else "",
        item=item,
        mark=views.mark(g, label),
        checks=checks,
    )


def readers(g: Ground, actor: Session) -> list[f.ReaderRow]:
    """Return who may be asked about, and no more of each than it takes to choose him and what he reads as."""
    known = [person for person in g.directory.persons.values() if fence.knows(g, actor, person)]
    return [
        f.ReaderRow(
            id=person.id,
            name=person.name,
            name_ja=person.name_ja,
            organisation=person.organisation,
            mark=views.mark(g, person.label),
            appointments=[
                f.AppointmentName(what.id, what.title, what.title_ja)
                for what in map(g.directory.appointments.__getitem__, g.directory.assigned_to(person.id))
                if fence.knows(g, actor, what)
            ],
        )
        for person in sorted(known, key=lambda p: (p.name.casefold(), p.id))
    ]


def _person(g: Ground, actor: Session, person_id: str) -> Person:
    person = g.directory.persons.get(person_id)
    if person is None or not fence.knows(g, actor, person):
        raise NotVisible("no such person")
    return person


def _known(g: Ground, actor: Session, appointment_id: str) -> bool:
    appointment = g.directory.appointments.get(appointment_id)
    return appointment is not None and fence.knows(g, actor, appointment)


def _told(check: f.Check, hidden: tuple[str, ...]) -> f.Check:
    """Return a check without what an appointment says that isn't there for the asker."""
    params = {name: value for name, value in check.params.items() if name not in hidden}
    return f.Check(rule=check.rule, ok=check.ok, params=params)


def acting(directory: Directory, person_id: str, now_ms: int) -> str:
    """Return the appointment a person would read as: one he holds, may take, or has in this order; "" for none."""
    assigned = directory.assigned_to(person_id)
    mine = [a for a in assigned if not directory.standing(person_id, a, now_ms)]
    held = [a for a in mine if directory.holder(a, now_ms) == person_id]
    return next(iter(held or mine or assigned), "")


def _of_person(g: Ground, actor: Session, person_id: str) -> Label | None:
    """Return the label of what a person sends: his own label, and the groups that he sends to."""
    person = _person(g, actor, person_id)
    groups = g.directory.groups(person_id, acting(g.directory, person_id, g.now_ms), g.now_ms)[0]
    return msgspec.structs.replace(person.label, groups=groups) if person.label else None


def _checks(g: Ground, asker: Reader, person: str, appointment: str, label: Label | None) -> list[f.Check]:
    checks: list[f.Check] = []
    standing = g.directory.standing(person, appointment, g.now_ms)
    checks.append(f.Check(rule=standing or "in_force", ok=not standing, params=_dates(g, person, appointment)))
    if not appointment:
        checks.append(f.Check(rule="no_appointment", ok=False, params={}))
    reader = g.directory.reader(person, appointment, g.now_ms)
    verdict = g.door.explain(reader, label, g.now_ms)
    if standing:  # the reader of one who has no access is nobody; what would the door say of him otherwise?
        verdict = g.door.explain(g.directory.otherwise(person, appointment, g.now_ms), label, g.now_ms)
    in_groups = label is None or not label.groups or not reader.groups.isdisjoint(label.groups)
    belongs_to = _called(g, asker, label.groups) if label else ""
    groups: dict[str, Any] = {"sees": _called(g, asker, reader.groups), "belongs_to": belongs_to}
    if not standing and label is not None and label.groups:
        checks.append(f.Check(rule="in_groups" if in_groups else "not_in_groups", ok=in_groups, params=groups))
    params = {name: belongs_to if name == "groups" else value for name, value in verdict.params.items()}
    checks.append(f.Check(rule=verdict.rule, ok=verdict.allowed, params=params))
    return checks


def _called(g: Ground, asker: Reader, groups: Iterable[str]) -> str:
    """Return what these groups are called; those of units that the asker may not see have no name."""
    called = titles(groups, g.directory.units, asker, g.now_ms)
    return ", ".join(sorted(called.values())) or "–"


def _dates(g: Ground, person_id: str, appointment_id: str) -> dict[str, Any]:
    person = g.directory.persons[person_id]
    dates: dict[str, Any] = {"cleared_until_ms": person.cleared_until_ms}
    if appointment := g.directory.appointments.get(appointment_id):
        dates |= {"from_ms": appointment.from_ms, "until_ms": appointment.until_ms}
    return dates


async def label_of_record(journal: Journal, record_id: str) -> Label | None:
    """Return the label of a record; None where there is none.

    An id of ours (UUIDv7) begins with the time it was made: the journal is cut in half until it is near.
    """
    try:
        made_ms = uuid.UUID(record_id).int >> 80
    except ValueError:
        return None
    low, high = 0, journal.position  # what is sought lies behind `low`
    while low < high:
        middle = (low + high) // 2
        found = await journal.read(middle, 1)
        if found and found[0].written_ms < made_ms - NEAR_MS:
            low = middle + 1
        else:
            high = middle
    after = max(0, low - 1)
    while records := await journal.read(after, READ_RECORDS):
        for record in records:
            if record.id == record_id:
                return record.label
        if records[-1].written_ms > made_ms + NEAR_MS:
            break
        after = records[-1].position
    return None
