"""Files that records name.

Owns: what is written when a file is kept. Doesn't own: its bytes (`operations.files`).
"""

from jointhq.journal.record import Body, kind


@kind("file.kept", version=1)
class FileKept(Body, frozen=True, kw_only=True):
    """A file is in the store under its hash. Subject: the file; the same bytes may be kept under several labels."""

    name: str
    media: str  # an image's type, which its bytes were checked for; else "application/octet-stream"
    bytes: int
    sha256: str
