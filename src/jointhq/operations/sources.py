"""What reports and handovers are composed of beside the log: strength from the structure, tasks and requests of orders.

Owns: their sentences in both languages, each with what it rests on and its label. Doesn't own: the figures
(`command.views.strength`), which tasks are open (`operations.views.orders`), the report (`operations.rules.compose`).
"""

from collections.abc import Callable, Iterator
from typing import Final

from jointhq.base import dtg
from jointhq.command.command import Command
from jointhq.command.views.strength import sums
from jointhq.operations.authority import Unit
from jointhq.operations.records.reports import Link
from jointhq.operations.rules.compose import Found
from jointhq.operations.rules.scene import Scene
from jointhq.operations.templates import words
from jointhq.operations.views.in_force import open_requests, open_tasks
from jointhq.operations.views.names import order_name
from jointhq.operations.views.orders import Order
from jointhq.release.label import Label
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


def tasks(scene: Callable[[], Scene], reader: Reader, _from_ms: int, to_ms: int, language: str) -> Iterator[Found]:
    """Yield the tasks that are ordered and not done, of those that end within two days behind the period or never."""
    s, said, told = scene(), words(language), set[str]()
    sees = _sees(s, reader)
    for order, task, _ in open_tasks(s.orders, sees, s.g.now_ms):
        unit = s.authority.unit(reader, task.unit)
        label = s.g.door.merge([task.label, *_named(s, reader, order), unit.label if unit else None])
        if unit is None or label is None or not sees(label):
            continue
        if task.id in told or (task.until_ms or 0) > to_ms + AHEAD_MS:
            continue
        told.add(task.id)
        text = said["task_until" if task.until_ms else "task"].format(
            unit=_called(unit, language),
            task=f"{task.verb} {task.what}",
            order=order_name(s.authority, reader, order),
            until=dtg.write(task.until_ms)[:7] if task.until_ms else "",
        )
        yield Found(text=text, label=label, links=(Link("order", order.id),))


def requests(scene: Callable[[], Scene], reader: Reader, _from_ms: int, _to_ms: int, language: str) -> Iterator[Found]:
    """Yield the requests that nobody has decided."""
    s, said = scene(), words(language)
    sees = _sees(s, reader)
    for order, asked in open_requests(s.orders, sees):
        unit = s.authority.unit(reader, asked.unit)
        to = s.authority.unit(reader, asked.recipient) or unit
        if unit is None or to is None:
            continue
        label = s.g.door.merge([*_named(s, reader, order), unit.label, to.label])
        if label is None or not sees(label):
            continue
        text = said["request"].format(
            order=order_name(s.authority, reader, order), unit=_called(unit, language), to=_called(to, language)
        )
        yield Found(text=text, label=label, links=(Link("order", order.id),))


def _sees(s: Scene, reader: Reader) -> Callable[[Label | None], bool]:
    return lambda label: s.g.door.may_see(reader, label, s.g.now_ms)


def _named(s: Scene, reader: Reader, order: Order) -> list[Label | None]:
    """Return what the name of an order in a sentence is labelled with: its own label, and its issuer's where named."""
    issuer = s.authority.unit(reader, order.written.unit)
    return [order.label, *([issuer.label] if issuer else [])]


def _called(unit: Unit, language: str) -> str:
    return unit.short or (unit.name_ja if language == "ja" else "") or unit.name
