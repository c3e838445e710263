"""The command structure as orders ask it, and orders as the structure does.

Owns: from a question of `operations.authority` to one of `command`, and what in `operations` rests on authority.
Doesn't own: the answer (`command.authority`).
"""

from collections.abc import Iterable

from jointhq.command.authority import may, reports_to
from jointhq.command.command import Command
from jointhq.command.ground import Basis
from jointhq.command.snapshot import Unit as Fact
from jointhq.operations.authority import Reporting, Unit, Verdict
from jointhq.operations.views.in_force import open_tasks
from jointhq.operations.views.orders import Orders
from jointhq.release.reader import Reader


class ByStructure:
    """Authority as the structure in force gives it, and as far as who asks may see it."""

    def __init__(self, command: Command) -> None:
        self._command = command

    def unit(self, reader: Reader, unit_id: str) -> Unit | None:
        """Return a unit that is there for the reader."""
        snapshot = self._command.ground().snapshot(reader)
        return _unit(snapshot.units[unit_id]) if unit_id in snapshot.units else None

    def known(self, reader: Reader, unit_id: str) -> Unit | None:
        """Return a unit that is there for the reader, or was and has ended."""
        ground = self._command.ground()
        fact = ground.structure.described(unit_id, ground.now_ms, ground.sees(reader))
        return _unit(fact) if fact is not None else None

    def units(self, reader: Reader) -> Iterable[Unit]:
        """Return all units that are there for the reader."""
        snapshot = self._command.ground().snapshot(reader)
        return [_unit(fact) for fact in snapshot.units.values()]

    def unit_of(self, appointment: str, written: str) -> str:
        """Return the unit that an appointment speaks for."""
        return self._command.ground().whole().unit_of(appointment, written)

    def may(self, reader: Reader, superior: str, subordinate: str, action: str, at_ms: int) -> Verdict:
        """Tell whether the superior may do this to the subordinate then."""
        answer = may(self._command.ground().snapshot(reader, at_ms=at_ms), superior, subordinate, action)
        refer_to = answer.refer_to[0] if answer.refer_to else ""
        return Verdict(allowed=answer.allowed, rule=answer.rule, refer_to=refer_to)

    def reports_to(self, reader: Reader, unit_id: str, at_ms: int) -> Reporting:
        """Return to whom a unit reports then."""
        ground = self._command.ground()
        snapshot = ground.snapshot(reader, at_ms=at_ms)
        found = reports_to(snapshot, unit_id)
        if found.relation is None:
            return Reporting(why=found.why)
        superior = _unit(snapshot.units[found.relation.act.superior])
        return Reporting(
            why=found.why,
            unit=superior,
            type=found.relation.act.type,
            order_ref=ground.order_ref(reader, found.relation),
            labels=(superior.label, found.relation.label, snapshot.units[unit_id].label),
        )


def bases(orders: Orders, now_ms: int) -> list[Basis]:
    """Return the tasks that units have been ordered to do, and the authority that each rests on."""
    return [
        Basis(task.id, task.what, order.written.unit, task.unit, task.label)
        for order, task, _ in open_tasks(orders, lambda _: True, now_ms)
    ]


def _unit(fact: Fact) -> Unit:
    act = fact.act
    return Unit(id=act.unit, name=act.name, name_ja=act.name_ja, short=act.short, nation=act.nation, label=fact.label)
