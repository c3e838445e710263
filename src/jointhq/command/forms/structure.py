"""The structure of command as the routes give it.

Owns: rows and bodies of units, relations, authority, strength. Doesn't own: changes of it (`.changes`), who speaks for
a unit (`.posts`), paths (`command.routes`).
"""

from typing import Any

from msgspec import Struct

from jointhq.command.forms.posts import AppointmentRow, LiaisonRow, SuccessionRow
from jointhq.command.records import Limits


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
    liaisons: list[LiaisonRow]
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


class Chains(Struct, frozen=True, kw_only=True):
    """From the unit upward: who directs its operations, and who looks after it (ADCON)."""

    operational: list[Hop]
    administrative: list[Hop]


class ReportingRow(Struct, frozen=True, kw_only=True):
    """To whom a unit reports: by the "operational", "administrative" or "organic" line; "" by the why of none."""

    why: str
    superior: str
    type: str


class UnitBody(Struct, frozen=True, kw_only=True):
    """All that is known of one unit."""

    row: UnitRow
    chains: Chains
    reporting: ReportingRow
    span: int  # direct subordinates
    strength_rollup: Rollup
    responsibilities: list[ResponsibilityRow]
    relations: list[RelationRow]
    history: list[HistoryRow]
    truncated: bool  # there was more history than is given
    appointments: list[AppointmentRow]
    liaisons: list[LiaisonRow]  # of it elsewhere, and of others with it
    succession: SuccessionRow | None
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
