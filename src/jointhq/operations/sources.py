"""What reports and handovers are composed of beside the log: strength from the structure, tasks and requests of orders.

Owns: their sentences in both languages, each with what it rests on and its label. Doesn't own: the figures
(`command.views.strength`), which tasks are open (`operations.views.orders`), the report (`operations.rules.compose`).
"""

from collections.abc import Iterator
from typing import Final

from jointhq.base import dtg
from jointhq.command.command import Command
from jointhq.command.snapshot import Unit
from jointhq.command.views.strength import sums
from jointhq.operations.records.reports import Link
from jointhq.operations.rules.compose import Found
from jointhq.operations.templates import words
from jointhq.operations.views.orders import Orders
from jointhq.release.reader import Reader

AHEAD_MS: Final = 48 * 3_600_000  # what a report looks forward to


def strength(command: Command, reader: Reader, _from_ms: int, to_ms: int, language: str) -> Iterator[Found]:
    """Yield the strength of each unit at the top of a tree, with what is missing and doubtful in it."""
    g, said = command.ground(), words(language)
    snapshot = g.snapshot(reader, None, min(to_ms, g.now_ms))
    found = sums(snapshot, snapshot.roots)
    for root in snapshot.roots:
        total, act = found[root], snapshot.units[root].act
        label = g.door.merge(total.labels)
        if label is None or not total.known:
            continue
        text = said["strength"].format(
            unit=(act.name_ja if language == "ja" else "") or act.name,
            known=f"{total.known:,}",
            units=total.units,
            missing=total.missing,
            doubtful=f"{total.doubtful:,}",
        )
        yield Found(text=text, label=label, links=(Link("unit", root),))


def tasks(
    command: Command, orders: Orders, reader: Reader, _from_ms: int, to_ms: int, language: str
) -> Iterator[Found]:
    """Yield the tasks that are ordered and not done, of those that end within two days behind the period or never."""
    g, said = command.ground(), words(language)
    snapshot, told = g.snapshot(reader), set[str]()
    for order, task, _ in orders.open_tasks(g.sees(reader), g.now_ms):
        unit = snapshot.units.get(task.unit)
        label = g.door.merge([task.label, order.label])
        if unit is None or label is None or task.id in told or (task.until_ms or 0) > to_ms + AHEAD_MS:
            continue
        if not g.door.may_see(reader, label, g.now_ms):
            continue
        told.add(task.id)
        key = "task_until" if task.until_ms else "task"
        until = dtg.write(task.until_ms)[:7] if task.until_ms else ""
        text = said[key].format(
            unit=_called(unit, language), task=f"{task.verb} {task.what}", order=order.name, until=until
        )
        whole = g.door.merge([label, unit.label])
        yield Found(text=text, label=whole or label, links=(Link("order", order.id),))


def requests(
    command: Command, orders: Orders, reader: Reader, _from_ms: int, _to_ms: int, language: str
) -> Iterator[Found]:
    """Yield the requests that nobody has decided."""
    g, said = command.ground(), words(language)
    snapshot, sees = g.snapshot(reader), g.sees(reader)
    for order, asked in orders.open_requests(sees):
        unit = snapshot.units.get(asked.unit)
        to = snapshot.units.get(asked.recipient) or unit
        if unit is None or to is None or order.label is None or not sees(order.label):
            continue
        text = said["request"].format(order=order.name, unit=_called(unit, language), to=_called(to, language))
        label = g.door.merge([order.label, unit.label, to.label])
        yield Found(text=text, label=label or order.label, links=(Link("order", order.id),))


def _called(unit: Unit, language: str) -> str:
    return unit.act.short or (unit.act.name_ja if language == "ja" else "") or unit.act.name
