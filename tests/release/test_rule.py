"""The decision, against the same rule written a second way; and that each clause of it is needed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.release.door import Door
from jointhq.release.label import NOBODY, Label, interned
from jointhq.release.policy import Policies
from jointhq.release.reader import ANON, NO_READER, Reader
from jointhq.release.rule import RULES
from tests.release.worlds import NOW_MS, doors, everybody, labels, readers

DEMO = "DEMO-USA-JPN"


def naive(door: Door, reader: Reader, label: Label, now_ms: int, system: Label) -> bool:
    """Say it again by listing: all (nation, organisation) pairs the label is for, and is the reader's one of them."""
    by_id = {policy.id: policy for policy in door.policies}
    if not (reader.cleared_until_ms > 0 and now_ms < reader.cleared_until_ms):
        return False
    if label.policy not in by_id or reader.policy not in by_id:
        return False
    policy, theirs = by_id[label.policy], by_id[reader.policy]
    ladder = {level.code: level.rank for level in theirs.levels}

    def translated(to: str) -> int | None:
        if label.level not in {level.code for level in policy.levels}:
            return None
        table = (
            {a.code: a.code for a in policy.levels}
            if to == label.policy
            else door.policies._tables.get((label.policy, to), {})
        )
        return {level.code: level.rank for level in by_id[to].levels}.get(table.get(label.level, ""))

    ceiling = {level.code: level.rank for level in by_id[system.policy].levels}[system.level]
    needed, here = translated(reader.policy), translated(system.policy)
    if needed is None or here is None or reader.level not in ladder or here > ceiling or needed > ladder[reader.level]:
        return False
    people = {(n, o) for n in theirs.nations for o in (*policy.organisations, reader.organisation)}
    for caveat in label.caveats:
        kinds = [
            c.kind
            for c in policy.caveats
            if c.code == caveat.split(" ")[0] and (c.kind == "foreign") == (" " in caveat)
        ]
        if not kinds:
            return False
        if kinds == ["held"] and not (caveat in reader.caveats and policy is theirs):
            return False
        if kinds == ["owner_nation"]:
            owners = [policy.organisations.get(code, code) for code in label.owner.split(" ")]
            people = {(n, o) for n, o in people if n in policy.nations and all(owner == n for owner in owners)}
        if kinds == ["originator"]:
            people = {(n, o) for n, o in people if o in {label.owner, *label.releasable_to} & set(policy.organisations)}
    entitled = label.releasable_to
    if not entitled and not next(level for level in policy.levels if level.code == label.level).open:
        entitled = tuple(label.owner.split(" "))
        people = {(n, o) for n, o in people if entitled}
    elif not entitled:
        entitled = ("*",)
    single: set[tuple[str, str]] = set()
    for code in entitled:
        members = set(policy.tetragraphs.get(code, ())) | ({code} & set(policy.nations))
        single |= {(n, o) for n, o in people if code == "*" or n in members or o in {code} & set(policy.organisations)}
    wanted = set(label.groups)
    return (reader.nation, reader.organisation) in single and (not wanted or bool((wanted & reader.groups) - {NOBODY}))


@settings(max_examples=400, deadline=None)
@given(doors(), st.lists(labels, min_size=1, max_size=6), st.lists(readers, min_size=1, max_size=6))
def test_the_door_answers_as_the_rule_written_a_second_way(door, some_labels, some_readers):
    for label in some_labels:
        for reader in some_readers:
            expected = naive(door, reader, label, NOW_MS, door._system)
            verdict = door.explain(reader, label, NOW_MS)
            assert verdict.allowed == expected, (verdict, label, reader)
            assert door.may_see(reader, label, NOW_MS) == expected
            assert door.may_see(reader, label, NOW_MS) == expected  # from memory
            assert verdict.rule in RULES


@settings(max_examples=15, deadline=None)
@given(doors(), st.lists(labels, min_size=3, max_size=3))
def test_every_reader_there_can_be_gets_the_answer_of_the_rule(door, some_labels):
    for label in some_labels:
        for reader in everybody(door):
            assert door.may_see(reader, label, NOW_MS) == naive(door, reader, label, NOW_MS, door._system)


@pytest.fixture(scope="module")
def door() -> Door:
    return Door(Policies.load(), system=Label(DEMO, "CUI"), nation="USA", organisation="USFJ")


def reader(nation="USA", organisation="USFJ", policy=DEMO, level="CUI", caveats=(), groups=(ANON,), until=NOW_MS + 1):
    return Reader(nation, organisation, policy, level, frozenset(caveats), frozenset(groups), until)


U, CUI = Label(DEMO, "U", "USA"), Label(DEMO, "CUI", "USA")


CASES = [
    (reader(), None, "unlabelled"),
    (reader(), Label("NEW", "U", "USA"), "label_policy_unknown"),
    (reader(), Label(DEMO, "X", "USA"), "label_level_unknown"),
    (reader(), Label(DEMO, "U", "USA", caveats=("X",)), "caveat_unknown"),
    (reader(), Label(DEMO, "U", "USA", caveats=("FGI",)), "caveat_unknown"),
    (reader(level="TS"), Label(DEMO, "C", "USA"), "level_above_system"),
    (reader(), Label(DEMO, "U", "USA", groups=(NOBODY,)), "nobody"),
    (reader(groups=(NOBODY,)), Label(DEMO, "U", "USA", groups=(NOBODY,)), "nobody"),
    (reader(until=0), U, "never_cleared"),
    (reader(until=NOW_MS), U, "clearance_ended"),
    (NO_READER, U, "never_cleared"),
    (reader(policy="NEW"), U, "reader_policy_unknown"),
    (reader(level="X"), U, "reader_level_unknown"),
    (reader(nation="XXX"), U, "reader_nation_unknown"),
    (reader(policy="EXAMPLE", level="SEALED"), Label(DEMO, "U", "USA", releasable_to=("GBR",)), "not_released_to"),
    (reader(level="U"), CUI, "level_above_clearance"),
    (reader(policy="EXAMPLE", level="OPEN"), CUI, "level_above_clearance"),
    (reader(policy="EXAMPLE", level="GUARDED"), CUI, "owner"),
    (
        reader(policy="EXAMPLE", level="GUARDED"),
        Label("EXAMPLE", "OPEN", "USA", caveats=("HARBOUR",)),
        "caveat_not_held",
    ),
    (
        reader(policy="EXAMPLE", level="GUARDED", caveats=["HARBOUR"]),
        Label("EXAMPLE", "OPEN", "USA", caveats=("HARBOUR",)),
        "open_level",
    ),
    (reader(caveats=["HARBOUR"]), Label("EXAMPLE", "OPEN", "USA", caveats=("HARBOUR",)), "caveat_not_held"),
    (reader("JPN"), Label(DEMO, "U", "USA", caveats=("NOFORN",)), "not_owner_nation"),
    (reader(), Label(DEMO, "U", "USFJ", caveats=("NOFORN",)), "open_level"),
    (reader(organisation="INDOPACOM"), Label(DEMO, "U", "USFJ", caveats=("ORCON",)), "not_originator"),
    (reader(organisation="USA"), Label(DEMO, "U", "USA", caveats=("ORCON",)), "not_originator"),  # a nation is none
    (reader(), Label(DEMO, "U", "USFJ", caveats=("ORCON",)), "open_level"),
    (reader("JPN", "JJOC"), Label(DEMO, "U", "USFJ", ("JJOC",), ("ORCON",)), "released_to"),
    (reader(), Label(DEMO, "U", "USA", groups=("Blue",)), "not_in_groups"),
    (reader(groups=["Blue"]), Label(DEMO, "U", "USA", groups=("Blue", "Red")), "open_level"),
    (reader("JPN"), Label(DEMO, "CUI", "USA", ("GBR", "USA")), "not_released_to"),
    (reader("AUS"), Label(DEMO, "CUI", "USA", ("FVEY",)), "released_to"),
    (reader("JPN", "JJOC"), Label(DEMO, "CUI", "USA", ("JJOC",)), "released_to"),
    (reader("JPN", "USA"), Label(DEMO, "CUI", "USA", ("USA",)), "not_released_to"),  # no such organisation
    (reader("JPN", "MARS"), Label(DEMO, "CUI", "USA", ("MARS",)), "not_released_to"),
    (reader("JPN"), Label(DEMO, "U", "JPN USA", caveats=("NOFORN",)), "not_owner_nation"),
    (reader("USA"), Label(DEMO, "U", "JPN USA", caveats=("NOFORN",)), "not_owner_nation"),
    (reader("JPN"), CUI, "not_owner"),
    (reader(), Label(DEMO, "CUI"), "not_owner"),
    (reader(), CUI, "owner"),
    (reader("JPN"), Label(DEMO, "CUI", "JPN USA"), "owner"),
    (reader("JPN"), U, "open_level"),
]


@pytest.mark.parametrize(("who", "label", "rule"), CASES)
def test_each_rule_is_told(door, who, label, rule):
    verdict = door.explain(who, label, NOW_MS)
    assert verdict.rule == rule
    assert verdict.allowed == door.may_see(who, label, NOW_MS) == (rule in {"open_level", "owner", "released_to"})


def test_no_rule_goes_untold():
    assert {rule for _, _, rule in CASES} | {"policies_not_equivalent"} == set(RULES)


def test_a_level_without_an_agreed_equal_is_not_seen():
    above = Door(Policies.load(), system=Label(DEMO, "TS"), nation="USA", organisation="USFJ")
    verdict = above.explain(reader(policy="EXAMPLE", level="SEALED"), Label(DEMO, "C", "USA"), NOW_MS)
    assert verdict.rule == "policies_not_equivalent"
    assert verdict.params == {"policy": DEMO, "level": "C", "to": "EXAMPLE"}


def test_a_clearance_that_ends_is_noticed_though_the_answer_is_remembered(door):
    who = reader(until=NOW_MS + 1000)
    assert door.may_see(who, U, NOW_MS)
    assert door.may_see(who, U, NOW_MS + 999)
    assert not door.may_see(who, U, NOW_MS + 1000)
    assert door.may_see(who, U, NOW_MS)  # a replayed moment: the clock given decides


def test_remembered_answers_are_bounded(monkeypatch):
    monkeypatch.setattr("jointhq.release.door.PAIRS_MAX", 100)
    door = Door(Policies.load(), system=Label(DEMO, "CUI"), nation="USA", organisation="USFJ")
    for i in range(250):
        assert not door.may_see(reader(), Label(DEMO, "U", "USA", groups=(f"g{i}",)), NOW_MS)
        assert len(door._answers) <= 100
    assert door.may_see(reader(), U, NOW_MS)


def test_equal_labels_are_one_object_and_codes_are_sorted():
    a = interned(Label(DEMO, "U", "USA JPN", ("USA", "JPN", "USA"), ("ORCON", "FGI JPN"), ("b", "a")))
    assert a is interned(Label(DEMO, "U", "JPN USA", ("JPN", "USA"), ("FGI JPN", "ORCON"), ("a", "b")))
    assert a.owner == "JPN USA"
