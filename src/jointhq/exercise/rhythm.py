"""The demo's battle rhythm: a week as a joint headquarters in Tokyo keeps it with one in Hawaii.

Owns: from `data/rhythm.json` to records, written into the journal of a new demo; what the last day's events decided.
Doesn't own: rules of the rhythm (`operations`), the people who sign (`.people`).
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from jointhq.base.clock import Clock
from jointhq.exercise.people import id_of, signed
from jointhq.journal.journal import Draft, Journal
from jointhq.operations.records import rhythm as r
from jointhq.operations.rules import recurrence
from jointhq.operations.rules.recurrence import DAY_MS, MINUTE_MS
from jointhq.operations.views.rhythmbook import Rhythm
from jointhq.release.door import Door
from jointhq.release.label import Label

FILE: Final = Path(__file__).parent / "data" / "rhythm.json"
ZONE: Final = "Asia/Tokyo"
BEFORE: Final = timedelta(weeks=2)  # the rhythm is older than the demo


class _Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    name: str
    name_ja: str
    short: str
    kind: r.Kind
    lead: str
    chair: str
    required: list[str] = []
    optional: list[str] = []
    purpose: str
    place: str
    zone: str = ZONE
    start: str
    minutes: int
    weekdays: list[int] = []
    inputs: list[dict[str, Any]] = []
    outputs: list[dict[str, Any]] = []
    label: str = ""
    highest: str = ""
    decision: str  # of the last day's


def drafts(door: Door, label: Label, now_ms: int) -> list[Draft]:
    """Return the demo's rhythm as records."""
    made = list[Draft]()
    today = recurrence.local(now_ms, ZONE).date()
    for one in msgspec.json.decode(FILE.read_bytes(), type=list[_Described]):
        own = door.parse(one.label) if one.label else label
        body = _event(door, one, today - BEFORE - timedelta(days=today.weekday()))
        made.append(signed(id_of("event", one.id), body, own, "planner"))
        for day in recurrence.days(body.schedule, now_ms - DAY_MS, now_ms - one.minutes * MINUTE_MS):
            held = r.OccurrenceHeld(day=day.isoformat(), decision=one.decision)
            made.append(signed(id_of("event", one.id), held, own, "watch"))
    return made


def _event(door: Door, one: _Described, first: date) -> r.EventAdded:
    return r.EventAdded(
        name=one.name,
        name_ja=one.name_ja,
        short=one.short,
        kind=one.kind,
        chair=id_of("appointment", one.chair),
        lead=one.lead,
        purpose=one.purpose,
        place=one.place,
        required=tuple(id_of("appointment", name) for name in one.required),
        optional=tuple(id_of("appointment", name) for name in one.optional),
        inputs=tuple(
            r.Input(
                id=id_of("input", f"{one.id} {n}"),
                what=given.get("what", ""),
                event=id_of("event", given["event"]) if "event" in given else "",
                form=given.get("form", ""),
                before_minutes=given.get("before", 0),
            )
            for n, given in enumerate(one.inputs)
        ),
        outputs=tuple(
            r.Output(
                what=given.get("what", ""),
                event=id_of("event", given["event"]) if "event" in given else "",
                decision=given.get("decision", ""),
            )
            for given in one.outputs
        ),
        highest=door.parse(one.highest) if one.highest else None,
        schedule=r.Schedule(
            zone=one.zone,
            first=first.isoformat(),
            start=one.start,
            minutes=one.minutes,
            every="week" if one.weekdays else "day",
            weekdays=tuple(one.weekdays),
        ),
    )


async def add_rhythm(journal: Journal, book: Rhythm, door: Door, label: Label, clock: Clock) -> None:
    """Write the demo's rhythm where there is none yet."""
    if not book.events:
        await journal.append(*drafts(door, label, clock.now_ms()))
