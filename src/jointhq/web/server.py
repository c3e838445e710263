"""The HTTP server inside our own event loop: the thin shell around the ASGI application.

Owns: the listening socket of the page, uvicorn's configuration, its start and stop.
"""

import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from jointhq.marti.server import GRACE_S, CertifiedProtocol, EmbeddedServer, TlsServer
from jointhq.stream.tls import listen

KEEP_ALIVE_S = 20  # an idle browser's connection; longer than its pauses while one looks at a map
CONNECTIONS_MAX = 2_000  # above PAGES_MAX pages with the few connections each opens; the rest hear 503
CUT_OFF_S = 5  # for the last bytes of a page's socket to be taken


class _PageSocket(WebSocketsSansIOProtocol):
    """A page that takes no bytes is cut off: closing alone would wait for it as long as its TCP answers."""

    async def run_asgi(self) -> None:
        """Run the application, then see to it that the connection ends."""
        await super().run_asgi()
        self.loop.call_later(CUT_OFF_S if self.writable.is_set() else 0, self.transport.abort)


@contextlib.asynccontextmanager
async def serving(
    app: Any, host: str, port: int, tls: ssl.SSLContext | None, *, handshake_s: float
) -> AsyncIterator[None]:
    """Answer HTTP on host:port while inside; HTTPS with a context."""
    sock = listen(host, port, "try --port-offset or --web-port")
    config = uvicorn.Config(
        app,
        http=CertifiedProtocol,
        ws=_PageSocket,
        ws_per_message_deflate=False,  # frames are compressed once for all pages
        ws_max_size=1 << 16,  # pages say nothing of length
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # who says whom he stands for is nobody: rate limits go by the real address
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = EmbeddedServer(config) if tls is None else TlsServer(config, tls, handshake_s)
    async with server.serving(sock):
        yield
