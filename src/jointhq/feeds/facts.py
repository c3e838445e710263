"""The words of the feeds: every fact, every enumerated value, every reason for a refusal.

Owns: the keys that the page translates (`fact.<key>`, `<key>.<value>`, `refused.<reason>`) and their English.
A test holds that the decoders emit no other.
"""

from typing import Final

from jointhq.cot.event import Fact

Facts = dict[str, Fact]

# Fact -> what it means. Units are in the name; a text without one is an enumeration below, a code, or free text.
FACTS: Final = {
    # of vessels, by AIS
    "mmsi": "Maritime Mobile Service Identity, nine digits",
    "imo": "IMO ship number",
    "call_sign": "radio call sign",
    "flag": "country of the MMSI's first digits, ISO 3166 alpha-2",
    "ship_type": "what the vessel says it is",
    "nav_status": "what the vessel says it is doing",
    "destination": "where it says it is bound",
    "draught_m": "present draught",
    "length_m": "length over all",
    "beam_m": "beam over all",
    "heading_deg": "true heading of the bow",
    "aid_type": "kind of aid to navigation",
    "virtual": "an aid to navigation that exists on the chart only",
    "off_position": "an aid to navigation that has left its place",
    # of aircraft, by ADS-B
    "icao": "24-bit aircraft address, hexadecimal",
    "registration": "registration mark",
    "aircraft_type": "ICAO type designator",
    "category": "emitter category",
    "squawk": "transponder code, four octal digits",
    "vertical_rate_ms": "metres per second, up is positive",
    "on_ground": "on the ground",
    "military": "listed as military",
    "signal": "how its position became known",
    # of both
    "emergency": "distress or urgency it signals",
    "recorded": "when a replayed report was recorded, UTC",
}

# Fact -> value -> English.
VALUES: Final[dict[str, dict[str, str]]] = {
    "ship_type": {
        "wing_in_ground": "wing in ground",
        "fishing": "fishing",
        "towing": "towing",
        "dredging": "dredging or underwater operations",
        "diving": "diving operations",
        "military": "military operations",
        "sailing": "sailing",
        "pleasure": "pleasure craft",
        "high_speed": "high-speed craft",
        "pilot": "pilot vessel",
        "search_and_rescue": "search and rescue",
        "tug": "tug",
        "port_tender": "port tender",
        "anti_pollution": "anti-pollution",
        "law_enforcement": "law enforcement",
        "medical": "medical transport",
        "noncombatant": "ship of a State not party to an armed conflict",
        "passenger": "passenger",
        "cargo": "cargo",
        "tanker": "tanker",
        "other": "other",
    },
    "nav_status": {
        "under_way": "under way using engine",
        "at_anchor": "at anchor",
        "not_under_command": "not under command",
        "restricted": "restricted in ability to manoeuvre",
        "constrained": "constrained by draught",
        "moored": "moored",
        "aground": "aground",
        "fishing": "engaged in fishing",
        "sailing": "under way sailing",
        "towing_astern": "towing astern",
        "pushing_ahead": "pushing ahead or towing alongside",
        "distress_beacon": "distress beacon active",
    },
    "aid_type": {
        "reference_point": "reference point",
        "racon": "radar beacon",
        "fixed_structure": "fixed structure",
        "wreck_mark": "emergency wreck mark",
        "light": "light",
        "leading_light": "leading light",
        "cardinal_mark": "cardinal mark",
        "lateral_mark": "lateral mark",
        "isolated_danger_mark": "isolated danger mark",
        "safe_water_mark": "safe water mark",
        "special_mark": "special mark",
        "light_vessel": "light vessel or platform",
    },
    "category": {
        "light": "light",
        "small": "small",
        "large": "large",
        "high_vortex": "large, high vortex",
        "heavy": "heavy",
        "high_performance": "high performance",
        "rotorcraft": "rotorcraft",
        "glider": "glider",
        "lighter_than_air": "lighter than air",
        "parachutist": "parachutist",
        "ultralight": "ultralight",
        "uav": "unmanned aircraft",
        "space": "space vehicle",
        "emergency_vehicle": "emergency vehicle",
        "service_vehicle": "service vehicle",
        "obstacle": "obstacle",
    },
    "signal": {
        "adsb": "ADS-B",
        "adsr": "ADS-R (rebroadcast)",
        "adsc": "ADS-C (satellite)",
        "tisb": "TIS-B (radar)",
        "mlat": "multilateration",
        "mode_s": "Mode S",
        "other": "other",
    },
    "emergency": {
        "general": "emergency",
        "medical": "medical",
        "minimum_fuel": "minimum fuel",
        "radio_failure": "radio failure",
        "unlawful_interference": "unlawful interference",
        "downed_aircraft": "downed aircraft",
        "sart": "search and rescue transmitter active",
        "man_overboard": "man overboard beacon active",
        "epirb": "emergency beacon active",
    },
}

# Why a sentence, line, document or aircraft was refused.
REASONS: Final = {
    "not_nmea": "not an NMEA 0183 sentence",
    "not_ais": "an NMEA sentence of another kind",
    "too_long": "longer than any honest line",
    "checksum": "checksum wrong or missing",
    "empty": "a sentence without payload",
    "payload": "cut short, or a value that can't be",
    "fragment_lost": "part of a message whose other parts did not come",
    "unsupported_type": "a message type that says nothing about a place or a vessel",
    "identity": "no usable MMSI or aircraft address",
    "no_position": "the sender doesn't know, or doesn't say, where it is",
    "old_position": "position older than a minute",
    "fields": "not the fields of this format",
    "not_json": "not a JSON document of aircraft",
    "overflow": "came faster than a feed may take",
}


def said(key: str, facts: Facts) -> str:
    """Return an enumerated fact in English, empty where it isn't known."""
    value = facts.get(key)
    return VALUES[key][str(value)] if value is not None else ""
