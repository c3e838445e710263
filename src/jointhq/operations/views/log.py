"""What is shown of the log.

Owns: queries - a page of it, one entry with its line - each entry asked for at the door; what is struck and what is
significant as far as the reader may know, now or as it was known at a moment.
Doesn't own: the projection (`operations.views.logbook`), who may write (`operations.rules.log`).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from jointhq.base.errors import BadInput, NotVisible
from jointhq.operations.forms.log import AnsweredRow, LogPage, LogRow
from jointhq.operations.ground import Ground
from jointhq.operations.views.files import Files
from jointhq.operations.views.logbook import Logbook, Written, folded
from jointhq.operations.views.names import banner, mark, signed_by
from jointhq.people.directory import FOREVER_MS
from jointhq.release.label import Label
from jointhq.release.reader import Reader

ROWS_MAX: Final = 200  # of one answer: four screens
Answers = Callable[[Written, int], list[tuple[AnsweredRow, Label | None]]]  # what an entry answered at a moment


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: what happened in [from, to) and was written by `known`, holding all words of `text`."""

    known_ms: int = FOREVER_MS
    from_ms: int = 0
    to_ms: int = FOREVER_MS
    text: str = ""
    significant: bool = False
    standing: bool = False  # without those that have been corrected
    before: str = ""  # the `more` of the page before
    limit: int = 100


def page(g: Ground, reader: Reader, log: Logbook, files: Files, query: Query, answers: Answers) -> LogPage:
    """Return a page of entries that are there for the reader, the latest first."""
    limit = min(query.limit, ROWS_MAX)
    found: list[Written] = []
    for entry in entries(g, reader, log, query):
        found.append(entry)
        if len(found) > limit:
            break
    shown = found[:limit]
    return LogPage(
        rows=[row(g, reader, log, files, entry, answers, query.known_ms) for entry in shown],
        more=shown[-1].id if len(found) > limit else "",
        banner=banner(
            g,
            [entry.label for entry in shown]
            + [label for entry in shown for _, label in answers(entry, query.known_ms)],
        ),
    )


def entries(g: Ground, reader: Reader, log: Logbook, query: Query) -> Iterator[Written]:
    """Yield the entries that a query is for and the reader may see, the latest first."""
    words = folded(query.text).split()
    end = (query.to_ms, 0, "")
    if query.before:
        last = log.entries.get(query.before)
        if last is None or not g.door.may_see(reader, last.label, g.now_ms):
            raise BadInput("`before` is what a page gave as `more`")
        end = min(end, (last.at_ms, last.position, last.id))
    first, others = (words[0], words[1:]) if words else ("", [])
    order, by_id = log.order, log.entries
    for n in range(bisect_left(order, end) - 1, -1, -1):
        at_ms, _, entry_id = order[n]
        if at_ms < query.from_ms:
            return
        entry = by_id[entry_id]
        if first not in entry.words or entry.written_ms > query.known_ms:  # most of a search ends here: 0.3 us each
            continue
        if (
            g.door.may_see(reader, entry.label, g.now_ms)
            and all(word in entry.words for word in others)
            and not (query.significant and not significant(g, reader, log, entry, query.known_ms))
            and not (query.standing and correction_of(g, reader, log, entry, query.known_ms))
        ):
            yield entry


def correction_of(
    g: Ground, reader: Reader, log: Logbook, entry: Written, known_ms: int = FOREVER_MS
) -> Written | None:
    """Return the entry that stands in this one's place, as far as the reader may know."""
    for correction_id in log.corrections.get(entry.id, ()):
        correction = log.entries[correction_id]
        if correction.written_ms <= known_ms and g.door.may_see(reader, correction.label, g.now_ms):
            return correction
    return None


def significant(g: Ground, reader: Reader, log: Logbook, entry: Written, known_ms: int = FOREVER_MS) -> bool:
    """Tell whether an entry is significant: what was said last of its line, or what it says of itself."""
    said = entry.written_ms, entry.body.significant
    for one in log.marks.get(entry.line, ()):
        if said[0] <= one.written_ms <= known_ms and g.door.may_see(reader, one.label, g.now_ms):
            said = one.written_ms, one.significant
    return said[1]


def line(g: Ground, reader: Reader, log: Logbook, files: Files, entry_id: str, answers: Answers) -> list[LogRow]:
    """Return an entry with all others of its line, as written; NotVisible unless the entry is there for the reader."""
    asked = log.entries.get(entry_id)
    if asked is None or not g.door.may_see(reader, asked.label, g.now_ms):
        raise NotVisible("no such entry")
    first = [log.entries[asked.line]] if asked.line in log.entries else []
    every, todo = list[Written](), first or [asked]
    while todo:
        one = todo.pop(0)
        every.append(one)
        todo += [log.entries[c] for c in log.corrections.get(one.id, ())]
    seen = (one for one in every if g.door.may_see(reader, one.label, g.now_ms))
    return [row(g, reader, log, files, one, answers) for one in sorted(seen, key=lambda one: one.position)]


def row(
    g: Ground,
    reader: Reader,
    log: Logbook,
    files: Files,
    entry: Written,
    answers: Answers,
    known_ms: int = FOREVER_MS,
) -> LogRow:
    """Return one entry that the reader may see."""
    body = entry.body
    corrects = log.entries.get(getattr(body, "corrects", ""))
    shown = corrects is not None and g.door.may_see(reader, corrects.label, g.now_ms)
    by = correction_of(g, reader, log, entry, known_ms)
    return LogRow(
        id=entry.id,
        at_ms=entry.at_ms,
        letter=body.letter,
        written_ms=entry.written_ms,
        mark=mark(g, entry.label),
        source=body.source,
        text=body.text,
        decided=body.decided,
        told=body.told,
        significant=significant(g, reader, log, entry, known_ms),
        place=body.place,
        lat=body.lat,
        lon=body.lon,
        order=body.order,
        track=body.track,
        files=files.rows(g, reader, body.files),
        by=signed_by(g, reader, entry.appointment, entry.person),
        corrects=corrects.id if corrects and shown else "",
        reason=getattr(body, "reason", ""),
        corrected_by=by.id if by else "",
        answers=[one for one, _ in answers(entry, known_ms)],
        exercise=entry.exercise,
    )
