"""CCIR and their hits as pages show them.

Owns: the rows, everything asked for at the door; which hits wait for whom. Doesn't own: the projection
(`operations.views.ccirbook`), what somebody may do (`operations.rules.ccir`).

Counts are of what the reader may see; an appointment whose name he may not see isn't in a list.
"""

from collections.abc import Iterable
from typing import Final

from jointhq.base.errors import BadInput, Refusal
from jointhq.operations import tables
from jointhq.operations.forms import ccir as f
from jointhq.operations.forms.log import AnsweredRow
from jointhq.operations.forms.orders import AppointmentName, UnitName
from jointhq.operations.rules import ccir as rules
from jointhq.operations.rules.requirements import Scene, appointments, entry, reads, units_with_people
from jointhq.operations.rules.scene import unit_of
from jointhq.operations.views.board import unit_name
from jointhq.operations.views.ccirbook import LIVE, Ccir, Hit
from jointhq.operations.views.log import correction_of
from jointhq.operations.views.logbook import Written
from jointhq.operations.views.names import banner, mark, named, signed_by
from jointhq.people.directory import COMMAND, LOG, PLAN, Session
from jointhq.release.label import Label

HITS_MAX: Final = 100  # of one answer: the latest


def called(s: Scene, actor: Session, appointment_id: str) -> AppointmentName | None:
    """Return an appointment's name; None where the reader may not see it."""
    one = s.g.directory.appointments.get(appointment_id)
    if one is None or not s.sees(actor, one.label):
        return None
    return AppointmentName(id=one.id, title=one.title, title_ja=one.title_ja)


def ccir_name(s: Scene, actor: Session, ccir: Ccir) -> str:
    """Return what one is called; "" for a draft."""
    return named(s.authority, actor.reader, ccir.written.unit, ccir.serial)


def page(s: Scene, actor: Session) -> f.CcirPage:
    """Return those that are there for the reader, the open ones first, and the hits that wait for him."""
    there = [one for one in s.ccirs.ccirs.values() if s.sees(actor, one.label)]
    order = ("in_force", "draft", "answered", "ended")
    there.sort(key=lambda one: (order.index(one.state), -one.drafted_ms))
    there = there[: f.ROWS_MAX]
    open_ = (hit_row(s, actor, one) for one in s.ccirs.open_hits() if s.sees(actor, one.label))
    hits = [one for one in open_ if one.mine or one.told]
    hits.sort(key=lambda one: one.at_ms, reverse=True)
    return f.CcirPage(
        rows=[row(s, actor, one) for one in there], hits=hits[:HITS_MAX], banner=banner(s.g, [o.label for o in there])
    )


def row(s: Scene, actor: Session, ccir: Ccir) -> f.CcirRow:
    """Return one of the list."""
    written, hits = ccir.written, [one for one in rules.hits_seen(s, actor, ccir.id) if not one.struck_ms]
    ways = rules.ways(s, actor, ccir)
    late = ccir.late(s.g.now_ms)
    return f.CcirRow(
        id=ccir.id,
        version=ccir.version,
        type=written.type,
        name=ccir_name(s, actor, ccir),
        text=written.text,
        text_ja=written.text_ja,
        decision=written.decision,
        unit=unit_name(s, actor.reader, written.unit),
        owner=called(s, actor, written.owner),
        state=ccir.state,
        ltiov_ms=written.ltiov_ms,
        late=late,
        mark=mark(s.g, ccir.label),
        hits=len(hits),
        open_notices=sum(bool(called(s, actor, two.appointment)) for one in hits for two in one.silent)
        if ccir.state in LIVE
        else 0,
        last_hit_ms=max((one.at_ms for one in hits), default=0),
        mine="approve" in ways or (late and actor.appointment == written.owner),
        exercise=ccir.exercise,
    )


def body(s: Scene, actor: Session, ccir_id: str) -> f.CcirBody:
    """Return all of one that is there for the reader."""
    ccir = rules.seen(s, actor, ccir_id)
    written, reader = ccir.written, actor.reader
    old = s.ccirs.ccirs.get(written.replaces)
    new = s.ccirs.ccirs.get(ccir.replaced_by)
    hits = rules.hits_seen(s, actor, ccir_id)[::-1][:HITS_MAX]
    return f.CcirBody(
        row=row(s, actor, ccir),
        indicators=list(written.indicators),
        notify=_called(s, actor, written.notify),
        silence_minutes=written.silence_minutes,
        replaces=old.id if old and s.sees(actor, old.label) else "",
        replaces_name=ccir_name(s, actor, old) if old and s.sees(actor, old.label) else "",
        replaced_by=new.id if new and s.sees(actor, new.label) else "",
        label=_label_text(s, ccir.label),
        banner=banner(s.g, [ccir.label, *(one.label for one in hits)]),
        hits=[hit_row(s, actor, one) for one in hits],
        steps=[
            f.CcirStepRow(
                what=one.what,
                at_ms=one.at_ms,
                who=signed_by(s.g, reader, one.appointment, one.person),
                note=one.note,
            )
            for one in ccir.steps
        ],
        actions=rules.ways(s, actor, ccir),
    )


def _label_text(s: Scene, label: Label | None) -> str:
    try:
        return "" if label is None or label == s.g.label else s.g.door.banner(label)
    except BadInput:
        return ""


def _called(s: Scene, actor: Session, ids: Iterable[str]) -> list[AppointmentName]:
    return [name for one in ids if (name := called(s, actor, one))]


# -- hits


def hit_row(s: Scene, actor: Session, hit: Hit) -> f.HitRow:
    """Return a hit that is there for the reader."""
    g, reader, ccir = s.g, actor.reader, s.ccirs.ccirs[hit.ccir]
    line = s.log.entries.get(hit.entry)
    if line is not None and not s.sees(actor, line.label):
        line = None
    silent = not hit.struck_ms and ccir.state in LIVE
    notices, mine, told = list[f.NoticeRow](), False, False
    for one in hit.notices:
        waits = silent and not one.acknowledged_ms
        mine |= waits and one.appointment == actor.appointment
        told |= waits and bool(one.escalated_ms) and one.to == actor.appointment
        who = called(s, actor, one.appointment)
        if who is None:
            continue
        notices.append(
            f.NoticeRow(
                who=who,
                acknowledged_ms=one.acknowledged_ms,
                by=signed_by(g, reader, one.appointment, one.person) if one.acknowledged_ms else None,
                escalated_ms=one.escalated_ms,
                late=waits and (hit.due_ms <= g.now_ms or bool(one.escalated_ms)),
                withheld=waits and not reads(s, one.appointment, hit.label),
            )
        )
    return f.HitRow(
        id=hit.id,
        ccir=ccir.id if s.sees(actor, ccir.label) else "",
        name=ccir_name(s, actor, ccir) if s.sees(actor, ccir.label) else "",
        at_ms=hit.at_ms,
        due_ms=hit.due_ms,
        by=signed_by(g, reader, hit.appointment, hit.person),
        entry=line.id if line else "",
        text=line.body.text if line else "",
        entry_at_ms=line.at_ms if line else 0,
        corrected=bool(line and correction_of(g, reader, s.log, line)),
        mark=mark(g, hit.label),
        struck_ms=hit.struck_ms,
        struck_by=signed_by(g, reader, *hit.struck_by) if hit.struck_ms else None,
        reason=hit.reason,
        notices=notices,
        mine=mine,
        told=told,
        actions=rules.hit_ways(s, actor, hit),
    )


def answered(s: Scene, actor: Session, entry: Written, known_ms: int) -> list[tuple[AnsweredRow, Label | None]]:
    """Return the CCIR that an entry, or one that it corrects, answered at a moment, as far as the reader may know."""
    found = dict[str, tuple[AnsweredRow, Label | None]]()
    one: Written | None = entry
    while one is not None:
        for hit in s.ccirs.hits_on(one.id):
            ccir = s.ccirs.ccirs[hit.ccir]
            stands = hit.at_ms <= known_ms and not 0 < hit.struck_ms <= known_ms
            if stands and s.sees(actor, hit.label) and s.sees(actor, ccir.label):
                row = AnsweredRow(id=ccir.id, name=ccir_name(s, actor, ccir))
                found.setdefault(ccir.id, (row, s.g.door.merge([hit.label, ccir.label])))
        one = s.log.entries.get(getattr(one.body, "corrects", ""))
    return list(found.values())


def look(s: Scene, actor: Session, ccir_id: str, form: f.HitLookForm) -> f.CcirLook:
    """Return who would be told of a hit, and whether he would see it."""
    ccir = rules.seen(s, actor, ccir_id)
    if form.entry:
        own: Label | None = entry(s, actor, form.entry).label
    else:
        try:
            own = s.g.door.parse(form.label) if form.label.strip() else s.g.label
        except BadInput as error:
            raise Refusal("label_unknown", str(error), 400) from None
    label = s.g.door.merge([ccir.label, own])

    def reach(appointment_id: str) -> f.ReachRow | None:
        who = called(s, actor, appointment_id)
        return f.ReachRow(who=who, withheld=not reads(s, appointment_id, label)) if who else None

    return f.CcirLook(
        mark=mark(s.g, label),
        notify=[row for one in ccir.written.notify if (row := reach(one))],
        owner=reach(ccir.written.owner),
    )


def choices(s: Scene, actor: Session) -> f.Choices:
    """Return what the forms of CCIR and RFI offer to the reader."""
    unit: UnitName = unit_name(s, actor.reader, unit_of(s, actor.appointment))
    own = bool(unit.id)
    return f.Choices(
        unit=unit if own else None,
        appointments=_called(
            s, actor, (one.id for one in (appointments(s, actor, unit.id) if own and PLAN in actor.permissions else ()))
        ),
        units=[
            UnitName(id=one.id, name=one.name, name_ja=one.name_ja, short=one.short)
            for one in units_with_people(s, actor)
        ],
        precedences=list(tables.norms()),  # type: ignore[arg-type] # the table has these
        may_plan=own and PLAN in actor.permissions,
        may_command=own and COMMAND in actor.permissions,
        may_log=own and LOG in actor.permissions,
    )
