"""What can be written in the log.

Owns: the bodies of its records. Doesn't own: who may write them (`operations.rules.log`).

When a thing happened is the record's `effective_ms`; who entered it stands in the record. Subject: the line, whose id
is that of its first entry; a correction is a further entry of that line.
"""

import msgspec

from jointhq.journal.record import Body, kind


class TrackThen(msgspec.Struct, frozen=True, kw_only=True):
    """A track as it was when the entry was written."""

    uid: str
    callsign: str
    type: str
    lat: float
    lon: float
    time_ms: int


class Entry(Body, frozen=True, kw_only=True):
    """What a line says. `letter` is the zone in which the time was said."""

    letter: str = "Z"
    source: str = ""
    text: str
    decided: str = ""
    told: str = ""
    significant: bool = False
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    order: str = ""
    track: TrackThen | None = None
    files: tuple[str, ...] = ()


@kind("log.entered", version=1)
class LogEntered(Entry, frozen=True, kw_only=True):
    """A new line."""


@kind("log.corrected", version=1)
class LogCorrected(Entry, frozen=True, kw_only=True):
    """The line as it should read: the entry it corrects stays, struck."""

    corrects: str
    reason: str


@kind("log.marked", version=1)
class LogMarked(Body, frozen=True, kw_only=True):
    """The line is significant, or isn't, from now on."""

    significant: bool
