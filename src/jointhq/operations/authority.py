"""What operations ask of the command structure.

Owns: the questions, and the shape of their answers. Doesn't own: the structure and its rules (`command`); who answers
is given from outside.

Every question names who asks: a unit or a relation that he may not see is for him not there.
"""

from collections.abc import Iterable
from typing import Final, Protocol

import msgspec

from jointhq.release.label import Label
from jointhq.release.reader import Reader

ASSIGN_TASK: Final = "assign_task"  # the action that an order needs, as the permission matrices call it


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit, as far as orders name it."""

    id: str
    name: str
    name_ja: str = ""
    short: str = ""
    nation: str = ""
    label: Label | None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one unit's authority reaches another for an action, by which rule; where not, to whom to turn."""

    allowed: bool
    rule: str = ""
    refer_to: str = ""


class Reporting(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a unit reports, by what relation and whose order; `why` says which line it is, or why there is none.

    `labels` are those of what it rests on.
    """

    why: str
    unit: Unit | None = None
    type: str = ""
    order_ref: str = ""
    labels: tuple[Label | None, ...] = ()

    @property
    def to(self) -> str:
        """The superior as an addressee is written."""
        return (self.unit.short or self.unit.name) if self.unit else ""


class Authority(Protocol):
    """The command structure as it is in force."""

    def unit(self, reader: Reader, unit_id: str) -> Unit | None:
        """Return a unit that is there for the reader."""
        ...

    def known(self, reader: Reader, unit_id: str) -> Unit | None:
        """Return a unit that is there for the reader, or was and has ended."""
        ...

    def units(self, reader: Reader) -> Iterable[Unit]:
        """Return all units that are there for the reader."""
        ...

    def unit_of(self, appointment: str, written: str) -> str:
        """Return the unit that an appointment speaks for now, `written` in the directory; "" for none."""
        ...

    def may(self, reader: Reader, superior: str, subordinate: str, action: str, at_ms: int) -> Verdict:
        """Tell whether the superior may do this to the subordinate then."""
        ...

    def reports_to(self, reader: Reader, unit_id: str, at_ms: int) -> Reporting:
        """Return to whom a unit reports then, as far as the reader sees the structure; "" is no unit."""
        ...


class NoAuthority:
    """A headquarters without a structure: no unit is there, and nobody's authority reaches anybody."""

    def unit(self, _reader: Reader, _unit_id: str) -> Unit | None:
        """Return no unit."""
        return None

    def known(self, _reader: Reader, _unit_id: str) -> Unit | None:
        """Return no unit."""
        return None

    def units(self, _reader: Reader) -> Iterable[Unit]:
        """Return no units."""
        return ()

    def unit_of(self, _appointment: str, _written: str) -> str:
        """Return that it speaks for none."""
        return ""

    def may(self, _reader: Reader, _superior: str, _subordinate: str, _action: str, _at_ms: int) -> Verdict:
        """Say no."""
        return Verdict(allowed=False)

    def reports_to(self, _reader: Reader, _unit_id: str, _at_ms: int) -> Reporting:
        """Return that there is no line."""
        return Reporting(why="unknown")
