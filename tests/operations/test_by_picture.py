"""What a report says of the picture: counts by label, what is of note, as it was then and as its reader saw it."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.operations.by_picture import OF_NOTE_MAX, standing
from jointhq.operations.rules.compose import Found
from jointhq.picture.history import History
from jointhq.picture.picture import Picture
from jointhq.release.label import Label
from jointhq.release.reader import Reader
from tests.picture.support import AMERICAN, DOOR, JAPANESE, OPEN, SOURCES, T0_MS, US, VISITOR, event


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(T0_MS)


@pytest.fixture
def picture(clock: ManualClock, tmp_path: Path) -> Picture:
    made = Picture(clock, History(tmp_path / "history", clock), DOOR)
    for source in SOURCES:
        made.add_source(source)
    return made


def see(picture: Picture, uid: str, kind: str, label: Label = OPEN, *, stale_s: float = 60, callsign: str = "") -> None:
    now_ms = picture._clock.now_ms()
    said = event(uid, type=kind, time_ms=now_ms, stale_s=stale_s, callsign=callsign or uid)
    assert picture.update(said, "tak", label)


async def said(picture: Picture, reader: Reader = AMERICAN, at_ms: int = 0, language: str = "en") -> list[Found]:
    at_ms = at_ms or picture._clock.now_ms()
    return list((await standing(picture, reader, at_ms))(reader, 0, at_ms, language))


async def test_it_counts_by_dimension_and_names_what_is_of_note(picture: Picture, clock: ManualClock) -> None:
    for uid, kind in (("a", "a-n-A-C-F"), ("b", "a-u-A-C-F"), ("c", "a-f-S-X"), ("d", "a-f-G-U-C")):
        see(picture, uid, kind)
    see(picture, "mark", "b-m-p-s-m")
    see(picture, "over", "b-a-o-can")
    see(picture, "help", "b-a-o-tbl", callsign="ABLE")
    clock.advance(61)
    see(picture, "boat", "a-s-S", callsign="KITE")
    see(picture, "test", "a-u-A-W-M", callsign="")
    texts = [one.text for one in await said(picture)]
    assert texts == [
        "Picture 231001Z: air 3, land 1, sea surface 2; 4 of them stale.",
        "231001Z: KITE, suspect sea surface, at 35.0000, 139.0000.",
        "231001Z: test, missile track, at 35.0000, 139.0000.",
        "231000Z: ABLE, emergency, at 35.0000, 139.0000.",
    ]
    japanese = [one.text for one in await said(picture, language="ja")]
    assert japanese[0] == "231001Zの状況図:航空3件、陸上1件、水上2件。うち4件は情報が古い。"
    assert japanese[1] == "231001Z:KITE、水上(要注意)、35.0000, 139.0000。"


async def test_each_sentence_leads_to_that_moment_and_that_track(picture: Picture) -> None:
    see(picture, "boat", "a-h-S")
    counted, boat = await said(picture)
    assert [(link.kind, link.id) for link in (*counted.links, *boat.links)] == [
        ("picture", str(T0_MS)),
        ("picture", f"{T0_MS}/boat"),
    ]


async def test_it_is_the_picture_of_then(picture: Picture, clock: ManualClock) -> None:
    see(picture, "a", "a-f-A", stale_s=3_600)
    clock.advance(60)
    see(picture, "b", "a-h-A")
    assert [one.text for one in await said(picture, at_ms=T0_MS + 1)] == ["Picture 231000Z: air 1."]


async def test_each_label_is_a_sentence_so_that_one_can_be_left_out(picture: Picture) -> None:
    see(picture, "a", "a-f-A")
    see(picture, "b", "a-f-A")
    see(picture, "c", "a-f-S", US)
    assert [(one.label, one.text) for one in await said(picture)] == [
        (OPEN, "Picture 231000Z: air 2."),
        (US, "Picture 231000Z: sea surface 1."),
    ]


@settings(deadline=None, max_examples=40)
@given(hidden=st.lists(st.sampled_from(["a-f-A", "a-h-S", "a-u-A-W", "b-a-o-tbl"]), max_size=6))
def test_what_is_hidden_changes_nothing(tmp_path_factory: pytest.TempPathFactory, hidden: list[str]) -> None:
    async def told(kinds: list[str]) -> list[Found]:
        clock = ManualClock(T0_MS)
        picture = Picture(clock, History(tmp_path_factory.mktemp("history"), clock), DOOR)
        for source in SOURCES:
            picture.add_source(source)
        see(picture, "open", "a-h-S")
        for n, kind in enumerate(kinds):
            see(picture, f"hidden-{n}", kind, US)
        return await said(picture, VISITOR) + await said(picture, JAPANESE)

    assert asyncio.run(told(hidden)) == asyncio.run(told([]))


async def test_what_is_of_note_is_bounded_the_last_heard_of_first(picture: Picture, clock: ManualClock) -> None:
    for n in range(OF_NOTE_MAX + 5):
        see(picture, f"boat-{n}", "a-h-S", stale_s=3_600)
        clock.advance(1)
    found = await said(picture)
    assert len(found) == 1 + OF_NOTE_MAX
    assert f"boat-{OF_NOTE_MAX + 4}," in found[1].text


async def test_without_a_history_it_says_nothing(clock: ManualClock) -> None:
    picture = Picture(clock, None, DOOR)
    picture.add_source(SOURCES[1])
    see(picture, "a", "a-h-S")
    assert await said(picture) == []
