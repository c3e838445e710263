"""What the routes of combined activities take and give.

Owns: these shapes, and the bounds on what is taken. Doesn't own: rules (`operations.rules.combined`).
"""

from typing import Annotated

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.log import Signed
from jointhq.operations.forms.orders import UnitName

Id = Annotated[str, Meta(max_length=100)]
Line = Annotated[str, Meta(max_length=200)]


class CombinedForm(Form, frozen=True, kw_only=True):
    """An activity, whole: the coordination record, and the unit of the other side."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    title_ja: Line = ""
    text: Annotated[str, Meta(min_length=1, max_length=4_000)]
    other: Id
    label: Annotated[str, Meta(max_length=300)] = ""
    version: Id = ""


class VersionForm(Form, frozen=True, kw_only=True):
    """Agree to the text as it stands in `version`."""

    version: Id


class OwnOrderForm(Form, frozen=True, kw_only=True):
    """The order of one's own side; "" none."""

    order: Id


class EndForm(Form, frozen=True, kw_only=True):
    """Why one's own side ends its part."""

    reason: Annotated[str, Meta(min_length=1, max_length=2_000)]


class OwnOrder(Struct, frozen=True, kw_only=True):
    """A side's order, as far as the reader may see it."""

    id: str
    name: str
    title: str
    title_ja: str
    state: str


class SideRow(Struct, frozen=True, kw_only=True):
    """A side, of itself alone. `gone`: its unit has ended. `order`: None where the reader may see none."""

    unit: UnitName
    gone: bool
    agreed: bool
    agreed_by: Signed | None
    agreed_ms: int
    order: OwnOrder | None
    ended_ms: int
    reason: str


class CombinedRow(Struct, frozen=True, kw_only=True):
    """An activity; `id` is the shared mission's. `agreed`: by both, to this text. `own`: the reader's side, or ""."""

    id: str
    version: str
    title: str
    title_ja: str
    text: str
    sides: list[SideRow]
    agreed: bool
    own: str
    mark: str
    label: str
