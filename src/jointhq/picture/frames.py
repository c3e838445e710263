"""What pages were told, and how one catches up.

Owns: the stream of deltas with its positions, snapshots of it, the ring of frames a page that dropped out continues
from. Doesn't own: tracks and their slots (`picture.picture`), the bytes (`picture.wire`).

What pages were told is kept by slot. A snapshot is made of that, never of what is newer, so that snapshot and deltas
meet exactly: the deltas since P applied on a snapshot of P are the snapshot of now.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from jointhq.picture import wire
from jointhq.picture.columns import Ints
from jointhq.picture.track import Track

RING_BYTES_MAX: Final = 16 << 20
RING_MS_MAX: Final = 120_000  # Later than that, a snapshot is fewer bytes than the deltas.
STALE_AFTER_TOLERANCE: Final = 0.1  # A sender whose stale time wavers would send a card with every move.

_NONE: Final = np.zeros(0, np.int64)


class Frames:
    """One stream of frames, the same for all pages."""

    def __init__(self, epoch: int, now_ms: int, *, ring_bytes_max: int = RING_BYTES_MAX) -> None:
        self.epoch = epoch
        self.position = 0
        self._at_ms = now_ms
        self._told: Ints = np.zeros((wire.COLUMNS, 1024), np.int64)  # by slot; zero where nothing was told
        self._cards: list[bytes] = []  # by slot; empty where nothing was told
        self._stale_after_s: list[int] = []
        self._is_ended = np.zeros(1024, np.bool_)
        self._ring: deque[tuple[int, bytes]] = deque()  # at_ms, frame
        self._ring_bytes = 0
        self._ring_bytes_max = ring_bytes_max
        self._snapshot = b""
        self._snapshot_position = -1

    def is_told(self, slot: int) -> bool:
        """Tell whether pages know a slot."""
        return slot < len(self._cards) and bool(self._cards[slot])

    def tell(self, tracks: Sequence[Track], gone: Sequence[int], at_ms: int) -> bytes:
        """Return the next delta: these tracks as they are, in order of slot, and the slots that are free again."""
        slots = np.array([track.slot for track in tracks], np.int64)
        gone_slots = np.array(sorted(gone), np.int64)
        self._make_room(int(slots[-1]) + 1 if len(slots) else 0)
        now = _steps(tracks)
        ended = np.array([track.ended for track in tracks], np.bool_)
        self.position += 1
        self._at_ms = at_ms
        frame = wire.encode(
            kind=wire.DELTA,
            epoch=self.epoch,
            position=self.position,
            at_ms=at_ms,
            cards=self._new_cards(tracks),
            slots=slots,
            now=now,
            before=self._told[:, slots],
            gone=gone_slots,
            ended=slots[ended],
        )
        self._told[:, slots] = now
        self._is_ended[slots] = ended
        self._told[:, gone_slots] = 0
        self._is_ended[gone_slots] = False
        for slot in gone:
            self._cards[slot] = b""
        self._ring.append((at_ms, frame))
        self._ring_bytes += len(frame)
        while self._ring_bytes > self._ring_bytes_max or self._ring[0][0] < at_ms - RING_MS_MAX:
            self._ring_bytes -= len(self._ring.popleft()[1])
        return frame

    def snapshot(self) -> bytes:
        """Return one frame with everything told so far; the next delta follows on it."""
        if self._snapshot_position != self.position:
            slots = np.array([slot for slot, card in enumerate(self._cards) if card], np.int64)
            self._snapshot = wire.encode(
                kind=wire.SNAPSHOT,
                epoch=self.epoch,
                position=self.position,
                at_ms=self._at_ms,
                cards=list(filter(None, self._cards)),
                slots=slots,
                now=self._told[:, slots],
                gone=_NONE,
                ended=np.flatnonzero(self._is_ended),
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

    def _make_room(self, slots: int) -> None:
        self._cards += [b""] * (slots - len(self._cards))
        self._stale_after_s += [0] * (slots - len(self._stale_after_s))
        while slots > len(self._is_ended):
            self._told = np.concatenate((self._told, np.zeros_like(self._told)), axis=1)
            self._is_ended = np.concatenate((self._is_ended, np.zeros_like(self._is_ended)))

    def _new_cards(self, tracks: Sequence[Track]) -> list[bytes]:
        """Return the cards of tracks pages don't know, or whose card has changed."""
        cards = []
        for track in tracks:
            slot, told_s = track.slot, self._stale_after_s[track.slot]
            known = bool(self._cards[slot])
            stale_after_s = told_s if known and track.ended else max(0, track.stale_ms - track.time_ms) // 1000
            if known and not track.card_changed and abs(stale_after_s - told_s) <= told_s * STALE_AFTER_TOLERANCE:
                continue
            track.card_changed = False
            self._stale_after_s[slot] = stale_after_s
            self._cards[slot] = wire.card(slot, stale_after_s, track.card)
            cards.append(self._cards[slot])
        return cards


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
