"""Of which commanders nothing is heard, and what was decided about that.

Owns: the projection of those records, and when somebody has to decide.
Doesn't own: what is contact (`app` says it), who may decide (`command.rules.succession`), who commands then
(`command.structure`).
"""

from typing import Any

import msgspec

from jointhq.command import records as r
from jointhq.journal.record import Record
from jointhq.release.label import Label

MINUTE_MS = 60_000


class Silence(msgspec.Struct, frozen=True, gc=False):
    """Nothing is heard of who commands a unit since a moment; `record` tells it from others."""

    unit: str
    appointment: str
    since_ms: int
    minutes: int
    lost_ms: int
    record: str
    label: Label | None
    regained_ms: int = 0


class Decided(msgspec.Struct, frozen=True, gc=False):
    """The last decision about who commands a unit."""

    decision: r.Decision
    appointment: str
    instead_of: str
    note: str
    at_ms: int
    position: int
    person: str
    by: str
    record: str
    label: Label | None


class Silences:
    """The last silence of each commander, and the last decision of each unit: an older one asks nobody any more."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], Silence] = {}  # by unit and appointment
        self.decisions: dict[str, Decided] = {}  # by unit

    def lost(self, record: Record, body: r.ContactLost) -> None:
        """Nothing was heard for too long."""
        self._of[record.subject, body.appointment] = Silence(
            record.subject, body.appointment, body.since_ms, body.minutes, record.written_ms, record.id, record.label
        )

    def regained(self, record: Record, body: r.ContactRegained) -> None:
        """He is heard of again."""
        if silence := self._of.get((record.subject, body.appointment)):
            again = msgspec.structs.replace(silence, regained_ms=record.written_ms)
            self._of[record.subject, body.appointment] = again

    def decided(self, record: Record, body: r.SuccessionDecided) -> None:
        """Somebody decided who commands, or that all wait."""
        self.decisions[record.subject] = Decided(
            body.decision, body.appointment, body.instead_of, body.note, record.written_ms, record.position,
            record.person, record.appointment, record.id, record.label,
        )  # fmt: skip

    def of(self, unit: str, appointment: str) -> Silence | None:
        """Return the last silence of who commands a unit, whether it lasts or not."""
        return self._of.get((unit, appointment))

    def lasting(self, unit: str, appointment: str) -> Silence | None:
        """Return the silence that lasts."""
        silence = self.of(unit, appointment)
        return silence if silence is not None and not silence.regained_ms else None

    def state(self) -> Any:
        """Return everything as plain values."""
        return {
            "of": sorted(f"{one.unit} {one.appointment} {one.record} {one.regained_ms}" for one in self._of.values()),
            "decisions": {unit: one.record for unit, one in self.decisions.items()},
        }
