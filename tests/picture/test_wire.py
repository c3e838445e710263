"""Frames: what the encoder writes is what the page's decoder reads, and nothing else is read."""

import random
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.picture import wire
from jointhq.picture.picture import Picture
from tests.picture.page import Frame, JsPage, PyPage, WireError
from tests.picture.support import ANYONE, DOOR, FEED, OPEN, SOURCES, T0_MS, event, news, places, snapshot

steps = st.lists(
    st.one_of(
        st.tuples(st.just("update"), st.integers(0, 5), places, st.integers(-400_000, 400_000), st.integers(0, 500)),
        st.tuples(st.just("end"), st.integers(0, 5)),
        st.tuples(st.just("remove"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.floats(0, 900)),
        st.just(("tick",)),
    ),
    max_size=40,
)


def play(picture: Picture, clock: ManualClock, todo: list[Any]) -> Any:
    """Do the steps; yield the frame of every tick, the last of them at the end."""
    _, epoch, position = picture.since(ANYONE)
    for step in [*todo, ("tick",)]:
        match step:
            case ("update", i, place, offset_ms, stale_s):
                said = event(f"uid-{i}", time_ms=clock.now_ms() + offset_ms, stale_s=stale_s, **place)
                picture.update(said, SOURCES[i % len(SOURCES)].id, OPEN)
            case ("end", i):
                picture.end(f"uid-{i}")
            case ("remove", i):
                picture.remove(f"uid-{i}")
            case ("wait", seconds):
                clock.advance(seconds)
                picture.sweep()
            case ("tick",):
                picture.tick()
                # The clock may have gone on by so much that the audience was dropped and its pages begin anew.
                frames, epoch, position = picture.since(ANYONE, epoch, position)
                yield from frames


def new_picture(**limits: Any) -> tuple[Picture, ManualClock]:
    clock = ManualClock(T0_MS)
    picture = Picture(clock, None, DOOR, **limits)
    for source in SOURCES:
        picture.add_source(source)
    return picture, clock


def rounded(frame: Frame) -> Frame:
    """Pages get altitude, course and speed in single precision."""
    for slot, row in frame.rows.items():
        alt, course, speed = (None if v is None else float(np.float32(v)) for v in row[2:5])
        frame.rows[slot] = row._replace(alt_m=alt, course=course, speed_ms=speed)
    return frame


@given(steps)
def test_the_page_reads_what_the_server_wrote(js_page: JsPage, todo: list[Any]) -> None:
    picture, clock = new_picture()
    python = PyPage()
    js_page.restart()
    for frame in [snapshot(picture), *play(picture, clock, todo), snapshot(picture)]:
        assert js_page.decode(frame) == rounded(python.decode(frame))


@given(steps, st.integers(0, 40))
def test_deltas_on_an_old_snapshot_are_the_snapshot_of_now(todo: list[Any], join: int) -> None:
    picture, clock = new_picture()
    from_start, joined = PyPage(), PyPage()
    from_start.decode(snapshot(picture))
    for n, frame in enumerate(play(picture, clock, todo)):
        from_start.decode(frame)
        if n == join:
            joined.decode(snapshot(picture))
    news(picture, joined)
    now = PyPage()
    now.decode(snapshot(picture))
    assert now.known() == from_start.known() == joined.known()


@given(steps)
def test_a_page_knows_after_a_tick_what_the_picture_knows(todo: list[Any]) -> None:
    picture, clock = new_picture()
    page = PyPage()
    page.decode(snapshot(picture))
    for frame in play(picture, clock, todo):
        page.decode(frame)
    assert {uid: ended for uid, (_, _, ended) in page.known().items()} == {
        track.event.uid: track.ended for track in picture.tracks_all()
    }
    for track in picture.tracks_all():
        card, row, _ = page.known()[track.event.uid]
        assert (card["c"], card["t"], card["o"]) == (track.event.callsign, track.event.type, track.source_id)
        assert abs(row.lat - track.event.lat) <= 5.1e-6
        assert abs(row.lon - track.event.lon) <= 5.1e-6
        assert row.time_ms == track.time_ms // 100 * 100
        assert (row.alt_m is None) == (track.event.hae_m is None or np.isnan(track.event.hae_m))


@given(st.integers(0, 32 + 200), st.integers(0, 255), st.integers(0, 10_000))
@example(0, 0, 0)
def test_a_broken_frame_is_refused_with_a_clear_error(js_page: JsPage, at: int, value: int, cut: int) -> None:
    picture, _ = new_picture()
    for i in range(20):
        picture.update(event(f"uid-{i}", lat=i), FEED.id, OPEN)
    picture.tick()
    frame = bytearray(snapshot(picture))
    frame[at % len(frame)] ^= value
    js_page.restart()
    try:
        js_page.decode(bytes(frame[: max(0, len(frame) - cut)]))
    except WireError as error:
        assert error.name == "WireError"
        assert error.code in ("malformed", "gap")  # gap: the flipped bit made it a delta
    else:
        assert cut == 0


@given(st.binary(max_size=300), st.integers(0, 1))
def test_any_body_is_a_frame_or_refused(js_page: JsPage, body: bytes, kind: int) -> None:
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    header = wire.HEADER.pack(wire.VERSION, kind, 0, 0, 0, T0_MS)
    js_page.restart()
    with pytest.raises(WireError) as refused:
        js_page.decode(header + packed.compress(body) + packed.flush())
    assert refused.value.name == "WireError"


def test_a_delta_that_does_not_follow_is_a_gap_and_a_snapshot_heals_it(js_page: JsPage) -> None:
    picture, _ = new_picture()
    frames, epoch = [], picture.since(ANYONE).epoch
    for i in range(3):
        picture.update(event("a", time_ms=T0_MS + i), FEED.id, OPEN)
        picture.tick()
        frames += picture.since(ANYONE, epoch, i).frames
    js_page.restart()
    for frame in frames[:2]:
        with pytest.raises(WireError, match="does not follow") as refused:
            js_page.decode(frame)
        assert refused.value.code == "gap"
    assert js_page.decode(snapshot(picture)).position == 3


def test_a_slot_without_card_is_refused(js_page: JsPage) -> None:
    slots = np.array([3])
    none = slots[:0]
    frame = wire.encode(
        kind=wire.SNAPSHOT, epoch=1, position=1, at_ms=T0_MS, cards=[], slots=slots,
        now=np.zeros((wire.COLUMNS, 1), np.int64), gone=none, ended=none,
    )  # fmt: skip
    js_page.restart()
    with pytest.raises(WireError, match="slot 3 has moved but has no card"):
        js_page.decode(frame)


def test_a_moved_track_costs_at_most_8_bytes() -> None:
    chance = random.Random(1)
    picture, clock = new_picture()
    places = [(chance.uniform(20, 46), chance.uniform(120, 155), chance.uniform(0, 250)) for _ in range(54_000)]
    for i, (lat, lon, speed) in enumerate(places):
        picture.update(
            event(str(i), lat=lat, lon=lon, course_deg=i % 360, speed_ms=speed, hae_m=speed * 40), FEED.id, OPEN
        )
    picture.tick()
    _, epoch, position = picture.since(ANYONE)
    clock.advance(30)
    moved = chance.sample(range(54_000), 360)
    for i in moved:
        lat, lon, speed = places[i]
        angle = np.radians(i % 360)
        picture.update(
            event(
                str(i),
                time_ms=clock.now_ms() - chance.randrange(1000),
                lat=lat + 30 * speed * float(np.cos(angle)) / 111_195,
                lon=lon + 30 * speed * float(np.sin(angle)) / 91_000,
                course_deg=i % 360 + chance.gauss(0, 1),
                speed_ms=speed + chance.gauss(0, 1),
                hae_m=speed * 40 + chance.gauss(0, 10),
            ),
            FEED.id,
            OPEN,
        )
    picture.tick()
    (frame,) = picture.since(ANYONE, epoch, position).frames
    assert len(frame) <= 8 * len(moved)
