"""Changes of command as the routes take and give them.

Owns: these shapes, and the bounds on what is taken. Doesn't own: acts (`command.records.AnyAct`), the structure
(`.structure`), paths (`command.routes`).

Acts are objects with `kind`; ids of what is new begin with "+" ("+1", "+HQ"): the draft is written with fresh ones; in
the answer they stand. A unit, a relation or a responsibility that is there is named by its id.
"""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.command.forms.structure import RelationRow, UnitRow, WhoRow
from jointhq.command.records import (
    ACTS_MAX,
    PHASES_MAX,
    AnyAct,
    Mark,
    MomentMs,
    Name,
    Note,
    OptionalName,
    Side,
)

FORM_BYTES_MAX: Final = 8 << 20  # a change of 20,000 acts of 400 bytes
Version = Annotated[str, Meta(max_length=100)]


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
