"""Cut a TAK client's byte stream into messages, XML events and protocol v1 frames alike.

Owns: where one message ends and the next begins, and refusing what is too long or no message at all.
Doesn't own: sockets and timeouts (`stream.tcp`), what a message says (`cot.xml`, `cot.proto`).
Source: ATAK-CIV, "TAK Protocol, version 1", Streaming Connections. A receiver cuts XML at the literal `</event>`.
"""

import re
from typing import Final, NamedTuple

from jointhq.base.errors import PeerFault

MAGIC: Final = 0xBF  # can't begin UTF-8 text, so each message tells what it is by its first byte
EVENT_BYTES_MAX: Final = 256 << 10  # ATAK keeps 64 KiB; big CloudTAK drawings reach 200 KiB; files travel by HTTP
_END: Final = b"</event>"
START_TAG_BYTES_MAX: Final = 4096  # an event that closes itself is small: it says nothing but its attributes
_SELF_CLOSED: Final = re.compile(rb"""<event(?:[^<>"'/]++|"[^"<]*+"|'[^'<]*+'|/(?!>))*+/>""")
_SLASH: Final = ord("/")
_BETWEEN: Final = frozenset(b" \t\r\n\x00")
_XML_STARTS: Final = frozenset(b"<\xef")  # \xef: a byte order mark


class Message(NamedTuple):
    """One message off the wire: an XML document, or the payload of a protobuf frame."""

    is_proto: bool
    data: bytes


class StreamFramer:
    """Bytes in, messages out, nothing else. One per connection."""

    def __init__(self, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        self._max = event_bytes_max
        self._buffer = bytearray()
        self.fault: PeerFault | None = None  # once set, this stream is over
        self._scanned = 0  # bytes of the buffer known to hold no end: each byte is looked at once

    @property
    def buffered_bytes(self) -> int:
        """How much of an unfinished message is held."""
        return len(self._buffer)

    def receive(self, data: bytes) -> list[Message]:
        """Take bytes as they came off the wire, cut anywhere; return the messages they complete, in order.

        A byte that begins no message, and a message longer than the limit, set `fault`: the messages before it
        are still returned, and nothing is after it.
        """
        if self.fault:
            return []
        buffer: bytes | bytearray = data
        if len(self._buffer) > len(data):
            self._buffer += data
            buffer = self._buffer
        elif self._buffer:  # bytes are cut with one copy less; and a read is never copied often
            buffer = bytes(self._buffer) + data
            self._buffer.clear()
        messages: list[Message] = []
        try:
            start = self._cut(buffer, messages)
        except PeerFault as fault:
            self.fault = fault
            self._buffer.clear()
            return messages
        if buffer is self._buffer:
            del self._buffer[:start]
        else:
            self._buffer += buffer[start:]
        return messages

    def _cut(self, buffer: bytes | bytearray, messages: list[Message]) -> int:
        """Append the whole messages in `buffer` to `messages`; return where the unfinished one starts."""
        start, size, scan = 0, len(buffer), self._scanned
        while start < size:
            first = buffer[start]
            if first in _XML_STARTS:
                tag = buffer.find(b">", start, start + START_TAG_BYTES_MAX)
                if tag > 0 and buffer[tag - 1] == _SLASH:  # seldom: of an ordinary event the start tag ends here
                    match = _SELF_CLOSED.match(buffer, start, start + START_TAG_BYTES_MAX)
                    if match:
                        messages.append(Message(False, bytes(match[0])))
                        start = match.end()
                        continue
                end = buffer.find(_END, scan if scan > start else start)  # noqa: FURB136 max() costs this path more
                if end < 0:
                    scan = max(start, size - len(_END) + 1)
                    self._check(size - start)
                    break
                end += len(_END)
                self._check(end - start)
                messages.append(Message(False, bytes(buffer[start:end])))
                start = end
            elif first == MAGIC:
                header = self._header(buffer, start)
                if header is None or start + sum(header) > size:
                    break
                begin = start + header[0]
                start = begin + header[1]
                messages.append(Message(True, bytes(buffer[begin:start])))
            elif first in _BETWEEN:
                start += 1
            else:
                raise PeerFault(f"byte 0x{first:02x} begins neither XML nor a TAK protocol frame")
        self._scanned = max(0, scan - start)
        return start

    def _check(self, size: int) -> None:
        if size > self._max:
            raise PeerFault(f"event longer than {self._max} bytes")

    def _header(self, buffer: bytes | bytearray, start: int) -> tuple[int, int] | None:
        """Return (header, payload) sizes in bytes, or None until the whole header is here."""
        size = 0
        for i, byte in enumerate(buffer[start + 1 : start + 6]):  # varint: low 7 bits first, top bit = "more"
            size |= (byte & 0x7F) << (7 * i)
            if i == 4 and byte & 0x80:
                raise PeerFault("payload length is no varint of 32 bits")
            self._check(size)
            if not byte & 0x80:
                return i + 2, size
        return None


def frame(payload: bytes) -> bytes:
    """Return the stream frame that carries `payload`."""
    size, header = len(payload), bytearray([MAGIC])
    while size > 0x7F:
        header.append(size & 0x7F | 0x80)
        size >>= 7
    header.append(size)
    return bytes(header) + payload
