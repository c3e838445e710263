"""History answers as a model does that keeps everything in lists."""

import math
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.cot.event import Event
from jointhq.picture import blocks
from jointhq.picture.dayfile import Box, Sees
from jointhq.picture.history import History
from jointhq.picture.picture import Picture
from jointhq.release.label import Label
from tests.picture.page import PyPage
from tests.picture.support import ANYONE, DOOR, FEED, LABELS, OPEN, READERS, SOURCES, T0_MS, TAK, degrees, event, places


def everything(_: Label) -> bool:
    return True


SEES: list[Sees] = [everything, *(partial(lambda who, label: DOOR.may_see(who, label, 0), who) for who in READERS)]


def sealed(history: History) -> None:
    """Wait until all that was cut is on disk."""
    until = time.monotonic() + 20
    while history._batches:
        assert time.monotonic() < until, history.reason
        time.sleep(0.001)


class Desk:
    """A picture with history, and all that was said to it."""

    def __init__(self, directory: Path, start_ms: int = T0_MS) -> None:
        self.directory = directory
        self.clock = ManualClock(start_ms)
        self.said: list[tuple[Event, Label]] = []
        self.open()

    def open(self, **options: Any) -> None:
        self.history = History(self.directory, self.clock, retry_s=0.01, **options)
        self.history.start()
        self.picture = Picture(self.clock, self.history, DOOR)
        for source in SOURCES:
            self.picture.add_source(source)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.history.close()

    def say(self, said: Event, source_id: str = "adsb", label: Label = OPEN) -> bool:
        refused_late = self.picture.drops["older"]
        accepted = self.picture.update(said, source_id, label)
        if accepted or self.picture.drops["older"] > refused_late:
            self.said.append((said, label))
        return accepted

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.picture.sweep()

    def seal(self) -> None:
        self.history._cut(self.history._now_ms())
        sealed(self.history)

    def restart(self) -> None:
        self.history.close()
        self.open()

    def shown(self, sees: Sees = everything) -> dict[str, tuple[float, float, bool]]:
        gone_ms = self.clock.now_ms() - 600_000  # to the millisecond; the sweep looks at whole seconds
        tracks = [t for t in self.picture.tracks_all() if max(t.stale_ms, t.received_ms) > gone_ms]
        return {t.event.uid: (t.event.lat, t.event.lon, t.ended) for t in tracks if sees(t.label)}

    def shown_at(self, at_ms: int, sees: Sees = everything) -> dict[str, tuple[float, float, bool]]:
        past = self.history.at(at_ms, sees)
        assert all(map(sees, past.labels))
        assert len(past.uids) == len(past.labels) == past.rows.shape[1]
        columns = zip(
            past.uids,
            blocks.lat(past.rows).tolist(),
            blocks.lon(past.rows).tolist(),
            (past.rows[blocks.KIND] == blocks.ENDED).tolist(),
            strict=True,
        )
        return {uid: (lat, lon, ended) for uid, lat, lon, ended in columns}


uids = st.integers(0, 4).map("uid-{}".format)
says = st.tuples(
    st.just("say"), uids, places, st.integers(-100_000, 1000), st.sampled_from([0, 5, 60, 10**6]),
    st.sampled_from(LABELS),
)  # fmt: skip
steps = st.lists(
    st.one_of(
        says,
        says,
        st.tuples(st.just("wait"), st.sampled_from([0.001, 1.5, 30, 61, 599, 700, 20_000])),
        st.tuples(st.sampled_from(["end", "remove"]), uids),
        st.sampled_from([("seal",), ("restart",)]),
    ),
    max_size=30,
)


@given(steps, st.integers(0, 2**20), degrees(90), degrees(90), degrees(180), degrees(180))
@settings(max_examples=60)
def test_history_answers_each_reader_as_the_naive_model(
    todo: list[Any], window: int, lat1: float, lat2: float, lon1: float, lon2: float
) -> None:
    with tempfile.TemporaryDirectory() as directory, Desk(Path(directory), T0_MS + 13 * 3_600_000) as desk:
        # An hour before midnight.
        shown: dict[int, Any] = {}
        for step in todo:
            match step:
                case ("say", uid, place, offset_ms, stale_s, label):
                    said = event(uid, time_ms=desk.clock.now_ms() + offset_ms, stale_s=stale_s, **place)
                    desk.say(said, SOURCES[(int(uid[-1]) + len(shown)) % 3].id, label)  # never two sources in one ms
                case ("wait", seconds):
                    shown[desk.clock.now_ms()] = [desk.shown(sees) for sees in SEES]
                    desk.wait(seconds)
                case ("end", uid):
                    desk.picture.end(uid)
                case ("remove", uid):
                    desk.picture.remove(uid)
                    desk.wait(0.001)  # or another source takes the uid up in the same ms
                case ("seal",):
                    desk.seal()
                case ("restart",):
                    shown.pop(desk.clock.now_ms(), None)
                    desk.restart()
        desk.picture.sweep()
        shown[desk.clock.now_ms()] = [desk.shown(sees) for sees in SEES]
        for at_ms, expected in shown.items():
            assert [desk.shown_at(at_ms, sees) for sees in SEES] == expected, at_ms

        times = sorted(said.time_ms for said, _ in desk.said) or [0]
        from_ms, to_ms = times[window % len(times)], times[-1 - window // 7 % len(times)]
        box = Box(lat_min=min(lat1, lat2), lat_max=max(lat1, lat2), lon_min=lon1, lon_max=lon2)
        for sees in SEES:
            told = [said for said, label in desk.said if sees(label) and from_ms <= said.time_ms <= to_ms]
            for uid in {said.uid for said, _ in desk.said}:
                model = [(said.time_ms, said.lat, said.lon) for said in told if said.uid == uid]
                path = desk.history.path(uid, from_ms, to_ms, sees)
                assert sorted(zip(path.t_ms, path.lat, path.lon, strict=True)) == sorted(model)
                assert path.t_ms == sorted(path.t_ms)
                assert not path.truncated
                short = desk.history.path(uid, from_ms, to_ms, sees, limit=2)
                assert short.truncated == (len(model) > 2)
                assert len(short.t_ms) == min(2, len(model))

            found = desk.history.box(box, from_ms, to_ms, sees)
            got = zip(
                found.uids, found.rows[blocks.TIME].tolist(), blocks.lat(found.rows).tolist(),
                blocks.lon(found.rows).tolist(), strict=True,
            )  # fmt: skip
            inside = [
                (said.uid, said.time_ms, said.lat, said.lon)
                for said in told
                if box.lat_min <= said.lat <= box.lat_max
                and (lon1 <= said.lon <= lon2 if lon1 <= lon2 else said.lon >= lon1 or said.lon <= lon2)
            ]
            assert sorted(got) == sorted(inside)
            one = desk.history.box(box, from_ms, to_ms, sees, limit=1)
            assert (len(one.uids), one.truncated) == (min(1, len(inside)), len(inside) > 1)


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    with Desk(tmp_path) as desk:
        yield desk


async def test_a_frame_of_the_past_has_cards_and_who_had_ended(desk: Desk) -> None:
    desk.say(event("a", callsign="VIPER", hae_m=120.0, course_deg=90.0, speed_ms=2.5), "tak")
    desk.say(event("b", facts={"sidc": "1003"}, stale_s=300), "units")
    desk.wait(1)
    desk.picture.end("a")
    at_ms = desk.clock.now_ms()
    for _ in range(2):  # from memory, then from disk
        page = PyPage()
        page.decode(await desk.picture.at(ANYONE, at_ms))
        assert page.epoch == 0
        known = page.known()
        assert known["a"] == (
            {"s": known["a"][0]["s"], "a": 1, "l": "(U)", "u": "a", "c": "VIPER", "t": "a-f-G", "o": "tak"},
            (35.0, 139.0, 120, 90, 2.5, T0_MS),
            True,
        )
        assert known["b"][0]["f"] == {"sidc": "1003"}
        assert known["b"][0]["a"] == 300
        desk.wait(2000)
        desk.seal()


async def test_a_path_has_its_columns(desk: Desk) -> None:
    desk.say(event("a", hae_m=120.0, course_deg=90.0, speed_ms=2.5))
    desk.say(event("a", time_ms=T0_MS + 1000, lat=35.5))
    for _ in range(2):
        path = await desk.picture.path(ANYONE, "a", 0, T0_MS + 5000)
        assert (path.t_ms, path.lat, path.lon) == ([T0_MS, T0_MS + 1000], [35.0, 35.5], [139.0, 139.0])
        assert (path.alt_m[0], path.course_deg[0], path.speed_ms[0]) == (120.0, 90.0, 2.5)
        assert math.isnan(path.alt_m[1])
        desk.seal()
    assert (await desk.picture.path(ANYONE, "nobody", 0, T0_MS)).t_ms == []


def test_a_late_position_is_on_the_path_but_was_not_known_then(desk: Desk) -> None:
    desk.say(event("a", lat=35.0))
    desk.wait(60)
    desk.say(event("a", time_ms=T0_MS + 60_000, lat=36.0))
    desk.wait(1)
    assert desk.say(event("a", time_ms=T0_MS + 30_000, lat=35.5)) is False
    desk.seal()
    assert desk.history.path("a", 0, T0_MS + 60_000, everything).lat == [35.0, 35.5, 36.0]
    assert desk.shown_at(T0_MS + 30_000)["a"][0] == 35.0
    assert desk.shown_at(T0_MS + 62_000)["a"][0] == 36.0


def test_a_track_that_changes_its_source_is_one_track(desk: Desk) -> None:
    desk.say(event("a", lat=35.0, stale_s=1e6), "adsb")
    desk.seal()
    desk.wait(1)
    desk.say(event("a", time_ms=T0_MS + 1000, lat=36.0, stale_s=1e6), "tak")
    desk.seal()
    desk.wait(1)
    assert desk.shown_at(desk.clock.now_ms()) == {"a": (36.0, 139.0, False)}
    desk.picture.remove("a")
    desk.wait(1)
    desk.seal()
    desk.wait(1)
    desk.seal()
    assert desk.shown_at(desk.clock.now_ms()) == {}
    assert desk.history.path("a", 0, T0_MS * 2, everything).lat == [35.0, 36.0]


def test_many_batches_are_read_from_a_keyframe_not_from_the_start(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("jointhq.picture.dayfile.KEYFRAME_BATCHES", 5)
    shown = {}
    for n in range(40):
        desk.wait(10)
        for uid in ("a", "b", "c"):
            desk.say(event(uid, time_ms=desk.clock.now_ms(), lat=n / 1000, stale_s=100))
        shown[desk.clock.now_ms()] = desk.shown()
        desk.seal()
    decoded: list[bytes] = []
    decode = blocks.decode

    def count(data: bytes) -> blocks.Table:
        decoded.append(data)
        return decode(data)

    monkeypatch.setattr(blocks, "decode", count)
    for at_ms, expected in shown.items():
        decoded.clear()
        assert desk.shown_at(at_ms) == expected
        assert len(decoded) <= 6


def test_a_clock_set_back_does_not_stop_history(desk: Desk) -> None:
    desk.say(event("a", stale_s=1e6))
    desk.clock.advance(-30)
    desk.say(event("b", stale_s=1e6))
    assert desk.shown_at(T0_MS).keys() == {"a", "b"}
    desk.clock.advance(-86_400 * 2)
    desk.picture.sweep()
    desk.say(event("c", time_ms=desk.clock.now_ms(), stale_s=1e6))
    desk.seal()
    assert desk.history.recording
    assert desk.history.path("c", 0, T0_MS, everything).t_ms == [desk.clock.now_ms()]


def test_keys_are_used_again_and_nobody_is_mistaken(desk: Desk) -> None:
    for n in range(30):
        desk.say(event(f"uid-{n}", lat=n, stale_s=1e6))
        desk.picture.remove(f"uid-{n}")
        desk.wait(1)
        desk.seal()
    assert len(desk.history._keys.names.uids) < 5
    assert [desk.history.path(f"uid-{n}", 0, T0_MS, everything).lat for n in range(30)] == [
        [float(n)] for n in range(30)
    ]
    assert desk.shown_at(desk.clock.now_ms()) == {}


def test_a_feeds_past_goes_after_its_day_ours_stays(desk: Desk) -> None:
    desk.say(event("plane"), FEED.id)
    desk.say(event("team"), TAK.id)
    desk.seal()
    assert desk.history.oldest_ms == T0_MS
    assert desk.history.bytes > 0
    for days, plane, team in ((1.5, 1, 1), (2, 0, 1), (27, 0, 1), (32, 0, 0)):
        desk.clock.advance(days * 86_400 - (desk.clock.now_ms() - T0_MS) / 1000)
        desk.picture.sweep()
        sealed(desk.history)
        assert len(desk.history.path("plane", 0, T0_MS, everything).t_ms) == plane
        assert len(desk.history.path("team", 0, T0_MS, everything).t_ms) == team
    assert list(desk.directory.glob("*.sqlite")) == []
