"""What can be written about missions.

Owns: the bodies of these records. Doesn't own: who may write them (`operations.rules.missions`).
"""

from jointhq.journal.record import Body, kind


class MissionText(Body, frozen=True, kw_only=True):
    """A mission as from now on, whole."""

    title: str
    title_ja: str = ""
    text: str  # who, what, when, where and why, in a sentence
    unit: str
    given_by: str = ""  # the unit of the higher headquarters; "": taken on by the unit itself
    order_ref: str = ""
    from_ms: int
    until_ms: int = 0  # 0: no end in sight


@kind("mission.added", version=1)
class MissionAdded(MissionText, frozen=True, kw_only=True):
    """A unit has a mission. Subject: the mission, here and below."""


@kind("mission.changed", version=1)
class MissionChanged(MissionText, frozen=True, kw_only=True):
    """The mission as from now on, whole."""


@kind("mission.ended", version=1)
class MissionEnded(Body, frozen=True, kw_only=True):
    """The mission is over: accomplished, or taken away."""

    reason: str
