"""What the pages of one audience were told, and how one catches up.

Owns: an audience's slots and positions, its snapshots, the ring of frames a page that dropped out continues from.
Doesn't own: what there is to tell (`picture.board`), who sees which label (`picture.labels`), which audiences there are
(`picture.audiences`), the bytes (`picture.wire`).

An audience's bytes follow from what it may see and from nothing else: slots are its own, given in the order in which
tracks came into its sight, and a tick that changed nothing for it has neither frame nor position. So the bytes say
nothing of what is hidden.
"""

from collections import deque
from typing import Final

import numpy as np

from jointhq.picture import wire
from jointhq.picture.board import Board, Changes
from jointhq.picture.columns import Ints
from jointhq.picture.labels import Mask

RING_BYTES_MAX: Final = 4 << 20  # of one audience: two minutes of 54,000 tracks that report every 10 s
RING_MS_MAX: Final = 120_000  # Later than that, a snapshot is fewer bytes than the deltas.

_NONE: Final = np.zeros(0, np.int64)


class Frames:
    """One stream of frames, the same for all pages of one audience. `seen`: the labels it may see."""

    def __init__(
        self,
        board: Board,
        seen: Mask,
        present: Ints,
        *,
        epoch: int,
        now_ms: int,
        ring_bytes_max: int = RING_BYTES_MAX,
    ) -> None:
        """`present` are the slots of the board that tracks still have, in the order they came."""
        self.epoch = epoch
        self.position = 0
        self.seen = seen
        self._board = board
        self._at_ms = now_ms
        self._own: Ints = np.full(len(board.cards), -1, np.int64)  # by slot of the board; -1 where nothing was told
        self._own_used = 0
        self._own_free: list[int] = []
        self._ring: deque[tuple[int, bytes]] = deque()  # at_ms, frame
        self._ring_bytes = 0
        self._ring_bytes_max = ring_bytes_max
        self._snapshot = b""
        self._snapshot_position = -1
        visible = present[seen[board.numbers[present]]]
        self._own[visible] = self._take(len(visible))

    def tell(self, changes: Changes) -> bool:
        """Make the next delta of a tick; False where nothing of it is for this audience."""
        if len(self._own) < len(self._board.cards):
            more = len(self._board.cards) - len(self._own)
            self._own = np.concatenate((self._own, np.full(more, -1, np.int64)))
        sees = self.seen[changes.numbers]
        own = self._own[changes.slots]
        knew = own >= 0
        goes = knew & ~sees
        forgotten = self._own[changes.gone]
        gone = np.sort(np.concatenate((own[goes], forgotten[forgotten >= 0])))
        shown = np.flatnonzero(sees)
        if not len(shown) and not len(gone):
            return False
        comes = np.flatnonzero(sees & ~knew)
        own[comes] = self._take(len(comes))
        self._own[changes.slots] = np.where(sees, own, -1)
        self._own[changes.gone] = -1
        self._own_free += gone.tolist()  # for others from the next tick on, when pages have forgotten them

        shown = shown[np.argsort(own[shown])]
        slots, knew = own[shown], knew[shown]
        carded = changes.carded[shown] | ~knew
        self.position += 1
        self._at_ms = changes.at_ms
        frame = wire.encode(
            kind=wire.DELTA,
            epoch=self.epoch,
            position=self.position,
            at_ms=changes.at_ms,
            cards=self._cards(changes.slots[shown[carded]], slots[carded]),
            slots=slots,
            now=changes.now[:, shown],
            before=np.where(knew, changes.before[:, shown], 0),
            gone=gone,
            ended=slots[changes.ended[shown]],
        )
        self._ring.append((changes.at_ms, frame))
        self._ring_bytes += len(frame)
        while self._ring_bytes > self._ring_bytes_max or self._ring[0][0] < changes.at_ms - RING_MS_MAX:
            self._ring_bytes -= len(self._ring.popleft()[1])
        return True

    def snapshot(self) -> bytes:
        """Return one frame with everything told so far; the next delta follows on it."""
        if self._snapshot_position != self.position:
            told = np.flatnonzero(self._own >= 0)
            told = told[np.argsort(self._own[told])]
            slots = self._own[told]
            self._snapshot = wire.encode(
                kind=wire.SNAPSHOT,
                epoch=self.epoch,
                position=self.position,
                at_ms=self._at_ms,
                cards=self._cards(told, slots),
                slots=slots,
                now=self._board.steps[:, told],
                gone=_NONE,
                ended=slots[self._board.is_ended[told]],
            )
            self._snapshot_position = self.position
        return self._snapshot

    def since(self, epoch: int, position: int) -> list[bytes]:
        """Return the frames that bring a page from a position up to date; one we don't know gets everything.

        Pages that come together share one snapshot and the deltas after it.
        """
        if epoch == self.epoch and (deltas := self._deltas_since(position)) is not None:
            return deltas
        deltas = self._deltas_since(self._snapshot_position)
        if deltas is None or sum(map(len, deltas)) > len(self._snapshot) // 2:
            return [self.snapshot()]
        return [self._snapshot, *deltas]

    def _deltas_since(self, position: int) -> list[bytes] | None:
        behind = self.position - position
        if position < 0 or not 0 <= behind <= len(self._ring):
            return None
        return [self._ring[i][1] for i in range(len(self._ring) - behind, len(self._ring))]

    def _cards(self, board_slots: Ints, slots: Ints) -> list[bytes]:
        texts = self._board.cards
        return [wire.card(slot, texts[at]) for at, slot in zip(board_slots.tolist(), slots.tolist(), strict=True)]

    def _take(self, count: int) -> Ints:
        """Return so many slots of our own: those last given back, then new ones."""
        back = [self._own_free.pop() for _ in range(min(count, len(self._own_free)))]
        used = self._own_used
        self._own_used += count - len(back)
        return np.concatenate((np.array(back, np.int64), np.arange(used, self._own_used)))
