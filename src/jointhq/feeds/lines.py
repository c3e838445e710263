"""Cut bytes into lines.

Owns: where a line ends (LF, CR LF, CR, NUL), and giving up on one that doesn't end. No I/O.
"""

import re
from typing import Final

LINE_BYTES_MAX: Final = 1024  # NMEA allows 82 bytes, an SBS line stays under 150; tag blocks add a hundred

_END = re.compile(rb"[\r\n\x00]+")


class LineCutter:
    """Bytes in, whole lines out, without their ends. One per connection."""

    def __init__(self, bytes_max: int = LINE_BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._rest = b""
        self._too_long = False

    def receive(self, data: bytes) -> tuple[list[bytes], int]:
        """Return the lines that are whole now, blank ones left out, and how many were dropped for their length."""
        *lines, rest = _END.split(self._rest + data)
        dropped = 0
        if self._too_long and lines:
            lines[0] = b""
            self._too_long = False
        whole = []
        for line in lines:
            if len(line) > self._bytes_max:
                dropped += 1
            elif line.strip():
                whole.append(line)
        if len(rest) > self._bytes_max:
            dropped += not self._too_long
            self._too_long = True
        self._rest = b"" if self._too_long else rest
        return whole, dropped

    def finish(self) -> tuple[list[bytes], int]:
        """Return a last line that the end of a file ended."""
        return self.receive(b"\n")
