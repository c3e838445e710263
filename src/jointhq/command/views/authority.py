"""Authority as a reader sees it: the answer to one question, and the matrix of one unit.

Owns: rows of both. Doesn't own: following relations (`command.authority`), cells (`command.matrix`).
"""

from typing import Final

from jointhq.base.errors import NotVisible
from jointhq.command import matrix
from jointhq.command.authority import may, reach
from jointhq.command.forms import structure as f
from jointhq.command.ground import Ground
from jointhq.command.snapshot import Relation
from jointhq.command.views.rows import hop
from jointhq.release.reader import Reader

Cells = dict[frozenset[tuple[str, str, tuple[str, ...]]], dict[str, f.Cell]]
ROWS_MAX: Final = 2_500  # of one unit's matrix, each way


def answer(
    g: Ground, reader: Reader, question: tuple[str, str, str], known_ms: int | None, at_ms: int | None
) -> f.Answer:
    """May A do B to C? NotVisible for a unit or an action that isn't there."""
    superior, subordinate, action = question
    snapshot = g.snapshot(reader, known_ms, at_ms)
    found = may(snapshot, superior, subordinate, action)
    if found.rule == "unknown":
        raise NotVisible("no such unit or action")
    return f.Answer(
        allowed=found.allowed,
        action=action,
        superior=superior,
        subordinate=subordinate,
        path=[hop(relation) for relation in found.path],
        rule=found.rule,
        limits=found.limits,
        refer_to=list(found.refer_to),
    )


def matrix_body(g: Ground, reader: Reader, unit: str, known_ms: int | None, at_ms: int | None) -> f.MatrixBody:
    """Who may do what to whom, of one unit."""
    snapshot = g.snapshot(reader, known_ms, at_ms)
    if unit not in snapshot.units:
        raise NotVisible("no such unit")
    over, under = reach(snapshot, unit, upward=False), reach(snapshot, unit, upward=True)
    cells: Cells = {}
    return f.MatrixBody(
        unit=unit,
        actions=list(matrix.actions()),
        over=[_row(other, path, cells) for other, path in over.items()][:ROWS_MAX],
        under=[_row(other, path, cells) for other, path in under.items()][:ROWS_MAX],
        mark=g.banner(snapshot.labels),
    )


def _row(other: str, path: tuple[Relation, ...], known: Cells) -> f.MatrixRow:
    weakest = min(path, key=lambda r: (r.act.type != "ORG" and matrix.rank(r.act)) or 9)
    return f.MatrixRow(
        other=other,
        type=path[0].act.type if len(path) == 1 else weakest.act.type,
        path=[hop(relation) for relation in path],
        cells=_cells(path, known),
    )


def _cells(path: tuple[Relation, ...], known: Cells) -> dict[str, f.Cell]:
    """Return a row's cells: they follow from the kinds of relation on the path, of which there are few."""
    kinds = frozenset((one.act.policy, one.act.type, one.act.limits.flags) for one in path)
    if kinds not in known:
        known[kinds] = {action: _cell(path, action) for action in matrix.actions()}
    return known[kinds]


def _cell(path: tuple[Relation, ...], action: str) -> f.Cell:
    values = [matrix.value(relation.act, action) for relation in path]
    allowed = all(matrix.allows(relation.act, action) for relation in path)
    value = "N" if "N" in values else "L" if "L" in values else "Y"
    why = ("within_limits" if value == "L" else "yes") if allowed else "within_limits_only" if value == "L" else ""
    return f.Cell(value=value, allowed=allowed, why=why or "not_by_type")
