"""Files, as the routes give them.

Owns: their shape. Doesn't own: paths (`operations.routes.files`).
"""

from msgspec import Struct


class FileRow(Struct, frozen=True, kw_only=True):
    """One file; its bytes are at /api/operations/files/{id}. `media` is an image's type, or bytes to be stored."""

    id: str
    name: str
    media: str
    bytes: int
    mark: str
