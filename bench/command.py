"""How long a view of the structure takes, and an append with its projections: 2,000 units, 500 tasks, 100,000 records.

    python bench/command.py [--units 2000] [--records 100000] [--appends 2000] [--dir DIRECTORY] [--json FILE]

Owns: a headquarters of that size, written into a journal; asking its views, and appending to it. Doesn't own: its pages
in a browser (`staff`), which figures are claimed (`rows`).

Units stand six under one; then strengths, places and relations are changed, each by a change of its own, at moments
spread over two years; a fifth of all records are entries of the log, and 50 orders give ten tasks each. Every view is
asked at a moment that was not asked before, as known at another, so that nothing comes from what is kept; then again,
as a page asks while nothing changes. CPU time of this process; an append is timed by the clock, to a SQLite journal on
this disk, one after the other, with everything folded that a headquarters folds; beside it, syncing as many bytes.
"""

import argparse
import asyncio
import gc
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import structlog

from jointhq.base.clock import SystemClock
from jointhq.command import records as r
from jointhq.command.change import Planned
from jointhq.command.ground import Ground
from jointhq.command.rules.revision import drafts
from jointhq.command.structure import Structure
from jointhq.command.views import authority, changes, rows, strength
from jointhq.command.views.difference import difference
from jointhq.journal.journal import Journal
from jointhq.journal.record import Draft, Record
from jointhq.journal.sqlite import FILE, SqliteStore
from jointhq.journal.store import Store
from jointhq.operations.records import log, orders
from jointhq.parts import door_of, label_of, projections, system_of
from jointhq.people.directory import FOREVER_MS, Directory, Session
from jointhq.release.reader import ANON, Reader
from jointhq.settings import Settings

SETTINGS = Settings()
DOOR = door_of(SETTINGS)
OPEN = label_of(DOOR, SETTINGS, "label_default")
SYSTEM = system_of(SETTINGS)
READER = Reader(
    SETTINGS.hq_nation,
    SETTINGS.hq_organisation,
    SYSTEM.policy,
    SYSTEM.level,
    frozenset(),
    frozenset((ANON,)),
    FOREVER_MS,
)
SESSION = Session(
    id="s", person="p", appointment="", reader=READER, permissions=frozenset(("watch", "plan", "command")),
    until_ms=FOREVER_MS, how="link", started_ms=0,
)  # fmt: skip
MONTH_MS = 30 * 86_400_000
TWO_YEARS_MS = 2 * 365 * 86_400_000
ORDERS, TASKS_OF_AN_ORDER = 50, 10
LOG_EVERY = 4  # after so many records of changes comes one entry of the log
SYNC_BYTES = 40 << 10  # of the write-ahead log, about what a change and its approval write
BATCH = 900  # drafts of one append
TIMES = 15  # each view; the slowest counts


def change(number: int, acts: list[r.AnyAct], at_ms: int) -> list[Draft]:
    """Return a change and its approval."""
    head = r.ChangeDrafted(revision=1, title=f"change {number}", phases=(r.Phase(name="one", at_ms=at_ms),))
    subject = f"c{number}"
    written = drafts(subject, head, [[Planned(act, OPEN) for act in acts]], OPEN)
    return [*written, Draft(body=r.ChangeApproved(revision=1, at_ms=(at_ms,)), subject=subject, label=OPEN)]


def first(units: int) -> list[r.AnyAct]:
    """Return a structure: six under one."""
    acts: list[r.AnyAct] = [
        r.UnitAdded(unit=f"u{n}", name=f"Unit {n}", name_ja=f"部隊{n}", sidc="10131000160000000000", nation="USA")
        for n in range(units)
    ]
    acts += [r.UnitPlaced(unit=f"u{n}", lat=35 + n / 1000, lon=139, place=f"Place {n}") for n in range(units)]
    acts += [r.StrengthReported(unit=f"u{n}", number=n, source="R") for n in range(units)]
    acts += [
        r.RelationMade(relation=f"o{n}", type="ORG", superior=f"u{(n - 1) // 6}", subordinate=f"u{n}")
        for n in range(1, units)
    ]
    return acts


def later(number: int, units: int, dice: random.Random) -> r.AnyAct:
    """Return something that happens to a unit."""
    unit = f"u{dice.randrange(units)}"
    match number % 4:
        case 0:
            return r.UnitPlaced(unit=unit, lat=dice.uniform(20, 45), lon=dice.uniform(120, 150), place="elsewhere")
        case 1:
            one, other = dice.sample(range(units), 2)
            made = {"type": "COORD", "superior": f"u{one}", "subordinate": f"u{other}", "order_ref": f"EXORD {number}"}
            at_ms = NOW_MS - dice.randrange(TWO_YEARS_MS)
            return r.RelationMade(relation=f"x{number}", at_ms=at_ms, until_ms=at_ms + MONTH_MS, **made)  # type: ignore[arg-type]
        case _:
            return r.StrengthReported(unit=unit, number=dice.randrange(5000), source="R", date="2026-11")


NOW_MS = SystemClock().now_ms()


def cpu(ask: Callable[[int], Any]) -> float:
    """Return the slowest of some, in milliseconds of CPU."""
    took = []
    for n in range(TIMES):
        before = time.process_time()
        ask(n)
        took.append((time.process_time() - before) * 1000)
    return max(took)


def entry(number: int) -> Draft:
    """Return an entry of the log."""
    body = log.LogEntered(source="11th RCGH", text=f"Ferry {number} overdue at Naha", significant=not number % 50)
    return Draft(body=body, subject=f"l{number}", label=OPEN, effective_ms=NOW_MS - number * 60_000)


def order(number: int, units: int) -> list[Draft]:
    """Return an order of the highest unit with its open tasks, issued."""
    tasks = tuple(
        orders.Task(
            id=f"t{number}.{n}", unit=f"u{1 + (number * TASKS_OF_AN_ORDER + n) % (units - 1)}", verb="survey",
            what=f"sector {n}", label=OPEN,
        )
        for n in range(TASKS_OF_AN_ORDER)
    )  # fmt: skip
    text = orders.OrderDrafted(
        type="OPORD", title=f"order {number}", unit="u0", tasks=tasks, chosen=OPEN,
        paragraphs=(orders.Paragraph(name="mission", text="Keep the harbour open.", label=OPEN),),
    )  # fmt: skip
    addressees = tuple(
        orders.Addressed(id=f"a{number}.{n}", unit=task.unit, role="order", tasks=(task.id,), rule="COCOM")
        for n, task in enumerate(tasks)
    )
    issued = orders.OrderIssued(name=f"OPORD {number}/26", series="OPORD/26", number=number, addressees=addressees)
    bodies = (text, orders.OrderSubmitted(), orders.OrderApproved(), issued)
    return [Draft(body=body, subject=f"o{number}", label=OPEN) for body in bodies]


async def fill(journal: Journal, units: int, records: int, dice: random.Random) -> int:
    """Write the headquarters; return the number of the next change."""
    await journal.append(*change(0, first(units), NOW_MS - TWO_YEARS_MS))
    number, batch, entries = 1, list[Draft](), 0
    for n in range(ORDERS):
        batch += order(n + 1, units)
    written = 1 + len(batch)
    written += len(change(0, first(units), 0)) - 1
    while written < records:
        new = change(number, [later(number, units, dice)], NOW_MS - dice.randrange(TWO_YEARS_MS))
        number += 1
        if written // (LOG_EVERY + 1) > entries:
            new.append(entry(entries))
            entries += 1
        batch += new
        written += len(new)
        if len(batch) >= BATCH:
            await journal.append(*batch)
            batch = []
    await journal.append(*batch)
    return number


async def appends(journal: Journal, name: str, drafts: Iterable[list[Draft]]) -> dict[str, float]:
    """Append one after the other; return how long the middle one and the slowest hundredth took, in milliseconds."""
    took = []
    for drafted in drafts:
        before = time.perf_counter()
        await journal.append(*drafted)
        took.append((time.perf_counter() - before) * 1000)
    return {f"append of {name}, p50": statistics.median(took), f"append of {name}, p99": p99(took)}


def p99(took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[98]


def syncs(directory: Path, count: int) -> dict[str, float]:
    """Return how long this disk takes for what such an append writes."""
    took = []
    with (directory / "sync").open("wb", buffering=0) as file:
        for _ in range(count):
            before = time.perf_counter()
            file.write(b"x" * SYNC_BYTES)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - before) * 1000)
    name = f"this disk syncs {SYNC_BYTES >> 10} KiB"
    return {f"{name}, p50": statistics.median(took), f"{name}, p99": p99(took)}


async def measure(arguments: argparse.Namespace, directory: Path) -> dict[str, dict[str, float]]:
    """Fill a journal, ask, and append."""
    dice = random.Random(7)
    clock = SystemClock()
    store: Store = SqliteStore(directory / FILE)
    journal = Journal(store, hq="USFJ", clock=clock)
    for projection in projections():
        journal.attach(projection)
    people, structure = (
        next(one for one in journal.projections if isinstance(one, kind)) for kind in (Directory, Structure)
    )
    assert isinstance(people, Directory)
    assert isinstance(structure, Structure)
    await journal.start()
    number = await fill(journal, arguments.units, arguments.records, dice)
    gc.collect()
    gc.freeze()  # as the server does when it has read its journal
    gc.set_threshold(50_000, 20, 50)
    g = Ground(structure, people, DOOR, OPEN, clock.now_ms())

    def then(n: int) -> int:
        return NOW_MS - (n + 1) * TWO_YEARS_MS // (TIMES + 2)

    units = [f"u{dice.randrange(arguments.units)}" for _ in range(TIMES)]
    views = {
        "units and relations, any moment": cpu(lambda n: rows.structure(g, READER, None, then(n))),
        "units and relations, again": cpu(lambda _: rows.structure(g, READER, None, then(0))),
        "one unit, with both its chains": cpu(lambda n: rows.unit_body(g, SESSION, units[n], None, then(n) + 1)),
        "matrix of the highest unit": cpu(lambda n: authority.matrix_body(g, READER, "u0", None, then(n) + 2)),
        "may A task B": cpu(lambda n: authority.answer(g, READER, ("u0", units[n], "assign_task"), None, None)),
        "strength": cpu(lambda n: strength.strength(g, READER, None, then(n) + 3)),
        "moments of the time bar": cpu(lambda _: rows.moments(g, READER)),
        "list of changes": cpu(lambda _: changes.rows(g, READER)),
        "difference of a change": cpu(lambda n: difference(g, SESSION, f"c{n + 1}")),
    }
    more = {"state, for the check of the projection": cpu(lambda _: structure.state())}
    folds, take = list[float](), journal._take

    def taken(record: Record) -> None:
        begun = time.perf_counter()
        take(record)
        folds.append((time.perf_counter() - begun) * 1000)

    journal._take = taken  # type: ignore[method-assign]
    count = arguments.appends
    written = await appends(journal, "an entry of the log", ([entry(10**6 + n)] for n in range(count)))
    changing = (change(number + n, [later(number + n, arguments.units, dice)], 0) for n in range(count))
    written |= await appends(journal, "a change and its approval", changing)
    ordering = (order(10**6 + n, arguments.units) for n in range(count // 10))
    written |= await appends(journal, "an order with ten tasks", ordering)
    more["of an append in all projections, each record, p99"] = p99(folds)
    more |= syncs(directory, count)
    before = time.process_time()
    await journal.append(*change(10**9, first(arguments.units), 0))
    more["approval of a change of all units"] = (time.process_time() - before) * 1000
    await journal.close()
    return {"views": views, "appends": written, "more": more}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--appends", type=int, default=2000)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory(dir=arguments.dir) as directory:
        found = asyncio.run(measure(arguments, Path(directory)))
    for name, ms in (pair for part in found.values() for pair in part.items()):
        print(f"{name:52} {ms:9.2f} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
