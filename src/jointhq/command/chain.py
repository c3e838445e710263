"""The chain of command as people's groups ask it.

Owns: from a question of `people.groups` to one of the structure. Doesn't own: what groups follow (`people.groups`).
"""

from jointhq.command.snapshot import OPERATIONAL, Snapshot
from jointhq.command.structure import Structure
from jointhq.release.door import Door
from jointhq.release.reader import Reader


class Chain:
    """Where appointments stand in the structure in force, as far as who asks may see it."""

    def __init__(self, structure: Structure, door: Door) -> None:
        self._structure = structure
        self._door = door

    def chain(self, reader: Reader, appointment: str, unit: str, now_ms: int) -> tuple[str, ...]:
        """Return the appointment's unit and those above it by the operational chain, its own first."""
        snapshot = self._snapshot(reader, now_ms)
        own = snapshot.unit_of(appointment, unit)
        return (own, *(relation.act.superior for relation in snapshot.chain(own, OPERATIONAL))) if own else ()

    def name(self, reader: Reader, unit: str, now_ms: int) -> str:
        """Return what a unit is called, in short; "" for one that isn't there for the reader."""
        fact = self._snapshot(reader, now_ms).units.get(unit)
        return (fact.act.short or fact.act.name) if fact else ""

    def _snapshot(self, reader: Reader, now_ms: int) -> Snapshot:
        return self._structure.at(now_ms, now_ms, lambda label: self._door.may_see(reader, label, now_ms))
