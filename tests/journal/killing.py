"""Kill a writer with -9 at a seeded moment, see what it left, and again: `python -m tests.journal.killing DIR SEED ...`

Each seed is one kill. Seeds in a row go on with the same directory, ten at a time, so that what a crash left is itself
written to and killed. The child is a real process: it says each acknowledged record over a pipe, and nothing else.
"""

import asyncio
import logging
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

import structlog

from jointhq.base.clock import SystemClock
from jointhq.journal.record import body_of
from jointhq.journal.sqlite import FILE, SqliteStore
from jointhq.journal.verify import verify
from tests.journal.samples import Notes, journal, note

ROUNDS = 10  # kills of one directory
WRITERS = 12
LINE = b"%s %d %s\n"  # id, position, text


async def write(directory: Path, seed: int, pipe: int) -> None:
    """Append without end; say what is acknowledged."""
    rnd = random.Random(seed)
    made = journal(SqliteStore(directory / FILE), SystemClock(), Notes())
    await made.start()

    async def writer(n: int) -> None:
        own = random.Random(rnd.random())
        i = 0
        while True:
            count = own.choice([1, 1, 1, 2, 5])
            texts = [f"{seed}.{n}.{i + k}" + "." * own.choice([1, 600, 600, 20_000]) for k in range(count)]
            records = await made.append(*(note(text, f"S{n}") for text in texts))
            said = [LINE % (r.id.encode(), r.position, t[:20].encode()) for r, t in zip(records, texts, strict=True)]
            os.write(pipe, b"".join(said))
            i += count

    await asyncio.gather(*(writer(n) for n in range(rnd.randint(1, WRITERS))))


def kill_one(directory: Path, seed: int) -> list[tuple[str, int, str]]:
    """Let a child write, kill it, return what it said was acknowledged."""
    rnd = random.Random(seed)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            asyncio.run(write(directory, seed, writing))
        finally:
            os._exit(1)
    os.close(writing)
    # From the first moment on, when the file is being made or recovered; or some time after it began to acknowledge.
    said = b""
    if rnd.random() < 0.7:
        said += os.read(reading, 65_536)
    until = time.monotonic() + rnd.choice([0.002, 0.01, 0.05, 0.15]) * rnd.random()
    while (left := until - time.monotonic()) > 0:
        if select.select([reading], [], [], left)[0]:
            said += os.read(reading, 65_536)
    os.kill(child, signal.SIGKILL)
    while more := os.read(reading, 65_536):
        said += more
    os.close(reading)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the child ended by itself: {status}"
    lines = [line.decode().split(" ") for line in said.splitlines(keepends=False)]
    return [(id_, int(position), text) for id_, position, text in lines]


async def look(directory, acknowledged):
    """Start as after any stop; check that everything is there, once, in order."""
    if (directory / FILE).exists() and (directory / FILE).stat().st_size:
        found = verify(directory)
        assert found.ok or not acknowledged, found
    notes = Notes()
    made = journal(SqliteStore(directory / FILE), SystemClock(), notes)
    await made.start()
    records = []
    while more := await made.read(len(records)):
        records += more
    (last,) = await made.append(note(f"looked.{len(records)}", "looker"))
    assert last.position == len(records) + 1
    await made.close()
    assert verify(directory).ok
    by_id = {record.id: record for record in records}
    assert len(by_id) == len(records), "an id twice"
    for id_, (position, text) in acknowledged.items():
        record = by_id[id_]
        assert record.position == position, "an acknowledged record moved"
        assert body_of(record).text.startswith(text), "an acknowledged record changed"
    order = {}
    for record in records:
        writer, _, number = body_of(record).text.rstrip(".").rpartition(".")
        if writer != "looked":
            assert int(number) == order.get(writer, -1) + 1, f"{writer}: {number} is missing, twice, or out of order"
            order[writer] = int(number)
    assert notes.positions == list(range(1, len(records) + 2))
    acknowledged[last.id] = (last.position, "looked")


def main(top: Path, seeds: list[int]) -> None:
    acknowledged: dict[str, tuple[int, str]] = {}
    kept = 0
    for n, seed in enumerate(seeds):
        directory = top / str(n // ROUNDS)
        if n % ROUNDS == 0:
            directory.mkdir()
            acknowledged = {}
        for id_, position, text in kill_one(directory, seed):
            acknowledged[id_] = (position, text)
        try:
            asyncio.run(look(directory, acknowledged))
        except Exception as error:
            raise SystemExit(f"seed {seed}, kill {n} of {directory}: {type(error).__name__}: {error}") from error
        if n % ROUNDS == ROUNDS - 1 or n == len(seeds) - 1:
            kept += len(acknowledged)
    print(f"{len(seeds)} kills, {kept} acknowledged records, every one there once")


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    main(Path(sys.argv[1]), [int(seed) for seed in sys.argv[2:]])
