"""Reports written by what is known: from the log of a period, from strength, from tasks, from the picture at its end.

Owns: which entries go into which section, and the words that are made of each. No judgement is composed: a section for
one stays empty. Doesn't own: who may (`operations.rules.reports`), what strength and tasks there are (the sources).

Each sentence names the records it rests on and is as narrow as they are. An entry stands in one section: where it was
chosen, where significant ones go, where its words fit, or where all go - the first of these. What has been corrected is
not reported. What became of orders and CCIR in the period stands behind the entries of the section that asks for it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from jointhq.base import dtg
from jointhq.operations.ground import Ground
from jointhq.operations.records.reports import Link, SectionText, Sentence
from jointhq.operations.templates import Section, Template, words
from jointhq.operations.views import log as log_views
from jointhq.operations.views.logbook import Logbook, Written, folded
from jointhq.release.label import Label
from jointhq.release.reader import Reader

SECTION_SENTENCES_MAX: Final = 60  # of a composed section; a report says what mattered, the log has the rest
COMPOSED_CHARS_MAX: Final = 30_000  # of all sections: what fits a record in Japanese, with room for more by hand


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence that a source has."""

    text: str
    label: Label
    links: tuple[Link, ...] = ()


Source = Callable[[Reader, int, int, str], Iterable[Found]]  # reader, from, to, language
Sources = Mapping[str, Source]  # by a section's `source`


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported on. `chosen` are entries of the log, for a report of an event."""

    from_ms: int
    to_ms: int
    language: str
    chosen: tuple[Written, ...] = ()


def sections(
    g: Ground, reader: Reader, form: Template, period: Period, *, log: Logbook, sources: Sources
) -> tuple[SectionText, ...]:
    """Return the sections of a form, composed."""
    taken = _sorted_out(g, reader, form, period, log)
    numbers, room = _numbers(), COMPOSED_CHARS_MAX
    made = []
    for section in form.sections:
        found = list(_found(section, taken, period, reader, sources))
        kept, used = list[Found](), 0
        for one in found[:SECTION_SENTENCES_MAX]:
            if used + len(one.text) > room:
                break
            kept.append(one)
            used += len(one.text)
        room -= used
        if len(kept) < len(found):
            more = words(period.language)["rest"].format(n=len(found) - len(kept))
            whole = g.door.merge([one.label for one in found]) or g.label
            kept.append(Found(text=more, label=whole))
        made.append(
            SectionText(
                code=section.code,
                name=section.name,
                name_ja=section.name_ja,
                sentences=tuple(
                    Sentence(id=next(numbers), text=one.text, label=one.label, links=one.links) for one in kept
                ),
            )
        )
    return tuple(made)


def sentence_of(entry: Written, language: str, part: str = "line") -> str:
    """Return what an entry says as a sentence, or one part of it."""
    body, said = entry.body, words(language)
    if part == "time":
        return dtg.write(entry.at_ms)
    if part != "line":
        return {"place": body.place or _position(body.lat, body.lon), "source": body.source, "decided": body.decided}[
            part
        ]
    parts = [f"{dtg.write(entry.at_ms)[:7]}: {body.source + ': ' if body.source else ''}{body.text}"]
    parts += [said["place"].format(text=body.place)] if body.place else []
    parts += [said["decided"].format(text=body.decided)] if body.decided else []
    parts += [said["told"].format(text=body.told)] if body.told else []
    return " ".join(part if part.endswith((".", "。", "!", "?")) else f"{part}." for part in parts)


def _position(lat: float | None, lon: float | None) -> str:
    return "" if lat is None or lon is None else f"{lat:.4f}, {lon:.4f}"


def _numbers() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"s{number}"


def _sorted_out(g: Ground, reader: Reader, form: Template, period: Period, log: Logbook) -> dict[str, list[Written]]:
    """Return the entries of the period by the section that takes them, the earliest first."""
    query = log_views.Query(from_ms=period.from_ms, to_ms=period.to_ms, standing=True)
    entries = list(log_views.entries(g, reader, log, query))[::-1]
    taken: dict[str, list[Written]] = {section.code: [] for section in form.sections}
    chosen = {entry.id for entry in period.chosen}
    of_log = [section for section in form.sections if section.source == "log"]
    for section in of_log:
        if section.pick == "chosen":
            taken[section.code] = list(period.chosen)
    for entry in entries:
        if chosen and entry.id not in chosen:
            continue
        taker = next(_takers(g, reader, log, entry, of_log), None)
        if taker is not None:
            taken[taker.code].append(entry)
    return taken


def _takers(g: Ground, reader: Reader, log: Logbook, entry: Written, of_log: list[Section]) -> Iterator[Section]:
    """Yield the sections that would take an entry, the fittest first."""
    if log_views.significant(g, reader, log, entry):
        yield from (section for section in of_log if section.pick == "significant")
    for section in of_log:
        if section.pick == "words" and any(folded(word) in entry.words for word in section.words):
            yield section
    yield from (section for section in of_log if section.pick == "all")


def _found(
    section: Section, taken: dict[str, list[Written]], period: Period, reader: Reader, sources: Sources
) -> Iterator[Found]:
    if section.source == "log":
        for entry in taken[section.code]:
            text = sentence_of(entry, period.language, section.part)
            if text and entry.label is not None:
                yield Found(text=text, label=entry.label, links=(Link("log", entry.id),))
    for source in (section.source, *section.also):
        if source in sources:
            yield from sources[source](reader, period.from_ms, period.to_ms, period.language)
