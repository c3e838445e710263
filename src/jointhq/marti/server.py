"""HTTPS for TAK clients inside our own event loop: the thin shell around an ASGI application.

Owns: uvicorn behind our own TLS listener, the certificate a client shows, how long and how large a request may be.
Doesn't own: handshakes (`stream.tls`), keys (`people.ca`), what is answered.
uvicorn doesn't give the application the client's certificate: our protocol class puts its fingerprint into
`scope["extensions"]["jointhq.certificate"]["fingerprint"]`, where no header reaches; there is none without one.
"""

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from jointhq.marti.http import CERTIFICATE
from jointhq.stream.tls import TlsListener, listen, peer_certificate

GRACE_S: Final = 2  # an answer under way may finish
KEEP_ALIVE_S: Final = 20  # clients ask five things one after another, then nothing for minutes
REQUEST_S: Final = 20.0  # from the first byte of a request, or the end of the handshake, to its last; 16 KiB by radio
CONNECTIONS_MAX: Final = 2_000  # 35 KiB each; the rest hear 503 and come again
HEAD_BYTES_MAX: Final = 64 << 10  # a request's first line and headers; a browser with every cookie has half of that
BODY_BYTES_MAX: Final = 1 << 20  # above what any application takes: so that it can say that it is too much
HEADERS_MAX: Final = 128  # 200 bytes each in memory, however short


class BoundedProtocol(HttpToolsProtocol):
    """One connection, with limits on the time, the bytes and the headers of a request: uvicorn has none."""

    _arriving: asyncio.TimerHandle | None = None
    _left = HEAD_BYTES_MAX  # bytes that may still come before the head, or the body, has ended

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the time of the first request."""
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, up to the limit."""
        self._left -= len(data)
        super().data_received(data)
        if self._left < 0:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Start the time of a request."""
        self._await_request()
        self._left = HEAD_BYTES_MAX
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or what follows the body in their form, up to the limit."""
        super().on_header(name, value)
        if len(self.headers) > HEADERS_MAX:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        """Go on with the body."""
        self._left = BODY_BYTES_MAX
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the time of a request: it is here."""
        self._arrived()
        self._left = HEAD_BYTES_MAX
        super().on_message_complete()

    def _await_request(self) -> None:
        self._arrived()
        self._arriving = self.loop.call_later(REQUEST_S, self.transport.abort)

    def _arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None


class CertifiedProtocol(BoundedProtocol):
    """One connection, with the certificate of its client."""

    _extensions: Mapping[str, Any] = MappingProxyType({})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the certificate once; every request of the connection carries it."""
        super().connection_made(transport)
        certificate = peer_certificate(transport)
        if certificate:
            self._extensions = {CERTIFICATE: {"fingerprint": hashlib.sha256(certificate).hexdigest()}}

    def on_message_begin(self) -> None:
        """Say whose request it is."""
        super().on_message_begin()
        self.scope["extensions"] = {**self._extensions}


class EmbeddedServer(uvicorn.Server):
    """uvicorn as a part of our process: it tells when it has started, and ends as soon as it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ready, self._ending = asyncio.Event(), asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._ready.set()

    async def main_loop(self) -> None:
        """Wait for the end. uvicorn's own looks ten times a second whether it has come, for headers we don't send."""
        await self._ending.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signal handlers alone: they are the composition root's."""
        yield

    @contextlib.asynccontextmanager
    async def serving(self, sock: socket.socket) -> AsyncIterator[None]:
        """Answer on a listening socket while inside."""
        task = asyncio.create_task(self.serve(sockets=[sock]))
        try:
            await self._ready.wait()
            yield
        finally:
            self._ending.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(task, GRACE_S + 2)
            sock.close()


class TlsServer(EmbeddedServer):
    """uvicorn behind our listener."""

    def __init__(self, config: uvicorn.Config, context: ssl.SSLContext, handshake_s: float) -> None:
        super().__init__(config)
        self.listener = TlsListener(self._protocol, context, timeout_s=handshake_s)

    def _protocol(self) -> asyncio.Protocol:
        return CertifiedProtocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take connections from our own listener."""
        await self.lifespan.startup()
        for sock in sockets or []:
            self.listener.open(sock)
        # What uvicorn does with it: close, wait_closed.
        self.servers = [cast("asyncio.base_events.Server", self.listener)]
        self.started = True
        self._ready.set()


@contextlib.asynccontextmanager
async def serving_tls(
    app: Any, host: str, port: int, context: ssl.SSLContext, *, handshake_s: float, advice: str
) -> AsyncIterator[TlsListener]:
    """Answer HTTPS on host:port while inside. `advice` is for who reads that the port can't be had."""
    sock = listen(host, port, advice)
    config = uvicorn.Config(
        app,
        http=CertifiedProtocol,
        ws="none",
        interface="asgi3",
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        lifespan="off",
        log_config=None,
        access_log=False,  # a query may hold a password
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = TlsServer(config, context, handshake_s)
    async with server.serving(sock):
        yield server.listener
