"""What a page costs: prints bytes per moved track, and the time of `update` and `tick`.

    python bench/deltas.py [--tracks 54000] [--every-s 30] [--tick-ms 200] [--audiences 1]

Every track reports once in `every-s`; each tick sends those that did. All audiences see all tracks, and each
is compressed for on its own. The last lines move all of them in one tick.
"""

import argparse
import logging
import random
import statistics
import tempfile
import time
from pathlib import Path

import structlog

from jointhq.base.clock import ManualClock
from jointhq.picture.history import History
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.release.door import Door
from jointhq.release.label import Label, interned
from jointhq.release.policy import Policies
from jointhq.release.reader import Reader
from traffic import Traffic

POLICY = "DEMO-USA-JPN"


class Clock(ManualClock):
    """Set by hand, but read at the price of a real one."""

    def now_ms(self) -> int:
        time.time_ns()
        return super().now_ms()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=54_000)
    parser.add_argument("--every-s", type=float, default=30.0)
    parser.add_argument("--tick-ms", type=int, default=200)
    parser.add_argument("--audiences", type=int, default=1)
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="deltas-bench-") as directory:
        measure(Path(directory), args.tracks, args.every_s, args.tick_ms, args.audiences)


def measure(directory: Path, tracks: int, every_s: float, tick_ms: int, audiences: int) -> None:
    clock = Clock(1_752_000_000_000)
    history = History(directory, clock)
    history.start()
    door = Door(Policies.load(), system=Label(POLICY, "CUI"), nation="USA", organisation="")
    picture = Picture(clock, history, door)
    label = interned(Label(POLICY, "U", "USA"))
    picture.add_source(Source(id="adsb", kind="feed", name="bench", label=label, retention_s=86_400))
    readers = [
        Reader("USA", "", POLICY, "U", frozenset(), frozenset({f"group {n}"}), 1 << 50) for n in range(audiences)
    ]
    caught = [picture.since(reader) for reader in readers]

    def news() -> bytes:
        """Return what pages of the first audience were told, after all have asked."""
        caught[:] = [picture.since(r, c.epoch, c.position) for r, c in zip(readers, caught, strict=True)]
        return b"".join(caught[0].frames)

    traffic = Traffic(tracks)
    order = list(range(tracks))
    random.Random(1).shuffle(order)

    for event in traffic.events(order, clock.now_ms()):
        picture.update(event, "adsb", label)
    first = timed(picture.tick)[0], news()
    snapshot = timed(lambda: picture.since(readers[0]).frames[0])
    comes = timed(lambda: picture.since(Reader("JPN", "", POLICY, "U", frozenset(), frozenset(), 1 << 50)))[0]
    picture._audiences.drop_unused(0)  # as if nobody had asked for long
    caught = [picture.since(reader) for reader in readers]

    ticks = round(every_s * 1000 / tick_ms)
    moved = tracks // ticks
    sizes, tick_s, update_s = [], [], []
    for n in range(2 * ticks):
        if n % ticks == 0:
            traffic.step(every_s)
        clock.advance(tick_ms / 1000)
        part = order[(n % ticks) * moved : (n % ticks + 1) * moved]
        events = traffic.events(part, clock.now_ms())
        update_s.append(
            timed(lambda events=events: [picture.update(event, "adsb", label) for event in events])[0] / moved
        )
        tick_s.append(timed(picture.tick)[0])
        sizes.append(len(news()))
        picture.sweep()
    traffic.step(every_s)
    clock.advance(every_s)
    all_events = traffic.events(order, clock.now_ms())
    all_update_s, _ = timed(lambda: [picture.update(event, "adsb", label) for event in all_events])
    all_tick = timed(picture.tick)[0], news()
    history.close()

    print(f"{tracks:,} tracks, each every {every_s:g} s; {moved} moved a tick of {tick_ms} ms; {audiences} audiences")
    line("update", statistics.mean(update_s) * 1e6, "us", 6)
    line("tick", statistics.mean(tick_s) * 1e3, "ms")
    line("bytes per moved track", statistics.mean(sizes) / moved, "", 8)
    line(
        "one core, update and tick",
        (statistics.mean(update_s) * moved + statistics.mean(tick_s)) / tick_ms * 1e5,
        "%",
        30,
    )
    print("all moved in one tick")
    line("update", all_update_s / tracks * 1e6, "us", 6)
    line("tick", all_tick[0] * 1e3, "ms")
    line("bytes per moved track", len(all_tick[1]) / tracks, "", 8)
    print("from nothing")
    line("first tick", first[0] * 1e3, f"ms, {len(first[1]):,} bytes")
    line("snapshot", snapshot[0] * 1e3, f"ms, {len(snapshot[1]):,} bytes")
    line("an audience more, with snapshot", comes * 1e3, "ms")


def timed(work) -> tuple[float, object]:
    """Return seconds of this thread's CPU, and the result."""
    began = time.thread_time()
    result = work()
    return time.thread_time() - began, result


def line(name: str, value: float, unit: str, goal: float | None = None) -> None:
    verdict = "" if goal is None else f"   goal {goal:g}: {'reached' if value <= goal else 'MISSED'}"
    print(f"  {name:34} {value:10.2f} {unit}{verdict}")


if __name__ == "__main__":
    main()
