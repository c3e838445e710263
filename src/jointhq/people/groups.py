"""Which TAK groups an appointment sends to, and which it sees.

Owns: what the names in an appointment stand for, the groups that units make.
Doesn't own: whom a unit stands under (`command`, through `Units`), who may give which group (`people.fence`).

An appointment that names no group is in the group of all such. One that names `@unit` sends to the group of its unit
and of each above it in the chain of command, and sees the group of its unit: what is said goes up the chain, and a
headquarters sees what is under it, from the moment on which a change of command takes effect. A unit that isn't
there, or isn't there for the person, makes no group: who names nothing else sends to nobody and sees nobody's.
"""

import itertools
from collections.abc import Iterable
from typing import Final, Protocol

from jointhq.release.label import NOBODY
from jointhq.release.reader import ANON, Reader

UNIT: Final = "@unit"  # among the groups of an appointment: those that its unit makes
RESERVED: Final = "@"  # what begins so is ours, and no name of a group that somebody gives
_OF_A_UNIT: Final = "@unit:"  # and the unit's id: a unit that gets another name keeps its group and its past


class Units(Protocol):
    """Where appointments stand in the command structure in force, as far as a reader may see it."""

    def chain(self, reader: Reader, appointment: str, unit: str, now_ms: int) -> tuple[str, ...]:
        """Return the ids of an appointment's unit and of those above it, its own first; () for no unit.

        `unit` is what the directory says; the structure may have bound the appointment to another.
        """
        ...

    def name(self, reader: Reader, unit: str, now_ms: int) -> str:
        """Return what a unit is called, in short; "" for one that isn't there for the reader."""
        ...


class NoUnits:
    """Where nothing is known of units."""

    def chain(self, _reader: Reader, _appointment: str, _unit: str, _now_ms: int) -> tuple[str, ...]:
        """Return no unit."""
        return ()

    def name(self, _reader: Reader, _unit: str, _now_ms: int) -> str:
        """Return no name."""
        return ""


def named(groups: Iterable[str]) -> tuple[str, ...]:
    """Return the groups of an appointment, without what its unit adds."""
    return tuple(groups) or (ANON,)


def groups_of(groups: tuple[str, ...], units: tuple[str, ...]) -> tuple[str, ...]:
    """Return the groups that an appointment's names stand for, with these units' where it names them."""
    found = {name for name in named(groups) if not name.startswith(RESERVED)}
    if UNIT in groups:
        found |= {f"{_OF_A_UNIT}{unit}" for unit in units}
    return tuple(sorted(found)) or (NOBODY,)


def unit_of(group: str) -> str:
    """Return the unit whose group it is; "" for a group that somebody named."""
    return group.removeprefix(_OF_A_UNIT) if group.startswith(_OF_A_UNIT) else ""


def titles(groups: Iterable[str], units: Units, reader: Reader, now_ms: int) -> dict[str, str]:
    """Return what each group is called for a reader, no two alike, without those of units that he may not see."""
    found: dict[str, str] = {}
    for group in sorted(set(groups) - {NOBODY}, key=lambda one: (bool(unit_of(one)), one)):
        unit = unit_of(group)
        title = units.name(reader, unit, now_ms) if unit else group
        again = itertools.count(2)
        called = title
        while called in found.values():  # a unit called as a group, or as another unit
            called = f"{title} ({next(again)})"
        if called:
            found[group] = called
    return found
