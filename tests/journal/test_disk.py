"""A full, a read-only, a failing disk: the writer is refused with words, readers go on, and later writing goes on too.

Real disks: a small tmpfs, mounted in the test. Without the right to mount, those tests say so and are skipped; the ones
with limits on the process's own files stay.
"""

import asyncio
import contextlib
import os
import resource
import subprocess

import pytest

from jointhq.base.clock import ManualClock, SystemClock
from jointhq.journal.journal import Refused
from jointhq.journal.record import body_of
from jointhq.journal.sqlite import FILE, SqliteStore
from jointhq.journal.verify import verify
from tests.journal.samples import Notes, journal, note


def run(*command):
    return subprocess.run(list(map(str, command)), check=False, capture_output=True, text=True).returncode == 0


@pytest.fixture
def disk(tmp_path):
    """A disk of two megabytes."""
    at = tmp_path / "disk"
    at.mkdir()
    if not run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", at):
        pytest.skip("only root may mount the small disk that this fills")
    yield at
    run("umount", at) or run("umount", "-l", at)


@contextlib.asynccontextmanager
async def opened(directory, *projections, **more):
    made = journal(SqliteStore(directory / FILE, **more), SystemClock(), *projections)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def fill(made, code, writers=5):
    """Write until it is refused; return what was acknowledged."""
    acknowledged = []
    refused = []

    async def write(n):
        with contextlib.suppress(Refused):
            for i in range(1000):
                try:
                    await made.append(note(f"{n}.{i}" + "." * 5000), note(f"{n}.{i}b"))
                except Refused as error:
                    refused.append(error)
                    raise
                acknowledged.append(f"{n}.{i}")

    await asyncio.gather(*(write(n) for n in range(writers)))
    assert len(refused) == writers
    assert {error.code for error in refused} == {code}
    for error in refused:
        assert "try" in str(error)
    return acknowledged


async def texts(made):
    records = []
    while more := await made.read(len(records)):
        assert [record.position for record in more] == list(range(len(records) + 1, len(records) + len(more) + 1))
        records += more
    return [body_of(record).text.rstrip(".") for record in records]


async def is_whole(made, acknowledged):
    """Everything acknowledged is there, nothing that was refused, no append in half."""
    there = await texts(made)
    assert sorted(text for text in there if not text.endswith(("b", "after"))) == sorted(acknowledged)
    assert sorted(text[:-1] for text in there if text.endswith("b")) == sorted(acknowledged)
    assert made.position == len(there)


async def test_a_full_disk_refuses_and_takes_again_when_there_is_room(disk):
    (disk / "filler").write_bytes(b"x" * 700_000)
    notes = Notes()
    async with opened(disk, notes) as made:
        acknowledged = await fill(made, "disk_full")
        assert acknowledged
        await is_whole(made, acknowledged)
        with pytest.raises(Refused, match="Free space on its disk"):
            await made.append(note("x" * 200_000))
        assert made.refused.code == "disk_full"
        (disk / "filler").unlink()
        await made.append(note("after"))
        assert made.refused is None
        assert (await texts(made))[-1] == "after"
        await is_whole(made, acknowledged)
        assert verify(disk).ok
    assert verify(disk).records == made.position == len(notes.positions)


async def test_a_disk_that_is_full_at_the_start_is_read_and_says_so(disk):
    async with opened(disk) as made:
        await made.append(note("1"))
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    async with opened(disk) as made:
        assert await texts(made) == ["1"]
        with pytest.raises(Refused) as refused:
            await made.append(note("2" * 5000))
        assert refused.value.code == "disk_full"
        (disk / "filler").unlink()
        await made.append(note("2"))
        assert await texts(made) == ["1", "2"]


async def test_a_new_journal_on_a_full_disk_is_refused_in_words(disk):
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    made = journal(SqliteStore(disk / FILE))
    with pytest.raises(Refused) as refused:
        await made.start()
    assert refused.value.code == "disk_full"
    (disk / "filler").unlink()
    async with opened(disk) as made:
        await made.append(note("1"))


async def test_a_read_only_disk_is_read_and_taken_again_when_it_can_be_written(disk):
    notes = Notes()
    async with opened(disk) as made:
        await made.append(note("1"))
    assert run("mount", "-o", "remount,ro", disk)
    async with opened(disk, notes) as made:
        assert await texts(made) == ["1"]
        for _ in range(2):
            with pytest.raises(Refused, match="writable for this user") as refused:
                await made.append(note("2"))
            assert refused.value.code == "read_only"
        assert await texts(made) == ["1"]
        assert verify(disk).ok
        assert run("mount", "-o", "remount,rw", disk)
        await made.append(note("2"))
        assert await texts(made) == ["1", "2"]
        assert notes.positions == [1, 2]


async def test_a_journal_killed_and_then_read_only_can_still_be_read(disk):
    async with opened(disk) as made:
        await made.append(note("1"))
        copy = {path.name: path.read_bytes() for path in disk.iterdir()}  # as kill -9 would leave it
        assert copy[FILE + "-wal"]
    for name, data in copy.items():
        (disk / name).write_bytes(data)
    assert run("mount", "-o", "remount,ro", disk)
    assert verify(disk).records == 1
    async with opened(disk) as made:
        assert await texts(made) == ["1"]
        with pytest.raises(Refused) as refused:
            await made.append(note("2"))
        assert refused.value.code == "read_only"


async def test_a_bound_of_its_own_is_as_a_full_disk(tmp_path):
    async with opened(tmp_path, bytes_max=300_000) as made:
        acknowledged = await fill(made, "disk_full")
        await is_whole(made, acknowledged)
    async with opened(tmp_path) as made:
        await made.append(note("after"))
        await is_whole(made, acknowledged)
    assert verify(tmp_path).ok


async def test_a_disk_that_fails_in_the_middle_of_a_write_leaves_nothing_half_written(tmp_path):
    """The process may make no file longer than this: write() itself fails, wherever it happens to be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    notes = Notes()
    async with opened(tmp_path, notes) as made:
        await made.append(note("0"), note("0b"))
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
            acknowledged = ["0", *await fill(made, "disk_error")]
            await is_whole(made, acknowledged)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await made.append(note("after"))
        await is_whole(made, acknowledged)
        assert notes.positions == list(range(1, made.position + 1))
    assert verify(tmp_path).records == made.position


async def test_a_file_that_is_no_journal_is_left_alone(tmp_path):
    (tmp_path / FILE).write_bytes(b"something else" * 1000)
    made = journal(SqliteStore(tmp_path / FILE), ManualClock())
    with pytest.raises(Refused, match="is damaged"):
        await made.start()
    assert (tmp_path / FILE).read_bytes() == b"something else" * 1000


async def test_the_file_is_for_its_owner_alone(tmp_path):
    os.umask(before := os.umask(0))
    os.umask(0)
    try:
        async with opened(tmp_path) as made:
            await made.append(note("1"))
            assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    finally:
        os.umask(before)
