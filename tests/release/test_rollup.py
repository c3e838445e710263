"""What is made of several: seen by those who may see every part, and by nobody else."""

from itertools import combinations, product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.release.door import Door
from jointhq.release.label import NOBODY, Label
from jointhq.release.policy import Equivalence, Policies
from jointhq.release.rollup import dominates
from tests.release.worlds import NOW_MS, doors, everybody, fair, labels

DEMO = "DEMO-USA-JPN"


def audience(door, label):
    return {reader for reader in everybody(door) if door.may_see(reader, label, NOW_MS)}


@settings(max_examples=40, deadline=None)
@given(doors(), st.lists(st.one_of(fair, fair, fair, labels), min_size=4, max_size=8))
def test_a_label_that_dominates_is_seen_by_a_part_of_those_who_see_the_other(door, some_labels):
    seen = {label: audience(door, label) for label in some_labels}
    for a, b in product(seen, repeat=2):
        assert not door.dominates(a, b) or seen[a] <= seen[b], (a, b)
    assert all(not seen[label] or not door.dominates(label, None) for label in seen)
    assert all(door.dominates(None, label) for label in seen)


@settings(max_examples=40, deadline=None)
@given(doors(), st.lists(st.one_of(fair, fair, fair, labels), min_size=4, max_size=6))
def test_who_sees_the_whole_may_see_each_part(door, parts):
    seen = {part: audience(door, part) for part in parts}
    for some in (parts, *combinations(seen, 2)):
        whole = door.merge(some)
        assert whole == door.merge(reversed(some))
        assert audience(door, whole) <= set.intersection(*(seen[part] for part in some))


@settings(max_examples=40, deadline=None)
@given(doors(), st.lists(st.one_of(fair, fair, fair, labels), min_size=2, max_size=4))
def test_a_raised_label_is_seen_by_nobody_whom_label_or_floor_shuts_out(door, some_labels):
    seen = {label: audience(door, label) for label in some_labels}
    for label, floor in product(seen, repeat=2):
        assert audience(door, door.raised(label, floor)) <= seen[label] & seen[floor]
        assert audience(door, door.raised(None, floor)) == seen[floor]


@pytest.fixture(scope="module")
def door() -> Door:
    return Door(Policies.load(), system=Label(DEMO, "TS"), nation="USA", organisation="USFJ")


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (["UNCLASSIFIED"], "UNCLASSIFIED"),
        (["UNCLASSIFIED", "CUI//REL TO USA, JPN"], "CUI//REL TO USA, JPN"),
        (["CUI//REL TO USA, JPN", "SECRET//REL TO USA, AUS, JPN"], "SECRET//REL TO USA, JPN"),
        (["CUI//REL TO USA, FVEY", "CUI//REL TO USA, AUS, JPN"], "CUI//REL TO USA, AUS"),
        (["CUI//REL TO USA, JPN", "CUI//REL TO USA, AUS"], "CUI"),
        (["CUI//REL TO USA, JPN", "CUI"], "CUI"),
        (["CUI//REL TO USA, JPN", "UNCLASSIFIED//NOFORN"], "CUI//NOFORN"),
        (["SECRET//ORCON/NOFORN", "UNCLASSIFIED"], "SECRET//ORCON/NOFORN"),
        (["SECRET//ORCON", "CUI//NOFORN"], "SECRET//ORCON/NOFORN"),
        (["CUI//REL TO USA, JPN", "//JPN CUI//REL TO USA, JPN"], "CUI//FGI JPN//REL TO USA, JPN"),
        (["CUI//FGI GBR//REL TO USA, JPN", "//JPN UNCLASSIFIED"], "CUI//FGI GBR JPN//REL TO USA, JPN"),
        (["//JPN CUI", "//JPN UNCLASSIFIED"], "//JPN CUI"),
        (["UNCLASSIFIED//REL TO USA, JPN", "UNCLASSIFIED//REL TO USA, AUS"], "//USA UNCLASSIFIED//REL TO USA"),
    ],
)
def test_roll_up(door, parts, whole):
    merged = door.merge(map(door.parse, parts))
    assert door.banner(merged) == whole
    assert merged.groups == ()


def test_parts_with_nothing_in_common_are_for_nobody(door):
    usa, jpn = door.parse("CUI"), door.parse("//JPN CUI")
    for parts in ([usa, jpn], [usa, None], [usa, Label("NEW", "X")], [usa, Label(DEMO, "X")]):
        assert door.merge(parts).groups == (NOBODY,)
    assert door.merge([None]).groups == (NOBODY,)
    assert door.merge([]) is None


def test_groups_meet_and_never_widen(door):
    def of(*groups):
        return Label(DEMO, "U", "USA", groups=groups)

    assert door.merge([of("a", "b"), of("b", "c"), of()]).groups == ("b",)
    assert door.merge([of("a"), of("b")]).groups == (NOBODY,)
    assert door.merge([of("a"), of("a", NOBODY)]).groups == ("a",)


def test_parts_of_two_policies_take_the_systems_words_where_a_table_has_them(door):
    whole = door.merge([door.parse("EXAMPLE: GUARDED//REL TO USA, JPN"), door.parse("UNCLASSIFIED")])
    assert door.banner(whole) == "CUI//REL TO USA, JPN"
    assert door.merge([door.parse("EXAMPLE: CLOSED"), door.parse("UNCLASSIFIED")]).groups == (NOBODY,)
    held = door.parse("EXAMPLE: GUARDED//HARBOUR/REL TO USA, JPN")
    assert door.merge([held, door.parse("UNCLASSIFIED")]).groups == (NOBODY,)


def test_a_claim_at_or_above_the_floor_stands_as_it_is(door):
    floor = door.parse("CUI//REL TO USA, JPN")
    for mark in ("SECRET//REL TO USA, JPN", "CUI", "CUI//NOFORN", "CUI//REL TO USA, JPN"):
        assert door.banner(door.raised(door.parse(mark), floor)) == mark
    for mark in ("UNCLASSIFIED", "CUI//REL TO USA, AUS, JPN", "UNCLASSIFIED//REL TO USA, JPN"):
        assert door.raised(door.parse(mark), floor) is floor
    assert door.dominates(floor, door.parse("UNCLASSIFIED"))
    assert not dominates(door.policies, door.parse("UNCLASSIFIED"), floor)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (("U", "USA"), ("U", "JPN"), True),
        (("U", "USA"), ("CUI", "USA"), False),
        (("CUI", "USA"), ("U", "USA"), True),
        (("CUI", "USA"), ("CUI", "JPN"), False),
        (("CUI", "USA"), ("CUI", "JPN USA"), True),
        (("CUI", "USA", ("JPN",)), ("CUI", "USA"), False),
        (("CUI", "USA", ("FVEY",)), ("CUI", "USA", ("AUS", "CAN", "GBR", "JPN", "NZL", "USA")), True),
        (("CUI", "USA", ("JPN", "USA")), ("CUI", "USA", ("FVEY",)), False),
        (("U", "USA"), ("U", "USA", (), ("NOFORN",)), False),
        (("CUI", "USA"), ("U", "USA", (), ("NOFORN",)), True),
        (("U", "USA", (), ("NOFORN",)), ("U", "JPN", (), ("NOFORN",)), False),
        (("U", "USA", (), ("NOFORN",)), ("U", "JPN", ("USA",)), True),
        (("U", "USA", (), ("NOFORN",)), ("U", "JPN", ("JPN",)), False),
        (("U", "USFJ"), ("U", "USFJ", (), ("ORCON",)), False),
        (("CUI", "USFJ"), ("U", "USFJ", (), ("ORCON",)), True),
        (("U", "USFJ", (), ("ORCON",)), ("U", "JJOC", (), ("ORCON",)), False),
        (("U", "USFJ", (), ("ORCON",)), ("U", "USFJ", ("JJOC",), ("ORCON",)), False),
        (("U", "USFJ", (), ("ORCON",)), ("CUI", "USFJ"), False),
        (("CUI", "USFJ", (), ("ORCON",)), ("U", "JJOC", ("USFJ",)), True),
        (("U", "USA"), ("U", "USA", (), (), ("a",)), False),
        (("U", "USA", (), (), ("a",)), ("U", "USA", (), (), ("b",)), False),
        (("U", "USA", (), (), ("a",)), ("U", "USA", (), (), ("a", "b")), True),
        (("U", "USA", (), (), ("a", "b")), ("U", "USA", (), (), ("a",)), False),
        (("U", "USA", (), (), (NOBODY,)), ("TS", "JPN"), True),
    ],
)
def test_which_of_two_is_the_narrower(door, a, b, expected):
    assert door.dominates(Label(DEMO, *a), Label(DEMO, *b)) == expected


def test_a_category_of_one_policy_is_not_its_namesake_in_another(door, tmp_path):
    plain, held = (Label("EXAMPLE", "OPEN", "USA", (), caveats) for caveats in ((), ("HARBOUR",)))
    assert not door.dominates(plain, held)
    assert door.dominates(held, plain)
    assert door.dominates(held, held)
    example = door.policies.get("EXAMPLE")
    files = {
        "twin": msgspec.structs.replace(example, id="TWIN"),
        "twin-demo": Equivalence(("TWIN", DEMO), "test", (("OPEN", "U"),)),
        "twin-example": Equivalence(("TWIN", "EXAMPLE"), "test", (("OPEN", "OPEN"),)),
        "example-demo": Equivalence(("EXAMPLE", DEMO), "test", (("OPEN", "U"),)),
    }
    for name, value in files.items():
        (tmp_path / name).write_bytes(msgspec.json.encode(value))
    policies = Policies.load(tmp_path / name for name in files)
    twin = Label("TWIN", "OPEN", "USA", (), ("HARBOUR",))
    assert dominates(policies, twin, plain)
    assert not dominates(policies, twin, held)
