"""What a report has become since it was composed: entries corrected, entries written, its period over.

Owns: telling so, and composing it anew without losing what was edited. Doesn't own: who may (`rules.reports`), what is
composed of what (`rules.compose`).

What somebody took out stays out: of the log only what was written since comes in. A sentence whose entry was corrected
says what the correction says; one that was edited by hand stays as it reads, and the correction follows it.
"""

from collections.abc import Iterable, Iterator
from itertools import count

import msgspec

from jointhq.operations.ground import Ground
from jointhq.operations.records.reports import Link, ReportText, SectionText, Sentence
from jointhq.operations.rules.compose import Period, Sources, sections, sentence_of
from jointhq.operations.templates import Template, words
from jointhq.operations.views.log import correction_of
from jointhq.operations.views.logbook import Logbook, Written
from jointhq.operations.views.reportbook import Report
from jointhq.release.label import Label
from jointhq.release.reader import Reader


def stale(g: Ground, reader: Reader, text: ReportText, log: Logbook) -> int:
    """Return how many sentences rest on an entry that has been corrected, as far as the reader may know."""
    return sum(
        any(standing(g, reader, log, link) is not None for link in one.links)
        for section in text.sections
        for one in section.sentences
    )


def standing(g: Ground, reader: Reader, log: Logbook, link: Link) -> Written | None:
    """Return the entry that stands in the place of a corrected one; None for one that stands itself."""
    entry = log.entries.get(link.id) if link.kind == "log" else None
    found = None
    while entry is not None and (entry := correction_of(g, reader, log, entry)) is not None:
        found = entry
    return found


def over(g: Ground, text: ReportText) -> bool:
    """Whether its period has ended since it was composed for a part of it."""
    return text.interim and g.now_ms >= text.as_of_ms


def end_ms(g: Ground, text: ReportText) -> int:
    """Return up to when it can say what was known."""
    return max(text.to_ms, min(text.as_of_ms, g.now_ms))


def fresh(g: Ground, reader: Reader, report: Report, form: Template | None, log: Logbook) -> int:
    """Return how many sentences of the log would come in."""
    made = _composed(g, reader, report, form, log, {})
    return sum(len(list(_written_since(report, log, section))) for section in made)


def refreshed(
    g: Ground, reader: Reader, report: Report, form: Template | None, *, log: Logbook, sources: Sources
) -> tuple[SectionText, ...]:
    """Return the sections as they should be now."""
    text = report.text
    made = {one.code: one for one in _composed(g, reader, report, form, log, sources)}
    parts = {one.code: one for one in form.sections} if form else {}
    taken = {sentence.id for section in text.sections for sentence in section.sentences}
    numbers = (f"s{n}" for n in count(1) if f"s{n}" not in taken)
    nothing = words(text.language)["negative"]
    after = []
    for section in text.sections:
        part = parts.get(section.code)
        found = made.get(section.code)
        kept = list[Sentence]()
        for one in section.sentences:
            as_now = part is not None and (part.source not in ("text", "log") or not _of_log(one))
            if as_now and found is not None and not one.edited:
                continue  # figures, tasks and what became of orders are as they are now
            kept += _corrected(g, reader, log, text.language, one, part.part if part else "line", numbers)
        if found is not None and part is not None:
            said = {one.links for one in kept if one.edited and one.links}
            more = [one for one in found.sentences if part.source != "log" or not _of_log(one)]
            more = [*_written_since(report, log, found), *more] if part.source == "log" else more
            kept += [msgspec.structs.replace(one, id=next(numbers)) for one in more if one.links not in said]
        after.append(msgspec.structs.replace(section, sentences=tuple(kept)))
    if says(after):  # there is something to report by now
        after = [
            msgspec.structs.replace(
                section, sentences=tuple(one for one in section.sentences if one.text != nothing or one.links)
            )
            for section in after
        ]
    return tuple(after)


def _of_log(one: Sentence) -> bool:
    """Whether it rests on nothing but entries of the log, or on nothing."""
    return all(link.kind == "log" for link in one.links)


def says(text: Iterable[SectionText]) -> bool:
    """Whether there is anything that rests on a record."""
    return any(sentence.links for section in text for sentence in section.sentences)


def _composed(
    g: Ground, reader: Reader, report: Report, form: Template | None, log: Logbook, sources: Sources
) -> tuple[SectionText, ...]:
    if form is None or not form.daily:
        return ()
    text = report.text
    period = Period(from_ms=text.from_ms, to_ms=end_ms(g, text), language=text.language)
    return sections(g, reader, form, period, log=log, sources=sources)


def _written_since(report: Report, log: Logbook, section: SectionText) -> Iterator[Sentence]:
    """Yield those sentences of a section that rest on what was written, or has happened, since it was composed."""
    text = report.text
    said = {link for one in text.sections for sentence in one.sentences for link in sentence.links}
    for one in filter(_of_log, section.sentences):
        entries = [log.entries[link.id] for link in one.links if link.kind == "log" and link not in said]
        if any(
            (entry.position > report.composed_at or entry.at_ms >= text.to_ms) and not hasattr(entry.body, "corrects")
            for entry in entries
        ):
            yield one


def _corrected(
    g: Ground, reader: Reader, log: Logbook, language: str, one: Sentence, part: str, numbers: Iterator[str]
) -> list[Sentence]:
    """Return a sentence as it should read with the corrections of its entries."""
    instead = {link: entry for link in one.links if (entry := standing(g, reader, log, link)) is not None}
    if not instead:
        return [one]
    labels: list[Label | None] = [one.label, *(entry.label for entry in instead.values())]
    label = g.door.merge(labels) or g.label
    links = tuple(Link("log", instead[link].id) if link in instead else link for link in one.links)
    if not one.edited:
        said = (sentence_of(entry, language, part) for entry in instead.values())
        return [msgspec.structs.replace(one, text=" ".join(filter(None, said)), label=label, links=links)]
    after = [
        Sentence(id=next(numbers), text=sentence_of(entry, language), label=label, links=(Link("log", entry.id),))
        for entry in instead.values()
    ]
    return [msgspec.structs.replace(one, label=label, links=links), *after]
