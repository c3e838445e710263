"""ORBAT Mapper scenario JSON, versions 2 and 3.

Owns: what its fields mean here, and what has no home. What is kept goes back to where it came from, so a scenario that
is read and written says the same. What ORBAT Mapper has no field for (nation, service, relation, Japanese names, mark)
stands in a member `jointhq` beside; it ignores that, and drops it when it saves.
Doesn't own: under whom a unit stands when it has moved (`orbat.hierarchy`), what holds together (`orbat.settle`).
Source: orbat-mapper.app, `src/types/scenarioModels.ts` and its scenario files, version 3.4.0.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from jointhq.base.errors import BadInput
from jointhq.command.orbat import hierarchy
from jointhq.command.orbat.settle import Ids, settle, settled_place
from jointhq.command.orbat.times import read_time, write_time
from jointhq.command.orbat.value import (
    DEPTH_MAX,
    Kept,
    Moment,
    Notes,
    Orbat,
    Read,
    Relation,
    Side,
    Strength,
    Unit,
    read_json,
)

TYPE: Final = "ORBAT-mapper"
VERSION: Final = "3.3.0"  # what we write where we don't write a scenario back
OURS: Final = "jointhq"
MADE: Final = "jointhq-side-"  # ids of the sides that are made for units without one
NO_SIDC: Final = "10011000000000000000"  # where the form wants a symbol and there is none
_IDENTITIES: Final = {
    "0": "Pending", "1": "Unknown", "2": "Assumed friend", "3": "Friend", "4": "Neutral", "5": "Suspect",
    "6": "Hostile",
}  # fmt: skip


class _More(Struct, omit_defaults=True):
    """What ORBAT Mapper has no field for."""

    mark: str = ""
    name_ja: str = ""
    nation: str = ""
    service: str = ""
    echelon: str = ""
    relation: str = ""
    place: str = ""
    place_ja: str = ""
    external_id: str = ""
    note_ja: str = ""
    from_ms: int | None = None
    until_ms: int | None = None
    no_sidc: bool = False
    parent: str | None = None  # under which nobody stands: no hierarchy can say it
    strength: Strength | None = None
    relations: tuple[Relation, ...] = ()


def read(data: bytes) -> Read:
    """Return the scenario in `data`. Raises BadInput for what is none."""
    notes = Notes()
    scenario = _decoded(data)
    own = ("type", "id", "name", "description", "sides", OURS)
    kept = {name: value for name, value in scenario.items() if name not in own}
    more = _more(scenario, "scenario", kept, notes)
    note = _text(scenario, "description", kept)
    if more.mark and note.startswith(more.mark):
        note = note.removeprefix(more.mark).removeprefix("\n\n")
    start = read_time(scenario.get("startTime"))
    notes.kept.update(f"scenario.{name}" for name in kept if name not in ("startTime", "version"))
    if start and write_time(start[0]) == scenario["startTime"]:
        del kept["startTime"]
    if kept.get("version") == VERSION:
        del kept["version"]
    sides: list[Side] = []
    units: list[Unit] = []
    ids = Ids(notes)
    for side in _objects(scenario, "sides", "sides", kept, notes):
        _read_side(side, sides, units, ids, notes)
    if kept.get("sides") == []:
        del kept["sides"]
    scenario_id = _text(scenario, "id", kept)
    orbat = Orbat(
        id="" if scenario_id == OURS else scenario_id,
        name=_text(scenario, "name", kept),
        note=note,
        mark=more.mark,
        start_ms=start[0] if start else None,
        sides=tuple(sides),
        units=tuple(hierarchy.resolved(units)),
        relations=more.relations,
        kept=kept,
    )
    read = settle(orbat, notes)
    return Read(structs.replace(read.orbat, units=tuple(map(hierarchy.plainly, read.orbat.units))), read.report)


def _decoded(data: bytes) -> dict[str, Any]:
    scenario = read_json(data)
    if not isinstance(scenario, dict) or scenario.get("type") != TYPE:
        kind = scenario.get("type") if isinstance(scenario, dict) else None
        if kind == TYPE + "-encrypted":
            raise BadInput("the scenario is encrypted: open it in ORBAT Mapper and export it without a password")
        raise BadInput(f'no ORBAT Mapper scenario: it says "type": {str(kind)[:40]!r}, not {TYPE!r}')
    return scenario


def _more(said: dict[str, Any], where: str, kept: Kept, notes: Notes) -> _More:
    if OURS not in said:
        return _More()
    try:
        return msgspec.convert(said[OURS], _More)
    except msgspec.ValidationError as error:
        notes.problem("foreign", where, f"member {OURS!r} isn't as this program writes it ({error}); kept as it is")
        kept[OURS] = said[OURS]
        return _More()


def _text(said: dict[str, Any], name: str, kept: Kept) -> str:
    """Return a text; what isn't one is kept."""
    value = said.get(name, "")
    if isinstance(value, str):
        if value == "" and name in said and name not in ("id", "name"):
            kept[name] = value
        return value
    kept[name] = value
    return ""


def _objects(said: dict[str, Any], name: str, where: str, kept: Kept, notes: Notes) -> list[dict[str, Any]]:
    """Return the objects of a list; a list that is empty or holds other things is kept."""
    if name not in said:
        return []
    value = said[name]
    found = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    if not found:
        kept[name] = value
    elif len(found) < len(value):
        notes.problem("foreign", where, f"{len(value) - len(found)} of {name!r} are no objects; they were left behind")
        notes.kept[name] += len(value) - len(found)
    return found


def _read_side(
    said: dict[str, Any], sides: list[Side], units: list[Unit], ids: Ids, notes: Notes, parent: str = ""
) -> None:
    if not parent and str(said.get("id", "")).startswith(MADE):
        units += _read_units(_objects(said, "subUnits", "", {}, notes), "", ids, notes)
        return
    own = ("id", "name", "description", "standardIdentity", "groups", "subUnits")
    kept = {name: value for name, value in said.items() if name not in own}
    notes.kept.update(f"side.{name}" for name in kept)
    where = str(said.get("name"))
    side = Side(
        id=ids.take(_text(said, "id", kept), where),
        name=_text(said, "name", kept),
        parent=parent,
        identity=_text(said, "standardIdentity", kept),
        note=_text(said, "description", kept),
    )
    groups = _objects(said, "groups", where, kept, notes)
    children = _objects(said, "subUnits", where, kept, notes)
    if parent and groups:
        kept["groups"] = said["groups"]
    for always, there in (("groups", not parent), ("subUnits", parent)):
        if there and kept.get(always) == []:
            del kept[always]
    sides.append(structs.replace(side, kept=kept))
    units += _read_units(children, side.id, ids, notes)
    for group in groups if not parent else ():
        _read_side(group, sides, units, ids, notes, parent=side.id)


def _read_units(tops: list[dict[str, Any]], parent: str, ids: Ids, notes: Notes) -> Iterator[Unit]:
    stack = [(said, parent, 1) for said in reversed(tops)]
    while stack:
        said, parent, depth = stack.pop()
        unit, children = _read_unit(said, parent, ids, notes)
        yield unit
        if children and depth == DEPTH_MAX:
            raise BadInput(f"units stand deeper than {DEPTH_MAX} under {unit.name!r}; no structure does")
        stack += [(child, unit.id, depth + 1) for child in reversed(children)]


_UNIT: Final = ("id", "name", "sidc", "shortName", "description", "location", "state", "subUnits", OURS)


def _read_unit(said: dict[str, Any], parent: str, ids: Ids, notes: Notes) -> tuple[Unit, list[dict[str, Any]]]:
    kept = {name: value for name, value in said.items() if name not in _UNIT and not name.startswith("_")}
    notes.kept.update(f"unit.{name}" for name in kept)
    where = str(said.get("name"))
    more = _more(said, where, kept, notes)
    place = _read_place(said, kept)
    children = _objects(said, "subUnits", where, kept, notes)
    states = _objects(said, "state", where, kept, notes)
    unit = Unit(
        id=ids.take(_text(said, "id", kept), where),
        name=_text(said, "name", kept),
        name_ja=more.name_ja,
        short=_text(said, "shortName", kept),
        sidc="" if more.no_sidc else _text(said, "sidc", kept),
        nation=more.nation,
        service=more.service,
        echelon=more.echelon,
        parent=parent,
        relation=more.relation,
        lat=place[0] if place else None,
        lon=place[1] if place else None,
        place=more.place,
        place_ja=more.place_ja,
        strength=more.strength or _read_strength(said),
        note=_text(said, "description", kept),
        note_ja=more.note_ja,
        external_id=more.external_id,
        from_ms=more.from_ms,
        until_ms=more.until_ms,
        mark=more.mark,
    )
    moments = tuple(
        moment for n, state in enumerate(states) if (moment := _read_state(state, state_id(unit.id, n), where, notes))
    )
    return structs.replace(unit, moments=moments, kept=kept), children


def _read_place(said: dict[str, Any], kept: Kept) -> tuple[float, float] | None:
    """Return (lat, lon); what isn't written as we would is kept."""
    if "location" not in said:
        return None
    location = said["location"]
    place = _point(location)
    if location is not None and (place is None or location != [place[1], place[0]] or not -180 <= place[1] <= 180):
        kept["location"] = location
    return place


def _point(position: Any) -> tuple[float, float] | None:
    if not isinstance(position, list) or not 2 <= len(position) <= 4:
        return None
    lon, lat = position[:2]
    numbers = isinstance(lon, (int, float)) and isinstance(lat, (int, float))
    return (lat, lon) if numbers and not isinstance(lon, bool) and not isinstance(lat, bool) else None


def _read_strength(said: dict[str, Any]) -> Strength | None:
    """Return the sum of `personnel`: what there should be, and what is on hand where that is said of all."""
    rows = said.get("personnel")
    if not isinstance(rows, list) or not rows:
        return None
    counts = [row.get("count") if isinstance(row, dict) else None for row in rows]
    here = [row.get("onHand") if isinstance(row, dict) else None for row in rows]
    if not all(isinstance(number, int) and number >= 0 for number in counts):
        return None
    known = all(isinstance(number, int) and number >= 0 for number in here)
    return Strength(number=sum(here) if known else None, authorised=sum(counts), source="ORBAT Mapper, personnel")  # type: ignore[arg-type]


_STATE: Final = ("t", "location", "via", "sidc", OURS)


def _via(said: Any) -> tuple[tuple[float, float], ...]:
    points = [_point(point) for point in said] if isinstance(said, list) else []
    return tuple(point for point in points if point)


def _read_state(said: dict[str, Any], new_id: str, where: str, notes: Notes) -> Moment | None:
    kept = {name: value for name, value in said.items() if name not in _STATE}
    notes.kept.update(f"unit.state.{name}" for name in kept if name not in ("id", "hierarchy"))
    if kept.get("id") == new_id:
        del kept["id"]
    time = read_time(said.get("t"))
    if time is None:
        notes.problem("time", where, f"a change at {str(said.get('t'))[:40]!r}, which is no time; it was left behind")
        notes.kept["unit.state"] += 1
        return None
    if not time[1]:
        notes.problem("zone", where, f"{said['t'][:40]!r} names no time zone; it was read as UTC")
    if write_time(time[0]) != said["t"]:
        kept["t"] = said["t"]
    more = _more(said, where, kept, notes)
    place = _read_place(said, kept)
    via = _via(said.get("via")) if place else ()
    if "via" in said and (not via or said["via"] != [[lon, lat] for lat, lon in via]):
        kept["via"] = said["via"]
    return Moment(
        at_ms=time[0],
        lat=place[0] if place else None,
        lon=place[1] if place else None,
        off_map="location" in said and said["location"] is None,
        via=via,
        place=more.place,
        place_ja=more.place_ja,
        sidc=_text(said, "sidc", kept),
        parent=more.parent,
        relation=more.relation,
        strength=more.strength,
        kept=kept,
    )


# -- writing


def write(orbat: Orbat) -> bytes:
    """Return the scenario file."""
    children: dict[str, list[Unit]] = {}
    for unit in orbat.units:
        children.setdefault(unit.parent, []).append(unit)
    start = {} if orbat.start_ms is None else {"startTime": _time(orbat.start_ms, orbat.kept.get("startTime"))}
    note = "\n\n".join(part for part in (orbat.mark, orbat.note) if part)
    scenario = {
        "id": OURS,
        "version": VERSION,
        **_without(orbat.kept, "startTime" if start else ""),
        **_said(id=orbat.id, description=note),
        "type": TYPE,
        "name": orbat.name,
        **start,
        "sides": [
            *_made_sides(children),
            *(_side(side, orbat.sides, children) for side in orbat.sides if not side.parent),
        ]
        or orbat.kept.get("sides", []),
        **_ours(_More(mark=orbat.mark, relations=orbat.relations)),
    }
    return msgspec.json.format(msgspec.json.encode(scenario), indent=1)


def _said(**texts: str) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}


def _without(kept: Kept, *names: str) -> Kept:
    return {name: value for name, value in kept.items() if name not in names}


def _ours(more: _More) -> dict[str, Any]:
    said = msgspec.to_builtins(more)
    return {OURS: said} if said else {}


def _time(ms: int, written: Any) -> str:
    """Return a time, as it was written where it is still the same."""
    read_again = read_time(written)
    return str(written) if read_again and read_again[0] == ms else write_time(ms)


def _made_sides(children: dict[str, list[Unit]]) -> Iterator[dict[str, Any]]:
    """Yield sides for the units that have none, one by identity: ORBAT Mapper colours a unit by its side."""
    tops: dict[str, list[Unit]] = {}
    for unit in children.get("", ()):
        tops.setdefault(unit.sidc[3:4] or "1", []).append(unit)
    for identity, units in tops.items():
        yield {
            "id": f"{MADE}{identity}",
            "name": _IDENTITIES.get(identity, identity),
            "standardIdentity": identity,
            "groups": [],
            "subUnits": [_unit(unit, children) for unit in units],
        }


def _side(side: Side, sides: tuple[Side, ...], children: dict[str, list[Unit]]) -> dict[str, Any]:
    units = [_unit(unit, children) for unit in children.get(side.id, ())]
    said: dict[str, Any] = {
        "standardIdentity": "1",
        **side.kept,
        "id": side.id,
        "name": side.name,
        **_said(description=side.note, standardIdentity=side.identity),
    }
    if side.parent:
        return {**_without(said, "standardIdentity"), **_again(side.kept, "standardIdentity"), "subUnits": units}
    groups = [_side(group, sides, children) for group in sides if group.parent == side.id]
    return {**said, "groups": groups or side.kept.get("groups", []), **({"subUnits": units} if units else {})}


def _again(kept: Kept, name: str) -> Kept:
    return {name: kept[name]} if name in kept else {}


def _unit(unit: Unit, children: dict[str, list[Unit]]) -> dict[str, Any]:
    more = _More(
        mark=unit.mark,
        name_ja=unit.name_ja,
        nation=unit.nation,
        service=unit.service,
        echelon=unit.echelon,
        relation=unit.relation,
        place=unit.place,
        place_ja=unit.place_ja,
        external_id=unit.external_id,
        note_ja=unit.note_ja,
        from_ms=unit.from_ms,
        until_ms=unit.until_ms,
        strength=None if unit.strength == _read_strength(unit.kept) else unit.strength,
        no_sidc=not unit.sidc and "sidc" not in unit.kept,
    )
    units = [_unit(child, children) for child in children.get(unit.id, ())]
    moments = [_state(moment, state_id(unit.id, n)) for n, moment in enumerate(unit.moments)]
    return {
        "sidc": NO_SIDC,
        **_without(unit.kept, "location"),
        "id": unit.id,
        "name": unit.name,
        **_said(sidc=unit.sidc, shortName=unit.short, description=unit.note),
        **_location(unit.lat, unit.lon, unit.kept),
        **({"state": moments} if moments else {}),
        **({"subUnits": units} if units else {}),
        **_ours(more),
    }


def _location(lat: float | None, lon: float | None, kept: Kept, *, off_map: bool = False) -> dict[str, Any]:
    """Return the place, as it was written where it is still the same."""
    if "location" in kept and _normal(_point(kept["location"])) == (None if lat is None else (lat, lon)):
        return {"location": kept["location"]}
    if lat is None:
        return {"location": None} if off_map else {}
    return {"location": [lon, lat]}


def _normal(place: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return a place as it is settled; None for what is none."""
    if place is None:
        return None
    lat, lon = settled_place(*place)
    return None if lat is None or lon is None else (lat, lon)


def state_id(unit_id: str, n: int) -> str:
    """Return the id of a state that came without one."""
    return f"{unit_id}-{n + 1}"


def _state(moment: Moment, new_id: str) -> dict[str, Any]:
    kept = _without(moment.kept, "t", "location", "via", "hierarchy")
    via = [[lon, lat] for lat, lon in moment.via]
    if "via" in moment.kept and _via(moment.kept["via"]) == moment.via:
        via = moment.kept["via"]
    there = hierarchy.said(moment)
    more = _More(
        place=moment.place,
        place_ja=moment.place_ja,
        relation=moment.relation,
        strength=moment.strength,
        parent="" if moment.parent == "" else None,
    )
    return {
        "id": new_id,
        **kept,
        "t": _time(moment.at_ms, moment.kept.get("t")),
        **_location(moment.lat, moment.lon, moment.kept, off_map=moment.off_map),
        **({"via": via} if via or "via" in moment.kept else {}),
        **_said(sidc=moment.sidc),
        **({} if there is None else {"hierarchy": there}),
        **_ours(more),
    }
