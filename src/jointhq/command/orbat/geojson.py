"""GeoJSON (RFC 7946).

Owns: a feature for each row, its place as a point; the way of each unit that moved as a line, cut where it crosses
the 180th meridian; the banner in a member `mark`. The lines are for the eye: reading leaves out what follows from the
points.
Doesn't own: the rows (`orbat.rows`), what foreign properties mean (`orbat.columns`).
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec import structs

from jointhq.base.errors import BadInput
from jointhq.command.orbat.columns import guess
from jointhq.command.orbat.rows import FIELDS, NOTHING, Row, from_rows, mapped, to_rows
from jointhq.command.orbat.settle import visible
from jointhq.command.orbat.value import MOMENTS_MAX, UNITS_MAX, Kept, Notes, Orbat, Read, Unit, read_json

FEATURES_MAX: Final = UNITS_MAX + MOMENTS_MAX
WAY: Final = "way"  # `kind` of the lines
Position = tuple[float, float]  # (lat, lon)


def read(data: bytes, chosen: Mapping[str, str]) -> Read:
    """Return the order of battle in a feature collection. Raises BadInput for what is none."""
    notes = Notes()
    said = read_json(data)
    if isinstance(said, dict) and said.get("type") == "Feature":
        said = {"type": "FeatureCollection", "features": [said]}
    if (
        not isinstance(said, dict)
        or said.get("type") != "FeatureCollection"
        or not isinstance(said.get("features"), list)
    ):
        raise BadInput("no GeoJSON feature collection")
    if len(said["features"]) > FEATURES_MAX:
        raise BadInput(f"more than {FEATURES_MAX:,} features; split the file")
    others: list[Any] = []
    rows = list(_rows(said["features"], others, notes))
    headings = list(dict.fromkeys(name for row in rows for name in row))
    notes.mapping = guess(headings, chosen)
    if any(row.get("kind") != "orbat" for row in rows) and not {"id", "name"} & notes.mapping.keys():
        raise BadInput(f"no property for id or name was found among {', '.join(map(repr, headings[:40]))}; name them")
    read = from_rows(mapped(rows, notes.mapping, notes), notes)
    if "crs" in said:
        notes.problem("crs", "", "it names a coordinate system; GeoJSON is in WGS 84, and so it was read")
    kept = {name: value for name, value in said.items() if name not in ("type", "features", "mark", "bbox")}
    notes.kept.update(f"collection.{name}" for name in kept)
    if others:
        kept["features"] = others
    return _with(read, kept, said.get("mark"), notes)


def _with(read: Read, kept: Kept, mark: Any, notes: Notes) -> Read:
    orbat = read.orbat
    if kept:
        orbat = structs.replace(orbat, kept={**orbat.kept, **visible(kept, orbat.name, notes)})
    if isinstance(mark, str) and not orbat.mark:
        orbat = structs.replace(orbat, mark=mark[:200])
    return Read(orbat, notes.report(orbat))


def _rows(features: list[Any], others: list[Any], notes: Notes) -> Iterator[Row]:
    for feature in features:
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        said = feature.get("properties") if isinstance(feature, dict) else None
        properties = said if isinstance(said, dict) else {}
        if properties.get("kind") == WAY:
            continue
        point = geometry if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
        if not isinstance(feature, dict) or geometry is not point or not (properties or point):
            notes.kept["feature that is no point"] += 1
            others.append(feature)
            continue
        row: Row = {str(name): _flat(name, value) for name, value in properties.items()}
        if "id" not in row and isinstance(feature.get("id"), (str, int)):
            row["id"] = feature["id"]
        if point:
            coordinates = point.get("coordinates")
            if isinstance(coordinates, list) and len(coordinates) >= 2:
                row["lon"], row["lat"] = coordinates[:2]
                if len(coordinates) > 2:
                    row["height"] = coordinates[2]
            else:
                row["lat"] = row["lon"] = str(coordinates)
        yield row


def _flat(name: str, value: Any) -> Any:
    """Return a value as a cell: what isn't one becomes a text, but for what is kept."""
    if name == "kept" or (isinstance(value, (str, int, float)) and not isinstance(value, bool)):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()


# -- writing


def write(orbat: Orbat) -> bytes:
    """Return the feature collection."""
    others = orbat.kept.get("features", [])
    kept = (
        {name: value for name, value in orbat.kept.items() if name != "features"}
        if isinstance(others, list)
        else orbat.kept
    )
    features = [
        *map(_feature, to_rows(structs.replace(orbat, kept=kept))),
        *(way for unit in orbat.units if (way := _way(unit))),
        *(others if isinstance(others, list) else ()),
    ]
    mark = {"mark": orbat.mark} if orbat.mark else {}
    return msgspec.json.encode({"type": "FeatureCollection", **mark, "features": features})


def _feature(row: Row) -> dict[str, Any]:
    geometry = None
    if "lat" in row and row["lat"] != NOTHING:
        geometry = {"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]}
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {field: row[field] for field in FIELDS if field in row},
    }


def _way(unit: Unit) -> dict[str, Any] | None:
    points: list[Position] = [(unit.lat, unit.lon)] if unit.lat is not None and unit.lon is not None else []
    for moment in unit.moments:
        points += moment.via
        if moment.lat is not None and moment.lon is not None:
            points.append((moment.lat, moment.lon))
    if len(points) < 2:
        return None
    lines = [[[lon, lat] for lat, lon in line] for line in split(points)]
    geometry = (
        {"type": "LineString", "coordinates": lines[0]}
        if len(lines) == 1
        else {"type": "MultiLineString", "coordinates": lines}
    )
    mark = {"mark": unit.mark} if unit.mark else {}
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"kind": WAY, "id": unit.id, "name": unit.name, **mark},
    }


def split(points: list[Position]) -> list[list[Position]]:
    """Return a line cut at the 180th meridian, wherever the short way between two points crosses it."""
    lines: list[list[Position]] = [[points[0]]]
    for (lat, lon), (to_lat, to_lon) in pairwise(points):
        across = to_lon - lon
        if abs(across) > 180:
            edge = 180.0 if lon > 0 else -180.0
            way = 360 - abs(across)
            part = abs(edge - lon) / way if way else 0.0
            at = lat + (to_lat - lat) * part
            lines[-1].append((at, edge))
            lines.append([(at, -edge)])
        lines[-1].append((to_lat, to_lon))
    return lines
