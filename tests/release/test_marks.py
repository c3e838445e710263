"""Banner and portion marks: exact, one per label, and a bad one says what is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.errors import BadInput
from jointhq.release.door import Door
from jointhq.release.label import Label, interned
from jointhq.release.marks import Marks
from jointhq.release.policy import Policies

DEMO = "DEMO-USA-JPN"
POLICIES = Policies.load()
DOOR = Door(POLICIES, system=Label(DEMO, "TS"), nation="USA", organisation="USFJ")
TOKYO = Door(POLICIES, system=Label(DEMO, "TS"), nation="JPN", organisation="JJOC")


def label(level, owner="USA", releasable_to=(), *caveats):
    return interned(Label(DEMO, level, owner, tuple(releasable_to), caveats))


@pytest.mark.parametrize(
    ("banner", "portion", "said"),
    [
        ("UNCLASSIFIED", "(U)", label("U")),
        ("CUI", "(CUI)", label("CUI")),
        ("TOP SECRET", "(TS)", label("TS")),
        ("SECRET//NOFORN", "(S//NF)", label("S", "USA", (), "NOFORN")),
        ("SECRET//ORCON/NOFORN", "(S//OC/NF)", label("S", "USFJ", (), "ORCON", "NOFORN")),
        ("SECRET//REL TO USA, JPN", "(S//REL TO USA, JPN)", label("S", "USA", ("JPN", "USA"))),
        (
            "SECRET//REL TO USA, AUS, JPN, ACGU, NATO, JJOC",
            "(S//REL TO USA, AUS, JPN, ACGU, NATO, JJOC)",
            label("S", "USA", ("ACGU", "AUS", "JJOC", "JPN", "NATO", "USA")),
        ),
        ("CUI//ORCON/REL TO USA, JPN", "(CUI//OC/REL TO USA, JPN)", label("CUI", "USFJ", ("JPN", "USA"), "ORCON")),
        ("//JPN SECRET", "(//JPN S)", label("S", "JPN")),
        ("//NATO SECRET", "(//NS)", label("S", "NATO")),
        ("//NATO UNCLASSIFIED", "(//NU)", label("U", "NATO")),
        ("//COSMIC TOP SECRET", "(//CTS)", label("TS", "NATO")),
        ("//JOINT SECRET JPN USA", "(//JOINT S JPN USA)", label("S", "JPN USA")),
        ("//JOINT TOP SECRET AUS JPN USA", "(//JOINT TS AUS JPN USA)", label("TS", "AUS JPN USA")),
        ("//JPN CUI//REL TO USA, JPN", "(//JPN CUI//REL TO USA, JPN)", label("CUI", "JPN", ("JPN", "USA"))),
        ("//USA CUI//REL TO JPN", "(//USA CUI//REL TO JPN)", label("CUI", "USA", ("JPN",))),
        ("//INDOPACOM CUI//ORCON", "(//INDOPACOM CUI//OC)", label("CUI", "INDOPACOM", (), "ORCON")),
        ("SECRET//FGI GBR JPN//NOFORN", "(S//FGI GBR JPN//NF)", label("S", "USA", (), "FGI GBR", "FGI JPN", "NOFORN")),
        ("SECRET//FGI JPN", "(S//FGI JPN)", label("S", "USA", (), "FGI JPN")),
    ],
)
def test_marks(banner, portion, said):
    assert DOOR.parse(banner) is said
    assert DOOR.parse(f" {portion} ") is said
    assert DOOR.banner(said) == banner
    assert DOOR.portion(said) == portion


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no level ''"),
        ("unclassified", "its levels are UNCLASSIFIED"),
        ("S", "a banner says SECRET, not S"),
        ("(SECRET)", "a portion says S, not SECRET"),
        ("(U", "both parentheses"),
        ("SECRET//REL TO JPN, USA", "write REL TO USA, JPN"),
        ("SECRET//REL TO USA, JPN, AUS", "write REL TO USA, AUS, JPN"),
        ("SECRET//REL TO USA, FVEY, JPN", "write REL TO USA, JPN, FVEY"),
        ("SECRET//REL TO USA, JPN, JPN", "each once"),
        ("SECRET//REL TO USA JPN", "put a comma and a space"),
        ("SECRET//REL TO USA,JPN", "put a comma and a space"),
        ("SECRET//REL TO USA, JPX", "'JPX' is no nation"),
        ("SECRET//REL TO USA", "alone releases to nobody"),
        ("SECRET//REL TO AUS, JPN", "starts with USA"),
        ("SECRET//REL TO", "needs a list"),
        ("SECRET//REL", "no control 'REL'"),
        ("(S//REL)", "repeats the banner's list"),
        ("SECRET//NOFORN/REL TO USA, JPN", "exclude each other"),
        ("SECRET//REL TO USA, JPN/ORCON", "comes last"),
        ("SECRET//NOFORN/ORCON", "in this order: ORCON/NOFORN"),
        ("SECRET//NOFORN/NOFORN", "once each"),
        ("SECRET//NF", "no control 'NF'"),
        ("SECRET//NOFORN//ORCON", "is too much"),
        ("SECRET//", "no control ''"),
        ("SECRET//FGI", "followed by codes"),
        ("SECRET//FGI JPN GBR", "from A to Z"),
        ("//SECRET", "no owner and level"),
        ("//XXX SECRET", "no owner and level"),
        ("//JPN S", "no owner and level"),
        ("//JOINT SECRET USA JPN", "from A to Z"),
        ("//JOINT SECRET JPN", "two owners"),
        ("//JOINT JPN USA", "followed by a level"),
        ("//JOINT SECRET JPN USA//NOFORN", "owner of one nation"),
        ("NOWHERE: OPEN", "no policy 'NOWHERE'"),
        ("SECRET//" + "A" * 3000, "longer than"),
    ],
)
def test_a_bad_mark_says_what_is_wrong(text, why):
    with pytest.raises(BadInput, match=why.replace("(", r"\(")):
        DOOR.parse(text)


codes = st.lists(st.sampled_from(("USA", "JPN", "AUS", "GBR", "FVEY", "NATO", "JJOC", "USFJ")), unique=True)
valid = st.builds(
    Label,
    policy=st.sampled_from((DEMO, "EXAMPLE")),
    level=st.integers(0, 4),
    owner=st.one_of(st.sampled_from(("USA", "JPN", "NATO", "USFJ", "JJOC")), codes.map(" ".join)),
    releasable_to=codes.map(tuple),
    caveats=st.lists(st.sampled_from(("NOFORN", "ORCON", "FGI JPN", "FGI AUS", "HOME", "SOURCE", "HARBOUR"))).map(
        tuple
    ),
)


@settings(max_examples=600, deadline=None)
@given(valid, st.sampled_from((DOOR, TOKYO)))
def test_every_label_has_one_mark_of_each_kind(label, door):
    levels = [level.code for level in door.policies.get(label.policy).by_rank()]
    label = Label(label.policy, levels[label.level % len(levels)], label.owner, label.releasable_to, label.caveats)
    try:
        label = door.checked(label)
    except BadInput:
        return
    assert door.parse(door.banner(label)) is label
    assert door.parse(door.portion(label)) is label


@settings(max_examples=300, deadline=None)
@given(
    st.text(),
    st.lists(st.sampled_from(("SECRET", "U", "//", "/", "REL TO ", "USA", ", ", "JPN", "(", ")", "JOINT ", "NF", " "))),
)
def test_no_text_raises_anything_but_bad_input(text, pieces):
    for mark in (text, "".join(pieces)):
        try:
            said = DOOR.parse(mark)
        except BadInput:
            continue
        assert DOOR.checked(said) is said
        assert DOOR.parse(DOOR.banner(said)) is said


def test_a_portion_repeats_the_list_of_its_page_as_rel():
    marks = Marks(POLICIES.get(DEMO), "USA", "USFJ")
    page = DOOR.parse("SECRET//REL TO USA, JPN")
    item = DOOR.parse("(CUI//REL TO USA, JPN)")
    assert marks.portion(item, within=page) == "(CUI//REL)"
    assert marks.parse("(CUI//REL)", within=page) is item
    assert marks.portion(DOOR.parse("CUI//REL TO USA, AUS"), within=page) == "(CUI//REL TO USA, AUS)"


def test_a_mark_means_the_same_in_both_nations():
    for mark in ("CUI", "CUI//REL TO USA, JPN", "//JPN CUI", "CUI//NOFORN", "//JJOC CUI//ORCON"):
        assert DOOR.parse(mark) is TOKYO.parse(mark)
    with pytest.raises(BadInput, match="needs its originator in front"):
        TOKYO.parse("CUI//ORCON")


def test_another_policy_is_named_in_front():
    said = DOOR.parse("EXAMPLE: GUARDED//HARBOUR")
    assert said == Label("EXAMPLE", "GUARDED", "USA", (), ("HARBOUR",))
    assert DOOR.portion(said) == "EXAMPLE: (GUARDED//HB)"


def test_the_narrower_of_two_that_exclude_each_other_is_shown():
    assert DOOR.banner(Label(DEMO, "S", "USA", ("JPN", "USA"), ("NOFORN",))) == "SECRET//NOFORN"
    with pytest.raises(BadInput, match="exclude each other"):
        DOOR.checked(Label(DEMO, "S", "USA", ("JPN", "USA"), ("NOFORN",)))


@pytest.mark.parametrize(
    "wrong",
    [
        Label("NEW", "U"),
        Label(DEMO, "X"),
        Label(DEMO, "U", "XXX"),
        Label(DEMO, "U", "USA", ("XXX",)),
        Label(DEMO, "U", "USA", (), ("XXX",)),
        Label(DEMO, "U", "USA", (), ("FGI XXX",)),
        Label(DEMO, "U", "JPN USA", (), ("NOFORN",)),
    ],
)
def test_a_wrong_label_is_refused_before_it_is_stored(wrong):
    with pytest.raises(BadInput):
        DOOR.checked(wrong)


def test_what_is_nobodys_becomes_the_headquarters():
    assert DOOR.checked(Label(DEMO, "CUI")).owner == "USA"
    assert TOKYO.checked(Label(DEMO, "CUI")).owner == "JPN"
