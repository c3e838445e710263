"""Who asks, in tests: a door of the demo's policy, readers of several nations, and short ways to make one."""

from typing import Any

import msgspec

from jointhq.people.directory import FOREVER_MS, Identity
from jointhq.release.door import Door
from jointhq.release.label import Label, interned
from jointhq.release.policy import Policies
from jointhq.release.reader import ANON, Reader

POLICY = "DEMO-USA-JPN"
DOOR = Door(Policies.load(), system=Label(policy=POLICY, level="S"), nation="USA", organisation="HQ")
OPEN = DOOR.parse("UNCLASSIFIED")
CONTROLLED = DOOR.parse("CUI")


def reader(nation: str = "USA", level: str = "S", *groups: str, **more: Any) -> Reader:
    """One who is cleared; in no group unless said."""
    values: dict[str, Any] = {
        "organisation": "HQ" if nation == "USA" else f"HQ-{nation}",
        "caveats": frozenset(),
        "groups": frozenset(groups or (ANON,)),
        "cleared_until_ms": FOREVER_MS,
    }
    return Reader(nation=nation, policy=POLICY, level=level, **values | more)


def identity(who: Reader | None = None, person: str = "", *groups_in: str) -> Identity:
    """Somebody at the other end of a TAK connection."""
    return Identity(person, "", who or reader(), groups_in, "", "")


ANYBODY = identity()


def floor_of(who: Identity) -> Label:
    """What a TAK client says is open, for its groups."""
    return interned(msgspec.structs.replace(OPEN, groups=who.groups_in))
