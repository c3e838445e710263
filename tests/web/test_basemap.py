"""The base map: what is in its tiles, in which words, and that it is drawn whole across the date line."""

import gzip
import json
import re
import struct
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.support.chromium import ARGUMENTS, CHROMIUM

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "src/jointhq/web/page"
TILES = PAGE / "basemap/world.pmtiles"
LISTS = REPOSITORY / "scripts/basemap"
WRITTEN = [
    REPOSITORY / "scripts/basemap.py",
    REPOSITORY / "scripts/vendor.py",
    *LISTS.iterdir(),
    PAGE / "basemap/basemap.js",
    PAGE / "basemap/SOURCES.md",
    PAGE / "vendor/VENDOR.md",
    PAGE / "vendor/importmap.json",
]
BYTES_MAX = 9_000_000  # It travels in every clone and every wheel.
JAPANESE = re.compile(r"[ぁ-んァ-ヶー・々一-鿿]+")
HOST = re.compile(r"https?://|\b[\w-]+\.(com|org|net|io|dev|jp)\b")
LAYERS = {"land", "seams", "lakes", "provinces", "borders", "places"}


def varints(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield value
            value = shift = 0


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield (number, value) of a protobuf message; bytes where the field has a length."""
    at = 0

    def varint() -> int:
        nonlocal at
        start = at
        while data[at] & 0x80:
            at += 1
        at += 1
        return next(varints(data[start:at]))

    while at < len(data):
        number, wire = divmod(varint(), 8)
        if wire == 0:
            yield number, varint()
        else:
            size = varint() if wire == 2 else {1: 8, 5: 4}[wire]
            yield number, data[at : at + size]
            at += size


class Archive:
    """Just enough of PMTiles 3 to read every tile once."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        (self.magic, self.version, root, root_bytes, meta, meta_bytes, self.leaves, _, self.tiles, *_) = struct.unpack(
            "<7sB11Q", self.data[:96]
        )
        self.zooms = (self.data[100], self.data[101])
        self.metadata = json.loads(gzip.decompress(self.data[meta : meta + meta_bytes]))
        self.root = (root, root_bytes)

    def entries(self, offset: int, size: int) -> Iterator[tuple[int, int, int]]:
        """Yield (tile id, offset, bytes) of one directory and those below it."""
        numbers = list(varints(gzip.decompress(self.data[offset : offset + size])))
        count = numbers[0]
        steps, runs, sizes, offsets = (numbers[1 + i * count : 1 + (i + 1) * count] for i in range(4))
        tile = place = 0
        for i, (step, run, length, written) in enumerate(zip(steps, runs, sizes, offsets, strict=True)):
            tile += step
            place = place + sizes[i - 1] if written == 0 else written - 1
            if run:
                yield tile, place, length
            else:
                yield from self.entries(self.leaves + place, length)

    def places(self, zoom: int) -> Iterator[dict[str, Any]]:
        """Yield the properties of each point of the layer `places` at one zoom."""
        first, last = (4**zoom - 1) // 3, (4 ** (zoom + 1) - 1) // 3
        for tile, offset, size in self.entries(*self.root):
            if first <= tile < last:
                content = gzip.decompress(self.data[self.tiles + offset : self.tiles + offset + size])
                for number, layer in fields(content):
                    if number == 3:
                        yield from points(layer)


def points(layer: bytes) -> Iterator[dict[str, Any]]:
    parts = list(fields(layer))
    if (1, b"places") not in parts:
        return
    keys = [value.decode() for number, value in parts if number == 3]
    values = [next(fields(value))[1] for number, value in parts if number == 4]
    for number, feature in parts:
        if number == 2:
            tags = next(list(varints(value)) for field, value in fields(feature) if field == 2)
            found = {keys[tags[i]]: values[tags[i + 1]] for i in range(0, len(tags), 2)}
            yield {key: value.decode() if isinstance(value, bytes) else value for key, value in found.items()}


@pytest.fixture(scope="module")
def archive() -> Archive:
    return Archive(TILES)


@pytest.fixture(scope="module")
def places(archive: Archive) -> list[dict[str, Any]]:
    return list(archive.places(archive.zooms[1]))


def test_the_archive_opens_and_has_what_is_drawn(archive: Archive) -> None:
    assert (archive.magic, archive.version, archive.zooms) == (b"PMTiles", 3, (0, 7))
    assert {layer["id"] for layer in archive.metadata["vector_layers"]} == LAYERS
    assert len(archive.data) < BYTES_MAX


def test_the_archive_credits_its_sources_and_says_nothing_of_the_machine(archive: Archive) -> None:
    assert archive.metadata["attribution"] == "Natural Earth; GeoNames (CC BY 4.0)"
    assert "/" not in archive.metadata["generator_options"]


def test_the_style_draws_every_layer(archive: Archive) -> None:
    style = (PAGE / "basemap/basemap.js").read_text()
    assert set(re.findall(r'world\("(\w+)"\)', style)) == LAYERS


def test_every_place_has_an_english_name_and_its_japanese_name_is_japanese(places: list[dict[str, Any]]) -> None:
    assert len(places) > 20_000
    assert all(place["name"].strip() for place in places)
    assert [place for place in places if "name_ja" in place and not JAPANESE.fullmatch(place["name_ja"])] == []


def test_whatever_is_named_on_small_scales_is_named_in_both_languages(archive: Archive) -> None:
    for zoom in range(7):
        assert [place for place in archive.places(zoom) if "name_ja" not in place] == []


def test_countries_carry_their_code(places: list[dict[str, Any]]) -> None:
    codes = {place["iso"]: place["name_ja"] for place in places if place["kind"] == "country"}
    assert {"JP": "日本", "US": "アメリカ合衆国", "FR": "フランス"}.items() <= codes.items()


@pytest.mark.parametrize(
    ("english", "japanese"),
    [
        *[("Yokosuka", "横須賀"), ("Sasebo", "佐世保"), ("Iwakuni", "岩国"), ("Misawa", "三沢"), ("Naha", "那覇")],
        *[("Kadena", "嘉手納"), ("Okinawa", "沖縄"), ("Kure", "呉"), ("Maizuru", "舞鶴"), ("Chitose", "千歳")],
        *[("Sapporo", "札幌"), ("Honolulu", "ホノルル"), ("Hagåtña", "ハガニア"), ("Le Havre", "ル・アーブル")],
        *[("Sea of Japan", "日本海"), ("Bashi Channel", "バシー海峡"), ("English Channel", "イギリス海峡")],
    ],
)
def test_the_names_this_headquarters_needs_are_there(places: list[dict[str, Any]], english: str, japanese: str) -> None:
    assert any((place["name"], place.get("name_ja")) == (english, japanese) for place in places)


def test_low_zooms_are_not_crowded(archive: Archive) -> None:
    assert [len(list(archive.places(zoom))) < most for zoom, most in ((1, 40), (2, 120), (3, 300), (4, 700))] == [
        True
    ] * 4


def test_no_file_names_a_host() -> None:
    assert [path.name for path in WRITTEN if path.is_file() and HOST.search(path.read_text())] == []


class Ranges(SimpleHTTPRequestHandler):
    """Static files by byte range, as the server gives them."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base's name
        pass

    def do_GET(self) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not wanted:
            super().do_GET()
            return
        content = Path(self.translate_path(self.path)).read_bytes()
        first, last = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.write(content[first : last + 1])


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A map of 600 by 400 over the date line at Chukotka; `window.colour(x, y)` reads a pixel."""
    for name in ("vendor", "basemap"):
        (tmp_path / name).symlink_to(PAGE / name)
    (tmp_path / "favicon.ico").touch()
    import_map = (PAGE / "vendor/importmap.json").read_text()
    (tmp_path / "index.html").write_text(
        f"""<!doctype html><script type="importmap">{import_map}</script>
        <div id="map" style="width: 600px; height: 400px"></div><script type="module">
        import * as maplibregl from "maplibre-gl";
        import {{ basemapStyle, registerPmtiles }} from "./basemap/basemap.js";
        registerPmtiles(maplibregl);
        window.style = basemapStyle;
        window.map = new maplibregl.Map({{
          container: "map", center: [180, 67.2], zoom: 5, fadeDuration: 0, attributionControl: false,
          canvasContextAttributes: {{ preserveDrawingBuffer: true }},
          style: basemapStyle({{ theme: "dark", language: "ja" }}),
        }});
        window.colour = (x, y) => {{
          const copy = document.createElement("canvas").getContext("2d");
          copy.drawImage(map.getCanvas(), -x, -y);
          return [...copy.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
        }};
        map.once("idle", () => (window.drawn = true));
        </script>"""
    )
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=str(tmp_path))) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page()
        errors: list[str] = []
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        opened.goto(f"http://127.0.0.1:{server.server_port}/")
        opened.wait_for_function("window.drawn", timeout=60_000)
        yield opened
        browser.close()
        server.shutdown()
        assert errors == []


@pytest.mark.browser
def test_land_crosses_the_date_line_without_a_seam(page: Page) -> None:
    land = page.evaluate("colour(250, 200)")
    assert land == "22,32,43"
    assert {page.evaluate(f"colour({x}, 200)") for x in range(290, 311)} == {land}


@pytest.mark.browser
def test_theme_and_language_change_without_fetching_again(page: Page) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    before = page.evaluate("map.getLayoutProperty('cities', 'text-field')")
    page.evaluate(
        "map.setStyle(style({ theme: 'light', language: 'en' })), new Promise(done => map.once('idle', done))"
    )
    assert page.evaluate("colour(250, 200)") == "244,243,238"
    assert page.evaluate("map.getLayoutProperty('cities', 'text-field')") != before
    assert requests == []
