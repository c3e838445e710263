"""What rules of operations decide on, and what they all do.

Owns: `Ground`, the label of something new, the draft that somebody signs for.
Doesn't own: any rule (`operations.rules`), the projections (`operations.views`).
"""

from collections.abc import Iterable

import msgspec

from jointhq.base.errors import BadInput, Refusal
from jointhq.journal.record import Body, Draft, Precedence
from jointhq.people import fence
from jointhq.people.directory import Directory, Session
from jointhq.release.door import Door
from jointhq.release.label import Label


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when somebody asks; the projections are given beside it."""

    directory: Directory
    door: Door
    label: Label  # where a form names none
    now_ms: int
    exercise: bool = False  # all that is written here is of an exercise

    @property
    def people(self) -> fence.Ground:
        """Return what is asked of people."""
        return fence.Ground(self.directory, self.door, self.label, self.now_ms)


def need(actor: Session, permission: str) -> None:
    """Refuse who hasn't this permission now."""
    if permission not in actor.permissions:
        raise Refusal("not_permitted", f"this needs an appointment with {permission}", 403)


def few(g: Ground, actor: Session, labels: Iterable[Label | None], most: int, why: str) -> None:
    """Refuse one more of what there are so many of, as far as the asker may see: what is hidden counts for nobody."""
    if sum(g.door.may_see(actor.reader, label, g.now_ms) for label in labels) >= most:
        raise Refusal("too_many", why, max=most)


def room(kept: int, most: int) -> None:
    """Refuse what memory has no room for. It counts what is hidden, too: whatever is full, it is said so."""
    if kept >= most:
        raise Refusal("full", "this server keeps no more of that; tell who runs it", 503)


def label_for(
    g: Ground, actor: Session, text: str, parts: Iterable[Label | None] = (), default: Label | None = None
) -> Label:
    """Return the label of something new: what was chosen, or else the default, with what it is made of.

    Refuses one that can't be read, and one that would hide it from who writes it.
    """
    try:
        chosen = g.door.parse(text) if text.strip() else default or g.label
    except BadInput as error:
        raise Refusal("label_unknown", str(error), 400) from None
    label = g.door.merge([chosen, *parts])
    if label is None or not g.door.may_see(actor.reader, label, g.now_ms):
        raise Refusal("label_above_you", "you could not see this yourself any more; choose another label", 403)
    return label


def signed(
    g: Ground,
    actor: Session,
    subject: str,
    body: Body,
    label: Label,
    *,
    effective_ms: int | None = None,
    precedence: Precedence = "routine",
    record_id: str = "",
) -> Draft:
    """Return what the asker signs for."""
    return Draft(
        body=body,
        subject=subject,
        label=label,
        appointment=actor.appointment,
        person=actor.person,
        effective_ms=effective_ms,
        precedence=precedence,
        exercise=g.exercise,
        id=record_id,
    )
