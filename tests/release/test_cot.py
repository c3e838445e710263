"""CoT's access, caveat and releasableTo: understood or not, an event never falls below its source's floor."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.errors import BadInput
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.policy import Policies
from tests.release.test_marks import valid

DEMO = "DEMO-USA-JPN"
DOOR = Door(Policies.load(), system=Label(DEMO, "TS"), nation="USA", organisation="USFJ")
words = st.one_of(
    st.text(), st.sampled_from(("S", "SECRET", "Undefined", "NOFORN", "NF", "USA, JPN", "REL TO USA", "FVEY"))
)
FLOORS = ("UNCLASSIFIED", "CUI", "CUI//REL TO USA, JPN", "CUI//NOFORN", "//JPN CUI", "CUI//FGI JPN//REL TO USA, JPN")


@settings(max_examples=500, deadline=None)
@given(words, words, words, st.sampled_from(FLOORS))
def test_no_text_lowers_or_raises_an_error(access, caveat, releasable_to, floor):
    floor = DOOR.parse(floor)
    assert DOOR.dominates(DOOR.of_cot(access, caveat, releasable_to, floor), floor)


@pytest.mark.parametrize("text", ["", "Undefined", "Unrestricted", "Public", "\x00", "ⅭUI", "//", "()", "U" * 9999])
@pytest.mark.parametrize("floor", FLOORS)
def test_what_is_not_understood_is_the_floor(text, floor):
    floor = DOOR.parse(floor)
    assert DOOR.of_cot(text, text, text, floor) is floor


@pytest.mark.parametrize(
    ("said", "floor", "mark"),
    [
        (("CUI", "", ""), "UNCLASSIFIED", "CUI"),
        (("cui", "", "usa jpn"), "UNCLASSIFIED", "CUI//REL TO USA, JPN"),
        (("(CUI)", "NF", ""), "UNCLASSIFIED", "CUI//NOFORN"),
        (("SECRET//REL TO USA, JPN", "", ""), "UNCLASSIFIED", "SECRET//REL TO USA, JPN"),
        (("//JPN TOP SECRET", "", ""), "UNCLASSIFIED", "TOP SECRET"),
        (("CUI", "", ""), "CUI//REL TO USA, JPN", "CUI//REL TO USA, JPN"),
        (("UNCLASSIFIED", "", "USA, JPN, AUS"), "CUI//REL TO USA, JPN", "CUI//REL TO USA, JPN"),
        (("S", "", "USA, JPN, MARS"), "CUI", "SECRET"),
        (("S", "NOFORN", "USA, JPN"), "CUI//REL TO USA, JPN", "SECRET//NOFORN"),
        (("U", "", ""), "CUI//NOFORN", "CUI//NOFORN"),
        (("S//REL TO USA, JPN", "NOFORN", ""), "UNCLASSIFIED", "SECRET//NOFORN"),
        (("S", "REL TO USA, JPN", ""), "UNCLASSIFIED", "SECRET//REL TO USA, JPN"),
    ],
)
def test_what_is_understood_counts_as_far_as_it_is_narrower(said, floor, mark):
    assert DOOR.banner(DOOR.of_cot(*said, DOOR.parse(floor))) == mark


@settings(max_examples=300, deadline=None)
@given(valid, st.lists(st.sampled_from(("Blue", "Red"))))
def test_a_label_survives_the_wire_but_for_what_is_the_sources(label, groups):
    policy = DOOR.policies.get(label.policy)
    levels = policy.by_rank()
    caveats = tuple(c for c in label.caveats if policy.caveat(c) and not c.startswith("FGI"))
    label = Label(
        policy.id, levels[label.level % len(levels)].code, label.owner, label.releasable_to, caveats, tuple(groups)
    )
    try:
        label = DOOR.checked(label)
    except BadInput:
        return
    floor = Label(label.policy, levels[0].code, label.owner, groups=label.groups)
    assert DOOR.of_cot(*DOOR.to_cot(label), floor) is label


def test_attributes():
    assert DOOR.to_cot(DOOR.parse("CUI//REL TO USA, JPN")) == ("CUI", "", "JPN, USA")
    assert DOOR.to_cot(DOOR.parse("SECRET//ORCON/NOFORN")) == ("SECRET", "NOFORN/ORCON", "")


def test_a_floor_of_an_unknown_policy_stays_and_is_seen_by_nobody():
    floor = Label("NEW", "X")
    assert DOOR.of_cot("U", "", "", floor) == floor
