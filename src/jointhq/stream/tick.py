"""The events of one tick, made once and shared by all who are given the same.

Owns: which of a tick a set of labels reaches, each sender's own range of it, the joined bytes, and the same events
sorted for those who lag; how long a tick is, and which of its events are out of date at its end.
Doesn't own: who is given which (`stream.router`).
"""

from operator import itemgetter
from typing import Final, NamedTuple

from jointhq.cot import kinds, messages
from jointhq.cot.event import Event
from jointhq.release.label import Label
from jointhq.stream.client import Client, Wire
from jointhq.stream.session import Encoding

Said = tuple[int, int, Event]  # key of the sender, place in the order of what was said, event
# A write costs about 10 us: so all writes together take 5 % of a core up to 500 clients, 10 % at 1,000, 20 % at 5,000.
TICK_MS_PER_CLIENT: Final = 0.2
TICK_MS_USUAL: Final = 100.0  # up to 1,000 clients; what waits is at most so old
TICK_MS_PER_FURTHER_CLIENT: Final = 0.0375
TICK_MS_MAX: Final = 250.0


def length_ms(clients: int) -> float:
    """Return how long a tick is with so many clients."""
    further = max(0, clients - 1000) * TICK_MS_PER_FURTHER_CLIENT
    return min(clients * TICK_MS_PER_CLIENT, TICK_MS_USUAL + further, TICK_MS_MAX)


class Direct(NamedTuple):
    """An event for one client alone, and how many of the tick's events for all were said before it."""

    target: Client
    origin: Client | None
    before: int
    event: Event


class Movers:
    """Who has moved what in one tick."""

    __slots__ = ("_contested", "_keys")

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}  # uid -> key of who said so first
        self._contested: set[str] = set()  # uids that more than one has moved

    def note(self, uid: str, key: int) -> None:
        """Note that a sender has moved a uid, or said that it has left."""
        if self._keys.setdefault(uid, key) != key:
            self._contested.add(uid)

    def superseded(self, batch: list[tuple[int, Event]]) -> set[int]:
        """Return which of a tick's events are not the last about a uid that several have moved.

        Ticks go out sender by sender; what two of them said about one thing would arrive in that order.
        """
        superseded: set[int] = set()
        told: set[str] = set()
        for i in range(len(batch) - 1, -1, -1) if self._contested else ():
            event = batch[i][1]
            uid = messages.removed_uid(event) if event.type == kinds.GONE else event.uid
            if uid in told:
                superseded.add(i)
            elif uid in self._contested:
                told.add(uid)
        return superseded


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
