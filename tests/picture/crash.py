"""A process that keeps history until it is killed. Prints how many of its positions are on disk."""

import sys
import time
from pathlib import Path

import structlog

from jointhq.base.clock import SystemClock
from jointhq.picture.history import History
from jointhq.picture.picture import Picture
from tests.picture.support import DOOR, OPEN, SOURCES, event


def main() -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    clock = SystemClock()
    history = History(Path(sys.argv[1]), clock, seal_every_s=0.05)
    history.start()
    picture = Picture(clock, history, DOOR)
    for source in SOURCES:
        picture.add_source(source)
    said = cut = told = 0
    while True:
        seq = history._seq
        for _ in range(500):
            picture.update(event(f"uid-{said % 100}", time_ms=clock.now_ms(), lat=said / 1e6), "tak", OPEN)
            said += 1
        picture.sweep()
        if history._seq > seq and cut == told:
            cut = said
        if cut > told and not history._batches:
            print(cut, flush=True)
            told = cut
        time.sleep(0.01)


main()
