"""What the routes of the battle rhythm take and give.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`operations.routes.rhythm`), rules.

Moments are milliseconds since 1970; a `day` is the date of the event's own zone on which an occurrence falls by its
recurrence. `version` names the record that an event stands in; who changes it sends it back. A form's `label` is its
text, "" the default.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.log import Signed
from jointhq.operations.records.rhythm import Kind, Schedule
from jointhq.operations.rules.recurrence import INTERVAL_MAX, MINUTES_MAX

MEMBERS_MAX: Final = 60  # of one event; who needs more holds a parade
INPUTS_MAX: Final = 20
OUTPUTS_MAX: Final = 20
ZONES_VIEWED_MAX: Final = 3  # side by side; more nobody reads
BEFORE_MINUTES_MAX: Final = 7 * 1_440

Id = Annotated[str, Meta(max_length=100)]
Line = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=2_000)]
Day = Annotated[str, Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Members = Annotated[tuple[Id, ...], Meta(max_length=MEMBERS_MAX)]


class ScheduleForm(Form, frozen=True, kw_only=True):
    """When it takes place. In a change, `first` is the date from which the change applies."""

    zone: Annotated[str, Meta(min_length=1, max_length=64)]
    first: Day
    start: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3])[0-5]\d$")]
    minutes: Annotated[int, Meta(ge=1, le=MINUTES_MAX)]
    every: Annotated[str, Meta(pattern="^(day|week)$")] = "day"
    interval: Annotated[int, Meta(ge=1, le=INTERVAL_MAX)] = 1
    weekdays: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(max_length=7)] = ()
    until: Annotated[str, Meta(pattern=r"^(20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$")] = ""


class InputForm(Form, frozen=True, kw_only=True):
    """What it needs. `id` is that of an input that stays; "" for a new one."""

    id: Id = ""
    what: Line = ""
    event: Id = ""
    form: Annotated[str, Meta(max_length=16)] = ""
    before_minutes: Annotated[int, Meta(ge=0, le=BEFORE_MINUTES_MAX)] = 0


class OutputForm(Form, frozen=True, kw_only=True):
    """What comes of it."""

    what: Line = ""
    event: Id = ""
    decision: Line = ""


class EventForm(Form, frozen=True, kw_only=True):
    """An event, whole. `highest` is the text of the highest label that may be spoken of there; "" for any."""

    version: Id = ""
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    name_ja: Line = ""
    short: Annotated[str, Meta(min_length=1, max_length=24)]
    kind: Kind
    chair: Id = ""
    lead: Annotated[str, Meta(max_length=16)] = ""
    purpose: Text = ""
    place: Line = ""
    required: Members = ()
    optional: Members = ()
    inputs: Annotated[tuple[InputForm, ...], Meta(max_length=INPUTS_MAX)] = ()
    outputs: Annotated[tuple[OutputForm, ...], Meta(max_length=OUTPUTS_MAX)] = ()
    highest: Line = ""
    schedule: ScheduleForm
    label: Line = ""


class CheckForm(Form, frozen=True, kw_only=True):
    """An event as it would be (`id` "" for a new one), and the zones that are looked at."""

    id: Id = ""
    event: EventForm
    zones: Annotated[tuple[Line, ...], Meta(max_length=ZONES_VIEWED_MAX)] = ()


class EndForm(Form, frozen=True, kw_only=True):
    """It takes place no more."""

    version: Id
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]


class SkipForm(Form, frozen=True, kw_only=True):
    """One occurrence doesn't take place."""

    day: Day
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]


class MoveForm(SkipForm, frozen=True, kw_only=True):
    """One occurrence takes place at another time."""

    start_ms: Annotated[int, Meta(ge=0, le=4_102_444_800_000, multiple_of=60_000)]
    minutes: Annotated[int, Meta(ge=1, le=MINUTES_MAX)]


class DayForm(Form, frozen=True, kw_only=True):
    """One occurrence as the recurrence says."""

    day: Day


class HeldForm(Form, frozen=True, kw_only=True):
    """One occurrence has taken place. Said again, it is corrected."""

    day: Day
    decision: Text = ""
    note: Text = ""
    label: Line = ""


class DeliveredForm(Form, frozen=True, kw_only=True):
    """An input of one occurrence is there, or isn't after all."""

    day: Day
    input: Id
    there: bool = True
    note: Annotated[str, Meta(max_length=1_000)] = ""


class Member(Struct, frozen=True, kw_only=True):
    """An appointment that the reader may see."""

    id: str
    title: str
    title_ja: str


class EventName(Struct, frozen=True, kw_only=True):
    """An event that the reader may see."""

    id: str
    short: str
    name: str
    name_ja: str


class InputRow(Struct, frozen=True, kw_only=True):
    """What it needs, as far as the reader may know."""

    id: str
    what: str
    event: EventName | None
    form: str
    before_minutes: int


class OutputRow(Struct, frozen=True, kw_only=True):
    """What comes of it, as far as the reader may know."""

    what: str
    event: EventName | None
    decision: str


class EventRow(Struct, frozen=True, kw_only=True):
    """An event as it is now; `next_ms` are the beginnings of its next occurrences."""

    id: str
    version: str
    name: str
    name_ja: str
    short: str
    kind: str
    chair: Member | None
    lead: str
    purpose: str
    place: str
    required: list[Member]
    optional: list[Member]
    inputs: list[InputRow]
    outputs: list[OutputRow]
    highest: str
    schedule: Schedule
    mark: str
    next_ms: list[int]
    ended_ms: int
    reason: str
    exercise: bool


class InputState(Struct, frozen=True, kw_only=True):
    """An input of one occurrence: "there", "awaited" until `due_ms`, or "missing"."""

    id: str
    state: str
    due_ms: int
    note: str


class HeldRow(Struct, frozen=True, kw_only=True):
    """What came of an occurrence."""

    decision: str
    note: str
    mark: str
    at_ms: int
    by: Signed


class OccurrenceRow(Struct, frozen=True, kw_only=True):
    """One occurrence: "planned", "moved", "skipped" or "held"."""

    event: str
    day: str
    start_ms: int
    end_ms: int
    state: str
    reason: str
    inputs: list[InputState]
    held: HeldRow | None


class WarningRow(Struct, frozen=True, kw_only=True):
    """What is wrong with the rhythm (`grave`), or worth knowing: a code, and what it is about.

    `at_ms` is the first time it shows in the time looked at, `times` how often.
    """

    code: str
    grave: bool
    event: str
    other: str = ""
    appointment: str = ""
    zone: str = ""
    what: str = ""
    weekdays: tuple[int, ...] = ()  # of the event's own zone
    at_ms: int = 0
    times: int = 1


class Span(Struct, frozen=True):
    """From one moment to another."""

    from_ms: int
    to_ms: int


class RhythmPage(Struct, frozen=True, kw_only=True):
    """The rhythm of a time. `shared`: office hours of both of the first two zones.

    `cut_ms`: not all that begins then or later is in it, for an answer has a limit: ask for fewer days; 0: all is.
    """

    events: list[EventRow]
    occurrences: list[OccurrenceRow]
    cut_ms: int
    warnings: list[WarningRow]
    shared: list[Span]
    members: list[Member]
    banner: str
    may_plan: bool
    may_log: bool


class MissingRow(Struct, frozen=True, kw_only=True):
    """An input that is not there when it is due."""

    event: str
    short: str
    name: str
    name_ja: str
    day: str
    start_ms: int
    due_ms: int
    input: InputRow


class MissingPage(Struct, frozen=True, kw_only=True):
    """What is missing now; ask again at `again_ms` (0: when something is written)."""

    rows: list[MissingRow]
    again_ms: int


class RhythmChoices(Struct, frozen=True, kw_only=True):
    """What the form of an event offers."""

    appointments: list[Member]
    events: list[EventName]
    forms: list[str]
    zones: list[str]


class CalendarRow(Struct, frozen=True, kw_only=True):
    """A calendar program that one has given a link to."""

    id: str
    made_ms: int
    until_ms: int
    title: str
    title_ja: str


class CalendarMade(Struct, frozen=True, kw_only=True):
    """A link for a calendar program; it is shown once."""

    row: CalendarRow
    url: str
