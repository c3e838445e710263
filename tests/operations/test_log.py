"""The log through its routes, as the page and other programs use it."""

import asyncio
from typing import Any

import pytest

from jointhq.base import dtg
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.journal.projection import canonical
from jointhq.operations.files import ANY, FILE_BYTES_MAX, FOLDER
from jointhq.operations.rules import log as rules
from jointhq.operations.views.files import Files
from jointhq.operations.views.logbook import Logbook
from tests.operations.house import CLOSED, OPEN, Desk, desk, house

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
async def hq(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def watch(hq):
    return await desk(hq, "hale", level="CUI")


async def test_a_line_is_entered_signed_and_read_back(hq, watch):
    hq.clock.advance(30 * 60)
    row = await watch.log("Ferry overdue.", source="Coast Guard", decided="Ask Naha.", told="Commander")
    page = await watch.get("/log")
    assert page["rows"] == [row]
    assert (row["text"], row["source"], row["decided"], row["told"]) == (
        "Ferry overdue.", "Coast Guard", "Ask Naha.", "Commander",
    )  # fmt: skip
    assert row["at_ms"] == hq.clock.now_ms() // 60_000 * 60_000
    assert (row["letter"], row["mark"], page["banner"]) == ("Z", "(U)", "UNCLASSIFIED")
    assert (row["by"]["title"], row["by"]["person"]["name"]) == ("hale desk", "Hale")
    assert row["exercise"]
    record = (await hq.journal.read(hq.journal.position - 1))[0]
    assert (record.kind, record.exercise, record.effective_ms) == ("log.entered", True, row["at_ms"])


async def test_the_time_is_taken_as_it_is_typed(hq, watch):
    row = await watch.log(when="0700I")
    assert (row["letter"], dtg.write(row["at_ms"], "I")[:4]) == ("I", dtg.write(hq.clock.now_ms(), "I")[:2] + "07")
    await watch.log("First.", when=dtg.write(row["at_ms"] - 3_600_000))
    assert await watch.texts() == ["A ferry is overdue.", "First."]
    assert await watch.no("/log", text="x", when="25:00") == (400, "time_form")
    assert await watch.no("/log", text="x", when=dtg.write(hq.clock.now_ms() + 7_200_000)) == (400, "time_range")
    assert await watch.no("/log", text="x", when=dtg.write(hq.clock.now_ms() - 400 * dtg.DAY_MS)) == (400, "time_range")


async def test_an_entry_is_corrected_by_a_new_one_and_stays(hq, watch):
    wrong = await watch.log("Two ferries overdue.", when="0700", significant=True)
    hq.clock.advance(60)
    right = await watch.post(f"/log/{wrong['id']}/correct", text="One ferry overdue.", reason="Misheard.")
    rows = {row["id"]: row for row in (await watch.get("/log"))["rows"]}
    assert (rows[wrong["id"]]["text"], rows[wrong["id"]]["corrected_by"]) == ("Two ferries overdue.", right["id"])
    assert (right["corrects"], right["reason"], right["at_ms"]) == (wrong["id"], "Misheard.", wrong["at_ms"])
    assert await watch.texts(standing=True) == ["One ferry overdue."]
    again = await watch.no(f"/log/{wrong['id']}/correct", text="x", reason="y")
    assert again == (409, "corrected_already")
    last = await watch.post(f"/log/{right['id']}/correct", text="No ferry overdue.", reason="It is in port.")
    for one in (wrong, right, last):
        assert [row["id"] for row in await watch.get(f"/log/{one['id']}")] == [wrong["id"], right["id"], last["id"]]


async def test_of_two_who_correct_at_once_one_is_told(hq, watch):
    wrong = await watch.log()
    answers = await asyncio.gather(
        *(watch.browser.post(f"/api/operations/log/{wrong['id']}/correct", text=t, reason="r") for t in "ab")
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_what_was_known_at_a_moment(hq, watch):
    first = await watch.log("First.")
    hq.clock.advance(10)
    known = hq.clock.now_ms()
    hq.clock.advance(10)
    await watch.post(f"/log/{first['id']}/correct", text="Better.", reason="r")
    await watch.post(f"/log/{first['id']}/mark", significant=True)
    assert await watch.texts(standing=True) == ["Better."]
    then = (await watch.get("/log", known=known))["rows"]
    assert [(row["text"], row["corrected_by"], row["significant"]) for row in then] == [("First.", "", False)]


async def test_a_line_is_marked_and_the_mark_taken_back(hq, watch):
    row = await watch.log()
    hq.clock.advance(1)
    assert (await watch.post(f"/log/{row['id']}/mark", significant=True))["significant"]
    position = hq.journal.position
    await watch.post(f"/log/{row['id']}/mark", significant=True)
    assert hq.journal.position == position
    assert len(await watch.texts(significant=True)) == 1
    hq.clock.advance(1)
    await watch.post(f"/log/{row['id']}/mark", significant=False)
    assert await watch.texts(significant=True) == []


async def test_a_line_is_not_marked_for_ever(hq, watch, monkeypatch):
    monkeypatch.setattr(rules, "MARKS_MAX", 2)
    row = await watch.log()
    for significant in (True, False):
        await watch.post(f"/log/{row['id']}/mark", significant=significant)
    assert await watch.no(f"/log/{row['id']}/mark", significant=True) == (409, "too_many")


async def test_search_takes_every_word_whatever_its_case_and_width(hq, watch):
    await watch.log("Ferry AKASHIA overdue", told="Commander")
    await watch.log("フェリー「アカシア」遅延", source="海上保安庁")
    assert await watch.texts(q="commander akashia") == ["Ferry AKASHIA overdue"]
    assert await watch.texts(q="ｆｅｒｒｙ") == ["Ferry AKASHIA overdue"]
    assert await watch.texts(q="ﾌｪﾘｰ 海上") == ["フェリー「アカシア」遅延"]
    assert await watch.texts(q="ferry 海上") == []


async def test_pages_follow_one_another_without_gap_or_double(hq, watch):
    for n in range(7):
        await watch.log(str(n), when="" if n % 3 else "0700")
        hq.clock.advance(40)
    seen, more = [], ""
    while True:
        page = await watch.get("/log", limit=2, before=more)
        seen += [row["id"] for row in page["rows"]]
        if not (more := page["more"]):
            break
    assert seen == [row["id"] for row in (await watch.get("/log"))["rows"]]
    assert len(seen) == len(set(seen)) == 7
    assert (await watch.browser.get("/api/operations/log", before="x:y")).status_code == 400


async def test_a_track_stands_as_it_was_then_and_narrows_the_entry(hq, watch):
    hq.track("ferry-1", CLOSED, lat=35.0)
    row = await watch.log(track="ferry-1")
    hq.track("ferry-1", CLOSED, lat=36.0)
    assert (row["track"]["lat"], row["track"]["callsign"], row["mark"]) == (35.0, "FERRY-1", "(CUI)")
    fixed = await watch.post(f"/log/{row['id']}/correct", text="x", reason="y", track="ferry-1")
    assert (fixed["track"]["lat"], fixed["mark"]) == (35.0, "(CUI)")
    observer = await desk(hq, "ward")
    assert await observer.texts() == []
    absent = await observer.no("/log", text="x", track="none")
    assert absent == await observer.no("/log", text="x", track="ferry-1") == (400, "track_unknown")


async def test_the_mark_of_an_entry_is_told_before_it_is_entered(hq, watch):
    hq.track("open", OPEN)
    hq.track("closed", CLOSED)
    photo = await put(watch, PNG, "pier.png", label="CUI//NOFORN")
    for more in (
        {},
        {"label": "CUI"},
        {"label": "(CUI//NF)"},
        {"track": "open"},
        {"track": "closed"},
        {"files": [photo["id"]]},
        {"label": "UNCLASSIFIED", "track": "closed", "files": [photo["id"]]},
    ):
        position = hq.journal.position
        told = await watch.post("/labels", **more)
        assert hq.journal.position == position
        assert told == {"mark": (await watch.log(**more))["mark"], "problem": ""}
    for more in ({"label": "HARMLESS"}, {"track": "gone"}, {"files": ["none"]}):
        assert ("", (await watch.no("/log", text="x", **more))[1]) == tuple(
            (await watch.post("/labels", **more)).values()
        )


async def test_marks_are_offered_that_their_reader_may_use(hq, watch):
    low = await desk(hq, "low")
    await watch.log("For two.", label="CUI//REL TO USA, JPN")
    assert (await low.get("/labels"))["marks"] == ["UNCLASSIFIED"]
    marks = (await watch.get("/labels"))["marks"]
    assert {"UNCLASSIFIED", "CUI", "CUI//NOFORN", "CUI//REL TO USA, JPN"} <= set(marks)
    for label in marks:
        assert (await watch.log(label=label))["mark"]


async def test_an_entry_is_for_those_its_label_says(hq, watch):
    closed = await watch.log("For us.", label="CUI//NOFORN")
    opened = await watch.log("For all.")
    fix = await watch.post(f"/log/{opened['id']}/correct", text="Not for all.", reason="r", label="CUI")
    assert (await watch.get("/log"))["banner"].startswith("CUI")
    observer = await desk(hq, "ward")
    (row,) = (await observer.get("/log"))["rows"]
    assert (row["text"], row["corrected_by"]) == ("For all.", "")
    assert [one["id"] for one in await observer.get(f"/log/{opened['id']}")] == [opened["id"]]
    for hidden in (closed["id"], fix["id"]):
        one = await observer.browser.get(f"/api/operations/log/{hidden}")
        other = await observer.browser.get("/api/operations/log/none")
        assert (one.status_code, one.content) == (other.status_code, other.content) == (404, other.content)
        for path in ("correct", "mark"):
            body: dict[str, Any] = {"text": "x", "reason": "y"} if path == "correct" else {"significant": True}
            assert await observer.no(f"/log/{hidden}/{path}", **body) == (404, "not_found")
    assert await observer.no("/log", text="x", label="CUI") == (403, "label_above_you")
    assert await observer.no("/log", text="x", label="HARMLESS") == (400, "label_unknown")


async def test_who_may_only_watch_writes_nothing(hq):
    observer = await desk(hq, "ward", "watch")
    assert await observer.no("/log", text="x") == (403, "not_permitted")
    assert (await observer.browser.client.post("/api/operations/files?name=a", content=PNG)).status_code == 403
    nobody = hq.browser()
    assert (await nobody.get("/api/operations/log")).status_code == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": " "}, "blank"),
        ({"text": "a\u202eb"}, "characters"),
        ({"text": "x", "place": "a\0b"}, "characters"),
        ({"text": "x", "lat": 35.0}, "place_form"),
        ({"text": "x", "files": ["none"]}, "file_unknown"),
    ],
)
async def test_what_is_no_entry_is_refused(hq, watch, body, code):
    assert await watch.no("/log", **body) == (400, code)
    assert await watch.texts() == []


@pytest.mark.parametrize("body", [{}, {"text": "x" * 2001}, {"text": "x", "lat": 91.0}, {"text": "x", "other": 1}])
async def test_what_is_out_of_bounds_is_refused(hq, watch, body):
    assert (await watch.browser.post("/api/operations/log", **body)).status_code == 400
    assert await watch.texts() == []


async def put(who: Desk, data: bytes, name: str = "photo.png", **query: str) -> Any:
    answer = await who.browser.client.post("/api/operations/files", params={"name": name, **query}, content=data)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_photo_goes_with_an_entry_and_shows_as_an_image(hq, watch):
    photo = await put(watch, PNG, "埠頭 1.png", label="CUI")
    row = await watch.log(files=[photo["id"]])
    assert (row["files"], row["mark"]) == ([photo], "(CUI)")
    got = await watch.browser.get(f"/api/operations/files/{photo['id']}")
    assert (got.content, got.headers["content-type"]) == (PNG, "image/png")
    assert "sandbox" in got.headers["content-security-policy"]
    assert got.headers["content-disposition"].startswith("inline; filename*=UTF-8''%E5%9F%A0")
    observer = await desk(hq, "ward")
    hidden = await observer.browser.get(f"/api/operations/files/{photo['id']}")
    absent = await observer.browser.get("/api/operations/files/none")
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (404, absent.content)
    assert await observer.no("/log", text="x", files=[photo["id"]]) == (400, "file_unknown")


@pytest.mark.parametrize("data", [SVG, b"<html><script>alert(1)</script>", b"%PDF-1.7", b"\x89PNG but no"])
async def test_what_is_no_image_is_stored_and_never_shown(hq, watch, data):
    kept = await put(watch, data, "photo.png")
    got = await watch.browser.get(f"/api/operations/files/{kept['id']}")
    assert (kept["media"], got.headers["content-type"], got.content) == (ANY, ANY, data)
    assert got.headers["content-disposition"].startswith("attachment")


async def test_the_same_bytes_lie_there_once_and_damaged_ones_are_not_given(hq, watch, tmp_path):
    one, other = await put(watch, PNG), await put(watch, PNG, "other.png", label="CUI")
    assert one["id"] != other["id"]
    (file,) = [path for path in (tmp_path / FOLDER).rglob("*") if path.is_file()]
    file.write_bytes(b"\x89PNG\r\n\x1a\nchanged")
    assert (await watch.browser.get(f"/api/operations/files/{one['id']}")).status_code == 404


async def test_a_file_has_a_bound_and_a_name(hq, watch):
    post = watch.browser.client.post
    assert (await post("/api/operations/files?name=a", content=bytes(FILE_BYTES_MAX + 1))).status_code == 413
    assert (await post("/api/operations/files?name=a", content=b"")).json()["code"] == "file_empty"
    assert (await post("/api/operations/files?name=%00%01", content=b"x")).status_code == 400
    assert (await post("/api/operations/files", content=b"x")).status_code == 400
    assert not hq.operations.files.kept


async def test_the_same_records_give_the_same_log(hq, watch):
    row = await watch.log(files=[(await put(watch, PNG))["id"]])
    await watch.post(f"/log/{row['id']}/correct", text="x", reason="y", when="0700")
    await watch.post(f"/log/{row['id']}/mark", significant=True)
    again, files = Logbook(), Files()
    other = Journal(MemoryStore(hq.shelf), hq="USFJ", clock=hq.clock)
    other.attach(again)
    other.attach(files)
    await other.start()
    assert canonical(again.state()) == canonical(hq.operations.log.state())
    assert canonical(files.state()) == canonical(hq.operations.files.state())
    await other.close()
