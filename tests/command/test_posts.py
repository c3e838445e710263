"""R8 and R9: liaison officers, successions, and that nothing transfers without a decision."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.command import records as r
from jointhq.command.rules.posts import faults
from jointhq.command.structure import Structure
from jointhq.journal.record import Body
from tests.command.house import CLOSED, DOOR, OPEN, Desk, House, desk, house, unit
from tests.command.records import Writer
from tests.command.test_invariants import facts, started
from tests.people.house import appointment as form_of
from tests.people.house import staffed

MINUTE_MS = 60_000
tours = st.lists(
    st.tuples(
        st.sampled_from(["p", "q"]), st.sampled_from(["j1", "j2"]), st.integers(1, 9), st.sampled_from([0, 5, 8, 12]),
        st.one_of(st.none(), st.integers(1, 12)),
    ),
    max_size=8,
)  # fmt: skip


def posted(n: int, appointment: str, host: str, at_ms: int, until_ms: int = 0, **more: Any) -> r.LiaisonPosted:
    said: dict[str, Any] = {"ceiling": "U", "speaks": "inform", "contact": "DSN 1", **more}
    return r.LiaisonPosted(
        liaison=f"l{n}", home="u1", host=host, appointment=appointment, at_ms=at_ms, until_ms=until_ms, **said
    )


@settings(max_examples=100)
@given(tours)
def test_nobody_is_a_liaison_officer_at_two_headquarters_at_once(tried: list[Any]) -> None:
    structure, writer = started()
    for n, (appointment, host, at_ms, until_ms, ended_ms) in enumerate(tried):
        if until_ms and until_ms <= at_ms:
            continue
        acts: list[r.AnyAct] = [posted(n, appointment, host, at_ms, until_ms)]
        if ended_ms is not None and ended_ms >= at_ms:
            acts.append(r.LiaisonEnded(liaison=f"l{n}", at_ms=ended_ms))
        if not list(faults(structure, facts(acts, 20 + n))):
            writer.change(acts, 20 + n)
    for at_ms in range(15):
        there = [one.act.appointment for one in structure.at(999, at_ms).liaisons.values()]
        assert len(there) == len(set(there)), at_ms


def test_tours_are_half_open_and_who_commits_has_an_order() -> None:
    structure, writer = started()
    writer.change([posted(1, "p", "j1", 10, 20)], 5)
    assert [one.code for one in faults(structure, facts([posted(2, "p", "j2", 19)], 6))] == ["two_tours"]
    assert not list(faults(structure, facts([posted(2, "p", "j2", 20)], 6)))
    earlier: list[r.AnyAct] = [r.LiaisonEnded(liaison="l1", at_ms=15), posted(2, "p", "j2", 15)]
    assert not list(faults(structure, facts(earlier, 6)))
    commits = posted(3, "q", "j1", 10, speaks="commit")
    assert [(one.rule, one.code) for one in faults(structure, facts([commits], 6))] == [("R8", "no_order_ref")]
    ordered = posted(3, "q", "j1", 10, speaks="commit", order_ref="EXORD 1")
    assert not list(faults(structure, facts([ordered], 6)))


steps = st.lists(st.tuples(st.sampled_from(["lost", "regained", "transfer", "wait", "return"]), st.sampled_from("abc")))


@given(steps)
def test_one_commands_at_every_instant_and_only_a_decision_changes_who(tried: list[tuple[str, str]]) -> None:
    structure = Structure()
    writer = Writer(structure)
    writer.change([r.UnitAdded(unit="u", name="u")], 1)
    writer.change([r.SuccessionSet(unit="u", commander="a", alternates=("b", "c"), minutes=5)], 2)
    expected, now_ms = {2: "a"}, 2
    for what, name in tried:
        now_ms += 10
        body: Body
        if what == "lost":
            body = r.ContactLost(appointment=name, since_ms=now_ms - 5, minutes=5)
        elif what == "regained":
            body = r.ContactRegained(appointment=name)
        else:
            to = name if what == "transfer" and name != "a" else ""
            decision: Any = "wait" if what == "transfer" and not to else what
            body = r.SuccessionDecided(decision=decision, appointment=to, instead_of="a", note="x")
            if decision != "wait":
                expected[now_ms] = to or "a"
        writer.write(body, "u", now_ms)
    for at_ms in range(2, now_ms + 5):
        who = expected[max(one for one in expected if one <= at_ms)]
        snapshot = structure.at(now_ms, at_ms)
        assert snapshot.commander("u") == who
        speaks = {name: snapshot.unit_of(name, "u") for name in "abc"}
        assert speaks[who] == "u"
        assert speaks["a"] == ("u" if who == "a" else "")
    rebuilt = Structure()
    for record in writer.records:
        rebuilt.apply(record)
    assert rebuilt.state() == structure.state()


# -- over HTTP


class Staff:
    """Headquarters A of the USA with a commander and an alternate, H over it; a planner, and B of Japan."""

    ids: dict[str, str]
    planner: Desk
    commander: Desk
    alternate: Desk
    higher: Desk
    other: Desk  # speaks for B, commands nobody
    here: set[str]  # appointments that can be reached


@pytest_asyncio.fixture
async def hq(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


@pytest_asyncio.fixture
async def staff(hq: House) -> Staff:
    admin, found = await hq.administrator(), Staff()
    found.planner = await desk(hq, "planner", "plan", "command", admin=admin, level="CUI")
    over = {"kind": "relation.made", "relation": "+1", "type": "COCOM", "order_ref": "UCP"}
    body = await found.planner.draft(
        unit("H"), unit("A"), unit("B", "JPN"), {**over, "superior": "+H", "subordinate": "+A"}
    )
    body = await found.planner.then(body, "submit")
    await found.planner.then(body, "approve")
    found.ids = {row["name"]: row["id"] for row in (await found.planner.get("units"))["units"]}
    for name, of in (("commander", "A"), ("alternate", "A"), ("higher", "H"), ("other", "B")):
        setattr(found, name, await desk(hq, name, admin=admin, unit=found.ids[of], level="CUI"))
    found.here = {found.commander.appointment, found.alternate.appointment}
    hq.command.contact = lambda: found.here
    hq.clock.advance(60)
    return found


def succession(staff: Staff, **more: Any) -> dict[str, Any]:
    said = {"commander": staff.commander.appointment, "alternates": [staff.alternate.appointment], "minutes": 30}
    return {"kind": "succession.set", "unit": staff.ids["A"], **said, **more}


def liaison(staff: Staff, **more: Any) -> dict[str, Any]:
    said = {"home": staff.ids["A"], "host": staff.ids["B"], "appointment": staff.alternate.appointment}
    said |= {"ceiling": "CUI//REL TO USA, JPN", "speaks": "coordinate", "contact": "DSN 315-225-0000"}
    return {"kind": "liaison.posted", "liaison": "+1", **said, **more}


async def in_force(staff: Staff, *acts: dict[str, Any], **more: Any) -> Any:
    body = await staff.planner.then(await staff.planner.draft(*acts, **more), "submit")
    return await staff.higher.then(body, "approve")


async def test_silence_asks_and_only_a_person_decides(hq: House, staff: Staff) -> None:
    a = staff.ids["A"]
    await in_force(staff, succession(staff))
    await hq.command.listen()
    staff.here.discard(staff.commander.appointment)
    for _ in range(29):
        hq.clock.advance(60)
        await hq.command.listen()
    assert await staff.alternate.get("prompts") == []
    for _ in range(300):  # five hours
        hq.clock.advance(60)
        await hq.command.listen()
    (row,) = await staff.alternate.get("prompts")
    assert (row["unit"], row["why"], row["succession"]["acting"]) == (a, "lost", None)
    assert await staff.higher.get("prompts") == [row]
    assert await staff.other.get("prompts") == []
    position = hq.journal.position
    assert hq.command.ground().whole().commander(a) == staff.commander.appointment

    said = {"decision": "transfer", "appointment": staff.alternate.appointment, "version": row["version"]}
    path = f"units/{a}/succession"
    assert await staff.alternate.no(path, **said, note=" ") == (400, "blank")
    assert await staff.other.no(path, **said, note="x") == (403, "not_yours")
    assert await staff.alternate.no(path, **{**said, "appointment": staff.higher.appointment}, note="x") == (
        400, "alternate_unknown",
    )  # fmt: skip
    assert await staff.alternate.no(path, **{**said, "version": "x"}, note="x") == (409, "changed_meanwhile")
    assert await staff.alternate.no("units/nothing/succession", **said, note="x") == (404, "not_found")
    assert hq.journal.position == position
    waits = {"decision": "wait", "version": row["version"], "note": "an aircraft without a radio"}
    await staff.higher.browser.ok("post", f"/api/command/{path}", **waits)
    assert await staff.alternate.get("prompts") == []
    hq.clock.advance(30 * 60)
    (row,) = await staff.alternate.get("prompts")
    said["version"] = row["version"]
    await staff.alternate.browser.ok("post", f"/api/command/{path}", **said, note="no word for six hours")
    body = await staff.planner.get(f"units/{a}")
    assert body["succession"]["acting"]["id"] == staff.alternate.appointment
    assert staff.commander.appointment not in [one["id"] for one in body["appointments"]]
    assert await staff.alternate.get("prompts") == []

    hq.clock.advance(60)
    staff.here.add(staff.commander.appointment)
    await hq.command.listen()
    (row,) = await staff.commander.get("prompts")
    assert row["why"] == "back"
    assert hq.command.ground().whole().commander(a) == staff.alternate.appointment  # nor does it return by itself
    back = {"decision": "return", "version": row["version"], "note": "back on the net"}
    await staff.commander.browser.ok("post", f"/api/command/{path}", **back)
    assert hq.command.ground().whole().commander(a) == staff.commander.appointment
    assert await staff.commander.get("prompts") == []


async def test_a_list_of_alternates_is_one_who_can_command(hq: House, staff: Staff) -> None:
    watcher = await desk(hq, "watcher", "log", unit=staff.ids["A"])
    for more, code in (
        ({"alternates": []}, "no_alternates"),
        ({"alternates": [staff.commander.appointment]}, "alternate_twice"),
        ({"alternates": [watcher.appointment]}, "cannot_command"),
        ({"alternates": ["nobody"]}, "appointment_not_there"),
    ):
        body: dict[str, Any] = {"title": "x", "phases": [{"name": "one", "acts": [succession(staff, **more)]}]}
        assert await staff.planner.no("changes", **body) == (400, code)
    alarms = [one["unit"] for one in (await staff.planner.get("units"))["alarms"] if one["code"] == "no_alternates"]
    assert alarms == [staff.ids["H"]]


async def test_a_liaison_officer_is_seen_with_both_headquarters(hq: House, staff: Staff) -> None:
    for more, code in (
        ({"host": staff.ids["A"]}, "liaison_at_home"),
        ({"appointment": ""}, "liaison_who"),
        ({"ceiling": "PURPLE"}, "ceiling_unknown"),
        ({"at_ms": 2_000, "until_ms": 1_000}, "dates"),
    ):
        body: dict[str, Any] = {"title": "x", "phases": [{"name": "one", "acts": [liaison(staff, **more)]}]}
        assert await staff.planner.no("changes", **body) == (400, code)
    body = await staff.planner.then(await staff.planner.draft(liaison(staff)), "submit")
    assert await staff.other.wont(body, "approve") == (403, "not_yours")  # who sends him approves
    until_ms = hq.clock.now_ms() + 3_600_000
    body = await staff.planner.then(await staff.planner.draft(liaison(staff, until_ms=until_ms)), "submit")
    await staff.higher.then(body, "approve")
    (row,) = (await staff.other.get("units"))["liaisons"]
    assert (row["speaks"], row["ceiling"], row["contact"]) == ("coordinate", "CUI//REL TO USA, JPN", "DSN 315-225-0000")
    for name in "AB":
        assert (await staff.other.get(f"units/{staff.ids[name]}"))["liaisons"] == [row]
    assert (await staff.other.get(f"units/{staff.ids['H']}"))["liaisons"] == []
    ended = await staff.planner.then(
        await staff.planner.draft({"kind": "liaison.ended", "liaison": row["id"], "reason": "x"}), "submit"
    )
    assert (await staff.other.then(ended, "approve"))["row"]["state"] == "in_force"  # a host need not keep him
    assert (await staff.other.get("units"))["liaisons"] == []


async def test_who_plans_is_offered_also_an_appointment_that_speaks_for_no_unit_yet(hq: House, staff: Staff) -> None:
    admin = await hq.administrator()
    loose = await admin.ok("post", "/api/appointments", **form_of("Operations", permissions=["watch", "plan"]))
    hidden = await admin.ok("post", "/api/appointments", **form_of("Hidden", label=DOOR.banner(CLOSED)))
    planner, watcher = await desk(hq, "liaises", "plan", nation="JPN"), await desk(hq, "watches", "watch", nation="JPN")

    async def offered(who: Desk) -> dict[str, str]:
        return {one["id"]: one["unit"] for one in (await who.get("choices"))["appointments"]}

    seen = await offered(planner)
    assert (seen[loose["id"]], hidden["id"] in seen) == ("", False)
    assert hidden["id"] in await offered(staff.commander)
    a = staff.ids["A"]
    assert set((await offered(watcher)).values()) == set(filter(None, seen.values())) >= {a}
    await in_force(staff, {"kind": "appointment.bound", "appointment": loose["id"], "unit": a})
    assert (await offered(watcher))[loose["id"]] == (await offered(planner))[loose["id"]] == a


async def test_what_is_hidden_of_them_changes_nothing(hq: House, staff: Staff) -> None:
    outsider = await desk(hq, "outsider", nation="JPN")
    a = staff.ids["A"]

    async def seen() -> list[Any]:
        paths = ("units", f"units/{a}", f"units/{staff.ids['B']}", "moments", "changes", "prompts", "strength")
        news = hq.structure.told(lambda label: label == OPEN)
        return [news, *[await outsider.get(path) for path in paths]]

    before = await seen()
    mark = hq.command.ground().door.banner(CLOSED)
    await in_force(staff, succession(staff), liaison(staff, ceiling=mark), label=mark)
    await hq.command.listen()
    staff.here.clear()
    hq.clock.advance(3600)
    await hq.command.listen()
    (row,) = await staff.alternate.get("prompts")
    said = {"decision": "transfer", "appointment": staff.alternate.appointment, "note": "x", "version": row["version"]}
    await staff.alternate.browser.ok("post", f"/api/command/units/{a}/succession", **said)
    after = await seen()
    for one in (*before[1:], *after[1:]):
        if isinstance(one, dict):
            one.pop("known_ms", None), one.pop("at_ms", None)
    assert after == before
    hidden = await outsider.no(f"units/{a}/succession", **said)
    assert hidden == await outsider.no("units/nothing/succession", **said) == (404, "not_found")


async def test_a_delegate_names_no_appointment_outside_his_fence(hq: House) -> None:
    """What he may not know of and what isn't there are one answer; what stands with its unit all may know of."""
    admin = await hq.administrator()
    own = await admin.ok(
        "post",
        "/api/appointments",
        **form_of("Their desk", permissions=["watch", "plan", "delegate"], organisation="JJOC"),
    )
    theirs = await staffed(admin, hq, "dee", own["id"], organisation="JJOC", nation="JPN")
    outside = await admin.ok("post", "/api/appointments", **form_of("Free desk"))

    def names(appointment_id: str) -> dict[str, Any]:
        acts = [unit("H"), {"kind": "appointment.bound", "appointment": appointment_id, "unit": "+H"}]
        return {"title": "A change", "phases": [{"name": "one", "acts": acts}]}

    for hidden in (outside["id"], "nowhere"):
        said = await theirs.no("post", "/api/command/changes", **names(hidden))
        assert said == (400, "appointment_not_there")
    await theirs.ok("post", "/api/command/changes", **names(own["id"]))
