"""Who asks.

Owns: what the door needs to know of somebody. Doesn't own: persons, appointments and devices (`people`).
"""

from typing import Final

import msgspec

ANON: Final = "__ANON__"  # the group of those who are in none


class Reader(msgspec.Struct, frozen=True, cache_hash=True):
    """One that may see what another equal one may see: equal readers share one audience."""

    nation: str
    organisation: str
    policy: str
    level: str  # cleared up to this level of that policy
    caveats: frozenset[str]  # restrictive categories held
    groups: frozenset[str]  # OUT groups; ANON for one in no group
    cleared_until_ms: int  # 0: never cleared; from this moment on: no


NO_READER: Final = Reader("", "", "", "", frozenset(), frozenset(), 0)  # one who may see nothing
