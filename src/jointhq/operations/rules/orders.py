"""Who may draft, staff, approve, issue and end an order.

Owns: these rules, as pure functions from what is known and who asks to drafts or a refusal with its code.
Doesn't own: answers of addressees (`operations.rules.answers`), the structure (`operations.authority`).

An order is written in the name of the unit of its author's appointment, and by that unit's people alone. It reaches a
unit as an order only if authority to assign tasks reaches there when each of its tasks begins (rule R5); what is beyond
that goes out as a request, to whose authority does. What was issued is never edited.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from jointhq.base.errors import BadInput, Refusal
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Body
from jointhq.operations import numbers, tables
from jointhq.operations.authority import ASSIGN_TASK
from jointhq.operations.forms import orders as f
from jointhq.operations.ground import few, need, room, signed
from jointhq.operations.records import orders as r
from jointhq.operations.rules.scene import (
    Scene,
    annexes_seen,
    mission_seen,
    order_seen,
    own_unit,
    unchanged,
    unit_of,
    unit_seen,
)
from jointhq.operations.views.orders import LIVE, OPEN_DRAFTS, Order
from jointhq.people.directory import COMMAND, PLAN, Session
from jointhq.release.label import NOBODY, Label

ORDERS_MAX: Final = 20_000  # held in memory with their addressees, some 20 KiB each at the most
DRAFTS_MAX: Final = 500  # open at one time


# -- drafting


def draft(s: Scene, actor: Session, order_id: str, form: f.OrderForm) -> Outcome:
    """Draft an order in the name of one's own unit."""
    need(actor, PLAN)
    room(len(s.orders.orders), ORDERS_MAX)
    drafts = (one.label for one in s.orders.orders.values() if one.state in OPEN_DRAFTS)
    few(s.g, actor, drafts, DRAFTS_MAX, "no more drafts fit; withdraw some")
    text, label = _text(s, actor, form, order_id)
    body = r.OrderDrafted(**msgspec.structs.asdict(text))
    return Outcome([signed(s.g, actor, order_id, body, label, precedence=form.precedence)], _relied(text))


def edit(s: Scene, actor: Session, order_id: str, form: f.OrderForm) -> Outcome:
    """Change a draft, whole."""
    order = draft_of(s, actor, order_id)
    unchanged(order, form.version)
    text, label = _text(s, actor, form, order_id)
    body = r.OrderEdited(**msgspec.structs.asdict(text))
    return Outcome([signed(s.g, actor, order_id, body, label, precedence=form.precedence)], _relied(text))


def draft_of(s: Scene, actor: Session, order_id: str) -> Order:
    """Return a draft that the asker may edit."""
    order = _own(s, actor, order_id, PLAN)
    _in_state(order, "draft")
    return order


def _relied(text: r.OrderText) -> tuple[str, ...]:
    return tuple(one for one in (text.base, text.mission, *text.supersedes) if one)


def _own(s: Scene, actor: Session, order_id: str, *permissions: str) -> Order:
    """Return an order of the asker's own unit, for one who has one of the permissions."""
    order = order_seen(s, actor, order_id)
    if actor.permissions.isdisjoint(permissions):
        raise Refusal("not_permitted", f"this needs an appointment with {' or '.join(permissions)}", 403)
    if own_unit(s, actor).id != order.written.unit:
        raise Refusal("not_your_unit", "this order is another unit's; ask there", 403)
    return order


def _in_state(order: Order, *states: str) -> None:
    if order.state not in states:
        raise Refusal("order_state", f"this order is {order.state}; that can't be done with it now", state=order.state)


def _text(s: Scene, actor: Session, form: f.OrderForm, order_id: str) -> tuple[r.OrderText, Label]:
    """Return what a form says, checked, and what its parts are labelled with together."""
    unit = own_unit(s, actor)
    chosen = _label(s, form.label, s.g.label)
    parts: list[Label | None] = [chosen, unit.label]
    names = [one.name for one in form.paragraphs]
    if len(set(names)) < len(names):
        raise Refusal("paragraph_twice", "each of the five paragraphs stands in an order once", 400)
    paragraphs = tuple(
        r.Paragraph(name=one.name, text=one.text.strip(), label=_label(s, one.label, chosen))
        for one in sorted(form.paragraphs, key=lambda one: r.PARAGRAPHS.index(one.name))
        if one.text.strip()
    )
    tasks = tuple(_task(s, one, order_id, i, chosen) for i, one in enumerate(form.tasks))
    if len({task.id for task in tasks}) < len(tasks):
        raise Refusal("task_twice", "two tasks have one id", 400)
    parts += [*(one.label for one in paragraphs), *(one.label for one in tasks)]
    action = tuple(dict.fromkeys((*(task.unit for task in tasks), *form.action)))
    info = tuple(one for one in dict.fromkeys(form.info) if one not in action)
    for one in (*action, *info, *(other for task in tasks for other in task.coord_with)):
        parts.append(unit_seen(s, actor, one).label)
    if len(action) + len(info) > f.UNITS_MAX:
        raise Refusal("too_many", f"an order addresses {f.UNITS_MAX} units at most", 400, max=f.UNITS_MAX)
    if form.mission:
        parts.append(mission_seen(s, actor, form.mission).label)
    for old in form.supersedes:
        parts.append(_superseded(s, actor, old, unit.id, order_id).label)
    parts += _base(s, actor, form, unit.id)
    if form.escalate_to:
        appointment = s.g.directory.appointments.get(form.escalate_to)
        there = appointment is not None and s.sees(actor, appointment.label)
        if not there or unit_of(s, form.escalate_to) != unit.id:
            raise Refusal("appointment_unknown", "no such appointment in your unit; choose another to escalate to", 400)
    text = r.OrderText(
        type=form.type,
        title=form.title.strip(),
        title_ja=form.title_ja.strip(),
        unit=unit.id,
        mission=form.mission,
        base=form.base,
        supersedes=tuple(dict.fromkeys(form.supersedes)),
        references=form.references.strip(),
        letter=form.letter,
        effective_ms=form.effective_ms,
        paragraphs=paragraphs,
        tasks=tasks,
        ends_tasks=tuple(dict.fromkeys(form.ends_tasks)),
        action=tuple(dict.fromkeys(form.action)),
        info=info,
        escalate_to=form.escalate_to,
        chosen=chosen,
    )
    return text, _whole(s, actor, parts)


def _label(s: Scene, text: str, default: Label) -> Label:
    try:
        return s.g.door.parse(text) if text.strip() else default
    except BadInput as error:
        raise Refusal("label_unknown", str(error), 400) from None


def _whole(s: Scene, actor: Session, parts: Iterable[Label | None]) -> Label:
    label = s.g.door.merge(parts)
    if label is None or NOBODY in label.groups or not s.sees(actor, label):
        raise Refusal("label_above_you", "together these parts would be hidden from you; choose other labels", 403)
    return label


def _task(s: Scene, form: f.TaskForm, order_id: str, place: int, chosen: Label) -> r.Task:
    if form.verb not in tables.verbs():
        raise Refusal("verb_unknown", f"{form.verb!r} is no verb of a task", 400, verb=form.verb)
    if (form.lat is None) != (form.lon is None):
        raise Refusal("place_half", "a place has a latitude and a longitude", 400)
    if form.start_ms is not None and form.until_ms is not None and form.until_ms < form.start_ms:
        raise Refusal("dates", "a task can't end before it begins", 400)
    return r.Task(
        id=form.id or numbers.derived(order_id, str(place), str(s.g.now_ms)),
        unit=form.unit,
        verb=form.verb,
        what=form.what.strip(),
        why=form.why.strip(),
        start_ms=form.start_ms,
        until_ms=form.until_ms,
        trigger=form.trigger.strip(),
        place=form.place.strip(),
        lat=form.lat,
        lon=form.lon,
        coord_with=tuple(one for one in dict.fromkeys(form.coord_with) if one != form.unit),
        reports=tuple(one.strip() for one in form.reports if one.strip()),
        label=_label(s, form.label, chosen),
    )


def _superseded(s: Scene, actor: Session, old_id: str, unit: str, order_id: str) -> Order:
    old = order_seen(s, actor, old_id)
    if old.written.unit != unit or not old.live or old.id == order_id:
        raise Refusal("supersedes", "an order takes the place of one of its own unit that is in force", 400)
    return old


def _base(s: Scene, actor: Session, form: f.OrderForm, unit: str) -> list[Label | None]:
    """Check what a FRAGORD changes; return the label of its base."""
    if form.type != "FRAGORD":
        if form.base or form.ends_tasks:
            raise Refusal("base", "only a FRAGORD changes another order", 400)
        return []
    if not form.base:
        raise Refusal("base", "a FRAGORD names the order that it changes", 400)
    base = order_seen(s, actor, form.base)
    if base.written.unit != unit or not base.live or base.written.type == "FRAGORD":
        raise Refusal("base", "a FRAGORD changes an order of its own unit that was issued and has not ended", 400)
    there = {
        task.id: task.unit
        for order in (base, *s.orders.changes_of(base.id))
        for task in order.written.tasks
        if s.sees(actor, order.label)
    }
    if not there.keys() >= set(form.ends_tasks):
        raise Refusal("task_unknown", "a task to end is none of that order's", 400)
    addressed_ = {*form.action, *(task.unit for task in form.tasks)}
    silent = {there[task] for task in form.ends_tasks} - addressed_
    names = sorted(one.short or one.name for unit in silent if (one := s.authority.unit(actor.reader, unit)))
    if silent:
        raise Refusal(
            "unit_not_addressed",
            f"who loses a task must hear of it: address {', '.join(names) or 'its unit'}, to act",
            400,
            units=names,
        )
    return [base.label]


def withdraw(s: Scene, actor: Session, order_id: str, form: f.ReasonForm) -> Outcome:
    """Let a draft come to nothing."""
    order = _own(s, actor, order_id, PLAN, COMMAND)
    unchanged(order, form.version)
    _in_state(order, *OPEN_DRAFTS)
    return _one(s, actor, order, r.OrderWithdrawn(reason=form.reason))


def _one(s: Scene, actor: Session, order: Order, body: Body) -> Outcome:
    return Outcome([signed(s.g, actor, order.id, body, known(order.label, s), precedence=order.precedence)])


def known(label: Label | None, s: Scene) -> Label:
    """Return a label to write with; one whose marks we don't know makes what nobody may see."""
    return label or msgspec.structs.replace(s.g.label, groups=(NOBODY,))


# -- staffing


def submit(s: Scene, actor: Session, order_id: str, form: f.SubmitForm) -> Outcome:
    """Ask offices whether they concur; with none asked it may be approved at once."""
    order = draft_of(s, actor, order_id)
    unchanged(order, form.version)
    written = order.written
    if not addressed(order):
        raise Refusal("no_addressee", "an order addresses somebody: give a unit a task, or inform one", 400)
    changes = (written.paragraphs, written.tasks, written.ends_tasks, annexes_seen(s, actor, order))
    if written.type == "FRAGORD" and not any(changes):
        raise Refusal("changes_nothing", "this FRAGORD changes nothing: write what is different", 400)
    if written.type == "OPORD" and not any(one.name == "mission" for one in written.paragraphs):
        raise Refusal("no_mission", "an OPORD says in its second paragraph what the mission is", 400)
    offices = tuple(dict.fromkeys(one.strip() for one in form.offices if one.strip()))
    return _one(s, actor, order, r.OrderSubmitted(offices=offices))


def addressed(order: Order) -> list[str]:
    """Return the units that act, then those that are informed."""
    written = order.written
    return list(dict.fromkeys((*(task.unit for task in written.tasks), *written.action, *written.info)))


def concur(s: Scene, actor: Session, order_id: str, form: f.OpinionForm) -> Outcome:
    """Concur for an office."""
    order = _asked(s, actor, order_id, form)
    return _one(s, actor, order, r.OrderConcurred(office=form.office, note=form.note.strip()))


def object_to(s: Scene, actor: Session, order_id: str, form: f.OpinionForm) -> Outcome:
    """Not concur for an office, with the reason."""
    order = _asked(s, actor, order_id, form)
    if not form.note.strip():
        raise Refusal("reason_missing", "an office that does not concur says why", 400)
    return _one(s, actor, order, r.OrderNotConcurred(office=form.office, note=form.note.strip()))


def _asked(s: Scene, actor: Session, order_id: str, form: f.OpinionForm) -> Order:
    order = _own(s, actor, order_id, COMMAND)
    unchanged(order, form.version)
    _in_state(order, "staffing")
    if form.office not in order.offices:
        raise Refusal("office_not_asked", "this office was not asked", 400)
    return order


def return_(s: Scene, actor: Session, order_id: str, form: f.NoteForm) -> Outcome:
    """Give it back to be changed; what offices said goes with the text it was said of."""
    order = _own(s, actor, order_id, PLAN, COMMAND)
    unchanged(order, form.version)
    _in_state(order, "staffing", "approved")
    return _one(s, actor, order, r.OrderReturned(note=form.note.strip()))


def approve(s: Scene, actor: Session, order_id: str, form: f.NoteForm) -> Outcome:
    """Approve what another wrote: every office has said something, and an objection is answered by a note."""
    order = _own(s, actor, order_id, COMMAND)
    unchanged(order, form.version)
    _in_state(order, "staffing")
    if order.written_by == actor.person:
        raise Refusal("own_work", "who wrote it last doesn't approve it; ask another")
    said = {one.office: one.concurs for one in order.opinions}
    waiting = [office for office in order.offices if office not in said]
    if waiting:
        raise Refusal("staffing_open", f"{', '.join(waiting)} have not answered yet", offices=waiting)
    if not all(said.values()) and not form.note.strip():
        against = [office for office in order.offices if not said[office]]
        raise Refusal("objection", f"{', '.join(against)} do not concur; say why you approve", offices=against)
    return _one(s, actor, order, r.OrderApproved(note=form.note.strip()))


# -- issuing


def issue(s: Scene, actor: Session, order_id: str, form: f.VersionForm) -> Outcome:
    """Issue an approved order, once: it takes the next number, and each unit gets what authority reaches."""
    order = _own(s, actor, order_id, COMMAND)
    unchanged(order, form.version)
    _in_state(order, "approved")
    written = order.written
    if written.base:
        base = order_seen(s, actor, written.base)
        if not base.live:
            raise Refusal("base", "the order that this FRAGORD changes has ended; return it")
    for old in written.supersedes:
        _superseded(s, actor, old, written.unit, order.id)
    effective_ms = effective(s, order)
    series, number, serial = numbered(s, order)
    issued = r.OrderIssued(
        name=serial, series=series, number=number, addressees=tuple(reach(s, actor, order, effective_ms))
    )
    drafts = [
        signed(
            s.g,
            actor,
            order.id,
            issued,
            known(order.label, s),
            effective_ms=effective_ms,
            precedence=order.precedence,
            record_id=numbers.record_id(series, number),
        )
    ]
    for old in written.supersedes:
        drafts += _with_changes(s, actor, s.orders.orders[old], r.OrderSuperseded()).drafts
    return Outcome(drafts, _relied(written))


def effective(s: Scene, order: Order) -> int:
    """Return when an order that is issued now takes effect: never before it is issued."""
    return max(order.written.effective_ms or 0, s.g.now_ms)


def numbered(s: Scene, order: Order) -> tuple[str, int, str]:
    """Return the series, the next number in it, and what an order that takes it is called.

    FRAGORDs are numbered by their base, all others by unit, type and year.
    """
    written = order.written
    year = datetime.fromtimestamp(s.g.now_ms / 1000, UTC).year
    of = written.base or f"{written.unit} {year}"
    series = numbers.series(f"{written.type} {of}", known(order.label, s), exercise=order.exercise)
    number = s.orders.numbers.get(series, 0) + 1
    base = s.orders.orders[written.base].serial if written.base else ""
    return series, number, f"{written.type} {number} to {base}" if base else f"{written.type} {number}/{year % 100:02d}"


def reach(s: Scene, actor: Session, order: Order, effective_ms: int) -> list[r.Addressed]:
    """Return each unit in the role that authority gives it; one may get some tasks as an order, others as requests."""
    written, found = order.written, list[r.Addressed]()
    for unit in addressed(order):
        tasks = [task for task in written.tasks if task.unit == unit]
        if unit in written.info and not tasks:
            found.append(_addressed(order, unit, "info"))
            continue
        roles: dict[tuple[r.Role, str, str], list[str]] = {}
        starts = [(task.id, max(task.start_ms or effective_ms, effective_ms)) for task in tasks]
        for task_id, at_ms in starts or [("", effective_ms)]:
            roles.setdefault(_role(s, actor, written.unit, unit, at_ms), []).append(task_id)
        ordered: dict[tuple[r.Role, str], r.Addressed] = {}
        for (role, refer_to, rule), ids in roles.items():
            key = (role, refer_to)
            before = ordered.get(key)
            there = (*(before.tasks if before else ()), *(one for one in ids if one))
            ordered[key] = msgspec.structs.replace(before or _addressed(order, unit, role, refer_to, rule), tasks=there)
        found += ordered.values()
    return found


def _addressed(order: Order, unit: str, role: r.Role, refer_to: str = "", rule: str = "") -> r.Addressed:
    one = numbers.derived(order.id, unit, role, refer_to)
    return r.Addressed(id=one, unit=unit, role=role, refer_to=refer_to, rule=rule)


def _role(s: Scene, actor: Session, superior: str, unit: str, at_ms: int) -> tuple[r.Role, str, str]:
    if unit == superior:
        return "order", "", "own"
    verdict = s.authority.may(actor.reader, superior, unit, ASSIGN_TASK, at_ms)
    if verdict.allowed:
        return "order", "", verdict.rule
    return "request", verdict.refer_to or unit, verdict.rule or "R5"


# -- ending


def cancel(s: Scene, actor: Session, order_id: str, form: f.ReasonForm) -> Outcome:
    """Cancel what was issued, with all its changes."""
    order = _own(s, actor, order_id, COMMAND)
    unchanged(order, form.version)
    _in_state(order, *LIVE)
    return _with_changes(s, actor, order, r.OrderCancelled(reason=form.reason))


def complete(s: Scene, actor: Session, order_id: str, form: f.NoteForm) -> Outcome:
    """Say that what was ordered is done."""
    order = _own(s, actor, order_id, COMMAND)
    unchanged(order, form.version)
    _in_state(order, *LIVE)
    return _with_changes(s, actor, order, r.OrderCompleted(note=form.note.strip()))


def _with_changes(s: Scene, actor: Session, order: Order, body: Body) -> Outcome:
    """End an order and its changes: one that changes nothing is none."""
    ends = [order, *(one for one in s.orders.changes_of(order.id) if one.live)]
    return Outcome([draft for one in ends for draft in _one(s, actor, one, body).drafts])


def may(s: Scene, actor: Session, order: Order) -> list[str]:
    """Return what the asker may do with an order now, for the page."""
    if not actor.appointment or unit_of(s, actor.appointment) != order.written.unit:
        return []
    plan, command = PLAN in actor.permissions, COMMAND in actor.permissions
    said = {one.office for one in order.opinions}
    open_ = [office for office in order.offices if office not in said]
    ways = {
        "edit": order.state == "draft" and plan,
        "submit": order.state == "draft" and plan,
        "concur": order.state == "staffing" and command and bool(order.offices),
        "approve": order.state == "staffing" and command and not open_ and order.written_by != actor.person,
        "return": order.state in ("staffing", "approved") and (plan or command),
        "issue": order.state == "approved" and command,
        "withdraw": order.state in OPEN_DRAFTS and (plan or command),
        "change": order.live and order.written.type != "FRAGORD" and plan,
        "complete": order.live and command,
        "cancel": order.live and command,
    }
    return [way for way, open_to in ways.items() if open_to]


def waits(s: Scene, actor: Session, order: Order) -> f.Waits:
    """Return what an order that isn't issued yet waits for of the asker, "" for nothing."""
    ways, said = may(s, actor, order), {one.office for one in order.opinions}
    if "concur" in ways and not said.issuperset(order.offices):
        return "concur"
    return "approve" if "approve" in ways else "issue" if "issue" in ways else ""
