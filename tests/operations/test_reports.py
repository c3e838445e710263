"""Reports from the log to the sheet of paper, through their routes."""

import asyncio
import json
from typing import Any

import pypdfium2
import pytest

from jointhq.base import dtg
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.journal.projection import canonical
from jointhq.operations.authority import NoAuthority, Reporting, Unit
from jointhq.operations.records.reports import Link
from jointhq.operations.rules import reports as rules
from jointhq.operations.rules.compose import COMPOSED_CHARS_MAX, SECTION_SENTENCES_MAX, Found
from jointhq.operations.templates import built_in, words
from jointhq.operations.views.reportbook import Reports
from jointhq.release.reader import Reader
from tests.operations.house import CLOSED, DOOR, OPEN, Desk, desk, house

HOUR_MS = 3_600_000


@pytest.fixture
async def hq(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def writer(hq):
    return await desk(hq, "hale", "watch", "log", "plan", level="CUI")


@pytest.fixture
async def chief(hq):
    return await desk(hq, "stone", "watch", "log", "command", "release", level="CUI")


def said(report: Any) -> dict[str, list[str]]:
    return {one["code"]: [s["text"] for s in one["sentences"]] for one in report["sections"]}


async def composed(who: Desk, form: str = "SITREP", **more: Any) -> Any:
    return await who.post("/reports", form=form, **{"to": "INDOPACOM", **more})


async def step(who: Desk, report: Any, what: str, **more: Any) -> Any:
    of = report["report"]
    return await who.post(f"/reports/{of['id']}/{what}", version=of["version"], **more)


def edited(report: Any, **sections: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the form that leaves a report as it is but for these sections."""
    return {
        "version": report["report"]["version"],
        "to": report["report"]["to"],
        "sections": [
            {
                "code": one["code"],
                "sentences": sections.get(one["code"], [{"id": s["id"], "text": s["text"]} for s in one["sentences"]]),
            }
            for one in report["sections"]
        ],
    }


async def put(who: Desk, report: Any, **sections: list[dict[str, Any]]) -> Any:
    path = f"/api/operations/reports/{report['report']['id']}"
    return await who.browser.ok("put", path, **edited(report, **sections))


# -- composed


async def test_a_sitrep_is_composed_of_the_log_each_sentence_with_its_entry(hq, writer):
    ferry = await writer.log("Ferry overdue at Naha", source="11th RCGH", decided="Ask JJOC.", significant=True)
    fuel = await writer.log("Fuel at Kadena for 3 days.")
    other = await writer.log("Watch changed.")
    hq.clock.advance(1)
    wrong = await writer.log("Ferry sunk.", significant=True)
    await writer.post(f"/log/{wrong['id']}/correct", text="Ferry adrift.", reason="Misheard.", significant=True)
    report = await composed(writer)
    at = dtg.write(ferry["at_ms"])[:7]
    assert said(report)["situation"] == [
        f"{at}: 11th RCGH: Ferry overdue at Naha. Decided: Ask JJOC.", f"{at}: Ferry adrift.",
    ]  # fmt: skip
    assert said(report)["logistics"] == [f"{at}: Fuel at Kadena for 3 days."]
    assert said(report)["operations"] == [f"{at}: Watch changed."]
    assert said(report)["assessment"] == []
    links = {s["text"]: s["links"] for one in report["sections"] for s in one["sentences"]}
    assert links[f"{at}: Watch changed."] == [{"kind": "log", "id": other["id"]}]
    assert {"kind": "log", "id": fuel["id"]} in [link for one in links.values() for link in one]
    of = report["report"]
    assert (of["state"], of["serial"], of["originator"], of["exercise"]) == ("draft", "", "USFJ", True)
    assert dtg.write(of["from_ms"])[2:7] == "2359Z"
    assert of["due_ms"] - of["from_ms"] == 28 * HOUR_MS


async def test_a_period_ends_no_later_than_now(hq, writer):
    now_ms = hq.clock.now_ms()
    early = await composed(writer)
    assert early["report"]["to_ms"] == now_ms
    path = f"/api/operations/reports/{early['report']['id']}/file"
    assert f"As of: {dtg.write(now_ms)}" in (await writer.browser.get(path, **{"as": "text"})).text
    chosen = await composed(writer, from_ms=now_ms - HOUR_MS, to_ms=now_ms + HOUR_MS)
    assert chosen["report"]["to_ms"] == now_ms
    assert await writer.no("/reports", form="SITREP", from_ms=now_ms, to_ms=now_ms + HOUR_MS) == (400, "period_wrong")
    hq.clock.advance((early["report"]["due_ms"] - now_ms) / 1000 - 60)
    assert dtg.write((await composed(writer))["report"]["to_ms"])[2:7] == "2359Z"


async def test_the_paper_says_what_was_written_and_no_more(hq, writer):
    await writer.log("Ferry overdue.", significant=True)
    report = await composed(writer)
    path = f"/api/operations/reports/{report['report']['id']}/file"
    text = (await writer.browser.get(path, **{"as": "text"})).text
    empty = sum(not one["sentences"] for one in report["sections"])
    assert (empty > 1, text.count("\n  -\n"), "othing to report" in text) == (True, empty, False)


async def test_strength_and_tasks_come_from_those_who_have_them(hq, writer):
    found = Found(text="54,000 of 54,000.", label=CLOSED, links=(Link("unit", "US10"),))
    hq.operations.sources["strength"] = lambda _reader, _from, _to, _language: [found]
    report = await composed(writer)
    assert said(report)["own_forces"] == ["54,000 of 54,000."]
    assert report["sections"][1]["sentences"][0]["links"] == [{"kind": "unit", "id": "US10"}]
    assert report["report"]["mark"] == "(CUI)"


async def test_what_became_of_orders_stands_behind_the_log_and_stays_as_it_is_now(hq, writer):
    def found(text: str, addressee: str) -> Found:
        return Found(text=text, label=OPEN, links=(Link("order", "o"), Link("addressee", addressee)))

    def now(*texts: str) -> None:
        made = [found(text, str(n)) for n, text in enumerate(texts)]
        hq.operations.sources["orders"] = lambda _reader, _from, _to, _language: made

    now("A WILCO.", "B CANTCO.")
    hit = Found(text="PIR 1/26 hit.", label=OPEN, links=(Link("ccir", "c"),))
    hq.operations.sources["ccir"] = lambda _reader, _from, _to, _language: [hit]
    await writer.log("Watch changed.")
    hq.clock.advance(60)
    report = await composed(writer)
    assert [text[-14:] for text in said(report)["operations"]] == ["Watch changed.", "A WILCO.", "B CANTCO."]
    assert said(report)["intelligence"] == ["PIR 1/26 hit."]
    assert not report["report"]["negative"]
    log, first, _ = next(one for one in report["sections"] if one["code"] == "operations")["sentences"]
    report = await put(writer, report, operations=[{"id": log["id"], "text": log["text"]},
                                                   {"id": first["id"], "text": "A will."}])  # fmt: skip
    now("A HAVCO.", "B HAVCO.")
    report = await step(writer, report, "refresh")
    assert [text[-14:] for text in said(report)["operations"]] == ["Watch changed.", "A will.", "B HAVCO."]
    assert said(report)["intelligence"] == ["PIR 1/26 hit."]


async def test_a_report_is_as_narrow_as_what_stands_in_it(hq, writer):
    await writer.log("Open.", significant=True)
    assert (await composed(writer))["banner"] == "UNCLASSIFIED"
    hq.clock.advance(1)
    await writer.log("Closed.", significant=True, label="CUI")
    report = await composed(writer)
    assert (report["banner"], [s["mark"] for s in report["sections"][0]["sentences"]]) == ("CUI", ["(U)", "(CUI)"])
    observer = await desk(hq, "ward")
    assert len((await observer.get("/reports"))["rows"]) == 1
    for path in ("", "/file"):
        hidden = await observer.browser.get(f"/api/operations/reports/{report['report']['id']}{path}")
        absent = await observer.browser.get(f"/api/operations/reports/none{path}")
        assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (404, absent.content)
    own = await composed(observer)
    assert said(own)["situation"] == [said(report)["situation"][0]]


async def test_nothing_to_report_is_reported(hq, writer):
    report = await composed(writer)
    assert report["report"]["negative"]
    assert said(report)["situation"] == [words("en")["negative"]]
    ja = await composed(writer, language="ja")
    assert said(ja)["situation"] == [words("ja")["negative"]]


async def test_a_report_of_an_event_is_of_the_entries_chosen(hq, writer):
    row = await writer.log("Two vessels heading east", source="P-1 crew", place="54S UE 508 574", when="0700")
    await writer.log("Something else.")
    report = await composed(writer, "SPOTREP", entries=[row["id"]])
    assert said(report)["activity"] == [
        f"{dtg.write(row['at_ms'])[:7]}: P-1 crew: Two vessels heading east. Place: 54S UE 508 574."
    ]
    assert said(report)["location"] == ["54S UE 508 574"]
    assert said(report)["time"] == [dtg.write(row["at_ms"])]
    assert said(report)["source"] == ["P-1 crew"]
    assert await writer.no("/reports", form="SPOTREP", entries=["none"]) == (400, "entry_unknown")
    await writer.post(f"/log/{row['id']}/correct", text="One vessel.", reason="Counted again.")
    assert await writer.no("/reports", form="SPOTREP", entries=[row["id"]]) == (409, "corrected_already")


async def test_more_than_a_report_holds_is_said_and_stays_in_the_log(hq, writer):
    for n in range(SECTION_SENTENCES_MAX + 3):
        await writer.log(f"{n}" * 20)
    report = await composed(writer)
    sentences = said(report)["operations"]
    assert len(sentences) == SECTION_SENTENCES_MAX + 1
    assert sentences[-1] == words("en")["rest"].format(n=3)
    for _ in range(20):
        await writer.log("長" * 1990, significant=True)
    report = await composed(writer)
    assert sum(len(t) for section in said(report).values() for t in section) < COMPOSED_CHARS_MAX + 200
    assert "more entries" in said(report)["situation"][-1]


# -- edited, approved, released


async def test_from_draft_to_release_by_two_persons(hq, writer, chief):
    await writer.log("Ferry overdue.", significant=True)
    report = await composed(writer)
    report = await put(writer, report, assessment=[{"text": "No threat."}])
    assert said(report)["assessment"] == ["No threat."]
    assert report["may"] == ["edit", "refresh", "withdraw"]
    path = f"/reports/{report['report']['id']}"
    assert await writer.no(f"{path}/approve", version=report["report"]["version"]) == (403, "not_permitted")
    assert await chief.no(f"{path}/release", version=report["report"]["version"]) == (409, "not_in_state")
    approved = await step(chief, report, "approve")
    assert (approved["report"]["state"], approved["may"]) == (
        "approved",
        ["edit", "refresh", "return", "release", "withdraw"],
    )
    sent = await step(chief, approved, "release")
    year = dtg.write(hq.clock.now_ms())[-2:]
    assert sent["report"]["serial"] == f"USFJ SITREP 0001/20{year}"
    assert [one["what"] for one in sent["steps"]] == ["drafted", "edited", "approved", "released"]
    assert [one["by"]["person"]["name"] for one in sent["steps"]] == ["Hale", "Hale", "Stone", "Stone"]
    for what in ("approve", "release", "withdraw"):
        assert await chief.no(f"{path}/{what}", version=sent["report"]["version"]) == (409, "not_in_state")
    assert (await chief.browser.put(f"/api/operations{path}", **edited(sent))).status_code == 409


async def test_a_report_waits_for_who_can_take_it_on_once_its_period_is_over(hq, writer, chief):
    async def waits(report: Any) -> list[str]:
        rows = [(await who.get("/reports"))["rows"] for who in (writer, chief)]
        return [one["waits"] for there in rows for one in there if one["id"] == report["report"]["id"]]

    now_ms = hq.clock.now_ms()
    running = await composed(writer, from_ms=now_ms - HOUR_MS, to_ms=now_ms + HOUR_MS)
    assert await waits(running) == ["", ""], "it is still being written"
    report = await composed(writer, from_ms=now_ms - HOUR_MS, to_ms=now_ms)
    assert await waits(report) == ["", "approve"]
    approved = await step(chief, report, "approve")
    assert await waits(report) == ["", "release"]
    await step(chief, approved, "release")
    assert await waits(report) == ["", ""]


async def test_who_wrote_it_last_does_not_approve_it(hq, writer, chief):
    report = await composed(chief)
    path = f"/reports/{report['report']['id']}"
    assert await chief.no(f"{path}/approve", version=report["report"]["version"]) == (409, "own_work")
    report = await put(writer, report, assessment=[{"text": "No threat."}])
    await step(chief, report, "approve")


async def test_an_edit_makes_an_approval_void(hq, writer, chief):
    approved = await step(chief, await composed(writer), "approve")
    report = await put(writer, approved, assessment=[{"text": "Else."}])
    assert report["report"]["state"] == "draft"
    path = f"/reports/{report['report']['id']}"
    assert await chief.no(f"{path}/release", version=approved["report"]["version"]) == (409, "changed_meanwhile")
    assert await chief.no(f"{path}/release", version=report["report"]["version"]) == (409, "not_in_state")


async def test_a_report_is_not_changed_for_ever(hq, writer, chief, monkeypatch):
    monkeypatch.setattr(rules, "STEPS_MAX", 2)
    report = await put(writer, await composed(writer), assessment=[{"text": "Else."}])
    path, at = f"/reports/{report['report']['id']}", {"version": report["report"]["version"]}
    assert await writer.no(f"{path}/refresh", **at) == (409, "too_many")
    await chief.post(f"{path}/approve", **at)


async def test_an_edited_sentence_keeps_what_it_rests_on_and_its_label(hq, writer):
    row = await writer.log("Closed.", significant=True, label="CUI")
    report = await composed(writer)
    first = report["sections"][0]["sentences"][0]
    report = await put(writer, report, situation=[{"id": first["id"], "text": "Other words.", "label": "UNCLASSIFIED"}])
    (one,) = report["sections"][0]["sentences"]
    assert (one["text"], one["mark"], one["links"]) == ("Other words.", "(CUI)", [{"kind": "log", "id": row["id"]}])
    report = await put(writer, report, situation=[])
    assert report["banner"] == "UNCLASSIFIED"
    report = await put(writer, report, situation=[{"text": "By hand.", "entries": [row["id"]]}])
    assert report["banner"] == "CUI"


async def test_it_is_returned_with_a_reason_and_withdrawn(hq, writer, chief):
    report = await composed(writer)
    path = f"/reports/{report['report']['id']}"
    assert await chief.no(f"{path}/return", version=report["report"]["version"], note=" ") == (400, "note_missing")
    back = await step(chief, report, "return", note="Say more of Naha.")
    assert (back["report"]["state"], back["steps"][-1]["note"]) == ("draft", "Say more of Naha.")
    gone = await step(writer, back, "withdraw")
    assert (gone["report"]["state"], gone["may"], gone["report"]["late"]) == ("withdrawn", [], False)


async def test_why_it_was_returned_stays_with_who_saw_it_then(hq, writer, chief):
    observer = await desk(hq, "ward")
    await writer.log("Closed.", significant=True, label="CUI")
    back = await step(chief, await composed(writer), "return", note="Leave the closed ferry out.")
    wide = await put(writer, back, situation=[])
    shown = await observer.get(f"/reports/{wide['report']['id']}")
    assert (shown["banner"], [one["note"] for one in shown["steps"]]) == ("UNCLASSIFIED", [""])
    assert [one["note"] for one in wide["steps"]] == ["", "Leave the closed ferry out.", ""]


async def released(writer: Desk, chief: Desk, **more: Any) -> Any:
    return await step(chief, await step(chief, await composed(writer, **more), "approve"), "release")


async def test_numbers_have_no_gaps_and_a_series_for_each_label(hq, writer, chief):
    serials = [(await released(writer, chief))["report"]["serial"] for _ in range(2)]
    closed = await released(writer, chief, label="CUI")
    serials.append((await released(writer, chief))["report"]["serial"])
    assert [one.split()[2][:4] for one in serials] == ["0001", "0002", "0003"]
    assert closed["report"]["serial"].split()[2][:4] == "0001"
    assert (await released(writer, chief, form="PERSTAT"))["report"]["serial"].split()[2][:4] == "0001"


async def test_of_many_released_at_once_none_shares_a_number(hq, writer, chief):
    reports = [await step(chief, await composed(writer), "approve") for _ in range(6)]
    sent = await asyncio.gather(*(step(chief, one, "release") for one in reports))
    assert sorted(one["report"]["serial"].split()[2][:4] for one in sent) == [f"{n:04d}" for n in range(1, 7)]


async def test_a_correction_is_a_report_of_its_own_that_cites(hq, writer, chief):
    await writer.log("Ferry overdue.", significant=True)
    sent = await released(writer, chief)
    draft = await composed(writer, form="", corrects=sent["report"]["id"])
    assert said(draft)["situation"] == said(sent)["situation"]
    assert draft["report"]["corrects_serial"] == sent["report"]["serial"]
    assert await writer.no("/reports", corrects=draft["report"]["id"]) == (409, "not_in_state")
    fixed = await step(chief, await step(chief, draft, "approve"), "release")
    assert fixed["report"]["serial"] != sent["report"]["serial"]
    again = await writer.get(f"/reports/{sent['report']['id']}")
    assert (again["report"]["corrected_by"], said(again)) == (fixed["report"]["id"], said(sent))


async def test_a_report_without_addressee_is_not_released(hq, writer, chief):
    report = await step(chief, await composed(writer, to=""), "approve")
    path = f"/reports/{report['report']['id']}/release"
    assert await chief.no(path, version=report["report"]["version"]) == (400, "addressee_missing")


class Upward(NoAuthority):
    """Everybody's unit reports to one superior that only the cleared may see."""

    def reports_to(self, reader: Reader, _unit_id: str, at_ms: int) -> Reporting:
        unit = Unit(id="u1", name="INDOPACOM", label=CLOSED)
        seen = DOOR.may_see(reader, CLOSED, at_ms)
        return Reporting(why="operational", unit=unit, type="COCOM", labels=(CLOSED,)) if seen else NOBODY


NOBODY = Reporting(why="no_superior")


async def test_a_report_goes_up_the_reporting_line_by_default_and_is_as_narrow_as_it(hq, writer):
    assert (await composed(writer, to=""))["report"]["to"] == ""
    assert (await writer.get("/reports"))["upward"]["why"] == "unknown"
    hq.operations.authority = Upward()
    outsider = await desk(hq, "outsider", "watch", "log")
    up = (await writer.get("/reports"))["upward"]
    assert (up["to"], up["why"], up["type"]) == ("INDOPACOM", "operational", "COCOM")
    no = (await outsider.get("/reports"))["upward"]
    assert (no["to"], no["name"], no["why"], no["type"]) == ("", "", "no_superior", "")
    report = (await composed(writer, to="", info="COMNAVFORJAPAN"))["report"]
    assert (report["to"], report["info"], report["mark"]) == ("INDOPACOM", "COMNAVFORJAPAN", "(CUI)")
    assert (await composed(writer, to="JJOC"))["report"]["to"] == "JJOC"
    assert (await composed(outsider, to=""))["report"]["to"] == ""
    text = (await writer.browser.get(f"/api/operations/reports/{report['id']}/file", **{"as": "text"})).text
    assert "Info: COMNAVFORJAPAN" in text


# -- what has become of it since


async def until(hq, ms: int) -> None:
    hq.clock.advance((ms - hq.clock.now_ms()) / 1000 + 60)


async def test_an_interim_report_goes_while_its_period_runs_and_is_owed_to_nobody(hq, writer, chief):
    await writer.browser.ok("put", "/api/operations/report-lines", form="SITREP", to="INDOPACOM")
    await writer.log("Ferry overdue.", significant=True)
    hq.clock.advance(60)
    report = await composed(writer)
    of = report["report"]
    assert (of["interim"], of["to_ms"]) == (True, hq.clock.now_ms())
    gone = (await step(chief, await step(chief, report, "approve"), "release"))["report"]
    assert (gone["state"], gone["late"]) == ("released", False)
    text = (await writer.browser.get(f"/api/operations/reports/{of['id']}/file", **{"as": "text"})).text
    assert f"Interim: the period runs until {dtg.write(of['as_of_ms'])}" in text
    await until(hq, of["due_ms"])
    (owed,) = [one for one in (await writer.get("/reports"))["owed"] if one["as_of_ms"] == of["as_of_ms"]]
    assert (owed["state"], owed["report"]) == ("late", "")
    assert not (await writer.get("/reports"))["rows"][0]["late"]


async def test_a_report_whose_period_has_ended_is_brought_up_to_date_before_it_goes(hq, writer, chief):
    await writer.browser.ok("put", "/api/operations/report-lines", form="SITREP", to="INDOPACOM")
    await writer.log("Ferry overdue.", significant=True)
    hq.clock.advance(60)
    report = await composed(writer)
    approved = await step(chief, report, "approve")
    await writer.log("Ferry found.", significant=True)
    await until(hq, report["report"]["as_of_ms"])
    assert (await writer.get(f"/reports/{report['report']['id']}"))["over"]
    for who, what, of in ((chief, "release", approved), (chief, "return", approved)):
        answer = await who.browser.post(
            f"/api/operations/reports/{of['report']['id']}/{what}", version=of["report"]["version"], note="Late."
        )
        assert (answer.status_code, answer.json().get("code")) == (
            (409, "period_over") if what == "release" else (200, None)
        )
    draft = await writer.get(f"/reports/{report['report']['id']}")
    assert await chief.no(f"/reports/{draft['report']['id']}/approve", version=draft["report"]["version"]) == (
        409,
        "period_over",
    )
    whole = await step(writer, draft, "refresh")
    assert [text[9:] for text in said(whole)["situation"]] == ["Ferry overdue.", "Ferry found."]
    assert (whole["report"]["interim"], whole["over"], whole["fresh"]) == (False, False, 0)
    await step(chief, await step(chief, whole, "approve"), "release")
    (owed,) = [one for one in (await writer.get("/reports"))["owed"] if one["report"]]
    assert (owed["state"], owed["report"]) == ("sent", report["report"]["id"])


async def test_what_was_corrected_since_is_not_approved_and_not_released(hq, writer, chief):
    wrong = [await writer.log(text, significant=True) for text in ("Two ferries.", "Three tugs.", "Left out.")]
    hq.clock.advance(60)
    report = await composed(writer)
    one, two, _ = report["sections"][0]["sentences"]
    report = await put(
        writer, report, situation=[{"id": one["id"], "text": one["text"]}, {"id": two["id"], "text": "Tugs, in words."}]
    )
    approved = await step(chief, report, "approve")
    hq.clock.advance(60)
    for entry, text in zip(wrong, ("One ferry.", "Two tugs.", "Left out too."), strict=True):
        await writer.post(f"/log/{entry['id']}/correct", text=text, reason="Misheard.", significant=True)
    late = await writer.log("A late entry.", significant=True)
    seen = await chief.get(f"/reports/{report['report']['id']}")
    assert (seen["stale"], seen["fresh"]) == (2, 1)
    version = {"version": approved["report"]["version"]}
    assert await chief.no(f"/reports/{report['report']['id']}/release", **version) == (409, "report_stale")
    whole = await step(writer, approved, "refresh")
    assert (whole["report"]["state"], whole["stale"], whole["fresh"]) == ("draft", 0, 0)
    texts = [text[9:] if text[6:7] == "Z" else text for text in said(whole)["situation"]]
    assert texts == ["One ferry.", "Tugs, in words.", "Two tugs.", "A late entry."]
    assert whole["sections"][0]["sentences"][-1]["links"] == [{"kind": "log", "id": late["id"]}]
    again = await step(writer, whole, "refresh")
    assert said(again) == said(whole)
    assert (await step(chief, await step(chief, again, "approve"), "release"))["report"]["serial"]


async def test_a_correction_that_the_approver_may_not_see_is_none_for_him(hq, writer):
    low = await desk(hq, "low", "watch", "command", "release")
    wrong = await writer.log("Two ferries.", significant=True)
    hq.clock.advance(60)
    report = await composed(writer)
    await writer.post(f"/log/{wrong['id']}/correct", text="One ferry.", reason="Misheard.", label="CUI")
    assert (await writer.get(f"/reports/{report['report']['id']}"))["stale"] == 1
    assert (await low.get(f"/reports/{report['report']['id']}"))["stale"] == 0
    assert (await step(low, report, "approve"))["report"]["state"] == "approved"


async def test_nothing_to_report_gives_way_to_what_there_is(hq, writer):
    report = await composed(writer)
    assert report["report"]["negative"]
    await writer.log("Ferry overdue.", significant=True)
    hq.clock.advance(60)
    whole = await step(writer, report, "refresh")
    assert (whole["report"]["negative"], [text[9:] for text in said(whole)["situation"]]) == (False, ["Ferry overdue."])


# -- what is owed


async def test_what_is_owed_is_late_when_its_time_has_passed(hq, writer, chief):
    await writer.browser.ok("put", "/api/operations/report-lines", form="SITREP", to="INDOPACOM J3")
    (owed,) = (await writer.get("/reports"))["owed"]
    assert (owed["state"], owed["to"]) == ("running", "INDOPACOM J3")
    hq.clock.advance((owed["as_of_ms"] - hq.clock.now_ms()) / 1000 + 60)
    assert [one["state"] for one in (await writer.get("/reports"))["owed"]] == ["running", "due"]
    report = await composed(writer, to="")
    assert (report["report"]["to_ms"], report["report"]["to"]) == (owed["as_of_ms"], "INDOPACOM J3")
    hq.clock.advance(5 * 3600)
    late = (await writer.get("/reports"))["owed"][1]
    assert (late["state"], late["report"]) == ("late", report["report"]["id"])
    assert (await writer.get(f"/reports/{report['report']['id']}"))["report"]["late"]
    sent = await step(chief, await step(chief, report, "approve"), "release")
    assert sent["report"]["late"]
    assert (await writer.get("/reports"))["owed"][1]["state"] == "sent_late"
    await writer.browser.ok("put", "/api/operations/report-lines", form="SITREP", to="INDOPACOM J3", active=False)
    assert (await writer.get("/reports"))["owed"] == []
    no = await writer.browser.no("put", "/api/operations/report-lines", form="SPOTREP", to="x")
    assert no == (400, "form_wrong")


# -- forms


FORM = {
    "code": "HADR", "name": "Needs by cluster", "name_ja": "分野別所要",
    "sections": [{"code": "water", "name": "Water", "source": "log", "pick": "words", "words": ["water", "水"]}],
}  # fmt: skip


async def test_a_headquarters_has_forms_of_its_own(hq, writer):
    assert await writer.no("/reports", form="HADR") == (400, "form_unknown")
    page = await writer.browser.ok("put", "/api/operations/report-forms", **FORM)
    assert [form["code"] for form in page["forms"]] == sorted([*built_in(), "HADR"])
    hq.clock.advance(60)
    await writer.log("No water at Ishigaki.")
    hq.clock.advance(60)
    assert len(said(await composed(writer, "HADR"))["water"]) == 1
    two = {**FORM, "sections": FORM["sections"] * 2}
    assert await writer.browser.no("put", "/api/operations/report-forms", **two) == (400, "form_wrong")
    for wrong in ({"code": "no"}, {"sections": []}, {"as_of": "2460"}, {"other": 1}):
        answer = await writer.browser.put("/api/operations/report-forms", **(FORM | wrong))
        assert answer.status_code == 400, wrong


DAILY = FORM | {"period_hours": 24, "as_of": "2359"}


async def test_a_report_stays_of_the_version_of_its_form(hq, writer):
    page = await writer.browser.ok("put", "/api/operations/report-forms?version=", **DAILY)
    (own,) = page["own_forms"]
    assert (own["form"], own["by"]["person"]["name"]) == ("HADR", "Hale")
    hq.clock.advance(60)
    await writer.log("No water at Ishigaki.")
    hq.clock.advance(60)
    report = await composed(writer, "HADR")
    before = said(report)
    after = {**DAILY, "name": "Other needs", "sections": [{"code": "all", "name": "All", "source": "log"}]}
    stale = await writer.browser.no("put", "/api/operations/report-forms?version=", **after)
    assert stale == (409, "changed_meanwhile")
    await writer.browser.ok("put", f"/api/operations/report-forms?version={own['version']}", **after)
    await writer.log("More water asked for.")
    whole = await step(writer, report, "refresh")
    assert (whole["report"]["name"], said(whole).keys()) == (DAILY["name"], before.keys())
    assert len(said(whole)["water"]) == 2  # by the words of the form that it was written by
    assert (await composed(writer, "HADR"))["report"]["name"] == "Other needs"
    page = await writer.browser.ok("post", "/api/operations/report-forms/HADR/end")
    assert page["own_forms"] == []
    assert said(await writer.get(f"/reports/{report['report']['id']}")) == said(whole)
    assert await writer.no("/report-forms/HADR/end") == (404, "not_found")
    assert await writer.no("/report-forms/NONE/end") == (404, "not_found")


async def test_a_form_is_tried_before_it_is_set(hq, writer):
    await writer.log("No water at Ishigaki.")
    hq.clock.advance(60)
    position = hq.journal.position
    tried = await writer.post("/report-forms/preview", form=FORM, language="ja")
    assert hq.journal.position == position
    assert [one["code"] for one in tried] == [one["code"] for one in FORM["sections"]]
    assert "No water at Ishigaki." in json.dumps(tried)
    empty = {**FORM, "sections": [{"code": "a", "name": "A", "source": "log", "pick": "words"}]}
    assert await writer.no("/report-forms/preview", form=empty) == (400, "words_missing")
    watch = await desk(hq, "watch", "watch", "log")
    assert await watch.no("/report-forms/preview", form=FORM) == (403, "not_permitted")


async def test_a_form_may_name_to_whom_its_reports_go(hq, writer):
    await writer.browser.ok("put", "/api/operations/report-forms", **FORM, to="JJOC")
    assert (await composed(writer, "HADR", to=""))["report"]["to"] == "JJOC"


def test_the_forms_that_come_along_are_whole():
    assert sorted(built_in()) == [
        "ICS-209", "ICS-214", "INTSUM", "LOGSTAT", "OPREP-3L", "PERSTAT", "SITREP", "SPOTREP",
    ]  # fmt: skip
    for form in built_in().values():
        codes = [section.code for section in form.sections]
        assert len(codes) == len(set(codes))
        assert bool(form.period_hours) == bool(form.as_of)
        assert form.name_ja
        assert all(section.name_ja for section in form.sections)
    assert words("en").keys() == words("ja").keys()


# -- documents


async def test_the_document_as_text_json_and_pdf(hq, writer, chief):
    await writer.log("Ferry overdue.", significant=True, label="CUI")
    await writer.log("フェリー「アカシア」が那覇に到着しない。", significant=True)
    sent = await released(writer, chief, language="ja")
    path = f"/api/operations/reports/{sent['report']['id']}/file"
    text = (await writer.browser.get(path, **{"as": "text"})).text
    marked = [line for line in text.splitlines() if line]
    assert marked[0] == marked[-1] == "訓練 CUI 訓練"
    assert sent["report"]["serial"] in text
    assert "(CUI) " in text
    assert "アカシア" in text
    data = (await writer.browser.get(path, **{"as": "json"})).json()
    assert (data["banner"], data["sections"]) == ("CUI", sent["sections"])
    got = await writer.browser.get(path)
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"].endswith(".pdf")
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(got.content)]
    for page in pages:
        assert page.count("CUI") >= 2
    whole = "".join(pages).replace("\r\n", "")
    for needed in (
        sent["report"]["serial"],
        "フェリー「アカシア」が那覇に到着しない。",
        "Ferry overdue.",
        "Stone",
        "INDOPACOM",
    ):
        assert needed in whole


async def test_a_draft_says_that_it_is_one(hq, writer):
    report = await composed(writer)
    path = f"/api/operations/reports/{report['report']['id']}/file"
    assert "DRAFT UNCLASSIFIED EXERCISE DRAFT" in (await writer.browser.get(path, **{"as": "text"})).text
    assert (await writer.browser.get(path, **{"as": "docx"})).status_code == 400


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"form": "NONE"}, "form_unknown"),
        ({"form": "SITREP", "from_ms": 2, "to_ms": 1}, "period_wrong"),
        ({"form": "SITREP", "label": "HARMLESS"}, "label_unknown"),
    ],
)
async def test_what_is_no_report_is_refused(hq, writer, body, code):
    assert (await writer.no("/reports", **body))[1] == code


async def test_edits_that_do_not_fit_are_refused(hq, writer):
    report = await composed(writer)
    path = f"/api/operations/reports/{report['report']['id']}"
    form = edited(report)
    other = {**form, "sections": [*form["sections"], {"code": "none", "sentences": []}]}
    assert await writer.browser.no("put", path, **other) == (400, "section_unknown")
    twice = edited(report, situation=[{"id": "s1", "text": "a"}, {"id": "s1", "text": "b"}])
    assert await writer.browser.no("put", path, **twice) == (400, "sentence_twice")
    long = edited(report, assessment=[{"text": "長" * 2400} for _ in range(40)])
    assert await writer.browser.no("put", path, **long) == (400, "report_long")
    assert await writer.browser.no("put", path, **{**form, "version": "x"}) == (409, "changed_meanwhile")


async def test_the_same_records_give_the_same_reports(hq, writer, chief):
    await writer.browser.ok("put", "/api/operations/report-forms", **FORM)
    await writer.browser.ok("put", "/api/operations/report-lines", form="SITREP", to="INDOPACOM J3")
    sent = await released(writer, chief)
    await composed(writer, form="", corrects=sent["report"]["id"])
    again, other = Reports(), Journal(MemoryStore(hq.shelf), hq="USFJ", clock=hq.clock)
    other.attach(again)
    await other.start()
    assert canonical(again.state()) == canonical(hq.operations.reports.state())
    await other.close()
    assert json.loads(canonical(again.state()))["given"]
    assert OPEN in again.told
