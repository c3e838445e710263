"""What can be written about requests for information.

Owns: the bodies of these records. Doesn't own: who may write them (`operations.rules.rfi`).

One unit asks another. Each step has its own label: an answer may be narrower than its question.
"""

from jointhq.journal.record import Body, kind


class RfiText(Body, frozen=True, kw_only=True):
    """The question as from now on, whole."""

    question: str
    reason: str
    asked_of: str  # the unit
    ltiov_ms: int = 0  # latest time information is of value; 0: always


@kind("rfi.asked", version=1)
class RfiAsked(RfiText, frozen=True, kw_only=True):
    """A new one, under the next number of its series. Subject: the request, here and below."""

    unit: str  # that asks
    serial: str  # "RFI 12/26"
    series: str
    number: int


@kind("rfi.edited", version=1)
class RfiEdited(RfiText, frozen=True, kw_only=True):
    """It is asked in these words, and new again."""


@kind("rfi.validated", version=1)
class RfiValidated(Body, frozen=True, kw_only=True):
    """It is clear, and for this unit to answer."""

    note: str = ""


@kind("rfi.tasked", version=1)
class RfiTasked(Body, frozen=True, kw_only=True):
    """This appointment is to answer. `checked` are the similar ones that were looked at before."""

    appointment: str
    note: str = ""
    checked: tuple[str, ...] = ()


@kind("rfi.answered", version=1)
class RfiAnswered(Body, frozen=True, kw_only=True):
    """The answer, and what it rests on."""

    text: str
    entries: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@kind("rfi.satisfied", version=1)
class RfiSatisfied(Body, frozen=True, kw_only=True):
    """Who asked has what he needs."""

    note: str = ""


@kind("rfi.reopened", version=1)
class RfiReopened(Body, frozen=True, kw_only=True):
    """Who asked needs more, and says what."""

    note: str


@kind("rfi.returned", version=1)
class RfiReturned(Body, frozen=True, kw_only=True):
    """It won't be answered as it stands: why, or which other one says it already."""

    note: str
    duplicate_of: str = ""


@kind("rfi.withdrawn", version=1)
class RfiWithdrawn(Body, frozen=True, kw_only=True):
    """Who asked needs it no more."""

    note: str = ""


@kind("rfi.escalated", version=1)
class RfiEscalated(Body, frozen=True, kw_only=True):
    """Its time has passed, and it isn't answered: who asked hears of it. Signed by nobody; the headquarters says it."""

    due_ms: int
