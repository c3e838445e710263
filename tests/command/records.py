"""Records of command without a journal, for properties that need thousands."""

import itertools
from typing import Any

import msgspec

from jointhq.command import records as r
from jointhq.command.change import Planned
from jointhq.command.rules.revision import drafts
from jointhq.command.structure import Structure
from jointhq.journal.record import Body, Record, kind_of
from jointhq.release.label import Label

OPEN = Label(policy="DEMO-USA-JPN", level="U", owner="USA")
CLOSED = Label(policy="DEMO-USA-JPN", level="CUI", owner="USA")


class Writer:
    """Gives records their positions, and one structure each of them."""

    def __init__(self, structure: Structure) -> None:
        self.structure, self.records = structure, list[Record]()
        self._changes = itertools.count(1)

    def write(self, body: Body, subject: str, now_ms: int, label: Label = OPEN) -> None:
        name, version = kind_of(type(body))
        record = Record(
            id=f"r{len(self.records) + 1}", hq="USFJ", position=len(self.records) + 1, kind=name, version=version,
            subject=subject, appointment="", person="", written_ms=now_ms, effective_ms=now_ms, precedence="routine",
            label=label, exercise=False, body=msgspec.Raw(msgspec.json.encode(body)), previous="", digest="",
        )  # fmt: skip
        self.records.append(record)
        self.structure.apply(record)

    def change(self, acts: list[r.AnyAct], now_ms: int, *, at_ms: int = 0, labels: list[Label] | None = None) -> str:
        """Draft and approve a change of one phase."""
        change = f"c{next(self._changes)}"
        head = r.ChangeDrafted(revision=1, title=change, phases=(r.Phase(name="one", at_ms=at_ms),))
        planned = [Planned(act, label) for act, label in zip(acts, labels or [OPEN] * len(acts), strict=True)]
        for draft in drafts(change, head, [planned], OPEN):
            body: Any = draft.body
            self.write(body, change, now_ms, draft.label)
        self.write(r.ChangeApproved(revision=1, at_ms=(at_ms,)), change, now_ms)
        return change
