"""The events of one tick, made once and shared by all who are given the same.

Owns: which of a tick a set of labels reaches, each sender's own range of it, the joined bytes, and the same events
sorted for those who lag. Doesn't own: who is given which (`stream.router`).
"""

from operator import itemgetter

from jointhq.cot import kinds
from jointhq.cot.event import Event
from jointhq.release.label import Label
from jointhq.stream.client import Wire
from jointhq.stream.session import Encoding

Said = tuple[int, int, Event]  # key of the sender, place in the order of what was said, event


class Joined:
    """The events of one tick in one encoding: joined once, written to everyone."""

    __slots__ = ("_blob", "_ends")

    def __init__(self, parts: list[bytes]) -> None:
        self._blob = b"".join(parts)
        ends = [0]
        for part in parts:
            ends.append(ends[-1] + len(part))
        self._ends = ends

    def write(self, wire: Wire, without: tuple[int, int] | None) -> None:
        """Write all of it, or all but the range of events `without` (the reader's own)."""
        if without is None:
            wire.write(self._blob)
            return
        start, end = self._ends[without[0]], self._ends[without[1]]
        view = memoryview(self._blob)
        parts = [part for part in (view[:start], view[end:]) if part]
        if parts:
            wire.writelines(parts)


class Missed:
    """The events of one tick, sorted once into positions and others, for everyone who lags."""

    __slots__ = ("_ends", "_others", "_uids")

    def __init__(self, events: list[Event]) -> None:
        self._uids: list[str] = []  # of positions
        self._others: list[tuple[int, Event]] = []
        self._ends = [0]  # how many of the first events are positions
        for i, event in enumerate(events):
            if kinds.is_position(event.type) and not event.to:
                self._uids.append(event.uid)
            else:
                self._others.append((i, event))
            self._ends.append(len(self._uids))

    def positions(self, without: tuple[int, int] | None) -> list[str]:
        """Return the uids of all positions, or of all but those in the range of events `without`."""
        if without is None:
            return self._uids
        return self._uids[: self._ends[without[0]]] + self._uids[self._ends[without[1]] :]

    def others(self, without: tuple[int, int] | None) -> list[Event]:
        """Return all other events, but for the range."""
        start, end = without or (0, 0)
        return [event for i, event in self._others if not start <= i < end]


class Tick:
    """One tick's events, as far as one set of labels reaches: shared by all who may see just these."""

    __slots__ = ("events", "joined", "missed", "own", "said", "seen")

    def __init__(self, said: list[Said], seen: frozenset[Label | None]) -> None:
        self.seen = seen
        self.said = [item for item in said if item[2].label in seen]
        by_sender = sorted(self.said, key=itemgetter(0))  # stable: order within a sender holds
        self.events = [event for _, _, event in by_sender]
        self.own: dict[int, tuple[int, int]] = {}  # by sender: its events are one range
        for i, (key, _, _) in enumerate(by_sender):
            self.own[key] = (self.own[key][0] if key in self.own else i, i + 1)
        self.joined: dict[Encoding, Joined] = {}
        self.missed: Missed | None = None
