"""Silence that is told: once for each who was to say something, signed by the headquarters.

Owns: that it is once, also where two processes tell it. Doesn't own: who is silent (`rules.answers` of orders,
`rules.ccir` of hits, `rules.rfi`), how often it is looked for (`app`).
"""

import msgspec

from jointhq.journal.record import Draft
from jointhq.operations import numbers


def told(draft: Draft, due_ms: int) -> Draft:
    """Return what tells of the silence of a subject that was due then: always the same record."""
    record_id = numbers.derived(draft.subject, "escalated", str(due_ms))
    return msgspec.structs.replace(draft, appointment="", person="", id=record_id)
