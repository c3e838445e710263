"""The life of a change: drafted by one, looked at by others, approved by a third, taken back by a further one."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from jointhq.command.ground import Basis
from jointhq.command.rules import changes
from tests.command.house import CLOSED, OPEN, Desk, House, desk, house, made, unit

HOUR_MS = 3_600_000


@pytest_asyncio.fixture
async def hq(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


class Staff:
    """Three desks of a headquarters with three units: H commands A, which B is organic to; C stands alone."""

    planner: Desk
    chief: Desk
    higher: Desk

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.relations: dict[str, str] = {}


@pytest_asyncio.fixture
async def staff(hq: House) -> Staff:
    admin, found = await hq.administrator(), Staff()
    found.planner = await desk(hq, "planner", "plan", "command", admin=admin)
    body = await found.planner.draft(
        unit("H"), unit("A"), unit("B"), unit("C"),
        made("COCOM", "+H", "+A"), made("COCOM", "+H", "+C"), made("ORG", "+A", "+B"),
    )  # fmt: skip
    body = await found.planner.then(body, "submit")
    await found.planner.then(body, "approve")  # the first units: one person's work
    for row in (await found.planner.get("units"))["units"]:
        found.ids[row["name"]] = row["id"]
    names = {one: name for name, one in found.ids.items()}
    for row in (await found.planner.get("units"))["relations"]:
        found.relations[f"{row['type']} {names[row['superior']]} {names[row['subordinate']]}"] = row["id"]
    found.chief = await desk(hq, "chief", admin=admin, unit=found.ids["C"])
    found.higher = await desk(hq, "higher", admin=admin, unit=found.ids["H"])
    hq.clock.advance(60)
    return found


async def test_what_must_say_something_isnt_spaces_and_nothing_is_hidden_in_it(hq: House, staff: Staff) -> None:
    planner, position = staff.planner, hq.journal.position
    act = unit("X")
    for odd, code in ((" ", "blank"), ("\u3000", "blank"), ("a\0", "characters"), ("\u202eFSU", "characters")):
        for title, phase, name in ((odd, "One", "X"), ("T", odd, "X"), ("T", "One", odd)):
            said: dict[str, Any] = {"title": title, "phases": [{"name": phase, "acts": [{**act, "name": name}]}]}
            assert await planner.no("changes", **said) == (400, code)
    assert hq.journal.position == position


def transfer(staff: Staff, **more: Any) -> list[dict[str, Any]]:
    """H gives OPCON of A to C."""
    return [made("OPCON", staff.ids["C"], staff.ids["A"], granted_by=staff.ids["H"], **more)]


async def alarms(desk: Desk) -> list[Any]:
    """Return the alarms, but for headquarters without alternates: nobody has any here."""
    return [one for one in (await desk.get("units"))["alarms"] if one["code"] != "no_alternates"]


async def test_the_whole_life(hq: House, staff: Staff) -> None:
    ids = staff.ids
    at_ms = hq.clock.now_ms() + HOUR_MS
    asked = {"superior": ids["C"], "subordinate": ids["B"], "action": "assign_task"}
    no = await staff.planner.get("may", **asked)
    assert (no["allowed"], no["rule"]) == (False, "no_relation")
    assert no["refer_to"] == [ids["A"], ids["H"]]

    body = await staff.planner.draft(*transfer(staff))
    assert (body["row"]["state"], body["may"], body["refusals"]) == ("draft", ["edit", "submit", "withdraw"], [])
    difference = await staff.planner.get(f"changes/{body['row']['id']}/difference")
    (gained,) = difference["authority"]
    assert (gained["superior"], gained["subordinate"], gained["after"]) == (ids["C"], ids["A"], "OPCON")
    assert "assign_task" in gained["gained"]
    assert gained["lost"] == []

    assert await staff.chief.wont(body, "concur", office="J4") == (409, "wrong_state")
    body = await staff.planner.then(body, "submit")
    assert await staff.planner.wont(body, "concur", office="J5") == (409, "own_draft")
    body = await staff.chief.then(body, "object", office="J4", note="no trucks")
    stale = dict(body)
    body = await staff.chief.then(body, "concur", office="J6")
    assert await staff.chief.wont(stale, "concur", office="J6") == (409, "changed_meanwhile")
    assert [(one["office"], one["concurs"]) for one in body["opinions"]] == [("J4", False), ("J6", True)]
    assert await staff.planner.wont(body, "approve", note="x") == (409, "two_persons")
    assert await staff.chief.wont(body, "approve", note="x") == (403, "not_yours")
    assert await staff.higher.wont(body, "approve") == (409, "objected")
    body = await staff.higher.then(body, "approve", at_ms=[at_ms], note="trucks are coming", order_ref="FRAGO 7")
    assert body["row"]["state"] == "approved"
    assert not (await staff.planner.get("may", **asked))["allowed"]
    yes = await staff.planner.get("may", **asked, at=at_ms)
    assert yes["allowed"]
    assert [hop["type"] for hop in yes["path"]] == ["OPCON", "ORG"]
    assert not (await staff.planner.get("may", **asked, at=at_ms, known=hq.clock.now_ms() - 1))["allowed"]

    hq.clock.advance(3600)
    assert (await staff.planner.get("may", **asked))["allowed"]
    body = await staff.planner.get(f"changes/{body['row']['id']}")
    assert (body["row"]["state"], body["may"]) == ("in_force", ["reverse"])

    hq.clock.advance(60)
    undo = await staff.planner.post(f"changes/{body['row']['id']}/reverse")
    undo = await staff.planner.then(undo, "submit")
    await staff.higher.then(undo, "approve")
    assert not (await staff.planner.get("may", **asked))["allowed"]
    assert (await staff.planner.get("may", **asked, at=at_ms))["allowed"]  # what was in force, was
    body = await staff.planner.get(f"changes/{body['row']['id']}")
    assert body["row"]["reversed_by"] == undo["row"]["id"]
    assert await staff.planner.no(f"changes/{body['row']['id']}/reverse") == (409, "reversed")
    gaps = await alarms(staff.planner)
    assert [(one["code"], one["unit"], one["params"]) for one in gaps] == [("gap", ids["A"], {"reverts_to": ""})]


async def test_a_returned_change_is_a_draft_and_what_was_said_is_stale(staff: Staff) -> None:
    body = await staff.planner.then(await staff.planner.draft(*transfer(staff)), "submit")
    body = await staff.chief.then(body, "object", office="J4", note="no")
    assert await staff.chief.wont(body, "return") == (400, "note_needed")
    body = await staff.chief.then(body, "return", note="again")
    phases = body["phases"]
    edited = await staff.planner.browser.ok(
        "put", f"/api/command/changes/{body['row']['id']}", title="again", phases=phases, version=body["row"]["version"]
    )
    assert edited["phases"] == phases
    assert [one["stale"] for one in edited["opinions"]] == [True]
    body = await staff.planner.then(edited, "submit")
    await staff.higher.then(body, "approve")
    kinds = [
        step["kind"].partition(".")[2] for step in (await staff.chief.get(f"changes/{body['row']['id']}"))["steps"]
    ]
    assert kinds == ["drafted", "submitted", "not_concurred", "returned", "edited", "submitted", "approved"]


async def test_a_withdrawn_change_changes_nothing(staff: Staff) -> None:
    before = await staff.planner.get("units")
    body = await staff.planner.then(await staff.planner.draft(*transfer(staff)), "withdraw", note="no")
    assert (body["row"]["state"], body["may"]) == ("withdrawn", [])
    assert await staff.higher.wont(body, "approve") == (409, "wrong_state")
    after = await staff.planner.get("units")
    assert (before["units"], before["relations"]) == (after["units"], after["relations"])


async def test_what_moves_no_authority_one_person_may_do(staff: Staff) -> None:
    place = {"kind": "unit.placed", "unit": staff.ids["B"], "lat": 35.5, "lon": 139.5, "place": "Zama"}
    strength = {"kind": "strength.reported", "unit": staff.ids["B"], "number": 12, "source": "R"}
    body = await staff.planner.then(await staff.planner.draft(place, strength), "submit")
    await staff.planner.then(body, "approve")
    row = (await staff.planner.get(f"units/{staff.ids['B']}"))["row"]
    assert (row["place"], row["lat"], row["strength"]["number"], row["strength"]["doubtful"]) == (
        "Zama", 35.5, 12, False,
    )  # fmt: skip


async def test_both_sides_accept_a_relation(hq: House, staff: Staff) -> None:
    body = await staff.planner.then(await staff.planner.draft(*transfer(staff)), "submit")
    await staff.higher.then(body, "approve")
    relation = next(row for row in (await staff.planner.get("units"))["relations"] if row["type"] == "OPCON")
    path = f"relations/{relation['id']}/accept"
    assert [one["code"] for one in await alarms(staff.chief)] == ["not_accepted"]
    assert await staff.chief.no(path, side="losing") == (403, "not_yours")
    await staff.chief.post(path, side="gaining")
    assert await alarms(staff.chief) == []
    assert await staff.chief.no("relations/nothing/accept", side="gaining") == (404, "not_found")
    assert hq.kinds().count("relation.accepted") == 1


async def test_a_task_that_loses_its_basis_is_named(hq: House, staff: Staff) -> None:
    hq.tasks = [Basis("t1", "Escort", staff.ids["H"], staff.ids["A"], OPEN), Basis("t2", "x", "H", "A", CLOSED)]
    ended = {"kind": "relation.ended", "relation": staff.relations["COCOM H A"], "reason": "done"}
    body = await staff.planner.draft(ended)
    difference = await staff.planner.get(f"changes/{body['row']['id']}/difference")
    assert [task["task"] for task in difference["tasks"]] == ["t1"]
    assert [(gap["unit"], gap["type"]) for gap in difference["gaps"]] == [(staff.ids["A"], "COCOM")]


async def test_a_draft_names_only_what_is_there(staff: Staff) -> None:
    async def no(*acts: dict[str, Any]) -> tuple[int, str]:
        return await staff.planner.no("changes", title="x", phases=[{"name": "y", "acts": acts}])

    assert await no(made("ORG", "kn0z", staff.ids["A"])) == (400, "unit_not_there")
    assert await no(made("ORG", "+x", staff.ids["A"])) == (400, "unit_not_there")
    assert await no({"kind": "relation.ended", "relation": "kn0z"}) == (400, "relation_not_there")
    assert await no({**unit("x"), "unit": "x"}) == (400, "id_new")
    assert await no(unit("x"), unit("x")) == (400, "id_twice")
    assert await no(made("ORG", staff.ids["A"], staff.ids["A"])) == (400, "circle")
    assert await no(made("SUPPORT", staff.ids["A"], staff.ids["C"])) == (400, "support_kind")
    assert await no({"kind": "unit.placed", "unit": staff.ids["A"], "lat": 1}) == (400, "place_half")
    assert await no({"kind": "appointment.bound", "appointment": "x", "unit": ""}) == (400, "appointment_not_there")
    assert await no({**unit("x"), "label": "NONSENSE"}) == (400, "label_unknown")
    assert await no({**unit("x"), "label": "CUI"}) == (403, "label_above_you")


async def test_who_only_watches_changes_nothing(hq: House, staff: Staff) -> None:
    watch = await desk(hq, "watch", "watch")
    body = await staff.planner.draft(*transfer(staff))
    assert await watch.no("changes", title="x", phases=[{"name": "y", "acts": []}]) == (403, "not_permitted")
    for verb in ("submit", "withdraw", "return", "approve"):
        assert await watch.wont(body, verb) == (403, "not_permitted")
    for verb in ("concur", "object"):
        assert await watch.wont(body, verb, office="x") == (403, "not_permitted")


async def test_a_hidden_change_is_not_there(hq: House, staff: Staff) -> None:
    cleared = await desk(hq, "cleared", level="CUI")
    act = {"kind": "unit.placed", "unit": staff.ids["A"], "place": "a secret place", "label": "CUI"}
    body = await cleared.draft(act)
    assert body["row"]["mark"] == "(CUI)"  # as narrow as its narrowest act
    path = f"changes/{body['row']['id']}"
    hidden = await staff.planner.browser.get(f"/api/command/{path}")
    absent = await staff.planner.browser.get("/api/command/changes/kn0z")
    assert (hidden.status_code, hidden.text) == (absent.status_code, absent.text)
    assert path.rpartition("/")[2] not in str(await staff.planner.get("changes"))
    before = await staff.planner.get("units")
    await cleared.then(await cleared.then(body, "submit"), "approve")
    assert (await cleared.get(f"units/{staff.ids['A']}"))["row"]["place"] == "a secret place"
    assert await staff.planner.get("units") == before
    assert "secret" not in str(await staff.planner.get(f"units/{staff.ids['A']}"))


async def test_hidden_changes_take_no_room_of_who_may_not_see_them(
    hq: House, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "OPEN_MAX", 1)
    cleared = await desk(hq, "cleared", level="CUI")
    more: dict[str, Any] = {"title": "T", "phases": [{"name": "one", "acts": [unit("Y")]}]}
    await cleared.draft({**unit("X"), "label": "CUI"})
    assert await cleared.no("changes", **more) == (409, "too_many")
    await staff.planner.draft(unit("Z"))
    assert await staff.planner.no("changes", **more) == (409, "too_many")


async def test_a_large_change_is_one_approval(hq: House, staff: Staff) -> None:
    acts = [unit(f"u{n}", note="x" * 100) for n in range(2000)] + [
        made("ORG", f"+u{n // 6}", f"+u{n}", order_ref="") for n in range(1, 2000)
    ]
    body = await staff.planner.draft(*acts)
    assert (body["row"]["acts"], hq.kinds().count("change.acts") > 5) == (3999, True)
    body = await staff.planner.then(body, "submit")
    await staff.higher.then(body, "approve")
    assert len((await staff.planner.get("units"))["units"]) == 2004
    assert hq.kinds().count("change.approved") == 2
