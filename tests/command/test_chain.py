"""TAK groups that units make: what is said goes up the chain of command in force, and nobody learns of it by that."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from jointhq.command import records as r
from jointhq.command.chain import Chain
from jointhq.command.structure import Structure
from jointhq.people.directory import FOREVER_MS
from jointhq.people.groups import UNIT
from jointhq.people.records import CertificateIssued
from jointhq.release.reader import ANON, Reader
from tests.command.house import CLOSED, DOOR, OPEN, House, desk, house, made, unit
from tests.command.records import Writer
from tests.people.house import POLICY, Browser, appointment, assigned, person, staffed

NOW_MS = 1_700_000_000_000
UNITS = 8


def reads(level: str) -> Reader:
    return Reader("USA", "USFJ", POLICY, level, frozenset(), frozenset({ANON}), FOREVER_MS)


@given(
    st.lists(st.tuples(st.integers(0, UNITS), st.booleans(), st.booleans()), min_size=UNITS, max_size=UNITS),
    st.sampled_from(["OPCON", "CMD", "ORG", "COMP", "COORD"]),
    st.sampled_from(["U", "CUI"]),
)
def test_the_chain_is_that_of_the_structure_as_the_person_sees_it(
    drawn: list[tuple[int, bool, bool]], kind: Any, level: str
) -> None:
    structure = Structure()
    writer, acts, labels = Writer(structure), list[r.AnyAct](), list[Any]()
    above, shut = dict[int, int](), {n for n, (_, hidden, _) in enumerate(drawn) if hidden}
    for n, (_, hidden, _) in enumerate(drawn):
        acts.append(r.UnitAdded(unit=f"U{n}", name=f"Unit {n}", nation="USA"))
        labels.append(CLOSED if hidden else OPEN)
    for n, (over, _, hidden) in enumerate(drawn):
        if over < n:  # who stands over a unit was there before it: no circles
            acts.append(r.RelationMade(relation=f"R{n}", type=kind, superior=f"U{over}", subordinate=f"U{n}"))
            labels.append(CLOSED if hidden else OPEN)
            if level == "CUI" or not (hidden or n in shut or over in shut):
                above[n] = over
    writer.change(acts, NOW_MS - 10, at_ms=NOW_MS, labels=labels)
    chain = Chain(structure, DOOR)
    for n in range(UNITS):
        expected, at = [f"U{n}"] if level == "CUI" or n not in shut else [], n
        while expected and at in above and kind not in ("COMP", "COORD"):  # neither gives authority
            at = above[at]
            expected.append(f"U{at}")
        assert chain.chain(reads(level), "", f"U{n}", NOW_MS) == tuple(expected)
        assert chain.chain(reads(level), "", f"U{n}", NOW_MS - 1) == ()  # not in force yet
        assert bool(chain.name(reads(level), f"U{n}", NOW_MS)) == bool(expected)


@pytest_asyncio.fixture
async def hq(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        built.directory.units = Chain(built.structure, DOOR)
        built.structure.on_change(built.directory.regrouped)
        yield built


class Field:
    """INDOPACOM over PACAF and USFJ; Fifth Air Force organic to PACAF; somebody with a device at each."""

    def __init__(self, hq: House) -> None:
        self.hq, self.ids, self.devices = hq, dict[str, str](), dict[str, str]()
        self.admin: Browser
        self.appointments = dict[str, str]()

    def heard(self, of: str) -> set[str]:
        """Return who receives what the device at a unit says."""
        now_ms = self.hq.clock.now_ms()
        said = self.hq.directory.identity_of_certificate(self.devices[of], now_ms)
        assert said is not None
        label = msgspec.structs.replace(OPEN, groups=said.groups_in)
        found = set()
        for name, fingerprint in self.devices.items():
            identity = self.hq.directory.identity_of_certificate(fingerprint, now_ms)
            assert identity is not None
            if DOOR.may_see(identity.reader, label, now_ms):
                found.add(name)
        return found


@pytest_asyncio.fixture
async def field(hq: House) -> Field:
    built = Field(hq)
    admin = built.admin = await hq.administrator()
    planner = await desk(hq, "planner", "plan", "command", admin=admin)
    body = await planner.draft(
        unit("INDOPACOM"), unit("PACAF"), unit("USFJ"), unit("5AF"),
        made("COCOM", "+INDOPACOM", "+PACAF"), made("COCOM", "+INDOPACOM", "+USFJ"), made("ORG", "+PACAF", "+5AF"),
    )  # fmt: skip
    await planner.then(await planner.then(body, "submit"), "approve")
    built.ids = {row["name"]: row["id"] for row in (await planner.get("units"))["units"]}
    for name, unit_id in built.ids.items():
        post = appointment(f"{name} desk", unit=unit_id, groups_in=[UNIT], groups_out=[UNIT], permissions=["watch"])
        into = built.appointments[name] = (await admin.ok("post", "/api/appointments", **post))["id"]
        who = (await admin.ok("post", "/api/people", **person(f"at{name.lower()}")))["id"]
        await assigned(admin, who, into)
        body = CertificateIssued(
            fingerprint=name * 8, serial=name, subject=name, person=who, appointment=into, client_uid=name,
            not_before_ms=0, not_after_ms=FOREVER_MS,
        )  # fmt: skip
        await hq.people.certificate_issued(body)
        built.devices[name] = name * 8
    return built


async def test_what_a_unit_says_goes_up_its_chain_and_a_headquarters_sees_what_is_under_it(field: Field) -> None:
    assert field.heard("5AF") == {"5AF", "PACAF", "INDOPACOM"}
    assert field.heard("PACAF") == {"PACAF", "INDOPACOM"}
    assert field.heard("INDOPACOM") == {"INDOPACOM"}


async def test_a_change_of_command_moves_it_at_its_moment_and_all_are_told(hq: House, field: Field) -> None:
    told: list[int] = []
    hq.directory.on_change(lambda: told.append(hq.clock.now_ms()))
    at_ms = hq.clock.now_ms() + 60_000
    mover = await desk(hq, "mover", "plan", "command", admin=field.admin)
    chief = await desk(hq, "chief", "plan", "command", admin=field.admin, unit=field.ids["INDOPACOM"])
    gives = made("OPCON", field.ids["USFJ"], field.ids["5AF"], granted_by=field.ids["INDOPACOM"])
    body = await mover.post("changes", title="OPCON to USFJ", phases=[{"name": "one", "at_ms": at_ms, "acts": [gives]}])
    body = await mover.then(body, "submit")
    await chief.then(body, "approve")
    hq.clock.advance(59.9)
    hq.structure.sweep(hq.clock.now_ms())
    assert field.heard("5AF") == {"5AF", "PACAF", "INDOPACOM"}
    told.clear()
    hq.clock.advance(0.2)
    hq.structure.sweep(hq.clock.now_ms())
    assert told == [hq.clock.now_ms()]
    assert field.heard("5AF") == {"5AF", "USFJ", "INDOPACOM"}


async def test_who_names_no_unit_isnt_told_of_the_structure(hq: House) -> None:
    told: list[int] = []
    hq.directory.on_change(lambda: told.append(1))
    await desk(hq, "planner", "plan", "command")
    told.clear()
    hq.structure._listeners.tell()
    assert told == []


@pytest.mark.parametrize(("at", "allowed"), [("5AF", True), ("PACAF", True), ("USFJ", False), ("INDOPACOM", False)])
async def test_a_delegate_gives_the_groups_of_his_own_unit_and_those_under_it(
    field: Field, at: str, *, allowed: bool
) -> None:
    facts = {
        "permissions": ["watch", "delegate"],
        "unit": field.ids["PACAF"],
        "groups_in": [UNIT],
        "groups_out": [UNIT],
    }
    post = await field.admin.ok("post", "/api/appointments", **appointment("Fence", **facts))
    delegate = await staffed(field.admin, field.hq, "dee", post["id"])
    facts |= {"permissions": ["watch"], "unit": field.ids[at]}
    if allowed:
        await delegate.ok("post", "/api/appointments", **appointment("Desk", **facts))
    else:
        assert await delegate.no("post", "/api/appointments", **appointment("Desk", **facts)) == (403, "above_you")


async def test_nobody_names_a_group_that_units_make(field: Field) -> None:
    for name in (f"@unit:{field.ids['USFJ']}", "@all"):
        said = appointment("Desk", groups_out=[name])
        assert await field.admin.no("post", "/api/appointments", **said) == (400, "group_form")


async def test_why_names_the_units_that_the_asker_may_see(field: Field) -> None:
    post = appointment("Release desk", permissions=["watch", "release"])
    into = (await field.admin.ok("post", "/api/appointments", **post))["id"]
    asker = await staffed(field.admin, field.hq, "rel", into)
    people = {row["name"]: row["id"] for row in await field.admin.ok("get", "/api/people")}
    said = (await asker.get("/api/why", reader=people["Atusfj"], person=people["At5Af"])).json()
    assert (said["allowed"], said["rule"]) == (False, "not_in_groups")
    assert said["params"]["belongs_to"] == "5AF, INDOPACOM, PACAF"
    assert said["params"]["sees"] == "USFJ"
