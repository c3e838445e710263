"""Who gets which event, when, and what happens to one who reads too slowly.

Owns: fan-out in ticks (one join per audience and encoding, one write per client), addressing, replay to a newcomer,
the outbox of a slow reader, presence.
Doesn't own: sockets and timers (`stream.tcp`), where things are (`picture`), one client's conversation
(`stream.session`). No I/O: a `Wire` takes bytes, `now_ms` comes in.

A reader that lags loses only positions that a newer one of the same uid replaced: its outbox holds the uids it has
missed, not their events, and writes the newest of each when there is room. Everything else waits in a queue of bounded
size; past the bound that client is closed and told why in the log and on the page.
"""

import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Final, Protocol

import msgspec

from jointhq.cot import kinds, messages
from jointhq.cot.event import Event
from jointhq.picture.picture import Picture
from jointhq.stream.session import Encoding, Session, encode

TAK_SOURCE: Final = "tak"
# A write costs about 10 us: so all writes together take 5 % of a core up to 500 clients, 10 % at 1,000, 20 % at 5,000.
TICK_MS_PER_CLIENT: Final = 0.2
TICK_MS_USUAL: Final = 100.0  # up to 1,000 clients; what waits is at most so old
TICK_MS_PER_FURTHER_CLIENT: Final = 0.0375
TICK_MS_MAX: Final = 250.0
BATCH_EVENTS_MAX: Final = 4096  # a batch this long is flushed at once: bounds the bytes joined in one go
REPLAY_SHARED_MS: Final = 1000  # newcomers within a second share one list of what is there: a restart brings them all
CLOSED_KEPT: Final = 50  # ended connections that the page can still show


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


class Client:
    """One connected client, as the router sees it."""

    __slots__ = (
        "address",
        "events_out",
        "heard_ms",
        "key",
        "lagging",
        "queue",
        "queued_bytes",
        "reason",
        "replay",
        "session",
        "since_ms",
        "wanted",
        "wire",
    )

    def __init__(self, key: int, session: Session, wire: Wire, address: str, now_ms: int) -> None:
        self.key = key
        self.session = session
        self.wire = wire
        self.address = address
        self.since_ms = self.heard_ms = now_ms
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


class Router:
    """Every TAK client, and the one place an event passes on its way to them."""

    def __init__(
        self,
        picture: Picture,
        *,
        version: str,
        limits: Limits | None = None,
        on_closed: Callable[[Closed], None] = lambda _closed: None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        """`on_closed` is called when a client has gone."""
        self._picture = picture
        self._version = version
        self._limits = limits or Limits()
        self.on_work: Callable[[], None] = lambda: None  # called when a flush has become due; the shell sets it
        self._on_closed = on_closed
        self._new_id = new_id
        self._next_key = 0
        self._batch: list[tuple[int, Event]] = []  # (key of the sender, event); 0 is not a client
        self._direct: list[tuple[Client, Event]] = []
        self._last_flush_ms = -TICK_MS_MAX
        self._by_uid: dict[str, Client] = {}
        self._replay: list[str] | None = None  # uids that were there at `_replay_ms`, shared by newcomers
        self._replay_ms = 0
        self._replay_since: dict[str, None] = {}  # uids that moved after it
        self.clients: dict[int, Client] = {}
        self.closed: deque[Closed] = deque(maxlen=CLOSED_KEPT)
        self.events_in = 0
        self.events_out = 0
        self.drops: Counter[str] = Counter()

    # -- clients come and go

    def attach(self, wire: Wire, address: str, now_ms: int) -> Client | None:
        """Take a new connection: offer the protocol, then everything that is there. None where there is no room."""
        if len(self.clients) >= self._limits.clients_max:
            self.drops["clients_max"] += 1
            return None
        self._next_key += 1
        session = Session(self._new_id())
        client = Client(self._next_key, session, wire, address, now_ms)
        self.clients[client.key] = client
        wire.write(session.greeting(self._version, now_ms))
        if self._replay is None:
            self._replay, self._replay_ms = [event.uid for event in self._picture.replay()], now_ms
        client.replay = iter(self._replay)
        client.wanted = dict(self._replay_since)
        self.drain(client, now_ms)
        return client

    def receive(self, client: Client, data: bytes, now_ms: int) -> None:
        """Take bytes from a client; what it breaks ends with it."""
        client.heard_ms = now_ms
        session = client.session
        uid = session.uid
        events, answer = session.receive(data, now_ms)
        if answer:
            client.wire.write(answer)
        if session.uid != uid:
            self._named(client, now_ms)
        for event in events:
            self.publish(event, TAK_SOURCE, now_ms, client)
        if session.fault is not None:
            self.close(client, session.fault.code, str(session.fault))

    def _named(self, client: Client, now_ms: int) -> None:
        """Note who a client says it is; an older connection of that uid is replaced without a disconnect notice."""
        uid = client.session.uid
        older = self._by_uid.get(uid)
        self._by_uid[uid] = client
        if older is not None and older is not client:
            self.close(older, "replaced", "the same uid connected again")
            self.detach(older, now_ms)

    def close(self, client: Client, reason: str, detail: str) -> None:
        """End a connection for a reason of ours. The shell confirms with `detach`."""
        if not client.reason[0]:
            client.reason = (reason, detail)
            if reason in ("slow", "idle"):
                client.wire.abort()  # it doesn't read: nothing queued would ever arrive
            else:
                client.wire.close()

    def detach(self, client: Client, now_ms: int) -> None:
        """Forget a connection that has ended, and tell those who saw the client."""
        if self.clients.pop(client.key, None) is None:
            return
        session = client.session
        if session.uid and self._by_uid.get(session.uid) is client:
            del self._by_uid[session.uid]
            self._picture.end(session.uid)
            self._queue_all(0, messages.gone(self._new_id(), session.uid, session.sa_type, now_ms))
        reason, detail = client.reason if client.reason[0] else ("left", "the client closed the connection")
        closed = Closed(
            uid=session.uid,
            callsign=session.callsign,
            address=client.address,
            at_ms=now_ms,
            reason=reason,
            detail=detail,
        )
        if client.reason[0] not in ("", "replaced"):
            self.drops[f"client_{reason}"] += 1
        for refused, count in session.refused.items():
            self.drops[f"event_{refused}"] += count
        client.queue.clear()
        client.wanted.clear()
        self.closed.append(closed)
        self._on_closed(closed)

    def all_drops(self) -> Counter[str]:
        """Return everything refused, superseded or thrown away so far, by reason; connected clients included."""
        drops = self.drops.copy()
        for client in self.clients.values():
            for reason, count in client.session.refused.items():
                drops[f"event_{reason}"] += count
        return drops

    # -- events

    def publish(self, event: Event, source_id: str, now_ms: int, origin: Client | None = None) -> None:
        """Put an event into the picture and on its way to everyone it is for, its sender aside."""
        self.events_in += 1
        if event.to:
            self._address(event, now_ms, origin)
            return
        kind = event.type
        if kinds.is_state(kind):
            if kind == "b-a-o-can":
                self._picture.remove(event.uid)
            elif not self._picture.update(event, source_id):
                return  # the picture counts it with its reason; what is not in it isn't on anyone's map either
            if self._replay is not None:
                self._replay_since[event.uid] = None
        elif kind == kinds.GONE:
            uid = messages.removed_uid(event)
            owner = self._by_uid.get(uid)
            if owner is not None and owner is not origin:
                self.drops["remove_of_another_client"] += 1
                return
            self._picture.remove(uid)
        self._queue_all(origin.key if origin else 0, event)

    def _queue_all(self, key: int, event: Event) -> None:
        self._batch.append((key, event))
        if len(self._batch) in (1, BATCH_EVENTS_MAX):
            self.on_work()

    def _address(self, event: Event, now_ms: int, origin: Client | None) -> None:
        """Queue an event for the clients that its `<marti>` names. Those it can't reach are counted."""
        targets: dict[int, Client] = {}
        for dest in event.to:
            if dest.by == "uid":
                found = [self._by_uid[dest.value]] if dest.value in self._by_uid else []
            elif dest.by in ("callsign", "publish"):
                if dest.value == "All Streaming":
                    event.to = ()
                    self.publish(event, TAK_SOURCE, now_ms, origin)
                    return
                found = [c for c in self.clients.values() if c.session.callsign == dest.value]
            else:
                found = []
            targets |= {client.key: client for client in found}
            if not found:
                self.drops["addressee_unknown"] += 1
        if not targets and event.type == kinds.CHAT and origin is not None:
            targets, event = {origin.key: origin}, messages.undelivered(event, now_ms)
        elif origin is not None:
            targets.pop(origin.key, None)
        if targets:
            self._direct += ((client, event) for client in targets.values())
            self.on_work()

    # -- ticks

    def due_ms(self, tick_ms: float) -> float:
        """Milliseconds until what is queued should go: at once when it is quiet, so as to bound the writes if not.

        `tick_ms` is monotonic milliseconds.
        """
        if len(self._batch) >= BATCH_EVENTS_MAX:
            return 0.0
        clients = len(self.clients)
        tick = min(
            clients * TICK_MS_PER_CLIENT,
            TICK_MS_USUAL + max(0, clients - 1000) * TICK_MS_PER_FURTHER_CLIENT,
            TICK_MS_MAX,
        )
        return max(0.0, self._last_flush_ms + tick - tick_ms)

    def flush(self, tick_ms: float, now_ms: int) -> None:
        """Give everyone what is queued: shared bytes, one write each. `tick_ms` is monotonic, `now_ms` wall time."""
        self._last_flush_ms = tick_ms
        if self._replay is not None and now_ms - self._replay_ms > REPLAY_SHARED_MS:
            self._replay, self._replay_since = None, {}
        batch, self._batch = self._batch, []
        direct, self._direct = self._direct, []
        if batch:
            batch.sort(key=itemgetter(0))  # stable: order within a sender holds, and its own are one range
            events = [event for _, event in batch]
            own: dict[int, tuple[int, int]] = {}
            for i, (key, _) in enumerate(batch):
                own[key] = (own[key][0] if key in own else i, i + 1)
            joined: dict[Encoding, Joined] = {}
            high = self._limits.write_buffer_bytes
            out = 0
            for client in list(self.clients.values()):
                mine = own.get(client.key)
                if client.lagging or client.wire.get_write_buffer_size() > high:
                    self._defer(client, events if mine is None else events[: mine[0]] + events[mine[1] :])
                    continue
                blob = joined.get(client.session.encoding)
                if blob is None:
                    blob = joined[client.session.encoding] = Joined(events, client.session.encoding)
                blob.write(client.wire, mine)
                count = len(events) - (mine[1] - mine[0] if mine else 0)
                client.events_out += count
                out += count
            self.events_out += out
        for client, event in direct:
            if client.key not in self.clients:
                self.drops["addressee_left"] += 1
            elif client.lagging or client.wire.get_write_buffer_size() > self._limits.write_buffer_bytes:
                self._defer(client, [event])
            else:
                client.wire.write(encode(event, client.session.encoding))
                client.events_out += 1
                self.events_out += 1
        for client in [c for c in self.clients.values() if c.lagging]:
            self.drain(client, now_ms)

    def _defer(self, client: Client, events: Iterable[Event]) -> None:
        """Keep for a lagging reader what it must not lose; of positions only which uids it has missed."""
        client.lagging = True
        for event in events:
            if kinds.is_position(event.type) and not event.to:
                if event.uid in client.wanted:
                    self.drops["superseded"] += 1
                else:
                    client.wanted[event.uid] = None
                continue
            size = len(encode(event, client.session.encoding))
            client.queue.append((event, size))
            client.queued_bytes += size
        if client.queued_bytes > self._limits.queue_bytes:
            self.close(
                client,
                "slow",
                f"reads too slowly: more than {self._limits.queue_bytes} bytes of events that may not be lost wait",
            )

    def drain(self, client: Client, now_ms: int) -> None:
        """Give a lagging reader as much as its buffer has room for; called on each tick and when it has room again."""
        if not client.lagging or client.reason[0]:
            return
        wire, encoding = client.wire, client.session.encoding
        room = self._limits.write_buffer_bytes - wire.get_write_buffer_size()
        if room <= 0:
            return
        parts: list[bytes] = []
        size = 0
        while client.queue and size < room:
            event, queued_bytes = client.queue.popleft()
            client.queued_bytes -= queued_bytes
            parts.append(encode(event, encoding))
            size += queued_bytes
        if not client.queue:
            for uid in client.missed():
                track = self._picture.latest(uid)
                if track is not None and track.stale_ms > now_ms and uid != client.session.uid:
                    data = encode(track.event, encoding)
                    parts.append(data)
                    size += len(data)
                    if size >= room:
                        break
        # While a batch waits it may hold older states than what was just written: so wait for the flush to clear it.
        client.lagging = bool(client.queue or client.behind or self._batch or self._direct)
        if parts:
            client.events_out += len(parts)
            self.events_out += len(parts)
            wire.write(b"".join(parts))

    def sweep(self, now_ms: int, idle_ms: int) -> None:
        """Close clients that have said nothing for `idle_ms` (0: never), and see to those that lag; every second."""
        for client in list(self.clients.values()):
            if client.reason[0]:
                client.wire.abort()  # told to close a second ago and more, and still here: it doesn't read
            elif idle_ms and now_ms - client.heard_ms > idle_ms:
                self.close(client, "idle", f"said nothing for {idle_ms // 1000} s, not even a ping")
            else:
                self.drain(client, now_ms)


class Joined:
    """The events of one tick in one encoding: joined once, written to everyone."""

    __slots__ = ("_blob", "_ends")

    def __init__(self, events: list[Event], encoding: Encoding) -> None:
        parts = [encode(event, encoding) for event in events]
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
