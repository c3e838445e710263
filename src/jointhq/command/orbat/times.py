"""Times in the files of others.

Owns: reading them, and the one form in which we write. Doesn't own: date-time groups (`base`).
"""

import re
from datetime import UTC, datetime, timedelta

from jointhq.command.orbat.value import TIME_MS_MAX, TIME_MS_MIN

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)


def read_time(value: object) -> tuple[int, bool] | None:
    """Return milliseconds since 1970, as a number is already, and whether a zone was named; None for no time."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if not isinstance(value, str):
        if value != value or not TIME_MS_MIN <= value <= TIME_MS_MAX:  # noqa: PLR0124 - no number equals NaN
            return None
        return int(value), True
    try:
        moment = _moment(value.strip())
    except (ValueError, OverflowError):
        return None
    named = moment.tzinfo is not None
    try:
        since = (moment if named else moment.replace(tzinfo=UTC)) - _EPOCH
    except OverflowError:
        return None
    ms = since // timedelta(milliseconds=1)
    return (ms, named) if TIME_MS_MIN <= ms <= TIME_MS_MAX else None


def _moment(text: str) -> datetime:
    if found := _DATE.fullmatch(text):
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001 - the zone comes after
    return datetime.fromisoformat(text)


def write_time(ms: int) -> str:
    """Return `2024-07-28T09:00:00Z`; with a fraction where there is one."""
    moment = _EPOCH + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")
