"""Who gets which event: fan-out, addressing, replay, slow readers, presence."""

import pytest

from jointhq.base.clock import ManualClock
from jointhq.cot import kinds, proto, xml
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.stream.client import Limits
from jointhq.stream.router import Router
from tests.support.events import LATER, T0_MS, chat, sa
from tests.support.people import ANYBODY, DOOR, OPEN, floor_of
from tests.support.wires import FakeWire, Reader


class Hall:
    """A router with pretend clients around it."""

    def __init__(self, **limits):
        self.clock = ManualClock(T0_MS)
        self.picture = Picture(self.clock, None, door=DOOR)
        for source in ("tak", "feed"):
            self.picture.add_source(Source(id=source, kind="tak", name=source, retention_s=3600, label=OPEN))
        self.closed = []
        self.router = Router(
            self.picture,
            DOOR,
            version="0",
            limits=Limits(**limits),
            on_closed=self.closed.append,
            floor_of=floor_of,
        )
        self.wires = {}
        self.clients = {}
        self.readers = {}

    def join(self, name, *, uid=None, identity=ANYBODY):
        self.wires[name] = FakeWire()
        self.clients[name] = self.router.attach(
            self.wires[name], f"10.0.0.1:{len(self.wires)}", self.clock.now_ms(), identity
        )
        self.readers[name] = Reader()
        if uid:
            self.say(name, sa(uid, name))
            self.settle()
        return self

    def say(self, name, data):
        self.router.receive(self.clients[name], data, self.clock.now_ms())

    def settle(self, seconds=1.0):
        self.clock.advance(seconds)
        self.router.flush(self.clock.monotonic_s() * 1000, self.clock.now_ms())

    def hear(self, name):
        """What the client reads now, offers and pongs aside."""
        got = self.readers[name].feed(self.wires[name].read())
        self.router.drain(self.clients[name], self.clock.now_ms())
        return [event for event in got if not event.type.startswith("t-x-takp")]

    def leave(self, name):
        self.router.detach(self.clients[name], self.clock.now_ms())


@pytest.fixture
def hall():
    return Hall()


def two(hall):
    hall.join("A", uid="UA").join("B", uid="UB")
    hall.hear("A")
    hall.hear("B")
    return hall


def test_everyone_but_the_sender_gets_an_event_as_it_was(hall):
    two(hall).join("C", uid="UC")
    hall.hear("C")
    sent = sa("UA", "A", n=5, detail='<unknown x="1"/>')
    hall.say("A", sent)
    hall.settle()
    assert hall.wires["C"].read() == sent
    assert [e.uid for e in hall.hear("B")] == ["UC", "UA"]
    assert [e.uid for e in hall.hear("A")] == ["UC"]


def test_order_within_a_sender_holds_and_own_events_are_left_out_of_a_busy_tick(hall):
    two(hall).join("C", uid="UC")
    for name in "ABC":
        hall.hear(name)
    for n in range(20):
        for name in "ABC":
            hall.say(name, sa(f"U{name}", name, n=n))
    hall.settle()
    for name in "ABC":
        heard = [(e.uid, e.time_ms) for e in hall.hear(name)]
        assert len(heard) == 40
        assert all(uid != f"U{name}" for uid, _ in heard)
        for other in set("ABC") - {name}:
            times = [t for uid, t in heard if uid == f"U{other}"]
            assert times == sorted(times)


def test_one_event_is_encoded_once_per_encoding(hall, monkeypatch):
    two(hall).join("C", uid="UC").join("D", uid="UD")
    made = []
    real = proto._encode
    monkeypatch.setattr(proto, "_encode", lambda event: made.append(event) or real(event))
    for name in "CD":
        hall.clients[name].session.encoding = "protobuf"
        hall.wires[name].read()
        hall.readers[name] = Reader()
    hall.say("A", sa("UA", "A", n=9))
    hall.settle()
    assert len(made) == 1
    assert [e.uid for e in hall.hear("C")] == [e.uid for e in hall.hear("D")] == ["UA"]


def test_a_newcomer_gets_the_latest_of_what_is_there_and_no_more(hall):
    two(hall)
    for n in range(1, 4):
        hall.say("A", sa("UA", "A", n=n))
    hall.say("A", sa("M1", kind="b-m-p-s-m"))
    hall.say("A", chat("UA", "old words"))
    hall.say("A", sa("S1", kind="a-h-G").replace(LATER.encode(), b"2026-11-23T10:00:01.000Z"))
    hall.settle(5)
    hall.join("C")
    heard = hall.hear("C")
    assert sorted(e.uid for e in heard) == ["M1", "UA", "UB"]  # neither chat nor what is stale
    assert next(e for e in heard if e.uid == "UA").lat == 35.0003


def test_the_offer_comes_first(hall):
    hall.join("A")
    first = hall.readers["A"].feed(hall.wires["A"].read())[0]
    assert first.type == kinds.OFFER


def test_chat_to_one_reaches_one(hall):
    two(hall).join("C", uid="UC")
    for name in "ABC":
        hall.hear(name)
    hall.say("A", chat("UA", "for you", to="B"))
    hall.settle()
    (got,) = hall.hear("B")
    assert xml.facts(got)["remarks"] == "for you"
    assert got.to == ()
    assert hall.hear("A") == hall.hear("C") == []
    hall.say("A", sa("X1", detail='<marti><dest uid="UC"/><dest uid="UB"/><dest callsign="A"/></marti>'))
    hall.settle()
    assert [e.uid for e in hall.hear("B")] == [e.uid for e in hall.hear("C")] == ["X1"]
    assert hall.hear("A") == []
    assert hall.picture.latest_any("X1") is None  # what was for some isn't on everyone's picture


def test_chat_that_reaches_nobody_comes_back_marked(hall):
    two(hall)
    hall.say("A", chat("UA", "anyone?", to="NOBODY"))
    hall.settle()
    (back,) = hall.hear("A")
    assert back.type == "b-t-f-s"
    assert xml.facts(back)["remarks"] == "anyone?"
    assert hall.hear("B") == []
    assert hall.router.drops["addressee_unknown"] == 1


def test_all_streaming_is_everyone(hall):
    two(hall)
    hall.say("A", chat("UA", "all", to="All Streaming"))
    hall.settle()
    assert len(hall.hear("B")) == 1


def test_leaving_is_told_and_ends_the_track(hall):
    two(hall)
    hall.leave("A")
    hall.settle()
    (gone,) = hall.hear("B")
    assert gone.type == "t-x-d-d"
    assert b'uid="UA"' in xml.write(gone)
    assert hall.picture.latest_any("UA").event.uid == "UA"
    hall.join("C")
    assert [e.uid for e in hall.hear("C")] == ["UB"]
    assert [c.reason for c in hall.closed] == ["left"]


def test_the_same_uid_again_replaces_the_older_connection_without_a_notice(hall):
    two(hall)
    hall.join("A2", uid="UA")
    assert hall.wires["A"].closing
    assert all(e.type != "t-x-d-d" for e in hall.hear("B"))
    assert [c.reason for c in hall.closed] == ["replaced"]
    hall.leave("A")  # the socket's own end comes later and changes nothing
    hall.say("B", chat("UB", "still there?", to="A2"))
    hall.settle()
    assert [e.type for e in hall.hear("A2") if e.type.startswith("b-t")] == ["b-t-f"]


def test_a_slow_reader_keeps_the_newest_position_of_each_uid_and_every_word(hall):
    hall = Hall(write_buffer_bytes=70_000, queue_bytes=70_000)
    two(hall).join("S", uid="US")
    for name in "ABS":
        hall.hear(name)
    said = 0
    for n in range(3000):
        hall.say("A", sa(f"T{n % 50}", n=n))
        if n % 100 == 0:
            hall.say("A", chat("UA", f"word {said}", message_id=f"m{said}"))
            said += 1
        if n % 10 == 9:
            hall.settle(0.1)
            hall.hear("B")
    assert hall.wires["S"].high_bytes < 70_000 + 10 * 700 + 700
    heard = []
    for _ in range(200):
        heard += hall.readers["S"].feed(hall.wires["S"].read(4000))
        hall.settle(0.1)
    last = {e.uid: e.lat for e in heard if e.uid.startswith("T")}
    assert last == {f"T{i}": hall.picture.latest_any(f"T{i}").event.lat for i in range(50)}
    assert [xml.facts(e)["remarks"] for e in heard if e.type == "b-t-f"] == [f"word {i}" for i in range(said)]
    assert not hall.clients["S"].lagging
    assert hall.router.drops["superseded"] > 0


def test_a_stalled_reader_costs_no_more_than_its_buffer(hall):
    """Positions alone, for long: nothing is written to one whose buffer is full, however many ticks go by."""
    hall = Hall(write_buffer_bytes=65_536, queue_bytes=65_536)
    two(hall)
    for n in range(3000):
        hall.say("A", sa(f"T{n % 50}", n=n, detail=f"<x>{'y' * 2000}</x>"))
        hall.settle(0.1)
    assert hall.wires["B"].high_bytes < 65_536 + 3000
    assert hall.clients["B"].lagging
    heard = []
    while chunk := hall.wires["B"].read(10_000):
        heard += hall.readers["B"].feed(chunk)
        hall.router.drain(hall.clients["B"], hall.clock.now_ms())
    assert {e.uid: e.lat for e in heard if e.uid[0] == "T"} == {
        f"T{i}": hall.picture.latest_any(f"T{i}").event.lat for i in range(50)
    }


def test_past_the_limit_a_slow_reader_is_closed_with_the_reason(hall):
    hall = Hall(write_buffer_bytes=65_536, queue_bytes=65_536)
    two(hall)
    for n in range(600):
        hall.say("A", chat("UA", "x" * 200, message_id=f"m{n}"))
        if n % 20 == 0:
            hall.settle()
    assert hall.wires["B"].aborted
    hall.leave("B")
    assert hall.closed[-1].reason == "slow"
    assert "65536 bytes" in hall.closed[-1].detail
    assert hall.router.drops["client_slow"] == 1


def test_silence_is_ended_a_ping_is_not_silence(hall):
    two(hall)
    hall.clock.advance(100)
    hall.say("A", sa("UA-ping", kind="t-x-c-t"))
    hall.clock.advance(30)
    for _ in range(4):
        hall.router.sweep(hall.clock.now_ms(), 30, 100)
        hall.say("A", sa("UA-ping", kind="t-x-c-t"))
    assert hall.wires["B"].aborted
    assert not hall.wires["A"].closing


def test_nobody_removes_another_client_but_objects_can_be_removed(hall):
    two(hall)
    hall.say("A", sa("M1", kind="b-m-p-s-m"))
    hall.say("B", sa("x", kind="t-x-d-d", detail='<link uid="UA" relation="p-p" type="a-f-G"/>'))
    hall.say("B", sa("y", kind="t-x-d-d", detail='<link uid="M1" relation="p-p" type="b-m-p-s-m"/>'))
    hall.settle()
    assert hall.picture.latest_any("UA") is not None
    assert hall.router.drops["remove_of_another_client"] == 1
    hall.join("C")
    assert "M1" not in [e.uid for e in hall.hear("C")]


def test_quiet_means_at_once_and_busy_means_bounded_writes(hall):
    now = 1_000_000.0
    assert hall.router.due_ms(now) == 0
    two(hall)
    hall.router.flush(now, T0_MS)
    assert hall.router.due_ms(now) <= 1
    for i in range(1000):
        hall.join(f"c{i}")
    hall.router.flush(now, T0_MS)
    assert 50 < hall.router.due_ms(now) <= 105
    assert hall.router.due_ms(now + 300) == 0


def test_no_room_for_one_more(hall):
    hall = Hall(clients_max=2)
    two(hall)
    hall.join("C")
    assert hall.clients["C"] is None
    assert hall.router.drops["clients_max"] == 1


def test_after_the_switch_nothing_is_xml(hall):
    """Also what was waiting for a reader that lagged when it asked."""
    hall = Hall(write_buffer_bytes=65_536, queue_bytes=1 << 20)
    two(hall)
    offer = next(e for e in hall.readers["B"].events if e.type == kinds.OFFER).uid
    for n in range(300):
        hall.say("A", chat("UA", "y" * 300, message_id=f"m{n}"))
        hall.settle(0.1)
    assert hall.clients["B"].lagging
    hall.say("B", sa(offer, kind="t-x-takp-q", detail='<TakControl><TakRequest version="1"/></TakControl>'))
    wire = b""
    for _ in range(20):
        wire += hall.wires["B"].read()
        hall.settle(0.1)
    before, after = wire.split(b'<TakResponse status="true"/></TakControl></detail></event>')
    assert after[0] == 0xBF
    reader = Reader()
    words = [e for e in reader.feed(before[: before.rfind(b"<event")]) + reader.feed(after) if e.type == "b-t-f"]
    assert len(words) == 300


def test_an_event_that_cannot_be_encoded_costs_nobody_else_the_tick(hall, monkeypatch):
    two(hall)
    real = xml._write
    monkeypatch.setattr(xml, "_write", lambda event: real(event) if event.uid != "BAD" else 1 / 0)
    bad = xml.parse(sa("BAD"))
    bad.detail, bad.xml = b"", None
    hall.router.publish(bad, "feed", hall.clock.now_ms())
    hall.say("A", chat("UA", "still heard"))
    hall.settle()
    assert [e.type for e in hall.hear("B")] == ["b-t-f"]
    assert hall.router.drops["unencodable"] >= 1


def test_the_notice_of_leaving_comes_behind_the_last_report(hall):
    two(hall)
    hall.say("A", sa("UA", "A", n=3))
    hall.leave("A")
    hall.settle()
    assert [e.type for e in hall.hear("B")] == ["a-f-G-U-C", "t-x-d-d"]


def test_what_one_says_to_all_and_to_one_arrives_in_its_order(hall):
    two(hall)
    for i, to in enumerate(["B", "", "B", ""]):
        hall.say("A", chat("UA", f"{i}", to=to, message_id=f"m{i}"))
    hall.settle()
    assert [xml.facts(e)["remarks"] for e in hall.hear("B")] == ["0", "1", "2", "3"]


def test_what_a_lagging_reader_is_owed_outlives_its_connection(hall):
    hall = Hall(write_buffer_bytes=65_536, queue_bytes=1 << 20)
    two(hall)
    for n in range(400):
        hall.say("A", chat("UA", "z" * 300, message_id=f"m{n}"))
        hall.settle(0.1)
    taken = len([e for e in hall.hear("B") if e.type == "b-t-f"])
    owed = len(hall.clients["B"].queue)
    assert owed > 0
    hall.join("B2", uid="UB")
    assert hall.wires["B"].aborted
    heard = []
    for _ in range(30):
        heard += hall.hear("B2")
        hall.settle(0.1)
    assert len([e for e in heard if e.type == "b-t-f"]) == owed
    assert taken + owed <= 400


def test_chat_to_one_who_leaves_within_the_tick_comes_back(hall):
    two(hall)
    hall.say("A", chat("UA", "wait", to="B"))
    hall.leave("B")
    hall.settle()
    hall.settle()
    assert "b-t-f-s" in [e.type for e in hall.hear("A")]


def test_one_who_asks_and_never_reads_is_closed(hall):
    hall = Hall(write_buffer_bytes=65_536, queue_bytes=65_536)
    two(hall)
    for _ in range(1000):
        hall.say("B", sa("UB-ping", kind="t-x-c-t"))
    assert hall.wires["B"].aborted
    assert hall.wires["B"].high_bytes < 140_000


def test_callsigns_are_found_after_they_change_and_not_after_they_left(hall):
    two(hall)
    hall.say("B", sa("UB", "BRAVO"))
    hall.settle()
    hall.hear("B")
    hall.say("A", chat("UA", "new name", to="BRAVO", message_id="m1"))
    hall.say("A", chat("UA", "old name", to="B", message_id="m2"))
    hall.settle()
    assert [xml.facts(e)["remarks"] for e in hall.hear("B")] == ["new name"]
    hall.leave("B")
    assert hall.router._addresses._by_callsign.keys() == {"A"}


def test_a_cancelled_emergency_leaves_the_picture(hall):
    two(hall)
    hall.say("A", sa("UA-9-1-1", kind="b-a-o-tbl"))
    assert hall.picture.latest_any("UA-9-1-1") is not None
    hall.say("A", sa("UA-9-1-1", kind="b-a-o-can"))
    hall.settle()
    assert hall.picture.latest_any("UA-9-1-1") is None
    assert [e.type for e in hall.hear("B")][-1] == "b-a-o-can"


def test_newcomers_share_one_list_and_miss_nothing_that_came_after_it(hall):
    two(hall)
    hall.join("C")
    hall.say("A", sa("LATE", n=1))
    hall.join("D")
    hall.settle()
    assert "LATE" in {e.uid for e in hall.hear("D")}
    hall.settle(5)
    assert hall.router._replay is None


def test_what_two_senders_say_of_one_uid_in_one_tick_arrives_as_it_was_said_last(hall):
    two(hall).join("C", uid="UC")
    for first, second in (("A", "B"), ("B", "A")):
        hall.hear("C")
        hall.say(first, sa("X", "first", n=1, kind="a-h-G"))
        hall.say(second, sa("X", "second", n=2, kind="a-h-G"))
        hall.settle()
        assert [e.callsign for e in hall.hear("C") if e.uid == "X"] == ["second"]
        hall.say(first, sa("X", "third", n=3, kind="a-h-G"))
        hall.say(second, sa("gone", kind=kinds.GONE, detail='<link uid="X"/>'))
        hall.settle()
        assert [e.type for e in hall.hear("C")] == [kinds.GONE]
        hall.say(first, sa("X", "fourth", n=4, kind="a-h-G"))
        hall.settle()
        hall.hear("C")
        hall.say(first, sa("gone", kind=kinds.GONE, detail='<link uid="X"/>'))
        hall.say(second, sa("X", "fifth", n=5, kind="a-h-G"))
        hall.settle()
        assert [e.callsign for e in hall.hear("C")] == ["fifth"]
        hall.say(first, sa("gone", kind=kinds.GONE, detail='<link uid="X"/>'))
        hall.settle()
