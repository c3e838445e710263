"""Make of what a file says an order of battle that holds together.

Owns: one id for one unit, every parent there and no circle, symbol codes and places that can be, texts that every
format can write, what is too much to keep; the order of the tree. What is put right is named in the notes, and the
words of the file are kept.
Doesn't own: what a file's fields mean (the readers), what command relations may be (`command.rules`).
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from msgspec import structs

from jointhq.base.errors import BadInput
from jointhq.base.text import SHAPELESS, shown, shown_all
from jointhq.command.orbat.value import (
    DEPTH_MAX,
    ID_CHARS_MAX,
    MOMENTS_MAX,
    NAME_CHARS_MAX,
    NOTE_CHARS_MAX,
    ORBAT_KEPT_BYTES_MAX,
    RELATIONS_MAX,
    SIDES_MAX,
    UNIT_KEPT_BYTES_MAX,
    UNITS_MAX,
    VIA_MAX,
    Kept,
    Moment,
    Notes,
    Orbat,
    Read,
    Relation,
    Side,
    Strength,
    Unit,
)

SIDC: Final = re.compile(r"\d{20}(?:\d{10})?", re.ASCII)
# What XML can't hold, and with it neither KML nor XLSX (a bare carriage return would come back as a line feed), and
# what nobody may write because it has no shape.
_UNWRITABLE: Final = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff{SHAPELESS}]")
_LINE: Final = re.compile("\r\n?|\x85|\u2028|\u2029")
T = TypeVar("T", Side, Unit)
_LIMITS: Final = {"id": ID_CHARS_MAX, "parent": ID_CHARS_MAX, "note": NOTE_CHARS_MAX}


def settle(orbat: Orbat, notes: Notes) -> Read:
    """Return the order of battle put in order, with the report. Raises BadInput where there is too much of it."""
    _refuse_too_much(orbat)
    sides = _sides_in_order(tuple(_unique((_clean_side(side, notes) for side in orbat.sides), (), notes)))
    taken = {side.id for side in sides}
    units = list(_unique((_clean_unit(unit, notes) for unit in orbat.units), taken, notes))
    units = _under_parents(units, taken, notes)
    units = _without_circles(units, notes)
    units = _in_order_of_tree(units, sides)
    units = _moved_without_circles(units, taken, notes)
    known = {unit.id for unit in units}
    orbat = structs.replace(
        _clean_texts(orbat, "", notes),
        sides=sides,
        units=tuple(units),
        relations=tuple(_clean_relations(orbat.relations, known, notes)),
        kept=_bounded(orbat.kept, ORBAT_KEPT_BYTES_MAX, orbat.name, notes),
    )
    return Read(orbat, notes.report(orbat))


def _refuse_too_much(orbat: Orbat) -> None:
    for many, limit, what in (
        (len(orbat.units), UNITS_MAX, "units"),
        (sum(len(unit.moments) for unit in orbat.units), MOMENTS_MAX, "changes over time"),
        (len(orbat.sides), SIDES_MAX, "sides and groups"),
        (len(orbat.relations), RELATIONS_MAX, "relations"),
    ):
        if many > limit:
            raise BadInput(f"{many:,} {what} in one file; {limit:,} are taken at once: split the file")


# -- texts, symbols, places


def clean(text: str) -> str:
    """Return a text as every format can write it."""
    return _UNWRITABLE.sub("\ufffd", _LINE.sub("\n", text))


def _on_one_line(text: str) -> str:
    return " ".join(text.replace("\u200b", "").split())


def _clean_texts(value: Any, where: str, notes: Notes) -> Any:
    """Return a struct with its texts cleaned and of bounded length; what was cut is kept whole."""
    changed: dict[str, Any] = {}
    kept: Kept = {}
    for name in value.__struct_fields__:
        text = getattr(value, name)
        if not isinstance(text, str):
            continue
        cleaned = clean(text)
        if name not in ("note", "text", "text_ja"):  # one line, said once
            cleaned = _on_one_line(cleaned)
        limit = _LIMITS.get(name, NAME_CHARS_MAX)
        if len(cleaned) > limit:
            notes.problem(
                "too_long",
                where or name,
                f"{name} has {len(cleaned)} characters and was cut to {limit}; kept whole beside",
            )
            kept[name] = cleaned
            cleaned = cleaned[:limit].strip()
        if cleaned != text:
            changed[name] = cleaned
    if kept and hasattr(value, "kept"):
        changed["kept"] = {**value.kept, **kept}
    return structs.replace(value, **changed) if changed else value


def _clean_side(side: Side, notes: Notes) -> Side:
    side = _clean_texts(side, side.name, notes)
    identity = side.identity if side.parent or side.identity in set("0123456") - {""} else "1"
    return structs.replace(
        side,
        identity=identity,
        name=side.name or side.id,
        kept=_bounded(side.kept, UNIT_KEPT_BYTES_MAX, side.name, notes),
    )


def _clean_unit(unit: Unit, notes: Notes) -> Unit:
    unit = _clean_texts(unit, unit.name or unit.id, notes)
    where = unit.name or unit.id
    kept = dict(unit.kept)
    sidc = _sidc(unit.sidc, where, kept, notes)
    lat, lon = _place(unit.lat, unit.lon, where, kept, notes)
    moments = sorted((_clean_moment(moment, where, notes) for moment in unit.moments), key=lambda moment: moment.at_ms)
    return structs.replace(
        unit,
        name=unit.name or unit.id,
        sidc=sidc,
        lat=lat,
        lon=lon,
        strength=_clean_strength(unit.strength, where, notes),
        moments=tuple(moments),
        kept=_bounded(kept, UNIT_KEPT_BYTES_MAX, where, notes),
    )


def _clean_moment(moment: Moment, where: str, notes: Notes) -> Moment:
    kept = dict(moment.kept)
    moment = _clean_texts(moment, where, notes)
    sidc = _sidc(moment.sidc, where, kept, notes)
    lat, lon = _place(moment.lat, moment.lon, where, kept, notes)
    via = moment.via
    if len(via) > VIA_MAX:
        notes.problem("via_long", where, f"the way has {len(via)} points; the first {VIA_MAX} were taken")
        notes.kept["via"] += len(via) - VIA_MAX
        via = via[:VIA_MAX]
    if lat is None:
        via = ()
    return structs.replace(
        moment,
        sidc=sidc,
        lat=lat,
        lon=lon,
        off_map=moment.off_map and lat is None,
        via=via,
        strength=_clean_strength(moment.strength, where, notes),
        kept=_bounded(kept, UNIT_KEPT_BYTES_MAX, where, notes),
    )


def _clean_strength(strength: Strength | None, where: str, notes: Notes) -> Strength | None:
    if strength is None:
        return None
    cleaned: Strength = _clean_texts(strength, where, notes)
    return None if cleaned == Strength() else cleaned


def _sidc(sidc: str, where: str, kept: Kept, notes: Notes) -> str:
    if not sidc or SIDC.fullmatch(sidc):
        return sidc
    kept["sidc"] = sidc
    notes.kept["sidc"] += 1
    notes.problem(
        "sidc",
        where,
        f"{sidc[:40]!r} is no symbol code of 20 or 30 digits (MIL-STD-2525D/E, APP-6D/E); the unit was taken without"
        " symbol: give it one here",
    )
    return ""


def _place(
    lat: float | None, lon: float | None, where: str, kept: Kept, notes: Notes
) -> tuple[float | None, float | None]:
    settled = settled_place(lat, lon)
    if settled == (None, None) and (lat, lon) != (None, None):
        if "location" not in kept:
            kept["place"] = [repr(lat), repr(lon)]
        notes.kept["place"] += 1
        notes.problem(
            "place", where, f"latitude {lat}, longitude {lon} is no place on the earth; correct it in the file"
        )
    return settled


def settled_place(lat: float | None, lon: float | None) -> tuple[float | None, float | None]:
    """Return a place within the bounds of the map, none for what is none; who draws on over the date line goes on."""
    if lat is not None and lon is not None and math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90:
        if -180 <= lon <= 180:
            return lat, lon
        if -540 <= lon <= 540:
            return lat, (lon + 180) % 360 - 180
    return None, None


def _bounded(kept: Kept, limit: int, where: str, notes: Notes) -> Kept:
    """Return what is kept, without the largest of it where it would be too much."""
    kept = visible(kept, where, notes)
    sizes = {name: len(json.dumps(value)) for name, value in kept.items()}
    while sum(sizes.values()) > limit:
        name = max(sizes, key=lambda name: sizes[name])
        notes.problem(
            "too_much",
            where,
            f"{name[:NAME_CHARS_MAX]} has {sizes.pop(name):,} bytes and was left behind; {limit:,} are kept:"
            " keep the file",
        )
    return {clean(name): value for name, value in kept.items() if name in sizes}


def visible(kept: Kept, where: str, notes: Notes) -> Kept:
    """Return what is kept without characters that nobody may write: they hide, or show a text as what it isn't."""
    found: Kept = {}
    for name, value in kept.items():
        found[name] = shown_all(value)
        if found[name] != value:
            notes.problem("characters", where, f"{name[:NAME_CHARS_MAX]} is kept without its hidden characters")
    return {shown(name): value for name, value in found.items()}


# -- ids and the tree


class Ids:
    """Gives each thing of a file an id of its own."""

    def __init__(self, notes: Notes, taken: Iterable[str] = ()) -> None:
        self._notes = notes
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def take(self, wanted: str, name: str) -> str:
        """Return the id wanted, or a new one where it is missing or taken."""
        new = wanted = _on_one_line(clean(wanted)[:ID_CHARS_MAX])
        if wanted in ("", "-"):
            new = self._free("unit")
            self._notes.problem("id_missing", name, f"no id; taken as {new!r}: a second import won't know it again")
        elif wanted in self._taken:
            new = self._free(wanted[: ID_CHARS_MAX - 8])
            self._notes.problem(
                "id_twice", name, f"the id {wanted!r} stands in the file before; taken as {new!r}: give it its own"
            )
        self._taken.add(new)
        return new

    def _free(self, stem: str) -> str:
        while True:
            n = self._next[stem] = self._next.get(stem, 1) + 1
            if f"{stem}~{n}" not in self._taken:
                return f"{stem}~{n}"


def _unique(things: Iterable[T], taken: Iterable[str], notes: Notes) -> Iterator[T]:
    """Yield each with an id of its own, beside those taken."""
    ids = Ids(notes, taken)
    for thing in things:
        new = ids.take(thing.id, thing.name)
        yield thing if new == thing.id else structs.replace(thing, id=new)


def _under_parents(units: list[Unit], sides: set[str], notes: Notes) -> list[Unit]:
    """Return the units with parents that are there: by id, else by a name that one unit alone has."""
    ids = {unit.id for unit in units} | sides
    names = Counter(name for unit in units for name in {unit.name, unit.name_ja, unit.short} if name)
    by_name = {name: unit.id for unit in units for name in (unit.name, unit.name_ja, unit.short) if names[name] == 1}
    settled = []
    for unit in units:
        parent, kept = unit.parent, unit.kept
        if parent and parent not in ids:
            found = by_name.get(parent, "")
            if not found:
                notes.problem(
                    "parent_absent", unit.name, f"its parent {parent!r} is not in the file; it stands at the top"
                )
                notes.kept["parent"] += 1
                kept = {**kept, "parent": parent}
            parent = found
        settled.append(structs.replace(unit, parent=parent, kept=kept))
    return settled


def _without_circles(units: list[Unit], notes: Notes) -> list[Unit]:
    """Return the units with every circle opened at the first of it in the file."""
    parents = {unit.id: unit.parent for unit in units}
    fine: set[str] = set()
    opened: set[str] = set()
    for unit in units:
        way: dict[str, None] = {}
        at = unit.id
        while at in parents and at not in fine and at not in way:
            way[at] = None
            at = parents[at]
        if at in way:
            parents[at] = ""
            opened.add(at)
        fine.update(way)
    if not opened:
        return units
    settled = []
    for unit in units:
        if unit.id in opened:
            notes.problem(
                "circle",
                unit.name,
                f"it stands under itself by way of {unit.parent!r}; it was put at the top: choose its parent",
            )
            notes.kept["parent"] += 1
            unit = structs.replace(unit, parent="", kept={**unit.kept, "parent": unit.parent})  # noqa: PLW2901
        settled.append(unit)
    return settled


def _in_order_of_tree(units: list[Unit], sides: tuple[Side, ...]) -> list[Unit]:
    """Return the units each behind its parent. Raises BadInput for a tree that is too deep."""
    children: dict[str, list[Unit]] = {}
    for unit in units:
        children.setdefault(unit.parent, []).append(unit)
    ordered: list[Unit] = []
    stack = [(unit, 1) for top in ("", *(side.id for side in sides)) for unit in children.get(top, ())][::-1]
    while stack:
        unit, depth = stack.pop()
        if depth > DEPTH_MAX:
            raise BadInput(
                f"{unit.name!r} stands deeper than {DEPTH_MAX} units; no structure does: look at the parents"
            )
        ordered.append(unit)
        stack += [(child, depth + 1) for child in reversed(children.get(unit.id, ()))]
    return ordered


def _sides_in_order(sides: tuple[Side, ...]) -> tuple[Side, ...]:
    """Return the sides with each group behind its own; a group of none is a side."""
    ids = {side.id for side in sides if not side.parent}
    sides = tuple(side if side.parent in ids else structs.replace(side, parent="") for side in sides)
    return tuple(
        one
        for side in sides
        if not side.parent
        for one in (side, *(group for group in sides if group.parent == side.id))
    )


def _moved_without_circles(units: list[Unit], sides: set[str], notes: Notes) -> list[Unit]:
    """Return the units without those moves that lead nowhere, or round in a circle at their time."""
    parents = {unit.id: unit.parent for unit in units}
    moves = sorted(
        (moment.at_ms, n, m)
        for n, unit in enumerate(units)
        for m, moment in enumerate(unit.moments)
        if moment.parent is not None
    )
    wrong: dict[int, set[int]] = {}
    for _, n, m in moves:
        unit, to = units[n], units[n].moments[m].parent or ""
        code = ""
        if to and to not in parents and to not in sides:
            code = "parent_absent"
        else:
            at = to
            while at in parents and at != unit.id:
                at = parents[at]
            if at == unit.id:
                code = "circle"
        if code:
            wrong.setdefault(n, set()).add(m)
            notes.kept["parent"] += 1
            notes.problem(
                code, unit.name, f"it can't be put under {to[:ID_CHARS_MAX]!r} at that time; it stays where it was"
            )
        else:
            parents[unit.id] = to
    for n, which in wrong.items():
        units[n] = structs.replace(
            units[n],
            moments=tuple(
                structs.replace(
                    moment,
                    parent=None,
                    relation="",
                    kept=moment.kept if "hierarchy" in moment.kept else {**moment.kept, "parent": moment.parent},
                )
                if m in which
                else moment
                for m, moment in enumerate(units[n].moments)
            ),
        )
    return units


def _clean_relations(relations: Iterable[Relation], known: set[str], notes: Notes) -> Iterator[Relation]:
    for said in relations:
        relation: Relation = _clean_texts(said, said.type, notes)
        if {relation.superior, relation.subordinate} <= known and relation.superior != relation.subordinate:
            yield relation
        else:
            notes.kept["relation"] += 1
            notes.problem(
                "relation",
                f"{relation.superior} - {relation.subordinate}",
                f"a relation {relation.type[:40]!r} needs two units of the file; it was left behind",
            )
