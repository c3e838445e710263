"""The log as the journal has it.

Owns: the projection: entries by the time of what happened, lines with their corrections and marks.
Doesn't own: what of it is shown to whom (`operations.views.log`).
"""

import unicodedata
from bisect import insort
from collections.abc import Callable

import msgspec

from jointhq.journal.record import Body, Record
from jointhq.operations.records.log import Entry, LogCorrected, LogEntered, LogMarked, TrackThen
from jointhq.operations.views.book import Book
from jointhq.release.label import Label
from jointhq.release.reader import Reader

TrackOf = Callable[[Reader, str], tuple[TrackThen, Label | None] | None]  # where a track is now, by its uid


def folded(text: str) -> str:
    """Return text as a search compares it: whatever its case and width."""
    return unicodedata.normalize("NFKC", text).casefold()


class Written(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry, with who signed it and under which label. `words` is what a search looks in."""

    id: str
    line: str
    position: int
    at_ms: int
    written_ms: int
    body: Entry
    label: Label | None
    appointment: str
    person: str
    exercise: bool
    words: str


class Mark(msgspec.Struct, frozen=True):
    """From `written_ms` on the line is significant, or isn't; a reader of `label` knows."""

    written_ms: int
    significant: bool
    label: Label | None


class Logbook(Book):
    """The projection."""

    name = "operations.log"
    kinds = ("log.",)
    keeps = ("entries", "order", "corrections", "marks")

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[str, Written] = {}
        self.order: list[tuple[int, int, str]] = []  # (when it happened, position, id), the earliest first
        self.corrections: dict[str, list[str]] = {}  # by the entry that they correct, as written
        self.marks: dict[str, list[Mark]] = {}  # by line

    def _take(self, record: Record, body: Body) -> None:
        if isinstance(body, LogEntered | LogCorrected):
            self._entry(record, body)
        elif isinstance(body, LogMarked):
            self.marks.setdefault(record.subject, []).append(Mark(record.written_ms, body.significant, record.label))

    def _entry(self, record: Record, body: LogEntered | LogCorrected) -> None:
        track = body.track
        texts = (body.source, body.text, body.decided, body.told, body.place, body.order)
        names = (track.uid, track.callsign) if track else ()
        written = Written(
            id=record.id,
            line=record.subject,
            position=record.position,
            at_ms=record.effective_ms,
            written_ms=record.written_ms,
            body=body,
            label=record.label,
            appointment=record.appointment,
            person=record.person,
            exercise=record.exercise,
            words=folded("\n".join((*texts, *names))),
        )
        self.entries[record.id] = written
        insort(self.order, (record.effective_ms, record.position, record.id))
        if isinstance(body, LogCorrected):
            self.corrections.setdefault(body.corrects, []).append(record.id)
