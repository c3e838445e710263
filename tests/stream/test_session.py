"""One client's conversation: pings, negotiation, who it is, what is refused."""

from hypothesis import given
from hypothesis import strategies as st

from jointhq.cot import proto, xml
from jointhq.cot.framing import StreamFramer
from jointhq.stream.session import Session
from tests.support.events import T0_MS, chat, sa
from tests.support.wires import Reader

PING = sa("A-ping", kind="t-x-c-t")


def request(uid="offer", version="1"):
    return sa(uid, kind="t-x-takp-q", detail=f'<TakControl><TakRequest version="{version}"/></TakControl>')


def answers(data):
    return Reader().feed(data)


def test_a_ping_is_answered_at_once_and_goes_no_further():
    events, answer = Session("offer").receive(PING, T0_MS)
    assert events == []
    (pong,) = answers(answer)
    assert (pong.uid, pong.type, pong.stale_ms) == ("takPong", "t-x-c-t-r", T0_MS + 20_000)


def test_negotiation_to_protobuf():
    session = Session("offer")
    (offer,) = answers(session.greeting("0.1", T0_MS))
    assert (offer.type, offer.uid) == ("t-x-takp-v", "offer")
    _, answer = session.receive(request(), T0_MS)
    assert answer.startswith(b"<event")  # the answer is the last XML
    assert b'<TakResponse status="true"/>' in answer
    assert session.encoding == "protobuf"
    _, answer = session.receive(proto.encode(xml.parse(PING)), T0_MS)
    assert answer[0] == 0xBF


def test_a_request_for_what_was_not_offered_is_refused_and_leaves_xml():
    for wrong in (request(uid="other"), request(version="2"), request(version="x"), sa("offer", kind="t-x-takp-q")):
        session = Session("offer")
        _, answer = session.receive(wrong, T0_MS)
        assert b'<TakResponse status="false"/>' in answer
        assert session.encoding == "xml"
        assert b'status="true"' in session.receive(request(), T0_MS)[1]  # and it may ask again


def test_frames_without_asking_switch_that_client():
    session = Session("offer")
    events, _ = session.receive(proto.encode(xml.parse(sa("A", "KITE"))), T0_MS)
    assert [event.uid for event in events] == ["A"]
    assert (session.encoding, session.uid, session.callsign) == ("protobuf", "A", "KITE")


def test_who_the_client_is_comes_from_its_own_report_only():
    session = Session("offer")
    session.receive(sa("M", kind="b-m-p-s-m") + chat("A", "x"), T0_MS)
    assert session.uid == ""
    session.receive(sa("A", "KITE") + sa("B", "OTHER"), T0_MS)
    assert (session.uid, session.callsign) == ("A", "KITE")
    session.receive(sa("A", "KITE 2"), T0_MS)
    assert session.callsign == "KITE 2"


def test_greetings_and_old_queries_are_neither_relayed_nor_a_fault():
    session = Session("offer")
    hello = sa("takPing", kind="t-x-d-d").replace(b"<contact", b"<c0ntact")
    pong = b'<event version="2.0" uid="x" type="t-x-c-t-r" how="m-g" time="%b" start="%b" stale="%b"/>'
    pong %= (b"2026-11-23T10:00:00Z",) * 3
    assert session.receive(hello + sa("q", kind="t-b-q") + sa("m", kind="t-x-c-m"), T0_MS) == ([], b"")
    assert session.receive(pong + sa("A"), T0_MS)[0][0].uid == "A"  # what closes itself doesn't swallow the next
    assert session.fault is None


def test_one_bad_event_harms_only_itself():
    session = Session("offer")
    bad = sa("B").replace(b'lat="35.00000"', b'lat="x"')
    events, _ = session.receive(sa("A") + bad + b"<event></event>" + sa("C"), T0_MS)
    assert [event.uid for event in events] == ["A", "C"]
    assert dict(session.refused) == {"point": 1, "uid": 1}
    events, _ = session.receive(sa("D")[:150] + sa("E"), T0_MS)
    assert [event.uid for event in events] == ["E"]  # the one cut off is lost, the one behind it isn't
    assert session.fault is None


def test_junk_ends_the_conversation_after_what_was_whole():
    session = Session("offer")
    events, _ = session.receive(sa("A") + b"\x16\x03\x01", T0_MS)
    assert [event.uid for event in events] == ["A"]
    assert session.fault is not None


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 60))
def test_no_bytes_whatever_raise(pieces, size):
    session = Session("offer", event_bytes_max=2000)
    wire = b"".join(b"<event" + p + b"</event>" if i % 2 else p for i, p in enumerate(pieces))
    for at in range(0, len(wire), size):
        session.receive(wire[at : at + size], T0_MS)


@given(st.lists(st.sampled_from([PING, request(), sa("A"), sa("B", "東京"), chat("A", "hi")]), max_size=8), st.data())
def test_the_same_conversation_however_tcp_cuts_it(said, data):
    wire = b"".join(said)
    whole, cut = Session("offer"), Session("offer")
    expected = whole.receive(wire, T0_MS)
    events, answer, at = [], b"", 0
    while at < len(wire):
        size = data.draw(st.integers(1, 500))
        some, more = cut.receive(wire[at : at + size], T0_MS)
        events, answer, at = events + some, answer + more, at + size
    assert [xml.write(e) for e in events] == [xml.write(e) for e in expected[0]]
    assert answer == expected[1]
    assert StreamFramer().receive(answer) is not None


def test_a_ping_that_closes_itself_is_answered():
    time = b'time="2026-11-23T10:00:00Z" start="2026-11-23T10:00:00Z" stale="2026-11-23T10:00:10Z"'
    _, answer = Session("offer").receive(
        b'<event version="2.0" uid="A-ping" type="t-x-c-t" how="m-g" %b/>' % time, T0_MS
    )
    assert [event.type for event in answers(answer)] == ["t-x-c-t-r"]


def test_one_bad_event_counts_once_whatever_stands_before_it():
    session = Session("offer")
    session.receive(b"<?xml version='1.0'?><event></event>", T0_MS)
    assert dict(session.refused) == {"uid": 1}


def test_a_second_request_is_answered_in_the_encoding_that_is_spoken():
    session = Session("offer")
    session.receive(request(), T0_MS)
    _, answer = session.receive(proto.encode(xml.parse(request(uid="other"))), T0_MS)
    assert answer[0] == 0xBF
