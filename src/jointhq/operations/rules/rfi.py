"""Who may ask for information, validate, task, answer and give a request back.

Owns: these rules, as pure functions from what is known and who asks to drafts or a refusal with its code; which others
are similar. Doesn't own: which step may follow which (`views.rfibook`), what is shown (`operations.views.rfi`).

One unit asks another; who keeps the log there triages, and another than who asked validates. Before one is tasked, the
similar ones that the tasker may see have been looked at. What is done rests on the steps that its author sees, and is
as narrow as they are; an answer is as narrow as what it rests on.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final

from jointhq.base.errors import Refusal
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Body, Draft
from jointhq.operations import numbers
from jointhq.operations.forms import rfi as f
from jointhq.operations.forms.orders import NoteForm, Precedence
from jointhq.operations.ground import few, label_for, need, room, signed
from jointhq.operations.records import rfi as r
from jointhq.operations.rules.orders import known
from jointhq.operations.rules.requirements import Scene, appointment_seen, appointments, cited, reads
from jointhq.operations.rules.scene import own_unit, unit_of, unit_seen
from jointhq.operations.rules.silence import told
from jointhq.operations.views.alike import ALIKE, alike
from jointhq.operations.views.names import named
from jointhq.operations.views.rfibook import NEXT, Rfi, Standing, merged_labels, standing
from jointhq.people.directory import LOG, Session
from jointhq.release.label import Label

RFIS_MAX: Final = 20_000  # held in memory, some 10 KiB each; twenty a day for three years
STEPS_MAX: Final = 100  # of one: what goes back and forth longer is a talk
TOLD_MS: Final = 7 * 86_400_000  # after its time; what nobody asked after in a week is no news
SIMILAR_MAX: Final = 5  # what one looks through before tasking
SIMILAR_STATES: Final = ("new", "validated", "tasked", "answered", "satisfied")


# -- asking


def ask(s: Scene, actor: Session, rfi_id: str, form: f.RfiForm) -> Outcome:
    """Ask a unit, under the next number of the asking unit's series."""
    need(actor, LOG)
    room(len(s.rfis.rfis), RFIS_MAX)
    unit = own_unit(s, actor)
    text, parts = _text(s, actor, form)
    label = label_for(s.g, actor, form.label, [unit.label, *parts])
    _read_there(s, actor, text.asked_of, label)
    year = datetime.fromtimestamp(s.g.now_ms / 1000, UTC).year
    series = numbers.series(f"RFI {unit.id} {year}", label, exercise=s.g.exercise)
    number = s.rfis.given.get(series, 0) + 1
    body = r.RfiAsked(
        question=text.question,
        reason=text.reason,
        asked_of=text.asked_of,
        ltiov_ms=text.ltiov_ms,
        unit=unit.id,
        serial=f"RFI {number}/{year % 100:02d}",
        series=series,
        number=number,
    )
    record_id = numbers.record_id(series, number)
    return Outcome([signed(s.g, actor, rfi_id, body, label, precedence=form.precedence, record_id=record_id)])


def edit(s: Scene, actor: Session, rfi_id: str, form: f.RfiForm) -> Outcome:
    """Ask it in other words, while nobody works on it or after it was returned; its label and precedence stay."""
    rfi, now = _to_do(s, actor, rfi_id, form.version, "edited")
    text, parts = _text(s, actor, form)
    if s.g.door.merge([rfi.label, *parts]) != rfi.label:
        raise Refusal("unit_narrower", "that unit is not for all who see this; withdraw it and ask anew", 400)
    _read_there(s, actor, text.asked_of, _label(s, actor, rfi, now))
    return _step(s, actor, rfi, now, r.RfiEdited(**{name: getattr(text, name) for name in text.__struct_fields__}))


def _text(s: Scene, actor: Session, form: f.RfiForm) -> tuple[r.RfiText, list[Label | None]]:
    unit = unit_seen(s, actor, form.asked_of)
    if not appointments(s, actor, unit.id):
        raise Refusal("unit_unknown", "nobody here speaks for this unit; choose another", 400)
    if form.ltiov_ms and form.ltiov_ms <= s.g.now_ms:
        raise Refusal("ltiov_past", "information is of value until a time to come", 400)
    text = r.RfiText(
        question=form.question.strip(), reason=form.reason.strip(), asked_of=unit.id, ltiov_ms=form.ltiov_ms
    )
    return text, [unit.label]


def _read_there(s: Scene, actor: Session, unit: str, label: Label) -> None:
    """Refuse what nobody who triages in a unit may see."""
    if not any(reads(s, one.id, label) for one in appointments(s, actor, unit) if LOG in one.permissions):
        raise Refusal("nobody_reads", "nobody there may see this; choose another unit, or another label", 400)


# -- steps


def validate(s: Scene, actor: Session, rfi_id: str, form: NoteForm) -> Outcome:
    """Say that it is clear, and for one's unit to answer."""
    rfi, now = _to_do(s, actor, rfi_id, form.version, "validated")
    if rfi.person == actor.person:
        raise Refusal("own_work", "who asked doesn't validate it; ask another")
    return _step(s, actor, rfi, now, r.RfiValidated(note=form.note.strip()))


def task(s: Scene, actor: Session, rfi_id: str, form: f.TaskForm) -> Outcome:
    """Say who is to answer; the similar ones have been looked at."""
    rfi, now = _to_do(s, actor, rfi_id, form.version, "tasked")
    appointment_seen(s, actor, form.appointment, now.text.asked_of)
    left = [
        rfi_name(s, actor, one) for one, _ in similar(s, actor, now.text.question, rfi.id) if one.id not in form.checked
    ]
    if left:
        raise Refusal("similar", f"{', '.join(left)} ask something similar; look at them first", rfis=left)
    label = _label(s, actor, rfi, now)
    if not reads(s, form.appointment, label):
        raise Refusal("nobody_reads", "nobody in this appointment may see it; choose another", 400)
    body = r.RfiTasked(appointment=form.appointment, note=form.note.strip(), checked=form.checked)
    return _step(s, actor, rfi, now, body)


def answer(s: Scene, actor: Session, rfi_id: str, form: f.AnswerForm) -> Outcome:
    """Answer, and say what it rests on."""
    rfi, _ = _to_do(s, actor, rfi_id, form.version, "answered")
    body = r.RfiAnswered(text=form.text.strip(), entries=form.entries, reports=form.reports, files=form.files)
    label = answer_label(s, actor, rfi, form)
    return Outcome([signed(s.g, actor, rfi.id, body, label, precedence=_precedence(rfi))])


def answer_label(s: Scene, actor: Session, rfi: Rfi, form: f.AnswerForm | f.AnswerLookForm) -> Label:
    """Return the label that an answer would have."""
    now = standing_of(s, actor, rfi)
    parts = [*merged_labels(rfi, now.steps), *cited(s, actor, form.entries, form.reports, form.files)]
    return label_for(s.g, actor, form.label, parts, default=rfi.label)


def satisfy(s: Scene, actor: Session, rfi_id: str, form: NoteForm) -> Outcome:
    """Say that one has what one needs."""
    rfi, now = _to_do(s, actor, rfi_id, form.version, "satisfied")
    return _step(s, actor, rfi, now, r.RfiSatisfied(note=form.note.strip()))


def reopen(s: Scene, actor: Session, rfi_id: str, form: NoteForm) -> Outcome:
    """Say what is still missing: whoever answered is to answer again."""
    rfi, now = _to_do(s, actor, rfi_id, form.version, "reopened")
    if not form.note.strip():
        raise Refusal("note_missing", "say what is still missing", 400)
    return _step(s, actor, rfi, now, r.RfiReopened(note=form.note.strip()))


def return_(s: Scene, actor: Session, rfi_id: str, form: f.ReturnForm) -> Outcome:
    """Give it back to who asked, with the reason, or with the one that says it already."""
    rfi, now = _to_do(s, actor, rfi_id, form.version, "returned")
    if form.duplicate_of and seen(s, actor, form.duplicate_of).id == rfi.id:
        raise Refusal("duplicate", "it is no duplicate of itself", 400)
    return _step(s, actor, rfi, now, r.RfiReturned(note=form.note.strip(), duplicate_of=form.duplicate_of))


def withdraw(s: Scene, actor: Session, rfi_id: str, form: NoteForm) -> Outcome:
    """Say that it is needed no more."""
    rfi, now = _to_do(s, actor, rfi_id, form.version, "withdrawn")
    return _step(s, actor, rfi, now, r.RfiWithdrawn(note=form.note.strip()))


def _step(s: Scene, actor: Session, rfi: Rfi, now: Standing, body: Body) -> Outcome:
    return Outcome([signed(s.g, actor, rfi.id, body, _label(s, actor, rfi, now), precedence=_precedence(rfi))])


def _label(s: Scene, actor: Session, rfi: Rfi, now: Standing) -> Label:
    return label_for(s.g, actor, "", merged_labels(rfi, now.steps), default=rfi.label)


def _precedence(rfi: Rfi) -> Precedence:
    known: dict[str, Precedence] = {one: one for one in ("routine", "priority", "immediate", "flash")}
    return known.get(rfi.precedence, "routine")


# -- what is there for the asker, and what he may do


def seen(s: Scene, actor: Session, rfi_id: str) -> Rfi:
    """Return one that is there for the asker; else NotVisible."""
    return s.there(actor, s.rfis.rfis, rfi_id, "RFI")


def standing_of(s: Scene, actor: Session, rfi: Rfi) -> Standing:
    """Return how one stands for the asker."""
    return standing(rfi, lambda label: s.sees(actor, label))


def _to_do(s: Scene, actor: Session, rfi_id: str, version: str, step: str) -> tuple[Rfi, Standing]:
    """Return one with which the asker may take this step now."""
    rfi = seen(s, actor, rfi_id)
    now = standing_of(s, actor, rfi)
    if step not in _steps_of(s, actor, rfi, now):
        raise Refusal("not_your_desk", "this is for another desk to do", 403)
    if now.version != version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")
    if step not in NEXT[now.state]:
        raise Refusal("not_in_state", f"not possible for one that is {now.state}", state=now.state)
    if step in ("edited", "tasked", "reopened"):  # what ends it is never refused for that
        steps = (one.label for one in rfi.steps)
        few(s.g, actor, steps, STEPS_MAX, f"{STEPS_MAX} steps are enough for one question; ask anew")
    return rfi, now


def _steps_of(s: Scene, actor: Session, rfi: Rfi, now: Standing) -> set[str]:
    """Return the steps that are the asker's to take, at some time."""
    found = set[str]()
    if not actor.appointment:
        return found
    own, logs = unit_of(s, actor.appointment), LOG in actor.permissions
    if own and own == rfi.asked.unit and logs:
        found |= {"edited", "satisfied", "reopened", "withdrawn"}
    if own and own == now.text.asked_of and logs:
        found |= {"validated", "tasked", "returned"}
    if actor.appointment == now.to:
        found |= {"answered", "returned"}
    return found


def ways(s: Scene, actor: Session, rfi: Rfi, now: Standing) -> list[str]:
    """Return the steps that the asker may take now, for the page."""
    mine = _steps_of(s, actor, rfi, now)
    return [
        step for step in NEXT[now.state] if step in mine and not (step == "validated" and rfi.person == actor.person)
    ]


def rfi_name(s: Scene, actor: Session, rfi: Rfi) -> str:
    """Return what a request is called."""
    return named(s.authority, actor.reader, rfi.asked.unit, rfi.serial)


def waits(now: Standing, ways_: Iterable[str]) -> bool:
    """Tell whether a request waits for who may take these steps."""
    due = {
        "new": "validated",
        "validated": "tasked",
        "tasked": "answered",
        "answered": "satisfied",
        "returned": "edited",
    }
    return due.get(now.state, "") in ways_


# -- silence


def escalations(s: Scene) -> Iterator[Draft]:
    """Yield what is to be told of requests whose time has passed: once for each time, as all who see the question know.

    An answer that is narrower is none for them: that nothing is told would tell of it.
    """
    for rfi in s.rfis.rfis.values():
        edits = (step.body.ltiov_ms for step in rfi.steps if isinstance(step.body, r.RfiEdited))
        if not any(s.g.now_ms - TOLD_MS <= due_ms <= s.g.now_ms for due_ms in (rfi.asked.ltiov_ms, *edits)):
            continue
        now = standing(rfi, partial(_for_all, s, rfi))
        due_ms = now.text.ltiov_ms
        known_of = any(isinstance(step.body, r.RfiEscalated) and step.body.due_ms == due_ms for step in rfi.steps)
        if now.late(s.g.now_ms) and not known_of:
            label = known(rfi.label, s)
            draft = Draft(body=r.RfiEscalated(due_ms=due_ms), subject=rfi.id, label=label, exercise=rfi.exercise)
            yield told(draft, due_ms)


def _for_all(s: Scene, rfi: Rfi, label: Label | None) -> bool:
    return s.g.door.merge([rfi.label, label]) == rfi.label


# -- similar ones


def similar(s: Scene, actor: Session, question: str, but: str = "") -> list[tuple[Rfi, Standing]]:
    """Return the open and answered ones that ask something similar and are there for the asker, the likest first."""
    found = list[tuple[float, int, Rfi, Standing]]()
    for rfi in (s.rfis.rfis[one] for one in s.rfis.index.like(question)):
        if rfi.id == but or not s.sees(actor, rfi.label):
            continue
        now = standing_of(s, actor, rfi)
        much = alike(question, now.text.question) if now.state in SIMILAR_STATES else 0.0
        if much >= ALIKE:
            found.append((much, rfi.asked_ms, rfi, now))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [(rfi, now) for _, _, rfi, now in found[:SIMILAR_MAX]]
