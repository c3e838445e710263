"""What the routes of RFI take and give.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`operations.routes.rfi`), rules.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.files import FileRow
from jointhq.operations.forms.log import Signed
from jointhq.operations.forms.orders import (
    AppointmentName,
    Id,
    LabelText,
    Note,
    OptionalId,
    Precedence,
    Reason,
    TimeMs,
    UnitName,
)

QUESTION_CHARS_MAX: Final = 2_000
ANSWER_CHARS_MAX: Final = 8_000  # two pages; what is longer is a file
CITED_MAX: Final = 20  # of each kind
CHECKED_MAX: Final = 50
ROWS_MAX: Final = 300  # of one answer, those that are open before the rest

State = Literal["new", "validated", "tasked", "answered", "satisfied", "returned", "withdrawn"]
Question = Annotated[str, Meta(min_length=1, max_length=QUESTION_CHARS_MAX)]
Ids = Annotated[tuple[Id, ...], Meta(max_length=CITED_MAX)]


class RfiForm(Form, frozen=True, kw_only=True):
    """A question, whole. Its label and precedence are given once: its number is of them."""

    question: Question
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]
    asked_of: Id
    ltiov_ms: TimeMs = 0
    precedence: Precedence = "routine"
    label: LabelText = ""
    version: OptionalId = ""


class SimilarForm(Form, frozen=True, kw_only=True):
    """What one is about to ask."""

    question: Annotated[str, Meta(max_length=QUESTION_CHARS_MAX)]


class TaskForm(Form, frozen=True, kw_only=True):
    """Who is to answer. `checked` names the similar ones that were looked at."""

    version: Id
    appointment: Id
    note: Note = ""
    checked: Annotated[tuple[Id, ...], Meta(max_length=CHECKED_MAX)] = ()


class AnswerForm(Form, frozen=True, kw_only=True):
    """The answer, and what it rests on. Its label is at least as narrow as all of that."""

    version: Id
    text: Annotated[str, Meta(min_length=1, max_length=ANSWER_CHARS_MAX)]
    entries: Ids = ()
    reports: Ids = ()
    files: Ids = ()
    label: LabelText = ""


class AnswerLookForm(Form, frozen=True, kw_only=True):
    """What an answer would rest on, to ask who would see it."""

    entries: Ids = ()
    reports: Ids = ()
    files: Ids = ()
    label: LabelText = ""


class ReturnForm(Form, frozen=True, kw_only=True):
    """Why it is given back; which other one says it already."""

    version: Id
    note: Reason
    duplicate_of: OptionalId = ""


# -- what is given


class Cited(Struct, frozen=True, kw_only=True):
    """An entry or a report that an answer rests on."""

    id: str
    text: str
    mark: str


class RfiName(Struct, frozen=True, kw_only=True):
    """Another one, as far as a reader needs it to compare."""

    id: str
    name: str
    question: str
    state: State
    mark: str
    answer: str


class RfiRow(Struct, frozen=True, kw_only=True):
    """One of the list. `mine`: something of it waits for the reader."""

    id: str
    version: str
    name: str
    question: str
    unit: UnitName
    asked_of: UnitName
    to: AppointmentName | None
    state: State
    precedence: str
    asked_ms: int
    answered_ms: int
    ltiov_ms: int
    late: bool
    by: Signed
    mark: str
    mine: bool
    exercise: bool


class RfiStepRow(Struct, frozen=True, kw_only=True):
    """What was done with it."""

    what: str
    at_ms: int
    who: Signed
    to: AppointmentName | None
    note: str
    mark: str
    entries: list[Cited]
    reports: list[Cited]
    files: list[FileRow]
    duplicate_of: RfiName | None


class RfiBody(Struct, frozen=True, kw_only=True):
    """All of one. `similar` is there for who may task it."""

    row: RfiRow
    reason: str
    banner: str
    steps: list[RfiStepRow]
    similar: list[RfiName]
    to_task: list[AppointmentName]
    actions: list[str]


class Figures(Struct, frozen=True, kw_only=True):
    """How it goes with those that the reader may see. Times are from asked to the first answer."""

    open: int
    late: int
    answered: int
    median_ms: int
    p90_ms: int
    due: int  # whose LTIOV has passed, or that were answered before it
    after_ltiov: int  # of these: answered after it, or not at all


class RfiPage(Struct, frozen=True, kw_only=True):
    """Those there are."""

    rows: list[RfiRow]
    figures: Figures
    banner: str


class AnswerLook(Struct, frozen=True, kw_only=True):
    """Whether who asked would see an answer."""

    mark: str
    withheld: bool
