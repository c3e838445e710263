"""Who gets which event, when, and what happens to one who reads too slowly.

Owns: fan-out in ticks (one join per set of labels and encoding, one write per client), replay to a newcomer, the
outbox of a slow reader, presence.
Doesn't own: who may see a label (`release.door`, asked for every event and client), the label of what comes in
(`stream.claims`), who is meant by a uid or callsign (`stream.addresses`), sockets and timers (`stream.tcp`), where
things are (`picture`), one client (`stream.client`) and its conversation (`stream.session`), joining bytes
(`stream.tick`). No I/O: a `Wire` takes bytes, `now_ms` comes in.

A reader that lags loses only positions that a newer one of the same uid replaced: its outbox holds the uids it has
missed, not their events, and writes the newest of each when there is room. Everything else waits in a queue of bounded
size; past the bound that client is closed and told why in the log and on the page.
"""

import uuid
from collections import Counter, deque
from collections.abc import Callable
from operator import itemgetter
from typing import Final

import structlog

from jointhq.cot import kinds, messages, xml
from jointhq.cot.event import Event
from jointhq.people.directory import Identity
from jointhq.picture.picture import Picture
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.reader import Reader
from jointhq.stream.addresses import Addresses, Own, is_to_all
from jointhq.stream.claims import Claims
from jointhq.stream.client import Client, Closed, Limits, Wire
from jointhq.stream.session import Encoding, Session, encode
from jointhq.stream.tick import TICK_MS_MAX, Direct, Joined, Missed, Movers, Said, Tick, length_ms

log = structlog.get_logger("stream")

TAK_SOURCE: Final = "tak"
BATCH_EVENTS_MAX: Final = 4096  # a batch this long is flushed at once: bounds the bytes joined in one go
DRAIN_BYTES: Final = 256 << 10  # what a lagging reader has in its buffer at the most: these bytes are its alone
REPLAY_SHARED_MS: Final = 1000  # newcomers within a second share one list of what is there: a restart brings them all
CLOSED_KEPT: Final = 50  # ended connections that the page can still show


class Router:
    """Every TAK client, and the one place an event passes on its way to them."""

    def __init__(
        self,
        picture: Picture,
        door: Door,
        *,
        version: str,
        floor_of: Callable[[Identity], Label],
        limits: Limits | None = None,
        on_closed: Callable[[Closed], None] = lambda _closed: None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        """`floor_of` gives the least label of what somebody says; `on_closed` is called when a client has gone."""
        self._picture = picture
        self._door = door
        self._floor_of = floor_of
        self._version = version
        self._limits = limits or Limits()
        self.drain_bytes = min(DRAIN_BYTES, self._limits.write_buffer_bytes)
        self.on_work: Callable[[], None] = lambda: None  # called when a flush has become due; the shell sets it
        self._on_closed = on_closed
        self._new_id = new_id
        self._next_key = 0
        self._batch: list[tuple[int, Event]] = []  # (key of the sender, event); 0 is not a client
        self._direct: list[Direct] = []
        self._movers = Movers()  # of what moved or left in the batch
        self._last_flush_ms = -TICK_MS_MAX
        self._addresses = Addresses()
        self._claims = Claims(door)
        self._replay: list[str] | None = None  # uids that were there at `_replay_ms`, shared by newcomers
        self._replay_ms = 0
        self._replay_since: dict[str, None] = {}  # uids that moved after it
        self.clients: dict[int, Client] = {}
        self.closed: deque[Closed] = deque(maxlen=CLOSED_KEPT)
        self.events_in = 0
        self.events_out = 0
        self.drops: Counter[str] = Counter()

    # -- clients come and go

    def attach(self, wire: Wire, address: str, now_ms: int, identity: Identity) -> Client | None:
        """Take a new connection: offer the protocol, then everything that is there. None where there is no room."""
        if len(self.clients) >= self._limits.clients_max:
            self.drops["clients_max"] += 1
            return None
        self._next_key += 1
        session = Session(self._new_id())
        client = Client(self._next_key, session, wire, address, now_ms, identity, self._floor_of(identity))
        self.clients[client.key] = client
        wire.write(session.greeting(self._version, now_ms))
        if self._replay is None:
            self._replay, self._replay_ms = (
                [t.event.uid for t in self._picture.tracks_all() if t.stale_ms > now_ms],
                now_ms,
            )
        client.replay = iter(self._replay)
        client.wanted = dict(self._replay_since)
        self.drain(client, now_ms)
        return client

    def receive(self, client: Client, data: bytes, now_ms: int) -> None:
        """Take bytes from a client; what it breaks ends with it."""
        client.quiet_s = 0.0
        session = client.session
        uid, callsign = session.uid, session.callsign
        events, answer = session.receive(data, now_ms)
        if answer:
            if client.wire.get_write_buffer_size() > self._limits.write_buffer_bytes + self._limits.queue_bytes:
                self.close(client, "slow", "asks, and doesn't read the answers")
                return
            client.wire.write(answer)
        if session.uid != uid or session.callsign != callsign:
            self._named(client, callsign, now_ms)
        for event in events:
            self.publish(event, TAK_SOURCE, now_ms, client)
        if session.fault is not None:
            self.close(client, session.fault.code, str(session.fault))

    def _named(self, client: Client, old_callsign: str, now_ms: int) -> None:
        """Note who a client says it is; an older connection of that uid is replaced without a disconnect notice.

        Unless it is somebody else's: a uid belongs to the person that is connected with it. Over plain TCP that is
        nobody, and nobody keeps it from a person.
        """
        self._addresses.forget_callsign(client, old_callsign)
        own, uid = self._addresses.own, client.session.uid
        older = self._addresses.of_uid(uid)
        if own is not None and uid == own.uid:
            client.session.disown()
            self.close(client, "uid_taken", "this uid is the headquarters' own")
            return
        if older is not None and older.identity.person not in ("", client.identity.person):
            client.session.disown()
            self.close(client, "uid_taken", "another person is connected with this uid")
            return
        self._addresses.enter(client)
        if older is not None and older is not client:
            client.inherit(older)
            self.close(older, "replaced", "the same uid connected again")
            self.detach(older, now_ms)
        if own is not None:
            own.met()

    def close(self, client: Client, reason: str, detail: str) -> None:
        """End a connection for a reason of ours. The shell confirms with `detach`."""
        if not client.reason[0]:
            client.reason = (reason, detail)
            if reason in ("slow", "idle", "replaced"):
                client.wire.abort()  # it doesn't read, or nobody is there any more
            else:
                client.wire.close()

    def detach(self, client: Client, now_ms: int) -> None:
        """Forget a connection that has ended, and tell those who saw the client."""
        if self.clients.pop(client.key, None) is None:
            return
        session = client.session
        if self._addresses.leave(client):
            track = self._picture.latest_any(session.uid)
            if track is None or self._claims.may_move(client, track, now_ms):
                self._picture.end(session.uid)
                # Under its own key: behind its last report, if that is still waiting for the tick.
                self._queue_all(client.key, self._gone(session.uid, session.sa_type, client.label, now_ms))
        reason, detail = client.reason if client.reason[0] else ("left", "the client closed the connection")
        closed = Closed(
            uid=session.uid,
            callsign=session.callsign,
            address=client.address,
            at_ms=now_ms,
            reason=reason,
            detail=detail,
            label=client.label,
        )
        if client.reason[0] not in ("", "replaced"):
            self.drops[f"client_{reason}"] += 1
        for refused, count in session.refused.items():
            self.drops[f"event_{refused}"] += count
        if client.queue:
            self.drops["addressee_left"] += len(client.queue)
            client.queue.clear()
        self.closed.append(closed)
        self._on_closed(closed)

    def all_drops(self) -> Counter[str]:
        """Return everything refused, superseded or thrown away so far, by reason; connected clients included."""
        drops = self.drops.copy()
        for client in self.clients.values():
            for reason, count in client.session.refused.items():
                drops[f"event_{reason}"] += count
        return drops

    # -- what the headquarters itself says and hears

    def talk_as(self, own: Own) -> None:
        """Hand what is addressed to this uid or callsign to its owner; nobody else may speak as it."""
        self._addresses.own = own

    def connected(self) -> list[Client]:
        """Return the clients that are there."""
        return list(self.clients.values())

    def give(self, client: Client, *events: Event) -> None:
        """Say something to one client alone: it leaves under its own label, if that client may see it then."""
        for event in events:
            if event.label is not None:
                xml.mark(event, *self._door.to_cot(event.label))
            self._send(event, client, None)

    # -- events

    def publish(self, event: Event, source_id: str, now_ms: int, origin: Client | None = None) -> None:
        """Label an event, put it into the picture and on its way to everyone who may see it, its sender aside."""
        self.events_in += 1
        self._claims.label(event, self._picture.sources[source_id].label if origin is None else origin.floor)
        if origin is not None and event.uid == origin.session.uid and event.callsign and event.type.startswith("a-"):
            origin.label = event.label or origin.floor
        if origin is not None and self._addresses.poses(event):
            self.drops["uid_of_another"] += 1
            return
        if event.to:
            if not is_to_all(event):
                self._address(event, now_ms, origin)
                return
            event.to = ()
        kind = event.type
        if kinds.is_state(kind):
            track = self._picture.latest_any(event.uid)
            before, was = (event.label, kind) if track is None else (track.label, track.event.type)
            if origin is not None and track is not None and not self._claims.may_move(origin, track, now_ms):
                self.drops["uid_of_another"] += 1
                return
            if kind == kinds.EMERGENCY_OVER:
                self._picture.remove(event.uid)
            elif not self._picture.update(event, source_id, event.label):
                return  # the picture counts it with its reason; what is not in it isn't on anyone's map either
            if track is None or origin is None:
                self._claims.forget(event.uid)
            if origin is not None and event.label != origin.floor:
                self._claims.note(event, origin, now_ms)
            if before != event.label:
                self._withdraw(event.uid, was, before, event.label, now_ms)
            if self._replay is not None:
                self._replay_since[event.uid] = None
            self._movers.note(event.uid, origin.key if origin is not None else 0)
        elif kind == kinds.GONE and not self._remove(event, now_ms, origin):
            return
        self._queue_all(origin.key if origin else 0, event)

    def _sees(self, client: Client, label: Label | None, now_ms: int) -> bool:
        return self._door.may_see(client.identity.reader, label, now_ms)

    def _remove(self, event: Event, now_ms: int, origin: Client | None) -> bool:
        """Take the track that a `t-x-d-d` names off the picture; False where its sender may not."""
        uid = messages.removed_uid(event)
        owner = self._addresses.of_uid(uid)
        if owner is not None and owner is not origin:
            self.drops["remove_of_another_client"] += 1
            return False
        track = self._picture.latest_any(uid)
        if track is not None:
            if origin is not None and not self._claims.may_move(origin, track, now_ms):
                self.drops["uid_of_another"] += 1
                return False
            event.label = track.label
        self._picture.remove(uid)
        self._movers.note(uid, origin.key if origin is not None else 0)
        return True

    def _gone(self, uid: str, kind: str, label: Label | None, now_ms: int) -> Event:
        """Return the notice that a uid has left, labelled as what it was last seen as."""
        track = self._picture.latest_any(uid)
        notice = messages.gone(self._new_id(), uid, kind, now_ms)
        notice.label = label if track is None else track.label
        return notice

    def _withdraw(self, uid: str, kind: str, old: Label | None, new: Label | None, now_ms: int) -> None:
        """Tell those who saw a uid under its old label and may not under its new one that it has left."""
        notice = messages.gone(self._new_id(), uid, kind, now_ms)
        notice.label = old
        for client in self.clients.values():
            if self._sees(client, old, now_ms) and not self._sees(client, new, now_ms):
                self._send(notice, client, None)

    def _queue_all(self, key: int, event: Event) -> None:
        self._batch.append((key, event))
        if len(self._batch) in (1, BATCH_EVENTS_MAX):
            self.on_work()

    def _address(self, event: Event, now_ms: int, origin: Client | None) -> None:
        """Queue an event for the clients that its `<marti>` names. Those it can't reach are counted.

        One whom its sender can't see is not there for it: else whether the chat comes back would tell that he is.
        """
        who = self._addresses
        if who.own is not None and origin is not None and any(who.is_own(dest) for dest in event.to):
            who.own.hear(origin, event)
            event.to = tuple(dest for dest in event.to if not who.is_own(dest))
            if not event.to:
                return
        targets: dict[int, Client] = {}
        for dest in event.to:
            found = {
                key: client
                for key, client in who.found(dest).items()
                if self._sees(client, event.label, now_ms)
                and (origin is None or self._sees(origin, client.label, now_ms))
            }
            targets |= found
            if not found:
                self.drops["addressee_unknown"] += 1
        if origin is not None:
            targets.pop(origin.key, None)
        if not targets:
            self._undelivered(event, origin, now_ms)
        for target in targets.values():
            self._send(event, target, origin)

    def _send(self, event: Event, target: Client, origin: Client | None) -> None:
        """Queue an event for one client, in its place among what its sender says to all."""
        self._direct.append(Direct(target, origin, len(self._batch), event))
        self.on_work()

    def _undelivered(self, event: Event, origin: Client | None, now_ms: int) -> None:
        """Return a chat that reached nobody to its sender, marked so."""
        if event.type == kinds.CHAT and origin is not None and origin.key in self.clients:
            self._send(messages.undelivered(event, now_ms), origin, None)

    # -- ticks

    def due_ms(self, tick_ms: float) -> float:
        """Milliseconds until what is queued should go: at once when it is quiet, so as to bound the writes if not.

        `tick_ms` is monotonic milliseconds.
        """
        if len(self._batch) >= BATCH_EVENTS_MAX:
            return 0.0
        return max(0.0, self._last_flush_ms + length_ms(len(self.clients)) - tick_ms)

    def flush(self, tick_ms: float, now_ms: int) -> None:
        """Give everyone what is queued: shared bytes, one write each. `tick_ms` is monotonic, `now_ms` wall time."""
        self._last_flush_ms = tick_ms
        if self._replay is not None and now_ms - self._replay_ms > REPLAY_SHARED_MS:
            self._replay, self._replay_since = None, {}
        batch, self._batch = self._batch, []
        movers, self._movers = self._movers, Movers()
        superseded = movers.superseded(batch)
        self.drops["superseded"] += len(superseded)
        said = [(key, i, event) for i, (key, event) in enumerate(batch) if i not in superseded]
        direct, self._direct = self._direct, []
        private: dict[int, list[Direct]] = {}
        for item in direct:
            if item.target.key in self.clients:
                private.setdefault(item.target.key, []).append(item)
            else:
                self.drops["addressee_left"] += 1
                self._undelivered(item.event, item.origin, now_ms)
        ticks: dict[Reader, Tick] = {}
        for key, items in private.items():
            client = self.clients[key]
            self._give_with_private(client, items, self._tick_of(client, said, ticks, now_ms), now_ms)
        if batch:
            for client in list(self.clients.values()):
                if client.key not in private:
                    self._give(client, self._tick_of(client, said, ticks, now_ms))
        for client in [c for c in self.clients.values() if c.lagging]:
            self.drain(client, now_ms)

    def _tick_of(self, client: Client, said: list[Said], ticks: dict[Reader, Tick], now_ms: int) -> Tick:
        """Return the part of a tick that a client may see. Readers who may see the same share one."""
        reader = client.identity.reader
        tick = ticks.get(reader)
        if tick is None:
            labels = {event.label for _, _, event in said}
            seen = frozenset(label for label in labels if self._door.may_see(reader, label, now_ms))
            tick = next((tick for tick in ticks.values() if tick.seen == seen), None) or Tick(said, seen)
            ticks[reader] = tick
        return tick

    def _give(self, client: Client, tick: Tick) -> None:
        """Give one client a tick's events, its own left out: joined once per encoding."""
        if not tick.events:
            return
        events, mine = tick.events, tick.own.get(client.key)
        if client.lagging or client.wire.get_write_buffer_size() > self._limits.write_buffer_bytes:
            if tick.missed is None:
                tick.missed = Missed(events)
            self._defer(client, tick.missed, mine)
            return
        encoding = client.session.encoding
        joined = tick.joined.get(encoding)
        if joined is None:
            joined = tick.joined[encoding] = Joined([self._encode(event, encoding) for event in events])
        joined.write(client.wire, mine)
        count = len(events) - (mine[1] - mine[0] if mine else 0)
        client.events_out += count
        self.events_out += count

    def _give_with_private(self, client: Client, items: list[Direct], tick: Tick, now_ms: int) -> None:
        """Give one client the tick's events and those for it alone, in the order they were said.

        All senders' in one: a notice of ours that a uid has left comes behind what another said of it before.
        """
        said = [(float(i), event) for key, i, event in tick.said if key != client.key]
        said += [(item.before - 0.5, item.event) for item in items if self._sees(client, item.event.label, now_ms)]
        said.sort(key=itemgetter(0))
        events = [event for _, event in said]
        if client.lagging or client.wire.get_write_buffer_size() > self._limits.write_buffer_bytes:
            self._defer(client, Missed(events), None)
            return
        client.wire.write(b"".join([self._encode(event, client.session.encoding) for event in events]))
        client.events_out += len(events)
        self.events_out += len(events)

    def _encode(self, event: Event, encoding: Encoding) -> bytes:
        """Return the event's bytes; none, counted and logged, for one that can't be said in that encoding."""
        try:
            return encode(event, encoding)
        except Exception:  # one event must not cost the others their tick
            self.drops["unencodable"] += 1
            log.exception("event.unencodable", encoding=encoding, kind=event.type)
            return b""

    def _defer(self, client: Client, missed: Missed, without: tuple[int, int] | None) -> None:
        """Keep for a lagging reader what it must not lose, its own aside; of positions only which uids it has missed.

        Costs little an event: when all lag, there is no time to lose.
        """
        client.lagging = True
        uids, before = missed.positions(without), len(client.wanted)
        client.wanted |= dict.fromkeys(uids)  # those it has missed already keep their place
        if superseded := before + len(uids) - len(client.wanted):
            self.drops["superseded"] += superseded
        for event in missed.others(without):
            size = len(self._encode(event, client.session.encoding))
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
        room = self.drain_bytes - wire.get_write_buffer_size()
        if room <= 0:
            return
        parts: list[bytes] = []
        size = 0
        while client.queue and size < room:
            event, queued_bytes = client.queue.popleft()
            client.queued_bytes -= queued_bytes
            if not self._sees(client, event.label, now_ms):  # its access has changed since
                self.drops["not_released"] += 1
                continue
            parts.append(self._encode(event, encoding))
            size += queued_bytes
        if not client.queue:
            for uid in client.missed():
                track = self._picture.latest(client.identity.reader, uid)
                if track is not None and track.stale_ms > now_ms and uid != client.session.uid:
                    data = self._encode(track.event, encoding)
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

    def sweep(self, now_ms: int, seconds: float, idle_s: float) -> None:
        """Close clients that have said nothing for `idle_s` (0: never), see to those that lag; every `seconds`."""
        for client in list(self.clients.values()):
            client.quiet_s += seconds
            if client.reason[0]:
                client.wire.abort()  # told to close a sweep ago and still here: it doesn't read
            elif idle_s and client.quiet_s > idle_s:
                self.close(client, "idle", f"said nothing for {idle_s:g} s, not even a ping")
            else:
                self.drain(client, now_ms)
