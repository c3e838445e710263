"""An order of battle as rows: what tables, GeoJSON and KML have in common.

Owns: the rows and their fields. A row says one thing: the whole (`kind` orbat), a side, a unit, a relation beside the
tree; a unit's later rows have a time in `from` and say what changes then, an empty field leaving it as it was. `kept`
is what had no home, as JSON; where it is too long for a cell, rows of kind `more` go on with it.
Doesn't own: cells and marks (`orbat.table`, `.geojson`, `.kml`), what the columns of others mean (`orbat.columns`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import structs

from jointhq.command.orbat.settle import settle
from jointhq.command.orbat.times import read_time, write_time
from jointhq.command.orbat.value import Kept, Moment, Notes, Orbat, Read, Relation, Side, Strength, Unit

Row = dict[str, Any]  # field -> text or number; an empty text is nothing said

UNIT_FIELDS: Final = (
    "id", "parent", "relation", "name", "name_ja", "short", "sidc", "nation", "service", "echelon", "lat", "lon",
    "place", "place_ja", "strength", "authorised", "strength_text", "strength_text_ja", "strength_date",
    "strength_source", "strength_whole", "note", "note_ja", "external_id", "mark",
)  # fmt: skip
FIELDS: Final = ("kind", *UNIT_FIELDS, "from", "until", "via", "kept")
CELL_CHARS_MAX: Final = 30_000  # of `kept`; a cell of XLSX holds 32,767
NOTHING: Final = "-"  # said of a later time: no parent, no place any more

_TEXTS: Final = ("id", "name", "name_ja", "short", "sidc", "nation", "service", "echelon", "parent", "relation",
    "place", "place_ja", "note", "note_ja", "external_id", "mark")  # fmt: skip
_STRENGTH: Final = {
    "strength": "number", "authorised": "authorised", "strength_text": "text", "strength_text_ja": "text_ja",
    "strength_date": "date", "strength_source": "source",
}  # fmt: skip


def to_rows(orbat: Orbat) -> Iterator[Row]:
    """Yield the rows. Only what is said stands in them; `kept` is an object."""
    whole = _said(orbat, ("id", "name", "note", "mark")) | _times(orbat.start_ms, None)
    if whole or orbat.kept:
        yield {"kind": "orbat", **whole, **_kept(orbat.kept)}
    for side in orbat.sides:
        identity = {"sidc": side.identity} if side.identity else {}
        yield {"kind": "side", **_said(side, ("id", "name", "parent", "note")), **identity, **_kept(side.kept)}
    for unit in orbat.units:
        yield {
            "kind": "unit",
            **_said(unit, _TEXTS),
            **_times(unit.from_ms, unit.until_ms),
            **_where(unit),
            **_kept(unit.kept),
        }
        for moment in unit.moments:
            yield _moment_row(unit.id, moment)
    for relation in orbat.relations:
        yield {
            "kind": "relation",
            "id": relation.subordinate,
            "parent": relation.superior,
            "relation": relation.type,
            **_times(relation.from_ms, relation.until_ms),
            **_kept(relation.said),
        }


def _said(thing: Any, names: Iterable[str]) -> Row:
    return {name: text for name in names if (text := getattr(thing, name))}


def _times(from_ms: int | None, until_ms: int | None) -> Row:
    times = {"from": from_ms, "until": until_ms}
    return {field: write_time(ms) for field, ms in times.items() if ms is not None}


def _kept(kept: Kept) -> Row:
    return {"kept": kept} if kept else {}


def _where(thing: Unit | Moment) -> Row:
    row: Row = {} if thing.lat is None else {"lat": thing.lat, "lon": thing.lon}
    if thing.strength is not None:
        for field, name in _STRENGTH.items():
            if (value := getattr(thing.strength, name)) not in ("", None):
                row[field] = value
        if thing.strength.whole:
            row["strength_whole"] = "yes"
    return row


def _moment_row(unit_id: str, moment: Moment) -> Row:
    row = {
        "kind": "unit",
        "id": unit_id,
        "from": write_time(moment.at_ms),
        **_said(moment, ("sidc", "relation", "place", "place_ja")),
        **_where(moment),
        **_kept(moment.kept),
    }
    if moment.parent is not None:
        row["parent"] = moment.parent or NOTHING
    if moment.off_map:
        row["lat"] = row["lon"] = NOTHING
    if moment.via:
        row["via"] = "; ".join(f"{lat!r} {lon!r}" for lat, lon in moment.via)
    return row


def as_texts(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows with `kept` as JSON, on rows of kind `more` where it is long."""
    for row in rows:
        if "kept" not in row:
            yield row
            continue
        text = json.dumps(row["kept"], ensure_ascii=True, separators=(",", ":"), sort_keys=True)
        yield {**row, "kept": text[:CELL_CHARS_MAX]}
        for start in range(CELL_CHARS_MAX, len(text), CELL_CHARS_MAX):
            yield {"kind": "more", "id": row.get("id", ""), "kept": text[start : start + CELL_CHARS_MAX]}


# -- reading


def from_rows(rows: Iterable[Row], notes: Notes) -> Read:
    """Return the order of battle that rows say, whoever wrote them. `kept` is an object, or JSON."""
    builder = _Builder(notes)
    for row, kept in _whole(rows):
        builder.take({name: value for name, value in row.items() if value not in ("", None)}, kept)
    return settle(builder.orbat(), notes)


def _whole(rows: Iterable[Row]) -> Iterator[tuple[Row, Any]]:
    """Yield each row with all of what it keeps."""
    last: Row | None = None
    parts: list[Any] = []
    for row in rows:
        kept = row.get("kept", "")
        if row.get("kind") == "more" and last is not None:
            parts.append(kept)
            continue
        if last is not None:
            yield last, _joined(parts)
        last, parts = {name: value for name, value in row.items() if name != "kept"}, [kept]
    if last is not None:
        yield last, _joined(parts)


def _joined(parts: list[Any]) -> Any:
    return "".join(parts) if all(isinstance(part, str) for part in parts) else parts[0]


class _Builder:
    """Row after row to an order of battle."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._whole = Orbat()
        self._sides: list[Side] = []
        self._units: dict[str, Unit] = {}
        self._moments: dict[str, list[Moment]] = {}
        self._relations: list[Relation] = []
        self._more: list[Unit] = []  # with an id that stood in the file before, or none

    def orbat(self) -> Orbat:
        units = [structs.replace(u, moments=tuple(self._moments.pop(key, ()))) for key, u in self._units.items()]
        for unit_id, moments in self._moments.items():
            self._notes.problem(
                "unit_absent",
                unit_id,
                f"{len(moments)} changes of a unit {unit_id!r} without a row of its own; left behind",
            )
            self._notes.kept["unit.from"] += len(moments)
        return structs.replace(
            self._whole, sides=tuple(self._sides), units=(*units, *self._more), relations=tuple(self._relations)
        )

    def take(self, row: Row, said: Any) -> None:
        kept, where = self._read_kept(said, row), str(row.get("name") or row.get("id") or "")
        match row.pop("kind", "unit"):
            case "orbat":
                from_ms = self._time(row, "from", where, kept)
                texts: dict[str, Any] = {name: str(row.pop(name, "")) for name in ("id", "name", "note", "mark")}
                self._whole = Orbat(**texts, start_ms=from_ms, kept=self._rest(kept, row))
            case "side":
                texts = {name: str(row.pop(name, "")) for name in ("id", "name", "parent", "note")}
                identity = str(row.pop("sidc", ""))
                self._sides.append(Side(**texts, identity=identity, kept=self._rest(kept, row)))
            case "relation":
                from_ms, until_ms = (self._time(row, name, where, kept) for name in ("from", "until"))
                names = {"type": "relation", "superior": "parent", "subordinate": "id"}
                texts = {name: str(row.pop(field, "")) for name, field in names.items()}
                said = self._rest(kept, row)
                self._relations.append(Relation(**texts, from_ms=from_ms, until_ms=until_ms, said=said))
            case _:
                self._take_unit(row, kept, where)

    def _take_unit(self, row: Row, kept: Kept, where: str) -> None:
        at_ms = self._time(row, "from", where, kept)
        lat, lon, off_map = self._place(row, where, kept)
        strength = self._strength(row, where, kept)
        unit_id = str(row.get("id", ""))
        if at_ms is not None and unit_id in self._units:
            parent = str(row.pop("parent")) if "parent" in row else None
            texts: dict[str, Any] = {name: str(row.pop(name, "")) for name in ("sidc", "relation", "place", "place_ja")}
            via = self._via(row, where, kept)
            unit = self._units[unit_id]  # foreign tables repeat its names on each row
            again = {name for name, value in row.items() if str(value) == getattr(unit, name, None)}
            moment = Moment(
                at_ms=at_ms,
                lat=lat,
                lon=lon,
                off_map=off_map,
                via=via,
                parent="" if parent == NOTHING else parent,
                strength=strength,
                kept=self._rest(kept, {name: value for name, value in row.items() if name not in again}),
                **texts,
            )
            self._moments.setdefault(unit_id, []).append(moment)
            return
        texts = {name: str(row.pop(name, "")) for name in _TEXTS}
        if texts["parent"] == NOTHING:
            texts["parent"] = ""
        until_ms = self._time(row, "until", where, kept)
        unit = Unit(
            **texts,
            from_ms=at_ms,
            until_ms=until_ms,
            lat=lat,
            lon=lon,
            strength=strength,
            kept=self._rest(kept, row),
        )
        if not unit_id or unit_id in self._units:
            self._more.append(unit)
        else:
            self._units[unit_id] = unit

    def _rest(self, kept: Kept, row: Row) -> Kept:
        """Return what is kept, with those fields that this kind of row has no home for."""
        self._notes.kept.update(f"column {name}" for name in row)
        return {**kept, **row} if row else kept

    def _read_kept(self, said: Any, row: Row) -> Kept:
        if said in ("", None):
            return {}
        try:
            kept = msgspec.json.decode(said) if isinstance(said, str) else said
        except (msgspec.DecodeError, RecursionError):
            kept = None
        if isinstance(kept, dict):
            return kept
        self._notes.problem("kept", str(row.get("id", "")), "what stands in `kept` is no JSON object; kept as a text")
        return {"kept": said}

    def _time(self, row: Row, field: str, where: str, kept: Kept) -> int | None:
        value = row.pop(field, None)
        if value is None:
            return None
        time = read_time(value)
        if time is None:
            self._notes.problem("time", where, f"{str(value)[:40]!r} is no time; write it like 2024-07-28T09:00:00Z")
            self._notes.kept[field] += 1
            kept[field] = str(value)
            return None
        if not time[1]:
            self._notes.problem("zone", where, f"{str(value)[:40]!r} names no time zone; it was read as UTC")
        return time[0]

    def _place(self, row: Row, where: str, kept: Kept) -> tuple[float | None, float | None, bool]:
        said = {name: row.pop(name) for name in ("lat", "lon") if name in row}
        if not said:
            return None, None, False
        if set(said.values()) == {NOTHING}:
            return None, None, True
        try:
            return degrees(said["lat"]), degrees(said["lon"]), False
        except (KeyError, ValueError):
            self._notes.problem(
                "place",
                where,
                f"{' '.join(map(str, said.values()))[:60]!r} is no place; give latitude and longitude in degrees",
            )
            self._notes.kept["place"] += 1
            kept["place"] = [str(value) for value in said.values()]
            return None, None, False

    def _via(self, row: Row, where: str, kept: Kept) -> tuple[tuple[float, float], ...]:
        text = str(row.pop("via", ""))
        try:
            pairs = [pair.split() for pair in text.split(";") if pair.strip()]
            return tuple((degrees(lat), degrees(lon)) for lat, lon in pairs)
        except ValueError:
            self._notes.problem("via", where, f"{text[:60]!r} is no way; write it like `35.1 139.2; 36 140`")
            kept["via"] = text
            return ()

    def _strength(self, row: Row, where: str, kept: Kept) -> Strength | None:
        said: dict[str, Any] = {name: row.pop(field) for field, name in _STRENGTH.items() if field in row}
        for name in ("number", "authorised"):
            if name not in said:
                continue
            number = whole_number(said[name])
            if number is None:
                text = str(said.pop(name))
                if name == "number" and "text" not in said:
                    said["text"] = text  # "~54000": a strength that nobody has a figure for
                else:
                    self._notes.problem("strength", where, f"{text[:40]!r} is no whole number; kept as a text")
                    kept[f"strength_{name}"] = text
            else:
                said[name] = number
        if whole := str(row.pop("strength_whole", "")):
            said["whole"] = whole.casefold() not in ("no", "0", "false")
        said |= {name: str(said[name]) for name in ("text", "text_ja", "date", "source") if name in said}
        return Strength(**said) if said else None


def degrees(value: Any) -> float:
    """Return the number in a cell. Raises ValueError for what is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    text = str(value).strip()
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def whole_number(value: Any) -> int | None:
    """Return the whole number in a cell, thousands apart or not; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if value >= 0 and value == value // 1 and value < 1e12 else None
    text = str(value).strip().replace(",", "").replace(" ", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def mapped(rows: Iterable[Mapping[str, Any]], mapping: Mapping[str, str], notes: Notes) -> Iterator[Row]:
    """Yield the rows of a foreign table by our fields; a column without a field is kept, by its own name."""
    fields = {column: field for field, column in mapping.items()}
    for said in rows:
        row: Row = {}
        kept: Kept = {}
        for column, value in said.items():
            if value in ("", None):
                continue
            if field := fields.get(column):
                row[field] = value
            else:
                kept[column] = value
                notes.kept[f"column {column}"] += 1
        if "id" not in mapping and "name" in row:
            row["id"] = str(row["name"])
        if not row:
            continue
        if kept:
            own = row.get("kept")
            if isinstance(own, str) and own:
                try:
                    own = msgspec.json.decode(own)
                except (msgspec.DecodeError, RecursionError):
                    own = {"kept": own}
            row["kept"] = {**own, **kept} if isinstance(own, dict) else kept
        yield row
