"""One process that writes to a PostgreSQL journal with others: `python -m tests.contract.writer URL NAME COUNT`.

It prints one line: what its projection and its listener saw.
"""

import asyncio
import sys

import msgspec
import structlog

from jointhq.base.clock import SystemClock
from jointhq.journal.journal import Conflict
from jointhq.journal.postgres import PostgresStore
from tests.journal.samples import Notes, journal, note


async def main(url, name, count):
    notes, heard, conflicts = Notes(), [], 0
    made = journal(PostgresStore(url), SystemClock(), notes)
    await made.start()
    made.listen(lambda record: heard.append(record.position))

    async def write(n):
        nonlocal conflicts
        for i in range(count // 4):
            (record,) = await made.append(note(f"{name}.{n}.{i}", f"{name}.{n}"))
            assert notes.positions[-1] >= record.position
            try:  # all processes count one subject up together
                await made.append(note(str(i), "shared"), heads={"shared": notes.last.get("shared", 0)})
            except Conflict:
                conflicts += 1

    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.gather(*(write(n) for n in range(4)))
    print("written", flush=True)
    until = int(await asyncio.to_thread(sys.stdin.readline))
    async with asyncio.timeout(20):
        while made.position < until:
            await asyncio.sleep(0.01)
    print(msgspec.json.encode({"state": notes.state(), "heard": heard, "conflicts": conflicts}).decode())
    await made.close()


structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
