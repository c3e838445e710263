"""Who may write a CCIR, approve it, say that it was hit or answered, and acknowledge a hit.

Owns: these rules, as pure functions from what is known and who asks to drafts or a refusal with its code.
Doesn't own: entries of the log (`operations.rules.log`), what is shown (`operations.views.ccir`).

A planner drafts in the name of his unit, whose people alone it names; another with command approves; what is in force
is not edited, another takes its place. A hit is at least as narrow as its CCIR and its entry. An appointment in which
nobody may see a hit is not told of it; the owner is, at once: no label is lowered for a notice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from jointhq.base.errors import NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Body, Draft
from jointhq.operations import numbers
from jointhq.operations.forms import ccir as f
from jointhq.operations.forms.orders import NoteForm, ReasonForm, VersionForm
from jointhq.operations.ground import label_for, need, room, signed
from jointhq.operations.records import ccir as r
from jointhq.operations.rules.orders import known
from jointhq.operations.rules.requirements import Scene, appointment_seen, appointments, entry, reads
from jointhq.operations.rules.scene import own_unit, unit_of
from jointhq.operations.rules.silence import told
from jointhq.operations.views.ccirbook import LIVE, Ccir, Hit, Notice
from jointhq.people.directory import COMMAND, LOG, PLAN, Session
from jointhq.release.label import Label

CCIRS_MAX: Final = 5_000  # held in memory, some 5 KiB each; ten a month for forty years
HITS_MAX: Final = 50_000  # some 10 KiB each with forty notices
STEPS_MAX: Final = 500  # of one CCIR, 1 KiB each with its note; what is answered and asked again so often is two
MINUTE_MS: Final = 60_000


# -- writing


def draft(s: Scene, actor: Session, ccir_id: str, form: f.CcirForm) -> Outcome:
    """Draft one in the name of one's own unit."""
    need(actor, PLAN)
    room(len(s.ccirs.ccirs), CCIRS_MAX)
    facts, label = _facts(s, actor, form)
    return Outcome([signed(s.g, actor, ccir_id, r.CcirDrafted(**facts), label)], _relied(form))


def edit(s: Scene, actor: Session, ccir_id: str, form: f.CcirForm) -> Outcome:
    """Change a draft, whole."""
    ccir = _own(s, actor, ccir_id, form.version, PLAN)
    _in_state(ccir, "draft")
    _not_for_ever(ccir)
    facts, label = _facts(s, actor, form)
    there = {one.id for one in appointments(s, actor, ccir.written.unit)}
    facts["notify"] = (*facts["notify"], *(one for one in ccir.written.notify if one not in there))
    return Outcome([signed(s.g, actor, ccir_id, r.CcirEdited(**facts), label)], _relied(form))


def _relied(form: f.CcirForm) -> tuple[str, ...]:
    return (form.replaces,) if form.replaces else ()


def _facts(s: Scene, actor: Session, form: f.CcirForm) -> tuple[dict[str, Any], Label]:
    unit = own_unit(s, actor)
    appointment_seen(s, actor, form.owner, unit.id)
    notify = tuple(dict.fromkeys(form.notify))
    for one in notify:
        appointment_seen(s, actor, one, unit.id)
    parts = [unit.label]
    if form.replaces:
        old = seen(s, actor, form.replaces)
        _replaceable(old, unit.id, form.type)
        parts.append(old.label)
    if form.ltiov_ms and form.ltiov_ms <= s.g.now_ms:
        raise Refusal("ltiov_past", "information is of value until a time to come", 400)
    facts: dict[str, Any] = {
        "type": form.type,
        "text": form.text.strip(),
        "text_ja": form.text_ja.strip(),
        "decision": form.decision.strip(),
        "indicators": tuple(one.strip() for one in form.indicators),
        "unit": unit.id,
        "owner": form.owner,
        "ltiov_ms": form.ltiov_ms,
        "notify": notify,
        "silence_minutes": form.silence_minutes,
        "replaces": form.replaces,
    }
    return facts, label_for(s.g, actor, form.label, parts)


def _replaceable(old: Ccir, unit: str, kind: str) -> None:
    if old.written.unit != unit or old.written.type != kind or old.state not in LIVE:
        raise Refusal("replaces", "one takes the place of another of its unit and type that is in force", 400)


# -- steps


def approve(s: Scene, actor: Session, ccir_id: str, form: VersionForm) -> Outcome:
    """Put in force what another wrote, under the next number of its series; the one before it ends."""
    ccir = _own(s, actor, ccir_id, form.version, COMMAND)
    _in_state(ccir, "draft")
    written, label = ccir.written, known(ccir.label, s)
    if ccir.written_by == actor.person:
        raise Refusal("own_work", "who wrote it last doesn't approve it; ask another")
    if written.type != "EEFI" and not written.decision:
        raise Refusal("decision_missing", "say which decision it supports: without one it is not critical", 400)
    if not written.notify:
        raise Refusal("notify_missing", "name who is told when it is hit", 400)
    year = datetime.fromtimestamp(s.g.now_ms / 1000, UTC).year
    series = numbers.series(f"{written.type} {written.unit} {year}", label, exercise=ccir.exercise)
    number = s.ccirs.given.get(series, 0) + 1
    body = r.CcirApproved(serial=f"{written.type} {number}/{year % 100:02d}", series=series, number=number)
    drafts = [signed(s.g, actor, ccir.id, body, label, record_id=numbers.record_id(series, number))]
    if written.replaces:
        old = seen(s, actor, written.replaces)
        _replaceable(old, written.unit, written.type)
        drafts.append(signed(s.g, actor, old.id, r.CcirEnded(), known(old.label, s)))
    return Outcome(drafts)


def answer(s: Scene, actor: Session, ccir_id: str, form: NoteForm) -> Outcome:
    """Say that it is answered, and how."""
    ccir = _owned(s, actor, ccir_id, form.version)
    _in_state(ccir, "in_force")
    return _one(s, actor, ccir, r.CcirAnswered(note=_said(form.note)))


def resume(s: Scene, actor: Session, ccir_id: str, form: NoteForm) -> Outcome:
    """Ask it again."""
    ccir = _owned(s, actor, ccir_id, form.version)
    _in_state(ccir, "answered")
    _not_for_ever(ccir)
    return _one(s, actor, ccir, r.CcirResumed(note=_said(form.note)))


def end(s: Scene, actor: Session, ccir_id: str, form: ReasonForm) -> Outcome:
    """Ask it no more; a draft comes to nothing."""
    ccir = seen(s, actor, ccir_id)
    needed = (PLAN, COMMAND) if ccir.state == "draft" else (COMMAND,)
    ccir = _own(s, actor, ccir_id, form.version, *needed)
    _in_state(ccir, "draft", *LIVE)
    return _one(s, actor, ccir, r.CcirEnded(reason=form.reason.strip()))


def _said(note: str) -> str:
    if not note.strip():
        raise Refusal("note_missing", "say what is known, or what is not", 400)
    return note.strip()


def _one(s: Scene, actor: Session, ccir: Ccir, body: Body) -> Outcome:
    return Outcome([signed(s.g, actor, ccir.id, body, known(ccir.label, s))])


# -- hits


def hit(s: Scene, actor: Session, ccir_id: str, hit_id: str, form: f.HitForm) -> Outcome:
    """Say that an entry of the log answers one."""
    need(actor, LOG)
    one = entry(s, actor, form.entry)
    if any(two.entry == one.id and not two.struck_ms for two in hits_seen(s, actor, ccir_id)):
        raise Refusal("hit_already", "this entry has been named for it already")
    return Outcome([_hit(s, actor, ccir_id, hit_id, one.id, one.label)], (ccir_id,))


def with_hits(s: Scene, actor: Session, entered: Outcome, ccirs: dict[str, str]) -> Outcome:
    """Return an entry that is being written with the hits that it is, by the CCIR: written together or not at all."""
    line = entered.drafts[0]
    hits = [_hit(s, actor, one, hit_id, line.id, line.label) for one, hit_id in ccirs.items()]
    return Outcome([*entered.drafts, *hits], (*entered.relied_on, *ccirs))


def _hit(s: Scene, actor: Session, ccir_id: str, hit_id: str, entry_id: str, label: Label | None) -> Draft:
    try:
        ccir = seen(s, actor, ccir_id)
    except NotVisible:
        raise Refusal("ccir_unknown", "there is no such CCIR in force", 400) from None
    if ccir.state != "in_force":
        raise Refusal("ccir_unknown", "there is no such CCIR in force", 400)
    room(len(s.ccirs.hits), HITS_MAX)
    body = r.CcirHit(
        ccir=ccir.id,
        entry=entry_id,
        notify=ccir.written.notify,
        due_ms=s.g.now_ms + ccir.written.silence_minutes * MINUTE_MS,
    )
    return signed(s.g, actor, hit_id, body, label_for(s.g, actor, "", [ccir.label, label], default=ccir.label))


def acknowledge(s: Scene, actor: Session, hit_id: str) -> Outcome:
    """Acknowledge a hit for one's appointment. What is said twice is written once."""
    one = hit_seen(s, actor, hit_id)
    notice = _mine(actor, one)
    if notice is None:
        raise Refusal("not_addressed", "your appointment was not told of this", 403)
    if one.struck_ms:
        raise Refusal("hit_struck", "this was taken back; there is nothing to acknowledge")
    if notice.acknowledged_ms:
        return Outcome([])
    body = r.CcirAcknowledged(hit=one.id)
    return Outcome([signed(s.g, actor, notice.id, body, known(one.label, s))], (one.id,))


def strike(s: Scene, actor: Session, hit_id: str, form: f.StrikeForm) -> Outcome:
    """Say that it was no hit: for who said that it was, and for who may answer the CCIR."""
    one = hit_seen(s, actor, hit_id)
    if "strike" not in hit_ways(s, actor, one):
        raise Refusal("not_permitted", "who named this hit may take it back, its owner, or one with command", 403)
    return Outcome([signed(s.g, actor, one.id, r.CcirHitStruck(reason=form.reason.strip()), known(one.label, s))])


def _mine(actor: Session, one: Hit) -> Notice | None:
    return next(
        (notice for notice in one.notices if actor.appointment and notice.appointment == actor.appointment), None
    )


def escalations(s: Scene) -> Iterator[Draft]:
    """Yield what is to be told about hits now: silence past the limit, and notices that reach nobody."""
    for one in s.ccirs.open_hits():
        ccir = s.ccirs.ccirs[one.ccir]
        for notice in one.silent:
            if notice.escalated_ms or (due_ms := due(s, one, notice)) > s.g.now_ms:
                continue
            body = r.CcirEscalated(hit=one.id, to=ccir.written.owner, due_ms=due_ms)
            label = known(one.label, s)
            yield told(Draft(body=body, subject=notice.id, label=label, exercise=one.exercise), due_ms)


def due(s: Scene, one: Hit, notice: Notice) -> int:
    """Return when a notice's silence is too long: at once where nobody may see it."""
    return one.due_ms if reads(s, notice.appointment, one.label) else one.at_ms


# -- what is there for the asker, and what he may do


def seen(s: Scene, actor: Session, ccir_id: str) -> Ccir:
    """Return one that is there for the asker; else NotVisible."""
    return s.there(actor, s.ccirs.ccirs, ccir_id, "CCIR")


def hit_seen(s: Scene, actor: Session, hit_id: str) -> Hit:
    """Return a hit that is there for the asker; else NotVisible."""
    return s.there(actor, s.ccirs.hits, hit_id, "hit")


def hits_seen(s: Scene, actor: Session, ccir_id: str) -> list[Hit]:
    """Return the hits of one that are there for the asker."""
    return [one for one in s.ccirs.hits_of(ccir_id) if s.sees(actor, one.label)]


def _own(s: Scene, actor: Session, ccir_id: str, version: str, *permissions: str) -> Ccir:
    """Return one of the asker's own unit, for who has one of the permissions and saw this version."""
    ccir = seen(s, actor, ccir_id)
    if actor.permissions.isdisjoint(permissions):
        raise Refusal("not_permitted", f"this needs an appointment with {' or '.join(permissions)}", 403)
    if own_unit(s, actor).id != ccir.written.unit:
        raise Refusal("not_your_unit", "this is another unit's; ask there", 403)
    return _unchanged(ccir, version)


def _owned(s: Scene, actor: Session, ccir_id: str, version: str) -> Ccir:
    """Return one for its owner, or for one with command in its unit."""
    ccir = seen(s, actor, ccir_id)
    return _unchanged(ccir, version) if _owns(actor, ccir) else _own(s, actor, ccir_id, version, COMMAND)


def _unchanged(ccir: Ccir, version: str) -> Ccir:
    if ccir.version != version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")
    return ccir


def _not_for_ever(ccir: Ccir) -> None:
    """Refuse a step that begins it again where it has had STEPS_MAX; all of them are for who may see it."""
    if len(ccir.steps) >= STEPS_MAX:
        raise Refusal("too_many", "so often one isn't changed; end it, and draft another", max=STEPS_MAX)


def _owns(actor: Session, ccir: Ccir) -> bool:
    return bool(actor.appointment) and actor.appointment == ccir.written.owner


def _in_state(ccir: Ccir, *states: str) -> None:
    if ccir.state not in states:
        raise Refusal("not_in_state", f"not possible for one that is {ccir.state}", state=ccir.state)


def ways(s: Scene, actor: Session, ccir: Ccir) -> list[str]:
    """Return what the asker may do with one now, for the page."""
    own = bool(actor.appointment) and unit_of(s, actor.appointment) == ccir.written.unit
    plan, command = own and PLAN in actor.permissions, own and COMMAND in actor.permissions
    owns = command or _owns(actor, ccir)
    found = {
        "edit": ccir.state == "draft" and plan,
        "approve": ccir.state == "draft" and command and ccir.written_by != actor.person,
        "hit": ccir.state == "in_force" and LOG in actor.permissions,
        "answer": ccir.state == "in_force" and owns,
        "resume": ccir.state == "answered" and owns,
        "replace": ccir.state in LIVE and plan,
        "end": (ccir.state in LIVE and command) or (ccir.state == "draft" and (plan or command)),
    }
    return [way for way, open_to in found.items() if open_to]


def hit_ways(s: Scene, actor: Session, one: Hit) -> list[str]:
    """Return what the asker may do about a hit now."""
    ccir, notice = s.ccirs.ccirs[one.ccir], _mine(actor, one)
    if one.struck_ms or ccir.state not in LIVE:
        return []
    named = bool(actor.appointment) and one.appointment == actor.appointment and LOG in actor.permissions
    owns = {"answer", "resume"} & set(ways(s, actor, ccir))
    found = {"acknowledge": notice is not None and not notice.acknowledged_ms, "strike": named or bool(owns)}
    return [way for way, open_to in found.items() if open_to]
