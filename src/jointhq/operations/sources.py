"""What reports and handovers are composed of beside the log: strength, tasks and requests of orders, CCIR and RFI.

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
from jointhq.operations.rules.requirements import Scene as Requirements
from jointhq.operations.rules.scene import Scene
from jointhq.operations.templates import words
from jointhq.operations.views.ccirbook import LIVE, Ccir, Hit
from jointhq.operations.views.in_force import open_requests, open_tasks
from jointhq.operations.views.names import named, order_name
from jointhq.operations.views.orders import Order
from jointhq.operations.views.rfibook import standing
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


def requirements(
    scene: Callable[[], Requirements], reader: Reader, from_ms: int, _to: int, language: str
) -> Iterator[Found]:
    """Yield the CCIR in force with their hits since then and those that somebody has yet to acknowledge; open RFI."""
    s, said = scene(), words(language)
    sees = _sees(s, reader)
    for ccir in s.ccirs.ccirs.values():
        if ccir.label is None or not sees(ccir.label) or ccir.state not in LIVE:
            continue
        written = ccir.written
        name = named(s.authority, reader, written.unit, ccir.serial)
        if ccir.state == "in_force":
            text = (written.text_ja if language == "ja" else "") or written.text
            due = dtg.write(written.ltiov_ms) if written.ltiov_ms else ""
            line = said["ccir_until" if due else "ccir"].format(name=name, text=text, due=due)
            yield Found(text=line, label=ccir.label, links=(Link("ccir", ccir.id),))
        for hit in s.ccirs.hits_of(ccir.id):
            if hit.label is None or not sees(hit.label) or hit.struck_ms:
                continue
            found = _hit(s, reader, ccir, hit, language)
            if (hit.silent or hit.at_ms >= from_ms) and sees(found.label):
                yield found
    for rfi in s.rfis.rfis.values():
        now = standing(rfi, sees)
        if rfi.label is None or not sees(rfi.label) or f"rfi_{now.state}" not in said:
            continue
        who, labels = _titles(s, reader, [now.to], language)
        line = said[f"rfi_{now.state}"].format(
            name=named(s.authority, reader, rfi.asked.unit, rfi.serial),
            to=_by_id(s, reader, now.text.asked_of, language),
            who=who,
            question=now.text.question,
        )
        if now.text.ltiov_ms:
            line = said["rfi_until"].format(text=line, due=dtg.write(now.text.ltiov_ms))
        label = s.g.door.merge([rfi.label, *(step.label for step in now.steps), *labels])
        if label is not None and sees(label):
            yield Found(text=line, label=label, links=(Link("rfi", rfi.id),))


def _hit(s: Requirements, reader: Reader, ccir: Ccir, hit: Hit, language: str) -> Found:
    """Return a hit, with who has yet to acknowledge it as far as the reader may know."""
    said, line = words(language), s.log.entries.get(hit.entry)
    text = line.body.text if line is not None and s.g.door.may_see(reader, line.label, s.g.now_ms) else ""
    who, labels = _titles(s, reader, [one.appointment for one in hit.silent], language)
    made = said["ccir_silent" if who else "ccir_hit"].format(
        name=named(s.authority, reader, ccir.written.unit, ccir.serial),
        time=dtg.write(hit.at_ms)[:7],
        text=text,
        who=who,
    )
    label = s.g.door.merge([ccir.label, hit.label, *labels])
    links = (Link("ccir", ccir.id), *((Link("log", line.id),) if text and line is not None else ()))
    return Found(text=made, label=label or ccir.label or s.g.label, links=links)


def _titles(s: Requirements, reader: Reader, appointments: list[str], language: str) -> tuple[str, list[Label | None]]:
    found = [one for id_ in appointments if (one := s.g.directory.appointments.get(id_))]
    seen = [one for one in found if s.g.door.may_see(reader, one.label, s.g.now_ms)]
    titles = ((one.title_ja if language == "ja" else "") or one.title for one in seen)
    return ("、" if language == "ja" else ", ").join(titles), [one.label for one in seen]


def _by_id(s: Scene, reader: Reader, unit_id: str, language: str) -> str:
    unit = s.authority.unit(reader, unit_id)
    return _called(unit, language) if unit is not None else "-"
