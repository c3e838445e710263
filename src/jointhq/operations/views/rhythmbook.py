"""The battle rhythm as the journal has it, and what of it there is for a reader.

Owns: the projection: events with their versions, what was skipped, moved, held, delivered; `Seen`, an event as far as
one reader may know it; its occurrences between two moments; what was worked out of it, kept until the next record.
Doesn't own: how it is shown (`operations.views.rhythm`), what is wrong with it (`operations.rules.drill`).

An event has the label of its last version: who may not see that sees nothing of the event. Each other record is asked
for under its own label too.
"""

from collections import OrderedDict
from collections.abc import Container, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final

import msgspec

from jointhq.journal.record import Body, Record
from jointhq.operations.ground import Ground
from jointhq.operations.records import rhythm as r
from jointhq.operations.rules import recurrence
from jointhq.operations.rules.recurrence import DAY_MS, MINUTE_MS
from jointhq.operations.views.book import Book
from jointhq.release.label import Label
from jointhq.release.reader import Reader

BLOCK_MS: Final = 28 * DAY_MS  # of which occurrences are worked out together
BLOCKS_MAX: Final = 6  # of an event: what a page, its inputs and what follows look at; 3 MB with 300 daily events each
AUDIENCES_MAX: Final = 8  # readers who see the same are one; who has not asked for the longest is let go
WARNED_MAX: Final = 8  # weeks and zones of one audience


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """An event as written, from its schedule's first date on."""

    body: r.Event
    label: Label | None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a record says of one occurrence, and who signed it."""

    body: Body
    label: Label | None
    at_ms: int
    appointment: str
    person: str


class Revision(msgspec.Struct, frozen=True):
    """When it takes place was written anew, so many times, the last then; a reader of `label` knows."""

    at_ms: int
    label: Label | None
    times: int = 1


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """An event. `changes` are skipped, moved, restored; by day, the last of each label, as written.

    Who may not see the last goes by the one before: of what was said again under one label, nobody goes by the first.
    """

    id: str
    versions: tuple[Version, ...] = ()
    label: Label | None = None
    version: str = ""
    exercise: bool = False
    ended_ms: int = 0
    reason: str = ""
    revisions: list[Revision] = []
    changes: dict[str, list[Said]] = {}
    held: dict[str, list[Said]] = {}
    delivered: dict[str, dict[str, list[Said]]] = {}


class Rhythm(Book):
    """The projection."""

    name = "operations.rhythm"
    kinds = ("rhythm.",)
    keeps = ("events",)

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, Fact] = {}
        self.kept: OrderedDict[frozenset[Label | None], Known] = OrderedDict()  # by the labels that are hidden

    def _take(self, record: Record, body: Body) -> None:
        self.kept.clear()
        before = self.events.get(record.subject)
        if isinstance(body, r.EventAdded | r.EventChanged):
            self.events[record.subject] = _written(record, body, before)
        elif before is not None:
            self.events[record.subject] = _said(record, body, before)


def _written(record: Record, body: r.Event, before: Fact | None) -> Fact:
    """Return the event with a further version: it stands in the place of those that began on its date or later."""
    fact = before or Fact(id=record.subject, exercise=record.exercise)
    _revise(fact, record)
    kept = (one for one in fact.versions if one.body.schedule.first < body.schedule.first)
    return msgspec.structs.replace(
        fact,
        versions=(*kept, Version(body=body, label=record.label)),
        label=record.label,
        version=record.id,
        ended_ms=0,
        reason="",
    )


def _said(record: Record, body: Body, fact: Fact) -> Fact:
    said = Said(
        body=body,
        label=record.label,
        at_ms=record.written_ms,
        appointment=record.appointment,
        person=record.person,
    )
    match body:
        case r.EventEnded():
            _revise(fact, record)
            return msgspec.structs.replace(fact, ended_ms=record.written_ms, reason=body.reason, version=record.id)
        case r.OccurrenceSkipped() | r.OccurrenceMoved() | r.OccurrenceRestored():
            _again(fact.changes.setdefault(body.day, []), said)
            _revise(fact, record)
        case r.OccurrenceHeld():
            _again(fact.held.setdefault(body.day, []), said)
        case r.InputDelivered():
            _again(fact.delivered.setdefault(body.day, {}).setdefault(body.input, []), said)
    return fact


def _again(before: list[Said], said: Said) -> None:
    """Add what was said to what stands, in the place of what it corrects."""
    before[:] = [*(one for one in before if one.label != said.label), said]


def _revise(fact: Fact, record: Record) -> None:
    times = sum(one.times for one in fact.revisions if one.label == record.label)
    others = (one for one in fact.revisions if one.label != record.label)
    fact.revisions[:] = [*others, Revision(record.written_ms, record.label, times + 1)]


# -- what there is for a reader


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One time that an event takes place: "planned", "moved", or not at all: "skipped"."""

    event: str
    day: str
    start_ms: int
    end_ms: int
    body: r.Event
    state: str = "planned"
    reason: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An event as far as a reader may know it: its versions, each with the dates on which it counts."""

    id: str
    body: r.Event  # as it is now
    versions: tuple[r.Event, ...]
    changes: dict[str, Body] = {}
    held: frozenset[str] = frozenset()  # the days that have been written down
    ended_ms: int = 0
    blocks: dict[int, list[Occurrence]] = {}  # what begins in each, the first first; made when asked for


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The events that are there for an audience, by id, and what was found wrong with them, by what was looked at."""

    events: dict[str, Seen]
    warned: OrderedDict[tuple[int, tuple[str, ...]], list[Any]] = msgspec.field(default_factory=OrderedDict)


def known(g: Ground, reader: Reader, book: Rhythm) -> Known:
    """Return what is there for a reader: what of an event names a hidden one alone isn't there."""
    hidden = frozenset(label for label in book.told if not g.door.may_see(reader, label, g.now_ms))
    kept = book.kept.get(hidden)
    if kept is None:
        found = {fact.id: one for fact in book.events.values() if (one := seen_one(g, reader, fact))}
        events = {
            one.id: msgspec.structs.replace(
                one, body=shown(one.body, found), versions=tuple(shown(body, found) for body in one.versions)
            )
            for one in found.values()
        }
        kept = book.kept[hidden] = Known(events=events)
        if len(book.kept) > AUDIENCES_MAX:
            book.kept.popitem(last=False)
    book.kept.move_to_end(hidden)
    return kept


def shown(body: r.Event, there: Container[str]) -> r.Event:
    """Return an event without the inputs and outputs of which nothing is left where only these events are there."""
    inputs = tuple(one for one in body.inputs if one.what or one.form or one.event in there)
    outputs = tuple(one for one in body.outputs if one.what or one.decision or one.event in there)
    if len(inputs) + len(outputs) == len(body.inputs) + len(body.outputs):
        return body
    return msgspec.structs.replace(body, inputs=inputs, outputs=outputs)


def seen_one(g: Ground, reader: Reader, fact: Fact) -> Seen | None:
    """Return an event as far as the reader may know it; None where it isn't there for him."""

    def sees(label: Label | None) -> bool:
        return g.door.may_see(reader, label, g.now_ms)

    if not sees(fact.label):
        return None
    bodies = [one.body for one in fact.versions if sees(one.label)]
    changes = {}
    for day, said in fact.changes.items():
        if last := next((one for one in reversed(said) if sees(one.label)), None):
            changes[day] = last.body
    return Seen(
        id=fact.id,
        body=bodies[-1],
        versions=cut(bodies),
        changes=changes,
        held=frozenset(day for day, said in fact.held.items() if any(sees(one.label) for one in said)),
        ended_ms=fact.ended_ms,
    )


def cut(bodies: list[r.Event]) -> tuple[r.Event, ...]:
    """Return the versions of an event, each ending on the day before the next begins."""
    made = []
    for body, after in zip(bodies, [*bodies[1:], None], strict=True):
        schedule = body.schedule
        if after is not None:
            last = (date.fromisoformat(after.schedule.first) - timedelta(days=1)).isoformat()
            until = min(schedule.until or last, last)
            schedule = msgspec.structs.replace(schedule, until=until)
        made.append(msgspec.structs.replace(body, schedule=schedule))
    return tuple(made)


def occurrences(event: Seen, from_ms: int, to_ms: int) -> Iterator[Occurrence]:
    """Yield what of an event lies in [from, to) by its beginning, skipped ones too, the first first.

    No more than recurrence.SPAN_DAYS_MAX days.
    """
    to_ms = min(to_ms, from_ms + recurrence.SPAN_DAYS_MAX * DAY_MS)
    for n in range(from_ms // BLOCK_MS, -(-to_ms // BLOCK_MS)):
        yield from (one for one in _block(event, n) if from_ms <= one.start_ms < to_ms)


def _block(event: Seen, n: int) -> list[Occurrence]:
    found = event.blocks.get(n)
    if found is None:
        found = sorted(_begin(event, n * BLOCK_MS, (n + 1) * BLOCK_MS), key=lambda one: one.start_ms)
        if len(event.blocks) >= BLOCKS_MAX:
            event.blocks.clear()
        event.blocks[n] = found
    return found


def _begin(event: Seen, from_ms: int, to_ms: int) -> Iterator[Occurrence]:
    for body in event.versions:
        for day in recurrence.days(body.schedule, from_ms, to_ms):
            one = _occurrence(event, body, day)
            if one is not None and from_ms <= one.start_ms < to_ms:
                yield one
    for named, change in event.changes.items():
        if not isinstance(change, r.OccurrenceMoved) or not from_ms <= change.start_ms < to_ms:
            continue
        one = occurrence(event, named)  # unless it came above: its day is within, too
        if one and not from_ms <= recurrence.start_ms(one.body.schedule, date.fromisoformat(named)) < to_ms:
            yield one


def occurrence(event: Seen, day: str) -> Occurrence | None:
    """Return the occurrence of a day; None where the recurrence has none."""
    try:
        at = date.fromisoformat(day)
    except ValueError:
        return None
    for body in reversed(event.versions):
        if recurrence.falls_on(body.schedule, at):
            return _occurrence(event, body, at)
    return None


def _occurrence(event: Seen, body: r.Event, day: date) -> Occurrence | None:
    """Return an occurrence that the recurrence has, as it is changed; None for one after the event's end."""
    start_ms, minutes, state, reason = recurrence.start_ms(body.schedule, day), body.schedule.minutes, "planned", ""
    if event.ended_ms and start_ms >= event.ended_ms and day.isoformat() not in event.held:
        return None
    match event.changes.get(day.isoformat()):
        case r.OccurrenceMoved() as moved:
            start_ms, minutes, state, reason = moved.start_ms, moved.minutes, "moved", moved.reason
        case r.OccurrenceSkipped() as skipped:
            state, reason = "skipped", skipped.reason
    return Occurrence(
        event=event.id,
        day=day.isoformat(),
        start_ms=start_ms,
        end_ms=start_ms + minutes * MINUTE_MS,
        body=body,
        state=state,
        reason=reason,
    )


def following(event: Seen, now_ms: int, count: int, days: int = 62) -> list[Occurrence]:
    """Return the next occurrences that take place, the first first; of a rare event it looks further for one."""
    taken = (one for one in occurrences(event, now_ms, now_ms + days * DAY_MS) if one.state != "skipped")
    found = list(islice(taken, count))
    if not found and event.versions:
        day = recurrence.next_day(
            event.versions[-1].schedule, recurrence.local(now_ms, event.body.schedule.zone).date()
        )
        one = occurrence(event, day.isoformat()) if day else None
        found = [one] if one is not None and one.state != "skipped" and one.start_ms >= now_ms else []
    return found
