"""The parts of a journal that no store decides: group commit, its bounds, and catching up."""

import asyncio
import sqlite3

import pytest

from jointhq.base.clock import ManualClock
from jointhq.base.errors import BadInput
from jointhq.journal import group
from jointhq.journal import journal as module
from jointhq.journal.chain import Ask, Conflict, Refused
from jointhq.journal.group import GroupCommit
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore, Shelf
from jointhq.journal.record import prepare
from jointhq.journal.sqlite import FILE, SqliteStore
from tests.journal.samples import Notes, journal, note


class Disk:
    """A store's commit that takes as long as the test wants."""

    def __init__(self):
        self.batches = []
        self.go = asyncio.Semaphore(0)
        self.error = None
        self.committed = []
        self.group = GroupCommit(self.commit, self.committed.append)

    async def commit(self, asks):
        self.batches.append(list(asks))
        await self.go.acquire()
        if self.error:
            raise self.error
        return [["line"] for _ in asks]

    def append(self, text="x"):
        return asyncio.create_task(self.group.append(Ask([prepare(note(text))], {})))


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_whatever_came_while_a_commit_ran_goes_into_the_next():
    disk = Disk()
    first = disk.append()
    await settle()
    others = [disk.append() for _ in range(30)]
    await settle()
    assert [len(batch) for batch in disk.batches] == [1]
    disk.go.release()
    await settle()
    assert first.done()
    assert not any(task.done() for task in others), "acknowledged before it was committed"
    assert [len(batch) for batch in disk.batches] == [1, 30]
    disk.go.release()
    await asyncio.gather(*others)
    assert [len(lines) for lines in disk.committed] == [1, 30]
    await disk.group.close()


async def test_no_commit_is_larger_than_its_bound_and_no_more_waits_than_may(monkeypatch):
    size = Ask([prepare(note("x" * 1000))], {}).size()
    monkeypatch.setattr(group, "BATCH_BYTES_MAX", 3 * size)
    monkeypatch.setattr(group, "WAITING_BYTES_MAX", 9 * size)
    disk = Disk()
    tasks = [disk.append("x" * 1000) for _ in range(50)]
    await settle()
    assert len(disk.batches[0]) + len(disk.group._pending) == 10  # and forty before the door
    for _ in range(50):
        disk.go.release()
    await asyncio.gather(*tasks)
    assert max(len(batch) for batch in disk.batches) <= 3
    assert sum(len(batch) for batch in disk.batches) == 50
    assert not disk.group._bytes
    await disk.group.close()


async def test_who_waits_before_the_door_when_it_closes_is_told(monkeypatch):
    monkeypatch.setattr(group, "WAITING_BYTES_MAX", 1)
    disk = Disk()
    taken, waiting = disk.append(), disk.append()
    await settle()
    disk.go.release()
    closing = asyncio.create_task(disk.group.close())
    await closing
    assert await taken == ["line"]
    with pytest.raises(Refused, match="start the server again"):
        await waiting


@pytest.mark.parametrize("error", [Refused("disk_full", "make room"), RuntimeError("a fault")])
async def test_a_commit_that_fails_fails_for_all_in_it_and_for_nobody_else(error):
    disk = Disk()
    disk.error = error
    tasks = [disk.append() for _ in range(3)]
    await settle()
    disk.go.release()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(one) for one in done} == {Refused}
    assert len({id(one) for one in done}) == 3
    assert done[0].code == getattr(error, "code", "unknown")
    disk.error = None
    disk.go.release()
    assert await disk.append() == ["line"]
    assert len(disk.committed) == 1
    await disk.group.close()


async def test_what_another_process_wrote_before_ours_is_folded_before_ours_returns():
    shelf = Shelf()
    notes = Notes()
    one, other = journal(MemoryStore(shelf)), journal(MemoryStore(shelf), None, notes)
    await one.start()
    await other.start()
    await one.append(note("1"), note("2"))
    assert notes.positions == []  # the news has come; it is read with the loop's next turn
    (record,) = await other.append(note("3"))
    assert record.position == 3
    assert notes.positions == [1, 2, 3]
    await one.append(note("4"))
    await settle()
    assert notes.positions == [1, 2, 3, 4]
    await one.close()
    await other.close()


async def test_catching_up_outlives_a_store_that_can_not_be_read_for_a_while(monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    shelf = Shelf()
    notes = Notes()
    store = MemoryStore(shelf)
    one, other = journal(MemoryStore(shelf)), journal(store, None, notes)
    await one.start()
    await other.start()
    lines = store.lines

    async def fail(after, limit):
        raise OSError

    store.lines = fail
    await one.append(note("1"))
    await settle()
    assert notes.positions == []
    store.lines = lines
    await asyncio.sleep(0.1)
    assert notes.positions == [1]
    await one.close()
    await other.close()


async def test_a_long_journal_is_replayed_in_parts_and_from_the_first(tmp_path):
    made = journal(SqliteStore(tmp_path / FILE))
    await made.start()
    await made.append(*(note(f"{n}") for n in range(1234)))
    await made.close()
    notes, heard = Notes(), []
    again = journal(SqliteStore(tmp_path / FILE), None, notes)
    again.listen(heard.append)
    with pytest.raises(Refused, match="isn't open"):
        await again.append(note("early"))
    await again.start()
    assert notes.positions == list(range(1, 1235))
    assert heard == []
    with pytest.raises(ValueError, match="before start"):
        again.attach(Notes("late"))
    await again.close()


async def test_a_test_can_make_the_memory_store_refuse():
    shelf = Shelf()
    made = journal(MemoryStore(shelf))
    await made.start()
    shelf.refusal = Refused("disk_full", "make room")
    with pytest.raises(Refused, match="make room"):
        await made.append(note("1"))
    shelf.refusal = None
    await made.append(note("1"))
    await made.close()


async def test_every_commit_is_synced_before_it_returns(tmp_path):
    """kill -9 can't show it, a power cut would: SQLite is told to, and nothing tells it otherwise."""
    store = SqliteStore(tmp_path / FILE)
    made = journal(store)
    await made.start()
    await made.append(note("1"))
    assert store._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    await made.close()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


async def test_a_file_of_another_schema_is_not_written(tmp_path):
    db = sqlite3.connect(tmp_path / FILE)
    db.executescript("CREATE TABLE record (x); PRAGMA user_version = 77;")
    db.close()
    with pytest.raises(BadInput, match="schema 77"):
        await journal(SqliteStore(tmp_path / FILE)).start()


async def test_one_append_has_its_bounds(monkeypatch):
    made = journal(MemoryStore())
    await made.start()
    monkeypatch.setattr(module, "DRAFTS_MAX", 3)
    with pytest.raises(BadInput, match="in parts"):
        await made.append(*(note(f"{n}") for n in range(4)))
    monkeypatch.setattr(module, "ASK_BYTES_MAX", 1000)
    with pytest.raises(BadInput, match="in parts"):
        await made.append(note("x" * 1000))
    with pytest.raises(Conflict):
        await made.append(note("1"), heads={"S": 1})
    await made.close()


def test_a_journal_belongs_to_a_headquarters():
    with pytest.raises(BadInput, match="name the headquarters"):
        Journal(MemoryStore(), hq="", clock=ManualClock())
