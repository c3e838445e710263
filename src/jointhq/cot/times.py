"""xs:dateTime <-> milliseconds since 1970.

Owns: the text form of a time on the CoT wire. Source: CoT Event.xsd; W3C XML Schema part 2, dateTime.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from jointhq.base.errors import BadEvent

TIME_MS_MAX: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z, the last that a date can say


def parse_time(text: str) -> int:
    """Return milliseconds since 1970. Any fraction and numeric offset is taken; a missing zone is refused."""
    if len(text) == 24 and text[23] == "Z" and text[19] == "." and (millis := text[20:23]).isdigit() and text.isascii():
        return _ms_of_second(text[:19]) + int(millis)
    return _parse(text)


@lru_cache(maxsize=256)  # what all clients write is now, to the millisecond: few seconds, many events
def _ms_of_second(text: str) -> int:
    return _parse(text + "Z")


def _parse(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None or "T" not in text:
            raise ValueError(text)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadEvent("time", f"not an xs:dateTime with a zone: {text[:40]!r}") from None


@lru_cache(maxsize=256)  # a thousand events share one second
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def format_time(ms: int) -> str:
    """Return `2026-11-23T10:00:00.000Z`, always three fraction digits."""
    second, fraction = divmod(ms, 1000)
    return f"{_second(second)}.{fraction:03d}Z"
