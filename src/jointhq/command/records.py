"""What can be written about command: acts, and the changes they are staged in.

Owns: which facts a unit, a strength, a relation and a change of command carry, and their bounds.
Doesn't own: who may write them, and what can't be (`command.rules`), what follows from them (`command.structure`).

Nothing changes the structure but an act of an approved change. A change's acts are written while it is drafted, in
`change.acts` records of one label each; the approval names the revision it approves. So an approval is one record:
nothing can be half in force, however many units a change has. An act applies from its own `at_ms`, else from its
phase's moment, else from the approval.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from jointhq.journal.record import Body, kind

NAME_CHARS_MAX: Final = 200
NOTE_CHARS_MAX: Final = 4_000  # two pages; more is an annex of an order
ACTS_MAX: Final = 20_000  # of one change: 2,000 units with place, strength, and several relations each
PHASES_MAX: Final = 20  # a time bar shows no more
FLAGS_MAX: Final = 32  # there are a dozen actions
ALTERNATES_MAX: Final = 10  # who may take over a headquarters, in order; doctrine names two or three
SILENCE_MINUTES_MAX: Final = 7 * 24 * 60  # a week: who may be out of contact for longer has no commander
KEPT_MAX: Final = 200  # foreign fields of one unit that have no home here
TIME_MS_MAX: Final = 253_402_300_799_000  # 9999-12-31T23:59:59Z
NO_END: Final = 0  # an `until_ms` that nobody has set
AT_APPROVAL: Final = 0  # a phase's moment that the approval sets

RELATION_TYPES: Final = (
    "FULLCOM", "COCOM", "OPCOM", "OPCON", "TACOM", "TACON", "ADCON", "SUPPORT", "COORD", "DIRLAUTH", "LIAISON",
    "ORG", "CMD", "COMP", "FAC",
)  # fmt: skip
RelationType = Literal[
    "FULLCOM", "COCOM", "OPCOM", "OPCON", "TACOM", "TACON", "ADCON", "SUPPORT", "COORD", "DIRLAUTH", "LIAISON",
    "ORG", "CMD", "COMP", "FAC",
]  # fmt: skip
Support = Literal["", "general", "mutual", "direct", "close"]
PolicyName = Literal["", "US", "NATO"]
Side = Literal["losing", "gaining"]
Speaks = Literal["inform", "coordinate", "commit"]
Decision = Literal["transfer", "wait", "return"]

Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
OptionalName = Annotated[str, Meta(max_length=NAME_CHARS_MAX)]
Id = Annotated[str, Meta(pattern=r"^\+?[A-Za-z0-9][A-Za-z0-9._:@-]{0,99}$")]
OptionalId = Annotated[str, Meta(pattern=r"^(\+?[A-Za-z0-9][A-Za-z0-9._:@-]{0,99})?$")]
Code = Annotated[str, Meta(max_length=64)]
Note = Annotated[str, Meta(max_length=NOTE_CHARS_MAX)]
Mark = Annotated[str, Meta(max_length=300)]
TimeMs = Annotated[int, Meta(ge=-62_135_596_800_000, le=TIME_MS_MAX)]  # years 1 to 9999
MomentMs = Annotated[int, Meta(ge=0, le=TIME_MS_MAX)]
Sidc = Annotated[str, Meta(pattern="^([0-9]{20}([0-9]{10})?)?$")]
Degrees90 = Annotated[float, Meta(ge=-90, le=90)]
Degrees180 = Annotated[float, Meta(ge=-180, le=180)]
Count = Annotated[int, Meta(ge=0, le=100_000_000)]


# -- acts: what a change does


class Act(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", gc=False):
    """One thing that a change does. `label` is a mark as it is typed, "" the change's own; no record keeps it so."""

    at_ms: TimeMs | None = None  # from when; None: from its phase's moment
    label: Mark = ""


class _Unit(Act, frozen=True, kw_only=True, gc=False):
    unit: Id
    name: Name
    name_ja: OptionalName = ""
    short: OptionalName = ""
    sidc: Sidc = ""
    nation: Code = ""
    service: Code = ""
    echelon: Code = ""
    external_id: OptionalName = ""
    note: Note = ""
    note_ja: Note = ""
    kept: Annotated[dict[str, Any], Meta(max_length=KEPT_MAX)] = {}


class UnitAdded(_Unit, frozen=True, kw_only=True, gc=False, tag="unit.added"):
    """There is a unit. In a draft a new one is called "+anything"; it gets its id when the draft is written."""


class UnitChanged(_Unit, frozen=True, kw_only=True, gc=False, tag="unit.changed"):
    """The unit's description, whole."""


class UnitEnded(Act, frozen=True, kw_only=True, gc=False, tag="unit.ended"):
    """There is no such unit any more."""

    unit: Id
    reason: Note = ""


class UnitPlaced(Act, frozen=True, kw_only=True, gc=False, tag="unit.placed"):
    """Where the unit is; without degrees: by name alone."""

    unit: Id
    lat: Degrees90 | None = None
    lon: Degrees180 | None = None
    place: OptionalName = ""
    place_ja: OptionalName = ""


class StrengthReported(Act, frozen=True, kw_only=True, gc=False, tag="strength.reported"):
    """How many people: a number where there is one, the source's own words, and when that was so.

    `source`: R reported by the unit itself, S read in a public source, M from memory; all but R is doubtful.
    `whole`: the figure is of the unit with all under it, not of itself alone.
    """

    unit: Id
    number: Count | None = None
    text: OptionalName = ""
    text_ja: OptionalName = ""
    date: Annotated[str, Meta(pattern=r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")] = ""
    source: Annotated[str, Meta(max_length=NAME_CHARS_MAX)] = ""
    authorised: Count | None = None
    whole: bool = False


class ResponsibilityGiven(Act, frozen=True, kw_only=True, gc=False, tag="responsibility.given"):
    """What the unit is there to do, by whose order."""

    responsibility: Id
    unit: Id
    title: Name
    title_ja: OptionalName = ""
    text: Note = ""
    order_ref: OptionalName = ""


class ResponsibilityEnded(Act, frozen=True, kw_only=True, gc=False, tag="responsibility.ended"):
    """It does that no more."""

    responsibility: Id
    reason: Note = ""


class Limits(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What an order allows within limits: `flags` are actions of the matrix whose cell says L; `text` says the rest."""

    flags: Annotated[tuple[Code, ...], Meta(max_length=FLAGS_MAX)] = ()
    text: Note = ""


class RelationMade(Act, frozen=True, kw_only=True, gc=False, tag="relation.made"):
    """A unit stands to another in a relation, from `at_ms` until `until_ms` (half-open) or until it is ended.

    SUPPORT: `superior` is the supported, `subordinate` the supporting unit. `granted_by` is the unit whose authority
    this comes from; "" where nobody here held it before: then `order_ref` says whose decision it is.
    """

    relation: Id
    type: RelationType
    support: Support = ""
    superior: Id
    subordinate: Id
    limits: Limits = Limits()
    granted_by: OptionalId = ""
    order_ref: OptionalName = ""
    until_ms: MomentMs = NO_END
    condition: Note = ""
    policy: PolicyName = ""


class RelationEnded(Act, frozen=True, kw_only=True, gc=False, tag="relation.ended"):
    """The relation is in force no more."""

    relation: Id
    reason: Note = ""
    order_ref: OptionalName = ""


class AppointmentBound(Act, frozen=True, kw_only=True, gc=False, tag="appointment.bound"):
    """An appointment speaks for this unit; "" for none."""

    appointment: Id
    unit: OptionalId


class LiaisonPosted(Act, frozen=True, kw_only=True, gc=False, tag="liaison.posted"):
    """A liaison officer of `home` stands at `host`, from `at_ms` until `until_ms` (half-open) or until it is ended.

    `ceiling`: the mark that what the host shows him never goes above. `speaks`: what he may do in the name of his home.
    `contact`: how his home is reached behind him. Who he is: an appointment here, or (where he has none) a name.
    """

    liaison: Id
    home: Id
    host: Id
    appointment: OptionalId = ""
    name: OptionalName = ""
    ceiling: Annotated[str, Meta(min_length=1, max_length=300)]
    speaks: Speaks
    contact: Name
    order_ref: OptionalName = ""
    until_ms: MomentMs = NO_END
    note: Note = ""


class LiaisonEnded(Act, frozen=True, kw_only=True, gc=False, tag="liaison.ended"):
    """He stands there no more."""

    liaison: Id
    reason: Note = ""


class SuccessionSet(Act, frozen=True, kw_only=True, gc=False, tag="succession.set"):
    """Who commands a headquarters, and who would take over, in order, if it were so decided.

    After `minutes` without contact with who commands it others are asked to decide: nothing moves by itself.
    """

    unit: Id
    commander: Id
    alternates: Annotated[tuple[Id, ...], Meta(max_length=ALTERNATES_MAX)]
    minutes: Annotated[int, Meta(ge=1, le=SILENCE_MINUTES_MAX)]


class CommandTaken(Act, frozen=True, kw_only=True, gc=False, tag="command.taken"):
    """Another appointment commands in the commander's place, "": he himself again. Of a decision, never of a change."""

    unit: Id
    appointment: OptionalId
    instead_of: Id


AnyAct = (
    UnitAdded
    | UnitChanged
    | UnitEnded
    | UnitPlaced
    | StrengthReported
    | ResponsibilityGiven
    | ResponsibilityEnded
    | RelationMade
    | RelationEnded
    | AppointmentBound
    | LiaisonPosted
    | LiaisonEnded
    | SuccessionSet
)


# -- changes


class Phase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a change that takes effect at one moment; AT_APPROVAL: when it is approved."""

    name: Name
    name_ja: OptionalName = ""
    at_ms: MomentMs = AT_APPROVAL


class _Change(Body, frozen=True, kw_only=True):
    revision: int
    title: Name
    title_ja: OptionalName = ""
    purpose: Note = ""
    purpose_ja: Note = ""
    phases: tuple[Phase, ...]
    reverses: str = ""  # the change that this one takes back


@kind("change.drafted", version=1)
class ChangeDrafted(_Change, frozen=True, kw_only=True):
    """A change of command is being thought about. Subject: the change, here and below."""


@kind("change.edited", version=1)
class ChangeEdited(_Change, frozen=True, kw_only=True):
    """The draft as from now on, whole: acts of former revisions count no more."""


@kind("change.acts", version=1)
class ChangeActs(Body, frozen=True, kw_only=True):
    """Acts of one phase of one revision, of this record's label; written in the same append as the revision."""

    revision: int
    phase: int
    acts: tuple[AnyAct, ...]


@kind("change.submitted", version=1)
class ChangeSubmitted(Body, frozen=True, kw_only=True):
    """It is ready to be looked at by others."""


@kind("change.concurred", version=1)
class ChangeConcurred(Body, frozen=True, kw_only=True):
    """An office agrees, in the name of its unit."""

    office: str
    unit: str = ""
    note: str = ""


@kind("change.not_concurred", version=1)
class ChangeNotConcurred(Body, frozen=True, kw_only=True):
    """An office doesn't agree, and says why."""

    office: str
    unit: str = ""
    note: str


@kind("change.returned", version=1)
class ChangeReturned(Body, frozen=True, kw_only=True):
    """It is a draft again, to be worked on."""

    note: str


@kind("change.withdrawn", version=1)
class ChangeWithdrawn(Body, frozen=True, kw_only=True):
    """Nobody wants it any more."""

    note: str = ""


@kind("change.approved", version=1)
class ChangeApproved(Body, frozen=True, kw_only=True):
    """The acts of this revision apply, those of each phase from its moment on; `unit` is in whose name."""

    revision: int
    at_ms: tuple[int, ...]
    unit: str = ""
    order_ref: str = ""
    note: str = ""


@kind("relation.accepted", version=1)
class RelationAccepted(Body, frozen=True, kw_only=True):
    """The losing or the gaining headquarters has taken note and acts by it. Subject: the relation."""

    side: Side
    unit: str
    note: str = ""


# -- who commands when nothing is heard


@kind("contact.lost", version=1)
class ContactLost(Body, frozen=True, kw_only=True):
    """Nothing was heard of who commands a unit for longer than its succession allows. Subject: the unit, and below."""

    appointment: str
    since_ms: int
    minutes: int


@kind("contact.regained", version=1)
class ContactRegained(Body, frozen=True, kw_only=True):
    """He is heard of again."""

    appointment: str


@kind("succession.decided", version=1)
class SuccessionDecided(Body, frozen=True, kw_only=True):
    """Somebody decided who commands: another takes over (`appointment`), all wait, or the commander is back."""

    decision: Decision
    appointment: str = ""
    instead_of: str
    note: str
