"""The demo: 61 units with true places and sound symbols, and recorded traffic re-timed to now."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator

import msgspec
import pytest

from jointhq.base.clock import SystemClock
from jointhq.cot import xml
from jointhq.cot.event import Event
from jointhq.exercise import demo, units
from jointhq.feeds.feed import Feed

NOW_MS = 1_700_000_000_000
SCENARIO = units.load(demo.SCENARIO)
UNITS = {unit.id: unit for unit in SCENARIO.units}


def test_all_units_are_there_and_stand_under_units_that_are() -> None:
    assert len(SCENARIO.units) == len(UNITS) == 61
    assert Counter(unit.nation for unit in SCENARIO.units) == {"USA": 27, "JPN": 32, "MULTI": 2}
    for unit in SCENARIO.units:
        assert not unit.parent or unit.parent in UNITS
        assert not unit.superior or unit.superior in UNITS
        assert unit.relation in {"", "CMD", "ORG", "COMP", "FAC"}
        assert unit.service in {"joint", "army", "navy", "air", "marine", "space", "civil"}
        assert not unit.name_ja.isascii()
        assert not unit.place_ja.isascii()


def test_every_symbol_says_exercise_friend_and_the_units_echelon() -> None:
    for unit in SCENARIO.units:
        assert unit.sidc[:2] == "10"
        assert unit.sidc[2:4] == "13"  # exercise, friend
        assert unit.sidc[4:6] == "10"  # land unit
        assert unit.sidc[6] == "0"
        assert unit.sidc[7] in "026"  # unit, headquarters, task force headquarters
        assert unit.sidc[8:10] == unit.echelon
    assert UNITS["US10"].sidc == UNITS["JP02"].sidc == "10131002250000000000"
    assert UNITS["BI01"].sidc == "10131000141500000000"


@pytest.mark.parametrize(
    ("sidc", "cot_type"),
    [
        ("10131002250000000000", "a-f-G-U"),
        ("10143000001401000000", "a-n-S"),
        ("10160100001101000000", "a-h-A"),
        ("10110500000000000000", "a-u-P"),
        ("10102000000000000000", "a-p-G"),
        ("10124000000000000000", "a-a-X"),
    ],
)
def test_of_a_symbol_cot_says_identity_and_dimension(sidc: str, cot_type: str) -> None:
    assert units.cot_type(sidc) == cot_type


def test_a_units_event() -> None:
    event = units.event(UNITS["US10"], NOW_MS)
    assert (event.uid, event.type, event.callsign) == ("unit-US10", "a-f-G-U", "US Forces Japan")
    assert (event.lat, event.lon) == (35.75, 139.35)
    assert event.opex.startswith("e-")
    assert event.facts.items() >= {
        ("sidc", "10131002250000000000"),
        ("name_ja", "在日米軍"),
        ("parent", "US01"),
        ("relation", "CMD"),
        ("strength_source", "S"),
    }
    assert b'<__milsym id="10131002250000000000"/>' in xml.write(event)


def test_every_unit_is_an_event_a_tak_client_takes() -> None:
    for unit in SCENARIO.units:
        event = units.event(unit, NOW_MS)
        again = xml.parse(xml.write(event))
        assert (again.uid, again.callsign, again.opex) == (event.uid, unit.name, units.OPEX)
        assert event.facts.keys() <= units.FACTS.keys()
        assert all(value != "" for value in event.facts.values())


def test_the_headquarters_is_ready_for_the_page() -> None:
    page = json.loads(msgspec.json.encode(demo.headquarters()))
    assert page["exercise"] is True
    assert page["name_ja"] == "在日米軍(デモ)"
    assert [zone["letter"] for zone in page["zones"]] == ["I", "W"]
    assert {view["name"] for view in page["views"]} >= {"Japan", "Okinawa", "Hawaii", "World"}
    for view in page["views"]:
        assert view.keys() == {"name", "name_ja", "lat", "lon", "zoom"}


@contextlib.asynccontextmanager
async def playing(feeds: list[Feed], events: list[Event]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(feed.run(events.append)) for feed in feeds]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_the_demo_plays_units_and_traffic_at_once_and_says_so() -> None:
    clock = SystemClock()
    feeds = demo.feeds(clock, speed=20)
    assert [feed.id for feed in feeds] == ["units", "adsb", "ais"]
    events: list[Event] = []
    async with playing(feeds, events), asyncio.timeout(20):
        while len([event for event in events if event.uid.startswith("ICAO-")]) < 100 or len(events) < 300:
            await asyncio.sleep(0.05)
        status = {feed.id: feed.status() for feed in feeds}
    assert {each.state for each in status.values()} == {"live"}
    assert "20 times" in status["adsb"].detail
    assert "round 1" in status["adsb"].detail
    assert "no times" in status["ais"].detail
    assert Counter(event.uid.split("-")[0] for event in events).keys() == {"unit", "ICAO", "AIS"}
    now_ms = clock.now_ms()
    for event in events:
        assert event.opex == units.OPEX
        assert now_ms - 30_000 < event.time_ms <= now_ms < event.stale_ms


async def test_units_are_published_again_before_they_are_stale() -> None:
    assert units.REPUBLISH_S < units.STALE_S
    events: list[Event] = []
    feed = units.UnitsFeed(SCENARIO.units, clock=SystemClock(), republish_s=0.02)
    async with playing([feed], events), asyncio.timeout(5):
        while len(events) < 122:
            await asyncio.sleep(0.01)
    assert events[0].uid == events[61].uid
    assert events[0].time_ms < events[61].time_ms
