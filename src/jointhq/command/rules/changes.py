"""The life of a change of command: drafted, submitted, looked at by others, approved; withdrawn or taken back.

Owns: who may do what with a change, and what is written then.
Doesn't own: acts (`command.rules.acts`), what no structure may have (`command.rules.invariants`).

What moves authority is never one person's work: who approves it is another than who drafted it, and speaks for a unit
that holds what is given or taken. An office that objects is heard: over it only with a reason.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from jointhq.base.errors import NotVisible, Refusal
from jointhq.command import matrix
from jointhq.command import records as r
from jointhq.command.authority import commands
from jointhq.command.change import Change, Planned
from jointhq.command.forms import changes as f
from jointhq.command.ground import Ground
from jointhq.command.rules import acts, invariants, posts, reverse
from jointhq.command.rules.revision import drafts
from jointhq.command.snapshot import Fact, Snapshot
from jointhq.command.structure import UNWRITTEN
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Body, Draft
from jointhq.people.directory import COMMAND, PLAN, Session
from jointhq.release.label import NOBODY, Label

OPEN_MAX: Final = 500  # changes that are neither approved nor withdrawn; that one reader sees; more are no plan
_MOVES_AUTHORITY: Final = (
    r.RelationMade,
    r.RelationEnded,
    r.ResponsibilityGiven,
    r.ResponsibilityEnded,
    r.UnitEnded,
    r.AppointmentBound,
    r.LiaisonPosted,
    r.LiaisonEnded,
    r.SuccessionSet,
)


def need(actor: Session, permission: str) -> None:
    """Refuse who hasn't this permission now."""
    if permission not in actor.permissions:
        raise Refusal("not_permitted", f"this needs an appointment with {permission}", 403)


def seen(g: Ground, actor: Session, change_id: str) -> Change:
    """Return a change that is there for the asker; else NotVisible."""
    change = g.change(actor.reader, change_id)
    if change is None:
        raise NotVisible("no such change")
    return change


def _as_seen(change: Change, version: str) -> None:
    if change.version != version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")


def _in(change: Change, *states: str) -> None:
    if change.state not in states:
        raise Refusal("wrong_state", f"this change is {change.state}", state=change.state)


def _signed(g: Ground, actor: Session, change: Change, body: Body) -> Draft:
    label = change.label or msgspec.structs.replace(g.label, groups=(NOBODY,))
    return Draft(
        body=body,
        subject=change.id,
        label=label,
        appointment=actor.appointment,
        person=actor.person,
        exercise=g.exercise,
    )


# -- drafting


def draft(g: Ground, actor: Session, form: f.ChangeForm, change_id: str, new_id: Callable[[], str]) -> Outcome:
    """Draft a change."""
    need(actor, PLAN)
    open_ = (change.label for change in g.structure.changes.values() if change.state in ("draft", "submitted"))
    if sum(map(g.sees(actor.reader), open_)) >= OPEN_MAX:  # what is hidden takes nobody's room
        raise Refusal("too_many", f"{OPEN_MAX} open changes are as many as there can be", max=OPEN_MAX)
    return _revision(g, actor, form, change_id, None, new_id)


def edit(g: Ground, actor: Session, change_id: str, form: f.ChangeForm, new_id: Callable[[], str]) -> Outcome:
    """Write the draft anew, whole."""
    need(actor, PLAN)
    change = seen(g, actor, change_id)
    _as_seen(change, form.version)
    _in(change, "draft")
    return _revision(g, actor, form, change_id, change, new_id)


def _revision(
    g: Ground,
    actor: Session,
    form: f.ChangeForm,
    change_id: str,
    before: Change | None,
    new_id: Callable[[], str],
    reverses: str = "",
) -> Outcome:
    planned = acts.planned(g, actor, form, before, new_id)
    label = acts.label_of(g, actor, form.label, dict.fromkeys(one.label for phase in planned for one in phase))
    return _written(g, actor, _head(form, before, reverses), change_id, planned, label)


def _head(form: f.ChangeForm, before: Change | None, reverses: str) -> r.ChangeDrafted | r.ChangeEdited:
    _in_order([phase.at_ms for phase in form.phases])
    said: dict[str, Any] = {
        "revision": before.body.revision + 1 if before else 1,
        "title": form.title.strip(),
        "title_ja": form.title_ja.strip(),
        "purpose": form.purpose,
        "purpose_ja": form.purpose_ja,
        "phases": tuple(
            r.Phase(name=phase.name.strip(), name_ja=phase.name_ja.strip(), at_ms=phase.at_ms) for phase in form.phases
        ),
        "reverses": before.body.reverses if before else reverses,
    }
    return r.ChangeEdited(**said) if before else r.ChangeDrafted(**said)


def _written(
    g: Ground,
    actor: Session,
    head: r.ChangeDrafted | r.ChangeEdited,
    change_id: str,
    planned: list[list[Planned]],
    label: Label,
) -> Outcome:
    return Outcome(
        drafts(
            change_id,
            head,
            planned,
            label,
            appointment=actor.appointment,
            person=actor.person,
            exercise=g.exercise,
        )
    )


def _in_order(moments_ms: list[int]) -> None:
    """Refuse phases that come before the one before."""
    set_ones = [at_ms for at_ms in moments_ms if at_ms]
    if set_ones != sorted(set_ones):
        raise Refusal("phases_order", "each phase comes after the one before it", 400)


def submit(g: Ground, actor: Session, change_id: str, form: f.VersionForm) -> Outcome:
    """Give the draft to others to look at; it must be one that could be approved."""
    need(actor, PLAN)
    change = seen(g, actor, change_id)
    _as_seen(change, form.version)
    _in(change, "draft")
    if not any(change.acts):
        raise Refusal("nothing_changed", "this change does nothing yet")
    _possible(g, actor, change, ())
    return Outcome([_signed(g, actor, change, r.ChangeSubmitted())])


def withdraw(g: Ground, actor: Session, change_id: str, form: f.VersionForm) -> Outcome:
    """Let a change go that nobody approved."""
    need(actor, PLAN)
    change = seen(g, actor, change_id)
    _as_seen(change, form.version)
    _in(change, "draft", "submitted")
    return Outcome([_signed(g, actor, change, r.ChangeWithdrawn(note=form.note))])


# -- others look at it


def opine(g: Ground, actor: Session, change_id: str, form: f.OpinionForm, *, concurs: bool) -> Outcome:
    """Concur, or object with a reason, as an office."""
    need(actor, COMMAND)
    change = seen(g, actor, change_id)
    _as_seen(change, form.version)
    _in(change, "submitted")
    if actor.person == change.drafter:
        raise Refusal("own_draft", "who drafted a change doesn't concur in it himself")
    office, unit = form.office.strip(), g.unit_of(actor)
    if concurs:
        return Outcome([_signed(g, actor, change, r.ChangeConcurred(office=office, unit=unit, note=form.note))])
    _needs_note(form.note)
    return Outcome([_signed(g, actor, change, r.ChangeNotConcurred(office=office, unit=unit, note=form.note))])


def give_back(g: Ground, actor: Session, change_id: str, form: f.VersionForm) -> Outcome:
    """Return a submitted change to be worked on."""
    need(actor, COMMAND)
    change = seen(g, actor, change_id)
    _as_seen(change, form.version)
    _in(change, "submitted")
    _needs_note(form.note)
    return Outcome([_signed(g, actor, change, r.ChangeReturned(note=form.note))])


def _needs_note(note: str) -> None:
    if not note.strip():
        raise Refusal("note_needed", "say why", 400)


def approve(g: Ground, actor: Session, change_id: str, form: f.ApproveForm) -> Outcome:
    """Approve: from each phase's moment on, its acts apply."""
    need(actor, COMMAND)
    change = seen(g, actor, change_id)
    _as_seen(change, form.version)
    _in(change, "submitted")
    if form.at_ms and len(form.at_ms) != len(change.body.phases):
        raise Refusal("phases_order", "each phase needs its moment, or none of them", 400)
    at_ms = form.at_ms or tuple(phase.at_ms for phase in change.body.phases)
    _in_order([moment_ms or g.now_ms for moment_ms in at_ms])
    _by_another(g, actor, change)
    voices = [one for one in change.voices.values() if one.revision == change.body.revision and not one.concurs]
    if voices and not form.note.strip():
        raise Refusal("objected", "an office objects; say why it is approved over that", office=voices[0].office)
    _possible(g, actor, change, at_ms, form.order_ref)
    _in_whose_name(g, actor, change, facts(g, change, at_ms, form.order_ref))
    body = r.ChangeApproved(
        revision=change.body.revision,
        at_ms=at_ms,
        unit=g.unit_of(actor),
        order_ref=form.order_ref.strip(),
        note=form.note,
    )
    others = tuple(one.id for one in g.structure.changes.values() if one.state in ("draft", "submitted"))
    return Outcome([_signed(g, actor, change, body)], others)  # none of them was approved while we looked


def _by_another(g: Ground, actor: Session, change: Change) -> None:
    """Refuse who drafted it, where it moves authority; the first units of a headquarters may be one person's work."""
    moves = any(isinstance(one.act, _MOVES_AUTHORITY) for _, one in change.facts())
    if moves and actor.person == change.drafter and g.whole().units:
        raise Refusal("two_persons", "who drafted it doesn't approve it; ask another with the permission `command`")


def facts(g: Ground, change: Change, at_ms: tuple[int, ...], order_ref: str = "") -> list[Fact[Any]]:
    """Return what would be in force if the change were approved now."""
    moments = at_ms or tuple(phase.at_ms for phase in change.body.phases)
    return [
        Fact(
            act=one.act,
            label=one.label,
            from_ms=(moments[phase] or g.now_ms) if one.act.at_ms is None else one.act.at_ms,
            written_ms=g.now_ms,
            position=UNWRITTEN,
            number=number,
            change=change.id,
            version=change.version,
            person="",
            appointment="",
            order_ref=getattr(one.act, "order_ref", "") or order_ref.strip(),
        )
        for number, (phase, one) in enumerate(change.facts())
    ]


def reasons(
    g: Ground, actor: Session, change: Change, at_ms: tuple[int, ...] = (), order_ref: str = ""
) -> list[f.Reason]:
    """Return why a change could not be approved as it stands, as far as the asker may know."""
    made = facts(g, change, at_ms, order_ref)
    found = [*invariants.faults(g.structure, made), *posts.faults(g.structure, made)]
    return [_reason(g, actor, fault) for fault in found]


def _reason(g: Ground, actor: Session, fault: invariants.Fault) -> f.Reason:
    units = {key: name for key, name in fault.names.items() if key in ("unit", "superior", "other", "holder")}
    units["granted_by"] = fault.names.get("granted_by", "")
    hidden = {key for key, name in units.items() if name and not g.unit_seen(actor.reader, name)}
    message = "something that you may not see stands against this" if hidden else fault.message
    params: dict[str, Any] = {key: name for key, name in fault.names.items() if key not in hidden and key != "relation"}
    return f.Reason(code=fault.code, rule=fault.rule, message=message, params={**params, "at_ms": fault.at_ms})


def _possible(g: Ground, actor: Session, change: Change, at_ms: tuple[int, ...], order_ref: str = "") -> None:
    """Refuse a change that would make a structure that can't be."""
    for reason in reasons(g, actor, change, at_ms, order_ref):
        raise Refusal(reason.code, f"{reason.message} ({reason.rule})", rule=reason.rule, **reason.params)


def _in_whose_name(g: Ground, actor: Session, change: Change, made: list[Fact[Any]]) -> None:
    """Refuse who doesn't speak for a unit that holds what the change gives or takes."""
    whole = g.structure.fold(g.structure.position, max(one.from_ms for one in made), made)
    now, unit = g.whole(), g.unit_of(actor)
    for _, one in change.facts():
        act = one.act
        if isinstance(act, r.RelationMade):
            by = {act.granted_by} - {""}
        elif isinstance(act, r.RelationEnded) and (ended := g.structure.made(act.relation)) is not None:
            authority = matrix.rank(ended.act) or ended.act.type in ("ADCON", "SUPPORT")
            by = {ended.act.superior, ended.act.granted_by} - {""} if authority else set()
        elif isinstance(act, r.LiaisonPosted):
            by = {act.home}
        elif isinstance(act, r.LiaisonEnded) and (posted := g.structure.liaison(act.liaison)) is not None:
            by = {posted.act.home, posted.act.host}  # who sent him calls him back, and a host need not keep him
        elif isinstance(act, r.SuccessionSet):
            by = {act.unit}
        else:
            by = set()
        if by and not any(_speaks_for(snapshot, unit, one_by) for snapshot in (now, whole) for one_by in by):
            raise Refusal("not_yours", "your unit holds no authority to give or take this", 403, unit=min(by))


def _speaks_for(snapshot: Snapshot, unit: str, other: str) -> bool:
    return bool(unit) and other in snapshot.units and commands(snapshot, unit, other)


# -- taking it back


def take_back(g: Ground, actor: Session, change_id: str, new_id: Callable[[], str], reversal_id: str) -> Outcome:
    """Draft the change that undoes an approved one, from when it is approved."""
    need(actor, PLAN)
    change = seen(g, actor, change_id)
    _in(change, "approved")
    if change.reversed_by:
        raise Refusal("reversed", "this change has been taken back already")
    planned = reverse.undoing(g, change, new_id)
    if not planned:
        raise Refusal("nothing_changed", "nothing of this change is left to take back")
    parts = dict.fromkeys([change.label, *(one.label for one in planned)])
    label = g.door.merge(parts)
    if label is None or not g.door.may_see(actor.reader, label, g.now_ms):
        raise Refusal("label_above_you", "you could not see this yourself any more; choose another label", 403)
    head = r.ChangeDrafted(
        revision=1,
        title=f"Reversal: {change.body.title}"[: r.NAME_CHARS_MAX],
        title_ja=f"取消し:{change.body.title_ja or change.body.title}"[: r.NAME_CHARS_MAX],
        phases=(r.Phase(name="Reversal", name_ja="取消し"),),
        reverses=change.id,
    )
    return _written(g, actor, head, reversal_id, [planned], label)


def accept(g: Ground, actor: Session, relation_id: str, form: f.AcceptForm) -> Outcome:
    """Take note of a relation as the losing or the gaining headquarters."""
    need(actor, COMMAND)
    fact = g.structure.made(relation_id)
    if fact is None or not g.relation_seen(actor.reader, fact):
        raise NotVisible("no such relation")
    unit, whole = g.unit_of(actor), g.whole()
    if form.side in whole.accepted.get(relation_id, ()):
        return Outcome([])
    sides = g.structure.losing(fact) if form.side == "losing" else {fact.act.superior}
    if not any(_speaks_for(whole, unit, side) for side in sides):
        raise Refusal("not_yours", "your unit is on neither side of this", 403, unit="")
    body = r.RelationAccepted(side=form.side, unit=unit, note=form.note)
    label = fact.label or msgspec.structs.replace(g.label, groups=(NOBODY,))
    return Outcome(
        [
            Draft(
                body=body,
                subject=relation_id,
                label=label,
                appointment=actor.appointment,
                person=actor.person,
                exercise=g.exercise,
            )
        ]
    )
