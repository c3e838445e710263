"""Factors between the units of the trade and SI.

Owns: numbers everyone must agree on. Source: ICAO Annex 5 (international foot and nautical mile).
"""

from typing import Final

METRES_PER_FOOT: Final = 0.3048
METRES_PER_NAUTICAL_MILE: Final = 1852.0
METRES_PER_SECOND_PER_KNOT: Final = METRES_PER_NAUTICAL_MILE / 3600.0
