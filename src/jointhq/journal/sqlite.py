"""The journal in one SQLite file: the default, for one process.

Owns: the file's schema, durable commits from one writing thread, reading from another, and what a full, read-only or
failing disk means for an append. Doesn't own: batching (`group`), the chain (`chain`), older schemas (`upgrade`).

WAL with `synchronous = FULL`: a commit is on the disk before it returns, and readers see it only then. Every
transaction begins with the head as the file has it, so nothing that was rolled back or came back is ever built upon.
What the write-ahead log holds is folded into the file by a thread of its own: it takes ten times as long as a commit,
and one append in a hundred would wait for it.
"""

import asyncio
import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import structlog

from jointhq.base.errors import BadInput
from jointhq.journal.chain import Ask, Conflict, Head, Known, Line, Refused, Sealer
from jointhq.journal.group import GroupCommit, Outcome
from jointhq.journal.record import read

log = structlog.get_logger("journal")

FILE: Final = "journal.sqlite"
SCHEMA_VERSION: Final = 2
BUSY_S: Final = 10.0  # a backup or a check holds the file for less
WAL_BYTES_MAX: Final = 64 << 20  # what the write-ahead log shrinks to after a burst
FOLD_PAGES: Final = 1_000  # of the write-ahead log, about: then it is folded into the file, beside what is written
WAL_PAGES_MAX: Final = 8_000  # 32 MiB: where folding doesn't keep up, writing waits for it
PAGE_BYTES: Final = 4_096
FREE_BYTES_FULL: Final = 1 << 20  # an I/O error on a disk with less room than this means that it is full

SCHEMA: Final = """
CREATE TABLE record (position INTEGER PRIMARY KEY, digest BLOB NOT NULL, id TEXT NOT NULL UNIQUE,
                     subject TEXT NOT NULL, content BLOB NOT NULL) STRICT;
CREATE INDEX record_subject ON record (subject);
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, digest BLOB NOT NULL,
                   written_ms INTEGER NOT NULL) STRICT;
INSERT INTO head VALUES (1, 0, zeroblob(32), 0);
PRAGMA application_id = 1785229674; -- "jhqj", so that `file` and people know it
PRAGMA user_version = 2;
"""
SELECT_LINES: Final = "SELECT digest, content FROM record WHERE position > ? ORDER BY position LIMIT ?"


class SqliteStore:
    """One file, one process."""

    def __init__(self, path: Path, *, bytes_max: int | None = None) -> None:
        self.path = path
        self._bytes_max = bytes_max  # a bound for those who share a disk; None: what the disk holds
        self._writing = ThreadPoolExecutor(1, "journal-write")
        self._reading = ThreadPoolExecutor(1, "journal-read")
        self._folding = ThreadPoolExecutor(1, "journal-fold")
        self._folded: Future[None] | None = None  # the last time it was begun
        self._unfolded = 0  # pages written since, about
        self._writer: sqlite3.Connection | None = None  # the writing thread's; None after an error, until the next try
        self._reader: sqlite3.Connection | None = None  # the reading thread's
        self._reader_frozen = False  # it believes that the file can't change, and must look again when it can
        self._on_news: Callable[[], None] = lambda: None

    # -- from the event loop

    async def open(self, sealer: Sealer, on_commit: Callable[[list[Line]], None], on_news: Callable[[], None]) -> Head:
        """Open or make the file. On a disk that can't be written it opens for reading."""
        self._sealer, self._on_news = sealer, on_news
        self._loop = asyncio.get_running_loop()
        try:
            await self._loop.run_in_executor(self._writing, self._connect)
        except Refused as refused:
            if refused.code == "damaged" or not self.path.is_file() or not self.path.stat().st_size:
                raise
            log.warning("journal.reading_only", code=refused.code, reason=str(refused))
        self._group = GroupCommit(self._commit, on_commit)
        return await self.head()

    async def append(self, ask: Ask) -> list[Line]:
        """Write with the next commit."""
        return await self._group.append(ask)

    async def lines(self, after: int, limit: int) -> list[Line]:
        """Return lines behind a position, from the reading thread."""
        rows = await self._read(SELECT_LINES, (after, limit))
        try:
            return [Line(read(digest.hex(), content), content) for digest, content in rows]
        except BadInput as error:
            raise BadInput(
                f"a record behind position {after} can't be read ({error}); run `jointhq journal verify`"
            ) from None

    async def head(self) -> Head:
        """Return where the file ends."""
        rows = await self._read("SELECT position, digest, written_ms FROM head", ())
        return Head(rows[0][0], rows[0][1].hex(), rows[0][2]) if rows else Head()

    async def close(self) -> None:
        """Commit what was taken, fold the write-ahead log into the file, and close it."""
        await self._group.close()
        await self._loop.run_in_executor(None, self._folding.shutdown)
        await self._loop.run_in_executor(self._reading, self._close_reader)
        await self._loop.run_in_executor(self._writing, self._close_writer)
        self._reading.shutdown()
        self._writing.shutdown()

    async def _commit(self, asks: Sequence[Ask]) -> list[Outcome]:
        return await self._loop.run_in_executor(self._writing, self._write, asks)

    async def _read(self, query: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
        return await self._loop.run_in_executor(self._reading, self._select, query, tuple(values))

    # -- in the writing thread

    def _write(self, asks: Sequence[Ask]) -> list[Outcome]:
        """Write a batch in one transaction."""
        db = self._writer or self._connect()
        try:
            db.execute("BEGIN IMMEDIATE")
            position, digest, written_ms = db.execute("SELECT position, digest, written_ms FROM head").fetchone()
            outcomes, head = self._sealer.seal(asks, Head(position, digest.hex(), written_ms), _known(db, asks))
            lines = [line for outcome in outcomes if not isinstance(outcome, Conflict) for line in outcome]
            if lines:
                db.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", map(_row, lines))
                db.execute(
                    "UPDATE head SET position = ?, digest = ?, written_ms = ?",
                    (head.position, bytes.fromhex(head.digest), head.written_ms),
                )
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._close_writer()  # what a failed commit left in memory goes with it; the next one reads the file anew
            self._loop.call_soon_threadsafe(self._on_news)
            raise refusal(error, self.path) from error
        except BaseException:
            db.execute("ROLLBACK")
            raise
        self._wrote(lines)
        return outcomes

    def _wrote(self, lines: Sequence[Line]) -> None:
        """Have the write-ahead log folded when it holds enough, unless it is being folded."""
        self._unfolded += 2 + sum(2 + len(line.content) // PAGE_BYTES for line in lines)
        if self._unfolded >= FOLD_PAGES and (self._folded is None or self._folded.done()):
            self._unfolded = 0
            self._folded = self._folding.submit(self._fold)

    def _connect(self) -> sqlite3.Connection:
        """Open the file for writing. Raises Refused when that can't be now, BadInput when it never will be."""
        db = None
        try:
            self._create()
            db = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
            (version,) = db.execute("PRAGMA user_version").fetchone()
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_MAX}")
            db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES_MAX}")
            if self._bytes_max is not None:
                (page,) = db.execute("PRAGMA page_size").fetchone()
                db.execute(f"PRAGMA max_page_count = {max(1, self._bytes_max // page)}")
            if version == 0 and not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
                version = SCHEMA_VERSION
            if version != SCHEMA_VERSION:
                raise BadInput(
                    f"{self.path} has schema {version}, this program {SCHEMA_VERSION}: `jointhq serve` upgrades an"
                    " older one; a newer one needs the version of jointhq that wrote it"
                )
            db.execute("BEGIN IMMEDIATE")  # a file that can be read alone says so now
            db.execute("ROLLBACK")
        except (sqlite3.Error, OSError) as error:
            if db is not None:
                db.close()
            raise refusal(error, self.path) from error
        except BaseException:
            if db is not None:
                db.close()
            raise
        self._writer = db
        return db

    def _create(self) -> None:
        """Make the file, for our eyes alone, and its name in the directory durable."""
        if self.path.exists():
            return
        os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _close_writer(self) -> None:
        if self._writer is not None:
            with contextlib.suppress(sqlite3.Error):
                self._writer.close()
            self._writer = None

    # -- in the folding thread

    def _fold(self) -> None:
        """Fold the write-ahead log into the file, as far as nobody reads what it would overwrite; nobody waits."""
        try:
            with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=0)) as db:
                db.execute("SELECT one FROM head").fetchone()
                db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:  # a full disk, say: what is written stays in the log, where it is as durable
            log.warning("journal.not_folded", reason=str(error))

    # -- in the reading thread

    def _select(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if self._reader_frozen and self._writer is not None:
            self._close_reader()
        try:
            if self._reader is None:
                self._reader, self._reader_frozen = connect_to_read(self.path)
            return self._reader.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self._close_reader()
            raise refusal(error, self.path) from error

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def connect_to_read(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open a file to read it, beside whoever writes it; say whether it is taken as one that can't change.

    Raises BadInput where there is no journal in it. On a disk that can't be written SQLite may not make the index of
    its write-ahead log: a file without such a log is then read as it lies.
    """
    if not path.is_file():
        raise BadInput(f"there is no journal at {path}")
    name = quote(str(path))
    wal = path.with_name(path.name + "-wal")
    for options, frozen in (("mode=ro", False), ("mode=ro&immutable=1", True)):
        db = sqlite3.connect(f"file:{name}?{options}", uri=True, timeout=BUSY_S, check_same_thread=False)
        try:
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError:
            db.close()
            if frozen or (wal.exists() and wal.stat().st_size):
                raise
        except BaseException:
            db.close()
            raise
        else:
            return db, frozen
    raise AssertionError("unreachable")


def _known(db: sqlite3.Connection, asks: Sequence[Ask]) -> Known:
    last, ids = {}, {}
    for ask in asks:
        for subject in ask.heads:
            (found,) = db.execute("SELECT max(position) FROM record WHERE subject = ?", (subject,)).fetchone()
            last[subject] = found or 0
        for id_ in ask.ids():
            if (row := db.execute("SELECT position FROM record WHERE id = ?", (id_,)).fetchone()) is not None:
                ids[id_] = row[0]
    return Known(last, ids)


def _row(line: Line) -> tuple[int, bytes, str, str, bytes]:
    record = line.record
    return record.position, bytes.fromhex(record.digest), record.id, record.subject, line.content


def refusal(error: sqlite3.Error | OSError, path: Path) -> Refused:
    """Return what a failed write means, and what to do about it."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and _free_bytes(path) < FREE_BYTES_FULL):
        return Refused(
            "disk_full",
            f"no room to write {path}: nothing was written. Free space on its disk and try again; reading goes on",
        )
    if name.startswith("SQLITE_READONLY") or not _writable(path):
        return Refused(
            "read_only",
            f"{path} can't be written: nothing was. Make its disk and directory writable for this user and try again;"
            " reading goes on",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Refused("busy", f"another process holds {path}: nothing was written. End it, and try again")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Refused(
            "damaged",
            f"{path} is damaged: nothing was written. Stop the server, run `jointhq journal verify`, then `jointhq"
            " restore` the last good backup",
        )
    return Refused(
        "disk_error",
        f"the disk of {path} fails ({error}). Look at the disk, and whether the record is there, before trying again",
    )


def _writable(path: Path) -> bool:
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def _free_bytes(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return FREE_BYTES_FULL
