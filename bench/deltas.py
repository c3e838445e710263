"""What a page costs: prints bytes per moved track, and the time of `update` and `tick`.

    python bench/deltas.py [--tracks 54000] [--every-s 30] [--tick-ms 200]

Every track reports once in `every-s`; each tick sends those that did. The last line moves all of them in one tick.
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
from traffic import Traffic


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
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="deltas-bench-") as directory:
        measure(Path(directory), args.tracks, args.every_s, args.tick_ms)


def measure(directory: Path, tracks: int, every_s: float, tick_ms: int) -> None:
    clock = Clock(1_752_000_000_000)
    history = History(directory, clock)
    history.start()
    picture = Picture(clock, history)
    picture.add_source(Source(id="adsb", kind="feed", name="bench", retention_s=86_400))
    traffic = Traffic(tracks)
    order = list(range(tracks))
    random.Random(1).shuffle(order)

    for event in traffic.events(order, clock.now_ms()):
        picture.update(event, "adsb")
    first = timed(picture.tick)
    snapshot = timed(picture.snapshot)

    ticks = round(every_s * 1000 / tick_ms)
    moved = tracks // ticks
    sizes, tick_s, update_s = [], [], []
    for n in range(2 * ticks):
        if n % ticks == 0:
            traffic.step(every_s)
        clock.advance(tick_ms / 1000)
        part = order[(n % ticks) * moved : (n % ticks + 1) * moved]
        events = traffic.events(part, clock.now_ms())
        update_s.append(timed(lambda events=events: [picture.update(event, "adsb") for event in events])[0] / moved)
        took, frame = timed(picture.tick)
        tick_s.append(took)
        sizes.append(len(frame))
        picture.sweep()
    traffic.step(every_s)
    clock.advance(every_s)
    all_events = traffic.events(order, clock.now_ms())
    all_update_s, _ = timed(lambda: [picture.update(event, "adsb") for event in all_events])
    all_tick = timed(picture.tick)
    history.close()

    print(f"{tracks:,} tracks, each every {every_s:g} s; {moved} moved a tick of {tick_ms} ms")
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
