"""How long a view of the structure takes, and an append with its projections: 2,000 units, 100,000 records.

    python bench/command.py [--units 2000] [--records 100000] [--appends 2000] [--dir DIRECTORY] [--json FILE]

Units stand six under one; then strengths, places and relations are changed, each by a change of its own, at moments
spread over two years. Every view is asked at a moment that was not asked before, as known at another, so that nothing
comes from what is kept; then again, as a page asks while nothing changes. CPU time of this process; an append is timed
by the clock, to a SQLite journal on this disk, one after the other.
"""

import argparse
import asyncio
import gc
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import structlog
from tests.people.house import DOOR, OPEN, POLICY

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
from jointhq.people.directory import FOREVER_MS, Directory, Session
from jointhq.release.reader import ANON, Reader

READER = Reader("USA", "USFJ", POLICY, "CUI", frozenset(), frozenset((ANON,)), FOREVER_MS)
SESSION = Session(
    id="s", person="p", appointment="", reader=READER, permissions=frozenset(("watch", "plan", "command")),
    until_ms=FOREVER_MS, how="link", started_ms=0,
)  # fmt: skip
MONTH_MS = 30 * 86_400_000
TWO_YEARS_MS = 2 * 365 * 86_400_000
RECORDS_OF_A_CHANGE = 3
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


async def measure(arguments: argparse.Namespace, directory: Path) -> dict[str, float]:
    """Fill a journal, ask, and append."""
    dice = random.Random(7)
    clock, structure, people = SystemClock(), Structure(), Directory()
    journal = Journal(SqliteStore(directory / FILE), hq="USFJ", clock=clock)
    journal.attach(people)
    journal.attach(structure)
    await journal.start()
    await journal.append(*change(0, first(arguments.units), NOW_MS - TWO_YEARS_MS))
    number, batch = 1, list[Draft]()
    while journal.position + len(batch) < arguments.records:
        act = later(number, arguments.units, dice)
        batch += change(number, [act], NOW_MS - dice.randrange(TWO_YEARS_MS))
        number += 1
        if len(batch) >= 900:
            await journal.append(*batch)
            batch = []
    await journal.append(*batch)
    gc.collect()
    gc.freeze()  # as the server does when it has read its journal
    gc.set_threshold(50_000, 20, 50)
    g = Ground(structure, people, DOOR, OPEN, clock.now_ms())

    def then(n: int) -> int:
        return NOW_MS - (n + 1) * TWO_YEARS_MS // (TIMES + 2)

    units = [f"u{dice.randrange(arguments.units)}" for _ in range(TIMES)]
    found = {
        "units and relations, any moment": cpu(lambda n: rows.structure(g, READER, None, then(n))),
        "units and relations, again": cpu(lambda _: rows.structure(g, READER, None, then(0))),
        "one unit": cpu(lambda n: rows.unit_body(g, SESSION, units[n], None, then(n) + 1)),
        "matrix of the highest unit": cpu(lambda n: authority.matrix_body(g, READER, "u0", None, then(n) + 2)),
        "may A task B": cpu(lambda n: authority.answer(g, READER, ("u0", units[n], "assign_task"), None, None)),
        "strength": cpu(lambda n: strength.strength(g, READER, None, then(n) + 3)),
        "moments of the time bar": cpu(lambda _: rows.moments(g, READER)),
        "list of changes": cpu(lambda _: changes.rows(g, READER)),
        "difference of a change": cpu(lambda n: difference(g, SESSION, f"c{n + 1}")),
        "state, for the check of the projection": cpu(lambda _: structure.state()),
    }
    took, folds, fold = list[float](), list[float](), structure.apply

    def folded(record: Record) -> None:
        begun = time.perf_counter()
        fold(record)
        folds.append((time.perf_counter() - begun) * 1000)

    structure.apply = folded  # type: ignore[method-assign]
    for n in range(arguments.appends):
        drafted = change(number + n, [later(number + n, arguments.units, dice)], 0)
        before = time.perf_counter()
        await journal.append(*drafted)
        took.append((time.perf_counter() - before) * 1000)
    found["append of a change and its approval, p50"] = statistics.median(took)
    found["append of a change and its approval, p99"] = statistics.quantiles(took, n=100)[98]
    found["of that in the projection, each record, p99"] = statistics.quantiles(folds, n=100)[98]
    before = time.process_time()
    await journal.append(*change(10**9, first(arguments.units), 0))
    found["approval of a change of all units"] = (time.process_time() - before) * 1000
    await journal.close()
    return found


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
    for name, ms in found.items():
        print(f"{name:45} {ms:9.2f} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
