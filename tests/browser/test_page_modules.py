"""The page's modules that need no server: symbols, places, dead reckoning, stacks; run where they will run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import opening, with_units
from tests.support.demo import Process

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def signed_in(browser: Browser, demo: Process) -> Iterator[Page]:
    """One page for all: what they ask changes nothing in it."""
    with opening(browser) as open_page:
        yield with_units(open_page, demo)


def call(page: Page, module: str, script: str, argument: Any = None) -> Any:
    """Evaluate `script`, a function of (module, argument), in the page."""
    return page.evaluate(
        f"async (argument) => ({script})(await import('/{module}.js'), argument)", argument
    )  # Same origin: the content security policy lets it through.


@pytest.mark.parametrize(
    ("cot", "sidc", "affiliation", "domain", "kind"),
    [
        ("a-f-G-U-C", "SFGPUC---------", 0, 2, "G-U-C"),
        ("a-f-A-M-F", "SFAPMF---------", 0, 0, "A-M-F"),
        ("a-n-S-X-M", "SNSPXM---------", 2, 1, "S-X-M"),
        ("a-n-S-X-M-T-O", "SNSPXMTO-------", 2, 1, "S-X-M-T-O"),
        ("a-h-A", "SHAP-----------", 1, 0, "A"),
        ("a-s-U-S", "SSUPS----------", 1, 1, "U-S"),
        ("a-o-G", "SUGP-----------", 3, 2, "G"),
        ("a-j-A-M-F", "SJAPMF---------", 0, 0, "A-M-F"),
        ("a-f-G-U-C-I-L-Z-Z-Z-Z", "SFGPUCILZZ-----", 0, 2, "G-U-C-I"),
        ("a-f-G-I-i-e", "SFGPI----------", 0, 2, "G-I-i-e"),
        ("b-m-p-s-m", "", 4, 3, "b-m-p-s-m"),
        ("b-a-o-tbl", "", 4, 3, "b-a-o-tbl"),
        ("u-d-c-c", "", 4, 3, "u-d-c-c"),
    ],
)
def test_a_cot_type_becomes_a_symbol(
    signed_in: Page, cot: str, sidc: str, affiliation: int, domain: int, kind: str
) -> None:
    meaning = call(signed_in, "symbols/kinds", "(m, type) => m.meaningOf(type, '')", cot)
    assert (meaning["affiliation"], meaning["domain"], meaning["kind"]) == (affiliation, domain, kind)
    assert meaning["sidc"] == sidc


def test_twenty_digits_say_more_than_the_type(signed_in: Page) -> None:
    meaning = call(signed_in, "symbols/kinds", "(m) => m.meaningOf('a-f-G-U', '10131002250000000000')")
    assert (meaning["sidc"], meaning["exercise"], meaning["echelon"]) == ("10131002250000000000", True, 25)


def test_every_symbol_of_the_demo_is_one_that_milsymbol_knows(signed_in: Page) -> None:
    sidcs = signed_in.evaluate(
        """async () => {
            const { liveStore } = await import("/picture/moment.js");
            return [...new Set(liveStore.meanings.filter(Boolean).map((meaning) => meaning.sidc).filter(Boolean))];
        }"""
    )
    assert len(sidcs) > 20
    unknown = """async (sidcs) => {
        const { default: ms } = await import("/vendor/milsymbol/milsymbol.mjs");
        return sidcs.filter((sidc) => !new ms.Symbol(sidc, {}).isValid());
    }"""
    assert signed_in.evaluate(unknown, sidcs) == []


@pytest.mark.parametrize(
    ("typed", "lat", "lon"),
    [
        ("54SUE6914257032", 35.75, 139.55),
        ("54S UE 69142 57032", 35.75, 139.55),
        ("4Q FJ 10 66", 21.4, -157.9),
        ("35.75, 139.35", 35.75, 139.35),
        ("-33.9 151.2", -33.9, 151.2),
        ("21.39N 157.91W", 21.39, -157.91),
        ("35-44.91N 139-20.94E", 35.7485, 139.349),
        ("35°44.910′N 139°20.940′E", 35.7485, 139.349),
    ],
)
def test_a_place_is_read(signed_in: Page, typed: str, lat: float, lon: float) -> None:
    place = call(signed_in, "map/place", "(m, text) => m.placeFrom(text)", typed)
    assert place is not None
    assert (place["lat"], place["lon"]) == (pytest.approx(lat, abs=0.1), pytest.approx(lon, abs=0.1))


@pytest.mark.parametrize("typed", ["AFR123", "VIPER 1", "12 34", "95.0, 10.0", "54I UE 12 34", "", "US10"])
def test_what_is_no_place_is_a_search(signed_in: Page, typed: str) -> None:
    assert call(signed_in, "map/place", "(m, text) => m.placeFrom(text)", typed) is None


def test_mercator_there_and_back(signed_in: Page) -> None:
    script = """(m) => [[35.7, 139.3], [-80, -179.9], [0, 0], [84, 180]].map(([lat, lon]) =>
        [m.latitude(m.mercatorY(lat)) - lat, ((m.longitude(m.mercatorX(lon)) - lon + 540) % 360) - 180])"""
    for off in call(signed_in, "map/place", script):
        assert off == pytest.approx([0, 0], abs=1e-9)


FRAME = """(kind, at_ms, time_ms, lon, more = {}) => ({ kind, epoch: 1, position: 1, at_ms,
    cards: kind === "snapshot" ? [{ s: 0, u: "x", c: "X", t: "a-f-A-M-F", o: "adsb", a: 60 }] : [],
    slots: Uint32Array.of(0), lat: Float64Array.of(0), lon: Float64Array.of(lon), alt_m: Float32Array.of(NaN),
    course: Float32Array.of(90), speed_ms: Float32Array.of(100), time_ms: Float64Array.of(time_ms),
    gone: Uint32Array.of(), ended: Uint32Array.of(), ...more })"""


def place_after(page: Page, script: str) -> Any:
    return call(
        page,
        "picture/store",
        f"""(m) => {{
            const frame = {FRAME};
            const store = new m.Store();
            const metres = () => (store.x[0] - 0.5) * 2 * Math.PI * 6371008.8;
            {script}
        }}""",
    )


def test_a_track_runs_on_between_reports_and_stops_when_stale(signed_in: Page) -> None:
    metres = place_after(
        signed_in,
        """store.apply(frame("snapshot", 0, 0, 0), 0);
        return [0, 10_000, 60_000, 600_000].map((now) => (store.advance(now, now), [metres(), store.state[0]]));""",
    )
    assert [state for _, state in metres] == [1, 1, 1, 2]
    assert [far for far, _ in metres] == pytest.approx([0, 1000, 6000, 6000], rel=0.01)


def test_a_correction_is_blended_and_a_jump_is_not(signed_in: Page) -> None:
    blended, after, jumped = place_after(
        signed_in,
        """store.apply(frame("snapshot", 0, 0, 0), 0);
        store.advance(10_000, 10_000);
        store.apply(frame("delta", 10_000, 10_000, 0.01), 10_000);  // reported 113 m further on than reckoned
        store.advance(10_000, 10_000);
        const blended = metres();
        store.advance(11_000, 11_000);
        const after = metres();
        store.apply(frame("delta", 11_000, 11_000, 10), 11_000);
        store.advance(11_000, 11_000);
        return [blended, after, metres()];""",
    )
    assert blended == pytest.approx(1000, rel=0.01)  # still where it was drawn
    assert after == pytest.approx(1113 + 100, rel=0.01)
    assert jumped == pytest.approx(1_112_000, rel=0.01)


def test_a_lost_line_stops_tracks_but_not_their_ageing(signed_in: Page) -> None:
    far, state = place_after(
        signed_in,
        """store.apply(frame("snapshot", 0, 0, 0), 0);
        store.advance(61_000, 5_000);
        return [metres(), store.state[0]];""",
    )
    assert far == pytest.approx(500, rel=0.01)
    assert state == 2


def test_an_ended_track_is_stale_at_once_and_a_gone_one_gone(signed_in: Page) -> None:
    ended, count = place_after(
        signed_in,
        """store.apply(frame("snapshot", 0, 0, 0), 0);
        const none = { slots: Uint32Array.of() };
        store.apply(frame("delta", 5_000, 0, 0, { ...none, ended: Uint32Array.of(0) }), 5_000);
        store.advance(5_001, 5_001);
        const ended = store.state[0];
        store.apply(frame("delta", 6_000, 0, 0, { ...none, gone: Uint32Array.of(0) }), 6_000);
        return [ended, store.count];""",
    )
    assert (ended, count) == (2, 0)


def test_units_at_one_place_stack_and_spread_without_touching(signed_in: Page) -> None:
    script = """(m) => {
        const units = Array.from({ length: 12 }, (_, slot) =>
            ({ slot, x: 0.9, y: 0.4, rank: slot, width: 90, height: 34, middleX: 30, middleY: 0 }));
        const closed = m.seats(units, 5, 512 * 2 ** 5, new Set());
        const open = m.seats(units, 5, 512 * 2 ** 5, new Set([3]));
        return [
            [...closed.values()].map(({ leader, count }) => [leader, count]),
            [...open.values()].map(({ dx, dy }) => [dx, dy]),
        ];
    }"""
    closed, spread = call(signed_in, "map/stacks", script)
    assert closed == [[11, 12]] * 12
    for i, (x, y) in enumerate(spread):
        for other_x, other_y in spread[:i]:
            assert abs(x - other_x) >= 89 or abs(y - other_y) >= 33


def test_every_relation_that_is_no_line_of_a_tree_is_drawn_across_it(signed_in: Page) -> None:
    script = """(m, types) => types.filter((type) => {
      const unit = (id, more) => ({ id, name: id, nation: "USA", echelon: "", external_id: "", parent: "", ...more });
      const units = [unit("A"), unit("B"), unit("C", { parent: "A", parent_type: "OPCON" })];
      const relations = [{ id: "r", type, superior: "B", subordinate: "C" }];
      return new m.Structure({ units, relations }, "operational").across("C").length === 1;
    })"""
    types = ["TACOM", "TACON", "SUPPORT", "COORD", "DIRLAUTH", "LIAISON", "FAC", "COMP"]
    assert call(signed_in, "command/model", script, [*types, "OPCON", "ADCON"]) == types


def test_one_is_not_many(signed_in: Page) -> None:
    script = "(m, numbers) => numbers.map((n) => m.t('orders.people', { n }))"
    assert call(signed_in, "words", script, [0, 1, 2, "1", "1,001"]) == [
        "0 people", "1 person", "2 people", "1 person", "1,001 people"
    ]  # fmt: skip


def test_a_norm_is_said_in_hours_and_days(signed_in: Page) -> None:
    script = "(m, minutes) => minutes.map((one) => m.duration(one))"
    assert call(signed_in, "format", script, [10, 30, 60, 180, 360, 90, 1440, 2160, 0]) == [
        "10 minutes", "30 minutes", "1 hour", "3 hours", "6 hours", "1 hour 30 minutes", "1 day", "1 day 12 hours",
        "0 minutes",
    ]  # fmt: skip


def test_a_length_is_typed_in_hours_and_minutes(signed_in: Page) -> None:
    read = call(signed_in, "parts/span", "(m, typed) => typed.map(m.spanFrom)",
                ["04:00", "0400", "130", "７２：３０", "30", "4:60", "4 h", ""])  # fmt: skip
    assert read == [240, 240, 90, 4350, None, None, None, None]
    lengths = [0, 30, 240, 44640]
    there = "(m, all) => all.map((one) => m.spanFrom(m.spanText(one)))"
    assert call(signed_in, "parts/span", there, lengths) == lengths


DTG = json.loads((Path(__file__).parents[1] / "base" / "dtg_cases.json").read_text("utf-8"))


@pytest.mark.parametrize("group", ["typed", "planned"])
def test_a_time_is_read_as_the_server_reads_it(signed_in: Page, group: str) -> None:
    script = """(m, [cases, ahead]) => cases.map(({ text, now }) => {
      const read = m.readTyped(text, Date.parse(now), ahead);
      return "problem" in read ? null : [new Date(read.ms).toISOString().replace(".000", ""), read.letter];
    })"""
    got = call(signed_in, "dtg", script, [DTG[group], group == "planned"])
    assert dict(zip([(c["text"], c["now"]) for c in DTG[group]], got, strict=True)) == {
        (c["text"], c["now"]): c["got"] for c in DTG[group]
    }


def test_a_group_is_written_as_the_server_writes_it(signed_in: Page) -> None:
    script = "(m, cases) => cases.map(({ at, letter }) => m.write(Date.parse(at), letter))"
    assert call(signed_in, "dtg", script, DTG["written"]) == [case["text"] for case in DTG["written"]]


@pytest.mark.parametrize(
    ("caret", "by", "then"),
    [
        (0, 1, "011430I FEB 27"),
        (2, -1, "301430I JAN 27"),
        (4, 1, "311530I JAN 27"),
        (6, 1, "311431I JAN 27"),
        (9, 1, "281430I FEB 27"),
        (14, -1, "311430I JAN 26"),
    ],
)
def test_an_arrow_steps_the_part_of_a_group_that_it_stands_at(signed_in: Page, caret: int, by: int, then: str) -> None:
    script = """(m, [caret, by]) => {
      const from = m.readTyped("311430I JAN 27", 0);
      return m.write(m.stepped(from, caret, by), from.letter);
    }"""
    assert call(signed_in, "dtg", script, [caret, by]) == then
