"""Framing: however TCP cuts the bytes, the same messages come out; bad bytes harm that stream alone."""

import time

from hypothesis import given
from hypothesis import strategies as st

from jointhq.cot.framing import Message, StreamFramer, frame
from tests.support.events import sa

bodies = st.binary(max_size=300)
xml_bodies = st.text(st.characters(exclude_characters="<>", exclude_categories=("Cs", "Cc")), max_size=60)


def xml(body: str) -> bytes:
    return f'<event uid="a>b">{body}</event>'.encode()


@st.composite
def streams(draw):
    """Messages of both kinds mixed, with what may stand between them, and the bytes of it."""
    messages, wire = [], b""
    for item in draw(st.lists(st.one_of(bodies, xml_bodies), max_size=8)):
        if isinstance(item, bytes):
            messages.append(Message(is_proto=True, data=item))
            wire += frame(item)
        else:
            messages.append(Message(is_proto=False, data=xml(item)))
            wire += xml(item)
        wire += draw(st.sampled_from([b"", b"\n", b"\r\n  ", b"\x00", b"\t\x00\n"]))
    return messages, wire


@given(streams(), st.lists(st.integers(1, 400), min_size=1))
def test_messages_survive_however_tcp_cuts_them(stream, cuts):
    messages, wire = stream
    framer, got, at = StreamFramer(), [], 0
    for i in range(len(wire) + 1):
        if at >= len(wire):
            break
        size = cuts[i % len(cuts)]
        got += framer.receive(wire[at : at + size])
        at += size
    assert got == messages
    assert framer.fault is None
    assert framer.buffered_bytes <= 1 or wire.endswith(b" " * framer.buffered_bytes)


def test_every_single_cut_of_two_events():
    wire = b"\xef\xbb\xbf<?xml version='1.0'?>\n" + xml("東京 &amp;") + b"\n<!-- note -->" + frame(b"x" * 200)
    whole = StreamFramer().receive(wire)
    assert len(whole) == 1  # a comment is taken with the event behind it, so the frame waits for one
    wire = xml("東京") + b"\n" + frame(b"x" * 200) + xml("b")
    whole = StreamFramer().receive(wire)
    assert [m.is_proto for m in whole] == [False, True, False]
    for cut in range(len(wire)):
        framer = StreamFramer()
        assert framer.receive(wire[:cut]) + framer.receive(wire[cut:]) == whole


def test_junk_ends_the_stream_but_not_what_came_before_it():
    framer = StreamFramer()
    assert framer.receive(xml("a") + b"GET / HTTP/1.1\r\n") == [Message(is_proto=False, data=xml("a"))]
    assert framer.fault is not None
    assert "0x47" in str(framer.fault)
    assert framer.receive(xml("b")) == []


def test_an_event_over_the_limit_is_a_fault_before_it_is_whole():
    framer = StreamFramer(event_bytes_max=1000)
    sent = 0
    while framer.fault is None:
        framer.receive(b"<event>" + b"x" * 93)
        sent += 100
        assert sent <= 1100
    assert framer.buffered_bytes == 0
    framer = StreamFramer(event_bytes_max=1000)
    framer.receive(b"\xbf\xff\xff\xff\x0f")
    assert framer.fault is not None


def test_each_byte_is_scanned_once():
    """One-byte reads of a large event: quadratic scanning would take minutes."""
    framer, started = StreamFramer(), time.process_time()
    body = b"<event>" + b"x" * 200_000
    for i in range(len(body)):
        framer.receive(body[i : i + 1])
    assert framer.receive(b"</event>") == [Message(is_proto=False, data=body + b"</event>")]
    assert time.process_time() - started < 20


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_no_bytes_whatever_raise(data, size):
    framer = StreamFramer(event_bytes_max=1000)
    for at in range(0, len(data), size):
        framer.receive(data[at : at + size])
    assert framer.buffered_bytes <= 1000 + size


def test_real_events_in_one_read():
    wire = b"".join(sa(f"U{i}") for i in range(50))
    assert len(StreamFramer().receive(wire)) == 50


def test_an_event_that_closes_itself_is_whole():
    plain = b'<event uid="a" type="t-x-c-t"/>'
    for cut in range(1, len(plain)):
        framer = StreamFramer()
        assert framer.receive(plain[:cut]) == []
        assert [m.data for m in framer.receive(plain[cut:] + b"\n" + xml("b"))] == [plain, xml("b")]
    tricky = b'<event uid="a/>">x</event>'
    assert [m.data for m in StreamFramer().receive(tricky)] == [tricky]
