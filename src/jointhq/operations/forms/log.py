"""What the routes of the log take and give.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`operations.routes.log`), rules.

Times given are milliseconds since 1970. A time taken is as it is typed: "" is now, or HHMM, DDHHMM, a date-time group,
each with a zone letter or Z.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.files import FileRow
from jointhq.operations.records.log import TrackThen
from jointhq.people.forms import PersonName

LINE_CHARS_MAX: Final = 2_000  # a log has lines; what is longer is a report, or a file
PART_CHARS_MAX: Final = 1_000
FILES_OF_ONE_MAX: Final = 8  # photographs of one thing
ANSWERS_MAX: Final = 5  # CCIR that one line answers

Id = Annotated[str, Meta(max_length=100)]
Line = Annotated[str, Meta(min_length=1, max_length=LINE_CHARS_MAX)]
Part = Annotated[str, Meta(max_length=PART_CHARS_MAX)]
Short = Annotated[str, Meta(max_length=200)]


class EntryForm(Form, frozen=True, kw_only=True):
    """One line: when, from whom, what, what was decided, who was told; and what goes with it.

    `track` is a uid: where it is now goes into the entry. `label` is its text, "" the headquarters' own; the entry is
    at least as narrow as its track and files.
    """

    when: Annotated[str, Meta(max_length=40)] = ""
    source: Part = ""
    text: Line
    decided: Part = ""
    told: Part = ""
    significant: bool = False
    place: Short = ""
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    order: Short = ""
    track: Annotated[str, Meta(max_length=500)] = ""
    files: Annotated[tuple[Id, ...], Meta(max_length=FILES_OF_ONE_MAX)] = ()
    label: Short = ""


class NewForm(EntryForm, frozen=True, kw_only=True):
    """A new line; `answers` names the CCIR that it answers."""

    answers: Annotated[tuple[Id, ...], Meta(max_length=ANSWERS_MAX)] = ()


class CorrectionForm(EntryForm, frozen=True, kw_only=True):
    """The line as it should read, and why. "" for `when` is the time of what it corrects; so for `label`."""

    reason: Annotated[str, Meta(min_length=1, max_length=PART_CHARS_MAX)]


class MarkForm(Form, frozen=True, kw_only=True):
    """Whether a line is significant."""

    significant: bool


class Signed(Struct, frozen=True, kw_only=True):
    """Who signed, as far as the reader may know. A person without an id is one whose name he may not see."""

    appointment: str
    title: str
    title_ja: str
    person: PersonName | None


class AnsweredRow(Struct, frozen=True, kw_only=True):
    """A CCIR that an entry answers."""

    id: str
    name: str


class LogRow(Struct, frozen=True, kw_only=True):
    """One entry. `corrects` and `corrected_by` name entries of the same line, where the reader may see them."""

    id: str
    at_ms: int
    letter: str
    written_ms: int
    mark: str
    source: str
    text: str
    decided: str
    told: str
    significant: bool
    place: str
    lat: float | None
    lon: float | None
    order: str
    track: TrackThen | None
    files: list[FileRow]
    by: Signed
    corrects: str
    reason: str
    corrected_by: str
    answers: list[AnsweredRow]
    exercise: bool


class LogPage(Struct, frozen=True, kw_only=True):
    """Entries, the latest first. `more` asks for those before them: give it back as `before`; "": there are none."""

    rows: list[LogRow]
    more: str
    banner: str
