"""TAK clients over TCP: the thin shell around router and session.

Owns: the listening socket, socket options, when a flush runs, when silent clients are looked for.
Doesn't own: anything about events. Every decision is the router's.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Final, cast

import structlog

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput
from jointhq.stream.router import Client, Router

log = structlog.get_logger("stream")

READ_BYTES_FAIR: Final = 16 << 10  # a read longer than this is a flood: uvloop would read megabytes of it in one go
BACKLOG: Final = 1024  # connections the kernel holds before we accept them; a restart brings all clients at once
SWEEP_S: Final = 1.0
KEEPALIVE_S: Final = 30  # a peer whose network went away answers no probe: three of them, then the kernel ends it


class TakProtocol(asyncio.Protocol):
    """One connection."""

    __slots__ = ("_client", "_server", "_transport")

    def __init__(self, server: "TakServer") -> None:
        self._server = server
        self._client: Client | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the connection to the router."""
        self._transport = cast("asyncio.Transport", transport)
        self._client = self._server.connected(self._transport)

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the router; let others have their turn before more of them is read."""
        client, transport = self._client, self._transport
        if client is None or transport is None:
            return
        try:
            self._server.router.receive(client, data, self._server.clock.now_ms())
        except Exception:  # the edge of one connection: end that one, keep serving
            log.exception("client.broke", address=client.address)
            self._server.router.close(client, "internal", "the server failed at what it sent; its log says why")
        if len(data) > READ_BYTES_FAIR and not transport.is_closing():
            transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def resume_writing(self) -> None:
        """There is room again: give the reader what it has missed."""
        if self._client is not None:
            self._server.router.drain(self._client, self._server.clock.now_ms())

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the router."""
        client, self._client = self._client, None
        if client is not None:
            if exc is not None and not client.reason[0]:
                client.reason = ("lost", str(exc))
            self._server.router.detach(client, self._server.clock.now_ms())


class TakServer:
    """The TAK listener and the ticks of its router."""

    def __init__(self, router: Router, clock: Clock, *, idle_timeout_s: float) -> None:
        self.router = router
        self.clock = clock
        self._idle_s = idle_timeout_s
        self._flush: asyncio.Handle | None = None
        router.on_work = self._on_work

    def _on_work(self) -> None:
        """Something is queued: flush when it is due."""
        loop = asyncio.get_running_loop()
        delay_ms = self.router.due_ms(self.clock.monotonic_s() * 1000)
        if self._flush is not None:
            if delay_ms:
                return
            self._flush.cancel()
        self._flush = loop.call_later(delay_ms / 1000, self._tick) if delay_ms else loop.call_soon(self._tick)

    def _tick(self) -> None:
        self._flush = None
        self.router.flush(self.clock.monotonic_s() * 1000, self.clock.now_ms())

    def connected(self, transport: asyncio.Transport) -> Client | None:
        """Set up a new connection's socket and give it to the router."""
        sock = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        # One byte less, so that a buffer the router filled always tells when it has room again.
        transport.set_write_buffer_limits(self.router.drain_bytes - 1, self.router.drain_bytes // 4)
        peer = transport.get_extra_info("peername") or ("?", 0)
        address = f"{peer[0]}:{peer[1]}"
        client = self.router.attach(transport, address, self.clock.now_ms())
        if client is None:
            log.warning("client.refused", address=address, reason="clients_max")
            transport.abort()
        return client

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[None]:
        """Take clients while inside; then close every connection."""
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: TakProtocol(self), host, port, backlog=BACKLOG)
        except OSError as error:
            raise BadInput(
                f"can't listen for TAK clients on {host}:{port}: {error.strerror}; try --port-offset or --tak-port"
            ) from None
        sweeping = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            server.close()
            if self._flush is not None:
                self._flush.cancel()
            for client in list(self.router.clients.values()):
                client.wire.close()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                self.router.sweep(self.clock.now_ms(), SWEEP_S, self._idle_s)
            except Exception:  # the next round comes
                log.exception("sweep.broke")
