"""Bodies, labels and folds that the journal's tests write."""

import hashlib

from jointhq.base.clock import ManualClock
from jointhq.journal.journal import Draft, Journal
from jointhq.journal.record import Body, body_of, kind
from jointhq.release.label import Label

OPEN = Label("EXAMPLE", "U", "HQ")


@kind("test.noted")
class Noted(Body, frozen=True):
    text: str


@kind("test.counted", version=2)
class Counted(Body, frozen=True, kw_only=True):
    count: int
    unit: str = ""


def note(text, subject="S", **more):
    return Draft(body=Noted(text), subject=subject, label=more.pop("label", OPEN), **more)


def journal(store, clock=None, *projections, hq="HQ", **more):
    made = Journal(store, hq=hq, clock=clock or ManualClock(), **more)
    for projection in projections:
        made.attach(projection)
    return made


class Notes:
    """A fold of everything: what each subject was last noted with, and a digest over all in order."""

    def __init__(self, name="notes"):
        self.name = name
        self.positions = []
        self.texts = {}
        self.last = {}  # subject -> position of its last record
        self.hash = hashlib.sha256()

    def apply(self, record):
        self.positions.append(record.position)
        self.hash.update(record.digest.encode())
        self.last[record.subject] = record.position
        match body_of(record):
            case Noted(text):
                self.texts[record.subject] = text

    def state(self):
        return {"count": len(self.positions), "texts": self.texts, "hash": self.hash.hexdigest()}
