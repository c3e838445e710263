"""What is known when somebody asks something of command.

Owns: `Ground`: structure, directory, door and moment. Doesn't own: answers (`command.views`), rules (`command.rules`).
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from jointhq.base.errors import BadInput
from jointhq.command.change import Change
from jointhq.command.snapshot import Fact, Relation, Sees, Snapshot
from jointhq.command.structure import Structure
from jointhq.people import fence
from jointhq.people.directory import Directory, Session
from jointhq.people.facts import Appointment
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.reader import Reader


class Basis(NamedTuple):
    """An open task and the authority it rests on."""

    task: str
    title: str
    superior: str
    subordinate: str
    label: Label | None


class Ground(msgspec.Struct, frozen=True):
    """What is known, at one moment. `tasks` gives the open tasks, from whoever keeps them."""

    structure: Structure
    directory: Directory
    door: Door
    label: Label  # of what names no other
    now_ms: int
    exercise: bool = False
    tasks: Callable[[], list[Basis]] = list

    def sees(self, reader: Reader) -> Sees:
        """Return the question whether a reader may see a label, now."""
        return lambda label: self.door.may_see(reader, label, self.now_ms)

    @property
    def people(self) -> fence.Ground:
        """Return what is asked of people."""
        return fence.Ground(self.directory, self.door, self.label, self.now_ms)

    def snapshot(self, reader: Reader, known_ms: int | None = None, at_ms: int | None = None) -> Snapshot:
        """Return the structure at a moment, as far as a reader may see it."""
        known = self.now_ms if known_ms is None else known_ms
        return self.structure.at(known, self.now_ms if at_ms is None else at_ms, self.sees(reader))

    def whole(self, known_ms: int | None = None, at_ms: int | None = None) -> Snapshot:
        """Return the whole structure at a moment: for rules alone."""
        known = self.now_ms if known_ms is None else known_ms
        return self.structure.at(known, self.now_ms if at_ms is None else at_ms)

    def change(self, reader: Reader, change_id: str) -> Change | None:
        """Return a change, if it is there for the reader."""
        change = self.structure.changes.get(change_id)
        return change if change is not None and self.door.may_see(reader, change.label, self.now_ms) else None

    def stands(self, snapshot: Snapshot, reader: Reader, appointment: Appointment) -> bool:
        """Tell whether a reader, to whom this is the structure, is shown an appointment with its unit."""
        speaks = snapshot.unit_of(appointment.id, appointment.unit)
        return bool(speaks) and self.door.may_see(reader, appointment.label, self.now_ms)

    def unit_seen(self, reader: Reader, unit_id: str) -> bool:
        """Tell whether a reader may see anything that was ever said of what a unit is."""
        return any(self.door.may_see(reader, label, self.now_ms) for label in self.structure.labels_of(unit_id))

    def relation_seen(self, reader: Reader, fact: Relation) -> bool:
        """Tell whether a relation is there for a reader: it, and both units."""
        ends = (fact.act.superior, fact.act.subordinate)
        return self.door.may_see(reader, fact.label, self.now_ms) and all(self.unit_seen(reader, one) for one in ends)

    def order_ref(self, reader: Reader, fact: Fact[Any]) -> str:
        """Return by whose order a fact is, as far as a reader may see it: its own, else the one of its approval.

        A change is as narrow as its narrowest act: who sees one of its facts may not see the approval.
        """
        own: str = getattr(fact.act, "order_ref", "")
        return own or (fact.order_ref if fact.order_ref and self.change(reader, fact.change) else "")

    def unit_of(self, actor: Session) -> str:
        """Return the unit in whose name somebody acts; "" for none."""
        appointment = self.directory.appointments.get(actor.appointment)
        return self.whole().unit_of(actor.appointment, appointment.unit) if appointment else ""

    def mark(self, label: Label | None) -> str:
        """Return the portion mark; "" for a label of a policy we have no more."""
        try:
            return self.door.portion(label) if label else ""
        except BadInput:
            return ""

    def banner(self, labels: Iterable[Label | None]) -> str:
        """Return the banner over what is made of all these."""
        whole = self._whole(labels)
        return self.door.banner(whole) if whole else ""

    def portion(self, labels: Iterable[Label | None]) -> str:
        """Return the portion mark of a figure that is made of all these."""
        return self.mark(self._whole(labels))

    def _whole(self, labels: Iterable[Label | None]) -> Label | None:
        whole = self.door.merge([self.label, *labels])
        return msgspec.structs.replace(whole, groups=()) if whole else None
