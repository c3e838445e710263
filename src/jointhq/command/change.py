"""A staged change, as its records have it: what it does, who said what of it, how far it has come.

Owns: these values, and the facts that an approval brings into force.
Doesn't own: folding records into them (`command.structure`), who may do what with a change (`command.rules.changes`).
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

from jointhq.command import records as r
from jointhq.command.snapshot import Fact
from jointhq.journal.record import Record
from jointhq.release.label import Label

State = Literal["draft", "submitted", "approved", "withdrawn"]


class Planned(msgspec.Struct, frozen=True, gc=False):
    """An act of a draft, with the label of the record it stands in."""

    act: r.AnyAct
    label: Label | None


class Signed(msgspec.Struct, frozen=True, gc=False):
    """Who wrote a record about a change, when, and what it was."""

    kind: str
    record: str
    at_ms: int
    person: str
    appointment: str
    note: str


class Voice(msgspec.Struct, frozen=True, gc=False):
    """What an office said of a revision."""

    office: str
    unit: str
    concurs: bool
    revision: int
    signed: Signed


class Change:
    """A staged change, as its records have it so far."""

    __slots__ = (
        "acts", "approved", "approved_ms", "body", "drafter", "id", "label", "position", "reversed_by", "state",
        "steps", "version", "voices",
    )  # fmt: skip

    def __init__(self, record: Record, body: r.ChangeDrafted) -> None:
        self.id = record.subject
        self.reversed_by = ""
        self.voices: dict[str, Voice] = {}  # by office, the last of each
        self.steps: list[Signed] = []
        self.approved: r.ChangeApproved | None = None
        self.approved_ms = 0
        self.position = 0  # of the approval
        self.edit(record, body)

    def edit(self, record: Record, body: r.ChangeDrafted | r.ChangeEdited) -> None:
        """Take a revision; its acts follow."""
        self.body = body
        self.label = record.label
        self.state: State = "draft"
        self.drafter = record.person
        self.acts: list[list[Planned]] = [[] for _ in body.phases]
        self.version = record.id

    def moment_ms(self, phase: int) -> int:
        """Return from when a phase applies: as approved, else as drafted; AT_APPROVAL before that is known."""
        if self.approved is not None:
            return self.approved.at_ms[phase] or self.approved_ms
        return self.body.phases[phase].at_ms

    def facts(self) -> Iterator[tuple[int, Planned]]:
        """Yield (phase, act) in order."""
        for phase, acts in enumerate(self.acts):
            for planned in acts:
                yield phase, planned


def facts_of(change: Change, record: Record, body: r.ChangeApproved) -> Iterator[Fact[r.AnyAct]]:
    """Yield what an approval brings into force."""
    for number, (phase, planned) in enumerate(change.facts()):
        act = planned.act
        yield Fact(
            act=act,
            label=planned.label,
            from_ms=(body.at_ms[phase] or record.written_ms) if act.at_ms is None else act.at_ms,
            written_ms=record.written_ms,
            position=record.position,
            number=number,
            change=change.id,
            version=record.id,
            person=record.person,
            appointment=record.appointment,
            order_ref=getattr(act, "order_ref", "") or body.order_ref,
        )


def decision_of(record: Record, act: r.CommandTaken) -> Fact[r.CommandTaken]:
    """Return what a decision about who commands brings into force: at once."""
    return Fact(
        act=act,
        label=record.label,
        from_ms=record.written_ms,
        written_ms=record.written_ms,
        position=record.position,
        number=0,
        change="",
        version=record.id,
        person=record.person,
        appointment=record.appointment,
        order_ref="",
    )
