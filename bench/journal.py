"""How many records a second become durable, how long one waits: SQLite, PostgreSQL, and memory as the ceiling.

    python bench/journal.py [--seconds 5] [--rounds 3] [--dir DIRECTORY] [--brief] [--json FILE]

Every writer appends one record with a body of 800 bytes, waits until it is acknowledged, and appends the next; two
projections and a listener hear of every record. Stores take turns; the table holds the median round. PostgreSQL runs
with its own defaults (fsync on) in a temporary directory beside the SQLite file, reached by a Unix socket. Beside them:
how often this disk syncs 4 KiB, which bounds a lone writer, and 64 KiB, about what a commit of 50 records writes.
`--brief` measures what the bench's table holds, `--json` keeps it.
"""

import argparse
import asyncio
import json
import logging
import os
import platform
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

import structlog
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.contract.postgres import Server

from jointhq.base.clock import SystemClock
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.journal.postgres import PostgresStore
from jointhq.journal.record import Body, Draft, kind
from jointhq.journal.sqlite import FILE, SqliteStore
from jointhq.release.label import Label

BODY_BYTES = 800
LABEL = Label("EXAMPLE", "U", "HQ")
TARGET = ("sqlite", 50, 10_000, 50.0)  # store, in flight, acknowledgements a second, p99 in milliseconds
SYNC_BYTES = (4 << 10, 64 << 10)
FIGURES = ("acks_s", "p50_ms", "p99_ms", "cpu_us")  # of one round, as `measure` returns them


@kind("bench.noted")
class Noted(Body, frozen=True):
    text: str


class Count:
    def __init__(self, name):
        self.name, self.count = name, 0

    def apply(self, record):
        self.count += 1

    def state(self):
        return self.count


async def measure(store, writers, seconds, asked=False):
    """Return acknowledgements a second, and the latencies in milliseconds. `asked`: each names the head it knows."""
    journal = Journal(store, hq="BENCH", clock=SystemClock())
    for name in ("one", "two"):
        journal.attach(Count(name))
    await journal.start()
    journal.listen(lambda record: None)
    body = Noted("x" * (BODY_BYTES - len('{"text":""}')))
    until, took = time.perf_counter() + seconds, []

    async def write(n):
        last = 0
        while (began := time.perf_counter()) < until:
            heads = {f"S{n}": last} if asked else None
            (record,) = await journal.append(Draft(body=body, subject=f"S{n}", label=LABEL), heads=heads)
            last = record.position
            took.append((time.perf_counter() - began) * 1000)

    began, cpu = time.perf_counter(), cpu_s()
    await asyncio.gather(*(write(n) for n in range(writers)))
    spent, cpu = time.perf_counter() - began, cpu_s() - cpu
    await journal.close()
    took.sort()
    return len(took) / spent, took[len(took) // 2], took[int(len(took) * 0.99)], cpu / len(took) * 1e6


def cpu_s():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def medians(rounds):
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def syncs(directory, size, seconds=1.0):
    """Return how often a second so many bytes are appended and synced, and how long the slowest hundredth takes, ms."""
    took = []
    with open(directory / "sync", "wb", buffering=0) as file:
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            file.write(b"x" * size)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return len(took) / seconds, took[int(len(took) * 0.99)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="on the disk to be measured")
    parser.add_argument("--brief", action="store_true", help="1 and 50 in flight alone")
    parser.add_argument("--json", type=Path, help="write what was measured here")
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.setswitchinterval(0.0005)  # as the server does
    top = Path(tempfile.mkdtemp(prefix="journal-bench-", dir=args.dir))
    server = Server(durable=True)
    fresh = iter(range(1_000_000))
    stores = {
        "sqlite": lambda: SqliteStore(top / f"{next(fresh)}-{FILE}"),
        "postgres": lambda: PostgresStore(server.url()),
        "memory": MemoryStore,
    }
    cases = [(name, writers, asked) for writers, asked in ((1, False), (50, False), (50, True), (500, False))
             for name in stores if not (name == "memory" and writers != 50)
             and not (args.brief and (asked or writers > 50))]  # fmt: skip
    results = {case: [] for case in cases}
    disk = {size: [] for size in SYNC_BYTES}
    try:
        for _ in range(args.rounds):
            for size, rounds in disk.items():
                rounds.append(syncs(top, size))
            for name, writers, asked in cases:
                results[name, writers, asked].append(uvloop.run(measure(stores[name](), writers, args.seconds, asked)))
                for path in top.glob("*sqlite*"):
                    path.unlink()
    finally:
        server.close()
        shutil.rmtree(top)
    print(f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}, load {os.getloadavg()[0]:.1f}")
    for size, rounds in disk.items():
        rate, p99 = medians(rounds)
        print(f"this disk syncs {size >> 10} KiB {rate:,.0f} times a second, p99 {p99:.2f} ms")
    print(f"{'store':10}{'in flight':>10}{'heads':>7}{'acks/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU us/ack':>12}")
    for (name, writers, asked), rounds in results.items():
        rate, p50, p99, cpu = medians(rounds)
        verdict = ""
        if (name, writers) == TARGET[:2] and not asked:
            met = rate >= TARGET[2] and p99 < TARGET[3]
            verdict = f"   goal {TARGET[2]:,}/s, p99 < {TARGET[3]:g} ms: {'reached' if met else 'MISSED'}"
        print(f"{name:10}{writers:10}{'yes' if asked else '-':>7}{rate:10,.0f}{p50:9.2f}{p99:9.2f}{cpu:12.0f}{verdict}")
    if args.json:
        stores = [
            dict(zip(("store", "in_flight", "heads", *FIGURES), (*case, *medians(rounds)), strict=True))
            for case, rounds in results.items()
        ]
        syncing = [dict(zip(("bytes", "per_s", "p99_ms"), (n, *medians(r)), strict=True)) for n, r in disk.items()]
        args.json.write_text(json.dumps({"stores": stores, "disk": syncing}), encoding="utf-8")


if __name__ == "__main__":
    main()
