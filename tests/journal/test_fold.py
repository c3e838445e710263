"""Folding the write-ahead log into the file: nobody waits for it, and the log has a bound all the same."""

import contextlib
import sqlite3
import threading

import pytest

from jointhq.base.clock import SystemClock
from jointhq.journal import sqlite
from jointhq.journal.sqlite import FILE, PAGE_BYTES, SqliteStore
from tests.journal.samples import journal, note

NOTES = 60


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(sqlite, "FOLD_PAGES", 20)


@contextlib.asynccontextmanager
async def opened(directory):
    store = SqliteStore(directory / FILE)
    made = journal(store, SystemClock())
    await made.start()
    try:
        yield store, made
    finally:
        await made.close()


def in_file(directory):
    """Count the records that the file itself holds, its log aside."""
    with contextlib.closing(sqlite3.connect(f"file:{directory / FILE}?mode=ro&immutable=1", uri=True)) as db:
        return db.execute("SELECT count(*) FROM record").fetchone()[0]


async def test_what_is_written_is_folded_into_the_file_while_it_is_open(often, tmp_path):
    async with opened(tmp_path) as (store, made):
        for n in range(NOTES):
            await made.append(note(f"{n}"))
        store._folded.result(20)
        assert in_file(tmp_path) >= 1


async def test_no_append_waits_for_it(often, tmp_path, monkeypatch):
    goes_on, begun = threading.Event(), []

    def fold(_):
        begun.append(True)
        assert goes_on.wait(20)

    monkeypatch.setattr(SqliteStore, "_fold", fold)
    async with opened(tmp_path) as (_, made):
        for n in range(NOTES):
            await made.append(note(f"{n}"))
        assert len(begun) == 1, "one at a time"
        goes_on.set()


async def test_the_log_has_a_bound_where_folding_does_not_keep_up(tmp_path, monkeypatch):
    monkeypatch.setattr(SqliteStore, "_fold", lambda _: None)
    monkeypatch.setattr(sqlite, "WAL_PAGES_MAX", 50)
    async with opened(tmp_path) as (_, made):
        for n in range(3 * NOTES):
            await made.append(note(f"{n}" + "." * PAGE_BYTES))
        assert (tmp_path / f"{FILE}-wal").stat().st_size < 3 * 50 * PAGE_BYTES


async def test_a_file_that_cannot_be_folded_is_told_of_and_written_all_the_same(often, tmp_path, monkeypatch):
    async with opened(tmp_path) as (store, made):
        connect = sqlite3.connect

        def refuse(*args, **more):
            if more.get("timeout") == 0:
                raise sqlite3.OperationalError("no room")
            return connect(*args, **more)

        monkeypatch.setattr(sqlite3, "connect", refuse)
        for n in range(NOTES):
            await made.append(note(f"{n}"))
        assert store._folded.exception(20) is None
        assert made.position == NOTES
