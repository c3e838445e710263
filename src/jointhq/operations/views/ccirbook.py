"""CCIR and their hits, as the journal has them.

Owns: the projection: each with its steps, hits with their notices, numbers given, which hits are still open.
Doesn't own: what of it is shown to whom (`operations.views.ccir`), who may do what (`operations.rules.ccir`).
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from jointhq.journal.record import Body, Record
from jointhq.operations import numbers
from jointhq.operations.records import ccir as r
from jointhq.operations.views.book import Book
from jointhq.release.label import Label

PREFIX: Final = "ccir."
State = Literal["draft", "in_force", "answered", "ended"]
STATES: Final[dict[type, State]] = {
    r.CcirDrafted: "draft",
    r.CcirEdited: "draft",
    r.CcirApproved: "in_force",
    r.CcirAnswered: "answered",
    r.CcirResumed: "in_force",
    r.CcirEnded: "ended",
}
LIVE: Final = ("in_force", "answered")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What was done with one, and by whom."""

    what: str
    at_ms: int
    appointment: str
    person: str
    note: str


class Ccir(msgspec.Struct, frozen=True, kw_only=True):
    """One as it stands. `version` names the record it stands in; `written_by` is the person who wrote it last."""

    id: str
    written: r.CcirText
    label: Label | None
    state: State
    version: str
    drafted_ms: int
    written_by: str
    exercise: bool
    steps: tuple[Step, ...]
    serial: str = ""  # "PIR 3/26", which two units may have: `views.names.named` says whose
    replaced_by: str = ""

    def late(self, now_ms: int) -> bool:
        """Tell whether its time has passed and it isn't answered."""
        return self.state == "in_force" and 0 < self.written.ltiov_ms <= now_ms


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """An appointment that was told of a hit."""

    id: str
    appointment: str
    acknowledged_ms: int = 0
    person: str = ""  # who acknowledged
    escalated_ms: int = 0
    to: str = ""  # the appointment that was told of its silence


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that answers one."""

    id: str
    ccir: str
    entry: str
    at_ms: int
    due_ms: int
    appointment: str
    person: str
    label: Label | None
    exercise: bool
    notices: tuple[Notice, ...]
    struck_ms: int = 0
    struck_by: tuple[str, str] = ("", "")  # appointment, person
    reason: str = ""

    @property
    def silent(self) -> list[Notice]:
        """Those who have not acknowledged."""
        return [one for one in self.notices if not one.acknowledged_ms]


def notice_id(hit: str, appointment: str) -> str:
    """Return the id of what one appointment is told of a hit."""
    return numbers.derived("notice", hit, appointment)


class Ccirs(Book):
    """The projection."""

    name = "operations.ccir"
    kinds = (PREFIX,)
    keeps = ("ccirs", "hits", "given")

    def __init__(self) -> None:
        super().__init__()
        self.ccirs: dict[str, Ccir] = {}
        self.hits: dict[str, Hit] = {}
        self.notices: dict[str, str] = {}  # the hit of each
        self.given: dict[str, int] = {}  # the last number by series
        self._hits_of: dict[str, list[str]] = {}  # by CCIR, as they came
        self._hits_on: dict[str, list[str]] = {}  # by entry
        self._open: dict[str, None] = {}  # hits that somebody has yet to acknowledge

    def _take(self, record: Record, body: Body) -> None:
        match body:
            case r.CcirDrafted():
                self._drafted(record, body)
            case r.CcirHit():
                self._hit(record, body)
            case r.CcirHitStruck():
                self._struck(record, body)
            case r.CcirAcknowledged():
                self._notice(record, acknowledged_ms=record.written_ms, person=record.person)
            case r.CcirEscalated():
                self._notice(record, escalated_ms=record.written_ms, to=body.to)
            case _ if type(body) in STATES:
                self._step(record, body)

    # -- questions

    def hits_of(self, ccir_id: str) -> list[Hit]:
        """Return the hits of one, as they came."""
        return [self.hits[one] for one in self._hits_of.get(ccir_id, ())]

    def hits_on(self, entry_id: str) -> list[Hit]:
        """Return the hits that an entry of the log is, as they came."""
        return [self.hits[one] for one in self._hits_on.get(entry_id, ())]

    def open_hits(self) -> Iterator[Hit]:
        """Yield the hits that somebody has yet to acknowledge, as they came, of those that are still asked."""
        for hit in [self.hits[one] for one in self._open]:
            ccir = self.ccirs.get(hit.ccir)
            if ccir is not None and ccir.state in LIVE:
                yield hit

    # -- what each kind of record does

    def _drafted(self, record: Record, body: r.CcirDrafted) -> None:
        self.ccirs[record.subject] = Ccir(
            id=record.subject,
            written=body,
            label=record.label,
            state="draft",
            version=record.digest[:16],
            drafted_ms=record.written_ms,
            written_by=record.person,
            exercise=record.exercise,
            steps=(_step(record),),
        )

    def _step(self, record: Record, body: Body) -> None:
        before = self.ccirs.get(record.subject)
        if before is None:
            return
        note = getattr(body, "note", "") or getattr(body, "reason", "")
        after = msgspec.structs.replace(
            before,
            state=STATES[type(body)],
            version=record.digest[:16],
            label=record.label,
            steps=(*before.steps, _step(record, note)),
        )
        if isinstance(body, r.CcirEdited):
            after = msgspec.structs.replace(after, written=body, written_by=record.person)
        elif isinstance(body, r.CcirApproved):
            after = msgspec.structs.replace(after, serial=body.serial)
            self.given[body.series] = max(self.given.get(body.series, 0), body.number)
            old = self.ccirs.get(after.written.replaces)
            if old is not None:
                self.ccirs[old.id] = msgspec.structs.replace(old, replaced_by=after.id)
        self.ccirs[after.id] = after

    def _hit(self, record: Record, body: r.CcirHit) -> None:
        notices = tuple(Notice(id=notice_id(record.subject, one), appointment=one) for one in body.notify)
        hit = Hit(
            id=record.subject,
            ccir=body.ccir,
            entry=body.entry,
            at_ms=record.written_ms,
            due_ms=body.due_ms,
            appointment=record.appointment,
            person=record.person,
            label=record.label,
            exercise=record.exercise,
            notices=notices,
        )
        self._hits_of.setdefault(hit.ccir, []).append(hit.id)
        self._hits_on.setdefault(hit.entry, []).append(hit.id)
        self.notices |= {one.id: hit.id for one in notices}
        self._put(hit)

    def _struck(self, record: Record, body: r.CcirHitStruck) -> None:
        hit = self.hits.get(record.subject)
        if hit is not None:
            by = (record.appointment, record.person)
            self._put(msgspec.structs.replace(hit, struck_ms=record.written_ms, struck_by=by, reason=body.reason))

    def _notice(self, record: Record, **changes: Any) -> None:
        hit = self.hits.get(self.notices.get(record.subject, ""))
        if hit is not None:
            notices = (
                msgspec.structs.replace(one, **changes) if one.id == record.subject else one for one in hit.notices
            )
            self._put(msgspec.structs.replace(hit, notices=tuple(notices)))

    def _put(self, hit: Hit) -> None:
        self.hits[hit.id] = hit
        if hit.silent and not hit.struck_ms:
            self._open[hit.id] = None
        else:
            self._open.pop(hit.id, None)


def _step(record: Record, note: str = "") -> Step:
    return Step(
        what=record.kind.removeprefix(PREFIX),
        at_ms=record.written_ms,
        appointment=record.appointment,
        person=record.person,
        note=note,
    )
