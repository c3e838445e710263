"""Copies of a data directory, made while it is in use, and the way back.

Owns: what a backup holds and how it is checked, restoring one. Doesn't own: migrating (`upgrade`), the database's own
backups where the journal lies in PostgreSQL.

SQLite files are copied through SQLite, each as of one moment, while others write; the journal comes first, so that
whatever its records name (keys, files) is in the copy too. A backup appears under its name only when it was read back
and its journal verified.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
import structlog

from jointhq import __version__
from jointhq.base.errors import BadInput
from jointhq.journal import sqlite
from jointhq.journal.chain import Head
from jointhq.journal.record import read
from jointhq.journal.sqlite import BUSY_S, FILE
from jointhq.journal.verify import Broken, lines_of, verify

log = structlog.get_logger("backup")

MANIFEST: Final = "backup.json"
FORMAT: Final = 1
LOCK: Final = "lock"  # the running server holds it; `process.owned`
RESTORED: Final = "restored"  # there until the first start after a restore: what was ended since may go on again
BACKUPS: Final = "backups"  # in the data directory: those made before an upgrade
LEFT_OUT: Final = frozenset({LOCK, BACKUPS, "upgrading"})
SIDE_FILES: Final = ("-wal", "-shm", "-journal")  # of an SQLite file: its copy is whole without them
CHUNK_BYTES: Final = 1 << 20


class Copied(msgspec.Struct, frozen=True):
    """One file of a backup."""

    path: str  # below the data directory, with /
    bytes: int
    sha256: str
    damaged: bool = False  # an SQLite file that was so before it was copied; not the journal


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says of itself."""

    format: int = FORMAT
    made_ms: int
    jointhq: str  # the version that made it
    position: int  # of the journal; 0 where there is none
    digest: str
    files: list[Copied]


def backup(data: Path, target: Path, *, now_ms: int) -> Manifest:
    """Copy a data directory, in use or not, to a new directory. Raises BadInput or OSError, leaving nothing behind."""
    if not data.is_dir():
        raise BadInput(f"there is no data directory {data}")
    if target.exists():
        raise BadInput(f"{target} is there already; name another directory")
    if data.resolve() in target.resolve().parents and target.parent.resolve() != (data / BACKUPS).resolve():
        raise BadInput(f"{target} is inside of what is to be copied; name a directory elsewhere")
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    try:
        files = [copied for path in _files(data) if (copied := _copy(data, path, partial)) is not None]
        head = _checked_journal(partial / FILE)
        manifest = Manifest(
            made_ms=now_ms, jointhq=__version__, position=head.position, digest=head.digest, files=files
        )
        _write_durably(partial / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        _check_copies(partial, manifest)
        _sync_directories(partial)
        partial.rename(target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    log.info("backup.made", target=str(target), position=head.position, files=len(files))
    return manifest


def restore(source: Path, data: Path) -> Head:
    """Make a data directory from a backup, or from an exported journal. Refuses one in use, or not empty."""
    with _empty(data):
        partial = data.with_name(data.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        try:
            head = _unpack(source, partial) if source.is_dir() else _load(source, partial / FILE)
            _write_durably(partial / RESTORED, b"")
            _sync_directories(partial)
            if data.exists():
                shutil.rmtree(data)
            partial.rename(data)
            _sync(data.parent)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return head


def manifest_of(source: Path) -> Manifest:
    """Return what a backup says of itself. Raises BadInput where it isn't one."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise BadInput(f"{source} is no backup: it has no {MANIFEST}") from None
    except msgspec.MsgspecError as error:
        raise BadInput(f"{source / MANIFEST} can't be read ({error}); take another backup") from None
    if manifest.format != FORMAT:
        raise BadInput(f"{source} was made by jointhq {manifest.jointhq}: restore it with that version")
    for copied in manifest.files:
        if Path(copied.path).is_absolute() or ".." in Path(copied.path).parts:
            raise BadInput(f"{source / MANIFEST} names {copied.path}, outside of a data directory; take another backup")
    return manifest


def put_back(source: Path, data: Path) -> None:
    """Make the files of a data directory again what a backup holds; may be repeated after a crash half-way."""
    manifest = manifest_of(source)
    _check_copies(source, manifest)
    kept = {copied.path for copied in manifest.files}
    for path in list(_files(data, side_files=True)):
        if path.relative_to(data).as_posix() not in kept:
            path.unlink()
    for copied in manifest.files:
        path = data / copied.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".fresh")
        _copy_durably(source / copied.path, fresh)
        fresh.replace(path)
    _sync_directories(data)


# -- copying


def _files(data: Path, *, side_files: bool = False) -> Iterator[Path]:
    """Yield the files to copy, the journal first."""
    if (data / FILE).is_file():
        yield data / FILE
    for directory, names, files in os.walk(data):
        here = Path(directory)
        if here == data:
            names[:] = [name for name in names if name not in LEFT_OUT]
            files = [name for name in files if name not in LEFT_OUT and name != FILE]  # noqa: PLW2901
        names.sort()
        for name in sorted(files):
            if (side_files or not name.endswith(tuple(f".sqlite{side}" for side in SIDE_FILES))) and (
                here / name
            ).is_file():
                yield here / name


def _copy(data: Path, path: Path, target: Path) -> Copied | None:
    """Copy one file; None when it is gone meanwhile, as old history and used links are."""
    name = path.relative_to(data)
    copy = target / name
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    damaged = False
    try:
        if path.suffix == ".sqlite":
            try:
                _copy_sqlite(path, copy)
            except sqlite3.DatabaseError as error:
                if path.name == FILE or not path.exists() or isinstance(error, sqlite3.OperationalError):
                    raise
                log.warning("backup.damaged", file=str(name), error=str(error))
                damaged = True
                _copy_durably(path, copy)
            os.chmod(copy, path.stat().st_mode & 0o777)  # noqa: PTH101 - of what was copied, whatever umask says
        else:
            _copy_durably(path, copy)
    except FileNotFoundError:
        copy.unlink(missing_ok=True)
        return None
    except sqlite3.Error as error:
        if not path.exists():
            copy.unlink(missing_ok=True)
            return None
        raise BadInput(f"can't copy {path} ({error}); look at its disk and at the room for the copy") from None
    return Copied(name.as_posix(), copy.stat().st_size, _sha256(copy), damaged)


def _copy_sqlite(path: Path, copy: Path) -> None:
    """Copy a file as of one moment. It is read in one step: in smaller ones, a busy writer would never let it end."""
    for mode in ("ro", "rw"):  # rw: what a crash left half written is rolled back first
        source = sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=BUSY_S)
        target = sqlite3.connect(copy)
        try:
            target.execute("PRAGMA synchronous = FULL")
            source.backup(target)
            target.execute(
                "PRAGMA journal_mode = DELETE"
            )  # so that a copy can be read from where nothing may be written
            if target.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError(f"{path.name} is damaged")
            return
        except sqlite3.OperationalError as error:
            if mode == "rw" or error.sqlite_errorname not in ("SQLITE_READONLY_ROLLBACK", "SQLITE_CANTOPEN"):
                raise
        finally:
            source.close()
            target.close()


def _copy_durably(path: Path, copy: Path) -> None:
    shutil.copy2(path, copy)
    _sync(copy)


def _checked_journal(path: Path) -> Head:
    """Return where the journal of a copy ends, when it is whole."""
    head = Head()
    try:
        if path.exists():
            for head, _ in lines_of(path):  # noqa: B007
                pass
    except Broken as broken:
        raise BadInput(
            f"the journal is broken ({broken}), and so would be this backup: keep the last good one, and see"
            " `jointhq journal verify`"
        ) from None
    return head


def _check_copies(source: Path, manifest: Manifest) -> None:
    for copied in manifest.files:
        path = source / copied.path
        if not path.is_file() or path.stat().st_size != copied.bytes or _sha256(path) != copied.sha256:
            raise BadInput(f"{path} isn't what was copied; take another backup")


# -- restoring


@contextlib.contextmanager
def _empty(data: Path) -> Iterator[None]:
    """Hold a directory that is empty or not there; refuse any other."""
    if not data.exists():
        yield
        return
    if not data.is_dir():
        raise BadInput(f"{data} is a file; name a directory that is empty, or not there yet")
    with contextlib.ExitStack() as stack:
        if (data / LOCK).exists():
            lock = stack.enter_context((data / LOCK).open("a"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise BadInput(f"a jointhq process runs on {data}; stop it, and name an empty directory") from None
        if any(path.name != LOCK for path in data.iterdir()):
            raise BadInput(f"{data} isn't empty, and nothing in it is overwritten; name another, or move it aside")
        yield


def _unpack(source: Path, data: Path) -> Head:
    manifest = manifest_of(source)
    _check_copies(source, manifest)
    for copied in manifest.files:
        path = data / copied.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy_durably(source / copied.path, path)
    expect = Head(manifest.position, manifest.digest)
    if (data / FILE).exists():
        verdict = verify(data, expect=expect)
        if not verdict.ok:
            raise BadInput(f"the journal in {source} is broken: {verdict.reason}; take another backup")
    return expect


def _load(source: Path, path: Path) -> Head:
    """Build a journal file from an export, checking every line."""
    if not source.is_file():
        raise BadInput(f"there is no backup and no exported journal at {source}")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    db = sqlite3.connect(path, isolation_level=None)
    head = Head()
    try:
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(f"BEGIN IMMEDIATE; {sqlite.SCHEMA} COMMIT;")
        db.execute("BEGIN IMMEDIATE")
        for head, content in lines_of(source):
            record = read(head.digest, content)
            db.execute(
                "INSERT INTO record VALUES (?, ?, ?, ?, ?)",
                (record.position, bytes.fromhex(head.digest), record.id, record.subject, content),
            )
        db.execute(
            "UPDATE head SET position = ?, digest = ?, written_ms = ?",
            (head.position, bytes.fromhex(head.digest), head.written_ms),
        )
        db.execute("COMMIT")
    finally:
        db.close()
    return head


# -- the disk


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_durably(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sync_directories(top: Path) -> None:
    for directory, _, _ in os.walk(top):
        _sync(Path(directory))
