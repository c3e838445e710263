"""Combined activities, as the journal has them and as a reader sees them.

Owns: the projection of their records, and rows. Doesn't own: who may do what (`operations.rules.combined`), orders.

An activity is there for who sees its text and both units, or saw one that has ended; a side's order for who sees that
order, too.
"""

from typing import Any

import msgspec

from jointhq.journal.record import Body, Record
from jointhq.operations.forms import combined as f
from jointhq.operations.records import combined as r
from jointhq.operations.rules.scene import Scene, unit_of
from jointhq.operations.views.board import name_of
from jointhq.operations.views.book import Book
from jointhq.operations.views.names import mark, order_name, signed_by
from jointhq.people.directory import Session
from jointhq.release.label import Label

ROWS_MAX = 300


class Said(msgspec.Struct, frozen=True):
    """What a side said last of something, and who signed."""

    value: str
    at_ms: int
    appointment: str
    person: str
    label: Label | None


class Activity(msgspec.Struct, frozen=True):
    """One activity: its text, and what each side said, by unit."""

    id: str
    text: r.CombinedText
    version: str  # the record of the text
    label: Label | None
    agreed: dict[str, Said] = {}
    ordered: dict[str, tuple[Said, ...]] = {}  # the last of each label: who may not see one goes by the one before
    ended: dict[str, Said] = {}

    def agrees(self, unit: str) -> bool:
        """Tell whether a side agrees to the text as it stands."""
        return unit in self.agreed and self.agreed[unit].value == self.version


class Combined(Book):
    """The projection."""

    name = "combined"
    kinds = ("combined.",)
    keeps = ("activities",)

    def __init__(self) -> None:
        super().__init__()
        self.activities: dict[str, Activity] = {}

    def _take(self, record: Record, body: Body) -> None:
        before = self.activities.get(record.subject)
        if isinstance(body, r.CombinedText):
            if before is None:
                self.activities[record.subject] = Activity(record.subject, body, record.id, record.label)
            else:
                changed = msgspec.structs.replace(before, text=body, version=record.id, label=record.label)
                self.activities[record.subject] = changed
        elif before is not None:
            now: dict[str, Any]
            match body:
                case r.CombinedAgreed():
                    now = {"agreed": {**before.agreed, body.unit: _said(record, body.text)}}
                case r.CombinedOrdered():
                    others = (one for one in before.ordered.get(body.unit, ()) if one.label != record.label)
                    now = {"ordered": {**before.ordered, body.unit: (*others, _said(record, body.order))}}
                case r.CombinedEnded():
                    now = {"ended": {**before.ended, body.unit: _said(record, body.reason)}}
                case _:
                    return
            self.activities[record.subject] = msgspec.structs.replace(before, **now)


def _said(record: Record, value: str) -> Said:
    return Said(value, record.written_ms, record.appointment, record.person, record.label)


def seen(s: Scene, actor: Session, activity: Activity | None) -> bool:
    """Tell whether an activity is there for somebody: its text, and both units."""
    return (
        activity is not None
        and s.sees(actor, activity.label)
        and all(s.authority.known(actor.reader, unit) is not None for unit in activity.text.sides)
    )


def _side(s: Scene, actor: Session, one: Activity, unit: str) -> f.SideRow:
    agreed, ended = (of.get(unit) for of in (one.agreed, one.ended))
    ordered = next((said for said in reversed(one.ordered.get(unit, ())) if s.sees(actor, said.label)), None)
    ended = ended if ended and s.sees(actor, ended.label) else None
    order = s.orders.orders.get(ordered.value) if ordered else None
    order = order if order and s.sees(actor, order.label) else None
    agrees = agreed if agreed and one.agrees(unit) and s.sees(actor, agreed.label) else None
    return f.SideRow(
        unit=name_of(s.authority.known(actor.reader, unit)),
        gone=s.authority.unit(actor.reader, unit) is None,
        agreed=agrees is not None,
        agreed_by=signed_by(s.g, actor.reader, agrees.appointment, agrees.person) if agrees else None,
        agreed_ms=agrees.at_ms if agrees else 0,
        order=f.OwnOrder(
            id=order.id,
            name=order_name(s.authority, actor.reader, order),
            title=order.written.title,
            title_ja=order.written.title_ja,
            state=order.state_at(s.g.now_ms),
        )
        if order
        else None,
        ended_ms=ended.at_ms if ended else 0,
        reason=ended.value if ended else "",
    )


def row(s: Scene, actor: Session, one: Activity) -> f.CombinedRow:
    """Return an activity."""
    own = unit_of(s, actor.appointment)
    sides = [_side(s, actor, one, unit) for unit in one.text.sides]
    return f.CombinedRow(
        id=one.id,
        version=one.version,
        title=one.text.title,
        title_ja=one.text.title_ja,
        text=one.text.text,
        sides=sides,
        agreed=all(side.agreed for side in sides),
        own=own if own in one.text.sides else "",
        mark=mark(s.g, one.label),
        label=s.g.door.banner(msgspec.structs.replace(one.label, groups=())) if one.label else "",
    )


def rows(s: Scene, actor: Session, combined: Combined) -> list[f.CombinedRow]:
    """Return the activities that are there for the reader, the latest first."""
    there = [one for one in reversed(combined.activities.values()) if seen(s, actor, one)]
    return [row(s, actor, one) for one in there[:ROWS_MAX]]
