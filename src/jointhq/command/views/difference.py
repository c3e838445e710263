"""What a change makes different, beside the structure without it.

Owns: comparing two structures: units, relations, authority gained and lost, gaps, overlaps, tasks without a basis.
Doesn't own: which two (`difference` asks the structure), authority (`command.authority`).

Before and after are of one moment, without the change and with it: what others do in the meantime is in both.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from jointhq.base.errors import NotVisible
from jointhq.command import matrix
from jointhq.command import records as r
from jointhq.command.authority import BEST, may, who_may
from jointhq.command.change import Change
from jointhq.command.forms import changes as f
from jointhq.command.ground import Ground
from jointhq.command.rules.changes import facts
from jointhq.command.snapshot import Fact, Snapshot
from jointhq.command.views import rows
from jointhq.command.views.changes import seen
from jointhq.people.directory import Session
from jointhq.release.reader import Reader

ROWS_MAX: Final = 500  # of each kind; a page that shows more is read by nobody
AFFECTED_MAX: Final = 300  # units whose authority is compared
ASSIGN_TASK: Final = "assign_task"
SINGLE: Final = ("OPCON", "OPCOM", "COCOM", "FULLCOM")
_FIELDS: Final = ("name", "name_ja", "short", "sidc", "nation", "service", "echelon", "note", "note_ja")


def difference(g: Ground, actor: Session, change_id: str, phase: int | None = None) -> f.Difference:
    """Return what a change makes different when a phase (left out: the last) is in force."""
    reader = actor.reader
    change = seen(g, reader, change_id)
    last = len(change.body.phases) - 1 if phase is None else phase
    if not 0 <= last < len(change.body.phases):
        raise NotVisible("no such phase")
    at_ms, before, after = _both(g, reader, change, last)
    return compare(g, reader, before, after, at_ms)


def _both(g: Ground, reader: Reader, change: Change, last: int) -> tuple[int, Snapshot, Snapshot]:
    """Return the moment, and the structure then without the change and with its phases as far as `last`."""
    hidden = g.structure.hidden(g.sees(reader))
    if change.approved is not None:
        moments = [change.moment_ms(number) for number in range(last + 1)]
        own = [one.act.at_ms for number, one in change.facts() if number <= last and one.act.at_ms is not None]
        at_ms = max([*moments, *own])
        before = g.structure.fold(change.position - 1, at_ms, hidden=hidden)
        return at_ms, before, g.structure.fold(change.position, at_ms, hidden=hidden)
    phases = [number for number, _ in change.facts()]
    now = [fact for number, fact in zip(phases, facts(g, change, ()), strict=True) if number <= last]
    at_ms = max([g.now_ms, *(fact.from_ms for fact in now)])
    position = g.structure.position
    return (
        at_ms,
        g.structure.fold(position, at_ms, hidden=hidden),
        g.structure.fold(position, at_ms, now, hidden=hidden),
    )


def compare(g: Ground, reader: Reader, before: Snapshot, after: Snapshot, at_ms: int) -> f.Difference:
    """Return what is different between two structures."""
    ended = [before.relations[key] for key in before.relations.keys() - after.relations.keys()]
    made = [after.relations[key] for key in after.relations.keys() - before.relations.keys()]
    added = [after.units[key] for key in after.units.keys() - before.units.keys()]
    gone = [before.units[key] for key in before.units.keys() - after.units.keys()]
    fields = list(_fields(before, after))
    affected = dict.fromkeys(
        unit for one in (*ended, *made) for unit in (one.act.subordinate,) if unit in before.units | after.units
    )
    units = list(affected)[:AFFECTED_MAX]
    authority = [row for unit in units for row in _authority(before, after, unit)]
    gaps = [_overlap(unit, kind, (), at_ms) for unit in units for kind in _lost(before, after, unit)]
    overlaps = [
        _overlap(unit, kind, holders, at_ms)
        for unit in affected
        for kind in SINGLE
        if len(holders := _holders(after, unit, kind)) > 1
    ]
    tasks = _tasks(g, reader, before, after)
    lists: list[list[Any]] = [gone, added, fields, made, ended, authority, tasks]
    labels = [one.label for group in (ended, made, added, gone) for one in group]
    return f.Difference(
        at_ms=at_ms,
        units_added=[rows.unit(g, after, one) for one in _in_order(added)],
        units_ended=[rows.unit(g, before, one) for one in _in_order(gone)],
        fields=fields[:ROWS_MAX],
        relations_made=[rows.relation(g, reader, after, one) for one in _in_order(made)],
        relations_ended=[rows.relation(g, reader, before, one) for one in _in_order(ended)],
        authority=authority[:ROWS_MAX],
        gaps=gaps[:ROWS_MAX],
        overlaps=overlaps[:ROWS_MAX],
        tasks=tasks[:ROWS_MAX],
        units=_names(before, after, "name", (*ended, *made), authority, gaps, overlaps, fields),
        units_ja=_names(before, after, "name_ja", (*ended, *made), authority, gaps, overlaps, fields),
        mark=g.banner(labels),
        truncated=any(len(one) > ROWS_MAX for one in lists) or len(affected) > AFFECTED_MAX,
    )


def _in_order(found: list[Fact[Any]]) -> list[Fact[Any]]:
    return sorted(found, key=lambda one: (one.from_ms, one.position, one.number))[:ROWS_MAX]


def _fields(before: Snapshot, after: Snapshot) -> Iterable[f.FieldChange]:
    """Yield facts of units that are other after."""
    for unit in before.units.keys() & after.units.keys():
        one, other = before.units[unit], after.units[unit]
        if one is not other:
            yield from _changed(unit, "", one.act, other.act, _FIELDS)
        for prefix, old, new, names in (
            ("", before.places, after.places, ("place", "place_ja", "lat", "lon")),
            ("strength.", before.strengths, after.strengths, ("number", "text", "text_ja", "authorised")),
        ):
            first, second = old.get(unit), new.get(unit)
            if first is not second:
                yield from _changed(unit, prefix, first and first.act, second and second.act, names)
    for responsibility, fact in _only(before.responsibilities, after.responsibilities):
        old_one = before.responsibilities.get(responsibility)
        titles = (fact.act.title, None) if old_one else (None, fact.act.title)
        yield f.FieldChange(unit=fact.act.unit, field="responsibility", before=titles[0], after=titles[1])
    for appointment in before.bound.keys() | after.bound.keys():
        was, bound = before.bound.get(appointment), after.bound.get(appointment)
        if was is not bound and bound is not None:
            of = was.act.unit if was else None
            yield f.FieldChange(unit=bound.act.unit, field="appointment", before=of, after=appointment)


def _only(one: dict[str, Any], other: dict[str, Any]) -> Iterable[tuple[str, Fact[r.ResponsibilityGiven]]]:
    for key in sorted(one.keys() ^ other.keys()):
        yield key, one.get(key) or other[key]


def _changed(unit: str, prefix: str, one: Any, other: Any, names: tuple[str, ...]) -> Iterable[f.FieldChange]:
    for name in names:
        old, new = getattr(one, name, None), getattr(other, name, None)
        if old != new:
            yield f.FieldChange(unit=unit, field=prefix + name, before=old, after=new)


def _authority(before: Snapshot, after: Snapshot, unit: str) -> Iterable[f.AuthorityChange]:
    """Yield who gains or loses what over a unit, by whatever path."""
    old = {action: who_may(before, unit, action) for action in matrix.actions()}
    new = {action: who_may(after, unit, action) for action in matrix.actions()}
    superiors = dict.fromkeys(one for by in (*old.values(), *new.values()) for one in by)
    for superior in superiors:
        had = {action for action, by in old.items() if superior in by}
        has = {action for action, by in new.items() if superior in by}
        if had != has:
            yield f.AuthorityChange(
                superior=superior,
                subordinate=unit,
                before=_type(before, superior, unit),
                after=_type(after, superior, unit),
                gained=[action for action in matrix.actions() if action in has - had],
                lost=[action for action in matrix.actions() if action in had - has],
            )


def _type(snapshot: Snapshot, superior: str, unit: str) -> str:
    types = [one.act.type for one in snapshot.over.get(unit, ()) if one.act.superior == superior]
    return min(types, key=BEST.index, default="")


def _holders(snapshot: Snapshot, unit: str, kind: str) -> list[str]:
    return [one.act.superior for one in snapshot.over.get(unit, ()) if one.act.type == kind]


def _lost(before: Snapshot, after: Snapshot, unit: str) -> Iterable[str]:
    return (
        kind
        for kind in SINGLE
        if unit in after.units and _holders(before, unit, kind) and not _holders(after, unit, kind)
    )


def _overlap(unit: str, kind: str, holders: Iterable[str], at_ms: int) -> f.Overlap:
    return f.Overlap(unit=unit, type=kind, holders=list(holders), from_ms=at_ms)


def _tasks(g: Ground, reader: Reader, before: Snapshot, after: Snapshot) -> list[f.Basis]:
    """Return open tasks that were orders by authority, and would be no more."""
    return [
        f.Basis(task=task.task, title=task.title, superior=task.superior, subordinate=task.subordinate)
        for task in g.tasks()
        if g.door.may_see(reader, task.label, g.now_ms)
        and may(before, task.superior, task.subordinate, ASSIGN_TASK).allowed
        and not may(after, task.superior, task.subordinate, ASSIGN_TASK).allowed
    ]


def _names(
    before: Snapshot, after: Snapshot, field: str, relations: Iterable[Any], *lists: list[Any]
) -> dict[str, str]:
    """Return the names of all units that a difference names."""
    named = {unit for one in relations for unit in (one.act.superior, one.act.subordinate)}
    for one in (row for rows_ in lists for row in rows_):
        said = msgspec.structs.asdict(one)
        named |= {said[key] for key in ("superior", "subordinate", "unit") if said.get(key)} | set(
            said.get("holders", ())
        )
    known = {**before.units, **after.units}
    return {unit: getattr(known[unit].act, field) for unit in sorted(named) if unit in known}
