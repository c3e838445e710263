"""What takes an approved change back.

Owns: the acts that leave things as they would be without the change, as they stand now.
Doesn't own: who may do that (`command.rules.changes`).

A reversal is a change like any other, drafted and approved; what was in force meanwhile stays on record.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from jointhq.command import records as r
from jointhq.command.change import Change, Planned
from jointhq.command.ground import Ground
from jointhq.command.snapshot import Fact, Snapshot
from jointhq.command.structure import subject


def undoing(g: Ground, change: Change, new_id: Callable[[], str]) -> list[Planned]:
    """Return the acts that undo a change, the last one first; relations that it ended are made anew under new ids.

    What is in force is undone from the approval of the reversal on, what is yet to come at its own moment.
    """
    moments: dict[int, tuple[Snapshot, Snapshot]] = {}
    found: dict[tuple[str, str, int], Planned] = {}
    for phase, one in change.facts():
        act = one.act
        at_ms = max(change.moment_ms(phase) if act.at_ms is None else act.at_ms, g.now_ms)
        if at_ms not in moments:
            before = g.structure.fold(change.position - 1, at_ms)
            moments[at_ms] = before, g.structure.fold(g.structure.position, at_ms)
        before, after = moments[at_ms]
        undone: r.AnyAct | None = None
        old: Fact[Any] | None = None
        match act:
            case r.UnitAdded():
                undone = r.UnitEnded(unit=act.unit) if act.unit in after.units else None
            case r.UnitChanged() | r.UnitEnded():
                old = before.units.get(act.unit)
                undone = r.UnitChanged(**_unit(old)) if old else None
            case r.UnitPlaced():
                old = before.places.get(act.unit)
                undone = old.act if old else None
            case r.StrengthReported():
                old = before.strengths.get(act.unit)
                undone = old.act if old else None
            case r.RelationMade():
                undone = r.RelationEnded(relation=act.relation) if act.relation in after.relations else None
            case r.RelationEnded():
                old = before.relations.get(act.relation)
                undone = msgspec.structs.replace(old.act, relation=new_id()) if old else None
            case r.ResponsibilityGiven():
                there = act.responsibility in after.responsibilities
                undone = r.ResponsibilityEnded(responsibility=act.responsibility) if there else None
            case r.ResponsibilityEnded():
                old = before.responsibilities.get(act.responsibility)
                undone = msgspec.structs.replace(old.act, responsibility=new_id()) if old else None
            case r.AppointmentBound():
                old = before.bound.get(act.appointment)
                undone = r.AppointmentBound(appointment=act.appointment, unit=old.act.unit if old else "")
            case r.LiaisonPosted():
                undone = r.LiaisonEnded(liaison=act.liaison) if act.liaison in after.liaisons else None
            case r.LiaisonEnded():
                old = before.liaisons.get(act.liaison)
                undone = msgspec.structs.replace(old.act, liaison=new_id()) if old else None
            case r.SuccessionSet():
                old = before.successions.get(act.unit)
                undone = old.act if old else None
        if undone is not None:
            ready = msgspec.structs.replace(undone, at_ms=None if at_ms == g.now_ms else at_ms, label="")
            found.setdefault(
                (type(ready).__name__, subject(act), at_ms), Planned(ready, old.label if old else one.label)
            )
    return list(reversed(found.values()))


def _unit(old: Fact[Any]) -> dict[str, Any]:
    return msgspec.structs.asdict(old.act)
