"""What can be written about combined activities.

Owns: the bodies of these records. Doesn't own: who may write them (`operations.rules.combined`).

One activity of two nations: its id is the mission that both share, each side orders its own part in its own name, and
what they agreed on is written once. No side's state follows from the other's.
"""

from jointhq.journal.record import Body, kind


class CombinedText(Body, frozen=True, kw_only=True):
    """The coordination record as from now on, whole: what both sides agree to, or not yet."""

    title: str
    title_ja: str = ""
    text: str
    sides: tuple[str, str]  # units, of two nations


@kind("combined.proposed", version=1)
class CombinedProposed(CombinedText, frozen=True, kw_only=True):
    """One side proposes it. Subject: the activity, which is the shared mission, here and below."""


@kind("combined.revised", version=1)
class CombinedRevised(CombinedText, frozen=True, kw_only=True):
    """Another text: what was agreed to before is no agreement to this."""


@kind("combined.agreed", version=1)
class CombinedAgreed(Body, frozen=True, kw_only=True):
    """A side agrees to the text that a record has."""

    unit: str
    text: str  # that record's id


@kind("combined.ordered", version=1)
class CombinedOrdered(Body, frozen=True, kw_only=True):
    """A side's own order for its part; "" none any more."""

    unit: str
    order: str


@kind("combined.ended", version=1)
class CombinedEnded(Body, frozen=True, kw_only=True):
    """A side has ended its part; the other goes on as it will."""

    unit: str
    reason: str
