"""`verify` names the first broken record after any byte of a journal was changed, in its file or in an export."""

import os
import sqlite3

import msgspec
import pytest

from jointhq.base.clock import ManualClock
from jointhq.base.errors import BadInput
from jointhq.journal.chain import Head, digest_of
from jointhq.journal.export import export, export_store
from jointhq.journal.memory import MemoryStore
from jointhq.journal.sqlite import FILE, SqliteStore
from jointhq.journal.verify import Broken, lines_of, verify
from tests.journal.samples import journal, note

RECORDS = 12
SOAK = bool(os.environ.get("JOINTHQ_SIM_SEEDS"))


async def written(path, count=RECORDS):
    made = journal(SqliteStore(path), ManualClock())
    await made.start()
    for n in range(count):
        await made.append(note(f"{n} " + "words " * (n % 5) * 30, f"S{n % 3}"))
    await made.close()


@pytest.fixture
async def small(tmp_path):
    """A stopped journal in small pages, so that every one of its bytes can be tried."""
    path = tmp_path / FILE
    await written(path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA page_size = 512")
    db.execute("VACUUM")
    db.close()
    assert verify(path).ok
    return path


def contents(path):
    return [content for _, content in lines_of(path)]


async def test_a_whole_journal_is_found_whole(tmp_path):
    path = tmp_path / FILE
    await written(path)
    found = verify(path)
    assert (found.ok, found.records, found.position) == (True, RECORDS, None)
    assert verify(tmp_path) == found
    assert export(tmp_path, tmp_path / "all.txt") == Head(RECORDS, found.digest, ManualClock().now_ms())
    assert verify(tmp_path / "all.txt") == found


async def test_after_any_byte_of_the_file_is_changed_no_changed_record_passes(small):
    """Every byte of the file (in `make test`, every eleventh), turned to something else.

    Either the first broken record is named, or SQLite's damage is told. What may pass: a byte that carries nothing,
    such as free space in a page, the counters of SQLite's header, or the text of its schema. That it carries nothing
    is shown: all records are then read again, and are byte for byte what they were.
    """
    whole, before = small.read_bytes(), contents(small)
    named = told = passed = 0
    for at in range(0, len(whole), 1 if SOAK else 11):
        changed = bytearray(whole)
        changed[at] ^= 1 + (at * 37) % 255
        small.write_bytes(changed)
        found = verify(small)
        assert found.records <= RECORDS
        if found.ok:
            assert contents(small) == before, f"byte {at} changed a record, and nobody noticed"
            passed += 1
        elif found.position is None:
            told += 1
        else:
            assert 1 <= found.position <= RECORDS
            assert found.records == found.position - 1
            named += 1
        assert found.ok or found.reason
    assert named > told + passed, (named, told, passed)


async def test_after_any_byte_of_a_record_is_changed_that_record_is_named(small):
    whole = small.read_bytes()
    for position, content in enumerate(contents(small), 1):
        start = content[:40]  # its id is its own; what follows may lie in another page
        at = whole.index(start)
        for offset in range(0, len(start), 1 if SOAK else 7):
            changed = bytearray(whole)
            changed[at + offset] ^= 0x01
            small.write_bytes(changed)
            assert verify(small).position == position


async def test_after_any_byte_of_an_export_is_changed_its_record_is_named(small, tmp_path):
    target = tmp_path / "all.txt"
    export(small, target)
    whole = target.read_bytes()
    starts = [0]
    while (end := whole.find(b"\n", starts[-1])) >= 0:
        starts.append(end + 1)
    line = 0
    for at in range(0, len(whole), 1 if SOAK else 17):
        while at >= starts[line + 1]:
            line += 1
        changed = bytearray(whole)
        changed[at] ^= 1 + (at * 37) % 255
        target.write_bytes(changed)
        found = verify(target)
        assert not found.ok, f"byte {at}"
        assert found.position == line + 1, f"byte {at} in line {line + 1}: {found}"


async def test_an_export_that_was_cut_off_or_lengthened_is_seen(small, tmp_path):
    target = tmp_path / "all.txt"
    export(small, target)
    lines = target.read_bytes().splitlines(keepends=True)
    for count in range(len(lines)):
        target.write_bytes(b"".join(lines[:count]))
        assert verify(target).position == count + 1
    target.write_bytes(b"".join(lines) + b"more\n")
    assert not verify(target).ok
    target.write_bytes(b"x" * 3_000_000)
    assert verify(target).position == 1


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("DELETE FROM record WHERE position = 12", 12),
        ("DELETE FROM record WHERE position > 3", 4),
        ("DELETE FROM record WHERE position = 5", 5),
        ("UPDATE record SET content = CAST(replace(CAST(content AS TEXT), 'HQ', 'QH') AS BLOB) WHERE position = 7", 7),
        ("UPDATE record SET subject = 'other' WHERE position = 2", 2),
        ("UPDATE record SET id = 'other' WHERE position = 2", 2),
        ("UPDATE record SET position = 99 WHERE position = 9", 9),
        ("INSERT INTO record SELECT 13, digest, 'x', subject, content FROM record WHERE position = 12", 13),
        ("DELETE FROM head", None),
        ("UPDATE head SET digest = zeroblob(32)", None),
        ("UPDATE head SET position = 13", 13),
        ("PRAGMA user_version = 77", None),
    ],
)
async def test_what_was_changed_by_sql_is_named(small, statement, position):
    db = sqlite3.connect(small, isolation_level=None)
    db.execute(statement)
    db.close()
    found = verify(small)
    assert not found.ok
    assert found.position == position


async def test_whoever_rewrites_the_whole_chain_is_seen_by_one_who_noted_a_digest(small):
    before = verify(small)
    noted = Head(before.records, before.digest)
    assert verify(small, expect=noted).ok
    db = sqlite3.connect(small, isolation_level=None)
    previous, rows = "0" * 64, db.execute("SELECT position, content FROM record ORDER BY position").fetchall()
    for position, content in rows:
        said = msgspec.json.decode(content)
        said["previous"] = previous
        if position == 4:
            said["body"]["text"] = "never happened"
        forged = msgspec.json.encode(said)
        previous = digest_of(forged)
        db.execute(
            "UPDATE record SET content = ?, digest = ? WHERE position = ?", (forged, bytes.fromhex(previous), position)
        )
    db.execute("UPDATE head SET digest = ?", (bytes.fromhex(previous),))
    db.close()
    assert verify(small).ok
    found = verify(small, expect=noted)
    assert (found.ok, found.position) == (False, RECORDS)
    assert verify(small, expect=Head(RECORDS + 1, "x")).position == RECORDS + 1


async def test_a_broken_journal_is_exported_as_far_as_it_is_whole_and_not_started(small, tmp_path):
    db = sqlite3.connect(small, isolation_level=None)
    db.execute(
        "UPDATE record SET content = CAST(replace(CAST(content AS TEXT), 'words', 'WORDS') AS BLOB) WHERE position = 7"
    )
    db.close()
    with pytest.raises(Broken, match="record 7"):
        export(small, tmp_path / "good.txt")
    assert verify(tmp_path / "good.txt").records == 6
    made = journal(SqliteStore(small))
    with pytest.raises(BadInput, match="position 7: run `jointhq journal verify`"):
        await made.start()


async def test_a_journal_is_verified_and_exported_while_it_is_written(tmp_path):
    made = journal(SqliteStore(tmp_path / FILE))
    await made.start()
    for n in range(5):
        await made.append(note(f"{n}"))
        assert verify(tmp_path).records == n + 1
        assert export(tmp_path, tmp_path / f"{n}.txt").position == n + 1
    await made.close()


async def test_an_export_of_any_store_is_the_same_file(small, tmp_path):
    export(small, tmp_path / "a.txt")
    shelf = MemoryStore()
    for head, content in lines_of(small):
        shelf.shelf.rows.append((head.digest, content))
        shelf.shelf.head = head
    await export_store(shelf, tmp_path / "b.txt")
    assert (tmp_path / "a.txt").read_bytes() == (tmp_path / "b.txt").read_bytes()
    with pytest.raises(BadInput, match="already"):
        await export_store(shelf, tmp_path / "b.txt")


def test_where_there_is_no_journal_that_is_said(tmp_path):
    for path in (tmp_path, tmp_path / "none.sqlite", tmp_path / "none.txt"):
        with pytest.raises(BadInput, match="no journal at"):
            verify(path)
