"""The demo: the US Forces Japan picture, with recorded traffic played into it.

Owns: which scenario and recordings the demo has, and how they are played.
Doesn't own: the server around it (`app`).

The recordings are of northern France (air, 2021) and Greek waters (sea, 2015): real traffic that may be passed on,
where it was heard. Every event of the demo is re-timed to now and carries CoT's exercise mark.
"""

from functools import partial
from pathlib import Path
from typing import Final

from jointhq.base.clock import Clock
from jointhq.exercise.units import OPEX, Headquarters, UnitsFeed, load
from jointhq.feeds.adsb import CsvParser
from jointhq.feeds.ais import AisParser
from jointhq.feeds.feed import Feed
from jointhq.feeds.sources import FileFeed

DATA: Final = Path(__file__).parent / "data"
SCENARIO: Final = DATA / "usfj.json"
ADSB: Final = DATA / "adsb_paris_20211007.csv.gz"
AIS: Final = DATA / "ais_sample.nmea"


def headquarters() -> Headquarters:
    """Return what the page says of the demo's headquarters."""
    return load(SCENARIO).headquarters


def feeds(clock: Clock, *, speed: float = 1.0) -> list[Feed]:
    """Return the units, and the recordings at `speed` times their pace, over and over.

    ADS-B plays at its recorded pace. AIS has no times: 10 sentences a second, about what was heard.
    """
    return [
        UnitsFeed(load(SCENARIO).units, clock=clock),
        FileFeed(
            partial(CsvParser, opex=OPEX),
            ADSB,
            speed=speed,
            loop=True,
            id="adsb",
            name="ADS-B, northern France (recorded)",
            name_ja="ADS-B フランス北部(記録)",
            kind="adsb-csv",
            clock=clock,
        ),
        FileFeed(
            partial(AisParser, opex=OPEX),
            AIS,
            speed=speed,
            loop=True,
            id="ais",
            label="CUI//REL TO USA, JPN",  # recorded and public; marked so that the door has something to decide
            name="AIS, Greek waters (recorded)",
            name_ja="AIS ギリシャ近海(記録)",
            kind="ais",
            clock=clock,
        ),
    ]
