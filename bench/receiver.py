"""Account for every delivery from the raw bytes that receivers got.

Owns: finding tokens in a byte stream however TCP cut it; unique deliveries, duplicates, echoes, latency.
Doesn't own: sockets (`worker`).
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from events import TOKEN, TOKEN_BYTES

LATENCY_BINS = 2400  # logarithmic, 1 % wide, from 1 us
_LOG_BIN = 1 / math.log(1.01)
_FLUSH_TOKENS = 20_000
_JUNCTION = TOKEN_BYTES - 1
_TOKEN_CHARS = frozenset(b"JQ0123456789")
_NUMPY_FROM_BYTES = 6144  # above this numpy finds tokens faster than a regex

# Every connection of a worker reads into the same buffer: only one read is looked at at a time.
BUFFER = bytearray(256 << 10)
VIEW = memoryview(BUFFER)
_ARRAY = np.frombuffer(BUFFER, dtype=np.uint8)
_WINDOWS = np.lib.stride_tricks.as_strided(
    _ARRAY, (len(BUFFER) - TOKEN_BYTES + 1, TOKEN_BYTES), (1, 1), writeable=False
)  # every place where a token may begin as a row, without a copy

Histogram = npt.NDArray[np.int64]


def bin_of(latency_us: float) -> int:
    return min(int(math.log(max(latency_us, 1)) * _LOG_BIN), LATENCY_BINS)


def quantile_ms(histogram: Histogram, q: float) -> float | None:
    """Return the upper edge of the bin that holds quantile `q`."""
    total = histogram.sum()
    if not total:
        return None
    found = int(np.searchsorted(np.cumsum(histogram), q * total))
    return round(math.exp((found + 1) / _LOG_BIN) / 1000, 3)


def find_tokens(size: int, tail: bytes) -> tuple[list[bytes], int, bytes]:
    """Return the digits of the tokens in the first `size` bytes of BUFFER, how many, and the tail to keep for the next.

    `tail` is what the last call kept of this connection: a token may be cut by the end of a read.
    """
    if size > _NUMPY_FROM_BYTES:
        at = np.flatnonzero(_ARRAY[: size - _JUNCTION] == ord("J"))
        rows = _WINDOWS[at]
        whole = (rows[:, 1] == ord("Q")) & (rows[:, 2] < 58) & (rows[:, TOKEN_BYTES - 1] < 58)
        if not whole.all():
            rows = rows[whole]
        count = len(rows)
        tokens = [rows[:, 2:].tobytes()] if count else []
    else:
        tokens = TOKEN.findall(BUFFER, 0, size)
        count = len(tokens)
    if tail:
        across = TOKEN.findall(tail + bytes(VIEW[: min(size, _JUNCTION)]))
        tokens += across
        count += len(across)
    if BUFFER[size - 1] not in _TOKEN_CHARS:
        tail = b""
    elif size >= _JUNCTION:
        tail = bytes(VIEW[size - _JUNCTION : size])
    else:
        tail = (tail + bytes(VIEW[:size]))[-_JUNCTION:]
    return tokens, count, tail


class Account:
    """Everything that the receivers of one worker got in one run."""

    def __init__(self, run: int, publishers: int, per_publisher: int, clients: list[int]) -> None:
        self.run, self.publishers, self.per_publisher = run, publishers, per_publisher
        self.clients = np.array(clients, dtype=np.int64)  # the index of the client in each row
        self._seen = np.zeros(len(clients) * publishers * per_publisher, dtype=np.uint8)
        self._latency: Histogram = np.zeros(LATENCY_BINS + 1, dtype=np.int64)
        self._per_receiver = np.zeros(len(clients), dtype=np.int64)
        self._max_us = self._total = self._echoes = self._foreign = self._first_us = self._last_us = 0
        self._tokens: list[bytes] = []
        self._waiting: list[tuple[int, int, int]] = []  # (row, tokens, time)
        self._count = 0

    def add(self, row: int, tokens: list[bytes], count: int, at_us: int) -> None:
        self._tokens += tokens
        self._waiting.append((row, count, at_us))
        self._count += count
        if self._count >= _FLUSH_TOKENS:
            self.flush()

    def flush(self) -> None:
        """Read the tokens that wait: four groups of eight digits each, each group within one 64-bit word."""
        if not self._count:
            return
        words = np.frombuffer(b"".join(self._tokens), dtype="<u8").reshape(self._count, 4)
        words = words & np.uint64(0x0F0F0F0F0F0F0F0F)
        words = (words * np.uint64(10) + (words >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
        words = (words * np.uint64(100) + (words >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
        words = (words * np.uint64(10000) + (words >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
        numbers = words.astype(np.int64)
        run, publisher = np.divmod(numbers[:, 0], 10000)
        columns = np.array(self._waiting, dtype=np.int64)
        row, at = np.repeat(columns[:, 0], columns[:, 1]), np.repeat(columns[:, 2], columns[:, 1])
        self._tokens, self._waiting, self._count = [], [], 0
        ours = (run == self.run) & (publisher < self.publishers) & (numbers[:, 1] < self.per_publisher)
        self._foreign += int((~ours).sum())
        echo = ours & (self.clients[row] == publisher)
        self._echoes += int(echo.sum())
        keep = ours & ~echo
        sent = numbers[:, 2] * 100_000_000 + numbers[:, 3]
        self._take(row[keep], publisher[keep], numbers[keep, 1], sent[keep], at[keep])

    def _take(self, row: Histogram, publisher: Histogram, sequence: Histogram, sent: Histogram, at: Histogram) -> None:
        if not len(row):
            return
        self._seen[(row * self.publishers + publisher) * self.per_publisher + sequence] = 1
        self._total += len(row)
        self._per_receiver += np.bincount(row, minlength=len(self._per_receiver))
        latency = np.maximum(at - sent, 1)
        self._max_us = max(self._max_us, int(latency.max()))
        bins = np.minimum((np.log(latency) * _LOG_BIN).astype(np.int64), LATENCY_BINS)
        self._latency += np.bincount(bins, minlength=LATENCY_BINS + 1)
        self._first_us = self._first_us or int(at.min())
        self._last_us = max(self._last_us, int(at.max()))

    def result(self) -> dict[str, Any]:
        self.flush()
        unique = int(np.count_nonzero(self._seen))
        return {
            "unique": unique, "duplicates": self._total - unique, "echoes": self._echoes, "foreign": self._foreign,
            "max_us": self._max_us, "first_us": self._first_us, "last_us": self._last_us,
            "latency": self._latency.tolist(),
            "per_receiver": dict(zip(self.clients.tolist(), self._per_receiver.tolist(), strict=True)),
        }  # fmt: skip
