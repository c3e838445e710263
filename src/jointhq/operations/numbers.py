"""Numbers without gaps.

Owns: from a series and a number to the id of the record that takes it. Doesn't own: what is numbered.

A series is of one label: who sees one of it sees all of it, so a gap is a loss and never something hidden. The journal
holds no two records of one id, so two processes never give the same number.
"""

import uuid
from typing import Final

import msgspec

from jointhq.release.label import Label

NAMESPACE: Final = uuid.UUID("4d2a7c1e-0f6b-4a1d-9a55-6a8b9d3c2e70")


def series(what: str, label: Label, *, exercise: bool) -> str:
    """Return the name of a series: `what` ("OPORD of unit X in 2026"), under one label, of an exercise or not."""
    return str(uuid.uuid5(NAMESPACE, f"{what}|{msgspec.json.encode(label).decode()}|{exercise}"))


def record_id(series_id: str, number: int) -> str:
    """Return the id of the record that takes a number."""
    return derived(series_id, str(number))


def derived(*parts: str) -> str:
    """Return the one id that follows from these."""
    return str(uuid.uuid5(NAMESPACE, "|".join(parts)))
