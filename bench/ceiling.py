"""The least a CoT fan-out server can do: relay raw bytes. What a real server is measured against.

    ceiling.py --port 26450 [--wire xml|tak] [--mode tick|each] [--seconds 3600]

Owns: a server that looks only for the end of an event (`</event>`, or the length of a TAK protocol v1 frame), never
parses, stores, filters or logs. In `tick` mode all that arrived within one turn of the event loop is joined once and
written to each client at once (its own events cut out), so system calls and copies are amortised; `each` writes every
event to every client, as a straightforward server does. A real server on the same machine, Python and event loop can't
be faster than `tick`; the distance to it is what parsing, routing, memory and bookkeeping cost.
Doesn't own: the limits of the machine below it (`kernel`).
"""

import argparse
import asyncio
import os
import signal
import socket
from typing import cast

import uvloop

from process import raise_nofile

END = b"</event>"
BUFFER_BYTES_MAX = 32 << 20  # a reader that far behind gets nothing more until it has caught up
MAGIC = 0xBF


class Hub:
    """Every connection, and what is waiting to go to all of them."""

    def __init__(self, mode: str) -> None:
        self.peers: set[Peer] = set()
        self.each = mode == "each"
        self._loop = asyncio.get_running_loop()
        self._batch: list[tuple[Peer, bytes]] = []
        self._scheduled = False

    def publish(self, source: "Peer", data: bytes) -> None:
        if self.each:
            for peer in self.peers:
                if peer is not source:
                    peer.transport.write(data)
            return
        self._batch.append((source, data))
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        batch, self._batch = self._batch, []
        batch.sort(key=lambda item: item[0].key)  # by sender: "everything but my own" is then at most two slices
        own: dict[Peer, tuple[int, int]] = {}
        size = 0
        for source, data in batch:
            own[source] = (own[source][0] if source in own else size, size + len(data))
            size += len(data)
        blob = b"".join([data for _, data in batch])
        view = memoryview(blob)
        for peer in self.peers:
            if peer.transport.get_write_buffer_size() > BUFFER_BYTES_MAX:
                continue
            mine = own.get(peer)
            if mine is None:
                peer.transport.write(blob)
            else:
                parts = [part for part in (view[: mine[0]], view[mine[1] :]) if part]
                if parts:
                    peer.transport.writelines(parts)


class Peer(asyncio.Protocol):
    """One connection: cut what comes at ends of events, pass it on."""

    transport: asyncio.Transport
    _count = 0

    def __init__(self, hub: Hub, wire: str) -> None:
        Peer._count += 1
        self.key = Peer._count
        self._hub = hub
        self._rest = b""
        self._cut = self._end_of_frames if wire == "tak" else self._end_of_events

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._hub.peers.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._hub.peers.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        end = self._cut(data)
        if end < 0 or len(data) - end > BUFFER_BYTES_MAX:
            self.transport.abort()
            return
        self._rest = data[end:]
        if end:
            self._hub.publish(self, data[:end])

    @staticmethod
    def _end_of_events(data: bytes) -> int:
        found = data.rfind(END)
        return 0 if found < 0 else found + len(END)

    @staticmethod
    def _end_of_frames(data: bytes) -> int:
        end, size = 0, len(data)
        while end < size:
            if data[end] != MAGIC:
                return -1
            at, shift, length = end + 1, 0, 0
            while at < size:
                byte = data[at]
                at += 1
                length |= (byte & 0x7F) << shift
                if not byte & 0x80:
                    break
                shift += 7
            else:
                break
            if at + length > size:
                break
            end = at + length
        return end


async def serve(port: int, wire: str, mode: str, seconds: float) -> None:
    """Listen on loopback until told to stop, or for so many seconds."""
    hub = Hub(mode)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.call_later(seconds, stop.set)
    server = await loop.create_server(lambda: Peer(hub, wire), "127.0.0.1", port, backlog=4096)
    print(f"ceiling: {wire}/{mode} on 127.0.0.1:{port} pid {os.getpid()}", flush=True)
    await stop.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=26450)
    parser.add_argument("--wire", choices=("xml", "tak"), default="xml")
    parser.add_argument("--mode", choices=("tick", "each"), default="tick")
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop by itself after this long")
    args = parser.parse_args()
    raise_nofile()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(args.port, args.wire, args.mode, args.seconds))


if __name__ == "__main__":
    main()
