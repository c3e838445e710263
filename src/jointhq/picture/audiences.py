"""Who is told what changes.

Owns: one stream of frames for each audience, made when first asked for and dropped when nobody asks any more.
Doesn't own: a stream (`picture.frames`), what there is to tell (`picture.board`), the answer who may see a label
(`release.door`).

Readers who differ only in how long they are cleared share an audience: `since` looks at the clearance each time.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final, NamedTuple

import msgspec

from jointhq.base.errors import JointHQError
from jointhq.picture.board import Board, Changes
from jointhq.picture.columns import Ints
from jointhq.picture.frames import RING_BYTES_MAX, Frames
from jointhq.picture.labels import Labels
from jointhq.release.reader import Reader

AUDIENCES_MAX: Final = 64  # Each costs a tick its compression, 0.5 ms of 200, and memory: 5 MiB, with its ring full.
UNUSED_MS_MAX: Final = 120_000  # as long as a page can continue from the ring
ALWAYS_MS: Final = 1 << 62


class AudiencesFull(JointHQError):
    """No room for one more kind of reader."""

    code = "audiences_max"


class Caught(NamedTuple):
    """Frames that bring a page up to date, and where it is then: what it asks with next."""

    frames: list[bytes]
    epoch: int
    position: int


class Audiences:
    """All audiences of one picture."""

    def __init__(
        self,
        labels: Labels,
        board: Board,
        present: Callable[[], Ints],
        *,
        audiences_max: int = AUDIENCES_MAX,
        ring_bytes_max: int = RING_BYTES_MAX,
    ) -> None:
        """`present` returns the slots told that tracks still have, in the order they came."""
        self._labels = labels
        self._board = board
        self._present = present
        self._audiences_max = audiences_max
        self._ring_bytes_max = ring_bytes_max
        self._frames: dict[Reader, Frames] = {}
        self._used_ms: dict[Reader, int] = {}

    def __len__(self) -> int:
        return len(self._frames)

    def since(self, reader: Reader, epoch: int, position: int, now_ms: int) -> Caught:
        """Return what a page of this reader lacks. Raises AudiencesFull."""
        if now_ms >= reader.cleared_until_ms:
            return Caught([], epoch, position)
        audience = msgspec.structs.replace(reader, cleared_until_ms=ALWAYS_MS)
        frames = self._frames.get(audience)
        if frames is None:
            frames = self._frames[audience] = self._make(audience, now_ms)
        self._used_ms[audience] = now_ms
        return Caught(frames.since(epoch, position), frames.epoch, frames.position)

    def tell(self, changes: Changes) -> bool:
        """Tell every audience what changed in a tick; True where any of them can see something of it."""
        told = False
        for audience, frames in self._frames.items():
            self._labels.refresh(frames.seen, audience, changes.at_ms)
            told |= frames.tell(changes)
        return told

    def drop_unused(self, now_ms: int) -> None:
        """Forget the audiences nobody has asked for lately; pages that come back begin anew."""
        for audience, used_ms in list(self._used_ms.items()):
            if not 0 <= now_ms - used_ms <= UNUSED_MS_MAX:
                del self._frames[audience], self._used_ms[audience]

    def _make(self, audience: Reader, now_ms: int) -> Frames:
        self.drop_unused(now_ms)
        if len(self._frames) >= self._audiences_max:
            raise AudiencesFull(
                f"pages for {self._audiences_max} kinds of readers are open; close some, or give their persons the same"
                " groups and clearance"
            )
        return Frames(
            self._board,
            self._labels.seen_by(audience, now_ms),
            self._present(),
            epoch=_epoch(audience, now_ms),
            now_ms=now_ms,
            ring_bytes_max=self._ring_bytes_max,
        )


def _epoch(audience: Reader, now_ms: int) -> int:
    """Return which making of an audience this is: of the reader and the moment alone. 0 means the past."""
    said = msgspec.json.encode((audience, now_ms), order="deterministic")
    return int.from_bytes(blake2b(said, digest_size=4).digest()) or 1
