"""TAK clients over TCP and TLS: the thin shell around router and session.

Owns: the listeners, socket options, when a flush runs, when silent clients are looked for, whose certificate a
connection shows, and that it ends when the certificate opens nothing any more.
Doesn't own: handshakes (`stream.tls`), who a certificate is (`people.directory`), anything about events: every
decision is the router's.
"""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from typing import Final, NamedTuple, cast

import structlog

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput
from jointhq.people.directory import Identity
from jointhq.stream.client import Client
from jointhq.stream.router import Router
from jointhq.stream.tls import TlsListener, peer_certificate

log = structlog.get_logger("stream")

READ_BYTES_FAIR: Final = 16 << 10  # a read longer than this is a flood: uvloop would read megabytes of it in one go
BACKLOG: Final = 1024  # connections the kernel holds before we accept them; a restart brings all clients at once
SWEEP_S: Final = 1.0
LOOKS_A_TURN: Final = 200  # certificates looked up before others have their turn: 2 ms
KEEPALIVE_S: Final = 30  # a peer whose network went away answers no probe: three of them, then the kernel ends it


# Who a certificate is, by its fingerprint, at a moment; None for nobody: not ours, revoked, ended.
Identify = Callable[[str, int], Identity | None]


class Secure(NamedTuple):
    """Where and how clients with a certificate are taken."""

    host: str
    port: int
    context: ssl.SSLContext
    handshake_s: float  # for its first bytes, and again for its handshake


class Shown(NamedTuple):
    """The certificate of a connection, and who that is."""

    client: Client
    fingerprint: str
    identity: Identity


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
        try:
            self._client = self._server.connected(self._transport)
        except Exception:  # the edge of one connection: end that one, keep serving
            log.exception("client.broke")
            self._transport.abort()

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
            self._server.detached(client)


class TakServer:
    """The TAK listeners and the ticks of their router."""

    def __init__(
        self,
        router: Router,
        clock: Clock,
        *,
        idle_timeout_s: float,
        anybody: Identity,
        identify: Identify,
    ) -> None:
        self.router = router
        self.clock = clock
        self.listener: TlsListener | None = None
        self._anybody = anybody
        self._identify = identify
        self._shown: dict[int, Shown] = {}  # by the client's key
        self._looking: Iterator[int] | None = None  # over the keys of those that are looked up again
        self._look_once_more = False
        self._refused: Counter[str] = Counter()
        self._idle_s = idle_timeout_s
        self._flush: asyncio.Handle | None = None
        router.on_work = self._on_work

    @property
    def drops(self) -> Counter[str]:
        """Why connections were not taken, those that plain TCP knows aside."""
        return self._refused + (self.listener.drops if self.listener is not None else Counter())

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
        now_ms = self.clock.now_ms()
        if transport.get_extra_info("ssl_object") is None:
            return self._attached(transport, address, self.router.attach(transport, address, now_ms, self._anybody))
        fingerprint = hashlib.sha256(peer_certificate(transport) or b"").hexdigest()
        identity = self._identify(fingerprint, now_ms)
        if identity is None:
            self._refused["tls_not_known"] += 1
            log.warning("client.refused", address=address, reason="certificate", fingerprint=fingerprint)
            transport.abort()
            return None
        client = self._attached(transport, address, self.router.attach(transport, address, now_ms, identity))
        if client is not None:
            self._shown[client.key] = Shown(client, fingerprint, identity)
        return client

    def _attached(self, transport: asyncio.Transport, address: str, client: Client | None) -> Client | None:
        if client is None:
            log.warning("client.refused", address=address, reason="clients_max")
            transport.abort()
        return client

    def detached(self, client: Client) -> None:
        """Forget a connection that has ended."""
        self._shown.pop(client.key, None)
        self.router.detach(client, self.clock.now_ms())

    # -- access may have changed

    def look_again(self) -> None:
        """Somebody's access may have changed: end the streams of those who may not have them any more.

        Takes a turn of the event loop for every LOOKS_A_TURN clients; what changes meanwhile has a round of its own.
        """
        if self._looking is not None:
            self._look_once_more = True
            return
        self._looking = iter(list(self._shown))
        asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        if self._looking is None:
            return
        keys = list(islice(self._looking, LOOKS_A_TURN))
        for key in keys:
            if key in self._shown:
                self._look_at(*self._shown[key])
        if keys:
            asyncio.get_running_loop().call_soon(self._look)
            return
        self._looking = None
        if self._look_once_more:
            self._look_once_more = False
            self.look_again()

    def _look_at(self, client: Client, fingerprint: str, before: Identity) -> None:
        identity = self._identify(fingerprint, self.clock.now_ms())
        if identity == before:
            return
        if identity is None:
            self.router.close(client, "revoked", "its certificate, or the person's access, has ended or was revoked")
        else:  # it comes back by itself, and is then who it is now
            self.router.close(client, "access_changed", "groups, clearance or appointment changed: it connects again")
        client.wire.abort()  # what is queued was for who it was

    @contextlib.asynccontextmanager
    async def listening(self, host: str | None, port: int = 0, *, tls: Secure | None = None) -> AsyncIterator[None]:
        """Take clients while inside; then close every connection. Without `host` there is no plain TCP."""
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(self._close_all)
            if host is not None:
                await stack.enter_async_context(self._plain(host, port))
            if tls is not None:
                self.listener = TlsListener(lambda: TakProtocol(self), tls.context, timeout_s=tls.handshake_s)
                await stack.enter_async_context(
                    self.listener.listening(tls.host, tls.port, "try --port-offset or --tak-tls-port")
                )
            sweeping = asyncio.create_task(self._sweep())
            stack.callback(sweeping.cancel)
            yield

    @contextlib.asynccontextmanager
    async def _plain(self, host: str, port: int) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(lambda: TakProtocol(self), host, port, backlog=BACKLOG)
        except OSError as error:
            raise BadInput(
                f"can't listen for TAK clients on {host}:{port}: {error.strerror}; try --port-offset or --tak-port"
            ) from None
        try:
            yield
        finally:
            server.close()

    def _close_all(self) -> None:
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
