"""AIS: every sentence is decoded, refused with its reason, or held; what is said of a vessel is what it said."""

from functools import reduce
from operator import xor
from typing import Any

import pyais
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.cot import xml
from jointhq.cot.event import Event
from jointhq.exercise import demo
from jointhq.feeds import adsb, ais, facts
from jointhq.feeds.report import Tally

NOW_MS = 1_700_000_000_000
SAMPLE = demo.AIS.read_bytes().splitlines()


def sentences(**fields: Any) -> list[bytes]:
    return [line.encode() for line in pyais.encode_dict(fields, talker_id="AI")]


def signed(body: bytes) -> bytes:
    return b"!" + body + b"*%02X" % reduce(xor, body)


class Receiver:
    def __init__(self) -> None:
        self.tally = Tally()
        self.parser = ais.AisParser(self.tally)
        self.events: list[Event] = []
        self.now_ms = NOW_MS

    def hear(self, *lines: bytes) -> list[Event]:
        got = [event for line in lines for event in self.parser.receive(line, self.now_ms)]
        self.events += got
        return got

    def one(self, **fields: Any) -> Event:
        (event,) = self.hear(*sentences(**fields))
        return event

    def balanced(self) -> bool:
        tally = self.tally
        assert set(tally.refused) <= facts.REASONS.keys()
        return tally.received == tally.decoded + tally.held + sum(tally.refused.values())


def test_every_sentence_of_the_recording_is_decoded_or_counted() -> None:
    receiver = Receiver()
    for count, line in enumerate(SAMPLE, 1):
        receiver.hear(line)
        assert receiver.tally.received == count
        assert receiver.balanced()
    receiver.parser.flush(NOW_MS)
    assert receiver.tally.held == 0
    assert receiver.balanced()
    assert receiver.tally.received == 898
    assert receiver.tally.refused == {"empty": 100, "unsupported_type": 8, "no_position": 4, "fragment_lost": 1}
    assert len(receiver.events) == 764
    assert len({event.uid for event in receiver.events}) == 164


def test_every_event_of_the_recording_is_one_a_tak_client_takes() -> None:
    receiver = Receiver()
    receiver.hear(*SAMPLE, *SAMPLE)
    for event in receiver.events:
        again = xml.parse(xml.write(event))
        assert (again.uid, again.type, again.callsign) == (event.uid, event.type, event.callsign)
        assert (again.course_deg, again.speed_ms) == (event.course_deg, event.speed_ms)
        assert event.facts.keys() <= facts.FACTS.keys()
        for key in facts.VALUES.keys() & event.facts.keys():
            assert event.facts[key] in facts.VALUES[key]
        for child in xml.detail_children(event):
            assert child.attrib or child.text, f"empty <{child.tag}>"


def test_a_vessel_under_way() -> None:
    event = Receiver().one(
        msg_type=1,
        mmsi=431000123,
        status=0,
        speed=12.0,
        course=271.5,
        heading=270,
        lat=35.1,
        lon=139.7,
        accuracy=1,
    )
    assert event.uid == "AIS-431000123"
    assert event.type == "a-u-S-X"
    assert event.callsign == "431000123"
    assert (event.lat, event.lon) == (35.1, 139.7)
    assert event.speed_ms == pytest.approx(12 * 1852 / 3600, abs=0.01)
    assert event.course_deg == 271.5
    assert event.ce_m == 10
    assert event.hae_m is None
    assert event.time_ms == event.start_ms == NOW_MS
    assert event.stale_ms == NOW_MS + 180_000
    assert event.facts == {"mmsi": "431000123", "flag": "JP", "nav_status": "under_way", "heading_deg": 270}


def test_what_is_not_available_is_left_out() -> None:
    event = Receiver().one(
        msg_type=1, mmsi=3, status=15, speed=102.3, course=360.0, heading=511, lat=1.0, lon=2.0, accuracy=0
    )
    assert event.uid == "AIS-000000003"
    assert event.speed_ms is event.course_deg is event.ce_m is None
    assert event.facts == {"mmsi": "000000003"}
    assert b"<track" not in (event.detail or b"")


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"msg_type": 1, "status": 0}, 180),
        ({"msg_type": 3, "status": 1}, 600),
        ({"msg_type": 2, "status": 5}, 600),
        ({"msg_type": 18}, 600),
        ({"msg_type": 27, "status": 0}, 900),
        ({"msg_type": 4}, 120),
        ({"msg_type": 21, "aid_type": 1, "name": "A"}, 900),
        ({"msg_type": 9}, 60),
    ],
)
def test_stale_goes_by_how_often_its_class_reports(fields: dict[str, Any], seconds: int) -> None:
    event = Receiver().one(mmsi=431000123, lat=1.0, lon=2.0, **fields)
    assert event.stale_ms - event.time_ms == seconds * 1000


def test_static_data_goes_into_later_reports_of_the_same_vessel() -> None:
    receiver = Receiver()
    static = sentences(
        msg_type=5,
        mmsi=431000123,
        imo=9074729,
        callsign="7JAB",
        shipname="A & B <MARU>",
        ship_type=70,
        to_bow=100,
        to_stern=20,
        to_port=10,
        to_starboard=9,
        draught=7.5,
        destination="JP TYO",
    )
    assert len(static) == 2
    assert receiver.hear(*static) == []
    event = receiver.one(msg_type=1, mmsi=431000123, status=0, lat=35.0, lon=139.0, speed=1.0)
    other = receiver.one(msg_type=1, mmsi=431000124, status=0, lat=35.0, lon=139.0, speed=1.0)
    assert event.callsign == "A & B <MARU>"
    assert event.type == "a-n-S-X-M-C"
    assert event.facts.items() >= {
        ("imo", 9074729),
        ("call_sign", "7JAB"),
        ("ship_type", "cargo"),
        ("destination", "JP TYO"),
        ("draught_m", 7.5),
        ("length_m", 120),
        ("beam_m", 19),
    }
    assert xml.parse(xml.write(event)).callsign == "A & B <MARU>"
    assert other.type == "a-u-S-X"
    assert receiver.balanced()


def test_the_two_halves_of_class_b_static_data_add_up() -> None:
    receiver = Receiver()
    receiver.hear(*sentences(msg_type=24, mmsi=431000125, partno=0, shipname="UMI"))
    receiver.hear(*sentences(msg_type=24, mmsi=431000125, partno=1, ship_type=30, callsign="JG", to_bow=5, to_stern=4))
    event = receiver.one(msg_type=18, mmsi=431000125, lat=35.0, lon=139.0, speed=1.0)
    assert event.callsign == "UMI"
    assert event.type == "a-n-S-X-F"
    assert event.facts.items() >= {("call_sign", "JG"), ("length_m", 9)}


def test_an_extended_class_b_report_names_itself() -> None:
    event = Receiver().one(msg_type=19, mmsi=431000126, lat=35.0, lon=139.0, speed=1.0, shipname="YOTTO", ship_type=36)
    assert (event.callsign, event.type, event.facts["ship_type"]) == ("YOTTO", "a-n-S-X-R", "sailing")


@pytest.mark.parametrize(
    ("ship_type", "fact", "cot_type"),
    [
        (0, None, "a-u-S-X"),
        (30, "fishing", "a-n-S-X-F"),
        (35, "military", "a-n-S-C"),
        (52, "tug", "a-n-S-X-M-T-U"),
        (55, "law_enforcement", "a-n-S-X-L"),
        (60, "passenger", "a-n-S-X-M-P"),
        (71, "cargo", "a-n-S-X-M-C"),
        (89, "tanker", "a-n-S-X-M-O"),
        (95, "other", "a-n-S-X"),
        (200, None, "a-u-S-X"),
    ],
)
@pytest.mark.parametrize("mmsi", [431000001, 366000001, 273000001, 412000001])
def test_a_vessel_is_what_it_says_whatever_its_flag(mmsi: int, ship_type: int, fact: str | None, cot_type: str) -> None:
    event = Receiver().one(msg_type=19, mmsi=mmsi, lat=35.0, lon=139.0, shipname="X", ship_type=ship_type)
    assert event.type == cot_type
    assert event.facts.get("ship_type") == fact


def test_a_search_and_rescue_aircraft_flies() -> None:
    event = Receiver().one(msg_type=9, mmsi=111431501, lat=35.0, lon=139.0, alt=300, speed=90, course=10.0)
    assert event.type == "a-n-A-C-H"
    assert event.hae_m == 300
    assert event.speed_ms == pytest.approx(46.3)
    assert event.facts["flag"] == "JP"
    assert Receiver().one(msg_type=9, mmsi=111431101, lat=35.0, lon=139.0, alt=4095, speed=1023).hae_m is None


def test_base_stations_and_aids_are_not_vessels() -> None:
    base = Receiver().one(msg_type=4, mmsi=4310001, lat=35.0, lon=139.0)
    assert (base.type, base.facts) == ("a-n-G-I-U-T", {"mmsi": "004310001", "flag": "JP"})
    aid = Receiver().one(
        msg_type=21,
        mmsi=994310001,
        aid_type=25,
        name="NO 2 BUOY",
        lat=35.0,
        lon=139.0,
        virtual_aid=1,
        off_position=1,
        second=3,
    )
    assert aid.type == "b-m-p-s-m"
    assert aid.callsign == "NO 2 BUOY"
    assert aid.facts == {
        "mmsi": "994310001",
        "flag": "JP",
        "aid_type": "lateral_mark",
        "virtual": True,
        "off_position": True,
    }


def test_a_distress_beacon_is_an_emergency() -> None:
    event = Receiver().one(msg_type=1, mmsi=972000001, status=14, lat=35.0, lon=139.0)
    assert event.facts["emergency"] == "man_overboard"
    assert b"man overboard beacon active" in (event.detail or b"")


def test_a_sentence_with_a_tag_block_or_a_receivers_suffix_is_read() -> None:
    (line,) = sentences(msg_type=1, mmsi=431000123, lat=35.0, lon=139.0)
    assert Receiver().hear(rb"\s:station,c:1428451253*1C" + b"\\" + line)
    assert Receiver().hear(line + b",r003669930,1216157060\r\n")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"hello", "not_nmea"),
        (b"!", "not_nmea"),
        (b"\xff\xfe\x00", "not_nmea"),
        (b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*25", "checksum"),
        (b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0", "checksum"),
        (b"!AIVDM,1,1,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*ZZ", "checksum"),
        (signed(b"AIVDM,1,1,,A,,0"), "empty"),
        (signed(b"AIVDM,1,1,,A"), "not_nmea"),
        (signed(b"AIVDM,2,3,,A,13u,0"), "not_nmea"),
        (signed(b"AIVDM,x,1,,A,13u,0"), "not_nmea"),
        (signed(b"GPGGA,,,,,,,,"), "not_ais"),
        (signed(b"AIVDM,1,1,,A,13u,0"), "payload"),
        (signed(b"AIVDM,1,1,,A,5\xff\xff,0"), "payload"),
        (signed(b"AIVDM,1,1,,A,wwwwwwwwwwwwwwwwwwwwwwwwwwww,0"), "unsupported_type"),
        (*sentences(msg_type=1, mmsi=0, lat=1, lon=1), "identity"),
        (*sentences(msg_type=1, mmsi=431000123, lat=91, lon=181), "no_position"),
        (*sentences(msg_type=20, mmsi=431000123), "unsupported_type"),
    ],
)
def test_a_broken_sentence_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    receiver = Receiver()
    assert receiver.hear(line) == []
    assert receiver.tally.refused == {reason: 1}
    assert receiver.balanced()


STATIC = {"msg_type": 5, "mmsi": 431000123, "shipname": "MARU", "ship_type": 80, "to_bow": 9, "destination": "X"}


def test_parts_meet_in_any_order_and_among_others() -> None:
    receiver = Receiver()
    first, second = sentences(**STATIC)
    receiver.hear(second, *SAMPLE[:3])
    assert receiver.tally.held == 1
    assert receiver.balanced()
    receiver.hear(first)
    assert receiver.tally.held == 0
    assert receiver.tally.decoded == 5
    assert receiver.one(msg_type=1, mmsi=431000123, lat=1, lon=1).facts["destination"] == "X"


def test_a_part_whose_others_never_come_is_given_up() -> None:
    receiver = Receiver()
    receiver.hear(sentences(**STATIC)[1])
    receiver.now_ms += ais.FRAGMENT_TIMEOUT_MS
    receiver.hear(SAMPLE[0])
    assert receiver.tally.held == 0
    assert receiver.tally.refused == {"fragment_lost": 1}
    assert receiver.balanced()


def test_the_first_part_of_static_data_names_the_vessel_all_the_same() -> None:
    receiver = Receiver()
    receiver.hear(sentences(**STATIC)[0])
    receiver.parser.flush(NOW_MS)
    event = receiver.one(msg_type=1, mmsi=431000123, lat=1, lon=1)
    assert (event.callsign, event.type) == ("MARU", "a-n-S-X-M-O")
    assert "destination" not in event.facts  # cut short
    assert receiver.tally.refused == {}
    assert receiver.balanced()


def test_what_is_held_has_a_limit() -> None:
    receiver = Receiver()
    for number in range(1000):
        receiver.hear(signed(b"AIVDM,3,1,%d,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0" % number))
    assert receiver.tally.held == ais.FRAGMENT_GROUPS_MAX
    assert receiver.balanced()


def test_what_is_remembered_of_vessels_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ais, "VESSELS_MAX", 2)
    receiver = Receiver()
    for mmsi in (1, 2, 1, 3):
        receiver.hear(*sentences(msg_type=24, mmsi=mmsi, partno=0, shipname=f"S{mmsi}"))
    names = [receiver.one(msg_type=18, mmsi=mmsi, lat=1, lon=1).callsign for mmsi in (1, 2, 3)]
    assert names == ["S1", "000000002", "S3"]


def test_every_word_the_decoders_use_is_in_the_one_list() -> None:
    assert facts.VALUES.keys() <= facts.FACTS.keys()
    types = [*ais._SHIP_TYPES.values(), *ais._SHIP_TENS.values()]
    assert {name for name, _ in types} == facts.VALUES["ship_type"].keys()
    assert set(ais._NAV_STATUS.values()) == facts.VALUES["nav_status"].keys()
    assert set(ais._AID_TYPES) - {None} == facts.VALUES["aid_type"].keys()
    assert {name for name, _, _ in adsb._CATEGORIES.values()} == facts.VALUES["category"].keys()
    assert {*adsb._SIGNALS, "other"} == facts.VALUES["signal"].keys()
    emergencies = [*adsb._EMERGENCIES.values(), *adsb._SQUAWKS.values(), *ais._BEACONS.values()]
    assert set(emergencies) == facts.VALUES["emergency"].keys()


junk = st.one_of(
    st.binary(max_size=100),
    st.binary(max_size=60).map(lambda payload: signed(b"AIVDM,1,1,,A," + payload + b",0")),
    st.tuples(st.integers(0, 10), st.integers(0, 10), st.text("0123456789:;<=>?@ABCVW`abcw", max_size=80)).map(
        lambda t: signed(b"AIVDM,%d,%d,1,A,%s,0" % (t[0], t[1], t[2].encode()))
    ),
    st.tuples(st.sampled_from(SAMPLE), st.integers(0, 80), st.integers(0, 255)).map(
        lambda t: t[0][: t[1]] + bytes([t[2]]) + t[0][t[1] + 1 :]
    ),
    st.sampled_from(SAMPLE),
)


@given(st.lists(junk, max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise_and_the_account_always_balances(lines: list[bytes]) -> None:
    receiver = Receiver()
    for line in lines:
        receiver.now_ms += 3000
        receiver.hear(line)
        assert receiver.balanced()
    receiver.parser.flush(receiver.now_ms)
    assert receiver.tally.held == 0
    assert receiver.balanced()
    for event in receiver.events:
        assert -90 <= event.lat <= 90
        assert -180 <= event.lon <= 180
        assert xml.parse(xml.write(event)).uid == event.uid


@given(st.text("0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw", min_size=1, max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_payload_gives_a_sound_event_or_a_reason(payload: str) -> None:
    receiver = Receiver()
    for event in receiver.hear(signed(b"AIVDM,1,1,,A," + payload.encode() + b",0")):
        assert event.facts.keys() <= facts.FACTS.keys()
        assert event.course_deg is None or 0 <= event.course_deg < 360
        assert event.speed_ms is None or 0 <= event.speed_ms < 600
        xml.parse(xml.write(event))
    assert receiver.balanced()
