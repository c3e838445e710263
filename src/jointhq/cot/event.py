"""The CoT event as a value.

Owns: what one event says, parsed once and encoded at most once per encoding.
Doesn't own: parsing and writing XML (`cot.xml`) or protobuf (`cot.proto`), who may see it (`release`).
Source: MITRE, *Cursor on Target Message Router User's Guide*, Event.xsd; TAK protocol v1 `cotevent.proto`.
"""

from typing import Final

import msgspec

from jointhq.release.label import Label

UNKNOWN: Final = 9999999.0  # what CoT writes for an unknown hae, ce or le
UNKNOWN_FROM: Final = 999999.0  # takp messages write six nines: all at or above is unknown

Fact = str | int | float | bool


class Dest(msgspec.Struct, frozen=True, gc=False):
    """One addressee of `<marti>`: by what (`callsign`, `uid`, `group`, `mission` ...) and which."""

    by: str
    value: str


class Event(msgspec.Struct, gc=False):
    """One CoT event; nobody changes it after it is made (the two caches aside).

    Times are milliseconds since 1970 in UTC, positions WGS-84 degrees, `None` is unknown.
    """

    uid: str
    type: str
    how: str
    time_ms: int  # when it was generated; a later time replaces what the uid said before
    start_ms: int
    stale_ms: int
    lat: float
    lon: float
    hae_m: float | None = None  # height above the ellipsoid; pressure altitude where altitude_is_barometric
    ce_m: float | None = None
    le_m: float | None = None
    access: str = ""
    qos: str = ""
    opex: str = ""
    caveat: str = ""
    releasable_to: str = ""
    callsign: str = ""
    course_deg: float | None = None  # true
    speed_ms: float | None = None  # metres per second
    altitude_is_barometric: bool = False
    facts: dict[str, Fact] = {}  # what a feed knows beyond CoT, by fact name: mmsi, squawk, destination, sidc
    to: tuple[Dest, ...] = ()  # addressees; empty is everyone who may see it
    detail: bytes | None = None  # XML of the children of <detail>; None: take it from `xml`
    xml: bytes | None = None  # as it arrived, or as first written; without <marti>
    frame: bytes | None = None  # TAK protocol v1 stream frame, header included; as it arrived or as first written
    label: Label | None = None  # set by the router when it comes in; an event without one leaves to nobody
