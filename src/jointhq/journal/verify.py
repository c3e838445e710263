"""Is a journal what it was? Asked of a data directory, a journal file or an export, running or not, without a network.

Owns: going through all lines once, and naming the first that is broken. Doesn't own: what follows what (`chain`).

A chain proves that nothing inside it was changed. That its end wasn't cut off is proved by something outside it: the
head row of a file and the last line of an export say how many records there must be; and whoever noted a position and
its digest before (a backup, a peer, a printout) can name them.
"""

import contextlib
import sqlite3
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from jointhq.base.errors import BadInput
from jointhq.journal.chain import Head, follow
from jointhq.journal.record import read
from jointhq.journal.sqlite import FILE, SCHEMA_VERSION, connect_to_read

LINE_BYTES_MAX: Final = 1 << 20  # four times what a record may have; so a broken export can't ask for all our memory
DIGEST_CHARS: Final = 64
END: Final = "END"

Rows = Generator[tuple[str, bytes], None, None]  # (digest, content)


class Verdict(msgspec.Struct, frozen=True):
    """What was found. `position` is the first broken record's; None where all are whole, whatever else is wrong."""

    ok: bool
    records: int  # whole ones, from the first on
    digest: str  # of the last whole one
    position: int | None = None
    reason: str = ""


class Broken(BadInput):
    """A journal that isn't what it was."""

    def __init__(self, head: Head, reason: str, *, record: bool = True) -> None:
        self.head = head
        self.position = head.position + 1 if record else None
        self.reason = reason
        super().__init__(f"record {self.position}: {reason}" if record else reason)


def verify(path: Path, *, expect: Head | None = None) -> Verdict:
    """Check all of a journal; `expect` is a position and digest that were noted before. Raises BadInput for no journal.

    Takes a data directory, a journal file (`*.sqlite`), or an export.
    """
    head = Head()
    try:
        for head, _ in lines_of(path):
            if expect is not None and head.position == expect.position and head.digest != expect.digest:
                raise Broken(Head(head.position - 1), "its digest isn't the one that was noted before")
        if expect is not None and head.position < expect.position:
            raise Broken(head, f"it is missing: position {expect.position} was noted before")
    except Broken as broken:
        return Verdict(False, broken.head.position, broken.head.digest, broken.position, broken.reason)
    return Verdict(True, head.position, head.digest)


def lines_of(path: Path) -> Iterator[tuple[Head, bytes]]:
    """Yield each record's content, and the head behind it. Raises Broken at the first that isn't as it must be."""
    if path.is_dir():
        path /= FILE
    if path.suffix == ".sqlite":
        rows = rows_of_file(path)
    elif path.is_file():
        rows = rows_of_export(path)
    else:
        raise BadInput(f"there is no journal at {path}")
    head = Head()
    with contextlib.closing(rows):
        for digest, content in rows:
            try:
                head = follow(head, digest, content)
            except BadInput as error:
                raise Broken(head, str(error)) from None
            yield head, content


def rows_of_file(path: Path) -> Rows:
    """Yield the rows of a journal file as of one moment. Raises Broken when it comes to what can't be read."""
    position = 0
    digest = Head().digest
    db, scanned = None, False
    try:
        db, _ = connect_to_read(path)
        db.execute("BEGIN")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if not 1 <= version <= SCHEMA_VERSION:
            raise Broken(Head(), f"the file says schema {version}, which this program doesn't know", record=False)
        rows = db.execute("SELECT position, digest, id, subject, content FROM record ORDER BY position")
        for row in rows:
            digest, content = _row(row, Head(position, digest), version)
            position += 1
            yield digest, content
        scanned = True
        if version > 1:
            _compare_head(db, Head(position, digest))
        damage = [text for (text,) in db.execute("PRAGMA integrity_check(3)")]
        if damage != ["ok"]:
            raise _damaged(Head(position, digest), "; ".join(damage))
    except sqlite3.Error as error:
        whole = Head(position, digest)
        if scanned or (db is not None and _count(db) == position):
            raise _damaged(whole, str(error)) from None
        raise Broken(whole, f"the file is damaged there ({error})") from None
    except UnicodeDecodeError:
        raise Broken(Head(position, digest), "the file is damaged there: its text isn't UTF-8") from None
    finally:
        if db is not None:
            db.close()


def _row(row: tuple[object, ...], head: Head, version: int) -> tuple[str, bytes]:
    """Return digest and content of a row whose other columns say what the content says."""
    position, digest, id_, subject, content = row
    if not isinstance(content, bytes):
        raise Broken(head, "its content was changed to something else")
    digest = digest.hex() if version > 1 and isinstance(digest, bytes) else str(digest)
    if position != head.position + 1:
        raise Broken(head, f"it isn't there: the next one has position {position}")
    try:
        record = read(digest, content)
    except BadInput as error:
        raise Broken(head, str(error)) from None
    if (record.id, record.subject) != (id_, subject):
        raise Broken(head, "what it is found by (id, subject) isn't what it says")
    return digest, content


def _compare_head(db: sqlite3.Connection, head: Head) -> None:
    row = db.execute("SELECT position, digest FROM head").fetchone()
    if row is None or not isinstance(row[0], int) or not isinstance(row[1], bytes):
        raise _damaged(head, "its head row is gone")
    if row[0] > head.position:
        raise Broken(head, f"it is missing: the file says that {row[0]} records were written")
    if (row[0], row[1].hex()) != (head.position, head.digest):
        raise _damaged(head, f"its head row says {row[0]}, {row[1].hex()}")


def _count(db: sqlite3.Connection) -> int | None:
    """Return how many records there must be, by the head row; None where that can't be read either."""
    try:
        return int(db.execute("SELECT position FROM head").fetchone()[0])
    except (sqlite3.Error, TypeError, ValueError):
        return None


def _damaged(head: Head, reason: str) -> Broken:
    return Broken(
        head,
        f"all {head.position} records are whole, but the file around them is damaged ({reason}); run"
        " `jointhq journal export`, and `jointhq restore` from the export",
        record=False,
    )


def rows_of_export(path: Path) -> Rows:
    """Yield the lines of an export. Raises Broken at a line that isn't one."""
    head = Head()
    with path.open("rb") as file:
        while (line := _line(file, head)) is not None:
            digest, _, rest = line.partition(b" ")
            if digest == END.encode():
                _compare_end(rest, head, file)
                return
            text = digest.decode("ascii", "replace")
            if len(text) != DIGEST_CHARS or not rest:
                raise Broken(head, "its line isn't a digest, a space and a record")
            yield text, rest
            head = Head(head.position + 1, text)
    raise Broken(head, "it is missing: the export is cut off, its last line says END")


def _line(file: BinaryIO, head: Head) -> bytes | None:
    line = file.readline(LINE_BYTES_MAX)
    if not line:
        return None
    if not line.endswith(b"\n"):
        raise Broken(head, "its line has no end")
    return line[:-1]


def _compare_end(rest: bytes, head: Head, file: BinaryIO) -> None:
    expected = f"{head.position} {head.digest}".encode()
    if rest != expected or file.read(1):
        raise Broken(head, "the END of the export doesn't fit what stands before it")
