"""What a newer version does to a data directory before it uses it: back up, migrate, and put back what fails.

Owns: the directory's own version, the journal file's migrations, and the way back after a failure or a crash half-way.
Doesn't own: other files' migrations: those who own such files hand in their `Step`.

`upgrade(data)` comes before everything else that opens a file there, under the directory's lock (`process.owned`).
While it migrates, `DATA/upgrading` names the backup that it made; a start that finds that file puts everything back
first.
"""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import structlog

from jointhq import __version__
from jointhq.base.errors import BadInput
from jointhq.journal import sqlite
from jointhq.journal.backup import BACKUPS, LOCK, backup, put_back
from jointhq.journal.chain import Head, follow
from jointhq.journal.record import read
from jointhq.journal.sqlite import BUSY_S, FILE, connect_to_read

log = structlog.get_logger("upgrade")

VERSION_FILE: Final = "version"
UNDERWAY: Final = "upgrading"
DIRECTORY_VERSION: Final = 2  # 1: before there was a journal, and without a version file


class Step(msgspec.Struct, frozen=True):
    """One migration. `run` may fail or be killed half-way: everything is then put back as it was."""

    name: str
    needed: Callable[[Path], bool]  # asked of the data directory
    run: Callable[[Path], None]


def upgrade(data: Path, steps: Sequence[Step] = (), *, now_ms: int) -> Path | None:
    """Bring a data directory to this version's form; return the backup that was made, None where nothing was to do.

    Raises BadInput where the directory is of a newer version, or when a step failed: all is then as it was before.
    """
    _finish(data)
    version = _version(data)
    if version > DIRECTORY_VERSION or _schema(data / FILE) > sqlite.SCHEMA_VERSION:
        raise BadInput(
            f"{data} was written by a newer jointhq than this one ({__version__}): install that version again, or"
            f" restore a backup made before its upgrade ({data / BACKUPS})"
        )
    due = [step for step in (JOURNAL, *steps) if step.needed(data)]
    if not due:
        if version != DIRECTORY_VERSION:
            _write(data / VERSION_FILE, f"{DIRECTORY_VERSION}\n")
        return None
    made = data / BACKUPS / f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%dT%H%M%SZ}-before-{__version__}"
    made.parent.mkdir(mode=0o700, exist_ok=True)
    for left in (made, *made.parent.glob("*.partial")):  # of an upgrade that failed in this second, or was killed
        shutil.rmtree(left, ignore_errors=True)
    try:
        backup(data, made, now_ms=now_ms)
    except OSError as error:
        raise BadInput(f"no backup before the upgrade, so no upgrade ({error}); make room on its disk") from None
    _write(data / UNDERWAY, made.name)
    name = ""
    try:
        for step in due:
            name = step.name
            log.info("upgrade.step", step=name)
            step.run(data)
        _write(data / VERSION_FILE, f"{DIRECTORY_VERSION}\n")
    except Exception as error:
        log.exception("upgrade.failed", step=name)
        try:
            _finish(data)
        except OSError as second:
            raise BadInput(
                f"the upgrade failed at {name} ({error}), and what was before can't be put back ({second}): look at the"
                f" disk and the room on it, and start again, which puts it back first; the backup is {made}"
            ) from error
        raise BadInput(
            f"the upgrade failed at {name} ({type(error).__name__}: {error}); all is as it was before. Start the"
            f" version that ran here before; the backup is {made}"
        ) from error
    _remove(data / UNDERWAY)
    log.info("upgrade.done", backup=str(made))
    return made


def _finish(data: Path) -> None:
    """Put back what an upgrade that didn't end has changed."""
    try:
        name = (data / UNDERWAY).read_text()
    except FileNotFoundError:
        return
    log.warning("upgrade.put_back", backup=name)
    put_back(data / BACKUPS / name, data)
    _remove(data / UNDERWAY)


def _version(data: Path) -> int:
    """Return the directory's version; a new, empty one has ours."""
    try:
        return int((data / VERSION_FILE).read_text())
    except FileNotFoundError:
        return 1 if any(path.name != LOCK for path in data.iterdir()) else 0
    except ValueError:
        raise BadInput(f"{data / VERSION_FILE} holds no version; restore it from a backup") from None


# -- the journal file


def _schema(path: Path) -> int:
    """Return the schema of a journal file; 0 where there is none yet."""
    if not path.is_file() or not path.stat().st_size:
        return 0
    try:
        db, _ = connect_to_read(path)
        with contextlib.closing(db):
            return int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise BadInput(f"{path} can't be read ({error}): `jointhq restore` the last good backup") from None


def migrate_journal(path: Path) -> None:
    """Bring a journal file from any earlier schema to this one, in one transaction."""
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
    try:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        for earlier in range(version, sqlite.SCHEMA_VERSION):
            MIGRATIONS[earlier](db)
        db.execute("COMMIT")
    finally:
        db.close()


def _from_1(db: sqlite3.Connection) -> None:
    """2: digests as 32 bytes; a row that says where the journal ends; the file says what it is."""
    db.execute("DROP INDEX record_subject")
    db.execute("ALTER TABLE record RENAME TO record_1")
    db.execute(
        "CREATE TABLE record (position INTEGER PRIMARY KEY, digest BLOB NOT NULL, id TEXT NOT NULL UNIQUE,"
        " subject TEXT NOT NULL, content BLOB NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX record_subject ON record (subject)")
    db.execute(
        "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL,"
        " digest BLOB NOT NULL, written_ms INTEGER NOT NULL) STRICT"
    )
    head = Head()
    for digest, content in db.execute("SELECT digest, content FROM record_1 ORDER BY position"):
        head = follow(head, digest, content)
        record = read(digest, content)
        db.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?)",
            (record.position, bytes.fromhex(digest), record.id, record.subject, content),
        )
    db.execute("INSERT INTO head VALUES (1, ?, ?, ?)", (head.position, bytes.fromhex(head.digest), head.written_ms))
    db.execute("DROP TABLE record_1")
    db.execute("PRAGMA application_id = 1785229674")
    db.execute("PRAGMA user_version = 2")


MIGRATIONS: Final[dict[int, Callable[[sqlite3.Connection], None]]] = {1: _from_1}
JOURNAL: Final = Step(
    "the journal file",
    lambda data: 0 < _schema(data / FILE) < sqlite.SCHEMA_VERSION,
    lambda data: migrate_journal(data / FILE),
)


# -- the disk


def _write(path: Path, text: str) -> None:
    """Write a small file so that it is there whole, or as it was."""
    fresh = path.with_name(path.name + ".fresh")
    with fresh.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync(path.parent)


def _remove(path: Path) -> None:
    path.unlink()
    _sync(path.parent)


def _sync(directory: Path) -> None:
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
