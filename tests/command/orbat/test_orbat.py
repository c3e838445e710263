"""Orders of battle in the files of others: what is carried, what is kept, what is refused."""

import io
import json
import math
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from openpyxl import Workbook

from jointhq.base.errors import BadInput
from jointhq.command.orbat import formats, geojson, orbat_mapper
from jointhq.command.orbat.columns import guess
from jointhq.command.orbat.formats import FORMATS, read, write
from jointhq.command.orbat.settle import settle
from jointhq.command.orbat.times import read_time, write_time
from jointhq.command.orbat.value import (
    TIME_MS_MAX,
    TIME_MS_MIN,
    Kept,
    KeptPath,
    Moment,
    Notes,
    Orbat,
    Relation,
    Side,
    Strength,
    Unit,
)

FALKLANDS = (Path(__file__).parent / "data/orbat_falkland82.json").read_bytes()
MARK = "CUI//REL TO USA, JPN"


# -- a whole order of battle, of anything that a headquarters could write

word = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12).map(
    lambda text: " ".join(text.split())
)
name = st.one_of(
    st.sampled_from(
        [
            "第15旅団",
            "統合作戦司令部",
            "III MEF / 第3海兵機動展開部隊",
            "=1+1",
            "-",
            "'",
            "a,b;c\td",
            "<&>\"'",
            "0012",
            "１２",
        ]
    ),
    word,
).map(lambda text: " ".join(text.split()))
note = st.one_of(name, st.sampled_from(["two\nlines", " spaces around ", "\n"]))
unit_id = st.one_of(
    st.from_regex(r"[A-Za-z0-9_.:~-]{1,12}", fullmatch=True), st.sampled_from(["部隊", "0012", "1e5", "=x"])
)
code = st.sampled_from(["", "USA", "JPN", "navy", "16"])
sidc = st.one_of(st.just(""), st.from_regex(r"[0-9]{20}", fullmatch=True), st.from_regex(r"[0-9]{30}", fullmatch=True))
lat = st.one_of(st.floats(-90, 90), st.sampled_from([35.75, 0.0, -7.953829212982839]))
lon = st.one_of(st.floats(-180, 180), st.sampled_from([180.0, -180.0, 179.9999, -157.91]))
time_ms = st.one_of(
    st.integers(TIME_MS_MIN, TIME_MS_MAX), st.integers(384_000_000, 384_000_009).map(lambda s: s * 1000)
)
json_value = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(1 << 53), 1 << 53), st.floats(-1e9, 1e9), note),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(name, inner, max_size=3)),
    max_leaves=5,
)
kept = st.dictionaries(st.sampled_from(["media", "rangeRings", "メモ", "xyz"]), json_value, max_size=2)


@st.composite
def strengths(draw: st.DrawFn) -> Strength | None:
    number = st.one_of(st.none(), st.integers(0, 400_000))
    strength = Strength(
        number=draw(number),
        authorised=draw(number),
        text=draw(note),
        text_ja=draw(name),
        date=draw(code),
        source=draw(name),
        whole=draw(st.booleans()),
    )
    return None if strength == Strength() else strength


@st.composite
def moments(draw: st.DrawFn, parents: list[str]) -> Moment:
    placed = draw(st.booleans())
    return Moment(
        at_ms=draw(time_ms),
        lat=draw(lat) if placed else None,
        lon=draw(lon) if placed else None,
        off_map=not placed and draw(st.booleans()),
        via=tuple(draw(st.lists(st.tuples(lat, lon), max_size=3))) if placed else (),
        place=draw(name),
        place_ja=draw(name),
        sidc=draw(sidc),
        parent=draw(st.one_of(st.none(), st.sampled_from(["", *parents]))),
        relation=draw(st.sampled_from(["", "OPCON", "ORG"])),
        strength=draw(strengths()),
        kept=draw(kept),
    )


@st.composite
def orbats(draw: st.DrawFn) -> Orbat:
    ids = draw(st.lists(unit_id, max_size=8, unique=True))
    n_sides = draw(st.integers(0, min(3, len(ids))))
    sides = []
    for k, side_id in enumerate(ids[:n_sides]):
        group = k > 0 and draw(st.booleans())
        sides.append(
            Side(
                id=side_id,
                name=draw(name) or side_id,
                parent=ids[0] if group else "",
                identity="" if group else draw(st.sampled_from("0123456")),
                note=draw(note),
                kept=draw(kept),
            )
        )
    units: list[Unit] = []
    for k, one in enumerate(ids[n_sides:]):
        placed = draw(st.booleans())
        units.append(
            Unit(
                id=one,
                name=draw(name) or one,
                name_ja=draw(name),
                short=draw(name),
                sidc=draw(sidc),
                nation=draw(code),
                service=draw(code),
                echelon=draw(code),
                parent=draw(st.sampled_from(["", *ids[: n_sides + k]])),
                relation=draw(st.sampled_from(["", "OPCON", "ORG"])),
                lat=draw(lat) if placed else None,
                lon=draw(lon) if placed else None,
                place=draw(name),
                place_ja=draw(name),
                strength=draw(strengths()),
                note=draw(note),
                note_ja=draw(note),
                external_id=draw(name),
                from_ms=draw(st.one_of(st.none(), time_ms)),
                until_ms=draw(st.one_of(st.none(), time_ms)),
                mark=draw(st.sampled_from(["", "(U)", "(CUI//REL TO USA, JPN)"])),
                moments=tuple(draw(st.lists(moments(ids[: n_sides + k]), max_size=3))),
                kept=draw(kept),
            )
        )
    pairs = [(a.id, b.id) for a in units for b in units if a is not b]
    relations = (
        draw(
            st.lists(
                st.builds(
                    lambda pair, kind, since, until, said: Relation(
                        type=kind, superior=pair[0], subordinate=pair[1], from_ms=since, until_ms=until, said=said
                    ),
                    st.sampled_from(pairs),
                    st.sampled_from(["SUPPORT", "COORD", "ADCON"]),
                    st.one_of(st.none(), time_ms),
                    st.one_of(st.none(), time_ms),
                    kept,
                ),
                max_size=3,
            )
        )
        if pairs
        else []
    )
    orbat = Orbat(
        id=draw(unit_id),
        name=draw(name),
        note=draw(note),
        mark=draw(st.sampled_from(["", MARK])),
        start_ms=draw(st.one_of(st.none(), time_ms)),
        sides=tuple(sides),
        units=tuple(units),
        relations=tuple(relations),
        kept=draw(kept),
    )
    return settle(orbat, Notes()).orbat


def canonical(orbat: Orbat) -> Orbat:
    """Return it with units in the order of their ids: a form that puts them under sides by identity orders them so."""
    return structs.replace(orbat, units=tuple(sorted(orbat.units, key=lambda unit: unit.id)))


@pytest.mark.parametrize("name", FORMATS)
@given(orbat=orbats())
@settings(deadline=None, max_examples=60)
def test_what_is_written_is_read_again_whole(name: str, orbat: Orbat) -> None:
    data = write(orbat, name)
    assert formats.guess_format(data) == name
    again = read(data, name)
    assert again.report.problems == ()
    assert canonical(again.orbat) == canonical(orbat)
    if name != "orbat-mapper":
        assert again.orbat == orbat
    assert write(again.orbat, name) == data or name == "xlsx"  # a workbook holds the time it was made


# -- the real scenario


def test_a_real_scenario_is_carried_whole() -> None:
    orbat, report = (got := read(FALKLANDS)).orbat, got.report
    said = json.loads(FALKLANDS)
    grouped = sum(1 for side in said["sides"] for group in side["groups"] for _ in below(group))
    alone = sum(1 for side in said["sides"] for top in side["subUnits"] for _ in (top, *below(top)))
    assert (grouped, alone) == (128, 11)  # eleven stand under a side and no group
    assert report.units == len(orbat.units) == 139
    assert report.places == FALKLANDS.count(b'"location": [') or report.places == 128
    assert report.relations == 154
    assert report.times == 54
    assert report.problems == ()
    assert KeptPath("scenario.layerStack", 1) in report.kept
    assert KeptPath("unit.media", 22) in report.kept
    belgrano = next(unit for unit in orbat.units if unit.name == "ARA General Belgrano")
    assert write_time(belgrano.moments[-1].at_ms) == "1982-05-02T19:00:00Z"
    assert (belgrano.moments[-1].lat, belgrano.moments[-1].lon) == (-55.4, -61.53)
    assert belgrano.moments[-1].sidc == "10033040001202020000"
    assert [moment.parent for moment in belgrano.moments if moment.parent] == ["huoebTppuu"]


def below(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for unit in said.get("subUnits", []):
        yield unit
        yield from below(unit)


def test_a_real_scenario_comes_back_as_it_was() -> None:
    assert json.loads(write(read(FALKLANDS).orbat, "orbat-mapper")) == json.loads(FALKLANDS)


@pytest.mark.parametrize("through", FORMATS)
def test_a_real_scenario_comes_back_through_every_format(through: str) -> None:
    orbat = structs.replace(read(FALKLANDS).orbat, mark=MARK)
    again = read(write(orbat, through), through).orbat
    assert again == orbat
    back = json.loads(write(structs.replace(again, mark=""), "orbat-mapper"))
    assert back == json.loads(FALKLANDS)


# -- marks


@pytest.mark.parametrize("name", FORMATS)
def test_the_banner_stands_in_the_file(name: str) -> None:
    data = write(Orbat(name="x", mark=MARK, units=(Unit(id="a", name="A", mark="(CUI)"),)), name)
    if name == "xlsx":
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            texts = "".join(book.read(part).decode() for part in book.namelist())
        assert texts.count(MARK) >= 4  # first and last row, on the page, in the properties
    else:
        assert data.decode().count(MARK) >= {"csv": 2, "kml": 3, "geojson": 1, "orbat-mapper": 2}[name]
    assert read(data, name).orbat.mark == MARK


def test_a_cell_is_never_a_formula() -> None:
    orbat = Orbat(name="x", units=(Unit(id="a", name="=HYPERLINK(1)", note="@x", short="-1"),))
    assert b",=HYP" not in write(orbat, "csv")
    with zipfile.ZipFile(io.BytesIO(write(orbat, "xlsx"))) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    for name in ("csv", "xlsx"):
        assert read(write(orbat, name), name).orbat == orbat


# -- tables of others


def test_a_japanese_table_in_shift_jis_is_understood() -> None:
    table = "部隊番号,部隊名,上級部隊,緯度,経度,人員,備考,電話\n1,統合作戦司令部,,35.69,139.73,約240,市ヶ谷,03\n"
    table += '2,第15旅団,統合作戦司令部,26.20,127.66,"2,500",,\n'
    got = read(table.encode("cp932"))
    assert [(unit.id, unit.name, unit.parent) for unit in got.orbat.units] == [
        ("1", "統合作戦司令部", ""),
        ("2", "第15旅団", "1"),
    ]
    assert got.orbat.units[0].strength == Strength(text="約240")
    assert got.orbat.units[1].strength == Strength(number=2500)
    assert got.orbat.units[0].note == "市ヶ谷"
    assert got.orbat.units[0].kept == {"電話": "03"}
    assert got.report.kept == (KeptPath("column 電話", 1),)
    assert got.report.mapping["parent"] == "上級部隊"
    assert [problem.code for problem in got.report.problems] == ["encoding"]


def test_the_caller_says_which_column_is_which() -> None:
    table = b"A;B;C\nx;Alpha;\ny;Bravo;x\n"
    got = read(table, "csv", {"id": "A", "name": "B", "parent": "C"})
    assert [(unit.id, unit.name, unit.parent) for unit in got.orbat.units] == [("x", "Alpha", ""), ("y", "Bravo", "x")]
    with pytest.raises(BadInput, match="the file has 'A', 'B', 'C'"):
        read(table, "csv", {"id": "A", "name": "No"})
    with pytest.raises(BadInput, match="'colour' is no field"):
        read(table, "csv", {"colour": "A", "id": "B"})
    assert guess(["Unit name", "緯度", "ID"], {"name": ""}) == {"id": "ID", "lat": "緯度"}


def test_a_workbook_of_others() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Order of battle"], [], ["UIC", "Unit", "Superior", "Lat", "Lon", "Colour"],
                [101, "Wing", None, 35, 139.5, "blue"], [102, "Squadron", 101, None, None, None]):  # fmt: skip
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    got = read(out.getvalue())
    assert [(unit.id, unit.name, unit.parent, unit.lat) for unit in got.orbat.units] == [
        ("101", "Wing", "", 35),
        ("102", "Squadron", "101", None),
    ]
    assert got.orbat.units[0].kept == {"Colour": "blue"}


def test_foreign_geojson_and_kml() -> None:
    features = [
        {"type": "Feature", "id": 7, "properties": {"name": "Base", "tags": [1]},
         "geometry": {"type": "Point", "coordinates": [190, 10, 5]}},
        {"type": "Feature", "properties": {"name": "Area"}, "geometry": {"type": "Polygon", "coordinates": []}},
    ]  # fmt: skip
    got = read(json.dumps({"type": "FeatureCollection", "features": features}).encode())
    (unit,) = got.orbat.units
    assert (unit.id, unit.lat, unit.lon, unit.kept) == ("7", 10, -170, {"tags": "[1]", "height": 5})
    assert got.orbat.kept == {"features": [features[1]]}
    assert KeptPath("feature that is no point", 1) in got.report.kept
    kml = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>Bases</name>
      <Placemark id="p"><name>Yokota</name><description>air</description>
        <Point><coordinates>139.35,35.75,0</coordinates></Point></Placemark>
      <Placemark><name>Line</name><LineString><coordinates>1,2 3,4</coordinates></LineString></Placemark>
      <NetworkLink><name>more</name><Link><href>http://example.org/x.kml</href></Link></NetworkLink>
      </Folder></Document></kml>"""
    got = read(kml.encode())
    (unit,) = got.orbat.units
    assert (unit.id, unit.name, unit.note, unit.lat, unit.kept) == ("p", "Yokota", "air", 35.75, {"folder": "Bases"})
    assert [problem.code for problem in got.report.problems] == ["network_link"]
    assert len(got.orbat.kept["kml"]) == 2
    assert read(write(got.orbat, "kml")).orbat == got.orbat


# -- the date line, and times


def test_a_way_over_the_date_line_is_cut_there() -> None:
    orbat = Orbat(
        units=(Unit(id="a", name="A", lat=35.0, lon=140.0, moments=(Moment(at_ms=0, lat=21.0, lon=-158.0),)),)
    )
    (way,) = [f for f in json.loads(write(orbat, "geojson"))["features"] if f["properties"]["kind"] == "way"]
    assert way["geometry"]["type"] == "MultiLineString"
    (_, west), (east, _) = way["geometry"]["coordinates"]
    assert (west[0], east[0], west[1]) == (180, -180, east[1])
    assert west[1] == pytest.approx(35 - 14 * 40 / 62)


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=8))
def test_no_part_of_a_cut_line_crosses(points: list[tuple[float, float]]) -> None:
    lines = geojson.split(points)
    assert all(abs(b[1] - a[1]) <= 180 for line in lines for a, b in pairwise(line))
    assert all(math.isfinite(at) and abs(at) <= 90 for line in lines for at, _ in line)
    met = [point for line in lines for point in line]
    assert [point for point in points if point not in met] == []


@given(st.integers(TIME_MS_MIN, TIME_MS_MAX))
def test_a_time_comes_back(ms: int) -> None:
    assert read_time(write_time(ms)) == (ms, True)


def test_times_on_both_sides_of_the_date_line_are_one_moment() -> None:
    assert read_time("2024-07-28T08:00:00+09:00") == read_time("2024-07-27T13:00:00-10:00") == (1722121200000, True)
    assert read_time("2024/7/28 9:00") == (1722157200000, False)
    assert [read_time(text) for text in ("", "soon", "0001-01-01", "2024-13-01", None, True, math.nan, "9" * 400)] == [
        None
    ] * 8


# -- hostile and broken files


def table(*rows: str) -> bytes:
    return "\n".join(("id,parent,name,sidc,lat,lon,from", *rows)).encode()


@pytest.mark.parametrize(
    ("rows", "codes", "parents"),
    [
        (("a,b,A", "b,a,B"), ["circle"], {"a": "", "b": "a"}),
        (("a,a,A",), ["circle"], {"a": ""}),
        (("a,,A", "a,,B"), ["id_twice"], {"a": "", "a~2": ""}),
        (("a,,A", ",a,B"), ["id_missing"], {"a": "", "unit~2": "a"}),
        (("a,no,A",), ["parent_absent"], {"a": ""}),
        (("a,,A,SFGPUCI---",), ["sidc"], {"a": ""}),
        (("a,,A,,91,0",), ["place"], {"a": ""}),
        (("a,,A,,x,0",), ["place"], {"a": ""}),
        (("a,,A,,1",), ["place"], {"a": ""}),
        (("a,,A,,,,soon",), ["time"], {"a": ""}),
        (
            ("a,,A", "b,,B", "b,a,,,,,2024-01-01T00:00:00Z", "a,b,,,,,2024-01-02T00:00:00Z"),
            ["circle"],
            {"a": "", "b": ""},
        ),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_is_taken(rows: tuple[str, ...], codes: list[str], parents: Kept) -> None:
    got = read(table(*rows), "csv")
    assert [problem.code for problem in got.report.problems] == codes
    assert {unit.id: unit.parent for unit in got.orbat.units} == parents
    if codes[0] not in ("id_twice", "id_missing"):
        assert got.report.kept, "what the file said is kept"
        assert any(unit.kept or any(moment.kept for moment in unit.moments) for unit in got.orbat.units)


def scenario(units: list[Any], **more: Any) -> bytes:
    return json.dumps({"type": "ORBAT-mapper", "sides": [{"id": "s", "name": "S", "subUnits": units}], **more}).encode()


def test_two_units_of_one_id_keep_their_own_children() -> None:
    got = read(
        scenario(
            [
                {"id": "x", "name": "1", "subUnits": [{"id": "y", "name": "3"}]},
                {"id": "x", "name": "2", "subUnits": [{"id": "z", "name": "4"}]},
            ]
        )
    )
    assert {unit.name: unit.parent for unit in got.orbat.units} == {"1": "s", "3": "x", "2": "s", "4": "x~2"}
    assert "id_twice" in [problem.code for problem in got.report.problems]


def deep(levels: int) -> Any:
    unit: dict[str, Any] = {"id": "0", "name": "x"}
    for n in range(1, levels):
        unit = {"id": str(n), "name": "x", "subUnits": [unit]}
    return [unit]


def bomb(part: bytes = b" " * (70 << 20)) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/workbook.xml", part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", ""),
        (b"{", "orbat-mapper"),
        (b"[" * 100_000, "orbat-mapper"),
        (b"[" * 100_000, "geojson"),
        (b'{"type":"FeatureCollection","features":{}}', "geojson"),
        (b'{"type":"ORBAT-mapper-encrypted"}', ""),
        (scenario(deep(60)), ""),
        (table(*(f"{n},,x" for n in range(10_001))), "csv"),
        (table(*(f"{n},{n - 1},x" for n in range(100))), "csv"),
        (b"a,b,c\n1,2,3\n", "csv"),
        (b"id,id,name\n1,2,3\n", "csv"),
        (b'id,name\n1,"x\n', "csv"),
        (b"\x00\xff\xfe\x80", "csv"),
        (b"id,name,note\n1,x," + b"x" * 40_000, "csv"),
        (b"PK\x03\x04nothing", ""),
        (bomb(), "xlsx"),
        (bomb(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "xlsx"),
        (bomb(b"<workbook/>"), "xlsx"),
        (b"<!DOCTYPE kml><kml/>", ""),
        (b'<!DOCTYPE k [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><kml>&b;</kml>', "kml"),
        (b"<gpx/>", ""),
        (b"<kml>" * 200 + b"</kml>" * 200, ""),
        (b"PK\x03\x04", "kml"),
        (b" " * ((16 << 20) + 1), "csv"),
        (b"id,name\n1,x\n", "msdl"),
    ],
    ids=range(25),
)
def test_what_cannot_be_read_is_refused_and_says_why(data: bytes, name: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(data, name)
    assert str(refused.value)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.binary(max_size=300))
def test_noise_is_refused_or_read_and_nothing_else(name: str, data: bytes) -> None:
    for whole in (data, b'{"type":"ORBAT-mapper","sides":[' + data, b"id,name\n" + data, b"<kml>" + data + b"</kml>"):
        try:
            read(whole, name)
        except BadInput:
            continue


FIELDS = [
    "id", "name", "sidc", "subUnits", "groups", "state", "t", "location", "via", "hierarchy", "targetId", "placement",
    "parentId", "personnel", "count", "jointhq", "type", "properties", "geometry", "coordinates", "features", "sides",
]  # fmt: skip
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5)),
    max_leaves=30,
)


@given(said=anything)
@settings(deadline=None, max_examples=60)
def test_fields_of_any_shape_are_read_or_refused(said: Any) -> None:
    feature = {"type": "Feature", "properties": said, "geometry": said}
    side = {"id": "s", "name": "S", "subUnits": [said, {"id": "u", "state": [said]}], "groups": [said]}
    for name, whole in (
        ("orbat-mapper", {"type": "ORBAT-mapper", "sides": [side]}),
        ("orbat-mapper", said),
        ("geojson", {"type": "FeatureCollection", "features": [said, feature]}),
    ):
        try:
            got = read(json.dumps(whole).encode(), name)
        except BadInput:
            continue
        for other in FORMATS:
            again = read(write(got.orbat, other), other)
            assert again.report.units == got.report.units, other
            if other != "orbat-mapper":  # there, an id that was none gives way to the one it was given
                assert again.orbat == got.orbat, other


def test_too_much_to_keep_is_left_behind_by_name() -> None:
    got = read(scenario([{"id": "a", "name": "A", "media": ["x" * 20_000], "externalUrl": "y"}]))
    assert got.orbat.units[0].kept == {"externalUrl": "y"}
    assert [problem.code for problem in got.report.problems] == ["too_much"]
    assert "media has 20,004 bytes" in got.report.problems[0].message


def test_ten_thousand_units_are_read_in_seconds() -> None:
    rows = [f"{n},{(n - 1) // 5 if n else ''},第{n}隊,10031000161211000000,{n % 90},{n % 180}," for n in range(10_000)]
    got = read(table(*rows), "csv")
    assert (got.report.units, got.report.relations, got.report.places, got.report.problems) == (
        10_000,
        9_999,
        10_000,
        (),
    )
    for name in ("csv", "orbat-mapper", "geojson", "kml"):
        assert read(write(got.orbat, name), name).report.units == 10_000


def test_what_orbat_mapper_does_not_show_is_named() -> None:
    orbat = Orbat(units=(Unit(id="a", name="A", nation="JPN", name_ja="あ"), Unit(id="b", name="B")),
                  relations=(Relation(type="SUPPORT", superior="a", subordinate="b"),))  # fmt: skip
    assert {one.path for one in formats.carried(orbat, "orbat-mapper").kept} == {
        "relations beside the tree", "nation, service or echelon", "Japanese name"}  # fmt: skip
    assert formats.carried(orbat, "csv").kept == ()
    assert orbat_mapper.read(write(orbat, "orbat-mapper")).orbat.relations == orbat.relations


def test_what_is_kept_holds_no_hidden_characters_and_the_report_says_so() -> None:
    scenario = {
        "type": "ORBAT-mapper", "name": "n",
        "sides": [{"id": "s", "name": "s", "groups": [{"id": "g", "name": "g", "subUnits": [
            {"id": "u", "name": "U", "sidc": "", "plain": "as it is",
             "media": [{"cap\u202etion": "a\u0007b", "url": "x"}]},
        ]}]}],
    }  # fmt: skip
    got = read(json.dumps(scenario).encode(), "orbat-mapper")
    (one,) = got.orbat.units
    assert one.kept["media"] == [{"caption": "ab", "url": "x"}]
    assert one.kept["plain"] == "as it is"
    assert [(said.code, said.where) for said in got.report.problems if said.code == "characters"] == [
        ("characters", "U")
    ]
