"""TAK clients over TCP, in one process: who floods is read in turns with the others."""

import array
import asyncio
import contextlib
import fcntl
import select
import socket
import termios
from collections.abc import AsyncIterator

import pytest

from jointhq.base.clock import SystemClock
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.stream.client import Client
from jointhq.stream.router import TAK_SOURCE, Router
from jointhq.stream.tcp import TakServer
from tests.stream.test_tls import on_uvloop
from tests.support.events import sa
from tests.support.people import ANYBODY, DOOR, OPEN, floor_of
from tests.support.ports import free_port

WAITING_BYTES = 2 << 20  # of a flood, in the kernel when we come to read
A_TURN_BYTES = 256_000  # what uvloop reads at once; as long as that is full, it would go on


class Noting(Router):
    """Notes who was read, and how much."""

    read: list[tuple[str, int]]  # address and bytes

    def receive(self, client: Client, data: bytes, now_ms: int) -> None:
        self.read.append((client.address, len(data)))
        super().receive(client, data, now_ms)


@contextlib.asynccontextmanager
async def listening(port: int) -> AsyncIterator[Noting]:
    clock = SystemClock()
    picture = Picture(clock, None, door=DOOR)
    picture.add_source(Source(id=TAK_SOURCE, kind="tak", name="TAK", retention_s=3600, label=OPEN))
    router = Noting(picture, DOOR, version="0", floor_of=floor_of)
    router.read = []
    server = TakServer(router, clock, idle_timeout_s=60, anybody=ANYBODY, identify=lambda *_: None)
    async with server.listening("127.0.0.1", port):
        yield router


def fill(sock: socket.socket, events: bytes) -> int:
    """Send until the kernel takes no more; return how much it took."""
    sock.setblocking(False)
    sent = 0
    while select.select([], [sock], [], 0.2)[1]:
        with contextlib.suppress(BlockingIOError):
            sent += sock.send(events[sent % len(events) :])
    return sent


def sock_of(client: Client) -> socket.socket:
    sock: socket.socket = client.wire.get_extra_info("socket")  # type: ignore[attr-defined]  # a transport, here
    return sock


def address_of(sock: socket.socket) -> str:
    return "{}:{}".format(*sock.getsockname())


def bytes_waiting(sock: socket.socket) -> int:
    """Return how many bytes the kernel holds for us to read."""
    count = array.array("i", [0])
    fcntl.ioctl(sock.fileno(), termios.FIONREAD, count)
    return count[0]


@on_uvloop
async def test_who_floods_is_read_in_turns_with_the_others() -> None:
    port = free_port()
    async with listening(port) as router:
        flooding, other = socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port))
        with flooding, other:
            flood, quiet = address_of(flooding), address_of(other)
            async with asyncio.timeout(10):
                while len(router.clients) < 2:
                    await asyncio.sleep(0.01)
            ours = {client.address: sock_of(client) for client in router.clients.values()}
            ours[flood].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * WAITING_BYTES)
            # The loop stands still from here on: both wait in the kernel, the flood first.
            fill(flooding, sa("FLOOD", "FLOOD", detail=f"<remarks>{'x' * 800}</remarks>") * 100)
            waiting = bytes_waiting(ours[flood])
            if waiting < WAITING_BYTES:
                pytest.skip(f"this kernel holds no more than {waiting} bytes for a socket: raise net.core.rmem_max")
            other.sendall(sa("KITE", "KITE 6"))
            async with asyncio.timeout(20):
                while quiet not in dict(router.read):
                    await asyncio.sleep(0)
        addresses = [address for address, _ in router.read]
        before = sum(size for _, size in router.read[: addresses.index(quiet)])
        assert before <= A_TURN_BYTES, f"{before} bytes of a flood before anybody else was read"
