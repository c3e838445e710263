"""Where everything was: the log of all tracks, kept in few bytes.

Owns: the hot rows in memory, the thread that seals them to disk, which files there are and when they go, and the three
questions: everything at T, the path of a uid, a box and a window. Doesn't own: the latest of each track
(`picture.picture`), rows and blocks (`picture.blocks`), one file (`picture.dayfile`).

"Everything at T" is what this headquarters knew at T: rows count from when they were received, so a position that came
late is on its track's path, not in the state of a moment when nobody here knew it.

Rows are sealed once a minute. A crash loses what was not sealed yet; files left by it open as they are. While the disk
refuses, rows wait in memory up to `UNSEALED_ROWS_MAX`, then are dropped and counted, and the picture goes on.
"""

import contextlib
import errno
import re
import shutil
import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path as FilePath
from typing import Final, TypeVar

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from jointhq.base.clock import Clock
from jointhq.cot.event import Event
from jointhq.picture import blocks
from jointhq.picture.blocks import CHUNK_ROWS, HOT, HOT_ROW, KEY, KIND, LATE, RECEIVED, TIME, Hot, Table
from jointhq.picture.dayfile import Box, DayReader, DayWriter
from jointhq.picture.track import Path

log = structlog.get_logger("history")

DAY_MS: Final = 86_400_000
SEAL_EVERY_S: Final = 60.0
RETRY_S: Final = 5.0
UNSEALED_ROWS_MAX: Final = 1_000_000  # 72 MB: a disk may refuse for 9 minutes at 1,800 rows/s, 75 s at 13,000
CLOCK_STEP_MS: Final = 60_000  # A clock set back by less stands still instead; by more, the log follows it.
LATE_DAYS: Final = 1  # Files are by day received: what came later than this is not looked for.
FILE_BYTES_MAX: Final = 64 << 30
FREE_BYTES_MIN: Final = 256 << 20  # left to the journal, whose records matter more
PATH_ROWS_MAX: Final = 100_000
BOX_ROWS_MAX: Final = 1_000_000
KEY_UNKNOWN: Final = 0xFFFFFFFF  # no track has it

EPOCH: Final = datetime.fromtimestamp(0, UTC)
FILE_NAME: Final = re.compile(r"\d{4}-\d\d-\d\d\.\d+\.sqlite")  # UTC day, retention in seconds
NAN: Final = float("nan")
T = TypeVar("T")


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at one moment: rows as in `picture.blocks`, and of each its uid and card."""

    at_ms: int
    rows: Table
    uids: list[str]
    cards: list[bytes]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Positions in a box and a window, by track, in log order. `truncated`: there are more."""

    rows: Table
    uids: list[str]  # one for each row
    truncated: bool


class _Batch(msgspec.Struct, kw_only=True):
    """Rows on their way to disk. Readers see them in memory until all its parts are on disk."""

    seq: int
    from_ms: int
    cut_ms: int
    chunks: list[Hot]
    freed: list[int]  # keys that mean nobody from here on
    parts: "list[_Part] | None" = None  # what is still to be written, once the thread has looked

    def rows(self) -> int:
        return sum(map(len, self.chunks))


class _Part(msgspec.Struct, kw_only=True):
    """Of one batch, what goes to one file."""

    day: int
    retention: int
    rows: Table
    from_ms: int
    cut_ms: int


class History:
    """One directory of history. The event loop appends and polls; any other thread asks."""

    def __init__(
        self,
        directory: FilePath,
        clock: Clock,
        *,
        gone_after_s: float = 600.0,
        seal_every_s: float = SEAL_EVERY_S,
        file_bytes_max: int = FILE_BYTES_MAX,
        free_bytes_min: int = FREE_BYTES_MIN,
        retry_s: float = RETRY_S,
    ) -> None:
        self.recording = True
        self.reason = ""  # why not, for a person
        self.bytes = 0  # on disk
        self.oldest_ms: int | None = None
        self.drops: Counter[str] = Counter()  # rows lost, by reason
        self.gap = False  # Rows were lost: whoever holds the latest should append it again (`Picture.sweep`).
        self.file_bytes_max = file_bytes_max
        self.free_bytes_min = free_bytes_min

        self._directory = directory
        self._clock = clock
        self._gone_after_ms = round(gone_after_s * 1000)
        self._seal_every_ms = round(seal_every_s * 1000)
        self._retry_s = retry_s
        self._retentions_s: list[int] = []

        # The log's keys: small numbers for uids, given again once the last row with them is sealed.
        self._keys: dict[str, int] = {}
        self._uids: list[str] = []
        self._cards: list[bytes] = []
        self._released: dict[int, int] = {}  # key -> the last batch that can have a row of it
        self._free_keys: list[int] = []

        self._hot: list[bytearray] = []  # full chunks
        self._chunk = bytearray(CHUNK_ROWS * HOT_ROW.size)
        self._chunk_rows = 0
        self._received_ms = clock.now_ms()
        self._cut_ms = self._received_ms
        self._started_ms = self._cut_ms
        self._seq = self._first_seq = 0  # of the batch the hot rows will be

        self._lock = threading.Condition()  # over what follows, and over the hot chunks' identity
        self._batches: deque[_Batch] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

        # The thread's own.
        self._writers: dict[FilePath, DayWriter] = {}
        self._states: dict[int, Table] = {}  # last rows by retention, as of the last part written
        self._keyframe_wanted: set[int] = set()
        self._day = 0

    def start(self) -> None:
        """Open what is there and start sealing. A directory that can't be used stops history, not the caller."""
        self._day = self._cut_ms // DAY_MS
        self._seq = self._cut_ms  # greater than any before, unless the clock was set back; then the files tell
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            for path in self._files():
                self._seq = max(self._seq, 2 + self._look_at(path))  # one between, for this run's empty keyframe
            self.prune()
            self._add_up()
        except OSError as error:
            self._stopped(error)
        self._first_seq = self._seq
        self._thread.start()

    def close(self) -> None:
        """Seal what is there and stop; waits for the disk. What can't be sealed is lost, counted and logged."""
        self._cut(self._now_ms())
        with self._lock:
            self._closing = True
            self._lock.notify()
        self._thread.join()

    # The event loop's side.

    def retention(self, retention_s: int) -> int:
        """Return the number of a retention class, to append with."""
        if retention_s not in self._retentions_s:
            self._retentions_s.append(retention_s)
        return self._retentions_s.index(retention_s)

    def open(self, uid: str, card: bytes) -> int:
        """Return the key to append a track's rows with."""
        key = self._keys.get(uid)
        if key is not None:
            self._released.pop(key, None)
            self._cards[key] = card
            return key
        if self._free_keys:
            key = self._free_keys.pop()
            self._uids[key], self._cards[key] = uid, card
        else:
            key = len(self._uids)
            self._uids.append(uid)
            self._cards.append(card)
        self._keys[uid] = key
        return key

    def describe(self, key: int, card: bytes) -> None:
        """Note a track's card. Of each day the last is kept."""
        self._cards[key] = card

    def release(self, key: int) -> None:
        """Tell that no row with this key will come, unless its uid is opened again."""
        self._released[key] = self._seq

    def append(
        self, key: int, kind: int, retention: int, received_ms: int, time_ms: int, stale_ms: int, event: Event
    ) -> None:
        """Note one row. Called for every event: as cheap as can be."""
        row = self._chunk_rows
        if row == CHUNK_ROWS:
            if not self._next_chunk():
                return
            row = 0
        if received_ms < self._received_ms and self._received_ms - received_ms < CLOCK_STEP_MS:
            received_ms = self._received_ms
        self._received_ms = received_ms
        alt_m, course_deg, speed_ms = event.hae_m, event.course_deg, event.speed_ms
        HOT_ROW.pack_into(
            self._chunk,
            row * HOT_ROW.size,
            key,
            kind,
            retention,
            received_ms,
            time_ms,
            stale_ms,
            event.lat,
            event.lon,
            NAN if alt_m is None else alt_m,
            NAN if course_deg is None else course_deg,
            NAN if speed_ms is None else speed_ms,
        )
        self._chunk_rows = row + 1

    def poll(self) -> None:
        """Once a second: pass the hot rows on to be sealed when it is time."""
        now_ms = self._now_ms()
        if not 0 <= now_ms - self._cut_ms < self._seal_every_ms:
            self._cut(now_ms)

    def can_take(self, rows: int) -> bool:
        """Tell whether so many more rows find room in memory."""
        return self._unsealed_rows() + rows <= UNSEALED_ROWS_MAX

    def _now_ms(self) -> int:
        now_ms = self._clock.now_ms()
        behind_ms = self._received_ms - now_ms
        return self._received_ms if 0 < behind_ms < CLOCK_STEP_MS else now_ms

    def _next_chunk(self) -> bool:
        if not self.can_take(CHUNK_ROWS):
            self.drops["history_behind"] += 1
            self.gap = True
            return False
        with self._lock:
            self._hot.append(self._chunk)
            self._chunk = bytearray(CHUNK_ROWS * HOT_ROW.size)
            self._chunk_rows = 0
        return True

    def _unsealed_rows(self) -> int:
        return sum(batch.rows() for batch in tuple(self._batches)) + len(self._hot) * CHUNK_ROWS + self._chunk_rows

    def _cut(self, now_ms: int) -> None:
        """Make the hot rows a batch; give out keys again that no unsealed row has."""
        with self._lock:
            batch = _Batch(seq=self._seq, from_ms=self._cut_ms, cut_ms=now_ms, chunks=self._hot_rows(), freed=[])
            self._batches.append(batch)
            self._hot = []
            if self._chunk_rows:
                self._chunk = bytearray(CHUNK_ROWS * HOT_ROW.size)
                self._chunk_rows = 0
            self._cut_ms = now_ms
            self._seq += 1
            unsealed = self._batches[0].seq
            for key in [key for key, last_seq in self._released.items() if last_seq < unsealed]:
                del self._released[key], self._keys[self._uids[key]]
                self._free_keys.append(key)
                batch.freed.append(key)
            self._lock.notify()

    def _hot_rows(self) -> list[Hot]:
        """Return the hot rows as they are now; under the lock."""
        chunks = [np.frombuffer(chunk, HOT) for chunk in self._hot]
        if self._chunk_rows:
            chunks.append(np.frombuffer(self._chunk, HOT, self._chunk_rows))
        return chunks

    # The thread's side.

    def _run(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._batches or self._closing)
                if not self._batches:
                    break
                batch, last_try = self._batches[0], self._closing
            try:
                self.prune()
                self._seal(batch)
                self._add_up()
            except (OSError, sqlite3.Error) as error:
                self._stopped(error)
                if last_try:
                    break
                with self._lock:
                    self._lock.wait_for(lambda: self._closing, self._retry_s)
                continue
            except Exception:  # This batch is lost, not all that come.
                log.exception("history.batch_failed", seq=batch.seq)
                self._close_writers()
                self.drops["history_failed"] += batch.rows()
                self.gap = True
            if not self.recording:
                self.recording, self.reason = True, ""
                log.info("history.recording_again", directory=str(self._directory))
            with self._lock:
                self._batches.popleft()
        self._close_writers()
        if lost := self._unsealed_rows():
            self.drops["history_closed"] += lost
            log.error("history.lost", rows=lost, reason=self.reason)

    def _seal(self, batch: _Batch) -> None:
        """Write a batch, a part for each file; a part that is written is not written again."""
        self._directory.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._directory).free < self.free_bytes_min:
            raise OSError(errno.ENOSPC, f"less than {self.free_bytes_min >> 20} MiB free", str(self._directory))
        if batch.parts is None:
            batch.parts = self._parts(batch)
        while batch.parts:
            part = batch.parts[0]
            if part.day > self._day:
                self._close_writers()
                self._day = part.day
            self._write(batch.seq, part)
            batch.parts.pop(0)
        if batch.freed:
            for retention, state in self._states.items():
                self._states[retention] = state[:, ~np.isin(state[KEY], batch.freed)]

    def _parts(self, batch: _Batch) -> list[_Part]:
        """Cut a batch by day and retention; a class without rows has an empty part, to begin its day's file."""
        rows = np.concatenate(batch.chunks) if batch.chunks else np.zeros(0, HOT)
        table = blocks.table(rows)
        row_days = rows["received_ms"] // DAY_MS
        days = sorted({*np.unique(row_days).tolist(), batch.cut_ms // DAY_MS})
        return [
            _Part(
                day=day,
                retention=retention,
                rows=table[:, (row_days == day) & (rows["retention"] == retention)],
                from_ms=max(batch.from_ms, day * DAY_MS) if day > batch.from_ms // DAY_MS else batch.from_ms,
                cut_ms=min(batch.cut_ms, (day + 1) * DAY_MS - 1) if day < batch.cut_ms // DAY_MS else batch.cut_ms,
            )
            for day in days
            for retention in range(len(self._retentions_s))
        ]

    def _write(self, seq: int, part: _Part) -> None:
        """Write one part, and a keyframe where the file has none in this run or many rows since the last."""
        path = self._path(part.day, part.retention)
        before = self._states.get(part.retention, blocks.empty())
        rows = part.rows.shape[1]
        if not (rows or before.shape[1] or path.exists()):
            return
        after = blocks.latest(np.concatenate((before, part.rows), axis=1))
        after = after[:, blocks.is_shown(after, part.cut_ms, self._gone_after_ms)]
        try:
            writer = self._writer(path)
            keyframes = [(seq - 1, part.from_ms, before)] if writer.fresh else []
            if part.retention in self._keyframe_wanted or (rows and writer.keyframe_due(after.shape[1], rows)):
                keyframes.append((seq, part.cut_ms, after))
            if keyframes or rows:
                writer.write(seq, part.rows, keyframes, self._uids, self._cards)
        except (OSError, sqlite3.Error):
            self._close_writers()
            raise
        self._keyframe_wanted.discard(part.retention)
        self._states[part.retention] = after
        self._take_over(part)
        log.debug("history.sealed", file=path.name, rows=rows)

    def _writer(self, path: FilePath) -> DayWriter:
        """Return the open file, opening or making it; one that can't be a day's file is set aside for a new one."""
        writer = self._writers.get(path)
        if writer is None:
            try:
                writer = DayWriter(path, self.file_bytes_max)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                self._set_aside(path, error)
                writer = DayWriter(path, self.file_bytes_max)
            self._writers[path] = writer
        return writer

    def _take_over(self, part: _Part) -> None:
        """Forget a track in the class of the source that told of it before."""
        for retention, state in self._states.items():
            if retention != part.retention and part.rows.shape[1] and state.shape[1]:
                moved = np.isin(state[KEY], part.rows[KEY, part.rows[KIND] != LATE])
                if moved.any():
                    self._states[retention] = state[:, ~moved]
                    self._keyframe_wanted.add(retention)

    def _close_writers(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _stopped(self, error: Exception) -> None:
        reason = f"{self._directory}: {getattr(error, 'strerror', None) or error}"
        if self.recording or reason != self.reason:
            log.error("history.stopped", reason=reason)
        self.recording, self.reason = False, reason

    # Files.

    def _path(self, day: int, retention: int) -> FilePath:
        date = datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date()
        return self._directory / f"{date.isoformat()}.{self._retentions_s[retention]}.sqlite"

    def _files(self) -> list[FilePath]:
        """Return all files, the oldest day first."""
        return sorted(path for path in self._directory.glob("*.sqlite") if FILE_NAME.fullmatch(path.name))

    def _look_at(self, path: FilePath) -> int:
        """Return the last number used in a file, once it is rolled back after a crash; set it aside if it is broken."""
        try:
            with DayReader(path, recover=True) as day:
                return day.seq_max()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "no such table" not in str(error):
                log.warning("history.file_unreadable", file=path.name, error=str(error))
            else:
                self._set_aside(path, error)
            return 0

    def _set_aside(self, path: FilePath, error: Exception) -> None:
        aside = path.with_name(f"{path.name}.corrupt-{self._clock.now_ms()}")
        log.error("history.file_set_aside", file=path.name, moved_to=aside.name, error=str(error))
        for suffix in ("", "-journal"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.replace(aside.with_name(aside.name + suffix))

    def _add_up(self) -> None:
        """Note how much there is and since when."""
        files = self._files()
        sizes = []
        for path in files:
            with contextlib.suppress(FileNotFoundError):  # pruned meanwhile
                sizes.append(path.stat().st_size)
        self.bytes = sum(sizes)
        oldest = (self._ask(path, DayReader.oldest_ms) for path in files)
        self.oldest_ms = next((oldest_ms for oldest_ms in oldest if oldest_ms is not None), None)

    def prune(self) -> None:
        """Delete every file whose whole day is past its retention. Runs before each sealing; any thread may ask."""
        now_ms = self._clock.now_ms()
        for path in self._files():
            day, retention_s = _day_and_retention_s(path)
            if (day + 1) * DAY_MS + retention_s * 1000 > now_ms:
                continue
            try:
                path.unlink(missing_ok=True)
                log.info("history.pruned", file=path.name)
            except OSError as error:
                log.warning("history.not_pruned", file=path.name, error=str(error))

    # Questions, from any thread but the event loop's.

    def at(self, at_ms: int) -> Past:
        """Return everything the picture showed at a moment, stale or not; cards as known last."""
        unsealed = self._unsealed(lambda rows: rows["received_ms"] <= at_ms)
        from_seq = self._first_seq - 1 if at_ms >= self._started_ms else 0  # This run began with an empty picture.
        tables, uids, cards = list[Table](), list[str](), list[bytes]()
        answered = set[int]()
        for path in self._files_of_days(at_ms // DAY_MS - 1, at_ms // DAY_MS):
            _, retention_s = _day_and_retention_s(path)
            found = None if retention_s in answered else self._ask(path, partial(_state, at_ms, from_seq, unsealed.seq))
            if found is not None:
                rows, tracks = found
                answered.add(retention_s)
                tables.append(rows)
                uids += [uid for uid, _ in tracks]
                cards += [card for _, card in tracks]
        rows = blocks.latest(unsealed.rows)
        keys = rows[KEY].tolist()
        tables.append(rows)
        uids += [unsealed.uids[key] for key in keys]
        cards += [unsealed.cards[key] for key in keys]
        rows = np.concatenate(tables, axis=1)

        received_ms = rows[RECEIVED].tolist()
        last = dict[str, int]()  # A uid is in two files when another source tells of it now, or its last rows are hot.
        for i, uid in enumerate(uids):
            if received_ms[i] >= received_ms[last.setdefault(uid, i)]:
                last[uid] = i
        shown = blocks.is_shown(rows, at_ms, self._gone_after_ms).tolist()
        chosen = [i for i in last.values() if shown[i]]
        return Past(at_ms=at_ms, rows=rows[:, chosen], uids=[uids[i] for i in chosen], cards=[cards[i] for i in chosen])

    def path(self, uid: str, from_ms: int, to_ms: int, limit: int = PATH_ROWS_MAX) -> Path:
        """Return where a uid was with times in [from_ms, to_ms], late positions in their place; the newest `limit`."""
        limit = min(limit, PATH_ROWS_MAX)
        key = self._keys.get(uid, KEY_UNKNOWN)
        unsealed = self._unsealed(lambda rows: (rows["key"] == key) & _timed(rows, from_ms, to_ms))
        known = key < len(unsealed.uids) and unsealed.uids[key] == uid  # not given to another just now
        parts = [unsealed.rows if known else blocks.empty()]
        count = parts[0].shape[1]
        for path in self._files_of_window(from_ms, to_ms):
            if count > limit:
                break
            parts += self._ask(path, partial(_path, uid, from_ms, to_ms, unsealed.seq, limit - count)) or []
            count = sum(part.shape[1] for part in parts)
        rows = np.concatenate(parts[::-1], axis=1)
        rows = rows[:, np.argsort(rows[TIME], kind="stable")][:, max(0, count - limit) :]
        return Path(
            uid=uid,
            t_ms=rows[TIME].tolist(),
            lat=blocks.lat(rows).tolist(),
            lon=blocks.lon(rows).tolist(),
            alt_m=blocks.alt_m(rows).tolist(),
            course_deg=blocks.course_deg(rows).tolist(),
            speed_ms=blocks.speed_ms(rows).tolist(),
            truncated=count > limit,
        )

    def box(self, box: Box, from_ms: int, to_ms: int, limit: int = BOX_ROWS_MAX) -> Found:
        """Return the positions in a box with times in [from_ms, to_ms], at most `limit`, the newest day first."""
        limit = min(limit, BOX_ROWS_MAX)
        unsealed = self._unsealed(lambda rows: _timed(rows, from_ms, to_ms))
        rows = box.rows_inside(unsealed.rows)
        tables, uids = [rows], [unsealed.uids[key] for key in rows[KEY].tolist()]
        for path in self._files_of_window(from_ms, to_ms):
            if len(uids) > limit:
                break
            found = self._ask(path, partial(_box, box, from_ms, to_ms, unsealed.seq, limit - len(uids)))
            if found is not None:
                tables.append(found[0])
                uids += found[1]
        return Found(rows=np.concatenate(tables, axis=1)[:, :limit], uids=uids[:limit], truncated=len(uids) > limit)

    def _unsealed(self, pick: Callable[[Hot], NDArray[np.bool_]]) -> "_Unsealed":
        """Return picked rows of what is only in memory, in log order; what has a lower `seq` is on disk."""
        with self._lock:
            chunks = [chunk for batch in self._batches for chunk in batch.chunks] + self._hot_rows()
            seq = self._batches[0].seq if self._batches else self._seq
            uids, cards = self._uids.copy(), self._cards.copy()
        rows = np.concatenate([np.zeros(0, HOT), *(chunk[pick(chunk)] for chunk in chunks)])
        return _Unsealed(seq=seq, rows=blocks.table(rows), uids=uids, cards=cards)

    def _files_of_days(self, first: int, last: int) -> list[FilePath]:
        """Return the files of these days, the newest first."""
        return [path for path in reversed(self._files()) if first <= _day_and_retention_s(path)[0] <= last]

    def _files_of_window(self, from_ms: int, to_ms: int) -> list[FilePath]:
        return self._files_of_days(from_ms // DAY_MS - 1, to_ms // DAY_MS + LATE_DAYS)

    def _ask(self, path: FilePath, question: Callable[[DayReader], T]) -> T | None:
        """Return one file's answer, None where it has none to give: it may be pruned, broken or not ours to read."""
        try:
            with DayReader(path) as day:
                return question(day)
        except (OSError, sqlite3.Error) as error:
            log.warning("history.file_unreadable", file=path.name, error=str(error))
            return None


class _Unsealed(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    rows: Table
    uids: list[str]
    cards: list[bytes]


def _state(at_ms: int, from_seq: int, before_seq: int, day: DayReader) -> tuple[Table, list[tuple[str, bytes]]] | None:
    rows = day.state(at_ms, from_seq, before_seq)
    return None if rows is None else (rows, day.tracks(rows[KEY]))


def _path(uid: str, from_ms: int, to_ms: int, before_seq: int, limit: int, day: DayReader) -> list[Table]:
    return _take(day.path_parts(uid, from_ms, to_ms, before_seq), limit)


def _box(box: Box, from_ms: int, to_ms: int, before_seq: int, limit: int, day: DayReader) -> tuple[Table, list[str]]:
    parts = _take(day.box_parts(box, from_ms, to_ms, before_seq), limit)
    rows = np.concatenate([blocks.empty(), *parts], axis=1)
    keys, inverse = np.unique(rows[KEY], return_inverse=True)
    uids = [uid for uid, _ in day.tracks(keys)]
    return rows, [uids[i] for i in inverse.tolist()]


def _take(parts: Iterator[Table], limit: int) -> list[Table]:
    """Return parts until they have more than `limit` rows."""
    taken, count = list[Table](), 0
    for part in parts:
        taken.append(part)
        count += part.shape[1]
        if count > limit:
            break
    return taken


def _timed(rows: Hot, from_ms: int, to_ms: int) -> NDArray[np.bool_]:
    timed: NDArray[np.bool_] = (rows["time_ms"] >= from_ms) & (rows["time_ms"] <= to_ms) & (rows["kind"] <= LATE)
    return timed


def _day_and_retention_s(path: FilePath) -> tuple[int, int]:
    date, retention_s, _ = path.name.split(".")
    return (datetime.fromisoformat(date).replace(tzinfo=UTC) - EPOCH) // timedelta(days=1), int(retention_s)
