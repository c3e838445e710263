"""The past, asked for from the event loop.

Owns: waiting for history's answers without holding up the loop, how many are asked at once, the frame of a moment.
Doesn't own: the answers (`picture.history`), the bytes (`picture.wire`).
"""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np

from jointhq.base.errors import BadInput
from jointhq.picture import blocks, wire
from jointhq.picture.history import History, Past
from jointhq.picture.track import Path

READERS_MAX: Final = 2  # at once, of a machine's few cores
PATH_ROWS_MAX: Final = 10_000

T = TypeVar("T")


class PastReader:
    """Asks history in threads. Every question raises BadInput where no history is kept."""

    def __init__(self, history: History | None) -> None:
        self._history = history
        self._room = asyncio.Semaphore(READERS_MAX)

    async def at(self, at_ms: int) -> bytes:
        """Return a snapshot frame, of epoch 0, of what the picture was at a moment."""
        return await self._ask(lambda history: frame(history.at(at_ms)))

    async def path(self, uid: str, from_ms: int, to_ms: int, limit: int = PATH_ROWS_MAX) -> Path:
        """Return where a uid was between two moments, at most the last `limit`."""
        return await self._ask(lambda history: history.path(uid, from_ms, to_ms, limit))

    async def _ask(self, question: Callable[[History], T]) -> T:
        if self._history is None:
            raise BadInput("this headquarters keeps no history")
        async with self._room:
            return await asyncio.to_thread(question, self._history)


def frame(past: Past) -> bytes:
    """Return everything at one moment as a page reads it; slots mean nothing beyond this frame."""
    rows = past.rows
    slots = np.arange(rows.shape[1])
    stale_after_s = np.maximum(0, rows[blocks.STALE] - rows[blocks.TIME]) // 1000
    return wire.encode(
        kind=wire.SNAPSHOT,
        epoch=0,
        position=0,
        at_ms=past.at_ms,
        cards=list(map(wire.card, slots.tolist(), stale_after_s.tolist(), past.cards)),
        slots=slots,
        now=wire.steps(
            blocks.lat(rows),
            blocks.lon(rows),
            blocks.alt_m(rows),
            blocks.course_deg(rows),
            blocks.speed_ms(rows),
            rows[blocks.TIME],
        ),
        gone=slots[:0],
        ended=slots[rows[blocks.KIND] == blocks.ENDED],
    )
