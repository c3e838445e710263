"""The journal as the rest of the headquarters sees it: append, read, and be told.

Owns: feeding projections and listeners, each record once and in order of position, whoever wrote it. Doesn't own: how
records follow one another (`chain`), where they are kept (`store`), who may read one (`release`).

An append returns when its records are durable *and* the projections of this process hold them: who asks a projection
next sees what was just written.
"""

import asyncio
import contextlib
import heapq
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput
from jointhq.journal.chain import Ask, Conflict, Head, Line, Refused, Sealer, digest_of
from jointhq.journal.projection import Projection
from jointhq.journal.record import Draft, Record, prepare
from jointhq.journal.store import ASK_BYTES_MAX, DRAFTS_MAX, Store

__all__ = ["Conflict", "Draft", "Journal", "Record", "Refused"]

log = structlog.get_logger("journal")

READ_LINES: Final = 500  # at a time while catching up: the loop runs other things every few milliseconds
RETRY_S: Final = 1.0  # when the store couldn't be read while catching up


class Journal:
    """One headquarters' journal in this process."""

    def __init__(self, store: Store, *, hq: str, clock: Clock, accept_clock: bool = False) -> None:
        if not hq:
            raise BadInput("the journal must know whose it is: name the headquarters")
        self._store = store
        self._sealer = Sealer(hq, clock, accept_clock=accept_clock)
        self._projections: list[Projection] = []
        self._listeners: list[Callable[[Record], None]] = []
        self._head = Head()
        self._news = asyncio.Event()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []  # heap of (position, tie-breaker, who waits)
        self._ties = 0
        self._started = False
        self._task: asyncio.Task[None] | None = None
        self.faults: dict[str, str] = {}  # projection or listener -> the first record it could not take, and why
        self.refused: Refused | None = None  # why nothing can be written, as of the last append

    @property
    def position(self) -> int:
        """The last record that projections here hold."""
        return self._head.position

    @property
    def digest(self) -> str:
        """The digest of the record at `position`: who knows both can prove later that nothing before was changed."""
        return self._head.digest

    @property
    def projections(self) -> list[Projection]:
        """What is fed."""
        return list(self._projections)

    def attach(self, projection: Projection) -> None:
        """Feed a projection from the first record on; before `start`."""
        if self._started or any(known.name == projection.name for known in self._projections):
            raise ValueError(f"projection {projection.name!r} must come before start, and once")
        self._projections.append(projection)

    def listen(self, callback: Callable[[Record], None]) -> Callable[[], None]:
        """Call with every record that is written after `start`, when projections hold it; return how to stop."""
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback)

    async def start(self) -> None:
        """Open the store, check the chain, and build the projections. Raises BadInput where a record is broken."""
        await self._store.open(self._sealer, self._committed, self._news.set)
        try:
            while lines := await self._store.lines(self.position, READ_LINES):
                for line in lines:
                    self._check(line)
                    self._take(line.record)
                await asyncio.sleep(0)
        except BaseException:
            await self._store.close()
            raise
        self._started = True
        self._task = asyncio.create_task(self._catch_up(), name="journal")
        log.info("journal.started", position=self.position, projections=len(self._projections))

    async def close(self) -> None:
        """Finish what was taken, and let go."""
        await self._store.close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        for _, _, waiter in self._waiting:  # what they wrote is durable; only nobody here will fold it any more
            if not waiter.done():
                waiter.set_result(None)

    async def append(self, *drafts: Draft, heads: Mapping[str, int] | None = None) -> list[Record]:
        """Write records, all or none; durable when this returns.

        `heads` names subjects and the position of the last record about each as the writer knows it (0: none).
        Raises Conflict when another wrote meanwhile, Refused when nothing can be written now, BadInput for a draft
        that can't be a record. An append that is cancelled while it waits may have been written.
        """
        if not self._started:
            raise Refused("closed", "the journal isn't open; start the server again")
        if not drafts:
            return []
        prepared = [prepare(draft) for draft in drafts]
        ask = Ask(prepared, heads or {})
        if len(prepared) > DRAFTS_MAX or ask.size() > ASK_BYTES_MAX:
            raise BadInput(
                f"one append takes {DRAFTS_MAX} records and {ASK_BYTES_MAX} bytes at most; write it in parts"
            )
        try:
            lines = await self._store.append(ask)
        except Refused as refused:
            self._say(refused)
            raise
        self._say(None)
        last = lines[-1].record.position
        if self.position < last:  # other processes wrote before us, and we haven't read theirs yet
            waiter = asyncio.get_running_loop().create_future()
            self._ties += 1
            heapq.heappush(self._waiting, (last, self._ties, waiter))
            self._news.set()
            await waiter
        return [line.record for line in lines]

    async def read(self, after: int, limit: int = 1000) -> list[Record]:
        """Return the records behind a position, in order. No reader ever sees a gap."""
        return [line.record for line in await self._store.lines(after, limit)]

    # -- from the store

    def _committed(self, lines: list[Line]) -> None:
        """Take what this process wrote. Behind a gap it waits: `_catch_up` reads the whole of it."""
        if not self._started or lines[0].record.position > self.position + 1:
            self._news.set()
            return
        for line in lines:
            if line.record.position == self.position + 1:
                self._take(line.record)

    async def _catch_up(self) -> None:
        """Read on whenever there may be more than we hold."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                while lines := await self._store.lines(self.position, READ_LINES):
                    for line in lines:
                        if line.record.position == self.position + 1:  # our own may have come while we read
                            self._take(line.record)
                    await asyncio.sleep(0)
            except Exception:
                log.exception("journal.unreadable", after=self.position)
                await asyncio.sleep(RETRY_S)
                self._news.set()

    def _say(self, refused: Refused | None) -> None:
        """Log when writing stops and when it goes on, not each append in between."""
        if (refused and refused.code) != (self.refused and self.refused.code):
            if refused is None:
                log.info("journal.takes_records")
            else:
                log.warning("journal.refuses", code=refused.code, reason=str(refused))
        self.refused = refused

    def _check(self, line: Line) -> None:
        record, head = line.record, self._head
        if (
            record.position != head.position + 1
            or record.previous != head.digest
            or record.digest != digest_of(line.content)
        ):
            raise BadInput(
                f"the journal is broken at position {head.position + 1}: run `jointhq journal verify`, then"
                " `jointhq restore` the last good backup"
            )

    def _take(self, record: Record) -> None:
        """Give one record to everybody. Whoever fails at it is told of by name; the others go on."""
        self._head = Head(record.position, record.digest, record.written_ms)
        for projection in self._projections:
            self._give(projection.name, projection.apply, record)
        if self._started:
            for listener in tuple(self._listeners):
                self._give(getattr(listener, "__qualname__", "listener"), listener, record)
        while self._waiting and self._waiting[0][0] <= record.position:
            _, _, waiter = heapq.heappop(self._waiting)
            if not waiter.done():
                waiter.set_result(None)

    def _give(self, name: str, take: Callable[[Record], Any], record: Record) -> None:
        try:
            take(record)
        except Exception as error:
            log.exception("journal.not_taken", by=name, position=record.position, kind=record.kind)
            self.faults.setdefault(name, f"position {record.position}, {record.kind}: {type(error).__name__}")
