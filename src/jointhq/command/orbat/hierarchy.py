"""Under whom a unit stands when it has moved, as ORBAT Mapper's member `hierarchy` says it.

Owns: what it means: on a unit is under it; above or below, beside it. Doesn't own: the rest (`orbat.orbat_mapper`).
"""

from collections.abc import Iterator
from typing import Any

from msgspec import structs

from jointhq.command.orbat.value import Moment, Unit


def resolved(units: list[Unit]) -> Iterator[Unit]:
    """Yield the units with the parents that `hierarchy` names."""
    parents = {unit.id: unit.parent for unit in units}
    changes = sorted(
        (moment.at_ms, n, m)
        for n, unit in enumerate(units)
        for m, moment in enumerate(unit.moments)
        if moment.parent is not None or isinstance(moment.kept.get("hierarchy"), dict)
    )
    found: dict[tuple[int, int], str] = {}
    for _, n, m in changes:
        moment = units[n].moments[m]
        to = moment.parent
        if to is None:
            to = _target(moment.kept["hierarchy"], parents, "")
        if to is not None:
            found[n, m] = parents[units[n].id] = to
    for n, unit in enumerate(units):
        yield structs.replace(
            unit,
            moments=tuple(
                structs.replace(moment, parent=found.get((n, m), moment.parent))
                for m, moment in enumerate(unit.moments)
            ),
        )


def plainly(unit: Unit) -> Unit:
    """Return the unit without what would be written of its moves anyway."""
    return structs.replace(
        unit,
        moments=tuple(
            structs.replace(moment, kept={name: value for name, value in moment.kept.items() if name != "hierarchy"})
            if moment.parent and moment.kept.get("hierarchy") == _on(moment.parent)
            else moment
            for moment in unit.moments
        ),
    )


def said(moment: Moment) -> Any:
    """Return what says where a unit stands from a moment on, as it was written where that is still the same."""
    written = moment.kept.get("hierarchy")
    if moment.parent and not (isinstance(written, dict) and _target(written, {}, moment.parent) == moment.parent):
        return _on(moment.parent)
    return None if moment.parent == "" else written


def _on(parent: str) -> dict[str, Any]:
    return {"targetId": parent, "placement": "on"}


def _target(said: dict[str, Any], parents: dict[str, str], else_: str) -> str | None:
    target, placement, parent = said.get("targetId"), said.get("placement"), said.get("parentId")
    if not isinstance(target, str):
        return None
    if placement == "on":
        return target
    return parent if isinstance(parent, str) else parents.get(target, else_)
