"""Requests for information as the journal has them, and how one stands for who sees some of its steps.

Owns: the projection; which step may follow which; the state that follows. Doesn't own: what is shown to whom
(`operations.views.rfi`), who may take which step (`operations.rules.rfi`).

A step that a reader may not see hasn't been taken, for him. So two may act on what they see at one time, one of them on
less; a step that can't follow what a reader sees changes nothing for him.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import msgspec

from jointhq.journal.record import Body, Record
from jointhq.operations.records import rfi as r
from jointhq.operations.views.alike import Index
from jointhq.operations.views.book import Book
from jointhq.release.label import Label

PREFIX: Final = "rfi."
State = Literal["new", "validated", "tasked", "answered", "satisfied", "returned", "withdrawn"]
OPEN: Final = ("new", "validated", "tasked")
NEXT: Final[dict[str, dict[str, State]]] = {  # by state, where each step leads
    "new": {"edited": "new", "validated": "validated", "returned": "returned", "withdrawn": "withdrawn"},
    "validated": {"tasked": "tasked", "returned": "returned", "withdrawn": "withdrawn"},
    "tasked": {"tasked": "tasked", "answered": "answered", "returned": "returned", "withdrawn": "withdrawn"},
    "answered": {"satisfied": "satisfied", "reopened": "tasked"},
    "satisfied": {"reopened": "tasked"},
    "returned": {"edited": "new", "withdrawn": "withdrawn"},
    "withdrawn": {},
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done with one. `body` is what was said; `version` names the record."""

    what: str
    at_ms: int
    appointment: str
    person: str
    label: Label | None
    version: str
    body: Any


class Rfi(msgspec.Struct, frozen=True, kw_only=True):
    """One as it was asked, with all that was done with it since."""

    id: str
    serial: str  # "RFI 12/26", which two units may have: `views.names.named` says whose
    asked: r.RfiAsked
    asked_ms: int
    appointment: str  # that asked
    person: str
    label: Label | None
    precedence: str
    exercise: bool
    version: str
    steps: tuple[Step, ...] = ()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one stands, as far as its steps are seen."""

    state: State
    text: r.RfiText
    version: str  # of the last step
    steps: tuple[Step, ...]  # that counted
    to: str = ""  # the appointment that is to answer
    answered_ms: int = 0  # the first time
    answer: Step | None = None  # the last

    def late(self, now_ms: int) -> bool:
        """Tell whether its time has passed and it isn't answered."""
        return self.state in OPEN and 0 < self.text.ltiov_ms <= now_ms


def standing(rfi: Rfi, may: Callable[[Label | None], bool]) -> Standing:
    """Return how one stands for who may see what `may` says: the question itself is there for him."""
    state: State = "new"
    text: r.RfiText = rfi.asked
    version, to, answered_ms, answer = rfi.version, "", 0, None
    counted = list[Step]()
    for step in rfi.steps:
        after = NEXT[state].get(step.what)
        if after is None or not may(step.label):
            continue
        state, version = after, step.version
        counted.append(step)
        if isinstance(step.body, r.RfiEdited):
            text = step.body
        elif isinstance(step.body, r.RfiTasked):
            to = step.body.appointment
        elif isinstance(step.body, r.RfiAnswered):
            answered_ms, answer = answered_ms or step.at_ms, step
    return Standing(
        state=state, text=text, version=version, steps=tuple(counted), to=to, answered_ms=answered_ms, answer=answer
    )


class Rfis(Book):
    """The projection."""

    name = "operations.rfi"
    kinds = (PREFIX,)
    keeps = ("rfis", "given")

    def __init__(self) -> None:
        super().__init__()
        self.rfis: dict[str, Rfi] = {}
        self.given: dict[str, int] = {}  # the last number by series
        self.index = Index()

    def _take(self, record: Record, body: Body) -> None:
        if isinstance(body, r.RfiAsked):
            self.given[body.series] = max(self.given.get(body.series, 0), body.number)
            self.index.add(record.subject, body.question)
            self.rfis[record.subject] = Rfi(
                id=record.subject,
                serial=body.serial,
                asked=body,
                asked_ms=record.written_ms,
                appointment=record.appointment,
                person=record.person,
                label=record.label,
                precedence=record.precedence,
                exercise=record.exercise,
                version=record.digest[:16],
            )
        elif before := self.rfis.get(record.subject):
            step = Step(
                what=record.kind.removeprefix(PREFIX),
                at_ms=record.written_ms,
                appointment=record.appointment,
                person=record.person,
                label=record.label,
                version=record.digest[:16],
                body=body,
            )
            if isinstance(body, r.RfiEdited):
                had = (one.body.question for one in before.steps if isinstance(one.body, r.RfiEdited))
                self.index.add(before.id, body.question, (before.asked.question, *had))
            self.rfis[before.id] = msgspec.structs.replace(before, steps=(*before.steps, step))


def merged_labels(rfi: Rfi, steps: Iterable[Step]) -> list[Label | None]:
    """Return the labels of a question and of steps: what is done next rests on all of them."""
    return [rfi.label, *(step.label for step in steps)]
