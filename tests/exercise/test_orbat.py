"""The demo's structure: as published, no rule broken at any moment, and a change that could be approved."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest_asyncio

from jointhq.base.clock import ManualClock
from jointhq.command.forms.changes import ApproveForm, VersionForm
from jointhq.command.ground import Ground
from jointhq.command.rules.changes import approve, reasons, submit, take_back
from jointhq.command.rules.invariants import check
from jointhq.command.snapshot import ADMINISTRATIVE
from jointhq.command.structure import Structure
from jointhq.command.views import may, rows
from jointhq.command.views.difference import difference
from jointhq.exercise.orbat import add_orbat
from jointhq.exercise.people import PEOPLE, add_people, id_of
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore, Shelf
from jointhq.people.directory import Directory, Session
from tests.people.house import DOOR, OPEN

FAR_MS = 4_000_000_000_000
NOW_MS = 1_795_400_000_000  # 23 November 2026
BEFORE_JJOC_MS, PHASE_1_MS, PHASE_3_MS = 1_740_000_000_000, 1_743_292_800_000, 1_806_537_600_000


class Demo(NamedTuple):
    ground: Ground
    journal: Journal

    def who(self, username: str) -> Session:
        appointment, person = id_of("appointment", username), id_of("person", username)
        reader = self.ground.directory.reader(person, appointment, NOW_MS)
        held = frozenset(next(one.permissions for one in PEOPLE if one.username == username))
        return Session(
            id="s", person=person, appointment=appointment, reader=reader, permissions=held, until_ms=NOW_MS + 1,
            how="link", started_ms=NOW_MS,
        )  # fmt: skip


@pytest_asyncio.fixture
async def demo() -> AsyncIterator[Demo]:
    clock = ManualClock(NOW_MS)
    journal = Journal(MemoryStore(Shelf()), hq="USFJ", clock=clock)
    directory, structure = Directory(), Structure()
    journal.attach(directory)
    journal.attach(structure)
    await journal.start()
    await add_people(journal, directory, OPEN, clock)
    await add_orbat(journal, structure, DOOR, OPEN)
    written = journal.position
    await add_orbat(journal, structure, DOOR, OPEN)
    assert journal.position == written  # once
    yield Demo(Ground(structure, directory, DOOR, OPEN, NOW_MS), journal)
    await journal.close()


async def test_it_breaks_no_rule_at_any_moment(demo: Demo) -> None:
    for at_ms in (*demo.ground.structure.moments(), NOW_MS):
        assert list(check(demo.ground.whole(at_ms=at_ms), at_ms)) == []


async def test_what_stood_when(demo: Demo) -> None:
    now, before = demo.ground.whole(), demo.ground.whole(at_ms=BEFORE_JJOC_MS)
    assert len(now.units) == 61
    assert {unit for unit in now.units if unit not in before.units} == {"US11", "JP02", "JP03", "JP22"}
    assert (before.parents["JP10"].act.superior, now.parents["JP10"].act.superior) == ("JP00", "JP02")
    assert now.chain("JP10", ADMINISTRATIVE)[0].act.superior == "JP00"
    assert "US11" not in demo.ground.whole(at_ms=PHASE_1_MS - 1).units
    assert "US11" in demo.ground.whole(at_ms=PHASE_1_MS).units


async def test_us_forces_japan_directs_no_component_yet(demo: Demo) -> None:
    now = demo.ground.whole()
    for unit in ("US12", "US17", "US23", "US25"):
        assert not may(now, "US10", unit, "assign_task").allowed
        assert may(now, "US01", unit, "assign_task").allowed
    assert may(now, "US10", "US11", "assign_task").allowed
    assert not may(now, "US10", "JP02", "assign_task").allowed


async def test_the_waiting_change_could_be_approved_and_says_what_it_does(demo: Demo) -> None:
    chief = demo.who("indopacom")
    change = demo.ground.structure.changes["demo-jfhq"]
    assert change.state == "submitted"
    assert reasons(demo.ground, chief, change) == []
    second = difference(demo.ground, chief, "demo-jfhq", 0)
    assert {(one.superior, one.subordinate, one.after) for one in second.authority if one.superior == "US10"} == {
        ("US10", "US12", "TACON"), ("US10", "US17", "TACON"), ("US10", "US25", "TACON"), ("US10", "US18", "SUPPORT"),
    }  # fmt: skip
    third = difference(demo.ground, chief, "demo-jfhq")
    assert third.at_ms == PHASE_3_MS
    gains = {(one.subordinate, one.after) for one in third.authority if one.superior == "US10"}
    assert {("US12", "OPCON"), ("US17", "OPCON"), ("US23", "OPCON"), ("US25", "OPCON")} <= gains
    loses = {(one.superior, one.subordinate) for one in third.authority if "assign_task" in one.lost}
    assert loses == {("US04", "US12"), ("US03", "US17"), ("US02", "US23"), ("US05", "US25")}
    assert (third.gaps, third.overlaps) == ([], [])


async def test_the_change_is_for_two_nations_and_the_structure_for_all(demo: Demo) -> None:
    observer, liaison = demo.who("observer"), demo.who("liaison")
    assert demo.ground.change(liaison.reader, "demo-jfhq") is not None
    assert demo.ground.change(observer.reader, "demo-jfhq") is None
    assert len(rows.structure(demo.ground, observer.reader, None, None).units) == 61


async def test_strength_is_rolled_up_with_what_is_missing(demo: Demo) -> None:
    rollup = rows.unit_body(demo.ground, demo.who("watch"), "US10", None, None).strength_rollup
    assert (rollup.known, rollup.doubtful) == (54_000, 54_000)
    assert rollup.mark == "(U)"  # it stands before a figure, as a portion
    jjoc = rows.unit_body(demo.ground, demo.who("watch"), "JP02", None, None).strength_rollup
    assert jjoc.known == 240 + 100 + 2_500 + 3_000
    assert jjoc.missing == jjoc.units - 4


def lines(demo: Demo, at_ms: int) -> set[tuple[str, str, str]]:
    relations = demo.ground.structure.at(FAR_MS, at_ms).relations.values()
    return {(one.act.type, one.act.superior, one.act.subordinate) for one in relations}


async def test_approved_and_taken_back_it_leaves_the_structure_as_it_was(demo: Demo) -> None:
    before = {at_ms: lines(demo, at_ms) for at_ms in (NOW_MS, PHASE_3_MS, PHASE_3_MS + 1)}
    chief, g = demo.who("indopacom"), demo.ground
    version = g.structure.changes["demo-jfhq"].version
    await demo.journal.append(*approve(g, chief, "demo-jfhq", ApproveForm(version=version)).drafts)
    assert ("OPCON", "US10", "US12") in lines(demo, PHASE_3_MS)
    ids = (f"back-{n}" for n in range(100))
    await demo.journal.append(*take_back(g, demo.who("planner"), "demo-jfhq", lambda: next(ids), "back").drafts)
    change = g.structure.changes["back"]
    assert reasons(g, chief, change) == []
    await demo.journal.append(*submit(g, demo.who("planner"), "back", VersionForm(version=change.version)).drafts)
    await demo.journal.append(*approve(g, chief, "back", ApproveForm(version=change.version)).drafts)
    assert {at_ms: lines(demo, at_ms) for at_ms in before} == before
    assert g.whole().units["US10"].act.name == "US Forces Japan"
    assert g.structure.changes["demo-jfhq"].reversed_by == "back"
