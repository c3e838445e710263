"""What the routes of command take and give, as typed JSON.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`command.routes`), rules (`command.rules`).

Times are milliseconds since 1970; `until_ms` 0 is no end; intervals are half-open. Every read takes `known` (as written
by then) and `at` (in force then); left out: now. Everything is what the reader may see: a relation to a unit that is
hidden is not there, and sums are of what is there. `mark` is the portion mark, "(U)"; a form's `label` is a mark as it
is typed, "" the default. `version` names the record that an answer stands in; who changes something sends it back and
is told `changed_meanwhile` if another was faster.

Acts (`command.records.AnyAct`) are objects with `kind`: unit.added, unit.changed, unit.ended, unit.placed,
strength.reported, responsibility.given, responsibility.ended, relation.made, relation.ended, appointment.bound. Ids of
what is new begin with "+" ("+1", "+HQ"): the draft is written with fresh ones; in the answer they stand. A unit, a
relation or a responsibility that is there is named by its id.
"""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.command.records import (
    ACTS_MAX,
    PHASES_MAX,
    AnyAct,
    Limits,
    Mark,
    MomentMs,
    Name,
    Note,
    OptionalName,
    Side,
)

FORM_BYTES_MAX: Final = 8 << 20  # a change of 20,000 acts of 400 bytes
Version = Annotated[str, Meta(max_length=100)]


# -- the structure


class Strength(Struct, frozen=True, kw_only=True):
    """How many people, as reported; `doubtful` where the unit itself did not report it. `whole`: with all under it."""

    number: int | None
    text: str
    text_ja: str
    date: str
    source: str
    authorised: int | None
    whole: bool
    doubtful: bool
    mark: str


class UnitRow(Struct, frozen=True, kw_only=True):
    """A unit in force. `parent`: whom it stands under in the tree (OPCON, else CMD, ORG, COMP; "": nobody seen)."""

    id: str
    name: str
    name_ja: str
    short: str
    sidc: str
    nation: str
    service: str
    echelon: str
    external_id: str
    place: str
    place_ja: str
    lat: float | None
    lon: float | None
    strength: Strength | None
    parent: str
    parent_type: str
    note: str
    note_ja: str
    from_ms: int
    mark: str
    version: str


class RelationRow(Struct, frozen=True, kw_only=True):
    """A relation in force. SUPPORT: `superior` is supported. `accepted`: "losing", "gaining"."""

    id: str
    type: str
    support: str
    superior: str
    subordinate: str
    limits: Limits
    granted_by: str
    order_ref: str
    from_ms: int
    until_ms: int
    condition: str
    policy: str
    accepted: list[str]
    mark: str
    version: str


class StructureBody(Struct, frozen=True, kw_only=True):
    """All units and relations in force at `at_ms`, as known by `known_ms`. `mark` is the banner over all of it."""

    units: list[UnitRow]
    relations: list[RelationRow]
    alarms: list["Alarm"]
    mark: str
    known_ms: int
    at_ms: int
    position: int  # grows with every change that the reader may see, and with no other


class Alarm(Struct, frozen=True, kw_only=True):
    """What the structure should not have.

    `gap`: nobody holds OPCON where somebody did; `no_order`: no order reference; `not_accepted`; `span`: too many
    direct subordinates; `refers_nowhere`: a relation to a unit that is not there.
    """

    code: str
    unit: str
    relation: str
    params: dict[str, Any]


class WhoRow(Struct, frozen=True, kw_only=True):
    """Who signed; empty where the reader may not see that person."""

    id: str
    name: str
    name_ja: str
    appointment: str
    title: str
    title_ja: str


class HistoryRow(Struct, frozen=True, kw_only=True):
    """Something that was written about a unit. `summary` are the act's fields, as it has them."""

    at_ms: int
    written_ms: int
    kind: str
    who: WhoRow
    change: str
    order_ref: str
    act: dict[str, Any]
    mark: str


class Hop(Struct, frozen=True, kw_only=True):
    """One step of a chain: this relation, to this superior."""

    relation: str
    type: str
    superior: str
    subordinate: str


class Rollup(Struct, frozen=True, kw_only=True):
    """Strength of a unit with all under it in the tree, or of several.

    `known`: the figure the unit gives for the whole, else its own and those of the units under it together. `below`:
    what the units under it account for. `doubtful`: how much of `known` no unit reported itself. `units`, of which
    `missing` have no figure of their own.
    """

    unit: str
    name: str
    name_ja: str
    nation: str
    service: str
    known: int
    below: int
    doubtful: int
    authorised: int
    units: int
    missing: int
    mark: str


class ResponsibilityRow(Struct, frozen=True, kw_only=True):
    """What a unit is there to do."""

    id: str
    title: str
    title_ja: str
    text: str
    order_ref: str
    from_ms: int
    mark: str


class AppointmentRow(Struct, frozen=True, kw_only=True):
    """An appointment that speaks for the unit, and who holds it now."""

    id: str
    title: str
    title_ja: str
    holder: str
    holder_ja: str


class Chains(Struct, frozen=True, kw_only=True):
    """From the unit upward: who directs its operations, and who looks after it (ADCON)."""

    operational: list[Hop]
    administrative: list[Hop]


class UnitBody(Struct, frozen=True, kw_only=True):
    """All that is known of one unit."""

    row: UnitRow
    chains: Chains
    span: int  # direct subordinates
    strength_rollup: Rollup
    responsibilities: list[ResponsibilityRow]
    relations: list[RelationRow]
    history: list[HistoryRow]
    truncated: bool  # there was more history than is given
    appointments: list[AppointmentRow]
    kept: dict[str, Any]
    mark: str
    known_ms: int
    at_ms: int


class Moment(Struct, frozen=True, kw_only=True):
    """When something takes effect: a tick of the time bar."""

    at_ms: int
    written_ms: int
    title: str
    title_ja: str
    change: str
    phase: int  # -1: an act with a moment of its own
    phase_name: str
    phase_name_ja: str


class Answer(Struct, frozen=True, kw_only=True):
    """May `superior` do `action` to `subordinate`? By which path; where not: by which rule, and who may."""

    allowed: bool
    action: str
    superior: str
    subordinate: str
    path: list[Hop]
    rule: str  # "yes", "within_limits"; "no_relation", "not_by_type", "within_limits_only", "across_nations", "self"
    limits: str  # the text of the limits on the path, where there are some
    refer_to: list[str]  # units that may, the nearest first; "" nobody seen


class Cell(Struct, frozen=True, kw_only=True):
    """Y yes, L within limits (`allowed` where the relation carries the flag), N no; `why` as an Answer's rule."""

    value: str
    allowed: bool
    why: str


class MatrixRow(Struct, frozen=True, kw_only=True):
    """What the unit may do to another, by the best path there is; `type` is "" where there is none."""

    other: str
    type: str
    path: list[Hop]
    cells: dict[str, Cell]


class MatrixBody(Struct, frozen=True, kw_only=True):
    """Who may do what to whom: `over` what the unit may do to others, `under` what others may do to it."""

    unit: str
    actions: list[str]
    over: list[MatrixRow]
    under: list[MatrixRow]  # here `other` is the superior
    mark: str


class StrengthBody(Struct, frozen=True, kw_only=True):
    """Strength by nation, by nation and service, and of each root of the tree."""

    nations: list[Rollup]
    services: list[Rollup]
    roots: list[Rollup]
    mark: str
    known_ms: int
    at_ms: int


# -- changes


class PhaseForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A phase and its acts, as taken (its ChangeForm is a `Form`) and as given. `at_ms` 0: from the approval."""

    name: Name
    name_ja: OptionalName = ""
    at_ms: MomentMs = 0
    acts: Annotated[tuple[AnyAct, ...], Meta(max_length=ACTS_MAX)]


class ChangeForm(Form, frozen=True, kw_only=True):
    """A change, whole. `version` is "" for a new one."""

    title: Name
    title_ja: OptionalName = ""
    purpose: Note = ""
    purpose_ja: Note = ""
    label: Mark = ""
    phases: Annotated[tuple[PhaseForm, ...], Meta(min_length=1, max_length=PHASES_MAX)]
    version: Version = ""


class KeptRow(Struct, frozen=True, kw_only=True):
    """What a file says and has no home here: its path in the file, and how often it is said."""

    path: str
    count: int


class ProblemRow(Struct, frozen=True, kw_only=True):
    """What of a file was put right or left behind, and what to do."""

    code: str
    where: str
    message: str


class ImportBody(Struct, frozen=True, kw_only=True):
    """What an import would do, or has drafted: then `change` is its id. Counts are of the file, `mapping` of a table.

    `added`, `changed` and `same` are units; of those that are not named in the file nothing is said.
    """

    format: str
    change: str
    title: str
    label: str
    acts: int
    added: int
    changed: int
    same: int
    units: int
    relations: int
    places: int
    times: int
    kept: list[KeptRow]
    problems: list[ProblemRow]
    problems_total: int
    mapping: dict[str, str]


class VersionForm(Form, frozen=True, kw_only=True):
    """Submit or withdraw the change as it stands in `version`."""

    version: Version
    note: Note = ""


class OpinionForm(Form, frozen=True, kw_only=True):
    """Concur or object, as an office of the staff or a headquarters: "J4", "INDOPACOM"."""

    version: Version
    office: Name
    note: Note = ""


class ApproveForm(Form, frozen=True, kw_only=True):
    """Approve; `at_ms` gives each phase its moment, () as drafted, 0 is now. Over an objection only with a note."""

    version: Version
    at_ms: Annotated[tuple[MomentMs, ...], Meta(max_length=PHASES_MAX)] = ()
    order_ref: OptionalName = ""
    note: Note = ""


class AcceptForm(Form, frozen=True, kw_only=True):
    """The losing or gaining headquarters takes note of a relation."""

    side: Side
    note: Note = ""


class ChangeRow(Struct, frozen=True, kw_only=True):
    """A change in a list. `state`: draft, submitted, approved (not yet all in force), in_force, withdrawn."""

    id: str
    version: str
    title: str
    title_ja: str
    state: str
    drafted_ms: int
    drafted_by: WhoRow
    phases: list["PhaseRow"]
    acts: int
    concurred: int
    objected: int
    reverses: str
    reversed_by: str
    mark: str


class PhaseRow(Struct, frozen=True, kw_only=True):
    """A phase, and from when; 0: from the approval."""

    name: str
    name_ja: str
    at_ms: int
    acts: int
    in_force: bool


class Opinion(Struct, frozen=True, kw_only=True):
    """What an office said; `stale` where the draft was edited since."""

    office: str
    unit: str
    concurs: bool
    note: str
    at_ms: int
    who: WhoRow
    stale: bool


class StepRow(Struct, frozen=True, kw_only=True):
    """What was done with the change: drafted, edited, submitted, concurred, not_concurred, returned, ..."""

    kind: str
    at_ms: int
    who: WhoRow
    note: str


class ChangeBody(Struct, frozen=True, kw_only=True):
    """A change, whole. `phases` are as ChangeForm takes them, so an editor sends them back."""

    row: ChangeRow
    purpose: str
    purpose_ja: str
    label: str
    phases: list[PhaseForm]
    opinions: list[Opinion]
    steps: list[StepRow]
    order_ref: str
    approval_note: str
    may: list[
        str
    ]  # what the asker may do with it now: edit, submit, concur, object, approve, return, withdraw, reverse
    refusals: list["Reason"]  # why it could not be approved as it stands


class Reason(Struct, frozen=True, kw_only=True):
    """Why something can't be: `code` and `params` as an error has them, `rule` "R1" to "R9"."""

    code: str
    rule: str
    message: str
    params: dict[str, Any]


class AuthorityChange(Struct, frozen=True, kw_only=True):
    """`superior` gains or loses this over `subordinate`; `before` and `after` are relation types, "" for none."""

    superior: str
    subordinate: str
    before: str
    after: str
    gained: list[str]  # actions
    lost: list[str]


class Overlap(Struct, frozen=True, kw_only=True):
    """Two that hold the same authority over a unit, or a unit that nobody holds any more (`holders` empty)."""

    unit: str
    type: str
    holders: list[str]
    from_ms: int


class FieldChange(Struct, frozen=True, kw_only=True):
    """A fact of a unit that is another after; `field` also "responsibility" (titles), "appointment" (units, ids)."""

    unit: str
    field: str
    before: Any
    after: Any


class Basis(Struct, frozen=True, kw_only=True):
    """An open task that loses the relation it rests on."""

    task: str
    title: str
    superior: str
    subordinate: str


class Difference(Struct, frozen=True, kw_only=True):
    """What a change makes different at `at_ms`, when its phase is in force, beside the structure then without it."""

    at_ms: int
    units_added: list[UnitRow]
    units_ended: list[UnitRow]
    fields: list[FieldChange]
    relations_made: list[RelationRow]
    relations_ended: list[RelationRow]
    authority: list[AuthorityChange]
    gaps: list[Overlap]
    overlaps: list[Overlap]
    tasks: list[Basis]
    units: dict[str, str]  # names of all units named here, by id
    units_ja: dict[str, str]
    mark: str
    truncated: bool
