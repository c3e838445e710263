"""What reports and handovers are composed of beside the log: strength, orders and what became of them, CCIR and RFI.

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
from jointhq.operations.rules.freshness import standing as standing_entry
from jointhq.operations.rules.requirements import Scene as Requirements
from jointhq.operations.rules.scene import Scene
from jointhq.operations.templates import words
from jointhq.operations.views.addressees import Addressee, Step
from jointhq.operations.views.ccirbook import LIVE, Ccir, Hit
from jointhq.operations.views.in_force import open_requests, open_tasks
from jointhq.operations.views.names import named, order_name
from jointhq.operations.views.orders import Order
from jointhq.operations.views.rfibook import standing
from jointhq.release.label import Label
from jointhq.release.reader import Reader

AHEAD_MS: Final = 48 * 3_600_000  # what a report looks forward to
ENDED: Final = ("cancelled", "complete", "superseded")
BECAME: Final = ("wilco", "cantco", "havco", "accepted", "declined")  # a receipt tells of nothing done


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


def done(scene: Callable[[], Scene], reader: Reader, from_ms: int, to_ms: int, language: str) -> Iterator[Found]:
    """Yield what was ordered in the period, what each unit answered last in it, and which orders ended."""
    s, said = scene(), words(language)
    sees = _sees(s, reader)
    for order in sorted(s.orders.orders.values(), key=lambda one: one.issued_ms):
        if not order.issued_ms or not sees(order.label):
            continue
        name, title = order_name(s.authority, reader, order), _title(order, language)
        whole = (Link("order", order.id),)
        made = list[tuple[int, str, list[Label | None], tuple[Link, ...]]]()
        there = [s.orders.addressees[one] for one in order.addressees]
        if from_ms <= order.issued_ms < to_ms:
            units = [unit for one in there if one.role != "info" and (unit := s.authority.unit(reader, one.unit))]
            to = ("、" if language == "ja" else ", ").join(dict.fromkeys(_called(unit, language) for unit in units))
            line = said["order_issued_to" if to else "order_issued"].format(order=name, to=to, title=title)
            made.append((order.issued_ms, line, [unit.label for unit in units], whole))
        for one in there:
            steps = (step for step in one.steps if from_ms <= step.at_ms < to_ms and sees(step.label))
            last = next((step for step in reversed(list(steps)) if step.what in BECAME), None)
            unit = s.authority.unit(reader, one.unit)
            if last is not None and unit is not None:
                line, labels = _became(s, reader, order, one, last, language)
                made.append((last.at_ms, line, [*labels, unit.label, last.label], (*whole, Link("addressee", one.id))))
        if order.state in ENDED and from_ms <= order.ended_ms < to_ms:
            made.append(
                (
                    order.ended_ms,
                    said[f"order_{order.state}"].format(order=name),
                    [],
                    (*whole, Link("order_end", order.id)),
                )
            )
        for at_ms, line, labels, links in made:
            label = s.g.door.merge([*_named(s, reader, order), *labels])
            if label is not None and sees(label):
                yield Found(text=said["at"].format(time=dtg.write(at_ms)[:7], text=line), label=label, links=links)


def _became(
    s: Scene, reader: Reader, order: Order, one: Addressee, step: Step, language: str
) -> tuple[str, list[Label | None]]:
    """Return what a unit answered, or what was decided of a request to it; with the labels of what that names."""
    said, parts = words(language), {"order": order_name(s.authority, reader, order)}
    unit, to = s.authority.unit(reader, one.unit), s.authority.unit(reader, one.refer_to or one.unit)
    parts |= {"unit": _called(unit, language) if unit else "-", "to": _called(to, language) if to else "-"}
    note = said["note"].format(text=step.note) if step.note else ""
    if step.what in ("accepted", "declined"):
        return said[f"request_{step.what}"].format(**parts, note=note), [to.label if to else None]
    given = [task for id_ in one.tasks if (task := order.task(id_)) and _sees(s, reader)(task.label)]
    what = "; ".join(f"{task.verb} {task.what}" for task in given) or _title(order, language)
    line = said["answered"].format(**parts, answer=step.what.upper(), what=what, note=note)
    return line, [task.label for task in given]


def _title(order: Order, language: str) -> str:
    return (order.written.title_ja if language == "ja" else "") or order.written.title


def _sees(s: Scene, reader: Reader) -> Callable[[Label | None], bool]:
    return lambda label: s.g.door.may_see(reader, label, s.g.now_ms)


def _named(s: Scene, reader: Reader, order: Order) -> list[Label | None]:
    """Return what the name of an order in a sentence is labelled with: its own label, and its issuer's where named."""
    issuer = s.authority.unit(reader, order.written.unit)
    return [order.label, *([issuer.label] if issuer else [])]


def _called(unit: Unit, language: str) -> str:
    return unit.short or (unit.name_ja if language == "ja" else "") or unit.name


def hits(scene: Callable[[], Requirements], reader: Reader, from_ms: int, to_ms: int, language: str) -> Iterator[Found]:
    """Yield the CCIR that were hit in the period, each with what the entry says by now. Who was told is not told on."""
    s = scene()
    sees = _sees(s, reader)
    for hit in s.ccirs.hits.values():
        ccir = s.ccirs.ccirs[hit.ccir]
        if hit.struck_ms or not from_ms <= hit.at_ms < to_ms or not (sees(hit.label) and sees(ccir.label)):
            continue
        entry = standing_entry(s.g, reader, s.log, Link("log", hit.entry)) or s.log.entries.get(hit.entry)
        if entry is None or not sees(entry.label):
            continue
        name = named(s.authority, reader, ccir.written.unit, ccir.serial)
        label = s.g.door.merge([ccir.label, hit.label, entry.label])
        if label is not None and sees(label):
            line = words(language)["ccir_hit"].format(name=name, time=dtg.write(hit.at_ms)[:7], text=entry.body.text)
            yield Found(text=line, label=label, links=(Link("ccir", ccir.id), Link("log", entry.id)))


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
    line = standing_entry(s.g, reader, s.log, Link("log", hit.entry)) or line
    text = line.body.text if line is not None and s.g.door.may_see(reader, line.label, s.g.now_ms) else ""
    who, labels = _titles(s, reader, [one.appointment for one in hit.silent], language)
    made = said["ccir_silent" if who else "ccir_hit"].format(
        name=named(s.authority, reader, ccir.written.unit, ccir.serial),
        time=dtg.write(hit.at_ms)[:7],
        text=text,
        who=who,
    )
    label = s.g.door.merge([ccir.label, hit.label, *([line.label] if text and line else []), *labels])
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
