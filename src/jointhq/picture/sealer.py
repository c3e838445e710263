"""From rows in memory to files.

Owns: cutting a batch by day and retention, the state that keyframes are made of, the open files. Doesn't own: the
thread it runs in and what happens when the disk refuses (`picture.history`), one file (`picture.dayfile`).
"""

import errno
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import structlog

from jointhq.picture import blocks
from jointhq.picture.blocks import HOT, KEY, Hot, Table
from jointhq.picture.columns import Ints
from jointhq.picture.dayfile import DayWriter
from jointhq.picture.keys import Names
from jointhq.picture.shelf import DAY_MS, Shelf, is_broken

log = structlog.get_logger("history")

FILE_BYTES_MAX: Final = 64 << 30  # ten times a day of 54,000 tracks reporting every 10 s
FREE_BYTES_MIN: Final = 256 << 20  # left to the journal, whose records matter more


class Part(msgspec.Struct, kw_only=True):
    """Of one batch, what goes to one file."""

    day: int
    retention: int  # number of the class
    rows: Table
    lost: Ints  # keys of tracks that sources of another class told of last
    from_ms: int
    cut_ms: int


class Batch(msgspec.Struct, kw_only=True):
    """Rows on their way to disk. Readers see them in memory until all its parts are on disk."""

    seq: int
    from_ms: int
    cut_ms: int
    chunks: list[Hot]
    freed: list[int]  # keys that mean nobody, or somebody else, in this batch
    parts: list[Part] | None = None  # what is still to be written, once the sealer has looked

    def rows(self) -> int:
        """Return how many rows there are."""
        return sum(map(len, self.chunks))


class Sealer:
    """Writes batches, in one thread. Raises OSError or sqlite3.OperationalError: then try the same batch again."""

    def __init__(
        self,
        shelf: Shelf,
        gone_after_ms: int,
        retentions_s: Sequence[int],
        *,
        file_bytes_max: int = FILE_BYTES_MAX,
        free_bytes_min: int = FREE_BYTES_MIN,
    ) -> None:
        self.file_bytes_max = file_bytes_max
        self.free_bytes_min = free_bytes_min
        self._shelf = shelf
        self._gone_after_ms = gone_after_ms
        self._retentions_s = retentions_s  # grows as sources are named
        self._writers: dict[Path, DayWriter] = {}
        self._states: dict[int, Table] = {}  # last rows by class, as of the last part written
        self._day = 0

    def seal(self, batch: Batch, names: Names) -> None:
        """Write a batch, a part for each file; a part that is written is not written again. Keys index `names`."""
        directory = self._shelf.directory
        directory.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(directory).free < self.free_bytes_min:
            raise OSError(errno.ENOSPC, f"less than {self.free_bytes_min >> 20} MiB free", str(directory))
        if batch.parts is None:
            batch.parts = self._parts(batch)
            for retention, state in self._states.items():
                self._states[retention] = state[:, ~np.isin(state[KEY], batch.freed)]
        while batch.parts:
            part = batch.parts[0]
            if part.day > self._day:
                self.close()
                self._day = part.day
            self._write(batch.seq, part, names)
            batch.parts.pop(0)

    def close(self) -> None:
        """Close all files; the next write opens them again."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _parts(self, batch: Batch) -> list[Part]:
        """Cut a batch by day and retention; a class without rows has an empty part, to begin its day's file."""
        rows = np.concatenate([np.zeros(0, HOT), *batch.chunks])
        row_days = rows["received_ms"] // DAY_MS
        parts = []
        for day in sorted({batch.from_ms // DAY_MS, *np.unique(row_days).tolist(), batch.cut_ms // DAY_MS}):
            of_day = rows[row_days == day]
            last = blocks.latest_hot(of_day)
            for retention in range(len(self._retentions_s)):
                part = Part(
                    day=day,
                    retention=retention,
                    rows=blocks.table(of_day[of_day["retention"] == retention]),
                    lost=last["key"][last["retention"] != retention].astype(np.int64),
                    from_ms=max(batch.from_ms, day * DAY_MS),
                    cut_ms=min(batch.cut_ms, (day + 1) * DAY_MS - 1),
                )
                parts.append(part)
        return parts

    def _write(self, seq: int, part: Part, names: Names) -> None:
        """Write one part, and a keyframe where the file has none in this run or many rows since the last."""
        path = self._shelf.path(part.day, self._retentions_s[part.retention])
        before = self._states.get(part.retention, blocks.empty())
        rows = part.rows.shape[1]
        if not (rows or before.shape[1] or path.exists()):
            return
        after = blocks.latest(np.concatenate((before, part.rows), axis=1))
        lost = np.isin(after[KEY], part.lost)
        after = after[:, ~lost & blocks.is_shown(after, part.cut_ms, self._gone_after_ms)]
        try:
            writer = self._writers.get(path)
            if writer is None:
                writer = self._writers[path] = DayWriter(path, self.file_bytes_max)
            keyframes = [(seq - 1, part.from_ms, before)] if writer.fresh else []
            # A lost track must not come back from this file once it is gone from the other.
            if lost.any() or (rows and writer.keyframe_due(after.shape[1], rows)):
                keyframes.append((seq, part.cut_ms, after))
            if keyframes or rows:
                writer.write(seq, part.rows, keyframes, names)
        except sqlite3.Error as error:
            self.close()
            if not is_broken(error):
                raise
            self._shelf.set_aside(path, error)
            raise sqlite3.OperationalError(f"{path.name} is broken and set aside") from error
        self._states[part.retention] = after
        log.debug("history.sealed", file=path.name, rows=rows)
