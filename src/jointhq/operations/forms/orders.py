"""What the routes of orders and missions take and give, as typed JSON.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`operations.routes.orders`), rules.

Times are milliseconds since 1970. `version` names the record that an answer stands in; who changes something sends back
the version he saw. `mark` is a portion mark, "(U)"; a form's `label` is its text, "" the order's own, and for the order
the headquarters' default.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.annexes import AnnexKind, AnnexRow
from jointhq.operations.forms.log import Signed
from jointhq.operations.records.orders import Answer, OrderKind, ParagraphName

TEXT_CHARS_MAX: Final = 8_000  # a paragraph: two pages. All of an order must fit into one request, and one record
TASKS_MAX: Final = 60  # of one order; more is several orders, or an annex
UNITS_MAX: Final = 100  # addressed by one order
OFFICES_MAX: Final = 30  # J1 to J9 and the special staff
ROWS_MAX: Final = 500  # of one answer; older orders by their number

Line = Annotated[str, Meta(max_length=200)]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=TEXT_CHARS_MAX)]
Note = Annotated[str, Meta(max_length=2_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=2_000)]
Id = Annotated[str, Meta(min_length=1, max_length=100)]
OptionalId = Annotated[str, Meta(max_length=100)]
LabelText = Annotated[str, Meta(max_length=200)]
Office = Annotated[str, Meta(min_length=1, max_length=40)]
TimeMs = Annotated[int, Meta(ge=0, le=253_402_300_799_000)]
Precedence = Literal["routine", "priority", "immediate", "flash"]


# The first that holds of an order is told: what its addressees owe, then how far it has come before it is issued.
Waits = Literal["", "decide", "answer", "agree", "comply", "concur", "approve", "issue"]
DeviceState = Literal["withheld", "away", "online", "sent", "delivered", "opened"]


class ParagraphForm(Form, frozen=True, kw_only=True):
    """One of the five."""

    name: ParagraphName
    text: Text
    label: LabelText = ""


class TaskForm(Form, frozen=True, kw_only=True):
    """A task. `id` is given by who drafts, so that an edit keeps it; "" gets a new one."""

    id: OptionalId = ""
    unit: Id
    verb: Annotated[str, Meta(min_length=1, max_length=40)]
    what: Annotated[str, Meta(min_length=1, max_length=1_000)]
    why: Annotated[str, Meta(max_length=1_000)] = ""
    start_ms: TimeMs | None = None
    until_ms: TimeMs | None = None
    trigger: Line = ""
    place: Line = ""
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    coord_with: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()
    reports: Annotated[tuple[Line, ...], Meta(max_length=20)] = ()
    label: LabelText = ""


class OrderForm(Form, frozen=True, kw_only=True):
    """An order, whole."""

    type: OrderKind
    title: Title
    title_ja: Line = ""
    mission: OptionalId = ""
    base: OptionalId = ""
    supersedes: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()
    references: Annotated[str, Meta(max_length=2_000)] = ""
    letter: Annotated[str, Meta(pattern="^[A-IK-Z]$")] = "Z"
    effective_ms: TimeMs | None = None
    paragraphs: Annotated[tuple[ParagraphForm, ...], Meta(max_length=5)] = ()
    tasks: Annotated[tuple[TaskForm, ...], Meta(max_length=TASKS_MAX)] = ()
    ends_tasks: Annotated[tuple[Id, ...], Meta(max_length=TASKS_MAX)] = ()
    action: Annotated[tuple[Id, ...], Meta(max_length=UNITS_MAX)] = ()
    info: Annotated[tuple[Id, ...], Meta(max_length=UNITS_MAX)] = ()
    precedence: Precedence = "routine"
    escalate_to: OptionalId = ""
    label: LabelText = ""
    version: OptionalId = ""


class SubmitForm(Form, frozen=True, kw_only=True):
    """Which offices are asked."""

    version: Id
    offices: Annotated[tuple[Office, ...], Meta(max_length=OFFICES_MAX)] = ()


class OpinionForm(Form, frozen=True, kw_only=True):
    """What an office says; it objects with a note alone."""

    version: Id
    office: Office
    note: Note = ""


class NoteForm(Form, frozen=True, kw_only=True):
    """A step that may be explained."""

    version: Id
    note: Note = ""


class ReasonForm(Form, frozen=True, kw_only=True):
    """A step that must be explained."""

    version: Id
    reason: Reason


class VersionForm(Form, frozen=True, kw_only=True):
    """A step that needs no word."""

    version: Id


class AnswerForm(Form, frozen=True, kw_only=True):
    """A unit's answer. CANTCO needs its reason."""

    answer: Answer
    reason: Note = ""


class DecisionForm(Form, frozen=True, kw_only=True):
    """Accept a request, or decline it with a reason."""

    accept: bool
    note: Note = ""


class MissionForm(Form, frozen=True, kw_only=True):
    """A mission, whole."""

    title: Title
    title_ja: Line = ""
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    given_by: OptionalId = ""
    order_ref: Line = ""
    from_ms: TimeMs
    until_ms: TimeMs = 0
    label: LabelText = ""
    version: OptionalId = ""


# -- what is given


class UnitName(Struct, frozen=True, kw_only=True):
    """A unit, in both languages; without a name one that the reader may not see."""

    id: str
    name: str = ""
    name_ja: str = ""
    short: str = ""


class OrderRow(Struct, frozen=True, kw_only=True):
    """An order in the list. `reached` counts its addressees by how far it came."""

    id: str
    type: str
    name: str
    title: str
    title_ja: str
    unit: UnitName
    base: str
    base_name: str
    state: str
    precedence: str
    dtg: str
    exercise: bool
    mark: str
    issued_ms: int
    effective_ms: int
    drafted_ms: int
    by: Signed
    reached: dict[str, int]
    addressees: int
    late: int  # that have not acknowledged past the norm
    escalated: int
    waits: Waits  # what of it waits for the reader or his unit
    told: int  # silences of it that were told to the reader's appointment, and go on
    version: str


class ParagraphRow(Struct, frozen=True, kw_only=True):
    """A paragraph; in a text in force with the order that it stands in."""

    name: str
    text: str
    mark: str
    label: str
    order: str = ""
    order_name: str = ""


class TaskRow(Struct, frozen=True, kw_only=True):
    """A task."""

    id: str
    unit: UnitName
    verb: str
    what: str
    why: str
    start_ms: int | None
    until_ms: int | None
    trigger: str
    place: str
    lat: float | None
    lon: float | None
    coord_with: list[UnitName]
    reports: list[str]
    mark: str
    label: str
    order: str = ""
    order_name: str = ""
    ended: bool = False


class StepRow(Struct, frozen=True, kw_only=True):
    """Something that happened to an addressee's copy."""

    what: str
    at_ms: int
    who: Signed
    way: str
    note: str
    due_ms: int
    mark: str


class DeviceRow(Struct, frozen=True, kw_only=True):
    """How it stands with one of the recipient's people: `state` "withheld" with the door's rule, or as it came."""

    who: Signed
    state: DeviceState
    rule: str


class AddresseeRow(Struct, frozen=True, kw_only=True):
    """A unit in one role. `actions` are what the reader may answer for it.

    `rule` and `people` are there for who issued it and who has to answer it.
    """

    id: str
    unit: UnitName
    role: str
    phase: str
    refer_to: UnitName | None
    rule: str
    tasks: list[str]
    reached: str
    by: Signed | None
    at_ms: int
    note: str
    due_ms: int
    late: bool
    escalated_to: Signed | None
    steps: list[StepRow]
    people: list[DeviceRow]
    actions: list[str]


class OpinionRow(Struct, frozen=True, kw_only=True):
    """What an office said; `state` "asked" where it has not."""

    office: str
    state: Literal["asked", "concurs", "objects"]
    note: str
    at_ms: int
    who: Signed


class MissionName(Struct, frozen=True, kw_only=True):
    """The mission that an order is written for."""

    id: str
    title: str
    title_ja: str


class OrderBody(Struct, frozen=True, kw_only=True):
    """All of an order: what it says itself, and `in_force` with its changes. `actions` are what the reader may do."""

    row: OrderRow
    label: str  # as a form says it
    form: dict[str, Any]  # for who may edit it: as it would be sent back
    mission: MissionName | None
    references: str
    letter: str
    banner: str
    paragraphs: list[ParagraphRow]
    tasks: list[TaskRow]
    in_force: list[ParagraphRow]
    tasks_in_force: list[TaskRow]
    annexes: list[AnnexRow]
    annexes_in_force: list[AnnexRow]
    changes: list[OrderRow]
    supersedes: list[OrderRow]
    superseded_by: str
    action: list[UnitName]
    info: list[UnitName]
    opinions: list[OpinionRow]
    approved_by: Signed | None
    issued_by: Signed | None
    escalate_to: Signed | None
    note: str
    addressees: list[AddresseeRow]
    actions: list[str]


class LookRow(Struct, frozen=True, kw_only=True):
    """The last look before issue: whom it would reach, as what."""

    unit: UnitName
    role: str
    refer_to: UnitName | None
    rule: str
    tasks: list[str]
    people: list[DeviceRow]


class Look(Struct, frozen=True, kw_only=True):
    """The last look before issue."""

    name: str
    banner: str
    effective_ms: int
    annexes: list[AnnexRow]
    addressees: list[LookRow]


class Norm(Struct, frozen=True, kw_only=True):
    """How long silence is kept, by precedence."""

    precedence: str
    minutes: int


class AppointmentName(Struct, frozen=True, kw_only=True):
    """An appointment of one's own unit, that silence may be told to."""

    id: str
    title: str
    title_ja: str


class OrderChoices(Struct, frozen=True, kw_only=True):
    """What forms offer."""

    unit: UnitName | None  # the reader's own; None: his appointment is of none
    units: list[UnitName]
    verbs: list[str]
    annexes: list[AnnexKind]
    norms: list[Norm]
    appointments: list[AppointmentName]
    may_plan: bool
    may_command: bool


class MissionRow(Struct, frozen=True, kw_only=True):
    """A mission."""

    id: str
    title: str
    title_ja: str
    text: str
    unit: UnitName
    given_by: UnitName | None
    order_ref: str
    from_ms: int
    until_ms: int
    ended_ms: int
    reason: str
    mark: str
    label: str
    version: str
