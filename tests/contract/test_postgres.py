"""What PostgreSQL alone has to show: several real processes on one journal, and a database that goes away."""

import asyncio
import gc
import itertools
import subprocess
import sys
import time

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import msgspec
import pytest

from jointhq.base.clock import SystemClock
from jointhq.journal import postgres as module
from jointhq.journal.chain import Head, follow
from jointhq.journal.journal import Refused
from jointhq.journal.postgres import PostgresStore
from jointhq.journal.record import body_of
from tests.contract.postgres import Server
from tests.journal.samples import Notes, journal, note

COUNT = 80

# asyncpg leaves the socket of a connect that failed half-way to the garbage collector, which complains.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collected():
    yield
    gc.collect()


@pytest.fixture
def own_server():
    server = Server()
    yield server
    server.close()


async def started(url, *projections):
    made = journal(PostgresStore(url), SystemClock(), *projections)
    await made.start()
    return made


async def test_three_processes_write_one_journal_in_one_order(postgres):
    """Nobody makes the tables first: all three start at once."""
    url = postgres.url()
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.contract.writer", url, name, str(COUNT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ABC"
    ]
    for process in processes:
        assert await asyncio.to_thread(process.stdout.readline) == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        assert await asyncio.to_thread(process.stdout.readline) == "written\n"
    made = await started(url)
    total = made.position
    records = []
    head = Head()
    while lines := await made._store.lines(len(records), 50):
        for line in lines:
            head = follow(head, line.record.digest, line.content)
            records.append(line.record)
    await made.close()
    seen = []
    for process in processes:
        out, _ = await asyncio.to_thread(process.communicate, f"{total}\n", 30)
        assert process.returncode == 0
        seen.append(msgspec.json.decode(out))
    assert len(records) == total == 3 * COUNT * 2 - sum(one["conflicts"] for one in seen)
    assert seen[0]["state"] == seen[1]["state"] == seen[2]["state"]
    assert seen[0]["state"]["count"] == total
    for one in seen:
        assert one["heard"] == list(range(one["heard"][0], total + 1))
    for name in "ABC":  # each writer's own come in its order, once
        for n in range(4):
            texts = [body_of(record).text for record in records if record.subject == f"{name}.{n}"]
            assert texts == [f"{name}.{n}.{i}" for i in range(COUNT // 4)]
    writers = [record.subject.partition(".")[0] for record in records if record.subject != "shared"]
    assert sum(a != b for a, b in itertools.pairwise(writers)) > 10, "they didn't race"


async def test_another_process_hears_of_a_record_at_once_and_with_its_notice_lost_within_a_second(
    postgres, monkeypatch
):
    url = postgres.url()
    writer, listener = await started(url), await started(url)
    heard = asyncio.Queue()
    listener.listen(heard.put_nowait)
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await writer.append(note("1"))
    assert (await asyncio.wait_for(heard.get(), 5)).position == 1
    assert time.monotonic() - began < module.POLL_S
    listener._store._listener.terminate()
    await writer.append(note("2"))
    assert (await asyncio.wait_for(heard.get(), 5 + module.POLL_S)).position == 2
    await writer.close()
    await listener.close()


async def test_a_database_that_goes_away_refuses_and_takes_again_when_it_is_back(own_server):
    url = own_server.url()
    notes = Notes()
    made = await started(url, notes)
    await made.append(note("1"))
    own_server.stop()
    with pytest.raises(Refused) as refused:
        await made.append(note("2"))
    assert refused.value.code in ("store_away", "unknown")
    own_server.start()
    async with asyncio.timeout(20):
        while True:
            try:
                await made.append(note("3"))
                break
            except Refused:
                await asyncio.sleep(0.1)
    texts = [body_of(record).text for record in await made.read(0)]
    assert texts == ["1", "3"]
    assert notes.positions == [1, 2]
    other = await started(url)
    heard = asyncio.Queue()
    made.listen(heard.put_nowait)
    await other.append(note("4"))
    assert (await asyncio.wait_for(heard.get(), 10)).position == 3
    await other.close()
    await made.close()
    own_server.stop()
    with pytest.raises(Refused, match="Look whether it runs"):
        await started(url)


async def test_records_acknowledged_while_connections_are_cut_are_there_once(postgres):
    """Backends are killed under load: what was acknowledged is there; what was refused as not written isn't."""
    url = postgres.url()
    made = await started(url)
    killer = await asyncpg.connect(url)
    acknowledged, refused, done = set(), set(), False

    async def write(n):
        i = 0
        while not done:
            i += 1
            try:
                await made.append(note(f"{n}.{i}"))
                acknowledged.add(f"{n}.{i}")
            except Refused as error:
                assert error.code in ("store_away", "unknown")
                if error.code == "store_away":
                    refused.add(f"{n}.{i}")

    writing = [asyncio.create_task(write(n)) for n in range(8)]
    for _ in range(25):
        before = len(acknowledged)
        async with asyncio.timeout(20):
            while len(acknowledged) == before:
                await asyncio.sleep(0.002)
        await killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND query NOT LIKE 'LISTEN%' AND state <> 'idle'"
        )
    done = True
    await asyncio.gather(*writing)
    await killer.close()
    texts = []
    while records := await made.read(len(texts)):
        texts += [body_of(record).text for record in records]
    assert len(texts) == len(set(texts))
    assert acknowledged <= set(texts)
    assert not refused & set(texts)
    assert refused, "no connection was cut while it was at work"
    await made.close()


async def test_a_database_that_takes_no_writes_says_so_and_is_read(postgres):
    url = postgres.url()
    made = await started(url)
    await made.append(note("1"))
    name = url.partition("@/")[2].partition("?")[0]
    postgres.query(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    await made.close()
    made = await started(url)
    with pytest.raises(Refused) as refused:
        await made.append(note("2"))
    assert refused.value.code == "read_only"
    assert len(await made.read(0)) == 1
    postgres.query(f"ALTER DATABASE {name} RESET default_transaction_read_only", database="postgres")
    await made.append(note("2"))
    assert made.position == 2
    await made.close()


async def test_a_schema_of_a_newer_version_is_not_touched(postgres):
    from jointhq.base.errors import BadInput

    url = postgres.url()
    await (await started(url)).close()
    db = await asyncpg.connect(url)
    await db.execute("UPDATE journal_head SET schema = 99")
    with pytest.raises(BadInput, match="schema 99"):
        await started(url)
    await db.close()
