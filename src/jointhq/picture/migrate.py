"""Day files of earlier versions of this program.

Owns: bringing them to the schema of `picture.dayfile`. Doesn't own: what label a source's events have at least (whoever
knows the settings), the backup before it and the way back (`journal.upgrade`).
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from jointhq.picture.dayfile import BUSY_S, schema_version, text_of
from jointhq.picture.shelf import FILE_NAME
from jointhq.release.label import Label

LabelOfSource = Callable[[str], Label]

TO_2: Final = """
CREATE TABLE label (id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE);
ALTER TABLE track RENAME TO track_1;
CREATE TABLE track (key INTEGER PRIMARY KEY, uid TEXT NOT NULL, label INTEGER NOT NULL REFERENCES label,
                    card BLOB NOT NULL, UNIQUE (uid, label));
"""


class _Card(msgspec.Struct):
    o: str = ""


def is_due(directory: Path) -> bool:
    """Whether a history directory holds a file of an earlier schema."""
    return any(_schema(path) == 1 for path in _files(directory))


def migrate_all(directory: Path, label_of_source: LabelOfSource) -> None:
    """Bring all files of a history directory to this version's schema."""
    for path in _files(directory):
        migrate(path, label_of_source)


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.glob("*.sqlite") if FILE_NAME.fullmatch(path.name))


def _schema(path: Path) -> int:
    with closing(sqlite3.connect(path, timeout=BUSY_S)) as db:
        try:
            return schema_version(db)
        except sqlite3.DatabaseError:
            return 0  # broken: whoever reads it says so


def migrate(path: Path, label_of_source: LabelOfSource) -> bool:
    """Bring a file of schema 1 to schema 2, all or nothing; False where there is nothing to do.

    Schema 1 knew no labels. A track gets that of the source its card names, which is the last that told of it; a card
    that names none asks for the label of "". Raises sqlite3.Error or OSError, and whatever `label_of_source` raises.
    """
    with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)) as db:
        if schema_version(db) != 1:
            return False
        db.execute("BEGIN IMMEDIATE")
        for statement in filter(str.strip, TO_2.split(";")):
            db.execute(statement)
        numbers: dict[str, int] = {}  # by source
        for key, uid, card in db.execute("SELECT key, uid, card FROM track_1"):
            source_id = _source_of(card)
            if source_id not in numbers:
                numbers[source_id] = _number(db, text_of(label_of_source(source_id)))
            db.execute("INSERT INTO track VALUES (?, ?, ?, ?)", (key, uid, numbers[source_id], card))
        db.execute("DROP TABLE track_1")
        db.execute("PRAGMA user_version = 2")
        db.execute("COMMIT")
    return True


def _source_of(card: bytes) -> str:
    try:
        return msgspec.json.decode(card, type=_Card).o
    except ValueError:
        return ""


def _number(db: sqlite3.Connection, label: str) -> int:
    db.execute("INSERT OR IGNORE INTO label (label) VALUES (?)", (label,))
    return int(db.execute("SELECT id FROM label WHERE label = ?", (label,)).fetchone()[0])
