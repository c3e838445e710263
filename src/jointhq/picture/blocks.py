"""Rows of history, and blocks of them in few bytes.

Owns: what one row says, its precision, and a block's bytes. Doesn't own: where blocks lie (`picture.dayfile`), when
they are made (`picture.history`).

Rows stand in a table of whole numbers, one line for each of KEY .. SPEED. In a block they are sorted by track, in log
order within a track; every line is the difference from row to row, then planes (`picture.columns`), then zstd.
"""

import struct
from typing import Final

import numpy as np
import zstandard
from numpy.typing import NDArray

from jointhq.picture.columns import Ints, pack, quantise, restore, unpack

# What happened, in KIND.
MOVED: Final = 0
LATE: Final = 1  # on the track's path, but the picture already knew something newer
ENDED: Final = 2  # its owner left: stale from here on
REMOVED: Final = 3  # a person took it away
LEFT: Final = 4  # its uid goes on under another label: this key has nothing to show any more

KEY, KIND, RECEIVED, TIME, STALE, LAT, LON, ALT, COURSE, SPEED = range(10)
LINES: Final = 10
Table = Ints  # of shape (LINES, rows)

HOT_ROW: Final = struct.Struct("=IBBxxqqqddddd")
HOT: Final = np.dtype(
    [
        ("key", "=u4"), ("kind", "u1"), ("retention", "u1"), ("pad", "V2"),
        ("received_ms", "=i8"), ("time_ms", "=i8"), ("stale_ms", "=i8"),
        ("lat", "=f8"), ("lon", "=f8"), ("alt_m", "=f8"), ("course_deg", "=f8"), ("speed_ms", "=f8"),
    ]
)  # fmt: skip

Hot = NDArray[np.void]  # rows as appended, of HOT

DEGREE_STEPS: Final = 1_000_000  # 0.1 m
ALT_STEPS, ALT_FLOOR_M, ALT_TOP_M = 10, -12_000, 10_000_000
COURSE_STEPS: Final = 10
SPEED_STEPS, SPEED_TOP_MS = 100, 20_000

CHUNK_ROWS: Final = 16_384  # of hot rows, allocated at once: 1.2 MB
BLOCK_ROWS: Final = 4096  # One is read whole for one row in it; fewer rows compress worse and cost more each.
CELLS_PER_DEGREE: Final = 4
_COUNT: Final = struct.Struct("<I")
ROWS_MAX: Final = 1 << 22  # in one block: a broken file can't ask for all our memory


def empty() -> Table:
    """Return a table without rows."""
    return np.zeros((LINES, 0), np.int64)


def table(rows: Hot) -> Table:
    """Return hot rows as a table."""
    return np.stack(
        (
            rows["key"].astype(np.int64),
            rows["kind"].astype(np.int64),
            rows["received_ms"],
            rows["time_ms"],
            rows["stale_ms"],
            np.rint(rows["lat"] * DEGREE_STEPS).astype(np.int64),
            np.rint(rows["lon"] * DEGREE_STEPS).astype(np.int64),
            quantise(rows["alt_m"], ALT_STEPS, ALT_FLOOR_M, ALT_TOP_M),
            quantise(rows["course_deg"], COURSE_STEPS, 0, 360),
            quantise(rows["speed_ms"], SPEED_STEPS, 0, SPEED_TOP_MS),
        )
    )


def lat(rows: Table) -> NDArray[np.float64]:
    """Return latitudes in degrees."""
    degrees: NDArray[np.float64] = rows[LAT] / DEGREE_STEPS
    return degrees


def lon(rows: Table) -> NDArray[np.float64]:
    """Return longitudes in degrees."""
    degrees: NDArray[np.float64] = rows[LON] / DEGREE_STEPS
    return degrees


def alt_m(rows: Table) -> NDArray[np.float64]:
    """Return heights in metres, NaN where unknown."""
    return restore(rows[ALT], ALT_STEPS, ALT_FLOOR_M)


def course_deg(rows: Table) -> NDArray[np.float64]:
    """Return courses in degrees true, NaN where unknown."""
    return restore(rows[COURSE], COURSE_STEPS, 0)


def speed_ms(rows: Table) -> NDArray[np.float64]:
    """Return speeds in metres per second, NaN where unknown."""
    return restore(rows[SPEED], SPEED_STEPS, 0)


def encode(rows: Table) -> bytes:
    """Return a block of these rows, in this order."""
    lines = rows.copy()
    lines[STALE] -= lines[TIME]  # the same for most rows of a track
    lines[RECEIVED] -= lines[TIME]  # delay: small
    plain = b"".join(map(pack, np.diff(lines, axis=1, prepend=0)))
    return _COUNT.pack(rows.shape[1]) + compress(plain)


def decode(data: bytes) -> Table:
    """Undo `encode`. Raises ValueError when the bytes are broken."""
    try:
        (count,) = _COUNT.unpack_from(data)
    except struct.error as error:
        raise ValueError(f"broken block: {error}") from error
    if count > ROWS_MAX:
        raise ValueError(f"block of {count} rows")
    plain = decompress(memoryview(data)[_COUNT.size :], LINES * (1 + 8 * count))
    lines = np.empty((LINES, count), np.int64)
    offset = 0
    for line in lines:
        line[:], offset = unpack(plain, offset, count)
    if offset != len(plain):
        raise ValueError(f"broken block: {len(plain)} bytes for {count} rows")
    np.cumsum(lines, axis=1, out=lines)
    lines[STALE] += lines[TIME]
    lines[RECEIVED] += lines[TIME]
    return lines


def compress(plain: bytes) -> bytes:
    """Return fewer bytes that say the same."""
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(plain)


def decompress(data: bytes | memoryview, bytes_max: int) -> bytes:
    """Undo `compress`. Raises ValueError when the bytes are broken or say more than `bytes_max`."""
    try:
        if zstandard.frame_content_size(data) > bytes_max:
            raise ValueError(f"more than {bytes_max} bytes")
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=bytes_max)
    except zstandard.ZstdError as error:
        raise ValueError(f"broken bytes: {error}") from error


def split(rows: Table) -> tuple[list[Table], Ints, Ints]:
    """Return rows as blocks of neighbouring tracks, the tracks' keys, and the number of the block each is in.

    A track lies where it was first; all its rows go to one block. Blocks follow the Z curve through fine cells, so
    that each covers a small box however tracks crowd.
    """
    keys, first, inverse = np.unique(rows[KEY], return_index=True, return_inverse=True)
    curve = _curve(rows[LAT, first], rows[LON, first])
    order = np.lexsort((rows[KEY], curve[inverse]))
    ordered = rows[:, order]
    starts = np.flatnonzero(np.diff(ordered[KEY], prepend=-1))
    number = starts // BLOCK_ROWS
    cuts = starts[np.flatnonzero(np.diff(number, prepend=-1))]
    block_of_track = np.cumsum(np.diff(number, prepend=-1) > 0) - 1
    blocks = [ordered[:, a:b] for a, b in zip(cuts, [*cuts[1:], ordered.shape[1]], strict=True)]
    by_key = np.argsort(ordered[KEY, starts])
    return blocks, keys, block_of_track[by_key]


def latest(rows: Table) -> Table:
    """Return the last row of each key, in log order, late ones aside."""
    return rows[:, _last(rows[KEY], rows[KIND])]


def latest_hot(rows: Hot) -> Hot:
    """Return what `latest` does, of hot rows."""
    return rows[_last(rows["key"], rows["kind"])]


def _last(keys: NDArray[np.integer], kinds: NDArray[np.integer]) -> NDArray[np.intp]:
    """Return where each key comes last, late rows aside."""
    counted = np.flatnonzero(kinds != LATE)
    last = np.full(int(keys.max(initial=0)) + 1, -1)
    np.maximum.at(last, keys[counted], counted)
    return last[last >= 0]


def is_shown(rows: Table, at_ms: int, gone_after_ms: int) -> NDArray[np.bool_]:
    """Tell of each of the latest rows whether a picture still shows it at `at_ms`."""
    gone_ms: Ints = np.maximum(rows[STALE], rows[RECEIVED]) + gone_after_ms
    shown: NDArray[np.bool_] = (rows[KIND] < REMOVED) & (at_ms < gone_ms)
    return shown


def _curve(lat_steps: Ints, lon_steps: Ints) -> Ints:
    cell = DEGREE_STEPS // CELLS_PER_DEGREE
    return _spread((lat_steps + 90 * DEGREE_STEPS) // cell) << 1 | _spread((lon_steps + 180 * DEGREE_STEPS) // cell)


def _spread(values: Ints) -> Ints:
    """Put a zero bit after each bit of 16-bit numbers."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        values = (values | values << shift) & mask
    return values
