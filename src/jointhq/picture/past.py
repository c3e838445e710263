"""The past, asked for from the event loop.

Owns: holding the door open for one reader and one question, waiting for history's answers without holding up the loop,
how many are asked at once, the frame of a moment.
Doesn't own: the answers (`picture.history`), the bytes (`picture.wire`).
"""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput
from jointhq.picture import blocks, wire
from jointhq.picture.dayfile import Box, Sees
from jointhq.picture.history import BOX_ROWS_MAX, Found, History, Past
from jointhq.picture.labels import mark_of
from jointhq.picture.track import Path
from jointhq.release.door import Door
from jointhq.release.reader import Reader

READERS_MAX: Final = 2  # at once, of a machine's few cores
PATH_ROWS_MAX: Final = 10_000
LON_BITS: Final = 30  # what a longitude in steps fits in

T = TypeVar("T")


class PastReader:
    """Asks history in threads. Every question raises BadInput where no history is kept.

    A reader sees a row by the label it had then and by what he may see now.
    """

    def __init__(self, history: History | None, door: Door, clock: Clock) -> None:
        self._history = history
        self._door = door
        self._clock = clock
        self._room = asyncio.Semaphore(READERS_MAX)

    async def at(self, reader: Reader, at_ms: int) -> bytes:
        """Return a snapshot frame, of epoch 0, of what the picture was at a moment."""
        return await self.read(reader, at_ms, self._frame)

    async def read(self, reader: Reader, at_ms: int, reading: Callable[[Past], T]) -> T:
        """Return what is read of everything that the picture showed at a moment."""
        return await self._ask(lambda history: reading(history.at(at_ms, self._open_for(reader))))

    async def path(self, reader: Reader, uid: str, from_ms: int, to_ms: int, limit: int = PATH_ROWS_MAX) -> Path:
        """Return where a uid was between two moments, at most the last `limit`."""
        return await self._ask(lambda history: history.path(uid, from_ms, to_ms, self._open_for(reader), limit))

    async def box(self, reader: Reader, box: Box, from_ms: int, to_ms: int, limit: int = BOX_ROWS_MAX) -> Found:
        """Return what was in a box between two moments, at most `limit` positions."""
        return await self._ask(lambda history: history.box(box, from_ms, to_ms, self._open_for(reader), limit))

    def _open_for(self, reader: Reader) -> Sees:
        return lambda label: self._door.may_see(reader, label, self._clock.now_ms())

    async def _ask(self, question: Callable[[History], T]) -> T:
        if self._history is None:
            raise BadInput("this headquarters keeps no history")
        async with self._room:
            return await asyncio.to_thread(question, self._history)

    def _frame(self, past: Past) -> bytes:
        """Return everything at one moment as a page reads it; slots mean nothing beyond this frame.

        They go by place, not by the order of the files, which hidden tracks have a part in.
        """
        order = np.argsort((past.rows[blocks.LAT] << LON_BITS) + past.rows[blocks.LON])
        rows = past.rows[:, order]
        slots = np.arange(rows.shape[1])
        marks = {label: mark_of(self._door, label) for label in set(past.labels)}
        stale_after_s = np.maximum(0, rows[blocks.STALE] - rows[blocks.TIME]) // 1000
        return wire.encode(
            kind=wire.SNAPSHOT,
            epoch=0,
            position=0,
            at_ms=past.at_ms,
            cards=[
                wire.card(slot, wire.card_text(stale_s, marks[past.labels[i]], past.tracks[i][3]))
                for slot, (i, stale_s) in enumerate(zip(order.tolist(), stale_after_s.tolist(), strict=True))
            ],
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
