"""What every projection of operations keeps, whatever its records say.

Owns: how far each subject has come, how much was written under each label, who hears of a record, the state as plain
values. Doesn't own: what a record does (the projections beside).
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from jointhq.base.listeners import Listeners
from jointhq.journal.record import Body, Record, body_of
from jointhq.release.label import Label


class Book:
    """A projection of the records whose kind begins so; its state is what it `keeps`, and the heads."""

    name: str
    kinds: tuple[str, ...]
    keeps: tuple[str, ...]

    def __init__(self) -> None:
        """Begin with nothing written."""
        self.heads: dict[str, int] = {}  # position of the last record by subject
        self.told: Counter[Label | None] = Counter()  # how many records of each label: labels are few
        self._listeners = Listeners()

    def apply(self, record: Record) -> None:
        """Take the next record; kinds of others pass by, and of a newer version nothing is known but that it is."""
        if not record.kind.startswith(self.kinds):
            return
        body = body_of(record)
        if body is not None:
            self._take(record, body)
        self.heads[record.subject] = record.position
        self.told[record.label] += 1
        self._listeners.tell()

    def _take(self, record: Record, body: Body) -> None:
        raise NotImplementedError

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after every record of it; return what ends that. Callbacks must be quick."""
        return self._listeners.add(callback)

    def state(self) -> Any:
        """Return everything as plain values."""
        kept = {name: getattr(self, name) for name in (*self.keeps, "heads")}
        return msgspec.to_builtins(kept, order="deterministic")
