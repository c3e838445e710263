"""Orders and missions as pages show them, and the last look before an order is issued.

Owns: the rows, every part of them asked for at the door. Doesn't own: states (`operations.views.orders`), what somebody
may do (`operations.rules`).

Counts are of what the reader may see: an answer under a label that he may not see has not been given, for him.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, get_args

import msgspec

from jointhq.base import dtg
from jointhq.base.errors import BadInput
from jointhq.operations import tables
from jointhq.operations.authority import Unit
from jointhq.operations.forms import orders as f
from jointhq.operations.forms.annexes import AnnexKind, AnnexRow
from jointhq.operations.forms.log import Signed
from jointhq.operations.records import orders as r
from jointhq.operations.rules import answers, orders
from jointhq.operations.rules.scene import Scene, addressee_seen, annexes_seen, mission_seen, order_seen, unit_of
from jointhq.operations.views.addressees import Addressee, Step, current, reached, seen
from jointhq.operations.views.in_force import annexes_in_force, in_force
from jointhq.operations.views.names import banner, mark, order_name, signed_by
from jointhq.operations.views.orders import Annex, Mission, Order
from jointhq.people.directory import COMMAND, PLAN, Session
from jointhq.people.facts import Appointment
from jointhq.release.label import Label
from jointhq.release.reader import Reader

Online = Callable[[Reader, str, str], bool]  # reader, person, appointment: whether a device of his is connected
_DEVICE_RANK: Final = ("withheld", "away", "online", "sent", "delivered", "opened")


def nobody_online(_reader: Reader, _person: str, _appointment: str) -> bool:
    """Tell that nobody is: a headquarters without TAK clients."""
    return False


# -- parts


def unit_name(s: Scene, reader: Reader, unit_id: str) -> f.UnitName:
    """Return a unit's names; without any for one that the reader may not see."""
    return name_of(s.authority.unit(reader, unit_id) if unit_id else None)


def name_of(unit: Unit | None) -> f.UnitName:
    """Return a unit's names; without any for none."""
    if unit is None:
        return f.UnitName(id="")
    return f.UnitName(id=unit.id, name=unit.name, name_ja=unit.name_ja, short=unit.short)


def _dtg(ms: int, letter: str) -> str:
    try:
        return dtg.write(ms, letter)
    except BadInput:
        return ""


def _label_text(s: Scene, label: Label, default: Label | None = None) -> str:
    """Return a label as a form says it, "" for the default."""
    try:
        return "" if label == default else s.g.door.banner(label)
    except BadInput:
        return ""


def row(s: Scene, actor: Session, order: Order) -> f.OrderRow:
    """Return an order of the list."""
    g, reader, written = s.g, actor.reader, order.written
    addressees = [s.orders.addressees[one] for one in order.addressees]
    counts: dict[str, int] = {}
    waits = {orders.waits(s, actor, order), *(answers.waits(s, actor, order, one) for one in addressees)} - {""}
    late = escalated = told = 0
    for one in addressees:
        steps = seen(one.steps, g.door, reader, g.now_ms)
        shown = msgspec.structs.replace(one, steps=steps)
        state = reached(shown, steps)
        counts[state] = counts.get(state, 0) + 1
        late += answers.late(order, shown, g.now_ms)
        to = {step.appointment for step in current(shown) if step.what == "escalated"}
        escalated += bool(to)
        told += actor.appointment in to and answers.late(order, shown, g.now_ms)
    base = s.orders.orders.get(written.base)
    return f.OrderRow(
        id=order.id,
        type=written.type,
        name=order_name(s.authority, reader, order),
        title=written.title,
        title_ja=written.title_ja,
        unit=unit_name(s, reader, written.unit),
        base=written.base,
        base_name=order_name(s.authority, reader, base) if base and s.sees(actor, base.label) else "",
        state=order.state_at(g.now_ms),
        precedence=order.precedence,
        dtg=_dtg(order.issued_ms or order.drafted_ms, written.letter),
        exercise=order.exercise,
        mark=mark(g, order.label),
        issued_ms=order.issued_ms,
        effective_ms=order.effective_ms,
        drafted_ms=order.drafted_ms,
        by=signed_by(g, reader, order.issued_by or order.appointment, "" if order.issued_by else order.person),
        reached=counts,
        addressees=len(addressees),
        late=late,
        escalated=escalated,
        told=told,
        waits=next((one for one in get_args(f.Waits) if one in waits), ""),
        version=order.version,
    )


def rows(s: Scene, actor: Session) -> list[f.OrderRow]:
    """Return the orders that are there for the reader, the latest first."""
    there = [order for order in s.orders.orders.values() if s.sees(actor, order.label)]
    there.sort(key=lambda order: order.issued_ms or order.drafted_ms, reverse=True)
    return [row(s, actor, order) for order in there[: f.ROWS_MAX]]


def _paragraph(s: Scene, reader: Reader, paragraph: r.Paragraph, order: Order) -> f.ParagraphRow:
    return f.ParagraphRow(
        name=paragraph.name,
        text=paragraph.text,
        mark=mark(s.g, paragraph.label),
        label=_label_text(s, paragraph.label, order.written.chosen),
        order=order.id,
        order_name=order_name(s.authority, reader, order),
    )


def _task(s: Scene, reader: Reader, task: r.Task, order: Order, *, ended: bool = False) -> f.TaskRow:
    return f.TaskRow(
        id=task.id,
        unit=unit_name(s, reader, task.unit),
        verb=task.verb,
        what=task.what,
        why=task.why,
        start_ms=task.start_ms,
        until_ms=task.until_ms,
        trigger=task.trigger,
        place=task.place,
        lat=task.lat,
        lon=task.lon,
        coord_with=[unit_name(s, reader, one) for one in task.coord_with],
        reports=list(task.reports),
        mark=mark(s.g, task.label),
        label=_label_text(s, task.label, order.written.chosen),
        order=order.id,
        order_name=order_name(s.authority, reader, order),
        ended=ended,
    )


def _annex(s: Scene, reader: Reader, annex: Annex) -> AnnexRow:
    order, kind = s.orders.orders[annex.order], tables.annexes().get(annex.letter, {})
    return AnnexRow(
        id=annex.id,
        letter=annex.letter,
        kind=kind.get("en", ""),
        kind_ja=kind.get("ja", ""),
        title=annex.title,
        text=annex.text,
        files=s.files.rows(s.g, reader, annex.files),
        ends=annex.ends,
        mark=mark(s.g, annex.label),
        label=_label_text(s, annex.chosen, order.written.chosen),
        order=order.id,
        order_name=order_name(s.authority, reader, order),
        version=annex.version,
    )


def _form(s: Scene, order: Order) -> dict[str, Any]:
    """Return an order as a form says it: what an editor begins with."""
    written, chosen = order.written, order.written.chosen
    facts = msgspec.to_builtins(written)
    for name in ("unit", "chosen"):
        del facts[name]
    for name, parts in (("paragraphs", written.paragraphs), ("tasks", written.tasks)):
        facts[name] = [{**msgspec.to_builtins(part), "label": _label_text(s, part.label, chosen)} for part in parts]
    facts |= {"precedence": order.precedence, "label": _label_text(s, chosen, s.g.label), "version": order.version}
    return dict(facts)


# -- addressees


Posts = dict[str, list[Appointment]]  # appointments by the unit that they speak for


def posts(s: Scene, actor: Session) -> Posts:
    """Return the appointments of each unit, as far as the reader may see them."""
    found: Posts = {}
    for appointment in s.g.directory.appointments.values():
        if s.sees(actor, appointment.label):
            found.setdefault(unit_of(s, appointment.id), []).append(appointment)
    return found


def people(
    s: Scene, actor: Session, label: Label | None, of: Iterable[Appointment], steps: Iterable[Step], online: Online
) -> list[f.DeviceRow]:
    """Return how it stands with each of some appointments' people whom the reader may see."""
    found = list[f.DeviceRow]()
    steps = tuple(steps)
    for appointment in of:
        for person_id in s.g.directory.assignments.get(appointment.id, {}):
            person = s.g.directory.persons.get(person_id)
            if person is None or not s.sees(actor, person.label):
                continue
            if s.g.directory.standing(person_id, appointment.id, s.g.now_ms):
                continue
            state, rule = "away", ""
            reader = s.g.directory.reader(person_id, appointment.id, s.g.now_ms)
            if not s.g.door.may_see(reader, label, s.g.now_ms):
                state, rule = "withheld", s.g.door.explain(reader, label, s.g.now_ms).rule
            else:
                here = ["online"] if online(actor.reader, person_id, appointment.id) else []
                theirs = (one.what for one in steps if (one.person, one.appointment) == (person_id, appointment.id))
                ranked = [one for one in (*here, *theirs) if one in _DEVICE_RANK]
                state = max(ranked, key=_DEVICE_RANK.index, default="away")
            who = signed_by(s.g, actor.reader, appointment.id, person_id)
            found.append(f.DeviceRow(who=who, state=state, rule=rule))  # type: ignore[arg-type] # one of _DEVICE_RANK
    return found


def addressee_row(
    s: Scene, actor: Session, order: Order, addressee: Addressee, of: Posts, online: Online
) -> f.AddresseeRow:
    """Return how it stands with an addressee."""
    g, reader = s.g, actor.reader
    shown = msgspec.structs.replace(addressee, steps=seen(addressee.steps, g.door, reader, g.now_ms))
    steps = shown.steps
    state = reached(shown, steps)
    last = next((step for step in reversed(steps) if step.what == state), None)
    told = next((step for step in reversed(current(shown)) if step.what == "escalated"), None)
    own = unit_of(s, actor.appointment)
    concerned = bool(own) and own in (order.written.unit, shown.recipient)
    return f.AddresseeRow(
        id=shown.id,
        unit=unit_name(s, reader, shown.unit),
        role=shown.role,
        phase=shown.phase,
        refer_to=unit_name(s, reader, shown.refer_to) if shown.refer_to else None,
        rule=shown.rule if concerned else "",
        tasks=list(shown.tasks),
        reached=state,
        by=signed_by(g, reader, last.appointment, last.person) if last else None,
        at_ms=last.at_ms if last else 0,
        note=last.note if last else "",
        due_ms=answers.due_ms(order, shown) if shown.role != "info" else 0,
        late=answers.late(order, shown, g.now_ms),
        escalated_to=signed_by(g, reader, told.appointment, "") if told else None,
        steps=[_step(s, reader, step) for step in steps],
        people=people(s, actor, order.label, of.get(shown.recipient, ()), current(shown), online) if concerned else [],
        actions=answers.ways(s, actor, order, addressee),
    )


def _step(s: Scene, reader: Reader, step: Step) -> f.StepRow:
    return f.StepRow(
        what=step.what,
        at_ms=step.at_ms,
        who=signed_by(s.g, reader, step.appointment, step.person),
        way=step.way or ("tak" if step.client else ""),
        note=step.note,
        due_ms=step.due_ms,
        mark=mark(s.g, step.label),
    )


def addressee(s: Scene, actor: Session, addressee_id: str, online: Online) -> f.AddresseeRow:
    """Return an addressee of an order that is there for the reader."""
    order, one = addressee_seen(s, actor, addressee_id)
    return addressee_row(s, actor, order, one, posts(s, actor), online)


# -- one order


def body(s: Scene, actor: Session, order_id: str, online: Online) -> f.OrderBody:
    """Return all of an order."""
    g, reader = s.g, actor.reader
    order = order_seen(s, actor, order_id)
    written = order.written

    def sees(label: Label | None) -> bool:
        return s.sees(actor, label)

    base = s.orders.orders.get(written.base) if written.base else None
    shown_base = base if base and s.sees(actor, base.label) else order
    text = in_force(s.orders, shown_base, sees, g.now_ms)
    annexes = annexes_seen(s, actor, order)
    annexes_now = annexes_in_force(s.orders, shown_base, sees, g.door.dominates, g.now_ms)
    after = s.orders.orders.get(order.superseded_by)
    of = posts(s, actor)
    return f.OrderBody(
        row=row(s, actor, order),
        form=_form(s, order) if "edit" in orders.may(s, actor, order) else {},
        mission=_mission_name(s, actor, written.mission),
        references=written.references,
        letter=written.letter,
        label=_label_text(s, order.label) if order.label else "",
        banner=banner(g, [order.label, *(one.label for one in (*annexes, *annexes_now))]),
        paragraphs=[_paragraph(s, reader, one, order) for one in written.paragraphs],
        tasks=[_task(s, reader, one, order) for one in written.tasks],
        in_force=[_paragraph(s, reader, one, s.orders.orders[source]) for source, one in text.paragraphs],
        tasks_in_force=[_task(s, reader, one, s.orders.orders[source]) for source, one in text.tasks],
        annexes=[_annex(s, reader, one) for one in annexes],
        annexes_in_force=[_annex(s, reader, one) for one in annexes_now],
        changes=[row(s, actor, one) for one in s.orders.changes_of(order.id) if s.sees(actor, one.label)],
        supersedes=[
            row(s, actor, s.orders.orders[one])
            for one in written.supersedes
            if s.sees(actor, s.orders.orders[one].label)
        ],
        superseded_by=after.id if after and s.sees(actor, after.label) else "",
        action=[unit_name(s, reader, one) for one in written.action],
        info=[unit_name(s, reader, one) for one in written.info],
        opinions=_opinions(s, actor, order),
        approved_by=signed_by(g, reader, order.approved_by, "") if order.approved_by else None,
        issued_by=signed_by(g, reader, order.issued_by, "") if order.issued_by else None,
        escalate_to=signed_by(g, reader, written.escalate_to, "") if written.escalate_to else None,
        note=order.note if order.note and s.sees(actor, order.note_label) else "",
        addressees=[addressee_row(s, actor, order, s.orders.addressees[one], of, online) for one in order.addressees],
        actions=orders.may(s, actor, order),
    )


def _mission_name(s: Scene, actor: Session, mission_id: str) -> f.MissionName | None:
    mission = s.orders.missions.get(mission_id)
    if mission is None or not s.sees(actor, mission.label):
        return None
    return f.MissionName(id=mission_id, title=mission.written.title, title_ja=mission.written.title_ja)


def _opinions(s: Scene, actor: Session, order: Order) -> list[f.OpinionRow]:
    said = {one.office: one for one in order.opinions if s.sees(actor, one.label)}
    found = list[f.OpinionRow]()
    for office in order.offices:
        one = said.get(office)
        who = signed_by(s.g, actor.reader, one.appointment, one.person) if one else _unsigned()
        found.append(
            f.OpinionRow(
                office=office,
                state="asked" if one is None else "concurs" if one.concurs else "objects",
                note=one.note if one else "",
                at_ms=one.at_ms if one else 0,
                who=who,
            )
        )
    return found


def _unsigned() -> Signed:
    return Signed(appointment="", title="", title_ja="", person=None)


def look(s: Scene, actor: Session, order_id: str, online: Online) -> f.Look:
    """Return what issuing an order now would do: who gets it as what, who would have to decide, who is away."""
    order = order_seen(s, actor, order_id)
    effective_ms = orders.effective(s, order)
    _, _, serial = orders.numbered(s, order)
    numbered = msgspec.structs.replace(order, serial=serial)
    found, of = list[f.LookRow](), posts(s, actor)
    annexes = annexes_seen(s, actor, order)
    for one in orders.reach(s, actor, order, effective_ms):
        recipient = one.refer_to or one.unit
        found.append(
            f.LookRow(
                unit=unit_name(s, actor.reader, one.unit),
                role=one.role,
                refer_to=unit_name(s, actor.reader, one.refer_to) if one.refer_to else None,
                rule=one.rule,
                tasks=list(one.tasks),
                people=people(s, actor, order.label, of.get(recipient, ()), (), online),
            )
        )
    return f.Look(
        name=order_name(s.authority, actor.reader, numbered),
        banner=banner(s.g, [order.label, *(one.label for one in annexes)]),
        effective_ms=effective_ms,
        annexes=[_annex(s, actor.reader, one) for one in annexes],
        addressees=found,
    )


# -- choices and missions


def choices(s: Scene, actor: Session) -> f.OrderChoices:
    """Return what forms offer to the reader."""
    own = unit_name(s, actor.reader, unit_of(s, actor.appointment))
    return f.OrderChoices(
        unit=own if own.id else None,
        units=[
            f.UnitName(id=one.id, name=one.name, name_ja=one.name_ja, short=one.short)
            for one in s.authority.units(actor.reader)
        ],
        verbs=list(tables.verbs()),
        annexes=[
            AnnexKind(letter=letter, kind=kind["en"], kind_ja=kind["ja"]) for letter, kind in tables.annexes().items()
        ],
        norms=[f.Norm(precedence=name, minutes=minutes) for name, minutes in tables.norms().items()],
        appointments=[
            f.AppointmentName(id=one.id, title=one.title, title_ja=one.title_ja)
            for one in (posts(s, actor).get(own.id, ()) if own.id and PLAN in actor.permissions else ())
        ],
        may_plan=bool(own.id) and PLAN in actor.permissions,
        may_command=bool(own.id) and COMMAND in actor.permissions,
    )


def mission_row(s: Scene, actor: Session, mission: Mission) -> f.MissionRow:
    """Return a mission."""
    written = mission.written
    return f.MissionRow(
        id=mission.id,
        title=written.title,
        title_ja=written.title_ja,
        text=written.text,
        unit=unit_name(s, actor.reader, written.unit),
        given_by=unit_name(s, actor.reader, written.given_by) if written.given_by else None,
        order_ref=written.order_ref,
        from_ms=written.from_ms,
        until_ms=written.until_ms,
        ended_ms=mission.ended_ms,
        reason=mission.reason,
        mark=mark(s.g, mission.label),
        label=_label_text(s, mission.label, s.g.label) if mission.label else "",
        version=mission.version,
    )


def mission(s: Scene, actor: Session, mission_id: str) -> f.MissionRow:
    """Return a mission that is there for the reader."""
    return mission_row(s, actor, mission_seen(s, actor, mission_id))


def missions(s: Scene, actor: Session) -> list[f.MissionRow]:
    """Return the missions that are there for the reader, the latest first."""
    there = [one for one in s.orders.missions.values() if s.sees(actor, one.label)]
    there.sort(key=lambda one: one.written.from_ms, reverse=True)
    return [mission_row(s, actor, one) for one in there[: f.ROWS_MAX]]
