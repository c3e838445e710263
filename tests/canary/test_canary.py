"""The canary: random readers, labels and acts, each thing with a mark of its own, and every byte that leaves searched.

No stream of bytes of any reader, to a TAK client or a page, of now or of the past, ever holds the canary of what he
may not see; and each reader that reads does see all that he may. Who may is decided here by the rule written a second
way (`tests.release.test_rule.naive`). `JOINTHQ_SIM_SEEDS=100 make soak` runs a million steps.
"""

import asyncio
import os
import random
import re
import zlib

import msgspec
import pytest

from jointhq.base.clock import ManualClock
from jointhq.cot import kinds, messages
from jointhq.people.directory import FOREVER_MS
from jointhq.picture.history import History
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.release.label import interned
from jointhq.release.reader import ANON
from jointhq.stream.client import Limits
from jointhq.stream.router import Router
from tests.picture.page import PyPage
from tests.release.test_rule import naive
from tests.support.events import T0_MS, sa
from tests.support.people import DOOR, OPEN, floor_of, identity, reader
from tests.support.wires import FakeWire
from tests.support.wires import Reader as Ear

STEPS = 10_000
CANARY = re.compile(rb"kn\d+z")
LIMITS = Limits(clients_max=50, write_buffer_bytes=1 << 20, queue_bytes=1 << 20)
GROUPS = ("blue", "red", ANON)
UIDS = [f"T{i}" for i in range(40)]
CLAIMS = [
    ({}, {}),
    ({"access": "CUI"}, {"level": "CUI"}),
    ({"access": "CUI", "releasableTo": "JPN, USA"}, {"level": "CUI", "releasable_to": ("JPN", "USA")}),
    ({"access": "CUI", "releaseableTo": "FVEY"}, {"level": "CUI", "releasable_to": ("FVEY",)}),
    ({"caveat": "NOFORN"}, {"caveats": ("NOFORN",)}),
    ({"access": "UNCLASSIFIED", "releasableTo": "AUS"}, {"releasable_to": ("AUS",)}),
    ({"access": "CONFIDENTIAL", "releasableTo": "USA,JPN,AUS"}, {"level": "C", "releasable_to": ("AUS", "JPN", "USA")}),
]


def seeds():
    if seed := os.environ.get("JOINTHQ_SIM_SEED"):
        return [int(seed)]
    return list(range(int(os.environ.get("JOINTHQ_SIM_SEEDS") or 10)))


class SearchedWire(FakeWire):
    """A wire that looks into every byte at the moment it is written."""

    def __init__(self, world, who):
        super().__init__()
        self.search = lambda data: world.search(data, who, "stream")

    def write(self, data):
        self.search(bytes(data))
        super().write(data)


class Person:
    """One reader, with a TAK client and a page."""

    def __init__(self, world, number):
        rnd = world.random
        groups_out = rnd.sample(GROUPS, rnd.randint(1, 2))
        until_ms = FOREVER_MS if rnd.random() < 0.8 else T0_MS + rnd.randint(1, 4000) * 1000
        self.world, self.uid = world, f"U{number}"
        self.reader = reader(
            rnd.choice(["USA", "JPN", "AUS"]), rnd.choice(["U", "CUI", "C"]), *groups_out, cleared_until_ms=until_ms
        )
        self.identity = identity(self.reader, self.uid, *rnd.sample(GROUPS, rnd.randint(1, 2)))
        self.client, self.page = None, PyPage()

    def sees(self, label):
        return self.world.sees(self.reader, label)

    def connect(self):
        self.wire, self.ear, self.latest, self.words = SearchedWire(self.world, self), Ear(), {}, set()
        self.client = self.world.router.attach(self.wire, self.uid, self.world.clock.now_ms(), self.identity)
        self.since = self.world.n
        self.said = set()
        if self.world.random.random() < 0.5:
            self.client.session.encoding = "protobuf"
        self.world.report(self)

    def say(self, data):
        self.said |= {canary.decode() for canary in CANARY.findall(data)}
        self.world.router.receive(self.client, data, self.world.clock.now_ms())

    def read(self):
        for event in self.ear.feed(self.wire.read()):
            if event.type == kinds.GONE:
                self.latest.pop(messages.removed_uid(event), None)
            elif event.type == kinds.CHAT:
                assert event.uid not in self.words
                self.words.add(event.uid)
            elif event.type.startswith("a-"):
                self.latest[event.uid] = event.callsign
        self.world.router.drain(self.client, self.world.clock.now_ms())


class World:
    def __init__(self, seed, directory):
        self.random = random.Random(seed)
        self.clock = ManualClock(T0_MS)
        self.history = History(directory, self.clock, gone_after_s=600)
        self.history.start()
        self.picture = Picture(self.clock, self.history, door=DOOR)
        self.feeds = {"open": OPEN, "shut": DOOR.parse("CUI//REL TO USA, JPN")}
        for source, label in {"tak": OPEN, **self.feeds}.items():
            self.picture.add_source(Source(id=source, kind="feed", name=source, retention_s=3600, label=label))
        self.router = Router(self.picture, DOOR, version="0", limits=LIMITS, floor_of=floor_of)
        self.answers = {}
        self.n = 0
        self.labels = {}  # canary -> the label it must have
        self.now = {}  # uid -> (canary, label)
        self.unseen = {}  # uid -> who claimed more for it than he may see himself
        self.chats = []  # (canary, label, uid of the chat, sender)
        self.searched = 0
        self.people = [Person(self, number) for number in range(8)]

    def sees(self, who, label):
        """The rule written a second way."""
        if self.clock.now_ms() >= who.cleared_until_ms:
            return False
        known = self.answers.get((who, label))
        if known is None:
            always = msgspec.structs.replace(who, cleared_until_ms=FOREVER_MS)
            known = self.answers[who, label] = naive(DOOR, always, label, T0_MS, DOOR._system)
        return known

    def search(self, data, who, where):
        for canary in CANARY.findall(data):
            self.searched += 1
            assert who.sees(self.labels[canary.decode()]), f"{where} of {who.reader} holds {canary}"

    def canary(self, label):
        self.n += 1
        self.labels[f"kn{self.n}z"] = label
        return f"kn{self.n}z"

    def claim(self, floor):
        attributes, means = self.random.choice(CLAIMS)
        claimed = msgspec.structs.replace(floor, **means)
        return attributes, interned(claimed)

    # -- acts

    def report(self, person):
        """A client says where it is itself."""
        label = floor_of(person.identity)
        self.now[person.uid] = (self.canary(label), label)
        person.say(sa(person.uid, self.now[person.uid][0], n=self.n))

    def move(self, person):
        """A client says where something is, under some label."""
        uid = self.random.choice(UIDS)
        attributes, label = self.claim(floor_of(person.identity))
        before = self.now.get(uid)
        canary = self.canary(label)
        person.say(sa(uid, canary, n=self.n, detail=f"<remarks>{canary}</remarks>", **attributes))
        if before is None or self.may_move(person, uid):
            self.now[uid] = (canary, label)
            if before is None:
                self.unseen.pop(uid, None)
            if label != floor_of(person.identity) and not person.sees(label):
                self.unseen[uid] = person

    def may_move(self, person, uid):
        label = self.now[uid][1]
        return label == floor_of(person.identity) or person.sees(label) or self.unseen.get(uid) is person

    def feed(self):
        from jointhq.cot import xml

        source, floor = self.random.choice(list(self.feeds.items()))
        uid = self.random.choice(UIDS)
        canary = self.canary(floor)
        self.router.publish(xml.parse(sa(uid, canary, n=self.n, kind="a-n-A")), source, self.clock.now_ms())
        self.now[uid] = (canary, floor)
        self.unseen.pop(uid, None)

    def chat(self, person):
        attributes, label = self.claim(floor_of(person.identity))
        canary = self.canary(label)
        uid = f"GeoChat.{self.n}"
        person.say(sa(uid, canary, n=self.n, kind=kinds.CHAT, detail=f"<remarks>{canary}</remarks>", **attributes))
        self.chats.append((canary, label, uid, person))

    def remove(self, person):
        uid = self.random.choice(UIDS)
        self.flush()
        person.read()  # what is still on its way to him; his own notice isn't sent back to him
        person.say(sa(f"R{self.n}", "", n=self.n, kind=kinds.GONE, detail=f'<link uid="{uid}"/>'))
        if uid in self.now and self.may_move(person, uid):
            del self.now[uid]
            person.latest.pop(uid, None)

    def step(self):
        rnd, person = self.random, self.random.choice(self.people)
        self.clock.advance(rnd.choice([0.01, 0.1, 0.5]))
        match rnd.choices(
            ["connect", "leave", "move", "feed", "chat", "remove", "read", "page", "past"],
            [10, 1, 30, 15, 10, 2, 20, 8, 0.2],
        )[0]:
            case "connect" if person.client is None:
                person.connect()
            case "leave" if person.client is not None:
                client, person.client = person.client, None
                self.router.detach(client, self.clock.now_ms())
            case "move" if person.client is not None:
                self.move(person)
            case "feed":
                self.feed()
            case "chat" if person.client is not None:
                self.chat(person)
            case "remove" if person.client is not None:
                self.remove(person)
            case "read" if person.client is not None:
                person.read()
            case "page":
                self.look(person)
            case "past":
                self.past(person)
        if rnd.random() < 0.5:
            self.flush()

    def flush(self):
        self.router.flush(self.clock.monotonic_s() * 1000, self.clock.now_ms())
        if self.random.random() < 0.2:
            self.picture.tick()
            self.picture.sweep()
        for person in self.people:
            if person.client is not None and person.wire.closing:
                client, person.client = person.client, None
                self.router.detach(client, self.clock.now_ms())

    def look(self, person):
        """A page asks for what is new: now and again from nothing."""
        if self.random.random() < 0.1:
            person.page = PyPage()
        page = person.page
        for frame in self.picture.since(person.reader, page.epoch, page.position).frames:
            self.search(zlib.decompress(frame[32:], -15), person, "page")
            page.decode(frame)

    def past(self, person):
        now_ms = self.clock.now_ms()
        at_ms = now_ms - self.random.randint(0, 200_000)
        frame = asyncio.run(self.picture.at(person.reader, at_ms))
        self.search(zlib.decompress(frame[32:], -15), person, "past")
        uid = self.random.choice(UIDS)
        path = asyncio.run(self.picture.path(person.reader, uid, T0_MS, now_ms))
        # A place is a canary too: `sa` puts number n at its own latitude.
        for lat in path.lat:
            canary = f"kn{round((lat - 35) / 0.0001)}z"
            assert person.sees(self.labels[canary]), f"path of {uid} shows {person.reader} {canary}"
        track = self.picture.latest(person.reader, uid)
        if track is not None:
            self.search(track.event.callsign.encode(), person, "latest")

    def settle(self):
        for _ in range(30):
            self.clock.advance(0.3)
            self.flush()
            for person in self.people:
                if person.client is not None:
                    person.read()
        self.picture.tick()


@pytest.mark.parametrize("seed", seeds())
def test_nobody_sees_what_he_may_not_and_each_sees_all_that_he_may(seed, tmp_path):
    world = World(seed, tmp_path / "history")
    try:
        for _ in range(STEPS):
            world.step()
        world.settle()
        again = f"make sim SEED={seed}"
        for person in world.people:
            world.look(person)
            mine = {uid: canary for uid, (canary, label) in world.now.items() if person.sees(label)}
            cleared = world.clock.now_ms() < person.reader.cleared_until_ms
            shown = {uid: card["c"] for uid, (card, _, _) in person.page.known().items()} if cleared else {}
            assert shown == mine, again
            assert world.picture.tracks(person.reader) == len(mine), again
            if person.client is None:
                continue
            live = {uid: c for uid, c in mine.items() if not world.picture.latest_any(uid).ended and uid != person.uid}
            heard = {uid: callsign for uid, callsign in person.latest.items() if uid in live}
            said_by_itself = {uid for uid in live if uid not in heard or heard[uid] != live[uid]}
            for uid in said_by_itself:  # what it said last itself isn't sent back to it
                assert world.picture.latest_any(uid).event.callsign in person.said, again
            for uid in person.latest.keys() & world.now.keys():
                assert person.sees(world.now[uid][1]) or not cleared, f"{uid} was not withdrawn: {again}"
            for canary, label, uid, sender in world.chats:
                number = int(canary[2:-1])
                if number > person.since and sender is not person and cleared and person.sees(label):
                    assert uid in person.words, again
        assert world.searched > STEPS
    finally:
        world.history.close()
