"""What can be written about handing a watch over.

Owns: the bodies of these records. Doesn't own: taking the appointment, which is people's (`appointment.taken`, whose
`handover` names the offer that was accepted).
"""

from typing import Literal

import msgspec

from jointhq.journal.record import Body, kind
from jointhq.operations.records.reports import Link
from jointhq.release.label import Label

Part = Literal["significant", "open", "due", "changed", "expected"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the next must know, under its own label."""

    part: Part
    text: str
    label: Label
    links: tuple[Link, ...] = ()


@kind("handover.offered", version=1)
class HandoverOffered(Body, frozen=True, kw_only=True):
    """Who holds the appointment offers it, with all this. Subject: the handover, here and below."""

    appointment: str
    since_ms: int
    language: str
    note: str
    items: tuple[Item, ...]


@kind("handover.withdrawn", version=1)
class HandoverWithdrawn(Body, frozen=True, kw_only=True):
    """The offer is taken back; the watch goes on."""
