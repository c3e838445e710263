"""Policies are data: the shipped ones hold, an operator's are added, a broken one is refused by file and field."""

import json
from importlib.resources import files
from itertools import permutations

import pytest

from jointhq.base.errors import BadInput
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.policy import FILE_BYTES_MAX, Policies

DATA = files("jointhq.release").joinpath("data")
DEMO = "DEMO-USA-JPN"


def shipped(name):
    return json.loads(DATA.joinpath(name).read_text("utf-8"))


def load(tmp_path, *values):
    paths = []
    for i, value in enumerate(values):
        path = tmp_path / f"{i}.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
        paths.append(path)
    return Policies.load(paths)


def test_what_ships():
    policies = Policies.load()
    assert [policy.id for policy in policies] == [DEMO, "EXAMPLE"]
    demo, example = policies.get(DEMO), policies.get("EXAMPLE")
    assert [level.rank for level in example.by_rank()] == [0, 1, 2, 3]
    assert [(level.code, level.names.ja) for level in demo.by_rank()] == [
        ("U", "公開"), ("CUI", "注意"), ("C", "秘"), ("S", "極秘"), ("TS", "機密"),
    ]  # fmt: skip
    assert demo.tetragraphs["FVEY"] == ("AUS", "CAN", "GBR", "NZL", "USA")
    assert demo.tetragraphs["ACGU"] == ("AUS", "CAN", "GBR", "USA")
    assert len(demo.tetragraphs["NATO"]) == 32
    assert demo.level("U").open
    assert not demo.level("CUI").open
    assert policies.level_in("EXAMPLE", DEMO, "CUI").code == "GUARDED"
    assert policies.level_in(DEMO, "EXAMPLE", "OPEN").code == "U"
    assert policies.level_in(DEMO, "EXAMPLE", "CLOSED") is None
    assert policies.level_in(DEMO, "NEW", "U") is None
    assert policies.level_in("NEW", DEMO, "U") is None
    assert policies.get("NEW") is None


def test_an_operator_adds_a_policy_and_an_agreement(tmp_path):
    third = {**shipped("example.json"), "id": "THIRD"}
    rows = [["OPEN", "OPEN"], ["GUARDED", "GUARDED"]]
    to_example = {"between": ["THIRD", "EXAMPLE"], "agreement": "x", "levels": rows}
    to_demo = {"between": ["THIRD", DEMO], "agreement": "x", "levels": [["OPEN", "U"], ["GUARDED", "CUI"]]}
    policies = load(tmp_path, third, to_example, to_demo)
    for one, other in permutations(("THIRD", "EXAMPLE"), 2):
        assert policies.level_in(one, other, "GUARDED").code == "GUARDED"
    with pytest.raises(
        BadInput, match=r"levels: GUARDED must be CUI|levels: CUI must be GUARDED|OPEN must be|U must be"
    ):
        load(tmp_path, third, to_example)  # the way by EXAMPLE says more than no table
    to_demo["levels"] = [["OPEN", "U"]]
    with pytest.raises(BadInput, match="must be"):
        load(tmp_path, third, to_example, to_demo)


def test_a_later_file_replaces_the_shipped_one(tmp_path):
    mine = shipped("demo-usa-jpn.json")
    mine["organisations"]["RELIEF"] = "JPN"
    assert load(tmp_path, mine).get(DEMO).knows("RELIEF")
    none = {**shipped("example-demo.json"), "between": [DEMO, "EXAMPLE"], "levels": []}
    assert load(tmp_path, none).level_in(DEMO, "EXAMPLE", "OPEN") is None


def change(value, path, new):
    *way, last = path
    for step in way:
        value = value[step]
    if new is None:
        del value[last]
    else:
        value[last] = new


@pytest.mark.parametrize(
    ("path", "new", "field"),
    [
        (("id",), "demo policy", "id"),
        (("id",), None, "id"),
        (("oid",), "x", "oid"),
        (("extra",), 1, "extra"),
        (("names", "ja"), None, "names"),
        (("names", "ja"), "", "names"),
        (("nation",), "XXX", "nation"),
        (("nations", "Usa"), {"en": "x", "ja": "x"}, "nations.Usa"),
        (("nations", "ZZZ"), {"en": "x"}, "ja"),
        (("levels",), [], "levels"),
        (("levels", 0, "rank"), "0", "levels"),
        (("levels", 0, "rank"), 1, "levels.rank"),
        (("levels", 0, "rank"), -1, "rank"),
        (("levels", 0, "code"), "S", "levels.code"),
        (("levels", 0, "code"), "u", r"levels\[0\].code"),
        (("levels", 0, "mark"), "SECRET", "levels.mark"),
        (("levels", 0, "mark"), "SECRET JPN", r"levels\[0\].mark"),
        (("levels", 0, "mark"), "JOINT", r"levels\[0\].mark"),
        (("levels", 0, "mark"), "A//B", r"levels\[0\].mark"),
        (("levels", 0, "open"), 1, "open"),
        (("levels", 0, "owner_marks", "XXX"), {"mark": "A", "portion": "A"}, "owner_marks.XXX"),
        (("levels", 0, "owner_marks", "NATO", "mark"), "a", "owner_marks.NATO.mark"),
        (("levels", 0, "owner_marks", "NATO", "portion"), "NS", "owner_marks"),
        (("tetragraphs", "FVEY", 0), "XXX", "tetragraphs.FVEY"),
        (("tetragraphs", "FVEY"), [], "tetragraphs.FVEY"),
        (("tetragraphs", "JPN"), ["USA"], "'JPN' stands 2 times"),
        (("tetragraphs", "REL"), ["USA"], "word of the marks"),
        (("organisations", "FVEY"), "USA", "'FVEY' stands 2 times"),
        (("organisations", "A B"), "USA", "organisations.A B"),
        (("organisations", "USFJ"), "XXX", "organisations.USFJ"),
        (("caveats", 0, "kind"), "odd", "caveats"),
        (("caveats", 1, "code"), "REL", r"caveats\[1\].code"),
        (("caveats", 1, "portion"), "oc", r"caveats\[1\].portion"),
        (("caveats", 1, "portion"), "NF", "caveats"),
        (("caveats", 1, "kind"), "foreign", "more than one of kind foreign"),
    ],
)
def test_a_broken_policy_is_refused_by_file_and_field(tmp_path, path, new, field):
    broken = shipped("demo-usa-jpn.json")
    change(broken, path, new)
    with pytest.raises(BadInput, match=rf"0\.json: .*{field}"):
        load(tmp_path, broken)


@pytest.mark.parametrize(
    ("path", "new", "field"),
    [
        (("between", 0), "NEW", r"between\[0\]: no policy 'NEW'"),
        (("between",), [DEMO, DEMO], "one policy twice|levels"),
        (("levels", 0), ["GUARDED", "U"], "none left out"),
        (("levels", 1), ["CLOSED", "CUI"], "none left out"),
        (("levels", 1, 1), "C", "none left out"),
        (("levels", 1), ["GUARDED"], "levels"),
        (("agreement",), None, "agreement"),
    ],
)
def test_a_broken_equivalence_is_refused(tmp_path, path, new, field):
    broken = shipped("example-demo.json")
    change(broken, path, new)
    with pytest.raises(BadInput, match=rf"0\.json: .*({field})"):
        load(tmp_path, broken)


def test_one_policy_is_not_equivalent_to_itself(tmp_path):
    with pytest.raises(BadInput, match="one policy twice"):
        load(tmp_path, {"between": [DEMO, DEMO], "agreement": "x", "levels": [["U", "U"]]})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"id": 1}', "\x00", '{"between": 1}'])
def test_what_is_no_policy_is_refused(tmp_path, text):
    with pytest.raises(BadInput, match=r"0\.json: "):
        load(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(BadInput, match=r"none\.json: can't be read"):
        Policies.load([tmp_path / "none.json"])
    with pytest.raises(BadInput, match="can't be read"):
        Policies.load([tmp_path])
    big = tmp_path / "big.json"
    big.write_bytes(b" " * (FILE_BYTES_MAX + 1))
    with pytest.raises(BadInput, match="longer than"):
        Policies.load([big])
    big.write_bytes(b'{"id": "\xff"}')
    with pytest.raises(BadInput, match=r"big\.json"):
        Policies.load([big])


def test_a_door_needs_a_system_level_a_nation_and_a_code_for_its_organisation():
    policies = Policies.load()
    for system, nation, organisation, why in (
        (Label(DEMO, "X"), "USA", "USFJ", "system level"),
        (Label("NEW", "U"), "USA", "USFJ", "system level"),
        (Label(DEMO, "U"), "XXX", "USFJ", "three-letter code"),
        (Label(DEMO, "U"), "USA", "US Forces", "is not a code"),
        (Label(DEMO, "U"), "USA", "JPN", "stands 2 times"),
    ):
        with pytest.raises(BadInput, match=why):
            Door(policies, system=system, nation=nation, organisation=organisation)
    own = Door(policies, system=Label(DEMO, "CUI"), nation="USA", organisation="RELIEF-HQ")
    assert own.parse("CUI//ORCON").owner == "RELIEF-HQ"
    assert own.parse("CUI//REL TO USA, RELIEF-HQ").releasable_to == ("RELIEF-HQ", "USA")
    assert Door(policies, system=Label(DEMO, "CUI"), nation="USA", organisation="").parse("CUI").owner == "USA"
