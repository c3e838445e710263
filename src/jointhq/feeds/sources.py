"""Where the bytes of a feed come from: TCP, UDP, files, documents fetched again and again.

Owns: sockets, files and threads of feeds, each with a limit in size and time.
Doesn't own: reconnecting and the account (`feed`), what bytes mean (`ais`, `adsb`).
"""

import asyncio
import contextlib
import gzip
import http.client
import socket
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlunsplit

from jointhq.feeds.adsb import CsvParser
from jointhq.feeds.feed import BaseFeed, Parser, Publish, SourceFailed, SourceLost
from jointhq.feeds.lines import LineCutter
from jointhq.feeds.report import clean

READ_BYTES: Final = 8192  # some hundred lines, 4 ms of work
FILE_READ_BYTES: Final = 1 << 18
CONNECT_TIMEOUT_S: Final = 10.0
SILENCE_S: Final = 300.0  # a connection that says nothing for longer may be half-open: make it anew
DATAGRAMS_MAX: Final = 1024  # waiting to be decoded, 8 MiB at most; the rest is counted and dropped
DATAGRAM_BYTES_MAX: Final = 8192  # senders keep below 1,500
DOCUMENT_BYTES_MAX: Final = 16 << 20  # 20,000 aircraft at 700 bytes are 14 MB
FETCH_TIMEOUT_S: Final = 10.0
LINES_PER_S: Final = 10.0  # pace of a file without times at speed 1
EARLY_S: Final = 0.02  # a line due this soon is played at once: no timer per line at high speed
GAP_S_MAX: Final = 600.0  # a longer jump in recorded times, either way, is played as none: one wrong time stops nothing
ROUND_PAUSE_S: Final = 1.0  # between two rounds of a recording, so that an empty one doesn't spin


class TcpFeed(BaseFeed):
    """Lines from a TCP server."""

    def __init__(self, parser: Callable[..., Parser], host: str, port: int, **base: Any) -> None:
        super().__init__(**base)
        self._parser = parser(self.tally)
        self._host = host
        self._port = port
        self._silence_s = SILENCE_S

    async def _session(self, publish: Publish) -> None:
        place = f"{self._host}:{self._port}"
        await asyncio.to_thread(self._parser.prepare)
        self._say("waiting", "connecting", place=place)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_connection(self._host, self._port, limit=READ_BYTES * 4)
        except TimeoutError:
            raise SourceLost(f"{place} does not answer") from None
        except OSError as error:
            raise SourceLost(f"can't connect to {place}: {error.strerror or error}") from None
        cutter = LineCutter()
        try:
            while True:
                try:
                    async with asyncio.timeout(self._silence_s):
                        data = await reader.read(READ_BYTES)
                except TimeoutError:
                    raise SourceLost(f"{place} was silent for {self._silence_s:g} s") from None
                lines, dropped = cutter.receive(data) if data else cutter.finish()
                _too_long(self, dropped)
                if lines:
                    self._say("live", "receiving", place=place)
                    await self._take(self._parser, lines, publish)
                if not data:
                    raise SourceLost(f"{place} closed the connection")
        finally:
            self._parser.flush(self._clock.now_ms())
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class UdpFeed(BaseFeed):
    """Lines in datagrams sent here; several senders may share the port."""

    def __init__(self, parser: Callable[..., Parser], host: str, port: int, **base: Any) -> None:
        super().__init__(**base)
        self._parser = parser(self.tally)
        self._host = host
        self._port = port

    async def _session(self, publish: Publish) -> None:
        place = f"{self._host}:{self._port}"
        await asyncio.to_thread(self._parser.prepare)
        inbox = _Inbox(self)
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: inbox, local_addr=(self._host, self._port)
            )
        except OSError as error:
            raise SourceLost(f"can't listen on udp {place}: {error.strerror or error}") from None
        self._say("waiting", "listening", place=place)
        try:
            while True:
                await inbox.filled.wait()
                inbox.filled.clear()
                while inbox.datagrams:
                    lines = _datagram_lines(self, inbox.datagrams.popleft())
                    if lines:
                        self._say("live", "receiving", place=place)
                        await self._take(self._parser, lines, publish)
        finally:
            transport.close()
            self._parser.flush(self._clock.now_ms())


class _Inbox(asyncio.DatagramProtocol):
    """Datagrams that wait their turn."""

    def __init__(self, feed: BaseFeed) -> None:
        self._feed = feed
        self.datagrams: deque[bytes] = deque()
        self.filled = asyncio.Event()

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002 - asyncio's signature
        if len(data) > DATAGRAM_BYTES_MAX:
            _too_long(self._feed, 1)
            return
        if len(self.datagrams) == DATAGRAMS_MAX:
            lost = len(_datagram_lines(self._feed, data))
            self._feed.tally.received += lost
            self._feed.tally.refuse("overflow", lost)
            return
        self.datagrams.append(data)
        self.filled.set()


class FileFeed(BaseFeed):
    """Lines of a file, gzipped where its name ends in .gz: all at once, or paced as recorded; once, or over and over.

    Paced, a CSV recording plays at its own pace times `speed`; a file without times at LINES_PER_S times `speed`.
    """

    def __init__(
        self,
        parser: Callable[..., Parser],
        path: Path,
        *,
        speed: float | None = None,
        loop: bool = False,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self._parser = parser(self.tally)
        self._path = path
        self._speed = speed
        self._loop = loop

    async def _session(self, publish: Publish) -> None:
        await asyncio.to_thread(self._parser.prepare)
        played = 0
        while True:
            played += 1
            file = await asyncio.to_thread(_open, self._path)
            try:
                if self._speed is None:
                    self._say("live", "reading", place=self._path.name)
                    async for lines in self._lines(file):
                        await self._take(self._parser, lines, publish)
                else:
                    await self._replay(file, self._speed, played, publish)
            finally:
                file.close()
                self._parser.flush(self._clock.now_ms())
            if not self._loop:
                return
            await asyncio.sleep(ROUND_PAUSE_S)

    async def _replay(self, file: BufferedIOBase, speed: float, played: int, publish: Publish) -> None:
        parser = self._parser
        place = self._path.name
        if isinstance(parser, CsvParser):
            self._say("live", "replaying", place=place, speed=speed, round=played)
        else:
            self._say("live", "replaying_paced", place=place, rate=LINES_PER_S * speed, round=played)
        start_s = self._clock.monotonic_s()
        due_s = 0.0
        before_s: float | None = None
        batch: list[bytes] = []
        async for lines in self._lines(file):
            for line in lines:
                if not isinstance(parser, CsvParser):
                    due_s += 1 / (LINES_PER_S * speed)
                elif (recorded_s := parser.recorded_s(line)) is not None:
                    step_s = 0.0 if before_s is None else recorded_s - before_s
                    due_s += step_s / speed if abs(step_s) <= GAP_S_MAX else 0.0
                    before_s = recorded_s
                ahead_s = start_s + due_s - self._clock.monotonic_s()
                if ahead_s > EARLY_S:
                    await self._take(parser, batch, publish)
                    batch.clear()
                    await asyncio.sleep(ahead_s)
                batch.append(line)
            await self._take(parser, batch, publish)
            batch.clear()

    async def _lines(self, file: BufferedIOBase) -> AsyncIterator[list[bytes]]:
        cutter = LineCutter()
        while data := await asyncio.to_thread(_read, file, FILE_READ_BYTES, self._path):
            lines, dropped = cutter.receive(data)
            _too_long(self, dropped)
            yield lines
        lines, dropped = cutter.finish()
        _too_long(self, dropped)
        yield lines


class PollFeed(BaseFeed):
    """One document, fetched from a web server or read from a file every `every_s` seconds."""

    def __init__(
        self, parser: Callable[..., Parser], source: SplitResult | Path, *, every_s: float = 1.0, **base: Any
    ) -> None:
        super().__init__(**base)
        self._parser = parser(self.tally)
        self._source = source
        self._every_s = every_s

    async def _session(self, publish: Publish) -> None:
        place = self._source.name if isinstance(self._source, Path) else self._source.netloc
        await asyncio.to_thread(self._parser.prepare)
        self._say("waiting", "connecting", place=place)
        last: bytes | None = None
        changed_s = self._clock.monotonic_s()
        while True:
            document = await _in_thread(lambda: _document(self._source))
            now_s = self._clock.monotonic_s()
            if document != last:
                last, changed_s = document, now_s
                self._say("live", "receiving", place=place)
                await self._take(self._parser, (document,), publish)
            elif now_s - changed_s > SILENCE_S:
                self._say("waiting", "unchanged", place=place, seconds=round(now_s - changed_s))
            await asyncio.sleep(self._every_s)


def _too_long(feed: BaseFeed, count: int) -> None:
    if count:
        feed.tally.received += count
        feed.tally.refuse("too_long", count)


def _datagram_lines(feed: BaseFeed, data: bytes) -> list[bytes]:
    cutter = LineCutter()
    lines, dropped = cutter.receive(data)
    last, dropped_last = cutter.finish()
    _too_long(feed, dropped + dropped_last)
    return lines + last


def _open(path: Path) -> BufferedIOBase:
    try:
        if not path.is_file():
            raise SourceFailed(f"{path} is not a file")
        return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
    except OSError as error:
        raise SourceFailed(f"can't read {path}: {error.strerror}") from None


def _read(file: BufferedIOBase, count: int, path: Path) -> bytes:
    try:
        return file.read(count)
    except (OSError, EOFError) as error:  # a gzip file that is none, or is cut short
        raise SourceFailed(f"can't read {path}: {error}") from None


def _document(source: SplitResult | Path) -> bytes:
    """Return the document at a path or URL. Blocks; raises SourceLost."""
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                return _bounded(file.read(DOCUMENT_BYTES_MAX + 1), source.name)
        except OSError as error:
            raise SourceLost(f"can't read {source}: {error.strerror}") from None
    make = http.client.HTTPSConnection if source.scheme == "https" else http.client.HTTPConnection
    connection = make(source.hostname or "", source.port, timeout=FETCH_TIMEOUT_S)
    target = urlunsplit(("", "", source.path or "/", source.query, ""))
    try:
        connection.connect()
        with _deadline(connection.sock):
            connection.request("GET", target, headers={"Accept": "application/json"})
            with connection.getresponse() as response:
                if response.status != HTTPStatus.OK:
                    raise SourceLost(f"{source.netloc} answered {response.status} {clean(response.reason)}")
                return _bounded(response.read(DOCUMENT_BYTES_MAX + 1), source.netloc)
    except http.client.HTTPException as error:  # its text is what the other side sent
        raise SourceLost(f"{source.netloc} gave no proper HTTP answer ({type(error).__name__})") from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror or error or type(error).__name__
        raise SourceLost(f"can't fetch from {source.netloc}: {reason}") from None
    finally:
        connection.close()


@contextlib.contextmanager
def _deadline(connected: socket.socket) -> Iterator[None]:
    """End all reading from a socket after FETCH_TIMEOUT_S: its own timeout is per read, and a drip goes on for ever."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        with contextlib.suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(FETCH_TIMEOUT_S, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError(f"no whole answer in {FETCH_TIMEOUT_S:g} s")


def _bounded(document: bytes, place: str) -> bytes:
    if len(document) > DOCUMENT_BYTES_MAX:
        raise SourceLost(f"the document of {place} is larger than {DOCUMENT_BYTES_MAX >> 20} MiB")
    return document


async def _in_thread(work: Callable[[], bytes]) -> bytes:
    """Return what `work` returns, from a thread of its own that doesn't hold up the end of the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[bytes] = loop.create_future()

    def settle(result: bytes | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result or b"")

    def call() -> None:
        try:
            outcome: tuple[bytes | None, Exception | None] = work(), None
        except Exception as error:  # noqa: BLE001 - handed to the one who waits
            outcome = None, error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=call, name="feed-fetch", daemon=True).start()
    return await done
