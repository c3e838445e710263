"""Columns of whole numbers as few bytes.

Owns: the one form that frames to pages and blocks of history share: zigzag (small either side of zero is small), then
byte planes (all lowest bytes, then all second bytes, ...), as many as the largest value needs. A general compressor
does the rest, and a zero plane costs it nothing. Doesn't own: which numbers (`picture.wire`, `picture.blocks`).
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def pack(values: Ints) -> bytes:
    """Return one byte with the number of planes, then the planes."""
    return b"".join(pieces(values))


def pieces(values: Ints) -> list[bytes]:
    """Return what `pack` joins: for a compressor that does better when told where one plane ends."""
    zigzag = (values << 1) ^ (values >> 63)
    width = (int(zigzag.view(np.uint64).max(initial=0)).bit_length() + 7) // 8
    planes = zigzag.astype("<i8", copy=False).view(np.uint8).reshape(-1, 8).T[:width]
    return [bytes([width]), *(plane.tobytes() for plane in planes)]


def unpack(data: bytes | memoryview, offset: int, count: int) -> tuple[Ints, int]:
    """Return `count` values packed at `offset`, and the offset after them. Raises ValueError if they are not there."""
    width = data[offset] if offset < len(data) else 9
    end = offset + 1 + width * count
    if width > 8 or end > len(data):
        raise ValueError(f"column of {count} at byte {offset} does not fit its {len(data)} bytes")
    wide = np.zeros((count, 8), np.uint8)
    wide[:, :width] = np.frombuffer(data, np.uint8, width * count, offset + 1).reshape(width, count).T
    zigzag = wide.view("<u8").reshape(count)
    return (zigzag >> np.uint64(1)).astype(np.int64) ^ -(zigzag & np.uint64(1)).astype(np.int64), end


def quantise(values: NDArray[np.float64], per_unit: float, floor: float, top: float) -> Ints:
    """Return 0 where unknown (not finite), else 1 + steps above `floor`; outside [floor, top] is put at its edge."""
    known = np.isfinite(values)
    steps = np.rint((np.clip(np.where(known, values, floor), floor, top) - floor) * per_unit)
    return np.where(known, steps.astype(np.int64) + 1, 0)


def restore(steps: Ints, per_unit: float, floor: float) -> NDArray[np.float64]:
    """Undo `quantise`."""
    return np.where(steps == 0, np.nan, floor + (steps - 1) / per_unit)
