"""Audiences: each reader's bytes are those of a picture in which what he may not see never was."""

import json
import random
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from jointhq.base.clock import ManualClock
from jointhq.cot.event import Event
from jointhq.picture import audiences, labels, wire
from jointhq.picture.audiences import AudiencesFull
from jointhq.picture.dayfile import Box
from jointhq.picture.picture import Picture
from jointhq.release.label import Label
from jointhq.release.reader import NO_READER, Reader
from tests.picture import support
from tests.picture.page import PyPage
from tests.picture.support import (
    AMERICAN,
    ANYONE,
    BLUE,
    BOTH,
    DOOR,
    JAPAN,
    JAPANESE,
    LABELS,
    OPEN,
    READERS,
    SOURCES,
    T0_MS,
    US,
    VISITOR,
    event,
    news,
    places,
)  # fmt: skip
from tests.picture.test_history import Desk


def new_picture(clock: ManualClock, **limits: Any) -> Picture:
    picture = Picture(clock, None, DOOR, **limits)
    for source in SOURCES:
        picture.add_source(source)
    return picture


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0_MS)


@pytest.fixture
def picture(clock: ManualClock) -> Picture:
    return new_picture(clock)


def known(picture: Picture, who: Reader) -> dict[str, Any]:
    page = PyPage()
    news(picture, page, who)
    return page.known()


def may_see(who: Reader, label: Label) -> bool:
    return DOOR.explain(who, label, T0_MS).allowed  # not the remembered answer


def by_uid(events: list[Event]) -> dict[str, Event]:
    return {said.uid: said for said in events}


class Alone:
    """A picture that is told only what one reader may see, from the one all are told into."""

    def __init__(self, who: Reader, clock: ManualClock) -> None:
        self.who, self.clock = who, clock
        self.picture = new_picture(clock)
        self.hidden: set[str] = set()  # gone at the next tick, unless it can be seen again by then
        self.caught = self.picture.since(who)

    def update(self, said: Event, source_id: str, label: Label) -> None:
        if may_see(self.who, label):
            if said.uid in self.hidden:  # comes back, and is the last to come
                self.hidden.remove(said.uid)
                if (track := self.picture.latest_any(said.uid)) is not None:
                    self.picture._tracks[said.uid] = self.picture._tracks.pop(said.uid)
                    self.picture._changed.pop(track.slot, None)
            assert self.picture.update(said, source_id, label)
        else:
            self.hidden.add(said.uid)

    def remove(self, uid: str) -> None:
        self.hidden.discard(uid)
        self.picture.remove(uid)

    def tick(self) -> None:
        for uid in self.hidden:
            self.picture.remove(uid)
        self.hidden.clear()
        self.picture.tick()


uids = st.integers(0, 5).map("uid-{}".format)
says = st.tuples(
    st.just("say"), uids, places, st.integers(-400_000, 1000), st.sampled_from([0, 50, 60, 500]),
    st.sampled_from(LABELS), st.sampled_from(["", "VIPER"]),
)  # fmt: skip
steps = st.lists(
    st.one_of(
        says, says, says, st.tuples(st.sampled_from(["end", "remove"]), uids),
        st.tuples(st.just("wait"), st.floats(0, 900)), st.just(("tick",)), st.just(("tick",)),
    ),
    max_size=40,
)  # fmt: skip


@given(steps)
@settings(max_examples=200)
def test_every_readers_bytes_are_those_of_a_picture_without_what_is_hidden(todo: list[Any]) -> None:
    clock = ManualClock(T0_MS)
    picture = new_picture(clock)
    caught = [picture.since(who) for who in READERS]
    alone = [Alone(who, clock) for who in READERS]

    def tick() -> None:
        moved = picture.tick()
        deltas = 0
        for i, solo in enumerate(alone):
            solo.tick()
            _, epoch, position = caught[i]
            caught[i] = picture.since(solo.who, epoch, position)
            solo.caught = solo.picture.since(solo.who, epoch, position)
            assert caught[i] == solo.caught
            assert picture.since(solo.who) == solo.picture.since(solo.who)
            assert picture.tracks(solo.who) == len(solo.picture.tracks_all())
            assert by_uid(picture.replay(solo.who)) == by_uid(solo.picture.replay(solo.who))
            assert set(picture.labels(solo.who)) == {track.label for track in solo.picture.tracks_all()}
            for uid in ("uid-0", "uid-1", "nobody"):
                one, other = picture.latest(solo.who, uid), solo.picture.latest_any(uid)
                assert (one and one.event) == (other and other.event)
            deltas += sum(frame[1] == wire.DELTA for frame in caught[i].frames)
        assert moved == (deltas > 0)

    for step in [*todo, ("tick",)]:
        match step:
            case ("say", uid, place, offset_ms, stale_s, label, callsign):
                said = event(uid, time_ms=clock.now_ms() + offset_ms, stale_s=stale_s, callsign=callsign, **place)
                source_id = SOURCES[int(uid[-1]) % 3].id
                if picture.update(said, source_id, label):
                    for solo in alone:
                        solo.update(said, source_id, label)
            case ("end", uid):
                picture.end(uid)
                for solo in alone:
                    solo.picture.end(uid)
            case ("remove", uid):
                picture.remove(uid)
                for solo in alone:
                    solo.remove(uid)
            case ("wait", seconds):
                tick()
                clock.advance(seconds)
                for one in (picture, *(solo.picture for solo in alone)):
                    one.sweep()
                tick()
            case ("tick",):
                clock.advance(0.2)
                tick()


@given(steps)
def test_a_page_knows_after_a_tick_what_its_reader_may_see(todo: list[Any]) -> None:
    clock = ManualClock(T0_MS)
    picture = new_picture(clock)
    pages = [PyPage() for _ in READERS]
    for step in [*todo, ("tick",)]:
        match step:
            case ("say", uid, place, offset_ms, stale_s, label, callsign):
                said = event(uid, time_ms=clock.now_ms() + offset_ms, stale_s=stale_s, callsign=callsign, **place)
                picture.update(said, SOURCES[0].id, label)
            case ("end" | "remove" as act, uid):
                getattr(picture, act)(uid)
            case ("wait", seconds):
                clock.advance(seconds)
                picture.sweep()
            case ("tick",):
                picture.tick()
                for who, page in zip(READERS, pages, strict=True):
                    news(picture, page, who)
                    seen = [track for track in picture.tracks_all() if may_see(who, track.label)]
                    assert {
                        uid: (card["c"], card["l"], card["t"], round(row.lat, 4), ended)
                        for uid, (card, row, ended) in page.known().items()
                    } == {
                        t.event.uid: (
                            t.event.callsign,
                            DOOR.portion(t.label),
                            t.event.type,
                            round(round(t.event.lat, 5), 4),
                            t.ended,
                        )
                        for t in seen
                    }
                    assert len(page.cards) == len(seen)


def bodies(frames: list[bytes]) -> bytes:
    return b"".join(frame[:32] + zlib.decompress(frame[32:], -15) for frame in frames)


@pytest.mark.parametrize("seed", range(3))
async def test_no_byte_of_a_readers_holds_a_canary_he_may_not_see_and_he_gets_all_that_he_may(seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as directory, Desk(Path(directory)) as desk:
        picture, clock = desk.picture, desk.clock
        said: dict[str, Label] = {}
        pages = [PyPage() for _ in READERS]
        shown: list[tuple[int, list[set[str]]]] = []
        for n in range(500):
            canary = f"CANARY{n:06}"
            uid = f"uid-{chance.randrange(40)}"
            label = said[canary] = chance.choice(LABELS)
            clock.advance(chance.choice([0.001, 0.1, 1, 5]))
            offset_ms = chance.choice([0, 0, 0, -3000])
            place: dict[str, Any] = {
                "lat": 10 + n / 1000,
                "callsign": canary,
                "facts": {"sidc": canary},
                "stale_s": 1000,
            }
            picture.update(
                event(uid, time_ms=clock.now_ms() + offset_ms, **place), chance.choice(["tak", "units"]), label
            )
            if chance.random() < 0.05:
                chance.choice([picture.end, picture.remove])(f"uid-{chance.randrange(40)}")
            if chance.random() < 0.01:
                desk.seal()
            if chance.random() < 0.3:
                picture.tick()
                clock.advance(0.001)
                moment = []
                for who, page in zip(READERS, pages, strict=True):
                    frames = picture.since(who, page.epoch, page.position).frames
                    check(said, who, bodies(frames))
                    check(said, who, bodies(picture.since(who).frames))
                    news(picture, page, who)
                    moment.append({t.event.uid for t in picture.tracks_all() if may_see(who, t.label)})
                    assert {card["c"] for card in page.cards.values()} == {
                        t.event.callsign for t in picture.tracks_all() if may_see(who, t.label)
                    }
                    track = picture.latest(who, uid)
                    assert (track is not None) == (
                        (one := picture.latest_any(uid)) is not None and may_see(who, one.label)
                    )
                    check(said, who, repr(track).encode())
                    check(said, who, repr(picture.replay(who)).encode())
                shown.append((clock.now_ms() - 1, moment))
            picture.sweep()
        for at_ms, moment in shown[::5]:
            for who, expected in zip(READERS, moment, strict=True):
                frame = await picture.at(who, at_ms)
                check(said, who, bodies([frame]))
                page = PyPage()
                page.decode(frame)
                assert page.known().keys() == expected
        by_lat = {10 + int(canary[6:]) / 1000: label for canary, label in said.items()}
        world = Box(lat_min=-90, lat_max=90, lon_min=-180, lon_max=180)
        for who in READERS:
            found = await picture.box(who, world, 0, 2 * T0_MS)
            lats = {round(lat / 1e6, 3) for lat in found.rows[5].tolist()}
            assert lats == {round(lat, 3) for lat, label in by_lat.items() if may_see(who, label)}
            on_paths = set()
            for i in range(40):
                on_paths |= {round(lat, 3) for lat in (await picture.path(who, f"uid-{i}", 0, 2 * T0_MS)).lat}
            assert on_paths == lats


def check(said: dict[str, Label], who: Reader, data: bytes) -> None:
    for part in data.split(b"CANARY")[1:]:
        assert may_see(who, said["CANARY" + part[:6].decode()])


def test_a_hidden_track_is_as_absent(picture: Picture) -> None:
    page = PyPage()
    news(picture, page, VISITOR)
    picture.update(event("secret"), "tak", US)
    assert not picture.tick() or news(picture, page, VISITOR) == []
    assert picture.latest(VISITOR, "secret") is picture.latest(VISITOR, "nobody") is None
    assert picture.tracks(VISITOR) == 0
    assert not picture.labels(VISITOR)
    assert not picture.replay(VISITOR)
    assert picture.tracks(AMERICAN) == len(picture.tracks_all()) == 1


def test_what_is_raised_is_gone_for_some_and_comes_back_whole_when_it_is_lowered(
    picture: Picture, clock: ManualClock
) -> None:
    page, other = PyPage(), PyPage()
    for n, (label, sees) in enumerate([(OPEN, True), (US, False), (BOTH, True), (JAPAN, True), (US, False)]):
        clock.advance(1)
        picture.update(event("a", time_ms=clock.now_ms(), lat=n, callsign=f"CALLSIGN{n}"), "tak", label)
        picture.update(event("b", time_ms=clock.now_ms(), lat=n), "tak", OPEN)
        picture.tick()
        news(picture, page, JAPANESE)
        news(picture, other, AMERICAN)
        assert ("a" in page.known()) == sees
        if sees:
            card, row, _ = page.known()["a"]
            assert (card["c"], card["l"], row.lat) == (f"CALLSIGN{n}", DOOR.portion(label), n)
        assert ("a" in other.known()) == (label is not JAPAN)
        assert page.known()["b"][1].lat == n


def test_an_event_without_label_is_refused(picture: Picture) -> None:
    assert picture.update(event(), "tak", None) is False
    assert picture.drops == {"unlabelled": 1}


def test_one_whose_clearance_has_ended_gets_nothing_from_that_moment(picture: Picture, clock: ManualClock) -> None:
    picture.update(event("a"), "tak", OPEN)
    picture.tick()
    who = replace(AMERICAN, cleared_until_ms=T0_MS + 1000)
    page = PyPage()
    assert len(news(picture, page, who)) == 1
    clock.advance(0.999)
    picture.update(event("a", time_ms=T0_MS + 999), "tak", OPEN)
    picture.tick()
    assert len(news(picture, page, who)) == 1
    clock.advance(0.001)
    picture.update(event("a", time_ms=T0_MS + 1000), "tak", OPEN)
    picture.tick()
    assert picture.since(who, page.epoch, page.position) == ([], page.epoch, page.position)
    assert picture.since(who).frames == picture.since(NO_READER).frames == []
    assert picture.latest(who, "a") is None
    assert picture.tracks(who) == len(picture.replay(who)) == 0
    assert len(news(picture, page, AMERICAN)) == 1  # the same audience


async def test_history_asks_for_the_clearance_too(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(event("a"))
        who = replace(AMERICAN, cleared_until_ms=T0_MS + 1000)
        for seconds, count in ((0.5, 1), (0.5, 0)):
            desk.wait(seconds)
            page = PyPage()
            page.decode(await desk.picture.at(who, T0_MS + 1))
            assert len(page.known()) == len((await desk.picture.path(who, "a", 0, T0_MS)).t_ms) == count


def test_readers_who_see_the_same_share_their_bytes(picture: Picture) -> None:
    picture.update(event("a"), "tak", OPEN)
    picture.tick()
    (one,), *_ = picture.since(AMERICAN)
    (same,), *_ = picture.since(replace(AMERICAN, cleared_until_ms=T0_MS + 5))
    assert one is same
    assert len(picture._audiences) == 1


def test_audiences_are_bounded_and_those_nobody_asks_for_are_dropped(clock: ManualClock) -> None:
    picture = new_picture(clock, audiences_max=2)
    epoch = picture.since(ANYONE).epoch
    picture.since(AMERICAN)
    with pytest.raises(AudiencesFull, match="2 kinds of readers"):
        picture.since(JAPANESE)
    assert picture.drops == {"audiences_max": 1}
    clock.advance(60)
    picture.since(AMERICAN)
    clock.advance(audiences.UNUSED_MS_MAX / 1000 - 59)
    picture.since(JAPANESE)
    assert len(picture._audiences) == 2
    clock.advance(audiences.UNUSED_MS_MAX / 1000 + 1)
    picture.sweep()
    assert len(picture._audiences) == 0
    (frame,), again, position = picture.since(ANYONE, epoch, 0)
    assert (PyPage().decode(frame).kind, position) == ("snapshot", 0)
    assert again != epoch


def test_an_epoch_is_of_one_audience_and_says_nothing_of_others(clock: ManualClock) -> None:
    picture = new_picture(clock)
    epochs = [picture.since(who).epoch for who in READERS]
    assert len({0, *epochs}) == 1 + len(READERS)
    other = new_picture(clock)
    other.update(event("a"), "tak", US)
    other.tick()
    assert [other.since(who).epoch for who in reversed(READERS)] == epochs[::-1]


def test_labels_are_bounded_and_those_nobody_has_make_room(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "LABELS_MAX", 2)
    picture = new_picture(clock)
    page = PyPage()

    def say(uid: str, label: Label) -> bool:
        clock.advance(0.1)
        return picture.update(event(uid, time_ms=clock.now_ms()), "tak", label)

    assert [say("a", OPEN), say("b", BOTH), say("c", US), say("a", US), say("b", OPEN)] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert picture.drops == {"labels_max": 2}
    assert not say("c", US)  # until pages were told
    picture.tick()
    news(picture, page, VISITOR)
    assert page.known().keys() == {"a", "b"}
    assert say("b", US)  # the number that was BOTH's
    assert known(picture, VISITOR).keys() == known(picture, JAPANESE).keys() == {"a", "b"}
    picture.tick()
    assert known(picture, JAPANESE).keys() == known(picture, VISITOR).keys() == {"a"}
    assert known(picture, AMERICAN).keys() == {"a", "b"}


def test_a_number_given_again_between_ticks_shows_nobody_what_was_there(picture: Picture) -> None:
    picture.update(event("a"), "tak", US)
    picture.tick()
    picture.remove("a")
    picture.update(event("b"), "tak", OPEN)
    assert known(picture, VISITOR) == known(picture, AMERICAN) == {}  # as of the last tick; "a" is nowhere any more
    picture.tick()
    assert known(picture, VISITOR).keys() == known(picture, AMERICAN).keys() == {"b"}


def test_a_label_of_no_policy_we_know_is_seen_by_nobody(picture: Picture) -> None:
    assert picture.update(event("a"), "tak", Label("OTHER", "U"))
    picture.tick()
    assert [known(picture, who) for who in READERS] == [{}] * len(READERS)
    assert len(picture.tracks_all()) == 1


def test_groups_are_part_of_who_sees(picture: Picture) -> None:
    picture.update(event("a"), "tak", BLUE)
    picture.tick()
    assert ["a" in known(picture, who) for who in READERS] == [True, False, True, False]
    assert json.dumps(known(picture, AMERICAN)) == "{}"
    assert support.label("U", groups=("Blue",)) is BLUE


def test_what_was_hidden_between_two_ticks_leaves_no_trace(picture: Picture, clock: ManualClock) -> None:
    other = new_picture(clock)
    before = [one.since(VISITOR) for one in (picture, other)]
    for hidden_too, one in ((True, picture), (False, other)):
        one.update(event("told"), "tak", OPEN)
        one.tick()
        if hidden_too:
            one.update(event("new"), "tak", US)
            one.update(event("told"), "tak", US)
        one.update(event("newer"), "tak", OPEN)
        one.update(event("new"), "tak", OPEN)
        one.update(event("told"), "tak", OPEN)
        one.tick()
    frames, others = (one.since(VISITOR, *at[1:]) for one, at in zip((picture, other), before, strict=True))
    assert frames == others
    page = PyPage()
    news(picture, page, VISITOR)
    page.position = 1  # as if it had been there
    assert [card["u"] for card in page.decode(frames.frames[-1]).cards] == ["newer", "new"]


@pytest.mark.parametrize("first", [OPEN, US])
def test_of_labels_in_one_millisecond_the_last_decides_where_it_was(tmp_path: Path, first: Label) -> None:
    with Desk(tmp_path) as desk:
        for n, label in enumerate([first, US, OPEN, US, OPEN, US]):
            desk.say(event("a", lat=n, stale_s=1e6), label=label)
            for _ in range(2):
                for who in (VISITOR, AMERICAN):
                    shown = desk.shown_at(T0_MS, lambda of, who=who: may_see(who, of))  # type: ignore[misc]
                    assert shown == ({"a": (n, 139.0, False)} if may_see(who, label) else {})
                if n % 2:
                    desk.seal()
