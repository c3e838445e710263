"""The formats by name.

Owns: which there are, which one a file is in, its media type and ending. Doesn't own: any of them (the modules beside).
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from jointhq.base.errors import BadInput
from jointhq.command.orbat import geojson, kml, orbat_mapper, table
from jointhq.command.orbat.value import FILE_BYTES_MAX, KeptPath, Orbat, Read, Report, count

_SCENARIO: Final = re.compile(rb'"type"\s*:\s*"ORBAT-mapper')  # in no text: its quotes would be escaped


class Format(Struct, frozen=True):
    """How one format is read and written."""

    name: str
    ending: str
    media_type: str
    read: Callable[[bytes, Mapping[str, str]], Read]
    write: Callable[[Orbat], bytes]


def _read_orbat_mapper(data: bytes, chosen: Mapping[str, str]) -> Read:
    if chosen:
        raise BadInput("ORBAT Mapper has no columns to choose; --map is for tables, GeoJSON and KML")
    return orbat_mapper.read(data)


FORMATS: Final[Mapping[str, Format]] = {
    one.name: one
    for one in (
        Format("orbat-mapper", ".json", "application/json", _read_orbat_mapper, orbat_mapper.write),
        Format("csv", ".csv", "text/csv; charset=utf-8", table.read_csv, table.write_csv),
        Format(
            "xlsx",
            ".xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            table.read_xlsx,
            table.write_xlsx,
        ),
        Format("geojson", ".geojson", "application/geo+json", geojson.read, geojson.write),
        Format("kml", ".kml", "application/vnd.google-earth.kml+xml", kml.read, kml.write),
    )
}


def guess_format(data: bytes) -> str:
    """Return the name of the format that a file looks like; a table where it looks like nothing else."""
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PK"):
        return "xlsx"
    if head.startswith(b"<"):
        return "kml"
    if head.startswith(b"{"):
        return "orbat-mapper" if _SCENARIO.search(data) else "geojson"
    return "csv"


def read(data: bytes, name: str = "", mapping: Mapping[str, str] | None = None) -> Read:
    """Return the order of battle in a file; `name` "" looks which format it is. Raises BadInput."""
    if len(data) > FILE_BYTES_MAX:
        raise BadInput(f"the file has {len(data):,} bytes; {FILE_BYTES_MAX:,} are taken: split it")
    if not data.strip():
        raise BadInput("the file is empty")
    return format_of(name or guess_format(data)).read(data, mapping or {})


def write(orbat: Orbat, name: str) -> bytes:
    """Return the file."""
    return format_of(name).write(orbat)


def format_of(name: str) -> Format:
    """Return a format. Raises BadInput for one that there isn't."""
    if name not in FORMATS:
        raise BadInput(f"no format {name[:40]!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]


def carried(orbat: Orbat, name: str) -> Report:
    """Return how much a file of this format says, and what only this program finds in it again."""
    report = count(orbat)
    if name != "orbat-mapper":
        return report
    hidden = {
        "relations beside the tree": len(orbat.relations),
        "type of the relation to the parent": sum(bool(unit.relation) for unit in orbat.units),
        "nation, service or echelon": sum(bool(unit.nation or unit.service or unit.echelon) for unit in orbat.units),
        "Japanese name": sum(bool(unit.name_ja or unit.note_ja) for unit in orbat.units),
        "name of a place": sum(bool(unit.place or unit.place_ja) for unit in orbat.units),
        "strength": sum(unit.strength is not None for unit in orbat.units),
        "mark": sum(bool(unit.mark) for unit in orbat.units),
    }
    return Report(
        units=report.units,
        relations=report.relations,
        places=report.places,
        times=report.times,
        kept=tuple(KeptPath(path, number) for path, number in hidden.items() if number),
    )
