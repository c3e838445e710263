"""What time it is, as an argument.

Owns: reading the machine's clock, and a clock a test can turn. Doesn't own: formatting (`web`) or zones.
Every time inside jointhq is a whole number of milliseconds since 1970 in UTC (`*_ms`), as on the TAK
protobuf wire; text forms exist only at the edges.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for what is written down, monotonic time for waiting."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        ...

    def monotonic_s(self) -> float:
        """Seconds since some fixed moment; never runs backwards."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Seconds since some fixed moment; never runs backwards."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told, for tests and the simulator."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms
        self._elapsed_s = 0.0

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01T00:00:00Z."""
        return self._now_ms

    def monotonic_s(self) -> float:
        """Seconds since this clock was made."""
        return self._elapsed_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._elapsed_s += seconds
        self._now_ms += round(seconds * 1000)
