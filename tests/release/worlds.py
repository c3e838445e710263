"""Small random worlds: policies, equivalences, labels and readers, wrong ones among them."""

from itertools import combinations, product

from hypothesis import strategies as st

from jointhq.release.door import Door
from jointhq.release.label import NOBODY, Label
from jointhq.release.policy import (
    Caveat,
    CaveatKind,
    Equivalence,
    Level,
    Names,
    Policies,
    Policy,
    _check_policy,
    _check_tables,
)
from jointhq.release.reader import ANON, Reader

NOW_MS = 1_800_000_000_000
NATIONS = ("AUS", "JPN", "USA")
ORGANISATIONS = {"JJOC": "JPN", "USFJ": "USA", "CELL": "USA"}
GROUPS = ("Blue", "Red", "Teal")
NAMES = Names("x", "x")
KINDS: dict[str, CaveatKind] = {"HELD": "held", "OC": "originator", "NF": "owner_nation", "FGI": "foreign"}
CAVEATS = ("HELD", "OC", "NF", "FGI JPN")


@st.composite
def policy(draw, id_: str) -> Policy:
    levels = tuple(
        Level(code=f"L{i}", rank=i * 3 + 1, mark=f"LEVEL {i}", open=draw(st.booleans()), names=NAMES)
        for i in range(draw(st.integers(2, 4)))
    )
    made = Policy(
        id=id_,
        oid="2.25.1",
        names=NAMES,
        nation=draw(st.sampled_from(("", "USA"))),
        levels=levels[:: draw(st.sampled_from((1, -1)))],  # the order in the file means nothing
        nations=dict.fromkeys(NATIONS, NAMES),
        caveats=tuple(Caveat(c, k, c[:2], NAMES) for c, k in KINDS.items() if id_ != "THREE" or k != "held"),
        tetragraphs={"PAIR": tuple(draw(st.sets(st.sampled_from(NATIONS), min_size=1)))},
        organisations=ORGANISATIONS,
    )
    _check_policy(id_, made)
    return made


@st.composite
def doors(draw) -> Door:
    made = {id_: draw(policy(id_)) for id_ in ("ONE", "TWO", "THREE")}
    pairs = draw(st.sampled_from(([], [("ONE", "TWO")], [("TWO", "ONE")], list(combinations(made, 2)))))
    depth = draw(st.integers(1, min(len(p.levels) for p in made.values())))
    rows = tuple((f"L{i}", f"L{i}") for i in range(depth))
    tables = _check_tables(made, [("test", Equivalence(pair, "test", rows)) for pair in pairs])
    high = Label("ONE", draw(st.sampled_from(["L1", "L1", made["ONE"].by_rank()[-1].code])))
    return Door(Policies(made, tables), system=high, nation="USA", organisation="USFJ")


POLICIES = st.sampled_from(("ONE", "ONE", "ONE", "TWO", "THREE", "NONE"))
LEVELS = st.sampled_from(("L0", "L1", "L2", "L3", "L9"))
CODES = (*NATIONS, "PAIR", *ORGANISATIONS)
WRONG = ("XXX",)


def some(values, **limits):
    return st.lists(st.sampled_from(values), unique=True, **limits).map(lambda codes: tuple(sorted(codes)))


labels = st.builds(
    Label,
    policy=POLICIES,
    level=LEVELS,
    owner=st.one_of(st.sampled_from((*CODES, *WRONG, "")), some(CODES, min_size=2, max_size=2).map(" ".join)),
    releasable_to=some((*CODES, *WRONG), max_size=4),
    caveats=st.one_of(st.just(()), some((*CAVEATS, "ODD"), max_size=2)),
    groups=st.one_of(st.just(()), some((*GROUPS, NOBODY), max_size=2)),
)
fair = st.builds(  # labels that say something: nothing in them is unknown
    Label,
    policy=st.sampled_from(("ONE", "ONE", "ONE", "TWO")),
    level=st.sampled_from(("L0", "L0", "L1")),
    owner=st.sampled_from(("USA", "USFJ", "JPN", "JJOC", "PAIR", "JPN USA")),
    releasable_to=st.one_of(st.just(()), some(("JPN", "USA", "PAIR", "USFJ", "JJOC"), max_size=3)),
    caveats=st.one_of(st.just(()), some(CAVEATS, max_size=2)),
    groups=st.sampled_from(((), (), (), ("Blue",), ("Blue", "Red"), ("Red", NOBODY))),
)
readers = st.builds(
    Reader,
    nation=st.sampled_from((*NATIONS, *WRONG)),
    organisation=st.sampled_from((*ORGANISATIONS, "USA", "PAIR", "XXX", "")),
    policy=POLICIES,
    level=LEVELS,
    caveats=st.frozensets(st.sampled_from(("HELD", "OC", "ODD"))),
    groups=st.frozensets(st.sampled_from((*GROUPS, ANON, NOBODY))),
    cleared_until_ms=st.sampled_from((0, NOW_MS - 1, NOW_MS, NOW_MS + 1, NOW_MS + 1, NOW_MS + 1)),
)


def everybody(door: Door) -> list[Reader]:
    """Every reader there can be who could be let in: what a widening can't hide from."""
    return [
        Reader(nation, organisation, policy.id, level.code, frozenset(held), frozenset(groups), NOW_MS + 1)
        for policy in door.policies
        for level in policy.levels
        for nation, organisation in product(NATIONS, (*ORGANISATIONS, ""))
        for held, groups in (((), (ANON,)), (("HELD",), ("Blue",)), (("HELD",), ("Red", "Teal")))
    ]
