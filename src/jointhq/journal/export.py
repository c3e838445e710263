"""A journal as a text file that anyone can check, keep and read, with no program of ours.

Owns: the form of an export: one line per record (digest, space, content), and a last line `END position digest`.
Doesn't own: checking it (`verify`), building a journal from it (`backup.restore`).
"""

import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from jointhq.base.errors import BadInput
from jointhq.journal.chain import Head, follow
from jointhq.journal.store import Store
from jointhq.journal.verify import END, Broken, lines_of

READ_LINES: Final = 1000


def export(source: Path, target: Path) -> Head:
    """Write the journal of a data directory, or a journal file, to a new file; return where it ends.

    At a broken record the export ends before it, whole as far as it goes, and Broken is raised.
    """
    with _new(target) as file:
        head, broken = _write(lines_of(source), file)
    if broken is not None:
        raise broken
    return head


async def export_store(store: Store, target: Path) -> Head:
    """Write the journal of an open store to a new file, as far as it goes now."""
    until = await store.head()
    head = Head()
    with _new(target) as file:
        async for digest, content in _rows(store, until.position):
            try:
                head = follow(head, digest, content)
            except BadInput as error:
                raise Broken(head, str(error)) from None
            _add(file, head, content)
        _end(file, head)
    return head


async def _rows(store: Store, until: int) -> AsyncIterator[tuple[str, bytes]]:
    after = 0
    while after < until and (lines := await store.lines(after, min(READ_LINES, until - after))):
        for line in lines:
            yield line.record.digest, line.content
        after = lines[-1].record.position


def _write(lines: Iterable[tuple[Head, bytes]], file: BinaryIO) -> tuple[Head, Broken | None]:
    head, broken = Head(), None
    try:
        for head, content in lines:
            _add(file, head, content)
    except Broken as error:
        broken = error
    _end(file, head)
    return head, broken


def _add(file: BinaryIO, head: Head, content: bytes) -> None:
    file.write(b"%b %b\n" % (head.digest.encode(), content))


def _end(file: BinaryIO, head: Head) -> None:
    file.write(f"{END} {head.position} {head.digest}\n".encode())


@contextlib.contextmanager
def _new(target: Path) -> Iterator[BinaryIO]:
    """Write a file that gets its name when it is whole."""
    if target.exists():
        raise BadInput(f"{target} is there already; name another file")
    partial = target.with_name(target.name + ".partial")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
