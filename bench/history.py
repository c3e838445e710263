"""What history costs and how fast it answers: prints bytes per position and the times of the three questions.

    python bench/history.py [--tracks 54000] [--reports 185] [--every-s 10]

Every track reports at its own irregular times; rows go in through `History.append`, as live ones do, with the clock
turned by hand. Answers are timed on the sealed files, warm, as the median of five.
"""

import argparse
import logging
import resource
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import structlog

from jointhq.base.clock import ManualClock
from jointhq.picture import blocks
from jointhq.picture.dayfile import Box
from jointhq.picture.history import History
from jointhq.release.label import Label, interned
from traffic import Traffic


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=54_000)
    parser.add_argument("--reports", type=int, default=185)
    parser.add_argument("--every-s", type=float, default=10.0)
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    directory = Path(tempfile.mkdtemp(prefix="history-bench-"))
    try:
        measure(directory, args.tracks, args.reports, args.every_s)
    finally:
        shutil.rmtree(directory)


def measure(directory: Path, tracks: int, reports: int, every_s: float) -> None:
    clock = ManualClock(1_752_000_000_000)
    traffic = Traffic(tracks)
    history = History(directory, clock)
    history.start()
    retention = history.retention(86_400)
    label = interned(Label("DEMO-USA-JPN", "U", "USA"))
    keys = [history.open(uid, label, b'{"u":"%b","c":"%b"}' % (uid.encode(), uid.encode())) for uid in traffic.uids]
    slices = 10  # a tenth of the tracks reports each tenth of the interval
    append_s = 0.0
    for _ in range(reports):
        traffic.step(every_s)
        for part in range(slices):
            clock.advance(every_s / slices)
            indices = list(range(part, tracks, slices))
            events = traffic.events(indices, now_ms := clock.now_ms())
            began = time.process_time()
            for i, event in zip(indices, events, strict=True):
                history.append(keys[i], blocks.MOVED, retention, now_ms, event.time_ms, event.stale_ms, event)
            append_s += time.process_time() - began
            history.poll()
            while history._unsealed_rows() > 600_000:  # The bench turns the clock faster than any disk.
                time.sleep(0.01)
    end_ms = clock.now_ms()
    history.close()
    rows = tracks * reports
    size = sum(path.stat().st_size for path in directory.iterdir())
    print(
        f"{rows:,} positions of {tracks:,} tracks over {reports * every_s / 60:.0f} minutes,"
        f" {history.drops.total():,} dropped"
    )
    line("bytes per position, all files", size / rows, "", 20)
    line("append", append_s / rows * 1e6, "us")
    line("process CPU in all", cpu_s() / rows * 1e6, "us/row, the traffic's making included")

    def sees(_: Label) -> bool:
        return True

    asked = History(directory, clock)
    asked.start()
    span_ms = round(reports * every_s * 1000)
    middle_ms = end_ms - span_ms // 2
    box = Box(lat_min=34.0, lat_max=35.35, lon_min=139.0, lon_max=140.64)  # 150 km each way
    at_ms = [end_ms - span_ms * part // 7 for part in (1, 2, 3, 4, 5)]
    found = asked.box(box, middle_ms - 120_000, middle_ms + 120_000, sees)
    past = asked.at(middle_ms, sees)
    path = asked.path(traffic.uids[tracks // 2], 0, end_ms, sees)
    line(
        "box of 150 km and 4 minutes",
        timed(lambda _: asked.box(box, middle_ms - 120_000, middle_ms + 120_000, sees), at_ms),
        f"ms, {len(found.uids):,} positions",
        100,
    )
    line("everything at T", timed(lambda t: asked.at(t, sees), at_ms), f"ms, {len(past.uids):,} tracks", 300)
    line(
        "path of one track, all of it",
        timed(lambda _: asked.path(traffic.uids[tracks // 2], 0, end_ms, sees), at_ms),
        f"ms, {len(path.t_ms)} positions",
    )
    line(
        "path of one track, 10 minutes",
        timed(lambda t: asked.path(traffic.uids[tracks // 3], t - 600_000, t, sees), at_ms),
        "ms",
    )
    asked.close()


def timed(question, moments) -> float:
    """Return the median in milliseconds."""
    took = []
    for moment in moments:
        began = time.perf_counter()
        question(moment)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def line(name: str, value: float, unit: str, goal: float | None = None) -> None:
    verdict = "" if goal is None else f"   goal {goal:g}: {'reached' if value <= goal else 'MISSED'}"
    print(f"  {name:34} {value:10.2f} {unit}{verdict}")


if __name__ == "__main__":
    main()
