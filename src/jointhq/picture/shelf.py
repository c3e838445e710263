"""The directory of history: which files there are.

Owns: their names, finding those of a day, deleting them when their time is over, setting a broken one aside.
Doesn't own: what is in a file (`picture.dayfile`), when one is written (`picture.sealer`).
"""

import contextlib
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from re import compile as pattern
from typing import Final, TypeVar

import structlog

from jointhq.base.clock import Clock
from jointhq.picture.dayfile import DayReader, OtherSchema

log = structlog.get_logger("history")

DAY_MS: Final = 86_400_000
EPOCH: Final = datetime.fromtimestamp(0, UTC)
FILE_NAME: Final = pattern(r"\d{4}-\d\d-\d\d\.\d+\.sqlite")  # UTC day, retention in seconds

T = TypeVar("T")


class Shelf:
    """One directory of day files. Any thread may use it."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.directory = directory
        self._clock = clock

    def path(self, day: int, retention_s: int) -> Path:
        """Return where the file of a day (counted from 1970) and class is, or would be."""
        date = (EPOCH + timedelta(days=day)).date()
        return self.directory / f"{date.isoformat()}.{retention_s}.sqlite"

    def files(self) -> list[Path]:
        """Return all files, the oldest day first."""
        return sorted(path for path in self.directory.glob("*.sqlite") if FILE_NAME.fullmatch(path.name))

    def files_of_days(self, first: int, last: int) -> list[Path]:
        """Return the files of these days, the newest first."""
        return [path for path in reversed(self.files()) if first <= day_and_retention_s(path)[0] <= last]

    def ask(self, path: Path, question: Callable[[DayReader], T]) -> T | None:
        """Return one file's answer, None where it has none to give: it may be pruned, broken or not ours to read."""
        try:
            with DayReader(path) as day:
                return question(day)
        except (OSError, sqlite3.Error) as error:
            log.warning("history.file_unreadable", file=path.name, error=str(error))
            return None

    def look_at(self, path: Path) -> int:
        """Return the last number used in a file, once it is rolled back after a crash.

        One that is broken, or of another schema (`picture.migrate` comes first), is set aside.
        """
        try:
            with DayReader(path, recover=True) as day:
                return day.seq_max()
        except OtherSchema as error:
            self.set_aside(path, error)
        except sqlite3.DatabaseError as error:
            if is_broken(error) or "no such table" in str(error):
                self.set_aside(path, error)
            else:
                log.warning("history.file_unreadable", file=path.name, error=str(error))
        return 0

    def set_aside(self, path: Path, error: Exception) -> None:
        """Give a file we can't use another name: nothing reads it any more, and a person can look at it."""
        why = f"schema-{error.version}" if isinstance(error, OtherSchema) else "corrupt"
        aside = path.with_name(f"{path.name}.{why}-{self._clock.now_ms()}")
        log.error("history.file_set_aside", file=path.name, moved_to=aside.name, error=str(error))
        for suffix in ("", "-journal"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.replace(aside.with_name(aside.name + suffix))

    def bytes_and_oldest_ms(self) -> tuple[int, int | None]:
        """Return how much there is, and when its first row was received."""
        files, size = self.files(), 0
        for path in files:
            with contextlib.suppress(FileNotFoundError):  # pruned meanwhile
                size += path.stat().st_size
        oldest = (self.ask(path, DayReader.oldest_ms) for path in files)
        return size, next((oldest_ms for oldest_ms in oldest if oldest_ms is not None), None)

    def prune(self) -> None:
        """Delete every file whose whole day is past its retention."""
        now_ms = self._clock.now_ms()
        for path in self.files():
            day, retention_s = day_and_retention_s(path)
            if (day + 1) * DAY_MS + retention_s * 1000 > now_ms:
                continue
            try:
                path.unlink(missing_ok=True)
                log.info("history.pruned", file=path.name)
            except OSError as error:
                log.warning("history.not_pruned", file=path.name, error=str(error))


def is_broken(error: sqlite3.Error) -> bool:
    """Tell a file that is no database, or not a whole one, from a disk that refuses just now."""
    return type(error) is sqlite3.DatabaseError


def day_and_retention_s(path: Path) -> tuple[int, int]:
    """Return what a file's name says."""
    date, retention_s, _ = path.name.split(".")
    return (datetime.fromisoformat(date).replace(tzinfo=UTC) - EPOCH) // timedelta(days=1), int(retention_s)
