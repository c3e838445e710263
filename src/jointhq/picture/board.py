"""What could be told as of the last tick, whoever may see it.

Owns: by slot of the picture the steps, card and label of the last tick; what changed in a tick, worked out once for all
audiences. Doesn't own: tracks (`picture.picture`), who sees a label (`picture.labels`), what one audience was told
(`picture.frames`).

Snapshots are made of the board, never of what is newer, so that snapshot and deltas meet exactly.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from jointhq.picture import wire
from jointhq.picture.columns import Ints
from jointhq.picture.labels import Labels
from jointhq.picture.track import Track

STALE_AFTER_TOLERANCE: Final = 0.1  # A sender whose stale time wavers would send a card with every move.
ROOM: Final = 1024  # slots to begin with; doubled when they are full


class Changes(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One tick: a column for each track that said something, in the order they did, and the slots of those gone."""

    at_ms: int
    slots: Ints
    numbers: Ints  # of their labels
    now: Ints  # rows of `wire.steps`
    before: Ints  # the same as of the tick before; zero where there was nothing
    ended: NDArray[np.bool_]
    carded: NDArray[np.bool_]  # whether the card says something else
    gone: Ints


class Board:
    """The state of the last tick, by slot. Pages know nothing newer."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self.steps: Ints = np.zeros((wire.COLUMNS, ROOM), np.int64)  # zero where nothing is
        self.numbers: Ints = np.full(ROOM, -1, np.int64)  # of labels; -1 where nothing is
        self.is_ended = np.zeros(ROOM, np.bool_)
        self.cards: list[bytes] = [b""] * ROOM  # without the slot; empty where nothing is
        self._rests: list[bytes] = [b""] * ROOM  # of the cards, what neither label nor stale time changes
        self._stale_after_s = [0] * ROOM

    def is_told(self, slot: int) -> bool:
        """Tell whether pages may know a slot."""
        return slot < len(self.cards) and bool(self.cards[slot])

    def write(self, tracks: Sequence[Track], gone: Sequence[int], at_ms: int) -> Changes:
        """Put these tracks in place of what was told of them, clear the slots gone, and return what changed."""
        slots = np.array([track.slot for track in tracks], np.int64)
        gone_slots = np.array(gone, np.int64)
        self._make_room(int(slots.max(initial=-1)) + 1)
        numbers = np.array([track.label_number for track in tracks], np.int64)
        known = (self.numbers[slots] == numbers).tolist()  # under another label nothing of what was told counts
        changes = Changes(
            at_ms=at_ms,
            slots=slots,
            numbers=numbers,
            now=_steps(tracks),
            before=self.steps[:, slots],
            ended=np.array([track.ended for track in tracks], np.bool_),
            carded=np.fromiter(map(self._describe, tracks, known), np.bool_, len(tracks)),
            gone=gone_slots,
        )
        self.steps[:, slots] = changes.now
        self.steps[:, gone_slots] = 0
        self.numbers[slots] = changes.numbers
        self.numbers[gone_slots] = -1
        self.is_ended[slots] = changes.ended
        for slot in gone:
            self.cards[slot] = self._rests[slot] = b""
        return changes

    def _describe(self, track: Track, known: bool) -> bool:  # noqa: FBT001 one for each track, by `map`
        """Note what a track's card says; tell whether it is another than the one told.

        What happened between two ticks leaves no trace.
        """
        slot = track.slot
        told_s = self._stale_after_s[slot]
        if known and track.ended:
            stale_after_s = told_s
        else:
            stale_after_s = (track.stale_ms - track.time_ms) // 1000
            stale_after_s = max(stale_after_s, 0)
        same = not track.card_changed or self._rests[slot] == track.card
        track.card_changed = False
        if known and same and abs(stale_after_s - told_s) <= told_s * STALE_AFTER_TOLERANCE:
            return False
        self._stale_after_s[slot], self._rests[slot] = stale_after_s, track.card
        self.cards[slot] = wire.card_text(stale_after_s, self._labels.marks[track.label_number], track.card)
        return True

    def _make_room(self, slots: int) -> None:
        while slots > len(self.cards):
            more = len(self.cards)
            self.steps = np.concatenate((self.steps, np.zeros_like(self.steps)), axis=1)
            self.numbers = np.concatenate((self.numbers, np.full(more, -1, np.int64)))
            self.is_ended = np.concatenate((self.is_ended, np.zeros(more, np.bool_)))
            self.cards += [b""] * more
            self._rests += [b""] * more
            self._stale_after_s += [0] * more


def _steps(tracks: Sequence[Track]) -> Ints:
    events = [track.event for track in tracks]
    return wire.steps(
        np.array([event.lat for event in events], np.float64),
        np.array([event.lon for event in events], np.float64),
        np.array([event.hae_m for event in events], np.float64),  # numpy reads None as NaN
        np.array([event.course_deg for event in events], np.float64),
        np.array([event.speed_ms for event in events], np.float64),
        np.array([track.time_ms for track in tracks], np.int64),
    )
