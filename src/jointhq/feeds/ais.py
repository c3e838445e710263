"""AIS sentences in, events out. No I/O.

Owns: NMEA checks, putting multi-part messages together, what a vessel said of itself earlier, CoT type and stale time.
Doesn't own: bit layouts (pyais), sockets and files (`sources`).
Source: ITU-R M.1371-5 (messages, "not available" values), M.585 (MMSI), IEC 61162-1 (sentences), MIL-STD-2525B
(letters).

AIS is self-reported and easily forged: every vessel is neutral, or unknown where it doesn't say what it is; nationality
changes nothing. AIS has no date, so a report's time is when it was received.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial, reduce
from operator import xor
from typing import Any, Final

import msgspec

from jointhq.base.measure import METRES_PER_SECOND_PER_KNOT
from jointhq.cot.event import Event
from jointhq.feeds.facts import Facts, said
from jointhq.feeds.report import Tally, clean, make_event

KIND: Final = "ais"
FRAGMENT_TIMEOUT_MS: Final = 10_000  # parts follow each other within a second; sequence numbers come round in ten
FRAGMENT_GROUPS_MAX: Final = 64  # ten sequence numbers on two channels from a few receivers
VESSELS_MAX: Final = 50_000  # vessels whose static data is kept; some 25 MB. A busy coast hears a few thousand

# About three of the slowest reports of its kind missed (M.1371 table 1), so that a live vessel is never grey.
STALE_UNDER_WAY_S: Final = 180
STALE_STOPPED_S: Final = 600  # anchored or moored class A: every 3 min
STALE_CLASS_B_S: Final = 600  # every 30 s to 3 min
STALE_LONG_RANGE_S: Final = 900  # message 27: every 3 min, by satellite
STALE_BASE_S: Final = 120  # every 10 s
STALE_AID_S: Final = 900  # every 3 min
STALE_AIRCRAFT_S: Final = 60  # every 10 s

ACCURATE_CE_M: Final = 10.0  # "position accuracy high": better than 10 m
LONG_RANGE_CE_M: Final = 100.0  # message 27 speaks in tenths of a minute, 185 m

UNKNOWN_VESSEL: Final = "a-u-S-X"
BASE_STATION: Final = "a-n-G-I-U-T"  # an installation, telecommunications
AID_TO_NAVIGATION: Final = "b-m-p-s-m"  # a spot on the map: it isn't anybody's, and it doesn't move
_AID_DETAIL = '<usericon iconsetpath="COT_MAPPING_SPOTMAP/b-m-p-s-m/-256"/><color argb="-256"/>'  # yellow

_NAV_STATUS: Final = {
    0: "under_way",
    1: "at_anchor",
    2: "not_under_command",
    3: "restricted",
    4: "constrained",
    5: "moored",
    6: "aground",
    7: "fishing",
    8: "sailing",
    11: "towing_astern",
    12: "pushing_ahead",
    14: "distress_beacon",
}
_STOPPED: Final = frozenset({1, 5, 6})

# AIS ship type -> (fact, CoT type). Tens first, then what its second digit makes of it.
_SHIP_TENS: Final = {
    2: ("wing_in_ground", "a-n-S-X"),
    4: ("high_speed", "a-n-S-X-M"),
    6: ("passenger", "a-n-S-X-M-P"),
    7: ("cargo", "a-n-S-X-M-C"),
    8: ("tanker", "a-n-S-X-M-O"),
    9: ("other", "a-n-S-X"),
}
_SHIP_TYPES: Final = {
    30: ("fishing", "a-n-S-X-F"),
    31: ("towing", "a-n-S-X-M-T-O"),
    32: ("towing", "a-n-S-X-M-T-O"),
    33: ("dredging", "a-n-S-X"),
    34: ("diving", "a-n-S-X"),
    35: ("military", "a-n-S-C"),
    36: ("sailing", "a-n-S-X-R"),
    37: ("pleasure", "a-n-S-X-R"),
    50: ("pilot", "a-n-S-X"),
    51: ("search_and_rescue", "a-n-S-X"),
    52: ("tug", "a-n-S-X-M-T-U"),
    53: ("port_tender", "a-n-S-X"),
    54: ("anti_pollution", "a-n-S-X"),
    55: ("law_enforcement", "a-n-S-X-L"),
    58: ("medical", "a-n-S-N-M"),
    59: ("noncombatant", "a-n-S-X"),
}

_AID_TYPES: Final = (
    [None, "reference_point", "racon", "fixed_structure", "wreck_mark", "light", "light"]
    + ["leading_light"] * 2
    + ["cardinal_mark"] * 4
    + ["lateral_mark"] * 4
    + ["isolated_danger_mark", "safe_water_mark", "special_mark"]
    + ["cardinal_mark"] * 4
    + ["lateral_mark"] * 4
    + ["isolated_danger_mark", "safe_water_mark", "special_mark", "light_vessel"]
)

# Bits up to the last field we read, by message type; a shorter payload was cut.
_BITS_MIN: Final = {1: 137, 2: 137, 3: 137, 4: 134, 5: 270, 9: 142, 18: 133, 19: 301, 21: 270, 24: 160, 27: 94}
_ARMOUR: Final = re.compile(rb"[0-W`-w]+")  # six bits a character

_BEACONS: Final = {970: "sart", 972: "man_overboard", 974: "epirb"}  # by the first digits of the MMSI


class _Vessel(msgspec.Struct, gc=False):
    """What a vessel said of itself in messages 5, 19 and 24. None, zero and empty are unknown."""

    name: str = ""
    call_sign: str = ""
    imo: int = 0
    ship_type: int = 0
    length_m: int = 0
    beam_m: int = 0
    draught_m: float = 0.0
    destination: str = ""


class _Group(msgspec.Struct, gc=False):
    """Parts of one message, by their number."""

    count: int
    deadline_ms: int
    parts: dict[int, list[bytes]]


class AisParser:
    """NMEA lines in, events out; the account of every one in `tally`. Raises nothing, whatever the bytes."""

    def __init__(self, tally: Tally, *, opex: str = "") -> None:
        self._tally = tally
        self._opex = opex
        self._groups: dict[tuple[bytes, bytes, int], _Group] = {}
        self._vessels: dict[int, _Vessel] = {}
        self._handlers: dict[int, Callable[[Any, int], Event | str | None]] = {
            **dict.fromkeys((1, 2, 3, 27), self._class_a),
            **dict.fromkeys((18, 19), self._class_b),
            4: self._base_station,
            9: self._aircraft,
            21: self._aid,
            5: self._static,
            24: self._static,
        }

    def prepare(self) -> None:
        """Load the decoder; takes some 0.1 s, so a feed does it in a thread."""
        _pyais()

    def receive(self, line: bytes, now_ms: int) -> Sequence[Event]:
        """Take one line. Return its event, if it has one."""
        self._tally.received += 1
        self._expire(now_ms)
        fields = _fields(line)
        if isinstance(fields, str):
            self._tally.refuse(fields)
            return ()
        try:
            count, number = int(fields[1]), int(fields[2])
        except ValueError:
            count = number = 0
        if not 1 <= number <= count <= 9:
            self._tally.refuse("not_nmea")
        elif count == 1:
            return self._message(fields[5], fields[6], 1, now_ms)
        else:
            return self._part(count, number, fields, now_ms)
        return ()

    def flush(self, now_ms: int) -> None:
        """Give up waiting for parts: no more lines come."""
        while self._groups:
            self._lose(next(iter(self._groups)), now_ms)

    def _part(self, count: int, number: int, fields: list[bytes], now_ms: int) -> Sequence[Event]:
        key = (fields[3], fields[4], count)
        if key in self._groups and number in self._groups[key].parts:
            self._lose(key, now_ms)  # the sequence number has come round
        if key not in self._groups:
            if len(self._groups) == FRAGMENT_GROUPS_MAX:
                self._lose(next(iter(self._groups)), now_ms)
            self._groups[key] = _Group(count, now_ms + FRAGMENT_TIMEOUT_MS, {})
        group = self._groups[key]
        group.parts[number] = fields
        self._tally.held += 1
        if len(group.parts) < count:
            return ()
        del self._groups[key]
        self._tally.held -= count
        payload = b"".join(group.parts[n][5] for n in range(1, count + 1))
        return self._message(payload, group.parts[count][6], count, now_ms)

    def _expire(self, now_ms: int) -> None:
        while self._groups:
            oldest = next(iter(self._groups))
            if now_ms < self._groups[oldest].deadline_ms:
                return
            self._lose(oldest, now_ms)

    def _lose(self, key: tuple[bytes, bytes, int], now_ms: int) -> None:
        """Give up on a message. The first part of a 5 has name, type and size all the same: that much is decoded."""
        parts = self._groups.pop(key).parts
        self._tally.held -= len(parts)
        lost = len(parts)
        if 1 in parts and parts[1][5][:1] == b"5":
            self._message(parts[1][5], b"0", 1, now_ms)
            lost -= 1
        if lost:
            self._tally.refuse("fragment_lost", lost)

    def _message(self, payload: bytes, fill: bytes, sentences: int, now_ms: int) -> Sequence[Event]:
        """Decode one whole payload that came in so many sentences."""
        result: Event | str | None
        if not _ARMOUR.fullmatch(payload) or len(payload) * 6 < _BITS_MIN.get(_six_bits(payload[0]), 0):
            result = "payload"
        else:
            decode, unknown = _pyais()
            try:
                message = decode(b"!AIVDM,1,1,,A," + payload + b"," + fill + b"*00")
                handler = self._handlers.get(message.msg_type)
                result = handler(message, now_ms) if handler else "unsupported_type"
            except unknown:
                result = "unsupported_type"
            except Exception:  # noqa: BLE001 - the edge of a foreign decoder: junk makes it raise nearly anything
                result = "payload"
        if isinstance(result, str):
            self._tally.refuse(result, sentences)
            return ()
        self._tally.decoded += sentences
        return () if result is None else (result,)

    def _class_a(self, message: Any, now_ms: int) -> Event | str:
        status = int(message.status)
        if message.msg_type == 27:
            speed_kn = message.speed if message.speed < 63 else None
            stale_s = STALE_LONG_RANGE_S
        else:
            speed_kn = message.speed if message.speed < 102.3 else None
            stale_s = STALE_STOPPED_S if status in _STOPPED else STALE_UNDER_WAY_S
        return self._vessel(message, now_ms, speed_kn, stale_s, status)

    def _class_b(self, message: Any, now_ms: int) -> Event | str:
        if message.msg_type == 19:
            self._static(message, now_ms)
        speed_kn = message.speed if message.speed < 102.3 else None
        return self._vessel(message, now_ms, speed_kn, STALE_CLASS_B_S, None)

    def _vessel(
        self, message: Any, now_ms: int, speed_kn: float | None, stale_s: int, status: int | None
    ) -> Event | str:
        mmsi = message.mmsi
        if refusal := _refusal(message):
            return refusal
        known = self._vessels.get(mmsi) or _Vessel()
        ship_type, cot_type = _ship_type(known.ship_type)
        facts = _identity(mmsi)
        if known.imo:
            facts["imo"] = known.imo
        if known.call_sign:
            facts["call_sign"] = known.call_sign
        if ship_type:
            facts["ship_type"] = ship_type
        if status in _NAV_STATUS:
            facts["nav_status"] = _NAV_STATUS[status]
        if status == 14:
            facts["emergency"] = _BEACONS.get(mmsi // 1_000_000, "sart")
        heading = getattr(message, "heading", None)
        if heading is not None and heading < 360:
            facts["heading_deg"] = heading
        if known.destination:
            facts["destination"] = known.destination
        if known.draught_m:
            facts["draught_m"] = known.draught_m
        if known.length_m:
            facts["length_m"] = known.length_m
        if known.beam_m:
            facts["beam_m"] = known.beam_m
        return self._event(
            message,
            now_ms,
            cot_type=cot_type,
            name=known.name or known.call_sign,
            speed_kn=speed_kn,
            stale_s=stale_s,
            facts=facts,
            remarks=[
                said("emergency", facts),
                said("ship_type", facts),
                said("nav_status", facts),
                f"to {known.destination}" if known.destination else "",
                f"{known.length_m} m x {known.beam_m} m" if known.length_m and known.beam_m else "",
                f"draught {known.draught_m} m" if known.draught_m else "",
            ],
        )

    def _base_station(self, message: Any, now_ms: int) -> Event | str:
        return _refusal(message) or self._event(
            message,
            now_ms,
            cot_type=BASE_STATION,
            stale_s=STALE_BASE_S,
            facts=_identity(message.mmsi),
            remarks=["AIS base station"],
        )

    def _aircraft(self, message: Any, now_ms: int) -> Event | str:
        if refusal := _refusal(message):
            return refusal
        mmsi = message.mmsi  # 111 + country + 1 for fixed wing, 5 for helicopters (M.585)
        wing = {1: "-F", 5: "-H"}.get(mmsi // 100 % 10, "") if mmsi // 1_000_000 == 111 else ""
        return self._event(
            message,
            now_ms,
            cot_type="a-n-A-C" + wing,
            stale_s=STALE_AIRCRAFT_S,
            speed_kn=message.speed if message.speed < 1023 else None,
            altitude_m=message.alt if message.alt < 4095 else None,
            altitude_is_barometric=bool(message.reserved_1 >> 7),
            facts=_identity(mmsi),
            remarks=["search and rescue aircraft"],
        )

    def _aid(self, message: Any, now_ms: int) -> Event | str:
        if refusal := _refusal(message):
            return refusal
        facts = _identity(message.mmsi)
        aid = _AID_TYPES[int(message.aid_type or 0)]
        if aid:
            facts["aid_type"] = aid
        if message.virtual_aid:
            facts["virtual"] = True
        if message.off_position and message.second < 60:  # without a clock it doesn't know
            facts["off_position"] = True
        return self._event(
            message,
            now_ms,
            cot_type=AID_TO_NAVIGATION,
            name=clean((message.name or "") + (message.name_ext or "")),
            stale_s=STALE_AID_S,
            facts=facts,
            remarks=[
                "aid to navigation",
                said("aid_type", facts),
                "virtual" if "virtual" in facts else "",
                "off position" if "off_position" in facts else "",
            ],
            extra=_AID_DETAIL,
        )

    def _static(self, message: Any, _now_ms: int) -> str | None:
        """Keep what the vessel says of itself; what it doesn't say now stays as it was."""
        mmsi = message.mmsi
        if not 0 < mmsi <= 999_999_999:
            return "identity"
        vessel = self._vessels.pop(mmsi, None) or _Vessel()
        if len(self._vessels) == VESSELS_MAX:
            del self._vessels[next(iter(self._vessels))]
        self._vessels[mmsi] = vessel  # newest last: the one longest silent is forgotten first
        get = partial(getattr, message)  # parts A and B of 24 have half of the fields each
        vessel.name = clean(get("shipname", None) or "") or vessel.name
        vessel.call_sign = clean(get("callsign", None) or "") or vessel.call_sign
        vessel.imo = get("imo", None) or vessel.imo
        vessel.ship_type = int(get("ship_type", None) or 0) or vessel.ship_type
        if get("to_starboard", None) is not None and (message.to_bow or message.to_stern):
            vessel.length_m = message.to_bow + message.to_stern
            vessel.beam_m = message.to_port + message.to_starboard
        if get("destination", None) is not None:
            vessel.draught_m = message.draught or 0.0
        if message.msg_type == 5 and message.dte is not None:  # the whole of the destination came
            vessel.destination = clean(message.destination or "")
        return None

    def _event(
        self,
        message: Any,
        now_ms: int,
        *,
        cot_type: str,
        stale_s: int,
        facts: Facts,
        remarks: list[str],
        name: str = "",
        speed_kn: float | None = None,
        altitude_m: float | None = None,
        altitude_is_barometric: bool = False,
        extra: str = "",
    ) -> Event:
        mmsi = facts["mmsi"]
        course = getattr(message, "course", None)
        return make_event(
            KIND,
            uid=f"AIS-{mmsi}",
            cot_type=cot_type,
            how="m-g",
            time_ms=now_ms,
            stale_s=stale_s,
            lat=message.lat,
            lon=message.lon,
            callsign=name or str(mmsi),
            course_deg=course if course is not None and course < 360 else None,
            speed_ms=None if speed_kn is None else speed_kn * METRES_PER_SECOND_PER_KNOT,
            hae_m=altitude_m,
            altitude_is_barometric=altitude_is_barometric and altitude_m is not None,
            ce_m=LONG_RANGE_CE_M if message.msg_type == 27 else ACCURATE_CE_M if message.accuracy else None,
            position_source="GPS",
            facts=facts,
            remarks=", ".join([part for part in (*remarks, f"MMSI {mmsi}") if part]),
            extra=extra,
            opex=self._opex,
        )


@lru_cache(1)
def _pyais() -> tuple[Callable[[bytes], Any], type[Exception]]:
    """Return pyais' decoder and what it raises at an unknown type. Loaded here: nobody waits for it at start."""
    from pyais.decode import decode  # noqa: PLC0415
    from pyais.exceptions import UnknownMessageException  # noqa: PLC0415

    return decode, UnknownMessageException


def _fields(line: bytes) -> list[bytes] | str:
    """Return the seven fields of an AIS sentence whose checksum is right; else why not."""
    line = line.strip()
    if line.startswith(b"\\"):  # tag block: \s:station,c:1428451253*1C\!AIVDM,...
        line = line[line.find(b"\\", 1) + 1 :]
    if line[:1] not in {b"!", b"$"}:
        return "not_nmea"
    body, star, checksum = line[1:].partition(b"*")
    fields = body.split(b",")
    if len(fields[0]) < 5:
        return "not_nmea"
    try:
        if not star or int(checksum[:2], 16) != reduce(xor, body):
            return "checksum"
    except ValueError:
        return "checksum"
    if line[:1] != b"!" or fields[0][2:] not in {b"VDM", b"VDO"}:
        return "not_ais"
    if len(fields) != 7:
        return "not_nmea"
    return fields if fields[5] else "empty"


def _six_bits(character: int) -> int:
    """Return what an armoured character stands for; the first one is the message type."""
    return character - 48 if character < 96 else character - 56


def _refusal(message: Any) -> str:
    if not 0 < message.mmsi <= 999_999_999:
        return "identity"
    if not (-90 <= message.lat <= 90 and -180 <= message.lon <= 180):  # 91 and 181: not available
        return "no_position"
    return ""


def _identity(mmsi: int) -> Facts:
    facts: Facts = {"mmsi": f"{mmsi:09}"}
    if flag := _flag(_country_digits(mmsi)):
        facts["flag"] = flag
    return facts


def _country_digits(mmsi: int) -> int:
    """Return the maritime identification digits inside an MMSI (M.585); 0 where it has none."""
    if 200_000_000 <= mmsi < 800_000_000:
        return mmsi // 1_000_000
    if mmsi // 1_000_000 == 111 or 980_000_000 <= mmsi < 1_000_000_000:  # aircraft; 98, 99: craft, aid
        return mmsi // 1000 % 1000 if mmsi < 200_000_000 else mmsi // 10_000 % 1000
    return mmsi // 10_000 if mmsi < 10_000_000 else mmsi // 100_000 if mmsi < 100_000_000 else 0  # 00: coast, 0: group


@lru_cache(1024)
def _flag(digits: int) -> str:
    from pyais.constants import COUNTRY_MAPPING  # noqa: PLC0415

    return str(COUNTRY_MAPPING.get(digits, ("", ""))[0])


def _ship_type(code: int) -> tuple[str, str]:
    return _SHIP_TYPES.get(code) or _SHIP_TENS.get(code // 10) or ("", UNKNOWN_VESSEL)
