"""A revision of a change as drafts of records.

Owns: which records a revision is: its head, and its acts by phase and label, in pieces that a record takes.
Doesn't own: whether it may be (`command.rules.changes`, `command.rules.invariants`).
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from jointhq.command import records as r
from jointhq.command.change import Planned
from jointhq.journal.record import Draft
from jointhq.release.label import Label

PIECE_BYTES_MAX: Final = 192 * 1024  # of the acts of one record: below what a body may have, with room for its head


def drafts(
    change_id: str,
    head: r.ChangeDrafted | r.ChangeEdited,
    phases: Sequence[Sequence[Planned]],
    label: Label,
    *,
    appointment: str = "",
    person: str = "",
    exercise: bool = False,
) -> list[Draft]:
    """Return what is written for a revision, to be appended at once."""

    def draft(body: r.ChangeDrafted | r.ChangeEdited | r.ChangeActs, own: Label) -> Draft:
        return Draft(body=body, subject=change_id, label=own, appointment=appointment, person=person, exercise=exercise)

    pieces = (
        draft(r.ChangeActs(revision=head.revision, phase=phase, acts=piece), own)
        for phase, acts in enumerate(phases)
        for own, piece in _pieces(acts, label)
    )
    return [draft(head, label), *pieces]


def _pieces(acts: Sequence[Planned], label: Label) -> Iterator[tuple[Label, tuple[r.AnyAct, ...]]]:
    """Yield runs of acts of one label, in order, each short enough for a record."""
    run: list[r.AnyAct] = []
    own, size = label, 0
    for planned in acts:
        act = msgspec.structs.replace(planned.act, label="")
        length = len(msgspec.json.encode(act)) + 1
        if run and (planned.label != own or size + length > PIECE_BYTES_MAX):
            yield own, tuple(run)
            run, size = [], 0
        own = planned.label or label
        run.append(act)
        size += length
    if run:
        yield own, tuple(run)
