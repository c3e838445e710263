"""When an event of the battle rhythm takes place.

Owns: from a schedule to moments: by the clock of the owner's zone, so that 0800 stays 0800 when a clock is changed;
bounded, whatever is asked. Doesn't own: what is moved or skipped (`operations.views.rhythmbook`).

A clock time that a change of the clock leaves out counts by the offset before it, one that comes twice is the first:
as RFC 5545 3.3.5 reads them, so that every calendar program says the same.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from jointhq.operations.records.rhythm import Schedule

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
SPAN_DAYS_MAX: Final = 62  # of one question: two months, more than any page shows
MINUTES_MAX: Final = 1_440  # of one occurrence; a watch is 12 hours
INTERVAL_MAX: Final = 52
AHEAD_DAYS: Final = 800  # how far the next occurrence is looked for: 52 weeks, twice
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099  # as far as a date-time group says


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Return the zones there are, by their IANA names; those that are places, and UTC."""
    return frozenset(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")) | {"UTC"}


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """Return a zone; UTC for one that this system's table has no more."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def ms_of(at: datetime) -> int:
    """Return a moment in milliseconds."""
    return (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def local(ms: int, zone: str) -> datetime:
    """Return a moment as the clock of a zone says it."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)).astimezone(zone_of(zone))


@lru_cache(maxsize=65_536)  # the same weeks are asked for again and again; 300 events, half a year of each
def start_ms(schedule: Schedule, day: date) -> int:
    """Return when the occurrence of a day begins."""
    at = datetime(
        day.year, day.month, day.day, int(schedule.start[:2]), int(schedule.start[2:]), tzinfo=zone_of(schedule.zone)
    )
    return ms_of(at)


def falls_on(schedule: Schedule, day: date) -> bool:
    """Tell whether the recurrence has an occurrence on a day of its zone."""
    first = date.fromisoformat(schedule.first)
    if day < first or (schedule.until and day > date.fromisoformat(schedule.until)):
        return False
    if schedule.every == "day":
        return (day - first).days % schedule.interval == 0
    weeks = (_monday(day) - _monday(first)).days // 7
    return day.weekday() in schedule.weekdays and weeks % schedule.interval == 0


def days(schedule: Schedule, from_ms: int, to_ms: int) -> Iterator[date]:
    """Yield the days whose occurrence begins in [from, to) and no later than SPAN_DAYS_MAX days behind it."""
    to_ms = min(to_ms, from_ms + SPAN_DAYS_MAX * DAY_MS)
    day = max(_day(from_ms, schedule.zone), date.fromisoformat(schedule.first))
    last = _day(to_ms, schedule.zone)
    while day <= last:
        if falls_on(schedule, day) and from_ms <= start_ms(schedule, day) < to_ms:
            yield day
        day += timedelta(days=1)


def first_day(schedule: Schedule) -> date | None:
    """Return the first day that has an occurrence; None for a schedule that has none."""
    return next_day(schedule, date.fromisoformat(schedule.first))


def next_day(schedule: Schedule, day: date) -> date | None:
    """Return the first day from this one on that has an occurrence."""
    day = max(day, date.fromisoformat(schedule.first))
    for _ in range(AHEAD_DAYS):
        if schedule.until and day > date.fromisoformat(schedule.until):
            return None
        if falls_on(schedule, day):
            return day
        day += timedelta(days=1)
    return None


def last_day(schedule: Schedule, day: date) -> date | None:
    """Return the last day before this one that has an occurrence."""
    if schedule.until:
        day = min(day, date.fromisoformat(schedule.until) + timedelta(days=1))
    first = date.fromisoformat(schedule.first)
    for _ in range(AHEAD_DAYS):
        day -= timedelta(days=1)
        if day < first:
            return None
        if falls_on(schedule, day):
            return day
    return None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _day(ms: int, zone: str) -> date:
    return local(ms, zone).date()
