"""What the groups of an appointment stand for."""

from hypothesis import given
from hypothesis import strategies as st

from jointhq.people.groups import UNIT, NoUnits, groups_of, titles, unit_of
from jointhq.release.label import NOBODY
from jointhq.release.reader import ANON, NO_READER

NAMES = st.sampled_from(["Blue", "Red", UNIT, "@unit:U1", "USFJ"])
CALLED = {"U1": "USFJ", "U2": "USFJ", "U3": "Blue", "U4": "", "U5": "5 AF"}


class Named(NoUnits):
    """Units that have names; U4 isn't there for who asks."""

    def name(self, _reader, unit, _now_ms):
        return CALLED[unit]


def test_who_names_none_is_in_the_group_of_all_such_whatever_his_unit() -> None:
    assert groups_of((), ("U1",)) == (ANON,)


def test_who_names_only_his_unit_and_has_none_is_in_no_group() -> None:
    assert groups_of((UNIT,), ()) == (NOBODY,)
    assert groups_of(("@unit:U1",), ()) == (NOBODY,)  # nobody writes himself into a unit's group


@given(st.lists(NAMES, unique=True), st.lists(st.sampled_from(["U1", "U2"]), unique=True))
def test_a_units_group_comes_from_the_structure_alone(groups: list[str], units: list[str]) -> None:
    found = groups_of(tuple(groups), tuple(units))
    assert found
    assert {one for one in found if unit_of(one)} == {f"@unit:{unit}" for unit in units if UNIT in groups}
    assert {"Blue", "Red", "USFJ"} & set(found) == {"Blue", "Red", "USFJ"} & set(groups)
    assert (ANON in found) == (not groups)
    assert UNIT not in found


@given(st.permutations(["@unit:U1", "@unit:U2", "@unit:U3", "@unit:U4", "@unit:U5", "Blue", NOBODY, ANON]))
def test_no_two_groups_are_called_alike_and_a_hidden_units_has_no_name(groups: list[str]) -> None:
    assert titles(groups, Named(), NO_READER, 0) == {
        "Blue": "Blue",
        ANON: ANON,
        "@unit:U1": "USFJ",
        "@unit:U2": "USFJ (2)",
        "@unit:U3": "Blue (2)",
        "@unit:U5": "5 AF",
    }
