"""What the routes of CCIR take and give.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`operations.routes.ccir`), rules.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.log import Signed
from jointhq.operations.forms.orders import (
    AppointmentName,
    Id,
    LabelText,
    OptionalId,
    Precedence,
    Reason,
    TimeMs,
    UnitName,
)
from jointhq.operations.records.ccir import CcirKind

NOTIFY_MAX: Final = 40  # appointments told of one hit: who has to know, not everybody
INDICATORS_MAX: Final = 20
OF_ENTRY_MAX: Final = 5  # CCIR that one entry answers
WEEK_MINUTES: Final = 7 * 1440
ROWS_MAX: Final = 300  # of one answer: a commander has ten in force; the rest are those of before

Indicator = Annotated[str, Meta(min_length=1, max_length=300)]
State = Literal["draft", "in_force", "answered", "ended"]


class CcirForm(Form, frozen=True, kw_only=True):
    """One, whole. `replaces` names the one whose place it takes when it is approved."""

    type: CcirKind
    text: Annotated[str, Meta(min_length=1, max_length=1_000)]
    text_ja: Annotated[str, Meta(max_length=1_000)] = ""
    decision: Annotated[str, Meta(max_length=1_000)] = ""
    indicators: Annotated[tuple[Indicator, ...], Meta(max_length=INDICATORS_MAX)] = ()
    owner: Id
    ltiov_ms: TimeMs = 0
    notify: Annotated[tuple[Id, ...], Meta(max_length=NOTIFY_MAX)] = ()
    silence_minutes: Annotated[int, Meta(ge=1, le=WEEK_MINUTES)] = 30
    replaces: OptionalId = ""
    label: LabelText = ""
    version: OptionalId = ""


class HitForm(Form, frozen=True, kw_only=True):
    """The entry of the log that answers it."""

    entry: Id


class HitLookForm(Form, frozen=True, kw_only=True):
    """Who would be told, of an entry that is there, or of one with this label."""

    entry: OptionalId = ""
    label: LabelText = ""


class StrikeForm(Form, frozen=True, kw_only=True):
    """Why it was no hit."""

    reason: Reason


# -- what is given


class NoticeRow(Struct, frozen=True, kw_only=True):
    """An appointment that was told of a hit."""

    who: AppointmentName
    acknowledged_ms: int
    by: Signed | None
    escalated_ms: int
    late: bool
    withheld: bool  # nobody in the appointment may see it


class HitRow(Struct, frozen=True, kw_only=True):
    """An entry that answers one. `entry` is "" where the reader may not see it; `mine` it waits for him."""

    id: str
    ccir: str
    name: str
    at_ms: int
    due_ms: int
    by: Signed
    entry: str
    text: str
    entry_at_ms: int
    corrected: bool
    mark: str
    struck_ms: int
    struck_by: Signed | None
    reason: str
    notices: list[NoticeRow]
    mine: bool
    told: bool  # its silence was told to the reader's appointment, and goes on
    actions: list[str]


class CcirRow(Struct, frozen=True, kw_only=True):
    """One of the list."""

    id: str
    version: str
    type: str
    name: str
    text: str
    text_ja: str
    decision: str
    unit: UnitName
    owner: AppointmentName | None
    state: State
    ltiov_ms: int
    late: bool
    mark: str
    hits: int
    open_notices: int
    last_hit_ms: int
    mine: bool
    exercise: bool


class CcirStepRow(Struct, frozen=True, kw_only=True):
    """What was done with it."""

    what: str
    at_ms: int
    who: Signed
    note: str


class CcirBody(Struct, frozen=True, kw_only=True):
    """All of one."""

    row: CcirRow
    indicators: list[str]
    notify: list[AppointmentName]
    silence_minutes: int
    replaces: str
    replaces_name: str
    replaced_by: str
    label: str
    banner: str
    hits: list[HitRow]
    steps: list[CcirStepRow]
    actions: list[str]


class CcirPage(Struct, frozen=True, kw_only=True):
    """Those there are, and the hits that wait for the reader."""

    rows: list[CcirRow]
    hits: list[HitRow]
    banner: str


class ReachRow(Struct, frozen=True, kw_only=True):
    """Whether an appointment would see a hit; why it would not is for who may ask "why can A not see B?"."""

    who: AppointmentName
    withheld: bool


class CcirLook(Struct, frozen=True, kw_only=True):
    """Who would be told of a hit."""

    mark: str
    notify: list[ReachRow]
    owner: ReachRow | None


class Choices(Struct, frozen=True, kw_only=True):
    """What the forms of CCIR and RFI offer to the reader."""

    unit: UnitName | None
    appointments: list[AppointmentName]  # of his own unit, for who drafts
    units: list[UnitName]  # that somebody speaks for
    precedences: list[Precedence]
    may_plan: bool
    may_command: bool
    may_log: bool
