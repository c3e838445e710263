"""One connected client as the router sees it.

Owns: the way to it (`Wire`), what it may hold of our memory, what it has missed, and what is told when it has gone.
Doesn't own: its conversation (`stream.session`), what it is given and when (`stream.router`).
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from jointhq.cot.event import Event
from jointhq.people.directory import Identity
from jointhq.release.label import Label
from jointhq.stream.session import Session


class Wire(Protocol):
    """The way to one client."""

    def write(self, data: bytes) -> None:
        """Queue bytes; never blocks."""
        ...

    def writelines(self, parts: Iterable[bytes | memoryview]) -> None:
        """Queue several pieces."""
        ...

    def get_write_buffer_size(self) -> int:
        """Bytes queued and not yet taken by the kernel."""
        ...

    def close(self) -> None:
        """Close after what is queued; the shell then calls `Router.detach`."""
        ...

    def abort(self) -> None:
        """Close at once; the shell then calls `Router.detach`."""
        ...


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one client may hold of the server's memory."""

    clients_max: int = 10_000
    # Queued for its socket before a reader counts as lagging: half a second at 20,000 events a second. What waits is
    # shared: a tick is joined once, however many have not taken it yet.
    write_buffer_bytes: int = 8 << 20
    queue_bytes: int = 1 << 20  # chat and other events that wait for a lagging reader, before it is closed


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A connection that ended, and why."""

    uid: str
    callsign: str
    address: str
    at_ms: int
    reason: str
    detail: str
    label: Label  # of what it said: who may see that may know that it was here


class Client:
    """One connected client, as the router sees it."""

    __slots__ = (
        "address",
        "events_out",
        "floor",
        "identity",
        "key",
        "label",
        "lagging",
        "queue",
        "queued_bytes",
        "quiet_s",
        "reason",
        "replay",
        "session",
        "since_ms",
        "wanted",
        "wire",
    )

    def __init__(
        self, key: int, session: Session, wire: Wire, address: str, now_ms: int, identity: Identity, floor: Label
    ) -> None:
        self.key = key
        self.identity = identity  # who it is, and so what it may see
        self.floor = floor  # the least that what it says is labelled with
        self.label = floor  # of what it last said about itself: who may see that may know that it is here
        self.session = session
        self.wire = wire
        self.address = address
        self.since_ms = now_ms
        self.quiet_s = 0.0  # since its last byte
        self.events_out = 0
        self.lagging = True  # a newcomer has all of the latest state to catch up with
        self.replay: Iterator[str] | None = None  # what was there when it came and it has not been given yet
        self.wanted: dict[str, None] = {}  # uids whose newest state it has missed since, oldest first
        self.queue: deque[tuple[Event, int]] = deque()  # what may not be lost, in order, with its size in bytes
        self.queued_bytes = 0
        self.reason = ("", "")

    @property
    def behind(self) -> bool:
        """Whether there are states that it has not been given."""
        return bool(self.wanted) or self.replay is not None

    def inherit(self, older: "Client") -> None:
        """Take on what an older connection of the same was still owed."""
        self.queue.extendleft(reversed(older.queue))
        self.queued_bytes += older.queued_bytes
        self.wanted |= older.wanted
        self.lagging = True
        older.queue.clear()

    def missed(self) -> Iterator[str]:
        """Take the uids whose newest state it has not been given, one by one: what was there first, then what moved."""
        if self.replay is not None:
            yield from self.replay
            self.replay = None
        while self.wanted:
            uid = next(iter(self.wanted))
            del self.wanted[uid]
            yield uid
        self.wanted = {}  # an emptied dict keeps its size
