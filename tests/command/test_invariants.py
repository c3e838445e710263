"""R1 to R6: whatever is tried, what gets through breaks no rule at any moment."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.command import matrix
from jointhq.command import records as r
from jointhq.command.authority import may, reports_to
from jointhq.command.rules.invariants import faults
from jointhq.command.snapshot import ADMINISTRATIVE, Fact, Snapshot
from jointhq.command.structure import UNWRITTEN, Structure
from tests.command.records import OPEN, Writer

NATIONS = {"u1": "USA", "u2": "USA", "u3": "USA", "u4": "USA", "j1": "JPN", "j2": "JPN"}
UNITS = list(NATIONS)
TYPES = ("COCOM", "OPCON", "TACON", "ADCON", "SUPPORT", "COORD", "ORG", "FULLCOM", "OPCOM", "TACOM")
MOMENTS = st.integers(1, 6).map(lambda n: n * 10)
tried = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(TYPES), st.sampled_from(UNITS), st.sampled_from(UNITS), st.sampled_from(["", *UNITS]),
            MOMENTS, st.sampled_from([0, 30, 50]), st.booleans(),
        ),
        min_size=1, max_size=3,
    ),
    min_size=1, max_size=8,
)  # fmt: skip


def started() -> tuple[Structure, Writer]:
    structure = Structure()
    writer = Writer(structure)
    writer.change([r.UnitAdded(unit=one, name=one, nation=nation, at_ms=0) for one, nation in NATIONS.items()], 1)
    return structure, writer


def facts(acts: list[r.AnyAct], now_ms: int) -> list[Fact[Any]]:
    return [
        Fact(
            act=act, label=OPEN, from_ms=now_ms if act.at_ms is None else act.at_ms, written_ms=now_ms,
            position=UNWRITTEN, number=number, change="", version="", person="", appointment="",
            order_ref=getattr(act, "order_ref", ""),
        )
        for number, act in enumerate(acts)
    ]  # fmt: skip


def naive_grants(snapshot: Snapshot, superior: str, unit: str, kind: str, without: str) -> bool:
    """Every path from the superior to the unit, without a circle, by relations of authority."""

    def paths(one: str, passed: tuple[str, ...]) -> Any:
        if one == unit and passed:
            yield ()
        for relation in snapshot.under.get(one, ()):
            act = relation.act
            if act.relation != without and matrix.rank(act) and act.subordinate not in passed:
                for rest in paths(act.subordinate, (*passed, act.subordinate)):
                    yield (act, *rest)

    for path in paths(superior, (superior,)):
        graded = [act for act in path if act.type != "ORG"]
        weakest = min(graded, key=matrix.rank) if graded else path[0] if path else None
        if weakest is not None and matrix.grants(weakest, kind):
            return True
    return False


@settings(max_examples=60)
@given(tried)
def test_what_gets_through_breaks_no_rule_at_any_moment(changes: list[Any]) -> None:
    structure, writer = started()
    ids = iter(range(1000))
    there: list[str] = []
    for n, change in enumerate(changes):
        acts: list[r.AnyAct] = []
        for kind, superior, subordinate, granted_by, at_ms, until_ms, ends in change:
            if ends and there:
                acts.append(r.RelationEnded(relation=there[hash((n, at_ms)) % len(there)], at_ms=at_ms))
            elif superior != subordinate and not (until_ms and until_ms <= at_ms):
                acts.append(
                    r.RelationMade(
                        relation=f"r{next(ids)}", type=kind, superior=superior, subordinate=subordinate,
                        support="general" if kind == "SUPPORT" else "", granted_by=granted_by, order_ref="x",
                        at_ms=at_ms, until_ms=until_ms,
                    )
                )  # fmt: skip
        if acts and not faults(structure, facts(acts, 10 + n)):
            writer.change(acts, 10 + n)
            there += [act.relation for act in acts if isinstance(act, r.RelationMade)]
    for at_ms in range(0, 75, 5):
        snapshot = structure.at(999, at_ms)
        for unit in UNITS:
            over = [relation.act for relation in snapshot.over.get(unit, ())]
            for kind in ("OPCON", "COCOM", "FULLCOM"):  # R2
                assert sum(act.type == kind for act in over) <= 1
            for act in over:
                nations = NATIONS[act.superior], NATIONS[act.subordinate]
                if nations[0] != nations[1]:  # R6
                    assert act.type in ("COORD", "SUPPORT", "DIRLAUTH", "LIAISON")
                if act.granted_by and act.type not in ("ADCON", "ORG", "COORD"):  # R3
                    assert naive_grants(snapshot, act.granted_by, unit, act.type, act.relation), (act, at_ms)


def refused(*acts: r.AnyAct, before: tuple[r.AnyAct, ...] = ()) -> set[str]:
    structure, writer = started()
    if before:
        assert not faults(structure, facts(list(before), 5))
        writer.change(list(before), 5)
    return {f"{fault.rule} {fault.code}" for fault in faults(structure, facts(list(acts), 10))}


def rel(kind: Any, superior: str, subordinate: str, **more: Any) -> r.RelationMade:
    said = {"relation": f"{kind}-{superior}-{subordinate}", "order_ref": "EXORD 1", **more}
    return r.RelationMade(type=kind, superior=superior, subordinate=subordinate, **said)


def test_a_unit_has_one_holder_of_opcon_at_every_instant() -> None:
    cocom, first = rel("COCOM", "u1", "u4"), rel("OPCON", "u2", "u4", granted_by="u1", until_ms=100)
    second = rel("OPCON", "u3", "u4", granted_by="u1", at_ms=99)
    assert refused(second, before=(cocom, first)) == {"R2 two_holders"}
    assert refused(rel("OPCON", "u3", "u4", granted_by="u1", at_ms=100), before=(cocom, first)) == set()


def test_nobody_grants_more_than_he_holds() -> None:
    tacon = rel("TACON", "u1", "u4")
    assert refused(rel("OPCON", "u2", "u4", granted_by="u1"), before=(tacon,)) == {"R3 more_than_held"}
    assert refused(rel("TACON", "u2", "u4", granted_by="u1"), before=(tacon,)) == set()
    assert refused(rel("TACON", "u2", "u4", granted_by="u3"), before=(tacon,)) == {"R3 more_than_held"}
    assert refused(rel("TACON", "u2", "u4"), before=(tacon,)) == {"R3 needs_grant"}


def test_what_rests_on_a_relation_ends_with_it() -> None:
    before = (rel("COCOM", "u1", "u4"), rel("OPCON", "u2", "u4", granted_by="u1"))
    ended = r.RelationEnded(relation="COCOM-u1-u4")
    assert refused(ended, before=before) == {"R3 more_than_held"}
    assert refused(ended, r.RelationEnded(relation="OPCON-u2-u4"), before=before) == set()


def test_cocom_and_fullcom_are_never_given_on() -> None:
    ended = r.RelationEnded(relation="COCOM-u1-u4")
    assert refused(ended, rel("COCOM", "u2", "u4"), before=(rel("COCOM", "u1", "u4"),)) == {"R3 not_transferable"}
    never = r.RelationEnded(relation="COCOM-u1-u4", at_ms=5)  # a mistake: it never was
    assert refused(never, before=(rel("COCOM", "u1", "u4"),)) == set()


def test_authority_needs_an_order_reference() -> None:
    assert refused(rel("OPCON", "u1", "u4", order_ref="")) == {"R1 no_order_ref"}
    assert refused(rel("ORG", "u1", "u4", order_ref="")) == set()


@pytest.mark.parametrize("kind", get_args(r.RelationType))
def test_between_nations_there_is_no_authority(kind: str) -> None:
    more = {"support": "general"} if kind == "SUPPORT" else {}
    found = refused(rel(kind, "u1", "j1", **more))
    assert ("R6 across_nations" in found) is (kind not in ("COORD", "SUPPORT", "DIRLAUTH", "LIAISON"))


def test_what_comes_later_is_checked_too() -> None:
    """A relation given in the past meets what was given since."""
    before = (rel("COCOM", "u1", "u4"), rel("OPCON", "u2", "u4", granted_by="u1", at_ms=500))
    early = rel("OPCON", "u3", "u4", granted_by="u1", at_ms=100)
    assert refused(early, before=before) == {"R2 two_holders"}
    assert refused(msgspec.structs.replace(early, until_ms=500), before=before) == set()
    high = (rel("COCOM", "u1", "u2"), rel("ORG", "u2", "u4"), r.RelationEnded(relation="COCOM-u1-u2", at_ms=500))
    given = rel("TACON", "u3", "u4", granted_by="u1", at_ms=100)
    assert refused(given, before=high) == {"R3 more_than_held"}  # from 500 on nobody holds what it was given from
    assert refused(msgspec.structs.replace(given, until_ms=500), before=high) == set()


def test_no_unit_stands_over_itself() -> None:
    assert "R2 circle" in refused(rel("ORG", "u2", "u1"), before=(rel("ORG", "u1", "u2"),))


def test_a_change_of_opcon_moves_no_administrative_line() -> None:
    structure, writer = started()
    writer.change([rel("ADCON", "u1", "u4"), rel("COCOM", "u2", "u4"), rel("OPCON", "u2", "u4", granted_by="u2")], 5)
    before = [one.act.relation for one in structure.at(10, 10).chain("u4", ADMINISTRATIVE)]
    ended = r.RelationEnded(relation="OPCON-u2-u4")
    writer.change([ended, rel("OPCON", "u3", "u4", granted_by="u2")], 20)
    after = structure.at(30, 30)
    assert [one.act.relation for one in after.chain("u4", ADMINISTRATIVE)] == before == ["ADCON-u1-u4"]
    assert after.holder("u4") == "u3"


# -- the matrices, as the reference has them

US = {
    "assign_mission": "YYNNN", "assign_task": "YYLLN", "organise": "YYNNN", "direct_movement": "YYYLN",
    "direct_training": "YYNNN", "direct_logistics": "YNNNN", "consult": "YYYYY", "compel": "YYYNY",
    "delegate": "NYYNY", "administer": "LNNNY",
}  # fmt: skip
NATO = {
    "assign_mission": "YYLNN", "assign_task": "YYYYN", "deploy": "YYYNN", "reassign": "YYNNN",
    "delegate_opcon": "YYLNN", "delegate_tacom": "YYYLN", "direct_movement": "YYYYY", "administer": "YNNNN",
}  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "columns", "table"),
    [("US", ("COCOM", "OPCON", "TACON", "SUPPORT", "ADCON"), US),
     ("NATO", ("FULLCOM", "OPCOM", "OPCON", "TACOM", "TACON"), NATO)],
)  # fmt: skip
def test_the_matrices_are_those_of_the_reference(policy: Any, columns: tuple[Any, ...], table: dict[str, str]) -> None:
    for action, cells in table.items():
        for kind, cell in zip(columns, cells, strict=True):
            assert matrix.value(rel(kind, "a", "b", policy=policy), action) == cell, (action, kind)


def test_within_limits_is_no_without_the_flag() -> None:
    structure, writer = started()
    writer.change([rel("TACON", "u1", "u4")], 5)
    answer = may(structure.at(9, 9), "u1", "u4", "assign_task")
    assert (answer.allowed, answer.rule) == (False, "within_limits_only")
    flagged = rel("TACON", "u1", "u3", limits=r.Limits(flags=("assign_task",), text="escort alone"))
    writer.change([flagged], 6)
    answer = may(structure.at(9, 9), "u1", "u3", "assign_task")
    assert (answer.allowed, answer.rule, answer.limits) == (True, "within_limits", "escort alone")


def test_a_request_goes_to_the_nearest_who_holds_the_authority() -> None:
    structure, writer = started()
    writer.change([rel("COCOM", "u1", "u2"), rel("COCOM", "u1", "u4"), rel("OPCON", "u2", "u4")], 5)
    answer = may(structure.at(9, 9), "u3", "u4", "assign_task")
    assert (answer.allowed, answer.refer_to) == (False, ("u2", "u1"))


def test_published_lines_give_no_authority() -> None:
    structure, writer = started()
    writer.change([rel("CMD", "u1", "u4"), rel("COMP", "u2", "u4"), rel("FAC", "u3", "u4")], 5)
    for superior in ("u1", "u2", "u3"):
        for action in matrix.actions():
            assert not may(structure.at(9, 9), superior, "u4", action).allowed


def test_a_unit_reports_up_the_line_that_directs_it_else_that_looks_after_it_else_whose_part_it_is() -> None:
    structure, writer = started()

    def line(unit: str) -> tuple[str, str]:
        found = reports_to(structure.at(999, 50), unit)
        return found.why, found.relation.act.superior if found.relation else ""

    assert line("u4") == ("no_superior", "")
    assert line("nothing") == ("unknown", "")
    writer.change([rel("COMP", "u3", "u4"), rel("TACON", "j1", "u4"), rel("COORD", "j2", "u4")], 5)
    assert line("u4") == ("organic", "u3")  # neither a loan for one task nor a neighbour is a line
    writer.change([rel("ADCON", "u2", "u4")], 6)
    assert line("u4") == ("administrative", "u2")
    writer.change([rel("COCOM", "u1", "u4")], 7)
    assert line("u4") == ("operational", "u1")
    writer.change([rel("OPCON", "u3", "u4", granted_by="u1", at_ms=10, until_ms=50)], 8)
    assert line("u4") == ("operational", "u1")
    found = reports_to(structure.at(999, 49), "u4").relation
    assert found is not None
    assert (found.act.type, found.act.superior) == ("OPCON", "u3")
