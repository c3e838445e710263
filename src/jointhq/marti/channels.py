"""Which of its groups a device has switched off.

Owns: that choice, by certificate, for as long as the process runs. Doesn't own: which groups a device has (`people`).
A device can only narrow what it may see and send; after a restart all its groups are on again, as people gave them.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from jointhq.people.directory import Identity
from jointhq.release.label import NOBODY

DEVICES_MAX: Final = 20_000  # choices remembered, 1 KiB each; past it the oldest has all its groups again

Direction = Literal["IN", "OUT"]
Channel = tuple[str, Direction]


def channels(identity: Identity) -> list[Channel]:
    """Return the groups of somebody, in the order in which clients number them: a number says nothing of others'."""
    found: list[Channel] = [(name, "IN") for name in identity.groups_in]
    found += [(name, "OUT") for name in identity.reader.groups]
    return sorted(found)


class Channels:
    """The choices of all devices."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """`on_change` is called when what some device may see or send has changed."""
        self._on_change = on_change
        self._off: dict[str, frozenset[Channel]] = {}  # by the certificate's fingerprint

    def off(self, identity: Identity) -> frozenset[Channel]:
        """Return what this device has switched off."""
        return self._off.get(identity.fingerprint, frozenset())

    def choose(self, identity: Identity, off: frozenset[Channel]) -> None:
        """Switch these off, and all others on."""
        if off == self.off(identity):
            return
        self._off.pop(identity.fingerprint, None)
        if off:
            if len(self._off) >= DEVICES_MAX:
                del self._off[next(iter(self._off))]
            self._off[identity.fingerprint] = off
        self._on_change()

    def narrowed(self, identity: Identity | None) -> Identity | None:
        """Return an identity without what its device has switched off."""
        off = self._off.get(identity.fingerprint) if identity is not None else None
        if identity is None or not off:
            return identity
        groups = frozenset(name for name in identity.reader.groups if (name, "OUT") not in off)
        said_in = tuple(name for name in identity.groups_in if (name, "IN") not in off)
        return msgspec.structs.replace(
            identity,
            groups_in=said_in or (NOBODY,),  # a label of no group at all would be for everybody
            reader=msgspec.structs.replace(identity.reader, groups=groups),
        )
