"""The seeded simulator of the stream: clients come, go, talk, stall and ask for protobuf, in any order.

Nothing here waits: time is a number. `make sim SEED=7` repeats one run; `make soak` runs many.

What must hold, whatever happens:
- every client that is there at the end, and reads, has the same picture as the server;
- no client sees its own events, a chat that was not for it, or XML after the switch to protobuf;
- each word of chat reaches each client that it was for exactly once, or that client was closed for a stated reason;
- what the server holds for one client never passes its bound.
"""

import os
import random

import pytest

from jointhq.base.clock import ManualClock
from jointhq.cot import kinds, messages
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.stream.client import Limits
from jointhq.stream.router import Router
from tests.support.events import T0_MS, chat, sa
from tests.support.people import ANYBODY, DOOR, OPEN, floor_of
from tests.support.wires import FakeWire, Reader

STEPS = 1000
LIMITS = Limits(clients_max=10, write_buffer_bytes=65_536, queue_bytes=65_536)
ONE_TICK_BYTES = 300_000  # a tick is written whole to a reader that isn't lagging


def seeds():
    if seed := os.environ.get("JOINTHQ_SIM_SEED"):
        return [int(seed)]
    return list(range(int(os.environ.get("JOINTHQ_SIM_SEEDS") or 20)))


class Phone:
    """A TAK client: it reads late, in pieces, and keeps a picture of its own."""

    def __init__(self, sim, name):
        self.sim, self.name, self.uid = sim, name, f"U-{name}"
        self.n = 0
        self.wire = self.client = None

    @property
    def up(self):
        return self.client is not None

    def connect(self):
        self.wire, self.reader = FakeWire(), Reader()
        self.latest, self.words, self.said = {}, [], False
        self.delay = []  # what is on its way to the server, in order: a network delays, TCP does not reorder
        self.client = self.sim.router.attach(self.wire, self.name, self.sim.clock.now_ms(), ANYBODY)
        self.due = []
        assert self.client is not None

    def say(self, data):
        self.delay.append(data)

    def deliver(self):
        if not self.up or not self.delay:
            return
        data, self.delay = b"".join(self.delay), []
        cut = self.sim.random.randint(1, len(data))
        for part in (data[:cut], data[cut:]):
            if part:
                self.sim.router.receive(self.client, part, self.sim.clock.now_ms())

    def read(self, size=None):
        for event in self.reader.feed(self.wire.read(size)):
            self.take(event)
        if self.up:
            self.sim.router.drain(self.client, self.sim.clock.now_ms())

    def take(self, event):
        assert not (self.said and event.uid == self.uid), "a client saw its own report"
        if event.type == kinds.OFFER:
            self.offer = event.uid
        elif event.type == "b-t-f":
            self.words.append(event.uid)
        elif event.type == kinds.GONE:
            self.latest.pop(messages.removed_uid(event), None)
        elif event.type.startswith("a-"):
            assert event.time_ms >= self.latest.get(event.uid, (0, 0))[0], "time ran backwards"
            self.latest[event.uid] = (event.time_ms, event.lat)

    def drop(self):
        """The connection breaks; whatever was on its way, both ways, is lost."""
        client, self.client = self.client, None
        self.sim.router.detach(client, self.sim.clock.now_ms())


class Sim:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.clock = ManualClock(T0_MS)
        self.picture = Picture(self.clock, None, door=DOOR)
        self.picture.add_source(Source(id="tak", kind="tak", name="TAK", retention_s=3600, label=OPEN))
        self.picture.add_source(Source(id="feed", kind="feed", name="feed", retention_s=3600, label=OPEN))
        self.closed = []
        self.router = Router(
            self.picture, DOOR, version="sim", limits=LIMITS, on_closed=self.closed.append, floor_of=floor_of
        )
        self.phones = [Phone(self, name) for name in ("A", "B", "C")]
        self.n = 0
        self.words = []  # (event uid, recipients' connections at the time)

    def flush(self):
        self.router.flush(self.clock.monotonic_s() * 1000, self.clock.now_ms())
        for phone in self.phones:
            if phone.up:
                assert len(phone.wire.buffer) <= LIMITS.write_buffer_bytes + ONE_TICK_BYTES
                assert phone.client.queued_bytes <= LIMITS.queue_bytes + 2000

    def step(self):
        rnd, phone = self.random, self.random.choice(self.phones)
        self.clock.advance(rnd.choice([0.001, 0.05, 0.5]))
        match rnd.choices(
            ["connect", "drop", "sa", "chat", "one", "read", "sip", "switch", "burst", "deliver", "sweep"],
            [8, 2, 12, 6, 5, 12, 10, 1, 6, 20, 2],
        )[0]:
            case "connect" if not phone.up:
                phone.connect()
            case "drop" if phone.up:
                phone.drop()
            case "sa" if phone.up:
                phone.n += 1
                phone.said = True
                phone.say(sa(phone.uid, phone.name, n=phone.n))
            case "chat" if phone.up:
                self.say(phone, None)
            case "one" if phone.up:
                self.say(phone, rnd.choice([p for p in self.phones if p is not phone]))
            case "read" if phone.up:
                phone.read()
            case "sip" if phone.up:
                phone.read(rnd.randint(1, 3000))
            case "switch" if phone.up and hasattr(phone, "offer"):
                phone.say(
                    sa(phone.offer, kind="t-x-takp-q", detail='<TakControl><TakRequest version="1"/></TakControl>')
                )
            case "burst":
                from jointhq.cot import xml

                for _ in range(rnd.randint(1, 60)):
                    self.n += 1
                    event = xml.parse(sa(f"T{rnd.randint(0, 30)}", n=self.n, kind="a-n-A-C-F", detail="<x/>" * 50))
                    self.router.publish(event, "feed", self.clock.now_ms())
            case "deliver":
                phone.deliver()
            case "sweep":
                self.router.sweep(self.clock.now_ms(), 1, 0)
        if rnd.random() < 0.7:
            self.flush()
        for gone in self.phones:
            if gone.up and gone.wire.closing:
                gone.drop()

    def say(self, phone, to):
        self.n += 1
        phone.say(
            chat(phone.uid, "x" * self.random.randint(1, 2000), to=to.name if to else "", message_id=f"m{self.n}")
        )

    def settle(self):
        """Everyone left reads all there is."""
        for _ in range(200):
            for phone in self.phones:
                if phone.up:
                    phone.deliver()
            self.clock.advance(0.3)
            self.flush()
            for phone in self.phones:
                if phone.up and phone.wire.closing:
                    phone.drop()
                if phone.up:
                    phone.read()


@pytest.mark.parametrize("seed", seeds())
def test_each_live_client_ends_with_the_same_picture(seed):
    sim = Sim(seed)
    for _ in range(STEPS):
        sim.step()
    sim.settle()
    replay = f"make sim SEED={seed}"
    truth = {
        e.uid: (e.time_ms, e.lat)
        for e in sim.picture.replay(ANYBODY.reader)
        if e.type.startswith("a-") and e.stale_ms > sim.clock.now_ms()
    }
    for phone in sim.phones:
        if phone.up:
            seen = {uid: at for uid, at in phone.latest.items() if uid != phone.uid}
            assert seen == {uid: at for uid, at in truth.items() if uid != phone.uid}, replay
            assert not phone.client.lagging, replay
            assert len(phone.words) == len(set(phone.words)), f"a word came twice: {replay}"
    for closed in sim.closed:
        assert closed.reason in ("left", "slow", "replaced"), replay


@pytest.mark.parametrize("seed", seeds())
def test_every_word_reaches_whom_it_was_for_once_and_nobody_else(seed):
    """Nobody disconnects here, everyone reads in time: then nothing at all may be lost or misdelivered."""
    sim = Sim(seed)
    for phone in sim.phones:
        phone.connect()
        phone.said = True
        phone.say(sa(phone.uid, phone.name))
        phone.deliver()
    sim.flush()
    expected = {phone.name: [] for phone in sim.phones}
    for _ in range(STEPS // 4):
        phone = sim.random.choice(sim.phones)
        to = sim.random.choice([None, *sim.phones])
        sim.n += 1
        word = chat(phone.uid, "word", to=to.name if to else "", message_id=f"m{sim.n}")
        phone.say(word)
        for other in sim.phones:
            if (to is None or to is other) and other is not phone:
                expected[other.name].append(word.split(b'uid="')[1].split(b'"')[0].decode())
        if sim.random.random() < 0.5:
            phone.deliver()
            sim.clock.advance(0.01)
            sim.flush()
        sim.random.choice(sim.phones).read(sim.random.randint(1, 5000))
    sim.settle()
    for phone in sim.phones:
        assert sorted(phone.words) == sorted(expected[phone.name]), f"make sim SEED={seed}"
