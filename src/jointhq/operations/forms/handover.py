"""What the routes of handovers take and give.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`operations.routes.handover`), rules.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.log import Signed
from jointhq.operations.records.handover import Part
from jointhq.operations.records.reports import Link


class OfferForm(Form, frozen=True, kw_only=True):
    """What one adds to what is composed. `label` is the note's, "" the default; what is composed raises it."""

    label: Annotated[str, Meta(max_length=200)] = ""
    note: Annotated[str, Meta(max_length=4_000)] = ""
    language: Literal["en", "ja"] = "en"


class ItemRow(Struct, frozen=True, kw_only=True):
    """One thing that the next must know."""

    part: Part
    text: str
    mark: str
    links: list[Link]


class HandoverRow(Struct, frozen=True, kw_only=True):
    """A handover: "composed" and not yet offered, "offered", "accepted", "withdrawn", or "lapsed"."""

    id: str
    state: str
    appointment: str
    title: str
    title_ja: str
    since_ms: int
    offered_ms: int
    accepted_ms: int
    by: Signed
    to: Signed | None
    language: str
    note: str
    items: list[ItemRow]
    mark: str
