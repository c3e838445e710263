"""The demo's combined activity: what both sides agreed on; each is yet to order its own part.

Owns: its text, and writing it into the journal of a new demo. Doesn't own: rules (`operations.rules.combined`).
"""

from typing import Final

from jointhq.exercise.people import signed
from jointhq.journal.journal import Journal
from jointhq.operations.records import combined as r
from jointhq.operations.views.combined import Combined
from jointhq.release.label import Label

ID: Final = "demo-combined-sar"
TEXT: Final = r.CombinedProposed(
    title="Search and rescue exercise, Sagami Bay",
    title_ja="相模湾捜索救難訓練",
    text="One search area each, divided by the meridian 139-20E. Each side orders its own units by its own order. "
    "Liaison officers at both headquarters; shared picture; either side ends its part by itself.",
    sides=("US10", "JP02"),
)


async def add_combined(journal: Journal, combined: Combined, label: Label) -> None:
    """Write it where it isn't there yet: proposed by one side, agreed to by both."""
    if ID in combined.activities:
        return
    (proposed,) = await journal.append(signed(ID, TEXT, label, "chief"))
    agreed = [
        (name, r.CombinedAgreed(unit=unit, text=proposed.id)) for name, unit in (("chief", "US10"), ("jjoc", "JP02"))
    ]
    await journal.append(*(signed(ID, body, label, name) for name, body in agreed))
