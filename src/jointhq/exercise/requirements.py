"""The demo's requirements: five that its commander has, one of them hit, and requests for information on their way.

Owns: from `data/requirements.json` to records, written into the journal of a new demo. Doesn't own: rules of
requirements (`operations`), the people who sign (`.people`).

What is written is what the page could have written: drafted by one, approved by another.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from jointhq.exercise.people import id_of
from jointhq.journal.journal import Draft, Journal
from jointhq.journal.record import Body, Precedence
from jointhq.operations import numbers
from jointhq.operations.records import ccir as c
from jointhq.operations.records import rfi as r
from jointhq.operations.records.log import LogEntered
from jointhq.operations.views.ccirbook import Ccirs, notice_id
from jointhq.release.label import Label

DATA: Final = Path(__file__).parent / "data" / "requirements.json"
UNIT: Final = "US10"
DRAFTER: Final = "planner"
APPROVER: Final = "chief"
HOUR_MS: Final = 3_600_000
BEFORE_MS: Final = 600_000  # when the demo begins, the hit has just come in
STEPS: Final[dict[str, type[Body]]] = {"validated": r.RfiValidated, "tasked": r.RfiTasked, "answered": r.RfiAnswered}


class _Writer:
    """Drafts of one moment, under one label."""

    def __init__(self, label: Label, now_ms: int) -> None:
        self._label, self._now_ms, self._given = label, now_ms, dict[str, int]()
        self.year = datetime.fromtimestamp(now_ms / 1000, UTC).year

    def by(
        self, name: str, subject: str, body: Body, *, precedence: Precedence = "routine", id_: str = "", at_ms: int = 0
    ) -> Draft:
        return Draft(
            body=body,
            subject=subject,
            label=self._label,
            appointment=id_of("appointment", name),
            person=id_of("person", name),
            precedence=precedence,
            exercise=True,
            id=id_,
            effective_ms=at_ms or None,
        )

    def numbered(self, what: str) -> tuple[str, int]:
        series = numbers.series(f"{what} {self.year}", self._label, exercise=True)
        self._given[series] = self._given.get(series, 0) + 1
        return series, self._given[series]

    def ahead(self, hours: int) -> int:
        return self._now_ms + hours * HOUR_MS if hours else 0

    def ccir(self, said: dict[str, Any]) -> Iterator[Draft]:
        body = c.CcirDrafted(
            **{name: said[name] for name in ("type", "text", "text_ja", "decision", "silence_minutes")},
            indicators=tuple(said["indicators"]),
            unit=UNIT,
            owner=id_of("appointment", said["owner"]),
            ltiov_ms=self.ahead(said["ltiov_hours"]),
            notify=_appointments(said["notify"]),
        )
        yield self.by(DRAFTER, said["id"], body)
        series, number = self.numbered(f"{body.type} {UNIT}")
        serial = f"{body.type} {number}/{self.year % 100:02d}"
        approved = c.CcirApproved(serial=serial, series=series, number=number)
        yield self.by(APPROVER, said["id"], approved, id_=numbers.record_id(series, number))

    def hit(self, said: dict[str, Any], of: dict[str, Any]) -> Iterator[Draft]:
        line = LogEntered(source=said["source"], text=said["text"], significant=True)
        heard_ms = self._now_ms // 60_000 * 60_000 - BEFORE_MS
        yield self.by(said["by"], said["entry"], line, id_=said["entry"], at_ms=heard_ms)
        due_ms = self._now_ms + of["silence_minutes"] * 60_000
        told = c.CcirHit(ccir=of["id"], entry=said["entry"], notify=_appointments(of["notify"]), due_ms=due_ms)
        yield self.by(said["by"], said["id"], told)
        for name in said["acknowledged"]:
            notice = notice_id(said["id"], id_of("appointment", name))
            yield self.by(name, notice, c.CcirAcknowledged(hit=said["id"]))

    def rfi(self, said: dict[str, Any]) -> Iterator[Draft]:
        series, number = self.numbered(f"RFI {said['unit']}")
        asked = r.RfiAsked(
            question=said["question"],
            reason=said["reason"],
            asked_of=said["of"],
            ltiov_ms=self.ahead(said["ltiov_hours"]),
            unit=said["unit"],
            serial=f"RFI {number}/{self.year % 100:02d}",
            series=series,
            number=number,
        )
        record_id = numbers.record_id(series, number)
        yield self.by(said["by"], said["id"], asked, precedence=said["precedence"], id_=record_id)
        for step in said["steps"]:
            facts = {name: step[name] for name in ("note", "text") if step.get(name)}
            if "to" in step:
                facts["appointment"] = id_of("appointment", step["to"])
            yield self.by(step["by"], said["id"], STEPS[step["what"]](**facts), precedence=said["precedence"])


def _appointments(names: list[str]) -> tuple[str, ...]:
    return tuple(id_of("appointment", name) for name in names)


async def add_requirements(journal: Journal, ccirs: Ccirs, label: Label, now_ms: int) -> None:
    """Write the demo's requirements where they are not there yet."""
    said, write = msgspec.json.decode(DATA.read_bytes()), _Writer(label, now_ms)
    if said["ccirs"][0]["id"] in ccirs.ccirs:
        return
    of = {one["id"]: one for one in said["ccirs"]}
    drafts = [draft for one in said["ccirs"] for draft in write.ccir(one)]
    drafts += write.hit(said["hit"], of[said["hit"]["ccir"]])
    drafts += (draft for one in said["rfis"] for draft in write.rfi(one))
    await journal.append(*drafts)
