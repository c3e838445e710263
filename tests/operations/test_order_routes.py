"""Orders over HTTP: the staff's way from a draft to a unit's answer, and what each may ask."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.operations.house import Desk, House, house
from tests.operations.orders_book import B_UNTIL_MS, POSTS, START_MS, Structure, task
from tests.people.house import Browser, appointment, staffed

DRAFT = {
    "type": "OPORD",
    "title": "Harbour",
    "paragraphs": [{"name": "mission", "text": "Keep it open."}],
    "tasks": [task("A", id="t1"), task("B", id="t2", start_ms=B_UNTIL_MS)],
    "info": ["C"],
}


class Staff:
    """A headquarters, and everybody of `POSTS` at his page."""

    def __init__(self, hq: House, admin: Browser) -> None:
        self.hq, self.admin, self.desks = hq, admin, dict[str, Desk]()

    async def desk(self, post: str) -> Desk:
        if post not in self.desks:
            unit, permissions, level, nation = POSTS[post]
            into = await self.admin.ok(
                "post", "/api/appointments", **appointment(post, permissions=list(permissions), unit=unit)
            )
            browser = await staffed(self.admin, self.hq, post, into["id"], level=level, nation=nation)
            self.desks[post] = Desk(browser, into["id"])
        return self.desks[post]

    async def issued(self, **more: Any) -> Any:
        j3, chief = await self.desk("j3"), await self.desk("chief")
        one = await j3.post("/orders", **{**DRAFT, **more})
        for who, step in ((j3, "submit"), (chief, "approve"), (j3, "issue")):
            one = await who.post(f"/orders/{one['row']['id']}/{step}", version=one["row"]["version"])
        return one


@pytest_asyncio.fixture
async def staff(tmp_path: Path) -> AsyncIterator[Staff]:
    async with house(tmp_path) as hq:
        hq.operations.authority = Structure()
        hq.clock.advance((START_MS - hq.clock.now_ms()) / 1000)
        yield Staff(hq, await hq.administrator())


async def test_from_a_draft_to_an_answer(staff: Staff) -> None:
    j3, planner = await staff.desk("j3"), await staff.desk("planner")
    choices = await planner.get("/orders/choices")
    assert (choices["unit"]["id"], choices["may_plan"], choices["may_command"]) == ("JFHQ", True, False)
    assert "patrol" in choices["verbs"]
    one = await planner.post("/orders", **DRAFT)
    path = f"/orders/{one['row']['id']}"
    assert one["actions"] == ["edit", "submit", "withdraw"]
    edited = await planner.browser.ok("put", f"/api/operations{path}", **{**one["form"], "title": "Port"})
    assert edited["row"]["title"] == "Port"
    one = await planner.post(f"{path}/submit", version=edited["row"]["version"], offices=["J2"])
    assert await planner.no(f"{path}/concur", version=one["row"]["version"], office="J2") == (403, "not_permitted")
    one = await j3.post(f"{path}/concur", version=one["row"]["version"], office="J2")
    one = await j3.post(f"{path}/approve", version=one["row"]["version"])
    look = await j3.get(f"{path}/look")
    assert {(row["unit"]["id"], row["role"], (row["refer_to"] or {}).get("id")) for row in look["addressees"]} == {
        ("A", "order", None), ("B", "request", "HIGH"), ("C", "info", None),
    }  # fmt: skip
    one = await j3.post(f"{path}/issue", version=one["row"]["version"])
    assert (one["row"]["name"], one["row"]["state"], one["row"]["reached"]) == (
        look["name"],
        "in_force",
        {"waiting": 3},
    )
    assert await j3.no(f"{path}/issue", version=one["row"]["version"]) == (409, "order_state")

    a = await staff.desk("a")
    (row,) = await a.get("/orders")
    assert row["waits"] == "answer"
    (mine,) = [r for r in (await a.get(path))["addressees"] if r["actions"]]
    await a.post(f"/addressees/{mine['id']}/opened")
    done = await a.post(f"/addressees/{mine['id']}/answer", answer="wilco")
    assert (done["reached"], done["by"]["person"]["name"], done["actions"]) == ("wilco", "A", ["cantco", "havco"])
    assert await a.no(f"/addressees/{mine['id']}/answer", answer="cantco") == (400, "reason_missing")
    assert (await j3.get("/orders"))[0]["reached"] == {"wilco": 1, "waiting": 2}

    high = await staff.desk("high")
    (request,) = [r for r in (await high.get(path))["addressees"] if r["actions"]]
    assert request["actions"] == ["acknowledged", "accept", "decline"]
    accepted = await high.post(f"/addressees/{request['id']}/decide", accept=True)
    assert (accepted["reached"], accepted["phase"]) == ("accepted", "order")


async def test_who_may_not_see_an_order_has_no_trace_of_it(staff: Staff) -> None:
    await staff.issued(label="CUI")
    closed = (await (await staff.desk("j3")).get("/orders"))[0]
    junior = await staff.desk("junior")
    assert await junior.get("/orders") == []
    for order_id in (closed["id"], "absent"):
        answer = await junior.browser.get(f"/api/operations/orders/{order_id}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    open_ = await staff.issued()
    assert open_["row"]["name"] == "JFHQ OPORD 1/23", "numbers of what is hidden are not counted"


async def test_silence_is_told_to_a_named_appointment(staff: Staff) -> None:
    planner = await staff.desk("planner")
    one = await staff.issued(precedence="flash", escalate_to=planner.appointment)
    staff.hq.clock.advance(10 * 60)
    await staff.hq.operations.escalate()
    await staff.hq.operations.escalate()
    j3 = await staff.desk("j3")
    after = await j3.get(f"/orders/{one['row']['id']}")
    assert (after["row"]["late"], after["row"]["escalated"]) == (2, 2)
    told = [row["escalated_to"]["title"] for row in after["addressees"] if row["escalated_to"]]
    assert told == ["planner", "planner"]
    assert [(await desk.get("/orders"))[0]["told"] for desk in (planner, j3)] == [2, 0]
    assert staff.hq.kinds().count("order.escalated") == 2


async def test_missions_over_http(staff: Staff) -> None:
    j3 = await staff.desk("j3")
    one = await j3.post("/missions", title="Relief", text="Help the town.", from_ms=START_MS, given_by="HIGH")
    changed = await j3.browser.ok(
        "put", f"/api/operations/missions/{one['id']}",
        title="Relief", text="Help both towns.", from_ms=START_MS, version=one["version"],
    )  # fmt: skip
    await j3.post(f"/missions/{one['id']}/end", version=changed["version"], reason="done")
    ((row,)) = await j3.get("/missions")
    assert (row["text"], row["reason"], row["given_by"]) == ("Help both towns.", "done", None)


async def test_a_form_is_bounded_and_unknown_fields_are_told(staff: Staff) -> None:
    j3 = await staff.desk("j3")
    long = [{"name": "mission", "text": "x" * 8_001}]
    for more in ({"titel": "x"}, {"title": ""}, {"letter": "J"}, {"paragraphs": long}):
        answer = await j3.browser.post("/api/operations/orders", **{**DRAFT, **more})
        assert answer.status_code == 400, more
