"""The battle rhythm for calendar programs: iCalendar, RFC 5545.

Owns: from events as one reader may know them to a calendar that says the same occurrences as `operations.rules.
recurrence`; what of an event a calendar program is told. Doesn't own: who reads (`operations.routes.rhythm`), the form
of the lines (the icalendar library).

A calendar program lies outside the headquarters. Of what is of the lowest level and for everybody it is told all; of
anything else the mark and the time, no word of what it is. CLASS is no label: the mark stands in X-JOINTHQ-LABEL.
"""

import functools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import icalendar

from jointhq.operations.records import rhythm as r
from jointhq.operations.rules import recurrence
from jointhq.operations.rules.recurrence import DAY_MS, zone_of
from jointhq.operations.templates import words
from jointhq.operations.views.names import banner, mark
from jointhq.operations.views.rhythm import View, labels_of
from jointhq.operations.views.rhythmbook import Seen
from jointhq.release.label import Label

PAST_MS: Final = 62 * DAY_MS  # what ended longer ago is in the headquarters' own rhythm
ZONE_YEARS: Final = 10  # for which a zone's changes of the clock are given
CODES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LABEL: Final = "X-JOINTHQ-LABEL"


def calendar(v: View, origin: str, language: str) -> bytes:
    """Return the rhythm as a reader may know it."""
    said = words(language)
    made = icalendar.Calendar()
    made.add("prodid", "-//jointhq//battle rhythm//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", said["calendar"])
    every = ((event.id, body) for event in v.events.values() for body in event.versions)
    made.add(LABEL, banner(v.g, [label for event_id, body in every for label in labels_of(v, event_id, body)]))
    written, zones = list[icalendar.Event](), set[str]()
    for event in v.events.values():
        for body, first, until in _series(v, event):
            zones.add(body.schedule.zone)
            written += _events(v, event, body, first, until, origin, language)
    for zone in sorted(zones - {"UTC"}):
        made.add_component(_zone(zone, datetime.fromtimestamp(v.g.now_ms / 1000, UTC).year))
    for one in written:
        made.add_component(one)
    file: bytes = made.to_ical()
    return file


def _series(v: View, event: Seen) -> Iterator[tuple[r.Event, date, date | None]]:
    """Yield an event's versions that take place since PAST_MS, with the first day then and the last."""
    for body in event.versions:
        since = recurrence.local(v.g.now_ms - PAST_MS, body.schedule.zone).date()
        first, until = recurrence.next_day(body.schedule, since), _until(event, body)
        if first is not None and (until is None or first <= until):
            yield body, first, until


def _events(
    v: View, event: Seen, body: r.Event, first: date, until: date | None, origin: str, language: str
) -> Iterator[icalendar.Event]:
    """Yield a version as a series of its own, and behind it the occurrences that are moved."""
    series = _event(v, event, body, origin, language)
    series.add("dtstart", _local(body.schedule, first))
    series.add("duration", timedelta(minutes=body.schedule.minutes))
    series.add("rrule", _rule(body.schedule, until))
    changed = list(_changed(event, body, first, until))
    if skipped := [_local(body.schedule, day) for day, change in changed if isinstance(change, r.OccurrenceSkipped)]:
        series.add("exdate", skipped)
    yield series
    for day, change in changed:
        if isinstance(change, r.OccurrenceMoved):
            moved = _event(v, event, body, origin, language, day.isoformat())
            moved.add("recurrence-id", _local(body.schedule, day))
            moved.add("dtstart", datetime.fromtimestamp(change.start_ms // 1000, UTC))
            moved.add("duration", timedelta(minutes=change.minutes))
            yield moved


def _event(v: View, event: Seen, body: r.Event, origin: str, language: str, day: str = "") -> icalendar.Event:
    """Return what all occurrences of a version say, or the one of a day that was changed."""
    fact, said = v.book.events[event.id], words(language)
    known = [one for one in fact.revisions if v.sees(one.label)]
    made = icalendar.Event()
    made.add("uid", f"{event.id}.{body.schedule.first}@jointhq")
    made.add("sequence", sum(one.times for one in known) - 1)
    made.add("dtstamp", datetime.fromtimestamp(max(one.at_ms for one in known) // 1000, UTC))
    label = v.g.door.merge(labels_of(v, event.id, body, day))
    exercise = f"{said['exercise']} " if fact.exercise else ""
    name = (body.name_ja if language == "ja" else "") or body.name
    told = _told(v, label)
    made.add(
        "summary", f"{mark(v.g, label)} {exercise}" + (f"{body.short}: {name}" if told else said["calendar_event"])
    )
    made.add(LABEL, banner(v.g, [label]))
    made.add("url", f"{origin}/#rhythm/{event.id}")
    made.add("status", "CONFIRMED")
    if told and body.place:
        made.add("location", body.place)
    if told and body.purpose:
        made.add("description", body.purpose)
    return made


def _told(v: View, label: Label | None) -> bool:
    """Tell whether a calendar program is told what an event is: it is of the lowest level, and for everybody."""
    policy = v.g.door.policies.get(label.policy) if label else None
    if label is None or policy is None or label.releasable_to or label.caveats or label.groups:
        return False
    return label.level == policy.by_rank()[0].code


def _until(event: Seen, body: r.Event) -> date | None:
    """Return the last day on which a version takes place; None for one that goes on."""
    schedule = body.schedule
    day = date.fromisoformat(schedule.until) + timedelta(days=1) if schedule.until else None
    if event.ended_ms:
        over = recurrence.local(event.ended_ms, schedule.zone).date()
        if recurrence.start_ms(schedule, over) < event.ended_ms:
            over += timedelta(days=1)
        day = min(day, over) if day else over
    if day is None:
        return None
    return recurrence.last_day(schedule, day) or date.fromisoformat(schedule.first) - timedelta(days=1)


def _rule(schedule: r.Schedule, until: date | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"freq": "DAILY" if schedule.every == "day" else "WEEKLY", "interval": schedule.interval}
    if schedule.every == "week":
        rule |= {"byday": [CODES[day] for day in schedule.weekdays], "wkst": "MO"}
    if until is not None:
        rule["until"] = datetime.fromtimestamp(recurrence.start_ms(schedule, until) // 1000, UTC)
    return rule


def _changed(event: Seen, body: r.Event, first: date, until: date | None) -> Iterator[tuple[date, Any]]:
    for text, change in sorted(event.changes.items()):
        day = date.fromisoformat(text)
        if first <= day and (until is None or day <= until) and recurrence.falls_on(body.schedule, day):
            yield day, change


def _local(schedule: r.Schedule, day: date) -> datetime:
    hour, minute = int(schedule.start[:2]), int(schedule.start[2:])
    zone = UTC if schedule.zone == "UTC" else zone_of(schedule.zone)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)


@functools.lru_cache(maxsize=64)
def _zone(name: str, year: int) -> icalendar.Timezone:
    first, last = date(recurrence.FIRST_YEAR, 1, 1), date(year + ZONE_YEARS, 1, 1)
    return icalendar.Timezone.from_tzid(name, first_date=first, last_date=last)
