"""Who speaks for a unit, here and elsewhere, and who would take it over: as the routes take and give it.

Owns: these shapes, and the bounds on what is taken. Doesn't own: rules (`command.rules.posts`, `.succession`).
"""

from typing import Annotated

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.command.records import Decision, Note, OptionalId


class AppointmentRow(Struct, frozen=True, kw_only=True):
    """An appointment that speaks for a unit, and who holds it now."""

    id: str
    title: str
    title_ja: str
    holder: str
    holder_ja: str


class LiaisonRow(Struct, frozen=True, kw_only=True):
    """A liaison officer of `home` at `host`. Who he is: `appointment`, or `name`; `speaks`: what he may do in its name.

    `ceiling`: the mark above which the host shows him nothing. `contact`: how his home is reached behind him.
    """

    id: str
    home: str
    host: str
    appointment: AppointmentRow | None
    name: str
    ceiling: str
    speaks: str  # "inform", "coordinate", "commit"
    contact: str
    order_ref: str
    from_ms: int
    until_ms: int
    note: str
    mark: str
    version: str


class SuccessionRow(Struct, frozen=True, kw_only=True):
    """Who commands a unit, and who would take over, in order. `acting`: who does so in the commander's place.

    `silent_ms`: since when nothing is heard of who commands, 0: he is heard of. `decided` and below: the last decision,
    "" none.
    """

    unit: str
    commander: AppointmentRow | None
    alternates: list[AppointmentRow]
    minutes: int
    acting: AppointmentRow | None
    silent_ms: int
    decided: str
    decided_ms: int
    decided_by: AppointmentRow | None
    note: str
    mark: str


class PromptRow(Struct, frozen=True, kw_only=True):
    """Somebody has to decide who commands a unit: `why` is "lost" (nothing is heard), or "back" (the commander is)."""

    unit: str
    name: str
    name_ja: str
    why: str
    succession: SuccessionRow
    version: str


class DecideForm(Form, frozen=True, kw_only=True):
    """Who commands: "transfer" to one of the alternates, "wait", or "return" to the commander; always with a reason."""

    decision: Decision
    appointment: OptionalId = ""
    note: Annotated[Note, Meta(min_length=1)]
    version: Annotated[str, Meta(max_length=100)]


class PostChoice(Struct, frozen=True, kw_only=True):
    """An appointment, and for which unit it speaks, "" for none that is seen; `commands`: it has the permission to."""

    id: str
    title: str
    title_ja: str
    unit: str
    commands: bool


class ResponsibilityChoice(Struct, frozen=True, kw_only=True):
    """A responsibility that may be ended."""

    id: str
    title: str
    title_ja: str
    unit: str
    mark: str


class Choices(Struct, frozen=True, kw_only=True):
    """What forms of acts offer beside units and relations."""

    appointments: list[PostChoice]
    responsibilities: list[ResponsibilityChoice]
