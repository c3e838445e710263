"""CCIR and RFI over HTTP: from a line of the log to who must know, from a question to its answer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.journal.projection import canonical
from jointhq.operations.views.ccirbook import Ccirs
from jointhq.operations.views.rfibook import Rfis
from tests.operations.house import Desk, House, house
from tests.operations.orders_book import POSTS, START_MS, Structure
from tests.operations.requirements_book import DESKS
from tests.people.house import Browser, appointment, staffed

PIR = {"type": "PIR", "text": "Will the harbour close?", "decision": "Which harbour to use.", "silence_minutes": 30}
RFI = {"question": "How many ferries can carry trucks?", "reason": "To plan the relief.", "asked_of": "A"}


class Staff:
    """A headquarters, and whom a test asks for at his page."""

    def __init__(self, hq: House, admin: Browser) -> None:
        self.hq, self.admin, self.desks = hq, admin, dict[str, Desk]()

    async def desk(self, post: str) -> Desk:
        if post not in self.desks:
            unit, permissions, level, nation = (POSTS | DESKS)[post]
            into = await self.admin.ok(
                "post", "/api/appointments", **appointment(post, permissions=list(permissions), unit=unit)
            )
            browser = await staffed(self.admin, self.hq, post, into["id"], level=level, nation=nation)
            self.desks[post] = Desk(browser, into["id"])
        return self.desks[post]

    async def in_force(self, *notify: str, **more: Any) -> Any:
        planner, chief = await self.desk("planner"), await self.desk("chief")
        told = [(await self.desk(post)).appointment for post in notify]
        one = await planner.post("/ccir", **{**PIR, "owner": chief.appointment, "notify": told, **more})
        return await chief.post(f"/ccir/{one['row']['id']}/approve", version=one["row"]["version"])


@pytest_asyncio.fixture
async def staff(tmp_path: Path) -> AsyncIterator[Staff]:
    async with house(tmp_path) as hq:
        hq.operations.authority = Structure()
        hq.clock.advance((START_MS - hq.clock.now_ms()) / 1000)
        yield Staff(hq, await hq.administrator())


async def test_a_line_of_the_log_says_what_it_answers_to_who_may_know(staff: Staff) -> None:
    one, secret = await staff.in_force("desk"), await staff.in_force("desk", label="CUI")
    watch, open_desk = await staff.desk("watch"), await staff.desk("desk-open")
    row = await watch.log("The harbour closes at noon.", answers=[one["row"]["id"]])
    named = {"id": one["row"]["id"], "name": "JFHQ PIR 1/23"}
    assert row["answers"] == [named]
    staff.hq.clock.advance(60)
    before_ms = staff.hq.clock.now_ms()
    staff.hq.clock.advance(60)
    hits = (await watch.post(f"/ccir/{secret['row']['id']}/hit", entry=row["id"]))["hits"]
    other = {"id": secret["row"]["id"], "name": secret["row"]["name"]}
    page, low = await watch.get("/log"), await open_desk.get("/log")
    assert ([one["answers"] for one in page["rows"]], page["banner"]) == ([[named, other]], "CUI")
    assert ([one["answers"] for one in low["rows"]], low["banner"]) == ([[named]], "UNCLASSIFIED")
    assert (await watch.get("/log", known=before_ms))["rows"][0]["answers"] == [named]
    right = await watch.post(f"/log/{row['id']}/correct", text="It closes at one.", reason="Misheard.")
    assert right["answers"] == [named, other], "a correction stands in the place of what it corrects"
    await watch.post(f"/hits/{hits[0]['id']}/strike", reason="Another harbour.")
    assert [one["answers"] for one in await watch.get(f"/log/{right['id']}")] == [[named], [named]]


async def test_a_line_of_the_log_is_told_to_who_must_know(staff: Staff) -> None:
    one = await staff.in_force("desk", "j3")
    ccir = one["row"]["id"]
    assert (one["row"]["name"], one["row"]["state"], one["actions"]) == (
        "JFHQ PIR 1/23", "in_force", ["answer", "end"],
    )  # fmt: skip
    watch, desk, chief = await staff.desk("watch"), await staff.desk("desk"), await staff.desk("chief")
    row = await watch.log("The harbour closes at noon.", answers=[ccir])
    (hit,) = (await desk.get("/ccir"))["hits"]
    assert (hit["entry"], hit["text"], hit["name"], hit["mine"]) == (row["id"], row["text"], one["row"]["name"], True)
    assert (await chief.get("/ccir"))["hits"] == []
    done = await desk.post(f"/hits/{hit['id']}/acknowledge")
    assert [notice["by"]["person"]["name"] for notice in done["notices"] if notice["by"]] == ["Desk"]
    staff.hq.clock.advance(30 * 60)
    await staff.hq.operations.escalate()
    await staff.hq.operations.escalate()
    assert staff.hq.kinds().count("ccir.escalated") == 1
    (told,) = (await chief.get("/ccir"))["hits"]
    assert (told["told"], [notice["late"] for notice in told["notices"]]) == (True, [False, True])
    assert await (await staff.desk("b")).no(f"/hits/{hit['id']}/acknowledge") == (403, "not_addressed")
    after = await chief.post(f"/ccir/{ccir}/answer", version=one["row"]["version"], note="It closed.")
    assert after["row"]["state"] == "answered"
    assert [step["what"] for step in after["steps"]] == ["drafted", "approved", "answered"]


async def test_a_line_whose_ccir_is_none_is_not_entered(staff: Staff) -> None:
    closed = await staff.in_force("desk", label="CUI")
    open_ = await staff.desk("desk-open")
    for one in (closed["row"]["id"], "absent"):
        assert await open_.no("/log", text="x", answers=[one]) == (400, "ccir_unknown")
        assert (await open_.browser.get(f"/api/operations/ccir/{one}")).status_code == 404
        assert await open_.no(f"/ccir/{one}/look", label="") == (404, "not_found")
    assert await open_.texts() == []
    assert (await open_.get("/ccir"))["rows"] == []
    assert (await open_.browser.post("/api/operations/log", text="x", answers=["x"] * 6)).status_code == 400


async def test_the_writer_is_told_before_who_could_not_see_it(staff: Staff) -> None:
    one = await staff.in_force("desk", "desk-open")
    watch = await staff.desk("watch")
    look = await watch.post(f"/ccir/{one['row']['id']}/look", label="CUI")
    assert [(row["who"]["title"], row["withheld"]) for row in look["notify"]] == [("desk", False), ("desk-open", True)]
    assert await watch.no(f"/ccir/{one['row']['id']}/look", label="NONE") == (400, "label_unknown")
    entry = await watch.log("x", label="CUI")
    assert (await watch.post(f"/ccir/{one['row']['id']}/look", entry=entry["id"]))["notify"] == look["notify"]
    hit = (await watch.post(f"/ccir/{one['row']['id']}/hit", entry=entry["id"]))["hits"][0]
    assert hit["mark"] == "(CUI)"
    assert (await (await staff.desk("desk-open")).get("/ccir"))["hits"] == []
    struck = await watch.post(f"/hits/{hit['id']}/strike", reason="Another harbour.")
    assert (struck["reason"], struck["actions"], struck["struck_by"]["title"]) == ("Another harbour.", [], "watch")


async def test_a_question_goes_its_way(staff: Staff) -> None:
    watch, triage, a2 = await staff.desk("watch"), await staff.desk("a-log"), await staff.desk("a2")
    choices = await watch.get("/requirements/choices")
    assert (choices["unit"]["id"], choices["may_log"], choices["may_plan"]) == ("JFHQ", True, False)
    assert "A" in {unit["id"] for unit in choices["units"]}
    one = await watch.post("/rfi", **RFI)
    path = f"/rfi/{one['row']['id']}"
    assert (one["row"]["name"], one["actions"]) == ("JFHQ RFI 1/23", ["edited", "withdrawn"])
    assert [row["id"] for row in await watch.post("/rfi/similar", question="Ferries that carry trucks")] == [
        one["row"]["id"]
    ]
    same = await watch.post("/rfi", **RFI)
    one = await triage.post(f"{path}/validate", version=one["row"]["version"])
    body = {"version": one["row"]["version"], "appointment": a2.appointment}
    assert await triage.no(f"{path}/task", **body) == (409, "similar")
    assert [row["id"] for row in one["similar"]] == [same["row"]["id"]]
    one = await triage.post(f"{path}/task", **body, checked=[same["row"]["id"]])
    assert one["row"]["to"]["title"] == "a2"
    entry = await triage.log("Three ferries lie in port.")
    assert not (await a2.post(f"{path}/look", entries=[entry["id"]]))["withheld"]
    one = await a2.post(f"{path}/answer", version=one["row"]["version"], text="Three.", entries=[entry["id"]])
    assert one["steps"][-1]["entries"][0]["text"] == entry["text"]
    page = await watch.get("/rfi")
    assert (page["figures"]["open"], page["figures"]["answered"]) == (1, 1)
    assert {row["id"]: row["mine"] for row in page["rows"]} == {one["row"]["id"]: True, same["row"]["id"]: False}
    back = {"version": same["row"]["version"], "note": "Asked before.", "duplicate_of": one["row"]["id"]}
    returned = await triage.post(f"/rfi/{same['row']['id']}/return", **back)
    assert returned["steps"][-1]["duplicate_of"]["answer"] == "Three."
    edit = {**RFI, "question": "And which of them?", "version": returned["row"]["version"]}
    edited = await watch.browser.ok("put", f"/api/operations/rfi/{same['row']['id']}", **edit)
    assert (edited["row"]["state"], edited["row"]["question"]) == ("new", "And which of them?")
    gone = await watch.post(f"/rfi/{same['row']['id']}/withdraw", version=edited["row"]["version"])
    done = await watch.post(f"{path}/satisfy", version=one["row"]["version"])
    assert (gone["row"]["state"], done["row"]["state"]) == ("withdrawn", "satisfied")
    again = await watch.post(f"{path}/reopen", version=done["row"]["version"], note="Only two now.")
    assert again["row"]["state"] == "tasked"


async def test_a_handover_says_what_is_open(staff: Staff) -> None:
    ccir = await staff.in_force("desk", ltiov_ms=START_MS + 86_400_000)
    watch = await staff.desk("watch")
    await watch.log("The harbour closes at noon.", answers=[ccir["row"]["id"]])
    await staff.desk("a-log")
    await watch.post("/rfi", **RFI)
    texts = [item["text"] for item in (await watch.post("/handovers/compose"))["items"]]
    assert texts == [
        "JFHQ PIR 1/23 in force, LTIOV 152213Z NOV 23: Will the harbour close?",
        "JFHQ PIR 1/23 hit 142213Z, not acknowledged by desk: The harbour closes at noon.",
        "JFHQ RFI 1/23 to A, not validated: How many ferries can carry trucks?",
    ]
    japanese = [item["text"] for item in (await watch.post("/handovers/compose", language="ja"))["items"]]
    assert len(japanese) == 3
    assert all("が" in text or "、" in text or ":" in text for text in japanese)


async def test_forms_are_bounded(staff: Staff) -> None:
    planner, watch = await staff.desk("planner"), await staff.desk("watch")
    for more in ({"titel": "x"}, {"text": ""}, {"type": "XIR"}, {"silence_minutes": 0}, {"notify": ["x"] * 41}):
        answer = await planner.browser.post("/api/operations/ccir", **{**PIR, "owner": "x", **more})
        assert answer.status_code == 400, more
    for more in ({"question": " "}, {"reason": ""}, {"precedence": "now"}, {"question": "x" * 2_001}):
        assert (await watch.browser.post("/api/operations/rfi", **{**RFI, **more})).status_code == 400, more


async def test_the_same_records_give_the_same_requirements(staff: Staff) -> None:
    one = await staff.in_force("desk")
    await (await staff.desk("watch")).log("x", answers=[one["row"]["id"]])
    await staff.desk("a-log")
    await (await staff.desk("watch")).post("/rfi", **RFI)
    ccirs, rfis = Ccirs(), Rfis()
    other = Journal(MemoryStore(staff.hq.shelf), hq="USFJ", clock=staff.hq.clock)
    other.attach(ccirs)
    other.attach(rfis)
    await other.start()
    assert canonical(ccirs.state()) == canonical(staff.hq.operations.ccirs.state())
    assert canonical(rfis.state()) == canonical(staff.hq.operations.rfis.state())
    await other.close()
