"""The journal in PostgreSQL: for several processes on one journal, or a database that is there anyway.

Owns: the tables, one transaction per batch, news from other processes, and what it means when the database is away.
Doesn't own: batching (`group`), the chain (`chain`), the database's backups (its own tools; `jointhq journal export`).

One row says where the journal ends. Every writer locks it first and holds it until its commit is durable, so positions
are given out and become visible in one order, without a gap, whatever number of processes write. NOTIFY in the same
transaction tells the others; they ask once a second all the same, since a notice can be lost with a connection.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import structlog

from jointhq.base.errors import BadInput
from jointhq.journal.chain import Ask, Conflict, Head, Known, Line, Refused, Sealer
from jointhq.journal.group import GroupCommit, Outcome
from jointhq.journal.record import read

log = structlog.get_logger("journal")

SCHEMA_VERSION: Final = 1
CHANNEL: Final = "jointhq_journal"
LOCK: Final = 0x6A68716A  # advisory, "jhqj": two processes that make the tables at once
POLL_S: Final = 1.0  # how late news may be when its notice was lost
COMMAND_S: Final = 30.0  # a batch takes milliseconds; a database that takes longer is as good as away
READERS_MAX: Final = 4  # connections that read; writing and listening have one each
SETTINGS: Final = {
    "application_name": "jointhq",
    "synchronous_commit": "on",
    "lock_timeout": "10s",  # another writer holds the head for milliseconds
    "idle_in_transaction_session_timeout": "15s",  # one that stands still in the middle lets go of it
}

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS journal_record (position bigint PRIMARY KEY, digest bytea NOT NULL, id text NOT NULL UNIQUE,
                                           subject text NOT NULL, content bytea NOT NULL);
CREATE INDEX IF NOT EXISTS journal_record_subject ON journal_record (subject, position);
CREATE TABLE IF NOT EXISTS journal_head (one boolean PRIMARY KEY CHECK (one), schema integer NOT NULL,
                                         position bigint NOT NULL, digest bytea NOT NULL, written_ms bigint NOT NULL);
"""
FIRST_HEAD: Final = "INSERT INTO journal_head VALUES (true, $1, 0, $2, 0) ON CONFLICT DO NOTHING"
SELECT_HEAD: Final = "SELECT position, digest, written_ms FROM journal_head"
LOCK_HEAD: Final = SELECT_HEAD + " FOR UPDATE"
SELECT_LINES: Final = "SELECT digest, content FROM journal_record WHERE position > $1 ORDER BY position LIMIT $2"
SELECT_LAST: Final = "SELECT subject, max(position) FROM journal_record WHERE subject = ANY($1) GROUP BY subject"
SELECT_IDS: Final = "SELECT id, position FROM journal_record WHERE id = ANY($1)"
INSERT: Final = """
WITH written AS (
    INSERT INTO journal_record SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[], $5::bytea[])
), moved AS (UPDATE journal_head SET position = $6, digest = $7, written_ms = $8)
SELECT pg_notify('jointhq_journal', '')
"""

LOST: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver says when a connection breaks in the middle of its own work
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


class PostgresStore:
    """One process's way to the journal in one database."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._writer: asyncpg.Connection | None = None  # the committing task's
        self._listener: asyncpg.Connection | None = None
        self._on_news: Callable[[], None] = lambda: None

    async def open(self, sealer: Sealer, on_commit: Callable[[list[Line]], None], on_news: Callable[[], None]) -> Head:
        """Connect, and make the tables where there are none. Raises Refused when the database is away."""
        self._sealer, self._on_news = sealer, on_news
        try:
            self._pool = await asyncpg.create_pool(
                self._dsn, min_size=1, max_size=READERS_MAX, command_timeout=COMMAND_S, server_settings=SETTINGS
            )
            await self._make_tables()
            await self._listen()
        except LOST as error:
            raise _away(error) from error
        self._group = GroupCommit(self._commit, on_commit)
        self._task = asyncio.create_task(self._keep_listening(), name="journal.listen")
        return await self.head()

    async def append(self, ask: Ask) -> list[Line]:
        """Write with the next commit."""
        return await self._group.append(ask)

    async def lines(self, after: int, limit: int) -> list[Line]:
        """Return lines behind a position."""
        rows = await self._fetch(SELECT_LINES, after, limit)
        try:
            return [Line(read(digest.hex(), content), content) for digest, content in rows]
        except BadInput as error:
            raise BadInput(
                f"a record behind position {after} can't be read ({error}); run `jointhq journal verify` on an export"
            ) from None

    async def head(self) -> Head:
        """Return where the journal ends now."""
        return _head((await self._fetch(SELECT_HEAD))[0])

    async def close(self) -> None:
        """Commit what was taken, and disconnect."""
        await self._group.close()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        for connection in (self._writer, self._listener):
            if connection is not None:
                connection.terminate()
        await self._pool.close()
        await asyncio.sleep(0)  # their sockets close in the loop's next turn

    async def _fetch(self, query: str, *values: int) -> Any:
        """Read; once more where a connection of the pool had died unnoticed."""
        try:
            return await self._pool.fetch(query, *values)
        except LOST:
            try:
                return await self._pool.fetch(query, *values)
            except LOST as error:
                raise _away(error) from error

    # -- writing, one batch at a time

    async def _commit(self, asks: Sequence[Ask]) -> list[Outcome]:
        """Write a batch in one transaction behind the head, which stays locked until it is durable."""
        outcomes: list[Outcome] = []
        lines: list[Line] = []  # once they are on their way to the database
        try:
            db = await self._writing()
            transaction = db.transaction(isolation="read_committed")
            await transaction.start()
            try:
                head = _head(await db.fetchrow(LOCK_HEAD))
                outcomes, head = self._sealer.seal(asks, head, await _known(db, asks))
                found = [line for outcome in outcomes if not isinstance(outcome, Conflict) for line in outcome]
                if found:
                    await db.execute(
                        INSERT, *_columns(found), head.position, bytes.fromhex(head.digest), head.written_ms
                    )
            except Refused:
                await transaction.rollback()
                raise
            lines = found
            await transaction.commit()
        except LOST as error:
            self._drop_writer()
            if not lines:
                raise _away(error) from error
            return await self._settle(outcomes, lines, error)
        except asyncpg.PostgresError as error:
            self._drop_writer()
            raise _refusal(error) from error
        return outcomes

    async def _settle(self, outcomes: list[Outcome], lines: list[Line], error: Exception) -> list[Outcome]:
        """Find out whether a batch whose commit was not answered is there. It is, or it isn't: all of it."""
        try:
            db = await self._writing()
            async with db.transaction():
                await db.fetchrow(LOCK_HEAD)  # waits for our own old transaction, should it still be at work
                there = await db.fetchval(SELECT_IDS, [lines[0].record.id], column=1)
        except (*LOST, asyncpg.PostgresError):
            self._drop_writer()
            raise Refused(
                "unknown",
                "PostgreSQL went away while it wrote: look whether the record is there before you write it again",
            ) from error
        if there != lines[0].record.position:
            raise _away(error) from error
        return outcomes

    async def _writing(self) -> asyncpg.Connection:
        if self._writer is None or self._writer.is_closed():
            self._writer = await asyncpg.connect(self._dsn, command_timeout=COMMAND_S, server_settings=SETTINGS)
        return self._writer

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.terminate()
            self._writer = None
        self._on_news()

    async def _make_tables(self) -> None:
        async with self._pool.acquire() as db, db.transaction():
            await db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            if await db.fetchval("SELECT to_regclass('journal_head')") is None:
                await db.execute(SCHEMA)
                await db.execute(FIRST_HEAD, SCHEMA_VERSION, bytes(32))
            version = await db.fetchval("SELECT schema FROM journal_head")
        if version != SCHEMA_VERSION:
            await self._pool.close()
            raise BadInput(
                f"the database's journal has schema {version}, this program knows {SCHEMA_VERSION}: install the version"
                " of jointhq that wrote it"
            )

    # -- news from other processes

    async def _listen(self) -> None:
        self._listener = await asyncpg.connect(self._dsn, command_timeout=COMMAND_S, server_settings=SETTINGS)
        await self._listener.add_listener(CHANNEL, self._heard)

    def _heard(self, _: object, sender: int, *__: object) -> None:
        if self._writer is None or sender != self._writer.get_server_pid():  # what we wrote ourselves is no news
            self._on_news()

    async def _keep_listening(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            self._on_news()
            if self._listener is None or self._listener.is_closed():
                try:
                    await self._listen()
                except (*LOST, asyncpg.PostgresError) as error:
                    log.warning("journal.database_away", error=type(error).__name__)


def _head(row: Any) -> Head:
    return Head(row[0], row[1].hex(), row[2])


async def _known(db: asyncpg.Connection, asks: Sequence[Ask]) -> Known:
    subjects = {subject for ask in asks for subject in ask.heads}
    ids = {id_ for ask in asks for id_ in ask.ids()}
    return Known(
        dict(await db.fetch(SELECT_LAST, list(subjects))) if subjects else {},
        dict(await db.fetch(SELECT_IDS, list(ids))) if ids else {},
    )


def _columns(lines: Sequence[Line]) -> tuple[list[int], list[bytes], list[str], list[str], list[bytes]]:
    records = [line.record for line in lines]
    return (
        [record.position for record in records],
        [bytes.fromhex(record.digest) for record in records],
        [record.id for record in records],
        [record.subject for record in records],
        [line.content for line in lines],
    )


def _away(error: Exception) -> Refused:
    return Refused(
        "store_away",
        f"PostgreSQL doesn't answer ({type(error).__name__}): nothing was written or read. Look whether it runs"
        " and can be reached, and try again",
    )


def _refusal(error: asyncpg.PostgresError) -> Refused:
    if isinstance(error, asyncpg.DiskFullError):
        return Refused("disk_full", "PostgreSQL's disk is full: nothing was written. Free space there and try again")
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return Refused("read_only", "PostgreSQL takes no writes (a standby, or set so): connect to the one that does")
    if isinstance(error, asyncpg.LockNotAvailableError):
        return Refused("busy", "another process holds the journal's head for too long: end it, and try again")
    return Refused("disk_error", f"PostgreSQL refused the write ({type(error).__name__}); see its log")
