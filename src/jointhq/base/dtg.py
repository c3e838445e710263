"""Date-time groups: how a headquarters says when.

Owns: zone letters, reading and writing `281430Z JUL 24`, reading a time as it is typed at a log (`1430`, `1430I`).
Doesn't own: which zones a page shows (`web`), the clock (`base.clock`), what a page reads while somebody types
(`page/dtg.js`: the same grammar, held to it by `tests/base/dtg_cases.json`).

What is stored is milliseconds in UTC and the letter that was typed; nothing is compared or sorted as text. A letter is
a whole hour from UTC; J is each reader's own local time and so never stands in a group.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from jointhq.base.errors import BadInput

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
ZONES: Final = {  # letter -> hours from UTC: A to M without J eastward, N to Y westward
    **{letter: hour for hour, letter in enumerate("ABCDEFGHIKLM", 1)},
    **{letter: -hour for hour, letter in enumerate("NOPQRSTUVWXY", 1)},
    "Z": 0,
}
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
CENTURY: Final = 2000  # two digits are of this century: nothing here is older than the system, or a hundred years away
AHEAD_MS: Final = HOUR_MS  # a clock time so little ahead is today's: the clock that was read goes fast
GROUP: Final = re.compile(
    rf"(\d\d)([01]\d|2[0-3])([0-5]\d)([A-IK-Z])\s*({'|'.join(MONTHS)})\s*((?:19|20)\d\d|\d\d)", re.ASCII
)
CLOCK: Final = re.compile(r"(\d\d)?([01]\d|2[0-3]):?([0-5]\d)([A-IK-Z]?)", re.ASCII)


class Moment(msgspec.Struct, frozen=True):
    """A moment, and the letter of the zone in which somebody said it."""

    ms: int
    letter: str = "Z"


def write(ms: int, letter: str = "Z") -> str:
    """Return the group of a moment, to the minute: `281430Z JUL 24`. Raises BadInput outside this century."""
    at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms, hours=_hours(letter))
    if not CENTURY <= at.year < CENTURY + 100:
        raise BadInput(f"a date-time group has a year of this century, not {at.year}")
    return f"{at:%d%H%M}{letter} {MONTHS[at.month - 1]} {at:%y}"


def read(text: str) -> Moment:
    """Return the moment of a group. Raises BadInput."""
    match = GROUP.fullmatch(_tidy(text))
    if match is None:
        raise BadInput(f"{text[:40]!r} is no date-time group like 281430Z JUL 24")
    day, hour, minute, letter, month, year = match.groups()
    try:
        at = datetime(
            int(year) if len(year) > 2 else CENTURY + int(year),
            MONTHS.index(month) + 1,
            int(day),
            int(hour),
            int(minute),
            tzinfo=UTC,
        ) - timedelta(hours=ZONES[letter])
    except ValueError:
        raise BadInput(f"{text[:40]!r}: {month} {year} has no day {day}") from None
    return Moment(_ms(at), letter)


def read_typed(text: str, now_ms: int) -> Moment:
    """Return the moment of what somebody types at a log: a group, `HHMM`, `DDHHMM`, or nothing, which is now.

    Without a letter it is Zulu. Without a date it is the latest such moment that isn't ahead of us: at 0010Z, 2350 was
    yesterday; at the first of a month, day 31 was in the month before. Raises BadInput.
    """
    tidy = _tidy(text)
    if not tidy:
        return Moment(now_ms - now_ms % 60_000)
    if GROUP.fullmatch(tidy):
        return read(tidy)
    match = CLOCK.fullmatch(tidy)
    if match is None:
        raise BadInput(f"{text[:40]!r} is no time: type 1430, 1430I, 281430Z or 281430Z JUL 24")
    day, hour, minute, letter = match.groups()
    letter = letter or "Z"
    local_now = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=now_ms, hours=ZONES[letter])
    at = local_now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    ahead = timedelta(milliseconds=AHEAD_MS)
    if day is None:
        at = max(one for one in (at + timedelta(days=n) for n in (-1, 0, 1)) if one <= local_now + ahead)
    else:
        at = _latest_on(int(day), at, local_now + ahead, text)
    return Moment(_ms(at - timedelta(hours=ZONES[letter])), letter)


def _latest_on(day: int, at: datetime, last: datetime, text: str) -> datetime:
    """Return the clock time of `at` on the last such day of a month up to `last`."""
    first = (last + timedelta(days=1)).replace(day=1)
    for _ in range(4):  # no day of a month is missing in more than one month running
        try:
            found = at.replace(year=first.year, month=first.month, day=day)
            if found <= last:
                return found
        except ValueError:  # February has no 30th
            pass
        first = (first - timedelta(days=1)).replace(day=1)
    raise BadInput(f"{text[:40]!r}: no month has a day {day:02d}")


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).upper().split())  # a Japanese keyboard types １４３０


def _hours(letter: str) -> int:
    try:
        return ZONES[letter]
    except KeyError:
        raise BadInput(f"{letter[:10]!r} is no zone letter: A to Z without J") from None


def _ms(at: datetime) -> int:
    return (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
