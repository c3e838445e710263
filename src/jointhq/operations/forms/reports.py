"""What the routes of reports take and give.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`operations.routes.reports`), rules.

Times are milliseconds since 1970. `version` names the record that an answer stands in; who changes something sends it
back. `mark` is a portion mark; a form's `label` is its text, "" the default.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.log import Signed
from jointhq.operations.records.reports import Link
from jointhq.operations.templates import SECTIONS_MAX, Template

REPORT_BYTES_MAX: Final = 160 << 10  # twenty pages of Japanese; a record holds 256 KiB with all its labels
SENTENCE_CHARS_MAX: Final = 2_500  # an entry of the log, with all its parts
SENTENCES_MAX: Final = 100  # of a section
ENTRIES_MAX: Final = 50  # chosen for one report

Id = Annotated[str, Meta(max_length=100)]
Line = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=2_000)]
TimeMs = Annotated[int, Meta(ge=0, le=253_402_300_799_000)]


class ComposeForm(Form, frozen=True, kw_only=True):
    """A report to be composed: of a period, which is by default the form's own; of chosen entries; or a correction."""

    form: Annotated[str, Meta(max_length=16)] = ""
    from_ms: TimeMs | None = None
    to_ms: TimeMs | None = None
    language: Literal["en", "ja"] = "en"
    to: Line = ""
    info: Line = ""
    label: Line = ""
    entries: Annotated[tuple[Id, ...], Meta(max_length=ENTRIES_MAX)] = ()
    corrects: Id = ""


class SentenceForm(Form, frozen=True, kw_only=True):
    """A sentence: one that is there (`id`), or a new one, on entries of the log."""

    id: Id = ""
    text: Annotated[str, Meta(max_length=SENTENCE_CHARS_MAX)]
    label: Line = ""
    entries: Annotated[tuple[Id, ...], Meta(max_length=8)] = ()


class SectionForm(Form, frozen=True, kw_only=True):
    """A section's sentences, all of them."""

    code: Annotated[str, Meta(max_length=32)]
    sentences: Annotated[tuple[SentenceForm, ...], Meta(max_length=SENTENCES_MAX)]


class EditForm(Form, frozen=True, kw_only=True):
    """The report as it should be."""

    version: Id
    to: Line
    info: Line = ""
    label: Line = ""
    negative: bool = False
    sections: Annotated[tuple[SectionForm, ...], Meta(max_length=SECTIONS_MAX)]


class StepForm(Form, frozen=True, kw_only=True):
    """A step, with a note where it needs one."""

    version: Id
    note: Note = ""


class PreviewForm(Form, frozen=True, kw_only=True):
    """A form to be tried, and the language to try it in."""

    form: Template
    language: Literal["en", "ja"] = "en"


class LineRow(Struct, frozen=True, kw_only=True):
    """To whom reports of a form are owed, or that they aren't."""

    form: str
    to: str
    active: bool


class LineForm(Form, frozen=True, kw_only=True):
    """To whom reports of a form are to be owed, or that they aren't any more."""

    form: Annotated[str, Meta(max_length=16)]
    to: Annotated[str, Meta(min_length=1, max_length=200)]
    active: bool = True


class SentenceRow(Struct, frozen=True, kw_only=True):
    """A sentence; `links` are the records it rests on that the reader may see."""

    id: str
    text: str
    mark: str
    links: list[Link]


class SectionRow(Struct, frozen=True, kw_only=True):
    """A section."""

    code: str
    name: str
    name_ja: str
    sentences: list[SentenceRow]


class StepRow(Struct, frozen=True, kw_only=True):
    """What was done with a report, by whom."""

    what: str
    at_ms: int
    by: Signed
    note: str


class ReportRow(Struct, frozen=True, kw_only=True):
    """A report of the list. `serial` is "" until it is released; `waits` is the step that waits for the reader.

    An interim one ends before its period does, at `as_of_ms`.
    """

    id: str
    version: str
    form: str
    name: str
    name_ja: str
    serial: str
    state: str
    mark: str
    originator: str
    to: str
    info: str
    from_ms: int
    to_ms: int
    as_of_ms: int
    due_ms: int
    late: bool
    interim: bool
    drafted_ms: int
    released_ms: int
    by: Signed
    corrects: str
    corrects_serial: str
    corrected_by: str
    negative: bool
    exercise: bool
    waits: Literal["", "approve", "release"]


class ReportBody(Struct, frozen=True, kw_only=True):
    """A report, whole; `may` names what the reader may do with it now.

    Since it was composed, `stale` of its sentences rest on what was corrected, `fresh` would come in, and its period
    may be `over`.
    """

    report: ReportRow
    language: str
    precedence: str
    banner: str
    sections: list[SectionRow]
    steps: list[StepRow]
    stale: int
    fresh: int
    over: bool
    may: list[str]


class OwedRow(Struct, frozen=True, kw_only=True):
    """A report that is owed: for which moment, by when, and whether it has gone."""

    form: str
    name: str
    name_ja: str
    to: str
    from_ms: int
    as_of_ms: int
    due_ms: int
    state: str  # "running", "due", "late", "sent", "sent_late"
    report: str


class OwnFormRow(Struct, frozen=True, kw_only=True):
    """A form of this headquarters: its version, and who set it when."""

    form: str
    version: str
    set_ms: int
    by: Signed


class UpwardRow(Struct, frozen=True, kw_only=True):
    """To whom reports go that name nobody else: the reader's unit's superior by the structure (`to`, as written).

    `why`: "operational", "administrative", "organic" line by a relation of `type`; where `to` is "": "unknown" (the
    reader's unit) or "no_superior".
    """

    to: str
    name: str
    name_ja: str
    why: str
    type: str
    order_ref: str


class ChoiceRow(Struct, frozen=True, kw_only=True):
    """What a report of a form would be if it were composed now; `to` is "" where it goes up the line."""

    form: str
    from_ms: int
    to_ms: int
    due_ms: int
    to: str


class ReportPage(Struct, frozen=True, kw_only=True):
    """The latest reports, and what is owed."""

    rows: list[ReportRow]
    owed: list[OwedRow]
    forms: list[Template]
    own_forms: list[OwnFormRow]
    lines: list[LineRow]
    upward: UpwardRow
    choices: list[ChoiceRow]
    banner: str
