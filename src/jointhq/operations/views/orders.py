"""Orders, their annexes and addressees, and missions, as the journal has them.

Owns: the projection, the state of an order, what is owed an answer. Doesn't own: how far it has come with an addressee
(`operations.views.addressees`), the text in force (`.in_force`), rows for pages (`.board`), who may change what
(`operations.rules`).
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

import msgspec

from jointhq.journal.record import Body, Precedence, Record
from jointhq.operations.records import annexes as a
from jointhq.operations.records import missions as m
from jointhq.operations.records import orders as r
from jointhq.operations.views.addressees import Addressee, Step
from jointhq.operations.views.book import Book
from jointhq.release.label import Label

State = Literal[
    "draft", "withdrawn", "staffing", "approved", "issued", "in_force", "superseded", "cancelled", "complete"
]
LIVE: Final = ("issued", "in_force")
OPEN_DRAFTS: Final = ("draft", "staffing", "approved")


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What an office said of a draft."""

    office: str
    concurs: bool
    note: str
    at_ms: int
    person: str
    appointment: str
    label: Label | None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order. `version` names the record it stands in; `written` is all its draft says."""

    id: str
    written: r.OrderText
    state: State
    label: Label | None
    precedence: Precedence
    exercise: bool
    version: str
    drafted_ms: int
    person: str
    appointment: str
    written_by: str  # the person who wrote it last
    offices: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    approved_ms: int = 0
    approved_by: str = ""  # the appointment
    serial: str = ""  # "OPORD 3/26", which two issuers may have: `views.names.order_name` says whose
    number: int = 0
    series: str = ""
    issued_ms: int = 0
    effective_ms: int = 0
    issued_by: str = ""  # the appointment
    addressees: tuple[str, ...] = ()
    superseded_by: str = ""
    ended_ms: int = 0
    note: str = ""  # why it was withdrawn, returned, approved over objection, cancelled or completed
    note_label: Label | None = None  # of the record that says so: the order may have been widened since

    def state_at(self, now_ms: int) -> State:
        """Return its state at a moment: what was issued is in force from its effective time on."""
        return "in_force" if self.state == "issued" and self.effective_ms <= now_ms else self.state

    @property
    def live(self) -> bool:
        """Whether it was issued, and nothing ended it."""
        return self.state == "issued"

    def task(self, task_id: str) -> r.Task | None:
        """Return one of its tasks."""
        return next((task for task in self.written.tasks if task.id == task_id), None)


class Annex(msgspec.Struct, frozen=True, kw_only=True):
    """One annex of an order, as it was put last."""

    id: str
    order: str
    letter: str
    title: str
    text: str
    files: tuple[str, ...]
    ends: bool
    chosen: Label
    label: Label | None
    version: str


class Mission(msgspec.Struct, frozen=True, kw_only=True):
    """One mission."""

    id: str
    written: m.MissionText
    label: Label | None
    version: str
    added_ms: int
    ended_ms: int = 0
    reason: str = ""


class Orders(Book):
    """The projection."""

    name = "orders"
    kinds = ("order.", "request.", "annex.", "mission.")
    keeps = ("orders", "addressees", "annexes", "missions", "numbers")

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, Order] = {}
        self.addressees: dict[str, Addressee] = {}
        self.annexes: dict[str, Annex] = {}
        self.missions: dict[str, Mission] = {}
        self.numbers: dict[str, int] = {}  # the last of each series
        self._of_unit: dict[str, dict[str, None]] = {}  # live addressees by the unit that has to answer now
        self._ended_of_unit: dict[str, dict[str, None]] = {}  # those of orders that were superseded or cancelled
        self._annexes: dict[str, dict[str, None]] = {}  # by their order
        self._changes: dict[str, dict[str, None]] = {}  # FRAGORDs by their base
        self._takers: dict[type, Callable[[Record, Any], None]] = {
            r.OrderDrafted: self._drafted,
            r.OrderEdited: self._edited,
            r.OrderWithdrawn: self._withdrawn,
            r.OrderSubmitted: self._submitted,
            r.OrderConcurred: self._opinion,
            r.OrderNotConcurred: self._opinion,
            r.OrderReturned: self._returned,
            r.OrderApproved: self._approved,
            r.OrderIssued: self._issued,
            r.OrderSuperseded: self._superseded,
            r.OrderCancelled: self._ended,
            r.OrderCompleted: self._ended,
            r.OrderSent: self._device,
            r.OrderDelivered: self._device,
            r.OrderOpened: self._device,
            r.OrderRecalled: self._device,
            r.OrderAnswered: self._answered,
            r.RequestAccepted: self._decided,
            r.RequestDeclined: self._decided,
            r.OrderEscalated: self._escalated,
            a.AnnexPut: self._annex,
            a.AnnexRemoved: self._annex_removed,
            m.MissionAdded: self._mission,
            m.MissionChanged: self._mission,
            m.MissionEnded: self._mission_ended,
        }

    def _take(self, record: Record, body: Body) -> None:
        taker = self._takers.get(type(body))
        if taker is not None:
            taker(record, body)

    # -- questions

    def to_answer(self, unit: str) -> list[Addressee]:
        """Return what the people of a unit have before them, oldest first."""
        return [self.addressees[one] for one in self._of_unit.get(unit, ())]

    def recalled(self, unit: str, since_ms: int) -> list[Addressee]:
        """Return what the people of a unit had before them until it was superseded or cancelled, since a moment."""
        found = self._ended_of_unit.get(unit, {})
        for one in [one for one in found if self.orders[self.addressees[one].order].ended_ms < since_ms]:
            del found[one]
        return [self.addressees[one] for one in found]

    def waits(self) -> bool:
        """Whether anybody has anything before him, or had."""
        return any(self._of_unit.values()) or any(self._ended_of_unit.values())

    def changes_of(self, base: str) -> list[Order]:
        """Return the FRAGORDs of an order that were issued, in the order of their issue."""
        return [self.orders[one] for one in self._changes.get(base, ())]

    def annexes_of(self, order: str) -> list[Annex]:
        """Return the annexes of an order, by their letters."""
        there = [self.annexes[one] for one in self._annexes.get(order, ())]
        return sorted(there, key=lambda one: one.letter)

    def live_addressees(self) -> Iterator[Addressee]:
        """Yield the addressees of all orders that were issued and have not ended."""
        for unit in self._of_unit.values():
            for one in unit:
                yield self.addressees[one]

    # -- what each kind of record does

    def _drafted(self, record: Record, body: r.OrderDrafted) -> None:
        self.orders[record.subject] = Order(
            id=record.subject,
            written=body,
            state="draft",
            label=record.label,
            precedence=_precedence(record),
            exercise=record.exercise,
            version=_version(record),
            drafted_ms=record.written_ms,
            person=record.person,
            appointment=record.appointment,
            written_by=record.person,
        )

    def _edited(self, record: Record, body: r.OrderEdited) -> None:
        self._put(record, written=body, label=record.label, precedence=_precedence(record), written_by=record.person)

    def _put(self, record: Record, **changes: Any) -> None:
        order = self.orders.get(record.subject)
        if order is not None:
            self.orders[order.id] = msgspec.structs.replace(order, version=_version(record), **changes)

    def _withdrawn(self, record: Record, body: r.OrderWithdrawn) -> None:
        self._put(record, state="withdrawn", note=body.reason, note_label=record.label, ended_ms=record.written_ms)

    def _submitted(self, record: Record, body: r.OrderSubmitted) -> None:
        self._put(record, state="staffing", offices=body.offices, opinions=(), note="")

    def _opinion(self, record: Record, body: r.OrderConcurred | r.OrderNotConcurred) -> None:
        order = self.orders.get(record.subject)
        if order is None:
            return
        said = Opinion(
            office=body.office,
            concurs=isinstance(body, r.OrderConcurred),
            note=body.note,
            at_ms=record.written_ms,
            person=record.person,
            appointment=record.appointment,
            label=record.label,
        )
        others = tuple(one for one in order.opinions if one.office != body.office)
        self._put(record, opinions=(*others, said))

    def _returned(self, record: Record, body: r.OrderReturned) -> None:
        self._put(
            record,
            state="draft",
            note=body.note,
            note_label=record.label,
            offices=(),
            opinions=(),
            approved_ms=0,
            approved_by="",
        )

    def _approved(self, record: Record, body: r.OrderApproved) -> None:
        self._put(
            record,
            state="approved",
            note=body.note,
            note_label=record.label,
            approved_ms=record.written_ms,
            approved_by=record.appointment,
        )

    def _issued(self, record: Record, body: r.OrderIssued) -> None:
        order = self.orders.get(record.subject)
        if order is None:
            return
        self.numbers[body.series] = max(body.number, self.numbers.get(body.series, 0))
        for one in body.addressees:
            self._hold(
                Addressee(
                    id=one.id,
                    order=order.id,
                    unit=one.unit,
                    role=one.role,
                    tasks=one.tasks,
                    refer_to=one.refer_to,
                    rule=one.rule,
                    issued_ms=record.written_ms,
                )
            )
        if order.written.base:
            self._changes.setdefault(order.written.base, {})[order.id] = None
        for old in order.written.supersedes:
            if (before := self.orders.get(old)) is not None:
                self.orders[old] = msgspec.structs.replace(before, superseded_by=order.id)
        self._put(
            record,
            state="issued",
            serial=body.name,
            number=body.number,
            series=body.series,
            issued_ms=record.written_ms,
            effective_ms=record.effective_ms,
            issued_by=record.appointment,
            addressees=tuple(one.id for one in body.addressees),
        )

    def _superseded(self, record: Record, _body: r.OrderSuperseded) -> None:
        self._put(record, state="superseded", ended_ms=record.written_ms)
        self._release(record.subject)

    def _ended(self, record: Record, body: r.OrderCancelled | r.OrderCompleted) -> None:
        cancelled = isinstance(body, r.OrderCancelled)
        note = body.reason if isinstance(body, r.OrderCancelled) else body.note
        self._put(
            record,
            state="cancelled" if cancelled else "complete",
            note=note,
            note_label=record.label,
            ended_ms=record.written_ms,
        )
        self._release(record.subject)

    def _hold(self, addressee: Addressee) -> None:
        """Keep an addressee under the unit that has to answer now."""
        before = self.addressees.get(addressee.id)
        if before is not None and before.recipient != addressee.recipient:
            self._of_unit.get(before.recipient, {}).pop(before.id, None)
        self.addressees[addressee.id] = addressee
        self._of_unit.setdefault(addressee.recipient, {})[addressee.id] = None

    def _release(self, order_id: str) -> None:
        order = self.orders.get(order_id)
        for one in order.addressees if order else ():
            unit = self.addressees[one].recipient
            self._of_unit.get(unit, {}).pop(one, None)
            if order is not None and order.state != "complete":
                self._ended_of_unit.setdefault(unit, {})[one] = None

    def _step(self, record: Record, what: str, **more: Any) -> None:
        addressee = self.addressees.get(record.subject)
        if addressee is None:
            return
        step = Step(
            what=what,
            at_ms=record.written_ms,
            label=record.label,
            **{"person": record.person, "appointment": record.appointment, **more},
        )
        after = msgspec.structs.replace(addressee, steps=(*addressee.steps, step))
        if self.orders[addressee.order].live:
            self._hold(after)
        else:
            self.addressees[after.id] = after

    def _device(self, record: Record, body: r.OrderSent | r.OrderDelivered | r.OrderOpened | r.OrderRecalled) -> None:
        self._step(record, _WHAT[type(body)], person=body.person, appointment=body.appointment, client=body.client)

    def _answered(self, record: Record, body: r.OrderAnswered) -> None:
        self._step(record, body.answer, client=body.client, way=body.way, note=body.reason)

    def _decided(self, record: Record, body: r.RequestAccepted | r.RequestDeclined) -> None:
        what = "accepted" if isinstance(body, r.RequestAccepted) else "declined"
        self._step(record, what, client=body.client, way=body.way, note=body.note)

    def _escalated(self, record: Record, body: r.OrderEscalated) -> None:
        self._step(record, "escalated", appointment=body.to, due_ms=body.due_ms)

    def _annex(self, record: Record, body: a.AnnexPut) -> None:
        self._annexes.setdefault(body.order, {})[record.subject] = None
        self.annexes[record.subject] = Annex(
            id=record.subject,
            order=body.order,
            letter=body.letter,
            title=body.title,
            text=body.text,
            files=body.files,
            ends=body.ends,
            chosen=body.chosen,
            label=record.label,
            version=_version(record),
        )

    def _annex_removed(self, record: Record, body: a.AnnexRemoved) -> None:
        self._annexes.get(body.order, {}).pop(record.subject, None)
        self.annexes.pop(record.subject, None)

    def _mission(self, record: Record, body: m.MissionAdded | m.MissionChanged) -> None:
        before = self.missions.get(record.subject)
        self.missions[record.subject] = Mission(
            id=record.subject,
            written=body,
            label=record.label,
            version=_version(record),
            added_ms=before.added_ms if before else record.written_ms,
        )

    def _mission_ended(self, record: Record, body: m.MissionEnded) -> None:
        mission = self.missions.get(record.subject)
        if mission is not None:
            self.missions[mission.id] = msgspec.structs.replace(
                mission, ended_ms=record.written_ms, reason=body.reason, version=_version(record)
            )


_WHAT: Final[dict[type, str]] = {
    r.OrderSent: "sent",
    r.OrderDelivered: "delivered",
    r.OrderOpened: "opened",
    r.OrderRecalled: "recalled",
}


def _precedence(record: Record) -> Precedence:
    """Return the precedence; a newer version's own is the least we know."""
    known: dict[str, Precedence] = {one: one for one in ("routine", "priority", "immediate", "flash")}
    return known.get(record.precedence, "routine")


def _version(record: Record) -> str:
    """Return what names this record to a form and says nothing about how many there are."""
    return record.digest[:16]
