"""CCIR and RFI without I/O: the structure, people and journal of orders, with a log."""

from collections.abc import Callable
from typing import Any

import msgspec

from jointhq.journal.acts import Outcome
from jointhq.operations.forms import ccir as f
from jointhq.operations.forms import rfi as rf
from jointhq.operations.forms.log import NewForm
from jointhq.operations.forms.orders import NoteForm, VersionForm
from jointhq.operations.rules import ccir as rules
from jointhq.operations.rules import log
from jointhq.operations.rules import rfi as rfis
from jointhq.operations.rules.requirements import Scene
from jointhq.operations.views.ccirbook import Ccir, Ccirs, Hit
from jointhq.operations.views.logbook import Logbook
from jointhq.operations.views.reportbook import Reports
from jointhq.operations.views.rfibook import Rfi, Rfis, Standing
from tests.operations.orders_book import HOUR_MS, POSTS, START_MS, Book

__all__ = ["DESKS", "HOUR_MS", "START_MS", "RequirementsBook", "ccir", "rfi"]

# Who keeps the log, beside those of orders: unit, permissions, level of its person, nation.
DESKS: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "watch": ("JFHQ", ("watch", "log"), "CUI", "USA"),
    "desk": ("JFHQ", ("watch", "log"), "CUI", "USA"),
    "desk-open": ("JFHQ", ("watch", "log"), "U", "USA"),
    "a-log": ("A", ("watch", "log"), "CUI", "USA"),
    "a-log-open": ("A", ("watch", "log"), "U", "USA"),
    "a2": ("A", ("watch",), "CUI", "USA"),
    "a2-open": ("A", ("watch",), "U", "USA"),
    "all": ("JFHQ", ("watch", "log", "plan", "command"), "CUI", "USA"),
    "e-open": ("E", ("watch", "log"), "U", "USA"),
    "d-log": ("D", ("watch", "log"), "CUI", "USA"),
}


class RequirementsBook(Book):
    """Drafts become records, and records feed all projections."""

    def __init__(self) -> None:
        self.ccirs, self.rfis, self.log, self.reports = Ccirs(), Rfis(), Logbook(), Reports()
        super().__init__(POSTS | DESKS)

    def requirements(self) -> Scene:
        s = self.scene()
        return Scene(s.g, s.orders, s.authority, s.files, self.ccirs, self.rfis, self.log, self.reports)

    def write(self, outcome: Outcome) -> None:
        before = len(self.records)
        super().write(outcome)
        for record in self.records[before:]:
            for projection in (self.ccirs, self.rfis, self.log, self.reports):
                projection.apply(record)

    def do(self, post: str, rule: Callable[..., Outcome], *args: Any, **more: Any) -> None:
        self.write(rule(self.requirements(), self.actor(post), *args, **more))

    def escalate(self) -> int:
        drafts = [*rules.escalations(self.requirements()), *rfis.escalations(self.requirements())]
        self.write(Outcome(drafts))
        return len(drafts)

    # -- in short

    def ccir(self, ccir_id: str) -> Ccir:
        return self.ccirs.ccirs[ccir_id]

    def in_force(self, **more: Any) -> Ccir:
        ccir_id = self.new_id()
        self.do("planner", rules.draft, ccir_id, ccir(**more))
        self.do("j3", rules.approve, ccir_id, VersionForm(version=self.ccir(ccir_id).version))
        return self.ccir(ccir_id)

    def entered(self, post: str = "watch", *answers: str, **more: Any) -> str:
        """Enter a line that answers some CCIR; return its id."""
        entry_id = self.new_id()
        form = msgspec.convert({"text": "A ferry is overdue.", "answers": answers, **more}, NewForm)
        s, actor = self.requirements(), self.actor(post)
        line = log.enter(s.g, actor, form, entry_id, files=self.files, track_of=lambda *_: None)
        self.write(rules.with_hits(s, actor, line, {one: self.new_id() for one in form.answers}))
        return entry_id

    def hit(self, *more: Any, **label: Any) -> Hit:
        self.entered("watch", *more, **label)
        return list(self.ccirs.hits.values())[-1]

    def asked(self, post: str = "watch", **more: Any) -> Rfi:
        rfi_id = self.new_id()
        self.do(post, rfis.ask, rfi_id, rfi(**more))
        return self.rfis.rfis[rfi_id]

    def standing(self, rfi_id: str, post: str = "j3") -> Standing:
        return rfis.standing_of(self.requirements(), self.actor(post), self.rfis.rfis[rfi_id])

    def step(self, post: str, rule: Callable[..., Outcome], rfi_id: str, **more: Any) -> None:
        form = {rfis.task: rf.TaskForm, rfis.answer: rf.AnswerForm, rfis.return_: rf.ReturnForm}.get(rule, NoteForm)
        version = self.standing(rfi_id, post).version
        self.do(post, rule, rfi_id, msgspec.convert({"version": version, **more}, form))

    def steps(self, rfi_id: str, *, until: str = "satisfied") -> None:
        """Take one from new on its ordinary way, A answering what JFHQ asks."""
        way: list[tuple[str, str, Any, dict[str, Any]]] = [
            ("validated", "a-log", rfis.validate, {}),
            ("tasked", "a-log", rfis.task, {"appointment": "a2"}),
            ("answered", "a2", rfis.answer, {"text": "Three ferries."}),
            ("satisfied", "watch", rfis.satisfy, {}),
        ]
        for state, post, rule, more in way:
            self.step(post, rule, rfi_id, **more)
            if state == until:
                return


def ccir(**more: Any) -> f.CcirForm:
    facts: dict[str, Any] = {
        "type": "PIR",
        "text": "Will the harbour close?",
        "decision": "Which harbour to use.",
        "owner": "chief",
        "notify": ["desk", "j3"],
        "silence_minutes": 30,
    }
    return msgspec.convert({**facts, **more}, f.CcirForm)


def rfi(**more: Any) -> rf.RfiForm:
    facts = {"question": "How many ferries can carry trucks?", "reason": "To plan the relief.", "asked_of": "A"}
    return msgspec.convert({**facts, **more}, rf.RfiForm)
