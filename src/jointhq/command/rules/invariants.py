"""What no structure of command may have, at any moment.

Owns: R1 to R6 of relations, asked of a snapshot, and over all moments that a change touches.
Doesn't own: who may change it, and the life of a change (`command.rules.changes`).

R1 authority has an order reference. R2 a unit has one holder of each kind of command at every instant. R3 nobody grants
more than he holds, and COCOM and FULLCOM are never given on. R4 operational and administrative lines are held apart: a
change of one never moves the other. R6 between nations there is no authority, but what `data/nations.json` allows.
(R5, orders and requests, is of `operations`; R7 to R9 make no rule for a relation.)
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from jointhq.base.errors import Refusal
from jointhq.command import matrix
from jointhq.command import records as r
from jointhq.command.authority import holders, holds
from jointhq.command.snapshot import Fact, Relation, Snapshot
from jointhq.command.structure import Structure

SINGLE: Final = frozenset(("FULLCOM", "COCOM", "OPCOM", "OPCON", "ADCON"))  # one holder each at every instant
MOMENTS_MAX: Final = 100  # at which units or relations begin or end that a change bears on; each is checked, at 20 ms
REASONS_MAX: Final = 50  # that are told; more help nobody


class Fault(msgspec.Struct, frozen=True):
    """What would be wrong, by which rule, from when. `names` are units and relations, for who may see them."""

    code: str
    rule: str
    message: str
    at_ms: int
    names: dict[str, str]


def check(snapshot: Snapshot, at_ms: int) -> Iterator[Fault]:
    """Yield what is wrong with a structure at a moment."""
    for unit, over in snapshot.over.items():
        yield from _single(unit, over, at_ms)
        for relation in over:
            yield from _one(snapshot, relation, at_ms)
    yield from _circles(snapshot, at_ms)


def _single(unit: str, over: list[Relation], at_ms: int) -> Iterator[Fault]:
    held: dict[str, Relation] = {}
    for relation in over:
        act = relation.act
        if act.type not in SINGLE:
            continue
        other = held.setdefault(act.type, relation)
        if other is not relation:
            names = {"unit": unit, "type": act.type, "superior": act.superior, "other": other.act.superior}
            yield Fault("two_holders", "R2", f"{unit} would have two holders of {act.type}", at_ms, names)


def _one(snapshot: Snapshot, relation: Relation, at_ms: int) -> Iterator[Fault]:
    act = relation.act
    names = {
        "relation": act.relation,
        "type": act.type,
        "superior": act.superior,
        "unit": act.subordinate,
        "granted_by": act.granted_by,
    }
    one, other = (snapshot.units[unit].act.nation for unit in (act.superior, act.subordinate))
    if not matrix.may_cross(one, other, act.type):
        nations = {**names, "nation": one, "other_nation": other}
        yield Fault("across_nations", "R6", f"no {act.type} from {one} over {other}", at_ms, nations)
    graded = matrix.rank(act) > 0 and act.type != "ORG"
    if graded and not relation.order_ref:
        yield Fault("no_order_ref", "R1", f"{act.type} over {act.subordinate} needs an order reference", at_ms, names)
    if not (graded or act.type in ("SUPPORT", "ADCON")):
        return
    if act.granted_by:
        if not holds(snapshot, act.granted_by, act.subordinate, act.type, without=act.relation):
            text = f"{act.granted_by} holds nothing over {act.subordinate} from which it may grant {act.type}"
            yield Fault("more_than_held", "R3", text, at_ms, names)
    elif relation.from_ms == at_ms and (above := _held_above(snapshot, relation)) is not None:
        text = f"{act.type} over {act.subordinate} must be granted by who holds authority over it: {above}"
        yield Fault("needs_grant", "R3", text, at_ms, {**names, "holder": above})


def _held_above(snapshot: Snapshot, relation: Relation) -> str | None:
    """Return who holds as much or more over the unit when a relation begins that nobody granted; None: nobody."""
    act = relation.act
    if act.type == "ADCON":
        return None  # R4: another line, which authority over operations says nothing of; one holder, by R2
    own = matrix.rank(act)
    over = holders(snapshot, act.subordinate, without=act.relation)
    return next((who for who, held in over if matrix.rank(held) >= own), None)


def _circles(snapshot: Snapshot, at_ms: int) -> Iterator[Fault]:
    """Yield units that would stand over themselves."""
    edges: dict[str, list[str]] = {}
    for relation in snapshot.relations.values():
        act = relation.act
        if matrix.rank(act) or act.type in ("ADCON", "CMD", "COMP"):
            edges.setdefault(act.subordinate, []).append(act.superior)
    done: set[str] = set()
    for start, superiors in edges.items():
        path = [(start, iter(superiors))] if start not in done else []
        on_path = {start}
        while path:
            unit, above = path[-1]
            following = next(above, None)
            if following is None:
                done.add(unit)
                on_path.discard(unit)
                path.pop()
            elif following in on_path:
                text = f"{following} would stand over itself"
                yield Fault("circle", "R2", text, at_ms, {"unit": following, "superior": unit})
            elif following not in done and following in edges:
                on_path.add(following)
                path.append((following, iter(edges[following])))


def faults(structure: Structure, facts: list[Fact[Any]]) -> list[Fault]:
    """Return what would be wrong, at any moment, if these facts came into force; what is wrong already is not new."""
    position = structure.position
    moments = _moments(structure, facts)
    found: dict[tuple[str, ...], Fault] = {}
    for at_ms in moments:
        for fault in check(structure.fold(position, at_ms, facts), at_ms):
            found.setdefault((fault.code, *fault.names.values()), fault)
    if found:
        for at_ms in moments:
            for fault in check(structure.fold(position, at_ms), at_ms):
                found.pop((fault.code, *fault.names.values()), None)
    return [*_given_on(structure, facts), *found.values()][:REASONS_MAX]


def _moments(structure: Structure, facts: list[Fact[Any]]) -> list[int]:
    """Return when the change may make a structure that can't be: at its own moments, and later ones it bears on."""
    kinds = (r.UnitAdded, r.UnitChanged, r.UnitEnded, r.RelationMade, r.RelationEnded)
    own = {fact.from_ms for fact in facts if isinstance(fact.act, kinds)}
    own |= {fact.act.until_ms for fact in facts if isinstance(fact.act, r.RelationMade) and fact.act.until_ms}
    _not_too_many(own, "one change")
    if not own:
        return []
    later: set[int] = set()
    for unit in _touched(structure, facts):
        later.update(structure.moments_of(unit))
        for relation, moments in structure.relations_of(unit):
            if relation.act.subordinate == unit and _binds(relation.act):
                later.update(moments)
    first = min(own)
    found = own | {at_ms for at_ms in later if at_ms > first}
    _not_too_many(found, "this change and what came after it")
    return sorted(found)


def _not_too_many(moments: set[int], what: str) -> None:
    if len(moments) > MOMENTS_MAX:
        text = f"units and relations of {what} begin or end at {len(moments)} moments, {MOMENTS_MAX} at most; divide it"
        raise Refusal("too_many_moments", text, max=MOMENTS_MAX)


def _binds(act: r.RelationMade) -> bool:
    """Tell whether another relation may rest on this one, or stand against it."""
    return matrix.rank(act) > 0 or act.type in ("ADCON", "CMD", "COMP")


def _touched(structure: Structure, facts: list[Fact[Any]]) -> set[str]:
    """Return the units that a change bears on: those it names, all ever under them, and all ever over those."""
    made = [fact.act for fact in facts if isinstance(fact.act, r.RelationMade)]
    ended = (structure.made(fact.act.relation) for fact in facts if isinstance(fact.act, r.RelationEnded))
    made += [fact.act for fact in ended if fact is not None]
    named = {act.subordinate for act in made if _binds(act)}
    named |= {fact.act.unit for fact in facts if isinstance(fact.act, (r.UnitChanged, r.UnitEnded))}
    under = _spread(structure, made, named, upward=False)
    return _spread(structure, made, under, upward=True)


def _spread(structure: Structure, made: list[r.RelationMade], units: set[str], *, upward: bool) -> set[str]:
    """Return the units with all that ever stood over them (or under them)."""
    new: dict[str, list[str]] = {}
    for act in made:
        one, other = (act.subordinate, act.superior) if upward else (act.superior, act.subordinate)
        new.setdefault(one, []).append(other)
    found, left = set(units), list(units)
    while left:
        unit = left.pop()
        near = list(new.get(unit, ()))
        for relation, _ in structure.relations_of(unit):
            act = relation.act
            if _binds(act) and (act.subordinate if upward else act.superior) == unit:
                near.append(act.superior if upward else act.subordinate)
        left += [other for other in near if other not in found]
        found.update(near)
    return found


def _given_on(structure: Structure, facts: list[Fact[Any]]) -> Iterator[Fault]:
    """Yield COCOM and FULLCOM that another unit held over the same unit at any time (R3)."""
    for fact in facts:
        act = fact.act
        if not isinstance(act, r.RelationMade) or matrix.column(act.policy, act.type).transferable:
            continue
        others = [one for one in facts if one is not fact] + list(structure.facts_about(act.subordinate))
        for other in others:
            its = other.act
            if (
                isinstance(its, r.RelationMade)
                and (its.type, its.subordinate) == (act.type, act.subordinate)
                and its.superior != act.superior
                and not structure.void(other)
            ):
                names = {"unit": act.subordinate, "type": act.type, "superior": act.superior, "other": its.superior}
                yield Fault("not_transferable", "R3", f"{act.type} is never given on", fact.from_ms, names)
                break
