"""What can be written about the battle rhythm.

Owns: the bodies of these records. Doesn't own: who may write them (`operations.rules.rhythm`), when an event takes
place (`operations.rules.recurrence`).

Subject: the event. An occurrence is named by its `day`: the date of the event's own zone on which it falls by the
recurrence, wherever it is moved to. A correction is a further record of the same kind: the last counts.
"""

from typing import Literal

import msgspec

from jointhq.journal.record import Body, kind
from jointhq.release.label import Label

Kind = Literal["board", "bureau", "cell", "working_group", "planning_team", "watch", "briefing", "report"]
Every = Literal["day", "week"]


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """When an event takes place, in the zone of the headquarters that owns it: the clock there is kept.

    Dates are ISO 8601, `start` is HHMM; weekdays are 0 (Monday) to 6. Every n-th week counts from the week of `first`.
    """

    zone: str
    first: str
    start: str
    minutes: int
    every: Every = "day"
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    until: str = ""  # the last date; "" for none


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """What an event needs, `before_minutes` before it starts: from another event, from a report, or in words."""

    id: str
    what: str = ""
    event: str = ""
    form: str = ""
    before_minutes: int = 0


class Output(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of an event: what it is, and the event or the decision that it feeds."""

    what: str = ""
    event: str = ""
    decision: str = ""


class Event(Body, frozen=True, kw_only=True):
    """An event, whole. `chair`, `required` and `optional` are appointments."""

    name: str
    name_ja: str = ""
    short: str
    kind: Kind
    chair: str = ""
    lead: str = ""
    purpose: str = ""
    place: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    highest: Label | None = None  # of what may be said there; None: as the headquarters
    schedule: Schedule


@kind("rhythm.added", version=1)
class EventAdded(Event, frozen=True, kw_only=True):
    """A new event."""


@kind("rhythm.changed", version=1)
class EventChanged(Event, frozen=True, kw_only=True):
    """The event as it is from its schedule's `first` date on; what came before that date stays as it was."""


@kind("rhythm.ended", version=1)
class EventEnded(Body, frozen=True, kw_only=True):
    """The event takes place no more."""

    reason: str


@kind("rhythm.skipped", version=1)
class OccurrenceSkipped(Body, frozen=True, kw_only=True):
    """This occurrence doesn't take place."""

    day: str
    reason: str


@kind("rhythm.moved", version=1)
class OccurrenceMoved(Body, frozen=True, kw_only=True):
    """This occurrence takes place at another time."""

    day: str
    start_ms: int
    minutes: int
    reason: str


@kind("rhythm.restored", version=1)
class OccurrenceRestored(Body, frozen=True, kw_only=True):
    """This occurrence takes place as the recurrence says, after all."""

    day: str


@kind("rhythm.held", version=1)
class OccurrenceHeld(Body, frozen=True, kw_only=True):
    """This occurrence has taken place: what was decided, and a note."""

    day: str
    decision: str = ""
    note: str = ""


@kind("rhythm.delivered", version=1)
class InputDelivered(Body, frozen=True, kw_only=True):
    """An input of this occurrence is there, or isn't after all; `note` says where it lies."""

    day: str
    input: str
    there: bool = True
    note: str = ""
