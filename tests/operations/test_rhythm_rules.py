"""When events take place, and what is wrong with a rhythm: pure functions, on examples and on all that is drawn."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.operations.forms.rhythm import Span
from jointhq.operations.records.rhythm import OccurrenceMoved, OccurrenceSkipped, Schedule
from jointhq.operations.rules import drill, recurrence
from jointhq.operations.rules.recurrence import DAY_MS, MINUTE_MS, days, falls_on, local, start_ms, zone_of
from jointhq.operations.views.rhythmbook import Seen, cut, occurrences
from tests.operations.rhythm_book import HAWAII, MONDAY, TOKYO, event, events, ms, plan, schedules

WEEK = (ms(f"{MONDAY} 00:00+09:00"), ms("2026-11-30 00:00+09:00"))
BOTH = (TOKYO, HAWAII)


def codes(found, *, grave=None):
    return [one.code for one in found if grave is None or one.grave == grave]


def of(found, code):
    return [one for one in found if one.code == code]


# -- recurrence


@given(schedules(), st.integers(0, 900))
def test_an_occurrence_is_at_its_clock_time_in_its_zone_whatever_the_clock_does(schedule: Schedule, ahead: int) -> None:
    from_ms = recurrence.ms_of(datetime.fromisoformat(schedule.first + "T00:00Z")) + ahead * DAY_MS
    for day in days(schedule, from_ms, from_ms + 40 * DAY_MS):
        at, zone = local(start_ms(schedule, day), schedule.zone), zone_of(schedule.zone)
        asked = datetime.combine(day, at.time().replace(int(schedule.start[:2]), int(schedule.start[2:])), zone)
        left_out = asked.astimezone(UTC).astimezone(zone).time() != asked.time()
        assert at.strftime("%H%M") == schedule.start or left_out
        assert at.date() == day
        assert falls_on(schedule, day)


@given(schedules(), st.integers(-30, 900), st.integers(1, 61))
def test_what_lies_between_two_moments_is_every_day_that_the_recurrence_has(
    schedule: Schedule, ahead: int, span: int
) -> None:
    first = date.fromisoformat(schedule.first)
    from_ms = recurrence.ms_of(datetime.fromisoformat(schedule.first + "T05:30Z")) + ahead * DAY_MS
    to_ms = from_ms + span * DAY_MS
    found = list(days(schedule, from_ms, to_ms))
    every = (first + timedelta(days=n) for n in range(max(0, ahead - 3), max(0, ahead + span + 4)))
    assert found == [day for day in every if falls_on(schedule, day) and from_ms <= start_ms(schedule, day) < to_ms]
    half = (from_ms + to_ms) // 2
    assert found == [*days(schedule, from_ms, half), *days(schedule, half, to_ms)]


@given(schedules(), st.integers(0, 400))
def test_the_next_and_the_last_day_are_neighbours(schedule: Schedule, ahead: int) -> None:
    day = date.fromisoformat(schedule.first) + timedelta(days=ahead)
    after = recurrence.next_day(schedule, day)
    if after is None:
        return
    assert after >= day
    assert falls_on(schedule, after)
    assert not any(falls_on(schedule, day + timedelta(days=n)) for n in range((after - day).days))
    assert recurrence.last_day(schedule, after + timedelta(days=1)) == after


def test_the_clock_of_the_owner_is_kept_when_it_changes() -> None:
    weekly = plan("0900", zone="America/New_York", first="2026-10-26", every="week", weekdays=(0,))
    from_ms = ms("2026-10-20 00:00")
    starts = [local(start_ms(weekly, day), "UTC") for day in days(weekly, from_ms, from_ms + 20 * DAY_MS)]
    assert [at.strftime("%d %H%M") for at in starts] == ["26 1300", "02 1400"]  # before and after 1 November


def test_a_time_that_the_clock_leaves_out_and_one_that_comes_twice_are_read_as_rfc_5545_says() -> None:
    gap = plan("0230", zone="America/New_York", first="2026-03-08")
    assert start_ms(gap, date(2026, 3, 8)) == ms("2026-03-08 03:30-04:00")
    twice = plan("0130", zone="America/New_York", first="2026-11-01")
    assert start_ms(twice, date(2026, 11, 1)) == ms("2026-11-01 01:30-04:00")


def test_a_question_is_bounded() -> None:
    assert len(list(days(plan(), 0, 10**14))) == 0
    from_ms = ms("2026-11-23 00:00")
    assert len(list(days(plan(), from_ms, from_ms + 10_000 * DAY_MS))) == recurrence.SPAN_DAYS_MAX
    rare = plan(every="week", weekdays=(1,), interval=52, first="2026-11-23", until="2026-11-23")
    assert recurrence.first_day(rare) is None


@given(schedules(), st.integers(0, 30), st.integers(-20, 20))
def test_a_moved_occurrence_is_there_once_wherever_it_goes(schedule: Schedule, n: int, by_days: int) -> None:
    first = recurrence.first_day(schedule)
    day = recurrence.next_day(schedule, first + timedelta(days=n)) if first else None
    if day is None:
        return
    there = start_ms(schedule, day)
    one = event("a").body.__class__(name="a", short="A", kind="board", schedule=schedule)
    moved = OccurrenceMoved(day=day.isoformat(), start_ms=there + by_days * DAY_MS, minutes=30, reason="r")
    seen = Seen(id="a", body=one, versions=(one,), changes={moved.day: moved})
    found = [o for o in occurrences(seen, there - 25 * DAY_MS, there + 25 * DAY_MS) if o.day == moved.day]
    assert [(o.start_ms, o.end_ms, o.state) for o in found] == [
        (moved.start_ms, moved.start_ms + 30 * MINUTE_MS, "moved")
    ]
    old = [o for o in occurrences(seen, there, there + 1) if o.day == moved.day]
    assert len(old) == (by_days == 0)


def test_a_change_counts_from_its_date_on() -> None:
    before, after = event("a").body, event("a", "0930", schedule={"first": "2026-11-26"}).body
    seen = Seen(id="a", body=after, versions=cut([before, after]))
    found = sorted((o.day[-2:], local(o.start_ms, TOKYO).strftime("%H%M")) for o in occurrences(seen, *WEEK))
    assert found == [
        ("23", "0800"), ("24", "0800"), ("25", "0800"),
        ("26", "0930"), ("27", "0930"), ("28", "0930"), ("29", "0930"),
    ]  # fmt: skip


# -- the drill


def test_shared_office_hours_of_tokyo_and_hawaii_are_four_a_day_on_four_days() -> None:
    found = drill.shared(*WEEK, BOTH)
    assert [(local(s.from_ms, TOKYO).strftime("%a %H%M"), local(s.to_ms, TOKYO).strftime("%H%M")) for s in found] == [
        ("Tue 0800", "1200"), ("Wed 0800", "1200"), ("Thu 0800", "1200"), ("Fri 0800", "1200"),
    ]  # fmt: skip
    assert sum(s.to_ms - s.from_ms for s in found) == 16 * 3_600_000
    assert {local(s.from_ms, HAWAII).strftime("%a %H%M") for s in found} == {f"{d} 1300" for d in ("Mon", "Tue", "Wed", "Thu")}  # fmt: skip  # noqa: E501
    assert drill.shared(*WEEK, (TOKYO,)) == []


def test_each_output_feeds_an_event_or_a_decision() -> None:
    one = event("wg", kind="working_group", feeds=("board",))
    assert codes(drill.warnings(events(one, event("board", "1000", kind="board")), WEEK[0], ())) == ["no_output"]
    (alone,) = drill.warnings(events(one), WEEK[0], ())
    assert (alone.code, alone.event) == ("feeds_nothing", "wg")


def test_an_input_is_there_before_what_it_feeds_begins() -> None:
    producer = event("wg", "0700", 60)
    assert not drill.warnings(events(producer, event("cub", "0800", needs=("wg",))), WEEK[0], ())
    (late,) = drill.warnings(events(event("wg", "0701", 60), event("cub", "0800", needs=("wg",))), WEEK[0], ())
    assert (late.code, late.event, late.other, late.times) == ("input_late", "cub", "wg", 14)
    weekly = event("wg", "0700", schedule={"every": "week", "weekdays": (0,)})
    (none,) = drill.warnings(events(weekly, event("cub", "0800", needs=("wg",))), WEEK[0], ())
    assert (none.code, none.times) == ("input_none", 12)


def test_a_cycle_inside_a_day_is_told_once_and_one_over_days_is_none() -> None:
    a, b, c = event("a", "0800", feeds=("b",)), event("b", "1000", feeds=("c",)), event("c", "1200", feeds=("a",))
    found = of(drill.warnings(events(a, b, c), WEEK[0], ()), "cycle")
    assert [(one.event, one.what) for one in found] == [("a", "A → B → C → A")]
    tuesday = event("c", "1200", feeds=("a",), schedule={"every": "week", "weekdays": (1,)})
    monday = event("a", "0800", feeds=("b",), schedule={"every": "week", "weekdays": (0,)})
    assert not of(drill.warnings(events(monday, b, tuesday), WEEK[0], ()), "cycle")


def test_whoever_stands_in_a_cycle_is_told_of_all_of_it_and_every_cycle_is_told() -> None:
    names = ("a", "b", "c", "d", "x", "y")
    after = {"a": "b", "b": "c", "c": "d", "d": "a", "x": "y", "y": "x"}
    every = events(*(event(one, f"{8 + n:02}00", feeds=(after[one],)) for n, one in enumerate(names)))
    assert [one.what for one in of(drill.warnings(every, WEEK[0], ()), "cycle")] == ["A → B → C → D → A", "X → Y → X"]
    (mine,) = of(drill.warnings(every, WEEK[0], (), of="c"), "cycle")
    assert (mine.event, mine.other, mine.what) == ("c", "d", "C → D → A → B → C")
    (mine,) = of(drill.warnings(every, WEEK[0], (), of="y"), "cycle")
    assert mine.what == "Y → X → Y"


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda e: e[0] != e[1])))
def test_an_event_is_told_of_a_cycle_if_and_only_if_it_stands_in_one(edges: set[tuple[int, int]]) -> None:
    every = events(
        *(event(f"e{n}", f"{8 + n:02}00", feeds=tuple(f"e{b}" for a, b in edges if a == n)) for n in range(6))
    )
    for n in range(6):
        reached, todo = set[int](), [n]
        while todo:
            found = {b for a, b in edges if a == todo[-1]} - reached
            todo = [*todo[:-1], *found]
            reached |= found
        cycle = of(drill.warnings(every, WEEK[0], (), of=f"e{n}"), "cycle")
        assert [one.event for one in cycle] == ([f"e{n}"] if n in reached else [])
        for one in cycle:
            steps = [int(name[1:]) for name in one.what.split(" → ")]
            assert all(step in edges for step in pairwise(steps))


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda e: e[0] != e[1])))
def test_a_cycle_is_told_if_and_only_if_there_is_one(edges: set[tuple[int, int]]) -> None:
    every = events(
        *(event(f"e{n}", f"{8 + n:02}00", feeds=tuple(f"e{b}" for a, b in edges if a == n)) for n in range(6))
    )
    left, pruned = {f"e{n}" for n in range(6)}, True
    while pruned:  # take away what nothing of the rest feeds: what stays runs in circles
        fed = {f"e{b}" for a, b in edges if f"e{a}" in left}
        pruned = not left <= fed
        left &= fed
    assert bool(of(drill.warnings(every, WEEK[0], ()), "cycle")) == bool(left)


def test_who_is_needed_in_two_places_is_told_with_whom_and_where() -> None:
    a, b = event("a", "0800", 60, required=("j3", "j5")), event("b", "0859", 30, required=("j3",))
    (found,) = drill.warnings(events(a, b), WEEK[0], ())
    assert (found.code, found.event, found.other, found.appointment, found.times) == (
        "double_booked",
        "a",
        "b",
        "j3",
        14,
    )
    assert not drill.warnings(events(a, event("b", "0900", required=("j3",))), WEEK[0], ())
    assert not drill.warnings(events(a, event("b", "0859", optional=("j3",))), WEEK[0], ())
    assert codes(drill.warnings(events(a, event("b", "0859", chair="j3")), WEEK[0], ())) == ["double_booked"]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 22), st.integers(1, 300), st.booleans()), min_size=2, max_size=5))
def test_double_booking_is_told_if_and_only_if_two_overlap(drawn: list[tuple[int, int, bool]]) -> None:
    every = [
        event(f"e{n}", f"{hour:02}00", minutes, required=("j3",) if needed else ())
        for n, (hour, minutes, needed) in enumerate(drawn)
    ]
    found = {
        frozenset((one.event, one.other)) for one in drill.warnings(events(*every), WEEK[0], ()) if one.appointment
    }
    busy = [(n, h * 60, h * 60 + m) for n, (h, m, needed) in enumerate(drawn) if needed]
    overlaps = {
        frozenset((f"e{a}", f"e{b}"))
        for a, a0, a1 in busy
        for b, b0, b1 in busy
        if a < b and any(a0 + day < b1 and b0 < a1 + day for day in (-1440, 0, 1440))
    }
    assert found == overlaps


def test_who_is_needed_everywhere_at_once_is_not_worked_out_anew_for_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rhythm of many events at one hour, all with the same people, is answered all the same."""
    asked = list[int]()

    def counted(*of: Any, **how: Any) -> list[Any]:
        asked.append(1)
        return sorted(*of, **how)

    monkeypatch.setattr(drill, "sorted", counted, raising=False)
    people = tuple(f"p{n}" for n in range(20))
    many = events(*(event(f"e{n:02}", required=people) for n in range(30)))
    bodies, planned = {one.id: one.body for one in many.values()}, drill.plan(many.values(), *WEEK)
    asked.clear()
    found = list(drill.double_booked(bodies, planned))
    assert len(found) == 30 * 29 // 2 * 20
    assert {one.times for one in found} == {7}
    assert len(asked) <= 30 * 29 // 2 + 1  # each two events once, not on each of the seven days
    assert len(drill.warnings(many, WEEK[0], ())) == drill.WARNINGS_MAX
    assert {one.event for one in drill.double_booked(bodies, planned, "e00")} == {"e00"}


def test_monday_in_tokyo_is_sunday_in_hawaii() -> None:
    weekdays = event("cub", "0800", schedule={"every": "week", "weekdays": (0, 1, 2, 3, 4)})
    found = drill.warnings(events(weekdays), WEEK[0], BOTH)
    weekend = of(found, "weekend")
    assert [(one.zone, one.weekdays, one.times, one.grave) for one in weekend] == [(HAWAII, (0,), 2, True)]
    assert [(one.zone, one.weekdays) for one in of(found, "other_date")] == [(HAWAII, (1, 2, 3, 4))]
    assert [(one.weekdays, one.grave) for one in of(found, "outside_shared")] == [((0,), False)]
    late = event("cub", "1200", schedule={"every": "week", "weekdays": (1,)})
    assert of(drill.warnings(events(late), WEEK[0], BOTH), "outside_shared")
    assert not drill.warnings(events(event("w", "0700", kind="watch")), WEEK[0], BOTH)


def test_the_weekend_at_home_is_no_warning() -> None:
    sunday = event("a", "1000", schedule={"every": "week", "weekdays": (6,)})
    assert not of(drill.warnings(events(sunday), WEEK[0], BOTH), "weekend")


def test_what_is_skipped_conflicts_with_nothing() -> None:
    a = event("a", required=("j3",), schedule={"first": MONDAY, "until": MONDAY})
    b = event("b", required=("j3",))
    skipped = OccurrenceSkipped(day=MONDAY, reason="r")
    assert codes(drill.warnings(events(a, b), WEEK[0], ())) == ["double_booked"]
    gone = Seen(id="a", body=a.body, versions=a.versions, changes={MONDAY: skipped})
    assert not drill.warnings(events(gone, b), WEEK[0], ())


@pytest.mark.parametrize("zone", [TOKYO, HAWAII, "America/New_York"])
def test_an_office_is_open_nine_hours_on_five_days(zone: str) -> None:
    found = drill.office(*WEEK, zone)
    assert sum(one.to_ms - one.from_ms for one in found) == 45 * 3_600_000
    assert all(isinstance(one, Span) and local(one.from_ms, zone).weekday() < 5 for one in found)
