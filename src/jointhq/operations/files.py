"""Files by their hash, in the data directory.

Owns: putting bytes there so that they are whole or not there, giving them back, telling an image by its bytes.
Doesn't own: who may see one, which is by the label of the record that names it (`operations.views.files`).
"""

import asyncio
import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import Final

from jointhq.base.errors import NotVisible, Refusal

FOLDER: Final = "files"
FILE_BYTES_MAX: Final = 10 << 20  # a photograph from a telephone, a signed order as a scan
FILES_MAX: Final = 100_000  # records of them are held in memory, half a KiB each
ANY: Final = "application/octet-stream"  # a browser stores it, and doesn't look inside
NAME: Final = re.compile(r"[0-9a-f]{64}")
IMAGES: Final = (  # how a file of each type begins; what can hold a script (SVG) isn't shown as an image
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
)


def media_of(data: bytes) -> str:
    """Return an image's type by its own first bytes; whatever the sender says, all else is bytes to be stored."""
    for mark, at, media in IMAGES:
        if data[at : at + len(mark)] == mark:
            return media
    return ANY


class Shelf:
    """The files of one headquarters."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    async def put(self, data: bytes) -> str:
        """Keep bytes; return their SHA-256 in hex. Durable when this returns. Refuses where the disk is full."""
        return await asyncio.to_thread(self._put, data)

    async def get(self, sha256: str) -> bytes:
        """Return the bytes. NotVisible where they are not, or not as they were."""
        return await asyncio.to_thread(self._get, sha256)

    def _put(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        path = self._path(name)
        if path.exists():
            return name
        partial = path.with_name(f"{name}.{secrets.token_hex(4)}.partial")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with partial.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise Refusal("disk_full", f"the file can't be kept: {error.strerror}; free space", 503) from None
        return name

    def _get(self, name: str) -> bytes:
        if not NAME.fullmatch(name):
            raise NotVisible("no such file")
        try:
            data = self._path(name).read_bytes()
        except OSError:
            raise NotVisible("no such file") from None
        if hashlib.sha256(data).hexdigest() != name:
            raise NotVisible("no such file")
        return data

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
