"""What is folded from the journal.

Owns: what a projection promises, and its state as bytes that compare. Doesn't own: feeding it (`journal.journal`).
"""

import hashlib
from typing import Any, Protocol

import msgspec

from jointhq.journal.record import Record


class Projection(Protocol):
    """State that follows from records alone: the same records give the same state, in any process, at any time."""

    name: str  # no two in one journal

    def apply(self, record: Record) -> None:
        """Take the next record, in order of position, each once. No I/O, no clock; an unknown kind is passed over."""
        ...

    def state(self) -> Any:
        """Return everything that was folded as plain builtins (dict, list, str, int, float, bool, None)."""
        ...


def canonical(state: Any) -> bytes:
    """Return a state as bytes: equal states give equal bytes, whatever order a dict or set was filled in."""
    return msgspec.json.encode(state, order="deterministic")


def fingerprint(projection: Projection) -> str:
    """Return SHA-256 of a projection's state, in hex."""
    return hashlib.sha256(canonical(projection.state())).hexdigest()
