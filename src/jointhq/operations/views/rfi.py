"""Requests for information as pages show them.

Owns: the rows, everything asked for at the door; the figures. Doesn't own: the projection and the states
(`operations.views.rfibook`), what somebody may do (`operations.rules.rfi`).

All of it is of what the reader may see: an answer that is hidden from him has not been given, for him, and isn't
counted.
"""

from jointhq.operations.forms import rfi as f
from jointhq.operations.forms.log import Signed
from jointhq.operations.rules import rfi as rules
from jointhq.operations.rules.requirements import Scene, appointments, reads
from jointhq.operations.views.board import unit_name
from jointhq.operations.views.ccir import called
from jointhq.operations.views.names import banner, mark, signed_by
from jointhq.operations.views.rfibook import OPEN, Rfi, Standing, Step
from jointhq.people.directory import Session

Known = tuple[Rfi, Standing]


def there(s: Scene, actor: Session) -> list[Known]:
    """Return those that are there for the reader, with how they stand for him."""
    seen = (one for one in s.rfis.rfis.values() if s.sees(actor, one.label))
    return [(one, rules.standing_of(s, actor, one)) for one in seen]


def page(s: Scene, actor: Session) -> f.RfiPage:
    """Return the list, the open ones first, and the figures."""
    known = there(s, actor)
    known.sort(key=lambda one: (one[1].state not in (*OPEN, "answered", "returned"), -one[0].asked_ms))
    shown = known[: f.ROWS_MAX]
    return f.RfiPage(
        rows=[row(s, actor, *one) for one in shown],
        figures=figures(known, s.g.now_ms),
        banner=banner(s.g, [label for rfi, now in shown for label in (rfi.label, *(step.label for step in now.steps))]),
    )


def figures(known: list[Known], now_ms: int) -> f.Figures:
    """Return how it goes: from asked to the first answer, and how many of those that were due came too late."""
    counted = [(rfi, now) for rfi, now in known if now.state not in ("withdrawn", "returned")]
    spans = sorted(now.answered_ms - rfi.asked_ms for rfi, now in counted if now.answered_ms)
    timed = [(rfi, now) for rfi, now in counted if now.text.ltiov_ms]
    due = [now for _, now in timed if now.answered_ms or now.text.ltiov_ms <= now_ms]
    return f.Figures(
        open=sum(now.state in OPEN for _, now in known),
        late=sum(now.late(now_ms) for _, now in known),
        answered=len(spans),
        median_ms=_at(spans, 0.5),
        p90_ms=_at(spans, 0.9),
        due=len(due),
        after_ltiov=sum((now.answered_ms or now_ms) >= now.text.ltiov_ms for now in due),
    )


def _at(spans: list[int], part: float) -> int:
    return spans[min(len(spans) - 1, int(len(spans) * part))] if spans else 0


def row(s: Scene, actor: Session, rfi: Rfi, now: Standing) -> f.RfiRow:
    """Return one of the list. One that is late waits for who asked, too: to ask elsewhere, or withdraw it."""
    ways, late = rules.ways(s, actor, rfi, now), now.late(s.g.now_ms)
    return f.RfiRow(
        id=rfi.id,
        version=now.version,
        name=rules.rfi_name(s, actor, rfi),
        question=now.text.question,
        unit=unit_name(s, actor.reader, rfi.asked.unit),
        asked_of=unit_name(s, actor.reader, now.text.asked_of),
        to=called(s, actor, now.to),
        state=now.state,
        precedence=rfi.precedence,
        asked_ms=rfi.asked_ms,
        answered_ms=now.answered_ms,
        ltiov_ms=now.text.ltiov_ms,
        late=late,
        by=_by(s, actor, rfi),
        mark=mark(s.g, rfi.label),
        mine=rules.waits(now, ways) or (late and "withdrawn" in ways),
        exercise=rfi.exercise,
    )


def _by(s: Scene, actor: Session, of: Rfi | Step) -> Signed:
    return signed_by(s.g, actor.reader, of.appointment, of.person)


def body(s: Scene, actor: Session, rfi_id: str) -> f.RfiBody:
    """Return all of one that is there for the reader."""
    rfi = rules.seen(s, actor, rfi_id)
    now = rules.standing_of(s, actor, rfi)
    ways = rules.ways(s, actor, rfi, now)
    tasks = "tasked" in ways
    asked = f.RfiStepRow(
        what="asked",
        at_ms=rfi.asked_ms,
        who=_by(s, actor, rfi),
        to=None,
        note=rfi.asked.question if any(step.what == "edited" for step in now.steps) else "",
        mark=mark(s.g, rfi.label),
        entries=[],
        reports=[],
        files=[],
        duplicate_of=None,
    )
    return f.RfiBody(
        row=row(s, actor, rfi, now),
        reason=now.text.reason,
        banner=banner(s.g, [rfi.label, *(step.label for step in now.steps)]),
        steps=[asked, *(_step(s, actor, one) for one in now.steps)],
        similar=similar(s, actor, now.text.question, rfi.id) if tasks or "returned" in ways else [],
        to_task=[
            name
            for one in (appointments(s, actor, now.text.asked_of) if tasks else ())
            if (name := called(s, actor, one.id))
        ],
        actions=ways,
    )


def _step(s: Scene, actor: Session, step: Step) -> f.RfiStepRow:
    said = step.body
    other = s.rfis.rfis.get(getattr(said, "duplicate_of", ""))
    return f.RfiStepRow(
        what=step.what,
        at_ms=step.at_ms,
        who=_by(s, actor, step),
        to=called(s, actor, getattr(said, "appointment", "")),
        note=getattr(said, "note", "") or getattr(said, "text", "") or getattr(said, "question", ""),
        mark=mark(s.g, step.label),
        entries=[
            f.Cited(id=one.id, text=one.body.text, mark=mark(s.g, one.label))
            for entry_id in getattr(said, "entries", ())
            if (one := s.log.entries.get(entry_id)) and s.sees(actor, one.label)
        ],
        reports=[
            f.Cited(id=two.id, text=two.serial or two.text.name, mark=mark(s.g, two.label))
            for report_id in getattr(said, "reports", ())
            if (two := s.reports.reports.get(report_id)) and s.sees(actor, two.label)
        ],
        files=s.files.rows(s.g, actor.reader, getattr(said, "files", ())),
        duplicate_of=named(s, actor, other, rules.standing_of(s, actor, other))
        if other and s.sees(actor, other.label)
        else None,
    )


def named(s: Scene, actor: Session, rfi: Rfi, now: Standing) -> f.RfiName:
    """Return another one, to compare with."""
    return f.RfiName(
        id=rfi.id,
        name=rules.rfi_name(s, actor, rfi),
        question=now.text.question,
        state=now.state,
        mark=mark(s.g, (now.answer.label if now.answer else None) or rfi.label),
        answer=now.answer.body.text if now.answer else "",
    )


def similar(s: Scene, actor: Session, question: str, but: str = "") -> list[f.RfiName]:
    """Return those that ask something similar."""
    return [named(s, actor, *one) for one in rules.similar(s, actor, question, but)]


def look(s: Scene, actor: Session, rfi_id: str, form: f.AnswerLookForm) -> f.AnswerLook:
    """Return whether who asked would see an answer that rests on these."""
    rfi = rules.seen(s, actor, rfi_id)
    label = rules.answer_label(s, actor, rfi, form)
    return f.AnswerLook(mark=mark(s.g, label), withheld=not reads(s, rfi.appointment, label))
