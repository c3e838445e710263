"""What can be written about commander's critical information requirements, and about what should not become known.

Owns: the bodies of these records. Doesn't own: who may write them (`operations.rules.ccir`).

A priority intelligence requirement (PIR) asks about others and the environment, a friendly force one (FFIR) about
one's own: these are CCIR. An essential element of friendly information (EEFI) is what must be protected, and no CCIR.
What was approved is not edited: another takes its place. A hit is an entry of the log that answers one; each
appointment that is told of it has a notice, whose id follows from the hit and the appointment.
"""

from typing import Literal

from jointhq.journal.record import Body, kind

CcirKind = Literal["PIR", "FFIR", "EEFI"]


class CcirText(Body, frozen=True, kw_only=True):
    """One as from now on, whole."""

    type: CcirKind
    text: str
    text_ja: str = ""
    decision: str = ""  # that it supports
    indicators: tuple[str, ...] = ()
    unit: str  # whose commander asks
    owner: str  # the appointment that hears of silence, and that may say it is answered
    ltiov_ms: int = 0  # latest time information is of value; 0: always
    notify: tuple[str, ...] = ()  # appointments
    silence_minutes: int  # how long a notice may stay without an answer
    replaces: str = ""


@kind("ccir.drafted", version=1)
class CcirDrafted(CcirText, frozen=True, kw_only=True):
    """A new one. Subject: the CCIR, here and below."""


@kind("ccir.edited", version=1)
class CcirEdited(CcirText, frozen=True, kw_only=True):
    """The draft as from now on, whole."""


@kind("ccir.approved", version=1)
class CcirApproved(Body, frozen=True, kw_only=True):
    """It is in force, under the next number of its series."""

    serial: str  # "PIR 3/26"
    series: str
    number: int


@kind("ccir.answered", version=1)
class CcirAnswered(Body, frozen=True, kw_only=True):
    """What was asked is known."""

    note: str


@kind("ccir.resumed", version=1)
class CcirResumed(Body, frozen=True, kw_only=True):
    """It is asked again: the answer was none, or is none any more."""

    note: str


@kind("ccir.ended", version=1)
class CcirEnded(Body, frozen=True, kw_only=True):
    """It is asked no more. Without a reason another took its place, which may be hidden from who reads this."""

    reason: str = ""


@kind("ccir.hit", version=1)
class CcirHit(Body, frozen=True, kw_only=True):
    """An entry of the log answers it: these appointments are told. Subject: the hit."""

    ccir: str
    entry: str
    notify: tuple[str, ...]
    due_ms: int


@kind("ccir.hit_struck", version=1)
class CcirHitStruck(Body, frozen=True, kw_only=True):
    """It was none; nobody need acknowledge it. Subject: the hit."""

    reason: str


@kind("ccir.acknowledged", version=1)
class CcirAcknowledged(Body, frozen=True, kw_only=True):
    """Somebody in the appointment that was told has read it. Subject: the notice, here and below."""

    hit: str


@kind("ccir.escalated", version=1)
class CcirEscalated(Body, frozen=True, kw_only=True):
    """Nobody acknowledged by `due_ms`, or nobody in that appointment may see it: the owner is told, once."""

    hit: str
    to: str
    due_ms: int
