"""R7: one shared mission, an order per side, what both agreed on; no side's state follows from the other's."""

from jointhq.journal.projection import canonical
from jointhq.operations.views.combined import Combined
from tests.operations.orders_book import Structure
from tests.operations.test_order_routes import Staff, staff  # noqa: F401 - the fixture
from tests.people.house import CLOSED, DOOR

TEXT = {"title": "Search and rescue", "text": "J6 nets; one search area each.", "other": "C"}


async def test_each_side_agrees_orders_and_ends_for_itself(staff: Staff) -> None:  # noqa: F811
    j3, chief, c = await staff.desk("j3"), await staff.desk("chief"), await staff.desk("c")
    a = await staff.desk("a")
    assert await j3.no("/combined", **{**TEXT, "other": "JFHQ"}) == (400, "one_nation")
    assert await j3.no("/combined", **{**TEXT, "other": "A"}) == (400, "one_nation")
    assert await j3.no("/combined", **{**TEXT, "other": "E"}) == (400, "no_nation")
    assert await a.no("/combined", **TEXT) == (403, "not_permitted")
    one = await j3.post("/combined", **TEXT)
    path, version = f"/combined/{one['id']}", one["version"]
    assert [(side["unit"]["id"], side["agreed"]) for side in one["sides"]] == [("JFHQ", False), ("C", False)]
    assert await (await staff.desk("high")).no(f"{path}/agree", version=version) == (403, "not_your_unit")
    said = {"version": version}
    one = await c.post(f"{path}/agree", **said)
    assert ([side["agreed"] for side in one["sides"]], one["agreed"], one["own"]) == ([False, True], False, "C")
    assert (await chief.post(f"{path}/agree", version=version))["agreed"]

    issued = await staff.issued()
    assert await c.no(f"{path}/order", order=issued["row"]["id"]) == (400, "not_own_order")
    one = await j3.post(f"{path}/order", order=issued["row"]["id"])
    assert [side["order"] and side["order"]["state"] for side in one["sides"]] == ["in_force", None]

    changed = await j3.browser.ok(
        "put", f"/api/operations{path}", **{**TEXT, "text": "Other nets.", "version": version}
    )
    assert [side["agreed"] for side in changed["sides"]] == [False, False]  # to this text nobody has agreed
    assert await c.no(f"{path}/agree", version=version) == (409, "changed_meanwhile")
    one = await c.post(f"{path}/end", reason="ships are needed elsewhere")
    assert [bool(side["ended_ms"]) for side in one["sides"]] == [False, True]
    assert [side["order"] and side["order"]["state"] for side in one["sides"]] == ["in_force", None]
    assert await c.no(f"{path}/agree", version=changed["version"]) == (409, "side_ended")
    assert not (await j3.post(f"{path}/agree", version=changed["version"]))["agreed"]

    built, rebuilt = staff.hq.operations.combined, Combined()
    for record in await staff.hq.journal.read(0, 1_000):
        rebuilt.apply(record)
    assert canonical(rebuilt.state()) == canonical(built.state())


async def test_a_hidden_activity_and_a_hidden_order_change_nothing(staff: Staff) -> None:  # noqa: F811
    j3, junior = await staff.desk("j3"), await staff.desk("junior")
    mark = DOOR.banner(CLOSED)
    hidden = await j3.post("/combined", **TEXT, label=mark)
    assert await junior.get("/combined") == []
    said = {"version": hidden["version"]}
    assert await junior.no(f"/combined/{hidden['id']}/agree", **said) == (404, "not_found")
    assert await junior.no("/combined/nothing/agree", **said) == (404, "not_found")
    shown = await j3.post("/combined", **TEXT)
    before = await junior.get("/combined")
    issued = await staff.issued(label=mark)
    one = await j3.post(f"/combined/{shown['id']}/order", order=issued["row"]["id"])
    assert one["sides"][0]["order"]["id"] == issued["row"]["id"]
    assert await junior.get("/combined") == before

    known = await staff.issued()
    await j3.post(f"/combined/{shown['id']}/order", order=known["row"]["id"])
    before = await junior.get("/combined")
    assert before[0]["sides"][0]["order"]["id"] == known["row"]["id"]
    await j3.post(f"/combined/{shown['id']}/order", order=issued["row"]["id"])
    assert await junior.get("/combined") == before


async def test_a_side_whose_other_unit_has_ended_ends_its_own_part(staff: Staff) -> None:  # noqa: F811
    j3 = await staff.desk("j3")
    one = await j3.post("/combined", **TEXT)
    structure = staff.hq.operations.authority
    assert isinstance(structure, Structure)
    structure.ended.add("C")
    (row,) = await j3.get("/combined")
    assert [(side["unit"]["short"], side["gone"]) for side in row["sides"]] == [("JFHQ", False), ("C", True)]
    assert await j3.no("/combined", **TEXT) == (400, "unit_unknown")
    ended = await j3.post(f"/combined/{one['id']}/end", reason="They are no more.")
    assert [bool(side["ended_ms"]) for side in ended["sides"]] == [True, False]


async def test_what_is_compared_after_folding_again_is_all_that_is_known(staff: Staff) -> None:  # noqa: F811
    j3 = await staff.desk("j3")
    await j3.post("/combined", **TEXT)
    assert TEXT["text"] in str(canonical(staff.hq.operations.combined.state()))
