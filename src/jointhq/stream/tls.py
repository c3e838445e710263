"""TLS connections, from the listening socket to the end of the handshake.

Owns: accepting, waiting for a client's first bytes, pacing handshakes, their time limit, what is refused and why.
Doesn't own: keys and contexts (`people.ca`), who a certificate is (`people.directory`), what goes over the connection
(`stream.tcp`, `marti`).

A handshake costs about 2 ms of the one core that serves everybody, and a client can stop in the middle of it. So:
- one that has said nothing holds a socket and no more; past WAITING_MAX the one that has waited longest goes;
- one that has said something waits its turn, and addresses take turns: a flood from one delays the others by one each;
- a handshake starts every PACE_S, and BURST in one turn of the event loop at most: what else is due comes between; a
  loop that was busy makes up for DEBT_S of that;
- of SHAKING_MAX handshakes under way the oldest gives way to a new one as soon as it had GIVE_WAY_S.
After a restart everybody comes at once; those already back are served meanwhile.
"""

import asyncio
import contextlib
import socket
import ssl
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from typing import Final, cast

import structlog

from jointhq.base.errors import BadInput

log = structlog.get_logger("tls")

BACKLOG: Final = 1024  # connections the kernel holds before we accept them
ACCEPTS_A_TURN: Final = 64  # an accept costs 20 us; then the others have their turn
WAITING_MAX: Final = 12_000  # sockets whose client has said nothing yet, 1 KiB each: all that come after a restart
READY_MAX: Final = 12_000  # sockets whose client waits for its handshake: 36 s of them
PACE_S: Final = 0.003  # from the start of one handshake to the next: 330 a second, two thirds of a core
BURST: Final = 4  # handshakes begun in one turn: 5 ms, and 5 more when the clients have answered
DEBT_S: Final = 0.1  # pace made up for when others had the loop: a tick of thousands takes so long
BREATH_S: Final = 0.001  # between two turns: all that is ready then comes first
SHAKING_MAX: Final = 2048  # handshakes under way, 35 KiB each: all that begin in GIVE_WAY_S, so stuck ones delay nobody
GIVE_WAY_S: Final = 5.0  # a satellite link needs one or two, a phone that a storm keeps busy some more
HOUSE_S: Final = 0.5  # how often those past their time are looked for
NO_FILES_S: Final = 0.5  # until we accept again when the process has no file descriptor left

HANDSHAKE: Final = b"\x16"  # the first byte of every TLS connection

Factory = Callable[[], asyncio.Protocol]


def peer_certificate(transport: asyncio.BaseTransport) -> bytes | None:
    """Return the certificate of the other side, DER, if there is TLS and it showed one."""
    connection = transport.get_extra_info("ssl_object")
    return None if connection is None else cast("bytes | None", connection.getpeercert(binary_form=True))


class TlsListener:
    """A listening socket; `factory` makes the protocol of each connection whose handshake is done."""

    def __init__(self, factory: Factory, context: ssl.SSLContext, *, timeout_s: float) -> None:
        """`timeout_s` is what a client has for its first bytes, and again for its handshake once we begin with it."""
        self._factory = factory
        self._context = context
        self._timeout_s = timeout_s
        self._sock: socket.socket | None = None
        self._waiting: dict[socket.socket, tuple[str, float]] = {}  # with its address and when it is over
        self._ready: dict[str, deque[socket.socket]] = {}  # by address, in the order of their turns
        self._ready_count = 0
        self._shaking: dict[asyncio.Task[None], float] = {}  # since when; the oldest first
        self._pacing: asyncio.TimerHandle | None = None
        self._due_s = 0.0  # when the next handshake may start
        self._house: asyncio.TimerHandle | None = None
        self.done = 0  # handshakes
        self.drops: Counter[str] = Counter()  # why there was no connection

    @property
    def open_handshakes(self) -> int:
        """How many connections are not through yet, whatever they wait for."""
        return len(self._waiting) + self._ready_count + len(self._shaking)

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int, advice: str) -> AsyncIterator[None]:
        """Take connections while inside. `advice` is for who reads that the port can't be had."""
        self.open(listen(host, port, advice))
        try:
            yield
        finally:
            self.close()
            await self.wait_closed()

    def open(self, sock: socket.socket) -> None:
        """Take connections from a listening socket, which is ours from now on."""
        sock.setblocking(False)
        self._sock = sock
        loop = asyncio.get_running_loop()
        loop.add_reader(sock, self._accept)
        self._house = loop.call_later(HOUSE_S, self._keep_house)

    def close(self) -> None:
        """Take no more, and drop what isn't through; connections that are stay."""
        loop = asyncio.get_running_loop()
        if self._sock is not None:
            loop.remove_reader(self._sock)
            self._sock.close()
            self._sock = None
        for timer in (self._pacing, self._house):
            if timer is not None:
                timer.cancel()
        for sock in list(self._waiting):
            self._stop_waiting(sock)
            sock.close()
        for line in self._ready.values():
            for sock in line:
                sock.close()
        self._ready.clear()
        self._ready_count = 0
        for task in self._shaking:
            task.cancel()

    async def wait_closed(self) -> None:
        """Return when no handshake is under way any more."""
        if self._shaking:
            await asyncio.wait(list(self._shaking))

    # -- accepted, and silent

    def _accept(self) -> None:
        assert self._sock is not None
        for _ in range(ACCEPTS_A_TURN):
            try:
                sock, peer = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._rest(error)
                return
            sock.setblocking(False)
            if len(self._waiting) >= WAITING_MAX:
                self._drop_waiting(next(iter(self._waiting)), "tls_crowded_out")
            loop = asyncio.get_running_loop()
            self._waiting[sock] = (str(peer[0]), loop.time() + self._timeout_s)
            loop.add_reader(sock, self._hello, sock)

    def _rest(self, error: OSError) -> None:
        """Leave the others in the kernel's queue for a moment: there is no file descriptor for them now."""
        log.warning("tls.cannot_accept", reason=error.strerror, advice="raise the limit of open files (ulimit -n)")
        self.drops["tls_no_files"] += 1
        assert self._sock is not None
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._sock)
        loop.call_later(NO_FILES_S, self._accept_again)

    def _accept_again(self) -> None:
        if self._sock is not None:
            asyncio.get_running_loop().add_reader(self._sock, self._accept)

    def _stop_waiting(self, sock: socket.socket) -> tuple[str, float]:
        asyncio.get_running_loop().remove_reader(sock)
        return self._waiting.pop(sock)

    def _drop_waiting(self, sock: socket.socket, reason: str) -> None:
        self._stop_waiting(sock)
        sock.close()
        self.drops[reason] += 1

    def _hello(self, sock: socket.socket) -> None:
        """Its first bytes are here: put it in its address's line, where it waits for us, not we for it."""
        try:
            first = sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            first = b""
        if first != HANDSHAKE:
            self._drop_waiting(sock, "tls_not_tls" if first else "tls_left")
            return
        address, _ = self._stop_waiting(sock)
        self._ready.setdefault(address, deque()).append(sock)
        self._ready_count += 1
        if self._ready_count > READY_MAX:
            self._shorten()
        if self._pacing is None:
            self._due_s = asyncio.get_running_loop().time()
            self._pace()

    def _shorten(self) -> None:
        """Drop the last of the longest line: who floods crowds out himself, not the others."""
        address, line = max(self._ready.items(), key=lambda item: len(item[1]))
        line.pop().close()
        if not line:
            del self._ready[address]
        self._ready_count -= 1
        self.drops["tls_crowded_out"] += 1

    def _keep_house(self) -> None:
        loop = asyncio.get_running_loop()
        self._house = loop.call_later(HOUSE_S, self._keep_house)
        now_s = loop.time()
        while self._waiting:
            sock, (_, over_s) = next(iter(self._waiting.items()))
            if over_s > now_s:
                break
            self._drop_waiting(sock, "tls_timeout")

    # -- handshakes

    def _pace(self) -> None:
        """Start the handshakes that are due, some of them in this turn; others have theirs before the next."""
        self._pacing = None
        if not self._ready or self._sock is None:
            return
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        self._due_s = max(self._due_s, now_s - DEBT_S)
        for _ in range(BURST):
            if self._due_s > now_s or not self._ready:
                break
            if not self._make_room(now_s):
                self._due_s = now_s + PACE_S
                break
            task = loop.create_task(self._shake(self._next()))
            self._shaking[task] = now_s
            task.add_done_callback(lambda task: self._shaking.pop(task, None))
            self._due_s += PACE_S
        self._pacing = loop.call_at(max(self._due_s, now_s + BREATH_S), self._pace)

    def _make_room(self, now_s: float) -> bool:
        """Let the oldest handshake give way where there are too many; False if it hasn't had its time yet."""
        if len(self._shaking) < SHAKING_MAX:
            return True
        task, since_s = next(iter(self._shaking.items()))
        if now_s - since_s < GIVE_WAY_S:
            return False
        del self._shaking[task]
        task.cancel()
        self.drops["tls_crowded_out"] += 1
        return True

    def _next(self) -> socket.socket:
        """Take the first of the address whose turn it is; that address goes to the end."""
        address = next(iter(self._ready))
        line = self._ready.pop(address)
        if len(line) > 1:
            self._ready[address] = line
        self._ready_count -= 1
        return line.popleft()

    async def _shake(self, sock: socket.socket) -> None:
        loop, seconds = asyncio.get_running_loop(), self._timeout_s
        try:
            await loop.connect_accepted_socket(
                self._factory, sock, ssl=self._context, ssl_handshake_timeout=seconds, ssl_shutdown_timeout=1.0
            )
            self.done += 1
        except ssl.SSLError as error:
            self.drops[f"tls_{_reason(error)}"] += 1
        except (OSError, TimeoutError) as error:
            self.drops["tls_timeout" if "taking longer" in str(error) else "tls_left"] += 1
        except Exception:  # the edge of one connection: end that one, keep serving
            log.exception("tls.broke")
            sock.close()


def listen(host: str, port: int, advice: str) -> socket.socket:
    """Return a listening socket. Raises BadInput.

    What it accepts sends at once: an answer in two writes would else wait 40 ms for the first to be acknowledged.
    asyncio sees to that only where a socket names its protocol, which one made here doesn't.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.create_server((host, port), backlog=BACKLOG, family=family)
    except OSError as error:
        raise BadInput(f"can't listen on {host}:{port}: {error.strerror}; {advice}") from None
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _reason(error: ssl.SSLError) -> str:
    """Return a short fixed word for a metric's label."""
    said = (error.reason or "").lower()
    if "alert" in said:  # it is the client that ends it
        return "not_trusted" if "certificate" in said or "unknown_ca" in said else "failed"
    if "did_not_return_a_certificate" in said:
        return "no_certificate"
    if "certificate" in said:
        return "bad_certificate"
    return "not_tls" if said in ("wrong_version_number", "http_request", "unexpected_message") else "failed"
