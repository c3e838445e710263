"""Handovers of a watch: what the journal has of them, what is composed into one, and what is shown.

Owns: the projection; composing from what is open, due and changed since the watch began; the rows.
Doesn't own: who may (`operations.rules.handover`), who holds what (`people.directory`).
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import msgspec

from jointhq.base import dtg
from jointhq.journal.record import Body, Record, body_of
from jointhq.operations.forms.handover import HandoverRow, ItemRow
from jointhq.operations.ground import Ground
from jointhq.operations.records.handover import HandoverOffered, HandoverWithdrawn, Item, Part
from jointhq.operations.records.reports import Link
from jointhq.operations.rules.compose import Sources, sentence_of
from jointhq.operations.templates import words
from jointhq.operations.views import log as log_views
from jointhq.operations.views import reports as report_views
from jointhq.operations.views.book import Book
from jointhq.operations.views.logbook import Logbook
from jointhq.operations.views.names import mark, signed_by
from jointhq.operations.views.reportbook import Reports
from jointhq.people.directory import Session
from jointhq.people.records import AppointmentTaken
from jointhq.release.label import Label
from jointhq.release.reader import Reader

WATCH_MS: Final = 12 * 3_600_000  # the next watch, of which what is expected is told
ITEMS_MAX: Final = 120  # of one handover: what one reads in ten minutes; the log has the rest
ROWS_MAX: Final = 60  # of one answer: a month of watches


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """One handover as written."""

    id: str
    body: HandoverOffered
    label: Label | None
    person: str  # who offers
    offered_ms: int
    state: str = "offered"
    accepted_by: str = ""
    accepted_ms: int = 0


class Handovers(Book):
    """The projection."""

    name = "operations.handovers"
    kinds = ("handover.",)
    keeps = ("handovers",)

    def __init__(self) -> None:
        super().__init__()
        self.handovers: dict[str, Handover] = {}

    def apply(self, record: Record) -> None:
        """Take the next record; who takes an appointment may accept an offer by it."""
        super().apply(record)
        body = body_of(record) if record.kind.startswith("appointment.taken") else None
        if isinstance(body, AppointmentTaken) and body.handover:
            self._becomes(body.handover, state="accepted", accepted_by=record.person, accepted_ms=record.written_ms)

    def _take(self, record: Record, body: Body) -> None:
        if isinstance(body, HandoverOffered):
            self.handovers[record.subject] = Handover(
                id=record.subject, body=body, label=record.label, person=record.person, offered_ms=record.written_ms
            )
        elif isinstance(body, HandoverWithdrawn):
            self._becomes(record.subject, state="withdrawn")

    def _becomes(self, handover_id: str, **changes: Any) -> None:
        if before := self.handovers.get(handover_id):
            self.handovers[handover_id] = msgspec.structs.replace(before, **changes)


def state_of(g: Ground, handover: Handover) -> str:
    """Return the state now: an offer of somebody who holds the appointment no more has lapsed."""
    holds = g.directory.holder(handover.body.appointment, g.now_ms) == handover.person
    return "lapsed" if handover.state == "offered" and not holds else handover.state


# -- composing


def items(
    g: Ground,
    reader: Reader,
    since_ms: int,
    language: str,
    at_ms: int,
    *,
    log: Logbook,
    reports: Reports,
    sources: Sources,
) -> tuple[Item, ...]:
    """Return what the next must know, as far as who offers may see it; what is expected from `at_ms` on."""
    made = list[Item]()
    at_ms -= at_ms % 60_000
    expected = sources["rhythm"](reader, at_ms, at_ms + WATCH_MS, language) if "rhythm" in sources else ()
    coming = (Item(part="expected", text=one.text.strip(), label=one.label, links=one.links) for one in expected)
    for one in chain(_items(g, reader, since_ms, language, log, reports, sources), coming):
        if len(made) == ITEMS_MAX:
            break
        made.append(one)
    return tuple(made)


def _items(
    g: Ground, reader: Reader, since_ms: int, language: str, log: Logbook, reports: Reports, sources: Sources
) -> Iterator[Item]:
    query = log_views.Query(from_ms=since_ms - since_ms % 60_000, standing=True)
    entries = list(log_views.entries(g, reader, log, query))
    for entry in entries:
        if log_views.significant(g, reader, log, entry) and entry.label is not None:
            yield _item("significant", sentence_of(entry, language), entry.label, Link("log", entry.id))
    for source in (sources[one] for one in ("requests", "requirements", "tasks") if one in sources):
        for found in source(reader, since_ms, g.now_ms, language):
            yield Item(part="open", text=found.text, label=found.label, links=found.links)
    page = report_views.page(g, reader, reports)
    said = words(language)
    for report in page.rows:
        label = reports.reports[report.id].label or g.label
        name = report.serial or f"{report.originator} {report.form}"
        if report.state in ("draft", "approved"):
            text = said[f"report_{report.state}"].format(name=name, due=dtg.write(report.due_ms)[:7])
            yield _item("open", text, label, Link("report", report.id))
        elif report.state == "released" and report.released_ms >= since_ms:
            yield _item(
                "changed", said["report_sent"].format(name=name, to=report.to), label, Link("report", report.id)
            )
    for owed in page.owed:
        line = reports.lines[owed.form].label or g.label
        if owed.state in ("due", "late"):
            text = said["report_owed"].format(form=owed.form, to=owed.to, due=dtg.write(owed.due_ms)[:7])
            yield _item("due", text, line)
    for entry in entries:
        if entry.body.decided and not log_views.significant(g, reader, log, entry) and entry.label is not None:
            yield _item("changed", sentence_of(entry, language), entry.label, Link("log", entry.id))


def _item(part: Part, text: str, label: Label, *links: Link) -> Item:
    return Item(part=part, text=text, label=label, links=links)


# -- shown


def row(g: Ground, reader: Reader, handover: Handover, *, state: str = "") -> HandoverRow:
    """Return a handover that the reader may see."""
    body = handover.body
    appointment = g.directory.appointments.get(body.appointment)
    title = appointment if appointment and g.door.may_see(reader, appointment.label, g.now_ms) else None
    to = signed_by(g, reader, body.appointment, handover.accepted_by) if handover.accepted_by else None
    return HandoverRow(
        id=handover.id,
        state=state or state_of(g, handover),
        appointment=title.id if title else "",
        title=title.title if title else "",
        title_ja=title.title_ja if title else "",
        since_ms=body.since_ms,
        offered_ms=handover.offered_ms,
        accepted_ms=handover.accepted_ms,
        by=signed_by(g, reader, body.appointment, handover.person),
        to=to,
        language=body.language,
        note=body.note,
        items=[
            ItemRow(part=one.part, text=one.text, mark=mark(g, one.label), links=list(one.links))
            for one in body.items
            if g.door.may_see(reader, one.label, g.now_ms)
        ],
        mark=mark(g, handover.label),
    )


def rows(g: Ground, reader: Reader, handovers: Handovers) -> list[HandoverRow]:
    """Return the handovers that are there for the reader, the latest first."""
    there = [one for one in handovers.handovers.values() if g.door.may_see(reader, one.label, g.now_ms)]
    there.sort(key=lambda one: one.offered_ms, reverse=True)
    return [row(g, reader, one) for one in there[:ROWS_MAX]]


def offered_to(g: Ground, actor: Session, handovers: Handovers) -> list[HandoverRow]:
    """Return the open offers that this person may accept, as who he would be in that appointment."""
    found = []
    for one in handovers.handovers.values():
        if one.state != "offered" or one.person == actor.person or state_of(g, one) != "offered":
            continue
        reader = reader_of(g, actor, one)
        if reader is not None:
            found.append(row(g, reader, one))
    return found


def reader_of(g: Ground, actor: Session, handover: Handover) -> Reader | None:
    """Return who the person would read as if he accepted; None where he may not, or would not see it."""
    appointment = handover.body.appointment
    if actor.person not in g.directory.assignments.get(appointment, {}):
        return None
    reader = g.directory.reader(actor.person, appointment, g.now_ms)
    return reader if g.door.may_see(reader, handover.label, g.now_ms) else None
