"""A watch is handed over: composed, offered, accepted; until then it stays with who offers it."""

import asyncio

import pytest

from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.journal.projection import canonical
from jointhq.operations.records.log import LogEntered
from jointhq.operations.records.reports import Link
from jointhq.operations.rules.compose import Found
from jointhq.operations.views.handover import Handovers
from tests.operations.house import CLOSED, Desk, desk, house
from tests.people.house import staffed


@pytest.fixture
async def hq(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def watches(hq):
    """Two officers assigned to one watch; the first holds it."""
    admin = await hq.administrator()
    first = await desk(hq, "hale", "watch", "log", "plan", admin=admin, level="CUI")
    second = Desk(await staffed(admin, hq, "sato", first.appointment, level="CUI"), first.appointment)
    return admin, first, second


async def holder(who: Desk) -> str:
    session = await who.browser.session()
    mine = next(one for one in session["appointments"] if one["id"] == who.appointment)
    name: str = mine["holder"]["name"]
    return name


async def test_it_is_composed_of_what_is_significant_open_due_and_changed(hq, watches):
    _, first, _ = watches
    task = Found(text="US18: search by 240600Z (OPORD 0001/2026).", label=CLOSED, links=(Link("order", "o"),))
    asked = Found(text="Request OPORD 2/26: not answered.", label=CLOSED, links=(Link("order", "o"),))
    hq.operations.sources |= {"tasks": lambda *_: [task], "requests": lambda *_: [asked]}
    hq.clock.advance(60)
    ferry = await first.log("Ferry overdue.", significant=True)
    await first.log("Tanker asked.", decided="Send it.")
    await first.log("Quiet.")
    await first.browser.ok("put", "/api/operations/report-lines", form="SITREP", to="INDOPACOM")
    hq.clock.advance(26 * 3600)
    await first.browser.ok("post", "/api/sign-out")
    await first.browser.ok("post", "/api/sign-in", token=await fresh_token(watches[0], hq, "hale"))
    await first.post("/reports", form="SPOTREP", entries=[ferry["id"]])
    made = await first.post("/handovers/compose", note="Mind the ferry.")
    found = {part: [one["text"] for one in made["items"] if one["part"] == part] for part in
             ("significant", "open", "due", "changed")}  # fmt: skip
    assert [text[9:] for text in found["significant"]] == ["Ferry overdue."]
    assert found["open"][:2] == [asked.text, task.text]
    assert found["open"][2].startswith("USFJ SPOTREP: drafted, not approved")
    assert found["due"][0].startswith("SITREP is owed to INDOPACOM by ")
    assert [text[9:] for text in found["changed"]] == ["Tanker asked. Decided: Send it."]
    assert (made["state"], made["mark"], made["id"]) == ("composed", "(CUI)", "")
    assert hq.operations.handovers.handovers == {}


async def fresh_token(admin, hq, username: str) -> str:
    if not (await admin.session())["signed_in"]:
        admin = await hq.administrator()
    rows = await admin.ok("get", "/api/people")
    person = next(row["id"] for row in rows if row["username"] == username)
    token: str = (await admin.ok("post", "/api/invitations", purpose="sign-in", person=person))["token"]
    return token


async def test_the_watch_stays_with_the_off_going_until_the_on_going_accepts(hq, watches):
    _, first, second = watches
    await first.log("Ferry overdue.", significant=True)
    offer = await first.post("/handovers", note="Mind the ferry.")
    assert await holder(second) == "Hale"
    (seen,) = await second.get("/handovers/offered")
    assert (seen["id"], seen["note"], seen["by"]["person"]["name"]) == (offer["id"], "Mind the ferry.", "Hale")
    assert [one["text"] for one in seen["items"]] == [one["text"] for one in offer["items"]]
    assert await first.get("/handovers/offered") == []
    await second.post(f"/handovers/{offer['id']}/accept")
    assert await holder(second) == "Sato"
    assert (await first.browser.session())["appointment"] is None
    (row,) = await second.get("/handovers")
    assert (row["state"], row["by"]["person"]["name"], row["to"]["person"]["name"]) == ("accepted", "Hale", "Sato")
    taken = (await hq.journal.read(hq.journal.position - 1))[0]
    assert (taken.kind, taken.subject) == ("appointment.taken", first.appointment)
    note = (await second.browser.session())["appointment"]
    assert (note["note"].startswith("Handover"), note["note_by"]["name"]) == (True, "Hale")
    assert await second.no(f"/handovers/{offer['id']}/accept") == (409, "handover_over")


async def test_an_offer_is_taken_back_or_replaced(hq, watches):
    _, first, second = watches
    one = await first.post("/handovers")
    two = await first.post("/handovers", note="Better.")
    assert [row["id"] for row in await second.get("/handovers/offered")] == [two["id"]]
    assert await second.no(f"/handovers/{one['id']}/accept") == (409, "handover_over")
    await first.post(f"/handovers/{two['id']}/withdraw")
    assert await second.get("/handovers/offered") == []
    assert await second.no(f"/handovers/{two['id']}/accept") == (409, "handover_over")
    assert await first.no(f"/handovers/{two['id']}/withdraw") == (409, "handover_over")
    assert await holder(second) == "Hale"


async def test_what_happened_since_the_offer_is_looked_at_before_it_is_accepted(hq, watches):
    _, first, second = watches
    offer = await first.post("/handovers")
    await first.log("Quiet.")
    await first.log("Collision.", significant=True)
    assert await second.no(f"/handovers/{offer['id']}/accept") == (409, "handover_changed")
    assert await holder(second) == "Hale"
    anew = await first.post("/handovers")
    await second.post(f"/handovers/{anew['id']}/accept")
    assert await holder(second) == "Sato"


async def test_what_is_being_written_is_looked_at_before_the_watch_is_taken(hq, watches, monkeypatch):
    _, first, second = watches
    offer = await first.post("/handovers")
    append, begun, done = hq.journal.append, asyncio.Event(), asyncio.Event()

    async def slow(*drafts, **more):
        if any(isinstance(draft.body, LogEntered) for draft in drafts):
            begun.set()
            await done.wait()  # a disk takes its time
        return await append(*drafts, **more)

    monkeypatch.setattr(hq.journal, "append", slow)
    entered = asyncio.create_task(first.log("Collision.", significant=True))
    await begun.wait()
    taken = asyncio.create_task(second.no(f"/handovers/{offer['id']}/accept"))
    await asyncio.wait({taken}, timeout=0.3)
    done.set()
    await entered
    assert await taken == (409, "handover_changed")
    assert await holder(second) == "Hale"


async def test_a_change_that_the_next_may_not_see_is_none_for_him(hq, watches):
    admin, first, _ = watches
    low = Desk(await staffed(admin, hq, "low", first.appointment), first.appointment)
    offer = await first.post("/handovers")
    await first.log("Closed.", significant=True, label="CUI")
    await low.post(f"/handovers/{offer['id']}/accept")
    assert await holder(low) == "Low"


async def test_a_note_has_a_label_that_what_is_composed_raises(hq, watches):
    _, first, _ = watches
    assert (await first.post("/handovers/compose", note="x"))["mark"] == "(U)"
    assert (await first.post("/handovers/compose", note="x", label="CUI"))["mark"] == "(CUI)"
    assert await first.no("/handovers", note="x", label="HARMLESS") == (400, "label_unknown")
    await first.log("Closed.", significant=True, label="CUI")
    assert (await first.post("/handovers/compose", note="x", label="UNCLASSIFIED"))["mark"] == "(CUI)"


async def test_an_offer_lapses_when_another_has_taken_the_watch(hq, watches):
    admin, first, second = watches
    third = Desk(await staffed(admin, hq, "jones", first.appointment, level="CUI"), first.appointment)
    offer = await first.post("/handovers")
    await third.browser.ok("post", "/api/appointments/take", appointment=first.appointment, note="He is ill.")
    assert await second.get("/handovers/offered") == []
    assert await second.no(f"/handovers/{offer['id']}/accept") == (409, "handover_over")
    assert [row["state"] for row in await third.get("/handovers")] == ["lapsed"]


async def test_nobody_accepts_what_is_not_for_him_or_what_he_may_not_see(hq, watches):
    admin, first, _ = watches
    other = await desk(hq, "ward", admin=admin, level="CUI")
    low = Desk(await staffed(admin, hq, "low", first.appointment), first.appointment)
    await first.log("Closed.", significant=True, label="CUI")
    offer = await first.post("/handovers")
    for who in (other, low, first):
        hidden = await who.browser.post(f"/api/operations/handovers/{offer['id']}/accept")
        absent = await who.browser.post("/api/operations/handovers/none/accept")
        assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content) == (404, absent.content)
        assert await who.get("/handovers/offered") == []
    assert await other.no(f"/handovers/{offer['id']}/withdraw") == (404, "not_found")
    assert await holder(low) == "Hale"


async def test_who_keeps_no_log_offers_no_watch(hq):
    observer = await desk(hq, "ward", "watch")
    assert await observer.no("/handovers") == (403, "not_permitted")
    assert await observer.no("/handovers/compose") == (403, "not_permitted")


async def test_the_same_records_give_the_same_handovers(hq, watches):
    _, first, second = watches
    offer = await first.post("/handovers")
    await second.post(f"/handovers/{offer['id']}/accept")
    again, other = Handovers(), Journal(MemoryStore(hq.shelf), hq="USFJ", clock=hq.clock)
    other.attach(again)
    await other.start()
    assert canonical(again.state()) == canonical(hq.operations.handovers.state())
    await other.close()
