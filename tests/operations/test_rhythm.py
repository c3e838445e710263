"""The battle rhythm through its routes, as the page and calendar programs use it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import msgspec
import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.journal.projection import canonical
from jointhq.operations.ground import Ground
from jointhq.operations.records.rhythm import EventAdded, OccurrenceMoved, OccurrenceSkipped, Schedule
from jointhq.operations.rules import recurrence
from jointhq.operations.rules import rhythm as rules
from jointhq.operations.rules.recurrence import DAY_MS, MINUTE_MS
from jointhq.operations.views import calendar, rhythm, rhythmbook
from jointhq.operations.views.reportbook import Reports
from jointhq.operations.views.rhythm import view
from jointhq.operations.views.rhythmbook import Rhythm
from jointhq.people import passes
from jointhq.people.directory import Directory
from jointhq.release.reader import ANON, Reader
from tests.operations.house import DOOR, OPEN, Desk, desk, house
from tests.operations.rhythm_book import HAWAII, MONDAY, TOKYO, form, ms, schedules

ALL = ("watch", "log", "plan")
RHYTHM = "/rhythm"
TO = ms("2026-11-30 00:00+09:00")


@pytest.fixture
async def hq(tmp_path):
    async with house(tmp_path, clock=ManualClock(ms("2026-11-23 06:00+09:00"))) as built:
        yield built


@pytest.fixture
async def planner(hq):
    return await desk(hq, "osei", *ALL, level="CUI")


async def week(who: Desk, **more: Any) -> Any:
    zones = {"zones": f"{TOKYO},{HAWAII}"}
    return await who.get(RHYTHM, **{"from": ms(f"{MONDAY} 00:00+09:00"), "to": TO, **zones, **more})


async def put(who: Desk, event: Any, **more: Any) -> Any:
    return await who.browser.ok(
        "put", f"/api/operations{RHYTHM}/{event['id']}", version=event["version"], **form(**more)
    )


async def test_an_event_is_written_and_stands_in_the_week(hq, planner):
    wg = await planner.post(
        RHYTHM, **form(short="OPS WG", kind="working_group", schedule={"start": "0700", "minutes": 45})
    )
    made = await planner.post(
        RHYTHM,
        **form(
            name_ja="司令官更新",
            chair=planner.appointment,
            lead="J3",
            purpose="Share the picture.",
            place="JOC",
            required=[planner.appointment, planner.appointment],
            optional=[planner.appointment],
            inputs=[{"event": wg["id"], "before_minutes": 15}, {"form": "SITREP"}, {"what": "Weather"}],
            outputs=[{"decision": "Priorities"}],
            highest="CUI",
            schedule={"every": "week", "weekdays": [4, 0, 0], "until": "2026-12-31"},
        ),
    )
    assert [one["title"] for one in made["required"]] == ["osei desk"]
    assert (made["optional"], made["chair"]["title"], made["highest"]) == ([], "osei desk", "CUI")
    assert [(one["event"] or {}).get("short") or one["form"] or one["what"] for one in made["inputs"]] == [
        "OPS WG", "SITREP", "Weather",
    ]  # fmt: skip
    assert made["next_ms"][0] == ms(f"{MONDAY} 08:00+09:00")
    page = await week(planner)
    assert [one["short"] for one in page["events"]] == ["OPS WG", "CUB"]
    days = [(one["day"], one["start_ms"]) for one in page["occurrences"] if one["event"] == made["id"]]
    assert days == [(MONDAY, ms(f"{MONDAY} 08:00+09:00")), ("2026-11-27", ms("2026-11-27 08:00+09:00"))]
    assert {one["code"] for one in page["warnings"] if one["event"] == wg["id"]} == {
        "no_output", "weekend", "other_date", "outside_shared",
    }  # fmt: skip
    assert len(page["shared"]) == 4
    assert page["banner"] == "UNCLASSIFIED"
    assert await planner.get(f"{RHYTHM}/{made['id']}") == made


async def test_what_cant_be_is_refused_with_its_reason(hq, planner):
    async def no(**more: Any) -> Any:
        return await planner.no(RHYTHM, **form(**more))

    assert await no(schedule={"zone": "Mars/Base"}) == (400, "zone_unknown")
    assert await no(schedule={"first": "2026-02-30"}) == (400, "dates")
    assert await no(schedule={"until": "2026-11-22"}) == (400, "dates")
    assert await no(schedule={"every": "week"}) == (400, "weekdays")
    assert await no(schedule={"every": "week", "weekdays": [1], "until": MONDAY}) == (400, "dates")
    assert await no(chair="nobody") == (400, "member_unknown")
    assert await no(inputs=[{}]) == (400, "input_empty")
    assert await no(inputs=[{"form": "NONE"}]) == (400, "form_unknown")
    assert await no(inputs=[{"event": "none"}]) == (400, "event_unknown")
    assert await no(outputs=[{}]) == (400, "output_empty")
    assert await no(highest="NONE") == (400, "label_unknown")
    made = await planner.post(RHYTHM, **form())
    itself = form(version=made["version"], outputs=[{"event": made["id"]}])
    assert await planner.browser.no("put", f"/api/operations{RHYTHM}/{made['id']}", **itself) == (400, "feeds_itself")
    watch = await desk(hq, "hale", "watch", "log")
    assert await watch.no(RHYTHM, **form()) == (403, "not_permitted")
    assert (await planner.browser.get(f"/api/operations{RHYTHM}?from=0&to=1&zones=Mars/Base")).status_code == 400


async def test_a_change_counts_from_its_date_and_of_two_at_once_one_is_told(hq, planner):
    made = await planner.post(RHYTHM, **form())
    changed = await put(planner, made, schedule={"start": "0930", "first": "2026-11-26"})
    at = [one["start_ms"] for one in (await week(planner))["occurrences"]]
    assert at == [ms(f"2026-11-{day} 08:00+09:00") for day in (23, 24, 25)] + [
        ms(f"2026-11-{day} 09:30+09:00") for day in (26, 27, 28, 29)
    ]
    again = form(version=made["version"])
    assert await planner.browser.no("put", f"/api/operations{RHYTHM}/{made['id']}", **again) == (
        409,
        "changed_meanwhile",
    )
    over = await planner.post(f"{RHYTHM}/{made['id']}/end", version=changed["version"], reason="Done.")
    assert (over["next_ms"], over["reason"]) == ([], "Done.")
    page = await week(planner)
    assert ([one["ended_ms"] for one in page["events"]], page["occurrences"]) == ([hq.clock.now_ms()], [])
    back = await put(planner, over, schedule={"start": "0930", "first": "2026-11-26"})
    assert back["next_ms"][0] == ms(f"{MONDAY} 08:00+09:00")


async def test_an_occurrence_is_skipped_moved_and_restored(hq, planner):
    made = await planner.post(RHYTHM, **form())
    path = f"{RHYTHM}/{made['id']}"
    await planner.post(f"{path}/skip", day="2026-11-24", reason="Typhoon.")
    to_ms = ms("2026-11-25 15:00+09:00")
    await planner.post(f"{path}/move", day="2026-11-25", reason="Visit.", start_ms=to_ms, minutes=30)
    rows = {one["day"]: one for one in (await week(planner))["occurrences"]}
    assert (rows["2026-11-24"]["state"], rows["2026-11-24"]["reason"]) == ("skipped", "Typhoon.")
    assert (rows["2026-11-25"]["state"], rows["2026-11-25"]["start_ms"], rows["2026-11-25"]["end_ms"]) == (
        "moved", to_ms, to_ms + 30 * MINUTE_MS,
    )  # fmt: skip
    assert await planner.no(f"{path}/skip", day="2026-11-24", reason="r") == (409, "occurrence_skipped")
    assert await planner.no(f"{path}/skip", day="2026-11-22", reason="r") == (400, "no_occurrence")
    far = {"day": "2026-11-25", "reason": "r", "minutes": 5, "start_ms": to_ms + 40 * DAY_MS}
    assert await planner.no(f"{path}/move", **far) == (400, "moved_far")
    for day in ("2026-11-24", "2026-11-25"):
        await planner.post(f"{path}/restore", day=day)
    assert {one["state"] for one in (await week(planner))["occurrences"]} == {"planned"}


async def test_what_was_held_says_what_was_decided_and_may_be_corrected(hq, planner):
    made = await planner.post(RHYTHM, **form(highest="UNCLASSIFIED"))
    path = f"{RHYTHM}/{made['id']}/held"
    assert await planner.no(path, day=MONDAY) == (409, "not_yet")
    hq.clock.advance(2 * 3600)
    assert await planner.no(path, day=MONDAY, decision="x", label="CUI") == (400, "above_highest")
    await planner.post(path, day=MONDAY, decision="Go.")
    await planner.post(path, day=MONDAY, decision="Go at 1000.", note="Two abstained.")
    row = (await week(planner))["occurrences"][0]
    assert (row["state"], row["held"]["decision"], row["held"]["mark"]) == ("held", "Go at 1000.", "(U)")
    assert row["held"]["by"]["title"] == "osei desk"
    assert await planner.no(f"{RHYTHM}/{made['id']}/skip", day=MONDAY, reason="r") == (409, "occurrence_held")


async def test_an_input_that_is_not_there_when_due_is_missing_until_it_comes(hq, planner):
    wg = await planner.post(RHYTHM, **form(short="WG", schedule={"start": "0630", "minutes": 30}))
    cub = await planner.post(
        RHYTHM, **form(inputs=[{"event": wg["id"], "before_minutes": 30}, {"what": "Weather", "before_minutes": 60}])
    )
    by_event, weather = cub["inputs"]
    path = f"{RHYTHM}/{cub['id']}/delivered"

    async def missing() -> list[tuple[str, int]]:
        page = await planner.get(f"{RHYTHM}/missing")
        return [(one["input"]["id"], one["due_ms"]) for one in page["rows"]]

    assert await missing() == []
    assert (await planner.get(f"{RHYTHM}/missing"))["again_ms"] == ms(f"{MONDAY} 07:00+09:00")
    hq.clock.advance(65 * 60)
    assert await missing() == [(weather["id"], ms(f"{MONDAY} 07:00+09:00"))]
    assert (await planner.get(f"{RHYTHM}/missing"))["again_ms"] == ms(f"{MONDAY} 07:30+09:00")
    await planner.post(path, day=MONDAY, input=weather["id"], note="On the board.")
    assert await missing() == []
    hq.clock.advance(30 * 60)
    assert await missing() == [(by_event["id"], ms(f"{MONDAY} 07:30+09:00"))]
    await planner.post(f"{RHYTHM}/{wg['id']}/held", day=MONDAY)
    assert await missing() == []
    await planner.post(path, day=MONDAY, input=weather["id"], there=False)
    assert [one for one, _ in await missing()] == [weather["id"]]
    states = (await week(planner))["occurrences"][1]["inputs"]
    assert [one["state"] for one in states] == ["there", "missing"]
    assert await planner.no(path, day=MONDAY, input="none") == (400, "input_unknown")
    hq.clock.advance(3600 * 2)
    assert await missing() == []


async def test_a_report_is_an_input_once_it_is_released(hq, planner):
    cub = await planner.post(RHYTHM, **form(inputs=[{"form": "SPOTREP", "before_minutes": 30}]))
    hq.clock.advance(100 * 60)
    assert [one["event"] for one in (await planner.get(f"{RHYTHM}/missing"))["rows"]] == [cub["id"]]
    chief = await desk(hq, "marsh", "watch", "log", "command", "release", level="CUI")
    entry = await planner.log()
    hq.clock.advance(60)
    report = await planner.post("/reports", form="SPOTREP", to="INDOPACOM", entries=[entry["id"]])
    for step in ("approve", "release"):
        path = f"/reports/{report['report']['id']}"
        report = await chief.post(f"{path}/{step}", version=report["report"]["version"])
    assert (await planner.get(f"{RHYTHM}/missing"))["rows"] == []


async def test_a_hidden_event_is_nowhere_and_conflicts_with_nothing(hq, planner):
    """What is written of it, and with it, changes nothing for who may not see it."""
    observer = await desk(hq, "ward", *ALL)
    opened = await planner.post(RHYTHM, **form(required=[planner.appointment]))
    link = (await observer.post("/calendars"))["url"]

    async def seen() -> list[Any]:
        return [
            await week(observer),
            await observer.get(f"{RHYTHM}/missing"),
            await observer.get(f"{RHYTHM}/choices"),
            await observer.post(f"{RHYTHM}/check", event=form(required=[planner.appointment]), zones=[TOKYO]),
            (await observer.browser.get(link)).text,
            await observer.post("/handovers/compose"),
        ]

    before = await seen()
    hidden = await planner.post(
        RHYTHM,
        **form(short="HID", label="CUI", required=[planner.appointment], outputs=[{"event": opened["id"]}],
               inputs=[{"what": "x", "before_minutes": 600}]),
    )  # fmt: skip
    await planner.post(f"{RHYTHM}/{hidden['id']}/skip", day="2026-11-25", reason="r")
    assert await seen() == before
    assert len((await week(planner))["events"]) == 2
    for path in ("", "/held", "/skip"):
        for event_id in (hidden["id"], "none"):
            body = {"day": MONDAY, "reason": "r"} if path == "/skip" else {"day": MONDAY}
            how = observer.browser.get if not path else observer.browser.post
            answer = await how(f"/api/operations{RHYTHM}/{event_id}{path}", **(body if path else {}))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    named = form(inputs=[{"event": hidden["id"]}])
    assert await observer.no(RHYTHM, **named) == (400, "event_unknown")
    assert await observer.no(f"{RHYTHM}/check", id=hidden["id"], event=form()) == (404, "not_found")


async def test_what_one_may_not_see_of_an_event_stays_when_he_changes_it(hq, planner):
    observer = await desk(hq, "ward", *ALL)
    hidden = await planner.post(RHYTHM, **form(short="HID", label="CUI"))
    opened = await planner.post(
        RHYTHM, **form(inputs=[{"event": hidden["id"]}], outputs=[{"event": hidden["id"], "what": "Minutes"}])
    )
    as_seen = await observer.get(f"{RHYTHM}/{opened['id']}")
    assert (as_seen["inputs"], as_seen["outputs"]) == ([], [{"what": "Minutes", "event": None, "decision": ""}])
    await put(observer, as_seen, name="Renamed")
    row = await planner.get(f"{RHYTHM}/{opened['id']}")
    assert (row["name"], [one["event"]["short"] for one in row["inputs"]]) == ("Renamed", ["HID"])


async def test_what_is_shown_of_an_input_or_output_is_there_once_after_a_change_by_who_sees_half_of_it(hq, planner):
    observer = await desk(hq, "ward", *ALL)
    hidden = await planner.post(RHYTHM, **form(short="HID", label="CUI"))
    opened = await planner.post(
        RHYTHM,
        **form(
            inputs=[{"event": hidden["id"], "form": "SITREP"}, {"event": hidden["id"], "what": "Minutes"}],
            outputs=[{"event": hidden["id"], "decision": "Which port"}, {"event": hidden["id"]}],
        ),
    )
    before = await planner.get(f"{RHYTHM}/{opened['id']}")
    as_seen = await observer.get(f"{RHYTHM}/{opened['id']}")
    assert ([one["event"] for one in as_seen["inputs"]], len(as_seen["outputs"])) == ([None, None], 1)
    given = [{**one, "event": ""} for one in as_seen["inputs"]]
    await put(observer, as_seen, inputs=given, outputs=[{**one, "event": ""} for one in as_seen["outputs"]])
    after = await planner.get(f"{RHYTHM}/{opened['id']}")
    assert (after["inputs"], after["outputs"]) == (before["inputs"], before["outputs"])


async def test_what_feeds_a_hidden_event_alone_warns_nobody_who_may_not_see_it(hq, planner):
    observer = await desk(hq, "ward", *ALL)
    hidden = await planner.post(RHYTHM, **form(short="HID", label="CUI", schedule={"start": "1200"}))
    await planner.post(RHYTHM, **form(outputs=[{"event": hidden["id"]}]))
    wg = await planner.post(RHYTHM, **form(short="WG", kind="working_group", outputs=[{"event": hidden["id"]}]))
    told = [
        (one["code"], one["event"]) for one in (await week(observer))["warnings"] if one["code"] != "outside_shared"
    ]
    assert ("no_output", wg["id"]) in told  # as if nothing had been written of it
    assert not [one for one in told if one[0] == "feeds_nothing"]


async def test_what_was_widened_from_a_date_on_says_of_earlier_dates_what_it_said_to_who_might_know(hq, planner):
    made = await planner.post(RHYTHM, **form(label="CUI", place="Room 5"))
    await put(planner, made, label="UNCLASSIFIED", schedule={"first": "2026-12-01"})
    items = (await planner.post("/handovers/compose"))["items"]
    assert [(one["text"][-7:], one["mark"]) for one in items if one["part"] == "expected"] == [(" Room 5", "(CUI)")]
    text = (await hq.browser().get((await planner.post("/calendars"))["url"])).text
    first, second = icalendar.Calendar.from_ical(text).events
    assert ("location" in first, str(first["x-jointhq-label"])) == (False, "CUI")
    assert str(second["summary"]).startswith("(U)")
    assert "Room 5" not in text
    assert (await week(planner))["banner"] == "CUI"


async def test_an_event_that_is_narrowed_is_gone_for_the_others(hq, planner):
    observer = await desk(hq, "ward", *ALL)
    made = await planner.post(RHYTHM, **form())
    assert len((await week(observer))["events"]) == 1
    await put(planner, made, label="CUI")
    assert (await week(observer))["events"] == []


async def test_live_warnings_are_of_the_event_as_it_would_be(hq, planner):
    made = await planner.post(RHYTHM, **form(required=[planner.appointment]))
    other = form(short="NEW", required=[planner.appointment], schedule={"start": "0830"})
    found = await planner.post(f"{RHYTHM}/check", event=other, zones=[TOKYO, HAWAII])
    twice = next(one for one in found if one["grave"])
    assert (twice["code"], {twice["event"], twice["other"]}) == ("double_booked", {"", made["id"]})
    assert await planner.post(f"{RHYTHM}/check", id=made["id"], event=form(), zones=[]) == []
    assert len((await week(planner))["events"]) == 1
    await planner.post(RHYTHM, **form(short="WG", kind="working_group", schedule={"start": "1500"}))
    assert await planner.post(f"{RHYTHM}/check", event=form(schedule={"start": "1800"}), zones=[]) == []


async def test_the_next_watch_reads_what_is_expected(hq, planner):
    await planner.post(RHYTHM, **form(place="JOC"))
    await planner.post(RHYTHM, **form(short="LATE", schedule={"start": "2300"}))
    items = (await planner.post("/handovers/compose"))["items"]
    assert [(one["part"], one["text"]) for one in items] == [("expected", "222300Z: CUB, Commander's update. JOC")]
    assert items[0]["links"][0]["kind"] == "rhythm"


async def test_the_rhythm_is_the_same_when_folded_again(hq, planner):
    made = await planner.post(RHYTHM, **form(inputs=[{"what": "x"}]))
    path = f"{RHYTHM}/{made['id']}"
    await planner.post(f"{path}/skip", day="2026-11-24", reason="r")
    hq.clock.advance(3 * 3600)
    await planner.post(f"{path}/held", day=MONDAY, decision="d")
    await planner.post(f"{path}/delivered", day=MONDAY, input=made["inputs"][0]["id"])
    again = Rhythm()
    journal = Journal(MemoryStore(hq.shelf), hq="USFJ", clock=hq.clock)
    journal.attach(again)
    await journal.start()
    assert canonical(again.state()) == canonical(hq.operations.rhythm.state())
    await journal.close()


async def test_what_was_worked_out_is_not_worked_out_again_until_something_is_written(hq, planner, monkeypatch):
    made = await planner.post(RHYTHM, **form())
    await planner.post(RHYTHM, **form(short="CUI", label="CUI"))
    low = await desk(hq, "hale", *ALL)
    before = [await week(planner), await week(low)]
    assert [len(page["events"]) for page in before] == [2, 1]

    def again(*_: Any, **__: Any) -> Any:
        raise AssertionError("worked out twice")

    with monkeypatch.context() as patch:
        for module, name in ((rhythmbook, "_begin"), (rhythmbook, "seen_one"), (rhythm.drill, "warnings")):
            patch.setattr(module, name, again)
        assert [await week(planner), await week(low)] == before
    await planner.post(f"{RHYTHM}/{made['id']}/skip", day=MONDAY, reason="r")
    assert (await week(low))["occurrences"][0]["state"] == "skipped"
    assert len(hq.operations.rhythm.kept) <= rhythmbook.AUDIENCES_MAX


async def test_what_is_said_again_takes_the_place_of_what_was_said_under_its_label(hq, planner):
    made = await planner.post(RHYTHM, **form(inputs=[{"what": "Weather"}]))
    path, low = f"{RHYTHM}/{made['id']}", await desk(hq, "hale", *ALL)
    hq.clock.advance(2 * 3600)
    for n in range(4):
        label = "CUI" if n == 3 else ""
        await planner.post(f"{path}/held", day=MONDAY, decision=f"decision {n}", label=label)
        await planner.post(f"{path}/delivered", day=MONDAY, input=made["inputs"][0]["id"], there=n % 2 == 0)
        await planner.post(f"{path}/skip", day="2026-11-25", reason=f"r{n}")
        await planner.post(f"{path}/restore", day="2026-11-25")
    fact = hq.operations.rhythm.events[made["id"]]
    assert [len(fact.held[MONDAY]), len(fact.changes["2026-11-25"]), len(fact.revisions)] == [2, 1, 1]
    assert [len(said) for said in fact.delivered[MONDAY].values()] == [1]
    assert [(await week(who))["occurrences"][0]["held"]["decision"] for who in (planner, low)] == [
        "decision 3", "decision 2",
    ]  # fmt: skip
    text = (await hq.browser().get((await planner.post("/calendars"))["url"])).text
    assert "SEQUENCE:8" in text  # each change is counted


async def test_what_is_hidden_takes_no_room_and_the_rest_is_bounded(hq, planner, monkeypatch):
    monkeypatch.setattr(rules, "EVENTS_MAX", 2)
    monkeypatch.setattr(rules, "VERSIONS_MAX", 2)
    low = await desk(hq, "hale", *ALL)
    await planner.post(RHYTHM, **form(label="CUI"))
    made = await low.post(RHYTHM, **form())
    assert await planner.no(RHYTHM, **form()) == (409, "too_many")
    await low.post(RHYTHM, **form())
    assert await low.no(RHYTHM, **form()) == (409, "too_many")
    made = await put(low, made, schedule={"first": "2026-11-25"})
    late = form(version=made["version"], schedule={"first": "2026-11-27"})
    assert await low.browser.no("put", f"/api/operations{RHYTHM}/{made['id']}", **late) == (409, "too_many")
    await put(low, made, schedule={"first": "2026-11-24"})


async def test_an_answer_that_is_cut_says_from_when_on(hq, planner, monkeypatch):
    for start in ("0800", "0900"):
        await planner.post(RHYTHM, **form(schedule={"start": start}))
    assert (await week(planner))["cut_ms"] == 0
    monkeypatch.setattr(rhythm, "OCCURRENCES_MAX", 5)
    page = await week(planner)
    assert (len(page["occurrences"]), page["cut_ms"]) == (5, ms("2026-11-25 09:00+09:00"))
    assert (await week(planner, to=page["cut_ms"]))["cut_ms"] == 0


async def test_what_is_kept_is_bounded(hq, planner):
    await planner.post(RHYTHM, **form())
    book = hq.operations.rhythm
    for n in range(30):
        at = ms(f"{MONDAY} 00:00") + n * 35 * DAY_MS
        await week(planner, **{"from": at, "to": at + DAY_MS})
    (audience,) = book.kept.values()
    assert len(audience.warned) == rhythmbook.WARNED_MAX
    assert all(len(one.blocks) <= rhythmbook.BLOCKS_MAX for one in audience.events.values())
    for n in range(20):
        rhythmbook.known(Ground(directory=Directory(), door=DOOR, label=OPEN, now_ms=0), READER, book)
        book.told[msgspec.structs.replace(OPEN, level=f"none {n}")] += 1  # hidden: another audience
    assert len(book.kept) == rhythmbook.AUDIENCES_MAX


async def test_the_zones_of_one_rhythm_are_bounded(hq, planner, monkeypatch):
    monkeypatch.setattr(rules, "ZONES_MAX", 2)
    await planner.post(RHYTHM, **form(label="CUI", schedule={"zone": "Europe/Paris"}))
    low = await desk(hq, "hale", *ALL)
    await low.post(RHYTHM, **form())
    await low.post(RHYTHM, **form(schedule={"zone": HAWAII}))  # what is hidden from him takes no room of his
    assert await low.no(RHYTHM, **form(schedule={"zone": "Europe/Rome"})) == (409, "zones_many")
    await low.post(RHYTHM, **form(schedule={"zone": HAWAII}))
    assert await low.no(f"{RHYTHM}/check", event=form(schedule={"zone": "Europe/Rome"})) == (409, "zones_many")


async def test_no_more_is_changed_than_a_calendar_program_is_told_in_time(hq, planner, monkeypatch):
    monkeypatch.setattr(rules, "RECENT_MAX", 3)
    made = [await planner.post(RHYTHM, **form(schedule={"first": "2026-01-01"})) for _ in range(2)]
    skips = [(0, "2026-01-05"), (0, "2026-11-24"), (1, "2026-11-24"), (1, "2026-11-25")]
    for n, day in skips:
        await planner.post(f"{RHYTHM}/{made[n]['id']}/skip", day=day, reason="r")
    path = f"{RHYTHM}/{made[0]['id']}"
    assert await planner.no(f"{path}/skip", day="2026-11-26", reason="r") == (409, "too_many")
    await planner.post(f"{path}/restore", day="2026-11-24")
    await planner.post(f"{path}/skip", day="2026-11-26", reason="r")
    assert await planner.no(f"{path}/skip", day="2026-11-24", reason="r") == (409, "too_many")
    text = (await hq.browser().get((await planner.post("/calendars"))["url"])).text
    assert "20260105" not in text  # nobody looks that far back in a calendar program


# -- calendar programs


async def test_a_calendar_program_reads_by_its_link_until_access_ends(hq, planner):
    await planner.post(RHYTHM, **form())
    made = await planner.post("/calendars")
    program = hq.browser("198.51.100.9")
    answer = await program.get(made["url"])
    assert answer.headers["content-type"].startswith("text/calendar")
    assert [str(one["summary"]) for one in icalendar.Calendar.from_ical(answer.content).events] == [
        "(U) EXERCISE CUB: Commander's update"
    ]
    absent = await program.get("/api/operations/rhythm.ics", key="x")
    assert (await planner.get("/calendars"))[0]["id"] == made["row"]["id"]
    admin = await hq.administrator()
    rows = await admin.ok("get", "/api/appointments")
    post = next(one for one in rows if one["id"] == planner.appointment)
    who = next(one["id"] for one in await admin.ok("get", "/api/people") if one["username"] == "osei")
    await admin.ok("post", f"/api/appointments/{post['id']}/unassign", version=post["version"], person=who)
    gone = await program.get(made["url"])
    assert (gone.status_code, gone.content) == (absent.status_code, absent.content) == (404, absent.content)


async def test_links_of_calendars_leave_room_for_invitations(hq, planner, monkeypatch):
    await planner.post("/calendars")
    monkeypatch.setattr(passes, "INVITATIONS_OPEN_MAX", 1)
    await desk(hq, "ward")


async def test_a_link_is_revoked_by_its_owner_and_with_all_credentials(hq, planner):
    first, second = await planner.post("/calendars"), await planner.post("/calendars")
    program = hq.browser()
    await planner.browser.ok("post", f"/api/operations/calendars/{first['row']['id']}/revoke")
    assert [(await program.get(one["url"])).status_code for one in (first, second)] == [404, 200]
    other = await desk(hq, "ward", *ALL)
    assert await other.no(f"/calendars/{second['row']['id']}/revoke") == (404, "not_found")
    admin = await hq.administrator()
    who = next(one["id"] for one in await admin.ok("get", "/api/people") if one["username"] == "osei")
    await admin.ok("post", f"/api/people/{who}/credentials/remove")
    assert (await program.get(second["url"])).status_code == 404
    for kind in ("sign-in", "enrolment"):
        assert hq.directory.invitation("x", kind, hq.clock.now_ms()) is None
    asked = await admin.no("post", "/api/invitations", purpose="calendar", person=who)
    assert asked == (400, "bad_input")


async def test_a_calendar_program_is_told_the_time_and_no_word_of_what_is_not_for_everybody(hq, planner):
    await planner.post(RHYTHM, **form(label="CUI", place="Room 5", purpose="Secret purpose"))
    text = (await hq.browser().get((await planner.post("/calendars"))["url"])).text
    (one,) = icalendar.Calendar.from_ical(text).events
    assert str(one["summary"]) == "(CUI) EXERCISE Battle rhythm event (details in jointhq)"
    assert (str(one["x-jointhq-label"]), "location" in one, "description" in one) == ("CUI", False, False)
    assert not any(word in text for word in ("CUB", "Commander", "Room 5", "Secret purpose"))


async def test_lines_are_folded_at_75_octets_and_read_back(hq, planner):
    name = "統合軍司令部・統合作戦司令部・インド太平洋軍の三者同期会議(毎週火曜日から金曜日)" * 3
    await planner.post(RHYTHM, **form(name_ja=name, place="会議室、A; B\\C"))
    url = (await planner.post("/calendars"))["url"]
    answer = await hq.browser().get(f"{url}&language=ja")
    lines = answer.content.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75
    (one,) = icalendar.Calendar.from_ical(answer.content).events
    assert str(one["summary"]) == f"(U) 訓練 CUB: {name}"
    assert str(one["location"]) == "会議室、A; B\\C"


async def test_a_change_raises_the_sequence_and_keeps_the_uid(hq, planner):
    made = await planner.post(RHYTHM, **form())
    url = (await planner.post("/calendars"))["url"]

    async def read() -> list[tuple[str, int]]:
        found = icalendar.Calendar.from_ical((await hq.browser().get(url)).content).events
        return [(str(one["uid"]), int(str(one["sequence"]))) for one in found]

    ((uid, sequence),) = await read()
    changed = await put(planner, made, place="Elsewhere")
    assert await read() == [(uid, sequence + 1)]
    await put(planner, changed, schedule={"start": "0930", "first": "2026-11-26"})
    first, second = await read()
    assert first == (uid, sequence + 2)
    assert second[0] != uid


READER = Reader(
    nation="USA", organisation="USFJ", policy=OPEN.policy, level="CUI", caveats=frozenset(), groups=frozenset({ANON}),
    cleared_until_ms=10**15,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(schedules(), st.data())
def test_a_calendar_program_finds_the_same_occurrences(schedule: Schedule, data: st.DataObject) -> None:
    """dateutil, which knows nothing of ours, expands what we wrote; and the file parses whole."""
    first = recurrence.first_day(schedule)
    if first is None:
        return
    since = first + timedelta(days=data.draw(st.sampled_from((0, 50, 63, 200))))  # it has gone on for so long
    nth = data.draw(st.lists(st.integers(-20, 20), unique=True, max_size=4))
    some = [recurrence.next_day(schedule, since + timedelta(days=3 * n)) for n in nth]
    changed: dict[str, Any] = {}
    for n, day in enumerate(dict.fromkeys(some)):
        if day is not None:
            at = recurrence.start_ms(schedule, day) + (3 * DAY_MS + 90 * MINUTE_MS)
            moved = OccurrenceMoved(day=day.isoformat(), start_ms=at, minutes=5, reason="r")
            changed[day.isoformat()] = moved if n % 2 else OccurrenceSkipped(day=day.isoformat(), reason="r")
    body = EventAdded(name="n", short="s", kind="board", schedule=schedule)
    said = [rhythmbook.Said(body=one, label=OPEN, at_ms=0, appointment="", person="") for one in changed.values()]
    now_ms = recurrence.start_ms(schedule, since)
    fact = rhythmbook.Fact(
        id="e",
        versions=(rhythmbook.Version(body=body, label=OPEN),),
        label=OPEN,
        revisions=[rhythmbook.Revision(now_ms, OPEN)],
        changes={one.body.day: [one] for one in said},  # type: ignore[attr-defined]
        ended_ms=data.draw(st.just(0) | st.integers(1, 60)) * DAY_MS and now_ms + 40 * DAY_MS,
    )
    book = Rhythm()
    book.events["e"] = fact
    g = Ground(directory=Directory(), door=DOOR, label=OPEN, now_ms=now_ms)
    v = view(g, READER, book, Reports())
    to_ms = now_ms + 60 * DAY_MS
    ours = sorted(
        (one.start_ms, one.end_ms)
        for one in rhythmbook.occurrences(v.events["e"], now_ms, to_ms)
        if one.state != "skipped"
    )
    assert sorted(expanded(calendar.calendar(v, "https://hq.example", "en"), now_ms, to_ms)) == ours


def expanded(file: bytes, from_ms: int, to_ms: int) -> list[tuple[int, int]]:
    """What a calendar program shows: the rule by the clock, without what is excluded or stands elsewhere."""
    found: dict[Any, tuple[int, int]] = {}
    every: list[Any] = list(icalendar.Calendar.from_ical(file).events)
    for one in every:
        if "rrule" not in one:
            continue
        start, length = one["dtstart"].dt, one["duration"].dt
        zone = start.tzinfo
        rule = one["rrule"].to_ical().decode()
        until = one["rrule"].get("until")
        if until:  # by the clock as the rest
            local = until[0].astimezone(zone).replace(tzinfo=None)
            rule = (
                ";".join(part for part in rule.split(";") if not part.startswith("UNTIL"))
                + f";UNTIL={local:%Y%m%dT%H%M%S}"
            )
        for naive in rrulestr(rule, dtstart=start.replace(tzinfo=None)).xafter(
            start.replace(tzinfo=None), 140, inc=True
        ):
            at = naive.replace(tzinfo=zone).astimezone(UTC)
            found[one["uid"], naive] = _span(at, length)
        exdates = one.get("exdate", [])
        for group in exdates if isinstance(exdates, list) else [exdates]:
            for skipped in group.dts:
                del found[one["uid"], skipped.dt.replace(tzinfo=None)]
    for one in every:
        if "recurrence-id" in one:
            del found[one["uid"], one["recurrence-id"].dt.replace(tzinfo=None)]
            found[one["uid"], "moved", one["dtstart"].dt] = _span(one["dtstart"].dt, one["duration"].dt)
    return [span for span in found.values() if from_ms <= span[0] < to_ms]


def _span(at: datetime, length: timedelta) -> tuple[int, int]:
    start_ms = recurrence.ms_of(at)
    return start_ms, start_ms + length // timedelta(milliseconds=1)
