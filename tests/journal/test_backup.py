"""Backups made while everything is in use, and the way back."""

import asyncio
import fcntl
import shutil
import sqlite3

import pytest

from jointhq.base.clock import ManualClock, SystemClock
from jointhq.base.errors import BadInput
from jointhq.journal import commands
from jointhq.journal.backup import MANIFEST, RESTORED, backup, manifest_of, restore
from jointhq.journal.chain import Head
from jointhq.journal.export import export
from jointhq.journal.rebuild import leave, rebuild_check, states
from jointhq.journal.sqlite import FILE, SqliteStore
from jointhq.journal.verify import lines_of, verify
from tests.journal.samples import Notes, journal, note

NOW_MS = 1_790_000_000_000


@pytest.fixture
def data(tmp_path):
    """A data directory with something of everything in it."""
    data = tmp_path / "data"
    (data / "ca" / "issued").mkdir(parents=True)
    (data / "ca" / "key.pem").write_text("kept, and no key of anything")
    (data / "ca" / "key.pem").chmod(0o600)
    (data / "history").mkdir()
    day = sqlite3.connect(data / "history/2026-01-01.86400.sqlite", isolation_level=None)
    day.execute("CREATE TABLE block (id INTEGER PRIMARY KEY, data BLOB)")
    day.close()
    (data / "lock").touch()
    (data / "backups").mkdir()
    (data / "backups" / "old").write_text("not again")
    return data


async def started(data, *projections):
    made = journal(SqliteStore(data / FILE), SystemClock(), *projections)
    await made.start()
    return made


async def test_a_backup_under_load_is_whole_and_restores_to_what_it_says(data, tmp_path):
    made = await started(data, Notes())
    await made.append(*(note(f"{n}" + "." * 500) for n in range(2000)))
    day = sqlite3.connect(data / "history/2026-01-01.86400.sqlite", isolation_level=None, check_same_thread=False)
    stopping = False
    acknowledged = 0

    async def write(n):
        nonlocal acknowledged
        while not stopping:
            (record,) = await made.append(note(f"more {n}"))
            acknowledged = max(acknowledged, record.position)
            if record.position % 20 == 0:
                day.execute("INSERT INTO block (data) VALUES (zeroblob(5000))")

    writing = [asyncio.create_task(write(n)) for n in range(10)]
    await asyncio.sleep(0.05)
    before = acknowledged
    manifest = await asyncio.to_thread(backup, data, tmp_path / "copy", now_ms=NOW_MS)
    after = acknowledged
    stopping = True
    await asyncio.gather(*writing)
    day.close()
    assert before <= manifest.position <= after + 10
    assert after > before, "writing went on"
    assert [copied.path for copied in manifest.files] == [FILE, "ca/key.pem", "history/2026-01-01.86400.sqlite"]
    assert verify(tmp_path / "copy").digest == manifest.digest
    restored = tmp_path / "restored"
    assert restore(tmp_path / "copy", restored) == Head(manifest.position, manifest.digest)
    assert (restored / "ca/key.pem").stat().st_mode & 0o777 == 0o600
    assert restored.stat().st_mode & 0o777 == 0o700
    assert (restored / RESTORED).exists()  # for who must know that the journal has gone back
    notes = Notes()
    again = await started(restored, notes)
    assert again.position == manifest.position
    assert [r.digest for r in await again.read(manifest.position - 3)] == [
        r.digest for r in await made.read(manifest.position - 3, 3)
    ]
    await again.append(note("on"))
    await again.close()
    await made.close()


async def test_what_was_damaged_in_a_backup_is_not_restored(data, tmp_path):
    made = await started(data)
    await made.append(note("1"), note("2"))
    await made.close()
    backup(data, tmp_path / "copy", now_ms=NOW_MS)
    for name in (FILE, "ca/key.pem"):
        copy = tmp_path / f"changed-{name.replace('/', '-')}"
        shutil.copytree(tmp_path / "copy", copy)
        changed = bytearray((copy / name).read_bytes())
        changed[-1] ^= 1
        (copy / name).write_bytes(changed)
        with pytest.raises(BadInput, match="isn't what was copied"):
            restore(copy, tmp_path / "to")
        (copy / name).unlink()
        with pytest.raises(BadInput, match="isn't what was copied"):
            restore(copy, tmp_path / "to")
        assert not (tmp_path / "to").exists()
    for text in ("{}", '{"format":9,"made_ms":1,"jointhq":"9","position":0,"digest":"","files":[]}'):
        (tmp_path / "copy" / MANIFEST).write_text(text)
        with pytest.raises(BadInput):
            restore(tmp_path / "copy", tmp_path / "to")
    (tmp_path / "copy" / MANIFEST).write_text(
        '{"format":1,"made_ms":1,"jointhq":"9","position":0,"digest":"","files":[{"path":"../x","bytes":0,"sha256":""}]}'
    )
    with pytest.raises(BadInput, match="outside"):
        restore(tmp_path / "copy", tmp_path / "to")
    with pytest.raises(BadInput, match="is no backup"):
        restore(data, tmp_path / "to")


async def test_a_broken_journal_is_not_backed_up_as_if_it_were_whole(data, tmp_path):
    made = await started(data)
    await made.append(note("1"), note("2"))
    await made.close()
    db = sqlite3.connect(data / FILE, isolation_level=None)
    db.execute("UPDATE record SET subject = 'other' WHERE position = 2")
    db.close()
    with pytest.raises(BadInput, match=r"record 2: .* keep the last good one"):
        backup(data, tmp_path / "copy", now_ms=NOW_MS)
    assert not list(tmp_path.glob("copy*"))


def test_a_damaged_day_of_history_is_copied_as_it_is_and_told(data, tmp_path):
    (data / "history/2026-01-02.86400.sqlite").write_bytes(b"no database" * 500)
    said = []
    assert commands.backup(data, tmp_path / "copy", said.append) == 0
    assert "2026-01-02.86400.sqlite: was damaged before" in said[-1]
    assert (tmp_path / "copy/history/2026-01-02.86400.sqlite").read_bytes() == b"no database" * 500
    assert not manifest_of(tmp_path / "copy").position


def test_nothing_is_overwritten(data, tmp_path):
    backup(data, tmp_path / "copy", now_ms=NOW_MS)
    with pytest.raises(BadInput, match="is there already"):
        backup(data, tmp_path / "copy", now_ms=NOW_MS)
    with pytest.raises(BadInput, match="name a directory elsewhere"):
        backup(data, data / "copy", now_ms=NOW_MS)
    with pytest.raises(BadInput, match="no data directory"):
        backup(tmp_path / "none", tmp_path / "other", now_ms=NOW_MS)
    with pytest.raises(BadInput, match="isn't empty"):
        restore(tmp_path / "copy", data)
    with pytest.raises(BadInput, match="is a file"):
        restore(tmp_path / "copy", tmp_path / "copy" / MANIFEST)
    empty = tmp_path / "empty"
    empty.mkdir()
    with (empty / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BadInput, match="a jointhq process runs"):
            restore(tmp_path / "copy", empty)
    restore(tmp_path / "copy", empty)
    assert (empty / "ca/key.pem").exists()


async def test_a_journal_is_restored_from_an_export(data, tmp_path):
    made = await started(data)
    written = await made.append(*(note(f"{n}", f"S{n % 3}") for n in range(20)))
    await made.close()
    export(data, tmp_path / "all.txt")
    said = []
    assert commands.restore(tmp_path / "all.txt", tmp_path / "to", said.append) == 0
    assert "position 20" in said[0]
    assert [c for _, c in lines_of(tmp_path / "to")] == [c for _, c in lines_of(data)]
    again = await started(tmp_path / "to")
    assert await again.read(0) == written
    await again.append(note("on", "S1"), heads={"S1": 20})
    await again.close()
    whole = (tmp_path / "all.txt").read_bytes()
    (tmp_path / "all.txt").write_bytes(whole.replace(b'"S1"', b'"S2"', 1))
    with pytest.raises(BadInput, match="record 2"):
        restore(tmp_path / "all.txt", tmp_path / "other")
    assert not list(tmp_path.glob("other*"))
    with pytest.raises(BadInput, match="no backup and no exported journal"):
        restore(tmp_path / "none.txt", tmp_path / "other")


async def test_rebuilding_finds_a_state_that_does_not_follow_from_the_journal(data):
    notes = Notes()
    made = await started(data, notes)
    said = []
    assert commands.rebuild(data, [Notes()], said.append) == 0
    assert "no server has left anything" in said.pop()
    await made.append(*(note(f"{n}", f"S{n % 3}") for n in range(20)))
    assert await rebuild_check(made, [Notes()]) == []
    leave(made, data)
    await made.append(note("later"))
    assert commands.rebuild(data, [Notes()], said.append) == 0  # the server runs, and has gone on
    assert said == ["notes: equal at position 20"]
    notes.texts["S1"] = "from nowhere"
    assert await rebuild_check(made, [Notes()]) == ["notes"]
    assert await rebuild_check(made, [Notes(), Notes("other")]) == ["notes", "other"]
    leave(made, data)
    said.clear()
    assert commands.rebuild(data, [Notes()], said.append) == 1
    assert said[0] == "notes: DIFFERENT at position 21"
    assert states(made).position == 21
    await made.close()


async def test_rebuilding_while_many_write(data):
    made = await started(data, Notes())
    stopping = False

    async def write():
        while not stopping:
            await made.append(note("x"), note("y", "T"))

    writing = [asyncio.create_task(write()) for _ in range(5)]
    for _ in range(5):
        await asyncio.sleep(0.01)
        assert await rebuild_check(made, [Notes()]) == []
    stopping = True
    await asyncio.gather(*writing)
    await made.close()


async def test_the_commands_say_what_they_found_and_end_with_0_or_1(data, tmp_path):
    made = journal(SqliteStore(data / FILE), ManualClock())
    await made.start()
    await made.append(*(note(f"{n}") for n in range(5)))
    digest = made.digest
    leave(made, data)
    await made.close()
    said = []
    assert commands.verify(data, said.append) == 0
    assert f"5 records, none changed; the last has digest {digest}" in said.pop()
    assert commands.verify(data, said.append, expect=Head(5, "0")) == 1
    assert commands.export(data, tmp_path / "all.txt", said.append) == 0
    assert commands.verify(tmp_path / "all.txt", said.append) == 0
    db = sqlite3.connect(data / FILE, isolation_level=None)
    db.execute(
        "UPDATE record SET content = CAST(replace(CAST(content AS TEXT), 'HQ', 'QH') AS BLOB) WHERE position = 3"
    )
    db.close()
    said.clear()
    assert commands.verify(data, said.append) == 1
    assert "BROKEN at record 3" in said[0]
    assert "2 records before it are whole" in said[1]
    assert commands.export(data, tmp_path / "part.txt", said.append) == 1
    assert verify(tmp_path / "part.txt").records == 2
    assert commands.rebuild(data, [Notes()], said.append) == 1
    assert "can't be rebuilt: record 3" in said[-1]


async def test_a_journal_in_postgresql_is_exported_by_its_url(postgres, tmp_path):
    from jointhq.journal.postgres import PostgresStore

    url = postgres.url()
    made = journal(PostgresStore(url))
    await made.start()
    await made.append(*(note(f"{n}") for n in range(5)))
    await made.close()
    said = []
    assert await asyncio.to_thread(commands.export, url, tmp_path / "all.txt", said.append) == 0
    assert verify(tmp_path / "all.txt").records == 5
    restore(tmp_path / "all.txt", tmp_path / "to")
    assert verify(tmp_path / "to").digest == made.digest
