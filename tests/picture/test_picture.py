"""The picture: the latest of everything, when it is stale and gone, and its limits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.base.errors import BadInput
from jointhq.picture import frames
from jointhq.picture.picture import AHEAD_MAX_MS, STALE_MAX_MS, Picture
from tests.picture.page import PyPage
from tests.picture.support import ANYONE, DOOR, FEED, OPEN, SOURCES, T0_MS, TAK, UNITS, event, news


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0_MS)


def picture_of(clock: ManualClock, **limits: Any) -> Picture:
    picture = Picture(clock, None, DOOR, **limits)
    for source in SOURCES:
        picture.add_source(source)
    return picture


@pytest.fixture
def picture(clock: ManualClock) -> Picture:
    return picture_of(clock)


def page_of(picture: Picture) -> PyPage:
    page = PyPage()
    news(picture, page)
    return page


def state(picture: Picture, uid: str = "a") -> str | None:
    track = picture.latest(ANYONE, uid)
    return track.state if track else None


@given(st.lists(st.integers(-1000, 1000), min_size=1))
def test_the_latest_by_time_wins_however_events_arrive(offsets_ms: list[int]) -> None:
    picture = picture_of(ManualClock(T0_MS))
    accepted = [
        picture.update(event("a", time_ms=T0_MS + ms, lat=n / 1e3), "tak", OPEN) for n, ms in enumerate(offsets_ms)
    ]
    track = picture.latest(ANYONE, "a")
    assert track is not None
    best = max(range(len(offsets_ms)), key=lambda n: (offsets_ms[n], n))
    assert track.event.lat == best / 1e3
    assert picture.drops["older"] == accepted.count(False)


def test_live_then_stale_then_gone(picture: Picture, clock: ManualClock) -> None:
    picture.update(event(stale_s=60), "tak", OPEN)
    track = picture.latest(ANYONE, "a")
    for seconds, expected in ((59, "live"), (1.5, "stale"), (598, "stale"), (2, None)):
        clock.advance(seconds)
        picture.sweep()
        assert state(picture) == expected
    assert track is not None
    assert track.state == "gone"


def test_tracks_made_to_stay_and_removed_at_once_take_no_memory(picture: Picture, clock: ManualClock) -> None:
    for n in range(1000):
        picture.update(event(str(n), stale_s=1e8 + n), "tak", OPEN)
        picture.remove(str(n))
    picture.update(event("kept", stale_s=1e8), "tak", OPEN)
    for _ in range(3):
        clock.advance(601)
        picture.sweep()
    assert sum(map(len, picture._due.values())) == 1
    assert picture._slots_used == 1
    assert state(picture, "kept") == "live"


def test_reports_keep_a_track_live(picture: Picture, clock: ManualClock) -> None:
    for _ in range(100):
        picture.update(event(time_ms=clock.now_ms(), stale_s=60), "tak", OPEN)
        clock.advance(30)
        picture.sweep()
        assert state(picture) == "live"


def test_a_shorter_stale_time_counts_at_once(picture: Picture, clock: ManualClock) -> None:
    picture.update(event(stale_s=1e6), "tak", OPEN)
    picture.update(event(stale_s=10), "tak", OPEN)
    clock.advance(11)
    picture.sweep()
    assert state(picture) == "stale"
    clock.advance(601)
    picture.sweep()
    assert state(picture) is None


def test_an_event_from_long_ago_is_stale_at_once_and_stays_for_the_usual_time(
    picture: Picture, clock: ManualClock
) -> None:
    picture.update(event(time_ms=0), "tak", OPEN)
    assert state(picture) == "stale"
    clock.advance(599)
    picture.sweep()
    assert state(picture) == "stale"
    clock.advance(2)
    picture.sweep()
    assert state(picture) is None


def test_ended_is_stale_now_until_it_reports_again(picture: Picture, clock: ManualClock) -> None:
    picture.update(event(), "tak", OPEN)
    picture.tick()
    clock.advance(1)
    picture.end("a")
    picture.end("nobody")
    assert state(picture) == "stale"
    assert list(picture.replay(ANYONE)) == []
    assert page_of(picture).known()["a"][2] is False  # not told yet
    picture.tick()
    assert page_of(picture).known()["a"][2] is True
    picture.update(event(time_ms=T0_MS + 1), "tak", OPEN)
    picture.tick()
    assert state(picture) == "live"
    assert page_of(picture).known()["a"][2] is False


def test_removed_is_gone_at_once(picture: Picture) -> None:
    picture.update(event("a"), "tak", OPEN)
    picture.update(event("b"), "tak", OPEN)
    picture.tick()
    picture.remove("a")
    picture.remove("nobody")
    assert picture.latest(ANYONE, "a") is None
    assert [said.uid for said in picture.replay(ANYONE)] == ["b"]
    page = page_of(picture)
    picture.tick()
    news(picture, page)
    assert page.known().keys() == {"b"}


def test_a_slot_is_used_again_only_after_pages_forgot_it(picture: Picture) -> None:
    picture.update(event("a"), "tak", OPEN)
    picture.tick()
    picture.remove("a")
    picture.update(event("b"), "tak", OPEN)
    a_tick_later = picture.latest(ANYONE, "b")
    picture.tick()
    picture.update(event("c"), "tak", OPEN)
    reused = picture.latest(ANYONE, "c")
    assert a_tick_later is not None
    assert reused is not None
    assert (a_tick_later.slot, reused.slot) == (1, 0)


def test_a_track_nobody_heard_of_leaves_no_trace(picture: Picture) -> None:
    picture.update(event("a"), "tak", OPEN)
    picture.remove("a")
    assert not picture.tick()


def test_no_more_than_tracks_max(clock: ManualClock) -> None:
    picture = picture_of(clock, tracks_max=2)
    assert [picture.update(event(uid), "tak", OPEN) for uid in "abcab"] == [True, True, False, True, True]
    assert picture.drops == {"tracks_max": 1}
    with pytest.raises(BadInput, match="tracks_max"):
        picture_of(clock, tracks_max=10**7)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (event(type="b-t-f"), "not_a_track"),
        (event(type="t-x-d-d"), "not_a_track"),
        (event(lat=float("nan")), "bad_position"),
        (event(lon=180.1), "bad_position"),
        (event(""), "bad_uid"),
        (event("x" * 257), "bad_uid"),
    ],
)
def test_what_is_no_track_is_refused_and_counted(picture: Picture, said: Any, reason: str) -> None:
    assert picture.update(said, "tak", OPEN) is False
    assert picture.drops == {reason: 1}
    assert list(picture.tracks_all()) == []


def test_a_sender_whose_clock_is_far_ahead_does_not_silence_its_corrected_self(
    picture: Picture, clock: ManualClock
) -> None:
    picture.update(event(time_ms=T0_MS + 10 * AHEAD_MAX_MS, stale_s=60), "tak", OPEN)
    track = picture.latest(ANYONE, "a")
    assert track is not None
    assert (track.time_ms, track.stale_ms) == (T0_MS + AHEAD_MAX_MS, T0_MS + AHEAD_MAX_MS + 60_000)
    clock.advance(AHEAD_MAX_MS / 1000)
    assert picture.update(event(time_ms=clock.now_ms()), "tak", OPEN)


def test_times_beyond_reason_do_no_harm(picture: Picture) -> None:
    assert picture.update(event("a", time_ms=2**64 - 1, stale_s=0), "tak", OPEN)
    assert picture.update(event("b", stale_s=1e18), "tak", OPEN)
    assert picture.update(event("c", time_ms=-(10**14)), "tak", OPEN)
    track = picture.latest(ANYONE, "b")
    assert track is not None
    assert track.stale_ms == T0_MS + STALE_MAX_MS
    picture.tick()
    assert page_of(picture).known().keys() == {"a", "b", "c"}


def test_numbers_beyond_reason_do_no_harm(picture: Picture) -> None:
    inf = float("inf")
    picture.update(event(hae_m=-inf, course_deg=inf, speed_ms=inf, callsign="x" * 5000), "tak", OPEN)
    picture.update(event("b", hae_m=1e300, course_deg=-90.0, speed_ms=-5.0), "tak", OPEN)
    picture.tick()
    known = page_of(picture).known()
    assert known["a"][1][2:5] == (None, None, None)
    assert known["b"][1][2:5] == (10_000_000, 270, 0)
    assert known["a"][0]["c"] == "x" * 100


def test_a_card_has_a_units_facts_and_little_of_a_feeds(picture: Picture) -> None:
    facts = {"sidc": "10031000001211000000", "name_ja": "陸上自衛隊", "strength": 54_000}
    picture.update(event("unit", facts=facts), UNITS.id, OPEN)
    picture.update(event("ship", facts=facts | {"mmsi": 431}), FEED.id, OPEN)
    picture.update(event("team"), TAK.id, OPEN)
    picture.tick()
    cards = {uid: card.get("f") for uid, (card, _, _) in page_of(picture).known().items()}
    assert cards == {"unit": facts, "ship": {"sidc": facts["sidc"], "name_ja": facts["name_ja"]}, "team": None}


def test_a_card_is_sent_again_when_it_says_something_else(picture: Picture, clock: ManualClock) -> None:
    page = page_of(picture)

    def cards(**said: Any) -> int:
        clock.advance(1)
        picture.update(event("a", time_ms=clock.now_ms(), **said), "tak", OPEN)
        picture.tick()
        (delta,) = news(picture, page)
        return len(delta.cards)

    assert [cards(), cards(), cards(stale_s=63), cards(callsign="VIPER"), cards(callsign="VIPER")] == [1, 0, 0, 1, 0]
    assert cards(callsign="VIPER", stale_s=600) == 1
    assert cards(callsign="VIPER", stale_s=600, type="a-h-G") == 1
    assert page.known()["a"][0] == {"s": 0, "a": 600, "l": "(U)", "u": "a", "c": "VIPER", "t": "a-h-G", "o": "tak"}


def test_nothing_changed_sends_nothing(picture: Picture) -> None:
    page = page_of(picture)
    assert not picture.tick()
    picture.update(event(), "tak", OPEN)
    assert picture.tick()
    assert not picture.tick()
    assert len(news(picture, page)) == 1
    assert news(picture, page) == []


def test_a_page_that_was_away_too_long_gets_a_snapshot(clock: ManualClock) -> None:
    picture = picture_of(clock)
    epoch = picture.since(ANYONE).epoch
    for n in range(5):
        picture.update(event(time_ms=T0_MS + n), "tak", OPEN)
        picture.tick()
    assert len(picture.since(ANYONE, epoch, 2).frames) == 3
    clock.advance(frames.RING_MS_MAX / 1000)
    assert picture.since(ANYONE, epoch, 5).frames == []
    clock.advance(1)
    picture.update(event(time_ms=T0_MS + 9), "tak", OPEN)
    picture.tick()
    assert len(picture.since(ANYONE, epoch, 5).frames) == 1
    for from_epoch, position in ((epoch, 2), (epoch, 99), (epoch + 1, 5), (0, 0)):
        (frame,) = picture.since(ANYONE, from_epoch, position).frames
        assert PyPage().decode(frame).kind == "snapshot"


def test_the_ring_is_bounded_in_bytes(clock: ManualClock) -> None:
    picture = picture_of(clock, ring_bytes_max=1000)
    epoch = picture.since(ANYONE).epoch
    for n in range(100):
        picture.update(event(time_ms=T0_MS + n, callsign=str(n)), "tak", OPEN)
        picture.tick()
    (frame,) = picture.since(ANYONE, epoch, 0).frames
    assert PyPage().decode(frame).kind == "snapshot"
    assert 1 < len(picture.since(ANYONE, epoch, 95).frames) <= 5


def test_pages_that_come_together_share_one_snapshot(picture: Picture, clock: ManualClock) -> None:
    for n in range(500):
        picture.update(event(str(n), lat=n / 10), "tak", OPEN)
    picture.tick()
    (snapshot,) = picture.since(ANYONE).frames
    clock.advance(1)
    picture.update(event("7", time_ms=clock.now_ms(), lat=1.0), "tak", OPEN)
    picture.tick()
    shared, delta = picture.since(ANYONE).frames
    assert shared is snapshot
    page = PyPage()
    page.decode(shared)
    page.decode(delta)
    assert page.known()["7"][1].lat == 1.0


async def test_without_history_the_past_is_refused(picture: Picture) -> None:
    with pytest.raises(BadInput, match="keeps no history"):
        await picture.at(ANYONE, T0_MS)
