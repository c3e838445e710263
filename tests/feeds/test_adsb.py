"""ADS-B: SBS lines, readsb documents and the recording become aircraft; what can't be is refused with its reason."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.cot import xml
from jointhq.cot.event import Event
from jointhq.exercise import demo
from jointhq.feeds import adsb, facts
from jointhq.feeds.report import Tally

NOW_MS = 1_700_000_000_000
HEADER = b"time_unix_s,icao24,callsign,lat_deg,lon_deg,altitude_ft,groundspeed_kt,track_deg"


def balanced(tally: Tally) -> bool:
    assert set(tally.refused) <= facts.REASONS.keys()
    return tally.received == tally.decoded + sum(tally.refused.values())


def sbs(kind: int, address: str = "86D624", **fields: str) -> bytes:
    names = ["callsign", "alt", "gs", "track", "lat", "lon", "vrate", "squawk", "alert", "emergency", "spi", "ground"]
    assert fields.keys() <= set(names)
    tail = [fields.get(name, "") for name in names]
    return ",".join(["MSG", str(kind), "1", "1", address, "1", *["2026/09/01", "01:02:03.004"] * 2, *tail]).encode()


class Sbs:
    def __init__(self) -> None:
        self.tally = Tally()
        self.parser = adsb.SbsParser(self.tally)

    def hear(self, *lines: bytes, now_ms: int = NOW_MS) -> list[Event]:
        return [event for line in lines for event in self.parser.receive(line, now_ms)]


def test_the_messages_of_one_aircraft_add_up() -> None:
    feed = Sbs()
    got = feed.hear(
        sbs(1, callsign="JAL123  "),
        sbs(4, gs="400", track="90.5", vrate="-640"),
        sbs(6, squawk="1234", alt="9900"),
        sbs(3, alt="10000", lat="35.5", lon="139.8", ground="0"),
    )
    (event,) = got
    assert event.uid == "ICAO-86D624"
    assert event.type == "a-n-A-C-F"
    assert event.callsign == "JAL123"
    assert event.hae_m == 3048
    assert event.altitude_is_barometric
    assert event.course_deg == 90.5
    assert event.speed_ms == pytest.approx(205.78, abs=0.01)
    assert event.stale_ms - event.time_ms == 60_000
    assert event.facts == {"icao": "86D624", "squawk": "1234", "vertical_rate_ms": -3.3}
    assert feed.tally.decoded == 4


def test_an_old_velocity_is_not_shown_beside_a_new_position() -> None:
    feed = Sbs()
    feed.hear(sbs(4, gs="400", track="90"))
    (event,) = feed.hear(sbs(3, lat="35", lon="139"), now_ms=NOW_MS + 31_000)
    assert event.course_deg is event.speed_ms is None


def test_an_address_silent_for_long_may_be_another_flight() -> None:
    feed = Sbs()
    feed.hear(sbs(1, callsign="OLD1"))
    (event,) = feed.hear(sbs(3, lat="35", lon="139"), now_ms=NOW_MS + 301_000)
    assert event.callsign == "86D624"


def test_an_aircraft_on_the_ground_has_no_altitude() -> None:
    (event,) = Sbs().hear(sbs(2, alt="50", gs="12", lat="35", lon="139", ground="-1"))
    assert event.hae_m is None
    assert event.altitude_is_barometric is False
    assert event.facts["on_ground"] is True


@pytest.mark.parametrize(
    ("squawk", "emergency"),
    [("7500", "unlawful_interference"), ("7600", "radio_failure"), ("7700", "general"), ("7000", None)],
)
def test_emergency_squawks(squawk: str, emergency: str | None) -> None:
    (event,) = Sbs().hear(sbs(3, lat="35", lon="139", squawk=squawk))
    assert event.facts.get("emergency") == emergency


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "fields"),
        (b"\xff\x00", "fields"),
        (b"MSG,3", "fields"),
        (sbs(9), "fields"),
        (sbs(3) + b",more", "fields"),
        (b"STA,,5,179,400AE7,10103,2008/11/28,14:58:51.153,2008/11/28,14:58:51.153,RM", "unsupported_type"),
        (sbs(3, "XYZ"), "identity"),
        (sbs(3, "000000"), "identity"),
        (sbs(3, lat="91", lon="0"), "payload"),
        (sbs(3, lat="nan", lon="0"), "payload"),
        (sbs(3, lat="1_0", lon="0"), "payload"),
        (sbs(3, lat="35", lon="139", alt="high"), "payload"),
        (sbs(4, gs="-4"), "payload"),
        (sbs(4, gs="1e999"), "payload"),
    ],
)
def test_a_broken_line_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    feed = Sbs()
    assert feed.hear(line) == []
    assert feed.tally.refused == {reason: 1}


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.lists(st.text(max_size=6), min_size=17, max_size=17).map(
                lambda tail: ",".join(["MSG", "3", "1", "1", "86D624", *tail]).encode("utf-8", "replace")
            ),
        ),
        max_size=20,
    )
)
@settings(max_examples=200, deadline=None)
def test_no_line_raises_and_the_account_always_balances(lines: list[bytes]) -> None:
    for parser in (adsb.SbsParser, adsb.CsvParser, adsb.ReadsbParser):
        tally = Tally()
        feed = parser(tally)
        for line in (HEADER, *lines) if parser is adsb.CsvParser else lines:
            for event in feed.receive(line, NOW_MS):
                xml.parse(xml.write(event))
        assert balanced(tally)


def test_the_whole_recording_becomes_aircraft() -> None:
    tally = Tally()
    feed = adsb.CsvParser(tally)
    seen: dict[str, Event] = {}
    last_s = 0.0
    with gzip.open(demo.ADSB) as file:
        for line in file:
            recorded_s = feed.recorded_s(line)
            assert recorded_s is None or recorded_s >= last_s
            last_s = recorded_s or last_s
            for event in feed.receive(line, NOW_MS):
                seen[event.uid] = event
    assert (tally.received, tally.decoded, tally.refused) == (57_008, 57_008, {})
    assert len(seen) == 213
    for event in seen.values():
        again = xml.parse(xml.write(event))
        assert (again.uid, again.callsign, again.hae_m) == (event.uid, event.callsign, event.hae_m)
        assert event.facts.keys() <= facts.FACTS.keys()
        assert str(event.facts["recorded"]).startswith("2021-10-07T1")
        assert event.hae_m is None or event.altitude_is_barometric


def test_a_recording_without_its_columns_is_refused_line_by_line() -> None:
    tally = Tally()
    feed = adsb.CsvParser(tally)
    for line in (b"time_unix_s,icao24", b"1,398564", b"a,b,c"):
        assert not feed.receive(line, NOW_MS)
    assert tally.refused == {"fields": 2}


AIRCRAFT = {
    "hex": "86d624",
    "type": "adsb_icao",
    "flight": "ANA8    ",
    "r": "JA80AN",
    "t": "B738",
    "category": "A3",
    "alt_baro": 35000,
    "alt_geom": 36000,
    "gs": 450.1,
    "track": 123.4,
    "baro_rate": 64,
    "squawk": "2000",
    "emergency": "none",
    "lat": 35.5,
    "lon": 139.8,
    "seen_pos": 1.5,
    "rc": 186,
    "dbFlags": 0,
}


class Readsb:
    def __init__(self) -> None:
        self.tally = Tally()
        self.parser = adsb.ReadsbParser(self.tally)

    def read(self, *aircraft: Any, now_ms: int = NOW_MS) -> list[Event]:
        return list(self.parser.receive(json.dumps({"now": 1.0, "aircraft": aircraft}).encode(), now_ms))


def read(**changes: Any) -> Event:
    fields = {key: value for key, value in (AIRCRAFT | changes).items() if value is not ...}
    (event,) = Readsb().read(fields)
    return event


def test_an_aircraft_of_a_document() -> None:
    event = read()
    assert (event.uid, event.type, event.callsign) == ("ICAO-86D624", "a-n-A-C-F", "ANA8")
    assert event.time_ms == NOW_MS - 1500
    assert (event.hae_m, event.altitude_is_barometric, event.ce_m) == (10668.0, True, 186)
    assert event.facts == {
        "icao": "86D624",
        "registration": "JA80AN",
        "aircraft_type": "B738",
        "category": "large",
        "squawk": "2000",
        "vertical_rate_ms": 0.3,
        "signal": "adsb",
    }
    xml.parse(xml.write(event))


@pytest.mark.parametrize(
    ("changes", "cot_type"),
    [
        ({"category": ...}, "a-n-A-C-F"),
        ({"category": "A7"}, "a-n-A-C-H"),
        ({"category": "B2"}, "a-n-A-C-L"),
        ({"category": "B6"}, "a-n-A-C"),
        ({"category": "C2"}, "a-n-G-E-V-C"),
        ({"dbFlags": 1}, "a-n-A-M-F"),
        ({"dbFlags": 9, "category": "A7"}, "a-n-A-M-H"),
        ({"dbFlags": 1, "category": ...}, "a-n-A-M-F"),
        ({"hex": "~2a4b6c", "category": ...}, "a-u-A"),
        ({"hex": "~2a4b6c", "category": "A7"}, "a-n-A-C-H"),
    ],
)
def test_type_goes_by_category_and_register_and_is_always_neutral_or_unknown(
    changes: dict[str, Any], cot_type: str
) -> None:
    assert read(**changes).type == cot_type


def test_an_address_that_is_no_icao_one_is_not_taken_for_one() -> None:
    event = read(hex="~2a4b6c")
    assert event.uid == "TISB-2A4B6C"
    assert "icao" not in event.facts


@pytest.mark.parametrize(
    ("emergency", "fact"), [("lifeguard", "medical"), ("nordo", "radio_failure"), ("none", None), ("reserved", None)]
)
def test_emergencies_of_a_document(emergency: str, fact: str | None) -> None:
    assert read(emergency=emergency).facts.get("emergency") == fact


def test_ground_geometric_altitude_and_multilateration() -> None:
    ground = read(alt_baro="ground", track=..., true_heading=200, gs=3)
    assert (ground.hae_m, ground.facts["on_ground"], ground.course_deg) == (None, True, 200)
    geometric = read(alt_baro=...)
    assert (geometric.hae_m, geometric.altitude_is_barometric) == (10972.8, False)
    located = read(type="mlat")
    assert (located.how, located.facts["signal"]) == ("m-f", "mlat")


@pytest.mark.parametrize(
    "changes",
    [
        {"alt_baro": "high"},
        {"alt_baro": True},
        {"alt_baro": 1e300},
        {"gs": "fast"},
        {"gs": float("nan")},
        {"gs": float("inf")},
        {"gs": 10**400},
        {"gs": None},
        {"gs": -5},
        {"track": 721},
        {"track": []},
        {"flight": 7},
        {"flight": '\ud800\u0000<&">\n\u202e' * 30},
        {"squawk": "99999"},
        {"squawk": 7700},
        {"category": {}},
        {"emergency": []},
        {"type": 0},
        {"dbFlags": "military"},
        {"rc": -1},
        {"seen_pos": "now"},
        {"seen_pos": -3},
        {"baro_rate": 1e9},
        {"unheard_of": {"deep": [1]}},
    ],
)
def test_an_odd_value_is_left_out_and_the_aircraft_stays(changes: dict[str, Any]) -> None:
    event = read(**changes)
    assert event.uid == "ICAO-86D624"
    assert len(event.callsign) <= 64
    assert xml.parse(xml.write(event)).callsign == event.callsign


def test_an_aircraft_that_cant_be_refuses_only_itself() -> None:
    feed = Readsb()
    events = feed.read(
        7,
        None,
        {},
        AIRCRAFT | {"hex": "zzzzzz"},
        {key: value for key, value in AIRCRAFT.items() if key not in {"lat", "lon"}},
        AIRCRAFT | {"lat": 91},
        AIRCRAFT | {"lat": "35"},
        AIRCRAFT | {"seen_pos": 61},
        AIRCRAFT,
    )
    assert [event.uid for event in events] == ["ICAO-86D624"]
    assert feed.tally.refused == {"fields": 2, "identity": 2, "no_position": 1, "payload": 2, "old_position": 1}
    assert balanced(feed.tally)


def test_a_position_already_told_is_not_told_again() -> None:
    feed = Readsb()
    assert len(feed.read(AIRCRAFT)) == 1
    assert feed.read(AIRCRAFT | {"seen_pos": 2.5}, now_ms=NOW_MS + 1000) == []
    assert len(feed.read(AIRCRAFT | {"seen_pos": 0.1}, now_ms=NOW_MS + 2000)) == 1
    assert balanced(feed.tally)


@pytest.mark.parametrize(
    "document",
    [b"", b"\xff", b"[]", b"null", b"{}", b'{"aircraft":7}', b'{"aircraft":[', b"[" * 100_000, b'{"aircraft":[1}'],
)
def test_what_is_no_document_is_refused_whole(document: bytes) -> None:
    feed = Readsb()
    assert list(feed.parser.receive(document, NOW_MS)) == []
    assert feed.tally.refused == {"not_json": 1}


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(AIRCRAFT)), odd, max_size=6), max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_document_raises_and_the_account_always_balances(changes: list[dict[str, Any]]) -> None:
    feed = Readsb()
    for event in feed.read(*[AIRCRAFT | {"hex": f"{n:06x}"} | change for n, change in enumerate(changes, 1)]):
        xml.parse(xml.write(event))
        assert event.facts.keys() <= facts.FACTS.keys()
    assert balanced(feed.tally)


def test_what_is_remembered_of_aircraft_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adsb, "AIRCRAFT_MAX", 2)
    feed = Sbs()
    for address in ("000001", "000002", "000003"):
        feed.hear(sbs(1, address, callsign="C" + address))
    names = [feed.hear(sbs(3, a, lat="1", lon="1"))[0].callsign for a in ("000003", "000002", "000001")]
    assert names == ["C000003", "C000002", "000001"]
