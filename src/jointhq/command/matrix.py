"""What each relation lets a superior do: the permission matrices, as data.

Owns: reading the matrices of `data/`, and one cell of them for one relation with its limits.
Doesn't own: which relations there are (`command.snapshot`), paths over several of them (`command.authority`).

A cell is Y, L or N. L counts as N unless the relation's limits carry the action's code as a flag.
`data/nations.json` says which relations may cross from one nation to another; `combined` lists sets of nations between
which a combined command may give authority too: none, unless this headquarters says so.
"""

from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from jointhq.command.records import RelationMade

DATA: Final = Path(__file__).parent / "data"
COMMON: Final = ""
Value = Literal["Y", "L", "N"]


class Type(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column. `rank` orders what may be granted; 0: no authority that another could take from."""

    cells: dict[str, Value]
    grants: tuple[str, ...]
    rank: int = 0
    transferable: bool = True
    grants_within_limits: dict[str, str] = {}  # type -> the flag that it needs


class Matrix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The columns of one policy."""

    policy: str
    actions: tuple[str, ...]
    types: dict[str, Type]


class Nations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may cross from one nation to another."""

    across_nations: tuple[str, ...]
    bilateral: str  # the "nation" of a unit of several nations, to which those of `with_bilateral` may run too
    with_bilateral: tuple[str, ...]
    combined: tuple[tuple[str, ...], ...] = ()


@cache
def matrices() -> dict[str, Matrix]:
    """Return the matrices by policy."""
    read = (msgspec.json.decode((DATA / f"{n}.json").read_bytes(), type=Matrix) for n in ("us", "nato", "common"))
    return {matrix.policy: matrix for matrix in read}


@cache
def nations() -> Nations:
    """Return what may cross from one nation to another."""
    return msgspec.json.decode((DATA / "nations.json").read_bytes(), type=Nations)


@cache
def actions() -> tuple[str, ...]:
    """Return all actions, in the order of the matrices."""
    return tuple(dict.fromkeys(action for matrix in matrices().values() for action in matrix.actions))


@cache
def column(policy: str, relation_type: str) -> Type:
    """Return a type's column: of the relation's policy, else of the policy that knows the type."""
    for name in (policy or "US", "US", "NATO", COMMON):
        if known := matrices()[name].types.get(relation_type):
            return known
    raise AssertionError(f"{relation_type} is in no matrix")


def value(relation: RelationMade, action: str) -> Value:
    """Return the cell as the table has it."""
    return column(relation.policy, relation.type).cells.get(action, "N")


def allows(relation: RelationMade, action: str) -> bool:
    """Tell whether the relation allows this: L only with its flag."""
    cell = value(relation, action)
    return cell == "Y" or (cell == "L" and action in relation.limits.flags)


def grants(relation: RelationMade, relation_type: str) -> bool:
    """Tell whether who holds this relation may give another authority of a type over the same unit."""
    held = column(relation.policy, relation.type)
    if relation_type in held.grants:
        return True
    flag = held.grants_within_limits.get(relation_type)
    return flag is not None and flag in relation.limits.flags


def rank(relation: RelationMade) -> int:
    """Return how much authority the relation gives, to compare; 0: none of that kind."""
    return column(relation.policy, relation.type).rank


def may_cross(one: str, other: str, relation_type: str) -> bool:
    """Tell whether a relation of this type may run between units of two nations (R6)."""
    if one == other or not one or not other:
        return True
    rule = nations()
    if rule.bilateral in (one, other) and relation_type in rule.with_bilateral:
        return True
    return relation_type in rule.across_nations or any({one, other} <= set(group) for group in rule.combined)
