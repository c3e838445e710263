"""Where everything was: the log of all tracks, kept in few bytes.

Owns: the hot rows in memory, the thread that seals them, and the three questions: everything at T, the path of a uid,
a box and a window. Doesn't own: the latest of each track (`picture.picture`), rows and blocks (`picture.blocks`),
writing (`picture.sealer`), the files (`picture.shelf`, `picture.dayfile`).

"Everything at T" is what this headquarters knew at T: rows count from when they were received, so a position that came
late is on its track's path, not in the state of a moment when nobody here knew it.

Every question takes the door, held open for one reader (`Sees`), and answers as if what he may not see had never been.
The last row of a uid over all its labels decides where it was; then the door: so an older row under a lower label does
not come back when the last is hidden.

Rows are sealed once a minute. A crash loses what was not sealed yet; files left by it open as they are. While the disk
refuses, rows wait in memory up to `UNSEALED_ROWS_MAX`, then are dropped and counted, and the picture goes on.
"""

import sqlite3
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from pathlib import Path as FilePath
from typing import Final

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from jointhq.base.clock import Clock
from jointhq.cot.event import Event
from jointhq.picture import blocks
from jointhq.picture.blocks import CHUNK_ROWS, HOT, HOT_ROW, KEY, KIND, LATE, LEFT, RECEIVED, TIME, Hot, Table
from jointhq.picture.columns import Ints
from jointhq.picture.dayfile import Box, DayReader, Named, Sees
from jointhq.picture.keys import Keys, Names
from jointhq.picture.sealer import FILE_BYTES_MAX, FREE_BYTES_MIN, Batch, Sealer
from jointhq.picture.shelf import DAY_MS, Shelf, day_and_retention_s
from jointhq.picture.track import Path
from jointhq.release.label import Label

log = structlog.get_logger("history")

SEAL_EVERY_S: Final = 60.0
RETRY_S: Final = 5.0
UNSEALED_ROWS_MAX: Final = 1_000_000  # 72 MB: a disk may refuse for 9 minutes at 1,800 rows/s, 75 s at 13,000
CLOCK_STEP_MS: Final = 60_000  # A clock set back by less stands still instead; by more, the log follows it.
LATE_DAYS: Final = 1  # Files are by day received: what came later than this is not looked for.
PATH_ROWS_MAX: Final = 100_000
BOX_ROWS_MAX: Final = 1_000_000

NAN: Final = float("nan")


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one reader sees of a moment: rows as in `picture.blocks`, and of each what its key means."""

    at_ms: int
    rows: Table
    tracks: list[Named]
    labels: list[Label]

    @property
    def uids(self) -> list[str]:
        """Whose each row is."""
        return [uid for _, uid, _, _ in self.tracks]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Positions in a box and a window, by track, in log order. `truncated`: there are more."""

    rows: Table
    uids: list[str]  # one for each row
    truncated: bool


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

        self._clock = clock
        self._gone_after_ms = round(gone_after_s * 1000)
        self._seal_every_ms = round(seal_every_s * 1000)
        self._retry_s = retry_s
        self._retentions_s: list[int] = []
        self._shelf = Shelf(directory, clock)
        self._sealer = Sealer(
            self._shelf,
            self._gone_after_ms,
            self._retentions_s,
            file_bytes_max=file_bytes_max,
            free_bytes_min=free_bytes_min,
        )

        self._keys = Keys()

        self._hot: list[bytearray] = []  # full chunks
        self._chunk = bytearray(CHUNK_ROWS * HOT_ROW.size)
        self._chunk_rows = 0
        self._received_ms = clock.now_ms()
        self._cut_ms = self._received_ms
        self._started_ms = self._cut_ms
        self._seq = self._first_seq = 0  # of the batch the hot rows will be

        self._lock = threading.Condition()  # over what follows, and over the hot chunks' identity
        self._batches: deque[Batch] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    def start(self) -> None:
        """Open what is there and start sealing. A directory that can't be used stops history, not the caller."""
        self._seq = self._cut_ms  # greater than any before, unless the clock was set back; then the files tell
        try:
            self._shelf.directory.mkdir(parents=True, exist_ok=True)
            for path in self._shelf.files():
                self._seq = max(self._seq, 2 + self._shelf.look_at(path))  # one between: this run's empty keyframe
            self.prune()
            self.bytes, self.oldest_ms = self._shelf.bytes_and_oldest_ms()
        except OSError as error:
            self._stopped(error)
        self._first_seq = self._seq
        self._thread.start()

    def prune(self) -> None:
        """Delete files whose whole day is past its retention. Runs before each sealing; any thread may ask for it."""
        self._shelf.prune()

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

    def open(self, uid: str, label: Label, card: bytes) -> int:
        """Return the key to append rows of a uid under a label with."""
        return self._keys.open(uid, label, card)

    def describe(self, key: int, card: bytes) -> None:
        """Note a card: what the latest event of that uid under that label says. Of each day the last is kept."""
        self._keys.names.cards[key] = card

    def release(self, key: int) -> None:
        """Tell that no row with this key will come, unless it is opened again."""
        self._keys.release(key, self._seq)

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
            from_ms = min(self._cut_ms, now_ms)  # The clock may have been set back.
            batch = Batch(seq=self._seq, from_ms=from_ms, cut_ms=now_ms, chunks=self._hot_rows(), freed=[])
            self._batches.append(batch)
            self._hot = []
            if self._chunk_rows:
                self._chunk = bytearray(CHUNK_ROWS * HOT_ROW.size)
                self._chunk_rows = 0
            self._cut_ms = now_ms
            self._seq += 1
            batch.freed += self._keys.reclaim(self._batches[0].seq)
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
                self._sealer.seal(batch, self._keys.names)
                self.bytes, self.oldest_ms = self._shelf.bytes_and_oldest_ms()
            except (OSError, sqlite3.OperationalError) as error:
                self._stopped(error)
                if last_try:
                    break
                with self._lock:
                    self._lock.wait_for(lambda: self._closing, self._retry_s)
                continue
            except Exception:  # This batch is lost, not all that come.
                log.exception("history.batch_failed", seq=batch.seq)
                self._sealer.close()
                self.drops["history_failed"] += batch.rows()
                self.gap = True
            if not self.recording:
                self.recording, self.reason = True, ""
                log.info("history.recording_again", directory=str(self._shelf.directory))
            with self._lock:
                self._batches.popleft()
        self._sealer.close()
        if lost := self._unsealed_rows():
            self.drops["history_closed"] += lost
            log.error("history.lost", rows=lost, reason=self.reason)

    def _stopped(self, error: Exception) -> None:
        reason = f"{self._shelf.directory}: {getattr(error, 'strerror', None) or error}"
        if self.recording or reason != self.reason:
            log.error("history.stopped", reason=reason)
        self.recording, self.reason = False, reason

    # Questions, from any thread but the event loop's.

    def at(self, at_ms: int, sees: Sees) -> Past:
        """Return everything the picture showed a reader at a moment, stale or not; cards as known last."""
        unsealed = self._unsealed(lambda rows: rows["received_ms"] <= at_ms)
        from_seq = self._first_seq - 1 if at_ms >= self._started_ms else 0  # This run began with an empty picture.
        states = list[_State]()
        answered = set[int]()
        for path in self._shelf.files_of_days(at_ms // DAY_MS - 1, at_ms // DAY_MS):
            _, retention_s = day_and_retention_s(path)
            if retention_s not in answered:
                state = self._shelf.ask(path, partial(_state, at_ms, from_seq, unsealed.seq))
                if state is not None:
                    answered.add(retention_s)
                    states.append(state)
        states.append(unsealed.state())

        rows = np.concatenate([state.rows for state in states], axis=1)
        tracks = [track for state in states for track in state.tracks]
        numbers, labels = _numbered(states)
        shown = blocks.is_shown(rows, at_ms, self._gone_after_ms)
        shown[_superseded(list(map(itemgetter(1), tracks)), rows)] = False
        shown &= np.array([label is not None and sees(label) for label in labels], np.bool_)[numbers]
        chosen = np.flatnonzero(shown)
        return Past(
            at_ms=at_ms,
            rows=rows[:, chosen],
            tracks=list(map(tracks.__getitem__, chosen.tolist())),
            labels=[label for number in numbers[chosen].tolist() if (label := labels[number]) is not None],
        )

    def path(self, uid: str, from_ms: int, to_ms: int, sees: Sees, limit: int = PATH_ROWS_MAX) -> Path:
        """Return where a reader saw a uid with times in [from_ms, to_ms], late positions in their place; the newest.

        Labels it had that he may not see leave no gap that is told: absent and hidden are the same answer.
        """
        limit = min(limit, PATH_ROWS_MAX)
        keys = self._keys.of(uid)
        unsealed = self._unsealed(lambda rows: np.isin(rows["key"], keys) & _timed(rows, from_ms, to_ms))
        names = unsealed.names
        # A key may have been given to another just now; then none of these rows has it.
        seen = [key for key in keys if names.uids[key : key + 1] == [uid] and sees(names.labels[key])]
        rows = blocks.table(unsealed.rows)
        parts = [rows[:, np.isin(rows[KEY], seen)]]
        count = parts[0].shape[1]
        for path in self._files_of_window(from_ms, to_ms):
            if count > limit:
                break
            part = partial(_path, uid, from_ms, to_ms, unsealed.seq, sees, limit - count)
            parts += self._shelf.ask(path, part) or []
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

    def box(self, box: Box, from_ms: int, to_ms: int, sees: Sees, limit: int = BOX_ROWS_MAX) -> Found:
        """Return the positions a reader sees in a box with times in [from_ms, to_ms], at most `limit`.

        The newest day comes first.
        """
        limit = min(limit, BOX_ROWS_MAX)
        unsealed = self._unsealed(lambda rows: _timed(rows, from_ms, to_ms))
        rows = box.rows_inside(blocks.table(unsealed.rows))
        names = unsealed.names
        seen = {label for label in set(names.labels) if sees(label)}
        rows = rows[:, np.array([names.labels[key] in seen for key in rows[KEY].tolist()], np.bool_)]
        tables, uids = [rows], [names.uids[key] for key in rows[KEY].tolist()]
        for path in self._files_of_window(from_ms, to_ms):
            if len(uids) > limit:
                break
            found = self._shelf.ask(path, partial(_box, box, from_ms, to_ms, unsealed.seq, sees, limit - len(uids)))
            if found is not None:
                tables.append(found[0])
                uids += found[1]
        return Found(rows=np.concatenate(tables, axis=1)[:, :limit], uids=uids[:limit], truncated=len(uids) > limit)

    def _unsealed(self, pick: Callable[[Hot], NDArray[np.bool_]]) -> "_Unsealed":
        """Return picked rows of what is only in memory, in log order; what has a lower `seq` is on disk."""
        with self._lock:
            chunks = [chunk for batch in self._batches for chunk in batch.chunks] + self._hot_rows()
            seq = self._batches[0].seq if self._batches else self._seq
            names = self._keys.names
            # Keys of these rows keep their meaning under the lock; others may be given out meanwhile.
            names = Names(names.uids.copy(), names.labels.copy(), names.cards.copy())
        rows = np.concatenate([np.zeros(0, HOT), *(chunk[pick(chunk)] for chunk in chunks)])
        return _Unsealed(seq=seq, rows=rows, names=names)

    def _files_of_window(self, from_ms: int, to_ms: int) -> list[FilePath]:
        return self._shelf.files_of_days(from_ms // DAY_MS - 1, to_ms // DAY_MS + LATE_DAYS)


class _Unsealed(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    rows: Hot
    names: Names

    def state(self) -> "_State":
        rows, names = blocks.table(blocks.latest_hot(self.rows)), self.names
        numbers = {label: number for number, label in enumerate(set(names.labels))}
        tracks = [(key, names.uids[key], numbers[names.labels[key]], names.cards[key]) for key in rows[KEY].tolist()]
        return _State(rows=rows, tracks=tracks, labels={number: label for label, number in numbers.items()})


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """The last rows of a file, or of memory: of each what its key means, and the labels by number."""

    rows: Table
    tracks: list[Named]
    labels: dict[int, Label]


def _numbered(states: list[_State]) -> tuple[Ints, list[Label | None]]:
    """Return a number for each track of these states one after the other, and the labels by that number."""
    numbers, labels = list[Ints](), list[Label | None]()
    for state in states:
        own = np.fromiter(map(itemgetter(2), state.tracks), np.int64, len(state.tracks))
        different, inverse = np.unique(own, return_inverse=True)
        numbers.append(inverse + len(labels))
        labels += [state.labels.get(number) for number in different.tolist()]
    return np.concatenate(numbers), labels


def _superseded(uids: list[str], rows: Table) -> list[int]:
    """Return which rows are not the last of their uid: under another label or from another source there is a later one.

    Of two sources in the same millisecond, either may win; of two labels the later does, since the other was `LEFT`.
    """
    if len(set(uids)) == len(uids):
        return []
    received_ms, kinds, last = rows[RECEIVED].tolist(), rows[KIND].tolist(), dict[str, int]()
    for i, uid in enumerate(uids):
        if kinds[i] != LEFT and received_ms[i] >= received_ms[last.setdefault(uid, i)]:
            last[uid] = i
    return list(set(range(len(uids))).difference(last.values()))


def _state(at_ms: int, from_seq: int, before_seq: int, day: DayReader) -> _State | None:
    rows = day.state(at_ms, from_seq, before_seq)
    return None if rows is None else _State(rows=rows, tracks=day.tracks(rows[KEY]), labels=day.labels())


def _path(uid: str, from_ms: int, to_ms: int, before_seq: int, sees: Sees, limit: int, day: DayReader) -> list[Table]:
    return _take(day.path_parts(uid, from_ms, to_ms, before_seq, sees), limit)


def _box(
    box: Box, from_ms: int, to_ms: int, before_seq: int, sees: Sees, limit: int, day: DayReader
) -> tuple[Table, list[str]]:
    parts = _take(day.box_parts(box, from_ms, to_ms, before_seq, sees), limit)
    rows = np.concatenate([blocks.empty(), *parts], axis=1)
    keys, inverse = np.unique(rows[KEY], return_inverse=True)
    uids = [uid for _, uid, _, _ in day.tracks(keys)]
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
