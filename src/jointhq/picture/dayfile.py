"""One file of history: a UTC day of one retention class.

Owns: the SQLite schema, and finding the few blocks that answer a question. Doesn't own: when to write, which files to
ask, when a file is deleted (`picture.history`).

`batch` is what one sealing wrote, numbered in log order over all files; its `tracks` says which block each track is in.
A keyframe is everyone's last row as of `cut_ms`, after all batches up to its `seq`: a state of the past is the keyframe
before it and the batches between. A uid has a key for each label it had that day, and for each a card: what one label
covers never stands beside a row of another. Labels are few, so a track has the number of its own.

A rollback journal, not a WAL: one write a minute, readable on a read-only disk, and nothing is left beside the file.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote

import msgspec
import numpy as np
import structlog

from jointhq.picture import blocks
from jointhq.picture.blocks import KEY, KIND, LAT, LATE, LON, RECEIVED, TIME, Table
from jointhq.picture.columns import Ints, pack, unpack
from jointhq.picture.keys import Names
from jointhq.release.label import Label, interned

log = structlog.get_logger("history")

BUSY_S: Final = 10.0  # A reader holds a file for a fraction of a second, the writer for less.
CACHE_KIB: Final = 65_536  # A batch stays in memory until it commits, so that readers wait for the commit only.
PAGE_BYTES: Final = 4096
KEYFRAME_ROWS_PER_TRACK: Final = 4  # Keyframes add a quarter at most, and a past state reads that much and a batch.
KEYFRAME_ROWS_MIN: Final = 4096
KEYFRAME_BATCHES: Final = 60
BLOCK_BITS: Final = 16  # block id = batch seq << 16 | its number in the batch
TRACKS_BYTES_MAX: Final = 1 << 26  # of one batch's index: a broken file can't ask for all our memory
TRACKS_ONE_BY_ONE: Final = 1000  # Above it, reading all tracks of the file is faster.

SCHEMA: Final = """
CREATE TABLE label (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE);
CREATE TABLE track (key INTEGER PRIMARY KEY, uid TEXT NOT NULL, label INTEGER NOT NULL REFERENCES label,
                    card BLOB NOT NULL, UNIQUE (uid, label));
CREATE TABLE batch (seq INTEGER PRIMARY KEY, received_min INTEGER NOT NULL, received_max INTEGER NOT NULL,
                    time_min INTEGER NOT NULL, time_max INTEGER NOT NULL, tracks BLOB NOT NULL);
CREATE TABLE block (id INTEGER PRIMARY KEY, time_min INTEGER NOT NULL, time_max INTEGER NOT NULL,
                    lat_min INTEGER NOT NULL, lat_max INTEGER NOT NULL,
                    lon_min INTEGER NOT NULL, lon_max INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE keyframe (seq INTEGER PRIMARY KEY, cut_ms INTEGER NOT NULL, data BLOB NOT NULL);
PRAGMA user_version = 2;
"""
SCHEMA_VERSION: Final = 2

Named = tuple[int, str, int, bytes]  # key, uid, number of the label, card: a row of `track`
NOBODYS: Final = (-1, "", -1, b"{}")  # a track the file has rows of, and no name: it was broken

Sees = Callable[[Label], bool]  # the door, held open for one reader and one question


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """An area in degrees, edges included; where `lon_min > lon_max` it lies over the date line."""

    lat_min: float
    lat_max: float
    lon_min: float
    lon_max: float

    def rows_inside(self, rows: Table) -> Table:
        """Return the rows inside."""
        lat, lon = blocks.lat(rows), blocks.lon(rows)
        east, west = lon >= self.lon_min, lon <= self.lon_max
        across = (east & west) if self.lon_min <= self.lon_max else (east | west)
        return rows[:, (lat >= self.lat_min) & (lat <= self.lat_max) & across]


class OtherSchema(sqlite3.OperationalError):
    """A file of an earlier version of this program, or of a later one."""

    def __init__(self, path: Path, version: int) -> None:
        super().__init__(f"{path.name} has schema {version}, this version of jointhq reads {SCHEMA_VERSION}")
        self.version = version


class DayReader:
    """Reads one file; open it for one question and close it. `recover` rolls back what a crash left half written.

    Raises OtherSchema for a file of another version.
    """

    def __init__(self, path: Path, *, recover: bool = False) -> None:
        self.path = path
        mode = "rw" if recover else "ro"
        self._db = sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=BUSY_S)
        self._tracks: dict[int, Named] = {}  # those asked for so far
        try:
            version = schema_version(self._db)
            if version not in (0, SCHEMA_VERSION):  # 0 is a file without tables, as every question finds out
                raise OtherSchema(path, version)
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def state(self, at_ms: int, from_seq: int, before_seq: int) -> Table | None:
        """Return everyone's last row received by `at_ms`, gone or not; None where the file begins later.

        Only keyframes from `from_seq` on and batches before `before_seq` are asked.
        """
        found = self._db.execute(
            "SELECT seq, data FROM keyframe WHERE cut_ms <= ? AND seq >= ? AND seq < ?"
            " ORDER BY cut_ms DESC, seq DESC LIMIT 1",
            (at_ms, from_seq, before_seq),
        ).fetchone()
        if found is None:
            return None
        seq, data = found
        (last,) = self._db.execute(
            "SELECT max(seq) FROM batch WHERE seq > ? AND seq < ? AND received_min <= ?", (seq, before_seq, at_ms)
        ).fetchone()
        parts = [self._decode(data)]
        for (block,) in self._db.execute(
            "SELECT data FROM block WHERE id >= ? AND id < ?", (seq + 1 << BLOCK_BITS, (last or seq) + 1 << BLOCK_BITS)
        ):
            rows = self._decode(block)
            parts.append(rows[:, rows[RECEIVED] <= at_ms])
        return blocks.latest(np.concatenate(parts, axis=1))

    def path_parts(self, uid: str, from_ms: int, to_ms: int, before_seq: int, sees: Sees) -> Iterator[Table]:
        """Yield one uid's positions with a time in [from_ms, to_ms], by batch, the newest batch first.

        Of the labels it had, only those the reader sees count; one he may not see is as absent.
        """
        seen = self._seen(sees)
        found = self._db.execute("SELECT key, label FROM track WHERE uid = ?", (uid,)).fetchall()
        keys = np.array([key for key, label in found if label in seen], np.int64)
        if not len(keys):
            return
        for seq, tracks in self._db.execute(
            "SELECT seq, tracks FROM batch WHERE time_max >= ? AND time_min <= ? AND seq < ? ORDER BY seq DESC",
            (from_ms, to_ms, before_seq),
        ):
            for number in self._blocks_of(tracks, keys):
                block = self._db.execute("SELECT data FROM block WHERE id = ?", (seq << BLOCK_BITS | number,))
                for (data,) in block:
                    rows = self._decode(data)
                    yield within(rows[:, np.isin(rows[KEY], keys)], from_ms, to_ms)

    def box_parts(self, box: Box, from_ms: int, to_ms: int, before_seq: int, sees: Sees) -> Iterator[Table]:
        """Yield the positions inside a box with a time in [from_ms, to_ms] that the reader sees, by block."""
        seen = self._seen(sees)
        edges = np.rint(np.array([box.lat_min, box.lat_max, box.lon_min, box.lon_max]) * blocks.DEGREE_STEPS)
        south, north, west, east = map(int, edges)
        for (data,) in self._db.execute(
            """
            SELECT data FROM batch JOIN block ON id >= seq << :bits AND id < (seq + 1) << :bits
            WHERE seq < :before_seq AND batch.time_max >= :from_ms AND batch.time_min <= :to_ms
            AND block.time_max >= :from_ms AND block.time_min <= :to_ms AND lat_max >= :south AND lat_min <= :north
            AND (lon_max >= :west) + (lon_min <= :east) >= :lon_edges
            """,
            {
                "bits": BLOCK_BITS,
                "before_seq": before_seq,
                "from_ms": from_ms,
                "to_ms": to_ms,
                "south": south,
                "north": north,
                "west": west,
                "east": east,
                "lon_edges": 2 if west <= east else 1,
            },
        ):
            rows = box.rows_inside(within(self._decode(data), from_ms, to_ms))
            keys, inverse = np.unique(rows[KEY], return_inverse=True)
            visible = np.array([number in seen for _, _, number, _ in self.tracks(keys)], np.bool_)
            yield rows[:, visible[inverse]]

    def tracks(self, keys: Ints) -> list[Named]:
        """Return what each key means."""
        wanted, known = keys.tolist(), self._tracks
        if len(wanted) > len(known) + TRACKS_ONE_BY_ONE:
            rows = self._db.execute("SELECT key, uid, label, card FROM track").fetchall()
            known = self._tracks = dict(zip(map(itemgetter(0), rows), rows, strict=True))
        else:
            query = "SELECT key, uid, label, card FROM track WHERE key = ?"
            missing = [key for key in wanted if key not in known]
            known.update({key: row for key in missing for row in self._db.execute(query, (key,))})
        return [known.get(key, NOBODYS) for key in wanted]

    def labels(self) -> dict[int, Label]:
        """Return the labels by number; one whose text says nothing to us is not there, and nobody sees its tracks."""
        found = self._db.execute("SELECT id, label FROM label")
        return {number: label for number, text in found if (label := label_of(text)) is not None}

    def _seen(self, sees: Sees) -> set[int]:
        return {number for number, label in self.labels().items() if sees(label)}

    def seq_max(self) -> int:
        """Return the last number used, 0 when there is none."""
        (batch,) = self._db.execute("SELECT max(seq) FROM batch").fetchone()
        (keyframe,) = self._db.execute("SELECT max(seq) FROM keyframe").fetchone()
        return max(batch or 0, keyframe or 0)

    def oldest_ms(self) -> int | None:
        """Return when the first row was received."""
        (oldest_ms,) = self._db.execute("SELECT min(received_min) FROM batch").fetchone()
        return None if oldest_ms is None else int(oldest_ms)

    def _blocks_of(self, tracks: bytes, keys: Ints) -> list[int]:
        """Return the numbers of the blocks a batch has these tracks in: for each one or none."""
        try:
            plain = blocks.decompress(tracks, TRACKS_BYTES_MAX)
            count = int.from_bytes(plain[:4], "little")
            gaps, offset = unpack(plain, 4, count)
            numbers, _ = unpack(plain, offset, count)
        except ValueError as error:
            log.warning("history.index_broken", file=self.path.name, error=str(error))
            return []
        present = np.cumsum(gaps) - 1
        at = np.searchsorted(present, keys)
        keys, at = keys[at < count], at[at < count]
        return sorted({int(number) for number in numbers[at[present[at] == keys]]})

    def _decode(self, data: bytes) -> Table:
        try:
            return blocks.decode(data)
        except ValueError as error:
            log.warning("history.block_broken", file=self.path.name, error=str(error))
            return blocks.empty()


class DayWriter:
    """Writes one file, from one thread; opens or makes it. Raises sqlite3.Error or OSError, and then wants closing."""

    def __init__(self, path: Path, bytes_max: int) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
        try:
            self._db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._db.execute(f"PRAGMA max_page_count = {max(1, bytes_max // PAGE_BYTES)}")
            if not (version := schema_version(self._db)):
                self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
            elif version != SCHEMA_VERSION:
                raise OtherSchema(path, version)
            self._labels: dict[str, int] = {
                text: number for number, text in self._db.execute("SELECT id, label FROM label")
            }
            self._known = {
                (uid, label): (key, hash(card))
                for key, uid, label, card in self._db.execute("SELECT key, uid, label, card FROM track")
            }
        except BaseException:
            self._db.close()
            raise
        self._keys_used = max((key for key, _ in self._known.values()), default=-1) + 1
        self._rows_since = 0
        self._batches_since = 0
        self.fresh = True  # nothing written in this run yet: its first write begins with a keyframe

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def keyframe_due(self, tracks: int, rows: int) -> bool:
        """Tell whether `rows` more make a keyframe of `tracks` worth its bytes."""
        since = self._rows_since + rows
        return self._batches_since + 1 >= KEYFRAME_BATCHES or since >= max(
            KEYFRAME_ROWS_MIN, KEYFRAME_ROWS_PER_TRACK * tracks
        )

    def write(
        self,
        seq: int,
        rows: Table,
        keyframes: Sequence[tuple[int, int, Table]],
        names: Names,
    ) -> None:
        """Write one batch and keyframes (seq, cut_ms, rows), all or nothing. Keys index `names`."""
        self._db.execute("BEGIN IMMEDIATE")
        for keyframe_seq, cut_ms, state in keyframes:
            data = blocks.encode(self._own_keys(state, names))
            self._db.execute("INSERT OR REPLACE INTO keyframe VALUES (?, ?, ?)", (keyframe_seq, cut_ms, data))
        if rows.shape[1]:
            self._write_batch(seq, self._own_keys(rows, names))
        self._db.execute("COMMIT")
        self.fresh = False
        self._rows_since += rows.shape[1]
        self._batches_since += 1
        if keyframes and keyframes[-1][0] == seq:
            self._rows_since = self._batches_since = 0

    def _write_batch(self, seq: int, rows: Table) -> None:
        parts, keys, numbers = blocks.split(rows)
        tracks = len(keys).to_bytes(4, "little") + pack(np.diff(keys, prepend=-1)) + pack(numbers)
        self._db.execute(
            "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?)",
            (seq, *_span(rows[RECEIVED]), *_span(rows[TIME]), blocks.compress(tracks)),
        )
        self._db.executemany(
            "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (seq << BLOCK_BITS | n, *_span(part[TIME]), *_span(part[LAT]), *_span(part[LON]), blocks.encode(part))
                for n, part in enumerate(parts)
            ),
        )

    def _own_keys(self, rows: Table, names: Names) -> Table:
        """Return rows with this file's keys in place of the log's; write tracks that are new or have changed."""
        keys, inverse = np.unique(rows[KEY], return_inverse=True)
        own, changed, numbers = np.empty_like(keys), [], dict[Label, int]()
        for i, key in enumerate(keys.tolist()):
            uid, label, card = names.uids[key], names.labels[key], names.cards[key]
            number = numbers.get(label)
            if number is None:
                number = numbers[label] = self._number(label)
            known = self._known.get((uid, number))
            if known is None or known[1] != hash(card):
                known = (self._keys_used if known is None else known[0], hash(card))
                self._keys_used = max(self._keys_used, known[0] + 1)
                self._known[uid, number] = known
                changed.append((known[0], uid, number, card))
            own[i] = known[0]
        self._db.executemany("INSERT OR REPLACE INTO track VALUES (?, ?, ?, ?)", changed)
        rows = rows.copy()
        rows[KEY] = own[inverse]
        return rows

    def _number(self, label: Label) -> int:
        """Return this file's number of a label; write one that is new."""
        text = text_of(label)
        if text not in self._labels:
            self._labels[text] = len(self._labels) + 1
            self._db.execute("INSERT INTO label VALUES (?, ?)", (self._labels[text], text))
        return self._labels[text]


def schema_version(db: sqlite3.Connection) -> int:
    """Return which schema a file has; 0 when it is new."""
    version: int
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return version


def text_of(label: Label) -> str:
    """Return the one text that stands for a label: JSON, its fields and codes in their order."""
    return msgspec.json.encode(label).decode()


def label_of(text: str) -> Label | None:
    """Undo `text_of`; None where it is no label."""
    try:
        return interned(msgspec.json.decode(text, type=Label))
    except ValueError as error:
        log.warning("history.label_unreadable", error=str(error))
        return None


def within(rows: Table, from_ms: int, to_ms: int) -> Table:
    """Return the positions with a time in [from_ms, to_ms]."""
    return rows[:, (rows[TIME] >= from_ms) & (rows[TIME] <= to_ms) & (rows[KIND] <= LATE)]


def _span(values: Ints) -> tuple[int, int]:
    return int(values.min()), int(values.max())
