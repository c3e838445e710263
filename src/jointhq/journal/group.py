"""Group commit: whatever came while the last commit ran goes into the next one.

Owns: the order in which appends are taken, how many bytes may wait, and telling each what became of it. There is no
timer: a lone append is committed at once, and under load commits fill by themselves. Doesn't own: how a batch is
written (the store's `commit`), what is in it (`chain`).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from jointhq.journal.chain import Ask, Conflict, Line, Refused
from jointhq.journal.store import BATCH_ASKS_MAX, BATCH_BYTES_MAX, WAITING_BYTES_MAX

log = structlog.get_logger("journal")

Outcome = list[Line] | Conflict


class _Pending:
    __slots__ = ("ask", "bytes", "done")

    def __init__(self, ask: Ask, size: int, done: "asyncio.Future[list[Line]]") -> None:
        self.ask, self.bytes, self.done = ask, size, done


class GroupCommit:
    """One per open store, in its event loop."""

    def __init__(
        self,
        commit: Callable[[Sequence[Ask]], Awaitable[list[Outcome]]],
        on_commit: Callable[[list[Line]], None],
    ) -> None:
        self._commit = commit
        self._on_commit = on_commit
        self._pending: deque[_Pending] = deque()
        self._bytes = 0
        self._door = asyncio.Lock()  # those who wait for room keep their order
        self._room = asyncio.Event()
        self._work = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="journal.commit")

    async def append(self, ask: Ask) -> list[Line]:
        """Return the lines when they are durable. Waits before that while too much is on its way."""
        if self._bytes > WAITING_BYTES_MAX or self._door.locked():
            async with self._door:
                while self._bytes > WAITING_BYTES_MAX and not self._closing:
                    self._room.clear()
                    await self._room.wait()
        if self._closing:
            raise Refused("closed", "the journal is being closed; start the server again")
        pending = _Pending(ask, ask.size(), asyncio.get_running_loop().create_future())
        self._pending.append(pending)
        self._bytes += pending.bytes
        self._work.set()
        return await pending.done

    async def close(self) -> None:
        """Commit what was taken; take nothing more."""
        self._closing = True
        self._room.set()
        self._work.set()
        await self._task

    async def _run(self) -> None:
        while True:
            while self._pending:
                batch = self._batch()
                await self._write(batch)
                self._bytes -= sum(pending.bytes for pending in batch)
                if self._bytes <= WAITING_BYTES_MAX:
                    self._room.set()
            if self._closing:
                return
            self._work.clear()
            await self._work.wait()

    def _batch(self) -> list[_Pending]:
        batch = [self._pending.popleft()]
        size = batch[0].bytes
        while self._pending and len(batch) < BATCH_ASKS_MAX and size + self._pending[0].bytes <= BATCH_BYTES_MAX:
            batch.append(self._pending.popleft())
            size += batch[-1].bytes
        return batch

    async def _write(self, batch: list[_Pending]) -> None:
        try:
            outcomes = await self._commit([pending.ask for pending in batch])
        except Refused as refused:
            for pending in batch:
                _fail(pending, Refused(refused.code, str(refused)))
            return
        except Exception as error:
            log.exception("journal.failed", appends=len(batch))
            for pending in batch:
                _fail(pending, Refused("unknown", f"the journal failed ({type(error).__name__}); see the server's log"))
            return
        if lines := [line for outcome in outcomes if isinstance(outcome, list) for line in outcome]:
            self._on_commit(lines)
        for pending, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Conflict):
                _fail(pending, outcome)
            elif not pending.done.done():
                pending.done.set_result(outcome)


def _fail(pending: _Pending, error: Exception) -> None:
    if not pending.done.done():
        pending.done.set_exception(error)
