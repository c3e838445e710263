"""The frame a page gets: all that changed since the last one, or everything.

Owns: the bytes; `web/page/wire.js` reads exactly these. Doesn't own: what changed and when (`picture.picture`).

A frame is a header of 32 bytes, little-endian, and a body compressed with raw deflate:

    u8 version = 1, u8 kind (0 snapshot, 1 delta), u16 flags = 0, u32 epoch, f64 position, f64 at_ms, 8 bytes zero
    body:  u32 length, cards: a JSON array [{"s": slot, "a": stale_after_s, "l": mark, "u": uid, "c": callsign,
                                             "t": type, "o": source id, "f": {facts}}]
           u32 rows, then columns (`picture.columns`) of that many: slots, lat, lon, alt, course, speed, age
           u32 count, column of slots gone;  u32 count, column of slots ended (made stale early)

Slots ascend and stand as the gap to the one before, counting from -1. `age` is `at_ms` less the position's time, both
in whole tenths of a second. The other five are steps of `STEPS`, less what the page was last told of that slot: zero
in a snapshot and for a slot that is new or was gone. Delta P applies on the state at P - 1 of the same epoch.
"""

import struct
import zlib
from collections.abc import Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from jointhq.picture.columns import Ints, pieces, quantise

VERSION: Final = 1
SNAPSHOT: Final = 0
DELTA: Final = 1
HEADER: Final = struct.Struct("<BBHIdd8x")
COUNT: Final = struct.Struct("<I")

DEGREE_STEPS: Final = 100_000  # about 1.1 m
ALT_STEPS, ALT_FLOOR_M, ALT_TOP_M = 1, -12_000, 10_000_000  # sea floor to beyond every orbit that matters here
COURSE_STEPS: Final = 1
SPEED_STEPS, SPEED_TOP_MS = 10, 20_000
TIME_STEP_MS: Final = 100
AGE_MAX: Final = 2**31 - 1  # a sender without a clock says 1970: its age stops at 6.8 years
SLOTS_MAX: Final = 1 << 20  # what a page makes room for at most, so that a broken frame can't take all its memory

LARGE_BYTES: Final = 1 << 16  # Above it, compress less: it would hold up the event loop, for a tenth fewer bytes.
OWN_CODE_BYTES: Final = 128  # A code costs some 30 bytes.

LAT, LON, ALT, COURSE, SPEED, TIME = range(6)
COLUMNS: Final = 6

Floats = NDArray[np.float64]


def steps(lat: Floats, lon: Floats, alt_m: Floats, course_deg: Floats, speed_ms: Floats, time_ms: Ints) -> Ints:
    """Return six rows of whole steps, in the order LAT .. TIME: what a page is told of so many tracks."""
    course_deg = np.where(np.isfinite(course_deg), course_deg, np.nan)
    return np.stack(
        (
            np.rint(lat * DEGREE_STEPS).astype(np.int64),
            np.rint(lon * DEGREE_STEPS).astype(np.int64),
            quantise(alt_m, ALT_STEPS, ALT_FLOOR_M, ALT_TOP_M),
            quantise(np.rint(course_deg * COURSE_STEPS) % (360 * COURSE_STEPS), 1, 0, 360 * COURSE_STEPS),
            quantise(speed_ms, SPEED_STEPS, 0, SPEED_TOP_MS),
            time_ms // TIME_STEP_MS,
        )
    )


def card_text(stale_after_s: int, mark: bytes, rest: bytes) -> bytes:
    """Return one card but for its slot; `mark` is JSON, `rest` the JSON object of what changes with neither."""
    return b'"a":%d,"l":%b,%b' % (stale_after_s, mark, rest[1:])


def card(slot: int, text: bytes) -> bytes:
    """Return one card."""
    return b'{"s":%d,%b' % (slot, text)


def encode(
    *,
    kind: int,
    epoch: int,
    position: int,
    at_ms: int,
    cards: Sequence[bytes],
    slots: Ints,
    now: Ints,
    before: Ints | None = None,
    gone: Ints,
    ended: Ints,
) -> bytes:
    """Return one frame. `now` and `before` are rows of `steps`, a column for each of `slots`; all slots ascend."""
    told = now[LAT:TIME] if before is None else now[LAT:TIME] - before[LAT:TIME]
    age = np.clip(at_ms // TIME_STEP_MS - now[TIME], -AGE_MAX, AGE_MAX)
    text = b"[%b]" % b",".join(cards)
    columns = [np.diff(slots, prepend=-1), *told, age]
    body = [COUNT.pack(len(text)), text, COUNT.pack(len(slots)), *chain.from_iterable(map(pieces, columns))]
    for ascending in (gone, ended):
        body += [COUNT.pack(len(ascending)), *pieces(np.diff(ascending, prepend=-1))]
    return HEADER.pack(VERSION, kind, 0, epoch, position, at_ms) + _deflate(body)


def _deflate(body: list[bytes]) -> bytes:
    """Compress a body; each long piece gets a code of its own, since no two planes are alike: a tenth less."""
    level = 6 if sum(map(len, body)) < LARGE_BYTES else 1
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15, 9, zlib.Z_FILTERED)
    parts = []
    for piece in body:
        parts.append(deflate.compress(piece))
        if len(piece) >= OWN_CODE_BYTES:
            parts.append(deflate.flush(zlib.Z_BLOCK))
    return b"".join((*parts, deflate.flush()))
