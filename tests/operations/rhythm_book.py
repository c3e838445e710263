"""What tests of the battle rhythm share: schedules, events as they are seen, and desks that write them."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from jointhq.operations.records.rhythm import Event, Every, Input, Output, Schedule
from jointhq.operations.views.rhythmbook import Seen, cut

TOKYO, HAWAII = "Asia/Tokyo", "Pacific/Honolulu"
ZONES = (TOKYO, HAWAII, "America/New_York", "Europe/Brussels", "Australia/Sydney", "America/St_Johns", "UTC")
MONDAY = "2026-11-23"


def ms(text: str) -> int:
    """Return the moment of "2026-11-23 08:00+09:00"; without an offset, UTC."""
    at = datetime.fromisoformat(text)
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def plan(start: str = "0800", minutes: int = 60, **more: Any) -> Schedule:
    return Schedule(**{"zone": TOKYO, "first": MONDAY, "start": start, "minutes": minutes, **more})


def event(event_id: str, start: str = "0800", minutes: int = 60, **more: Any) -> Seen:
    """An event, seen: `feeds` and `needs` name others, `schedule` says more of when."""
    schedule = plan(start, minutes, **more.pop("schedule", {}))
    inputs = tuple(Input(id=f"{event_id}-{one}", event=one) for one in more.pop("needs", ()))
    outputs = tuple(Output(event=one) for one in more.pop("feeds", ()))
    facts = {"name": event_id, "short": event_id.upper(), "kind": "briefing", "inputs": inputs, "outputs": outputs}
    body = Event(schedule=schedule, **{**facts, **more})
    return Seen(id=event_id, body=body, versions=cut([body]))


def events(*every: Seen) -> dict[str, Seen]:
    return {one.id: one for one in every}


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    first = draw(st.dates(datetime(2025, 1, 1).date(), datetime(2027, 12, 31).date()))
    every: Every = draw(st.sampled_from(("day", "week")))
    weekdays = draw(st.sets(st.integers(0, 6), min_size=1)) if every == "week" else set()
    until = draw(st.none() | st.integers(7, 400))
    return Schedule(
        zone=draw(st.sampled_from(ZONES)),
        first=first.isoformat(),
        start=f"{draw(st.integers(0, 23)):02}{draw(st.integers(0, 59)):02}",
        minutes=draw(st.integers(1, 1440)),
        every=every,
        interval=draw(st.integers(1, 5)),
        weekdays=tuple(sorted(weekdays)),
        until=first.fromordinal(first.toordinal() + until).isoformat() if until else "",
    )


def form(**more: Any) -> dict[str, Any]:
    """What a page sends of an event."""
    schedule = {"zone": TOKYO, "first": MONDAY, "start": "0800", "minutes": 60, **more.pop("schedule", {})}
    facts = {"name": "Commander's update", "short": "CUB", "kind": "briefing", "schedule": schedule}
    return {**facts, **more}
