"""The files that there are, and which of them somebody may see.

Owns: the projection of kept files, asking the door about one. Doesn't own: their bytes (`operations.files`).
"""

import msgspec

from jointhq.base.errors import NotVisible
from jointhq.journal.record import Body, Record
from jointhq.operations.forms.files import FileRow
from jointhq.operations.ground import Ground
from jointhq.operations.records.files import FileKept
from jointhq.operations.views.book import Book
from jointhq.operations.views.names import mark
from jointhq.release.label import Label
from jointhq.release.reader import Reader


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One file, under one label."""

    id: str
    name: str
    media: str
    bytes: int
    sha256: str
    label: Label | None


class Files(Book):
    """The projection."""

    name = "operations.files"
    kinds = ("file.",)
    keeps = ("kept",)

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Kept] = {}

    def _take(self, record: Record, body: Body) -> None:
        if isinstance(body, FileKept):
            self.kept[record.subject] = Kept(
                id=record.subject,
                name=body.name,
                media=body.media,
                bytes=body.bytes,
                sha256=body.sha256,
                label=record.label,
            )

    def seen(self, g: Ground, reader: Reader, file_id: str) -> Kept:
        """Return a file that is there for the reader; else NotVisible."""
        kept = self.kept.get(file_id)
        if kept is None or not g.door.may_see(reader, kept.label, g.now_ms):
            raise NotVisible("no such file")
        return kept

    def rows(self, g: Ground, reader: Reader, ids: tuple[str, ...]) -> list[FileRow]:
        """Return those of these files that are there for the reader."""
        kept = (self.kept.get(one) for one in ids)
        return [row(g, one) for one in kept if one is not None and g.door.may_see(reader, one.label, g.now_ms)]


def row(g: Ground, kept: Kept) -> FileRow:
    """Return one file."""
    return FileRow(id=kept.id, name=kept.name, media=kept.media, bytes=kept.bytes, mark=mark(g, kept.label))
