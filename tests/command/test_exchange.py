"""An order of battle of others becomes a change of command, and what is in force goes out again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio
from hypothesis import given, settings
from msgspec import structs

from jointhq.base.clock import ManualClock
from jointhq.command import records as r
from jointhq.command.change import Planned
from jointhq.command.ground import Ground
from jointhq.command.orbat import value as o
from jointhq.command.orbat.formats import FORMATS, read, write
from jointhq.command.rules.imports import Plan, plan
from jointhq.command.rules.revision import drafts
from jointhq.command.structure import Structure
from jointhq.command.views import exports
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.journal.record import Draft
from jointhq.people.directory import Directory
from jointhq.release.label import Label
from jointhq.release.reader import Reader
from tests.command.orbat.test_orbat import orbats
from tests.people.house import CLOSED, DOOR, OPEN

FALKLANDS = (Path(__file__).parent / "orbat/data/orbat_falkland82.json").read_bytes()
IDS = ("unit", "relation", "superior", "subordinate")


def reader(level: str) -> Reader:
    return Reader(
        nation="USA",
        organisation="USFJ",
        policy=OPEN.policy,
        level=level,
        caveats=frozenset(),
        groups=frozenset(),
        cleared_until_ms=1 << 60,
    )


LOW, HIGH = reader("U"), reader("CUI")


class Hall:
    """A structure, and changes that are approved as they are."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.structure = Structure()
        self.journal = Journal(MemoryStore(), hq="USFJ", clock=self.clock)
        self.journal.attach(self.structure)
        self.changes = 0

    def ground(self) -> Ground:
        return Ground(self.structure, Directory(), DOOR, OPEN, self.clock.now_ms())

    def export(self, who: Reader = HIGH, **when: Any) -> o.Orbat:
        return exports.orbat(self.ground(), who, **when).orbat

    def plan(self, orbat: o.Orbat | bytes, who: Reader = HIGH) -> Plan:
        got = read(orbat) if isinstance(orbat, bytes) else o.Read(orbat, o.Report())
        there = exports.orbat(self.ground(), who)
        return plan(self.ground(), got, there, title="import", label="")

    async def take(self, orbat: o.Orbat | bytes, label: Label = OPEN) -> Plan:
        made = self.plan(orbat)
        await self.approve(list(made.form.phases[0].acts), label)
        return made

    async def approve(self, acts: list[r.AnyAct], label: Label = OPEN) -> None:
        self.changes += 1
        self.clock.advance(1)
        change = f"change-{self.changes}"
        head = r.ChangeDrafted(revision=1, title="t", phases=(r.Phase(name="p"),))
        named = [self._named(act) for act in acts]
        await self.journal.append(
            *drafts(change, head, [[Planned(act, label) for act in named]], label),
            Draft(body=r.ChangeApproved(revision=1, at_ms=(0,)), subject=change, label=label),
        )
        assert self.journal.faults == {}

    def _named(self, act: r.AnyAct) -> r.AnyAct:
        said = msgspec.to_builtins(act)
        fresh = {k: f"c{self.changes}-{said[k][1:]}" for k in IDS if str(said.get(k, "")).startswith("+")}
        named: r.AnyAct = msgspec.convert(said | fresh, type(act))
        return named


@pytest_asyncio.fixture
async def hall() -> AsyncIterator[Hall]:
    built = Hall()
    await built.journal.start()
    yield built
    await built.journal.close()


def plainly(orbat: o.Orbat) -> o.Orbat:
    """Return it without marks, which are ours, and in one order of units."""
    units = (
        structs.replace(
            unit,
            mark="",
            relation="",
            moments=tuple(structs.replace(moment, relation="") for moment in unit.moments),
        )
        for unit in orbat.units
    )
    return structs.replace(orbat, mark="", start_ms=None, units=tuple(sorted(units, key=lambda unit: unit.id)))


async def test_a_real_scenario_goes_in_and_comes_out_with_all_its_times(hall: Hall) -> None:
    given = read(FALKLANDS)
    made = await hall.take(FALKLANDS)
    assert (made.added, made.changed, made.same) == (139, 0, 0)
    assert made.report.problems_total == 0
    got = hall.export()
    for one, other in zip(plainly(given.orbat).units, plainly(got).units, strict=True):
        assert one == other
    assert plainly(got) == plainly(given.orbat)
    report = o.count(got)
    assert (report.units, report.relations, report.places, report.times) == (139, 154, 128, 54)
    for name in FORMATS:
        assert o.count(read(write(got, name), name).orbat) == report, name


async def test_the_same_file_again_changes_nothing(hall: Hall) -> None:
    await hall.take(FALKLANDS)
    for again in (FALKLANDS, hall.export()):
        made = hall.plan(again)
        assert (made.added, made.changed, made.same) == (0, 0, 139)
        assert made.form.phases[0].acts == ()


async def test_at_a_moment_it_is_what_was_in_force_then(hall: Hall) -> None:
    await hall.take(FALKLANDS)
    late = hall.export(at_ms=391_000_000_000)
    belgrano = next(unit for unit in late.units if unit.name == "ARA General Belgrano")
    assert (belgrano.lat, belgrano.lon, belgrano.sidc) == (-55.4, -61.53, "10033040001202020000")
    assert belgrano.moments == ()
    assert hall.export(at_ms=0).units == ()


TABLE = "id,parent,relation,name,name_ja,lat,lon,place,strength,strength_date\n"


async def test_a_second_file_changes_what_differs(hall: Hall) -> None:
    one = TABLE + "a,,,Alpha,,1,2,Port,10,2024\nb,a,,Bravo,,,,,5,\nc,a,,Charlie,,,,,,\n"
    two = TABLE + "a,,,Alpha,甲,1,2,Port,10,2024\nb,c,OPCON,Bravo,,3,4,Hill,6,\nd,a,,Delta,,,,,,\n"
    await hall.take(one.encode())
    made = hall.plan(two.encode())
    kinds = sorted(type(act).__name__ for act in made.form.phases[0].acts)
    assert (made.added, made.changed, made.same) == (1, 2, 0)
    assert kinds == [
        "RelationEnded", "RelationMade", "RelationMade", "StrengthReported", "UnitAdded", "UnitChanged", "UnitPlaced",
    ]  # fmt: skip
    await hall.take(two.encode())
    snapshot = hall.ground().whole()
    names = {unit.act.name: key for key, unit in snapshot.units.items()}
    assert set(names) == {"Alpha", "Bravo", "Charlie", "Delta"}
    parent = snapshot.parents[names["Bravo"]].act
    assert (parent.superior, parent.type) == (names["Charlie"], "OPCON")
    assert snapshot.units[names["Alpha"]].act.name_ja == "甲"
    assert snapshot.strengths[names["Bravo"]].act.number == 6


async def test_what_a_file_says_wrongly_is_named(hall: Hall) -> None:
    made = hall.plan((TABLE + "a,,,A,,,,,,\nb,a,BOSS,B,,,,,7,soon\n").encode())
    assert [problem.code for problem in made.report.problems] == ["date", "relation_type"]
    (relation,) = [act for act in made.form.phases[0].acts if isinstance(act, r.RelationMade)]
    assert relation.type == "ORG"
    msgspec.json.decode(msgspec.json.encode(made.form), type=type(made.form))  # within every bound of a form


async def test_relations_beside_the_tree_keep_their_terms(hall: Hall) -> None:
    await hall.approve(
        [
            r.UnitAdded(unit="a", name="A"),
            r.UnitAdded(unit="b", name="B", note_ja="備考"),
            r.RelationMade(relation="r1", type="OPCON", superior="a", subordinate="b", order_ref="OPORD 1"),
            r.RelationMade(relation="r2", type="ADCON", superior="a", subordinate="b"),
            r.RelationMade(
                relation="r3", type="SUPPORT", support="direct", superior="b", subordinate="a",
                limits=r.Limits(flags=("x",), text="t"),
            ),
        ]
    )  # fmt: skip
    got = hall.export()
    for name in FORMATS:
        again = Hall()
        await again.journal.start()
        await again.take(structs.replace(read(write(got, name), name).orbat, start_ms=None))
        made = [fact.act for fact in again.ground().whole().relations.values()]
        assert sorted((act.type, act.support, act.order_ref, act.limits.text) for act in made) == [
            ("ADCON", "", "", ""), ("OPCON", "", "OPORD 1", ""), ("SUPPORT", "direct", "", "t"),
        ], name  # fmt: skip


async def test_what_is_hidden_is_as_if_it_were_not_written(hall: Hall) -> None:
    await hall.approve([r.UnitAdded(unit="a", name="A"), r.UnitPlaced(unit="a", lat=1, lon=2)])
    without = hall.export(LOW)
    await hall.approve(
        [
            r.UnitAdded(unit="s", name="kn0z", external_id="kn0z-id", kept={"x": "kn0z"}),
            r.UnitPlaced(unit="a", lat=3, lon=4, place="kn0z"),
            r.RelationMade(relation="r", type="OPCON", superior="s", subordinate="a", order_ref="kn0z"),
            r.UnitChanged(unit="a", name="kn0z"),
            r.StrengthReported(unit="a", number=9),
        ],
        CLOSED,
    )
    assert hall.export(LOW) == without
    assert hall.export(HIGH) != without
    made = hall.plan(b"id,name\nkn0z-id,mine\n", LOW)  # an id that is taken where nobody of his kind can look
    assert (made.added, made.changed) == (1, 0)
    assert "kn0z" not in hall.export(LOW).mark
    assert hall.export(HIGH).mark != hall.export(LOW).mark


@given(orbat=orbats())
@settings(deadline=None, max_examples=25)
def test_whatever_is_imported_is_there(orbat: o.Orbat) -> None:
    async def through() -> None:
        hall = Hall()
        await hall.journal.start()
        made = hall.plan(orbat)
        form = msgspec.json.decode(msgspec.json.encode(made.form), type=type(made.form))  # within all bounds
        await hall.approve(list(form.phases[0].acts))
        assert made.added == len(orbat.units)
        got = hall.export()
        assert len(got.units) == len(orbat.units)
        for name in FORMATS:
            assert read(write(got, name), name).report.units == len(got.units), name
        await hall.journal.close()

    asyncio.run(through())
