"""ADS-B in, events out: SBS lines, readsb's aircraft.json, recorded CSV. No I/O.

Owns: the three formats, putting an aircraft's separate messages together, CoT type, units.
Doesn't own: demodulating (readsb, dump1090), sockets and files (`sources`).
Source: BaseStation/SBS-1 socket output; readsb README-json.md; ICAO Annex 10 vol. IV; MIL-STD-2525B (letters).

Every aircraft is neutral, military ones too: a transponder says what flies, not whose side it is on. Unknown is one
whose address isn't an ICAO one and whose category isn't known. Altitude is pressure altitude unless only a geometric
one came.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from jointhq.base.measure import METRES_PER_FOOT, METRES_PER_SECOND_PER_KNOT
from jointhq.cot.event import Event
from jointhq.feeds.facts import Facts, said
from jointhq.feeds.report import Tally, clean, make_event

KIND: Final = "adsb"
STALE_S: Final = 60  # an aircraft reports its place twice a second; readsb drops a position after the same time
VELOCITY_MS_MAX: Final = 30_000  # age of a course and speed still worth showing beside a new position
FORGET_MS: Final = 300_000  # silence after which an address may be another flight
AIRCRAFT_MAX: Final = 20_000  # more than fly at once; some 10 MB
AIRCRAFT_PER_DOCUMENT_MAX: Final = 20_000
SPEED_KN_MAX: Final = 4000.0  # twice what anything with a transponder reaches
ALTITUDE_FT_MAX: Final = 200_000.0
CLIMB_FPM_MAX: Final = 65_000.0
METRES_PER_SECOND_PER_FPM: Final = METRES_PER_FOOT / 60

UNKNOWN_AIRCRAFT: Final = "a-u-A"

# Emitter category -> (fact, civil type, military type).
_CATEGORIES: Final = {
    "A1": ("light", "a-n-A-C-F", "a-n-A-M-F"),
    "A2": ("small", "a-n-A-C-F", "a-n-A-M-F"),
    "A3": ("large", "a-n-A-C-F", "a-n-A-M-F"),
    "A4": ("high_vortex", "a-n-A-C-F", "a-n-A-M-F"),
    "A5": ("heavy", "a-n-A-C-F", "a-n-A-M-F"),
    "A6": ("high_performance", "a-n-A-C-F", "a-n-A-M-F"),
    "A7": ("rotorcraft", "a-n-A-C-H", "a-n-A-M-H"),
    "B1": ("glider", "a-n-A-C-F", "a-n-A-M-F"),
    "B2": ("lighter_than_air", "a-n-A-C-L", "a-n-A-M-L"),
    "B3": ("parachutist", "a-n-A-C", "a-n-A-M"),
    "B4": ("ultralight", "a-n-A-C-F", "a-n-A-M-F"),
    "B6": ("uav", "a-n-A-C", "a-n-A-M-F-Q"),  # 2525B has no civil unmanned aircraft
    "B7": ("space", "a-n-P", "a-n-P"),
    "C1": ("emergency_vehicle", "a-n-G-E-V-C", "a-n-G-E-V"),
    "C2": ("service_vehicle", "a-n-G-E-V-C", "a-n-G-E-V"),
    "C3": ("obstacle", "a-n-G-I", "a-n-G-I"),
    "C4": ("obstacle", "a-n-G-I", "a-n-G-I"),
    "C5": ("obstacle", "a-n-G-I", "a-n-G-I"),
}
_SQUAWKS: Final = {"7500": "unlawful_interference", "7600": "radio_failure", "7700": "general"}
_EMERGENCIES: Final = {
    "general": "general",
    "lifeguard": "medical",
    "minfuel": "minimum_fuel",
    "nordo": "radio_failure",
    "unlawful": "unlawful_interference",
    "downed": "downed_aircraft",
}
_SIGNALS: Final = ("adsb", "adsr", "adsc", "tisb", "mlat", "mode_s")
_HEX: Final = frozenset("0123456789ABCDEF")
_OCTAL: Final = frozenset("01234567")


class _Refused(Exception):
    """One line or aircraft can't be used, for one of `facts.REASONS`."""


class _Aircraft(msgspec.Struct, gc=False):
    """What is known of one aircraft, in SI. None and empty are unknown."""

    address: str  # six hexadecimal digits; a leading ~ where it isn't an ICAO address
    callsign: str = ""
    registration: str = ""
    aircraft_type: str = ""
    category: str = ""
    squawk: str = ""
    emergency: str = ""
    signal: str = ""
    military: bool = False
    on_ground: bool | None = None
    altitude_m: float | None = None
    altitude_is_barometric: bool = True
    course_deg: float | None = None
    speed_ms: float | None = None
    climb_ms: float | None = None
    ce_m: float | None = None
    moved_ms: int = 0  # when course and speed came
    heard_ms: int = 0
    position_ms: int = 0  # how old the position last published is


class _Known:
    """Aircraft by address, the one longest silent forgotten first."""

    def __init__(self) -> None:
        self._aircraft: dict[str, _Aircraft] = {}

    def get(self, address: str, now_ms: int) -> _Aircraft:
        aircraft = self._aircraft.pop(address, None)
        if aircraft is None or now_ms - aircraft.heard_ms > FORGET_MS:
            aircraft = _Aircraft(address)
        if len(self._aircraft) == AIRCRAFT_MAX:
            del self._aircraft[next(iter(self._aircraft))]
        self._aircraft[address] = aircraft
        aircraft.heard_ms = now_ms
        return aircraft


class SbsParser:
    """SBS/BaseStation lines in, an event for every one that has a position. Raises nothing, whatever the bytes.

    Times in the lines have no zone: a report's time is when it was received.
    """

    def __init__(self, tally: Tally, *, opex: str = "") -> None:
        self._tally = tally
        self._opex = opex
        self._known = _Known()

    def prepare(self) -> None:
        """Nothing is slow to load."""

    def receive(self, line: bytes, now_ms: int) -> Sequence[Event]:
        """Take one line. Return its event, if it has one."""
        self._tally.received += 1
        try:
            event = self._line(line.decode("ascii", "replace"), now_ms)
        except _Refused as refused:
            self._tally.refuse(str(refused))
            return ()
        self._tally.decoded += 1
        return () if event is None else (event,)

    def flush(self, now_ms: int) -> None:
        """Nothing is held."""

    def _line(self, line: str, now_ms: int) -> Event | None:
        fields = line.strip().split(",")
        if len(fields) == 1 or fields[0] not in {"MSG", "SEL", "ID", "AIR", "STA", "CLK"}:
            raise _Refused("fields")
        if fields[0] != "MSG":
            raise _Refused("unsupported_type")
        if len(fields) != 22 or fields[1] not in {"1", "2", "3", "4", "5", "6", "7", "8"}:
            raise _Refused("fields")
        address = _address(fields[4])
        altitude_ft = _number(fields[11], -2000, ALTITUDE_FT_MAX)
        speed_kn = _number(fields[12], 0, SPEED_KN_MAX)
        course_deg = _number(fields[13], 0, 360)
        position = _position(_number(fields[14], -90, 90), _number(fields[15], -180, 180))
        climb_fpm = _number(fields[16], -CLIMB_FPM_MAX, CLIMB_FPM_MAX)

        aircraft = self._known.get(address, now_ms)
        aircraft.callsign = clean(fields[10]) or aircraft.callsign
        aircraft.squawk = _squawk(fields[17]) or aircraft.squawk
        if fields[21]:
            aircraft.on_ground = fields[21] not in {"0", "false"}
        if altitude_ft is not None:
            aircraft.altitude_m = altitude_ft * METRES_PER_FOOT
        if speed_kn is not None or course_deg is not None:
            aircraft.speed_ms = _times(speed_kn, METRES_PER_SECOND_PER_KNOT)
            aircraft.course_deg = course_deg
            aircraft.moved_ms = now_ms
        if climb_fpm is not None:
            aircraft.climb_ms = climb_fpm * METRES_PER_SECOND_PER_FPM
        if position is None:
            return None
        if now_ms - aircraft.moved_ms > VELOCITY_MS_MAX:
            aircraft.speed_ms = aircraft.course_deg = aircraft.climb_ms = None
        return _event(aircraft, position, now_ms, self._opex)


class CsvParser:
    """Lines of a recording in, an event for each: columns by the names in its first line, units in the names.

    An event's time is `now_ms`; when it was recorded is the fact `recorded`.
    """

    _NEEDED: Final = ("time_unix_s", "icao24", "lat_deg", "lon_deg")

    def __init__(self, tally: Tally, *, opex: str = "") -> None:
        self._tally = tally
        self._opex = opex
        self._known = _Known()
        self._columns: list[str] = []

    def prepare(self) -> None:
        """Nothing is slow to load."""

    def recorded_s(self, line: bytes) -> float | None:
        """Return when a line was recorded, in seconds since 1970; None for the first line and where it doesn't say."""
        try:
            return _number(line.split(b",", 1)[0].decode("ascii", "replace"), 0, 253_402_300_799)
        except _Refused:
            return None

    def receive(self, line: bytes, now_ms: int) -> Sequence[Event]:
        """Take one line. Return its event, if it has one; the line of column names is none."""
        values = line.decode("ascii", "replace").strip().split(",")
        if values[0] == "time_unix_s":
            self._columns = values if set(self._NEEDED) <= set(values) else []
            return ()
        self._tally.received += 1
        try:
            if not self._columns or len(values) != len(self._columns):
                raise _Refused("fields")
            event = self._row(dict(zip(self._columns, values, strict=True)), now_ms)
        except _Refused as refused:
            self._tally.refuse(str(refused))
            return ()
        self._tally.decoded += 1
        return (event,)

    def flush(self, now_ms: int) -> None:
        """Nothing is held."""

    def _row(self, row: dict[str, str], now_ms: int) -> Event:
        address = _address(row["icao24"])
        recorded_s = _number(row["time_unix_s"], 0, 253_402_300_799)
        position = _position(_number(row["lat_deg"], -90, 90), _number(row["lon_deg"], -180, 180))
        if position is None:
            raise _Refused("no_position")
        get = row.get
        altitude_ft = _number(get("altitude_ft", ""), -2000, ALTITUDE_FT_MAX)
        speed_kn = _number(get("groundspeed_kt", ""), 0, SPEED_KN_MAX)
        climb_fpm = _number(get("vertical_rate_fpm", ""), -CLIMB_FPM_MAX, CLIMB_FPM_MAX)
        aircraft = self._known.get(address, now_ms)
        aircraft.callsign = clean(get("callsign", "")) or aircraft.callsign
        aircraft.squawk = _squawk(get("squawk", "")) or aircraft.squawk
        aircraft.on_ground = {"0": False, "1": True}.get(get("onground", ""))
        aircraft.altitude_m = _times(altitude_ft, METRES_PER_FOOT)
        aircraft.course_deg = _number(get("track_deg", ""), 0, 360)
        aircraft.speed_ms = _times(speed_kn, METRES_PER_SECOND_PER_KNOT)
        aircraft.climb_ms = _times(climb_fpm, METRES_PER_SECOND_PER_FPM)
        recorded = "" if recorded_s is None else datetime.fromtimestamp(recorded_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _event(aircraft, position, now_ms, self._opex, recorded)


class ReadsbParser:
    """Whole `aircraft.json` documents in, an event for each aircraft whose position is new. Raises nothing.

    A key of the wrong kind is left out; only an address or position that can't be refuses its aircraft, and that alone.
    """

    def __init__(self, tally: Tally, *, opex: str = "") -> None:
        self._tally = tally
        self._opex = opex
        self._known = _Known()

    def prepare(self) -> None:
        """Nothing is slow to load."""

    def receive(self, document: bytes, now_ms: int) -> Sequence[Event]:
        """Take one document. Return the events of what moved since the last one."""
        try:
            # The standard library's decoder takes NaN and half a surrogate: one odd text costs one aircraft, not all.
            aircraft = json.loads(document.decode("utf-8", "replace"))["aircraft"]
        except (ValueError, RecursionError, TypeError, KeyError):
            aircraft = None
        if not isinstance(aircraft, list):
            self._tally.received += 1
            self._tally.refuse("not_json")
            return ()
        self._tally.received += len(aircraft)
        if len(aircraft) > AIRCRAFT_PER_DOCUMENT_MAX:
            self._tally.refuse("overflow", len(aircraft) - AIRCRAFT_PER_DOCUMENT_MAX)
        events = []
        for item in aircraft[:AIRCRAFT_PER_DOCUMENT_MAX]:
            try:
                event = self._one(item, now_ms)
            except _Refused as refused:
                self._tally.refuse(str(refused))
                continue
            self._tally.decoded += 1
            if event is not None:
                events.append(event)
        return events

    def flush(self, now_ms: int) -> None:
        """Nothing is held."""

    def _one(self, item: Any, now_ms: int) -> Event | None:
        if not isinstance(item, dict):
            raise _Refused("fields")
        address = _address(_string(item, "hex"))
        position = _position(_value(item, "lat", -90, 90), _value(item, "lon", -180, 180))
        if position is None:
            raise _Refused("payload" if item.get("lat") is not None else "no_position")
        age_s = _value(item, "seen_pos", 0, 1e9) or 0.0
        if age_s > STALE_S:
            raise _Refused("old_position")
        position_ms = now_ms - round(age_s * 1000)
        aircraft = self._known.get(address, now_ms)
        if position_ms - aircraft.position_ms < 100:  # the same position again: ages are in tenths of a second
            return None
        aircraft.position_ms = position_ms

        barometric = item.get("alt_baro")
        aircraft.on_ground = barometric == "ground"
        aircraft.altitude_m = _times(_value(item, "alt_baro", -2000, ALTITUDE_FT_MAX), METRES_PER_FOOT)
        aircraft.altitude_is_barometric = aircraft.altitude_m is not None
        if aircraft.altitude_m is None:
            aircraft.altitude_m = _times(_value(item, "alt_geom", -2000, ALTITUDE_FT_MAX), METRES_PER_FOOT)
        course_deg = _value(item, "track", 0, 360)
        if course_deg is None and aircraft.on_ground:
            course_deg = _value(item, "true_heading", 0, 360)
        aircraft.course_deg = course_deg
        aircraft.speed_ms = _times(_value(item, "gs", 0, SPEED_KN_MAX), METRES_PER_SECOND_PER_KNOT)
        climb_fpm = _value(item, "baro_rate", -CLIMB_FPM_MAX, CLIMB_FPM_MAX)
        if climb_fpm is None:
            climb_fpm = _value(item, "geom_rate", -CLIMB_FPM_MAX, CLIMB_FPM_MAX)
        aircraft.climb_ms = _times(climb_fpm, METRES_PER_SECOND_PER_FPM)
        aircraft.callsign = clean(_string(item, "flight")) or aircraft.callsign
        aircraft.registration = clean(_string(item, "r")) or aircraft.registration
        aircraft.aircraft_type = clean(_string(item, "t")) or aircraft.aircraft_type
        aircraft.category = _string(item, "category") or aircraft.category
        aircraft.squawk = _squawk(_string(item, "squawk")) or aircraft.squawk
        aircraft.emergency = _EMERGENCIES.get(_string(item, "emergency"), "")
        signal = _string(item, "type")
        aircraft.signal = next((name for name in _SIGNALS if signal.startswith(name)), "other") if signal else ""
        flags = item.get("dbFlags")
        aircraft.military = isinstance(flags, int) and bool(flags & 1)
        aircraft.ce_m = _value(item, "rc", 1, 100_000)
        return _event(aircraft, position, position_ms, self._opex)


def _event(aircraft: _Aircraft, position: tuple[float, float], time_ms: int, opex: str, recorded: str = "") -> Event:
    address = aircraft.address
    plain = address.removeprefix("~")
    known = _CATEGORIES.get(aircraft.category)
    facts: Facts = {} if plain != address else {"icao": plain}
    if aircraft.registration:
        facts["registration"] = aircraft.registration
    if aircraft.aircraft_type:
        facts["aircraft_type"] = aircraft.aircraft_type
    if known:
        facts["category"] = known[0]
    if aircraft.military:
        facts["military"] = True
    if aircraft.squawk:
        facts["squawk"] = aircraft.squawk
    if emergency := aircraft.emergency or _SQUAWKS.get(aircraft.squawk, ""):
        facts["emergency"] = emergency
    if aircraft.on_ground:
        facts["on_ground"] = True
    if aircraft.climb_ms is not None and not aircraft.on_ground:
        facts["vertical_rate_ms"] = round(aircraft.climb_ms, 1)
    if aircraft.signal:
        facts["signal"] = aircraft.signal
    if recorded:
        facts["recorded"] = recorded
    if known:
        cot_type = known[2] if aircraft.military else known[1]
    elif aircraft.military:
        cot_type = "a-n-A-M-F"
    else:
        cot_type = "a-n-A-C-F" if plain == address else UNKNOWN_AIRCRAFT
    altitude_m = None if aircraft.on_ground else aircraft.altitude_m
    by_satellite = aircraft.signal not in {"mlat", "tisb", "mode_s", "other"}
    geometric = altitude_m is not None and not aircraft.altitude_is_barometric
    return make_event(
        KIND,
        uid=f"ICAO-{address}" if plain == address else f"TISB-{plain}",
        cot_type=cot_type,
        how="m-g" if by_satellite else "m-f",
        time_ms=time_ms,
        stale_s=STALE_S,
        lat=position[0],
        lon=position[1],
        callsign=aircraft.callsign or aircraft.registration or plain,
        course_deg=aircraft.course_deg,
        speed_ms=aircraft.speed_ms,
        hae_m=altitude_m,
        altitude_is_barometric=altitude_m is not None and aircraft.altitude_is_barometric,
        ce_m=aircraft.ce_m,
        position_source="GPS" if by_satellite else "CALC",
        altitude_source="GPS" if geometric else "",
        facts=facts,
        remarks=_remarks(aircraft, facts, altitude_m),
        opex=opex,
    )


def _remarks(aircraft: _Aircraft, facts: Facts, altitude_m: float | None) -> str:
    parts = [
        said("emergency", facts),
        aircraft.registration,
        aircraft.aircraft_type,
        said("category", facts),
        "military" if aircraft.military else "",
        f"squawk {aircraft.squawk}" if aircraft.squawk else "",
        "on the ground" if aircraft.on_ground else "",
        "altitude is barometric" if altitude_m is not None and aircraft.altitude_is_barometric else "",
        f"recorded {facts['recorded']}" if "recorded" in facts else "",
        f"address {aircraft.address}",
    ]
    return ", ".join([part for part in parts if part])


def _address(text: str) -> str:
    """Return a 24-bit address in capitals, with its ~ where it isn't an ICAO one."""
    address = text.strip().upper()
    plain = address.removeprefix("~")
    if len(plain) != 6 or not _HEX.issuperset(plain) or plain == "000000":
        raise _Refused("identity")
    return address


def _number(text: str, least: float, most: float) -> float | None:
    """Return the number a field holds, None where it is empty. Refuses what no such field can say."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise _Refused("payload") from None
    if not least <= value <= most or "_" in text:
        raise _Refused("payload")
    return value


def _value(item: Mapping[str, Any], key: str, least: float, most: float) -> float | None:
    """Return the number at `key`, None where there is none that can be."""
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if least <= value <= most else None


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _position(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    return None if lat is None or lon is None else (lat, lon)


def _squawk(text: str) -> str:
    text = text.strip()
    return text if len(text) == 4 and _OCTAL.issuperset(text) else ""


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
