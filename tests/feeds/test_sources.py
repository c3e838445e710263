"""Feeds keep going: a server that drops comes back, a bad one harms only itself, files play at their pace."""

import asyncio
import contextlib
import gzip
import itertools
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from subprocess import run
from typing import Any
from urllib.parse import urlsplit

import pytest

from jointhq.base.clock import SystemClock
from jointhq.cot.event import Event
from jointhq.exercise import demo
from jointhq.feeds import feed as feed_module
from jointhq.feeds import sources
from jointhq.feeds.adsb import CsvParser, ReadsbParser, SbsParser
from jointhq.feeds.ais import AisParser
from jointhq.feeds.feed import BaseFeed
from jointhq.feeds.sources import FileFeed, PollFeed, TcpFeed, UdpFeed
from tests.support.ports import free_port

SAMPLE = demo.AIS.read_bytes()
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def port() -> int:
    return free_port()


def base(**changes: Any) -> dict[str, Any]:
    return {"id": "f", "name": "F", "kind": "k", "clock": SystemClock(), "retry_s": (0.02, 0.05)} | changes


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def running(feed: BaseFeed, publish: Callable[[Event], None] | None = None) -> AsyncIterator[list[Event]]:
    events: list[Event] = []
    task = asyncio.create_task(feed.run(publish or events.append))
    try:
        yield events
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def serving(handle: Handler, port: int) -> AsyncIterator[None]:
    """Serve until the block ends, then until every connection has ended."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError):
            await handle(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(connected, "127.0.0.1", port):
        yield
    await asyncio.gather(*tasks)


def served(*chunks: bytes, linger: bool = False) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        if linger:
            await reader.read()

    return handle


def balanced(feed: BaseFeed) -> bool:
    status = feed.status()
    return status.received == status.decoded + status.held + sum(status.refused.values())


async def test_a_tcp_feed_waits_for_its_server_and_comes_back_when_it_drops(port: int) -> None:
    feed = TcpFeed(AisParser, "127.0.0.1", port, **base())
    async with running(feed) as events:
        await until(lambda: feed.status().code == "retrying")
        assert f"127.0.0.1:{port}" in feed.status().detail
        assert feed.status().state == "waiting"
        for round_ in (1, 2):
            async with serving(served(SAMPLE), port):
                wanted = 764 * round_
                await until(lambda: len(events) >= wanted)  # noqa: B023 - awaited in this round
                await until(lambda: feed.status().code == "retrying")
            assert balanced(feed)
        assert feed.status().last_ms is not None


async def test_a_tcp_feed_is_live_while_something_comes(port: int) -> None:
    feed = TcpFeed(AisParser, "127.0.0.1", port, **base())
    async with serving(served(SAMPLE, linger=True), port), running(feed):
        await until(lambda: feed.status().received == 897)  # the last one has no end yet
        assert feed.status().state == "live"


async def test_a_server_that_falls_silent_is_called_again(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SILENCE_S", 0.05)
    feed = TcpFeed(AisParser, "127.0.0.1", port, **base())
    calls = 0

    async def handle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await reader.read()

    async with serving(handle, port), running(feed):
        await until(lambda: calls >= 2)
        await until(lambda: "silent" in feed.status().detail)


async def test_back_off_grows_to_its_cap_and_starts_anew_after_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    class Flaky(BaseFeed):
        calls = 0

        async def _session(self, publish: feed_module.Publish) -> None:  # noqa: ARG002 - nothing to publish
            self.calls += 1
            self._progress = self.calls == 6
            raise feed_module.SourceLost("gone")

        def _say(self, state: feed_module.State, code: str, **params: str | float) -> None:
            super()._say(state, code, **params)
            if code == "retrying":
                waits.append(float(params["seconds"]))

    async with running(Flaky(**base(retry_s=(0.01, 0.05)))):
        await until(lambda: len(waits) >= 6)
    assert waits[:6] == [0.01, 0.02, 0.04, 0.05, 0.05, 0.01]


async def test_junk_from_a_server_harms_only_its_own_feed(port: int) -> None:
    other_port = free_port()
    bad = TcpFeed(AisParser, "127.0.0.1", port, **base(id="bad"))
    good = TcpFeed(SbsParser, "127.0.0.1", other_port, **base(id="good"))
    line = b"MSG,3,1,1,86D624,1,,,,,,1000,,,35.5,139.8,,,,,,0\n"
    junk = [b"\xff" * 100_000, b"\x00\n" * 5000, b"!AIVDM,1,1\n" * 1000, b"x" * 5_000_000]
    async with (
        serving(served(*junk), port),
        serving(served(*[line] * 50, linger=True), other_port),
        running(bad) as none,
        running(good) as events,
    ):
        await until(lambda: len(events) == 50)
        await until(lambda: bad.status().refused.get("too_long", 0) >= 2)
        assert none == []
        assert balanced(bad)
        assert good.status().refused == {}


async def test_a_publisher_that_breaks_does_not_end_the_feed(port: int) -> None:
    feed = TcpFeed(AisParser, "127.0.0.1", port, **base())
    calls = 0

    def publish(_event: Event) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("the picture broke")

    async with serving(served(SAMPLE), port), running(feed, publish):
        await until(lambda: calls >= 2)
        await until(lambda: "RuntimeError" in feed.status().detail)


async def test_a_flood_leaves_the_loop_half_of_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = TcpFeed(AisParser, "127.0.0.1", 1, **base())
    now_s, slept_s, events = itertools.count(step=0.001), list[float](), list[Event]()  # a line takes a millisecond

    async def sleep(seconds: float) -> None:
        slept_s.append(seconds)

    monkeypatch.setattr("jointhq.feeds.feed.time.perf_counter", lambda: next(now_s))
    monkeypatch.setattr("jointhq.feeds.feed.asyncio.sleep", sleep)
    feed._parser.prepare()
    await feed._take(feed._parser, SAMPLE.splitlines(), events.append)
    assert len(events) > 700
    worked_s = next(now_s)
    assert 0.4 < sum(slept_s) / worked_s < 1
    assert max(slept_s) < 2 * feed_module.WORK_S_MAX


async def test_udp_datagrams_from_several_senders(port: int) -> None:
    feed = UdpFeed(AisParser, "127.0.0.1", port, **base())
    lines = SAMPLE.splitlines()[:90]
    async with running(feed) as events:
        await until(lambda: feed.status().code == "listening")
        senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
        for at in range(0, 90, 3):
            senders[at % len(senders)].sendto(b"\r\n".join(lines[at : at + 3]), ("127.0.0.1", port))
            await asyncio.sleep(0.002)
        await until(lambda: feed.status().received == 90)
        assert feed.status().state == "live"
        assert balanced(feed)
        assert len(events) == feed.status().events > 60
        for sender in senders:
            sender.close()


async def test_datagrams_beyond_the_limit_are_counted_as_dropped(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "DATAGRAMS_MAX", 3)
    feed = UdpFeed(AisParser, "127.0.0.1", port, **base())
    inbox = sources._Inbox(feed)
    for _ in range(5):
        inbox.datagram_received(b"!a\n!b\n", None)
    assert len(inbox.datagrams) == 3
    inbox.datagram_received(b"x" * 9000, None)
    assert feed.tally.refused == {"overflow": 4, "too_long": 1}
    assert balanced(feed)


async def test_a_udp_port_that_is_taken_is_said_and_tried_again(port: int) -> None:
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("127.0.0.1", port))
    feed = UdpFeed(AisParser, "127.0.0.1", port, **base())
    async with running(feed):
        await until(lambda: feed.status().code == "retrying")
        assert "can't listen" in feed.status().detail
        taken.close()
        await until(lambda: feed.status().code == "listening")


async def test_a_file_is_read_to_its_end_at_once(tmp_path: Path) -> None:
    path = tmp_path / "sample.nmea.gz"
    path.write_bytes(gzip.compress(SAMPLE))
    events: list[Event] = []
    feed = FileFeed(AisParser, path, **base())
    await feed.run(events.append)
    status = feed.status()
    assert (status.state, status.received, status.held, len(events)) == ("ended", 898, 0, 764)


@pytest.mark.parametrize("content", [None, b"not gzip", gzip.compress(SAMPLE)[:5000]])
async def test_a_file_that_cant_be_read_fails_and_says_why(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "sample.nmea.gz"
    if content is not None:
        path.write_bytes(content)
    feed = FileFeed(AisParser, path, **base())
    await feed.run(lambda _event: None)
    assert feed.status().state == "failed"
    assert str(path) in feed.status().detail
    assert balanced(feed)


async def test_a_recording_plays_at_its_pace_times_speed_and_over_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ROUND_PAUSE_S", 0.01)
    path = tmp_path / "air.csv"
    rows = [f"{1_600_000_000 + second},86D624,JAL1,35.0,139.{second}" for second in range(5)]
    path.write_text("\n".join(["time_unix_s,icao24,callsign,lat_deg,lon_deg", *rows]))
    clock = SystemClock()
    came_s: list[float] = []
    feed = FileFeed(CsvParser, path, speed=10.0, loop=True, **base())
    async with running(feed, lambda _event: came_s.append(clock.monotonic_s())):
        await until(lambda: len(came_s) == 5)
        assert 0.35 <= came_s[4] - came_s[0] < 5.0
        assert "10 times" in feed.status().detail
        await until(lambda: len(came_s) == 10)
        assert "round 2" in feed.status().detail


async def test_one_wrong_time_in_a_recording_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "air.csv"
    times = ["1600000000", "1600000001", "99999999999", "1600000002", "never", "5", "1600000003"]
    rows = [f"{time},86D624,JAL1,35.0,139.{n}" for n, time in enumerate(times)]
    path.write_text("\n".join(["time_unix_s,icao24,callsign,lat_deg,lon_deg", *rows]))
    events: list[Event] = []
    feed = FileFeed(CsvParser, path, speed=20.0, **base())
    async with asyncio.timeout(10):
        await feed.run(events.append)
    assert [event.lon for event in events] == [139.0, 139.1, 139.2, 139.3, 139.5, 139.6]
    assert feed.status().refused == {"payload": 1}


async def test_a_file_without_times_plays_by_count(tmp_path: Path) -> None:
    path = tmp_path / "a.nmea"
    path.write_bytes(b"\n".join(SAMPLE.splitlines()[:30]))
    clock = SystemClock()
    began_s = clock.monotonic_s()
    feed = FileFeed(AisParser, path, speed=5.0, **base())
    await feed.run(lambda _event: None)
    assert 0.5 <= clock.monotonic_s() - began_s < 10.0
    assert feed.status().received == 30


def document(*addresses: str) -> bytes:
    return json.dumps(
        {"aircraft": [{"hex": a, "lat": 35.0, "lon": 139.0, "seen_pos": 0.1} for a in addresses]}
    ).encode()


async def test_a_document_is_read_from_a_file_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "aircraft.json"
    feed = PollFeed(ReadsbParser, path, every_s=0.01, **base())
    async with running(feed) as events:
        await until(lambda: "aircraft.json" in feed.status().detail)
        path.write_bytes(document("86d624"))
        await until(lambda: len(events) == 1)
        path.write_bytes(document("86d625"))
        await until(lambda: len(events) == 2)
        assert feed.status().state == "live"
        assert balanced(feed)


@contextlib.asynccontextmanager
async def web(port: int, *answers: bytes) -> AsyncIterator[None]:
    left = list(answers)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()

    async with serving(handle, port):
        yield


def ok(body: bytes) -> bytes:
    return b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body


async def test_a_document_is_fetched_from_a_web_server_that_errs_at_times(port: int) -> None:
    url = urlsplit(f"http://127.0.0.1:{port}/data/aircraft.json")
    feed = PollFeed(ReadsbParser, url, every_s=0.01, **base())
    answers = [
        ok(document("86d624")),
        b"HTTP/1.0 503 No\r\n\r\n",
        b"\x00junk\r\n\r\n",
        ok(b"{"),
        ok(document("86d625")),
    ]
    async with web(port, *answers), running(feed) as events:
        await until(lambda: len(events) == 2)
        assert feed.status().refused == {"not_json": 1}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "404"),
        (b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", "302"),
        (ok(b"x" * 2000), "larger"),
        (b"", "no proper HTTP answer"),
        (b"!AIVDM,1,1\r\n", "no proper HTTP answer"),
    ],
)
async def test_a_web_server_without_the_document_is_said(
    port: int, answer: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "DOCUMENT_BYTES_MAX", 1000)
    url = urlsplit(f"http://127.0.0.1:{port}/x")
    feed = PollFeed(ReadsbParser, url, every_s=0.01, **base())
    async with web(port, answer), running(feed):
        await until(lambda: said in feed.status().detail)
        assert feed.status().state == "waiting"


async def test_a_web_server_that_drips_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FETCH_TIMEOUT_S", 0.2)

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    feed = PollFeed(ReadsbParser, urlsplit(f"http://127.0.0.1:{port}/x"), every_s=0.01, **base())
    async with serving(drip, port), running(feed):
        await until(lambda: "no whole answer" in feed.status().detail)
        assert feed.status().received == 0


def test_importing_the_feeds_loads_no_decoder() -> None:
    code = (
        "import sys, jointhq.feeds.config, jointhq.exercise.demo as d; from jointhq.base.clock import SystemClock;"
        "d.feeds(SystemClock()); d.headquarters(); print(*{'pyais', 'numpy'} & set(sys.modules))"
    )
    assert run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.strip() == ""
