"""Factors between the units of the trade and SI, and WGS-84 distance.

Owns: numbers everyone must agree on. Source: ICAO Annex 5 (international foot and nautical mile).
"""

import math
from typing import Final

METRES_PER_FOOT: Final = 0.3048
METRES_PER_NAUTICAL_MILE: Final = 1852.0
METRES_PER_SECOND_PER_KNOT: Final = METRES_PER_NAUTICAL_MILE / 3600.0
EARTH_RADIUS_M: Final = 6_371_008.8  # mean radius; good to 0.5 % for ranges on a picture


def distance_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Return the great-circle distance in metres between two WGS-84 positions in degrees."""
    lat1, lat2 = math.radians(lat1_deg), math.radians(lat2_deg)
    half_lat = math.sin((lat2 - lat1) / 2)
    half_lon = math.sin(math.radians(lon2_deg - lon1_deg) / 2)
    a = half_lat * half_lat + math.cos(lat1) * math.cos(lat2) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(a)))
