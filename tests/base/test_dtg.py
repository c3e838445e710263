"""Date-time groups say one moment, whatever the letter."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base import dtg
from jointhq.base.dtg import DAY_MS, HOUR_MS, ZONES, Moment
from jointhq.base.errors import BadInput

FIRST_MS = int(datetime(2000, 1, 2, tzinfo=UTC).timestamp() * 1000)
LAST_MS = int(datetime(2099, 12, 30, tzinfo=UTC).timestamp() * 1000)
minutes = st.integers(FIRST_MS // 60_000, LAST_MS // 60_000).map(lambda minute: minute * 60_000)
moments = st.integers(FIRST_MS + 40 * DAY_MS, LAST_MS)
letters = st.sampled_from(sorted(ZONES))
CASES = json.loads(Path(__file__).with_name("dtg_cases.json").read_text("utf-8"))  # the page's dtg.js is held to it too


def ms(*at: int) -> int:
    return int(datetime(*at, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]


def test_the_letters_are_those_of_the_maps():
    assert (ZONES["Z"], ZONES["I"], ZONES["W"], ZONES["R"], ZONES["M"], ZONES["Y"]) == (0, 9, -10, -5, 12, -12)
    assert sorted(ZONES) == sorted("ABCDEFGHIKLMNOPQRSTUVWXYZ")
    assert sorted(ZONES.values()) == list(range(-12, 13))


def test_a_group_is_read_and_written():
    assert dtg.read("281430Z JUL 24") == Moment(ms(2024, 7, 28, 14, 30), "Z")
    assert dtg.read("282330i jul24") == Moment(ms(2024, 7, 28, 14, 30), "I")
    assert dtg.write(ms(2024, 7, 28, 14, 30)) == "281430Z JUL 24"
    assert dtg.write(ms(2024, 7, 28, 14, 30), "W") == "280430W JUL 24"
    assert dtg.write(ms(2026, 12, 31, 23, 30), "I") == "010830I JAN 27"  # the year is the zone's own


@pytest.mark.parametrize("case", CASES["typed"], ids=lambda case: case["text"])
def test_what_is_typed_is_read_as_the_page_reads_it(case):
    now_ms = round(datetime.fromisoformat(case["now"]).timestamp() * 1000)
    if case["got"] is None:
        with pytest.raises(BadInput):
            dtg.read_typed(case["text"], now_ms)
    else:
        at, letter = case["got"]
        assert dtg.read_typed(case["text"], now_ms) == Moment(
            round(datetime.fromisoformat(at).timestamp() * 1000), letter
        )


@pytest.mark.parametrize("case", CASES["written"], ids=lambda case: case["text"])
def test_a_group_is_written_as_the_page_writes_it(case):
    at_ms = round(datetime.fromisoformat(case["at"]).timestamp() * 1000)
    assert dtg.write(at_ms, case["letter"]) == case["text"]


@given(minutes, letters)
def test_what_is_written_reads_back(at_ms, letter):
    assert dtg.read(dtg.write(at_ms, letter)) == Moment(at_ms, letter)


@given(minutes, letters, letters)
def test_two_letters_of_one_moment_differ_by_their_hours(at_ms, one, other):
    said = dtg.write(at_ms, one)
    as_if = dtg.read(said.replace(f"{one} ", f"{other} ", 1))
    assert as_if.ms - at_ms == (ZONES[one] - ZONES[other]) * HOUR_MS


@given(moments, st.integers(0, 23), st.integers(0, 59), letters)
def test_a_clock_time_is_the_latest_that_is_not_ahead(now_ms, hour, minute, letter):
    got = dtg.read_typed(f"{hour:02d}{minute:02d}{letter}", now_ms)
    assert now_ms - DAY_MS + dtg.AHEAD_MS - 60_000 < got.ms <= now_ms + dtg.AHEAD_MS
    assert dtg.write(got.ms, letter)[2:6] == f"{hour:02d}{minute:02d}"
    assert got.letter == letter


@given(moments, st.integers(1, 31), st.integers(0, 23), letters)
def test_a_day_is_the_latest_such_day_that_is_not_ahead(now_ms, day, hour, letter):
    got = dtg.read_typed(f"{day:02d}{hour:02d}00{letter}", now_ms)
    assert now_ms - 62 * DAY_MS < got.ms <= now_ms + dtg.AHEAD_MS
    assert dtg.write(got.ms, letter)[:4] == f"{day:02d}{hour:02d}"


def test_what_is_typed_at_a_log():
    now = ms(2026, 3, 1, 0, 10)
    assert dtg.read_typed("", now + 5_000) == Moment(now, "Z")
    assert dtg.read_typed("2350", now).ms == ms(2026, 2, 28, 23, 50)
    assert dtg.read_typed("0005", now).ms == ms(2026, 3, 1, 0, 5)
    assert dtg.read_typed("00:40", now).ms == ms(2026, 3, 1, 0, 40)  # a watch that goes fast
    assert dtg.read_typed("0910i", now) == Moment(now, "I")
    assert dtg.read_typed("302300Z", now).ms == ms(2026, 1, 30, 23)  # February has no 30th
    assert dtg.read_typed("010830I JAN 27", now).ms == ms(2026, 12, 31, 23, 30)


@pytest.mark.parametrize("text", ["2460", "2500", "1430J", "12", "28143", "noon", "281430Z JUL", "1430 Z Z", "000900Z"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(BadInput):
        dtg.read_typed(text, ms(2026, 3, 1))


@pytest.mark.parametrize("text", ["310900Z FEB 26", "281430J JUL 24", "28143OZ JUL 24", "281430Z JULY 24", ""])
def test_what_is_no_group_is_refused(text):
    with pytest.raises(BadInput):
        dtg.read(text)


def test_a_year_beyond_the_century_is_not_written():
    with pytest.raises(BadInput):
        dtg.write(ms(2100, 1, 1))
    with pytest.raises(BadInput):
        dtg.write(0, "J")
