"""The structure at one moment: what was known by then, of what was in force then.

Owns: units, relations and all that goes with them at a moment, and ways through them.
Doesn't own: how it follows from records (`command.structure`), what a relation allows (`command.matrix`).

A snapshot never changes. A relation stands in it only between units that do.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import msgspec

from jointhq.command.records import (
    Act,
    AppointmentBound,
    CommandTaken,
    LiaisonPosted,
    RelationMade,
    ResponsibilityGiven,
    StrengthReported,
    SuccessionSet,
    UnitAdded,
    UnitChanged,
    UnitPlaced,
)
from jointhq.release.label import Label

TREE: Final = ("OPCON", "OPCOM", "COCOM", "FULLCOM", "CMD", "ORG", "COMP")  # whom a unit stands under, first found
OPERATIONAL: Final = ("OPCON", "OPCOM", "ORG", "COCOM", "FULLCOM", "CMD")
ADMINISTRATIVE: Final = ("ADCON", "FULLCOM", "COCOM", "ORG", "CMD")

A_co = TypeVar("A_co", bound=Act, covariant=True)
Sees = Callable[[Label | None], bool]


class Fact(msgspec.Struct, Generic[A_co], frozen=True, gc=False):
    """An act of an approved change: what it says, from when, who signed for it and when it was written."""

    act: A_co
    label: Label | None
    from_ms: int
    written_ms: int
    position: int
    number: int  # within its change
    change: str
    version: str  # the record that brought it into force
    person: str
    appointment: str
    order_ref: str


Unit = Fact[UnitAdded | UnitChanged]
Relation = Fact[RelationMade]


class Snapshot:
    """Units and who commands whom, at one moment."""

    def __init__(
        self,
        *,
        units: dict[str, Unit],
        places: dict[str, Fact[UnitPlaced]],
        strengths: dict[str, Fact[StrengthReported]],
        relations: dict[str, Relation],
        responsibilities: dict[str, Fact[ResponsibilityGiven]],
        bound: dict[str, Fact[AppointmentBound]],
        accepted: dict[str, frozenset[str]],
        lapsed: dict[str, Relation],
        liaisons: dict[str, Fact[LiaisonPosted]],
        successions: dict[str, Fact[SuccessionSet]],
        acting: dict[str, Fact[CommandTaken]],
    ) -> None:
        """`bound`: unit by appointment; `lapsed`: the last relation of units over which somebody held OPCON before.

        `acting`: who commands a unit in its commander's place, by unit.
        """
        self.units = units
        self.places = {key: fact for key, fact in places.items() if key in units}
        self.strengths = {key: fact for key, fact in strengths.items() if key in units}
        self.relations = {
            key: fact for key, fact in relations.items() if fact.act.superior in units and fact.act.subordinate in units
        }
        self.responsibilities = {key: fact for key, fact in responsibilities.items() if fact.act.unit in units}
        self.bound = {key: fact for key, fact in bound.items() if not fact.act.unit or fact.act.unit in units}
        self.accepted = accepted
        self.lapsed = {key: fact for key, fact in lapsed.items() if key in units and fact.act.superior in units}
        self.liaisons = {
            key: fact for key, fact in liaisons.items() if fact.act.home in units and fact.act.host in units
        }
        self.successions = {key: fact for key, fact in successions.items() if key in units}
        self.acting = {key: fact for key, fact in acting.items() if key in units and fact.act.appointment}

    # -- ways through it

    @cached_property
    def over(self) -> dict[str, list[Relation]]:
        """The relations over each unit, by subordinate."""
        found: dict[str, list[Relation]] = {}
        for relation in self.relations.values():
            found.setdefault(relation.act.subordinate, []).append(relation)
        return found

    @cached_property
    def under(self) -> dict[str, list[Relation]]:
        """The relations of each unit to others, by superior."""
        found: dict[str, list[Relation]] = {}
        for relation in self.relations.values():
            found.setdefault(relation.act.superior, []).append(relation)
        return found

    @cached_property
    def parents(self) -> dict[str, Relation]:
        """The relation by which each unit stands in the tree; none for a root."""
        return {unit: found for unit in self.over if (found := self.upward(unit, TREE))}

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """The units that stand under each in the tree."""
        found: dict[str, list[str]] = {}
        for unit, relation in self.parents.items():
            found.setdefault(relation.act.superior, []).append(unit)
        return found

    @cached_property
    def roots(self) -> list[str]:
        """The units that stand under none."""
        return [unit for unit in self.units if unit not in self.parents]

    def upward(self, unit: str, types: tuple[str, ...]) -> Relation | None:
        """Return the relation over a unit of the first of these types that there is; the oldest of several."""
        found = [relation for relation in self.over.get(unit, ()) if relation.act.type in types]
        return min(found, key=lambda r: (types.index(r.act.type), r.from_ms, r.position, r.act.relation), default=None)

    def chain(self, unit: str, types: tuple[str, ...]) -> list[Relation]:
        """Return the relations from a unit upward, each the first of these types; a circle ends where it closes."""
        found: list[Relation] = []
        passed = {unit}
        while (relation := self.upward(unit, types)) and relation.act.superior not in passed:
            found.append(relation)
            unit = relation.act.superior
            passed.add(unit)
        return found

    def below(self, unit: str) -> Iterator[str]:
        """Yield a unit and all under it in the tree, each once."""
        passed, left = {unit}, [unit]
        while left:
            yield (one := left.pop())
            for child in self.children.get(one, ()):
                if child not in passed:
                    passed.add(child)
                    left.append(child)

    def holder(self, unit: str) -> str:
        """Return who has OPCON over a unit, or its organic parent where nobody was given it (R2); "" for nobody."""
        relation = self.upward(unit, ("OPCON", "OPCOM", "ORG"))
        return relation.act.superior if relation else ""

    def commander(self, unit: str) -> str:
        """Return the appointment that commands a unit: who was decided to act, else who the succession names."""
        if unit in self.acting:
            return self.acting[unit].act.appointment
        return self.successions[unit].act.commander if unit in self.successions else ""

    @cached_property
    def _taken(self) -> dict[str, str]:
        """The unit that an appointment commands in another's place; "" for who was replaced: he speaks for none."""
        replaced = {fact.act.instead_of: "" for fact in self.acting.values()}
        return replaced | {fact.act.appointment: unit for unit, fact in self.acting.items()}

    def unit_of(self, appointment: str, unit: str) -> str:
        """Return the unit that an appointment speaks for: as decided, else as a change bound it, else as written."""
        if appointment in self._taken:
            return self._taken[appointment]
        bound = self.bound.get(appointment)
        found = bound.act.unit if bound else unit
        return found if found in self.units else ""

    @cached_property
    def labels(self) -> frozenset[Label | None]:
        """All labels in it."""
        groups: tuple[dict[str, Any], ...] = (
            self.units, self.places, self.strengths, self.relations, self.responsibilities, self.bound,
            self.liaisons, self.successions, self.acting,
        )  # fmt: skip
        return frozenset(fact.label for group in groups for fact in group.values())
