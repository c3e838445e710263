"""The errors we raise on purpose.

Owns: whose fault a thing is. Doesn't own: how it is shown (`web`) or logged (`app`).
"""

from typing import Any, ClassVar


class JointHQError(Exception):
    """What we raise on purpose. `code` is API and stays; the message is for a person and may change."""

    code: ClassVar[str] = "internal"


class PeerFault(JointHQError):
    """They broke the protocol: close that connection and log it once."""

    code = "peer_fault"


class BadEvent(JointHQError):
    """One event is not acceptable; the stream it came in goes on.

    `reason` is a short fixed word (`xml`, `doctype`, `point`, `time`, ...) fit for a metric's label.
    """

    code = "bad_event"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class BadInput(JointHQError):
    """A person or a file asked for something that can't be; the message says what to do.

    `params` are API: what a form may offer to put it right.
    """

    code = "bad_input"

    def __init__(self, message: str = "", **params: Any) -> None:
        super().__init__(message)
        self.params = params


class NotVisible(JointHQError):
    """Absent, or not yours to see: the two answers are the same."""

    code = "not_found"


class NotSignedIn(JointHQError):
    """No session, or an ended one."""

    code = "not_signed_in"


class Refusal(JointHQError):
    """A rule said no. `code` and `params` are API; `status` is HTTP's."""

    code: str = "refused"  # type: ignore[misc] # each refusal has its own

    def __init__(self, code: str, message: str, status: int = 409, **params: Any) -> None:
        super().__init__(message)
        self.code, self.status, self.params = code, status, params
