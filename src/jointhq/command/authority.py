"""Who may do what to whom at one moment, by which path.

Owns: following relations that allow an action, from the unit it is done to upward; what a unit holds over another.
Doesn't own: cells (`command.matrix`), the moment (`command.snapshot`), what is written down (`command.rules`).

Authority runs along a path whose every relation allows the action: US01 has COCOM over US04, which has OPCON over US12,
so US01 may task US12. CMD, COMP and FAC say how units stand, and give no authority. Whoever is organic to a unit (ORG)
is under all that is over that unit.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

import msgspec

from jointhq.command import matrix
from jointhq.command.records import RelationMade
from jointhq.command.snapshot import ADMINISTRATIVE, OPERATIONAL, Relation, Snapshot

REFER_MAX: Final = 5  # units that a request may go to, the nearest first
PATHS_MAX: Final = 10_000  # units passed on the way up; a structure has 2,000
BEST: Final = (
    "FULLCOM", "COCOM", "OPCOM", "OPCON", "ORG", "TACOM", "TACON", "SUPPORT", "ADCON", "COORD", "DIRLAUTH", "LIAISON",
    "CMD", "COMP", "FAC",
)  # fmt: skip


class Answer(msgspec.Struct, frozen=True):
    """Whether it may. `rule` is "yes", "self" or "within_limits"; if not, why.

    Why not: "unknown", "no_relation", "not_by_type", "within_limits_only", "across_nations".
    """

    allowed: bool
    path: tuple[Relation, ...] = ()  # from the superior down
    rule: str = "no_relation"
    limits: str = ""
    refer_to: tuple[str, ...] = ()


def may(snapshot: Snapshot, superior: str, subordinate: str, action: str) -> Answer:
    """Return whether one unit may do this to another in this structure, and if not, who may."""
    if superior not in snapshot.units or subordinate not in snapshot.units or action not in matrix.actions():
        return Answer(False, rule="unknown")
    if superior == subordinate:
        return Answer(True, rule="self")
    paths = who_may(snapshot, subordinate, action)
    if (path := paths.get(superior)) is not None:
        within = any(matrix.value(relation.act, action) == "L" for relation in path)
        limits = "; ".join(dict.fromkeys(r.act.limits.text for r in path if r.act.limits.text))
        return Answer(True, path, "within_limits" if within else "yes", limits)
    return Answer(
        False, rule=_why_not(snapshot, superior, subordinate, action), refer_to=_nearest(snapshot, paths, action)
    )


def _nearest(snapshot: Snapshot, paths: dict[str, tuple[Relation, ...]], action: str) -> tuple[str, ...]:
    """Return who may, the nearest first: one who stands over another that may is farther, whatever binds him directly.

    US01 keeps COCOM over US12 when US04, under it, is given OPCON: a request goes to US04.
    """
    known = tuple(paths)[: 4 * REFER_MAX]
    over = {one: who_may(snapshot, one, action).keys() for one in known}
    beneath = {one: sum(one in over[other] for other in known) for one in known}
    return tuple(sorted(known, key=lambda one: beneath[one]))[:REFER_MAX]


def who_may(snapshot: Snapshot, unit: str, action: str) -> dict[str, tuple[Relation, ...]]:
    """Return who may do this to the unit, the nearest first, each with the path from him down."""
    found: dict[str, tuple[Relation, ...]] = {}
    left: deque[tuple[str, tuple[Relation, ...]]] = deque([(unit, ())])
    while left and len(found) < PATHS_MAX:
        one, path = left.popleft()
        for relation in _in_order(snapshot, one):
            above = relation.act.superior
            if above != unit and above not in found and matrix.allows(relation.act, action):
                found[above] = (relation, *path)
                left.append((above, found[above]))
    return found


def _in_order(snapshot: Snapshot, unit: str) -> list[Relation]:
    return sorted(snapshot.over.get(unit, ()), key=lambda r: (BEST.index(r.act.type), r.act.relation))


def _why_not(snapshot: Snapshot, superior: str, subordinate: str, action: str) -> str:
    direct = [r.act for r in snapshot.over.get(subordinate, ()) if r.act.superior == superior]
    if any(matrix.value(relation, action) == "L" for relation in direct):
        return "within_limits_only"
    if direct:
        return "not_by_type"
    nations = (snapshot.units[superior].act.nation, snapshot.units[subordinate].act.nation)
    return "no_relation" if matrix.may_cross(*nations, "OPCON") else "across_nations"


# -- what a unit holds over another: what it can grant from (R3)


def holders(snapshot: Snapshot, unit: str, *, without: str = "") -> Iterator[tuple[str, RelationMade]]:
    """Yield who holds authority over a unit, and as what: the least relation of the path. `without` is left aside.

    What is over a unit's organic parent, or over one who commands it, is over the unit too.
    """
    passed: dict[str, int] = {}
    left: list[tuple[str, RelationMade | None]] = [(unit, None)]
    while left:
        one, least = left.pop()
        for relation in snapshot.over.get(one, ()):
            act = relation.act
            if act.relation == without or not matrix.rank(act) or act.superior == unit:
                continue
            weaker = act if least is None or least.type == "ORG" or matrix.rank(act) < matrix.rank(least) else least
            if matrix.rank(weaker) > passed.get(act.superior, 0):
                passed[act.superior] = matrix.rank(weaker)
                yield act.superior, weaker
                left.append((act.superior, weaker))


def holds(snapshot: Snapshot, superior: str, unit: str, relation_type: str, *, without: str = "") -> bool:
    """Tell whether a unit holds authority over another from which it may grant a relation of this type (R3)."""
    if relation_type == "ADCON":
        chain = snapshot.chain(unit, ADMINISTRATIVE)
        return any(r.act.superior == superior and r.act.relation != without for r in chain)
    return any(
        who == superior and matrix.grants(held, relation_type) for who, held in holders(snapshot, unit, without=without)
    )


def commands(snapshot: Snapshot, superior: str, unit: str) -> bool:
    """Tell whether a unit stands over another by any authority, or is it: who may speak for it."""
    return superior == unit or any(who == superior for who, _ in holders(snapshot, unit))


# -- to whom a unit reports


class Reporting(msgspec.Struct, frozen=True):
    """To whom a unit reports, by which relation, and why.

    Why: "operational", "administrative", "organic"; where there is no line "unknown" (the unit) or "no_superior".
    """

    why: str
    relation: Relation | None = None


LINES: Final = (("operational", OPERATIONAL), ("administrative", ADMINISTRATIVE), ("organic", ("ORG", "COMP")))


def reports_to(snapshot: Snapshot, unit: str) -> Reporting:
    """Return to whom a unit reports: who directs its operations, else who looks after it, else whose part it is."""
    if unit not in snapshot.units:
        return Reporting("unknown")
    for why, types in LINES:
        if (relation := snapshot.upward(unit, types)) is not None:
            return Reporting(why, relation)
    return Reporting("no_superior")


# -- the matrix of one unit


def reach(snapshot: Snapshot, unit: str, *, upward: bool) -> dict[str, tuple[Relation, ...]]:
    """Return the path to every unit that stands in some relation under (or over) a unit, from the superior down.

    A path goes on only by relations of authority; what gives none is a path of one step.
    """
    found: dict[str, tuple[Relation, ...]] = {}
    left: deque[tuple[str, tuple[Relation, ...]]] = deque([(unit, ())])
    while left and len(found) < PATHS_MAX:
        one, path = left.popleft()
        near = snapshot.over.get(one, ()) if upward else snapshot.under.get(one, ())
        for relation in sorted(near, key=lambda r: (BEST.index(r.act.type), r.act.relation)):
            other = relation.act.superior if upward else relation.act.subordinate
            if other == unit or other in found or (path and not matrix.rank(relation.act)):
                continue
            found[other] = (relation, *path) if upward else (*path, relation)
            if matrix.rank(relation.act):
                left.append((other, found[other]))
    return found
