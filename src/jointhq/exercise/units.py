"""The units of a scenario, and keeping them in the picture.

Owns: reading a scenario file; from a unit to its event.
Doesn't own: who commands whom (a scenario says what was published, and proves no authority).
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from jointhq.base.clock import Clock
from jointhq.cot.event import Event
from jointhq.feeds.facts import Facts
from jointhq.feeds.feed import BaseFeed, Publish
from jointhq.feeds.report import make_event

SOURCE_ID: Final = "units"
KIND: Final = "units"
OPEX: Final = "e-jointhq demo"  # CoT's mark of an exercise; every event of a demo carries it
STALE_S: Final = 2 * 3600
REPUBLISH_S: Final = 1800.0  # well before stale, and rare: a unit that doesn't move costs history a row each time
PLACE_CE_M: Final = 500.0  # places are given to 0.01 degrees

# Fact -> what it means; the page translates them (`fact.<key>`).
FACTS: Final = {
    "sidc": "MIL-STD-2525D symbol, 20 digits",
    "name_ja": "name in Japanese",
    "short": "short name, for the map",
    "unit": "id in the scenario",
    "nation": "USA, JPN or MULTI",
    "service": "joint, army, navy, air, marine, space or civil",
    "echelon": "2525D echelon, two digits",
    "parent": "id of the unit it stands under here",
    "relation": "CMD published command line, ORG organic, COMP component or coordination only, FAC bilateral cell",
    "superior": "id of today's Service or operational superior, where that is another",
    "place": "where it is",
    "place_ja": "where it is, in Japanese",
    "strength": "people, as published",
    "strength_ja": "people, as published, in Japanese",
    "strength_date": "when that was so",
    "strength_source": "S read in a public source, M from memory",
    "note": "remark",
    "note_ja": "remark in Japanese",
}

Degrees90 = Annotated[float, Meta(ge=-90, le=90)]
Degrees180 = Annotated[float, Meta(ge=-180, le=180)]


class Strength(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many people, in the words of a source."""

    text: str
    text_ja: str
    date: str = ""
    source: Annotated[str, Meta(pattern="^[SM]$")]


class Unit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One unit of a scenario."""

    id: str
    name: str
    name_ja: str
    short: str
    parent: str = ""
    relation: str = ""
    superior: str = ""
    nation: str
    service: str
    echelon: Annotated[str, Meta(pattern="^[0-9]{2}$")]
    place: str
    place_ja: str
    lat: Degrees90
    lon: Degrees180
    sidc: Annotated[str, Meta(pattern="^[0-9]{20}$")]
    strength: Strength | None = None
    note: str = ""
    note_ja: str = ""


class Zone(msgspec.Struct, frozen=True):
    """A time zone a headquarters lives by."""

    name: str
    name_ja: str
    letter: str
    offset_minutes: int


class Place(msgspec.Struct, frozen=True):
    """A centre and scale of the map."""

    lat: Degrees90
    lon: Degrees180
    zoom: float


class View(Place, frozen=True):
    """A place of the map with a name."""

    name: str
    name_ja: str


class Headquarters(msgspec.Struct, frozen=True):
    """What the page says of the headquarters it shows."""

    name: str
    name_ja: str
    exercise: bool
    zones: list[Zone]
    view: Place
    views: list[View]


class Scenario(msgspec.Struct, frozen=True):
    """A headquarters and its units."""

    headquarters: Headquarters
    units: list[Unit]


def load(path: Path) -> Scenario:
    """Return the scenario in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Scenario)


# Symbol set -> CoT dimension and what is certain beyond it; digit 4 of the SIDC -> CoT affiliation.
_DIMENSIONS: Final = {
    **dict.fromkeys(("01", "02", "51"), "A"),
    **dict.fromkeys(("05", "06", "50"), "P"),
    "10": "G-U",
    **dict.fromkeys(("11", "15", "20", "27", "52"), "G"),
    **dict.fromkeys(("30", "53"), "S"),
    **dict.fromkeys(("35", "36", "54"), "U"),
}
_AFFILIATIONS: Final = "puafnsh"


def cot_type(sidc: str) -> str:
    """Return the CoT type that is safe to say of a 20-digit symbol: identity and dimension, no more."""
    return f"a-{_AFFILIATIONS[int(sidc[3])]}-{_DIMENSIONS.get(sidc[4:6], 'X')}"


def event(unit: Unit, now_ms: int) -> Event:
    """Return where a unit is, as of now."""
    strength: dict[str, Any] = {} if unit.strength is None else msgspec.to_builtins(unit.strength)
    said = {
        "sidc": unit.sidc,
        "name_ja": unit.name_ja,
        "short": unit.short,
        "unit": unit.id,
        "nation": unit.nation,
        "service": unit.service,
        "echelon": unit.echelon,
        "parent": unit.parent,
        "relation": unit.relation,
        "superior": unit.superior,
        "place": unit.place,
        "place_ja": unit.place_ja,
        "strength": strength.get("text", ""),
        "strength_ja": strength.get("text_ja", ""),
        "strength_date": strength.get("date", ""),
        "strength_source": strength.get("source", ""),
        "note": unit.note,
        "note_ja": unit.note_ja,
    }
    facts: Facts = {key: value for key, value in said.items() if value}
    return make_event(
        KIND,
        uid=f"unit-{unit.id}",
        cot_type=cot_type(unit.sidc),
        how="h-g-i-g-o",
        time_ms=now_ms,
        stale_s=STALE_S,
        lat=unit.lat,
        lon=unit.lon,
        callsign=unit.name,
        course_deg=None,
        speed_ms=None,
        ce_m=PLACE_CE_M,
        facts=facts,
        remarks=", ".join(part for part in (unit.name_ja, unit.place, unit.note) if part),
        extra=f'<__milsym id="{unit.sidc}"/>',
        opex=OPEX,
    )


class UnitsFeed(BaseFeed):
    """Keeps a scenario's units in the picture."""

    def __init__(self, units: list[Unit], *, clock: Clock, republish_s: float = REPUBLISH_S) -> None:
        super().__init__(id=SOURCE_ID, name="Units", name_ja="部隊", kind=KIND, clock=clock)
        self._units = units
        self._republish_s = republish_s

    async def _session(self, publish: Publish) -> None:
        while True:
            now_ms = self._clock.now_ms()
            self._say("live", "publishing", count=len(self._units))
            self.tally.received += len(self._units)
            self.tally.decoded += len(self._units)
            self._publish((event(unit, now_ms) for unit in self._units), publish, now_ms)
            await asyncio.sleep(self._republish_s)
