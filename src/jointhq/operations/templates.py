"""The forms of reports: which sections each has, where they come from, when it is due.

Owns: what a form says, reading those that come with jointhq, when one is due. Doesn't own: composing (`rules.compose`).
A headquarters adds its own as records of the same shape (`records.reports.FormSet`).
"""

import functools
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from jointhq.operations.tables import DATA

SECTIONS_MAX: Final = 30
WORDS_MAX: Final = 60
DAY_MINUTES: Final = 1440
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

Code = Annotated[str, Meta(pattern="^[A-Z][A-Z0-9-]{1,15}$")]
Name = Annotated[str, Meta(min_length=1, max_length=120)]
Word = Annotated[str, Meta(min_length=1, max_length=40)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One section: written by hand (`text`), or composed of the log, strength, tasks, and what is `also` in it.

    Of the log it takes entries that are significant, that hold one of `words`, that were chosen, or all that no other
    section takes; of an entry all of it, or one part.
    """

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
    name: Name
    name_ja: Annotated[str, Meta(max_length=120)] = ""
    source: Literal["text", "log", "strength", "tasks"] = "text"
    pick: Literal["significant", "words", "chosen", "all"] = "all"
    part: Literal["line", "place", "time", "source", "decided"] = "line"
    also: Annotated[tuple[Literal["orders", "ccir", "picture"], ...], Meta(max_length=3)] = ()
    words: Annotated[tuple[Word, ...], Meta(max_length=WORDS_MAX)] = ()


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form. `as_of` is Zulu, HHMM; without one, and with no period, the report is of an event and not of a day.

    `to` and `language` are what a report of it has where nobody says otherwise.
    """

    code: Code
    name: Name
    name_ja: Annotated[str, Meta(max_length=120)] = ""
    period_hours: Annotated[int, Meta(ge=0, le=744)] = 0
    as_of: Annotated[str, Meta(pattern="^(([01][0-9]|2[0-3])[0-5][0-9])?$")] = ""
    due_minutes: Annotated[int, Meta(ge=0, le=44_640)] = 60
    precedence: Literal["routine", "priority", "immediate", "flash"] = "routine"
    to: Annotated[str, Meta(max_length=200)] = ""
    language: Literal["", "en", "ja"] = ""
    sections: Annotated[tuple[Section, ...], Meta(min_length=1, max_length=SECTIONS_MAX)]

    @property
    def daily(self) -> bool:
        """Whether it is of a period that ends at a set time."""
        return bool(self.period_hours and self.as_of)

    def as_of_next(self, at_ms: int) -> int:
        """Return the first moment of the form, at or after a moment, at which a period ends."""
        step = self.period_hours * HOUR_MS
        minute = int(self.as_of[:2]) * 60 + int(self.as_of[2:])
        first = minute * MINUTE_MS % step
        return -(-(at_ms - first) // step) * step + first

    def pictured_until(self, to_ms: int) -> int:
        """Return the moment of the picture that it tells of, for a period up to a moment; 0: it tells of none."""
        return to_ms if any("picture" in section.also for section in self.sections) else 0

    def period(self, now_ms: int) -> tuple[int, int]:
        """Return from when to when the report is that one would write now: until its due time it is the last one's."""
        if not self.daily:
            return now_ms - (self.period_hours or 1) * HOUR_MS, now_ms
        to_ms = self.as_of_next(now_ms - self.due_minutes * MINUTE_MS)
        return to_ms - self.period_hours * HOUR_MS, to_ms


@functools.cache
def built_in() -> dict[str, Template]:
    """Return the forms that come with jointhq, by code."""
    files = sorted((DATA / "reports").glob("*.json"))
    forms = [msgspec.json.decode(file.read_bytes(), type=Template) for file in files]
    return {form.code: form for form in forms}


@functools.cache
def words(language: str) -> dict[str, str]:
    """Return the words that a composed report uses."""
    every = msgspec.json.decode((DATA / "report_words.json").read_bytes(), type=dict[str, dict[str, str]])
    return every.get(language) or every["en"]
