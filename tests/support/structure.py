"""A structure of any size, as the server would answer it: for what a page does with many units.

Owns: shapes that `jointhq.command.forms` would say, so that a page needs no journal of two thousand units.
"""

from typing import Any, Final

import msgspec

from jointhq.command.forms.structure import RelationRow, StructureBody, UnitRow
from jointhq.command.records import Limits

FROM_MS: Final = 1_700_000_000_000
UNDER: Final = 7  # units under one headquarters
_ECHELONS: Final = ("26", "24", "21", "18", "16", "15", "14")
_TYPES: Final = ("CMD", "OPCON", "ORG", "TACON")
_NAMES: Final = ("Command", "Army", "Division", "Brigade", "Battalion", "Company", "Platoon")


def structure(units: int) -> bytes:
    """Return a StructureBody of so many units of two nations, with a bond between them for every tenth."""
    rows, relations = list[UnitRow](), list[RelationRow]()
    depths = dict[str, int]()
    for n in range(units):
        nation = "USA" if n % 2 else "JPN"
        index = n // 2  # within the nation
        parent = f"{nation}-{(index - 1) // UNDER}" if index else ""
        unit = f"{nation}-{index}"
        depth = depths[unit] = depths[parent] + 1 if parent else 0
        kind = _TYPES[index % len(_TYPES)] if parent else ""
        rows.append(_unit(unit, nation, min(depth, len(_ECHELONS) - 1), parent, kind))
        if parent:
            relations.append(_relation(f"r-{unit}", kind, parent, unit))
        if n % 20 == 1:
            relations.append(_relation(f"c-{unit}", "COORD", f"JPN-{index}", unit))
    body = StructureBody(
        units=rows,
        relations=relations,
        liaisons=[],
        alarms=[],
        mark="U//REL TO USA, JPN",
        known_ms=FROM_MS,
        at_ms=FROM_MS,
        position=1,
    )
    return msgspec.json.encode(body)


def _unit(unit: str, nation: str, depth: int, parent: str, kind: str) -> UnitRow:
    values: dict[str, Any] = {"name_ja": f"第{unit}部隊", "service": "army", "place_ja": "", "note": "", "note_ja": ""}
    return UnitRow(
        id=unit,
        name=f"{unit} {_NAMES[depth]}",
        short=unit,
        sidc=f"10031000{_ECHELONS[depth]}1211000000",
        nation=nation,
        echelon=_ECHELONS[depth],
        external_id="",
        place="Somewhere",
        lat=None,
        lon=None,
        strength=None,
        parent=parent,
        parent_type=kind,
        from_ms=FROM_MS,
        mark="(U)",
        version="1",
        **values,
    )


def _relation(relation: str, kind: str, superior: str, subordinate: str) -> RelationRow:
    return RelationRow(
        id=relation,
        type=kind,
        support="",
        superior=superior,
        subordinate=subordinate,
        limits=Limits(),
        granted_by="",
        order_ref="OPORD 26-01",
        from_ms=FROM_MS,
        until_ms=0,
        condition="",
        policy="",
        accepted=[],
        mark="(U)",
        version="1",
    )
