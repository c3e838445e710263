"""A wire to a pretend client: it reads what it likes, when it likes."""

from collections.abc import Iterable

from jointhq.cot import proto, xml
from jointhq.cot.event import Event
from jointhq.cot.framing import StreamFramer


class FakeWire:
    """Takes bytes like a socket whose other end reads only when `read` is called."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.closing = False
        self.aborted = False
        self.high_bytes = 0
        self.writes = 0

    def write(self, data: bytes) -> None:
        if not self.aborted:
            self.writes += 1
            self.buffer += data
            self.high_bytes = max(self.high_bytes, len(self.buffer))

    def writelines(self, parts: Iterable[bytes | memoryview]) -> None:
        self.write(b"".join(parts))

    def get_write_buffer_size(self) -> int:
        return len(self.buffer)

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True
        self.buffer.clear()

    def read(self, size: int | None = None) -> bytes:
        size = len(self.buffer) if size is None else size
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data


class Reader:
    """What a client makes of the bytes it reads: events, in order."""

    def __init__(self) -> None:
        self._framer = StreamFramer()
        self.events: list[Event] = []

    def feed(self, data: bytes) -> list[Event]:
        got = []
        for message in self._framer.receive(data):
            event = proto.decode(message.data) if message.is_proto else xml.parse(message.data)
            if event is not None:
                got.append(event)
        assert self._framer.fault is None
        self.events += got
        return got
