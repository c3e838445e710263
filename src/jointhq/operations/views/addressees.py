"""An addressee of an order: what happened to its copy, and how far that brought it.

Owns: a unit in one role of one order, its steps, what follows from them.
Doesn't own: orders (`operations.views.orders`), who may take a step (`operations.rules.answers`).

Whatever is asked about an addressee is asked for a reader: a step that he may not see hasn't been taken, for him.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from jointhq.operations.records import orders as r
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.reader import Reader

REACHED: Final = (
    "waiting", "sent", "delivered", "opened", "acknowledged", "wilco", "cantco", "havco", "accepted", "declined",
)  # fmt: skip
ANSWERS: Final = ("acknowledged", "wilco", "cantco", "havco")
_RANK: Final[dict[str, int]] = {"waiting": 0, "sent": 1, "delivered": 2, "opened": 3}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an addressee's copy."""

    what: str  # "sent", "delivered", "opened", an answer, "accepted", "declined", "escalated"
    at_ms: int
    person: str = ""
    appointment: str = ""
    client: str = ""
    way: str = ""
    note: str = ""
    due_ms: int = 0
    label: Label | None


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """A unit in one role of one issued order."""

    id: str
    order: str
    unit: str
    role: r.Role
    tasks: tuple[str, ...]
    refer_to: str
    rule: str
    issued_ms: int
    steps: tuple[Step, ...] = ()

    @property
    def accepted_ms(self) -> int:
        """When who has authority took the request on; 0: it is none, or not taken on."""
        return next((step.at_ms for step in self.steps if step.what == "accepted"), 0)

    @property
    def recipient(self) -> str:
        """The unit whose people have to answer now."""
        return self.refer_to or self.unit if self.role == "request" and not self.accepted_ms else self.unit

    @property
    def phase(self) -> Literal["order", "request", "info"]:
        """What the recipient has before him now."""
        return "order" if self.role == "request" and self.accepted_ms else self.role

    @property
    def since_ms(self) -> int:
        """When the recipient was first to have it."""
        return self.accepted_ms or self.issued_ms


def seen(steps: Iterable[Step], door: Door, reader: Reader, now_ms: int) -> tuple[Step, ...]:
    """Return the steps that a reader may see."""
    return tuple(step for step in steps if door.may_see(reader, step.label, now_ms))


def answered(steps: Iterable[Step]) -> str:
    """Return the last answer, "" for none. Acknowledging what was answered adds nothing."""
    last = ""
    for step in steps:
        if step.what in ANSWERS and not (step.what == "acknowledged" and last):
            last = step.what
    return last


def reached(addressee: Addressee, steps: tuple[Step, ...]) -> str:
    """Return how far it has come with these steps: its answer, or as far as it came on any device (`REACHED`)."""
    if addressee.role != "request":
        return _reached(steps)
    decided = next((i for i, step in enumerate(steps) if step.what in ("accepted", "declined")), None)
    if decided is None or steps[decided].what == "declined":
        return _reached(steps) if decided is None else "declined"
    since = _reached(steps[decided + 1 :])
    return "accepted" if since == "waiting" else since


def _reached(steps: Iterable[Step]) -> str:
    steps = tuple(steps)
    devices = (step.what for step in steps if step.what in _RANK)
    return answered(steps) or max(devices, key=_RANK.__getitem__, default="waiting")


def current(addressee: Addressee) -> tuple[Step, ...]:
    """Return the steps since the recipient of now has it: those before a request was accepted are of another."""
    if addressee.phase != "order" or addressee.role != "request":
        return addressee.steps
    at = next(i for i, step in enumerate(addressee.steps) if step.what == "accepted")
    return addressee.steps[at + 1 :]


def silent(addressee: Addressee) -> bool:
    """Whether the recipient has neither answered nor acknowledged."""
    if addressee.phase == "request":
        return not any(step.what in ("accepted", "declined", "acknowledged") for step in addressee.steps)
    return not answered(current(addressee))
