"""`jointhq` with a clock that a test moves on: `python tests/support/clock.py FILE VERB ...`.

Owns: how far ahead of the machine's clock that process is: what FILE says, in milliseconds, at every look.
Doesn't own: moving it (`tests.support.demo`). Waiting goes by the monotonic clock, which stays as it is.
"""

import mmap
import struct
import sys
import time
from pathlib import Path

from jointhq.base.clock import SystemClock
from jointhq.cli import main

AHEAD = struct.Struct("<q")


def move(file: Path, ahead_ms: int) -> None:
    """Let whoever looks at the file be so far ahead."""
    with file.open("r+b" if file.exists() else "wb") as out:
        out.write(AHEAD.pack(ahead_ms))


def follow(file: Path) -> None:
    """Let this process be as far ahead as the file says."""
    with file.open("rb") as opened:
        ahead = mmap.mmap(opened.fileno(), AHEAD.size, access=mmap.ACCESS_READ)

    def now_ms(_: SystemClock) -> int:
        return time.time_ns() // 1_000_000 + int(AHEAD.unpack(ahead[:])[0])

    SystemClock.now_ms = now_ms  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    follow(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
