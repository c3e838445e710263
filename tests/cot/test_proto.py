"""TAK protocol v1: nothing is lost between XML and protobuf, and no bytes raise anything but our own error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base.errors import BadEvent
from jointhq.cot import proto, xml
from jointhq.cot.framing import StreamFramer, frame
from jointhq.cot.takproto_pb2 import TakMessage
from tests.support.events import T0_MS, events, meaning, sa


def payload(wire):
    (message,) = StreamFramer().receive(wire)
    assert message.is_proto
    return message.data


@given(events())
def test_protobuf_round_trip(event):
    wire = proto.encode(event)
    read = proto.decode(payload(wire))
    for name in ("uid", "type", "how", "time_ms", "start_ms", "stale_ms", "lat", "lon", "hae_m", "ce_m", "le_m"):
        assert getattr(read, name) == getattr(event, name), name
    for name in ("access", "qos", "opex", "caveat", "releasable_to"):
        assert getattr(read, name) == getattr(event, name), name
    assert proto.encode(read) == wire  # the frame that arrived goes on
    ours, theirs = meaning(xml.detail_xml(event), ordered=False), meaning(xml.detail_xml(read), ordered=False)
    assert [without_number_form(child) for child in ours] == [without_number_form(child) for child in theirs]
    again = xml.parse(xml.write(read))
    assert meaning(xml.detail_xml(again), ordered=False) == theirs


def without_number_form(child):
    """`07` and `7.0` are one number: a typed field keeps the value, not the digits."""
    if not child.startswith(("<track ", "<status ")):
        return child
    words = []
    for word in child.replace(">", " >").split():
        name, _, value = word.partition("=")
        try:
            words.append(f"{name}={float(value.strip(chr(34)))}")
        except ValueError:
            words.append(word)
    return words


def test_golden_bytes():
    """Encoded by hand from the field table, so that a wrong table can't agree with itself."""
    event = xml.parse(
        b'<event version="2.0" uid="A" type="a-f-G" how="m-g" time="1970-01-01T00:00:00.001Z"'
        b' start="1970-01-01T00:00:00.002Z" stale="1970-01-01T00:00:00.003Z" access="U" caveat="C" releaseableTo="USA">'
        b'<point lat="1" lon="2" hae="0" ce="0" le="0"/><detail><contact callsign="K" endpoint="*"/><x/></detail>'
        b"</event>"
    )
    cot = (
        b"\x0a\x05a-f-G\x12\x01U\x2a\x01A\x30\x01\x38\x02\x40\x03\x4a\x03m-g"
        b"\x51\x00\x00\x00\x00\x00\x00\xf0\x3f\x59\x00\x00\x00\x00\x00\x00\x00\x40"
        b"\x7a\x0e\x0a\x04<x/>\x12\x06\x0a\x01*\x12\x01K"
        b"\x82\x01\x01C\x8a\x01\x03USA"
    ).replace(b"<x/>", b"<x/>")
    xml_detail = b"<x />"
    cot = cot.replace(b"\x7a\x0e\x0a\x04<x/>", b"\x7a\x0f\x0a\x05" + xml_detail)
    assert payload(proto.encode(event)) == b"\x12" + bytes([len(cot)]) + cot


def test_xml_detail_wins_over_a_typed_field():
    message = TakMessage()
    cot = message.cotEvent
    cot.uid, cot.type, cot.how, cot.sendTime, cot.startTime, cot.staleTime = "A", "a-f-G", "m-g", 1, 1, 2
    cot.detail.contact.callsign = "typed"
    cot.detail.status.battery = 0
    cot.detail.xmlDetail = '<contact callsign="xml" phone="1"/>'
    event = proto.decode(message.SerializeToString())
    assert event.callsign == "xml"
    assert meaning(xml.detail_xml(event)) == [
        '<status battery="0"></status>',
        '<contact callsign="xml" phone="1"></contact>',
    ]


def test_addressees_leave_the_frame():
    event = xml.parse(sa("A", detail='<marti><dest callsign="B"/></marti>'))
    event.to, event.detail = (), xml.detail_xml(event) + b'<marti><dest callsign="B"/></marti>'
    event.xml = None
    read = proto.decode(payload(proto.encode(event)))
    assert [dest.value for dest in read.to] == ["B"]
    assert b"marti" not in proto.encode(read)


def test_control_only_message_is_no_event():
    message = TakMessage()
    message.takControl.contactUid = "A"
    assert proto.decode(message.SerializeToString()) is None


@given(st.binary(max_size=300), st.floats(), st.floats())
def test_no_bytes_whatever_raise_anything_but_our_own_error(data, lat, hae):
    message = TakMessage()
    message.cotEvent.uid, message.cotEvent.type, message.cotEvent.how = "A", "a-f-G", "m-g"
    message.cotEvent.lat, message.cotEvent.hae = lat, hae
    message.cotEvent.detail.track.speed = hae
    message.cotEvent.detail.xmlDetail = data.decode("utf-8", "replace")
    for raw in (data, message.SerializeToString(), message.SerializeToString()[:-1] + data):
        try:
            event = proto.decode(raw)
        except BadEvent as bad:
            assert bad.reason in {"protobuf", "uid", "type", "how", "point", "time", "xml", "doctype", "marti", "depth"}
            continue
        if event is not None:
            xml.parse(xml.write(event))


def test_times_past_what_a_date_can_say_are_refused():
    message = TakMessage()
    message.cotEvent.uid, message.cotEvent.type, message.cotEvent.how = "A", "a-f-G", "m-g"
    message.cotEvent.sendTime = 2**63
    with pytest.raises(BadEvent):
        proto.decode(message.SerializeToString())


def test_typed_fields_are_used_where_they_lose_nothing():
    event = xml.parse(sa("A", "K", detail='<status battery="81"/><__group name="Cyan" role="HQ"/>'))
    message = TakMessage.FromString(payload(proto.encode(event)))
    detail = message.cotEvent.detail
    assert (detail.contact.callsign, detail.status.battery, detail.group.role) == ("K", 81, "HQ")
    assert (detail.track.course, detail.xmlDetail) == (271.0, "")
    assert message.cotEvent.sendTime == T0_MS
    assert frame(message.SerializeToString())[0] == 0xBF


@pytest.mark.parametrize("field", ["uid", "how", "access", "caveat", "releaseableTo"])
def test_characters_no_xml_can_carry_are_refused(field):
    message = TakMessage()
    cot = message.cotEvent
    cot.uid, cot.type, cot.how, cot.sendTime = "A", "a-f-G", "m-g", 1
    setattr(cot, field, "x\x01")
    with pytest.raises(BadEvent) as caught:
        proto.decode(message.SerializeToString())
    assert caught.value.reason == "characters"
    setattr(cot, field, "x")
    cot.detail.contact.callsign = "\ufffe"
    with pytest.raises(BadEvent):
        proto.decode(message.SerializeToString())


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_whatever_a_frame_says_can_be_said_in_xml(uid, callsign, device):
    message = TakMessage()
    cot = message.cotEvent
    cot.type, cot.how, cot.sendTime = "a-f-G", "m-g", 1
    try:
        cot.uid, cot.caveat, cot.detail.contact.callsign, cot.detail.takv.device = uid, device, callsign, device
    except UnicodeEncodeError:
        return
    try:
        event = proto.decode(message.SerializeToString())
    except BadEvent:
        return
    again = xml.parse(xml.write(event))
    assert again.uid.split() == uid.split()
    assert again.callsign.split() == callsign.split()


@pytest.mark.parametrize("battery", ["1" * 5000, "٣", "101", "-1", "1.0"])
def test_a_battery_that_is_no_percentage_stays_xml(battery):
    event = xml.parse(sa("A", detail=f'<status battery="{battery}"/>'))
    message = TakMessage.FromString(payload(proto.encode(event)))
    assert not message.cotEvent.detail.HasField("status")
    assert battery in message.cotEvent.detail.xmlDetail
